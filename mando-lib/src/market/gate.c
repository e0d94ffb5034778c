#include "mando/gate.h"

#include <math.h>
#include <stdbool.h>

#include "base/fail.h"
#include "domain/asset.h"
#include "domain/leak.h"

/* The share of a huge battery's energy that rounding may make of a year of quarter-hours. */
#define ROUNDING 1e-12

/* A check of one plan on its way through the periods. */
struct replay {
    const struct mando_battery *battery;
    const struct mando_gate_plan *plan;
    struct asset_curve charging, discharging;
    double keep, soc_mwh, slack_mwh;
    double soc_start_mwh; /* of the period */
    struct mando_error *error;
};

static double limit_at(const struct replay *replay, const double *limits, size_t t)
{
    return limits ? limits[replay->plan->limits_first + t] : NAN;
}

/* True where power_mw is above a limit; NaN is no limit. */
static bool exceeds(const struct replay *replay, double power_mw, double limit_mw)
{
    return (power_mw - limit_mw) * replay->plan->step_h > replay->slack_mwh;
}

/* What belongs to no period. An end of NaN is free. */
static enum mando_status check_frame(const struct mando_gate_plan *plan, struct mando_error *error)
{
    bool has_step = plan->step_h > 0 && isfinite(plan->step_h);
    if (!has_step || !isfinite(plan->soc_start_mwh) || isinf(plan->soc_end_mwh))
        return mando_fail(error, MANDO_E_GATE_VALUE, -1,
                          "the plan's step or its energy at the start or end is not finite");
    if (!(plan->end_slack_mwh >= 0 && isfinite(plan->end_slack_mwh)))
        return mando_fail(error, MANDO_E_GATE_VALUE, -1,
                          "what the plan's end may miss is negative or not finite");
    const struct mando_prices *limits = plan->limits;
    if (limits
        && (plan->limits_first > limits->count
            || plan->periods > limits->count - plan->limits_first))
        return mando_fail(error, MANDO_E_GATE_VALUE, -1,
                          "the plan has more periods than the limits that belong to it");
    return MANDO_OK;
}

/* Energy that the battery cannot hold cannot be sold. Limits of periods do not bind the start. */
static enum mando_status check_start(const struct replay *replay)
{
    const struct mando_battery *battery = replay->battery;
    if (replay->soc_mwh >= battery->soc_min_mwh - replay->slack_mwh
        && replay->soc_mwh <= battery->soc_max_mwh + replay->slack_mwh)
        return MANDO_OK;
    return mando_fail(replay->error, MANDO_E_GATE_SOC, 0,
                      "the plan starts with %.12g MWh, the battery holds %.12g to %.12g MWh",
                      replay->soc_mwh, battery->soc_min_mwh, battery->soc_max_mwh);
}

/* A limit that depends on the energy held, at the start or the end of a period. */
static enum mando_status check_taper(const struct replay *replay, size_t t,
                                     const struct mando_points *taper, double soc_mwh)
{
    double power_mw = replay->plan->power_mw[t];
    double limit_mw = asset_taper_mw(taper, soc_mwh);
    if (!exceeds(replay, fabs(power_mw), limit_mw))
        return MANDO_OK;
    return mando_fail(replay->error, MANDO_E_GATE_POWER, (int64_t)t,
                      "period %zu %s with %.9g MW, at %.9g MWh the battery can %.9g MW", t,
                      power_mw < 0 ? "charges" : "discharges", fabs(power_mw), soc_mwh, limit_mw);
}

static enum mando_status check_ramp(const struct replay *replay, size_t t)
{
    const struct mando_gate_plan *plan = replay->plan;
    double limit_mw = replay->battery->ramp_mw_per_h_max * plan->step_h;
    double change_mw = t > 0 ? fabs(plan->power_mw[t] - plan->power_mw[t - 1]) : 0;
    if (!exceeds(replay, change_mw, limit_mw))
        return MANDO_OK;
    return mando_fail(replay->error, MANDO_E_GATE_RAMP, (int64_t)t,
                      "period %zu changes the power by %.9g MW, the ramp allows %.9g MW", t,
                      change_mw, limit_mw);
}

static enum mando_status check_power(const struct replay *replay, size_t t)
{
    const struct mando_battery *battery = replay->battery;
    const struct mando_prices *limits = replay->plan->limits;
    double power_mw = replay->plan->power_mw[t];
    bool charges = power_mw < 0;
    double rated_mw = charges ? battery->power_charge_mw : battery->power_discharge_mw;
    const struct mando_points *taper =
        charges ? &battery->power_charge_mw_by_soc : &battery->power_discharge_mw_by_soc;
    double period_mw = NAN;
    if (limits)
        period_mw = limit_at(
            replay, charges ? limits->power_charge_mw_max : limits->power_discharge_mw_max, t);
    const char *verb = charges ? "charges" : "discharges";
    if (exceeds(replay, fabs(power_mw), rated_mw))
        return mando_fail(replay->error, MANDO_E_GATE_POWER, (int64_t)t,
                          "period %zu %s with %.9g MW, the battery can %.9g MW", t, verb,
                          fabs(power_mw), rated_mw);
    if (exceeds(replay, fabs(power_mw), period_mw))
        return mando_fail(replay->error, MANDO_E_GATE_POWER, (int64_t)t,
                          "period %zu %s with %.9g MW, its own limit is %.9g MW", t, verb,
                          fabs(power_mw), period_mw);
    enum mando_status status = check_taper(replay, t, taper, replay->soc_start_mwh);
    if (status == MANDO_OK)
        status = check_taper(replay, t, taper, replay->soc_mwh);
    return status == MANDO_OK ? check_ramp(replay, t) : status;
}

/* Positive power exports. */
static enum mando_status check_flow(const struct replay *replay, size_t t, double grid_mw)
{
    const struct mando_battery *battery = replay->battery;
    bool exports = grid_mw > 0;
    double limit_mw = exports ? battery->export_mw_max : battery->import_mw_max;
    if (!exceeds(replay, fabs(grid_mw), limit_mw))
        return MANDO_OK;
    return mando_fail(replay->error, MANDO_E_GATE_CONNECTION, (int64_t)t,
                      "period %zu %s %.9g MW, the connection allows %.9g MW", t,
                      exports ? "exports" : "imports", fabs(grid_mw), limit_mw);
}

/* The connection carries the battery, the PV that is not curtailed and the load. */
static enum mando_status check_connection(const struct replay *replay, size_t t)
{
    const struct mando_gate_plan *plan = replay->plan;
    size_t i = plan->limits_first + t;
    double pv_mw = asset_pv_mw(plan->limits, i);
    double most_mw = plan->power_mw[t] + pv_mw - asset_load_mw(replay->battery, plan->limits, i);
    double least_mw = most_mw - pv_mw;
    if (plan->curtailed_mw) {
        double curtailed_mw = plan->curtailed_mw[t];
        if (!(curtailed_mw >= 0 && curtailed_mw <= pv_mw))
            return mando_fail(replay->error, MANDO_E_GATE_VALUE, (int64_t)t,
                              "period %zu curtails %.9g MW of %.9g MW of PV", t, curtailed_mw,
                              pv_mw);
        most_mw = least_mw = most_mw - curtailed_mw;
    }
    /* Curtailing all of the PV exports least, none of it imports least. */
    enum mando_status status = check_flow(replay, t, fmax(least_mw, 0));
    return status == MANDO_OK ? check_flow(replay, t, fmin(most_mw, 0)) : status;
}

static enum mando_status check_bounds(const struct replay *replay, size_t t, double low_mwh,
                                      double high_mwh)
{
    if (replay->soc_mwh < low_mwh - replay->slack_mwh)
        return mando_fail(replay->error, MANDO_E_GATE_SOC, (int64_t)t,
                          "period %zu ends with %.12g MWh, less than %.12g MWh", t, replay->soc_mwh,
                          low_mwh);
    if (replay->soc_mwh > high_mwh + replay->slack_mwh)
        return mando_fail(replay->error, MANDO_E_GATE_SOC, (int64_t)t,
                          "period %zu ends with %.12g MWh, more than %.12g MWh", t, replay->soc_mwh,
                          high_mwh);
    return MANDO_OK;
}

static enum mando_status check_soc(const struct replay *replay, size_t t)
{
    const struct mando_gate_plan *plan = replay->plan;
    enum mando_status status =
        check_bounds(replay, t, replay->battery->soc_min_mwh, replay->battery->soc_max_mwh);
    if (status == MANDO_OK && plan->limits)
        status = check_bounds(replay, t, limit_at(replay, plan->limits->soc_min_mwh, t),
                              limit_at(replay, plan->limits->soc_max_mwh, t));
    if (status == MANDO_OK && plan->soc_mwh
        && fabs(plan->soc_mwh[t] - replay->soc_mwh) > replay->slack_mwh)
        return mando_fail(replay->error, MANDO_E_GATE_ENERGY, (int64_t)t,
                          "period %zu claims to end with %.12g MWh, its powers make %.12g MWh", t,
                          plan->soc_mwh[t], replay->soc_mwh);
    return status;
}

static enum mando_status check_period(struct replay *replay, size_t t)
{
    const struct mando_gate_plan *plan = replay->plan;
    double power_mw = plan->power_mw[t], grid_mwh = power_mw * plan->step_h;
    if (!isfinite(grid_mwh) || (plan->soc_mwh && !isfinite(plan->soc_mwh[t])))
        return mando_fail(replay->error, MANDO_E_GATE_VALUE, (int64_t)t,
                          "period %zu has a power or an energy that is not finite", t);
    replay->soc_start_mwh = replay->soc_mwh;
    replay->soc_mwh *= replay->keep;
    replay->soc_mwh += power_mw > 0 ? -asset_cells_mw(&replay->discharging, power_mw) * plan->step_h
                                    : asset_cells_mw(&replay->charging, -power_mw) * plan->step_h;
    enum mando_status status = check_power(replay, t);
    if (status == MANDO_OK)
        status = check_connection(replay, t);
    return status == MANDO_OK ? check_soc(replay, t) : status;
}

static enum mando_status check_end(const struct replay *replay)
{
    const struct mando_gate_plan *plan = replay->plan;
    double missed_mwh = fabs(replay->soc_mwh - plan->soc_end_mwh);
    if (!(missed_mwh > plan->end_slack_mwh + replay->slack_mwh))
        return MANDO_OK;
    return mando_fail(replay->error, MANDO_E_GATE_END, (int64_t)plan->periods - 1,
                      "the plan ends with %.12g MWh, it must end with %.12g MWh", replay->soc_mwh,
                      plan->soc_end_mwh);
}

/* The last period of a limit is where more is withdrawn than it allows. */
static enum mando_status check_throughput(const struct replay *replay,
                                          const struct mando_optimize_limit *limit)
{
    const struct mando_gate_plan *plan = replay->plan;
    double withdrawn_mwh = 0;
    for (size_t t = limit->first; t < limit->first + limit->periods && t < plan->periods; t++)
        withdrawn_mwh += fmax(plan->power_mw[t], 0) * plan->step_h;
    withdrawn_mwh /= replay->battery->efficiency_discharge;
    if (withdrawn_mwh <= limit->withdrawn_mwh_max + replay->slack_mwh + ROUNDING * withdrawn_mwh)
        return MANDO_OK;
    size_t last = limit->first + limit->periods - 1;
    return mando_fail(replay->error, MANDO_E_GATE_CYCLES, (int64_t)last,
                      "periods %zu to %zu withdraw %.12g MWh, more than %.12g MWh", limit->first,
                      last, withdrawn_mwh, limit->withdrawn_mwh_max);
}

static enum mando_status check_cycles(const struct replay *replay)
{
    enum mando_status status = MANDO_OK;
    for (int list = 0; list < 2; list++)
        for (size_t i = 0; i < replay->plan->throughput_count[list] && status == MANDO_OK; i++)
            status = check_throughput(replay, &replay->plan->throughput[list][i]);
    return status;
}

enum mando_status mando_gate_check(const struct mando_battery *battery,
                                   const struct mando_gate_plan *plan, struct mando_error *error)
{
    enum mando_status status = mando_battery_check(battery, error);
    if (status != MANDO_OK)
        return status;
    status = check_frame(plan, error);
    if (status != MANDO_OK)
        return status;
    struct replay replay = {
        .battery = battery,
        .plan = plan,
        .charging = asset_charging(battery),
        .discharging = asset_discharging(battery),
        .keep = mando_kept_share(battery->self_discharge_per_h, plan->step_h),
        .soc_mwh = plan->soc_start_mwh,
        .slack_mwh = fmax(MANDO_GATE_SLACK_MWH, ROUNDING * battery->soc_max_mwh),
        .error = error,
    };
    status = check_start(&replay);
    for (size_t t = 0; t < plan->periods && status == MANDO_OK; t++)
        status = check_period(&replay, t);
    if (status == MANDO_OK)
        status = check_end(&replay);
    return status == MANDO_OK ? check_cycles(&replay) : status;
}
