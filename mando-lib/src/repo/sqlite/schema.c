/* The schema of a file: numbered migrations, each applied once and then never edited. */
#include "repo/migration.h"
#include "repo/sqlite.h"
#include "repo/sqlite/sqlite.h"

#include <sqlite_migrations.h>

int mando_sqlite_schema(void)
{
    return MIGRATION_COUNT;
}

static const char MIGRATION_TABLE[] =
    "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
    " checksum TEXT NOT NULL, applied INTEGER NOT NULL) STRICT";

/* Runs a query whose first row is one number. */
static enum mando_status read_number(struct sqlite_session *session, const char *sql,
                                     int *number_out, struct mando_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool is_read = sqlite3_prepare_v2(session->db, sql, -1, &statement, NULL) == SQLITE_OK
                   && sqlite3_step(statement) == SQLITE_ROW;
    if (is_read)
        *number_out = sqlite3_column_int(statement, 0);
    enum mando_status status = is_read ? MANDO_OK : sqlite_fail(session, error);
    (void)sqlite3_finalize(statement);
    return status;
}

/* Reads what was applied, 1 to *applied_out, and compares each with ours. */
static enum mando_status read_applied(struct sqlite_session *session, int *applied_out,
                                      struct mando_error *error)
{
    sqlite3_stmt *statement = NULL;
    enum mando_status status = MANDO_OK;
    int code =
        sqlite3_prepare_v2(session->db, "SELECT number, checksum FROM migration ORDER BY number",
                           -1, &statement, NULL);
    *applied_out = 0;
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(statement);
        if (code != SQLITE_ROW)
            break;
        int number = sqlite3_column_int(statement, 0);
        const char *checksum = (const char *)sqlite3_column_text(statement, 1);
        status = mando_migration_check(MIGRATIONS, MIGRATION_COUNT, number, checksum,
                                       (size_t)sqlite3_column_bytes(statement, 1),
                                       sqlite_path(session), error);
        if (status)
            break;
        *applied_out = number;
    }
    if (!status && code != SQLITE_DONE)
        status = sqlite_fail(session, error);
    (void)sqlite3_finalize(statement);
    return status;
}

/* How many migrations were applied: 0 for a file without tables. */
static enum mando_status read_schema(struct sqlite_session *session, int *applied_out,
                                     struct mando_error *error)
{
    int tables = 0, is_ours = 0;
    *applied_out = 0;
    enum mando_status status =
        read_number(session, "SELECT count(*) FROM sqlite_schema", &tables, error);
    if (!status)
        status = read_number(session,
                             "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = "
                             "'migration'",
                             &is_ours, error);
    if (status || tables == 0)
        return status;
    if (!is_ours)
        return mando_migration_fail_foreign(sqlite_path(session), error);
    return read_applied(session, applied_out, error);
}

enum mando_status sqlite_schema_check(struct sqlite_session *session, struct mando_error *error)
{
    const struct mando_repository *repository = session->store.session.repository;
    int applied;
    enum mando_status status = read_schema(session, &applied, error);
    if (status || applied == MIGRATION_COUNT)
        return status;
    if (applied == 0 && repository->may_create)
        return sqlite_schema_migrate(session, error);
    if (repository->may_migrate)
        return MANDO_OK;
    return mando_migration_fail_old(MIGRATION_COUNT, applied, sqlite_path(session), error);
}

static enum mando_status note_applied(struct sqlite_session *session,
                                      const struct mando_migration *migration,
                                      struct mando_error *error)
{
    const struct mando_repository *repository = session->store.session.repository;
    sqlite3_stmt *statement = NULL;
    bool is_done =
        sqlite3_prepare_v2(session->db, "INSERT INTO migration VALUES (?, ?, ?, ?)", -1, &statement,
                           NULL)
            == SQLITE_OK
        && sqlite3_bind_int(statement, 1, migration->number) == SQLITE_OK
        && sqlite3_bind_text(statement, 2, migration->name, -1, NULL) == SQLITE_OK
        && sqlite3_bind_text(statement, 3, migration->checksum, -1, NULL) == SQLITE_OK
        && sqlite3_bind_int64(statement, 4, repository->now_us(repository->clock)) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_DONE;
    enum mando_status status = is_done ? MANDO_OK : sqlite_fail(session, error);
    (void)sqlite3_finalize(statement);
    return status;
}

/* Under the write lock: what is missing, where another process has not applied it meanwhile. */
static enum mando_status apply_missing(struct sqlite_session *session, struct mando_error *error)
{
    int applied;
    enum mando_status status = read_schema(session, &applied, error);
    if (!status && applied < MIGRATION_COUNT)
        status = sqlite_execute(session, MIGRATION_TABLE, error);
    for (; applied < MIGRATION_COUNT && !status; applied++) {
        status = sqlite_execute(session, MIGRATIONS[applied].sql, error);
        if (!status)
            status = note_applied(session, &MIGRATIONS[applied], error);
    }
    return status;
}

/* SQLite does not wait by itself where another process does the same at this moment. */
static enum mando_status switch_to_wal(struct sqlite_session *session, struct mando_error *error)
{
    static const char WAL[] = "PRAGMA journal_mode = WAL";
    int code, calls = 0;
    do
        code = sqlite3_exec(session->db, WAL, NULL, NULL, NULL);
    while ((code & 0xff) == SQLITE_BUSY && sqlite_wait(session, calls++));
    return code == SQLITE_OK ? MANDO_OK : sqlite_fail(session, error);
}

/* All in one transaction: a file that is made, or brought forward, is so whole or not at all. One that
 * is new already waits for no writer. */
enum mando_status sqlite_schema_migrate(struct sqlite_session *session, struct mando_error *error)
{
    int applied = 0;
    enum mando_status status = switch_to_wal(session, error);
    if (!status)
        status = read_schema(session, &applied, error);
    if (!status && applied < MIGRATION_COUNT)
        status = sqlite_run(session, STATEMENT_LOCK, error);
    if (status || applied == MIGRATION_COUNT)
        return status;
    status = apply_missing(session, error);
    if (!status)
        status = sqlite_run(session, STATEMENT_COMMIT, error);
    if (status)
        sqlite_store_rollback(&session->store);
    return status;
}
