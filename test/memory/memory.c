/* Calls every public function while the first, the second, ... allocation fails, until it succeeds.
 * A failure must be MANDO_NO_MEMORY with code "memory" and leave the outputs alone; what leaks is
 * found by the sanitizer. `--list` prints the functions for check_symbols. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fixture.h"
#include "flow.h"
#include "service.h"

#define CALLS_MAX 100000
#define UNTOUCHED 0x5a

/* Whether an output still holds the pattern it was filled with. */
static void check_untouched(enum mando_status status, const void *output, size_t size)
{
    const unsigned char *bytes = output;
    for (size_t i = 0; status != MANDO_OK && i < size; i++)
        must(bytes[i] == UNTOUCHED, "leaving an output untouched");
}

/* The same for an output that is a pointer. */
static char nowhere;
#define NOWHERE ((void *)&nowhere)

static void check_nowhere(enum mando_status status, const void *output)
{
    must(status == MANDO_OK || output == NOWHERE, "leaving an output untouched");
}

#define OUTPUT(type, name)                                                                         \
    type name;                                                                                     \
    memset(&name, UNTOUCHED, sizeof name)

static enum mando_status call_battery_parse(struct fixture *f, struct mando_error *error)
{
    OUTPUT(struct mando_battery, battery);
    enum mando_status status = mando_battery_parse(f->text, strlen(f->text), "b", &battery, error);
    check_untouched(status, &battery, sizeof battery);
    return status;
}

static enum mando_status call_battery_init(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_battery_init(&f->battery);
    return MANDO_OK;
}

static enum mando_status call_battery_check(struct fixture *f, struct mando_error *error)
{
    return mando_battery_check(&f->battery, error);
}

static enum mando_status read_file(enum fixture_file file, struct mando_error *error)
{
    char *text = NOWHERE;
    OUTPUT(size_t, length);
    enum mando_status status = mando_file_read(file_path(file), 0, &text, &length, error);
    check_nowhere(status, text);
    check_untouched(status, &length, sizeof length);
    if (!status)
        mando_text_free(text);
    return status;
}

static enum mando_status call_file_read(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return read_file(BATTERY_FILE, error);
}

static enum mando_status call_file_read_gzip(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return read_file(BATTERY_GZIP, error);
}

static enum mando_status call_text_free(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_text_free(f->text);
    f->text = NULL;
    return MANDO_OK;
}

static enum mando_status read_prices(enum fixture_file file,
                                     const struct mando_prices_options *options,
                                     struct mando_error *error)
{
    OUTPUT(struct mando_prices, prices);
    enum mando_status status = mando_prices_read(file_path(file), options, &prices, error);
    check_untouched(status, &prices, sizeof prices);
    if (!status)
        mando_prices_release(&prices);
    return status;
}

static enum mando_status call_prices_read(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return read_prices(PRICES_FILE, NULL, error);
}

static enum mando_status call_prices_read_gzip(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return read_prices(PRICES_GZIP, NULL, error);
}

static enum mando_status call_prices_read_converted(struct fixture *f, struct mando_error *error)
{
    struct mando_prices_options options = {
        .zone = f->zone, .from = "2025-12-01", .to = "2025-12-02", .resolution = "PT30M"};
    return read_prices(PRICES_GZIP, &options, error);
}

static enum mando_status call_prices_read_smard(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct mando_prices_options options = {.column = "DE-LU"};
    return read_prices(SMARD_FILE, &options, error);
}

static enum mando_status call_prices_release(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_prices_release(&f->read);
    return MANDO_OK;
}

static enum mando_status read_paths(enum fixture_file file,
                                    const struct mando_prices_options *options,
                                    struct mando_error *error)
{
    OUTPUT(struct mando_paths, paths);
    enum mando_status status = mando_paths_read(file_path(file), options, &paths, error);
    check_untouched(status, &paths, sizeof paths);
    if (!status)
        mando_paths_release(&paths);
    return status;
}

static enum mando_status call_paths_read(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return read_paths(PATHS_FILE, NULL, error);
}

static enum mando_status call_paths_read_converted(struct fixture *f, struct mando_error *error)
{
    struct mando_prices_options options = {.zone = f->zone, .resolution = "PT30M"};
    return read_paths(PATHS_GZIP, &options, error);
}

static enum mando_status call_paths_release(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_paths_release(&f->paths);
    return MANDO_OK;
}

static enum mando_status solve_paths(struct fixture *f, const struct mando_paths_options *options,
                                     struct mando_error *error)
{
    struct mando_paths_worth *worth = NOWHERE;
    enum mando_status status = mando_paths_solve(&f->battery, &f->paths, options, &worth, error);
    check_nowhere(status, worth);
    if (!status)
        mando_paths_worth_free(worth);
    return status;
}

static enum mando_status call_paths_solve(struct fixture *f, struct mando_error *error)
{
    return solve_paths(f, NULL, error);
}

static enum mando_status call_paths_solve_days(struct fixture *f, struct mando_error *error)
{
    struct mando_paths_options options = {.horizon = MANDO_HORIZON_DAY, .zone = f->zone};
    return solve_paths(f, &options, error);
}

static enum mando_status call_paths_worth_free(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_paths_worth_free(f->worth);
    f->worth = NULL;
    return MANDO_OK;
}

static enum mando_status call_duration_parse(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct mando_duration duration;
    return mando_duration_parse("P1DT1H", 6, &duration, error);
}

static enum mando_status call_resolution_parse(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct mando_duration resolution;
    return mando_resolution_parse("P1D", 3, &resolution, error);
}

static enum mando_status call_duration_format(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    char text[MANDO_TIME_TEXT_SIZE];
    mando_duration_format((struct mando_duration){1, 2, 3}, text);
    return MANDO_OK;
}

static enum mando_status call_error_kind_at(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    return mando_error_kind_at(0) ? MANDO_OK : MANDO_INVALID;
}

static enum mando_status call_status_name(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    return *mando_status_name(MANDO_OK) ? MANDO_OK : MANDO_INVALID;
}

static enum mando_status call_gate_check(struct fixture *f, struct mando_error *error)
{
    struct mando_gate_plan plan = {.periods = f->plan->periods,
                                   .step_h = f->plan->step_h,
                                   .power_mw = f->plan->power_mw,
                                   .soc_mwh = f->plan->soc_mwh,
                                   .limits = &f->prices};
    return mando_gate_check(&f->battery, &plan, error);
}

static enum mando_status call_optimize_setup(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct mando_optimize *workspace = NOWHERE;
    struct mando_optimize_settings small = {
        .periods_max = 8, .segments_max = 64, .segments_stored = 1024};
    enum mando_status status = mando_optimize_setup(&small, &workspace, error);
    check_nowhere(status, workspace);
    if (!status)
        mando_optimize_free(workspace);
    return status;
}

static enum mando_status call_optimize_free(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_optimize_free(f->workspace);
    f->workspace = NULL;
    return MANDO_OK;
}

static enum mando_status call_optimize_solve(struct fixture *f, struct mando_error *error)
{
    double power_mw[4], soc_mwh[4], water_value[4];
    struct mando_optimize_solution solution = {
        .power_mw = power_mw, .soc_mwh = soc_mwh, .water_value_eur_per_mwh = water_value};
    struct mando_optimize_info info;
    return mando_optimize_solve(f->workspace, &f->problem, &solution, &info, error);
}

static enum mando_status call_optimize_burn_bound(struct fixture *f, struct mando_error *error)
{
    double bound_eur;
    return mando_optimize_burn_bound(f->workspace, &f->problem, &bound_eur, error);
}

static const struct mando_batch_settings SMALL_BATCH = {
    .optimize = {.periods_max = 8, .segments_max = 64, .segments_stored = 1024}, .slots_max = 128};

static enum mando_status call_batch_setup(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct mando_batch *workspace = NOWHERE;
    enum mando_status status = mando_batch_setup(&SMALL_BATCH, &workspace, error);
    check_nowhere(status, workspace);
    if (!status)
        mando_batch_free(workspace);
    return status;
}

static enum mando_status call_batch_free(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_batch_free(f->batch);
    f->batch = NULL;
    return MANDO_OK;
}

/* One problem in a lane, and one that is solved alone. */
static enum mando_status call_batch_solve(struct fixture *f, struct mando_error *error)
{
    double objective_eur[2], power_mw[8], soc_mwh[8];
    struct mando_optimize_problem problems[2] = {f->problem, f->problem};
    struct mando_batch_solution solution = {objective_eur, power_mw, soc_mwh};
    struct mando_batch_info info;
    problems[1].self_discharge_per_h = 0.01;
    return mando_batch_solve(f->batch, problems, 2, &solution, &info, error);
}

static enum mando_status make_plan(struct fixture *f, const struct mando_plan_options *options,
                                   struct mando_error *error)
{
    struct mando_plan *plan = NOWHERE;
    enum mando_status status = mando_plan_make(&f->battery, &f->prices, options, &plan, error);
    check_nowhere(status, plan);
    if (!status)
        mando_plan_free(plan);
    return status;
}

static enum mando_status call_plan_make(struct fixture *f, struct mando_error *error)
{
    struct mando_plan_options options = {.horizon = MANDO_HORIZON_ALL};
    return make_plan(f, &options, error);
}

static enum mando_status call_plan_make_with_all(struct fixture *f, struct mando_error *error)
{
    struct mando_plan_options options = {
        .horizon = MANDO_HORIZON_DAY, .zone = f->zone, .lot_mw = 0.1, .burn_bound = 1};
    return make_plan(f, &options, error);
}

/* Prices at which burning would pay, so that the search branches. */
static enum mando_status call_plan_make_of_a_site(struct fixture *f, struct mando_error *error)
{
    static const double PRICES[] = {-50, -49, -52, -48, -51, -47, -53, -46};
    static const double PV_MW[8] = {0.1};
    f->battery.power_charge_mw = f->battery.power_discharge_mw = 2;
    f->battery.efficiency_charge = 0.5;
    f->battery.efficiency_discharge = 1;
    f->battery.soc_max_mwh = 1.5;
    f->battery.soc_end_mwh = NAN;
    f->battery.ramp_mw_per_h_max = 3;
    f->prices.count = 8;
    f->prices.step_us = MANDO_HOUR_US;
    f->prices.buy_eur_per_mwh = f->prices.sell_eur_per_mwh = PRICES;
    f->prices.pv_mw = PV_MW;
    return make_plan(f, NULL, error);
}

static enum mando_status call_plan_free(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_plan_free(f->plan);
    f->plan = NULL;
    return MANDO_OK;
}

static enum mando_status call_plan_sum(struct fixture *f, struct mando_error *error)
{
    (void)error;
    (void)mando_plan_sum(f->plan, &f->battery, &f->prices, 0, f->plan->periods);
    return MANDO_OK;
}

/* A file is there whole or not at all. */
static enum mando_status write_schedule(struct fixture *f, enum fixture_file file,
                                        struct mando_error *error)
{
    (void)unlink(file_path(file));
    enum mando_status status = mando_schedule_write(file_path(file), f->plan, error);
    must((access(file_path(file), F_OK) == 0) == (status == MANDO_OK), "a whole file");
    return status;
}

static enum mando_status call_schedule_write(struct fixture *f, struct mando_error *error)
{
    return write_schedule(f, SCHEDULE_FILE, error);
}

static enum mando_status call_schedule_write_gzip(struct fixture *f, struct mando_error *error)
{
    return write_schedule(f, SCHEDULE_GZIP, error);
}

static enum mando_status call_point_id_check(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return mando_point_id_check("a/b", 3, error);
}

static enum mando_status call_point_pattern_check(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return mando_point_pattern_check("a/**", 4, error);
}

static const char CONFIGURATION[] =
    "{\"type\": \"StaticData\", \"json_schema\": {}, \"tags\": {\"a\": \"b\"}}";

static enum mando_status parse_point(struct mando_point *point, char **document,
                                     struct mando_error *error)
{
    return mando_point_parse("a/b", (enum mando_point_type)0, CONFIGURATION, strlen(CONFIGURATION),
                             point, document, error);
}

static enum mando_status call_point_parse(struct fixture *f, struct mando_error *error)
{
    (void)f;
    char *document = NOWHERE;
    OUTPUT(struct mando_point, point);
    enum mando_status status = parse_point(&point, &document, error);
    check_nowhere(status, document);
    check_untouched(status, &point, sizeof point);
    if (!status)
        mando_text_free(document);
    return status;
}

static enum mando_status call_point_format(struct fixture *f, struct mando_error *error)
{
    (void)f;
    const struct mando_point point = {.type = MANDO_SERIES, .aggregation = MANDO_MEAN};
    char *text = NOWHERE;
    OUTPUT(size_t, length);
    enum mando_status status = mando_point_format(&point, &text, &length, error);
    check_nowhere(status, text);
    check_untouched(status, &length, sizeof length);
    if (!status)
        mando_text_free(text);
    return status;
}

static enum mando_status call_point_document_check(struct fixture *f, struct mando_error *error)
{
    (void)f;
    const struct mando_point point = {.type = MANDO_DOCUMENT, .document = "{\"json_schema\":{}}"};
    return mando_point_document_check(&point, "{\"a\": 1}", 8, error);
}

static enum mando_status call_point_document_read(struct fixture *f, struct mando_error *error)
{
    (void)f;
    const struct mando_point point = {.type = MANDO_DOCUMENT};
    char *text = NOWHERE;
    OUTPUT(size_t, length);
    enum mando_status status =
        mando_point_document_read(&point, "{\"a\": 1}", 8, &text, &length, error);
    check_nowhere(status, text);
    check_untouched(status, &length, sizeof length);
    if (!status)
        mando_text_free(text);
    return status;
}

static enum mando_status call_point_labels(struct fixture *f, struct mando_error *error)
{
    (void)f;
    const struct mando_point point = {.document = "{\"labels\":[\"a\",\"b\"]}"};
    const char *const *labels = NOWHERE;
    enum mando_status status = mando_point_labels(&point, &labels, error);
    check_nowhere(status, labels);
    if (!status)
        mando_point_labels_free(labels);
    return status;
}

static enum mando_status call_point_labels_free(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    mando_point_labels_free(NULL);
    return MANDO_OK;
}

static enum mando_status call_point_matches(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    return mando_point_matches("a/**", "a/b") ? MANDO_OK : MANDO_INVALID;
}

static enum mando_status call_point_type_name(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    return *mando_point_type_name(MANDO_SERIES) ? MANDO_OK : MANDO_INVALID;
}

static enum mando_status call_aggregation_name(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    return *mando_aggregation_name(MANDO_MEAN) ? MANDO_OK : MANDO_INVALID;
}

static const int64_t ROW_START_US[2] = {0, MANDO_HOUR_US};
static const double ROW_VALUE[2] = {1, 2};
static const uint8_t ROW_BITS[1] = {2}; /* from bit 1 on: row 0 is marked */

static enum mando_status open_rows(struct ArrowArrayStream *stream, struct mando_error *error)
{
    struct mando_rows rows = {.count = 2,
                              .type = MANDO_SERIES,
                              .width = 1,
                              .valid_start_us = ROW_START_US,
                              .value = ROW_VALUE,
                              .deleted = {ROW_BITS, 1}};
    return mando_rows_stream(&rows, stream, error);
}

static enum mando_status call_rows_stream(struct fixture *f, struct mando_error *error)
{
    (void)f;
    OUTPUT(struct ArrowArrayStream, stream);
    enum mando_status status = open_rows(&stream, error);
    check_untouched(status, &stream, sizeof stream);
    if (!status)
        stream.release(&stream);
    return status;
}

static enum mando_status call_rows_next(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    enum mando_status status = open_rows(&stream, error);
    if (status)
        return status;
    do {
        status = mando_rows_next(&stream, &rows, error);
    } while (rows.count > 0);
    must(!rows.owned, "holding nothing");
    stream.release(&stream);
    return status;
}

static enum mando_status take_point(void *context, const struct mando_rows_point *point,
                                    const struct mando_zone **zone_out, struct mando_error *error)
{
    (void)context;
    (void)error;
    *zone_out = NULL;
    must(point->index == 0, "the index of a point");
    return MANDO_OK;
}

static const struct mando_rows_options READ_OPTIONS = {.id = "a/b", .point = take_point};

static enum mando_status call_rows_convert(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return mando_rows_convert(file_path(ROWS_FILE), MANDO_ROWS_CSV, file_path(SCHEDULE_GZIP),
                              MANDO_ROWS_NDJSON, NULL, error);
}

static enum mando_status call_rows_read_open(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct mando_rows_reader *reader = NOWHERE;
    enum mando_status status =
        mando_rows_read_open(file_path(ROWS_FILE), MANDO_ROWS_CSV, &READ_OPTIONS, &reader, error);
    check_nowhere(status, reader);
    if (!status)
        mando_rows_read_close(reader);
    return status;
}

/* With an id that is new in each row. */
static enum mando_status call_rows_read_open_text(struct fixture *f, struct mando_error *error)
{
    static const char TEXT[] = "{\"series\": [{\"start\": [\"2025-12-01\"], \"value\": [1]}]}";
    (void)f;
    struct mando_rows_reader *reader = NOWHERE;
    enum mando_status status = mando_rows_read_open_text(
        TEXT, sizeof TEXT - 1, "text", MANDO_ROWS_JSON, &READ_OPTIONS, &reader, error);
    check_nowhere(status, reader);
    if (!status)
        mando_rows_read_close(reader);
    return status;
}

static enum mando_status call_rows_read_next(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {.count = 1};
    enum mando_status status =
        mando_rows_read_open(file_path(ROWS_IDS_FILE), MANDO_ROWS_NDJSON, NULL, &reader, error);
    while (!status && rows.count > 0)
        status = mando_rows_read_next(reader, &rows, error);
    mando_rows_read_close(reader);
    return status;
}

static enum mando_status call_rows_read_close(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_rows_read_close(f->reader);
    f->reader = NULL;
    return MANDO_OK;
}

static enum mando_status call_rows_read_ids(struct fixture *f, struct mando_error *error)
{
    (void)error;
    size_t count = 0;
    (void)mando_rows_read_ids(f->reader, &count);
    return count == 1 ? MANDO_OK : MANDO_INVALID;
}

static enum mando_status call_rows_read_place(struct fixture *f, struct mando_error *error)
{
    (void)error;
    (void)mando_rows_read_place(f->reader, 0);
    return MANDO_OK;
}

static enum mando_status call_rows_read_fail(struct fixture *f, struct mando_error *error)
{
    mando_rows_read_fail(f->reader, (struct mando_rows_place){1, 1}, error);
    return MANDO_OK;
}

static enum mando_status call_rows_release(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    struct mando_rows rows = {0};
    mando_rows_release(&rows);
    return MANDO_OK;
}

static const struct mando_point ROW_POINT = {.id = "a/b", .width = 1};
static const struct mando_rows_write_options WRITE_OPTIONS = {.points = &ROW_POINT,
                                                              .point_count = 1};

static enum mando_status call_rows_write(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct ArrowArrayStream stream;
    (void)unlink(file_path(SCHEDULE_GZIP));
    enum mando_status status = open_rows(&stream, error);
    if (status)
        return status;
    status =
        mando_rows_write(file_path(SCHEDULE_GZIP), MANDO_ROWS_CSV, &stream, &WRITE_OPTIONS, error);
    stream.release(&stream);
    must((access(file_path(SCHEDULE_GZIP), F_OK) == 0) == (status == MANDO_OK), "a whole file");
    return status;
}

static int take_bytes(void *context, const char *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    return length == 0;
}

static enum mando_status call_duckdb_version(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    (void)mando_duckdb_version(); /* NULL where it is not there */
    return MANDO_OK;
}

static enum mando_status call_rows_write_to(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct ArrowArrayStream stream;
    enum mando_status status = open_rows(&stream, error);
    if (status)
        return status;
    status = mando_rows_write_to(take_bytes, NULL, MANDO_ROWS_JSON, &stream, &WRITE_OPTIONS, error);
    stream.release(&stream);
    return status;
}

static enum mando_status call_time_add(struct fixture *f, struct mando_error *error)
{
    int64_t time_us;
    return mando_time_add(0, (struct mando_duration){1, 2, 3}, f->zone, &time_us, error);
}

static enum mando_status call_time_format(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    char text[MANDO_TIME_TEXT_SIZE];
    mando_time_format(0, text);
    return MANDO_OK;
}

static enum mando_status call_time_parse(struct fixture *f, struct mando_error *error)
{
    int64_t time_us;
    return mando_time_parse("2025-12-01", 10, f->zone, &time_us, error);
}

static enum mando_status call_time_parse_relative(struct fixture *f, struct mando_error *error)
{
    int64_t time_us;
    return mando_time_parse_relative("D-1T12:57", 9, f->zone, 0, &time_us, error);
}

static enum mando_status open_zone(const char *name, struct mando_error *error)
{
    struct mando_zone *zone = NOWHERE;
    enum mando_status status = mando_zone_open(name, NULL, &zone, error);
    check_nowhere(status, zone);
    if (!status)
        mando_zone_free(zone);
    return status;
}

static enum mando_status call_zone_open(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return open_zone("Europe/Berlin", error);
}

static enum mando_status call_zone_open_utc(struct fixture *f, struct mando_error *error)
{
    (void)f;
    return open_zone("UTC", error);
}

static void pause_once(void *task)
{
    const struct mando_task_wait wait = {.fd = -1, .timeout_ms = 1};
    must(mando_task_pause(task, &wait) == 1, "pausing a task");
}

static enum mando_status call_task_new(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct mando_task *task = NOWHERE;
    struct mando_task_wait wait;
    enum mando_status status = mando_task_new(&task, error);
    check_nowhere(status, task);
    if (status)
        return status;
    mando_task_start(task, pause_once, task);
    must(mando_task_step(task, 0, &wait) == 1, "stepping a task");
    must(mando_task_step(task, 1, &wait) == 0, "stepping a task to its end");
    mando_task_free(task);
    return status;
}

static enum mando_status call_zone_free(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_zone_free(f->zone);
    f->zone = NULL;
    return MANDO_OK;
}

static enum mando_status call_zone_name(struct fixture *f, struct mando_error *error)
{
    (void)error;
    return *mando_zone_name(f->zone) ? MANDO_OK : MANDO_INVALID;
}

static enum mando_status call_zone_offset_us(struct fixture *f, struct mando_error *error)
{
    (void)error;
    return mando_zone_offset_us(f->zone, 0) ? MANDO_OK : MANDO_INVALID;
}

static enum mando_status call_zone_instant(struct fixture *f, struct mando_error *error)
{
    int64_t time_us;
    return mando_zone_instant(f->zone, 0, 0, &time_us, error);
}

static enum mando_status call_zone_calendar(struct fixture *f, struct mando_error *error)
{
    (void)error;
    return mando_zone_calendar(f->zone, 0).year == 1970 ? MANDO_OK : MANDO_INVALID;
}

static enum mando_status call_zone_day_start_us(struct fixture *f, struct mando_error *error)
{
    (void)error;
    return mando_zone_day_start_us(f->zone, 0, 1) > 0 ? MANDO_OK : MANDO_INVALID;
}

static enum mando_status call_zone_format(struct fixture *f, struct mando_error *error)
{
    (void)error;
    char text[MANDO_TIME_TEXT_SIZE];
    mando_zone_format(f->zone, 0, text);
    return MANDO_OK;
}

static enum mando_status call_accounts(struct fixture *f, struct mando_error *error)
{
    (void)f;
    struct mando_accounts accounts;
    mando_accounts_init(&accounts);
    return mando_accounts_check(&accounts, error);
}

static enum mando_status book_plan(struct fixture *f, struct mando_ledger *ledger_out,
                                   struct mando_error *error)
{
    static struct mando_accounts accounts;
    mando_accounts_init(&accounts);
    return mando_ledger_book(&accounts, &f->battery, &f->prices, f->plan, f->zone, ledger_out,
                             error);
}

static enum mando_status call_ledger_book(struct fixture *f, struct mando_error *error)
{
    OUTPUT(struct mando_ledger, ledger);
    enum mando_status status = book_plan(f, &ledger, error);
    check_untouched(status, &ledger, sizeof ledger);
    if (!status)
        mando_ledger_release(&ledger);
    return status;
}

static enum mando_status call_ledger_stream(struct fixture *f, struct mando_error *error)
{
    struct mando_ledger ledger = {0};
    struct ArrowArrayStream stream = {.private_data = NOWHERE};
    enum mando_status status = book_plan(f, &ledger, error);
    if (status)
        return status;
    status = mando_ledger_stream(&ledger, "run", "EUR", &stream, error);
    check_nowhere(status, stream.private_data);
    if (!status)
        stream.release(&stream);
    mando_ledger_release(&ledger);
    return status;
}

enum use { ALLOCATES, DOES_NOT };

static const struct row {
    const char *function;
    enum use use;
    enum mando_status (*call)(struct fixture *f, struct mando_error *error);
} ROWS[] = {
    {"mando_aggregation_name", DOES_NOT, call_aggregation_name},
    {"mando_backtest_run", ALLOCATES, call_backtest_run},
    {"mando_batch_free", DOES_NOT, call_batch_free},
    {"mando_batch_setup", ALLOCATES, call_batch_setup},
    {"mando_batch_solve", DOES_NOT, call_batch_solve},
    {"mando_battery_check", DOES_NOT, call_battery_check},
    {"mando_battery_init", DOES_NOT, call_battery_init},
    {"mando_battery_parse", ALLOCATES, call_battery_parse},
    {"mando_catalog_release", DOES_NOT, call_catalog_release},
    {"mando_duckdb_version", DOES_NOT, call_duckdb_version},
    {"mando_duration_format", DOES_NOT, call_duration_format},
    {"mando_duration_parse", DOES_NOT, call_duration_parse},
    {"mando_error_kind_at", DOES_NOT, call_error_kind_at},
    {"mando_file_read", ALLOCATES, call_file_read},
    {"mando_file_read", ALLOCATES, call_file_read_gzip},
    {"mando_flow_check", ALLOCATES, call_flow_check},
    {"mando_flow_diff", ALLOCATES, call_flow_diff},
    {"mando_flow_explain", ALLOCATES, call_flow_explain},
    {"mando_flow_rerun", ALLOCATES, call_flow_rerun},
    {"mando_flow_run", ALLOCATES, call_flow_run},
    {"mando_flow_step_name", DOES_NOT, call_flow_step_name},
    {"mando_run_find", ALLOCATES, call_run_find},
    {"mando_forecast_persistence", DOES_NOT, call_forecast},
    {"mando_score_crps", DOES_NOT, call_scores},
    {"mando_score_mae", DOES_NOT, call_scores},
    {"mando_score_rmse", DOES_NOT, call_scores},
    {"mando_gate_check", DOES_NOT, call_gate_check},
    {"mando_optimize_burn_bound", DOES_NOT, call_optimize_burn_bound},
    {"mando_optimize_free", DOES_NOT, call_optimize_free},
    {"mando_optimize_setup", ALLOCATES, call_optimize_setup},
    {"mando_optimize_solve", DOES_NOT, call_optimize_solve},
    {"mando_paths_read", ALLOCATES, call_paths_read},
    {"mando_paths_read", ALLOCATES, call_paths_read_converted},
    {"mando_paths_release", DOES_NOT, call_paths_release},
    {"mando_paths_solve", ALLOCATES, call_paths_solve},
    {"mando_paths_solve", ALLOCATES, call_paths_solve_days},
    {"mando_paths_worth_free", DOES_NOT, call_paths_worth_free},
    {"mando_plan_free", DOES_NOT, call_plan_free},
    {"mando_plan_make", ALLOCATES, call_plan_make},
    {"mando_plan_make", ALLOCATES, call_plan_make_of_a_site},
    {"mando_plan_make", ALLOCATES, call_plan_make_with_all},
    {"mando_plan_sum", DOES_NOT, call_plan_sum},
    {"mando_point_document_check", ALLOCATES, call_point_document_check},
    {"mando_point_document_read", ALLOCATES, call_point_document_read},
    {"mando_point_format", ALLOCATES, call_point_format},
    {"mando_point_id_check", DOES_NOT, call_point_id_check},
    {"mando_point_labels", ALLOCATES, call_point_labels},
    {"mando_point_labels_free", DOES_NOT, call_point_labels_free},
    {"mando_point_matches", DOES_NOT, call_point_matches},
    {"mando_point_parse", ALLOCATES, call_point_parse},
    {"mando_point_pattern_check", DOES_NOT, call_point_pattern_check},
    {"mando_point_type_name", DOES_NOT, call_point_type_name},
    {"mando_prices_read", ALLOCATES, call_prices_read},
    {"mando_prices_read", ALLOCATES, call_prices_read_converted},
    {"mando_prices_read", ALLOCATES, call_prices_read_gzip},
    {"mando_prices_read", ALLOCATES, call_prices_read_smard},
    {"mando_prices_release", DOES_NOT, call_prices_release},
    {"mando_resolution_parse", DOES_NOT, call_resolution_parse},
    {"mando_rows_convert", ALLOCATES, call_rows_convert},
    {"mando_rows_next", ALLOCATES, call_rows_next},
    {"mando_rows_read_close", DOES_NOT, call_rows_read_close},
    {"mando_rows_read_fail", DOES_NOT, call_rows_read_fail},
    {"mando_rows_read_ids", DOES_NOT, call_rows_read_ids},
    {"mando_rows_read_next", ALLOCATES, call_rows_read_next},
    {"mando_rows_read_open", ALLOCATES, call_rows_read_open},
    {"mando_rows_read_open_text", ALLOCATES, call_rows_read_open_text},
    {"mando_rows_read_place", DOES_NOT, call_rows_read_place},
    {"mando_rows_release", DOES_NOT, call_rows_release},
    {"mando_rows_stream", ALLOCATES, call_rows_stream},
    {"mando_rows_write", ALLOCATES, call_rows_write},
    {"mando_rows_write_to", ALLOCATES, call_rows_write_to},
    {"mando_schedule_write", ALLOCATES, call_schedule_write},
    {"mando_schedule_write", ALLOCATES, call_schedule_write_gzip},
    {"mando_service_audit_verify", ALLOCATES, call_service_audit_verify},
    {"mando_service_backup", ALLOCATES, call_service_backup},
    {"mando_service_catalog", ALLOCATES, call_service_catalog},
    {"mando_service_check", ALLOCATES, call_service_check},
    {"mando_service_configure", ALLOCATES, call_service_configure},
    {"mando_service_copy", ALLOCATES, call_service_copy},
    {"mando_service_free", DOES_NOT, call_service_free},
    {"mando_service_history", ALLOCATES, call_service_history},
    {"mando_service_insert", ALLOCATES, call_service_insert},
    {"mando_service_migrate", ALLOCATES, call_service_migrate},
    {"mando_service_open", ALLOCATES, call_service_open},
    {"mando_service_retrieve", ALLOCATES, call_service_retrieve},
    {"mando_service_retrieve", ALLOCATES, call_service_retrieve_days},
    {"mando_service_schema", DOES_NOT, call_service_schema},
    {"mando_service_version", DOES_NOT, call_service_version},
    {"mando_status_name", DOES_NOT, call_status_name},
    {"mando_task_free", ALLOCATES, call_task_new},
    {"mando_task_new", ALLOCATES, call_task_new},
    {"mando_task_pause", ALLOCATES, call_task_new},
    {"mando_task_start", ALLOCATES, call_task_new},
    {"mando_task_step", ALLOCATES, call_task_new},
    {"mando_text_free", DOES_NOT, call_text_free},
    {"mando_time_add", DOES_NOT, call_time_add},
    {"mando_time_format", DOES_NOT, call_time_format},
    {"mando_time_parse", DOES_NOT, call_time_parse},
    {"mando_time_parse_relative", DOES_NOT, call_time_parse_relative},
    {"mando_transaction_begin", ALLOCATES, call_transaction_begin},
    {"mando_transaction_commit", ALLOCATES, call_transaction_configure},
    {"mando_transaction_configure", ALLOCATES, call_transaction_configure},
    {"mando_transaction_free", DOES_NOT, call_transaction_free},
    {"mando_transaction_records", ALLOCATES, call_transaction_records},
    {"mando_service_records", ALLOCATES, call_service_records},
    {"mando_records_next", ALLOCATES, call_service_records},
    {"mando_records_release", DOES_NOT, call_records_release},
    {"mando_accounts_init", DOES_NOT, call_accounts},
    {"mando_accounts_check", DOES_NOT, call_accounts},
    {"mando_ledger_book", ALLOCATES, call_ledger_book},
    {"mando_ledger_stream", ALLOCATES, call_ledger_stream},
    {"mando_ledger_release", ALLOCATES, call_ledger_book},
    {"mando_transaction_values", ALLOCATES, call_transaction_values},
    {"mando_zone_calendar", DOES_NOT, call_zone_calendar},
    {"mando_zone_day_start_us", DOES_NOT, call_zone_day_start_us},
    {"mando_zone_format", DOES_NOT, call_zone_format},
    {"mando_zone_free", DOES_NOT, call_zone_free},
    {"mando_zone_instant", DOES_NOT, call_zone_instant},
    {"mando_zone_name", DOES_NOT, call_zone_name},
    {"mando_zone_offset_us", DOES_NOT, call_zone_offset_us},
    {"mando_zone_open", ALLOCATES, call_zone_open},
    {"mando_zone_open", ALLOCATES, call_zone_open_utc},
};

/* Calls a row's function with room for so many allocations; answers how many it asked for. */
static int64_t call_row(const struct row *row, int64_t allocations, enum mando_status *status_out)
{
    struct fixture fixture;
    struct mando_error error = {.code = ""};
    fixture_make(&fixture);
    mando_alloc_fail_after(allocations);
    *status_out = row->call(&fixture, &error);
    int64_t asked = mando_alloc_calls();
    mando_alloc_fail_after(-1);
    fixture_release(&fixture);
    bool right = *status_out == MANDO_OK ? error.code[0] == '\0'
                                         : *status_out == MANDO_NO_MEMORY && asked > allocations
                                               && strcmp(error.code, "memory") == 0;
    if (!right)
        (void)fprintf(stderr, "%s after %d allocations: %s, code \"%s\", %s\n", row->function,
                      (int)allocations, mando_status_name(*status_out), error.code,
                      *error.code ? error.message : "");
    must(right, row->function);
    return asked;
}

/* Up to the first call that is given all it asks for. */
static void run_row(const struct row *row)
{
    enum mando_status status;
    int64_t allocations = 0;
    while (call_row(row, allocations, &status) > allocations) {
        must(row->use == ALLOCATES, row->function);
        must(allocations++ < CALLS_MAX, row->function);
    }
    must(status == MANDO_OK, row->function);
    must(row->use == DOES_NOT || allocations > 0, row->function);
    if (allocations)
        (void)printf("%-28s fails at each of %d allocations\n", row->function, (int)allocations);
}

int main(int argc, char **argv)
{
    bool list = argc > 1 && strcmp(argv[1], "--list") == 0;
    if (!list) {
        files_make();
        desk_make();
    }
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        if (list)
            (void)puts(ROWS[i].function);
        else
            run_row(&ROWS[i]);
    }
    if (!list) {
        desk_release();
        files_remove();
    }
    return 0;
}
