/* mando/service.h: the one door to data: catalog, values at any resolution and their history, writes
 * that stand or fall together, and the audit of every write.
 *
 * A service may be used by any number of threads. Each call takes a session from a bounded pool and
 * waits for one no longer than wait_ms (MANDO_BUSY, db.sessions); a stream that was given out and a
 * transaction hold theirs until they are released, and belong to one thread at a time. Outputs are untouched
 * on failure. Each transaction that stores something appends its record to the audit: who, when, what
 * and why. Every function may also answer what a database can: MANDO_IO (db.io, db.full),
 * MANDO_CORRUPT (db.corrupt), MANDO_BUSY (db.busy), MANDO_NO_MEMORY. */
#ifndef MANDO_SERVICE_H
#define MANDO_SERVICE_H

#include "mando/arrow.h"
#include "mando/catalog.h"
#include "mando/records.h"
#include "mando/write.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mando_service;
struct mando_transaction;

/* Zeroed is the default. Strings are borrowed until the call returns. */
struct mando_service_options {
    const char *author;             /* of writes that name none; NULL is "" */
    int64_t (*now_us)(void *clock); /* NULL = the machine's clock; called by any thread */
    void *clock;
    uint32_t sessions_max, wait_ms; /* 0 = 8 sessions, 5 s */
    int may_create;                 /* a database that is not there is made, else it is an error */
    const char *zone_folder;        /* TZif files; NULL = the system's */
    /* How a call waits for events of poll() on a socket of the database's server, or with fd -1 only for a
     * while, also for a session; answers whether they came in time. NULL = it blocks. An event loop stops the task here that it
     * is stepping (mando/task.h); called by any thread. */
    int (*wait)(void *context, int fd, short events, int timeout_ms);
    void *wait_context;
};

/* What to read. Start from MANDO_QUERY_DEFAULT: everything that is known now. Borrowed during the
 * call. */
struct mando_query {
    const char *const *patterns; /* ids and patterns, in the order of the answer */
    size_t pattern_count;
    int64_t from_us, to_us; /* from_us <= start < to_us */
    struct mando_as_of as_of;
    const char *resolution; /* ISO 8601; NULL = as stored */
    int partial; /* with a resolution: a result although some of its sources are missing */
};

/* clang-format off */
#define MANDO_QUERY_DEFAULT {NULL, 0, INT64_MIN, MANDO_FOREVER, {MANDO_FOREVER, MANDO_FOREVER}, NULL, 0}
/* clang-format on */

/* Opens the database of a URL: "sqlite:FILE", "duckdb:FILE", "postgres://..." or "memory:", which is empty
 * and gone when it is closed.
 * *service_out is the caller's, mando_service_free.
 * MANDO_INVALID (db.url), MANDO_UNSUPPORTED (db.scheme), MANDO_NOT_FOUND (db.not_found), MANDO_DENIED
 * (db.denied), MANDO_CONFLICT (db.old_schema, which names `mando migrate`; db.new_schema,
 * db.edited_schema, db.foreign). */
MANDO_API enum mando_status mando_service_open(const char *url,
                                               const struct mando_service_options *options,
                                               struct mando_service **service_out,
                                               struct mando_error *error);

/* Streams and transactions must have been released. NULL is fine. */
MANDO_API void mando_service_free(struct mando_service *service);

/* Brings the schema of a database to the newest version, in one transaction; makes one that is not
 * there; does nothing where it is new. Statuses of mando_service_open. */
MANDO_API enum mando_status mando_service_migrate(const char *url,
                                                  const struct mando_service_options *options,
                                                  struct mando_error *error);

/* Writes a copy of the whole database, as it is now, into a new file, while others read and write.
 * MANDO_UNSUPPORTED (db.scheme: it is no file), MANDO_IO (io.write: the file is there already, or
 * cannot be made). */
MANDO_API enum mando_status mando_service_backup(struct mando_service *service, const char *path,
                                                 struct mando_error *error);

/* Zeroed is the default. */
struct mando_copy_options {
    uint64_t parts_max; /* of a transaction, about: changes and what they stored; 0 = what suits */
    /* Called now and then with the work that is done, of all; a result other than 0 cancels. */
    int (*progress)(void *context, uint64_t done, uint64_t all);
    void *progress_context;
};

/* What a copy holds, both sides alike. The hash is one over all of it, the same in every kind of
 * database. */
struct mando_copied {
    uint64_t stored; /* changes that were stored by this call; 0: all were there */
    uint64_t points, configurations, versions, changes, records;
    int64_t change_us; /* the newest, 0 where there is none */
    char hash[65];     /* 64 hexadecimal digits and a NUL */
};

/* Copies everything of one database into another: each version of every value and configuration and all
 * records, with the times, authors and reasons that they have, so that the audit of the copy is the
 * same chain. What is written to `from` meanwhile is not copied. `to` is empty, or holds the first
 * changes of `from`, as a copy leaves it that was stopped or killed, or one that was made earlier: then
 * what is missing follows. Each transaction leaves a whole database, as `from` was at a change. At the end
 * both are read and compared: counts and hashes of every data point, and of all records.
 * MANDO_CONFLICT (copy.target: `to` holds something else, or another writes to it), MANDO_CORRUPT
 * (copy.differs: error->where is the data point), MANDO_CANCELLED, MANDO_DENIED (db.denied), MANDO_INVALID
 * (text.utf8, records.value: the backend of `to` cannot store what `from` holds). */
MANDO_API enum mando_status mando_service_copy(struct mando_service *from, struct mando_service *to,
                                               const struct mando_copy_options *options,
                                               struct mando_copied *copied_out,
                                               struct mando_error *error);

/* The schema that databases have, the number of its newest migration, which is the same for every kind of
 * them; 0 in a build that only has memory. */
MANDO_API int mando_service_schema(void);

struct mando_service_health {
    int may_write; /* a transaction can begin now */
    int has_wal;   /* of a file: readers and a writer can work on it at once */
};

/* Reads the whole database and checks that nothing in it is damaged; stores nothing. health_out->may_write
 * is 0 where the file may only be read or another holds its write lock. MANDO_CORRUPT (db.corrupt). */
MANDO_API enum mando_status mando_service_check(struct mando_service *service,
                                                struct mando_service_health *health_out,
                                                struct mando_error *error);

/* The newest committed change, 0 where there is none: what a reader pins in as_of.change_us to get the
 * same answer later. */
MANDO_API enum mando_status mando_service_version(struct mando_service *service,
                                                  int64_t *change_us_out,
                                                  struct mando_error *error);

/* The data points that a query names: its patterns in their order, the ids that fit one of them
 * ascending, none twice. Configurations are the newest ones stored within as_of.change_us; of the query
 * only patterns and that cut are looked at. Fills *catalog_out, mando_catalog_release.
 * MANDO_INVALID (point.pattern), MANDO_NOT_FOUND (point.unknown: an id; a pattern that nothing fits is
 * no error). */
MANDO_API enum mando_status mando_service_catalog(struct mando_service *service,
                                                  const struct mando_query *query,
                                                  struct mando_catalog *catalog_out,
                                                  struct mando_error *error);

/* The values that count: a value stream (mando/rows.h) ascending by (point, start), which the caller
 * releases. Its column `point` counts in *catalog_out, which is filled as by mando_service_catalog;
 * catalog_out may be NULL. All data points have one type and width. The stream shows what was
 * committed when the call was made.
 *
 * With a resolution (PT.. of at most a year, P1D, P1W, or months that divide a year): rows are its
 * periods with from_us <= start < to_us that hold a value. PT.. is cut at multiples of it since
 * 1970-01-01T00:00:00Z, what is longer at midnight of the data point's zone, weeks on Monday. A longer
 * period has the aggregate of the intervals in it, by the rule of the data point, a mean weighted by
 * length; it is null where not all of it has a value, unless `partial`. In a period without any
 * interval instants weigh the same, elsewhere they do not count. A shorter period has the value of the
 * interval around it, an equal part of it for a sum. known and changed are the latest of the sources'.
 *
 * MANDO_INVALID (point.pattern; values.type: several types or widths; duration.format;
 * values.resolution: it is none, a document has none, or an interval does not fit whole; time.order:
 * from_us > to_us), MANDO_NOT_FOUND (point.unknown, zone.unknown). The stream may fail with
 * values.resolution and values.overlap (intervals overlap under the cuts) where it comes to them. */
MANDO_API enum mando_status mando_service_retrieve(struct mando_service *service,
                                                   const struct mando_query *query,
                                                   struct mando_catalog *catalog_out,
                                                   struct ArrowArrayStream *stream_out,
                                                   struct mando_error *error);

/* Every version within the cuts, those marked deleted too, with its author, ascending by (point, start,
 * known, changed). Otherwise as mando_service_retrieve. MANDO_INVALID (values.resolution) where the
 * query has a resolution. */
MANDO_API enum mando_status mando_service_history(struct mando_service *service,
                                                  const struct mando_query *query,
                                                  struct mando_catalog *catalog_out,
                                                  struct ArrowArrayStream *stream_out,
                                                  struct mando_error *error);

/* The records of a kind ("run", "ledger_entry", "audit") that pass all predicates, in the order of their
 * storing, as mando/records.h says. The stream shows what was committed when the call was made; the caller
 * releases it. MANDO_NOT_FOUND (records.kind), MANDO_INVALID (records.column). */
MANDO_API enum mando_status mando_service_records(struct mando_service *service, const char *kind,
                                                  const struct mando_predicate *predicates,
                                                  size_t count, struct ArrowArrayStream *stream_out,
                                                  struct mando_error *error);

/* Creates data points, or stores a new version of each configuration that differs from the one that
 * counts; all or nothing. written_out may be NULL, here and below.
 * MANDO_INVALID (point.id; json.*, field.*: the configuration; values.knowledge), MANDO_NOT_FOUND
 * (zone.unknown), MANDO_CONFLICT (point.type: type and number of labels never change), MANDO_DENIED
 * (db.denied); error->where is the id, or the place in its configuration. */
MANDO_API enum mando_status mando_service_configure(struct mando_service *service,
                                                    const struct mando_point *points, size_t count,
                                                    const struct mando_write *write,
                                                    struct mando_written *written_out,
                                                    struct mando_error *error);

/* Stores the rows of a value stream (mando/rows.h) for one data point, in one transaction; the stream
 * is read to its end and stays the caller's. A row without `end` has the one of the data point's
 * resolution, without `known` that of `write`, which may be NULL. Repeats are not stored. Documents
 * are JSON and fit the JSON schema of the configuration.
 * MANDO_NOT_FOUND (point.unknown), MANDO_INVALID (values.*; what mando_rows_next answers; json.*,
 * document.schema: error->where is the JSON pointer), MANDO_LIMIT (json.*), MANDO_DENIED (db.denied);
 * error->index is the row in the stream. */
MANDO_API enum mando_status mando_service_insert(struct mando_service *service, const char *id,
                                                 struct ArrowArrayStream *stream,
                                                 const struct mando_write *write,
                                                 struct mando_written *written_out,
                                                 struct mando_error *error);

/* A transaction: values, configurations and records that stand or fall together. It holds the write lock of
 * the database from here on. `write` may be NULL and is copied. *transaction_out is the caller's,
 * mando_transaction_free. MANDO_INVALID (values.knowledge), MANDO_DENIED (db.denied). */
MANDO_API enum mando_status mando_transaction_begin(struct mando_service *service,
                                                    const struct mando_write *write,
                                                    struct mando_transaction **transaction_out,
                                                    struct mando_error *error);

/* After a failure of one of these three a transaction can only be freed (MANDO_CONFLICT, db.aborted). */
/* As mando_service_configure. */
MANDO_API enum mando_status mando_transaction_configure(struct mando_transaction *transaction,
                                                        const struct mando_point *points,
                                                        size_t count, struct mando_error *error);

/* As mando_service_insert; the column `point` of the stream counts in ids. */
MANDO_API enum mando_status mando_transaction_values(struct mando_transaction *transaction,
                                                     const char *const *ids, size_t id_count,
                                                     struct ArrowArrayStream *stream,
                                                     struct mando_error *error);

/* Appends records of a kind: "run" or "ledger_entry"; the stream has their columns, and stays the
 * caller's. MANDO_NOT_FOUND (records.kind: no kind, or one that only the service writes),
 * MANDO_INVALID (records.column, records.value, arrow.*). */
MANDO_API enum mando_status mando_transaction_records(struct mando_transaction *transaction,
                                                      const char *kind,
                                                      struct ArrowArrayStream *stream,
                                                      struct mando_error *error);

/* Stores all or nothing; the transaction is over either way, and must still be freed.
 * MANDO_INVALID (values.overlap; error->index is the row, counted over all streams of the transaction),
 * MANDO_CONFLICT (db.aborted). */
MANDO_API enum mando_status mando_transaction_commit(struct mando_transaction *transaction,
                                                     struct mando_written *written_out,
                                                     struct mando_error *error);

/* Rolls back what is not committed. NULL is fine. */
MANDO_API void mando_transaction_free(struct mando_transaction *transaction);

#define MANDO_AUDIT_HASH_SIZE 65 /* 64 hexadecimal digits and a NUL */

struct mando_audit {
    uint64_t records;
    char head[MANDO_AUDIT_HASH_SIZE]; /* the hash of the last one; "" where there is none */
};

/* Reads the audit, a chain in which the record of each write holds the hash of the one before, and
 * checks every record, also against what is stored: its change is there, with its author and reason
 * and as many values, configurations and records as it counts, and nothing is there without one.
 * `head`, which may be NULL, is the hash of a record that was there once and must be there still: without
 * it writes that were taken away whole, records and all, leave no trace where they were the last.
 * Reads all data points once.
 * MANDO_CORRUPT (audit.chain: the message names the first record that was changed, is missing or does
 * not fit, or the change that has none; error->index is the number that the record has or would have),
 * MANDO_INVALID (audit.head: it is no hash). */
MANDO_API enum mando_status mando_service_audit_verify(struct mando_service *service,
                                                       const char *head,
                                                       struct mando_audit *audit_out,
                                                       struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
