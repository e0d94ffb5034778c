#include "brute.h"

#include <assert.h>
#include <math.h>

#define STATES_MAX 256

/* Two sums of the same money in another order are equal. */
#define SAME_EUR 1e-8

struct brute_value {
    double eur, throughput_mwh; /* eur is -INFINITY where there is no plan */
};

static int units(double energy_mwh, double unit_mwh)
{
    double count = round(energy_mwh / unit_mwh);
    assert(fabs(count * unit_mwh - energy_mwh) < 1e-9);
    return (int)count;
}

static bool is_better(struct brute_value a, struct brute_value b)
{
    if (a.eur == -INFINITY || fabs(a.eur - b.eur) > SAME_EUR)
        return a.eur > b.eur;
    return a.throughput_mwh < b.throughput_mwh;
}

/* The best of all steps from `state` in period t, given the values at its end. */
static struct brute_value best_step(const struct mando_optimize_problem *p, double unit_mwh,
                                    size_t t, int state, const struct brute_value *after)
{
    int up = units(problem_charge_mw(p, t) * p->efficiency_charge * p->step_h, unit_mwh);
    int down = units(problem_discharge_mw(p, t) / p->efficiency_discharge * p->step_h, unit_mwh);
    int low = units(problem_soc_low_mwh(p, t), unit_mwh);
    int high = units(problem_soc_high_mwh(p, t), unit_mwh);
    struct brute_value best = {-INFINITY, 0};
    for (int next = state - down; next <= state + up; next++) {
        if (next < low || next > high)
            continue;
        double stored_mwh = (next - state) * unit_mwh;
        double eur = stored_mwh > 0
                         ? -stored_mwh / p->efficiency_charge * problem_cost_eur(p, t)
                         : -stored_mwh * p->efficiency_discharge * problem_gain_eur(p, t);
        struct brute_value value = {after[next].eur + eur,
                                    after[next].throughput_mwh + fabs(stored_mwh)};
        if (is_better(value, best))
            best = value;
    }
    return best;
}

struct brute_plan brute_solve(const struct mando_optimize_problem *p, double unit_mwh)
{
    struct brute_value values[2][STATES_MAX];
    int states = units(p->soc_max_mwh, unit_mwh) + 1;
    assert(states <= STATES_MAX && p->self_discharge_per_h == 0);
    struct brute_value *after = values[0], *before = values[1];
    for (int s = 0; s < states; s++) {
        bool ends = isnan(p->soc_end_mwh) || units(p->soc_end_mwh, unit_mwh) == s;
        double worth = isnan(p->soc_end_mwh) ? p->soc_end_value_eur_per_mwh * s * unit_mwh : 0;
        after[s] = (struct brute_value){ends ? worth : -INFINITY, 0};
    }
    for (size_t t = p->periods; t-- > 0;) {
        for (int s = 0; s < states; s++)
            before[s] = best_step(p, unit_mwh, t, s, after);
        struct brute_value *other = after;
        after = before;
        before = other;
    }
    struct brute_value start = after[units(p->soc_start_mwh, unit_mwh)];
    return (struct brute_plan){start.eur > -INFINITY, start.eur, start.throughput_mwh};
}
