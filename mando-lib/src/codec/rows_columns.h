/* codec/rows_columns.h: the columns that rows have in files. */
#ifndef MANDO_CODEC_ROWS_COLUMNS_H
#define MANDO_CODEC_ROWS_COLUMNS_H

#include "codec/rows_batch.h"

/* Columns of values: `value`, or the labels of a matrix. */
struct rows_columns {
    const char *const *labels; /* NULL but for a matrix */
    const char *value; /* in place of "value"; then there are start and this alone; or NULL */
    uint32_t width;
};

/* The field that a name is of, -1 where it is none. `likely` is looked at first: objects of a file have
 * their members in one order. */
int rows_columns_find(const struct rows_columns *columns, int likely, const char *name,
                      size_t length);

/* The name of a field, NULL behind the last. */
const char *rows_columns_name(const struct rows_columns *columns, size_t field);

/* Says that a name is none of a row's, and which is the nearest. */
void rows_columns_explain(const struct rows_columns *columns, const char *name, const char *shown,
                          char message_out[248]);

#endif
