/* opt/lots.h: the best plan in whole lots.
 *
 * Like mando_optimize_solve, but every power is a multiple of a lot. A fixed end may be missed by less
 * than one lot for one period: energy missing there costs twice the highest price of the horizon,
 * energy left over earns nothing, and where one is paid for taking it, costs twice that: at even
 * prices the nearer end is taken, and the tolerance is not traded. bound_eur is proven: no
 * plan in lots, judged alike, earns more. A workspace belongs to one thread at a time. */
#ifndef MANDO_OPT_LOTS_H
#define MANDO_OPT_LOTS_H

#include "mando/optimize.h"

struct mando_lots; /* a workspace */

/* MANDO_NO_MEMORY. */
enum mando_status mando_lots_setup(size_t periods_max, struct mando_lots **workspace_out,
                                   struct mando_error *error);
void mando_lots_free(struct mando_lots *workspace);

/* Allocates nothing; solution and info may be NULL. The water value is that of energy which can be
 * traded in parts of lots. info's objective includes what a missed end costs.
 * Statuses as mando_optimize_solve; MANDO_INFEASIBLE also where none was found, which the message
 * tells from where there is none. */
enum mando_status mando_lots_solve(struct mando_lots *workspace,
                                   const struct mando_optimize_problem *problem, double lot_mw,
                                   const struct mando_optimize_solution *solution,
                                   struct mando_optimize_info *info, struct mando_error *error);

/* By how much a plan in lots may miss a fixed end. */
double mando_lots_end_slack_mwh(const struct mando_optimize_problem *problem, double lot_mw);

#endif
