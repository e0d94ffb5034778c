/* opt/site.h: the plan of a piecewise battery behind a shared connection, by linear programming and
 * branching. docs/plans/0004-piecewise.md says what is modelled; domain/asset.h has its functions. */
#ifndef MANDO_OPT_SITE_H
#define MANDO_OPT_SITE_H

#include "domain/asset.h"
#include "mando/optimize.h"

struct site_problem {
    const struct mando_battery *battery; /* checked */
    const struct mando_prices *prices;   /* count >= first + periods */
    size_t first, periods;               /* the horizon, periods >= 1 */
    double step_h;
    double soc_start_mwh, soc_end_mwh; /* NaN = free */
    /* Limits on throughput as those of mando/optimize.h: of days, of years; from `first`. */
    const struct mando_optimize_limit *limits[2];
    size_t limit_counts[2];
    size_t nodes_max; /* of the search; 0 = by the number of periods */
};

struct site_info {
    double objective_eur, bound_eur; /* no plan earns more than the bound */
    int optimal;                     /* 0: the search was given up with a proven gap */
    size_t nodes;                    /* linear programmes solved, the first included */
};

/* Fills power, SoC and, where wanted, worths of limits and water values: a price of the energy left by duality, between
 * the left- and the right-hand derivative with the directions of the plan. Allocates.
 * MANDO_INVALID     (optimize.problem) prices, PV or load of a period; error->index from `first`
 * MANDO_UNSUPPORTED (optimize.unsupported) this build has no solver
 * MANDO_INFEASIBLE  (optimize.infeasible) error->index as in mando/optimize.h, from `first`
 * MANDO_LIMIT       (optimize.nodes) no plan was found before the search was given up
 * MANDO_NO_MEMORY. */
enum mando_status site_solve(const struct site_problem *problem,
                             const struct mando_optimize_solution *solution, struct site_info *info,
                             struct mando_error *error);

#endif
