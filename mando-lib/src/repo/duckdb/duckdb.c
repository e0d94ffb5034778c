#include "repo/duckdb.h"

#include <string.h>

#include "base/alloc.h"
#include "repo/duckdb/session.h"

#define SCHEME "duckdb:"

static enum mando_status duck_open(struct mando_repository *repository, const char *url,
                                   struct mando_error *error)
{
    struct duck_repository *own = (struct duck_repository *)repository;
    const char *path = url + strlen(SCHEME);
    if (*path == '\0')
        return mando_fail_at(error, MANDO_E_DB_URL, url, 0, 0,
                             "\"%.60s\" names no file: it is duckdb:FILE", url);
    enum mando_status status = duck_library_load(&own->duck, error);
    if (status)
        return status;
    /* A name that begins with a colon, or has a scheme, means something else to DuckDB. */
    size_t size = strlen(path) + 1, before = *path == '/' ? 0 : 2;
    own->path = mando_alloc(before + size, 1);
    if (!own->path)
        return mando_store_no_memory(error, "a repository");
    memcpy(own->path, "./", before);
    memcpy(own->path + before, path, size);
    return MANDO_OK;
}

static void duck_close(struct mando_repository *repository)
{
    mando_free(((struct duck_repository *)repository)->path);
}

static void disconnect(struct duck_session *session)
{
    const struct duck_library *duck = session->duck;
    duck_cursors_end(&session->store);
    for (size_t i = 0; i < DUCK_STATEMENTS; i++)
        duck->destroy_prepare(&session->statements[i]);
    duck->destroy_prepare(&session->records_read);
    for (size_t i = 0; i < DUCK_TYPES; i++)
        if (session->chunks[i])
            duck->destroy_data_chunk(&session->chunks[i]);
    if (session->aside)
        duck->disconnect(&session->aside);
    if (session->connection)
        duck->disconnect(&session->connection);
    duck_owner_unref(session->owner);
    mando_text_release(&session->document);
    mando_text_release(&session->records_sql);
    duck_authors_free(session->authors);
}

static enum mando_status session_open(struct mando_repository *repository,
                                      struct mando_session *session, struct mando_error *error)
{
    const struct duck_repository *shared = (const struct duck_repository *)repository;
    struct duck_session *own = (struct duck_session *)session;
    mando_store_init(&own->store, &duck_store_ops);
    mando_text_init(&own->document, SIZE_MAX);
    mando_text_init(&own->records_sql, SIZE_MAX);
    own->duck = shared->duck;
    enum mando_status status =
        duck_owner_ref(shared->duck, shared->path, repository, &own->owner, error);
    if (status)
        return status;
    if (own->duck->connect(own->owner->db, &own->connection) != DuckDBSuccess)
        status = mando_store_no_memory(error, "a session");
    if (!status)
        status = duck_schema_check(own, error);
    if (status)
        disconnect(own);
    return status;
}

static void session_close(struct mando_session *session)
{
    struct duck_session *own = (struct duck_session *)session;
    mando_store_release(&own->store);
    disconnect(own);
}

static enum mando_status migrate(struct mando_session *session, struct mando_error *error)
{
    return duck_schema_migrate((struct duck_session *)session, error);
}

static enum mando_status version(struct mando_session *session, int64_t *change_us_out,
                                 struct mando_error *error)
{
    const struct duck_session *own = (const struct duck_session *)session;
    if (duck_owner_is_broken(own->owner))
        return mando_fail_at(error, MANDO_E_DB_IO, own->owner->path, 0, 0,
                             "the database %.120s failed: this session has to be closed",
                             own->owner->path);
    if (duck_owner_has_file(own->owner))
        return mando_store_version(session, change_us_out, error);
    return mando_fail_at(error, MANDO_E_DB_IO, own->owner->path, 0, 0,
                         "the database %.120s was moved or replaced while it was open",
                         own->owner->path);
}

static void cancel(struct mando_session *session)
{
    const struct duck_session *own = (const struct duck_session *)session;
    mando_store_cancel(session);
    own->duck->interrupt(own->connection);
}

const struct mando_repository_ops mando_duckdb_ops = {
    MANDO_STORE_OPS,
    .scheme = "duckdb",
    .repository_size = sizeof(struct duck_repository),
    .session_size = sizeof(struct duck_session),
    .open = duck_open,
    .close = duck_close,
    .session_open = session_open,
    .session_close = session_close,
    .migrate = migrate,
    .version = version,
    .changes_scan = duck_changes_scan,
    .cancel = cancel,
};
