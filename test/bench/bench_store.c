/* bench_store: values.h of SQLite; the bare way steps one prepared statement. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "values.h"

static const char COLUMNS[] =
    "SELECT valid_start, knowledge, change, valid_end, value, deleted FROM value"
    " WHERE point = ? AND valid_start >= ? AND valid_start < ?"
    " ORDER BY valid_start, knowledge, change";

struct bare {
    sqlite3 *db;
    sqlite3_stmt *put, *select;
};

static void check(const struct bare *bare, int code)
{
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE)
        values_fail(sqlite3_errmsg(bare->db));
}

static void execute(const struct bare *bare, const char *sql)
{
    check(bare, sqlite3_exec(bare->db, sql, NULL, NULL, NULL));
}

static sqlite3_stmt *prepare(const struct bare *bare, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    check(bare, sqlite3_prepare_v3(bare->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

/* As the service opens a file. */
static void open_both(struct values_store *store, const char *folder, const char *name,
                      bool is_bare)
{
    static const char *const ENDINGS[] = {"-wal", "-shm", NULL};
    struct bare *bare = values_new(sizeof *bare);
    char path[VALUES_URL_SIZE - 8];
    (void)is_bare;
    values_path(folder, name, ENDINGS, path, sizeof path);
    (void)snprintf(store->url, sizeof store->url, "sqlite:%s", path);
    values_open_service(store);
    check(bare,
          sqlite3_open_v2(path, &bare->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    execute(bare, "PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL;"
                  "PRAGMA cache_size = -32768");
    bare->put = prepare(bare, "INSERT INTO value VALUES (?, ?, ?, ?, ?, ?, ?)");
    bare->select = prepare(bare, COLUMNS);
    store->bare = bare;
}

static void close_bare(struct values_store *store)
{
    struct bare *bare = store->bare;
    (void)sqlite3_finalize(bare->put);
    (void)sqlite3_finalize(bare->select);
    (void)sqlite3_close(bare->db);
    free(bare);
}

static void insert_bare(struct values_store *store, const struct values_batch *batch)
{
    struct bare *bare = store->bare;
    sqlite3_stmt *put = bare->put;
    execute(bare, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < batch->count; i++) {
        (void)sqlite3_bind_int64(put, 1, batch->key);
        (void)sqlite3_bind_int64(put, 2, batch->start_us[i]);
        (void)sqlite3_bind_int64(put, 3, KNOWN_US);
        (void)sqlite3_bind_int64(put, 4, batch->to_us);
        (void)sqlite3_bind_int64(put, 5, batch->end_us[i]);
        (void)sqlite3_bind_double(put, 6, batch->value[i]);
        (void)sqlite3_bind_int64(put, 7, 0);
        check(bare, sqlite3_step(put));
        (void)sqlite3_reset(put);
    }
    execute(bare, "COMMIT");
}

static struct values_total retrieve_bare(struct values_store *store,
                                         const struct values_batch *batch)
{
    struct bare *bare = store->bare;
    sqlite3_stmt *select = bare->select;
    struct values_total total = {0};
    int code;
    (void)sqlite3_bind_int64(select, 1, batch->key);
    (void)sqlite3_bind_int64(select, 2, batch->from_us);
    (void)sqlite3_bind_int64(select, 3, batch->to_us);
    while ((code = sqlite3_step(select)) == SQLITE_ROW) {
        total.times += (uint64_t)sqlite3_column_int64(select, 0)
                       + (uint64_t)sqlite3_column_int64(select, 1)
                       + (uint64_t)sqlite3_column_int64(select, 3);
        total.changes += (uint64_t)sqlite3_column_int64(select, 2);
        total.value +=
            sqlite3_column_type(select, 4) == SQLITE_NULL ? 0 : sqlite3_column_double(select, 4);
        total.rows += sqlite3_column_int(select, 5) ? 0 : 1;
    }
    check(bare, code);
    (void)sqlite3_reset(select);
    return total;
}

static void print_versions(void)
{
    (void)printf("{\"SQLite\": \"%s\"}\n", sqlite3_libversion());
}

const struct values_backend BACKEND = {.name = "bench_store",
                                       .first_key = 1,
                                       .is_shared = true,
                                       .open = open_both,
                                       .close_bare = close_bare,
                                       .insert = insert_bare,
                                       .retrieve = retrieve_bare,
                                       .print_versions = print_versions};

int main(int argc, char **argv)
{
    return values_main(argc, argv);
}
