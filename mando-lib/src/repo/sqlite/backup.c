/* A copy of a database as it was at one moment, made while others read and write. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "repo/sqlite.h"
#include "repo/sqlite/sqlite.h"

#define ENDING ".part"

static enum mando_status fail_write(const char *path, struct mando_error *error)
{
    char reason[96] = "";
    (void)strerror_r(errno, reason, sizeof reason);
    return mando_fail_at(error, MANDO_E_IO_WRITE, path, 0, 0, "writing failed: %s", reason);
}

/* Whether SQLite finds something wrong with the database itself; asked only where a copy failed. */
static bool is_damaged(struct sqlite_session *session)
{
    sqlite3_stmt *check = NULL;
    bool is_read =
        sqlite3_prepare_v2(session->db, "PRAGMA quick_check(1)", -1, &check, NULL) == SQLITE_OK
        && sqlite3_step(check) == SQLITE_ROW;
    const char *found = is_read ? (const char *)sqlite3_column_text(check, 0) : NULL;
    bool is_damaged = found && strcmp(found, "ok") != 0;
    (void)sqlite3_finalize(check);
    return is_damaged;
}

/* With damaged pages SQLite may also believe that the new file is full. */
static enum mando_status fail_copy(struct sqlite_session *session, const char *path,
                                   struct mando_error *error)
{
    char reason[100];
    (void)snprintf(reason, sizeof reason, "%s", sqlite3_errmsg(session->db));
    if (is_damaged(session))
        return sqlite_fail_damaged(session, "it cannot be copied", error);
    return mando_fail_at(error, MANDO_E_IO_WRITE, path, 0, 0, "writing failed: %s", reason);
}

static enum mando_status vacuum_into(struct sqlite_session *session, const char *path,
                                     struct mando_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool is_done =
        sqlite3_prepare_v2(session->db, "VACUUM INTO ?", -1, &statement, NULL) == SQLITE_OK
        && sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC) == SQLITE_OK
        && sqlite3_step(statement) == SQLITE_DONE;
    int code = sqlite3_errcode(session->db) & 0xff;
    enum mando_status status = MANDO_OK;
    /* What went wrong with the new file is no fault of the database. */
    if (!is_done && (code == SQLITE_CANTOPEN || code == SQLITE_FULL || code == SQLITE_IOERR))
        status = fail_copy(session, path, error);
    else if (!is_done)
        status = sqlite_fail(session, error);
    (void)sqlite3_finalize(statement);
    return status;
}

/* A copy that SQLite makes has no WAL; with one, readers and a writer work on it at once. */
static enum mando_status switch_to_wal(const char *path, struct mando_error *error)
{
    sqlite3 *db = NULL;
    bool is_done = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
                   && sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) == SQLITE_OK;
    enum mando_status status =
        is_done ? MANDO_OK
                : mando_fail_at(error, MANDO_E_IO_WRITE, path, 0, 0, "writing failed: %.100s",
                                db ? sqlite3_errmsg(db) : "there is no memory");
    (void)sqlite3_close(db);
    return status;
}

/* SQLite does not sync what it made. */
static enum mando_status sync_file(const char *path, struct mando_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    enum mando_status status = is_synced ? MANDO_OK : fail_write(path, error);
    if (fd >= 0)
        (void)close(fd);
    return status;
}

enum mando_status mando_sqlite_backup(struct mando_session *session, const char *path,
                                      struct mando_error *error)
{
    struct sqlite_session *own = (struct sqlite_session *)session;
    if (session->repository->ops != &mando_sqlite_ops)
        return mando_fail(error, MANDO_E_DB_SCHEME, -1, "only a database in a file has backups");
    if (access(path, F_OK) == 0)
        return mando_fail_at(error, MANDO_E_IO_WRITE, path, 0, 0,
                             "the file is there already, and a backup never replaces one");
    size_t size = strlen(path) + sizeof ENDING;
    char *part = mando_alloc(size, 1);
    if (!part)
        return mando_store_no_memory(error, "a backup");
    (void)snprintf(part, size, "%s" ENDING, path);
    (void)unlink(part);
    enum mando_status status = vacuum_into(own, part, error);
    if (!status)
        status = switch_to_wal(part, error);
    if (!status)
        status = sync_file(part, error);
    if (!status && rename(part, path) != 0)
        status = fail_write(path, error);
    if (status)
        (void)unlink(part);
    mando_free(part);
    return status;
}
