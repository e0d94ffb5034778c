/* repo/postgres/postgres.h: what the files of the backend `postgres://` share.
 *
 * A session is one connection. Statements are prepared once and sent in libpq's pipeline: those that only
 * store something are queued and answered with the next one that reads, so that a small transaction takes
 * few round trips. Rows of a batch go by COPY. Everything is in binary form. README.md beside it tells more. */
#ifndef MANDO_REPO_POSTGRES_POSTGRES_H
#define MANDO_REPO_POSTGRES_POSTGRES_H

#include <libpq-fe.h>
#include <pthread.h>

#include "base/text.h"
#include "repo/store.h"

#define POSTGRES_NAME_SIZE 64 /* of a schema, as the server limits it */
#define POSTGRES_PARAMETERS_MAX (MANDO_RECORD_COLUMNS_MAX + 2)

/* Months with a partition of their own: from 2000 to 2099. */
#define POSTGRES_MONTHS 1200

/* So many rows of a month go straight into its partition. */
#define POSTGRES_MONTH_ROWS_MIN 256

struct postgres_url {
    PQconninfoOption *options;       /* as libpq takes the URL apart */
    char schema[POSTGRES_NAME_SIZE]; /* of this tenant */
    uint32_t statement_ms;           /* the longest that a statement may take; 0 = for ever */
    char name[128];                  /* what errors call the database: no user, no password */
};

/* MANDO_INVALID (db.url), whose message holds no secret; MANDO_NO_MEMORY. */
enum mando_status postgres_url_read(const char *text, struct postgres_url *url_out,
                                    struct mando_error *error);
void postgres_url_release(struct postgres_url *url);

/* What libpq was told; "" where it was told nothing. */
const char *postgres_option(const PQconninfoOption *options, const char *keyword);

struct postgres_repository {
    struct mando_repository repository;
    struct postgres_url url;
    char quoted_schema[2 * POSTGRES_NAME_SIZE + 3];
    atomic_bool was_reached; /* its server has answered: where it does not now, it may come back */
};

/* At most so many kinds of records. */
#define POSTGRES_KINDS_MAX 16

enum postgres_statement {
    STATEMENT_BEGIN,
    STATEMENT_LOCK,
    STATEMENT_NEWEST,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_CHANGE_PUT,
    STATEMENT_AUTHORS,
    STATEMENT_POINT_FIND,
    STATEMENT_POINT_PUT,
    STATEMENT_CONFIG,
    STATEMENT_CONFIGS,
    STATEMENT_CONFIG_PUT,
    STATEMENT_MONTHS,
    STATEMENT_VERSIONS, /* of a series; then of a matrix, of a document */
    STATEMENT_VERSIONS_BACKWARDS = STATEMENT_VERSIONS + 3,
    STATEMENT_VERSIONS_CHANGED = STATEMENT_VERSIONS_BACKWARDS + 3,
    STATEMENT_VERSION_PUT = STATEMENT_VERSIONS_CHANGED + 3,
    STATEMENT_RECORD_PUT = STATEMENT_VERSION_PUT + 3, /* of the first kind; then of each other */
    STATEMENTS = STATEMENT_RECORD_PUT + POSTGRES_KINDS_MAX
};

/* The parameters of a statement; those that are added point to what the caller holds, numbers apart. */
struct postgres_parameters {
    int count;
    const char *values[POSTGRES_PARAMETERS_MAX];
    int lengths[POSTGRES_PARAMETERS_MAX], formats[POSTGRES_PARAMETERS_MAX];
    char numbers[POSTGRES_PARAMETERS_MAX][8];
};

void postgres_add_int(struct postgres_parameters *parameters, int64_t value);
void postgres_add_int4(struct postgres_parameters *parameters, int32_t value);
void postgres_add_bool(struct postgres_parameters *parameters, bool value);
void postgres_add_number(struct postgres_parameters *parameters, double value);
void postgres_add_time(struct postgres_parameters *parameters, int64_t time_us);
void postgres_add_text(struct postgres_parameters *parameters, const char *text); /* NULL is null */
void postgres_add_bytes(struct postgres_parameters *parameters, const char *bytes, size_t length);
void postgres_add_null(struct postgres_parameters *parameters);

/* The walk over the versions of a data point, by parts of the range that meet few partitions, each by
 * chunks of rows: a statement for each chunk. */
struct postgres_versions {
    bool is_open, is_backwards;
    bool is_changed; /* of change times in this range alone */
    struct mando_change_range changed;
    struct mando_store_point point;
    int64_t from_us, to_us;                    /* what is left of the range after the part */
    int64_t part_from_us, part_to_us;          /* the part that is being read; from = to: none */
    int64_t start_us, knowledge_us, change_us; /* its last version that was read */
    int64_t window_us;                         /* the length of the next part */
    int chunk_rows, part_rows;
    PGresult *rows;  /* the chunk; NULL = none */
    int row;         /* the next one in it */
    double *numbers; /* of a matrix that was read */
    size_t numbers_size;
};

struct postgres_session {
    struct mando_store store;
    PGconn *connection;
    PGcancel *canceller;
    pthread_mutex_t cancelling; /* held while a cancellation is under way */
    bool is_broken;             /* nothing more can be asked: the pool drops the session */
    bool is_late;               /* the server was silent for too long */
    bool is_in_pipeline, is_prepared[STATEMENTS];
    bool is_in_transaction, is_rolling_back;
    int queued;      /* statements that were sent and not answered */
    int64_t sent_ms; /* when the one that is waited for was sent, by the monotonic clock */
    int64_t newest_us, month_first_us, month_end_us; /* as STATEMENT_NEWEST has answered */
    bool has_newest;                                 /* the lock has just read it */
    uint64_t months[(POSTGRES_MONTHS + 63) / 64];    /* whose partition is known to be there */
    bool has_read_months, has_made_month;            /* in this transaction */
    PGresult *configs;
    int config_row;
    struct postgres_versions versions;
    PGresult *records;
    int record_row;
    const struct mando_record_kind *records_kind;
    struct mando_text records_sql;
    struct postgres_parameters record_parameters;
    int64_t record_change_us, record_at; /* the last one read */
    struct mando_text copy;              /* rows on their way to COPY */
    PGresult *authors;                   /* by change; NULL = none were read */
};

extern const struct mando_store_ops postgres_store_ops;

static inline const struct postgres_repository *
postgres_repository_of(const struct postgres_session *session)
{
    return (const struct postgres_repository *)session->store.session.repository;
}

/* What errors call the database. */
static inline const char *postgres_name(const struct postgres_session *session)
{
    return postgres_repository_of(session)->url.name;
}

#define POSTGRES_FOREVER (-1)

/* Waits for events of poll(), in the way that the repository's user has asked for, at most *left_ms, from which
 * it takes what it waited; whether they came. */
bool postgres_wait(const struct postgres_session *session, int fd, short events, int *left_ms);

/* Connects to the server, sets the session up and looks at its schema. A server that cannot take it at
 * this moment is waited for. After a failure there is nothing to disconnect. */
enum mando_status postgres_connect(struct postgres_session *session, struct mando_error *error);
void postgres_disconnect(struct postgres_session *session);

/* Fills error with what a result says: db.busy, db.denied, db.full, db.corrupt, db.io, cancelled, ...
 * NULL: the connection is lost. */
enum mando_status postgres_fail(struct postgres_session *session, const PGresult *result,
                                struct mando_error *error);
/* db.io: the connection cannot be used any more. */
enum mando_status postgres_fail_lost(struct postgres_session *session, const char *reason,
                                     struct mando_error *error);
/* db.corrupt: what stands in the tables is not what was stored. */
enum mando_status postgres_fail_damaged(const struct postgres_session *session, const char *what,
                                        struct mando_error *error);

/* Sends a prepared statement, whose answer the next postgres_run or postgres_flush reads. */
enum mando_status postgres_queue(struct postgres_session *session, enum postgres_statement name,
                                 const struct postgres_parameters *parameters,
                                 struct mando_error *error);
/* The same with a statement whose text depends on data: `sql` is looked at the first time. */
enum mando_status postgres_queue_as(struct postgres_session *session, enum postgres_statement name,
                                    const char *sql, const struct postgres_parameters *parameters,
                                    struct mando_error *error);
/* Sends it and reads all answers, its own last: to *result_out, which PQclear releases. */
enum mando_status postgres_run(struct postgres_session *session, enum postgres_statement name,
                               const struct postgres_parameters *parameters, PGresult **result_out,
                               struct mando_error *error);
/* The same with the text of a statement, which is not kept. */
enum mando_status postgres_queue_sql(struct postgres_session *session, const char *sql,
                                     const struct postgres_parameters *parameters,
                                     struct mando_error *error);
enum mando_status postgres_run_sql(struct postgres_session *session, const char *sql,
                                   const struct postgres_parameters *parameters,
                                   PGresult **result_out, struct mando_error *error);
enum mando_status postgres_flush(struct postgres_session *session, struct mando_error *error);

/* Runs several statements without parameters, outside of the pipeline. */
enum mando_status postgres_execute(struct postgres_session *session, const char *sql,
                                   struct mando_error *error);

/* COPY FROM STDIN in binary form: begin, then rows in session->copy, whole ones each time, then end. */
enum mando_status postgres_copy_begin(struct postgres_session *session, const char *sql,
                                      struct mando_error *error);
enum mando_status postgres_copy_send(struct postgres_session *session, struct mando_error *error);
enum mando_status postgres_copy_end(struct postgres_session *session, struct mando_error *error);

/* The text of a prepared statement. */
const char *postgres_sql(enum postgres_statement name);

/* Releases a result; NULL is fine. */
static inline void postgres_clear(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

/* Cells of a result in binary form. */
int64_t postgres_get_int(const PGresult *result, int row, int column); /* of 4 or 8 bytes */
bool postgres_get_bool(const PGresult *result, int row, int column);
double postgres_get_number(const PGresult *result, int row, int column);
int64_t postgres_get_time(const PGresult *result, int row, int column);

/* Microseconds since 1970 as the server counts them, and back. What lies before its first time is
 * its -infinity. */
#define POSTGRES_TIME_US_MIN INT64_C(-210866803200000000) /* 4714-11-24 before Christ */
int64_t postgres_time_of(int64_t time_us);
int64_t postgres_time_us(int64_t time);

/* Places in the statements that read versions. */
enum {
    POSTGRES_VERSION_START,
    POSTGRES_VERSION_KNOWLEDGE,
    POSTGRES_VERSION_CHANGE,
    POSTGRES_VERSION_END,
    POSTGRES_VERSION_DELETED,
    POSTGRES_VERSION_VALUE
};

/* Of an array of items of eight bytes: dimensions, flags, the type, a length and a lower bound; then for each
 * item its length and itself. */
#define POSTGRES_ARRAY_HEADER 20
#define POSTGRES_ARRAY_ITEM 12
void postgres_write_array(char *header_out, uint32_t type, uint32_t length);

/* Big-endian numbers, as the server has them. */
void postgres_write_32(char *out, uint32_t value);
void postgres_write_64(char *out, uint64_t value);
uint32_t postgres_read_32(const char *in);
uint64_t postgres_read_64(const char *in);

/* Versions (versions.c, months.c) and records (records.c), as struct mando_store_ops asks for them. */
enum mando_status postgres_versions_seek(struct mando_store *store,
                                         const struct mando_store_point *point, int64_t from_us,
                                         int64_t to_us, bool is_backwards,
                                         struct mando_error *error);
enum mando_status postgres_versions_changed_seek(struct mando_store *store,
                                                 const struct mando_store_point *point,
                                                 const struct mando_change_range *range,
                                                 struct mando_error *error);
enum mando_status postgres_versions_next(struct mando_store *store,
                                         struct mando_version *version_out, bool *is_there_out,
                                         struct mando_error *error);
enum mando_status postgres_versions_put(struct mando_store *store,
                                        const struct mando_store_point *point,
                                        const struct mando_version *versions, size_t count,
                                        struct mando_error *error);
void postgres_versions_end(struct postgres_session *session);
void postgres_versions_release(struct postgres_session *session);
enum mando_status postgres_author(struct mando_store *store, int64_t change_us,
                                  const char **author_out, struct mando_error *error);
void postgres_authors_end(struct postgres_session *session);

/* How many versions, from the first on, are of its month; its partition to table_out. */
size_t postgres_month_run(const struct mando_version *versions, size_t count, char table_out[32]);

/* In a transaction, before versions are put: makes the partitions of their months. */
enum mando_status postgres_months_make(struct postgres_session *session,
                                       const struct mando_version *versions, size_t count,
                                       struct mando_error *error);
enum mando_status postgres_record_put(struct mando_store *store,
                                      const struct mando_record_kind *kind,
                                      const struct mando_record *record, struct mando_error *error);
enum mando_status postgres_records_seek(struct mando_store *store,
                                        const struct mando_record_kind *kind,
                                        const struct mando_predicate *predicates, size_t count,
                                        struct mando_error *error);
enum mando_status postgres_records_next(struct mando_store *store, struct mando_record *record_out,
                                        bool *is_there_out, struct mando_error *error);
void postgres_records_end(struct postgres_session *session);
enum mando_status postgres_changes_scan(struct mando_session *session,
                                        const struct mando_change_range *range,
                                        mando_change_take *take, void *context,
                                        struct mando_error *error);

/* No cursor is open after it, and no transaction. */
void postgres_store_rollback(struct mando_store *store);

/* Whether the schema is this program's; makes it where there is none and the repository may create. An
 * older one passes where it may migrate.
 * MANDO_NOT_FOUND (db.not_found), MANDO_CONFLICT (db.old_schema, db.new_schema, db.edited_schema,
 * db.foreign). */
enum mando_status postgres_schema_check(struct postgres_session *session,
                                        struct mando_error *error);
enum mando_status postgres_schema_migrate(struct postgres_session *session,
                                          struct mando_error *error);

#endif
