/* repo/duckdb/owner.h: the one owner that a database file has in a process.
 *
 * DuckDB lets one process work on a file, and loses its lock on the file when the process opens and closes
 * it a second time. So all sessions of a process share one owner, found by the file, and an owner holds a lock
 * of its own on FILE.lock. Being the only writer, it knows the newest change and the next key. */
#ifndef MANDO_REPO_DUCKDB_OWNER_H
#define MANDO_REPO_DUCKDB_OWNER_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

#include "codec/duckdb/library.h"
#include "repo/write_lock.h"

/* Columns that are being stored: what the table function mando_columns() gives. */
struct duck_put {
    const struct mando_columns *columns;
    int64_t key; /* of their data point */
    size_t row;  /* the next one to be given */
};

struct duck_owner {
    struct duck_owner *next; /* of the process */
    pid_t process;           /* which it is: one that was forked has no use of it */
    size_t references;       /* under the lock of all owners, as `next` */
    const struct duck_library *duck;
    duckdb_database db;
    char *path; /* as it was first given */
    dev_t device;
    ino_t file;
    int lock;            /* a descriptor of FILE.lock */
    struct duck_put put; /* under the write lock */

    struct mando_write_lock write_lock;
    pthread_mutex_t committing; /* held from a commit until newest_us tells of it */
    pthread_mutex_t mutex;      /* of all below */
    bool is_broken;             /* DuckDB has given up on it: it must be closed and opened anew */
    bool is_loaded;             /* what follows was read */
    int64_t newest_us, key_last;
};

/* The owner of a file, which is opened, or made where it is not there and may_create is set; waits up to
 * wait_ms for another process to let go of it.
 * MANDO_BUSY (db.busy), MANDO_NOT_FOUND (db.not_found), MANDO_DENIED (db.denied), MANDO_CORRUPT,
 * MANDO_IO. */
enum mando_status duck_owner_ref(const struct duck_library *duck, const char *path,
                                 const struct mando_repository *repository,
                                 struct duck_owner **owner_out, struct mando_error *error);
/* The last one writes what is in the log into the file, and closes it. */
void duck_owner_unref(struct duck_owner *owner);

/* Notes that DuckDB has given up. The owner goes with its last session, and the next one opens the file
 * anew. */
void duck_owner_break(struct duck_owner *owner);
bool duck_owner_is_broken(struct duck_owner *owner);

/* After a commit, under the write lock: writes a long log into the file, where there is room for it. DuckDB
 * would do so inside a commit, which a full disk would then leave in doubt. */
void duck_owner_checkpoint(struct duck_owner *owner, duckdb_connection connection);

/* Makes the table function of `put`, once for a database. */
bool duck_columns_register(const struct duck_library *duck, duckdb_connection connection,
                           struct duck_put *put);

/* Whether the owner's file is still what its path names. */
bool duck_owner_has_file(const struct duck_owner *owner);

/* After which nothing can be asked of a database any more. */
bool duck_is_fatal(duckdb_error_type type);

/* Fills error with what DuckDB says about a file. */
enum mando_status duck_fail(const char *path, duckdb_error_type type, const char *message,
                            struct mando_error *error);

#endif
