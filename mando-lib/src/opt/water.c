#include "opt/workspace.h"

/* One-sided derivatives of a value function at a state; NaN where the state may not move that way. */
struct slopes {
    double up, down;
};

/* A kink is told from its neighbourhood by this much, MWh: far above rounding, far below a meter. */
#define NEAR_MWH 1e-9

/* The slope just above (side > 0) or just below a state at which a period's policy is followed:
 * `after` is that of the state it leads to. */
static double slope_by_levels(struct levels levels, const struct period *period, double soc_mwh,
                              double after)
{
    if (soc_mwh < levels.charge_to_mwh)
        return soc_mwh + period->up_mwh < levels.charge_to_mwh ? after : period->charge_eur;
    if (soc_mwh > levels.discharge_to_mwh)
        return soc_mwh - period->down_mwh > levels.discharge_to_mwh ? after : period->discharge_eur;
    return after;
}

static bool is_curve(const struct mando_optimize *w, size_t t)
{
    return isnan(w->levels[t].charge_to_mwh);
}

static struct slopes slopes_on_curve(const struct mando_optimize *w, size_t t, double soc_mwh)
{
    struct curve_at at = w->curves[t];
    struct slopes slopes = {NAN, NAN};
    double position = at.low_mwh;
    for (size_t i = 0; i < at.count; i++) {
        const struct segment *segment = &w->stored[at.first + i];
        double end = position + segment->length;
        if (position <= soc_mwh + NEAR_MWH && soc_mwh + NEAR_MWH < end)
            slopes.up = segment->slope;
        if (position < soc_mwh - NEAR_MWH && soc_mwh - NEAR_MWH <= end)
            slopes.down = segment->slope;
        position = end;
    }
    return slopes;
}

/* The energies from which the horizon can still be finished, at the end of a period. */
struct range {
    double low_mwh, high_mwh;
};

static struct range range_at_end(const struct terms *terms)
{
    if (!isnan(terms->soc_end_mwh))
        return (struct range){terms->soc_end_mwh, terms->soc_end_mwh};
    return (struct range){soc_min_at(terms, terms->periods - 1),
                          soc_max_at(terms, terms->periods - 1)};
}

static struct range range_before(struct range after, const struct terms *terms, size_t t)
{
    struct period period = period_for(terms, t);
    return (struct range){
        greater((after.low_mwh - period.up_mwh) / terms->keep, soc_min_at(terms, t - 1)),
        smaller((after.high_mwh + period.down_mwh) / terms->keep, soc_max_at(terms, t - 1))};
}

void optimize_water(const struct mando_optimize *w, const struct terms *terms,
                    const double *soc_mwh, double *water_value_eur_per_mwh)
{
    struct slopes slopes = {terms->soc_end_value_eur_per_mwh, terms->soc_end_value_eur_per_mwh};
    struct range range = range_at_end(terms);
    for (size_t t = terms->periods; t-- > 0;) {
        /* slopes and range are those of the value after period t. */
        if (is_curve(w, t) || (t + 1 < terms->periods && is_curve(w, t + 1)))
            slopes = slopes_on_curve(w, t, soc_mwh[t]);
        bool more_fits = soc_mwh[t] + NEAR_MWH <= range.high_mwh;
        bool less_fits = soc_mwh[t] - NEAR_MWH >= range.low_mwh;
        water_value_eur_per_mwh[t] = more_fits ? slopes.up : less_fits ? slopes.down : NAN;
        if (t == 0)
            break;
        struct period period = period_for(terms, t);
        double before = soc_mwh[t - 1] * terms->keep;
        slopes.up =
            terms->keep * slope_by_levels(w->levels[t], &period, before + NEAR_MWH, slopes.up);
        slopes.down =
            terms->keep * slope_by_levels(w->levels[t], &period, before - NEAR_MWH, slopes.down);
        range = range_before(range, terms, t);
    }
}
