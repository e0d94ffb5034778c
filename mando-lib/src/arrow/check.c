#include "arrow/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "arrow/bits.h"
#include "base/fail.h"
#include "base/utf8.h"

/* Lengths beyond are refused before anything is computed from them. */
#define LENGTH_MAX (INT64_C(1) << 40)
#define WIDTH_MAX 65536

enum layout { FIXED, BITS, TEXT, LARGE_TEXT, LIST, STRUCT, UNKNOWN };

struct format {
    enum layout layout;
    size_t size;   /* bytes of a value, of an offset */
    int64_t width; /* values in a list */
};

/* Times end in a zone, which is whatever follows the colon. */
static const struct {
    const char *text;
    struct format format;
} FORMATS[] = {
    {"b", {BITS, 0, 0}},     {"c", {FIXED, 1, 0}},    {"C", {FIXED, 1, 0}},
    {"s", {FIXED, 2, 0}},    {"S", {FIXED, 2, 0}},    {"i", {FIXED, 4, 0}},
    {"I", {FIXED, 4, 0}},    {"l", {FIXED, 8, 0}},    {"L", {FIXED, 8, 0}},
    {"f", {FIXED, 4, 0}},    {"g", {FIXED, 8, 0}},    {"tdD", {FIXED, 4, 0}},
    {"tss:", {FIXED, 8, 0}}, {"tsm:", {FIXED, 8, 0}}, {"tsu:", {FIXED, 8, 0}},
    {"tsn:", {FIXED, 8, 0}}, {"u", {TEXT, 4, 0}},     {"U", {LARGE_TEXT, 8, 0}},
    {"+s", {STRUCT, 0, 0}},
};

/* "+w:12"; anything else than a number from 1 to WIDTH_MAX is unknown. */
static struct format list_format(const char *digits)
{
    int64_t width = 0;
    size_t i = 0;
    while (digits[i] >= '0' && digits[i] <= '9' && width <= WIDTH_MAX)
        width = width * 10 + (digits[i++] - '0');
    bool is_width = i > 0 && !digits[i] && width >= 1 && width <= WIDTH_MAX;
    return (struct format){is_width ? LIST : UNKNOWN, 0, width};
}

static struct format format_of(const char *text)
{
    if (strncmp(text, "+w:", 3) == 0)
        return list_format(text + 3);
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        size_t length = strlen(FORMATS[i].text);
        bool has_zone = FORMATS[i].text[length - 1] == ':';
        if (has_zone ? strncmp(text, FORMATS[i].text, length) == 0
                     : strcmp(text, FORMATS[i].text) == 0)
            return FORMATS[i].format;
    }
    return (struct format){UNKNOWN, 0, 0};
}

static const char *name_of(const struct ArrowSchema *schema)
{
    return schema->name ? schema->name : "";
}

static enum mando_status fail_schema(const char *column, const char *what,
                                     struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_ARROW_SCHEMA, column, 0, 0,
                         "the schema of column \"%.80s\" %s", column, what);
}

/* A struct that is alive, with as many children as its type has, `children` < 0 = any number. */
static enum mando_status check_node(const struct ArrowSchema *schema, int64_t children,
                                    struct mando_error *error)
{
    const char *name = name_of(schema);
    if (!schema->release)
        return fail_schema(name, "was released", error);
    if (schema->n_children < 0 || schema->n_children > MANDO_ARROW_COLUMNS_MAX
        || (children >= 0 && schema->n_children != children))
        return fail_schema(name, "has a wrong number of children", error);
    if (schema->n_children > 0 && !schema->children)
        return fail_schema(name, "has no children where it counts some", error);
    for (int64_t i = 0; i < schema->n_children; i++)
        if (!schema->children[i])
            return fail_schema(name, "has a child that is NULL", error);
    return MANDO_OK;
}

static enum mando_status check_type(const struct ArrowSchema *schema, struct format *format_out,
                                    struct mando_error *error)
{
    const char *name = name_of(schema);
    if (!schema->format)
        return fail_schema(name, "has no format", error);
    *format_out = format_of(schema->format);
    if (schema->dictionary)
        return mando_fail_at(error, MANDO_E_ARROW_TYPE, name, 0, 0,
                             "column \"%.80s\" is dictionary-encoded; give its values instead",
                             name);
    if (format_out->layout == UNKNOWN || format_out->layout == STRUCT)
        return mando_fail_at(
            error, MANDO_E_ARROW_TYPE, name, 0, 0,
            "column \"%.80s\" has the Arrow type \"%.40s\", which is not supported", name,
            schema->format);
    return MANDO_OK;
}

static enum mando_status check_column_schema(const struct ArrowSchema *schema,
                                             struct mando_error *error)
{
    struct format format = {UNKNOWN, 0, 0}, item = {UNKNOWN, 0, 0};
    enum mando_status status = check_type(schema, &format, error);
    if (!status)
        status = check_node(schema, format.layout == LIST ? 1 : 0, error);
    if (status || format.layout != LIST)
        return status;
    status = check_type(schema->children[0], &item, error);
    if (!status && item.layout != FIXED)
        return fail_schema(name_of(schema), "has a list of something else than numbers", error);
    return status ? status : check_node(schema->children[0], 0, error);
}

enum mando_status mando_arrow_schema_check(const struct ArrowSchema *schema,
                                           struct mando_error *error)
{
    if (schema->release && (!schema->format || strcmp(schema->format, "+s") != 0))
        return mando_fail(error, MANDO_E_ARROW_SCHEMA, -1,
                          "a stream has the Arrow type \"%.40s\"; it must be a struct, \"+s\"",
                          schema->format ? schema->format : "");
    enum mando_status status = check_node(schema, -1, error);
    for (int64_t i = 0; i < schema->n_children && !status; i++)
        status = check_column_schema(schema->children[i], error);
    return status;
}

MANDO_PRINTF(3, 4)
static enum mando_status fail_array(struct mando_error *error, const struct ArrowSchema *schema,
                                    const char *format, ...)
{
    char reason[120];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    const char *name = name_of(schema);
    if (strcmp(schema->format, "+s") == 0)
        return mando_fail(error, MANDO_E_ARROW_ARRAY, -1, "a batch of rows %s", reason);
    return mando_fail_at(error, MANDO_E_ARROW_ARRAY, name, 0, 0, "column \"%.80s\" of a batch %s",
                         name, reason);
}

static int64_t buffers_of(enum layout layout)
{
    return layout == STRUCT || layout == LIST ? 1 : layout == TEXT || layout == LARGE_TEXT ? 3 : 2;
}

/* The numbers in the struct itself: everything else is computed from them. */
static enum mando_status check_numbers(const struct ArrowSchema *schema,
                                       const struct ArrowArray *array, enum layout layout,
                                       struct mando_error *error)
{
    if (!array->release)
        return fail_array(error, schema, "was released");
    if (array->length < 0 || array->length > LENGTH_MAX || array->offset < 0
        || array->offset > LENGTH_MAX)
        return fail_array(error, schema, "has length %" PRId64 " at offset %" PRId64, array->length,
                          array->offset);
    if (array->null_count < -1 || array->null_count > array->length)
        return fail_array(error, schema, "counts %" PRId64 " nulls in %" PRId64 " rows",
                          array->null_count, array->length);
    if (array->n_buffers != buffers_of(layout))
        return fail_array(error, schema, "has %" PRId64 " buffers; its type has %" PRId64,
                          array->n_buffers, buffers_of(layout));
    if (!array->buffers)
        return fail_array(error, schema, "has no list of buffers");
    if (array->dictionary)
        return fail_array(error, schema, "has a dictionary, which its schema has not");
    if (array->n_children > 0 && !array->children)
        return fail_array(error, schema, "has no list of children");
    if (array->n_children != schema->n_children)
        return fail_array(error, schema, "has %" PRId64 " children; its schema has %" PRId64,
                          array->n_children, schema->n_children);
    for (int64_t i = 0; i < array->n_children; i++)
        if (!array->children[i])
            return fail_array(error, schema, "has a child that is NULL");
    return MANDO_OK;
}

static enum mando_status check_nulls(const struct ArrowSchema *schema,
                                     const struct ArrowArray *array, struct mando_error *error)
{
    const uint8_t *bits = array->buffers[0];
    size_t from = (size_t)array->offset, to = from + (size_t)array->length;
    int64_t nulls = bits ? (int64_t)mando_arrow_zeros(bits, from, to) : 0;
    if (array->null_count != -1 && array->null_count != nulls)
        return fail_array(error, schema, "counts %" PRId64 " nulls and has %" PRId64,
                          array->null_count, nulls);
    bool may_be_null = (schema->flags & ARROW_FLAG_NULLABLE) && strcmp(schema->format, "+s") != 0;
    if (nulls > 0 && !may_be_null)
        return fail_array(error, schema, "has nulls where there may be none");
    return MANDO_OK;
}

static bool is_aligned(const void *buffer, size_t size)
{
    return (uintptr_t)buffer % size == 0;
}

static enum mando_status check_buffer(const struct ArrowSchema *schema,
                                      const struct ArrowArray *array, size_t buffer, size_t size,
                                      struct mando_error *error)
{
    if (array->length == 0)
        return MANDO_OK;
    if (!array->buffers[buffer])
        return fail_array(error, schema, "has rows and no buffer for them");
    if (!is_aligned(array->buffers[buffer], size))
        return fail_array(error, schema, "has a buffer that is not aligned to %zu bytes", size);
    return MANDO_OK;
}

static int64_t offset_at(const void *offsets, enum layout layout, int64_t i)
{
    return layout == TEXT ? ((const int32_t *)offsets)[i] : ((const int64_t *)offsets)[i];
}

static enum mando_status check_offset(const struct ArrowSchema *schema,
                                      const struct ArrowArray *array, enum layout layout,
                                      int64_t row, struct mando_error *error)
{
    int64_t start = offset_at(array->buffers[1], layout, array->offset + row);
    int64_t end = offset_at(array->buffers[1], layout, array->offset + row + 1);
    if (start < 0 || end < start)
        return fail_array(error, schema,
                          "has text %" PRId64 " from byte %" PRId64 " to byte %" PRId64, row, start,
                          end);
    if (end > 0 && !array->buffers[2])
        return fail_array(error, schema, "has texts and no buffer for them");
    return MANDO_OK;
}

static enum mando_status check_text(const struct ArrowSchema *schema,
                                    const struct ArrowArray *array, enum layout layout, int64_t row,
                                    struct mando_error *error)
{
    const uint8_t *valid = array->buffers[0];
    const char *bytes = array->buffers[2];
    int64_t i = array->offset + row, start = offset_at(array->buffers[1], layout, i);
    size_t length = (size_t)(offset_at(array->buffers[1], layout, i + 1) - start);
    if (length == 0 || (valid && !mando_arrow_bit(valid, (size_t)i))
        || mando_utf8_valid(bytes + start, length) == length)
        return MANDO_OK;
    return fail_array(error, schema, "has text %" PRId64 ", which is not UTF-8", row);
}

/* No byte is read before all offsets are known to rise: the last one is what the buffer holds. */
static enum mando_status check_texts(const struct ArrowSchema *schema,
                                     const struct ArrowArray *array, struct format format,
                                     struct mando_error *error)
{
    enum mando_status status = check_buffer(schema, array, 1, format.size, error);
    for (int64_t i = 0; i < array->length && !status; i++)
        status = check_offset(schema, array, format.layout, i, error);
    for (int64_t i = 0; i < array->length && !status; i++)
        status = check_text(schema, array, format.layout, i, error);
    return status;
}

static enum mando_status check_length(const struct ArrowSchema *schema,
                                      const struct ArrowArray *array, int64_t needed,
                                      struct mando_error *error)
{
    if (array->length >= needed)
        return MANDO_OK;
    return fail_array(error, schema, "has %" PRId64 " values; %" PRId64 " are needed",
                      array->length, needed);
}

static enum mando_status check_column(const struct ArrowSchema *schema,
                                      const struct ArrowArray *array, int64_t needed,
                                      struct mando_error *error)
{
    struct format format = format_of(schema->format);
    enum mando_status status = check_numbers(schema, array, format.layout, error);
    if (!status)
        status = check_length(schema, array, needed, error);
    if (!status)
        status = check_nulls(schema, array, error);
    if (status || format.layout == LIST)
        return status;
    if (format.layout == TEXT || format.layout == LARGE_TEXT)
        return check_texts(schema, array, format, error);
    return check_buffer(schema, array, 1, format.layout == BITS ? 1 : format.size, error);
}

enum mando_status mando_arrow_array_check(const struct ArrowSchema *schema,
                                          const struct ArrowArray *array, struct mando_error *error)
{
    enum mando_status status = check_numbers(schema, array, STRUCT, error);
    if (!status)
        status = check_nulls(schema, array, error);
    int64_t end = status ? 0 : array->offset + array->length;
    for (int64_t i = 0; i < schema->n_children && !status; i++) {
        const struct ArrowSchema *column = schema->children[i];
        struct format format = format_of(column->format);
        status = check_column(column, array->children[i], end, error);
        if (!status && format.layout == LIST)
            status = check_column(
                column->children[0], array->children[i]->children[0],
                (array->children[i]->offset + array->children[i]->length) * format.width, error);
    }
    return status;
}
