#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "store.h"

static const struct cli_flag FLAGS[] = {
    {"--from", "TIME",
     "first start that counts: ISO 8601, a date, or today, D-1T12:00, now-PT2H;\n"
     "dates and days are those of the data point's zone; default: all"},
    {"--to", "TIME", "first start that no longer counts; default: all"},
    {"--as-of", "TIME", "only what was known then; default: all that is known"},
    {"--stored-until", "TIME", "only what was stored by then; default: all that is stored"},
    {"--history", NULL, "every version, with when it was known and stored, and by whom"},
    {"--resolution", "STEP",
     "ISO 8601, such as PT1H or P1D: values of these periods, by the aggregation\n"
     "of the data point; default: as stored"},
    {"--partial", NULL, "with --resolution: a value where some of a period is missing"},
    {"--format", "FORMAT",
     "csv, json, ndjson or parquet; default: csv, or what --json or --out tell"},
    {"--out", "FILE", "whole or not at all, .gz is compressed; default: standard output"},
    {0},
};

/* An answer of the service, and how it is written. */
struct answer {
    struct mando_catalog catalog;
    struct ArrowArrayStream stream;
    struct mando_rows_write_options options;
    struct mando_point *points;
    const char *const *labels;
};

static void release(struct answer *answer)
{
    if (answer->stream.release)
        answer->stream.release(&answer->stream);
    mando_point_labels_free(answer->labels);
    mando_free(answer->points);
    mando_catalog_release(&answer->catalog);
}

static bool is_pattern(const char *id)
{
    return strchr(id, '*') != NULL;
}

/* Days and dates on the command line are those of the first data point. */
static enum mando_status open_zone(const struct cli *cli, struct mando_service *service,
                                   struct mando_zone **zone_out, struct mando_error *error)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct mando_catalog catalog = {0};
    query.patterns = cli->arguments;
    query.pattern_count = cli->argument_count;
    enum mando_status status = mando_service_catalog(service, &query, &catalog, error);
    if (!status && catalog.count > 0 && catalog.items[0].point.time_zone[0])
        status = mando_zone_open(catalog.items[0].point.time_zone, cli->settings.zone_folder,
                                 zone_out, error);
    mando_catalog_release(&catalog);
    return status;
}

static enum mando_status read_times(const struct cli *cli, const struct mando_zone *zone,
                                    struct mando_query *query, struct mando_error *error)
{
    enum mando_status status = cli_flag_time(cli, "--from", zone, &query->from_us, error);
    if (!status)
        status = cli_flag_time(cli, "--to", zone, &query->to_us, error);
    if (!status)
        status = cli_flag_time(cli, "--as-of", zone, &query->as_of.knowledge_us, error);
    if (!status)
        status = cli_flag_time(cli, "--stored-until", zone, &query->as_of.change_us, error);
    if (!status && query->from_us > query->to_us)
        status = mando_fail(error, MANDO_E_TIME_ORDER, -1, "--from is later than --to");
    return status;
}

static enum mando_status make_options(const struct cli *cli, struct answer *answer,
                                      struct mando_error *error)
{
    const struct mando_catalog *catalog = &answer->catalog;
    answer->points = mando_alloc(catalog->count ? catalog->count : 1, sizeof *answer->points);
    if (!answer->points)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the catalog");
    const char *asked = cli_flag_value(cli, "--resolution");
    struct mando_duration step = {0};
    enum mando_status status =
        asked ? mando_resolution_parse(asked, strlen(asked), &step, error) : MANDO_OK;
    for (size_t i = 0; i < catalog->count; i++) {
        answer->points[i] = catalog->items[i].point;
        if (asked) /* what is written tells of the rows */
            answer->points[i].resolution = step;
    }
    answer->options = (struct mando_rows_write_options){
        .points = answer->points,
        .point_count = catalog->count,
        .width = 1,
        .with_id = cli->argument_count > 1 || is_pattern(cli->arguments[0]),
        .history = cli_flag_value(cli, "--history") != NULL};
    if (status || catalog->count == 0 || answer->points[0].type != MANDO_MATRIX)
        return status;
    answer->options.width = answer->points[0].width;
    status = mando_point_labels(&answer->points[0], &answer->labels, error);
    answer->options.labels = answer->labels;
    return status;
}

static enum mando_status write_answer(const struct cli *cli, struct mando_service *service,
                                      const struct mando_query *query,
                                      enum mando_rows_format format, struct mando_error *error)
{
    struct answer answer = {0};
    const char *out = cli_flag_value(cli, "--out");
    enum mando_status status =
        cli_flag_value(cli, "--history")
            ? mando_service_history(service, query, &answer.catalog, &answer.stream, error)
            : mando_service_retrieve(service, query, &answer.catalog, &answer.stream, error);
    if (!status)
        status = make_options(cli, &answer, error);
    if (!status)
        status = mando_rows_write(out ? out : "-", format, &answer.stream, &answer.options, error);
    release(&answer);
    return status;
}

/* Times are usage, all else is the world's. */
static int retrieve(const struct cli *cli, enum mando_rows_format format)
{
    struct mando_error error;
    struct mando_service *service = NULL;
    struct mando_zone *zone = NULL;
    struct mando_query query = MANDO_QUERY_DEFAULT;
    int exit_status = CLI_REFUSED;
    query.patterns = cli->arguments;
    query.pattern_count = cli->argument_count;
    query.resolution = cli_flag_value(cli, "--resolution");
    query.partial = cli_flag_value(cli, "--partial") != NULL;
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = open_zone(cli, service, &zone, &error);
    if (!status && (status = read_times(cli, zone, &query, &error)))
        exit_status = CLI_USAGE;
    if (!status)
        status = write_answer(cli, service, &query, format, &error);
    mando_zone_free(zone);
    mando_service_free(service);
    return status ? cli_report(cli, exit_status, &error) : CLI_OK;
}

static enum mando_status check(const struct cli *cli, enum mando_rows_format *format_out,
                               struct mando_error *error)
{
    const char *resolution = cli_flag_value(cli, "--resolution");
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < cli->argument_count && !status; i++)
        status = mando_point_pattern_check(cli->arguments[i], strlen(cli->arguments[i]), error);
    if (!status)
        status = cli_flag_times_check(cli, error);
    if (!status)
        status = cli_flag_resolution_check(cli, error);
    if (!status && resolution && cli_flag_value(cli, "--history"))
        status = mando_fail(error, MANDO_E_USAGE_FLAG, -1,
                            "--history shows versions as they were stored: it cannot follow "
                            "--resolution");
    if (!status && !resolution && cli_flag_value(cli, "--partial"))
        status = mando_fail(error, MANDO_E_USAGE_MISSING, -1, "--partial needs --resolution");
    if (status)
        return status;
    return cli_rows_format(cli, cli_flag_value(cli, "--out"),
                           cli->json ? MANDO_ROWS_JSON : MANDO_ROWS_CSV, format_out, error);
}

static int run(struct cli *cli)
{
    struct mando_error error;
    enum mando_rows_format format = MANDO_ROWS_CSV;
    if (check(cli, &format, &error))
        return cli_report(cli, CLI_USAGE, &error);
    return retrieve(cli, format);
}

const struct cli_command CLI_RETRIEVE = {
    .name = "retrieve",
    .summary = "values of data points, as they are known or as they were",
    .usage = "ID... [--from TIME] [--to TIME] [--as-of TIME] [--history] ...",
    .text =
        "Prints start,end,value of the version that counts: of each start the one that was known\n"
        "last. --as-of asks what could be known at a time, --stored-until what the database said.\n"
        "An ID may be a pattern; with a pattern or several ids the first column is id.",
    .example = "  mando retrieve Market/DE-LU/DayAhead/Price --from 2025-12-01 --to 2025-12-02\n"
               "  mando retrieve 'Market/*/DayAhead/Price' --resolution P1D --format ndjson",
    .flags = FLAGS,
    .argument = "ID",
    .arguments_min = 1,
    .arguments_max = CLI_ARGUMENTS_MAX,
    .run = run,
};
