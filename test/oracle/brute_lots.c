#include "brute_lots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STATES_MAX 60000
#define SLACK_MWH 1e-9
#define ROUNDING 1e-13 /* of the largest energy: states that differ by less are one */

struct brute_state {
    double soc_mwh, eur;
};

static struct brute_state now[STATES_MAX], next[STATES_MAX];

static int compare(const void *left, const void *right)
{
    double a = ((const struct brute_state *)left)->soc_mwh;
    double b = ((const struct brute_state *)right)->soc_mwh;
    return (a > b) - (a < b);
}

/* Sorts states and keeps the richest of those that are one but for rounding. */
static size_t merge(struct brute_state *states, size_t count, double same_mwh)
{
    size_t kept = 0;
    double first_mwh = -INFINITY;
    qsort(states, count, sizeof *states, compare);
    for (size_t i = 0; i < count; i++) {
        if (states[i].soc_mwh - first_mwh > same_mwh) {
            first_mwh = states[i].soc_mwh;
            states[kept++] = states[i];
        } else if (states[i].eur > states[kept - 1].eur) {
            states[kept - 1] = states[i];
        }
    }
    return kept;
}

/* All states after period t; SIZE_MAX where they are too many. */
static size_t step(const struct mando_optimize_problem *p, double lot_mw, size_t t, size_t count)
{
    int charges = (int)(problem_charge_mw(p, t) / lot_mw + 1e-9);
    int discharges = (int)(problem_discharge_mw(p, t) / lot_mw + 1e-9);
    double low = problem_soc_low_mwh(p, t) - SLACK_MWH;
    double high = problem_soc_high_mwh(p, t) + SLACK_MWH;
    double same_mwh = ROUNDING * fmax(fabs(p->soc_min_mwh), fabs(p->soc_max_mwh));
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        for (int lots = -charges; lots <= discharges; lots++) {
            double grid_mwh = lots * lot_mw * p->step_h;
            double rate = lots > 0 ? 1 / p->efficiency_discharge : p->efficiency_charge;
            double price = lots > 0 ? problem_gain_eur(p, t) : problem_cost_eur(p, t);
            double soc = now[i].soc_mwh * problem_keep(p) - grid_mwh * rate;
            if (soc < low || soc > high)
                continue;
            if (made == STATES_MAX)
                made = merge(next, made, same_mwh);
            if (made == STATES_MAX)
                return SIZE_MAX;
            next[made++] = (struct brute_state){soc, now[i].eur + grid_mwh * price};
        }
    }
    made = merge(next, made, same_mwh);
    memcpy(now, next, made * sizeof *now);
    return made;
}

double brute_lots_end_eur(const struct mando_optimize_problem *p, double lot_mw, double soc_mwh)
{
    if (isnan(p->soc_end_mwh))
        return p->soc_end_value_eur_per_mwh * soc_mwh;
    double highest = 0, lowest = 0, beyond_mwh = soc_mwh - p->soc_end_mwh;
    if (beyond_mwh >= lot_mw * p->step_h / p->efficiency_discharge - SLACK_MWH
        || beyond_mwh <= -lot_mw * p->step_h * p->efficiency_charge + SLACK_MWH)
        return -INFINITY;
    for (size_t t = 0; t < p->periods; t++) {
        double cost = problem_cost_eur(p, t) / p->efficiency_charge;
        double gain = problem_gain_eur(p, t) * p->efficiency_discharge;
        highest = fmax(highest, fmax(cost, gain));
        lowest = fmin(lowest, fmin(cost, gain));
    }
    return 2 * beyond_mwh * (beyond_mwh > 0 ? lowest : highest);
}

struct brute_lots brute_lots_solve(const struct mando_optimize_problem *p, double lot_mw)
{
    struct brute_lots best = {.objective_eur = -INFINITY};
    size_t count = 1;
    now[0] = (struct brute_state){p->soc_start_mwh, 0};
    for (size_t t = 0; t < p->periods; t++) {
        count = step(p, lot_mw, t, count);
        best.broken = t;
        best.states_peak = count > best.states_peak ? count : best.states_peak;
        if (count == 0 || count == SIZE_MAX)
            return best;
    }
    for (size_t i = 0; i < count; i++)
        best.objective_eur =
            fmax(best.objective_eur, now[i].eur + brute_lots_end_eur(p, lot_mw, now[i].soc_mwh));
    best.feasible = best.objective_eur > -INFINITY;
    return best;
}
