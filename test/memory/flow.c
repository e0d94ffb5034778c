#include "flow.h"

#include <string.h>

#define NOON INT64_C(1764590400000000) /* 2025-12-01T12:00:00Z */
#define DAY_START (NOON + 12 * MANDO_HOUR_US)

static const char FLOW[] =
    "{\"engine\":\"v1\",\"strategy\":\"scheduling\",\"strategy_version\":\"1\",\"time_zone\":"
    "\"UTC\","
    "\"inputs\":{\"battery\":{\"id\":\"b\"},\"prices\":{\"id\":\"p\"}},\"parameters\":{\"lot_mw\":"
    "0},"
    "\"accounts\":{\"fees\":\"f\"},\"outputs\":{\"power\":\"o/p\",\"kpi\":\"o/k\"}}";
static const char BATTERY[] =
    "{\"power_charge_mw\":1,\"power_discharge_mw\":1,\"soc_max_mwh\":2,\"soc_end_mwh\":0,"
    "\"efficiency_charge\":0.9,\"efficiency_discharge\":0.9,\"fee_eur_per_mwh\":0.1}";

static struct mando_service *desk;
static struct mando_run first;

static int64_t noon(void *clock)
{
    (void)clock;
    return NOON;
}

static void put_document(const char *id, const char *text)
{
    const int32_t offsets[2] = {0, (int32_t)strlen(text)};
    const int64_t start_us = NOON;
    const struct mando_rows rows = {.count = 1,
                                    .type = MANDO_DOCUMENT,
                                    .width = 1,
                                    .valid_start_us = &start_us,
                                    .document = {offsets, text}};
    struct mando_point point = {
        .time_zone = "UTC", .type = MANDO_DOCUMENT, .aggregation = MANDO_LAST, .width = 1};
    struct ArrowArrayStream stream;
    (void)strcpy(point.id, id);
    must(mando_service_configure(desk, &point, 1, NULL, NULL, NULL) == MANDO_OK, id);
    must(mando_rows_stream(&rows, &stream, NULL) == MANDO_OK, id);
    must(mando_service_insert(desk, id, &stream, NULL, NULL, NULL) == MANDO_OK, id);
    stream.release(&stream);
}

static void put_prices(void)
{
    static const struct mando_point POINT = {.id = "p",
                                             .unit = "EUR/MWh",
                                             .time_zone = "UTC",
                                             .type = MANDO_SERIES,
                                             .aggregation = MANDO_MEAN,
                                             .resolution = {.time_us = 6 * MANDO_HOUR_US},
                                             .width = 1};
    static const double VALUES[4] = {10, 90, 20, 80};
    int64_t starts_us[4];
    for (int i = 0; i < 4; i++)
        starts_us[i] = DAY_START + 6 * i * MANDO_HOUR_US;
    const struct mando_rows rows = {
        .count = 4, .type = MANDO_SERIES, .width = 1, .valid_start_us = starts_us, .value = VALUES};
    struct ArrowArrayStream stream;
    must(mando_service_configure(desk, &POINT, 1, NULL, NULL, NULL) == MANDO_OK, "prices");
    must(mando_rows_stream(&rows, &stream, NULL) == MANDO_OK, "prices");
    must(mando_service_insert(desk, "p", &stream, NULL, NULL, NULL) == MANDO_OK, "prices");
    stream.release(&stream);
}

void desk_make(void)
{
    static const struct mando_service_options OPTIONS = {.author = "a", .now_us = noon};
    must(mando_service_open("memory:", &OPTIONS, &desk, NULL) == MANDO_OK, "desk");
    put_document("b", BATTERY);
    put_document("Flow/f", FLOW);
    put_prices();
    must(mando_flow_run(desk, "f", NULL, &first, NULL) == MANDO_OK, "run");
}

void desk_release(void)
{
    mando_service_free(desk);
}

enum mando_status call_flow_check(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return mando_flow_check(FLOW, strlen(FLOW), "f", NULL, error);
}

/* Lots make another result, so that all is stored, and what was booked is taken back. */
enum mando_status call_flow_run(struct fixture *f, struct mando_error *error)
{
    static const struct mando_flow_parameter LOTS = {"lot_mw", "0.5"};
    const struct mando_flow_options options = {.parameters = &LOTS, .parameter_count = 1};
    struct mando_run run;
    (void)f;
    return mando_flow_run(desk, "f", &options, &run, error);
}

enum mando_status call_flow_rerun(struct fixture *f, struct mando_error *error)
{
    struct mando_run recorded, run;
    (void)f;
    enum mando_status status = mando_flow_rerun(desk, first.id, NULL, &recorded, &run, error);
    must(status || strcmp(recorded.result, run.result) == 0, "the same result");
    return status;
}

enum mando_status call_flow_explain(struct fixture *f, struct mando_error *error)
{
    struct mando_flow_explanation told;
    (void)f;
    return mando_flow_explain(desk, first.id, DAY_START, &told, error);
}

enum mando_status call_flow_diff(struct fixture *f, struct mando_error *error)
{
    size_t count = 1;
    (void)f;
    enum mando_status status = mando_flow_diff(desk, first.id, first.id, NULL, NULL, &count, error);
    must(status ? count == 1 : count == 0, "no difference");
    return status;
}

enum mando_status call_flow_step_name(struct fixture *f, struct mando_error *error)
{
    (void)f, (void)error;
    return mando_flow_step_name(MANDO_STEP_GATE) ? MANDO_OK : MANDO_INVALID;
}

enum mando_status call_run_find(struct fixture *f, struct mando_error *error)
{
    struct mando_run run;
    (void)f;
    return mando_run_find(desk, first.id, &run, error);
}

enum mando_status call_backtest_run(struct fixture *f, struct mando_error *error)
{
    const struct mando_backtest backtest = {.flow = "f", .actual = "p"};
    struct mando_backtest_day day;
    (void)f;
    enum mando_status status = mando_backtest_run(desk, &backtest, "2025-12-02", &day, error);
    must(status || day.actual_eur == day.perfect_eur, "known prices earn all");
    return status;
}

enum mando_status call_forecast(struct fixture *f, struct mando_error *error)
{
    static const int64_t START_US[] = {0}, END_US[] = {MANDO_DAY_US};
    static const double VALUES[] = {5};
    const struct mando_history history = {1, START_US, END_US, VALUES};
    double value;
    (void)f;
    return mando_forecast_persistence(&history, NULL, 7 * MANDO_DAY_US, 8 * MANDO_DAY_US,
                                      MANDO_DAY_US, &value, error);
}

enum mando_status call_scores(struct fixture *f, struct mando_error *error)
{
    double members[] = {2, 1};
    const double actual[] = {1, 2};
    (void)f, (void)error;
    must(mando_score_mae(members, actual, 2) == 1, "a mean absolute error");
    must(mando_score_rmse(members, actual, 2) == 1, "a root mean square error");
    must(mando_score_crps(members, 2, 1) == 0.25, "a ranked probability score");
    return MANDO_OK;
}
