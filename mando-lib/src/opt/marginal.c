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

struct marginal marginal_both(struct marginal a, struct marginal b)
{
    return (struct marginal){greater(a.least_eur, b.least_eur), smaller(a.most_eur, b.most_eur)};
}

struct trade_worth marginal_of_trade(const struct period *period, double moved_mwh, double near_mwh)
{
    struct trade_worth worth = {{-INFINITY, INFINITY}, {-INFINITY, INFINITY}};
    bool charges = moved_mwh > near_mwh, discharges = moved_mwh < -near_mwh;
    if (moved_mwh < period->up_mwh - near_mwh) /* more could be stored */
        *(discharges ? &worth.discharge.most_eur : &worth.charge.most_eur) =
            discharges ? period->discharge_eur : period->charge_eur;
    if (moved_mwh > near_mwh - period->down_mwh)
        *(charges ? &worth.charge.least_eur : &worth.discharge.least_eur) =
            charges ? period->charge_eur : period->discharge_eur;
    return worth;
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
    const struct period period = period_for(terms, t);
    struct trade_worth worth =
        marginal_of_trade(&period, after_mwh - before_mwh * terms->keep, corner_mwh(terms));
    struct marginal trade = marginal_both(worth.charge, worth.discharge);
    bool is_best = trade.least_eur <= trade.most_eur; /* not where it rests and burning would pay */
    marginal = is_best ? marginal_within(marginal, trade) : marginal_both(marginal, trade);
    return (struct marginal){marginal.least_eur * terms->keep, marginal.most_eur * terms->keep};
}
