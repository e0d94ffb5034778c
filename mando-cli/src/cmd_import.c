#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "import.h"

static const struct cli_flag FLAGS[] = {
    {"--format", "FORMAT",
     "prices: start,price_eur_per_mwh; values: rows as insert takes them;\n"
     "smard: a download of day-ahead prices (required)"},
    {"--id", "ID", "data point of all rows; default: the column id, or that of a SMARD column"},
    {"--column", "NAME",
     "smard: one column, its header up to \" [\" or the zone's id, to --id;\n"
     "default: every known column to its own data point"},
    {"--unit", "UNIT", "of values that a data point is created from; default: EUR/MWh of prices"},
    {"--resolution", "STEP",
     "ISO 8601, how long the rows are, none = instants; default: the step of the\n"
     "first two different starts"},
    {"--time-zone", "ZONE",
     "IANA zone of a new data point's delivery days;\n"
     "default: UTC, Europe/Berlin of SMARD"},
    {"--aggregation", "RULE", "mean, sum, min, max, first or last of a new one; default: mean"},
    {"--known-at", "TIME|RULE",
     "when rows without `known` became known: a time, or a rule such as\n"
     "D-1T12:57, where D is the delivery day of each row; default: now"},
    {"--reason", "TEXT", "why, for the audit; default: none"},
    {0},
};

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
        if (!status && import->known.text)
            status = cli_known_row(&import->known, rows, i, target->zone, &import->knowledge_us[i],
                                   error);
        if (status)
            error->index = (int64_t)i;
    }
    rows->valid_end_us = import->ends_us;
    rows->ended = (struct mando_bits){0};
    if (import->known.text) {
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
    import->written.change_us = written->change_us;
}

/* The data points that are there by now are all that a transaction may name: those of decided steps. */
static size_t name_decided(struct import *import, const char *const *ids, const char **names)
{
    size_t count = 0;
    for (size_t i = 0; i < import->target_count; i++)
        if (import->targets[i].is_decided) {
            import->targets[i].place = (int32_t)count;
            names[count++] = ids[i];
        }
    return count;
}

static enum mando_status put(struct import *import, struct mando_transaction *transaction,
                             const struct mando_rows *batch, const char *const *ids,
                             struct mando_error *error)
{
    struct ArrowArrayStream stream;
    struct mando_rows rows = *batch;
    const char **names = import->names;
    size_t count = name_decided(import, ids, names);
    for (size_t i = 0; rows.point && i < rows.count; i++)
        import->places[i] = import->targets[rows.point[i]].place;
    rows.point = rows.point ? import->places : NULL;
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < import->target_count && !status; i++)
        if (import->targets[i].is_new && import->targets[i].is_decided)
            status = mando_transaction_configure(transaction, &import->targets[i].point, 1, error);
    if (!status)
        status = mando_rows_stream(&rows, &stream, error);
    if (status)
        return status;
    status = mando_transaction_values(transaction, names, count, &stream, error);
    stream.release(&stream);
    return status;
}

/* A wrong guess at the step of a data point is the likely reason of an overlap. */
static void explain_overlap(const struct import *import, const struct mando_rows *rows,
                            struct mando_error *error)
{
    const struct target *target = &import->targets[rows->point ? rows->point[error->index] : 0];
    char step[MANDO_TIME_TEXT_SIZE];
    size_t length = strlen(error->message);
    mando_duration_format(target->step, step);
    if (target->is_guessed)
        (void)snprintf(error->message + length, sizeof error->message - length,
                       "; the first two rows are %s apart, --resolution names another step", step);
}

/* Rows of decided data points, all or nothing; `held` are their places, NULL where the reader knows. */
static enum mando_status store(struct import *import, const struct mando_rows_reader *reader,
                               const struct mando_rows *batch, const struct held_row *held,
                               struct mando_error *error)
{
    struct mando_transaction *transaction = NULL;
    struct mando_written written;
    struct mando_rows rows = *batch;
    size_t count = 0;
    const struct mando_write write = {.reason = import_flag(import, "--reason")};
    const char *const *ids = mando_rows_read_ids(reader, &count);
    enum mando_status status = fill_times(import, &rows, error);
    if (!status)
        status = mando_transaction_begin(import->service, &write, &transaction, error);
    if (!status)
        status = put(import, transaction, &rows, ids, error);
    if (!status && (status = mando_transaction_commit(transaction, &written, error))
        && strcmp(error->code, "values.overlap") == 0 && error->index >= 0)
        explain_overlap(import, &rows, error);
    if (status && error->index >= 0) {
        size_t row = (size_t)error->index;
        mando_rows_read_fail(reader, held ? held[row].place : mando_rows_read_place(reader, row),
                             error);
    }
    mando_transaction_free(transaction);
    if (status)
        return status;
    for (size_t i = 0; i < import->target_count; i++)
        import->targets[i].is_new = import->targets[i].is_new && !import->targets[i].is_decided;
    add_written(import, &written);
    import->read += rows.count;
    return MANDO_OK;
}

/* Stores the rows that waited. */
static enum mando_status store_held(struct import *import, const struct mando_rows_reader *reader,
                                    struct mando_error *error)
{
    struct held_rows *held = &import->held;
    enum mando_status status = MANDO_OK;
    for (size_t done = 0, part = 0; done < held->count && !status; done += part) {
        const struct held_row *first = &held->items[done];
        struct held_columns columns = {0};
        struct mando_rows rows;
        part = held->count - done < BATCH_ROWS ? held->count - done : BATCH_ROWS;
        status = held_rows_view(first, part, &columns, &rows, error);
        if (!status)
            status = store(import, reader, &rows, first, error);
        held_columns_release(&columns);
    }
    held->count = 0;
    return status;
}

/* No more rows are waited for. */
static enum mando_status end_held(struct import *import, const struct mando_rows_reader *reader,
                                  struct mando_error *error)
{
    const struct held_row *row = import->held.items;
    enum mando_status status = import_steps_end(import, error);
    if (!status)
        return store_held(import, reader, error);
    while (row->point != error->index)
        row++;
    mando_rows_read_fail(reader, row->place, error);
    return status;
}

/* A batch waits until the step of all its data points is known: it is stored whole or not at all. */
static enum mando_status take(struct import *import, const struct mando_rows_reader *reader,
                              const struct mando_rows *rows, struct mando_error *error)
{
    struct held_rows *held = &import->held;
    enum mando_status status = MANDO_OK;
    bool is_decided = import_steps_find(import, rows);
    if (is_decided && held->count == 0)
        return store(import, reader, rows, NULL, error);
    for (size_t i = 0; i < rows->count && !status; i++)
        status = held_rows_add(held, rows, i, reader, error);
    if (!status && is_decided)
        return store_held(import, reader, error);
    return status || held->count < HELD_ROWS_MAX ? status : end_held(import, reader, error);
}

static enum mando_status open_file(struct import *import, const char *path,
                                   enum mando_rows_format format,
                                   struct mando_rows_reader **reader_out, struct mando_error *error)
{
    const struct cli_settings *settings = &import->cli->settings;
    const struct mando_rows_options options = {
        .id = import_flag(import, "--id"),
        .column = import_flag(import, "--column"),
        .value_name = import->source == SOURCE_PRICES ? "price_eur_per_mwh" : NULL,
        .point = import_point_take,
        .point_context = import,
        .zone_folder = settings->zone_folder,
        .bytes_max = settings->bytes_max,
        .rows_max = settings->rows_max,
        .progress = cli_progress_read,
        .progress_context = &import->progress,
        .in_child = 1};
    return mando_rows_read_open(path, format, &options, reader_out, error);
}

static enum mando_status import_file(struct import *import, const char *path,
                                     enum mando_rows_format format, struct mando_error *error)
{
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {0};
    enum mando_status status = open_file(import, path, format, &reader, error);
    do {
        if (!status)
            status = mando_rows_read_next(reader, &rows, error);
        if (!status && rows.count)
            status = take(import, reader, &rows, error);
    } while (!status && rows.count);
    if (!status)
        status = end_held(import, reader, error);
    mando_rows_read_close(reader);
    held_rows_release(&import->held);
    import_points_forget(import);
    return status;
}

static enum mando_status import_named(struct import *import, const char *path,
                                      struct mando_error *error)
{
    enum mando_rows_format format = MANDO_ROWS_SMARD;
    enum mando_status status =
        import->source == SOURCE_SMARD ? MANDO_OK : cli_path_format(path, &format, error);
    return status ? status : import_file(import, path, format, error);
}

static enum mando_status import_all(struct import *import, struct mando_error *error)
{
    struct import_files files;
    enum mando_status status = import_files_find(import, &files, error);
    if (!status)
        status = cli_service_open(import->cli, true, &import->service, error);
    for (size_t i = 0; i < files.count && !status; i++)
        status = import_named(import, files.paths[i], error);
    import_files_release(&files);
    return status;
}

/* Batches before the one that failed are whole; said where there is room for it. */
static void tell_stored(const struct import *import, struct mando_error *error)
{
    char text[80];
    int length = snprintf(text, sizeof text, "; the %" PRIu64 " rows before it are stored and stay",
                          import->read);
    size_t used = strlen(error->message);
    if (import->read > 0 && used + (size_t)length < sizeof error->message)
        memcpy(error->message + used, text, (size_t)length + 1);
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct import *import = mando_alloc(1, sizeof *import);
    if (!import)
        return cli_written(cli, MANDO_NO_MEMORY);
    import->cli = cli;
    int exit_status = CLI_USAGE;
    enum mando_status status = import_read_flags(import, &error);
    if (!status) {
        exit_status = CLI_REFUSED;
        cli_progress_start(&import->progress);
        status = import_all(import, &error);
        if (status && strncmp(error.code, "usage.", 6) == 0)
            exit_status = CLI_USAGE; /* that a data point is new is only seen now */
        cli_progress_end(&import->progress);
    }
    if (status)
        tell_stored(import, &error);
    exit_status = status ? cli_report(cli, exit_status, &error)
                         : cli_print_written(cli, import->read, &import->written);
    import_points_forget(import);
    mando_service_free(import->service);
    mando_free(import->names);
    mando_free(import);
    return exit_status;
}

const struct cli_command CLI_IMPORT = {
    .name = "import",
    .summary = "store files of prices or values, and create their data points",
    .usage = "FILE... --format prices|values|smard [--id ID] [--known-at TIME|RULE] ...",
    .text = "Stores the rows of files in batches of 10,000, each all or nothing; what is stored "
            "already\n"
            "is not stored again. A data point that is not there is created. A folder stands for\n"
            "the files in it, a pattern in quotes for those that it fits.",
    .example = "  mando import prices.csv.gz --format smard --known-at D-1T12:57\n"
               "  mando import soc.csv --format values --id Asset/DE/Battery1/SoC --unit MWh\n"
               "  mando import 'archive/*.parquet' --format values --unit MWh",
    .flags = FLAGS,
    .argument = "FILE",
    .arguments_min = 1,
    .arguments_max = CLI_ARGUMENTS_MAX,
    .run = run,
};
