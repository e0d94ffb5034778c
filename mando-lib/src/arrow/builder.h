/* arrow/builder.h: batches of typed columns, filled value by value or many at once.
 *
 * Buffers grow in steps of 64 KiB. A failed push marks the builder; later ones are in vain, so that one
 * check, that of mando_arrow_builder_take, is enough. */
#ifndef MANDO_ARROW_BUILDER_H
#define MANDO_ARROW_BUILDER_H

#include "arrow/field.h"

struct mando_arrow_buffer {
    unsigned char *bytes;
    size_t size, capacity;
};

struct mando_arrow_column {
    struct mando_arrow_field field;
    size_t count, null_count;
    /* DOUBLES: validity of rows and of numbers; TEXT: values are the bytes. */
    struct mando_arrow_buffer validity, number_validity, values, offsets;
    size_t number_null_count;
};

struct mando_arrow_builder {
    struct mando_arrow_column *columns;
    size_t column_count;
    enum mando_status status; /* MANDO_OK, MANDO_LIMIT (2 GiB of text), MANDO_NO_MEMORY */
};

/* The names are borrowed until the release, which a failed init needs as well.
 * MANDO_NO_MEMORY; the caller fills its error. */
enum mando_status mando_arrow_builder_init(struct mando_arrow_builder *builder,
                                           const struct mando_arrow_field *fields, size_t count);
void mando_arrow_builder_release(struct mando_arrow_builder *builder); /* zeroed is fine */

/* Append one value to a column of that type. int: INT32 (it must fit), INT64, TIME. numbers: `width`
 * of them for DOUBLES, NaN is a null. */
void mando_arrow_push_bool(struct mando_arrow_builder *builder, size_t column, bool value);
void mando_arrow_push_int(struct mando_arrow_builder *builder, size_t column, int64_t value);
void mando_arrow_push_number(struct mando_arrow_builder *builder, size_t column, double value);
void mando_arrow_push_numbers(struct mando_arrow_builder *builder, size_t column,
                              const double *numbers);
void mando_arrow_push_text(struct mando_arrow_builder *builder, size_t column, const char *text,
                           size_t length);
void mando_arrow_push_null(struct mando_arrow_builder *builder, size_t column);

/* Append `count` values as they stand in memory, none of them null: int32_t, int64_t or double. */
void mando_arrow_push_many(struct mando_arrow_builder *builder, size_t column, const void *values,
                           size_t count);

/* Rows of the first column. */
size_t mando_arrow_builder_count(const struct mando_arrow_builder *builder);

/* Whether there is nothing to take: no row, and no failure that take would tell. */
bool mando_arrow_builder_is_empty(const struct mando_arrow_builder *builder);

/* Hands the rows over, columns of one length each, and starts anew. *array_out is the caller's, by
 * its release. MANDO_LIMIT (arrow.text), MANDO_NO_MEMORY; then only the release is left. */
enum mando_status mando_arrow_builder_take(struct mando_arrow_builder *builder,
                                           struct ArrowArray *array_out, struct mando_error *error);

#endif
