#include "repo/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "repo/sqlite.h"

#define SCHEME "sqlite:"

const char *sqlite_path(const struct sqlite_session *session)
{
    return ((const struct sqlite_repository *)session->store.session.repository)->path;
}

static enum mando_status sqlite_open(struct mando_repository *repository, const char *url,
                                     struct mando_error *error)
{
    struct sqlite_repository *own = (struct sqlite_repository *)repository;
    const char *path = url + strlen(SCHEME);
    if (*path == '\0')
        return mando_fail_at(error, MANDO_E_DB_URL, url, 0, 0,
                             "\"%.60s\" names no file: it is sqlite:FILE", url);
    /* A name that begins with a colon means something else to SQLite. */
    size_t size = strlen(path) + 1, before = *path == ':' ? 2 : 0;
    own->path = mando_alloc(before + size, 1);
    if (!own->path)
        return mando_store_no_memory(error, "a repository");
    memcpy(own->path, "./", before);
    memcpy(own->path + before, path, size);
    return MANDO_OK;
}

static void sqlite_close(struct mando_repository *repository)
{
    mando_free(((struct sqlite_repository *)repository)->path);
}

static enum mando_status fail_busy(struct sqlite_session *session, struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_DB_BUSY, sqlite_path(session), 0, 0,
                         "another process or session holds the write lock of %.120s; it was waited "
                         "for %u ms",
                         sqlite_path(session),
                         (unsigned)session->store.session.repository->wait_ms);
}

/* SQLite keeps a log and locks beside a file, also to read it. */
static enum mando_status fail_folder(const char *path, struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_DB_DENIED, path, 0, 0,
                         "the folder of the database %.120s may not be written, which is "
                         "needed to read it too",
                         path);
}

/* Whether what the first bytes of a path and an ending name may be written, or is not there. */
static bool may_write(const char *path, size_t length, const char *ending)
{
    size_t size = length + strlen(ending) + 1;
    char *name = mando_alloc(size, 1);
    if (!name)
        return true;
    (void)snprintf(name, size, "%.*s%s", (int)length, path, ending);
    bool may_write = faccessat(AT_FDCWD, name, W_OK, AT_EACCESS) == 0 || errno == ENOENT;
    mando_free(name);
    return may_write;
}

static bool may_write_beside(const char *path)
{
    const char *slash = strrchr(path, '/');
    return may_write(path, slash ? (size_t)(slash - path) + 1 : 0, ".");
}

static enum mando_status fail_open(const struct sqlite_session *session, struct mando_error *error)
{
    const char *path = sqlite_path(session);
    struct stat info;
    int reason = session->db ? sqlite3_system_errno(session->db) : 0;
    bool is_there = stat(path, &info) == 0;
    if (is_there && S_ISDIR(info.st_mode))
        return mando_fail_at(error, MANDO_E_DB_DENIED, path, 0, 0,
                             "%.160s is a folder, not the file of a database", path);
    if (!is_there && (reason == ENOENT || reason == ENOTDIR))
        return mando_fail_at(error, MANDO_E_DB_NOT_FOUND, path, 0, 0,
                             "there is no folder for the database %.160s", path);
    if (reason == EMFILE || reason == ENFILE)
        return mando_fail_at(error, MANDO_E_DB_IO, path, 0, 0,
                             "too many files are open to open the database %.140s", path);
    if (is_there && !may_write_beside(path))
        return fail_folder(path, error);
    return mando_fail_at(error, MANDO_E_DB_DENIED, path, 0, 0,
                         "the system does not permit to open the database %.140s, or to write "
                         "beside it",
                         path);
}

enum mando_status sqlite_fail_damaged(const struct sqlite_session *session, const char *what,
                                      struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_DB_CORRUPT, sqlite_path(session), 0, 0,
                         "%.120s is damaged: %.100s", sqlite_path(session), what);
}

/* To SQLite a quota and the largest size of a file are failures like any other; why a commit failed it
 * does not keep at all. */
static bool is_full(const struct sqlite_session *session)
{
    int reasons[] = {errno, sqlite3_system_errno(session->db)};
    bool is_full = false;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        is_full = is_full || reasons[i] == ENOSPC || reasons[i] == EDQUOT || reasons[i] == EFBIG;
    return is_full && (sqlite3_errcode(session->db) & 0xff) == SQLITE_IOERR;
}

static enum mando_status fail_full(const struct sqlite_session *session, struct mando_error *error)
{
    const char *path = sqlite_path(session);
    return mando_fail_at(
        error, MANDO_E_DB_FULL, path, 0, 0,
        "there is no room for the database %.120s; nothing of the transaction was stored", path);
}

static enum mando_status fail_read_only(const struct sqlite_session *session,
                                        struct mando_error *error)
{
    const char *path = sqlite_path(session);
    int code = sqlite3_extended_errcode(session->db);
    if (code == SQLITE_READONLY_DIRECTORY || code == SQLITE_READONLY_CANTINIT)
        return fail_folder(path, error);
    if (!may_write(path, strlen(path), "-wal") || !may_write(path, strlen(path), "-shm"))
        return mando_fail_at(
            error, MANDO_E_DB_DENIED, path, 0, 0,
            "the database %.100s may only be read: %.100s-wal or -shm, which stand "
            "beside it, may not be written",
            path, path);
    return mando_fail_at(error, MANDO_E_DB_DENIED, path, 0, 0,
                         "the database %.160s may only be read", path);
}

enum mando_status sqlite_fail(struct sqlite_session *session, struct mando_error *error)
{
    const char *path = sqlite_path(session);
    const char *reason = session->db ? sqlite3_errmsg(session->db) : "";
    enum mando_status status = mando_store_check(&session->store, error);
    if (status)
        return status;
    switch (session->db ? sqlite3_errcode(session->db) & 0xff : SQLITE_NOMEM) {
    case SQLITE_NOMEM:
        return mando_store_no_memory(error, "the database");
    case SQLITE_INTERRUPT:
        return mando_fail(error, MANDO_E_CANCELLED, -1,
                          "the caller stopped the call of the database");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail_busy(session, error);
    case SQLITE_CANTOPEN:
        return fail_open(session, error);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return fail_read_only(session, error);
    case SQLITE_FULL:
        return fail_full(session, error);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* every statement fits the schema that the file says it has */
    case SQLITE_CONSTRAINT:
        return mando_fail_at(error, MANDO_E_DB_CORRUPT, path, 0, 0,
                             "%.120s is no SQLite database or is damaged: %.60s", path, reason);
    default:
        if (is_full(session))
            return fail_full(session, error);
        return mando_fail_at(error, MANDO_E_DB_IO, path, 0, 0, "the database %.120s failed: %.80s",
                             path, reason);
    }
}

int sqlite_wait(void *context, int calls)
{
    struct sqlite_session *session = context;
    int64_t now_ms = mando_clock_ms();
    if (calls == 0)
        session->wait_end_ms = now_ms + session->store.session.repository->wait_ms;
    if (now_ms >= session->wait_end_ms || atomic_load(&session->store.is_cancelled))
        return 0;
    int64_t sleep_ms = calls < 5 ? 1 : calls < 20 ? 5 : 20;
    if (sleep_ms > session->wait_end_ms - now_ms)
        sleep_ms = session->wait_end_ms - now_ms;
    struct timespec pause = {.tv_nsec = (long)sleep_ms * 1000000};
    (void)nanosleep(&pause, NULL);
    return 1;
}

enum mando_status sqlite_execute(struct sqlite_session *session, const char *sql,
                                 struct mando_error *error)
{
    return sqlite3_exec(session->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? MANDO_OK
               : sqlite_fail(session, error);
}

static enum mando_status connect(struct sqlite_session *session, struct mando_error *error)
{
    const struct mando_repository *repository = session->store.session.repository;
    const char *path = sqlite_path(session);
    if (!repository->may_create && access(path, F_OK) != 0 && errno == ENOENT)
        return mando_fail_at(error, MANDO_E_DB_NOT_FOUND, path, 0, 0,
                             "there is no database %.100s; import, insert, copy, migrate and serve "
                             "make one",
                             path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
                | (repository->may_create ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path, &session->db, flags, NULL) != SQLITE_OK)
        return sqlite_fail(session, error);
    (void)sqlite3_busy_handler(session->db, sqlite_wait, session);
    return sqlite_execute(session,
                          "PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL;"
                          "PRAGMA cache_size = -32768",
                          error);
}

/* Which file it is, to see later whether another one has taken its place. */
static enum mando_status note_file(struct sqlite_session *session, struct mando_error *error)
{
    struct stat info;
    if (stat(sqlite_path(session), &info) != 0)
        return mando_fail_at(error, MANDO_E_DB_IO, sqlite_path(session), 0, 0,
                             "the database %.160s has gone away", sqlite_path(session));
    session->device = info.st_dev;
    session->file = info.st_ino;
    return MANDO_OK;
}

static void disconnect(struct sqlite_session *session)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize(session->statements[i]);
    (void)sqlite3_finalize(session->record_put);
    (void)sqlite3_finalize(session->records);
    (void)sqlite3_close(session->db);
    mando_free(session->aligned);
    mando_text_release(&session->author);
}

static enum mando_status session_open(struct mando_repository *repository,
                                      struct mando_session *session, struct mando_error *error)
{
    struct sqlite_session *own = (struct sqlite_session *)session;
    (void)repository;
    mando_store_init(&own->store, &sqlite_store_ops);
    mando_text_init(&own->author, SIZE_MAX);
    enum mando_status status = connect(own, error);
    if (!status)
        status = sqlite_schema_check(own, error);
    if (!status)
        status = note_file(own, error);
    if (status)
        disconnect(own);
    return status;
}

static void session_close(struct mando_session *session)
{
    mando_store_release(mando_store_of(session));
    disconnect((struct sqlite_session *)session);
}

static enum mando_status migrate(struct mando_session *session, struct mando_error *error)
{
    return sqlite_schema_migrate((struct sqlite_session *)session, error);
}

static enum mando_status version(struct mando_session *session, int64_t *change_us_out,
                                 struct mando_error *error)
{
    const struct sqlite_session *own = (const struct sqlite_session *)session;
    struct stat info;
    if (stat(sqlite_path(own), &info) != 0 || info.st_dev != own->device
        || info.st_ino != own->file)
        return mando_fail_at(error, MANDO_E_DB_IO, sqlite_path(own), 0, 0,
                             "the database %.120s was moved or replaced while it was open",
                             sqlite_path(own));
    return mando_store_version(session, change_us_out, error);
}

static void cancel(struct mando_session *session)
{
    mando_store_cancel(session);
    sqlite3_interrupt(((struct sqlite_session *)session)->db);
}

const struct mando_repository_ops mando_sqlite_ops = {
    MANDO_STORE_OPS,
    .scheme = "sqlite",
    .repository_size = sizeof(struct sqlite_repository),
    .session_size = sizeof(struct sqlite_session),
    .open = sqlite_open,
    .close = sqlite_close,
    .session_open = session_open,
    .session_close = session_close,
    .migrate = migrate,
    .version = version,
    .changes_scan = sqlite_changes_scan,
    .cancel = cancel,
};
