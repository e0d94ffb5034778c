/* market/lots.h: a plan in whole lots beside the exact one. */
#ifndef MANDO_MARKET_LOTS_H
#define MANDO_MARKET_LOTS_H

#include "mando/optimize.h"

/* Scratch for one horizon, `periods` doubles each. */
struct mando_lots_room {
    double *charge_mw_max, *discharge_mw_max; /* power limits cut down to lots */
    double *low_mwh, *high_mwh;               /* energies from which the rest can be finished */
    double *exact_soc_mwh;                    /* of the exact plan to follow */
};

/* The problem with every power limit cut down to a multiple of lot_mw; its limits lie in room. */
struct mando_optimize_problem mando_lots_problem(const struct mando_optimize_problem *problem,
                                                 double lot_mw, const struct mando_lots_room *room);

/* Follows room's exact plan of mando_lots_problem in whole lots: each period trades the
 * lots that come nearest to the exact energy without passing it, and one more where a limit asks
 * for it. Fills power and SoC. A fixed end may be missed by less than one lot for one period.
 * MANDO_INFEASIBLE (optimize.infeasible), error->index is the period. */
enum mando_status mando_lots_follow(const struct mando_optimize_problem *problem, double lot_mw,
                                    const struct mando_lots_room *room, double *power_mw_out,
                                    double *soc_mwh_out, struct mando_error *error);

/* By how much a plan in lots may miss a fixed end. */
double mando_lots_end_slack_mwh(const struct mando_optimize_problem *problem, double lot_mw);

#endif
