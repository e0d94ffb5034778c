/* mando/rows.h: versions of values as plain columns, from an Arrow stream and to one.
 *
 * A value stream is a stream of structs with these columns, each there at most once:
 *
 *   point    int32                 index into the ids that were asked for; left out: all 0
 *   start    timestamp[us, UTC]    of the valid interval
 *   end      timestamp[us, UTC]    its end; null where the data point's resolution decides
 *   known    timestamp[us, UTC]    knowledge time; null where the writer's time decides
 *   changed  timestamp[us, UTC]    change time; only in what a repository answers
 *   value    float64, fixed-size list of float64, or utf8: a series, a matrix, a document
 *   deleted  bool                  withdrawn; null is false
 *   author   utf8                  only in history
 *
 * `start` and `value` must be there, `start` and `changed` hold no null. A null value is known to be
 * missing. What a repository answers ascends by (point, start, known, changed) and always has point,
 * start, end, known, changed, value and deleted; the end of a document is null. */
#ifndef MANDO_ROWS_H
#define MANDO_ROWS_H

#include <math.h>

#include "mando/arrow.h"
#include "mando/point.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bit i is bit (offset + i) % 8, from the least one on, of byte (offset + i) / 8. What bytes = NULL
 * means stands where they are used. */
struct mando_bits {
    const uint8_t *bytes;
    size_t offset;
};

/* Text i is bytes[offsets[i]] up to bytes[offsets[i + 1]]: UTF-8 without a NUL at its end.
 * offsets = NULL: there are none. */
struct mando_texts {
    const int32_t *offsets;
    const char *bytes;
};

/* Columns of `count` rows; a pointer that is NULL is a column that is not there. Numbers, times and
 * texts are unspecified where their bit says that there is none. */
struct mando_rows {
    size_t count;
    enum mando_point_type type; /* of all values */
    uint32_t width;             /* numbers of a value; 1 but for a matrix */
    const int32_t *point;       /* NULL = all 0 */
    const int64_t *valid_start_us, *valid_end_us, *knowledge_us, *change_us;
    const double *value; /* series: one a row; matrix: width a row, one row after the other */
    struct mando_texts document;
    struct mando_texts author;
    struct mando_bits present;        /* rows that have a value; NULL = all */
    struct mando_bits number_present; /* matrix: a bit for each number; NULL = all */
    struct mando_bits ended, known;   /* rows with valid_end_us, knowledge_us; NULL = all */
    struct mando_bits deleted;        /* NULL = none */
    void *owned;                      /* the stream's batch; NULL = the caller's own arrays */
};

static inline int mando_bit(struct mando_bits bits, size_t i, int otherwise)
{
    size_t at = bits.offset + i;
    return bits.bytes ? bits.bytes[at / 8] >> (at % 8) & 1 : otherwise;
}

static inline int mando_rows_is_deleted(const struct mando_rows *rows, size_t row)
{
    return mando_bit(rows->deleted, row, 0);
}

/* Whether a row has a value at all. */
static inline int mando_rows_is_present(const struct mando_rows *rows, size_t row)
{
    return mando_bit(rows->present, row, 1);
}

/* One number of a series or matrix, column < width; NaN where it is missing. */
static inline double mando_rows_number(const struct mando_rows *rows, size_t row, size_t column)
{
    size_t i = row * rows->width + column;
    return mando_rows_is_present(rows, row) && mando_bit(rows->number_present, i, 1)
               ? rows->value[i]
               : NAN;
}

static inline int mando_rows_has_end(const struct mando_rows *rows, size_t row)
{
    return rows->valid_end_us && mando_bit(rows->ended, row, 1);
}

static inline int mando_rows_is_known(const struct mando_rows *rows, size_t row)
{
    return rows->knowledge_us && mando_bit(rows->known, row, 1);
}

static inline size_t mando_texts_length(struct mando_texts texts, size_t row)
{
    return (size_t)(texts.offsets[row + 1] - texts.offsets[row]);
}

static inline const char *mando_texts_at(struct mando_texts texts, size_t row)
{
    return texts.bytes + texts.offsets[row];
}

/* The one way to walk a value stream. The first call needs *rows cleared ({0}); it checks the
 * stream's schema, once. Each call fills *rows with the next batch, checked and valid until the next
 * call; empty batches are skipped, count 0 is the end. Nothing is copied. Once it has ended or failed
 * *rows holds nothing; before that, mando_rows_release. The stream stays the caller's.
 * MANDO_INVALID (arrow.schema: no value stream; arrow.array: a malformed batch; rows.number: not
 * finite; time.range; time.order: an end before its start; error->index is the row, from 0),
 * MANDO_NO_MEMORY, and what the producer fails with (arrow.stream where it is not ours). */
MANDO_API enum mando_status mando_rows_next(struct ArrowArrayStream *stream,
                                            struct mando_rows *rows, struct mando_error *error);

/* Frees what mando_rows_next holds and clears the struct. A cleared struct and NULL are fine. */
MANDO_API void mando_rows_release(struct mando_rows *rows);

/* A stream of one batch over plain columns, which are borrowed: they must stay until the stream and all
 * that came from it are released. *stream_out is the caller's, by its release.
 * MANDO_INVALID (arrow.array: start or value is missing; the width is 0 or too large),
 * MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_rows_stream(const struct mando_rows *rows,
                                              struct ArrowArrayStream *stream_out,
                                              struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
