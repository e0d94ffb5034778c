#include "replay.h"

#include <math.h>

static void note(struct replay *replay, size_t t, double miss_mwh)
{
    if (miss_mwh <= replay->worst_mwh)
        return;
    replay->worst_mwh = isnan(miss_mwh) ? INFINITY : miss_mwh;
    replay->worst_period = t;
}

struct replay replay_plan(const struct mando_optimize_problem *problem, const double *power_mw,
                          const double *soc_mwh)
{
    struct replay replay = {0, 0, 0, 0};
    double held_mwh = problem->soc_start_mwh, keep = problem_keep(problem);
    double step_h = problem->step_h;
    for (size_t t = 0; t < problem->periods; t++) {
        double sold_mwh = fmax(power_mw[t], 0) * step_h,
               bought_mwh = fmax(-power_mw[t], 0) * step_h;
        double in_mwh = bought_mwh * problem->efficiency_charge;
        double out_mwh = sold_mwh / problem->efficiency_discharge;
        held_mwh = held_mwh * keep + in_mwh - out_mwh;
        replay.throughput_mwh += in_mwh + out_mwh;
        replay.money_eur +=
            sold_mwh * problem_gain_eur(problem, t) - bought_mwh * problem_cost_eur(problem, t);
        note(&replay, t, bought_mwh - problem_charge_mw(problem, t) * step_h);
        note(&replay, t, sold_mwh - problem_discharge_mw(problem, t) * step_h);
        note(&replay, t, problem_soc_low_mwh(problem, t) - held_mwh);
        note(&replay, t, held_mwh - problem_soc_high_mwh(problem, t));
        note(&replay, t, fabs(held_mwh - soc_mwh[t]));
        note(&replay, t, isfinite(power_mw[t]) ? 0 : INFINITY);
    }
    if (isnan(problem->soc_end_mwh))
        replay.money_eur += problem->soc_end_value_eur_per_mwh * held_mwh;
    else
        note(&replay, problem->periods - 1, fabs(held_mwh - problem->soc_end_mwh));
    return replay;
}
