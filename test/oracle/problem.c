#include "problem.h"

#include <math.h>

static bool is_given(const double *limits, size_t t)
{
    return limits && !isnan(limits[t]);
}

double problem_charge_mw(const struct mando_optimize_problem *problem, size_t t)
{
    const double *limits = problem->power_charge_mw_max;
    return is_given(limits, t) ? fmin(limits[t], problem->power_charge_mw)
                               : problem->power_charge_mw;
}

double problem_discharge_mw(const struct mando_optimize_problem *problem, size_t t)
{
    const double *limits = problem->power_discharge_mw_max;
    return is_given(limits, t) ? fmin(limits[t], problem->power_discharge_mw)
                               : problem->power_discharge_mw;
}

double problem_soc_low_mwh(const struct mando_optimize_problem *problem, size_t t)
{
    const double *limits = problem->soc_min_mwh_end;
    return is_given(limits, t) ? fmax(limits[t], problem->soc_min_mwh) : problem->soc_min_mwh;
}

double problem_soc_high_mwh(const struct mando_optimize_problem *problem, size_t t)
{
    const double *limits = problem->soc_max_mwh_end;
    return is_given(limits, t) ? fmin(limits[t], problem->soc_max_mwh) : problem->soc_max_mwh;
}

double problem_keep(const struct mando_optimize_problem *problem)
{
    return pow(1 - problem->self_discharge_per_h, problem->step_h);
}

double problem_cost_eur(const struct mando_optimize_problem *problem, size_t t)
{
    return problem->buy_eur_per_mwh[t] + problem->fee_eur_per_mwh;
}

double problem_gain_eur(const struct mando_optimize_problem *problem, size_t t)
{
    return problem->sell_eur_per_mwh[t] - problem->fee_eur_per_mwh
           - problem->degradation_eur_per_mwh;
}

bool problem_burns(const struct mando_optimize_problem *problem, size_t t)
{
    return problem_cost_eur(problem, t) < problem_gain_eur(problem, t) * problem->efficiency_charge
                                              * problem->efficiency_discharge;
}

size_t problem_burning_periods(const struct mando_optimize_problem *problem)
{
    size_t count = 0;
    for (size_t t = 0; t < problem->periods; t++)
        count += problem_burns(problem, t);
    return count;
}

struct mando_optimize_problem problem_prefix(const struct mando_optimize_problem *problem,
                                             size_t periods)
{
    struct mando_optimize_problem prefix = *problem;
    prefix.periods = periods;
    prefix.soc_end_mwh = NAN;
    prefix.soc_end_value_eur_per_mwh = 0;
    return prefix;
}

static const double *from(const double *values, size_t first)
{
    return values ? values + first : NULL;
}

struct mando_optimize_problem problem_suffix(const struct mando_optimize_problem *problem,
                                             size_t first, double soc_start_mwh)
{
    struct mando_optimize_problem suffix = *problem;
    suffix.periods -= first;
    suffix.buy_eur_per_mwh += first;
    suffix.sell_eur_per_mwh += first;
    suffix.power_charge_mw_max = from(problem->power_charge_mw_max, first);
    suffix.power_discharge_mw_max = from(problem->power_discharge_mw_max, first);
    suffix.soc_min_mwh_end = from(problem->soc_min_mwh_end, first);
    suffix.soc_max_mwh_end = from(problem->soc_max_mwh_end, first);
    suffix.soc_start_mwh = soc_start_mwh;
    return suffix;
}
