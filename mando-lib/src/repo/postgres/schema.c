/* The schema of a tenant: numbered migrations, each applied once and then never edited. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "repo/migration.h"
#include "repo/postgres.h"
#include "repo/postgres/postgres.h"

#include <postgres_migrations.h>

int mando_postgres_schema(void)
{
    return MIGRATION_COUNT;
}

/* With "mando" as its first number no lock of another program's is met. */
static const char LOCK[] = "SELECT pg_advisory_xact_lock(1296125541, hashtext($1))";

static const char MIGRATION_TABLE[] =
    "CREATE TABLE migration (number integer PRIMARY KEY, name text NOT NULL,"
    " checksum text NOT NULL, applied timestamptz NOT NULL)";

static const char *schema_of(const struct postgres_session *session)
{
    return postgres_repository_of(session)->url.schema;
}

/* Reads what was applied, 1 to *applied_out, and compares each with ours. */
static enum mando_status read_applied(struct postgres_session *session, int *applied_out,
                                      struct mando_error *error)
{
    PGresult *result MANDO_CLEANUP(postgres_clear) = NULL;
    enum mando_status status = postgres_run_sql(
        session, "SELECT number, checksum FROM migration ORDER BY number", NULL, &result, error);
    for (int row = 0; !status && row < PQntuples(result); row++) {
        int64_t number = postgres_get_int(result, row, 0);
        status = mando_migration_check(
            MIGRATIONS, MIGRATION_COUNT, number, PQgetvalue(result, row, 1),
            (size_t)PQgetlength(result, row, 1), postgres_name(session), error);
        if (!status)
            *applied_out = (int)number;
    }
    return status;
}

/* The server passes over a schema of the search path that may not be used, and takes the next one: that of
 * temporary tables, in which all would be gone with the connection. */
static enum mando_status fail_unusable(const struct postgres_session *session,
                                       struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_DB_DENIED, postgres_name(session), 0, 0,
                         "the user may not use the schema \"%s\" of %.80s: its owner must GRANT "
                         "USAGE ON SCHEMA, and CREATE to make the tables",
                         schema_of(session), postgres_name(session));
}

/* How many migrations were applied: 0 for a schema without tables, or none. */
static enum mando_status read_schema(struct postgres_session *session, int *applied_out,
                                     bool *is_there_out, struct mando_error *error)
{
    static const char TABLES[] =
        "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), count(*),"
        " count(*) FILTER (WHERE relname = 'migration'),"
        " EXISTS (SELECT FROM pg_namespace WHERE nspname = $1"
        "  AND NOT has_schema_privilege(oid, 'USAGE')) FROM pg_class"
        " JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE nspname = $1 AND relkind IN ('r', 'p', 'v', 'm', 'f')";
    PGresult *result MANDO_CLEANUP(postgres_clear) = NULL;
    struct postgres_parameters parameters = {.count = 0};
    postgres_add_text(&parameters, schema_of(session));
    *applied_out = 0;
    enum mando_status status = postgres_run_sql(session, TABLES, &parameters, &result, error);
    if (status)
        return status;
    *is_there_out = postgres_get_bool(result, 0, 0);
    if (postgres_get_bool(result, 0, 3))
        return fail_unusable(session, error);
    int64_t tables = postgres_get_int(result, 0, 1);
    if (tables == 0)
        return MANDO_OK;
    if (postgres_get_int(result, 0, 2) == 0)
        return mando_fail_at(error, MANDO_E_DB_FOREIGN, postgres_name(session), 0, 0,
                             "the schema \"%s\" of %.100s has tables of another program",
                             schema_of(session), postgres_name(session));
    return read_applied(session, applied_out, error);
}

enum mando_status postgres_schema_check(struct postgres_session *session, struct mando_error *error)
{
    const struct mando_repository *repository = session->store.session.repository;
    const char *name = postgres_name(session);
    int applied;
    bool is_there;
    enum mando_status status = read_schema(session, &applied, &is_there, error);
    if (status || applied == MIGRATION_COUNT)
        return status;
    if (applied == 0 && repository->may_create)
        return postgres_schema_migrate(session, error);
    if (repository->may_migrate)
        return MANDO_OK;
    if (applied == 0)
        return mando_fail_at(error, MANDO_E_DB_NOT_FOUND, name, 0, 0,
                             "there are no data points in the schema \"%s\" of %.80s; import, "
                             "insert, copy, migrate and serve make it",
                             schema_of(session), name);
    return mando_migration_fail_old(MIGRATION_COUNT, applied, name, error);
}

static enum mando_status note_applied(struct postgres_session *session,
                                      const struct mando_migration *migration,
                                      struct mando_error *error)
{
    const struct mando_repository *repository = session->store.session.repository;
    struct postgres_parameters parameters = {.count = 0};
    postgres_add_int4(&parameters, migration->number);
    postgres_add_text(&parameters, migration->name);
    postgres_add_text(&parameters, migration->checksum);
    postgres_add_time(&parameters, repository->now_us(repository->clock));
    return postgres_queue_sql(session, "INSERT INTO migration VALUES ($1, $2, $3, $4)", &parameters,
                              error);
}

/* An administrator may have made the schema, for one who may not. */
static enum mando_status make_schema(struct postgres_session *session, bool is_there,
                                     struct mando_error *error)
{
    char sql[2 * POSTGRES_NAME_SIZE + 32];
    (void)snprintf(sql, sizeof sql, "CREATE SCHEMA %s",
                   postgres_repository_of(session)->quoted_schema);
    PGresult *result MANDO_CLEANUP(postgres_clear) = NULL;
    enum mando_status status = is_there ? MANDO_OK : postgres_queue_sql(session, sql, NULL, error);
    if (!status)
        status = postgres_run_sql(session, "SELECT current_schema()", NULL, &result, error);
    if (!status && strcmp(PQgetvalue(result, 0, 0), schema_of(session)) != 0)
        status = fail_unusable(session, error);
    return status ? status : postgres_queue_sql(session, MIGRATION_TABLE, NULL, error);
}

/* Under the lock: what is missing, where another process has not applied it meanwhile. */
static enum mando_status apply_missing(struct postgres_session *session, struct mando_error *error)
{
    int applied;
    bool is_there;
    enum mando_status status = read_schema(session, &applied, &is_there, error);
    if (!status && applied == 0)
        status = make_schema(session, is_there, error);
    for (; applied < MIGRATION_COUNT && !status; applied++) {
        status = postgres_execute(session, MIGRATIONS[applied].sql, error);
        if (!status)
            status = note_applied(session, &MIGRATIONS[applied], error);
    }
    return status;
}

/* All in one transaction: a schema is made, or brought forward, whole or not at all. Whoever holds the
 * lock has it for a moment only, and each of them in turn: it is waited for as a writer does. */
enum mando_status postgres_schema_migrate(struct postgres_session *session,
                                          struct mando_error *error)
{
    int applied = 0;
    bool is_there;
    enum mando_status status = read_schema(session, &applied, &is_there, error);
    if (status || applied == MIGRATION_COUNT)
        return status;
    struct postgres_parameters parameters = {.count = 0};
    postgres_add_text(&parameters, schema_of(session));
    session->is_in_transaction = true;
    status = postgres_queue(session, STATEMENT_BEGIN, NULL, error);
    if (!status)
        status = postgres_queue_sql(session, "SET LOCAL statement_timeout = 0", NULL, error);
    if (!status)
        status = postgres_run_sql(session, LOCK, &parameters, NULL, error);
    if (!status)
        status = apply_missing(session, error);
    if (!status)
        status = postgres_run(session, STATEMENT_COMMIT, NULL, NULL, error);
    if (status)
        postgres_store_rollback(&session->store);
    session->is_in_transaction = false;
    return status;
}
