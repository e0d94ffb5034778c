#include "service/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "schema/record.h"
#include "service/audit_chain.h"

#define IDS_MAX 256

static enum mando_status fail_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a record of the audit");
}

/* A copy of a text in the arena; NULL without memory. */
static const char *copy(struct audit_entry *entry, const char *text)
{
    size_t size = text ? strlen(text) + 1 : 1;
    char *bytes = mando_arena_alloc(&entry->arena, size, 1);
    if (bytes && text)
        memcpy(bytes, text, size);
    return bytes;
}

enum mando_status audit_entry_init(struct audit_entry *entry, const char *action,
                                   const struct mando_write *write, struct mando_error *error)
{
    mando_vector_init(&entry->ids, sizeof(const char *), IDS_MAX);
    entry->action = action;
    entry->author = copy(entry, write->author);
    entry->reason = copy(entry, write->reason);
    return entry->author && entry->reason ? MANDO_OK : fail_memory(error);
}

void audit_entry_release(struct audit_entry *entry)
{
    mando_vector_release(&entry->ids);
    mando_arena_release(&entry->arena);
}

enum mando_status audit_entry_add(struct audit_entry *entry, const char *id,
                                  struct mando_error *error)
{
    const char *const *ids = entry->ids.items;
    for (size_t i = entry->ids.count; i > 0; i--)
        if (strcmp(ids[i - 1], id) == 0)
            return MANDO_OK;
    if (entry->ids.count == IDS_MAX) {
        entry->more_ids++;
        return MANDO_OK;
    }
    const char *name = copy(entry, id);
    return !name || mando_vector_push(&entry->ids, &name) ? fail_memory(error) : MANDO_OK;
}

/* What was written, as JSON. */
static void write_detail(struct mando_text *text, const struct audit_entry *entry,
                         const struct mando_written *written)
{
    const char *const *ids = entry->ids.items;
    mando_text_append_format(text, "{\"ids\":[");
    for (size_t i = 0; i < entry->ids.count; i++) {
        if (i)
            mando_text_append(text, ",", 1);
        mando_text_append_quoted(text, ids[i], strlen(ids[i]));
    }
    mando_text_append_format(text, "]");
    if (entry->more_ids)
        mando_text_append_format(text, ",\"more_ids\":%" PRIu64, entry->more_ids);
    mando_text_append_format(text,
                             ",\"inserted\":%" PRIu64 ",\"corrected\":%" PRIu64
                             ",\"unchanged\":%" PRIu64 ",\"deleted\":%" PRIu64
                             ",\"configured\":%" PRIu64 ",\"records\":%" PRIu64 "}",
                             written->inserted, written->corrected, written->unchanged,
                             written->deleted, written->configured, written->records);
}

/* The number and the hash of the last record; 0 and "" where there is none. */
struct tip {
    int64_t number;
    char hash[AUDIT_HASH_SIZE];
};

static enum mando_status read_tip(struct mando_session *session, int64_t from_us, struct tip *tip,
                                  struct mando_error *error)
{
    struct mando_records records MANDO_CLEANUP(mando_records_release) = {0};
    struct audit_record record;
    int is_there = 1;
    enum mando_status status = audit_open(session, from_us, &records, error);
    while (!status && is_there) {
        status = audit_next(&records, &record, &is_there, error);
        if (status || !is_there)
            break;
        const struct mando_record_cell *hash = &record.cells[AUDIT_hash];
        tip->number = record.cells[AUDIT_number].integer;
        (void)snprintf(tip->hash, sizeof tip->hash, "%.*s", (int)hash->length,
                       hash->text ? hash->text : "");
    }
    return status;
}

/* Each change has its record: that of the newest one is the last. Where a record is missing the chain
 * goes on, and its verification tells. */
static enum mando_status find_tip(struct mando_session *session, int64_t newest_us,
                                  struct tip *tip_out, struct mando_error *error)
{
    *tip_out = (struct tip){0};
    enum mando_status status = read_tip(session, newest_us, tip_out, error);
    if (!status && tip_out->number == 0 && newest_us > 0)
        status = read_tip(session, INT64_MIN, tip_out, error);
    return status;
}

static struct mando_record_cell text_cell(const char *text)
{
    return text ? (struct mando_record_cell){.text = text, .length = strlen(text)}
                : (struct mando_record_cell){.is_null = true};
}

static void push(struct mando_arrow_builder *builder, const struct audit_record *record)
{
    for (size_t i = 0; i < AUDIT_changed; i++) {
        const struct mando_record_cell *cell = &record->cells[i];
        if (cell->is_null)
            mando_arrow_push_null(builder, i);
        else if (cell->text)
            mando_arrow_push_text(builder, i, cell->text, cell->length);
        else
            mando_arrow_push_int(builder, i, cell->integer);
    }
}

static enum mando_status put(struct mando_session *session, const struct audit_record *record,
                             struct mando_error *error)
{
    const struct mando_record_kind *kind = mando_record_kind_find("audit");
    struct mando_arrow_builder builder MANDO_CLEANUP(mando_arrow_builder_release) = {0};
    struct ArrowArrayStream stream MANDO_CLEANUP(mando_arrow_stream_release) = {0};
    struct mando_arrow_field fields[MANDO_RECORD_COLUMNS_MAX];
    size_t count = mando_record_fields(kind, fields);
    if (mando_arrow_builder_init(&builder, fields, count))
        return fail_memory(error);
    push(&builder, record);
    enum mando_status status = mando_arrow_stream_of(fields, &builder, &stream, error);
    return status ? status : session->repository->ops->records_put(session, kind, &stream, error);
}

enum mando_status audit_append(struct mando_session *session, const struct audit_entry *entry,
                               const struct mando_written *written, struct mando_error *error)
{
    const struct mando_repository *repository = session->repository;
    const char *const *ids = entry->ids.items;
    char hash[AUDIT_HASH_SIZE];
    struct tip tip;
    struct mando_text detail MANDO_CLEANUP(mando_text_release);
    mando_text_init(&detail, SIZE_MAX);
    write_detail(&detail, entry, written);
    if (detail.status)
        return fail_memory(error);
    enum mando_status status = find_tip(session, entry->newest_us, &tip, error);
    if (status)
        return status;
    struct audit_record record = {
        .cells = {[AUDIT_number] = {.integer = tip.number + 1},
                  [AUDIT_time] = {.integer = repository->now_us(repository->clock)},
                  [AUDIT_author] = text_cell(entry->author),
                  [AUDIT_action] = text_cell(entry->action),
                  [AUDIT_subject] = text_cell(entry->ids.count == 1 ? ids[0] : NULL),
                  [AUDIT_detail] = text_cell(detail.bytes),
                  [AUDIT_reason] = text_cell(*entry->reason ? entry->reason : NULL),
                  [AUDIT_previous] = text_cell(tip.hash),
                  [AUDIT_changed] = {.integer = written->change_us},
                  [AUDIT_row] = {.integer = (int64_t)written->records}}};
    status = audit_hash(&record, hash, error);
    record.cells[AUDIT_hash] = text_cell(hash);
    return status ? status : put(session, &record, error);
}
