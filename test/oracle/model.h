/* model.h: a dispatch problem as a linear programme in columns, for any solver; minimises.
 *
 * Columns: charge MW of each period, discharge MW of each period, MWh at each end, then one binary
 * (1 = charging) for each period in which burning energy would pay, if asked for. Rows: the energy
 * balance of each period, then two for each binary. */
#ifndef ORACLE_MODEL_H
#define ORACLE_MODEL_H

#include "problem.h"

enum model_rules {
    MODEL_BURNING,   /* the LP: charging and discharging at once is allowed */
    MODEL_NEVER_BOTH /* exact */
};

struct model {
    int columns, rows, binaries;
    double *objective, *column_low, *column_high, *row_low, *row_high;
    int *starts, *indices; /* of column j: starts[j] .. starts[j + 1] */
    double *values;
    int *binary_periods; /* the period of each binary */
    void *memory;
};

enum model_answer { MODEL_OPTIMAL, MODEL_INFEASIBLE, MODEL_UNSOLVED };

void model_build(const struct mando_optimize_problem *problem, enum model_rules rules,
                 struct model *model);
void model_release(struct model *model);

/* The same model with flows in MWh at the cells: its coefficients are 1, and solvers are faster. */
void model_use_cells(struct model *model);

#endif
