#include "mando/plan.h"

#include <math.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/fail.h"
#include "domain/asset.h"
#include "mando/gate.h"
#include "market/horizon.h"
#include "market/limits.h"
#include "opt/lots.h"
#include "opt/site.h"

/* What mando_plan_free finds behind a plan; it lies in its own arena, as all its arrays do. */
struct owned_plan {
    struct mando_plan plan; /* first */
    struct mando_arena arena;
};

/* A plan while it is made: its arrays are writable here. */
struct making {
    struct mando_plan *plan;
    struct mando_arena *arena;
    const struct mando_battery *battery;
    const struct mando_prices *prices;
    const struct mando_plan_options *options;
    struct mando_plan_horizon *horizons;
    double *power_mw, *soc_mwh, *price_eur_per_mwh, *profit_eur, *water_value_eur_per_mwh;
    double *grid_mw, *curtailed_mw; /* NULL without a site, without PV */
    bool is_piecewise;
    struct mando_optimize *workspace; /* of those that are not */
    struct mando_lots *lots;          /* where plans are in lots */
    struct mando_cycle_limits cycles;
    double *day_eur_per_mwh, *year_eur_per_mwh;
    double exact_objective_eur; /* without lots */
    struct mando_error *error;
};

static enum mando_status fail_memory(struct making *making)
{
    return mando_fail(making->error, MANDO_E_MEMORY, -1,
                      "there is no memory for a plan of %zu periods", making->prices->count);
}

static double *new_doubles(struct making *making, size_t count)
{
    return mando_arena_alloc(making->arena, count, sizeof(double));
}

static size_t longest_horizon(const struct making *making)
{
    size_t longest = 0;
    for (size_t i = 0; i < making->plan->horizon_count; i++)
        if (making->horizons[i].periods > longest)
            longest = making->horizons[i].periods;
    return longest;
}

static enum mando_status allocate(struct making *making)
{
    size_t periods = making->prices->count, longest = longest_horizon(making);
    making->power_mw = new_doubles(making, periods);
    making->soc_mwh = new_doubles(making, periods);
    making->price_eur_per_mwh = new_doubles(making, periods);
    making->profit_eur = new_doubles(making, periods);
    making->water_value_eur_per_mwh = new_doubles(making, periods);
    if (!making->power_mw || !making->soc_mwh || !making->price_eur_per_mwh || !making->profit_eur
        || !making->water_value_eur_per_mwh)
        return fail_memory(making);
    const struct mando_cycle_limits *cycles = &making->cycles;
    making->day_eur_per_mwh = new_doubles(making, cycles->day_count);
    making->year_eur_per_mwh = new_doubles(making, cycles->year_count);
    if (!making->day_eur_per_mwh || !making->year_eur_per_mwh)
        return fail_memory(making);
    if (asset_has_site(making->battery, making->prices)) {
        making->grid_mw = new_doubles(making, periods);
        making->curtailed_mw = making->prices->pv_mw ? new_doubles(making, periods) : NULL;
        if (!making->grid_mw || (making->prices->pv_mw && !making->curtailed_mw))
            return fail_memory(making);
    }
    if (making->is_piecewise)
        return MANDO_OK;
    struct mando_optimize_settings settings = MANDO_OPTIMIZE_SETTINGS_DEFAULT;
    settings.periods_max = longest;
    settings.limits_max = cycles->day_count + cycles->year_count;
    settings.limit_periods_max = cycles->day_periods_max;
    enum mando_status status = mando_optimize_setup(&settings, &making->workspace, making->error);
    if (status == MANDO_OK && making->options->lot_mw > 0)
        status = mando_lots_setup(longest, &making->lots, making->error);
    return status;
}

static enum mando_status place_error(const struct making *making,
                                     const struct mando_plan_horizon *horizon,
                                     enum mando_status status)
{
    return mando_horizon_place_error(making->prices, horizon, status, making->error);
}

/* Solves a problem into the plan's arrays at `first` and adds its time. */
static enum mando_status solve(struct making *making, const struct mando_optimize_problem *problem,
                               const struct mando_optimize_solution *solution,
                               struct mando_optimize_info *info)
{
    double begun_us = mando_clock_us();
    enum mando_status status =
        mando_optimize_solve(making->workspace, problem, solution, info, making->error);
    making->plan->solve_us += mando_clock_us() - begun_us;
    return status;
}

/* The plan in lots of a horizon whose exact plan stands in the arrays. */
static enum mando_status solve_in_lots(struct making *making,
                                       const struct mando_optimize_problem *problem,
                                       const struct mando_optimize_solution *solution,
                                       struct mando_optimize_info *info)
{
    double begun_us = mando_clock_us();
    enum mando_status status = mando_lots_solve(making->lots, problem, making->options->lot_mw,
                                                solution, info, making->error);
    making->plan->solve_us += mando_clock_us() - begun_us;
    return status;
}

static enum mando_status pass_gate(const struct making *making,
                                   const struct mando_plan_horizon *horizon,
                                   const struct mando_optimize_problem *problem)
{
    double lot_mw = making->options->lot_mw;
    const struct mando_gate_plan plan = {
        .periods = horizon->periods,
        .step_h = problem->step_h,
        .soc_start_mwh = problem->soc_start_mwh,
        .soc_end_mwh = problem->soc_end_mwh,
        .end_slack_mwh = lot_mw > 0 ? mando_lots_end_slack_mwh(problem, lot_mw) : 0,
        .power_mw = making->power_mw + horizon->first,
        .soc_mwh = making->soc_mwh + horizon->first,
        .curtailed_mw = making->curtailed_mw ? making->curtailed_mw + horizon->first : NULL,
        .limits = making->prices,
        .limits_first = horizon->first,
        .throughput = {problem->day_limits, problem->year_limits},
        .throughput_count = {problem->day_limit_count, problem->year_limit_count},
    };
    return mando_gate_check(making->battery, &plan, making->error);
}

static void note_info(struct making *making, const struct mando_optimize_info *info)
{
    struct mando_plan *plan = making->plan;
    plan->gap_eur += info->bound_eur - info->objective_eur;
    plan->periods_nonconcave += info->periods_nonconcave;
    plan->optimal = plan->optimal && info->optimal;
    plan->nodes += info->nodes;
    if (info->method > plan->method)
        plan->method = info->method;
}

static void fill_flows(struct making *making, const struct mando_plan_horizon *horizon)
{
    for (size_t t = horizon->first; t < horizon->first + horizon->periods; t++) {
        struct asset_flow flow =
            asset_flow_at(making->battery, making->prices, t, making->power_mw[t]);
        making->grid_mw[t] = flow.grid_mw;
        if (making->curtailed_mw)
            making->curtailed_mw[t] = flow.curtailed_mw;
    }
}

/* Solves a horizon of a piecewise battery, by linear programming. */
static enum mando_status solve_site(struct making *making, const struct mando_plan_horizon *horizon,
                                    const struct mando_optimize_problem *problem,
                                    const struct mando_optimize_solution *solution)
{
    const struct site_problem site = {
        .battery = making->battery,
        .prices = making->prices,
        .first = horizon->first,
        .periods = horizon->periods,
        .step_h = problem->step_h,
        .soc_start_mwh = problem->soc_start_mwh,
        .soc_end_mwh = problem->soc_end_mwh,
        .limits = {problem->day_limits, problem->year_limits},
        .limit_counts = {problem->day_limit_count, problem->year_limit_count},
    };
    struct site_info info;
    double begun_us = mando_clock_us();
    enum mando_status status = site_solve(&site, solution, &info, making->error);
    making->plan->solve_us += mando_clock_us() - begun_us;
    if (status != MANDO_OK)
        return status;
    note_info(making, &(struct mando_optimize_info){.objective_eur = info.objective_eur,
                                                    .bound_eur = info.bound_eur,
                                                    .optimal = info.optimal,
                                                    .method = MANDO_METHOD_LP,
                                                    .nodes = info.nodes});
    if (making->grid_mw)
        fill_flows(making, horizon);
    return MANDO_OK;
}

/* Solves a horizon by the kernel, in lots where asked. */
static enum mando_status solve_exactly(struct making *making,
                                       const struct mando_optimize_problem *problem,
                                       const struct mando_optimize_solution *solution)
{
    struct mando_optimize_info info;
    enum mando_status status = solve(making, problem, solution, &info);
    if (status != MANDO_OK)
        return status;
    making->exact_objective_eur += info.objective_eur;
    double burn_eur = 0;
    if (making->options->burn_bound)
        status = mando_optimize_burn_bound(making->workspace, problem, &burn_eur, making->error);
    making->plan->burn_bound_eur += burn_eur;
    if (status == MANDO_OK && making->options->lot_mw > 0)
        status = solve_in_lots(making, problem, solution, &info);
    if (status == MANDO_OK)
        note_info(making, &info);
    return status;
}

static enum mando_status plan_horizon(struct making *making, struct mando_plan_horizon *horizon)
{
    struct mando_optimize_limit day;
    struct mando_optimize_problem problem =
        mando_horizon_problem(making->battery, making->prices, horizon);
    mando_cycle_limits_add(&making->cycles, (size_t)(horizon - making->horizons),
                           making->plan->horizon_count, &day, &problem);
    const struct mando_optimize_solution solution = {
        .power_mw = making->power_mw + horizon->first,
        .soc_mwh = making->soc_mwh + horizon->first,
        .water_value_eur_per_mwh = making->water_value_eur_per_mwh + horizon->first,
        .day_limit_eur_per_mwh = making->day_eur_per_mwh + (horizon - making->horizons),
        .year_limit_eur_per_mwh = making->year_eur_per_mwh};
    enum mando_status status = making->is_piecewise
                                   ? solve_site(making, horizon, &problem, &solution)
                                   : solve_exactly(making, &problem, &solution);
    if (status == MANDO_OK)
        status = pass_gate(making, horizon, &problem);
    horizon->soc_start_mwh = problem.soc_start_mwh;
    horizon->soc_end_mwh = making->soc_mwh[horizon->first + horizon->periods - 1];
    return place_error(making, horizon, status);
}

/* Money of a period by the rule of plan.h. */
static struct mando_plan_totals totals_of_period(const struct mando_plan *plan,
                                                 const struct mando_battery *battery,
                                                 const struct asset_curve *discharging,
                                                 const struct mando_prices *prices, size_t t)
{
    double battery_mwh = plan->power_mw[t] * plan->step_h;
    double grid_mwh = plan->grid_mw ? plan->grid_mw[t] * plan->step_h : battery_mwh;
    double sold_mwh = fmax(grid_mwh, 0), bought_mwh = fmax(-grid_mwh, 0);
    double discharge_mw = fmax(plan->power_mw[t], 0);
    struct mando_plan_totals totals = {
        .revenue_eur =
            sold_mwh * prices->sell_eur_per_mwh[t] - bought_mwh * prices->buy_eur_per_mwh[t],
        .fee_eur = (sold_mwh + bought_mwh) * battery->fee_eur_per_mwh,
        .degradation_eur = asset_ageing_eur_per_h(discharging, discharge_mw) * plan->step_h,
        .charged_mwh = fmax(-battery_mwh, 0),
        .discharged_mwh = fmax(battery_mwh, 0),
        .curtailed_mwh = plan->curtailed_mw ? plan->curtailed_mw[t] * plan->step_h : 0,
        .equivalent_full_cycles = asset_cells_mw(discharging, discharge_mw) * plan->step_h
                                  / (battery->soc_max_mwh - battery->soc_min_mwh),
    };
    totals.objective_eur = totals.revenue_eur - totals.fee_eur - totals.degradation_eur;
    return totals;
}

static void add(struct mando_plan_totals *sum, const struct mando_plan_totals *part)
{
    sum->objective_eur += part->objective_eur;
    sum->revenue_eur += part->revenue_eur;
    sum->fee_eur += part->fee_eur;
    sum->degradation_eur += part->degradation_eur;
    sum->end_value_eur += part->end_value_eur;
    sum->charged_mwh += part->charged_mwh;
    sum->discharged_mwh += part->discharged_mwh;
    sum->curtailed_mwh += part->curtailed_mwh;
    sum->equivalent_full_cycles += part->equivalent_full_cycles;
}

static double end_value_eur(const struct mando_battery *battery,
                            const struct mando_plan_horizon *horizon)
{
    bool is_free = isnan(battery->soc_end_mwh);
    return is_free ? battery->soc_end_value_eur_per_mwh * horizon->soc_end_mwh : 0;
}

struct mando_plan_totals mando_plan_sum(const struct mando_plan *plan,
                                        const struct mando_battery *battery,
                                        const struct mando_prices *prices, size_t first,
                                        size_t count)
{
    const struct asset_curve discharging = asset_discharging(battery);
    struct mando_plan_totals sum = {0};
    for (size_t t = first; t < first + count; t++) {
        struct mando_plan_totals period = totals_of_period(plan, battery, &discharging, prices, t);
        add(&sum, &period);
    }
    for (size_t i = 0; i < plan->horizon_count; i++) {
        size_t end = plan->horizons[i].first + plan->horizons[i].periods;
        if (end > first && end <= first + count)
            sum.end_value_eur += end_value_eur(battery, &plan->horizons[i]);
    }
    sum.objective_eur += sum.end_value_eur;
    return sum;
}

static void fill_periods(struct making *making)
{
    const struct mando_prices *prices = making->prices;
    const struct asset_curve discharging = asset_discharging(making->battery);
    for (size_t t = 0; t < prices->count; t++) {
        double buy = prices->buy_eur_per_mwh[t], sell = prices->sell_eur_per_mwh[t];
        double power_mw = making->grid_mw ? making->grid_mw[t] : making->power_mw[t];
        making->profit_eur[t] =
            totals_of_period(making->plan, making->battery, &discharging, prices, t).objective_eur;
        making->price_eur_per_mwh[t] = power_mw > 0 || buy == sell ? sell
                                       : power_mw < 0              ? buy
                                                                   : NAN;
    }
}

static void fill_sums(struct making *making)
{
    struct mando_plan *plan = making->plan;
    for (size_t i = 0; i < plan->horizon_count; i++) {
        struct mando_plan_horizon *horizon = &making->horizons[i];
        struct mando_plan_totals totals =
            mando_plan_sum(plan, making->battery, making->prices, horizon->first, horizon->periods);
        horizon->objective_eur = totals.objective_eur;
        horizon->equivalent_full_cycles = totals.equivalent_full_cycles;
        add(&plan->totals, &totals);
    }
    double cash_eur = plan->totals.revenue_eur - plan->totals.fee_eur;
    double hours = (double)plan->periods * plan->step_h;
    plan->eur_per_mw_year = cash_eur / making->battery->power_discharge_mw * (8760 / hours);
    plan->lot_cost_eur = NAN;
    if (making->options->lot_mw > 0)
        plan->lot_cost_eur = making->exact_objective_eur - plan->totals.objective_eur;
    if (!making->options->burn_bound || making->is_piecewise)
        plan->burn_bound_eur = NAN;
}

/* What each limit of a list used, and what one more cycle is worth. */
static const struct mando_plan_limit *limits_of(struct making *making,
                                                const struct mando_optimize_limit *limits,
                                                size_t count, const double *value_eur_per_mwh)
{
    const struct mando_battery *battery = making->battery;
    struct mando_plan_limit *out = mando_arena_alloc(making->arena, count, sizeof *out);
    for (size_t i = 0; out && i < count; i++) {
        struct mando_plan_totals totals = mando_plan_sum(making->plan, battery, making->prices,
                                                         limits[i].first, limits[i].periods);
        out[i] = (struct mando_plan_limit){
            limits[i].first, limits[i].periods, totals.equivalent_full_cycles,
            value_eur_per_mwh[i] * (battery->soc_max_mwh - battery->soc_min_mwh)};
    }
    return out;
}

static enum mando_status fill_limits(struct making *making)
{
    struct mando_plan *plan = making->plan;
    const struct mando_cycle_limits *cycles = &making->cycles;
    plan->days = limits_of(making, cycles->days, cycles->day_count, making->day_eur_per_mwh);
    plan->years = limits_of(making, cycles->years, cycles->year_count, making->year_eur_per_mwh);
    if (!plan->days || !plan->years)
        return fail_memory(making);
    plan->day_count = cycles->day_count;
    plan->year_count = cycles->year_count;
    return MANDO_OK;
}

/* Sums of extreme prices overflow; what is no number may not leave. */
static enum mando_status check_money(const struct making *making)
{
    const struct mando_plan *plan = making->plan;
    if (isfinite(plan->totals.objective_eur) && isfinite(plan->gap_eur)
        && isfinite(plan->eur_per_mw_year))
        return MANDO_OK;
    return mando_fail(making->error, MANDO_E_OPTIMIZE_PROBLEM, -1,
                      "the money of the plan is too large for a number: prices, values or energies "
                      "are out of all proportion");
}

/* The prices of years lie inside each other in the kernel, so that there cannot be many. */
static enum mando_status check_years(const struct making *making)
{
    if (making->is_piecewise || making->cycles.year_count <= MANDO_OPTIMIZE_YEAR_LIMITS_MAX)
        return MANDO_OK;
    return mando_fail(
        making->error, MANDO_E_OPTIMIZE_UNSUPPORTED, -1,
        "the prices are of %zu calendar years; a limit on cycles per year is kept over "
        "at most %d of them",
        making->cycles.year_count, MANDO_OPTIMIZE_YEAR_LIMITS_MAX);
}

static enum mando_status make(struct making *making)
{
    struct mando_plan *plan = making->plan;
    const struct mando_plan_options *options = making->options;
    enum mando_status status =
        mando_horizons_split(making->prices, options, making->arena, &making->horizons,
                             &plan->horizon_count, making->error);
    if (status == MANDO_OK)
        status = mando_cycle_limits_make(making->battery, making->prices, options->zone,
                                         making->arena, &making->cycles, making->error);
    if (status == MANDO_OK)
        status = check_years(making);
    if (status == MANDO_OK)
        status = allocate(making);
    if (status != MANDO_OK)
        return status;
    plan->power_mw = making->power_mw;
    plan->soc_mwh = making->soc_mwh;
    plan->price_eur_per_mwh = making->price_eur_per_mwh;
    plan->profit_eur = making->profit_eur;
    plan->water_value_eur_per_mwh = making->water_value_eur_per_mwh;
    plan->grid_mw = making->grid_mw;
    plan->curtailed_mw = making->curtailed_mw;
    plan->horizons = making->horizons;
    for (size_t i = 0; i < plan->horizon_count; i++) {
        struct mando_plan_horizon *horizon = &making->horizons[i];
        status = plan_horizon(making, horizon);
        if (status != MANDO_OK)
            return status;
        size_t done = horizon->first + horizon->periods;
        if (options->progress && options->progress(options->progress_context, done, plan->periods))
            return mando_fail(making->error, MANDO_E_CANCELLED, -1,
                              "the plan was cancelled after %zu of %zu periods", done,
                              plan->periods);
    }
    fill_periods(making);
    fill_sums(making);
    status = fill_limits(making);
    return status == MANDO_OK ? check_money(making) : status;
}

/* Behind the last instant days have no end, and times are no longer int64_t. */
static enum mando_status check_series(const struct mando_prices *prices, struct mando_error *error)
{
    int64_t span_us, last_us;
    if (prices->count == 0 || prices->step_us <= 0)
        return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, -1, "the price series has no periods");
    if (!mando_time_is_valid(prices->start_us)
        || __builtin_mul_overflow(prices->step_us, prices->count, &span_us)
        || __builtin_add_overflow(prices->start_us, span_us - 1, &last_us)
        || !mando_time_is_valid(last_us))
        return mando_fail(error, MANDO_E_TIME_RANGE, -1,
                          "the price series does not lie within the years 1 to 9999");
    return MANDO_OK;
}

static enum mando_status check_request(const struct mando_battery *battery,
                                       const struct mando_prices *prices,
                                       const struct mando_plan_options *options,
                                       struct mando_error *error)
{
    enum mando_status status = mando_battery_check(battery, error);
    if (status != MANDO_OK)
        return status;
    bool by_year = !isnan(battery->cycles_per_year_max);
    if (options->lot_mw > 0 && (by_year || !isnan(battery->cycles_per_day_max)))
        return mando_fail(error, MANDO_E_OPTIMIZE_UNSUPPORTED, -1,
                          "this version cannot keep a limit on cycles in lots");
    status = mando_horizon_check(battery, options->horizon, error);
    if (status != MANDO_OK)
        return status;
    if (!(options->lot_mw >= 0 && isfinite(options->lot_mw)))
        return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, -1, "lot_mw is negative or not finite");
    if (options->lot_mw > 0 && asset_is_piecewise(battery, prices))
        return mando_fail(error, MANDO_E_OPTIMIZE_UNSUPPORTED, -1,
                          "this version has no lots together with points, ramp_mw_per_h_max, "
                          "auxiliary_mw, pv_mw or load_mw");
    return check_series(prices, error);
}

enum mando_status mando_plan_make(const struct mando_battery *battery,
                                  const struct mando_prices *prices,
                                  const struct mando_plan_options *options,
                                  struct mando_plan **plan_out, struct mando_error *error)
{
    const struct mando_plan_options defaults = {0};
    if (!options)
        options = &defaults;
    enum mando_status status = check_request(battery, prices, options, error);
    if (status != MANDO_OK)
        return status;
    struct mando_arena arena = {0};
    struct owned_plan *owned = mando_arena_alloc(&arena, 1, sizeof *owned);
    if (!owned)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a plan");
    owned->arena = arena;
    owned->plan = (struct mando_plan){
        .periods = prices->count,
        .start_us = prices->start_us,
        .step_us = prices->step_us,
        .step_h = (double)prices->step_us / (double)MANDO_HOUR_US,
        .optimal = 1,
    };
    struct making making = {
        .plan = &owned->plan,
        .arena = &owned->arena,
        .battery = battery,
        .prices = prices,
        .options = options,
        .is_piecewise = asset_is_piecewise(battery, prices),
        .error = error,
    };
    status = make(&making);
    mando_optimize_free(making.workspace);
    mando_lots_free(making.lots);
    if (status == MANDO_OK)
        *plan_out = &owned->plan;
    else
        mando_plan_free(&owned->plan);
    return status;
}

void mando_plan_free(struct mando_plan *plan)
{
    if (!plan)
        return;
    /* The arena's handle lies in the arena: it is copied out before all goes. */
    struct mando_arena arena = ((struct owned_plan *)plan)->arena;
    mando_arena_release(&arena);
}
