/* Whether the audit and what is stored tell the same. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/json.h"
#include "mando/time.h"
#include "service/audit.h"
#include "service/audit_chain.h"

#define DETAIL_BYTES_MAX ((size_t)1 << 20)

/* All changes and what was stored with each, and the chain as far as it was read. */
struct verification {
    struct mando_vector changes; /* of struct mando_change, ascending */
    struct mando_arena texts;
    size_t last; /* the change that the last part belonged to */
    bool has_lost;
    int64_t lost_us; /* the first time that things are stored with but that is no change */
    size_t place;    /* of the next change that wants a record */
    const char *head;
    bool has_head;
    struct mando_audit audit;
    struct mando_error *error;
};

static void release(struct verification *verification)
{
    mando_vector_release(&verification->changes);
    mando_arena_release(&verification->texts);
}

static struct mando_change *change_at(const struct verification *verification, size_t i)
{
    struct mando_change *changes = verification->changes.items;
    return i < verification->changes.count ? &changes[i] : NULL;
}

/* A copy of a text, or the one before where that is equal: most changes have one author. */
static const char *copy(struct verification *verification, const char *text, const char *before)
{
    if (before && strcmp(before, text) == 0)
        return before;
    size_t size = strlen(text) + 1;
    char *bytes = mando_arena_alloc(&verification->texts, size, 1);
    return bytes ? memcpy(bytes, text, size) : NULL;
}

static enum mando_status add_change(struct verification *verification,
                                    const struct mando_change *change)
{
    struct mando_change whole = *change;
    size_t count = verification->changes.count;
    const struct mando_change *before = count ? change_at(verification, count - 1) : NULL;
    whole.author = copy(verification, change->author, before ? before->author : NULL);
    whole.reason = copy(verification, change->reason, before ? before->reason : NULL);
    if (!whole.author || !whole.reason || mando_vector_push(&verification->changes, &whole))
        return mando_fail(verification->error, MANDO_E_MEMORY, -1,
                          "there is no memory for the changes that the audit tells of");
    return MANDO_OK;
}

/* The place of a change; the number of changes where there is none of that time. */
static size_t find_change(const struct verification *verification, int64_t change_us)
{
    size_t low = 0, high = verification->changes.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (change_at(verification, middle)->change_us < change_us)
            low = middle + 1;
        else
            high = middle;
    }
    const struct mando_change *found = change_at(verification, low);
    return found && found->change_us == change_us ? low : verification->changes.count;
}

static enum mando_status take_change(void *context, const struct mando_change *change)
{
    struct verification *verification = context;
    if (change->author)
        return add_change(verification, change);
    struct mando_change *whole = change_at(verification, verification->last);
    if (!whole || whole->change_us != change->change_us) {
        verification->last = find_change(verification, change->change_us);
        whole = change_at(verification, verification->last);
    }
    if (whole) {
        whole->versions += change->versions;
        whole->configurations += change->configurations;
        whole->records += change->records;
    } else if (!verification->has_lost || change->change_us < verification->lost_us) {
        verification->has_lost = true;
        verification->lost_us = change->change_us;
    }
    return MANDO_OK;
}

static bool is_text(const struct mando_record_cell *cell, const char *text)
{
    return cell->text && cell->length == strlen(text)
           && memcmp(cell->text, text, cell->length) == 0;
}

/* A record that has no reason holds null, its change an empty text. */
static bool is_reason(const struct mando_record_cell *cell, const char *text)
{
    return cell->is_null ? *text == '\0' : is_text(cell, text);
}

static enum mando_status fail_record(const struct verification *verification, const char *why)
{
    int64_t number = (int64_t)verification->audit.records + 1;
    return mando_fail(verification->error, MANDO_E_AUDIT_CHAIN, number,
                      "record %" PRId64 " of the audit %s", number, why);
}

/* The same about a change, whose time ends the sentence. */
static enum mando_status fail_change(const struct verification *verification, int64_t change_us,
                                     const char *why)
{
    char time[MANDO_TIME_TEXT_SIZE], whole[192];
    mando_time_format(change_us, time);
    (void)snprintf(whole, sizeof whole, "%s the change of %s", why, time);
    return fail_record(verification, whole);
}

static enum mando_status fail_count(const struct verification *verification,
                                    const struct mando_change *change, uint64_t told,
                                    uint64_t stored, const char *what)
{
    char why[96];
    (void)snprintf(why, sizeof why, "counts %" PRIu64 " %s, but %" PRIu64 " are stored with", told,
                   what, stored);
    return fail_change(verification, change->change_us, why);
}

static enum mando_status fail_lost(const struct verification *verification)
{
    int64_t number = (int64_t)verification->audit.records + 1;
    char time[MANDO_TIME_TEXT_SIZE];
    mando_time_format(verification->lost_us, time);
    return mando_fail(
        verification->error, MANDO_E_AUDIT_CHAIN, number,
        "something is stored with the change of %s, which is not there: before record "
        "%" PRId64 " of the audit one is missing, or that time was changed",
        time, number);
}

/* Whether a record is the next one of the chain, and as it was written. */
static enum mando_status check_chain(const struct verification *verification,
                                     const struct audit_record *record,
                                     char hash_out[AUDIT_HASH_SIZE])
{
    const struct mando_record_cell *cells = record->cells;
    int64_t number = (int64_t)verification->audit.records + 1;
    enum mando_status status = audit_hash(record, hash_out, verification->error);
    if (status)
        return status;
    if (cells[AUDIT_number].is_null || cells[AUDIT_number].integer != number)
        return mando_fail(verification->error, MANDO_E_AUDIT_CHAIN, number,
                          "record %" PRId64 " of the audit is missing: number %" PRId64
                          " stands in its place",
                          number, cells[AUDIT_number].integer);
    if (!is_text(&cells[AUDIT_hash], hash_out))
        return fail_record(verification, "was changed: its hash is not that of its text");
    if (!is_text(&cells[AUDIT_previous], verification->audit.head))
        return fail_record(verification, "does not follow the one before it, which was changed or "
                                         "replaced");
    return MANDO_OK;
}

/* What a record counts; 0 where it does not. */
static uint64_t count_of(const struct mando_json *detail, const char *name)
{
    return yyjson_get_uint(yyjson_obj_get(yyjson_doc_get_root(detail->doc), name));
}

/* Whether as much was stored as a record tells, its own being one record more. */
static enum mando_status check_counts(const struct verification *verification,
                                      const struct mando_change *change,
                                      const struct mando_record_cell *cell)
{
    struct mando_json detail MANDO_CLEANUP(mando_json_release) = {0};
    enum mando_status status =
        mando_json_parse(cell->text ? cell->text : "", cell->length, DETAIL_BYTES_MAX, NULL,
                         &detail, verification->error);
    if (status == MANDO_NO_MEMORY)
        return status;
    if (status)
        return fail_record(verification, "does not tell what it counts");
    uint64_t values = count_of(&detail, "inserted") + count_of(&detail, "corrected")
                      + count_of(&detail, "deleted");
    uint64_t configurations = count_of(&detail, "configured");
    uint64_t records = count_of(&detail, "records") + 1;
    if (change->versions != values)
        return fail_count(verification, change, values, change->versions, "values");
    if (change->configurations != configurations)
        return fail_count(verification, change, configurations, change->configurations,
                          "configurations");
    if (change->records != records)
        return fail_count(verification, change, records, change->records, "records with its own");
    return MANDO_OK;
}

/* Whether all that is stored up to a time, but not with it, has its change and its record. */
static enum mando_status check_before(const struct verification *verification, int64_t change_us)
{
    const struct mando_change *change = change_at(verification, verification->place);
    if (change && change->change_us < change_us)
        return fail_change(verification, change->change_us, "is missing: it would tell of");
    if (verification->has_lost && verification->lost_us < change_us)
        return fail_lost(verification);
    return MANDO_OK;
}

/* Whether the change that a record tells of is the next one, and is as it tells. */
static enum mando_status check_change(struct verification *verification,
                                      const struct audit_record *record)
{
    const struct mando_record_cell *cells = record->cells;
    int64_t change_us = cells[AUDIT_changed].integer;
    enum mando_status status = check_before(verification, change_us);
    if (status)
        return status;
    const struct mando_change *change = change_at(verification, verification->place);
    if (!change || change->change_us > change_us)
        return fail_change(verification, change_us, "is there, but not");
    if (!is_text(&cells[AUDIT_author], change->author))
        return fail_change(verification, change_us, "names another author than");
    if (!is_reason(&cells[AUDIT_reason], change->reason))
        return fail_change(verification, change_us, "gives another reason than");
    verification->place++;
    return check_counts(verification, change, &cells[AUDIT_detail]);
}

static enum mando_status check_record(struct verification *verification,
                                      const struct audit_record *record)
{
    size_t count = verification->changes.count;
    int64_t newest_us = count ? change_at(verification, count - 1)->change_us : INT64_MIN;
    char hash[AUDIT_HASH_SIZE];
    enum mando_status status = check_chain(verification, record, hash);
    /* What is newer was written since the changes were read. */
    if (!status && record->cells[AUDIT_changed].integer <= newest_us)
        status = check_change(verification, record);
    if (status)
        return status;
    verification->audit.records++;
    memcpy(verification->audit.head, hash, sizeof hash);
    verification->has_head =
        verification->has_head || (verification->head && strcmp(verification->head, hash) == 0);
    return MANDO_OK;
}

static enum mando_status walk(struct verification *verification, struct mando_session *session)
{
    struct mando_records records MANDO_CLEANUP(mando_records_release) = {0};
    struct audit_record record;
    int is_there = 1;
    enum mando_status status = audit_open(session, INT64_MIN, &records, verification->error);
    while (!status && is_there) {
        status = audit_next(&records, &record, &is_there, verification->error);
        if (!status && is_there)
            status = check_record(verification, &record);
    }
    return status;
}

/* What is left when all records were read. */
static enum mando_status check_rest(const struct verification *verification)
{
    enum mando_status status = check_before(verification, INT64_MAX);
    if (status)
        return status;
    if (verification->head && !verification->has_head)
        return mando_fail(verification->error, MANDO_E_AUDIT_CHAIN,
                          (int64_t)verification->audit.records,
                          "no record of the audit has the hash %s: the last one, record %" PRIu64
                          ", has %s; those after it are gone, or all were written anew",
                          verification->head, verification->audit.records,
                          verification->audit.records ? verification->audit.head : "none");
    return MANDO_OK;
}

static enum mando_status check_head(const char *head, struct mando_error *error)
{
    size_t length = AUDIT_HASH_SIZE - 1;
    if (!head || (strlen(head) == length && strspn(head, "0123456789abcdef") == length))
        return MANDO_OK;
    return mando_fail(error, MANDO_E_AUDIT_HEAD, -1,
                      "\"%.80s\" is no hash of a record: it has 64 digits, 0-9 and a-f", head);
}

enum mando_status audit_verify(struct mando_session *session, const char *head,
                               struct mando_audit *audit_out, struct mando_error *error)
{
    struct verification verification MANDO_CLEANUP(release) = {.head = head, .error = error};
    mando_vector_init(&verification.changes, sizeof(struct mando_change), SIZE_MAX);
    enum mando_status status = check_head(head, error);
    if (!status)
        status = session->repository->ops->changes_scan(session, NULL, take_change, &verification,
                                                        error);
    if (!status)
        status = walk(&verification, session);
    if (!status)
        status = check_rest(&verification);
    if (!status)
        *audit_out = verification.audit;
    return status;
}
