/* opt/lp.h: what a linear-programming solver must implement.
 *
 * One file of opt/lp/ is linked: clp.c, or none.c, which answers that there is no solver. A solver
 * belongs to one thread at a time; it allocates as it pleases. */
#ifndef MANDO_OPT_LP_H
#define MANDO_OPT_LP_H

#include <stdbool.h>
#include <stddef.h>

/* Minimise objective * x with column_low <= x <= column_high and row_low <= A x <= row_high; A by
 * columns: entries starts[j] .. starts[j + 1] of column j. Infinite bounds are none. Borrowed. */
struct lp_model {
    int columns, rows;
    const int *starts, *indices;
    const double *values, *objective;
    const double *column_low, *column_high, *row_low, *row_high;
};

enum lp_answer {
    LP_OPTIMAL,
    LP_INFEASIBLE,
    LP_FAILED /* the solver's failure, which says nothing about the problem */
};

struct lp;

bool lp_is_there(void);

/* Copies a model into a new solver; NULL without memory. */
struct lp *lp_new(const struct lp_model *model);
void lp_free(struct lp *lp);

/* Sets the bounds of one column for the solves that follow. */
void lp_set_bounds(struct lp *lp, int column, double low, double high);

/* Solves from the basis of the solve before. */
enum lp_answer lp_solve(struct lp *lp);

/* Of an optimal solve: its value, its columns, and how much the value rises by each row's bound.
 * Valid until the next call. */
struct lp_solution {
    double objective;
    const double *columns, *duals;
};
struct lp_solution lp_solution(const struct lp *lp);

#endif
