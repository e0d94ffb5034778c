/* repo/sqlite/sqlite.h: what the files of the backend `sqlite:FILE` share.
 *
 * WAL, so that readers and one writer work on a file at once; every commit is synced. A session is one
 * connection. Statements are prepared once and kept. */
#ifndef MANDO_REPO_SQLITE_SQLITE_H
#define MANDO_REPO_SQLITE_SQLITE_H

#include <sqlite3.h>
#include <sys/types.h>

#include "base/text.h"
#include "repo/store.h"

struct sqlite_repository {
    struct mando_repository repository;
    char *path;
};

enum sqlite_statement {
    STATEMENT_NEWEST,
    STATEMENT_LOCK,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_CHANGE_PUT,
    STATEMENT_AUTHOR,
    STATEMENT_POINT_FIND,
    STATEMENT_POINT_PUT,
    STATEMENT_CONFIG,
    STATEMENT_CONFIGS,
    STATEMENT_CONFIG_PUT,
    STATEMENT_VERSIONS,
    STATEMENT_VERSIONS_CHANGED,
    STATEMENT_VERSIONS_BACKWARDS,
    STATEMENT_VERSION_PUT,
    STATEMENTS
};

struct sqlite_session {
    struct mando_store store;
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    sqlite3_stmt *configs, *versions;   /* the open cursors; NULL = none */
    struct mando_store_point point;     /* of the versions */
    sqlite3_stmt *record_put, *records; /* of those kinds; NULL = none */
    const struct mando_record_kind *record_kind, *records_kind;
    struct mando_text author; /* of that change, where there is one */
    int64_t author_change_us;
    bool has_author;
    double *aligned; /* a copy of a matrix whose blob is not */
    size_t aligned_size;
    int64_t wait_end_ms; /* of the lock that is waited for, by the monotonic clock */
    dev_t device;        /* the file that was opened */
    ino_t file;
};

extern const struct mando_store_ops sqlite_store_ops;

const char *sqlite_path(const struct sqlite_session *session);

/* Fills error with what the connection's last call met: db.busy, db.denied, db.full, db.corrupt,
 * db.io, cancelled, memory. */
enum mando_status sqlite_fail(struct sqlite_session *session, struct mando_error *error);

/* db.corrupt: what stands in the file is not what was stored, although SQLite could read it. */
enum mando_status sqlite_fail_damaged(const struct sqlite_session *session, const char *what,
                                      struct mando_error *error);

/* Sleeps while another holds a lock, a little at first; `calls` counts from 0. 0 where wait_ms are over
 * or the session was cancelled. SQLite's busy handler; the context is the session. */
int sqlite_wait(void *context, int calls);

/* Runs a kept statement without results, and one that is written out (no values in it). */
enum mando_status sqlite_run(struct sqlite_session *session, enum sqlite_statement name,
                             struct mando_error *error);
enum mando_status sqlite_execute(struct sqlite_session *session, const char *sql,
                                 struct mando_error *error);

enum mando_status sqlite_record_put(struct mando_store *store, const struct mando_record_kind *kind,
                                    const struct mando_record *record, struct mando_error *error);
enum mando_status sqlite_records_seek(struct mando_store *store,
                                      const struct mando_record_kind *kind,
                                      const struct mando_predicate *predicates, size_t count,
                                      struct mando_error *error);
enum mando_status sqlite_records_next(struct mando_store *store, struct mando_record *record_out,
                                      bool *is_there_out, struct mando_error *error);
void sqlite_records_end(struct sqlite_session *session);

enum mando_status sqlite_changes_scan(struct mando_session *session,
                                      const struct mando_change_range *range,
                                      mando_change_take *take, void *context,
                                      struct mando_error *error);

void sqlite_store_rollback(struct mando_store *store);

/* Whether the schema of the file is this program's; makes that of an empty file where the repository
 * may create. An older one passes where it may migrate.
 * MANDO_CONFLICT (db.old_schema, db.new_schema, db.edited_schema, db.foreign). */
enum mando_status sqlite_schema_check(struct sqlite_session *session, struct mando_error *error);
enum mando_status sqlite_schema_migrate(struct sqlite_session *session, struct mando_error *error);

#endif
