/* All changes of a file, and what was stored with each: one statement, so that it is one moment. */
#include <assert.h>

#include "base/alloc.h"
#include "repo/duckdb/session.h"

#define SQL_LENGTH_MAX 8192

/* What a row of the cursor tells. */
enum { A_CHANGE, A_VERSION, A_CONFIGURATION, A_RECORD };

/* Its columns. */
enum { WHAT, CHANGE, AUTHOR, REASON, COUNT };

static void write_part(struct mando_text *sql, int what, const char *table)
{
    mando_text_append_format(sql,
                             " UNION ALL SELECT %d::BIGINT, change, NULL, NULL, count(*) FROM"
                             " \"%s\" GROUP BY change",
                             what, table);
}

static void write_changes(struct mando_text *sql)
{
    mando_text_append_format(sql,
                             "SELECT %d::BIGINT, change, author, reason, 0::BIGINT FROM change"
                             " WHERE change > ? AND change <= ? ORDER BY change",
                             A_CHANGE);
}

static void write_all(struct mando_text *sql)
{
    const struct mando_record_kind *kind;
    mando_text_append_format(sql,
                             "SELECT * FROM (SELECT %d::BIGINT, change, author, reason, 0::BIGINT"
                             " FROM change",
                             A_CHANGE);
    write_part(sql, A_VERSION, "series_value");
    write_part(sql, A_VERSION, "matrix_value");
    write_part(sql, A_VERSION, "document_value");
    write_part(sql, A_CONFIGURATION, "configuration");
    for (size_t i = 0; (kind = mando_record_kind_at(i)); i++)
        write_part(sql, A_RECORD, kind->name);
    mando_text_append_format(sql, ") AS parts (what, change) ORDER BY what, change");
}

/* A text closed by a NUL, which DuckDB's is not; NULL without memory. */
static const char *keep(struct mando_text *text, const struct duck_cursor *row, size_t column)
{
    size_t length;
    const char *bytes = duck_text(row, column, &length);
    text->length = 0;
    mando_text_append(text, bytes, length);
    return text->status ? NULL : text->bytes;
}

static enum mando_status tell_row(const struct duck_cursor *row, struct mando_text texts[2],
                                  mando_change_take *take, void *context, struct mando_error *error)
{
    int64_t what = duck_int(row, WHAT);
    uint64_t count = (uint64_t)duck_int(row, COUNT);
    struct mando_change change = {.change_us = duck_int(row, CHANGE),
                                  .versions = what == A_VERSION ? count : 0,
                                  .configurations = what == A_CONFIGURATION ? count : 0,
                                  .records = what == A_RECORD ? count : 0};
    if (what == A_CHANGE) {
        change.author = keep(&texts[0], row, AUTHOR);
        change.reason = keep(&texts[1], row, REASON);
        if (!change.author || !change.reason)
            return mando_store_no_memory(error, "changes");
    }
    return take(context, &change);
}

static enum mando_status tell_rows(struct duck_session *session, mando_change_take *take,
                                   void *context, struct mando_error *error)
{
    struct mando_text texts[2];
    enum mando_status status = MANDO_OK;
    mando_text_init(&texts[0], SIZE_MAX);
    mando_text_init(&texts[1], SIZE_MAX);
    for (bool is_there = true; is_there && !status;) {
        status = duck_cursor_next(session, &session->cursor, &is_there, error);
        if (!status && is_there)
            status = tell_row(&session->cursor, texts, take, context, error);
    }
    mando_text_release(&texts[0]);
    mando_text_release(&texts[1]);
    return status;
}

/* All that is committed is told, for the audit looks for what has no change: also by a transaction whose change
 * is not yet the newest. What is read next must know it. */
static void await_newest(struct duck_owner *owner)
{
    (void)pthread_mutex_lock(&owner->committing);
    (void)pthread_mutex_unlock(&owner->committing);
}

enum mando_status duck_changes_scan(struct mando_session *session,
                                    const struct mando_change_range *range, mando_change_take *take,
                                    void *context, struct mando_error *error)
{
    struct duck_session *own = (struct duck_session *)session;
    struct mando_text sql MANDO_CLEANUP(mando_text_release);
    struct duck_call call = {.session = own, .error = error};
    assert(!own->store.transaction.is_open);
    duck_cursors_end(&own->store);
    mando_text_init(&sql, SQL_LENGTH_MAX);
    if (range)
        write_changes(&sql);
    else
        write_all(&sql);
    call.status = sql.status
                      ? mando_store_no_memory(error, "changes")
                      : duck_prepare(own, own->connection, sql.bytes, &call.statement, error);
    if (range) {
        duck_bind_time(&call, range->after_us);
        duck_bind_time(&call, range->until_us);
    }
    (void)duck_cursor_open(&call, "itssi", DUCK_RECORDS, &own->cursor);
    await_newest(own->owner);
    if (!call.status)
        call.status = tell_rows(own, take, context, error);
    duck_cursors_end(&own->store);
    own->duck->destroy_prepare(&call.statement);
    return call.status;
}
