/* domain/rows.h: the columns of a value stream and what their values must be. */
#ifndef MANDO_DOMAIN_ROWS_H
#define MANDO_DOMAIN_ROWS_H

#include "mando/rows.h"

enum mando_rows_column {
    MANDO_ROWS_POINT,
    MANDO_ROWS_START,
    MANDO_ROWS_END,
    MANDO_ROWS_KNOWN,
    MANDO_ROWS_CHANGED,
    MANDO_ROWS_VALUE,
    MANDO_ROWS_DELETED,
    MANDO_ROWS_AUTHOR,
    MANDO_ROWS_COLUMNS
};

const char *mando_rows_column_name(enum mando_rows_column column);

/* Numbers are finite, times inside the years 1 to 9999, no end is before its start, no index of a
 * point is negative. error->index is the row, counted from `first`.
 * MANDO_INVALID (rows.number, time.range, time.order, arrow.array). */
enum mando_status mando_rows_check(const struct mando_rows *rows, int64_t first,
                                   struct mando_error *error);

#endif
