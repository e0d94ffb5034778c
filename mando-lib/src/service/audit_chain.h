/* service/audit_chain.h: records of the audit as they are read, and their hashes. */
#ifndef MANDO_SERVICE_AUDIT_CHAIN_H
#define MANDO_SERVICE_AUDIT_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "mando/records.h"
#include "mando/service.h"
#include "mando/spi/repository.h"

/* The columns of schema/audit.def, then where a record is stored. */
enum audit_column {
#define TEXT_COLUMN(name, rule, text) AUDIT_##name,
#define INTEGER_COLUMN(name, unit, rule, text) AUDIT_##name,
#define TIME_COLUMN(name, rule, text) AUDIT_##name,
#include "schema/audit.def"
#undef TEXT_COLUMN
#undef INTEGER_COLUMN
#undef TIME_COLUMN
    AUDIT_changed,
    AUDIT_row,
    AUDIT_COLUMNS
};

#define AUDIT_HASH_SIZE MANDO_AUDIT_HASH_SIZE

struct audit_record {
    struct mando_record_cell cells[AUDIT_COLUMNS];
};

/* The hash that a record must have. MANDO_NO_MEMORY. */
enum mando_status audit_hash(const struct audit_record *record, char hash_out[AUDIT_HASH_SIZE],
                             struct mando_error *error);

/* The records that were changed at or after a time, in their order; the caller's, mando_records_release. */
enum mando_status audit_open(struct mando_session *session, int64_t from_us,
                             struct mando_records *records_out, struct mando_error *error);

/* The next record, borrowed until the next call. */
enum mando_status audit_next(struct mando_records *records, struct audit_record *record_out,
                             int *is_there_out, struct mando_error *error);

#endif
