#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "flow/engine.h"

static enum mando_status replay(struct mando_service *service, const char *id,
                                struct flow_running **running_out, struct mando_error *error)
{
    struct mando_run recorded;
    enum mando_status status = flow_running_new(service, running_out, error);
    if (!status)
        status = mando_run_find(service, id, &recorded, error);
    return status ? status : flow_replay(*running_out, &recorded, NULL, error);
}

static double stricter(double limit, const double *own, size_t t)
{
    return own && own[t] < limit ? own[t] : limit;
}

/* What a period's power and the energy at its end may be at most. */
static void tell_limits(const struct mando_strategy_result *result, size_t t,
                        struct mando_flow_explanation *told)
{
    const struct mando_battery *battery = result->battery;
    const struct mando_prices *prices = result->prices;
    double power_mw = told->power_mw;
    double charge_mw =
        stricter(fmin(battery->power_charge_mw,
                      isnan(battery->import_mw_max) ? INFINITY : battery->import_mw_max),
                 prices->power_charge_mw_max, t);
    double discharge_mw =
        stricter(fmin(battery->power_discharge_mw,
                      isnan(battery->export_mw_max) ? INFINITY : battery->export_mw_max),
                 prices->power_discharge_mw_max, t);
    double full_mwh = stricter(battery->soc_max_mwh, prices->soc_max_mwh, t);
    double empty_mwh = battery->soc_min_mwh;
    if (prices->soc_min_mwh && prices->soc_min_mwh[t] > empty_mwh)
        empty_mwh = prices->soc_min_mwh[t];
    double near = 1e-9 * battery->soc_max_mwh;
    told->is_at_power_limit = power_mw > 0   ? power_mw >= discharge_mw * (1 - 1e-9)
                              : power_mw < 0 ? -power_mw >= charge_mw * (1 - 1e-9)
                                             : 0;
    told->is_full = told->soc_after_mwh >= full_mwh - near;
    told->is_empty = told->soc_after_mwh <= empty_mwh + near;
}

static struct mando_flow_explanation explain(const struct mando_strategy_result *result, size_t t)
{
    const struct mando_plan *plan = result->plan;
    const struct mando_battery *battery = result->battery;
    double buy_eur = result->prices->buy_eur_per_mwh[t],
           sell_eur = result->prices->sell_eur_per_mwh[t];
    struct mando_flow_explanation told = {
        .start_us = plan->start_us + (int64_t)t * plan->step_us,
        .end_us = plan->start_us + (int64_t)(t + 1) * plan->step_us,
        .price_eur_per_mwh = plan->price_eur_per_mwh[t],
        .power_mw = plan->power_mw[t],
        .profit_eur = plan->profit_eur[t],
        .soc_before_mwh = t > 0 ? plan->soc_mwh[t - 1] : battery->soc_start_mwh,
        .soc_after_mwh = plan->soc_mwh[t],
        .water_value_eur_per_mwh = plan->water_value_eur_per_mwh[t],
        .charge_eur_per_mwh = (buy_eur + battery->fee_eur_per_mwh) / battery->efficiency_charge,
        .discharge_eur_per_mwh =
            (sell_eur - battery->fee_eur_per_mwh - battery->degradation_eur_per_mwh)
            * battery->efficiency_discharge,
    };
    tell_limits(result, t, &told);
    return told;
}

enum mando_status mando_flow_explain(struct mando_service *service, const char *run, int64_t at_us,
                                     struct mando_flow_explanation *explanation_out,
                                     struct mando_error *error)
{
    struct flow_running *running MANDO_CLEANUP(flow_running_leave) = NULL;
    enum mando_status status = replay(service, run, &running, error);
    if (status)
        return status;
    const struct mando_plan *plan = running->result.plan;
    int64_t t = plan ? (at_us - plan->start_us) / plan->step_us : 0;
    if (!plan || at_us < plan->start_us || t >= (int64_t)plan->periods) {
        char at[MANDO_TIME_TEXT_SIZE];
        mando_time_format(at_us, at);
        return mando_fail_at(error, MANDO_E_TIME_RANGE, run, 0, 0,
                             "the run planned no period that holds %s", at);
    }
    *explanation_out = explain(&running->result, (size_t)t);
    return MANDO_OK;
}

/* Differences while they are told. */
struct differing {
    void (*take)(void *context, const struct mando_flow_difference *difference);
    void *context;
    size_t count;
    const char *kind, *name;
};

/* A series of a run; an output has starts of equal steps. */
struct series {
    size_t count;
    const int64_t *start_us; /* NULL: every step_us from first_us on */
    int64_t first_us, step_us;
    const double *value;
};

static int64_t start_at(const struct series *series, size_t i)
{
    return series->start_us ? series->start_us[i] : series->first_us + (int64_t)i * series->step_us;
}

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void tell(struct differing *differing, int64_t start_us, double before, double after)
{
    const struct mando_flow_difference difference = {.kind = differing->kind,
                                                     .name = differing->name,
                                                     .start_us = start_us,
                                                     .before = before,
                                                     .after = after};
    differing->count++;
    if (differing->take)
        differing->take(differing->context, &difference);
}

static void compare_series(struct differing *differing, const struct series *a,
                           const struct series *b)
{
    size_t i = 0, k = 0;
    while (i < a->count || k < b->count) {
        int64_t a_us = i < a->count ? start_at(a, i) : INT64_MAX;
        int64_t b_us = k < b->count ? start_at(b, k) : INT64_MAX;
        double before = a_us <= b_us ? a->value[i] : NAN, after = b_us <= a_us ? b->value[k] : NAN;
        if (a_us != b_us || !is_same(before, after))
            tell(differing, a_us < b_us ? a_us : b_us, before, after);
        i += a_us <= b_us;
        k += b_us <= a_us;
    }
}

static void compare_texts(struct differing *differing, int64_t start_us, const char *before,
                          const char *after)
{
    const struct mando_flow_difference difference = {.kind = differing->kind,
                                                     .name = differing->name,
                                                     .start_us = start_us,
                                                     .before = NAN,
                                                     .after = NAN,
                                                     .text_before = before,
                                                     .text_after = after};
    if (before == after || (before && after && strcmp(before, after) == 0))
        return;
    differing->count++;
    if (differing->take)
        differing->take(differing->context, &difference);
}

static struct series input_of(const struct mando_strategy_data *data)
{
    return (struct series){.count = data->count, .start_us = data->start_us, .value = data->value};
}

static struct series output_of(const struct mando_strategy_result *result, size_t i)
{
    return (struct series){.count = result->series[i] ? result->count : 0,
                           .first_us = result->start_us,
                           .step_us = result->step_us,
                           .value = result->series[i]};
}

static void compare(struct differing *differing, const struct flow_running *before,
                    const struct flow_running *after)
{
    const struct mando_strategy *strategy = before->flow.decides;
    differing->kind = "input";
    for (size_t i = 0; i < strategy->input_count; i++) {
        struct series a = input_of(&before->inputs[i]), b = input_of(&after->inputs[i]);
        differing->name = strategy->inputs[i].name;
        compare_series(differing, &a, &b);
        compare_texts(differing, before->run.from_us, before->inputs[i].document,
                      after->inputs[i].document);
    }
    differing->kind = "output";
    for (size_t i = 0; i < strategy->output_count; i++) {
        struct series a = output_of(&before->result, i), b = output_of(&after->result, i);
        differing->name = strategy->outputs[i].name;
        compare_series(differing, &a, &b);
        compare_texts(differing, before->run.from_us, before->result.documents[i],
                      after->result.documents[i]);
    }
}

enum mando_status
mando_flow_diff(struct mando_service *service, const char *before, const char *after,
                void (*take)(void *context, const struct mando_flow_difference *difference),
                void *context, size_t *count_out, struct mando_error *error)
{
    struct flow_running *first MANDO_CLEANUP(flow_running_leave) = NULL;
    struct flow_running *second MANDO_CLEANUP(flow_running_leave) = NULL;
    struct differing differing = {.take = take, .context = context};
    enum mando_status status = replay(service, before, &first, error);
    if (!status)
        status = replay(service, after, &second, error);
    if (!status && first->flow.decides != second->flow.decides)
        status =
            mando_fail_at(error, MANDO_E_FLOW_STRATEGY, after, 0, 0,
                          "the runs are of different strategies, %s and %s: there is nothing to "
                          "compare",
                          first->flow.decides->name, second->flow.decides->name);
    if (status)
        return status;
    compare(&differing, first, second);
    if (count_out)
        *count_out = differing.count;
    return MANDO_OK;
}
