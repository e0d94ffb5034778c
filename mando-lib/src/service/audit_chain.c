#include "service/audit_chain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/text.h"
#include "schema/record.h"
#include "service/digest.h"

static void append(struct mando_text *text, const struct mando_record_cell *cell)
{
    if (cell->is_null)
        mando_text_append(text, "-,", 2);
    else if (cell->text) {
        mando_text_append_format(text, "%zu:", cell->length);
        mando_text_append(text, cell->text, cell->length);
        mando_text_append(text, ",", 1);
    } else {
        char digits[24];
        int length = snprintf(digits, sizeof digits, "%" PRId64, cell->integer);
        mando_text_append_format(text, "%d:%s,", length, digits);
    }
}

enum mando_status audit_hash(const struct audit_record *record, char hash_out[AUDIT_HASH_SIZE],
                             struct mando_error *error)
{
    struct mando_text text;
    mando_text_init(&text, SIZE_MAX);
    for (size_t i = 0; i < AUDIT_hash; i++)
        append(&text, &record->cells[i]);
    append(&text, &record->cells[AUDIT_changed]);
    append(&text, &record->cells[AUDIT_row]);
    bool is_done = !text.status && service_digest(text.bytes, text.length, hash_out);
    mando_text_release(&text);
    return is_done ? MANDO_OK
                   : mando_fail(error, MANDO_E_MEMORY, -1,
                                "there is no memory for a record of the audit");
}

enum mando_status audit_open(struct mando_session *session, int64_t from_us,
                             struct mando_records *records_out, struct mando_error *error)
{
    const struct mando_predicate since = {
        .field = "changed", .compare = MANDO_GREATER_EQUAL, .number = from_us};
    *records_out = (struct mando_records){0};
    return session->repository->ops->records_scan(session, mando_record_kind_find("audit"), &since,
                                                  1, &records_out->stream, error);
}

enum mando_status audit_next(struct mando_records *records, struct audit_record *record_out,
                             int *is_there_out, struct mando_error *error)
{
    return mando_records_next(records, AUDIT_COLUMNS, record_out->cells, is_there_out, error);
}
