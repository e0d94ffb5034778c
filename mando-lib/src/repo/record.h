/* repo/record.h: a record as values, and which records pass. */
#ifndef MANDO_REPO_RECORD_H
#define MANDO_REPO_RECORD_H

#include <stdint.h>

#include "base/fail.h"
#include "mando/spi/repository.h"
#include "schema/record.h"

struct mando_record_value {
    bool is_null;
    int64_t integer;  /* of integers and times */
    const char *text; /* without a NUL at its end */
    size_t length;
};

/* One record: the values of its kind's columns. */
struct mando_record {
    struct mando_record_value values[MANDO_RECORD_COLUMNS_MAX];
    int64_t change_us, row; /* they ascend by (change, row) */
};

/* The place of a predicate's field, column_count for "changed".
 * MANDO_INVALID (records.column). */
enum mando_status mando_record_field(const struct mando_record_kind *kind, const char *field,
                                     size_t *column_out, struct mando_error *error);

/* The type of a predicate's field. */
enum mando_column_type mando_record_field_type(const struct mando_record_kind *kind,
                                               const char *field);

/* Whether a record passes all predicates, whose fields are there. */
bool mando_record_passes(const struct mando_record_kind *kind, const struct mando_record *record,
                         const struct mando_predicate *predicates, size_t count);

#endif
