#include "repo/repository.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/url.h"
#include "repo/duckdb.h"
#include "repo/memory.h"
#include "repo/postgres.h"
#include "repo/sqlite.h"

/* How often a task that waits for a session looks for one. */
#define PLACE_PAUSE_MS 5

/* Sessions that no one has taken. */
struct mando_pool {
    atomic_size_t references;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t given;
    struct mando_session **idle; /* the last one was given last */
    size_t idle_count, taken_count, count_max;
};

static int64_t clock_now_us(void *clock)
{
    (void)clock;
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MANDO_SECOND_US + now.tv_nsec / 1000;
}

static const struct {
    const char *scheme;
    const struct mando_repository_ops *ops; /* NULL where it is not built in */
} BACKENDS[] = {{"memory", &mando_memory_ops},
                {"sqlite", MANDO_SQLITE_OPS},
                {"duckdb", MANDO_DUCKDB_OPS},
                {"postgres", MANDO_POSTGRES_OPS},
                {"postgresql", MANDO_POSTGRES_OPS}};

const struct mando_repository_ops *mando_repository_find(const char *url)
{
    for (size_t i = 0; i < sizeof BACKENDS / sizeof BACKENDS[0]; i++) {
        size_t length = strlen(BACKENDS[i].scheme);
        if (strncmp(url, BACKENDS[i].scheme, length) == 0 && url[length] == ':')
            return BACKENDS[i].ops;
    }
    return NULL;
}

static struct mando_pool *pool_new(size_t count_max)
{
    struct mando_pool *pool = mando_alloc(1, sizeof *pool);
    struct mando_session **idle = mando_alloc(count_max, sizeof(struct mando_session *));
    if (!pool || !idle) {
        mando_free(pool);
        mando_free(idle);
        return NULL;
    }
    (void)pthread_mutex_init(&pool->mutex, NULL);
    mando_clock_cond_init(&pool->given);
    atomic_init(&pool->references, 1);
    pool->idle = idle;
    pool->count_max = count_max;
    return pool;
}

static void pool_free(struct mando_pool *pool)
{
    if (!pool)
        return;
    (void)pthread_cond_destroy(&pool->given);
    (void)pthread_mutex_destroy(&pool->mutex);
    mando_free(pool->idle);
    mando_free(pool);
}

static enum mando_status open_new(const struct mando_repository_ops *ops, const char *url,
                                  const struct mando_repository_options *options,
                                  struct mando_repository **repository_out,
                                  struct mando_error *error)
{
    struct mando_repository *repository = mando_alloc(1, ops->repository_size);
    struct mando_pool *pool =
        pool_new(options->sessions_max ? options->sessions_max : MANDO_SESSIONS_DEFAULT);
    enum mando_status status =
        repository && pool
            ? MANDO_OK
            : mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a repository");
    if (!status) {
        repository->ops = ops;
        repository->now_us = options->now_us ? options->now_us : clock_now_us;
        repository->clock = options->clock;
        repository->wait_ms = options->wait_ms ? options->wait_ms : MANDO_WAIT_MS_DEFAULT;
        repository->may_create = options->may_create;
        repository->may_migrate = options->may_migrate;
        repository->pool = pool;
        repository->wait = options->wait;
        repository->wait_context = options->wait_context;
        status = ops->open(repository, url, error);
    }
    if (status) {
        pool_free(pool);
        mando_free(repository);
        return status;
    }
    *repository_out = repository;
    return MANDO_OK;
}

enum mando_status mando_repository_open_with(const struct mando_repository_ops *ops,
                                             const char *url,
                                             const struct mando_repository_options *options,
                                             struct mando_repository **repository_out,
                                             struct mando_error *error)
{
    static const struct mando_repository_options DEFAULT = {0};
    if (ops->abi != MANDO_REPOSITORY_ABI)
        return mando_fail(
            error, MANDO_E_DB_SCHEME, -1,
            "the backend \"%.40s\" is made for version %u of its interface; this is %d",
            ops->scheme, (unsigned)ops->abi, MANDO_REPOSITORY_ABI);
    return open_new(ops, url, options ? options : &DEFAULT, repository_out, error);
}

static enum mando_status fail_scheme(const char *url, struct mando_error *error)
{
    char text[MANDO_URL_TEXT_SIZE];
    mando_url_show(url, text);
    return mando_fail(error, MANDO_E_DB_SCHEME, -1,
                      "\"%.120s\" names no database that this build knows: it is memory:, "
                      "sqlite:FILE, duckdb:FILE or postgres://...",
                      text);
}

enum mando_status mando_repository_open(const char *url,
                                        const struct mando_repository_options *options,
                                        struct mando_repository **repository_out,
                                        struct mando_error *error)
{
    const struct mando_repository_ops *ops = mando_repository_find(url);
    if (!ops)
        return fail_scheme(url, error);
    return mando_repository_open_with(ops, url, options, repository_out, error);
}

struct mando_repository *mando_repository_ref(struct mando_repository *repository)
{
    atomic_fetch_add(&repository->pool->references, 1);
    return repository;
}

static void close_session(struct mando_session *session)
{
    session->repository->ops->session_close(session);
    mando_free(session);
}

void mando_repository_unref(struct mando_repository *repository)
{
    if (!repository || atomic_fetch_sub(&repository->pool->references, 1) > 1)
        return;
    struct mando_pool *pool = repository->pool;
    assert(pool->taken_count == 0);
    for (size_t i = 0; i < pool->idle_count; i++)
        close_session(pool->idle[i]);
    repository->ops->close(repository);
    pool_free(pool);
    mando_free(repository);
}

/* With the mutex held, as after it: until a place may be free; whether the time is over. A task looks again
 * after a while. */
static bool wait_for_place(const struct mando_repository *repository, int64_t end_ms)
{
    struct mando_pool *pool = repository->pool;
    if (!repository->wait)
        return !mando_clock_wait(&pool->given, &pool->mutex, end_ms);
    (void)pthread_mutex_unlock(&pool->mutex);
    (void)repository->wait(repository->wait_context, -1, 0, PLACE_PAUSE_MS);
    (void)pthread_mutex_lock(&pool->mutex);
    return mando_clock_ms() >= end_ms;
}

/* Takes a place in the pool, with the idle session given last or NULL. */
static enum mando_status take_place(struct mando_repository *repository,
                                    struct mando_session **session_out, struct mando_error *error)
{
    struct mando_pool *pool = repository->pool;
    int64_t end_ms = mando_clock_ms() + repository->wait_ms;
    bool is_over = false;
    (void)pthread_mutex_lock(&pool->mutex);
    while (pool->taken_count == pool->count_max && !is_over)
        is_over = wait_for_place(repository, end_ms);
    bool is_free = pool->taken_count < pool->count_max;
    if (is_free) {
        *session_out = pool->idle_count ? pool->idle[--pool->idle_count] : NULL;
        pool->taken_count++;
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return is_free ? MANDO_OK
                   : mando_fail(error, MANDO_E_DB_SESSIONS, -1,
                                "all %zu sessions of the database were taken for %u ms",
                                pool->count_max, (unsigned)repository->wait_ms);
}

/* The idle session given last, for a place that is taken already; NULL where there is none. */
static struct mando_session *pop_idle(struct mando_pool *pool)
{
    (void)pthread_mutex_lock(&pool->mutex);
    struct mando_session *session = pool->idle_count ? pool->idle[--pool->idle_count] : NULL;
    (void)pthread_mutex_unlock(&pool->mutex);
    return session;
}

/* Gives a place back, with the session to keep or NULL. */
static void give_place(struct mando_pool *pool, struct mando_session *session)
{
    (void)pthread_mutex_lock(&pool->mutex);
    pool->taken_count--;
    if (session)
        pool->idle[pool->idle_count++] = session;
    (void)pthread_cond_signal(&pool->given);
    (void)pthread_mutex_unlock(&pool->mutex);
}

static enum mando_status open_session(struct mando_repository *repository,
                                      struct mando_session **session_out, struct mando_error *error)
{
    const struct mando_repository_ops *ops = repository->ops;
    struct mando_session *session = mando_alloc(1, ops->session_size);
    if (!session)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a session");
    session->repository = repository;
    enum mando_status status = ops->session_open(repository, session, error);
    if (status) {
        mando_free(session);
        return status;
    }
    *session_out = session;
    return MANDO_OK;
}

/* A session may have been cancelled when its call was over already; that is forgotten. */
static bool still_works(struct mando_session *session)
{
    const struct mando_repository_ops *ops = session->repository->ops;
    int64_t change_us;
    enum mando_status status = ops->version(session, &change_us, NULL);
    if (status == MANDO_CANCELLED)
        status = ops->version(session, &change_us, NULL);
    return status == MANDO_OK;
}

enum mando_status mando_session_take(struct mando_repository *repository,
                                     struct mando_session **session_out, struct mando_error *error)
{
    struct mando_session *session = NULL;
    enum mando_status status = take_place(repository, &session, error);
    if (status)
        return status;
    /* Where one does not work, others may not either. */
    while (session && !still_works(session)) {
        close_session(session);
        session = pop_idle(repository->pool);
    }
    if (!session)
        status = open_session(repository, &session, error);
    if (status) {
        give_place(repository->pool, NULL);
        return status;
    }
    *session_out = session;
    return MANDO_OK;
}

void mando_session_give(struct mando_session *session)
{
    if (!session)
        return;
    session->repository->ops->rollback(session);
    give_place(session->repository->pool, session);
}
