#include "site_brute.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "mando/time.h"

#define MOVES_MAX 16 /* units up or down in one period */
#define MOVES (2 * MOVES_MAX + 1)
#define STATES_MAX 32

/* Power at the grid, positive discharges, that moves the energy by so many units. */
static double power_of(const struct mando_battery *b, double unit_mw, int move)
{
    const struct mando_points *points =
        move > 0 ? &b->efficiency_charge_by_power : &b->efficiency_discharge_by_power;
    double wanted = abs(move) * unit_mw, x = 0, cells = 0;
    for (size_t k = 0; k < points->count; k++) {
        double to = move > 0 ? points->x[k] * points->y[k] : points->x[k] / points->y[k];
        if (wanted <= to + 1e-12) {
            double power = x + (wanted - cells) / (to - cells) * (points->x[k] - x);
            return move > 0 ? -power : power;
        }
        x = points->x[k];
        cells = to;
    }
    return INFINITY;
}

static double ageing_eur_per_h(const struct mando_battery *b, double discharge_mw)
{
    const struct mando_points *levels = &b->degradation_eur_per_mwh_by_power;
    double eur = b->degradation_eur_per_mwh * discharge_mw, from = 0;
    for (size_t k = 0; k < levels->count && discharge_mw > from; k++) {
        eur += levels->y[k] * (fmin(discharge_mw, levels->x[k]) - from);
        from = levels->x[k];
    }
    return eur;
}

static double sale_eur_per_h(const struct mando_battery *b, const struct mando_prices *p, size_t t,
                             double net_mw)
{
    if (net_mw > b->export_mw_max + 1e-12 || -net_mw > b->import_mw_max + 1e-12)
        return -INFINITY;
    return net_mw > 0 ? net_mw * (p->sell_eur_per_mwh[t] - b->fee_eur_per_mwh)
                      : net_mw * (p->buy_eur_per_mwh[t] + b->fee_eur_per_mwh);
}

/* The best curtailment is none, all, or one that brings the connection to a kink of its money. */
static double money_eur_per_h(const struct mando_battery *b, const struct mando_prices *p, size_t t,
                              double power_mw)
{
    double pv = p->pv_mw ? p->pv_mw[t] : 0, best = -INFINITY;
    double net = power_mw + pv - fmax(b->auxiliary_mw, 0) - (p->load_mw ? p->load_mw[t] : 0);
    const double cuts[] = {0, pv, net, net - b->export_mw_max, net + b->import_mw_max};
    for (int i = 0; i < 5; i++)
        if (cuts[i] >= 0 && cuts[i] <= pv)
            best = fmax(best, sale_eur_per_h(b, p, t, net - cuts[i]));
    return best - ageing_eur_per_h(b, fmax(power_mw, 0));
}

static bool fits_taper(const struct mando_points *taper, double soc_mwh, double power_mw)
{
    for (size_t i = 0; i + 1 < taper->count; i++) {
        double slope = (taper->y[i + 1] - taper->y[i]) / (taper->x[i + 1] - taper->x[i]);
        if (power_mw > taper->y[i] + slope * (soc_mwh - taper->x[i]) + 1e-12)
            return false;
    }
    return true;
}

struct brute {
    const struct mando_battery *b;
    const struct mando_prices *p;
    double h, unit_mwh, power[MOVES];
    /* The best of the periods left, by units held and by the move before. */
    double values[2][STATES_MAX][MOVES];
};

static bool may_move(const struct brute *brute, size_t t, int held, int before, int move)
{
    const struct mando_battery *b = brute->b;
    double power = brute->power[move + MOVES_MAX], start = held * brute->unit_mwh;
    double end = (held + move) * brute->unit_mwh;
    double last = brute->power[before + MOVES_MAX];
    if (!isfinite(power) || -power > b->power_charge_mw + 1e-12
        || power > b->power_discharge_mw + 1e-12)
        return false;
    if (t > 0 && fabs(power - last) > b->ramp_mw_per_h_max * brute->h + 1e-12)
        return false;
    const struct mando_points *taper =
        power < 0 ? &b->power_charge_mw_by_soc : &b->power_discharge_mw_by_soc;
    return end >= b->soc_min_mwh - 1e-12 && end <= b->soc_max_mwh + 1e-12
           && fits_taper(taper, start, fabs(power)) && fits_taper(taper, end, fabs(power));
}

static double best_move(const struct brute *brute, size_t t, int held, int before,
                        double after[STATES_MAX][MOVES])
{
    double best = -INFINITY;
    for (int move = -MOVES_MAX; move <= MOVES_MAX; move++) {
        if (!may_move(brute, t, held, before, move))
            continue;
        double eur =
            brute->h * money_eur_per_h(brute->b, brute->p, t, brute->power[move + MOVES_MAX]);
        best = fmax(best, eur + after[held + move][move + MOVES_MAX]);
    }
    return best;
}

double site_brute(const struct mando_battery *b, const struct mando_prices *p, double unit_mwh)
{
    struct brute brute = {
        .b = b, .p = p, .h = (double)p->step_us / (double)MANDO_HOUR_US, .unit_mwh = unit_mwh};
    int states = (int)lround(b->soc_max_mwh / unit_mwh) + 1, now = 0;
    assert(states <= STATES_MAX && b->soc_min_mwh == 0 && b->self_discharge_per_h == 0);
    for (int move = -MOVES_MAX; move <= MOVES_MAX; move++)
        brute.power[move + MOVES_MAX] = power_of(b, unit_mwh / brute.h, move);
    for (int held = 0; held < states; held++)
        for (int m = 0; m < MOVES; m++) {
            bool ends = isnan(b->soc_end_mwh) || fabs(b->soc_end_mwh - held * unit_mwh) < 1e-9;
            double worth =
                isnan(b->soc_end_mwh) ? b->soc_end_value_eur_per_mwh * held * unit_mwh : 0;
            brute.values[now][held][m] = ends ? worth : -INFINITY;
        }
    for (size_t t = p->count; t-- > 0; now = !now)
        for (int held = 0; held < states; held++)
            for (int m = 0; m < MOVES; m++)
                brute.values[!now][held][m] =
                    best_move(&brute, t, held, m - MOVES_MAX, brute.values[now]);
    return brute.values[now][lround(b->soc_start_mwh / unit_mwh)][MOVES_MAX];
}
