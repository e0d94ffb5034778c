/* What only a database in a file can meet. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "check.h"
#include "mando/rows.h"
#include "repo/repository.h"
#include "repo/sqlite.h"
#include "runs.h"
#include "schema/record.h"

#define NOON INT64_C(1764590400000000) /* 2025-12-01T12:00:00Z */

static const char *const ID = "Market/Price";
static char folder[64], path[80], url[128];

static void remove_file(const char *ending)
{
    char name[96];
    (void)snprintf(name, sizeof name, "%s%s", path, ending);
    (void)unlink(name);
}

static void new_file(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/mando-sqlite-XXXXXX");
    assert_non_null(mkdtemp(folder));
    CHECK_EQ(chmod(folder, 0777), 0);
    (void)snprintf(path, sizeof path, "%s/mando.db", folder);
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
}

static void remove_files(void)
{
    remove_file("");
    remove_file("-wal");
    remove_file("-shm");
    remove_file(".moved");
    CHECK_EQ(rmdir(folder), 0);
}

static int64_t now_us(void *clock)
{
    (void)clock;
    return NOON;
}

struct store {
    struct mando_repository *repository;
    struct mando_session *session;
    struct mando_error error;
};

static enum mando_status open_as(struct store *store, bool may_create, bool may_migrate)
{
    struct mando_repository_options options = {
        .now_us = now_us, .wait_ms = 50, .may_create = may_create, .may_migrate = may_migrate};
    *store = (struct store){0};
    CHECK_EQ(mando_repository_open(url, &options, &store->repository, NULL), MANDO_OK);
    enum mando_status status =
        mando_session_take(store->repository, &store->session, &store->error);
    if (status) {
        mando_repository_unref(store->repository);
        *store = (struct store){.error = store->error};
    }
    return status;
}

static void close_store(struct store *store)
{
    mando_session_give(store->session);
    mando_repository_unref(store->repository);
}

static void run_sql(const char *sql)
{
    sqlite3 *db = NULL;
    CHECK_EQ(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_close(db), SQLITE_OK);
}

static enum mando_status insert(struct store *store, double value)
{
    const struct mando_repository_ops *ops = store->repository->ops;
    struct mando_point point = {.type = MANDO_SERIES, .width = 1};
    int64_t start_us = NOON;
    struct mando_rows rows = {
        .count = 1, .type = MANDO_SERIES, .width = 1, .valid_start_us = &start_us, .value = &value};
    struct ArrowArrayStream stream;
    struct mando_written written;
    (void)snprintf(point.id, sizeof point.id, "%s", ID);
    enum mando_status status = ops->begin(store->session, &(struct mando_write){0}, &store->error);
    if (status)
        return status;
    CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
    status = ops->points_put(store->session, &point, 1, &store->error);
    if (!status)
        status = ops->values_put(store->session, &ID, 1, &stream, &store->error);
    stream.release(&stream);
    if (!status)
        return ops->commit(store->session, &written, &store->error);
    ops->rollback(store->session);
    return status;
}

/* Scans all there is of a data point. */
static enum mando_status scan(struct store *store, const char *id, bool every_version,
                              struct ArrowArrayStream *stream)
{
    const struct mando_scan whole = {.ids = &id,
                                     .id_count = 1,
                                     .from_us = INT64_MIN,
                                     .to_us = INT64_MAX,
                                     .as_of = {MANDO_FOREVER, MANDO_FOREVER},
                                     .every_version = every_version};
    return store->repository->ops->values_scan(store->session, &whole, stream, &store->error);
}

static enum mando_status read_version(struct store *store, bool every_version, double *value)
{
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    enum mando_status status = scan(store, ID, every_version, &stream);
    if (status)
        return status;
    status = mando_rows_next(&stream, &rows, &store->error);
    if (!status && rows.count)
        *value = rows.value[0];
    mando_rows_release(&rows);
    stream.release(&stream);
    return status;
}

static enum mando_status read_value(struct store *store, double *value)
{
    return read_version(store, false, value);
}

TEST(a_database_that_is_not_there_is_made_only_where_that_is_allowed)
{
    struct store store;
    new_file();
    CHECK_EQ(open_as(&store, false, true), MANDO_NOT_FOUND);
    CHECK_TEXT(store.error.code, "db.not_found");
    CHECK_EQ(access(path, F_OK), -1);
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    close_store(&store);
    CHECK_EQ(open_as(&store, false, false), MANDO_OK);
    close_store(&store);
    remove_files();
}

TEST(what_was_stored_is_there_after_closing)
{
    struct store store;
    double value = 0;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 42), MANDO_OK);
    close_store(&store);
    CHECK_EQ(open_as(&store, false, false), MANDO_OK);
    CHECK_EQ(read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 42, 0);
    CHECK_EQ(insert(&store, 43), MANDO_OK);
    close_store(&store);
    remove_files();
}

TEST(an_older_schema_is_refused_until_it_is_migrated)
{
    struct store store;
    new_file();
    run_sql("PRAGMA user_version = 1");
    CHECK_EQ(open_as(&store, false, false), MANDO_CONFLICT);
    CHECK_TEXT(store.error.code, "db.old_schema");
    CHECK(strstr(store.error.message, "mando migrate"));
    CHECK_EQ(open_as(&store, false, true), MANDO_OK);
    CHECK_EQ(store.repository->ops->migrate(store.session, NULL), MANDO_OK);
    CHECK_EQ(store.repository->ops->migrate(store.session, NULL), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    close_store(&store);
    CHECK_EQ(open_as(&store, false, false), MANDO_OK);
    close_store(&store);
    remove_files();
}

static void refuse_changed(const char *sql, const char *code)
{
    struct store store;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    close_store(&store);
    run_sql(sql);
    CHECK_EQ(open_as(&store, true, true), MANDO_CONFLICT);
    CHECK_TEXT(store.error.code, code);
    remove_files();
}

TEST(newer_edited_and_foreign_schemas_are_refused_whatever_is_allowed)
{
    refuse_changed("INSERT INTO migration VALUES (1000, 'later', 'x', 0)", "db.new_schema");
    refuse_changed("UPDATE migration SET checksum = 'x' WHERE number = 1", "db.edited_schema");
    refuse_changed("DROP TABLE migration", "db.foreign");
}

TEST(a_file_of_something_else_is_refused_and_left_alone)
{
    struct store store;
    char text[64] = "";
    new_file();
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 500; i++)
        (void)fputs("start,price_eur_per_mwh\n", file);
    CHECK_EQ(fclose(file), 0);
    CHECK_EQ(open_as(&store, true, true), MANDO_CORRUPT);
    CHECK_TEXT(store.error.code, "db.corrupt");
    file = fopen(path, "r");
    assert_non_null(fgets(text, sizeof text, file));
    CHECK_TEXT(text, "start,price_eur_per_mwh\n");
    CHECK_EQ(fclose(file), 0);
    remove_files();
}

TEST(a_session_of_a_file_that_was_replaced_is_opened_anew)
{
    struct store store, other;
    char moved[96];
    double value = 0;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    mando_session_give(store.session);
    (void)snprintf(moved, sizeof moved, "%s.moved", path);
    CHECK_EQ(rename(path, moved), 0);
    remove_file("-wal");
    remove_file("-shm");
    CHECK_EQ(open_as(&other, true, false), MANDO_OK);
    CHECK_EQ(insert(&other, 2), MANDO_OK);
    close_store(&other);
    CHECK_EQ(mando_session_take(store.repository, &store.session, NULL), MANDO_OK);
    CHECK_EQ(read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 2, 0);
    close_store(&store);
    remove_files();
}

TEST(a_file_that_another_connection_locks_is_busy_and_can_be_read)
{
    struct store store;
    sqlite3 *db = NULL;
    double value = 0;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    CHECK_EQ(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    CHECK_EQ(insert(&store, 2), MANDO_BUSY);
    CHECK_TEXT(store.error.code, "db.busy");
    CHECK(strstr(store.error.message, "write lock"));
    CHECK_EQ(read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 1, 0);
    CHECK_EQ(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    CHECK_EQ(insert(&store, 2), MANDO_OK);
    (void)sqlite3_close(db);
    close_store(&store);
    remove_files();
}

/* A statement that were left open would hold a session at what it saw then. */
TEST(a_session_that_has_read_authors_sees_what_others_store_and_stores_too)
{
    struct store store, other;
    double value = 0;
    char copy[96];
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    CHECK_EQ(read_version(&store, true, &value), MANDO_OK);
    CHECK_EQ(open_as(&other, false, false), MANDO_OK);
    CHECK_EQ(insert(&other, 2), MANDO_OK);
    CHECK_EQ(read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 2, 0);
    CHECK_EQ(insert(&store, 3), MANDO_OK);
    CHECK_EQ(read_version(&store, true, &value), MANDO_OK);
    (void)snprintf(copy, sizeof copy, "%s.moved", path);
    CHECK_EQ(mando_sqlite_backup(store.session, copy, &store.error), MANDO_OK);
    close_store(&other);
    close_store(&store);
    remove_files();
}

TEST(a_file_that_may_only_be_read_is_read_and_not_written)
{
    struct store store;
    double value = 0;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    close_store(&store);
    CHECK_EQ(chmod(path, 0444), 0);
    bool is_root = geteuid() == 0;
    if (is_root)
        CHECK_EQ(seteuid(65534), 0); /* for root every file may be written */
    CHECK_EQ(open_as(&store, false, false), MANDO_OK);
    CHECK_EQ(read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 1, 0);
    CHECK_EQ(insert(&store, 2), MANDO_DENIED);
    CHECK_TEXT(store.error.code, "db.denied");
    close_store(&store);
    if (is_root)
        CHECK_EQ(seteuid(0), 0);
    remove_files();
}

TEST(a_damaged_file_is_told_and_nothing_is_made_up)
{
    struct store store;
    double value = 77;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    close_store(&store);
    /* The page of the values: what is not the table's root is reached only by reading it. */
    run_sql("PRAGMA journal_mode = DELETE");
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    CHECK_EQ(fseek(file, 4096, SEEK_SET), 0);
    for (int i = 0; i < 20 * 4096; i++)
        (void)fputc(0xee, file);
    CHECK_EQ(fclose(file), 0);
    enum mando_status status = open_as(&store, false, false);
    if (!status) {
        status = read_value(&store, &value);
        close_store(&store);
    }
    CHECK_EQ(status, MANDO_CORRUPT);
    CHECK_TEXT(store.error.code, "db.corrupt");
    CHECK_NEAR(value, 77, 0);
    remove_files();
}

static enum mando_status put_other(struct store *store, const struct mando_point *point,
                                   const struct mando_rows *rows)
{
    const struct mando_repository_ops *ops = store->repository->ops;
    const char *id = point->id;
    struct ArrowArrayStream stream;
    struct mando_written written;
    CHECK_EQ(ops->begin(store->session, &(struct mando_write){0}, NULL), MANDO_OK);
    CHECK_EQ(ops->points_put(store->session, point, 1, NULL), MANDO_OK);
    CHECK_EQ(mando_rows_stream(rows, &stream, NULL), MANDO_OK);
    CHECK_EQ(ops->values_put(store->session, &id, 1, &stream, NULL), MANDO_OK);
    stream.release(&stream);
    return ops->commit(store->session, &written, NULL);
}

/* A series ID, a matrix M and a document D. */
static void store_each_type(void)
{
    static const int64_t start_us = NOON;
    static const double numbers[] = {1, 2};
    static const int32_t offsets[] = {0, 2};
    struct mando_point matrix = {.id = "M", .type = MANDO_MATRIX, .width = 2};
    struct mando_point document = {.id = "D", .type = MANDO_DOCUMENT, .width = 1};
    struct mando_rows rows = {.count = 1,
                              .type = MANDO_MATRIX,
                              .width = 2,
                              .valid_start_us = &start_us,
                              .value = numbers};
    struct store store;
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    CHECK_EQ(put_other(&store, &matrix, &rows), MANDO_OK);
    rows.type = MANDO_DOCUMENT;
    rows.width = 1;
    rows.value = NULL;
    rows.document = (struct mando_texts){offsets, "{}"};
    CHECK_EQ(put_other(&store, &document, &rows), MANDO_OK);
    close_store(&store);
}

static enum mando_status scan_all(struct store *store, const char *id)
{
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    enum mando_status status = scan(store, id, true, &stream);
    if (status)
        return status;
    do
        status = mando_rows_next(&stream, &rows, &store->error);
    while (!status && rows.count);
    stream.release(&stream);
    return status;
}

static enum mando_status find_all(struct store *store)
{
    const struct mando_as_of everything = {MANDO_FOREVER, MANDO_FOREVER};
    struct ArrowArrayStream stream;
    enum mando_status status = store->repository->ops->points_find(store->session, "**", everything,
                                                                   &stream, &store->error);
    if (!status)
        stream.release(&stream);
    return status;
}

/* What is asked of a database after its rows were changed behind our back. */
static enum mando_status ask_all(struct store *store)
{
    static const char *const IDS[] = {"Market/Price", "M", "D"};
    enum mando_status status = find_all(store);
    for (size_t i = 0; i < 3 && !status; i++)
        status = scan_all(store, IDS[i]);
    return status ? status : insert(store, 2);
}

TEST(rows_that_were_never_stored_are_damage)
{
    static const char *const CHANGES[] = {
        "UPDATE point SET type = 0",
        "UPDATE point SET type = 4",
        "UPDATE point SET width = 0",
        "UPDATE point SET width = 4097 WHERE id = 'M'",
        "UPDATE point SET width = 3 WHERE id = 'M'",
        "UPDATE point SET id = printf('%.*c', 300, 'x') WHERE id = 'D'",
        "UPDATE configuration SET aggregation = 7",
        "UPDATE configuration SET aggregation = -1",
        "UPDATE configuration SET unit = printf('%.*c', 300, 'x')",
        "UPDATE configuration SET time_zone = printf('%.*c', 300, 'x')",
        "UPDATE configuration SET resolution_months = -1",
        "UPDATE configuration SET resolution_months = 1 << 31",
        "UPDATE configuration SET resolution_days = -1",
        "UPDATE configuration SET resolution_days = 1 << 31",
        "UPDATE configuration SET resolution_us = -1",
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
    };
    for (size_t i = 0; i < sizeof CHANGES / sizeof *CHANGES; i++) {
        struct store store;
        new_file();
        store_each_type();
        run_sql(CHANGES[i]);
        CHECK_EQ(open_as(&store, false, false), MANDO_OK);
        enum mando_status status = ask_all(&store);
        if (status != MANDO_CORRUPT)
            print_error("%s: %s\n", CHANGES[i], mando_status_name(status));
        CHECK_EQ(status, MANDO_CORRUPT);
        CHECK_TEXT(store.error.code, "db.corrupt");
        close_store(&store);
        remove_files();
    }
}

TEST(a_data_point_is_not_written_where_its_row_is_damaged)
{
    struct store store;
    new_file();
    store_each_type();
    run_sql("UPDATE point SET width = 0");
    CHECK_EQ(open_as(&store, false, false), MANDO_OK);
    CHECK_EQ(insert(&store, 2), MANDO_CORRUPT);
    CHECK_TEXT(store.error.code, "db.corrupt");
    close_store(&store);
    remove_files();
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
    run_sql(sql);
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
        new_file();
        CHECK_EQ(open_as(&store, true, false), MANDO_OK);
        const struct mando_repository_ops *ops = store.repository->ops;
        CHECK_EQ(ops->begin(store.session, &(struct mando_write){0}, NULL), MANDO_OK);
        CHECK_EQ(runs_stream(1, NOON, &stream), MANDO_OK);
        CHECK_EQ(runs_put(store.session, &stream, NULL), MANDO_OK);
        stream.release(&stream);
        CHECK_EQ(ops->commit(store.session, &written, NULL), MANDO_OK);
        close_store(&store);
        loosen("run");
        run_sql(CHANGES[i]);
        CHECK_EQ(open_as(&store, false, false), MANDO_OK);
        struct ArrowArray batch = {0};
        CHECK_EQ(
            ops->records_scan(store.session, mando_record_kind_find("run"), NULL, 0, &stream, NULL),
            MANDO_OK);
        CHECK(stream.get_next(&stream, &batch) != 0);
        CHECK(strstr(stream.get_last_error(&stream), "no record"));
        stream.release(&stream);
        close_store(&store);
        remove_files();
    }
}

/* Prints what a migration would have to say where a column differs. */
static void check_column(sqlite3_stmt *row, const struct mando_record_kind *kind,
                         const struct mando_column *column)
{
    static const char *const TYPES[] = {[MANDO_COLUMN_TEXT] = "TEXT",
                                        [MANDO_COLUMN_INTEGER] = "INTEGER",
                                        [MANDO_COLUMN_TIME] = "INTEGER"};
    bool is_same = sqlite3_step(row) == SQLITE_ROW
                   && strcmp((const char *)sqlite3_column_text(row, 1), column->name) == 0
                   && strcmp((const char *)sqlite3_column_text(row, 2), TYPES[column->type]) == 0
                   && sqlite3_column_int(row, 3) == column->is_required;
    if (!is_same)
        print_error("ALTER TABLE \"%s\" ADD COLUMN \"%s\" %s%s;\n", kind->name, column->name,
                    TYPES[column->type], column->is_required ? " NOT NULL" : "");
    CHECK(is_same);
}

TEST(the_tables_of_records_have_the_columns_of_their_lists)
{
    struct store store;
    sqlite3 *db = NULL;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    close_store(&store);
    CHECK_EQ(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; mando_record_kind_at(i); i++) {
        const struct mando_record_kind *kind = mando_record_kind_at(i);
        sqlite3_stmt *row = NULL;
        CHECK_EQ(sqlite3_prepare_v2(db, "SELECT * FROM pragma_table_info(?)", -1, &row, NULL),
                 SQLITE_OK);
        CHECK_EQ(sqlite3_bind_text(row, 1, kind->name, -1, NULL), SQLITE_OK);
        CHECK_EQ(sqlite3_step(row), SQLITE_ROW); /* change */
        CHECK_EQ(sqlite3_step(row), SQLITE_ROW); /* row */
        for (size_t column = 0; column < kind->column_count; column++)
            check_column(row, kind, &kind->columns[column]);
        CHECK_EQ(sqlite3_step(row), SQLITE_DONE);
        (void)sqlite3_finalize(row);
    }
    (void)sqlite3_close(db);
    remove_files();
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
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    (void)snprintf(backup, sizeof backup, "%s.moved", path);
    CHECK_EQ(mando_sqlite_backup(store.session, backup, &store.error), MANDO_OK);
    check_has_wal(backup);
    CHECK_EQ(insert(&store, 2), MANDO_OK);
    CHECK_EQ(mando_sqlite_backup(store.session, backup, &store.error), MANDO_IO);
    CHECK_TEXT(store.error.code, "io.write");
    CHECK_EQ(mando_sqlite_backup(store.session, "/none/x.db", &store.error), MANDO_IO);
    close_store(&store);
    (void)snprintf(url, sizeof url, "sqlite:%s", backup);
    CHECK_EQ(open_as(&copy, false, false), MANDO_OK);
    CHECK_EQ(read_value(&copy, &value), MANDO_OK);
    CHECK_NEAR(value, 1, 0);
    CHECK_EQ(insert(&copy, 3), MANDO_OK);
    close_store(&copy);
    remove_file(".moved-wal");
    remove_file(".moved-shm");
    remove_files();
}
