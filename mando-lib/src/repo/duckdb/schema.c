/* The schema of a file: numbered migrations, each applied once and then never edited. */
#include "repo/duckdb/session.h"
#include "repo/migration.h"

#include <duckdb_migrations.h>

static const char MIGRATION_TABLE[] =
    "CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL, name VARCHAR NOT NULL,"
    " checksum VARCHAR NOT NULL, applied TIMESTAMP NOT NULL)";

/* Opens a cursor over a text without values; the statement is to be destroyed after it. */
static enum mando_status open_text(struct duck_session *session, const char *sql, const char *types,
                                   duckdb_prepared_statement *statement, struct duck_cursor *cursor,
                                   struct mando_error *error)
{
    enum mando_status status = duck_prepare(session, session->connection, sql, statement, error);
    if (status)
        return status;
    struct duck_call call = {.session = session, .statement = *statement, .error = error};
    return duck_cursor_open(&call, types, DUCK_RECORDS, cursor);
}

/* Two numbers of the first row of a query; a null is 0. */
static enum mando_status read_numbers(struct duck_session *session, const char *sql,
                                      const char *types, int64_t *first_out, int64_t *second_out,
                                      struct mando_error *error)
{
    duckdb_prepared_statement statement = NULL;
    struct duck_cursor cursor = {0};
    bool is_there = false;
    enum mando_status status = open_text(session, sql, types, &statement, &cursor, error);
    if (!status)
        status = duck_cursor_next(session, &cursor, &is_there, error);
    if (is_there) {
        *first_out = duck_is_null(&cursor, 0) ? 0 : duck_int(&cursor, 0);
        *second_out = duck_is_null(&cursor, 1) ? 0 : duck_int(&cursor, 1);
    }
    duck_cursor_close(session, &cursor);
    session->duck->destroy_prepare(&statement);
    return status;
}

static enum mando_status compare_applied(struct duck_session *session,
                                         const struct duck_cursor *row, struct mando_error *error)
{
    size_t length;
    int64_t number = duck_int(row, 0);
    const char *checksum = duck_text(row, 1, &length);
    return mando_migration_check(MIGRATIONS, MIGRATION_COUNT, number, checksum, length,
                                 session->owner->path, error);
}

/* Reads what was applied, 1 to *applied_out, and compares each with ours. */
static enum mando_status read_applied(struct duck_session *session, int *applied_out,
                                      struct mando_error *error)
{
    duckdb_prepared_statement statement = NULL;
    struct duck_cursor cursor = {0};
    enum mando_status status =
        open_text(session, "SELECT number, checksum FROM migration ORDER BY number", "is",
                  &statement, &cursor, error);
    bool is_there = !status;
    *applied_out = 0;
    while (!status && is_there) {
        status = duck_cursor_next(session, &cursor, &is_there, error);
        if (!status && is_there)
            status = compare_applied(session, &cursor, error);
        if (!status && is_there)
            *applied_out = (int)duck_int(&cursor, 0);
    }
    duck_cursor_close(session, &cursor);
    session->duck->destroy_prepare(&statement);
    return status;
}

/* How many migrations were applied: 0 for a file without tables. */
static enum mando_status read_schema(struct duck_session *session, int *applied_out,
                                     struct mando_error *error)
{
    int64_t tables = 0, is_ours = 0;
    *applied_out = 0;
    enum mando_status status =
        read_numbers(session,
                     "SELECT count(*), count(*) FILTER (table_name = 'migration')"
                     " FROM duckdb_tables() WHERE NOT internal",
                     "ii", &tables, &is_ours, error);
    if (status || tables == 0)
        return status;
    if (!is_ours)
        return mando_migration_fail_foreign(session->owner->path, error);
    return read_applied(session, applied_out, error);
}

/* What the owner knows from now on, since nobody else writes. */
static enum mando_status load(struct duck_session *session, struct mando_error *error)
{
    struct duck_owner *owner = session->owner;
    int64_t newest_us = 0, key_last = 0;
    (void)pthread_mutex_lock(&owner->mutex);
    bool is_loaded = owner->is_loaded;
    (void)pthread_mutex_unlock(&owner->mutex);
    if (is_loaded)
        return MANDO_OK;
    enum mando_status status = read_numbers(
        session, "SELECT (SELECT max(change) FROM change), (SELECT max(point) FROM point)", "ti",
        &newest_us, &key_last, error);
    if (status)
        return status;
    (void)pthread_mutex_lock(&owner->mutex);
    if (!owner->is_loaded) {
        owner->newest_us = newest_us;
        owner->key_last = key_last;
        owner->is_loaded = true;
    }
    (void)pthread_mutex_unlock(&owner->mutex);
    return MANDO_OK;
}

enum mando_status duck_schema_check(struct duck_session *session, struct mando_error *error)
{
    const struct mando_repository *repository = session->store.session.repository;
    int applied;
    enum mando_status status = read_schema(session, &applied, error);
    if (status)
        return status;
    if (applied == MIGRATION_COUNT)
        return load(session, error);
    if (applied == 0 && repository->may_create)
        return duck_schema_migrate(session, error);
    if (repository->may_migrate)
        return MANDO_OK;
    return mando_migration_fail_old(MIGRATION_COUNT, applied, session->owner->path, error);
}

static enum mando_status note_applied(struct duck_session *session,
                                      const struct mando_migration *migration,
                                      struct mando_error *error)
{
    const struct mando_repository *repository = session->store.session.repository;
    struct duck_call call = {.session = session, .error = error};
    call.status = duck_prepare(session, session->connection,
                               "INSERT INTO migration VALUES (?, ?, ?, ?)", &call.statement, error);
    duck_bind_int(&call, migration->number);
    duck_bind_text(&call, migration->name);
    duck_bind_text(&call, migration->checksum);
    duck_bind_time(&call, repository->now_us(repository->clock));
    (void)duck_execute(&call);
    session->duck->destroy_prepare(&call.statement);
    return call.status;
}

/* Under the write lock: what is missing, where another session has not applied it meanwhile. */
static enum mando_status apply_missing(struct duck_session *session, struct mando_error *error)
{
    int applied = 0;
    enum mando_status status = duck_query(session, "BEGIN TRANSACTION", error);
    if (!status)
        status = read_schema(session, &applied, error);
    if (!status && applied < MIGRATION_COUNT)
        status = duck_query(session, MIGRATION_TABLE, error);
    for (; !status && applied < MIGRATION_COUNT; applied++) {
        status = duck_query(session, MIGRATIONS[applied].sql, error);
        if (!status)
            status = note_applied(session, &MIGRATIONS[applied], error);
    }
    if (!status)
        return duck_query(session, "COMMIT", error);
    (void)duck_query(session, "ROLLBACK", NULL);
    return status;
}

/* All in one transaction: a file that is made, or brought forward, is so whole or not at all. */
enum mando_status duck_schema_migrate(struct duck_session *session, struct mando_error *error)
{
    int applied = 0;
    enum mando_status status = read_schema(session, &applied, error);
    if (status || applied == MIGRATION_COUNT)
        return status;
    status = mando_write_lock_take(&session->owner->write_lock, &session->store,
                                   session->owner->path, error);
    if (status)
        return status;
    status = apply_missing(session, error);
    mando_write_lock_give(&session->owner->write_lock);
    return status ? status : load(session, error);
}
