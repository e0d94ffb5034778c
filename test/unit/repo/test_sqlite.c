/* What only a SQLite file can meet, and its quirks. */
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "file.h"
#include "repo/sqlite.h"
#include "runs.h"

static const char *const ENDINGS[] = {"-wal", "-shm", NULL};

static const char *const DAMAGES[] = {
    "UPDATE value SET value = 'x'",
    "UPDATE value SET value = x'0011' WHERE typeof(value) = 'text'",
    "UPDATE value SET value = x'0011' WHERE typeof(value) = 'blob'",
    "UPDATE value SET value = 1 WHERE typeof(value) = 'real'",
    "UPDATE value SET value = 9e999 WHERE typeof(value) = 'real'",
    "UPDATE value SET valid_end = valid_start - 1",
    "UPDATE value SET valid_end = 1 << 62",
    "UPDATE value SET valid_start = -(1 << 62)",
    "UPDATE value SET knowledge = 1 << 62",
    "UPDATE value SET change = -(1 << 62)",
    "UPDATE value SET change = 1",
    "DROP TABLE value",
    NULL};

struct cell {
    char *text;
    size_t size;
};

static int take_cell(void *context, int count, char **cells, char **names)
{
    const struct cell *cell = context;
    (void)count;
    (void)names;
    (void)snprintf(cell->text, cell->size, "%s", cells[0] ? cells[0] : "");
    return 0;
}

static bool run_sql(const char *sql, char *cell_out, size_t size)
{
    struct cell cell = {cell_out, size};
    sqlite3 *db = NULL;
    bool is_done = sqlite3_open(file_path, &db) == SQLITE_OK
                   && sqlite3_exec(db, sql, take_cell, &cell, NULL) == SQLITE_OK;
    if (!is_done)
        print_error("%s: %s\n", sql, sqlite3_errmsg(db));
    return sqlite3_close(db) == SQLITE_OK && is_done;
}

const struct quirks QUIRKS = {.scheme = "sqlite",
                              .endings = ENDINGS,
                              .damages = DAMAGES,
                              .types = {[MANDO_COLUMN_TEXT] = "TEXT",
                                        [MANDO_COLUMN_INTEGER] = "INTEGER",
                                        [MANDO_COLUMN_TIME] = "INTEGER"},
                              .run_sql = run_sql};

TEST(a_session_of_a_file_that_was_replaced_is_opened_anew)
{
    struct store store, other;
    char moved[96];
    double value = 0;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    mando_session_give(store.session);
    (void)snprintf(moved, sizeof moved, "%s.moved", file_path);
    CHECK_EQ(rename(file_path, moved), 0);
    file_remove("-wal");
    file_remove("-shm");
    CHECK_EQ(store_open(&other, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&other, 2), MANDO_OK);
    store_close(&other);
    CHECK_EQ(mando_session_take(store.repository, &store.session, NULL), MANDO_OK);
    CHECK_EQ(store_read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 2, 0);
    store_close(&store);
    file_remove_all();
}

TEST(a_file_that_another_connection_locks_is_busy_and_can_be_read)
{
    struct store store;
    sqlite3 *db = NULL;
    double value = 0;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    CHECK_EQ(sqlite3_open(file_path, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    CHECK_EQ(store_insert(&store, 2), MANDO_BUSY);
    CHECK_TEXT(store.error.code, "db.busy");
    CHECK(strstr(store.error.message, "write lock"));
    CHECK_EQ(store_read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 1, 0);
    CHECK_EQ(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    CHECK_EQ(store_insert(&store, 2), MANDO_OK);
    (void)sqlite3_close(db);
    store_close(&store);
    file_remove_all();
}

/* A statement that were left open would hold a session at what it saw then. */
TEST(a_session_that_has_read_authors_sees_what_others_store_and_stores_too)
{
    struct store store, other;
    double value = 0;
    char copy[96];
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    CHECK_EQ(store_read(&store, ID, true, &value), MANDO_OK);
    CHECK_EQ(store_open(&other, false, false), MANDO_OK);
    CHECK_EQ(store_insert(&other, 2), MANDO_OK);
    CHECK_EQ(store_read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 2, 0);
    CHECK_EQ(store_insert(&store, 3), MANDO_OK);
    CHECK_EQ(store_read(&store, ID, true, &value), MANDO_OK);
    (void)snprintf(copy, sizeof copy, "%s.moved", file_path);
    CHECK_EQ(mando_sqlite_backup(store.session, copy, &store.error), MANDO_OK);
    store_close(&other);
    store_close(&store);
    file_remove_all();
}

TEST(a_file_that_may_only_be_read_is_read_and_not_written)
{
    struct store store;
    double value = 0;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    store_close(&store);
    CHECK_EQ(chmod(file_path, 0444), 0);
    bool is_root = geteuid() == 0;
    if (is_root)
        CHECK_EQ(seteuid(65534), 0); /* for root every file may be written */
    CHECK_EQ(store_open(&store, false, false), MANDO_OK);
    CHECK_EQ(store_read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 1, 0);
    CHECK_EQ(store_insert(&store, 2), MANDO_DENIED);
    CHECK_TEXT(store.error.code, "db.denied");
    store_close(&store);
    if (is_root)
        CHECK_EQ(seteuid(0), 0);
    file_remove_all();
}

TEST(a_damaged_file_is_told_and_nothing_is_made_up)
{
    struct store store;
    double value = 77;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    store_close(&store);
    /* The page of the values: what is not the table's root is reached only by reading it. */
    file_run_sql("PRAGMA journal_mode = DELETE");
    FILE *file = fopen(file_path, "r+");
    assert_non_null(file);
    CHECK_EQ(fseek(file, 4096, SEEK_SET), 0);
    for (int i = 0; i < 20 * 4096; i++)
        (void)fputc(0xee, file);
    CHECK_EQ(fclose(file), 0);
    enum mando_status status = store_open(&store, false, false);
    if (!status) {
        status = store_read_value(&store, &value);
        store_close(&store);
    }
    CHECK_EQ(status, MANDO_CORRUPT);
    CHECK_TEXT(store.error.code, "db.corrupt");
    CHECK_NEAR(value, 77, 0);
    file_remove_all();
}

/* SQLite lets no one store such a row; the table is made to take it. */
static void loosen(const char *table)
{
    char sql[224];
    (void)snprintf(
        sql, sizeof sql,
        "PRAGMA writable_schema = ON;"
        "UPDATE sqlite_schema SET sql = replace(replace(replace(sql, ' NOT NULL', ''), 'INTEGER', "
        "'ANY'), 'TEXT', 'ANY') WHERE name = '%s'",
        table);
    file_run_sql(sql);
}

TEST(records_that_were_never_stored_are_damage)
{
    static const char *const CHANGES[] = {
        "UPDATE run SET state = NULL", "UPDATE run SET state = x'00'", "UPDATE run SET start = 'x'",
        "UPDATE run SET row = 'x'",    "UPDATE run SET change = 'x'",  "UPDATE run SET id = NULL"};
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        struct store store;
        struct ArrowArrayStream stream;
        struct mando_written written;
        file_new();
        CHECK_EQ(store_open(&store, true, false), MANDO_OK);
        const struct mando_repository_ops *ops = store.repository->ops;
        CHECK_EQ(ops->begin(store.session, &(struct mando_write){0}, NULL), MANDO_OK);
        CHECK_EQ(runs_stream(1, NOON, &stream), MANDO_OK);
        CHECK_EQ(runs_put(store.session, &stream, NULL), MANDO_OK);
        stream.release(&stream);
        CHECK_EQ(ops->commit(store.session, &written, NULL), MANDO_OK);
        store_close(&store);
        loosen("run");
        file_run_sql(CHANGES[i]);
        CHECK_EQ(store_open(&store, false, false), MANDO_OK);
        struct ArrowArray batch = {0};
        CHECK_EQ(
            ops->records_scan(store.session, mando_record_kind_find("run"), NULL, 0, &stream, NULL),
            MANDO_OK);
        CHECK(stream.get_next(&stream, &batch) != 0);
        CHECK(strstr(stream.get_last_error(&stream), "no record"));
        stream.release(&stream);
        store_close(&store);
        file_remove_all();
    }
}

/* With a WAL readers and a writer work at once. */
static void check_has_wal(const char *file)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *mode = NULL;
    CHECK_EQ(sqlite3_open(file, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &mode, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_step(mode), SQLITE_ROW);
    CHECK_TEXT((const char *)sqlite3_column_text(mode, 0), "wal");
    (void)sqlite3_finalize(mode);
    (void)sqlite3_close(db);
}

TEST(a_backup_is_a_database_of_its_own)
{
    struct store store, copy;
    char backup[96];
    double value = 0;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    (void)snprintf(backup, sizeof backup, "%s.moved", file_path);
    CHECK_EQ(mando_sqlite_backup(store.session, backup, &store.error), MANDO_OK);
    check_has_wal(backup);
    CHECK_EQ(store_insert(&store, 2), MANDO_OK);
    CHECK_EQ(mando_sqlite_backup(store.session, backup, &store.error), MANDO_IO);
    CHECK_TEXT(store.error.code, "io.write");
    CHECK_EQ(mando_sqlite_backup(store.session, "/none/x.db", &store.error), MANDO_IO);
    store_close(&store);
    (void)snprintf(file_url, sizeof file_url, "sqlite:%s", backup);
    CHECK_EQ(store_open(&copy, false, false), MANDO_OK);
    CHECK_EQ(store_read_value(&copy, &value), MANDO_OK);
    CHECK_NEAR(value, 1, 0);
    CHECK_EQ(store_insert(&copy, 3), MANDO_OK);
    store_close(&copy);
    file_remove_all();
}
