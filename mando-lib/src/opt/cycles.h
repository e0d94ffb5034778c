/* opt/cycles.h: problems with limits on throughput: the limits of years around those of days, and
 * branching where burning would pay as well. */
#ifndef MANDO_OPT_CYCLES_H
#define MANDO_OPT_CYCLES_H

#include "opt/workspace.h"

/* Whether a path of states keeps all limits on throughput. */
bool cycles_kept(const struct terms *terms, const struct mando_optimize_problem *problem,
                 const double *states);

/* Solves a problem that has limits: fills solution (soc_mwh is not NULL; no water values), the objective
 * and the bound of info. Leaves the price of throughput in each period in cycles->price_at, and the
 * directions that the plan's problem held in cycles->best_held. */
enum backward cycles_solve(struct mando_optimize *workspace, const struct terms *terms,
                           const struct mando_optimize_problem *problem,
                           const struct mando_optimize_solution *solution,
                           struct mando_optimize_info *info);

#endif
