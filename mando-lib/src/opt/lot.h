/* opt/lot.h: a dispatch problem in whole lots, as the search and its guide see it. */
#ifndef MANDO_OPT_LOT_H
#define MANDO_OPT_LOT_H

#include <math.h>
#include <stdint.h>

#include "opt/period.h"

/* A limit this near below a multiple of a lot is that multiple: 0.3 holds three lots of 0.1. */
#define NEAR_LOT 1e-9

struct lot_terms {
    struct terms terms;
    double lot_mw;
    double same_mwh;                  /* energies that differ by less are the same state */
    double stored_mwh, withdrawn_mwh; /* what one lot for one period moves at the cells */
    /* Of energy beyond a fixed end and of energy missing there, EUR/MWh. */
    double beyond_end_eur, missing_end_eur;
    size_t burning_periods;
};

/* The trade of a period in whole lots. */
struct lot_period {
    double charge_eur, discharge_eur; /* of one lot: cost and gain */
    int32_t charge_lots, discharge_lots;
};

/* How far apart energies are at most that differ by rounding alone. No more than that: what leaks
 * makes of one lot's delay may be very little, and is still another state. */
static inline double same_state_mwh(const struct terms *terms)
{
    double size_mwh = greater(fabs(terms->soc_min_mwh), fabs(terms->soc_max_mwh));
    return greater(1e-15, 1e-12 * size_mwh);
}

/* Bounds are widened by a quarter of what the gate lets pass, once in the terms and once more by the
 * search. */
static inline double lots_slack_mwh(const struct terms *terms)
{
    return greater(1e-9, same_state_mwh(terms)) / 4;
}

static inline int32_t whole_lots(double power_mw, double lot_mw)
{
    return (int32_t)(power_mw / lot_mw + NEAR_LOT);
}

static inline struct lot_period lot_period_at(const struct lot_terms *lots, size_t t)
{
    struct period period = period_at(&lots->terms, t);
    return (struct lot_period){
        period.charge_eur * lots->stored_mwh, period.discharge_eur * lots->withdrawn_mwh,
        whole_lots(period.charge_mw, lots->lot_mw), whole_lots(period.discharge_mw, lots->lot_mw)};
}

#endif
