/* repo/duckdb/session.h: what the files of the backend `duckdb:FILE` share.
 *
 * A session is one connection to its owner's database, with one cursor: a streamed result, which what else is
 * executed on the connection would end. Versions and records go in through appenders, which are
 * flushed before anything is read. */
#ifndef MANDO_REPO_DUCKDB_SESSION_H
#define MANDO_REPO_DUCKDB_SESSION_H

#include "base/text.h"
#include "repo/duckdb/owner.h"

/* Types of data points, each with a table of values. */
#define DUCK_TYPES 3

#define DUCK_COLUMNS_MAX (MANDO_RECORD_COLUMNS_MAX + 2)

struct duck_repository {
    struct mando_repository repository;
    const struct duck_library *duck;
    char *path;
};

/* Rows of a vector of DuckDB's. */
#define DUCK_CHUNK_ROWS 2048

enum duck_statement {
    DUCK_CHANGE_PUT,
    DUCK_AUTHORS,
    DUCK_POINT_FIND,
    DUCK_POINT_PUT,
    DUCK_CONFIG, /* in the order of their storing */
    DUCK_CONFIG_SORTED,
    DUCK_CONFIGS,
    DUCK_CONFIG_PUT,
    /* One for each type of data points: */
    DUCK_VERSIONS, /* in the order of their storing */
    DUCK_VERSIONS_FORWARDS = DUCK_VERSIONS + DUCK_TYPES,
    DUCK_VERSIONS_BACKWARDS = DUCK_VERSIONS_FORWARDS + DUCK_TYPES,
    DUCK_PLACES =
        DUCK_VERSIONS_BACKWARDS + DUCK_TYPES, /* what orders versions, as they were stored */
    DUCK_LAST_START = DUCK_PLACES + DUCK_TYPES,
    DUCK_COLUMNS_PUT = DUCK_LAST_START + DUCK_TYPES, /* of a series */
    DUCK_STATEMENTS
};

enum duck_cursor_kind { DUCK_NO_CURSOR, DUCK_CONFIGURATIONS, DUCK_VALUES, DUCK_RECORDS };

/* A result that is read row by row. */
struct duck_cursor {
    enum duck_cursor_kind kind; /* none where nothing is open */
    duckdb_result result;
    duckdb_data_chunk chunk; /* NULL before the first */
    size_t row, row_count, column_count;
    bool is_ordered; /* the only chunk is read by `order`, of which `at` is the next */
    size_t at;
    uint16_t order[DUCK_CHUNK_ROWS];
    duckdb_vector columns[DUCK_COLUMNS_MAX];
    const void *data[DUCK_COLUMNS_MAX];
    const uint64_t *validity[DUCK_COLUMNS_MAX]; /* NULL: nothing is null */
};

/* Rows on their way into a table. */
struct duck_appender {
    duckdb_appender appender; /* NULL where none is open */
    const char *table;
    bool has_rows; /* that were not flushed */
};

struct duck_authors; /* of changes that were asked for (authors.c) */

/* Data points that were found and are committed: they never change. */
#define DUCK_POINTS 64

struct duck_point {
    char id[MANDO_POINT_ID_SIZE];
    struct mando_store_point point;
};

struct duck_session {
    struct mando_store store;
    struct duck_owner *owner;
    const struct duck_library *duck;
    duckdb_connection connection;
    duckdb_connection aside; /* for authors, while the cursor is open; NULL until it is needed */
    duckdb_prepared_statement statements[DUCK_STATEMENTS];
    struct duck_cursor cursor;
    struct duck_point points[DUCK_POINTS];
    struct mando_store_point point; /* of the versions */
    int64_t from_us,
        to_us;        /* against the order: what is left of the range, behind the cursor's window */
    int64_t until_us; /* the newest change of what is read */
    int64_t window_us;                    /* the length of the next window; 0 = in order, in one */
    struct mando_version last;            /* given from a stream, which must ascend */
    duckdb_data_chunk chunks[DUCK_TYPES]; /* for versions of each type; NULL = none yet */
    struct duck_appender values[DUCK_TYPES], records; /* of each type; of one kind */
    duckdb_prepared_statement records_read;           /* NULL = none */
    struct mando_text records_sql;                    /* of which it was made */
    const struct mando_record_kind *records_kind;
    int64_t record_change_us, record_row; /* of the record before */
    struct mando_text document;           /* of a configuration that was read */
    struct duck_authors *authors;
};

static inline struct duck_session *duck_session_of(struct mando_store *store)
{
    return (struct duck_session *)store;
}

extern const struct mando_store_ops duck_store_ops;

/* Fills error with what DuckDB said; inside a transaction that is the end of it. */
enum mando_status duck_session_fail(struct duck_session *session, duckdb_error_type type,
                                    const char *message, struct mando_error *error);

/* db.corrupt: what stands in the file is not what was stored, although DuckDB could read it. */
enum mando_status duck_fail_damaged(struct duck_session *session, const char *what,
                                    struct mando_error *error);

/* Executes statements that are written out. */
enum mando_status duck_query(struct duck_session *session, const char *sql,
                             struct mando_error *error);

/* A prepared statement that takes values; the first failure is kept in `status`. */
struct duck_call {
    struct duck_session *session;
    duckdb_prepared_statement statement;
    struct mando_error *error;
    enum mando_status status;
    uint64_t place; /* of the last value, from 1 */
};

/* One that is kept for the session. */
struct duck_call duck_call(struct duck_session *session, enum duck_statement name,
                           struct mando_error *error);
/* One that is made from a text; the caller destroys it. */
enum mando_status duck_prepare(struct duck_session *session, duckdb_connection connection,
                               const char *sql, duckdb_prepared_statement *statement_out,
                               struct mando_error *error);
void duck_bind_int(struct duck_call *call, int64_t value);
void duck_bind_time(struct duck_call *call, int64_t time_us);
void duck_bind_text(struct duck_call *call, const char *text); /* NULL is null */
enum mando_status duck_execute(struct duck_call *call);

/* Opens a cursor, the result streamed; `types` is a letter for each column: i BIGINT, t TIMESTAMP,
 * s VARCHAR, d DOUBLE, l a list, b BOOLEAN. db.corrupt where the file has others. */
enum mando_status duck_cursor_open(struct duck_call *call, const char *types,
                                   enum duck_cursor_kind kind, struct duck_cursor *cursor);
/* To sort is dear: before the first row, where one chunk holds all rows, they are ordered by three columns of
 * numbers or times, ascending or `backwards`. *is_ordered_out is false where there are more. */
enum mando_status duck_cursor_order(struct duck_session *session, struct duck_cursor *cursor,
                                    const size_t columns[3], bool backwards, bool *is_ordered_out,
                                    struct mando_error *error);
/* The next row; at the end, or after a failure, the cursor is closed. */
enum mando_status duck_cursor_next(struct duck_session *session, struct duck_cursor *cursor,
                                   bool *is_there_out, struct mando_error *error);
void duck_cursor_close(struct duck_session *session, struct duck_cursor *cursor);
/* Ends the session's own. */
void duck_cursors_end(struct mando_store *store);

static inline bool duck_is_null(const struct duck_cursor *cursor, size_t column)
{
    const uint64_t *validity = cursor->validity[column];
    return validity && !(validity[cursor->row / 64] >> (cursor->row % 64) & 1);
}

static inline int64_t duck_int(const struct duck_cursor *cursor, size_t column)
{
    return ((const int64_t *)cursor->data[column])[cursor->row];
}

static inline bool duck_bool(const struct duck_cursor *cursor, size_t column)
{
    return ((const bool *)cursor->data[column])[cursor->row];
}

/* Not closed by a NUL; valid until the cursor moves on. */
static inline const char *duck_text(const struct duck_cursor *cursor, size_t column,
                                    size_t *length_out)
{
    const duckdb_string_t *text = &((const duckdb_string_t *)cursor->data[column])[cursor->row];
    *length_out = text->value.inlined.length;
    return *length_out <= sizeof text->value.inlined.inlined ? text->value.inlined.inlined
                                                             : text->value.pointer.ptr;
}

/* Opens an appender where there is none, for a table whose columns have these types (letters as
 * above). */
enum mando_status duck_appender_open(struct duck_session *session, struct duck_appender *appender,
                                     const char *table, const char *types,
                                     struct mando_error *error);
enum mando_status duck_appender_fail(struct duck_session *session,
                                     const struct duck_appender *appender,
                                     struct mando_error *error);
enum mando_status duck_appender_flush(struct duck_session *session, struct duck_appender *appender,
                                      struct mando_error *error);
/* Whatever it still holds goes into the transaction. */
void duck_appender_close(struct duck_session *session, struct duck_appender *appender);

enum mando_status duck_versions_seek(struct mando_store *store,
                                     const struct mando_store_point *point, int64_t from_us,
                                     int64_t to_us, bool backwards, struct mando_error *error);
enum mando_status duck_versions_next(struct mando_store *store, struct mando_version *version_out,
                                     bool *is_there_out, struct mando_error *error);
enum mando_status duck_versions_put(struct mando_store *store,
                                    const struct mando_store_point *point,
                                    const struct mando_version *versions, size_t count,
                                    struct mando_error *error);

enum mando_status duck_columns_put(struct mando_store *store, const struct mando_store_point *point,
                                   const struct mando_columns *columns, struct mando_error *error);

enum mando_status duck_record_put(struct mando_store *store, const struct mando_record_kind *kind,
                                  const struct mando_record *record, struct mando_error *error);
enum mando_status duck_records_seek(struct mando_store *store, const struct mando_record_kind *kind,
                                    const struct mando_predicate *predicates, size_t count,
                                    struct mando_error *error);
enum mando_status duck_records_next(struct mando_store *store, struct mando_record *record_out,
                                    bool *is_there_out, struct mando_error *error);

enum mando_status duck_changes_scan(struct mando_session *session,
                                    const struct mando_change_range *range, mando_change_take *take,
                                    void *context, struct mando_error *error);

/* The author of a committed change; borrowed until the next call. */
enum mando_status duck_author(struct duck_session *session, int64_t change_us,
                              const char **author_out, struct mando_error *error);
void duck_authors_free(struct duck_authors *authors);

/* Whether the schema of the file is this program's; makes that of an empty file where the repository may
 * create. An older one passes where it may migrate.
 * MANDO_CONFLICT (db.old_schema, db.new_schema, db.edited_schema, db.foreign). */
enum mando_status duck_schema_check(struct duck_session *session, struct mando_error *error);
enum mando_status duck_schema_migrate(struct duck_session *session, struct mando_error *error);

#endif
