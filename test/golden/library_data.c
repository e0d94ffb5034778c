/* Errors of streams, rows and data points. */
#include <errno.h>
#include <math.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "codec/rows_reader.h"
#include "library_refusals.h"

static const int64_t START_US[] = {0, MANDO_HOUR_US};
static const double VALUE[] = {1, INFINITY};

/* Reads a stream of the rows above, which another producer may answer for. */
static enum mando_status read_rows(int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *),
                                   struct mando_error *error)
{
    const struct mando_rows given = {
        .count = 2, .type = MANDO_SERIES, .width = 1, .valid_start_us = START_US, .value = VALUE};
    struct mando_rows rows = {0};
    struct ArrowArrayStream stream;
    enum mando_status status = mando_rows_stream(&given, &stream, error);
    if (status)
        return status;
    struct ArrowArrayStream foreign = stream;
    if (get_next)
        foreign.get_next = get_next;
    status = mando_rows_next(&foreign, &rows, error);
    mando_rows_release(&rows);
    mando_arrow_stream_release(&stream);
    return status;
}

static enum mando_status rows_number(struct mando_error *error)
{
    return read_rows(NULL, error);
}

static void release_nothing(struct ArrowArray *array)
{
    array->release = NULL;
}

static int give_negative(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    (void)stream;
    *out = (struct ArrowArray){.length = -1, .release = release_nothing};
    return 0;
}

static enum mando_status arrow_array(struct mando_error *error)
{
    return read_rows(give_negative, error);
}

static enum mando_status no_batch(void *source, struct ArrowArray *out, struct mando_error *error)
{
    (void)source;
    (void)out;
    (void)error;
    return MANDO_OK;
}

static void free_nothing(void *source)
{
    (void)source;
}

static enum mando_status read_field(const struct mando_arrow_field *field,
                                    struct mando_error *error)
{
    static const struct mando_arrow_source NOTHING = {no_batch, free_nothing};
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    enum mando_status status = mando_arrow_stream_new(field, 1, &NOTHING, NULL, &stream, error);
    if (status)
        return status;
    status = mando_rows_next(&stream, &rows, error);
    mando_arrow_stream_release(&stream);
    return status;
}

static enum mando_status arrow_schema(struct mando_error *error)
{
    return read_field(&(struct mando_arrow_field){"price", MANDO_ARROW_DOUBLE, true, 0}, error);
}

static enum mando_status arrow_type(struct mando_error *error)
{
    return read_field(&(struct mando_arrow_field){"start", MANDO_ARROW_INT64, true, 0}, error);
}

static int fail_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    (void)stream;
    (void)out;
    return ENOENT;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static enum mando_status arrow_stream(struct mando_error *error)
{
    struct ArrowArrayStream stream = {
        .get_schema = fail_schema, .get_next = give_negative, .release = release_stream};
    struct mando_rows rows = {0};
    return mando_rows_next(&stream, &rows, error);
}

/* What is too long is not looked at. */
static enum mando_status arrow_text(struct mando_error *error)
{
    static const struct mando_arrow_field FIELD = {"author", MANDO_ARROW_TEXT, false, 0};
    struct mando_arrow_builder builder;
    struct ArrowArray batch;
    enum mando_status status = mando_arrow_builder_init(&builder, &FIELD, 1);
    if (!status) {
        mando_arrow_push_text(&builder, 0, "", (size_t)INT32_MAX + 1);
        status = mando_arrow_builder_take(&builder, &batch, error);
    }
    mando_arrow_builder_release(&builder);
    return status;
}

static enum mando_status point_id(struct mando_error *error)
{
    return mando_point_id_check("Market//Price", 13, error);
}

static enum mando_status point_pattern(struct mando_error *error)
{
    return mando_point_pattern_check("Market/**/Price", 15, error);
}

static enum mando_status document_schema(struct mando_error *error)
{
    static const char DOCUMENT[] = "{\"power_mw\": -1}";
    const struct mando_point point = {
        .type = MANDO_DOCUMENT,
        .document = "{\"json_schema\":{\"properties\":{\"power_mw\":{\"minimum\":0}}}}"};
    return mando_point_document_check(&point, DOCUMENT, sizeof DOCUMENT - 1, error);
}

static enum mando_status rows_cell(struct mando_error *error)
{
    static const char TEXT[] = "start,value,deleted\n2025-12-01,1,yes\n";
    const struct mando_rows_options options = {.id = "Market/Price"};
    struct mando_input *input = NULL;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows;
    enum mando_status status =
        mando_input_open_memory(TEXT, sizeof TEXT - 1, "rows.csv", NULL, &input, error);
    if (!status)
        status = rows_reader_open(input, MANDO_ROWS_CSV, &options, &reader, error);
    if (!status)
        status = mando_rows_read_next(reader, &rows, error);
    mando_rows_read_close(reader);
    mando_input_free(input);
    return status;
}

const struct refusal DATA_REFUSALS[] = {{"arrow.schema", arrow_schema},
                                        {"arrow.type", arrow_type},
                                        {"arrow.array", arrow_array},
                                        {"arrow.text", arrow_text},
                                        {"arrow.stream", arrow_stream},
                                        {"rows.number", rows_number},
                                        {"point.id", point_id},
                                        {"point.pattern", point_pattern},
                                        {"document.schema", document_schema},
                                        {"rows.cell", rows_cell},
                                        {NULL, NULL}};
