/* repo/store.h: the core of backends that keep versions themselves: memory, SQLite, PostgreSQL.
 *
 * Such a backend stores versions and hands them out in order, nothing more (struct mando_store_ops).
 * All rules are here, once: change times, repeats, counts, which version counts, disjoint intervals.
 * The functions below fill places of struct mando_repository_ops. */
#ifndef MANDO_REPO_STORE_H
#define MANDO_REPO_STORE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/fail.h"
#include "base/vector.h"
#include "mando/spi/repository.h"
#include "repo/columns.h"
#include "repo/record.h"
#include "repo/runs.h"
#include "repo/seen.h"
#include "repo/version.h"

struct mando_store;

/* What never changes of a data point. */
struct mando_store_point {
    int64_t key; /* the backend's, above 0; 0 where there is no such data point */
    enum mando_point_type type;
    uint32_t width;
};

/* A version of a configuration; texts of a read one are borrowed until the next call. */
struct mando_config {
    struct mando_point point;
    int64_t key, knowledge_us, change_us;
};

/* A session has one cursor; a seek, a lookup of a data point and every put end it, only `author` does
 * not. Past its end a cursor stays there. Inside a transaction reads see what it has put. A text or bytes
 * that were read are valid until the next call; those of a matrix stand where doubles may. */
struct mando_store_ops {
    enum mando_status (*newest)(struct mando_store *store, int64_t *change_us_out,
                                struct mando_error *error);

    /* Takes the write lock; commit and rollback give it back. A commit that fails has rolled back. */
    enum mando_status (*lock)(struct mando_store *store, struct mando_error *error);
    enum mando_status (*commit)(struct mando_store *store, struct mando_error *error);
    void (*rollback)(struct mando_store *store);
    /* No cursor is read on: nothing must be held for one. */
    void (*cursors_end)(struct mando_store *store);

    /* Before anything with this time is put; times ascend, above those that are stored. A transaction has
     * one, but for one that restores. */
    enum mando_status (*change_put)(struct mando_store *store, int64_t change_us,
                                    const char *author, const char *reason,
                                    struct mando_error *error);
    enum mando_status (*author)(struct mando_store *store, int64_t change_us,
                                const char **author_out, struct mando_error *error);

    /* key 0 where there is none. */
    enum mando_status (*point_find)(struct mando_store *store, const char *id,
                                    struct mando_store_point *point_out, struct mando_error *error);
    enum mando_status (*point_put)(struct mando_store *store, const struct mando_point *point,
                                   int64_t *key_out, struct mando_error *error);

    /* Configurations of the data point `id`, or where that is NULL of those whose id begins with
     * `prefix`, ascending by id, those of one against (knowledge, change); key 0 is the end. */
    enum mando_status (*configs_seek)(struct mando_store *store, const char *id, const char *prefix,
                                      struct mando_error *error);
    enum mando_status (*configs_next)(struct mando_store *store, struct mando_config *config_out,
                                      struct mando_error *error);
    enum mando_status (*config_put)(struct mando_store *store, const struct mando_config *config,
                                    struct mando_error *error);

    /* Versions with from_us <= start < to_us, in their order or against it. */
    enum mando_status (*versions_seek)(struct mando_store *store,
                                       const struct mando_store_point *point, int64_t from_us,
                                       int64_t to_us, bool backwards, struct mando_error *error);
    /* Those of change times in a range, in their order, and perhaps others. NULL: versions_seek will do. */
    enum mando_status (*versions_changed_seek)(struct mando_store *store,
                                               const struct mando_store_point *point,
                                               const struct mando_change_range *range,
                                               struct mando_error *error);
    enum mando_status (*versions_next)(struct mando_store *store, struct mando_version *version_out,
                                       bool *is_there_out, struct mando_error *error);
    /* Those of one call ascend, and none is stored yet. */
    enum mando_status (*versions_put)(struct mando_store *store,
                                      const struct mando_store_point *point,
                                      const struct mando_version *versions, size_t count,
                                      struct mando_error *error);
    /* The same for columns of a series, beside which nothing is stored. NULL: versions_put does it. */
    enum mando_status (*columns_put)(struct mando_store *store,
                                     const struct mando_store_point *point,
                                     const struct mando_columns *columns,
                                     struct mando_error *error);

    enum mando_status (*record_put)(struct mando_store *store, const struct mando_record_kind *kind,
                                    const struct mando_record *record, struct mando_error *error);
    /* All that pass the predicates, which outlive the cursor, and perhaps others; they ascend. */
    enum mando_status (*records_seek)(struct mando_store *store,
                                      const struct mando_record_kind *kind,
                                      const struct mando_predicate *predicates, size_t count,
                                      struct mando_error *error);
    enum mando_status (*records_next)(struct mando_store *store, struct mando_record *record_out,
                                      bool *is_there_out, struct mando_error *error);
};

/* Versions on their way from another database. */
struct mando_store_restoring {
    bool is_on; /* the transaction takes parts alone */
    char id[MANDO_POINT_ID_SIZE];
    struct mando_store_point point; /* of the versions */
    struct mando_vector versions;   /* of struct mando_version */
    struct mando_arena bytes;       /* that they point to */
    size_t size;                    /* of these */
};

struct mando_store_transaction {
    bool is_open, has_failed, has_stored;
    bool is_known; /* knowledge_us was given for all rows that have none */
    int64_t now_us, newest_us, change_us, knowledge_us;
    const char *author, *reason; /* in the arena */
    struct mando_written written;
    struct mando_vector touched; /* of struct mando_touched */
    struct mando_runs runs;      /* which rows stored intervals */
    int64_t row_count;           /* of its streams so far */
    struct mando_seen seen;
    struct mando_arena arena;
    struct mando_store_restoring restoring;
};

/* Where intervals of a data point may have come to overlap. */
struct mando_touched {
    struct mando_store_point point;
    const char *id; /* in the arena */
    int64_t from_us, to_us;
    bool is_led; /* what starts before is known to end before */
};

struct mando_store {
    struct mando_session session;
    const struct mando_store_ops *ops;
    struct mando_store_transaction transaction;
    bool is_streaming; /* a stream is open */
    atomic_bool is_cancelled;
};

/* For session_open, and for session_close after what uses the store has ended. */
void mando_store_init(struct mando_store *store, const struct mando_store_ops *ops);
void mando_store_release(struct mando_store *store);

enum mando_status mando_store_version(struct mando_session *session, int64_t *change_us_out,
                                      struct mando_error *error);
enum mando_status mando_store_begin(struct mando_session *session, const struct mando_write *write,
                                    struct mando_error *error);
enum mando_status mando_store_commit(struct mando_session *session,
                                     struct mando_written *written_out, struct mando_error *error);
void mando_store_written(const struct mando_session *session, struct mando_written *written_out);
void mando_store_rollback(struct mando_session *session);
enum mando_status mando_store_points_put(struct mando_session *session,
                                         const struct mando_point *points, size_t count,
                                         struct mando_error *error);
enum mando_status mando_store_points_find(struct mando_session *session, const char *pattern,
                                          struct mando_as_of as_of,
                                          struct ArrowArrayStream *stream_out,
                                          struct mando_error *error);
enum mando_status mando_store_values_put(struct mando_session *session, const char *const *ids,
                                         size_t id_count, struct ArrowArrayStream *stream,
                                         struct mando_error *error);
enum mando_status mando_store_values_scan(struct mando_session *session,
                                          const struct mando_scan *scan,
                                          struct ArrowArrayStream *stream_out,
                                          struct mando_error *error);
enum mando_status mando_store_records_put(struct mando_session *session,
                                          const struct mando_record_kind *kind,
                                          struct ArrowArrayStream *stream,
                                          struct mando_error *error);
enum mando_status mando_store_records_scan(struct mando_session *session,
                                           const struct mando_record_kind *kind,
                                           const struct mando_predicate *predicates, size_t count,
                                           struct ArrowArrayStream *stream_out,
                                           struct mando_error *error);
enum mando_status mando_store_parts_scan(struct mando_session *session,
                                         const struct mando_change_range *range, unsigned kinds,
                                         mando_part_take *take, void *context,
                                         struct mando_error *error);
enum mando_status mando_store_restore_begin(struct mando_session *session, int64_t newest_us,
                                            struct mando_error *error);
enum mando_status mando_store_restore(struct mando_session *session, const struct mando_part *part,
                                      struct mando_error *error);
void mando_store_cancel(struct mando_session *session);

/* The places that a backend leaves to the core, in its table. */
#define MANDO_STORE_OPS                                                                            \
    .abi = MANDO_REPOSITORY_ABI, .begin = mando_store_begin, .commit = mando_store_commit,         \
    .written = mando_store_written, .rollback = mando_store_rollback,                              \
    .points_put = mando_store_points_put, .points_find = mando_store_points_find,                  \
    .values_put = mando_store_values_put, .values_scan = mando_store_values_scan,                  \
    .records_put = mando_store_records_put, .records_scan = mando_store_records_scan,              \
    .parts_scan = mando_store_parts_scan, .restore_begin = mando_store_restore_begin,              \
    .restore = mando_store_restore

/* The rest is for the files of the core. */

static inline struct mando_store *mando_store_of(struct mando_session *session)
{
    return (struct mando_store *)session;
}

/* MANDO_CANCELLED where the session was told to stop, which is then forgotten. */
enum mando_status mando_store_check(struct mando_store *store, struct mando_error *error);

/* Takes the write lock: a transaction is open. */
enum mando_status mando_store_lock(struct mando_store *store, struct mando_error *error);

/* Puts the versions that a restore still holds. */
enum mando_status mando_store_restore_flush(struct mando_store *store, struct mando_error *error);
void mando_store_restoring_release(struct mando_store_restoring *restoring);

/* Begins a call that writes: refuses where no transaction is open or a call of it failed. */
enum mando_status mando_store_writing(struct mando_store *store, struct mando_error *error);

/* Marks the transaction where a call of it failed; returns the status. */
enum mando_status mando_store_wrote(struct mando_store *store, enum mando_status status);

/* The newest change that a read may see: a cut there is a snapshot, for later ones are newer. */
enum mando_status mando_store_newest(struct mando_store *store, int64_t *change_us_out,
                                     struct mando_error *error);

/* Before the first thing is put: stores the change. */
enum mando_status mando_store_touch(struct mando_store *store, struct mando_error *error);

/* A copy of a text in the arena of the transaction; NULL is "". NULL without memory. */
const char *mando_store_copy(struct mando_store *store, const char *text);

/* MANDO_INVALID (values.knowledge) for a knowledge time in the future. */
enum mando_status mando_store_check_knowledge(const struct mando_store *store, int64_t knowledge_us,
                                              int64_t index, struct mando_error *error);

enum mando_status mando_store_no_memory(struct mando_error *error, const char *what);

/* Finds a data point that must be there. MANDO_NOT_FOUND (point.unknown). */
enum mando_status mando_store_find(struct mando_store *store, const char *id,
                                   struct mando_store_point *point_out, struct mando_error *error);

/* The configuration that counts within the cuts; key 0 where there is none. The document is borrowed
 * until configurations are looked up again. */
enum mando_status mando_store_config(struct mando_store *store, const char *id,
                                     struct mando_as_of as_of, struct mando_config *config_out,
                                     struct mando_error *error);

/* Notes that intervals of a data point that begin in [from_us, to_us) may overlap others; is_led: only
 * later ones. */
enum mando_status mando_store_touch_interval(struct mando_store *store,
                                             const struct mando_store_point *point, const char *id,
                                             int64_t from_us, int64_t to_us, bool is_led,
                                             struct mando_error *error);

/* MANDO_INVALID (values.overlap) where intervals that count overlap in what was touched; error->index is
 * the row, the later one where the transaction stored both. */
enum mando_status mando_store_check_overlap(struct mando_store *store, struct mando_error *error);

#endif
