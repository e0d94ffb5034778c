/* All changes of a file, and what was stored with each: one statement, so that it is one moment. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "repo/sqlite/sqlite.h"

#define SQL_LENGTH_MAX 4096

/* What a row of the statement tells. */
enum { A_CHANGE, A_VERSION, A_CONFIGURATION, A_RECORD };

static void write_changes(struct mando_text *sql)
{
    mando_text_append_format(sql,
                             "SELECT %d, change, author, reason FROM change"
                             " WHERE change > ? AND change <= ? ORDER BY change",
                             A_CHANGE);
}

static void write_all(struct mando_text *sql)
{
    const struct mando_record_kind *kind;
    mando_text_append_format(sql,
                             "SELECT %d, change, author, reason FROM"
                             " (SELECT * FROM change ORDER BY change)"
                             " UNION ALL SELECT %d, change, NULL, NULL FROM value"
                             " UNION ALL SELECT %d, change, NULL, NULL FROM configuration",
                             A_CHANGE, A_VERSION, A_CONFIGURATION);
    for (size_t i = 0; (kind = mando_record_kind_at(i)); i++)
        mando_text_append_format(sql, " UNION ALL SELECT %d, change, NULL, NULL FROM \"%s\"",
                                 A_RECORD, kind->name);
}

/* A text that was stored as one: it holds no NUL. */
static bool read_text(sqlite3_stmt *row, int column, const char **text_out)
{
    *text_out = (const char *)sqlite3_column_text(row, column);
    return sqlite3_column_type(row, column) == SQLITE_TEXT && *text_out
           && strlen(*text_out) == (size_t)sqlite3_column_bytes(row, column);
}

static enum mando_status read_row(struct sqlite_session *session, sqlite3_stmt *row,
                                  struct mando_change *change_out, struct mando_error *error)
{
    int what = sqlite3_column_int(row, 0);
    char text[64];
    *change_out = (struct mando_change){.change_us = sqlite3_column_int64(row, 1),
                                        .versions = what == A_VERSION,
                                        .configurations = what == A_CONFIGURATION,
                                        .records = what == A_RECORD};
    if (sqlite3_column_type(row, 1) == SQLITE_INTEGER
        && (what != A_CHANGE
            || (read_text(row, 2, &change_out->author) && read_text(row, 3, &change_out->reason))))
        return MANDO_OK;
    if (sqlite3_errcode(session->db) == SQLITE_NOMEM)
        return sqlite_fail(session, error);
    (void)snprintf(text, sizeof text, "change %lld is none", (long long)change_out->change_us);
    return sqlite_fail_damaged(session, text, error);
}

static bool is_empty(const struct mando_change *part)
{
    return part->versions + part->configurations + part->records == 0;
}

/* Rows of one change often follow each other: they are told as one part. */
static bool joins(struct mando_change *part, const struct mando_change *next)
{
    if (is_empty(part) || part->change_us != next->change_us)
        return false;
    part->versions += next->versions;
    part->configurations += next->configurations;
    part->records += next->records;
    return true;
}

static enum mando_status tell_rows(struct sqlite_session *session, sqlite3_stmt *rows,
                                   mando_change_take *take, void *context,
                                   struct mando_error *error)
{
    struct mando_change part = {0}, next;
    enum mando_status status = MANDO_OK;
    int code = SQLITE_DONE;
    while (!status && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        status = read_row(session, rows, &next, error);
        if (!status && next.author) {
            status = take(context, &next);
        } else if (!status && !joins(&part, &next)) {
            status = is_empty(&part) ? MANDO_OK : take(context, &part);
            part = next;
        }
    }
    if (!status && code != SQLITE_DONE)
        status = sqlite_fail(session, error);
    return status || is_empty(&part) ? status : take(context, &part);
}

static enum mando_status prepare(struct sqlite_session *session,
                                 const struct mando_change_range *range, sqlite3_stmt **rows_out,
                                 struct mando_error *error)
{
    struct mando_text sql MANDO_CLEANUP(mando_text_release);
    mando_text_init(&sql, SQL_LENGTH_MAX);
    if (range)
        write_changes(&sql);
    else
        write_all(&sql);
    if (sql.status)
        return mando_store_no_memory(error, "changes");
    int code = sqlite3_prepare_v2(session->db, sql.bytes, -1, rows_out, NULL);
    if (code == SQLITE_OK && range)
        code = sqlite3_bind_int64(*rows_out, 1, range->after_us);
    if (code == SQLITE_OK && range)
        code = sqlite3_bind_int64(*rows_out, 2, range->until_us);
    return code == SQLITE_OK ? MANDO_OK : sqlite_fail(session, error);
}

enum mando_status sqlite_changes_scan(struct mando_session *session,
                                      const struct mando_change_range *range,
                                      mando_change_take *take, void *context,
                                      struct mando_error *error)
{
    struct sqlite_session *own = (struct sqlite_session *)session;
    sqlite3_stmt *rows = NULL;
    enum mando_status status = mando_store_check(&own->store, error);
    if (!status)
        status = prepare(own, range, &rows, error);
    if (!status)
        status = tell_rows(own, rows, take, context, error);
    (void)sqlite3_finalize(rows);
    return status;
}
