#include <math.h>

#include "opt/site_model.h"

/* A bound may be missed by 1e-9 MWh, or by this share of a huge battery's energy, as the gate has it;
 * what is near that is left to others' rounding. A small battery, whose unit is less than 1, may miss
 * less: what it misses it is paid for, and the more where ramps and tapers couple many periods. */
#define SLACK_MWH 0.9e-9
#define SLACK_SHARE 0.9e-12

static double slack_mwh_of(const struct site_model *model)
{
    return fmax(SLACK_MWH * model->unit, SLACK_SHARE * model->problem->battery->soc_max_mwh);
}

/* Ramps and tapers may be missed by half of that, so that a rounding error of one period is made good
 * in the next one and not handed on to all that follow. */
static double coupling_slack_mw(const struct site_model *model)
{
    return slack_mwh_of(model) / 2 / model->problem->step_h;
}

/* A move of less energy, times the unit, is the solver's rounding. */
#define DUST_MWH 1e-10

struct window {
    double low_mw, high_mw; /* of battery power, positive discharges */
};

/* What limits of power, connection, ramp and the taper at the start leave of battery power. */
static struct window window_at(const struct site_model *model, size_t t, double soc_mwh,
                               double power_before_mw)
{
    const struct site_problem *problem = model->problem;
    const struct mando_battery *battery = problem->battery;
    size_t i = problem->first + t;
    double load_mw = asset_load_mw(battery, problem->prices, i);
    double pv_mw = asset_pv_mw(problem->prices, i);
    double slack_mw = coupling_slack_mw(model);
    struct window window = {
        -fmin(site_charge_mw_max(model, t),
              asset_taper_mw(&battery->power_charge_mw_by_soc, soc_mwh) + slack_mw),
        fmin(site_discharge_mw_max(model, t),
             asset_taper_mw(&battery->power_discharge_mw_by_soc, soc_mwh) + slack_mw)};
    window.low_mw = fmax(window.low_mw, load_mw - pv_mw - battery->import_mw_max);
    window.high_mw = fmin(window.high_mw, load_mw + battery->export_mw_max);
    if (t > 0 && model->ramp >= 0) {
        double ramp_mw = battery->ramp_mw_per_h_max * problem->step_h + slack_mw;
        window.low_mw = fmax(window.low_mw, power_before_mw - ramp_mw);
        window.high_mw = fmin(window.high_mw, power_before_mw + ramp_mw);
    }
    return window;
}

static double soc_after(const struct site_model *model, double held_mwh, double power_mw)
{
    double cells_mw = power_mw > 0 ? -asset_cells_mw(&model->discharging, power_mw)
                                   : asset_cells_mw(&model->charging, -power_mw);
    return held_mwh + cells_mw * model->problem->step_h;
}

static double power_towards(const struct site_model *model, double held_mwh, double target_mwh)
{
    double cells_mw = (target_mwh - held_mwh) / model->problem->step_h;
    if (fabs(target_mwh - held_mwh) < DUST_MWH * model->unit)
        return 0;
    return cells_mw > 0 ? -asset_power_mw(&model->charging, cells_mw)
                        : asset_power_mw(&model->discharging, -cells_mw);
}

/* By how much a power passes the taper at the end of its period. */
static double end_excess_mw(const struct site_model *model, double held_mwh, double power_mw)
{
    const struct mando_battery *battery = model->problem->battery;
    double soc_mwh = soc_after(model, held_mwh, power_mw);
    if (power_mw < 0)
        return -power_mw - asset_taper_mw(&battery->power_charge_mw_by_soc, soc_mwh);
    return power_mw - asset_taper_mw(&battery->power_discharge_mw_by_soc, soc_mwh);
}

/* The greatest power in the same direction that keeps the taper at the end: rest keeps it. */
static double keep_end_taper(const struct site_model *model, double held_mwh, double power_mw)
{
    double slack_mw = coupling_slack_mw(model);
    if (!(end_excess_mw(model, held_mwh, power_mw) > slack_mw))
        return power_mw;
    double kept = 0, passed = 1;
    for (int i = 0; i < 60; i++) {
        double middle = (kept + passed) / 2;
        if (end_excess_mw(model, held_mwh, power_mw * middle) > slack_mw)
            passed = middle;
        else
            kept = middle;
    }
    return power_mw * kept;
}

static double money_eur(const struct site_model *model, size_t t, double power_mw)
{
    const struct site_problem *problem = model->problem;
    const struct mando_battery *battery = problem->battery;
    size_t i = problem->first + t;
    struct asset_flow flow = asset_flow_at(battery, problem->prices, i, power_mw);
    double price_eur = flow.grid_mw > 0
                           ? problem->prices->sell_eur_per_mwh[i] - battery->fee_eur_per_mwh
                           : problem->prices->buy_eur_per_mwh[i] + battery->fee_eur_per_mwh;
    double ageing_eur_per_h = asset_ageing_eur_per_h(&model->discharging, fmax(power_mw, 0));
    return problem->step_h * (flow.grid_mw * price_eur - ageing_eur_per_h);
}

static bool keeps_limits(const struct site_model *model, const double *power_mw)
{
    const struct site_problem *problem = model->problem;
    for (int list = 0; list < 2; list++)
        for (size_t i = 0; i < problem->limit_counts[list]; i++) {
            const struct mando_optimize_limit *limit = &problem->limits[list][i];
            double withdrawn_mwh = 0;
            for (size_t t = limit->first; t < limit->first + limit->periods && t < problem->periods;
                 t++)
                withdrawn_mwh +=
                    problem->step_h * asset_cells_mw(&model->discharging, fmax(power_mw[t], 0));
            if (withdrawn_mwh > limit->withdrawn_mwh_max + slack_mwh_of(model))
                return false;
        }
    return true;
}

double site_follow(const struct site_model *model, const double *columns, double *power_mw_out,
                   double *soc_mwh_out)
{
    const struct site_problem *problem = model->problem;
    double soc_mwh = problem->soc_start_mwh, power_mw = 0, earned_eur = 0;
    double slack_mwh = slack_mwh_of(model), slack_mw = slack_mwh / problem->step_h;
    for (size_t t = 0; t < problem->periods; t++) {
        double low_mwh = site_soc_min_mwh(problem, t), high_mwh = site_soc_max_mwh(problem, t);
        double target_mwh = columns[t * (size_t)model->period_columns + (size_t)model->soc];
        struct window window = window_at(model, t, soc_mwh, power_mw);
        double held_mwh = soc_mwh * model->keep;
        target_mwh = fmin(fmax(target_mwh, low_mwh), high_mwh);
        power_mw = power_towards(model, held_mwh, target_mwh);
        power_mw = fmin(fmax(power_mw, window.low_mw), window.high_mw);
        power_mw = keep_end_taper(model, held_mwh, power_mw);
        soc_mwh = soc_after(model, held_mwh, power_mw);
        if (!(power_mw >= window.low_mw - slack_mw && power_mw <= window.high_mw + slack_mw
              && soc_mwh >= low_mwh - slack_mwh && soc_mwh <= high_mwh + slack_mwh))
            return -INFINITY;
        power_mw_out[t] = power_mw;
        soc_mwh_out[t] = soc_mwh;
        earned_eur += money_eur(model, t, power_mw);
    }
    if (fabs(soc_mwh - problem->soc_end_mwh) > slack_mwh || !keeps_limits(model, power_mw_out))
        return -INFINITY;
    if (model->is_free_of_charge)
        return 0;
    return earned_eur
           + (isnan(problem->soc_end_mwh) ? problem->battery->soc_end_value_eur_per_mwh * soc_mwh
                                          : 0);
}
