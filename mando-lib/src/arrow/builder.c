#include "arrow/builder.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

#define STEP_BYTES ((size_t)64 << 10)

/* Makes room for `more` bytes; twice the old room once that is more than a step. */
static bool grow(struct mando_arrow_builder *builder, struct mando_arrow_buffer *buffer,
                 size_t more)
{
    if (builder->status)
        return false;
    size_t needed = more > SIZE_MAX / 4 - buffer->size ? SIZE_MAX / 2 : buffer->size + more;
    if (needed < 2 * buffer->capacity)
        needed = 2 * buffer->capacity;
    size_t capacity = (needed + STEP_BYTES - 1) / STEP_BYTES * STEP_BYTES;
    unsigned char *bytes = mando_realloc(buffer->bytes, capacity, 1);
    if (!bytes) {
        builder->status = MANDO_NO_MEMORY;
        return false;
    }
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

/* Inlined, so that a value of a known size is one store. */
static inline bool append(struct mando_arrow_builder *builder, struct mando_arrow_buffer *buffer,
                          const void *bytes, size_t size)
{
    if (size > buffer->capacity - buffer->size && !grow(builder, buffer, size))
        return false;
    if (size)
        memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
    return true;
}

/* Appends the bit that follows `count` bits. */
static inline bool append_bit(struct mando_arrow_builder *builder, struct mando_arrow_buffer *bits,
                              size_t count, bool bit)
{
    if (count % 8 == 0 && !append(builder, bits, "", 1))
        return false;
    if (bit)
        bits->bytes[count / 8] |= (unsigned char)(1u << (count % 8));
    return true;
}

/* A bitmap is there from the first null on: the `count` values before it are all there. */
static bool append_validity(struct mando_arrow_builder *builder, struct mando_arrow_buffer *bits,
                            size_t count, bool valid)
{
    if (valid && bits->size == 0)
        return true;
    for (size_t i = 8 * bits->size; i < count; i++)
        if (!append_bit(builder, bits, i, true))
            return false;
    return append_bit(builder, bits, count, valid);
}

static struct mando_arrow_column *column_of(struct mando_arrow_builder *builder, size_t column)
{
    assert(column < builder->column_count);
    return &builder->columns[column];
}

/* Counts a value whose bytes are there. */
static inline void count_value(struct mando_arrow_builder *builder,
                               struct mando_arrow_column *column)
{
    if (column->validity.size == 0
        || append_validity(builder, &column->validity, column->count, true))
        column->count++;
}

void mando_arrow_push_bool(struct mando_arrow_builder *builder, size_t column, bool value)
{
    struct mando_arrow_column *c = column_of(builder, column);
    assert(c->field.type == MANDO_ARROW_BOOL);
    if (append_bit(builder, &c->values, c->count, value))
        count_value(builder, c);
}

void mando_arrow_push_int(struct mando_arrow_builder *builder, size_t column, int64_t value)
{
    struct mando_arrow_column *c = column_of(builder, column);
    int32_t narrow = (int32_t)value;
    bool is_narrow = c->field.type == MANDO_ARROW_INT32;
    assert(is_narrow ? narrow == value
                     : c->field.type == MANDO_ARROW_INT64 || c->field.type == MANDO_ARROW_TIME);
    if (is_narrow ? append(builder, &c->values, &narrow, sizeof narrow)
                  : append(builder, &c->values, &value, sizeof value))
        count_value(builder, c);
}

void mando_arrow_push_number(struct mando_arrow_builder *builder, size_t column, double value)
{
    struct mando_arrow_column *c = column_of(builder, column);
    assert(c->field.type == MANDO_ARROW_DOUBLE);
    if (append(builder, &c->values, &value, sizeof value))
        count_value(builder, c);
}

void mando_arrow_push_numbers(struct mando_arrow_builder *builder, size_t column,
                              const double *numbers)
{
    struct mando_arrow_column *c = column_of(builder, column);
    assert(c->field.type == MANDO_ARROW_DOUBLES);
    size_t width = c->field.width;
    if (!append(builder, &c->values, numbers, width * sizeof *numbers))
        return;
    for (size_t i = 0; i < width; i++) {
        bool valid = !isnan(numbers[i]);
        if (!append_validity(builder, &c->number_validity, c->count * width + i, valid))
            return;
        c->number_null_count += !valid;
    }
    count_value(builder, c);
}

/* Appends the end of a text that holds all bytes from the end of the one before. */
static bool append_offset(struct mando_arrow_builder *builder, struct mando_arrow_column *column)
{
    int32_t end = (int32_t)column->values.size;
    static const int32_t START = 0;
    if (column->count == 0 && column->offsets.size == 0
        && !append(builder, &column->offsets, &START, sizeof START))
        return false;
    return append(builder, &column->offsets, &end, sizeof end);
}

void mando_arrow_push_text(struct mando_arrow_builder *builder, size_t column, const char *text,
                           size_t length)
{
    struct mando_arrow_column *c = column_of(builder, column);
    assert(c->field.type == MANDO_ARROW_TEXT);
    if (length > INT32_MAX - c->values.size) {
        builder->status = builder->status ? builder->status : MANDO_LIMIT;
        return;
    }
    if (append(builder, &c->values, text, length) && append_offset(builder, c))
        count_value(builder, c);
}

/* The bytes that stand where a value is missing: zeros, so that nothing unspecified leaves. */
static bool append_missing(struct mando_arrow_builder *builder, struct mando_arrow_column *column)
{
    static const double NONE = 0;
    size_t size = mando_arrow_type_size(column->field.type);
    if (column->field.type == MANDO_ARROW_BOOL)
        return append_bit(builder, &column->values, column->count, false);
    if (column->field.type == MANDO_ARROW_TEXT)
        return append_offset(builder, column);
    if (size)
        return append(builder, &column->values, &NONE, size);
    for (size_t i = 0; i < column->field.width; i++) {
        size_t number = column->count * column->field.width + i;
        if (!append(builder, &column->values, &NONE, sizeof NONE)
            || !append_validity(builder, &column->number_validity, number, false))
            return false;
        column->number_null_count++;
    }
    return true;
}

void mando_arrow_push_null(struct mando_arrow_builder *builder, size_t column)
{
    struct mando_arrow_column *c = column_of(builder, column);
    assert(c->field.nullable);
    if (!append_missing(builder, c) || !append_validity(builder, &c->validity, c->count, false))
        return;
    c->count++;
    c->null_count++;
}

void mando_arrow_push_many(struct mando_arrow_builder *builder, size_t column, const void *values,
                           size_t count)
{
    struct mando_arrow_column *c = column_of(builder, column);
    size_t size = mando_arrow_type_size(c->field.type);
    assert(size);
    if (count > SIZE_MAX / 16) {
        builder->status = MANDO_NO_MEMORY;
        return;
    }
    if (!append(builder, &c->values, values, count * size))
        return;
    for (size_t i = 0; c->validity.size && i < count; i++)
        if (!append_bit(builder, &c->validity, c->count + i, true))
            return;
    c->count += count;
}

size_t mando_arrow_builder_count(const struct mando_arrow_builder *builder)
{
    return builder->column_count ? builder->columns[0].count : 0;
}

bool mando_arrow_builder_is_empty(const struct mando_arrow_builder *builder)
{
    return !builder->status && mando_arrow_builder_count(builder) == 0;
}

enum mando_status mando_arrow_builder_init(struct mando_arrow_builder *builder,
                                           const struct mando_arrow_field *fields, size_t count)
{
    *builder = (struct mando_arrow_builder){.column_count = count};
    builder->columns = mando_alloc(count, sizeof *builder->columns);
    if (!builder->columns) {
        builder->column_count = 0;
        return builder->status = MANDO_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++)
        builder->columns[i].field = fields[i];
    return MANDO_OK;
}

void mando_arrow_builder_release(struct mando_arrow_builder *builder)
{
    for (size_t i = 0; i < builder->column_count; i++) {
        struct mando_arrow_column *column = &builder->columns[i];
        mando_free(column->validity.bytes);
        mando_free(column->number_validity.bytes);
        mando_free(column->values.bytes);
        mando_free(column->offsets.bytes);
    }
    mando_free(builder->columns);
    *builder = (struct mando_arrow_builder){0};
}

static void take_bytes(struct mando_arrow_buffer *buffer, struct ArrowArray *array, size_t i)
{
    mando_arrow_array_own(array, i, buffer->bytes);
    *buffer = (struct mando_arrow_buffer){0};
}

/* The numbers of DOUBLES, as the child of its list. */
static enum mando_status take_numbers(struct mando_arrow_column *column, struct ArrowArray *out)
{
    enum mando_status status = mando_arrow_array_new(2, 0, out);
    if (status)
        return status;
    out->length = (int64_t)(column->count * column->field.width);
    out->null_count = (int64_t)column->number_null_count;
    take_bytes(&column->number_validity, out, 0);
    take_bytes(&column->values, out, 1);
    return MANDO_OK;
}

static enum mando_status take_column(struct mando_arrow_column *column, struct ArrowArray *out)
{
    bool is_list = column->field.type == MANDO_ARROW_DOUBLES;
    bool is_text = column->field.type == MANDO_ARROW_TEXT;
    enum mando_status status = mando_arrow_array_new(is_list   ? 1
                                                     : is_text ? 3
                                                               : 2,
                                                     is_list ? 1 : 0, out);
    if (!status && is_list)
        status = take_numbers(column, out->children[0]);
    if (status)
        return status;
    out->length = (int64_t)column->count;
    out->null_count = (int64_t)column->null_count;
    take_bytes(&column->validity, out, 0);
    if (is_text)
        take_bytes(&column->offsets, out, 1);
    if (!is_list)
        take_bytes(&column->values, out, is_text ? 2 : 1);
    column->count = column->null_count = column->number_null_count = 0;
    return MANDO_OK;
}

static enum mando_status take_columns(struct mando_arrow_builder *builder, struct ArrowArray *out)
{
    MANDO_CLEANUP(mando_arrow_array_release) struct ArrowArray batch = {0};
    size_t rows = mando_arrow_builder_count(builder);
    enum mando_status status = mando_arrow_array_new(1, builder->column_count, &batch);
    for (size_t i = 0; i < builder->column_count && !status; i++) {
        assert(builder->columns[i].count == rows);
        status = take_column(&builder->columns[i], batch.children[i]);
    }
    if (status)
        return status;
    batch.length = (int64_t)rows;
    mando_arrow_array_move(&batch, out);
    return MANDO_OK;
}

enum mando_status mando_arrow_builder_take(struct mando_arrow_builder *builder,
                                           struct ArrowArray *array_out, struct mando_error *error)
{
    if (!builder->status)
        builder->status = take_columns(builder, array_out);
    if (builder->status == MANDO_LIMIT)
        return mando_fail(error, MANDO_E_ARROW_TEXT, -1,
                          "a column of texts has more than 2 GiB in one batch");
    if (builder->status)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a batch of rows");
    return MANDO_OK;
}
