#include <string.h>

#include "arrow/bits.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "domain/rows.h"

/* The batch that a stream will give, as columns of its own kind. */
struct source {
    struct mando_rows rows;
    struct mando_arrow_field fields[MANDO_ROWS_COLUMNS];
    enum mando_rows_column columns[MANDO_ROWS_COLUMNS];
    size_t column_count;
    bool is_done;
};

static enum mando_arrow_type value_type(const struct mando_rows *rows)
{
    return rows->type == MANDO_SERIES   ? MANDO_ARROW_DOUBLE
           : rows->type == MANDO_MATRIX ? MANDO_ARROW_DOUBLES
                                        : MANDO_ARROW_TEXT;
}

static void add_column(struct source *source, enum mando_rows_column column,
                       enum mando_arrow_type type, bool nullable)
{
    source->fields[source->column_count] = (struct mando_arrow_field){
        mando_rows_column_name(column), type, nullable, source->rows.width};
    source->columns[source->column_count++] = column;
}

static void add_columns(struct source *source)
{
    const struct mando_rows *rows = &source->rows;
    if (rows->point)
        add_column(source, MANDO_ROWS_POINT, MANDO_ARROW_INT32, false);
    add_column(source, MANDO_ROWS_START, MANDO_ARROW_TIME, false);
    if (rows->valid_end_us)
        add_column(source, MANDO_ROWS_END, MANDO_ARROW_TIME, true);
    if (rows->knowledge_us)
        add_column(source, MANDO_ROWS_KNOWN, MANDO_ARROW_TIME, true);
    if (rows->change_us)
        add_column(source, MANDO_ROWS_CHANGED, MANDO_ARROW_TIME, false);
    add_column(source, MANDO_ROWS_VALUE, value_type(rows), true);
    if (rows->deleted.bytes)
        add_column(source, MANDO_ROWS_DELETED, MANDO_ARROW_BOOL, false);
    if (rows->author.offsets)
        add_column(source, MANDO_ROWS_AUTHOR, MANDO_ARROW_TEXT, false);
}

/* Bits that begin inside a byte are copied, others borrowed. */
static enum mando_status set_bits(struct ArrowArray *array, size_t buffer, struct mando_bits bits)
{
    size_t count = (size_t)array->length;
    if (!bits.bytes)
        return MANDO_OK;
    if (buffer == 0)
        array->null_count = -1;
    if (bits.offset % 8 == 0) {
        array->buffers[buffer] = bits.bytes + bits.offset / 8;
        return MANDO_OK;
    }
    uint8_t *copy = mando_alloc(count / 8 + 1, 1);
    if (!copy)
        return MANDO_NO_MEMORY;
    mando_arrow_bits_copy(bits.bytes, bits.offset, count, copy);
    mando_arrow_array_own(array, buffer, copy);
    return MANDO_OK;
}

static enum mando_status make_flat(size_t count, const void *values, struct mando_bits valid,
                                   struct ArrowArray *out)
{
    enum mando_status status = mando_arrow_array_new(2, 0, out);
    if (status)
        return status;
    out->length = (int64_t)count;
    out->buffers[1] = values;
    return set_bits(out, 0, valid);
}

static enum mando_status make_bools(size_t count, struct mando_bits bits, struct ArrowArray *out)
{
    enum mando_status status = mando_arrow_array_new(2, 0, out);
    if (status)
        return status;
    out->length = (int64_t)count;
    return set_bits(out, 1, bits);
}

static enum mando_status make_texts(size_t count, struct mando_texts texts, struct mando_bits valid,
                                    struct ArrowArray *out)
{
    enum mando_status status = mando_arrow_array_new(3, 0, out);
    if (status)
        return status;
    out->length = (int64_t)count;
    out->buffers[1] = texts.offsets;
    out->buffers[2] = texts.bytes;
    return set_bits(out, 0, valid);
}

static enum mando_status make_matrix(const struct mando_rows *rows, struct ArrowArray *out)
{
    enum mando_status status = mando_arrow_array_new(1, 1, out);
    if (status)
        return status;
    out->length = (int64_t)rows->count;
    status = set_bits(out, 0, rows->present);
    return status ? status
                  : make_flat(rows->count * rows->width, rows->value, rows->number_present,
                              out->children[0]);
}

static enum mando_status make_value(const struct mando_rows *rows, struct ArrowArray *out)
{
    if (rows->type == MANDO_SERIES)
        return make_flat(rows->count, rows->value, rows->present, out);
    if (rows->type == MANDO_MATRIX)
        return make_matrix(rows, out);
    return make_texts(rows->count, rows->document, rows->present, out);
}

static enum mando_status make_column(const struct mando_rows *rows, enum mando_rows_column column,
                                     struct ArrowArray *out)
{
    static const struct mando_bits ALL = {0};
    switch (column) {
    case MANDO_ROWS_POINT:
        return make_flat(rows->count, rows->point, ALL, out);
    case MANDO_ROWS_START:
        return make_flat(rows->count, rows->valid_start_us, ALL, out);
    case MANDO_ROWS_END:
        return make_flat(rows->count, rows->valid_end_us, rows->ended, out);
    case MANDO_ROWS_KNOWN:
        return make_flat(rows->count, rows->knowledge_us, rows->known, out);
    case MANDO_ROWS_CHANGED:
        return make_flat(rows->count, rows->change_us, ALL, out);
    case MANDO_ROWS_DELETED:
        return make_bools(rows->count, rows->deleted, out);
    case MANDO_ROWS_AUTHOR:
        return make_texts(rows->count, rows->author, ALL, out);
    default:
        return make_value(rows, out);
    }
}

static enum mando_status next_batch(void *self, struct ArrowArray *batch_out,
                                    struct mando_error *error)
{
    struct source *source = self;
    MANDO_CLEANUP(mando_arrow_array_release) struct ArrowArray batch = {0};
    if (source->is_done || source->rows.count == 0)
        return MANDO_OK;
    enum mando_status status = mando_arrow_array_new(1, source->column_count, &batch);
    for (size_t i = 0; i < source->column_count && !status; i++)
        status = make_column(&source->rows, source->columns[i], batch.children[i]);
    if (status)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a batch of rows");
    batch.length = (int64_t)source->rows.count;
    source->is_done = true;
    mando_arrow_array_move(&batch, batch_out);
    return MANDO_OK;
}

static enum mando_status check_columns(const struct mando_rows *rows, struct mando_error *error)
{
    bool has_value =
        rows->type == MANDO_DOCUMENT ? rows->document.offsets != NULL : rows->value != NULL;
    if (rows->type < MANDO_SERIES || rows->type > MANDO_DOCUMENT)
        return mando_fail(error, MANDO_E_ARROW_ARRAY, -1, "rows have no type of values");
    if (rows->count > 0 && !(rows->valid_start_us && has_value))
        return mando_fail(error, MANDO_E_ARROW_ARRAY, -1, "rows have no column \"%s\"",
                          rows->valid_start_us ? "value" : "start");
    uint32_t width_max = rows->type == MANDO_MATRIX ? MANDO_POINT_WIDTH_MAX : 1;
    if (rows->width < 1 || rows->width > width_max)
        return mando_fail(error, MANDO_E_ARROW_ARRAY, -1,
                          "rows have values of %u numbers; they must have 1 to %u",
                          (unsigned)rows->width, (unsigned)width_max);
    return MANDO_OK;
}

enum mando_status mando_rows_stream(const struct mando_rows *rows,
                                    struct ArrowArrayStream *stream_out, struct mando_error *error)
{
    static const struct mando_arrow_source OPERATIONS = {next_batch, mando_free};
    enum mando_status status = check_columns(rows, error);
    if (status)
        return status;
    struct source *source = mando_alloc(1, sizeof *source);
    if (!source)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a stream of rows");
    source->rows = *rows;
    add_columns(source);
    status = mando_arrow_stream_new(source->fields, source->column_count, &OPERATIONS, source,
                                    stream_out, error);
    if (status)
        mando_free(source);
    return status;
}
