/* codec/duckdb/query.h: statements over one file, by a database in memory: in this process, or in one of its own that a
 * damaged file may kill. */
#ifndef MANDO_CODEC_DUCKDB_QUERY_H
#define MANDO_CODEC_DUCKDB_QUERY_H

#include "codec/duckdb/library.h"

/* Rows of a chunk of DuckDB's. */
#define DUCK_QUERY_ROWS 2048

struct duck_column {
    char *name;
    duckdb_type type;
    const void *data;         /* of the rows at hand */
    const uint64_t *validity; /* NULL: nothing is null */
};

/* The result of the statement that was run last. */
struct duck_table {
    struct duck_column *columns;
    size_t column_count, row_count; /* rows at hand */
};

struct duck_query {
    struct duck_table table;
    char reason[256]; /* after a failure: what DuckDB says, in one line */
    bool has_died;    /* the reason tells what became of the child: nothing is known of the file */
    struct duck_child *child; /* NULL: in this process, and what follows */
    const struct duck_library *duck;
    duckdb_database db;
    duckdb_connection connection;
    duckdb_prepared_statement statement;
    duckdb_result result; /* where has_result */
    bool has_result, is_at_end;
    duckdb_data_chunk chunk;
};

/* Each is false after a failure; the query, which is zeroed before, needs its close then, too. */

/* Opens a database that may read the open file `file` under the name `path`. */
bool duck_query_open(struct duck_query *query, const struct duck_library *duck, const char *path);
/* As duck_query_open, but forks a child that does it all, for which the process must have no other thread. */
bool duck_query_open_child(struct duck_query *query, const struct duck_library *duck,
                           const char *path, int file);
/* Runs a statement; its columns stand in the table. */
bool duck_query_run(struct duck_query *query, const char *sql);
/* The next rows; none at the end. Of other types than those that stand alone (8 bytes, BOOLEAN, VARCHAR) a child gives
 * none. */
bool duck_query_next(struct duck_query *query);
void duck_query_close(struct duck_query *query);

/* For both kinds. */
void duck_table_release(struct duck_table *table);
bool duck_table_init(struct duck_table *table, size_t column_count);
bool duck_query_fail(struct duck_query *query, const char *reason);

/* What duck_query_* do with a child. */
bool duck_child_run(struct duck_query *query, const char *sql);
bool duck_child_next(struct duck_query *query);
void duck_child_close(struct duck_child *child);

#endif
