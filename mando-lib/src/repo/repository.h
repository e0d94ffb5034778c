/* repo/repository.h: opening a repository by its URL, sharing it, and its sessions.
 *
 * A repository may be used by any thread; a session belongs to one at a time. */
#ifndef MANDO_REPO_REPOSITORY_H
#define MANDO_REPO_REPOSITORY_H

#include <stdbool.h>

#include "mando/spi/repository.h"

#define MANDO_SESSIONS_DEFAULT 8
#define MANDO_WAIT_MS_DEFAULT 5000

struct mando_repository_options {
    int64_t (*now_us)(void *clock); /* NULL = the machine's clock */
    void *clock;
    uint32_t sessions_max; /* taken at one time; 0 = MANDO_SESSIONS_DEFAULT */
    uint32_t wait_ms;      /* for a session, for the write lock; 0 = MANDO_WAIT_MS_DEFAULT */
    bool may_create;       /* a database that is not there is made, else it is an error */
    bool may_migrate;      /* an older schema is no error */
    int (*wait)(void *context, int fd, short events,
                int timeout_ms); /* as mando/spi/repository.h */
    void *wait_context;
};

/* The backend of a URL's scheme; NULL where there is none in this build. */
const struct mando_repository_ops *mando_repository_find(const char *url);

/* Opens the repository of a URL ("memory:", "sqlite:FILE", "postgres://..."); it holds one reference. NULL options are
 * zeroes. Nothing is read or made before the first session.
 * MANDO_INVALID (db.url), MANDO_UNSUPPORTED (db.scheme), MANDO_NO_MEMORY. */
enum mando_status mando_repository_open(const char *url,
                                        const struct mando_repository_options *options,
                                        struct mando_repository **repository_out,
                                        struct mando_error *error);

/* The same with a backend's table. MANDO_UNSUPPORTED (db.scheme) for a table of another ABI. */
enum mando_status mando_repository_open_with(const struct mando_repository_ops *ops,
                                             const char *url,
                                             const struct mando_repository_options *options,
                                             struct mando_repository **repository_out,
                                             struct mando_error *error);

struct mando_repository *mando_repository_ref(struct mando_repository *repository);

/* The last one closes idle sessions and the repository; none may be taken then. NULL is fine. */
void mando_repository_unref(struct mando_repository *repository);

/* A session for the calling thread: an idle one that still works, else a new one; waits while
 * sessions_max are taken. *session_out goes back by mando_session_give.
 * MANDO_BUSY (db.sessions: none became free in wait_ms) and the statuses of session_open. */
enum mando_status mando_session_take(struct mando_repository *repository,
                                     struct mando_session **session_out, struct mando_error *error);

/* Rolls back a transaction that is open. Its stream must be released. NULL is fine. */
void mando_session_give(struct mando_session *session);

/* The same for MANDO_CLEANUP. */
static inline void mando_session_leave(struct mando_session **session)
{
    mando_session_give(*session);
}

#endif
