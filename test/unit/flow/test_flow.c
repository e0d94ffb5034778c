#include "mando/flow.h"

#include <math.h>

#include "../service/door.h"
#include "mando/backtest.h"

#define PRICES "Market/DE/Price"
#define HOURLY "{\"type\":\"TimeSeriesDouble\",\"unit\":\"EUR/MWh\",\"resolution\":\"PT1H\"}"
#define DOCUMENT "{\"type\":\"StaticData\"}"
#define FLOW                                                                                       \
    "{\"engine\":\"v1\",\"strategy\":\"scheduling\",\"strategy_version\":\"1\","                   \
    "\"time_zone\":\"Europe/Berlin\",\"gate\":\"D-1T14:30\",\"inputs\":{"                          \
    "\"battery\":{\"id\":\"Asset/B/Config\"},\"prices\":{\"id\":\"" PRICES "\"},"                  \
    "\"soc\":{\"id\":\"Asset/B/SoC\",\"from\":\"D-1\"}},"                                          \
    "\"parameters\":{\"lot_mw\":{\"value\":0,\"maximum\":1}},"                                     \
    "\"outputs\":{\"power\":\"Plan/Power\",\"soc\":\"Plan/SoC\",\"kpi\":\"Plan/KPI\"}}"
#define BATTERY                                                                                    \
    "{\"power_charge_mw\":10,\"power_discharge_mw\":10,\"soc_max_mwh\":20,\"soc_end_mwh\":0,"      \
    "\"efficiency_charge\":0.95,\"efficiency_discharge\":0.95,\"degradation_eur_per_mwh\":4,"      \
    "\"fee_eur_per_mwh\":0.09}"

static struct door_text text;

static void put_document(struct door *door, const char *id, const char *json)
{
    const int32_t offsets[2] = {0, (int32_t)strlen(json)};
    const int64_t start_us = door->now;
    const struct mando_rows rows = {.count = 1,
                                    .type = MANDO_DOCUMENT,
                                    .width = 1,
                                    .valid_start_us = &start_us,
                                    .document = {offsets, json}};
    struct ArrowArrayStream stream;
    CHECK_EQ(door_configure(door, id, DOCUMENT), MANDO_OK);
    CHECK_EQ(mando_rows_stream(&rows, &stream, &door->error), MANDO_OK);
    CHECK_EQ(mando_service_insert(door->service, id, &stream, NULL, NULL, &door->error), MANDO_OK);
    stream.release(&stream);
}

/* A day of 24 hours in Berlin, known at a time, each price plus `more`. */
static void put_prices(struct door *door, const char *day_start, const char *known, double more)
{
    char rows[4096] = "";
    int64_t start_us = door_time(day_start);
    for (int hour = 0; hour < 24; hour++) {
        char start[MANDO_TIME_TEXT_SIZE], row[160];
        mando_time_format(start_us + hour * MANDO_HOUR_US, start);
        double price = (hour % 12 < 6 ? 10 + hour : 90 - hour) + more;
        (void)snprintf(row, sizeof row, "%s%s %g - %s", hour ? ";" : "", start, price, known);
        strcat(rows, row);
    }
    CHECK_EQ(door_insert(door, PRICES, rows, NULL), MANDO_OK);
}

/* A desk: a battery, the prices of 2 December known at 12:57 of the day before, a flow. */
static void open_desk(struct door *door)
{
    put_document(door, "Asset/B/Config", BATTERY);
    put_document(door, "Flow/plan", FLOW);
    CHECK_EQ(door_configure(door, PRICES, HOURLY), MANDO_OK);
    CHECK_EQ(
        door_configure(door, "Asset/B/SoC", "{\"type\":\"TimeSeriesDouble\",\"unit\":\"MWh\"}"),
        MANDO_OK);
    door->now = door_time("2025-12-01T13:00:00Z");
    put_prices(door, "2025-12-01T23:00:00Z", "2025-12-01T11:57:00Z", 0);
    door->now = door_time("2025-12-01T14:00:00Z");
}

static const struct mando_flow_parameter DAY[] = {{"day", "2025-12-02"}};

static struct mando_flow_options options_of_day(void)
{
    return (struct mando_flow_options){.parameters = DAY, .parameter_count = 1};
}

static struct mando_run run_well(struct door *door, const struct mando_flow_options *options)
{
    struct mando_run run = {0};
    enum mando_status status = mando_flow_run(door->service, "plan", options, &run, &door->error);
    if (status)
        print_error("%s: %s\n", door->error.code, door->error.message);
    CHECK_EQ(status, MANDO_OK);
    return run;
}

static int64_t sum_of_ledger(struct door *door, const char *account, const char *run)
{
    const struct mando_predicate wanted[] = {{"account", MANDO_EQUAL, .text = account},
                                             {"run", MANDO_EQUAL, .text = run}};
    struct mando_records records = {0};
    struct mando_record_cell cells[3];
    int64_t micro = 0;
    int is_there = 1;
    CHECK_EQ(mando_service_records(door->service, "ledger_entry", wanted + !account,
                                   (size_t)(!!account + !!run), &records.stream, &door->error),
             MANDO_OK);
    while (!mando_records_next(&records, 3, cells, &is_there, &door->error) && is_there)
        micro += cells[2].integer;
    mando_records_release(&records);
    return micro;
}

static size_t count_rows(struct door *door, const char *id)
{
    struct mando_query query = door_query(&id, 1);
    size_t lines = 0;
    if (door_retrieve(door, &query, &text))
        return 0;
    for (const char *c = text.bytes; *c; c++)
        lines += *c == '\n';
    return lines;
}

ON_EACH(a_run_stores_its_plan_books_its_money_and_leaves_its_record)
{
    open_desk(door);
    struct mando_flow_options options = options_of_day();
    options.code = "abc";
    struct mando_run run = run_well(door, &options), found;
    CHECK_EQ(run.from_us, door_time("2025-12-01T23:00:00Z"));
    CHECK_EQ(run.to_us, door_time("2025-12-02T23:00:00Z"));
    CHECK_EQ(run.as_of.knowledge_us, door_time("2025-12-01T13:30:00Z"));
    CHECK_TEXT(run.parameters, "{\"day\":\"2025-12-02\",\"lot_mw\":0,\"forecast\":0}");
    CHECK(run.totals.objective_eur > 1000);
    CHECK_EQ(count_rows(door, "Plan/Power"), 24);
    CHECK_EQ(count_rows(door, "Plan/SoC"), 24);
    CHECK_EQ(count_rows(door, "Plan/KPI"), 1);
    CHECK_EQ(sum_of_ledger(door, NULL, run.id), 0);
    CHECK_NEAR((double)sum_of_ledger(door, "Cash/DayAhead", run.id) / 1e6,
               run.totals.revenue_eur - run.totals.fee_eur, 2e-6);
    CHECK_EQ(mando_run_find(door->service, run.id, &found, &door->error), MANDO_OK);
    CHECK_TEXT(found.result, run.result);
    CHECK_TEXT(found.flow, "plan");
    CHECK_EQ(found.from_us, run.from_us);
    CHECK_EQ(found.as_of.change_us, run.as_of.change_us);
    CHECK_EQ(found.changed_us, run.changed_us);
    CHECK(found.step_us[MANDO_STEP_STRATEGY] > 0);
    CHECK_EQ(mando_run_find(door->service, "nothing", &found, &door->error), MANDO_NOT_FOUND);
    CHECK_TEXT(door->error.code, "run.unknown");
    struct mando_audit audit;
    CHECK_EQ(mando_service_audit_verify(door->service, NULL, &audit, &door->error), MANDO_OK);
}

ON_EACH(a_rerun_is_the_same_after_corrections_and_another_run_differs)
{
    open_desk(door);
    struct mando_flow_options options = options_of_day();
    struct mando_run run = run_well(door, &options), again;
    door->now += MANDO_DAY_US;
    put_prices(door, "2025-12-01T23:00:00Z", "2025-12-01T12:10:00Z", 7); /* known before the gate */
    CHECK_EQ(mando_flow_rerun(door->service, run.id, NULL, NULL, &again, &door->error), MANDO_OK);
    CHECK_TEXT(again.result, run.result);
    struct mando_run corrected = run_well(door, &options);
    CHECK(strcmp(corrected.result, run.result) != 0);
    CHECK(strcmp(corrected.id, run.id) != 0);
    size_t count = 0;
    struct mando_flow_options pinned = options;
    pinned.stored_until_us = run.as_of.change_us;
    pinned.dry_run = 1;
    CHECK_TEXT(run_well(door, &pinned).result, run.result);
    CHECK_EQ(mando_flow_diff(door->service, run.id, corrected.id, NULL, NULL, &count, &door->error),
             MANDO_OK);
    CHECK(count >= 24); /* each price, and what follows from them */
    CHECK_EQ(mando_flow_diff(door->service, run.id, run.id, NULL, NULL, &count, &door->error),
             MANDO_OK);
    CHECK_EQ(count, 0);
    CHECK_EQ(mando_flow_rerun(door->service, run.id, NULL, NULL, &again, &door->error), MANDO_OK);
    CHECK_TEXT(again.result, run.result);
}

ON_EACH(what_was_known_after_the_gate_changes_nothing)
{
    open_desk(door);
    struct mando_flow_options options = options_of_day();
    struct mando_run run = run_well(door, &options);
    door->now += MANDO_DAY_US;
    put_prices(door, "2025-12-01T23:00:00Z", "2025-12-01T13:31:00Z", 5000);
    struct mando_run repeated = run_well(door, &options);
    CHECK_TEXT(repeated.result, run.result);
    CHECK_TEXT(repeated.id, run.id); /* nothing new was stored */
    CHECK_EQ(repeated.changed_us, 0);
    options.as_of_us = door_time("2025-12-01T13:31:00Z");
    CHECK(strcmp(run_well(door, &options).result, run.result) != 0);
    options.as_of_us = door_time("2025-12-01T11:56:59Z");
    CHECK_EQ(mando_flow_run(door->service, "plan", &options, NULL, &door->error), MANDO_NOT_FOUND);
    CHECK_TEXT(door->error.code, "flow.input");
}

ON_EACH(a_run_that_takes_the_place_of_another_takes_its_money_back)
{
    open_desk(door);
    struct mando_flow_options options = options_of_day();
    const struct mando_flow_parameter lots[] = {{"day", "2025-12-02"}, {"lot_mw", "1"}};
    struct mando_run first = run_well(door, &options);
    door->now += MANDO_HOUR_US;
    options.parameters = lots;
    options.parameter_count = 2;
    struct mando_run second = run_well(door, &options);
    options = options_of_day();
    door->now += MANDO_HOUR_US;
    struct mando_run third = run_well(door, &options);
    CHECK_TEXT(third.result, first.result);
    CHECK(strcmp(third.id, first.id) != 0);
    const char *accounts[] = {"Cash/DayAhead", "Income/DayAhead/Sales", "Expense/Degradation"};
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQ(sum_of_ledger(door, accounts[i], first.id), 0);
        CHECK_EQ(sum_of_ledger(door, accounts[i], second.id), 0);
        CHECK(sum_of_ledger(door, accounts[i], third.id) != 0);
    }
    CHECK_NEAR((double)sum_of_ledger(door, "Cash/DayAhead", NULL) / 1e6,
               third.totals.revenue_eur - third.totals.fee_eur, 2e-6);
}

ON_EACH(a_plan_starts_with_the_energy_that_was_measured_last)
{
    open_desk(door);
    struct mando_flow_options options = options_of_day();
    struct mando_run empty = run_well(door, &options);
    struct mando_flow_explanation told;
    CHECK_EQ(door_insert(door, "Asset/B/SoC",
                         "2025-12-01T09:00:00Z 3 2025-12-01T09:00:00Z 2025-12-01T09:00:00Z;"
                         "2025-12-01T13:00:00Z 12 2025-12-01T13:00:00Z 2025-12-01T13:00:00Z",
                         NULL),
             MANDO_OK);
    door->now += MANDO_HOUR_US;
    struct mando_run full = run_well(door, &options);
    CHECK(full.totals.objective_eur > empty.totals.objective_eur);
    CHECK_EQ(mando_flow_explain(door->service, full.id, full.from_us, &told, &door->error),
             MANDO_OK);
    CHECK_NEAR(told.soc_before_mwh, 12, 0);
    CHECK_EQ(told.start_us, full.from_us);
    CHECK_EQ(told.end_us, full.from_us + MANDO_HOUR_US);
    CHECK_EQ(mando_flow_explain(door->service, full.id, full.to_us, &told, &door->error),
             MANDO_INVALID);
    CHECK_TEXT(door->error.code, "time.range");
}

ON_EACH(an_explanation_tells_price_worth_and_what_binds)
{
    open_desk(door);
    struct mando_flow_options options = options_of_day();
    struct mando_run run = run_well(door, &options);
    struct mando_flow_explanation told;
    bool charges = false, discharges = false;
    for (int64_t at_us = run.from_us; at_us < run.to_us; at_us += MANDO_HOUR_US) {
        CHECK_EQ(mando_flow_explain(door->service, run.id, at_us + 1, &told, &door->error),
                 MANDO_OK);
        CHECK_NEAR(told.charge_eur_per_mwh, (told.price_eur_per_mwh + 0.09) / 0.95, 1e-9);
        CHECK_NEAR(told.discharge_eur_per_mwh, (told.price_eur_per_mwh - 4.09) * 0.95, 1e-9);
        double moved_mwh = told.power_mw > 0 ? -told.power_mw / 0.95 : -told.power_mw * 0.95;
        CHECK_NEAR(told.soc_after_mwh, told.soc_before_mwh + moved_mwh, 1e-9);
        CHECK_EQ(told.is_at_power_limit, fabs(told.power_mw) > 9.999999);
        CHECK_EQ(told.is_full, told.soc_after_mwh > 19.999999);
        CHECK_EQ(told.is_empty, told.soc_after_mwh < 1e-6);
        charges |= told.power_mw < 0;
        discharges |= told.power_mw > 0;
    }
    CHECK(charges && discharges);
}

ON_EACH(a_dry_run_a_cancelled_one_and_one_past_its_deadline_store_no_result)
{
    open_desk(door);
    struct mando_flow_options options = options_of_day();
    struct mando_audit before, after;
    CHECK_EQ(mando_service_audit_verify(door->service, NULL, &before, &door->error), MANDO_OK);
    options.dry_run = 1;
    struct mando_run run = run_well(door, &options);
    CHECK(run.result[0]);
    CHECK_EQ(run.changed_us, 0);
    CHECK_EQ(mando_service_audit_verify(door->service, NULL, &after, &door->error), MANDO_OK);
    CHECK_EQ(after.records, before.records);
    options = options_of_day();
    options.deadline_us = door->now - 1;
    CHECK_EQ(mando_flow_run(door->service, "plan", &options, NULL, &door->error), MANDO_TIMEOUT);
    CHECK_TEXT(door->error.code, "flow.deadline");
    CHECK_EQ(count_rows(door, "Plan/Power"), 0);
    CHECK_EQ(mando_service_audit_verify(door->service, NULL, &after, &door->error), MANDO_OK);
    CHECK_EQ(after.records, before.records + 1); /* its record, with the state failed */
    CHECK_EQ(sum_of_ledger(door, "Cash/DayAhead", NULL), 0);
}

static int stop_before_insert(void *context, enum mando_flow_step step)
{
    *(int *)context += 1;
    return step == MANDO_STEP_INSERT;
}

ON_EACH(progress_is_told_of_each_step_and_may_stop_a_run)
{
    open_desk(door);
    struct mando_flow_options options = options_of_day();
    int steps = 0;
    options.progress = stop_before_insert;
    options.progress_context = &steps;
    CHECK_EQ(mando_flow_run(door->service, "plan", &options, NULL, &door->error), MANDO_CANCELLED);
    CHECK_EQ(steps, MANDO_STEP_INSERT + 1);
    CHECK_EQ(count_rows(door, "Plan/Power"), 0);
}

ON_EACH(parameters_and_outputs_that_do_not_fit_are_refused)
{
    static const struct {
        const char *name, *value, *code;
    } WRONG[] = {{"day", "soon", "flow.parameter"},
                 {"day", "2025-12-02T01:00:00Z", "flow.parameter"},
                 {"lot_mw", "much", "flow.parameter"},
                 {"lot_mw", "2", "flow.parameter"}, /* the flow allows 1 */
                 {"lots_mw", "1", "flow.parameter"}};
    open_desk(door);
    struct mando_flow_options options = {.parameter_count = 1};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        const struct mando_flow_parameter given = {WRONG[i].name, WRONG[i].value};
        options.parameters = &given;
        CHECK_EQ(mando_flow_run(door->service, "plan", &options, NULL, &door->error),
                 MANDO_INVALID);
        CHECK_TEXT(door->error.code, WRONG[i].code);
    }
    options = options_of_day();
    CHECK_EQ(mando_flow_run(door->service, "plans", &options, NULL, &door->error), MANDO_NOT_FOUND);
    CHECK_TEXT(door->error.code, "flow.unknown");
    CHECK_EQ(door_configure(door, "Plan/Power", HOURLY), MANDO_OK);
    CHECK_EQ(mando_flow_run(door->service, "plan", &options, NULL, &door->error), MANDO_CONFLICT);
    CHECK_TEXT(door->error.code, "flow.output");
}

/* Documents that are wrong: what stands in FLOW is replaced. */
TEST(flow_documents_are_refused_at_their_place)
{
    static const struct {
        const char *old, *new, *code, *where;
    } WRONG[] = {
        {"\"engine\":\"v1\"", "\"engine\":\"v9\"", "flow.engine", "/engine"},
        {"\"engine\":\"v1\",", "", "field.missing", ""},
        {"\"engine\"", "\"engin\"", "field.unknown", "/engin"},
        {"\"scheduling\"", "\"guessing\"", "flow.strategy", "/strategy"},
        {"\"strategy_version\":\"1\"", "\"strategy_version\":\"2\"", "flow.strategy",
         "/strategy_version"},
        {"\"D-1T14:30\"", "\"noonish\"", "time.format", "/gate"},
        {"\"battery\":{\"id\":\"Asset/B/Config\"},", "", "field.missing", "/inputs"},
        {"\"battery\":", "\"batery\":", "field.unknown", "/inputs/batery"},
        {"\"Asset/B/Config\"", "\"Asset//Config\"", "point.id", "/inputs/battery/id"},
        {"\"from\":\"D-1\"", "\"from\":\"D-\"", "time.format", "/inputs/soc/from"},
        {"{\"id\":\"Asset/B/Config\"}", "[]", "field.type", "/inputs/battery"},
        {"\"maximum\":1", "\"maximum\":-1", "field.range", "/parameters/lot_mw"},
        {"\"value\":0,", "", "field.missing", "/parameters/lot_mw"},
        {"\"lot_mw\"", "\"lot\"", "field.unknown", "/parameters/lot"},
        {"\"Plan/SoC\"", "\"Plan/Power\"", "field.duplicate", "/outputs/soc"},
        {"\"Plan/SoC\"", "7", "field.type", "/outputs/soc"},
        {"\"outputs\":{",
         "\"send\":[{\"adapter\":\"pigeon\",\"output\":\"power\",\"target\":\"x\"}],\"outputs\":{",
         "field.range", "/send/0/adapter"},
        {"\"outputs\":{",
         "\"send\":[{\"adapter\":\"file\",\"output\":\"profit\",\"target\":\"x\"}],\"outputs\":{",
         "field.range", "/send/0/output"},
        {"\"outputs\":{", "\"accounts\":{\"fees\":\"Income/DayAhead/Sales\"},\"outputs\":{",
         "field.range", "/accounts/fees"},
        {"Europe/Berlin", "Europe/Atlantis", "zone.unknown", NULL},
    };
    struct mando_error error = {0};
    CHECK_EQ(mando_flow_check(FLOW, strlen(FLOW), NULL, NULL, &error), MANDO_OK);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        char document[4096];
        const char *place = strstr(FLOW, WRONG[i].old);
        CHECK(place != NULL);
        (void)snprintf(document, sizeof document, "%.*s%s%s", (int)(place - FLOW), FLOW,
                       WRONG[i].new, place + strlen(WRONG[i].old));
        CHECK(mando_flow_check(document, strlen(document), NULL, NULL, &error) != MANDO_OK);
        CHECK_TEXT(error.code, WRONG[i].code);
        if (WRONG[i].where)
            CHECK_TEXT(error.where, WRONG[i].where);
    }
}

ON_EACH(what_is_sent_stands_in_a_file_of_the_day)
{
    char folder[] = "/tmp/mando-flow-XXXXXX", json[4096], path[128], line[64] = "";
    CHECK(mkdtemp(folder) != NULL);
    open_desk(door);
    const char *place = strstr(FLOW, "\"outputs\"");
    (void)snprintf(
        json, sizeof json,
        "%.*s\"send\":[{\"adapter\":\"file\",\"output\":\"power\",\"target\":\"%s/{day}.csv\"}],%s",
        (int)(place - FLOW), FLOW, folder, place);
    door->now += MANDO_SECOND_US;
    put_document(door, "Flow/plan", json);
    struct mando_flow_options options = options_of_day();
    (void)run_well(door, &options);
    (void)snprintf(path, sizeof path, "%s/2025-12-02.csv", folder);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    CHECK(fgets(line, sizeof line, file) != NULL);
    CHECK_TEXT(line, "start,end,value\n");
    (void)fclose(file);
    CHECK(unlink(path) == 0 && rmdir(folder) == 0);
    door->now += MANDO_SECOND_US;
    options.as_of_us = door_time("2025-12-01T13:00:00Z");
    /* The folder is gone: what was stored stays, and the error says that it did not leave. */
    CHECK(mando_flow_run(door->service, "plan", &options, NULL, &door->error) != MANDO_OK);
}

/* Five weeks of prices, each day known at noon of the day before; those of a Tuesday repeat but for the last. */
static void put_weeks(struct door *door, double last_more)
{
    for (int day = 0; day < 29; day++) {
        char start[MANDO_TIME_TEXT_SIZE], known[MANDO_TIME_TEXT_SIZE];
        int64_t start_us = door_time("2025-11-03T23:00:00Z") + day * MANDO_DAY_US;
        mando_time_format(start_us, start);
        mando_time_format(start_us - 11 * MANDO_HOUR_US, known);
        put_prices(door, start, known, day == 28 ? last_more : day % 7);
    }
}

ON_EACH(a_backtest_decides_at_the_gate_and_settles_at_what_came)
{
    static const struct mando_flow_parameter FORECAST = {"forecast", "1"};
    struct mando_backtest backtest = {.flow = "noon", .actual = PRICES};
    struct mando_backtest_day known, day, poisoned;
    char flow[4096];
    (void)snprintf(flow, sizeof flow,
                   "{\"engine\":\"v1\",\"strategy\":\"scheduling\",\"strategy_version\":\"1\","
                   "\"time_zone\":\"Europe/Berlin\",\"gate\":\"D-1T11:00\",\"inputs\":{"
                   "\"battery\":{\"id\":\"Asset/B/Config\"},"
                   "\"prices\":{\"id\":\"" PRICES "\",\"from\":\"D-28\"}}}");
    open_desk(door);
    put_document(door, "Flow/noon", flow);
    door->now = door_time("2025-12-20T00:00:00Z");
    put_weeks(door, 40);
    CHECK_EQ(mando_backtest_run(door->service, &backtest, "2025-12-02", &day, &door->error),
             MANDO_INVALID); /* at eleven its prices are not known */
    CHECK_TEXT(door->error.code, "prices.missing");
    backtest.parameters = &FORECAST;
    backtest.parameter_count = 1;
    CHECK_EQ(mando_backtest_run(door->service, &backtest, "2025-12-02", &day, &door->error),
             MANDO_OK);
    CHECK_EQ(day.from_us, door_time("2025-12-01T23:00:00Z"));
    CHECK_NEAR(day.mae_eur_per_mwh, 40, 1e-9);
    CHECK_NEAR(day.rmse_eur_per_mwh, 40, 1e-9);
    CHECK(day.actual_eur <= day.perfect_eur + 1e-9);
    CHECK(day.actual_eur < day.planned_eur); /* what is lost on the way is dearer */
    mando_service_version(door->service, &backtest.stored_until_us, NULL);
    door->now += MANDO_HOUR_US;
    put_prices(door, "2025-12-01T23:00:00Z", "2025-12-01T12:30:00Z", 4000); /* after the gate */
    CHECK_EQ(mando_backtest_run(door->service, &backtest, "2025-12-02", &known, &door->error),
             MANDO_OK);
    CHECK_TEXT(known.result, day.result);
    CHECK_NEAR(known.actual_eur, day.actual_eur, 0); /* it sees what was stored then */
    backtest.stored_until_us = 0;
    CHECK_EQ(mando_backtest_run(door->service, &backtest, "2025-12-02", &poisoned, &door->error),
             MANDO_OK);
    CHECK_TEXT(poisoned.result, day.result); /* the decision is the same */
    CHECK_NEAR(poisoned.planned_eur, day.planned_eur, 0);
    CHECK(fabs(poisoned.mae_eur_per_mwh - 4000) < 1e-9); /* what came is another */
    CHECK_EQ(mando_backtest_run(door->service, &backtest, "2025-12-03", &day, &door->error),
             MANDO_NOT_FOUND);
    CHECK_TEXT(door->error.code, "flow.input");
    CHECK_EQ(mando_backtest_run(door->service, &backtest, "2026-12-03", &day, &door->error),
             MANDO_NOT_FOUND);
}
