#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "base/vector.h"
#include "store.h"

/* Of a JSON file for a document. */
#define ANSWER_BYTES_MAX (UINT64_C(256) << 20)

static const struct cli_flag FLAGS[] = {
    {"--file", "FILE",
     "rows: start,value and perhaps end, known, deleted; .csv, .json, .ndjson,\n"
     ".parquet, plain or gzip; StaticData: a .json document that holds from now\n"
     "on; default: -, standard input"},
    {"--format", "FORMAT", "csv, json, ndjson or parquet; default: what the name tells, csv of -"},
    {"--known-at", "TIME|RULE",
     "when rows without `known` became known: a time, or a rule such as\n"
     "D-1T12:57, where D is the day of each row; default: now"},
    {"--reason", "TEXT", "why, for the audit; default: none"},
    {0},
};

/* Rows of a file on their way into one transaction. */
struct intake {
    struct mando_service *service;
    struct mando_transaction *transaction;
    struct mando_catalog catalog;
    struct mando_point created; /* in place of the catalog's where is_new */
    bool is_new;
    struct mando_zone *zone;
    char *text; /* of a JSON file for a document */
    size_t length;
    struct mando_rows_reader *reader;
    struct mando_vector
        places; /* struct mando_rows_place of each row: errors may come at the end */
    struct cli_known known;
    int64_t knowledge_us[BATCH_ROWS];
    struct mando_written written;
    uint64_t read;
};

static const struct mando_point *point_of(const struct intake *intake)
{
    return intake->is_new ? &intake->created : &intake->catalog.items[0].point;
}

static void release(struct intake *intake)
{
    mando_transaction_free(intake->transaction);
    mando_rows_read_close(intake->reader);
    mando_text_free(intake->text);
    mando_vector_release(&intake->places);
    mando_catalog_release(&intake->catalog);
    mando_zone_free(intake->zone);
    mando_service_free(intake->service);
}

/* A document under an id that is not there yet creates its data point. */
static enum mando_status create_point(struct intake *intake, const char *id,
                                      struct mando_error *error)
{
    static const char CONFIGURATION[] = "{\"type\": \"StaticData\"}";
    char *document = NULL;
    enum mando_status status = mando_point_parse(id, 0, CONFIGURATION, sizeof CONFIGURATION - 1,
                                                 &intake->created, &document, error);
    mando_text_free(document); /* there is nothing in it */
    intake->is_new = !status;
    return status;
}

static enum mando_status find_point(const struct cli *cli, struct intake *intake,
                                    enum mando_rows_format format, struct mando_error *error)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    query.patterns = cli->arguments;
    query.pattern_count = 1;
    enum mando_status status = cli_service_open(cli, true, &intake->service, error);
    if (!status)
        status = mando_service_catalog(intake->service, &query, &intake->catalog, error);
    if (status == MANDO_NOT_FOUND && intake->service && format == MANDO_ROWS_JSON)
        status = create_point(intake, cli->arguments[0], error);
    if (!status && point_of(intake)->time_zone[0])
        status = mando_zone_open(point_of(intake)->time_zone, cli->settings.zone_folder,
                                 &intake->zone, error);
    return status;
}

static enum mando_status fill_known(struct intake *intake, struct mando_rows *rows,
                                    struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    if (!intake->known.text)
        return MANDO_OK;
    for (size_t i = 0; i < rows->count && !status; i++) {
        status =
            cli_known_row(&intake->known, rows, i, intake->zone, &intake->knowledge_us[i], error);
        if (status)
            error->index = (int64_t)i;
    }
    rows->knowledge_us = intake->knowledge_us;
    rows->known = (struct mando_bits){0};
    return status;
}

static enum mando_status put_rows(struct intake *intake, const struct mando_rows *batch,
                                  struct mando_error *error)
{
    struct ArrowArrayStream stream;
    struct mando_rows rows = *batch;
    const char *const ids[] = {point_of(intake)->id};
    enum mando_status status = fill_known(intake, &rows, error);
    if (!status)
        status = mando_rows_stream(&rows, &stream, error);
    if (status)
        return status;
    status = mando_transaction_values(intake->transaction, ids, 1, &stream, error);
    stream.release(&stream);
    return status;
}

/* Keeps where the rows of a batch stand. */
static enum mando_status keep_places(struct intake *intake, size_t count, struct mando_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct mando_rows_place place = mando_rows_read_place(intake->reader, i);
        if (mando_vector_push(&intake->places, &place))
            return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the rows");
    }
    return MANDO_OK;
}

/* Gives an error about a row, counted from `first`, its place in the file. */
static void place(const struct intake *intake, size_t first, struct mando_error *error)
{
    const struct mando_rows_place *places = intake->places.items;
    if (error->index >= 0 && first + (size_t)error->index < intake->places.count)
        mando_rows_read_fail(intake->reader, places[first + (size_t)error->index], error);
}

static enum mando_status put_file(struct intake *intake, struct mando_error *error)
{
    struct mando_rows rows;
    enum mando_status status;
    do {
        status = mando_rows_read_next(intake->reader, &rows, error);
        if (!status)
            status = keep_places(intake, rows.count, error);
        if (!status && rows.count && (status = put_rows(intake, &rows, error)))
            place(intake, intake->read, error);
        intake->read += status ? 0 : rows.count;
    } while (!status && rows.count);
    return status;
}

/* What a JSON series tells of its data point must be so: it is there already. */
static enum mando_status check_told(void *context, const struct mando_rows_point *told,
                                    const struct mando_zone **zone_out, struct mando_error *error)
{
    const struct intake *intake = context;
    const struct mando_duration *own = &point_of(intake)->resolution, *other = told->resolution;
    char own_text[MANDO_TIME_TEXT_SIZE], other_text[MANDO_TIME_TEXT_SIZE];
    enum mando_status status = cli_unit_check(told, point_of(intake), error);
    *zone_out = intake->zone;
    if (status || !other || !cli_is_length(*other) || cli_is_step(*other, *own))
        return status;
    mando_duration_format(*own, own_text);
    mando_duration_format(*other, other_text);
    return mando_fail(error, MANDO_E_VALUES_TYPE, -1,
                      "the rows of %.120s are %s long, its resolution is %s", told->id, other_text,
                      cli_is_length(*own) ? own_text : "none");
}

static const char *name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Rows of a file, or of the text that was read of it. */
static enum mando_status read_file(const struct cli *cli, struct intake *intake, const char *path,
                                   enum mando_rows_format format, struct mando_error *error)
{
    const struct mando_point *point = point_of(intake);
    const char *const *labels = NULL;
    enum mando_status status = MANDO_OK;
    if (point->type == MANDO_MATRIX)
        status = mando_point_labels(point, &labels, error);
    const struct mando_rows_options options = {.id = point->id,
                                               .type = point->type,
                                               .width = point->width,
                                               .labels = labels,
                                               .point = check_told,
                                               .point_context = intake,
                                               .bytes_max = cli->settings.bytes_max,
                                               .rows_max = cli->settings.rows_max,
                                               .in_child = 1};
    if (!status)
        status = intake->text
                     ? mando_rows_read_open_text(intake->text, intake->length, name_of(path),
                                                 format, &options, &intake->reader, error)
                     : mando_rows_read_open(path, format, &options, &intake->reader, error);
    if (!status)
        status = put_file(intake, error);
    mando_point_labels_free(labels);
    return status;
}

static bool are_null(yyjson_val *values)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(values);
    for (yyjson_val *value = yyjson_arr_iter_next(&iter); value;
         value = yyjson_arr_iter_next(&iter))
        if (!yyjson_is_null(value))
            return false;
    return yyjson_arr_size(values) > 0;
}

/* What the JSON text for a document is. */
enum content { CONTENT_DOCUMENT, CONTENT_SERIES, CONTENT_ANSWER };

/* An answer of `retrieve --json` names the data point; of one that is not there yet it tells by ends that
 * are null that its values are documents. */
static enum content content_of(const struct intake *intake)
{
    struct mando_json json = {0};
    if (mando_json_parse(intake->text, intake->length, intake->length, NULL, &json, NULL))
        return CONTENT_DOCUMENT;
    yyjson_val *root = yyjson_doc_get_root(json.doc), *series = yyjson_obj_get(root, "series");
    yyjson_val *one = yyjson_arr_get_first(series);
    bool is_answer = yyjson_obj_size(root) == 1 && yyjson_arr_size(series) == 1
                     && yyjson_equals_str(yyjson_obj_get(one, "id"), point_of(intake)->id)
                     && yyjson_is_arr(yyjson_obj_get(one, "start"))
                     && yyjson_is_arr(yyjson_obj_get(one, "value"))
                     && (!intake->is_new || are_null(yyjson_obj_get(one, "end")));
    bool has_series = series != NULL;
    mando_json_release(&json);
    return is_answer ? CONTENT_ANSWER : has_series ? CONTENT_SERIES : CONTENT_DOCUMENT;
}

/* A file of rows has no unit and no zone for a data point that is not there. */
static enum mando_status create(struct intake *intake, enum content content,
                                struct mando_error *error)
{
    if (!intake->is_new)
        return MANDO_OK;
    if (content == CONTENT_SERIES)
        return mando_fail_at(error, MANDO_E_POINT_UNKNOWN, intake->created.id, 0, 0,
                             "there is no data point of this id: mando import makes those of rows");
    return mando_transaction_configure(intake->transaction, &intake->created, 1, error);
}

/* A document holds from now on. */
static enum mando_status put_document(struct intake *intake, const char *path,
                                      struct mando_error *error)
{
    int64_t now_us = cli_now_us();
    const int32_t offsets[] = {0, (int32_t)intake->length};
    const struct mando_rows rows = {.type = MANDO_DOCUMENT,
                                    .count = 1,
                                    .width = 1,
                                    .valid_start_us = &now_us,
                                    .document = {.offsets = offsets, .bytes = intake->text}};
    enum mando_status status = put_rows(intake, &rows, error);
    if (status && error->line > 0)
        (void)snprintf(error->where, sizeof error->where, "%s", path);
    intake->read = 1;
    return status;
}

/* A file that is a document, or an answer with rows of documents. */
static enum mando_status read_document(const struct cli *cli, struct intake *intake,
                                       const char *path, struct mando_error *error)
{
    uint64_t bytes_max =
        cli->settings.bytes_max < ANSWER_BYTES_MAX ? cli->settings.bytes_max : ANSWER_BYTES_MAX;
    enum mando_status status =
        mando_file_read(path, bytes_max, &intake->text, &intake->length, error);
    if (status)
        return status;
    enum content content = content_of(intake);
    status = create(intake, content, error);
    if (status)
        return status;
    return content == CONTENT_ANSWER ? read_file(cli, intake, path, MANDO_ROWS_JSON, error)
                                     : put_document(intake, path, error);
}

static bool is_document(const struct intake *intake, enum mando_rows_format format)
{
    return point_of(intake)->type == MANDO_DOCUMENT && format == MANDO_ROWS_JSON;
}

static enum mando_status store(const struct cli *cli, struct intake *intake,
                               enum mando_rows_format format, struct mando_error *error)
{
    const char *file = cli_flag_value(cli, "--file"), *path = file ? file : "-";
    const struct mando_write write = {.reason = cli_flag_value(cli, "--reason")};
    enum mando_status status =
        mando_transaction_begin(intake->service, &write, &intake->transaction, error);
    if (!status)
        status = is_document(intake, format) ? read_document(cli, intake, path, error)
                                             : read_file(cli, intake, path, format, error);
    if (!status
        && (status = mando_transaction_commit(intake->transaction, &intake->written, error)))
        place(intake, 0, error);
    return status;
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct intake intake = {0};
    enum mando_rows_format format = MANDO_ROWS_CSV;
    int exit_status = CLI_USAGE;
    mando_vector_init(&intake.places, sizeof(struct mando_rows_place), SIZE_MAX);
    enum mando_status status =
        mando_point_id_check(cli->arguments[0], strlen(cli->arguments[0]), &error);
    if (!status)
        status =
            cli_rows_format(cli, cli_flag_value(cli, "--file"), MANDO_ROWS_CSV, &format, &error);
    if (!status)
        status = cli_known_read(cli, &intake.known, &error);
    if (!status) {
        exit_status = CLI_REFUSED;
        status = find_point(cli, &intake, format, &error);
    }
    if (!status)
        status = store(cli, &intake, format, &error);
    release(&intake);
    return status ? cli_report(cli, exit_status, &error)
                  : cli_print_written(cli, intake.read, &intake.written);
}

const struct cli_command CLI_INSERT = {
    .name = "insert",
    .summary = "store rows of one data point, all or nothing",
    .usage = "ID [--file FILE] [--known-at TIME|RULE] [--reason TEXT] [--json]",
    .text = "Stores the rows of a file in one transaction. What is stored already is not stored "
            "again;\n"
            "another value for the same start is a new version, nothing is overwritten. A document "
            "under a\n"
            "new ID creates its data point; mando import creates those of rows.",
    .example = "  mando insert Asset/DE/Battery1/SoC --file soc.csv\n"
               "  mando insert Asset/DE/Battery1/Config --file battery.json",
    .flags = FLAGS,
    .argument = "ID",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
