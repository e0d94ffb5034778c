#include "mando/backtest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "flow/engine.h"
#include "flow/inputs.h"
#include "mando/forecast.h"

#define PARAMETERS_MAX (MANDO_STRATEGY_PARAMETERS_MAX + 1)

static void free_plan(struct mando_plan **plan)
{
    mando_plan_free(*plan);
}

/* Decides for the day, as it would have been. */
static enum mando_status decide(struct flow_running *running, const struct mando_backtest *backtest,
                                const char *day, struct mando_error *error)
{
    struct mando_flow_parameter parameters[PARAMETERS_MAX] = {{"day", day}};
    struct mando_flow_options options = {.parameters = parameters,
                                         .parameter_count = 1,
                                         .stored_until_us = backtest->stored_until_us,
                                         .dry_run = 1};
    for (size_t i = 0; i < backtest->parameter_count && options.parameter_count < PARAMETERS_MAX;
         i++)
        parameters[options.parameter_count++] = backtest->parameters[i];
    enum mando_status status = flow_start(running, backtest->flow, &options, error);
    running->options = NULL;
    if (!status && !running->result.plan)
        return mando_fail_at(error, MANDO_E_FLOW_STRATEGY, backtest->flow, 0, 0,
                             "%s plans nothing that could be settled", running->flow.decides->name);
    return status;
}

/* The prices that came, in the periods of the plan. */
static enum mando_status read_actual(struct flow_running *running,
                                     const struct mando_backtest *backtest,
                                     struct mando_prices *prices_out, struct mando_error *error)
{
    static const struct mando_strategy_input KIND = {
        .name = "actual", .unit = "EUR/MWh", .type = MANDO_SERIES};
    const struct mando_plan *plan = running->result.plan;
    const struct flow_cuts cuts = {.day_us = running->run.from_us,
                                   .as_of = {MANDO_FOREVER, running->run.as_of.change_us},
                                   .now_us = running->run.start_us,
                                   .zone = running->zone};
    struct flow_input input = {.from = "D", .to = "D+1"};
    struct mando_strategy_data data = {0};
    (void)snprintf(input.id, sizeof input.id, "%s", backtest->actual);
    enum mando_status status =
        flow_series_read(running->service, &input, &KIND, &cuts, &running->arena, &data, error);
    if (status)
        return status;
    if (!data.is_there)
        return mando_fail_at(error, MANDO_E_FLOW_INPUT, backtest->actual, 0, 0,
                             "there are no prices of this day");
    for (size_t t = 0; t < data.count; t++)
        if (data.count != plan->periods || isnan(data.value[t])
            || data.start_us[t] != plan->start_us + (int64_t)t * plan->step_us)
            return mando_fail_at(
                error, MANDO_E_PRICES_STEP, backtest->actual, 0, 0,
                "the prices that came are not of the %zu periods that were planned", plan->periods);
    *prices_out = (struct mando_prices){.count = data.count,
                                        .start_us = plan->start_us,
                                        .step_us = plan->step_us,
                                        .buy_eur_per_mwh = data.value,
                                        .sell_eur_per_mwh = data.value};
    return MANDO_OK;
}

static enum mando_status settle(const struct flow_running *running,
                                const struct mando_prices *actual,
                                struct mando_backtest_day *day_out, struct mando_error *error)
{
    const struct mando_strategy_result *result = &running->result;
    struct mando_plan *perfect MANDO_CLEANUP(free_plan) = NULL;
    const struct mando_plan_options options = {.horizon = MANDO_HORIZON_ALL, .zone = running->zone};
    enum mando_status status = mando_plan_make(result->battery, actual, &options, &perfect, error);
    if (status)
        return status;
    const struct mando_plan *plan = result->plan;
    struct mando_plan_totals earned =
        mando_plan_sum(plan, result->battery, actual, 0, plan->periods);
    const double *planned = result->prices->sell_eur_per_mwh, *came = actual->sell_eur_per_mwh;
    *day_out = (struct mando_backtest_day){
        .from_us = running->run.from_us,
        .to_us = running->run.to_us,
        .planned_eur = plan->totals.objective_eur,
        .actual_eur = earned.objective_eur,
        .perfect_eur = perfect->totals.objective_eur,
        .mae_eur_per_mwh = mando_score_mae(planned, came, plan->periods),
        .rmse_eur_per_mwh = mando_score_rmse(planned, came, plan->periods),
        .equivalent_full_cycles = earned.equivalent_full_cycles,
    };
    memcpy(day_out->result, running->run.result, sizeof day_out->result);
    return MANDO_OK;
}

enum mando_status mando_backtest_run(struct mando_service *service,
                                     const struct mando_backtest *backtest, const char *day,
                                     struct mando_backtest_day *day_out, struct mando_error *error)
{
    struct flow_running *running MANDO_CLEANUP(flow_running_leave) = NULL;
    struct mando_prices actual;
    enum mando_status status = flow_running_new(service, &running, error);
    if (!status)
        status = decide(running, backtest, day, error);
    if (!status)
        status = read_actual(running, backtest, &actual, error);
    return status ? status : settle(running, &actual, day_out, error);
}
