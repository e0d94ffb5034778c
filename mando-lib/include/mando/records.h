/* mando/records.h: which records a reader wants.
 *
 * Records are append-only typed tables: run, ledger_entry and audit, whose columns stand in schema/run.def and
 * its neighbours. A stream of records has these columns, then `changed`, the change time, and `row`, the
 * place of a record in its transaction, by which they ascend. */
#ifndef MANDO_RECORDS_H
#define MANDO_RECORDS_H

#include <stddef.h>

#include "mando/arrow.h"
#include "mando/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mando_compare {
    MANDO_EQUAL = 1,
    MANDO_LESS,
    MANDO_LESS_EQUAL,
    MANDO_GREATER,
    MANDO_GREATER_EQUAL
};

/* A column of a record, or "changed", compared with a text (bytewise) or a number, as its type is; no
 * null passes. */
struct mando_predicate {
    const char *field;
    enum mando_compare compare;
    const char *text;
    int64_t number;
};

/* One value of a record. */
struct mando_record_cell {
    int is_null;
    int64_t integer;  /* of integers and times */
    const char *text; /* of texts, else NULL; without a NUL at its end */
    size_t length;
};

/* Records as they are read, one after the other. Set the stream, which is one of mando_service_records,
 * and clear the rest; mando_records_release. */
struct mando_records {
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    int64_t row; /* of the batch: the next one */
};

/* The first `count` columns of the next record, borrowed until the next call; *is_there_out is 0 at the end.
 * What the stream fails with. */
MANDO_API enum mando_status mando_records_next(struct mando_records *records, size_t count,
                                               struct mando_record_cell *cells_out,
                                               int *is_there_out, struct mando_error *error);

/* Frees all and clears the struct. A cleared struct is fine. */
MANDO_API void mando_records_release(struct mando_records *records);

#ifdef __cplusplus
}
#endif

#endif
