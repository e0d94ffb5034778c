/* codec/rows_batch.h: up to 10,000 rows that a file gives, column by column. */
#ifndef MANDO_CODEC_ROWS_BATCH_H
#define MANDO_CODEC_ROWS_BATCH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/text.h"
#include "mando/rows.h"

/* What a column of a row file is; of a matrix each label has a column of its own. */
enum rows_field {
    ROWS_ID,
    ROWS_START,
    ROWS_END,
    ROWS_KNOWN,
    ROWS_DELETED,
    ROWS_VALUE /* the first label is this, the next one more */
};

struct rows_batch {
    size_t count, capacity;
    uint32_t width;
    enum mando_point_type type;
    struct mando_arena arena;
    int32_t *point, *offsets;
    int64_t *start_us, *end_us, *known_us;
    double *numbers;
    uint8_t *present, *number_present, *ended, *known, *deleted;
    int64_t *line, *column; /* where each row begins in its file */
    struct mando_text documents;
};

/* MANDO_NO_MEMORY. A failed init needs the release as well. */
enum mando_status rows_batch_init(struct rows_batch *batch, enum mando_point_type type,
                                  uint32_t width, struct mando_error *error);
void rows_batch_release(struct rows_batch *batch);

/* Starts anew. */
void rows_batch_clear(struct rows_batch *batch);

bool rows_batch_is_full(const struct rows_batch *batch);

/* Set parts of the row that rows_batch_end completes; what is not set is absent or null. The batch is
 * not full. column counts the numbers of a matrix. */
void rows_batch_set_point(struct rows_batch *batch, int32_t point);
void rows_batch_set_time(struct rows_batch *batch, enum rows_field field, int64_t time_us);
void rows_batch_set_number(struct rows_batch *batch, size_t column, double number);
void rows_batch_set_document(struct rows_batch *batch, const char *text, size_t length);
void rows_batch_set_deleted(struct rows_batch *batch);

/* A deleted row has no value. MANDO_NO_MEMORY: then of a document. */
enum mando_status rows_batch_end(struct rows_batch *batch, int64_t line, int64_t column,
                                 struct mando_error *error);

/* Rows of a series as whole columns: known and end may be NULL, nothing else is missing, none is deleted. There
 * is room for them. */
void rows_batch_add(struct rows_batch *batch, size_t count, const int64_t *start_us,
                    const int64_t *end_us, const int64_t *known_us, const double *numbers,
                    int64_t line_first);

/* The rows, valid until the batch changes. */
struct mando_rows rows_batch_view(const struct rows_batch *batch);

#endif
