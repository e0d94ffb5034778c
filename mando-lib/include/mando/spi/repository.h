/* mando/spi/repository.h: what a place that stores data points offers, for authors of backends.
 *
 * A weaker promise than that of the other headers: a table of another `abi` is refused, never guessed.
 *
 * Two kinds of handle. A repository is shared by threads; it owns what is there once: a pool of
 * sessions, a cache, the lock on a file. A session is one connection: one thread at a time, at most
 * one transaction and at most one open stream, which must be released before the next call. The core
 * allocates both, zeroed, in the sizes that the table names; a backend's own structs begin with those
 * below.
 *
 * The rules of values are the same on every backend:
 * - Of one valid start, among the versions with knowledge and change within the two cuts, the one with
 *   the greatest (knowledge, change) counts. If it is marked deleted, there is no row.
 * - A row equal in value, end and mark to the newest version with the same start and knowledge is
 *   unchanged and not stored; one whose knowledge time was not given is compared with the version that
 *   counts. Rows are stored as if one after the other, ascending by (id, start, known).
 * - Two rows of one transaction with the same id, start and knowledge: equal ones count once, others are
 *   refused.
 * - The intervals that count of a data point are disjoint. One that ends where it starts, an instant,
 *   overlaps nothing.
 * - A deleted row has no value. -0 is stored as 0.
 * - Texts are UTF-8 without NUL; a backend may refuse others (MANDO_INVALID, text.utf8). */
#ifndef MANDO_SPI_REPOSITORY_H
#define MANDO_SPI_REPOSITORY_H

#include "mando/arrow.h"
#include "mando/point.h"
#include "mando/records.h"
#include "mando/write.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MANDO_REPOSITORY_ABI 2

struct mando_record_kind; /* describes a kind of records: run, ledger_entry, audit */
struct mando_config;      /* a version of a configuration (repo/store.h) */
struct mando_version;     /* a version of a value (repo/version.h) */
struct mando_record;      /* a record with its place (repo/record.h) */
struct mando_pool;
struct mando_repository_ops;

/* Filled by the core before `open` is called and left alone by a backend. */
struct mando_repository {
    const struct mando_repository_ops *ops;
    int64_t (*now_us)(void *clock); /* the only clock of what is stored; never NULL */
    void *clock;
    uint32_t wait_ms;        /* the longest wait for a lock of another writer */
    int may_create;          /* a database that is not there is made */
    int may_migrate;         /* an older schema is no error: `migrate` comes */
    struct mando_pool *pool; /* the core's */
    /* How a call waits for events of poll() on a socket, or with fd -1 only for a while; answers whether
     * they came in time. NULL = it blocks. */
    int (*wait)(void *context, int fd, short events, int timeout_ms);
    void *wait_context;
};

struct mando_session {
    struct mando_repository *repository;
};

/* Values with from_us <= start < to_us of `ids`, which are of one type and width. Whether an id is known
 * does not depend on the cuts. */
struct mando_scan {
    const char *const *ids;
    size_t id_count;
    int64_t from_us, to_us;
    struct mando_as_of as_of;
    int every_version; /* history: all versions within the cuts, those marked deleted too, with author */
};

/* A change, or a part of what was stored with its time. Texts are borrowed during the call. */
struct mando_change {
    int64_t change_us;
    const char *author, *reason;                /* NULL: a part */
    uint64_t versions, configurations, records; /* records of all kinds */
};

/* What a scan of changes calls; a status ends it. */
typedef enum mando_status mando_change_take(void *context, const struct mando_change *change);

/* Changes with after_us < change <= until_us, and what was stored with them. */
struct mando_change_range {
    int64_t after_us, until_us;
};

enum mando_part_kind {
    MANDO_PART_CHANGE = 1,
    MANDO_PART_CONFIGURATION = 2,
    MANDO_PART_VERSION = 4,
    MANDO_PART_RECORD = 8
};

#define MANDO_PARTS_ALL                                                                            \
    (MANDO_PART_CHANGE | MANDO_PART_CONFIGURATION | MANDO_PART_VERSION | MANDO_PART_RECORD)

/* A part of what a database holds, as it goes into another; all is borrowed during the call. Members of
 * another kind are NULL. */
struct mando_part {
    enum mando_part_kind kind;
    const struct mando_change *change;
    const struct mando_config *configuration;
    const char *id; /* the data point of the version */
    const struct mando_version *version;
    const struct mando_record_kind *record_kind;
    const struct mando_record *record;
};

/* What a scan of parts calls; a status ends it. */
typedef enum mando_status mando_part_take(void *context, const struct mando_part *part);

/* Twenty-one functions. Each but `cancel` is called by one thread at a time for a session. Outputs are
 * untouched on failure. Every function that may wait or fail may answer MANDO_IO (db.io),
 * MANDO_CORRUPT (db.corrupt), MANDO_CANCELLED (cancelled) and MANDO_NO_MEMORY; what else it answers
 * stands with it. */
struct mando_repository_ops {
    uint32_t abi;       /* MANDO_REPOSITORY_ABI */
    const char *scheme; /* "sqlite": what stands before the colon of its URLs */
    size_t repository_size, session_size;

    /* Takes the URL apart; may look at the place but stores nothing. After a failure close is not
     * called. MANDO_INVALID (db.url). */
    enum mando_status (*open)(struct mando_repository *repository, const char *url,
                              struct mando_error *error);
    /* Called when the last session is closed. */
    void (*close)(struct mando_repository *repository);

    /* Connects; makes a database where there is none and may_create is set. After a failure
     * session_close is not called. MANDO_NOT_FOUND (db.not_found), MANDO_DENIED (db.denied),
     * MANDO_BUSY (db.busy), MANDO_CONFLICT (db.old_schema, db.new_schema, db.edited_schema). */
    enum mando_status (*session_open)(struct mando_repository *repository,
                                      struct mando_session *session, struct mando_error *error);
    /* Rolls back a transaction that is open. */
    void (*session_close)(struct mando_session *session);

    /* Brings the schema to the newest version in one transaction; does nothing where it is new.
     * MANDO_BUSY (db.busy), MANDO_DENIED (db.denied), MANDO_CONFLICT (as session_open). */
    enum mando_status (*migrate)(struct mando_session *session, struct mando_error *error);

    /* The newest committed change, 0 where there is none: what a reader pins, and the key of caches.
     * Also how the pool asks whether a session still works. */
    enum mando_status (*version)(struct mando_session *session, int64_t *change_us_out,
                                 struct mando_error *error);

    /* Takes the write lock, waiting at most wait_ms. The transaction's change time is
     * max(newest + 1 us, now), hence strictly rising in commit order. `write` is copied.
     * MANDO_BUSY (db.busy), MANDO_DENIED (db.denied: read-only), MANDO_INVALID (values.knowledge). */
    enum mando_status (*begin)(struct mando_session *session, const struct mando_write *write,
                               struct mando_error *error);
    /* Checks that the counting intervals of each data point written to are disjoint, then stores all
     * or nothing; the transaction is over either way. *written_out holds what the transaction did.
     * MANDO_CONFLICT (db.aborted: a call of this transaction failed before),
     * MANDO_INVALID (values.overlap; error->index is the row, counted over all streams of the
     * transaction, the later one where it stored both). */
    enum mando_status (*commit)(struct mando_session *session, struct mando_written *written_out,
                                struct mando_error *error);
    /* In a transaction: what it has done so far, with the change_us that a commit would answer. */
    void (*written)(const struct mando_session *session, struct mando_written *written_out);
    /* Does nothing where there is no transaction. */
    void (*rollback)(struct mando_session *session);

    /* In a transaction: creates data points, or stores a new version of a configuration that differs
     * from the one that counts. MANDO_CONFLICT (point.type: type and width never change). */
    enum mando_status (*points_put)(struct mando_session *session, const struct mando_point *points,
                                    size_t count, struct mando_error *error);
    /* The configurations that count within the cuts, of the ids that match the pattern, ascending by
     * id: columns id, type, unit, resolution, time_zone, aggregation (utf8), width (int32), document
     * (utf8, null where there is none), known, changed. MANDO_INVALID (point.pattern). */
    enum mando_status (*points_find)(struct mando_session *session, const char *pattern,
                                     struct mando_as_of as_of, struct ArrowArrayStream *stream_out,
                                     struct mando_error *error);

    /* In a transaction: stores the rows of a value stream (mando/rows.h), which is read to its end
     * and left to the caller. Its column `point` counts in `ids`; rows come in any order. A row
     * without `end` has the one of the data point's resolution, without `known` that of the
     * transaction. error->index is the row in the stream.
     * MANDO_NOT_FOUND (point.unknown), MANDO_INVALID (values.type, values.knowledge: more than 5 s in
     * the future; values.duplicate: another value for the same id, start and knowledge time in this
     * transaction; values.end; what mando_rows_next answers). After a failure the transaction can
     * only be rolled back. */
    enum mando_status (*values_put)(struct mando_session *session, const char *const *ids,
                                    size_t id_count, struct ArrowArrayStream *stream,
                                    struct mando_error *error);
    /* A value stream of what counts within the cuts and is not deleted, or of every version, ascending
     * by (point, start, known, changed): what was committed when the call was made, and what this
     * session's transaction has stored by then. `scan` and all it points to are copied.
     * MANDO_NOT_FOUND (point.unknown), MANDO_INVALID (values.type: of several types or widths). */
    enum mando_status (*values_scan)(struct mando_session *session, const struct mando_scan *scan,
                                     struct ArrowArrayStream *stream_out,
                                     struct mando_error *error);

    /* In a transaction: appends records; the stream has the columns of their kind, in any order, those
     * that may be null are left out or not; it is read to its end and left to the caller.
     * error->index is the row in the stream.
     * MANDO_INVALID (records.column, records.value, arrow.*). */
    enum mando_status (*records_put)(struct mando_session *session,
                                     const struct mando_record_kind *kind,
                                     struct ArrowArrayStream *stream, struct mando_error *error);
    /* The records that pass all predicates, in the order of their storing: their columns, then
     * `changed` and `row`, their place in the transaction from 0 on. MANDO_INVALID (records.column). */
    enum mando_status (*records_scan)(struct mando_session *session,
                                      const struct mando_record_kind *kind,
                                      const struct mando_predicate *predicates, size_t count,
                                      struct ArrowArrayStream *stream_out,
                                      struct mando_error *error);

    /* Tells `take` what is committed, as it was when the call was made: each change, ascending, those
     * of a range alone where there is one; without one, then all that is stored, under the change time
     * that stands beside it, in parts and in any order. Whether there is a change of that time is for
     * the caller to see. */
    enum mando_status (*changes_scan)(struct mando_session *session,
                                      const struct mando_change_range *range,
                                      mando_change_take *take, void *context,
                                      struct mando_error *error);

    /* Tells `take` of each part in a range that is of one of `kinds`: changes, ascending; configurations
     * by id, those of one data point against (knowledge, change); versions by (id, start, knowledge,
     * change); records by kind, then (change, row). A range that ends at or before the newest change
     * has the same parts for ever, on every backend that a copy of them went to. */
    enum mando_status (*parts_scan)(struct mando_session *session,
                                    const struct mando_change_range *range, unsigned kinds,
                                    mando_part_take *take, void *context,
                                    struct mando_error *error);

    /* Begins a transaction that takes parts alone, by `restore`, with the change times that they have.
     * newest_us is the newest change that the caller has seen: MANDO_CONFLICT (copy.target) where there
     * is a newer one. Otherwise as `begin`; commit and rollback end it, and commit checks nothing. */
    enum mando_status (*restore_begin)(struct mando_session *session, int64_t newest_us,
                                       struct mando_error *error);
    /* The parts of a range in the order in which a scan tells them; the range follows all that is stored.
     * After a failure the transaction can only be rolled back. */
    enum mando_status (*restore)(struct mando_session *session, const struct mando_part *part,
                                 struct mando_error *error);

    /* From any thread: what the session is doing, or its next call, ends with MANDO_CANCELLED. */
    void (*cancel)(struct mando_session *session);
};

#ifdef __cplusplus
}
#endif

#endif
