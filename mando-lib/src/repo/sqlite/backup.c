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
        status = mando_fail_at(error, MANDO_E_IO_WRITE, path, 0, 0, "writing failed: %.100s",
                               sqlite3_errmsg(session->db));
    else if (!is_done)
        status = sqlite_fail(session, error);
    (void)sqlite3_finalize(statement);
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
    if (access(path, F_OK) == 0) {
        errno = EEXIST;
        return fail_write(path, error);
    }
    size_t size = strlen(path) + sizeof ENDING;
    char *part = mando_alloc(size, 1);
    if (!part)
        return mando_store_no_memory(error, "a backup");
    (void)snprintf(part, size, "%s" ENDING, path);
    (void)unlink(part);
    enum mando_status status = vacuum_into(own, part, error);
    if (!status)
        status = sync_file(part, error);
    if (!status && rename(part, path) != 0)
        status = fail_write(path, error);
    if (status)
        (void)unlink(part);
    mando_free(part);
    return status;
}
