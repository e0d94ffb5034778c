#include "opt/marginal.h"
#include "opt/workspace.h"

void optimize_water(const struct terms *terms, const double *soc_mwh,
                    double *water_value_eur_per_mwh)
{
    struct marginal marginal = marginal_at_end(terms);
    for (size_t t = terms->periods; t-- > 0;) {
        marginal = marginal_at_bounds(terms, t, soc_mwh[t], marginal);
        bool more_fits = marginal.least_eur > -INFINITY, less_fits = marginal.most_eur < INFINITY;
        water_value_eur_per_mwh[t] = more_fits   ? marginal.least_eur
                                     : less_fits ? marginal.most_eur
                                                 : NAN;
        if (t > 0)
            marginal = marginal_before(terms, t, soc_mwh[t - 1], soc_mwh[t], marginal);
    }
}
