#include "opt/marginal.h"

#include <math.h>

double marginal_nearest(struct marginal range, double eur)
{
    return greater(smaller(eur, range.most_eur), range.least_eur);
}

struct marginal marginal_within(struct marginal marginal, struct marginal other)
{
    return (struct marginal){marginal_nearest(other, marginal.least_eur),
                             marginal_nearest(other, marginal.most_eur)};
}

/* The prices of energy at which period t best moves just what it moves. Where burning would pay and it
 * rests there is none: the first is above the last. */
static struct marginal marginal_of_trade(const struct terms *terms, size_t t, double moved_mwh)
{
    struct marginal marginal = {-INFINITY, INFINITY};
    struct period period = period_for(terms, t);
    double near_mwh = corner_mwh(terms);
    if (moved_mwh < period.up_mwh - near_mwh) /* more could be stored */
        marginal.most_eur = moved_mwh < -near_mwh ? period.discharge_eur : period.charge_eur;
    if (moved_mwh > near_mwh - period.down_mwh)
        marginal.least_eur = moved_mwh > near_mwh ? period.charge_eur : period.discharge_eur;
    return marginal;
}

struct marginal marginal_at_end(const struct terms *terms)
{
    if (!isnan(terms->soc_end_mwh))
        return (struct marginal){-INFINITY, INFINITY};
    return (struct marginal){terms->soc_end_value_eur_per_mwh, terms->soc_end_value_eur_per_mwh};
}

struct marginal marginal_at_bounds(const struct terms *terms, size_t t, double soc_mwh,
                                   struct marginal marginal)
{
    double near_mwh = corner_mwh(terms);
    if (soc_mwh >= soc_max_at(terms, t) - near_mwh)
        marginal.least_eur = -INFINITY;
    if (soc_mwh <= soc_min_at(terms, t) + near_mwh)
        marginal.most_eur = INFINITY;
    return marginal;
}

struct marginal marginal_before(const struct terms *terms, size_t t, double before_mwh,
                                double after_mwh, struct marginal marginal)
{
    struct marginal trade = marginal_of_trade(terms, t, after_mwh - before_mwh * terms->keep);
    if (trade.least_eur <= trade.most_eur)
        marginal = marginal_within(marginal, trade);
    else
        marginal = (struct marginal){greater(marginal.least_eur, trade.least_eur),
                                     smaller(marginal.most_eur, trade.most_eur)};
    return (struct marginal){marginal.least_eur * terms->keep, marginal.most_eur * terms->keep};
}
