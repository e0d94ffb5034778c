#include "service/service.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "repo/postgres.h"
#include "repo/sqlite.h"
#include "service/audit.h"

static enum mando_status fail_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a service");
}

/* A copy of a text; true where it is NULL. */
static bool copy(const char *text, char **copy_out)
{
    *copy_out = NULL;
    if (!text)
        return true;
    size_t size = strlen(text) + 1;
    *copy_out = mando_alloc(size, 1);
    if (*copy_out)
        memcpy(*copy_out, text, size);
    return *copy_out != NULL;
}

void mando_service_free(struct mando_service *service)
{
    if (!service)
        return;
    mando_repository_unref(service->repository);
    mando_free(service->author);
    mando_free(service->zone_folder);
    mando_free(service);
}

static void free_service(struct mando_service **service)
{
    mando_service_free(*service);
}

static struct mando_repository_options
repository_options(const struct mando_service_options *options, bool may_migrate)
{
    return (struct mando_repository_options){.now_us = options->now_us,
                                             .clock = options->clock,
                                             .sessions_max = options->sessions_max,
                                             .wait_ms = options->wait_ms,
                                             .wait = options->wait,
                                             .wait_context = options->wait_context,
                                             .may_create = options->may_create || may_migrate,
                                             .may_migrate = may_migrate};
}

/* Whether the database can be used at all. */
static enum mando_status try_session(struct mando_repository *repository, struct mando_error *error)
{
    struct mando_session *session MANDO_CLEANUP(mando_session_leave) = NULL;
    return mando_session_take(repository, &session, error);
}

enum mando_status mando_service_open(const char *url, const struct mando_service_options *options,
                                     struct mando_service **service_out, struct mando_error *error)
{
    static const struct mando_service_options DEFAULT = {0};
    options = options ? options : &DEFAULT;
    struct mando_repository_options inner = repository_options(options, false);
    struct mando_service *service MANDO_CLEANUP(free_service) = mando_alloc(1, sizeof *service);
    if (!service || !copy(options->author ? options->author : "", &service->author)
        || !copy(options->zone_folder, &service->zone_folder))
        return fail_memory(error);
    enum mando_status status = mando_repository_open(url, &inner, &service->repository, error);
    if (!status)
        status = try_session(service->repository, error);
    if (status)
        return status;
    *service_out = service;
    service = NULL;
    return MANDO_OK;
}

static enum mando_status migrate(struct mando_repository *repository, struct mando_error *error)
{
    struct mando_session *session MANDO_CLEANUP(mando_session_leave) = NULL;
    enum mando_status status = mando_session_take(repository, &session, error);
    return status ? status : repository->ops->migrate(session, error);
}

enum mando_status mando_service_migrate(const char *url,
                                        const struct mando_service_options *options,
                                        struct mando_error *error)
{
    static const struct mando_service_options DEFAULT = {0};
    struct mando_repository_options inner = repository_options(options ? options : &DEFAULT, true);
    struct mando_repository *repository;
    enum mando_status status = mando_repository_open(url, &inner, &repository, error);
    if (status)
        return status;
    status = migrate(repository, error);
    mando_repository_unref(repository);
    return status;
}

enum mando_status mando_service_backup(struct mando_service *service, const char *path,
                                       struct mando_error *error)
{
#ifdef MANDO_SQLITE
    struct mando_session *session MANDO_CLEANUP(mando_session_leave) = NULL;
    enum mando_status status = mando_session_take(service->repository, &session, error);
    return status ? status : mando_sqlite_backup(session, path, error);
#else
    (void)service;
    return mando_fail(error, MANDO_E_DB_SCHEME, -1,
                      "\"%.120s\" cannot be written: the database is no file", path);
#endif
}

int mando_service_schema(void)
{
#ifdef MANDO_SQLITE
    return mando_sqlite_schema();
#elif defined MANDO_POSTGRES
    return mando_postgres_schema();
#else
    return 0;
#endif
}

static enum mando_status check(struct mando_session *session,
                               struct mando_service_health *health_out, struct mando_error *error)
{
    struct mando_service_health health = {0};
    const struct mando_write write = {.author = ""};
    enum mando_status status = MANDO_OK;
#ifdef MANDO_SQLITE
    status = mando_sqlite_check(session, &health.has_wal, error);
#endif
    if (status)
        return status;
    status = session->repository->ops->begin(session, &write, error);
    health.may_write = !status;
    if (!status)
        session->repository->ops->rollback(session);
    if (status && status != MANDO_DENIED && status != MANDO_BUSY)
        return status;
    *health_out = health;
    return MANDO_OK;
}

enum mando_status mando_service_check(struct mando_service *service,
                                      struct mando_service_health *health_out,
                                      struct mando_error *error)
{
    struct mando_session *session MANDO_CLEANUP(mando_session_leave) = NULL;
    enum mando_status status = mando_session_take(service->repository, &session, error);
    return status ? status : check(session, health_out, error);
}

enum mando_status mando_service_version(struct mando_service *service, int64_t *change_us_out,
                                        struct mando_error *error)
{
    struct mando_session *session MANDO_CLEANUP(mando_session_leave) = NULL;
    enum mando_status status = mando_session_take(service->repository, &session, error);
    return status ? status : service->repository->ops->version(session, change_us_out, error);
}

enum mando_status mando_service_audit_verify(struct mando_service *service, const char *head,
                                             struct mando_audit *audit_out,
                                             struct mando_error *error)
{
    struct mando_session *session MANDO_CLEANUP(mando_session_leave) = NULL;
    enum mando_status status = mando_session_take(service->repository, &session, error);
    return status ? status : audit_verify(session, head, audit_out, error);
}

int64_t service_now_us(const struct mando_service *service)
{
    return service->repository->now_us(service->repository->clock);
}
