/* opt/marginal.h: what one MWh more is worth at the states of a plan.
 *
 * A state has a range of such prices: from what one MWh more earns to what one less costs, infinite
 * where no more, or no less, fits. Of a plan that is best, ranges follow from one state to the next:
 * energy is worth the same before and after a period, except that it is worth no less than the period
 * could have earned with one MWh less, and no more than one more would have cost. */
#ifndef MANDO_OPT_MARGINAL_H
#define MANDO_OPT_MARGINAL_H

#include "opt/period.h"

struct marginal {
    double least_eur, most_eur;
};

/* States, and moves, nearer to each other than this are the same: where a value has a corner, rounding
 * rounds it off. */
static inline double corner_mwh(const struct terms *terms)
{
    return 1e4 * terms->dust_mwh;
}

/* The price in a range that is next to another. */
double marginal_nearest(struct marginal range, double eur);

/* The part of a range that lies in another; where they have nothing in common, for rounding, the end
 * next to it. */
struct marginal marginal_within(struct marginal marginal, struct marginal other);

/* What two ranges have in common; the first end is above the last where that is nothing. */
struct marginal marginal_both(struct marginal a, struct marginal b);

/* The worths at which a period best moves just what it moves: those that charging leaves, and those that
 * discharging does. */
struct trade_worth {
    struct marginal charge, discharge;
};

/* near_mwh: smaller moves are none, and what is nearer to a limit is at it. */
struct trade_worth marginal_of_trade(const struct period *period, double moved_mwh,
                                     double near_mwh);

/* The range behind the horizon's end. */
struct marginal marginal_at_end(const struct terms *terms);

/* The range of a state at the end of period t, where a bound may hold it. */
struct marginal marginal_at_bounds(const struct terms *terms, size_t t, double soc_mwh,
                                   struct marginal marginal);

/* The range before period t, which leads from one state to another, from that after it. */
struct marginal marginal_before(const struct terms *terms, size_t t, double before_mwh,
                                double after_mwh, struct marginal marginal);

#endif
