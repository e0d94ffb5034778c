/* Whether a database is whole, and what it is like. */
#include <string.h>

#include "repo/sqlite.h"
#include "repo/sqlite/sqlite.h"

/* Whether the first row of a query is `text`. */
static enum mando_status compare(struct sqlite_session *session, const char *sql, const char *text,
                                 int *is_equal_out, struct mando_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool is_read = sqlite3_prepare_v2(session->db, sql, -1, &statement, NULL) == SQLITE_OK
                   && sqlite3_step(statement) == SQLITE_ROW;
    const char *found = is_read ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    enum mando_status status = found ? MANDO_OK : sqlite_fail(session, error);
    if (found)
        *is_equal_out = strcmp(found, text) == 0;
    (void)sqlite3_finalize(statement);
    return status;
}

enum mando_status mando_sqlite_check(struct mando_session *session, int *has_wal_out,
                                     struct mando_error *error)
{
    struct sqlite_session *own = (struct sqlite_session *)session;
    int is_whole = 0;
    if (session->repository->ops != &mando_sqlite_ops)
        return MANDO_OK;
    enum mando_status status = compare(own, "PRAGMA integrity_check(1)", "ok", &is_whole, error);
    if (!status && !is_whole)
        status = sqlite_fail_damaged(own, "its check failed", error);
    return status ? status : compare(own, "PRAGMA journal_mode", "wal", has_wal_out, error);
}
