#include "stored_prices.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/vector.h"
#include "mando/rows.h"
#include "store.h"

#define UNIT "EUR/MWh"

struct reading {
    const struct cli *cli;
    const char *id;
    struct mando_service *service;
    struct mando_catalog catalog;
    struct mando_zone *zone; /* of the data point; NULL = UTC */
    struct mando_query query;
    struct ArrowArrayStream stream;
    struct mando_vector prices;        /* doubles */
    int64_t start_us, step_us, end_us; /* of all prices so far */
};

static void release(struct reading *reading)
{
    if (reading->stream.release)
        reading->stream.release(&reading->stream);
    mando_vector_release(&reading->prices);
    mando_zone_free(reading->zone);
    mando_catalog_release(&reading->catalog);
    mando_service_free(reading->service);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

bool cli_prices_are_stored(const char *prices)
{
    struct stat file;
    bool is_missing =
        strcmp(prices, "-") != 0 && stat(prices, &file) && (errno == ENOENT || errno == ENOTDIR);
    return is_missing && !mando_point_id_check(prices, strlen(prices), NULL)
           && !ends_with(prices, ".csv") && !ends_with(prices, ".gz");
}

static enum mando_status open_service(struct reading *reading, struct mando_error *error)
{
    enum mando_status status = cli_service_open(reading->cli, false, &reading->service, error);
    if (status != MANDO_NOT_FOUND)
        return status;
    char room[MANDO_URL_TEXT_SIZE];
    const char *db = cli_setting_text(&reading->cli->settings, CLI_SETTING_ROW_db, room);
    return mando_fail_at(error, MANDO_E_DB_NOT_FOUND, db, 0, 0,
                         "there is no such database, in which %.120s could be a data point, and no "
                         "file of that name",
                         reading->id);
}

static enum mando_status find_point(struct reading *reading, struct mando_error *error)
{
    enum mando_status status =
        mando_service_catalog(reading->service, &reading->query, &reading->catalog, error);
    if (status == MANDO_NOT_FOUND)
        return mando_fail_at(error, MANDO_E_POINT_UNKNOWN, reading->id, 0, 0,
                             "there is neither a file nor a data point of this name");
    if (status)
        return status;
    const struct mando_point *point = &reading->catalog.items[0].point;
    if (point->type != MANDO_SERIES)
        return mando_fail_at(error, MANDO_E_VALUES_TYPE, reading->id, 0, 0,
                             "the data point is no TimeSeriesDouble, which prices must be");
    if (strcmp(point->unit, UNIT) != 0)
        return mando_fail_at(error, MANDO_E_VALUES_TYPE, reading->id, 0, 0,
                             "the unit of the data point is \"%s\", that of prices must be " UNIT,
                             point->unit);
    return point->time_zone[0] ? mando_zone_open(
               point->time_zone, reading->cli->settings.zone_folder, &reading->zone, error)
                               : MANDO_OK;
}

static enum mando_status fail_missing(const struct reading *reading, int64_t start_us,
                                      int64_t end_us, struct mando_error *error)
{
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE];
    mando_time_format(start_us, start);
    mando_time_format(end_us, end);
    return mando_fail_at(error, MANDO_E_PRICES_MISSING, reading->id, 0, 0,
                         "there is no price from %s to %s", start, end);
}

static enum mando_status fail_step(const struct reading *reading, int64_t start_us, int64_t step_us,
                                   struct mando_error *error)
{
    char start[MANDO_TIME_TEXT_SIZE], step[MANDO_TIME_TEXT_SIZE], first[MANDO_TIME_TEXT_SIZE];
    mando_time_format(start_us, start);
    mando_duration_format((struct mando_duration){.time_us = step_us}, step);
    mando_duration_format((struct mando_duration){.time_us = reading->step_us}, first);
    if (reading->query.resolution)
        return mando_fail_at(error, MANDO_E_PRICES_RESOLUTION, reading->id, 0, 0,
                             "with a resolution of %.40s the period from %s lasts %s, those before "
                             "it %s: a plan needs equal ones",
                             reading->query.resolution, start, step, first);
    return mando_fail_at(error, MANDO_E_PRICES_STEP, reading->id, 0, 0,
                         "prices are of %s up to %s and of %s from there on: --resolution makes "
                         "them equal",
                         first, start, step);
}

static enum mando_status fail_at_time(const struct reading *reading, enum mando_error_code code,
                                      int64_t start_us, const char *what, struct mando_error *error)
{
    char start[MANDO_TIME_TEXT_SIZE];
    mando_time_format(start_us, start);
    return mando_fail_at(error, code, reading->id, 0, 0, "the price of %s %s", start, what);
}

/* A period begins where the one before it ends, and is as long. */
static enum mando_status check_period(struct reading *reading, int64_t start_us, int64_t end_us,
                                      struct mando_error *error)
{
    if (end_us <= start_us)
        return fail_at_time(reading, MANDO_E_PRICES_STEP, start_us,
                            "is one of an instant: a plan needs periods", error);
    if (reading->prices.count == 0) {
        reading->start_us = reading->end_us = start_us;
        reading->step_us = end_us - start_us;
    }
    if (start_us > reading->end_us)
        return fail_missing(reading, reading->end_us, start_us, error);
    if (start_us < reading->end_us)
        return fail_at_time(reading, MANDO_E_VALUES_OVERLAP, start_us,
                            "begins before the one before it ends", error);
    return end_us - start_us == reading->step_us
               ? MANDO_OK
               : fail_step(reading, start_us, end_us - start_us, error);
}

static enum mando_status take_row(struct reading *reading, const struct mando_rows *rows,
                                  size_t row, struct mando_error *error)
{
    int64_t start_us = rows->valid_start_us[row], end_us = rows->valid_end_us[row];
    double price = mando_rows_number(rows, row, 0);
    enum mando_status status = check_period(reading, start_us, end_us, error);
    if (!status && isnan(price))
        status = fail_missing(reading, start_us, end_us, error);
    if (status)
        return status;
    reading->end_us = end_us;
    status = mando_vector_push(&reading->prices, &price);
    if (status == MANDO_LIMIT)
        return mando_fail_at(error, MANDO_E_IO_LIMIT, reading->id, 0, 0,
                             "there are more than %zu prices, the most that --rows-max allows",
                             reading->prices.count_max);
    return status ? mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the prices")
                  : MANDO_OK;
}

static enum mando_status read_rows(struct reading *reading, struct mando_error *error)
{
    struct mando_rows rows MANDO_CLEANUP(mando_rows_release) = {0};
    enum mando_status status =
        mando_service_retrieve(reading->service, &reading->query, NULL, &reading->stream, error);
    while (!status) {
        status = mando_rows_next(&reading->stream, &rows, error);
        if (status || rows.count == 0)
            break;
        for (size_t i = 0; i < rows.count && !status; i++)
            status = take_row(reading, &rows, i, error);
    }
    if (!status && reading->prices.count == 0)
        status = mando_fail_at(error, MANDO_E_PRICES_ROWS, reading->id, 0, 0,
                               "no price starts in the wanted range, or none was known or stored");
    return status;
}

/* The name of the flag whose time cannot be used; NULL where all were read. */
static const char *read_times(struct reading *reading, const struct cli_optimize *job,
                              struct mando_error *error)
{
    struct mando_query *query = &reading->query;
    const struct {
        const char *flag;
        int64_t *time_us;
    } TIMES[] = {{"--from", &query->from_us},
                 {"--to", &query->to_us},
                 {"--as-of", &query->as_of.knowledge_us},
                 {"--stored-until", &query->as_of.change_us}};
    const struct mando_zone *zone = job->zone ? job->zone : reading->zone;
    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES; i++)
        if (cli_flag_time(reading->cli, TIMES[i].flag, zone, TIMES[i].time_us, error))
            return TIMES[i].flag;
    if (query->from_us <= query->to_us)
        return NULL;
    (void)mando_fail(error, MANDO_E_TIME_ORDER, -1, "from is %.40s, which is after to, %.40s",
                     cli_flag_value(reading->cli, "--from"), cli_flag_value(reading->cli, "--to"));
    return "--from";
}

/* The memory of the prices becomes the series'. */
static void take_prices(struct reading *reading, struct mando_prices *prices_out)
{
    *prices_out = (struct mando_prices){.count = reading->prices.count,
                                        .start_us = reading->start_us,
                                        .step_us = reading->step_us,
                                        .buy_eur_per_mwh = reading->prices.items,
                                        .sell_eur_per_mwh = reading->prices.items,
                                        .owned = reading->prices.items};
    mando_vector_init(&reading->prices, sizeof(double), 0);
}

int cli_stored_prices_read(const struct cli *cli, struct cli_optimize *job)
{
    struct mando_error error = {0};
    MANDO_CLEANUP(release)
    struct reading reading = {.cli = cli, .id = job->prices_path, .query = MANDO_QUERY_DEFAULT};
    reading.query.patterns = &reading.id;
    reading.query.pattern_count = 1;
    reading.query.resolution = cli_flag_value(cli, "--resolution");
    mando_vector_init(&reading.prices, sizeof(double), cli->settings.rows_max);
    if (cli_flag_resolution_check(cli, &error))
        return cli_report(cli, CLI_USAGE, &error);
    enum mando_status status = open_service(&reading, &error);
    if (!status)
        status = find_point(&reading, &error);
    const char *flag = status ? NULL : read_times(&reading, job, &error);
    if (flag)
        return cli_report_flag(cli, flag, &error);
    if (!status)
        status = read_rows(&reading, &error);
    if (status)
        return cli_report(cli, CLI_REFUSED, &error);
    job->as_of = reading.query.as_of;
    take_prices(&reading, &job->prices);
    return CLI_OK;
}
