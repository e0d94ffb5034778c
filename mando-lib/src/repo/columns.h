/* repo/columns.h: versions of a series as columns. What is in order and new, as most is that is stored in bulk, needs
 * no look at each row. Pure. */
#ifndef MANDO_REPO_COLUMNS_H
#define MANDO_REPO_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "mando/rows.h"
#include "mando/time.h"
#include "repo/version.h"

/* Starts rise from one to the next; nothing is deleted. */
struct mando_columns {
    size_t count;
    const int64_t *start_us, *end_us, *knowledge_us;
    const double *number; /* never -0; 0 where it is missing */
    struct mando_bits present;
    int64_t change_us;
};

/* What rows do not say themselves. */
struct mando_columns_defaults {
    int64_t knowledge_us, change_us;
    struct mando_duration resolution; /* rows without an end have that of one step */
    const struct mando_zone *zone;
};

/* Memory for columns that differ from those of the rows; zeroed is empty. */
struct mando_columns_memory {
    int64_t *end_us, *knowledge_us;
    double *number;
    size_t capacity;
};

void mando_columns_release(struct mando_columns_memory *memory);

/* Whether `count` rows from `first` on are of one series, in order, none deleted. */
bool mando_columns_fit(const struct mando_rows *rows, size_t first, size_t count);

/* Whether one of them has no end. */
bool mando_columns_lack_end(const struct mando_rows *rows, size_t first, size_t count);

/* Fills *columns_out, which borrows from rows and memory, with rows that fit. MANDO_INVALID (time.range: an end past
 * the last year), MANDO_NO_MEMORY; the caller fills its error. */
enum mando_status mando_columns_fill(const struct mando_rows *rows, size_t first, size_t count,
                                     const struct mando_columns_defaults *defaults,
                                     struct mando_columns_memory *memory,
                                     struct mando_columns *columns_out);

/* A row of them. */
struct mando_version mando_columns_version(const struct mando_columns *columns, size_t row);

#endif
