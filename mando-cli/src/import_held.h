/* import_held.h: rows that wait until the step of their data point is known. */
#ifndef CLI_IMPORT_HELD_H
#define CLI_IMPORT_HELD_H

#include <stdbool.h>

#include "mando/codec.h"

struct held_row {
    int64_t start_us, end_us, knowledge_us;
    struct mando_rows_place place;
    double value;
    int32_t point;
    bool has_end, is_known, is_present, is_deleted;
};

/* Rows that wait, at most, but for the batch that is the last. */
#define HELD_ROWS_MAX ((size_t)1 << 20)

struct held_rows {
    struct held_row *items;
    size_t count, capacity;
};

/* Adds row i of the reader's last batch, with its place. MANDO_NO_MEMORY. */
enum mando_status held_rows_add(struct held_rows *held, const struct mando_rows *rows, size_t i,
                                const struct mando_rows_reader *reader, struct mando_error *error);

void held_rows_release(struct held_rows *held);

/* Rows as columns, with memory of their own. */
struct held_columns {
    int32_t *point;
    int64_t *start_us, *end_us, *knowledge_us;
    double *value;
    uint8_t *ended, *known, *present, *deleted;
};

/* `count` rows from `first` on as plain columns, borrowed from *columns_out, which is the caller's,
 * held_columns_release. MANDO_NO_MEMORY. */
enum mando_status held_rows_view(const struct held_row *first, size_t count,
                                 struct held_columns *columns_out, struct mando_rows *rows_out,
                                 struct mando_error *error);
void held_columns_release(struct held_columns *columns);

#endif
