/* What only a DuckDB file can meet. */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "mando/codec.h"
#include "mando/rows.h"
#include "repo/duckdb.h"
#include "repo/repository.h"
#include "schema/record.h"

#ifndef MANDO_DUCKDB
TEST(a_build_without_duckdb_knows_no_such_database)
{
    struct mando_repository *repository = NULL;
    struct mando_error error;
    CHECK_EQ(mando_repository_open("duckdb:a.db", NULL, &repository, &error), MANDO_UNSUPPORTED);
    CHECK_TEXT(error.code, "db.scheme");
}
#else
#include "repo/duckdb/session.h"

#define NOON INT64_C(1764590400000000) /* 2025-12-01T12:00:00Z */

static const char *const ID = "Market/Price";
static char folder[64], path[80], url[128];

/* In a process of its own, for a process loads the library once. */
TEST(without_the_library_a_database_of_it_is_refused_with_the_way_to_get_it)
{
    pid_t child = fork();
    if (child == 0) {
        struct mando_repository *repository = NULL;
        struct mando_error error;
        (void)setenv("DUCKDB_LIB_DIR", "/nowhere", 1);
        bool is_refused =
            mando_repository_open("duckdb:a.db", NULL, &repository, &error) == MANDO_UNSUPPORTED
            && strcmp(error.code, "db.scheme") == 0 && strstr(error.message, "/nowhere")
            && strstr(error.message, "scripts/setup") && !mando_duckdb_version();
        _exit(is_refused ? 0 : 1);
    }
    int ended = -1;
    CHECK_EQ(waitpid(child, &ended, 0), child);
    CHECK_EQ(ended, 0);
}

static void remove_file(const char *ending)
{
    char name[96];
    (void)snprintf(name, sizeof name, "%s%s", path, ending);
    (void)unlink(name);
}

static void new_file(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/mando-duckdb-XXXXXX");
    assert_non_null(mkdtemp(folder));
    CHECK_EQ(chmod(folder, 0777), 0);
    (void)snprintf(path, sizeof path, "%s/mando.db", folder);
    (void)snprintf(url, sizeof url, "duckdb:%s", path);
}

static void remove_files(void)
{
    static const char *const ENDINGS[] = {"", ".wal", ".lock", ".moved", ".moved.wal", ".link"};
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++)
        remove_file(ENDINGS[i]);
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

static enum mando_status open_url(const char *which, struct store *store, bool may_create,
                                  bool may_migrate)
{
    struct mando_repository_options options = {
        .now_us = now_us, .wait_ms = 50, .may_create = may_create, .may_migrate = may_migrate};
    *store = (struct store){0};
    CHECK_EQ(mando_repository_open(which, &options, &store->repository, &store->error), MANDO_OK);
    enum mando_status status =
        mando_session_take(store->repository, &store->session, &store->error);
    if (status) {
        mando_repository_unref(store->repository);
        *store = (struct store){.error = store->error};
    }
    return status;
}

static enum mando_status open_as(struct store *store, bool may_create, bool may_migrate)
{
    return open_url(url, store, may_create, may_migrate);
}

static void close_store(struct store *store)
{
    mando_session_give(store->session);
    mando_repository_unref(store->repository);
}

/* As another program would, which no lock of ours keeps out. */
static bool try_sql(const char *sql)
{
    const struct duck_library *duck;
    duckdb_database db = NULL;
    duckdb_connection connection;
    char *reason = NULL;
    CHECK_EQ(duck_library_load(&duck, NULL), MANDO_OK);
    bool is_open = duck->open_ext(path, &db, NULL, &reason) == DuckDBSuccess;
    duck->free(reason);
    if (!is_open)
        return false;
    CHECK_EQ(duck->connect(db, &connection), DuckDBSuccess);
    duckdb_result result;
    bool is_done = duck->query(connection, sql, &result) == DuckDBSuccess;
    if (!is_done)
        print_error("%s: %s\n", sql, duck->result_error(&result));
    duck->destroy_result(&result);
    duck->disconnect(&connection);
    duck->close(&db);
    return is_done;
}

static void run_sql(const char *sql)
{
    CHECK(try_sql(sql));
}

static enum mando_status put(struct store *store, const struct mando_point *point,
                             const struct mando_rows *rows)
{
    const struct mando_repository_ops *ops = store->repository->ops;
    const char *id = point->id;
    struct ArrowArrayStream stream;
    struct mando_written written;
    enum mando_status status = ops->begin(store->session, &(struct mando_write){0}, &store->error);
    if (status)
        return status;
    CHECK_EQ(mando_rows_stream(rows, &stream, NULL), MANDO_OK);
    status = ops->points_put(store->session, point, 1, &store->error);
    if (!status)
        status = ops->values_put(store->session, &id, 1, &stream, &store->error);
    stream.release(&stream);
    if (!status)
        return ops->commit(store->session, &written, &store->error);
    ops->rollback(store->session);
    return status;
}

static enum mando_status insert(struct store *store, double value)
{
    struct mando_point point = {.type = MANDO_SERIES, .width = 1};
    int64_t start_us = NOON;
    struct mando_rows rows = {
        .count = 1, .type = MANDO_SERIES, .width = 1, .valid_start_us = &start_us, .value = &value};
    (void)snprintf(point.id, sizeof point.id, "%s", ID);
    return put(store, &point, &rows);
}

/* Every version of a data point is read; *value is the last number. */
static enum mando_status read_all(struct store *store, const char *id, double *value)
{
    const struct mando_scan whole = {.ids = &id,
                                     .id_count = 1,
                                     .from_us = INT64_MIN,
                                     .to_us = INT64_MAX,
                                     .as_of = {MANDO_FOREVER, MANDO_FOREVER},
                                     .every_version = true};
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    enum mando_status status =
        store->repository->ops->values_scan(store->session, &whole, &stream, &store->error);
    if (status)
        return status;
    do {
        status = mando_rows_next(&stream, &rows, &store->error);
        if (!status && rows.count && rows.value)
            *value = rows.value[rows.count - 1];
    } while (!status && rows.count);
    mando_rows_release(&rows);
    stream.release(&stream);
    return status;
}

TEST(a_database_that_is_not_there_is_made_only_where_that_is_allowed)
{
    struct store store;
    double value = 0;
    new_file();
    CHECK_EQ(open_as(&store, false, true), MANDO_NOT_FOUND);
    CHECK_TEXT(store.error.code, "db.not_found");
    CHECK_EQ(access(path, F_OK), -1);
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 42), MANDO_OK);
    close_store(&store);
    CHECK_EQ(open_as(&store, false, false), MANDO_OK);
    CHECK_EQ(read_all(&store, ID, &value), MANDO_OK);
    CHECK_NEAR(value, 42, 0);
    close_store(&store);
    remove_files();
}

TEST(what_names_no_file_or_no_folder_is_refused)
{
    struct store store;
    struct mando_repository *repository = NULL;
    CHECK_EQ(mando_repository_open("duckdb:", NULL, &repository, &store.error), MANDO_INVALID);
    CHECK_TEXT(store.error.code, "db.url");
    CHECK_EQ(open_url("duckdb:/nowhere/at/all.db", &store, true, false), MANDO_NOT_FOUND);
    CHECK_TEXT(store.error.code, "db.not_found");
    new_file();
    char name[128];
    (void)snprintf(name, sizeof name, "duckdb:%s/", folder);
    CHECK_EQ(open_url(name, &store, true, false), MANDO_DENIED);
    remove_files();
}

TEST(an_older_schema_is_refused_until_it_is_migrated)
{
    struct store store;
    new_file();
    run_sql("SELECT 1");
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
    refuse_changed("INSERT INTO migration VALUES (1000, 'later', 'x', '2025-01-01')",
                   "db.new_schema");
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

/* What a process of its own answers: 0 where it could open the file, 1 where it was busy and said by whom. */
static int open_elsewhere(void)
{
    char process[24];
    (void)snprintf(process, sizeof process, "(%ld)", (long)getpid());
    pid_t child = fork();
    if (child == 0) {
        struct store store;
        enum mando_status status = open_as(&store, false, false);
        bool is_told = status == MANDO_BUSY && strcmp(store.error.code, "db.busy") == 0
                       && strstr(store.error.message, path) && strstr(store.error.message, process);
        if (!status)
            close_store(&store);
        _exit(!status ? 0 : is_told ? 1 : 2);
    }
    int ended = -1;
    CHECK_EQ(waitpid(child, &ended, 0), child);
    CHECK(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

TEST(a_second_process_is_told_who_has_the_file)
{
    struct store store;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(open_elsewhere(), 1);
    close_store(&store);
    CHECK_EQ(open_elsewhere(), 0);
    remove_files();
}

/* DuckDB's own lock would be lost with the second handle; another program tries, with no lock of ours. */
TEST(two_repositories_of_a_process_share_a_file_under_any_name_and_one_keeps_it)
{
    struct store store, other;
    double value = 0;
    char name[96], other_url[128];
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    (void)snprintf(name, sizeof name, "%s.link", path);
    CHECK_EQ(symlink(path, name), 0);
    (void)snprintf(other_url, sizeof other_url, "duckdb:%s", name);
    CHECK_EQ(open_url(other_url, &other, false, false), MANDO_OK);
    CHECK_EQ(insert(&other, 7), MANDO_OK);
    CHECK_EQ(read_all(&store, ID, &value), MANDO_OK);
    CHECK_NEAR(value, 7, 0);
    close_store(&other);
    CHECK_EQ(open_elsewhere(), 1);
    pid_t child = fork();
    if (child == 0)
        _exit(try_sql("SELECT 1") ? 0 : 1);
    int ended = -1;
    CHECK_EQ(waitpid(child, &ended, 0), child);
    CHECK_EQ(WEXITSTATUS(ended), 1);
    CHECK_EQ(insert(&store, 8), MANDO_OK);
    close_store(&store);
    remove_files();
}

TEST(a_file_that_another_program_has_is_busy)
{
    struct store store;
    int ready[2], done[2], ended;
    char byte = 0;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    close_store(&store);
    CHECK_EQ(pipe(ready), 0);
    CHECK_EQ(pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        const struct duck_library *duck;
        duckdb_database db = NULL;
        (void)duck_library_load(&duck, NULL);
        bool is_open = duck->open_ext(path, &db, NULL, NULL) == DuckDBSuccess;
        (void)!write(ready[1], "x", 1);
        (void)!read(done[0], &byte, 1);
        _exit(is_open ? 0 : 1);
    }
    CHECK_EQ(read(ready[0], &byte, 1), 1);
    CHECK_EQ(open_as(&store, true, false), MANDO_BUSY);
    CHECK_TEXT(store.error.code, "db.busy");
    CHECK_EQ(write(done[1], "x", 1), 1);
    CHECK_EQ(waitpid(child, &ended, 0), child);
    CHECK_EQ(ended, 0);
    for (int i = 0; i < 2; i++) {
        (void)close(ready[i]);
        (void)close(done[i]);
    }
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    close_store(&store);
    remove_files();
}

TEST(a_session_of_a_file_that_was_replaced_says_so)
{
    struct store store;
    char moved[96];
    int64_t change_us;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    (void)snprintf(moved, sizeof moved, "%s.moved", path);
    CHECK_EQ(rename(path, moved), 0);
    CHECK_EQ(store.repository->ops->version(store.session, &change_us, &store.error), MANDO_IO);
    CHECK_TEXT(store.error.code, "db.io");
    close_store(&store);
    remove_files();
}

/* As after an error in the middle of writing its file, which it does not survive. */
TEST(a_database_that_duckdb_has_given_up_on_is_opened_anew)
{
    struct store store;
    struct mando_session *others[2];
    double value = 0;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(mando_session_take(store.repository, &others[i], NULL), MANDO_OK);
    duck_owner_break(((struct duck_session *)store.session)->owner);
    mando_session_give(others[0]);
    mando_session_give(store.session);
    CHECK_EQ(mando_session_take(store.repository, &store.session, &store.error), MANDO_IO);
    CHECK_TEXT(store.error.code, "db.io");
    mando_session_give(others[1]);
    CHECK_EQ(mando_session_take(store.repository, &store.session, NULL), MANDO_OK);
    CHECK_EQ(read_all(&store, ID, &value), MANDO_OK);
    CHECK_NEAR(value, 1, 0);
    CHECK_EQ(insert(&store, 2), MANDO_OK);
    close_store(&store);
    remove_files();
}

/* Seconds from one on, each with its number as its value. */
static enum mando_status put_seconds(struct store *store, int64_t first, size_t count)
{
    struct mando_point point = {.type = MANDO_SERIES, .width = 1};
    int64_t *starts = malloc(2 * count * sizeof *starts), *ends = starts + count;
    double *values = malloc(count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        starts[i] = NOON + (first + (int64_t)i) * MANDO_SECOND_US;
        ends[i] = starts[i] + MANDO_SECOND_US;
        values[i] = (double)(first + (int64_t)i);
    }
    const struct mando_rows rows = {.count = count,
                                    .type = MANDO_SERIES,
                                    .width = 1,
                                    .valid_start_us = starts,
                                    .valid_end_us = ends,
                                    .value = values};
    (void)snprintf(point.id, sizeof point.id, "%s", ID);
    enum mando_status status = put(store, &point, &rows);
    free(starts);
    free(values);
    return status;
}

static void check_seconds(struct store *store, int64_t first, int64_t end)
{
    const struct mando_scan scan = {.ids = &ID,
                                    .id_count = 1,
                                    .from_us = NOON + first * MANDO_SECOND_US,
                                    .to_us = NOON + end * MANDO_SECOND_US,
                                    .as_of = {MANDO_FOREVER, MANDO_FOREVER}};
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    int64_t next = first;
    CHECK_EQ(store->repository->ops->values_scan(store->session, &scan, &stream, NULL), MANDO_OK);
    do {
        CHECK_EQ(mando_rows_next(&stream, &rows, NULL), MANDO_OK);
        for (size_t i = 0; i < rows.count; i++, next++)
            CHECK_NEAR(rows.value[i], (double)next, 0);
    } while (rows.count);
    CHECK_EQ(next, end);
    stream.release(&stream);
}

/* More than a chunk holds, stored in order and not. */
TEST(many_versions_come_in_order_however_they_were_stored)
{
    struct store store;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(put_seconds(&store, 0, 5000), MANDO_OK);
    check_seconds(&store, 0, 5000);
    CHECK_EQ(put_seconds(&store, 15000, 5000), MANDO_OK);
    CHECK_EQ(put_seconds(&store, 5000, 10000), MANDO_OK);
    check_seconds(&store, 0, 20000);
    check_seconds(&store, 4000, 16000);
    check_seconds(&store, 14990, 15010);
    CHECK_EQ(put_seconds(&store, 0, 20000), MANDO_OK);
    /* Half a second before its end it overlaps, which the last of thousands tells. */
    int64_t start_us = NOON + 20000 * MANDO_SECOND_US - MANDO_SECOND_US / 2;
    int64_t end_us = start_us + MANDO_SECOND_US;
    const double value = 1;
    struct mando_point point = {.type = MANDO_SERIES, .width = 1};
    const struct mando_rows rows = {.count = 1,
                                    .type = MANDO_SERIES,
                                    .width = 1,
                                    .valid_start_us = &start_us,
                                    .valid_end_us = &end_us,
                                    .value = &value};
    (void)snprintf(point.id, sizeof point.id, "%s", ID);
    CHECK_EQ(put(&store, &point, &rows), MANDO_INVALID);
    CHECK_TEXT(store.error.code, "values.overlap");
    /* Far behind a gap it does not. */
    CHECK_EQ(put_seconds(&store, 10000000, 1), MANDO_OK);
    check_seconds(&store, 19000, 20000);
    close_store(&store);
    remove_files();
}

TEST(a_long_log_is_written_into_the_file)
{
    struct store store;
    struct stat info;
    char log[96];
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    (void)snprintf(log, sizeof log, "%s.wal", path);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    CHECK_EQ(stat(log, &info), 0);
    size_t rows = 100000;
    int64_t *starts = malloc(rows * sizeof *starts);
    double *values = malloc(rows * sizeof *values);
    struct mando_point point = {.type = MANDO_SERIES, .width = 1};
    (void)snprintf(point.id, sizeof point.id, "%s", ID);
    for (int batch = 0; batch < 4; batch++) {
        for (size_t i = 0; i < rows; i++) {
            starts[i] = NOON + batch * MANDO_DAY_US + (int64_t)i + 1;
            values[i] = (double)i;
        }
        const struct mando_rows many = {.count = rows,
                                        .type = MANDO_SERIES,
                                        .width = 1,
                                        .valid_start_us = starts,
                                        .value = values};
        CHECK_EQ(put(&store, &point, &many), MANDO_OK);
    }
    CHECK(stat(log, &info) != 0 || info.st_size < 16 << 20);
    free(starts);
    free(values);
    close_store(&store);
    remove_files();
}

TEST(a_file_that_may_not_be_written_is_denied)
{
    struct store store;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    CHECK_EQ(insert(&store, 1), MANDO_OK);
    close_store(&store);
    CHECK_EQ(chmod(path, 0444), 0);
    remove_file(".lock");
    bool is_root = geteuid() == 0;
    if (is_root)
        CHECK_EQ(seteuid(65534), 0); /* for root every file may be written */
    CHECK_EQ(open_as(&store, false, false), MANDO_DENIED);
    CHECK_TEXT(store.error.code, "db.denied");
    if (is_root)
        CHECK_EQ(seteuid(0), 0);
    remove_files();
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
    CHECK_EQ(put(&store, &matrix, &rows), MANDO_OK);
    rows.type = MANDO_DOCUMENT;
    rows.width = 1;
    rows.value = NULL;
    rows.document = (struct mando_texts){offsets, "{}"};
    CHECK_EQ(put(&store, &document, &rows), MANDO_OK);
    close_store(&store);
}

/* What is asked of a database after its rows were changed behind our back. */
static enum mando_status ask_all(struct store *store)
{
    static const char *const IDS[] = {"Market/Price", "M", "D"};
    const struct mando_as_of everything = {MANDO_FOREVER, MANDO_FOREVER};
    struct ArrowArrayStream stream;
    double value;
    enum mando_status status = store->repository->ops->points_find(store->session, "**", everything,
                                                                   &stream, &store->error);
    if (!status)
        stream.release(&stream);
    for (size_t i = 0; i < 3 && !status; i++)
        status = read_all(store, IDS[i], &value);
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
        "UPDATE point SET id = repeat('x', 300) WHERE id = 'D'",
        "UPDATE configuration SET aggregation = 7",
        "UPDATE configuration SET aggregation = -1",
        "UPDATE configuration SET unit = repeat('x', 300)",
        "UPDATE configuration SET time_zone = repeat('x', 300)",
        "UPDATE configuration SET resolution_months = -1",
        "UPDATE configuration SET resolution_days = 1::BIGINT << 31",
        "UPDATE configuration SET resolution_us = -1",
        "UPDATE series_value SET value = 'nan'",
        "UPDATE series_value SET value = 'inf'",
        "UPDATE matrix_value SET value = [1]",
        "UPDATE matrix_value SET value = [1, NULL]",
        "UPDATE matrix_value SET value = []",
        "UPDATE series_value SET valid_end = valid_start - INTERVAL 1 HOUR",
        "UPDATE series_value SET valid_end = 'infinity'",
        "UPDATE series_value SET knowledge = 'infinity'",
        "UPDATE series_value SET change = '-infinity'",
        "UPDATE series_value SET change = '2025-01-01'",
        "ALTER TABLE series_value ALTER value TYPE FLOAT",
        "ALTER TABLE matrix_value ALTER value TYPE BIGINT USING 1",
        "ALTER TABLE document_value ALTER value TYPE BLOB",
        "DROP TABLE series_value",
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

TEST(texts_of_any_kind_are_texts)
{
    static const char *const TEXTS[] = {"'; DROP TABLE point; --", "\"; SELECT 1; --", "$1 ? %s \\",
                                        "a'b''c\"d", "\xc3\xa9\xe2\x82\xac"};
    struct store store;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    const struct mando_repository_ops *ops = store.repository->ops;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        struct mando_write write = {.author = TEXTS[i], .reason = TEXTS[i]};
        struct mando_point point = {
            .type = MANDO_DOCUMENT, .width = 1, .document = TEXTS[i], .resolution = {0}};
        struct mando_written written;
        struct ArrowArrayStream stream;
        int32_t offsets[] = {0, (int32_t)strlen(TEXTS[i])};
        int64_t start_us = NOON + (int64_t)i;
        struct mando_rows rows = {.count = 1,
                                  .type = MANDO_DOCUMENT,
                                  .width = 1,
                                  .valid_start_us = &start_us,
                                  .document = {offsets, TEXTS[i]}};
        const char *id = point.id;
        (void)snprintf(point.id, sizeof point.id, "T/%zu", i);
        (void)snprintf(point.unit, sizeof point.unit, "%s", TEXTS[i]);
        CHECK_EQ(ops->begin(store.session, &write, NULL), MANDO_OK);
        CHECK_EQ(ops->points_put(store.session, &point, 1, NULL), MANDO_OK);
        CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
        CHECK_EQ(ops->values_put(store.session, &id, 1, &stream, NULL), MANDO_OK);
        stream.release(&stream);
        CHECK_EQ(ops->commit(store.session, &written, NULL), MANDO_OK);
        const struct mando_scan scan = {.ids = &id,
                                        .id_count = 1,
                                        .to_us = INT64_MAX,
                                        .as_of = {MANDO_FOREVER, MANDO_FOREVER},
                                        .every_version = true};
        struct mando_rows read = {0};
        CHECK_EQ(ops->values_scan(store.session, &scan, &stream, NULL), MANDO_OK);
        CHECK_EQ(mando_rows_next(&stream, &read, NULL), MANDO_OK);
        CHECK_EQ(read.count, 1);
        CHECK_EQ(mando_texts_length(read.document, 0), strlen(TEXTS[i]));
        CHECK(memcmp(mando_texts_at(read.document, 0), TEXTS[i], strlen(TEXTS[i])) == 0);
        CHECK(memcmp(mando_texts_at(read.author, 0), TEXTS[i], strlen(TEXTS[i])) == 0);
        mando_rows_release(&read);
        stream.release(&stream);
        CHECK_EQ(ops->points_find(store.session, TEXTS[i], scan.as_of, &stream, NULL),
                 MANDO_INVALID);
    }
    close_store(&store);
    remove_files();
}

/* The tables of records have the columns of their lists. */
TEST(tables_of_records_are_as_their_lists_say)
{
    static const char *const TYPES[] = {[MANDO_COLUMN_TEXT] = "VARCHAR",
                                        [MANDO_COLUMN_INTEGER] = "BIGINT",
                                        [MANDO_COLUMN_TIME] = "TIMESTAMP"};
    struct store store;
    const struct mando_record_kind *kind;
    new_file();
    CHECK_EQ(open_as(&store, true, false), MANDO_OK);
    close_store(&store);
    for (size_t k = 0; (kind = mando_record_kind_at(k)); k++) {
        char sql[4096];
        int length =
            snprintf(sql, sizeof sql,
                     "SELECT CASE WHEN string_agg(column_name || ' ' || data_type || ' ' || "
                     "is_nullable, ',' ORDER BY column_index) = 'change TIMESTAMP false,row BIGINT "
                     "false");
        for (size_t i = 0; i < kind->column_count; i++)
            length += snprintf(sql + length, sizeof sql - (size_t)length, ",%s %s %s",
                               kind->columns[i].name, TYPES[kind->columns[i].type],
                               kind->columns[i].is_required ? "false" : "true");
        (void)snprintf(sql + length, sizeof sql - (size_t)length,
                       "' THEN 1 ELSE error('other columns') END FROM duckdb_columns()"
                       " WHERE table_name = '%s'",
                       kind->name);
        run_sql(sql);
    }
    remove_files();
}
#endif
