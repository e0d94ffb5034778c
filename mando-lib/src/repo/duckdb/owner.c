#include "repo/duckdb/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"

/* How often one that waits looks again. */
#define WAIT_SLICE_MS 10

/* A log that is longer is written into the file. */
#define LOG_BYTES ((off_t)16 << 20)

/* What DuckDB writes of a file before it gives it to anybody: three blocks. */
#define FIRST_BYTES ((off_t)3 * 4096)

/* A file has one owner in a process, whoever asks: hence the one list of the process. */
static struct duck_owner *owners;
static pthread_mutex_t owners_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool contains(const char *message, const char *part)
{
    return strstr(message, part) != NULL;
}

/* DuckDB has no type of its own for these; the texts are its own, or the system's in English. */
static enum mando_status fail_io(const char *path, const char *message, struct mando_error *error)
{
    if (contains(message, "No space left") || contains(message, "quota exceeded")
        || contains(message, "File too large"))
        return mando_fail_at(error, MANDO_E_DB_FULL, path, 0, 0,
                             "there is no room for the database %.120s; nothing was stored", path);
    if (contains(message, "ut of Memory") || contains(message, "ut of memory"))
        return mando_store_no_memory(error, "the database");
    if (contains(message, "Could not set lock"))
        return mando_fail_at(error, MANDO_E_DB_BUSY, path, 0, 0,
                             "another program has the DuckDB file %.140s open: one process at a "
                             "time may",
                             path);
    if (contains(message, "Permission denied") || contains(message, "Read-only file system"))
        return mando_fail_at(error, MANDO_E_DB_DENIED, path, 0, 0,
                             "the system does not permit to open and write the database %.160s",
                             path);
    if (contains(message, "not a valid DuckDB") || contains(message, "orrupt")
        || contains(message, "checksum"))
        return mando_fail_at(error, MANDO_E_DB_CORRUPT, path, 0, 0,
                             "%.100s is no DuckDB database or is damaged: %.100s", path, message);
    return mando_fail_at(error, MANDO_E_DB_IO, path, 0, 0, "the database %.100s failed: %.120s",
                         path, message);
}

bool duck_is_fatal(duckdb_error_type type)
{
    return type == DUCKDB_ERROR_FATAL || type == DUCKDB_ERROR_INTERNAL;
}

enum mando_status duck_fail(const char *path, duckdb_error_type type, const char *message,
                            struct mando_error *error)
{
    char line[200];
    message = message ? message : "it does not say why";
    (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(message, "\n"), message);
    message = line; /* the next ones show the statement */
    switch ((int)type) {
    case DUCKDB_ERROR_INTERRUPT:
        return mando_fail(error, MANDO_E_CANCELLED, -1,
                          "the caller stopped the call of the database");
    case DUCKDB_ERROR_OUT_OF_MEMORY:
        return mando_store_no_memory(error, "the database");
    case DUCKDB_ERROR_CATALOG: /* every statement fits the schema that the file says it has */
    case DUCKDB_ERROR_BINDER:
    case DUCKDB_ERROR_CONVERSION:
    case DUCKDB_ERROR_MISMATCH_TYPE:
    case DUCKDB_ERROR_CONSTRAINT:
    case DUCKDB_ERROR_SERIALIZATION:
        return mando_fail_at(error, MANDO_E_DB_CORRUPT, path, 0, 0, "%.100s is damaged: %.120s",
                             path, message);
    default:
        return fail_io(path, message, error);
    }
}

/* FILE and an ending. */
static enum mando_status name_beside(const char *path, const char *ending, char name[PATH_MAX],
                                     struct mando_error *error)
{
    if (snprintf(name, PATH_MAX, "%s%s", path, ending) < PATH_MAX)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_DB_IO, path, 0, 0, "the path %.160s is too long", path);
}

/* Who wrote into FILE.lock that it has the file; 0 where that is unknown. */
static long read_process(int lock)
{
    char text[24] = "";
    return pread(lock, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static void write_process(int lock)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    /* It is told to people alone. */
    if (ftruncate(lock, 0) == 0 && pwrite(lock, text, (size_t)length, 0) != length)
        (void)ftruncate(lock, 0);
}

static enum mando_status fail_held(const char *path, int lock, struct mando_error *error)
{
    long process = read_process(lock);
    char who[32] = "";
    if (process > 0)
        (void)snprintf(who, sizeof who, " (%ld)", process);
    return mando_fail_at(error, MANDO_E_DB_BUSY, path, 0, 0,
                         "another process%s has %.90s open, and one at a time may: wait until it "
                         "ends, or ask it",
                         who, path);
}

static enum mando_status fail_open(const char *path, struct mando_error *error)
{
    if (errno == ENOENT || errno == ENOTDIR)
        return mando_fail_at(error, MANDO_E_DB_NOT_FOUND, path, 0, 0,
                             "there is no folder for the database %.160s", path);
    if (errno == EMFILE || errno == ENFILE)
        return mando_fail_at(error, MANDO_E_DB_IO, path, 0, 0,
                             "too many files are open to open the database %.140s", path);
    return mando_fail_at(error, MANDO_E_DB_DENIED, path, 0, 0,
                         "the system does not permit to open the database %.140s, or to write "
                         "beside it",
                         path);
}

/* A file that could be a database is not opened to see whether it is one while somebody has it: closing it
 * would lose the lock that DuckDB holds. Call it with the lock of FILE.lock. */
static enum mando_status check_magic(const char *path, struct mando_error *error)
{
    char head[12] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return errno == ENOENT ? MANDO_OK : fail_open(path, error);
    ssize_t count = pread(file, head, sizeof head, 0);
    (void)close(file);
    if (count == 0 || (count == sizeof head && memcmp(head + 8, "DUCK", 4) == 0))
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_DB_CORRUPT, path, 0, 0,
                         "%.160s is no DuckDB database or is damaged", path);
}

/* A process that was killed while DuckDB made the file leaves fewer than its first three blocks, which DuckDB refuses for
 * ever. Nothing was stored in it. Call it with the lock of FILE.lock. */
static bool is_unfinished(const char *path)
{
    char log[PATH_MAX];
    struct stat info;
    return lstat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size < FIRST_BYTES
           && !name_beside(path, ".wal", log, NULL) && access(log, F_OK) != 0;
}

static enum mando_status fail_not_there(const char *path, struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_DB_NOT_FOUND, path, 0, 0,
                         "there is no database %.100s; import, insert, copy, migrate and serve "
                         "make one",
                         path);
}

static enum mando_status remove_unfinished(const char *path, bool may_create,
                                           struct mando_error *error)
{
    if (!is_unfinished(path))
        return MANDO_OK;
    if (!may_create)
        return fail_not_there(path, error);
    return unlink(path) == 0 ? MANDO_OK : fail_open(path, error);
}

static enum mando_status check_is_no_folder(const char *path, struct mando_error *error)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_DB_DENIED, path, 0, 0,
                         "%.160s is a folder, not the file of a database", path);
}

/* Takes FILE.lock; *is_held_out where another has it. */
static enum mando_status take_file(const char *path, int *lock_out, bool *is_held_out,
                                   struct mando_error *error)
{
    char name[PATH_MAX];
    enum mando_status status = name_beside(path, ".lock", name, error);
    if (status)
        return status;
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0)
        return fail_open(path, error);
    if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
        write_process(lock);
        *lock_out = lock;
        return MANDO_OK;
    }
    *is_held_out = errno == EWOULDBLOCK;
    status = *is_held_out ? fail_held(path, lock, error) : fail_open(path, error);
    (void)close(lock);
    return status;
}

static bool register_columns(struct duck_owner *owner)
{
    duckdb_connection connection = NULL;
    if (owner->duck->connect(owner->db, &connection) != DuckDBSuccess)
        return false;
    bool is_done = duck_columns_register(owner->duck, connection, &owner->put);
    owner->duck->disconnect(&connection);
    return is_done;
}

static enum mando_status open_database(struct duck_owner *owner, struct mando_error *error)
{
    struct stat info;
    char folder[PATH_MAX], reason[256];
    enum mando_status status = name_beside(owner->path, ".tmp", folder, error);
    if (status)
        return status;
    const struct duck_settings settings = {.path = owner->path, .folder = folder};
    if (!duck_database_open(owner->duck, &settings, &owner->db, reason))
        return duck_fail(owner->path, DUCKDB_ERROR_IO, reason, error);
    if (!register_columns(owner))
        return mando_store_no_memory(error, "a database");
    if (stat(owner->path, &info) != 0)
        return mando_fail_at(error, MANDO_E_DB_IO, owner->path, 0, 0,
                             "the database %.160s has gone away", owner->path);
    owner->device = info.st_dev;
    owner->file = info.st_ino;
    return MANDO_OK;
}

static void free_owner(struct duck_owner *owner)
{
    if (owner->db)
        owner->duck->close(&owner->db);
    if (owner->lock >= 0)
        (void)close(owner->lock);
    mando_write_lock_release(&owner->write_lock);
    (void)pthread_mutex_destroy(&owner->committing);
    (void)pthread_mutex_destroy(&owner->mutex);
    mando_free(owner->path);
    mando_free(owner);
}

static struct duck_owner *new_owner(const struct duck_library *duck, const char *path)
{
    struct duck_owner *owner = mando_alloc(1, sizeof *owner);
    char *copy = mando_alloc(strlen(path) + 1, 1);
    if (!owner || !copy) {
        mando_free(owner);
        mando_free(copy);
        return NULL;
    }
    mando_write_lock_init(&owner->write_lock);
    (void)pthread_mutex_init(&owner->committing, NULL);
    (void)pthread_mutex_init(&owner->mutex, NULL);
    memcpy(copy, path, strlen(path) + 1);
    owner->path = copy;
    owner->process = getpid();
    owner->duck = duck;
    owner->lock = -1;
    owner->references = 1;
    return owner;
}

/* The owner that this process has of the file already. */
static struct duck_owner *find_owner(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return NULL;
    struct duck_owner *owner = owners;
    while (owner
           && (owner->device != info.st_dev || owner->file != info.st_ino
               || owner->process != getpid()))
        owner = owner->next;
    return owner;
}

static enum mando_status open_owner(const struct duck_library *duck, const char *path,
                                    bool may_create, struct duck_owner **owner_out,
                                    bool *is_held_out, struct mando_error *error)
{
    struct duck_owner *owner = new_owner(duck, path);
    if (!owner)
        return mando_store_no_memory(error, "the owner of a database");
    enum mando_status status = check_is_no_folder(path, error);
    if (!status)
        status = take_file(path, &owner->lock, is_held_out, error);
    if (!status)
        status = check_magic(path, error);
    if (!status)
        status = remove_unfinished(path, may_create, error);
    if (!status)
        status = open_database(owner, error);
    if (status) {
        free_owner(owner);
        return status;
    }
    owner->next = owners;
    owners = owner;
    *owner_out = owner;
    return MANDO_OK;
}

/* One attempt. */
static enum mando_status ref_or_open(const struct duck_library *duck, const char *path,
                                     bool may_create, struct duck_owner **owner_out,
                                     bool *is_held_out, struct mando_error *error)
{
    struct duck_owner *owner = find_owner(path);
    if (owner && duck_owner_is_broken(owner))
        return mando_fail_at(error, MANDO_E_DB_IO, path, 0, 0,
                             "the database %.120s failed and is opened anew when those who use it "
                             "have noticed",
                             path);
    if (owner) {
        owner->references++;
        *owner_out = owner;
        return MANDO_OK;
    }
    if (!may_create && access(path, F_OK) != 0 && errno == ENOENT)
        return fail_not_there(path, error);
    return open_owner(duck, path, may_create, owner_out, is_held_out, error);
}

enum mando_status duck_owner_ref(const struct duck_library *duck, const char *path,
                                 const struct mando_repository *repository,
                                 struct duck_owner **owner_out, struct mando_error *error)
{
    const struct timespec pause = {.tv_nsec = WAIT_SLICE_MS * 1000000L};
    int64_t end_ms = mando_clock_ms() + repository->wait_ms;
    for (;;) {
        bool is_held = false;
        (void)pthread_mutex_lock(&owners_mutex);
        enum mando_status status =
            ref_or_open(duck, path, repository->may_create, owner_out, &is_held, error);
        (void)pthread_mutex_unlock(&owners_mutex);
        if (!is_held || mando_clock_ms() >= end_ms)
            return status;
        (void)nanosleep(&pause, NULL);
    }
}

void duck_owner_unref(struct duck_owner *owner)
{
    (void)pthread_mutex_lock(&owners_mutex);
    if (--owner->references == 0) {
        struct duck_owner **place = &owners;
        while (*place != owner)
            place = &(*place)->next;
        *place = owner->next;
        free_owner(owner);
    }
    (void)pthread_mutex_unlock(&owners_mutex);
}

void duck_owner_break(struct duck_owner *owner)
{
    (void)pthread_mutex_lock(&owner->mutex);
    owner->is_broken = true;
    (void)pthread_mutex_unlock(&owner->mutex);
}

bool duck_owner_is_broken(struct duck_owner *owner)
{
    (void)pthread_mutex_lock(&owner->mutex);
    bool is_broken = owner->is_broken;
    (void)pthread_mutex_unlock(&owner->mutex);
    return is_broken;
}

/* Whether the log is long, and the disk has room for twice as much. */
static bool is_due(const char *log)
{
    struct stat info;
    struct statvfs disk;
    if (stat(log, &info) != 0 || info.st_size < LOG_BYTES || statvfs(log, &disk) != 0)
        return false;
    return (uint64_t)disk.f_bavail * disk.f_frsize > 2 * (uint64_t)info.st_size;
}

void duck_owner_checkpoint(struct duck_owner *owner, duckdb_connection connection)
{
    char log[PATH_MAX];
    duckdb_result result;
    if (name_beside(owner->path, ".wal", log, NULL) || !is_due(log))
        return;
    if (owner->duck->query(connection, "CHECKPOINT", &result) != DuckDBSuccess
        && duck_is_fatal(owner->duck->result_error_type(&result)))
        duck_owner_break(owner);
    owner->duck->destroy_result(&result);
}

bool duck_owner_has_file(const struct duck_owner *owner)
{
    struct stat info;
    return stat(owner->path, &info) == 0 && info.st_dev == owner->device
           && info.st_ino == owner->file;
}
