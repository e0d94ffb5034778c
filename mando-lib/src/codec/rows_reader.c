#include "codec/rows_reader.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/parquet.h"

#define ROWS_MAX UINT64_C(10000000)

static const struct rows_format *format_of(enum mando_rows_format format)
{
    return format == MANDO_ROWS_CSV       ? &rows_format_csv
           : format == MANDO_ROWS_NDJSON  ? &rows_format_ndjson
           : format == MANDO_ROWS_SMARD   ? &rows_format_smard
           : format == MANDO_ROWS_PARQUET ? ROWS_FORMAT_PARQUET
                                          : &rows_format_json;
}

/* Tells what the file says of a data point, and keeps the zone of its dates. */
static enum mando_status tell_point(struct mando_rows_reader *reader, int32_t index,
                                    const char *unit, const struct mando_duration *resolution,
                                    struct mando_error *error)
{
    const struct mando_rows_options *options = &reader->options;
    const struct mando_zone *zone = NULL;
    size_t i = (size_t)index;
    if (!options->point)
        return MANDO_OK;
    const struct mando_rows_point point = {rows_ids_names(&reader->ids)[i], i, unit, resolution};
    enum mando_status status = options->point(options->point_context, &point, &zone, error);
    /* Those before it, if any, wait to be told. */
    while (!status && reader->zones.count <= i)
        if (mando_vector_push(&reader->zones, &zone))
            status = mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for zones of rows");
    if (!status)
        ((const struct mando_zone **)reader->zones.items)[i] = zone;
    return status;
}

/* The row at hand is one of a data point. */
static void use_point(struct mando_rows_reader *reader, int32_t index)
{
    rows_batch_set_point(&reader->batch, index);
    if (reader->options.point)
        reader->zone = ((const struct mando_zone **)reader->zones.items)[index];
}

/* Rows that name no id are all of the one that is given. A JSON file tells more of it: it waits. */
static enum mando_status prepare(struct mando_rows_reader *reader, struct mando_error *error)
{
    struct mando_rows_options *options = &reader->options;
    int32_t index = 0;
    options->type = options->type ? options->type : MANDO_SERIES;
    options->rows_max = options->rows_max ? options->rows_max : ROWS_MAX;
    bool is_matrix = options->type == MANDO_MATRIX;
    reader->columns.labels = is_matrix ? options->labels : NULL;
    reader->columns.width = is_matrix ? options->width : 1;
    reader->columns.value = options->type == MANDO_SERIES ? options->value_name : NULL;
    reader->zone = options->zone;
    rows_ids_init(&reader->ids);
    mando_vector_init(&reader->zones, sizeof(void *), ROWS_IDS_MAX);
    enum mando_status status =
        rows_batch_init(&reader->batch, options->type, reader->columns.width, error);
    const char *id = options->id ? options->id : options->id_otherwise;
    if (!status && id)
        status = rows_ids_take(&reader->ids, id, strlen(id), &index, error);
    if (!status && id && reader->format != &rows_format_json) {
        status = tell_point(reader, index, NULL, NULL, error);
        if (!status)
            use_point(reader, index);
    }
    return status ? status : reader->format->open(reader, reader->self, error);
}

enum mando_status rows_reader_open(struct mando_input *input, enum mando_rows_format format,
                                   const struct mando_rows_options *options,
                                   struct mando_rows_reader **reader_out, struct mando_error *error)
{
    const struct rows_format *operations = format_of(format);
    if (!operations)
        return rows_fail_parquet(error);
    struct mando_rows_reader *reader = mando_alloc(1, sizeof *reader);
    if (reader)
        reader->self = mando_alloc(1, operations->size);
    if (!reader || !reader->self) {
        mando_free(reader);
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read rows");
    }
    reader->format = operations;
    reader->input = input;
    if (options)
        reader->options = *options;
    enum mando_status status = prepare(reader, error);
    if (status)
        mando_rows_read_close(reader);
    else
        *reader_out = reader;
    return status;
}

static struct mando_input_options input_options(const struct mando_rows_options *options)
{
    if (!options)
        return (struct mando_input_options){0};
    return (struct mando_input_options){options->bytes_max, options->progress,
                                        options->progress_context};
}

/* A reader that owns the input. */
static enum mando_status open_input(struct mando_input *input, enum mando_rows_format format,
                                    const struct mando_rows_options *options,
                                    struct mando_rows_reader **reader_out,
                                    struct mando_error *error)
{
    struct mando_rows_reader *reader = NULL;
    enum mando_status status = rows_reader_open(input, format, options, &reader, error);
    if (status) {
        mando_input_free(input);
        return status;
    }
    reader->owns_input = true;
    *reader_out = reader;
    return MANDO_OK;
}

enum mando_status mando_rows_read_open(const char *path, enum mando_rows_format format,
                                       const struct mando_rows_options *options,
                                       struct mando_rows_reader **reader_out,
                                       struct mando_error *error)
{
    struct mando_input_options limits = input_options(options);
    struct mando_input *input = NULL;
    enum mando_status status = mando_input_open(path, &limits, &input, error);
    return status ? status : open_input(input, format, options, reader_out, error);
}

enum mando_status mando_rows_read_open_text(const char *text, size_t length, const char *name,
                                            enum mando_rows_format format,
                                            const struct mando_rows_options *options,
                                            struct mando_rows_reader **reader_out,
                                            struct mando_error *error)
{
    struct mando_input_options limits = input_options(options);
    struct mando_input *input = NULL;
    enum mando_status status = mando_input_open_memory(text, length, name, &limits, &input, error);
    return status ? status : open_input(input, format, options, reader_out, error);
}

void mando_rows_read_close(struct mando_rows_reader *reader)
{
    if (!reader)
        return;
    reader->format->close(reader->self);
    if (reader->owns_input)
        mando_input_free(reader->input);
    rows_ids_release(&reader->ids);
    rows_batch_release(&reader->batch);
    mando_vector_release(&reader->zones);
    mando_free(reader->self);
    mando_free(reader);
}

enum mando_status mando_rows_read_next(struct mando_rows_reader *reader,
                                       struct mando_rows *rows_out, struct mando_error *error)
{
    reader->rows += reader->batch.count;
    rows_batch_clear(&reader->batch);
    enum mando_status status = reader->format->fill(reader, reader->self, error);
    if (!status)
        *rows_out = rows_batch_view(&reader->batch);
    return status;
}

const char *const *mando_rows_read_ids(const struct mando_rows_reader *reader, size_t *count_out)
{
    *count_out = reader->ids.names.count;
    return rows_ids_names(&reader->ids);
}

static struct mando_json_place place_of(const struct mando_rows_reader *reader, int64_t line,
                                        int64_t column)
{
    return reader->format->locate ? reader->format->locate(reader->self, column)
                                  : (struct mando_json_place){line, column};
}

struct mando_rows_place mando_rows_read_place(const struct mando_rows_reader *reader, size_t row)
{
    const struct rows_batch *batch = &reader->batch;
    if (row >= batch->count)
        return (struct mando_rows_place){0, 0};
    return (struct mando_rows_place){batch->line[row], batch->column[row]};
}

void mando_rows_read_fail(const struct mando_rows_reader *reader, struct mando_rows_place place,
                          struct mando_error *error)
{
    struct mando_json_place at = place_of(reader, place.line, place.column);
    mando_fail_place(error, mando_input_name(reader->input), at.line, at.column);
    if (error)
        error->index = -1;
}

bool rows_reader_lacks_place(enum mando_status status, const struct mando_error *error)
{
    return (status == MANDO_INVALID || status == MANDO_LIMIT) && error && !error->where[0];
}

static enum mando_status take_id(struct mando_rows_reader *reader, const char *id, size_t length,
                                 int32_t *index_out, struct mando_error *error)
{
    enum mando_status status = rows_ids_take(&reader->ids, id, length, index_out, error);
    if (!status && reader->options.id && *index_out != 0)
        return mando_fail(error, MANDO_E_ROWS_CELL, -1,
                          "id is \"%.*s\"; all rows must be of \"%s\"",
                          (int)(length < 80 ? length : 80), id, reader->options.id);
    return status;
}

enum mando_status rows_reader_take_id(struct mando_rows_reader *reader, const char *id,
                                      size_t length, struct mando_error *error)
{
    int32_t index = 0;
    enum mando_status status = take_id(reader, id, length, &index, error);
    if (!status && (size_t)index == reader->zones.count)
        status = tell_point(reader, index, NULL, NULL, error);
    if (!status)
        use_point(reader, index);
    return status;
}

enum mando_status rows_reader_take_series(struct mando_rows_reader *reader, const char *id,
                                          size_t length, const char *unit,
                                          const struct mando_duration *resolution,
                                          struct mando_error *error)
{
    int32_t index = 0;
    enum mando_status status = id ? take_id(reader, id, length, &index, error) : MANDO_OK;
    if (!status)
        status = tell_point(reader, index, unit, resolution, error);
    if (!status)
        use_point(reader, index);
    return status;
}

static bool has_end(const struct rows_batch *batch)
{
    return batch->ended[batch->count / 8] >> (batch->count % 8) & 1;
}

enum mando_status rows_reader_set_step(struct mando_rows_reader *reader, struct mando_duration step,
                                       struct mando_error *error)
{
    struct rows_batch *batch = &reader->batch;
    int64_t end_us = 0;
    if (has_end(batch))
        return MANDO_OK;
    enum mando_status status =
        mando_time_add(batch->start_us[batch->count], step, reader->zone, &end_us, error);
    if (!status)
        rows_batch_set_time(batch, ROWS_END, end_us);
    return status;
}

static bool ends_early(const struct rows_batch *batch)
{
    return has_end(batch) && batch->end_us[batch->count] < batch->start_us[batch->count];
}

static enum mando_status fail_order(const struct mando_rows_reader *reader, int64_t line,
                                    int64_t column, struct mando_error *error)
{
    const struct rows_batch *batch = &reader->batch;
    struct mando_json_place place = place_of(reader, line, column);
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE];
    mando_time_format(batch->start_us[batch->count], start);
    mando_time_format(batch->end_us[batch->count], end);
    return mando_fail_at(error, MANDO_E_TIME_ORDER, mando_input_name(reader->input), place.line,
                         place.column, "the row ends at %s, before it starts at %s", end, start);
}

enum mando_status rows_reader_end_row(struct mando_rows_reader *reader, int64_t line,
                                      int64_t column, struct mando_error *error)
{
    if (reader->rows + reader->batch.count >= reader->options.rows_max) {
        struct mando_json_place place = place_of(reader, line, column);
        return mando_fail_at(error, MANDO_E_IO_LIMIT, mando_input_name(reader->input), place.line,
                             place.column, "there are more rows than the limit of %" PRIu64,
                             reader->options.rows_max);
    }
    return ends_early(&reader->batch) ? fail_order(reader, line, column, error)
                                      : rows_batch_end(&reader->batch, line, column, error);
}

enum mando_status rows_reader_take_document(struct mando_rows_reader *reader, const char *text,
                                            size_t length, struct mando_error *error)
{
    MANDO_CLEANUP(mando_json_release) struct mando_json json = {0};
    struct rows_batch *batch = &reader->batch;
    enum mando_status status =
        mando_json_parse(text, length, MANDO_POINT_DOCUMENT_BYTES_MAX, NULL, &json, error);
    if (status)
        return status;
    mando_json_append(&batch->documents, yyjson_doc_get_root(json.doc));
    rows_batch_set_document(batch, "", 0);
    return MANDO_OK;
}
