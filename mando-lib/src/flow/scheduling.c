/* The strategy `scheduling`: the plan that earns most at the prices that are known, from the energy that is
 * there. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "flow/strategies.h"
#include "mando/forecast.h"

enum input { INPUT_BATTERY, INPUT_PRICES, INPUT_SOC };
enum parameter { PARAMETER_LOT_MW, PARAMETER_FORECAST };
enum output { OUTPUT_POWER, OUTPUT_SOC, OUTPUT_PROFIT, OUTPUT_WATER_VALUE, OUTPUT_KPI };

/* What the result points into. */
struct scheduling {
    struct mando_battery battery;
    struct mando_prices prices;
    struct mando_plan *plan;
    struct mando_text kpi;
};

static void release(struct mando_strategy_result *result)
{
    struct scheduling *own = result->owned;
    if (!own)
        return;
    mando_plan_free(own->plan);
    mando_prices_release(&own->prices);
    mando_text_release(&own->kpi);
    mando_free(own);
    *result = (struct mando_strategy_result){0};
}

static enum mando_status fail_price(int64_t start_us, int64_t end_us, const char *what,
                                    struct mando_error *error)
{
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE];
    mando_time_format(start_us, start);
    mando_time_format(end_us, end);
    return mando_fail(error, MANDO_E_PRICES_MISSING, -1, "of the prices from %s to %s %s", start,
                      end, what);
}

/* Prices that are known cover the day without a gap, in equal steps. */
static enum mando_status take_prices(const struct mando_strategy_context *context,
                                     struct mando_prices *prices, struct mando_error *error)
{
    const struct mando_strategy_data *data = &context->inputs[INPUT_PRICES];
    int64_t from_us = context->from_us, to_us = context->to_us, at_us = from_us;
    size_t first = 0;
    while (first < data->count && data->start_us[first] < from_us)
        first++;
    int64_t step_us = first < data->count ? data->end_us[first] - data->start_us[first] : 0;
    for (size_t t = first; t < data->count; at_us = data->end_us[t++]) {
        if (data->start_us[t] != at_us)
            return fail_price(at_us, data->start_us[t], "none was known", error);
        if (isnan(data->value[t]))
            return fail_price(at_us, data->end_us[t], "it was known that there is none", error);
        if (data->end_us[t] - at_us != step_us || step_us <= 0)
            return fail_price(at_us, data->end_us[t], "the step is another one than before", error);
    }
    if (at_us != to_us)
        return fail_price(at_us, to_us, "none was known", error);
    *prices = (struct mando_prices){.count = data->count - first,
                                    .start_us = from_us,
                                    .step_us = step_us,
                                    .buy_eur_per_mwh = data->value + first,
                                    .sell_eur_per_mwh = data->value + first};
    return MANDO_OK;
}

/* What persistence makes of the prices that are known before the day, in the step of the last of them. */
static enum mando_status forecast_prices(const struct mando_strategy_context *context,
                                         struct mando_prices *prices, struct mando_error *error)
{
    const struct mando_strategy_data *data = &context->inputs[INPUT_PRICES];
    struct mando_history history = {0, data->start_us, data->end_us, data->value};
    while (history.count < data->count && data->start_us[history.count] < context->from_us)
        history.count++;
    int64_t step_us = history.count
                          ? data->end_us[history.count - 1] - data->start_us[history.count - 1]
                          : MANDO_HOUR_US;
    size_t count = step_us > 0 ? (size_t)((context->to_us - context->from_us) / step_us) : 0;
    double *values = mando_alloc(count + 1, sizeof *values);
    if (!values)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a forecast");
    enum mando_status status = mando_forecast_persistence(&history, context->zone, context->from_us,
                                                          context->to_us, step_us, values, error);
    *prices = (struct mando_prices){.count = count,
                                    .start_us = context->from_us,
                                    .step_us = step_us,
                                    .buy_eur_per_mwh = values,
                                    .sell_eur_per_mwh = values,
                                    .owned = values};
    return status;
}

/* The battery starts with what was measured last, where something was. */
static enum mando_status take_battery(const struct mando_strategy_context *context,
                                      struct mando_battery *battery, struct mando_error *error)
{
    const struct mando_strategy_data *document = &context->inputs[INPUT_BATTERY];
    const struct mando_strategy_data *soc = &context->inputs[INPUT_SOC];
    enum mando_status status = mando_battery_parse(document->document, strlen(document->document),
                                                   "battery", battery, error);
    for (size_t i = 0; i < soc->count && !status; i++)
        if (soc->start_us[i] <= context->from_us && !isnan(soc->value[i]))
            battery->soc_start_mwh = soc->value[i];
    return status ? status : mando_battery_check(battery, error);
}

static void append(struct mando_text *text, const char *name, double value)
{
    mando_text_append_format(text, "%s\"%s\":", text->length > 1 ? "," : "", name);
    mando_text_append_number(text, value);
}

static enum mando_status write_kpi(struct scheduling *own, struct mando_error *error)
{
    const struct mando_plan_totals *totals = &own->plan->totals;
    struct mando_text *text = &own->kpi;
    mando_text_append(text, "{", 1);
    append(text, "objective_eur", totals->objective_eur);
    append(text, "revenue_eur", totals->revenue_eur);
    append(text, "fee_eur", totals->fee_eur);
    append(text, "degradation_eur", totals->degradation_eur);
    append(text, "charged_mwh", totals->charged_mwh);
    append(text, "discharged_mwh", totals->discharged_mwh);
    append(text, "equivalent_full_cycles", totals->equivalent_full_cycles);
    append(text, "soc_start_mwh", own->battery.soc_start_mwh);
    append(text, "soc_end_mwh", own->plan->soc_mwh[own->plan->periods - 1]);
    mando_text_append(text, "}", 1);
    return text->status ? mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a plan")
                        : MANDO_OK;
}

static enum mando_status decide(const struct mando_strategy_context *context,
                                struct scheduling *own, struct mando_error *error)
{
    const struct mando_plan_options options = {.horizon = MANDO_HORIZON_ALL,
                                               .zone = context->zone,
                                               .lot_mw = context->parameters[PARAMETER_LOT_MW]};
    enum mando_status status = take_battery(context, &own->battery, error);
    if (!status)
        status = context->parameters[PARAMETER_FORECAST] > 0
                     ? forecast_prices(context, &own->prices, error)
                     : take_prices(context, &own->prices, error);
    if (!status)
        status = mando_plan_make(&own->battery, &own->prices, &options, &own->plan, error);
    return status ? status : write_kpi(own, error);
}

static enum mando_status run(const struct mando_strategy_context *context,
                             struct mando_strategy_result *result_out, struct mando_error *error)
{
    struct scheduling *own = mando_alloc(1, sizeof *own);
    if (!own)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a plan");
    mando_text_init(&own->kpi, SIZE_MAX);
    struct mando_strategy_result result = {.owned = own};
    enum mando_status status = decide(context, own, error);
    if (status) {
        release(&result);
        return status;
    }
    const struct mando_plan *plan = own->plan;
    result.start_us = plan->start_us;
    result.step_us = plan->step_us;
    result.count = plan->periods;
    result.series[OUTPUT_POWER] = plan->power_mw;
    result.series[OUTPUT_SOC] = plan->soc_mwh;
    result.series[OUTPUT_PROFIT] = plan->profit_eur;
    result.series[OUTPUT_WATER_VALUE] = plan->water_value_eur_per_mwh;
    result.documents[OUTPUT_KPI] = own->kpi.bytes;
    result.plan = plan;
    result.battery = &own->battery;
    result.prices = &own->prices;
    *result_out = result;
    return MANDO_OK;
}

const struct mando_strategy FLOW_SCHEDULING = {
    .abi = MANDO_STRATEGY_ABI,
    .name = "scheduling",
    .version = "1",
    .text = "the plan that earns most at the prices that are known, or at a forecast of them",
    .input_count = 3,
    .inputs = {[INPUT_BATTERY] = {"battery", "", "its data sheet", MANDO_DOCUMENT, 0},
               [INPUT_PRICES] = {"prices", "EUR/MWh", "prices of the delivery day", MANDO_SERIES,
                                 0},
               [INPUT_SOC] = {"soc", "MWh",
                              "energy held; the last value at or before the start of the day",
                              MANDO_SERIES, 1}},
    .parameter_count = 2,
    .parameters = {[PARAMETER_LOT_MW] = {"lot_mw", "MW",
                                         "every power is a multiple of it; 0 = any power", 0, 0,
                                         10000},
                   [PARAMETER_FORECAST] = {"forecast", "",
                                           "1: at the prices of the last same weekday instead of "
                                           "those that are known",
                                           0, 0, 1}},
    .output_count = 5,
    .outputs = {[OUTPUT_POWER] = {"power", "MW", "mean power, above 0 sells", MANDO_SERIES,
                                  MANDO_MEAN},
                [OUTPUT_SOC] = {"soc", "MWh", "energy held at the end of the period", MANDO_SERIES,
                                MANDO_LAST},
                [OUTPUT_PROFIT] = {"profit", "EUR", "what the period earns", MANDO_SERIES,
                                   MANDO_SUM},
                [OUTPUT_WATER_VALUE] = {"water_value", "EUR/MWh",
                                        "worth of one more MWh at the end of the period",
                                        MANDO_SERIES, MANDO_LAST},
                [OUTPUT_KPI] = {"kpi", "", "sums of the day", MANDO_DOCUMENT, MANDO_LAST}},
    .run = run,
    .release = release,
};
