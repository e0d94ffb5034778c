#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "mando/rows.h"
#include "progress.h"
#include "store.h"

#define BATCH_ROWS 10000

static const struct cli_flag FLAGS[] = {
    {"--format", "FORMAT",
     "prices: start,price_eur_per_mwh; values: rows as insert takes them; smard: a\n"
     "download of day-ahead prices (required)"},
    {"--id", "ID", "data point of all rows; default: the column id, or that of a SMARD column"},
    {"--column", "NAME",
     "smard: one column, its header up to \" [\" or the zone's id, to --id;\n"
     "default: every known column to its own data point"},
    {"--unit", "UNIT", "of values that a data point is created from; default: EUR/MWh of prices"},
    {"--resolution", "STEP",
     "ISO 8601, how long the rows are, none = instants; default: the step of the\n"
     "first two rows"},
    {"--time-zone", "ZONE",
     "IANA zone of a new data point's delivery days; default: UTC, Europe/Berlin of SMARD"},
    {"--aggregation", "RULE", "mean, sum, min, max, first or last of a new one; default: mean"},
    {"--known-at", "TIME|RULE",
     "when the rows became known: a time, or a rule such as D-1T12:57, where D is\n"
     "the delivery day of each row; default: now"},
    {0},
};

enum source { SOURCE_PRICES, SOURCE_VALUES, SOURCE_SMARD, SOURCES };

static const char *const SOURCE_NAMES[] = {"prices", "values", "smard"};

/* A data point that rows go to. */
struct target {
    struct mando_point point;
    struct mando_duration step; /* of these rows */
    struct mando_zone *zone;    /* its own */
    bool is_new, has_step;
};

struct import {
    const struct cli *cli;
    struct mando_service *service;
    enum source source;
    enum mando_aggregation aggregation;
    struct mando_zone *zone; /* --time-zone: of dates in files and of new data points */
    struct cli_progress progress;
    struct mando_write write;
    const char *rule; /* --known-at, where it is one */
    bool has_known;   /* --known-at: the epoch is a time too */
    struct target *targets;
    size_t target_count;
    int64_t ends_us[BATCH_ROWS], knowledge_us[BATCH_ROWS];
    uint64_t read;
    struct mando_written written;
};

static const char *flag(const struct import *import, const char *name)
{
    return cli_flag_value(import->cli, name);
}

/* SMARD's delivery days are those of Berlin, which all its bidding zones share. */
static const char *zone_name(const struct import *import)
{
    const char *zone = flag(import, "--time-zone");
    return zone || import->source != SOURCE_SMARD ? zone : "Europe/Berlin";
}

static enum mando_status read_source(struct import *import, struct mando_error *error)
{
    const char *format = flag(import, "--format");
    if (!format)
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1, "mando import needs --format");
    while (import->source < SOURCES && strcmp(format, SOURCE_NAMES[import->source]) != 0)
        import->source++;
    if (import->source == SOURCES)
        return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--format", 0, 0,
                             "\"%.60s\" is no format: prices, values or smard", format);
    if (import->source == SOURCE_PRICES && !flag(import, "--id"))
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1, "--format prices needs --id");
    if (import->source == SOURCE_SMARD && !flag(import, "--id") != !flag(import, "--column"))
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1,
                          "--format smard needs both --column and --id, or neither");
    if (import->source != SOURCE_SMARD && flag(import, "--column"))
        return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--column", 0, 0,
                             "a column is for --format smard alone");
    return MANDO_OK;
}

static enum mando_status read_aggregation(struct import *import, struct mando_error *error)
{
    const char *word = flag(import, "--aggregation");
    import->aggregation = MANDO_MEAN;
    while (word && import->aggregation <= MANDO_LAST
           && strcmp(word, mando_aggregation_name(import->aggregation)) != 0)
        import->aggregation++;
    if (import->aggregation <= MANDO_LAST)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--aggregation", 0, 0,
                         "\"%.60s\" is no rule: mean, sum, min, max, first or last", word);
}

static enum mando_status read_known_at(struct import *import, struct mando_error *error)
{
    const char *text = flag(import, "--known-at");
    int64_t some_us;
    import->has_known = text != NULL;
    if (!text || text[0] != 'D')
        return cli_flag_time(import->cli, "--known-at", import->zone, &import->write.knowledge_us,
                             error);
    import->rule = text;
    return cli_flag_time(import->cli, "--known-at", import->zone, &some_us, error);
}

static bool is_irregular(const struct import *import)
{
    const char *text = flag(import, "--resolution");
    return text && strcmp(text, "none") == 0;
}

/* How long the rows are; zero, which instants are, is the word none. */
static enum mando_status read_resolution(const struct import *import, struct mando_duration *step,
                                         struct mando_error *error)
{
    const char *text = flag(import, "--resolution");
    enum mando_status status = mando_duration_parse(text, strlen(text), step, error);
    if (status)
        mando_fail_place(error, "--resolution", 0, 0);
    else if (step->months <= 0 && step->days <= 0 && step->time_us <= 0)
        status = mando_fail_at(error, MANDO_E_USAGE_VALUE, "--resolution", 0, 0,
                               "\"%.60s\" must be longer than nothing; none is for instants", text);
    return status;
}

static enum mando_status read_flags(struct import *import, struct mando_error *error)
{
    const char *zone = zone_name(import), *id = flag(import, "--id");
    const char *resolution = flag(import, "--resolution");
    struct mando_duration step;
    enum mando_status status = read_source(import, error);
    if (!status && id && (status = mando_point_id_check(id, strlen(id), error)))
        mando_fail_place(error, "--id", 0, 0);
    if (!status)
        status = read_aggregation(import, error);
    if (!status && resolution && !is_irregular(import))
        status = read_resolution(import, &step, error);
    if (!status && zone) {
        status = mando_zone_open(zone, import->cli->settings.zone_folder, &import->zone, error);
        if (status)
            mando_fail_place(error, "--time-zone", 0, 0);
    }
    return status ? status : read_known_at(import, error);
}

/* The step of a data point's rows: the flag's, else that between its first two. */
static enum mando_status find_step(const struct import *import, const struct mando_rows *rows,
                                   int32_t at, struct target *target, struct mando_error *error)
{
    const char *text = flag(import, "--resolution");
    int64_t first_us = 0;
    size_t seen = 0;
    if (text && !is_irregular(import))
        return mando_duration_parse(text, strlen(text), &target->step, error);
    for (size_t i = 0; i < rows->count && !text && seen < 2; i++)
        if (!rows->point || rows->point[i] == at) {
            if (seen++ == 0)
                first_us = rows->valid_start_us[i];
            else
                target->step.time_us = rows->valid_start_us[i] - first_us;
        }
    if (target->step.time_us < 0)
        target->step.time_us = 0;
    return MANDO_OK;
}

static enum mando_status make_point(struct import *import, const char *id, struct target *target,
                                    struct mando_error *error)
{
    const char *unit = flag(import, "--unit"), *zone = zone_name(import);
    if (!unit && import->source != SOURCE_VALUES)
        unit = "EUR/MWh";
    if (!unit)
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1,
                          "%.120s is not there yet: --unit must say what its values are", id);
    struct mando_point *point = &target->point;
    *point = (struct mando_point){.type = MANDO_SERIES,
                                  .aggregation = import->aggregation,
                                  .resolution = target->step,
                                  .width = 1};
    (void)snprintf(point->id, sizeof point->id, "%s", id);
    (void)snprintf(point->unit, sizeof point->unit, "%s", unit);
    (void)snprintf(point->time_zone, sizeof point->time_zone, "%s", zone ? zone : "UTC");
    if (strcmp(point->unit, unit) != 0)
        return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--unit", 0, 0,
                             "the unit \"%.60s\" is too long", unit);
    target->is_new = true;
    return MANDO_OK;
}

static enum mando_status check_unit(const struct import *import, const struct mando_point *point,
                                    struct mando_error *error)
{
    const char *unit = flag(import, "--unit");
    if (!unit && import->source != SOURCE_VALUES)
        unit = "EUR/MWh";
    if (!unit || strcmp(unit, point->unit) == 0)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_VALUES_TYPE, point->id, 0, 0,
                         "the values are in %.40s, those of the data point in %.40s", unit,
                         point->unit);
}

/* A new configuration is no part of an import: it must not seem to be. */
static enum mando_status check_agrees(const struct import *import, const char *name,
                                      const char *own, const struct mando_point *point,
                                      struct mando_error *error)
{
    const char *asked = flag(import, name);
    if (!asked || strcmp(asked, own) == 0)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_USAGE_VALUE, name, 0, 0,
                         "%.120s is there already with %.40s, not %.40s: leave %s out", point->id,
                         own[0] ? own : "none", asked, name);
}

static enum mando_status check_point(const struct import *import, const struct mando_point *point,
                                     struct mando_error *error)
{
    enum mando_status status = check_unit(import, point, error);
    if (!status)
        status = check_agrees(import, "--time-zone", point->time_zone, point, error);
    if (!status)
        status = check_agrees(import, "--aggregation", mando_aggregation_name(point->aggregation),
                              point, error);
    return status;
}

static enum mando_status find_point(struct import *import, const char *id, struct target *target,
                                    struct mando_error *error)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct mando_catalog catalog = {0};
    query.patterns = &id;
    query.pattern_count = 1;
    enum mando_status status = mando_service_catalog(import->service, &query, &catalog, error);
    if (status == MANDO_NOT_FOUND)
        return make_point(import, id, target, error);
    if (!status) {
        target->point = catalog.items[0].point;
        target->point.document = NULL;
        status = check_point(import, &target->point, error);
        mando_catalog_release(&catalog);
    }
    return status;
}

static enum mando_status find_target(struct import *import, const char *id,
                                     const struct mando_rows *rows, int32_t at,
                                     struct target *target, struct mando_error *error)
{
    enum mando_status status = find_step(import, rows, at, target, error);
    if (!status)
        status = find_point(import, id, target, error);
    if (!status && target->point.time_zone[0])
        status = mando_zone_open(target->point.time_zone, import->cli->settings.zone_folder,
                                 &target->zone, error);
    return status;
}

static void forget_targets(struct import *import)
{
    for (size_t i = 0; i < import->target_count; i++)
        mando_zone_free(import->targets[i].zone);
    mando_free(import->targets);
    import->targets = NULL;
    import->target_count = 0;
}

/* The data points that a batch is the first to name. */
static enum mando_status find_targets(struct import *import, const struct mando_rows *rows,
                                      const char *const *ids, size_t count,
                                      struct mando_error *error)
{
    if (count <= import->target_count)
        return MANDO_OK;
    struct target *targets = mando_realloc(import->targets, count, sizeof *targets);
    if (!targets)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the data points");
    import->targets = targets;
    enum mando_status status = MANDO_OK;
    for (size_t i = import->target_count; i < count && !status; i++) {
        targets[i] = (struct target){0};
        import->target_count++;
        status = find_target(import, ids[i], rows, (int32_t)i, &targets[i], error);
    }
    return status;
}

static enum mando_status fill_known(struct import *import, const struct mando_rows *rows, size_t i,
                                    const struct mando_zone *zone, struct mando_error *error)
{
    int64_t *known_us = &import->knowledge_us[i];
    if (mando_rows_is_known(rows, i))
        *known_us = rows->knowledge_us[i];
    else if (!import->rule)
        *known_us = import->write.knowledge_us;
    else
        return mando_time_parse_relative(import->rule, strlen(import->rule), zone,
                                         rows->valid_start_us[i], known_us, error);
    return MANDO_OK;
}

/* When each row ends and became known. */
static enum mando_status fill_times(struct import *import, struct mando_rows *rows,
                                    struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < rows->count && !status; i++) {
        const struct target *target = &import->targets[rows->point ? rows->point[i] : 0];
        int64_t start_us = rows->valid_start_us[i];
        if (mando_rows_has_end(rows, i))
            import->ends_us[i] = rows->valid_end_us[i];
        else
            status =
                mando_time_add(start_us, target->step, target->zone, &import->ends_us[i], error);
        if (!status && import->has_known)
            status = fill_known(import, rows, i, target->zone, error);
        if (status)
            error->index = (int64_t)i;
    }
    rows->valid_end_us = import->ends_us;
    rows->ended = (struct mando_bits){0};
    if (import->has_known) {
        rows->knowledge_us = import->knowledge_us;
        rows->known = (struct mando_bits){0};
    }
    return status;
}

static void add_written(struct import *import, const struct mando_written *written)
{
    import->written.inserted += written->inserted;
    import->written.corrected += written->corrected;
    import->written.unchanged += written->unchanged;
    import->written.deleted += written->deleted;
    if (written->inserted + written->corrected + written->deleted > 0)
        import->written.change_us = written->change_us;
}

static enum mando_status put(struct import *import, struct mando_transaction *transaction,
                             const struct mando_rows *rows, const char *const *ids, size_t count,
                             struct mando_error *error)
{
    struct ArrowArrayStream stream;
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < import->target_count && !status; i++)
        if (import->targets[i].is_new)
            status = mando_transaction_configure(transaction, &import->targets[i].point, 1, error);
    if (!status)
        status = mando_rows_stream(rows, &stream, error);
    if (status)
        return status;
    status = mando_transaction_values(transaction, ids, count, &stream, error);
    stream.release(&stream);
    return status;
}

/* One batch, all or nothing. */
static enum mando_status store(struct import *import, const struct mando_rows_reader *reader,
                               const struct mando_rows *batch, struct mando_error *error)
{
    struct mando_transaction *transaction = NULL;
    struct mando_written written;
    struct mando_rows rows = *batch;
    size_t count = 0;
    const char *const *ids = mando_rows_read_ids(reader, &count);
    enum mando_status status = find_targets(import, &rows, ids, count, error);
    if (!status)
        status = fill_times(import, &rows, error);
    if (!status)
        status = mando_transaction_begin(import->service, &import->write, &transaction, error);
    if (!status)
        status = put(import, transaction, &rows, ids, count, error);
    if (status && error->index >= 0)
        mando_rows_read_place(reader, (size_t)error->index, error);
    if (!status)
        status = mando_transaction_commit(transaction, &written, error);
    mando_transaction_free(transaction);
    if (status)
        return status;
    for (size_t i = 0; i < import->target_count; i++)
        import->targets[i].is_new = false;
    add_written(import, &written);
    import->read += rows.count;
    return MANDO_OK;
}

static enum mando_status import_file(struct import *import, const char *path,
                                     enum mando_rows_format format, struct mando_error *error)
{
    const struct cli_settings *settings = &import->cli->settings;
    const struct mando_rows_options options = {
        .id = flag(import, "--id"),
        .column = flag(import, "--column"),
        .value_name = import->source == SOURCE_PRICES ? "price_eur_per_mwh" : NULL,
        .zone = import->zone,
        .zone_folder = settings->zone_folder,
        .bytes_max = settings->bytes_max,
        .rows_max = settings->rows_max,
        .progress = cli_progress_read,
        .progress_context = &import->progress};
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows;
    enum mando_status status = mando_rows_read_open(path, format, &options, &reader, error);
    if (status)
        return status;
    do {
        status = mando_rows_read_next(reader, &rows, error);
        if (!status && rows.count)
            status = store(import, reader, &rows, error);
    } while (!status && rows.count);
    mando_rows_read_close(reader);
    forget_targets(import);
    return status;
}

static enum mando_status import_all(struct import *import, struct mando_error *error)
{
    const struct cli *cli = import->cli;
    enum mando_status status = cli_service_open(cli, true, &import->service, error);
    for (size_t i = 0; i < cli->argument_count && !status; i++) {
        enum mando_rows_format format =
            import->source == SOURCE_SMARD ? MANDO_ROWS_SMARD : MANDO_ROWS_CSV;
        if (import->source != SOURCE_SMARD)
            status = cli_path_format(cli->arguments[i], &format, error);
        if (!status)
            status = import_file(import, cli->arguments[i], format, error);
    }
    return status;
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct import *import = mando_alloc(1, sizeof *import);
    if (!import)
        return cli_written(cli, MANDO_NO_MEMORY);
    import->cli = cli;
    int exit_status = CLI_USAGE;
    enum mando_status status = read_flags(import, &error);
    if (!status) {
        exit_status = CLI_REFUSED;
        cli_progress_start(&import->progress);
        status = import_all(import, &error);
        if (status && strncmp(error.code, "usage.", 6) == 0)
            exit_status = CLI_USAGE; /* that a data point is new is only seen now */
        cli_progress_end(&import->progress);
    }
    exit_status = status ? cli_report(cli, exit_status, &error)
                         : cli_print_written(cli, import->read, &import->written);
    mando_service_free(import->service);
    mando_zone_free(import->zone);
    mando_free(import);
    return exit_status;
}

const struct cli_command CLI_IMPORT = {
    .name = "import",
    .summary = "store files of prices or values, and create their data points",
    .usage = "FILE... --format prices|values|smard [--id ID] [--known-at TIME|RULE] ...",
    .text = "Stores the rows of files in batches of 10,000, each all or nothing; what is stored "
            "already\n"
            "is not stored again. A data point that is not there is created.",
    .example = "  mando import prices.csv.gz --format smard --known-at D-1T12:57\n"
               "  mando import soc.csv --format values --id Asset/DE/Battery1/SoC --unit MWh",
    .flags = FLAGS,
    .argument = "FILE",
    .arguments_min = 1,
    .arguments_max = CLI_ARGUMENTS_MAX,
    .run = run,
};
