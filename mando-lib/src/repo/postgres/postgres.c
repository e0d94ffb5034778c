#include "repo/postgres/postgres.h"

#include "base/alloc.h"
#include "repo/postgres.h"

/* A name as SQL takes any. */
static void quote(const char *name, char *out)
{
    *out++ = '"';
    for (; *name; name++) {
        if (*name == '"')
            *out++ = '"';
        *out++ = *name;
    }
    *out++ = '"';
    *out = '\0';
}

static enum mando_status postgres_open(struct mando_repository *repository, const char *url,
                                       struct mando_error *error)
{
    struct postgres_repository *own = (struct postgres_repository *)repository;
    enum mando_status status = postgres_url_read(url, &own->url, error);
    if (status)
        return status;
    atomic_init(&own->was_reached, false);
    quote(own->url.schema, own->quoted_schema);
    return MANDO_OK;
}

static void postgres_close(struct mando_repository *repository)
{
    postgres_url_release(&((struct postgres_repository *)repository)->url);
}

static void release(struct postgres_session *session)
{
    postgres_versions_release(session);
    mando_text_release(&session->copy);
    postgres_authors_end(session);
    mando_text_release(&session->records_sql);
    (void)pthread_mutex_destroy(&session->cancelling);
}

static enum mando_status session_open(struct mando_repository *repository,
                                      struct mando_session *session, struct mando_error *error)
{
    struct postgres_session *own = (struct postgres_session *)session;
    (void)repository;
    mando_store_init(&own->store, &postgres_store_ops);
    mando_text_init(&own->copy, SIZE_MAX);
    mando_text_init(&own->records_sql, SIZE_MAX);
    (void)pthread_mutex_init(&own->cancelling, NULL);
    enum mando_status status = postgres_connect(own, error);
    if (status)
        release(own);
    return status;
}

static void session_close(struct mando_session *session)
{
    struct postgres_session *own = (struct postgres_session *)session;
    mando_store_release(mando_store_of(session));
    postgres_store_rollback(&own->store);
    postgres_disconnect(own);
    release(own);
}

static enum mando_status migrate(struct mando_session *session, struct mando_error *error)
{
    return postgres_schema_migrate((struct postgres_session *)session, error);
}

/* The mark comes first: a call that has not asked the server yet meets it. What is sent next waits until
 * the server was told, so that the cancellation does not meet something later. */
static void cancel(struct mando_session *session)
{
    struct postgres_session *own = (struct postgres_session *)session;
    char reason[256];
    (void)pthread_mutex_lock(&own->cancelling);
    mando_store_cancel(session);
    (void)PQcancel(own->canceller, reason, sizeof reason);
    (void)pthread_mutex_unlock(&own->cancelling);
}

const struct mando_repository_ops mando_postgres_ops = {
    MANDO_STORE_OPS,
    .scheme = "postgres",
    .repository_size = sizeof(struct postgres_repository),
    .session_size = sizeof(struct postgres_session),
    .open = postgres_open,
    .close = postgres_close,
    .session_open = session_open,
    .session_close = session_close,
    .migrate = migrate,
    .version = mando_store_version,
    .changes_scan = postgres_changes_scan,
    .cancel = cancel,
};
