#include "service/audit_chain.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "arrow/stream.h"
#include "base/fail.h"
#include "base/text.h"
#include "schema/record.h"

static void append(struct mando_text *text, const struct audit_cell *cell)
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

static enum mando_status digest(const struct mando_text *text, char hash_out[AUDIT_HASH_SIZE],
                                struct mando_error *error)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (text->status || !EVP_Digest(text->bytes, text->length, bytes, &size, EVP_sha256(), NULL)
        || size != 32)
        return mando_fail(error, MANDO_E_MEMORY, -1,
                          "there is no memory for a record of the audit");
    for (unsigned i = 0; i < size; i++)
        (void)snprintf(hash_out + (size_t)2 * i, 3, "%02x", bytes[i]);
    return MANDO_OK;
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
    enum mando_status status = digest(&text, hash_out, error);
    mando_text_release(&text);
    return status;
}

void audit_reader_close(struct audit_reader *reader)
{
    mando_arrow_array_release(&reader->batch);
    mando_arrow_stream_release(&reader->stream);
}

enum mando_status audit_reader_open(struct audit_reader *reader, struct mando_session *session,
                                    int64_t from_us, struct mando_error *error)
{
    const struct mando_predicate since = {
        .field = "changed", .compare = MANDO_GREATER_EQUAL, .number = from_us};
    *reader = (struct audit_reader){0};
    return session->repository->ops->records_scan(session, mando_record_kind_find("audit"), &since,
                                                  1, &reader->stream, error);
}

static struct audit_cell cell_of(const struct ArrowArray *batch, size_t column, int64_t row)
{
    const struct ArrowArray *array = batch->children[column];
    int64_t at = batch->offset + array->offset + row;
    const uint8_t *bits = array->buffers[0];
    if (bits && !(bits[at / 8] >> (at % 8) & 1))
        return (struct audit_cell){.is_null = true};
    if (array->n_buffers == 2)
        return (struct audit_cell){.integer = ((const int64_t *)array->buffers[1])[at]};
    const int32_t *offsets = array->buffers[1];
    size_t length = (size_t)(offsets[at + 1] - offsets[at]);
    return (struct audit_cell){.text = length ? (const char *)array->buffers[2] + offsets[at] : "",
                               .length = length};
}

enum mando_status audit_reader_next(struct audit_reader *reader, struct audit_record *record_out,
                                    bool *is_there_out, struct mando_error *error)
{
    while (!reader->batch.release || reader->row == reader->batch.length) {
        mando_arrow_array_release(&reader->batch);
        reader->batch = (struct ArrowArray){0};
        reader->row = 0;
        enum mando_status status = mando_arrow_stream_take(&reader->stream, &reader->batch, error);
        *is_there_out = !status && reader->batch.release;
        if (!*is_there_out)
            return status;
    }
    for (size_t i = 0; i < AUDIT_COLUMNS; i++)
        record_out->cells[i] = cell_of(&reader->batch, i, reader->row);
    reader->row++;
    *is_there_out = true;
    return MANDO_OK;
}
