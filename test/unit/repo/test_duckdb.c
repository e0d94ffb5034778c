/* What only a DuckDB file can meet, and its quirks. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case_count.h"
#include "file.h"
#include "mando/codec.h"
#include "repo/duckdb.h"

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

static const char *const ENDINGS[] = {".wal", ".lock", ".link", NULL};

static const char *const DAMAGES[] = {
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
    "INSERT INTO series_value FROM series_value",
    NULL};

static void take_cell(const struct duck_library *duck, duckdb_result result, char *cell_out,
                      size_t size)
{
    struct duck_cursor cursor = {0};
    size_t length;
    duckdb_data_chunk chunk = duck->fetch_chunk(result);
    if (!chunk)
        return;
    cursor.data[0] = duck->vector_get_data(duck->data_chunk_get_vector(chunk, 0));
    const char *text = duck_text(&cursor, 0, &length);
    (void)snprintf(cell_out, size, "%.*s", (int)length, text);
    duck->destroy_data_chunk(&chunk);
}

static bool run_sql(const char *sql, char *cell_out, size_t size)
{
    const struct duck_library *duck;
    duckdb_database db = NULL;
    duckdb_connection connection;
    char *reason = NULL;
    CHECK_EQ(duck_library_load(&duck, NULL), MANDO_OK);
    bool is_open = duck->open_ext(file_path, &db, NULL, &reason) == DuckDBSuccess;
    duck->free(reason);
    if (!is_open)
        return false;
    CHECK_EQ(duck->connect(db, &connection), DuckDBSuccess);
    duckdb_result result;
    bool is_done = duck->query(connection, sql, &result) == DuckDBSuccess;
    if (is_done)
        take_cell(duck, result, cell_out, size);
    else
        print_error("%s: %s\n", sql, duck->result_error(&result));
    duck->destroy_result(&result);
    duck->disconnect(&connection);
    duck->close(&db);
    return is_done;
}

const struct quirks QUIRKS = {.scheme = "duckdb",
                              .endings = ENDINGS,
                              .damages = DAMAGES,
                              .types = {[MANDO_COLUMN_TEXT] = "VARCHAR",
                                        [MANDO_COLUMN_INTEGER] = "BIGINT",
                                        [MANDO_COLUMN_TIME] = "TIMESTAMP"},
                              .run_sql = run_sql};

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

/* What a process of its own answers: 0 where it could open the file, 1 where it was busy and said by whom. */
static int open_elsewhere(void)
{
    char process[24];
    (void)snprintf(process, sizeof process, "(%ld)", (long)getpid());
    pid_t child = fork();
    if (child == 0) {
        struct store store;
        enum mando_status status = store_open(&store, false, false);
        bool is_told = status == MANDO_BUSY && strcmp(store.error.code, "db.busy") == 0
                       && strstr(store.error.message, file_path)
                       && strstr(store.error.message, process);
        if (!status)
            store_close(&store);
        _exit(!status ? 0 : is_told ? 1 : 2);
    }
    int ended = -1;
    CHECK_EQ(waitpid(child, &ended, 0), child);
    CHECK(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

TEST(a_second_process_is_told_who_has_the_file)
{
    file_new();
    for (uint64_t i = case_count_of_faults(2); i > 0; i--) {
        struct store store;
        CHECK_EQ(store_open(&store, true, false), MANDO_OK);
        CHECK_EQ(open_elsewhere(), 1);
        store_close(&store);
        CHECK_EQ(open_elsewhere(), 0);
    }
    file_remove_all();
}

/* DuckDB's own lock would be lost with the second handle; another program tries, with no lock of ours. */
TEST(two_repositories_of_a_process_share_a_file_under_any_name_and_one_keeps_it)
{
    struct store store, other;
    double value = 0;
    char name[96], other_url[128], cell[8];
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    (void)snprintf(name, sizeof name, "%s.link", file_path);
    CHECK_EQ(symlink(file_path, name), 0);
    (void)snprintf(other_url, sizeof other_url, "duckdb:%s", name);
    CHECK_EQ(store_open_at(other_url, &other, false, false), MANDO_OK);
    CHECK_EQ(store_insert(&other, 7), MANDO_OK);
    CHECK_EQ(store_read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 7, 0);
    store_close(&other);
    CHECK_EQ(open_elsewhere(), 1);
    pid_t child = fork();
    if (child == 0)
        _exit(run_sql("SELECT 'x'", cell, sizeof cell) ? 0 : 1);
    int ended = -1;
    CHECK_EQ(waitpid(child, &ended, 0), child);
    CHECK_EQ(WEXITSTATUS(ended), 1);
    CHECK_EQ(store_insert(&store, 8), MANDO_OK);
    store_close(&store);
    file_remove_all();
}

static void meet_lock(void)
{
    struct store store;
    int ready[2], done[2], ended;
    char byte = 0;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    store_close(&store);
    CHECK_EQ(pipe(ready), 0);
    CHECK_EQ(pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        const struct duck_library *duck;
        duckdb_database db = NULL;
        (void)duck_library_load(&duck, NULL);
        bool is_open = duck->open_ext(file_path, &db, NULL, NULL) == DuckDBSuccess;
        (void)!write(ready[1], "x", 1);
        (void)!read(done[0], &byte, 1);
        _exit(is_open ? 0 : 1);
    }
    CHECK_EQ(read(ready[0], &byte, 1), 1);
    CHECK_EQ(store_open(&store, true, false), MANDO_BUSY);
    CHECK_TEXT(store.error.code, "db.busy");
    CHECK_EQ(write(done[1], "x", 1), 1);
    CHECK_EQ(waitpid(child, &ended, 0), child);
    CHECK_EQ(ended, 0);
    for (int i = 0; i < 2; i++) {
        (void)close(ready[i]);
        (void)close(done[i]);
    }
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    store_close(&store);
    file_remove_all();
}

TEST(a_file_that_another_program_has_is_busy)
{
    for (uint64_t i = case_count_of_faults(2); i > 0; i--)
        meet_lock();
}

TEST(a_session_of_a_file_that_was_replaced_says_so)
{
    struct store store;
    char moved[96];
    int64_t change_us;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    (void)snprintf(moved, sizeof moved, "%s.moved", file_path);
    CHECK_EQ(rename(file_path, moved), 0);
    CHECK_EQ(store.repository->ops->version(store.session, &change_us, &store.error), MANDO_IO);
    CHECK_TEXT(store.error.code, "db.io");
    store_close(&store);
    file_remove_all();
}

/* As after an error in the middle of writing its file, which it does not survive. */
TEST(a_database_that_duckdb_has_given_up_on_is_opened_anew)
{
    struct store store;
    struct mando_session *others[2];
    double value = 0;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(mando_session_take(store.repository, &others[i], NULL), MANDO_OK);
    duck_owner_break(((struct duck_session *)store.session)->owner);
    mando_session_give(others[0]);
    mando_session_give(store.session);
    CHECK_EQ(mando_session_take(store.repository, &store.session, &store.error), MANDO_IO);
    CHECK_TEXT(store.error.code, "db.io");
    mando_session_give(others[1]);
    CHECK_EQ(mando_session_take(store.repository, &store.session, NULL), MANDO_OK);
    CHECK_EQ(store_read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 1, 0);
    CHECK_EQ(store_insert(&store, 2), MANDO_OK);
    store_close(&store);
    file_remove_all();
}

/* Seconds from one on, each with its number as its value. */
static enum mando_status put_seconds(struct store *store, int64_t first, size_t count)
{
    static const struct mando_point POINT = {.id = ID, .type = MANDO_SERIES, .width = 1};
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
    enum mando_status status = store_put(store, &POINT, &rows);
    free(starts);
    free(values);
    return status;
}

static void check_seconds(struct store *store, int64_t first, int64_t end)
{
    const struct mando_scan scan = {.ids = (const char *const[]){ID},
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
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
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
    static const struct mando_point POINT = {.id = ID, .type = MANDO_SERIES, .width = 1};
    const struct mando_rows rows = {.count = 1,
                                    .type = MANDO_SERIES,
                                    .width = 1,
                                    .valid_start_us = &start_us,
                                    .valid_end_us = &end_us,
                                    .value = &value};
    CHECK_EQ(store_put(&store, &POINT, &rows), MANDO_INVALID);
    CHECK_TEXT(store.error.code, "values.overlap");
    /* Far behind a gap it does not. */
    CHECK_EQ(put_seconds(&store, 10000000, 1), MANDO_OK);
    check_seconds(&store, 19000, 20000);
    store_close(&store);
    file_remove_all();
}

/* A row that is stored after a pause, by a thread with a session of its own. */
struct late {
    struct store store;
    int64_t second, pause_us;
    enum mando_status status;
};

static void *store_late(void *context)
{
    struct late *late = context;
    struct timespec pause = {.tv_nsec = late->pause_us * 1000};
    (void)nanosleep(&pause, NULL);
    late->status = put_seconds(&late->store, late->second, 1);
    return NULL;
}

/* All seconds but perhaps one of those before `end`, in order. */
static void check_seconds_but(struct store *store, int64_t left_out, int64_t end)
{
    const struct mando_scan whole = {.ids = (const char *const[]){ID},
                                     .id_count = 1,
                                     .from_us = INT64_MIN,
                                     .to_us = INT64_MAX,
                                     .as_of = {MANDO_FOREVER, MANDO_FOREVER}};
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    int64_t next = 0;
    CHECK_EQ(store->repository->ops->values_scan(store->session, &whole, &stream, NULL), MANDO_OK);
    do {
        CHECK_EQ(mando_rows_next(&stream, &rows, &store->error), MANDO_OK);
        for (size_t i = 0; i < rows.count; i++, next++) {
            next += next == left_out && rows.value[i] > (double)next;
            CHECK_NEAR(rows.value[i], (double)next, 0);
        }
    } while (rows.count);
    CHECK_EQ(next, end);
    stream.release(&stream);
}

/* Whether it is in order is asked first: the row that breaks it may come before it is read. */
TEST(a_long_series_is_read_in_order_while_its_first_row_out_of_order_is_stored)
{
    enum { SECONDS = 200000, LATE = 1000, PAUSES = 16 };
    for (uint64_t i = 0; i < case_count_of_faults(PAUSES); i++) {
        struct store store;
        struct late late = {.second = LATE, .pause_us = (int64_t)(i % PAUSES) * 250};
        pthread_t thread;
        file_new();
        CHECK_EQ(store_open(&store, true, false), MANDO_OK);
        CHECK_EQ(put_seconds(&store, 0, LATE), MANDO_OK);
        CHECK_EQ(put_seconds(&store, LATE + 1, SECONDS - LATE - 1), MANDO_OK);
        late.store.repository = store.repository;
        CHECK_EQ(mando_session_take(store.repository, &late.store.session, NULL), MANDO_OK);
        CHECK_EQ(pthread_create(&thread, NULL, store_late, &late), 0);
        check_seconds_but(&store, LATE, SECONDS);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(late.status, MANDO_OK);
        mando_session_give(late.store.session);
        check_seconds(&store, 0, SECONDS);
        store_close(&store);
        file_remove_all();
    }
}

static enum mando_status note_change(void *last_us, const struct mando_change *change)
{
    *(int64_t *)last_us = change->change_us;
    return MANDO_OK;
}

static int64_t newest_in_catalog(struct store *store)
{
    const struct mando_as_of everything = {MANDO_FOREVER, MANDO_FOREVER};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    CHECK_EQ(store->repository->ops->points_find(store->session, "**", everything, &stream, NULL),
             MANDO_OK);
    CHECK_EQ(stream.get_next(&stream, &batch), 0);
    const struct ArrowArray *changed = batch.children[batch.n_children - 1];
    int64_t change_us = ((const int64_t *)changed->buffers[1])[batch.length - 1];
    batch.release(&batch);
    stream.release(&stream);
    return change_us;
}

static void *scan_changes(void *context)
{
    static const struct mando_change_range ALL = {INT64_MIN, INT64_MAX};
    struct store *store = context;
    int64_t last_us = 0, newest_us = 0;
    const struct mando_repository_ops *ops = store->repository->ops;
    CHECK_EQ(ops->changes_scan(store->session, &ALL, note_change, &last_us, NULL), MANDO_OK);
    CHECK_EQ(ops->version(store->session, &newest_us, NULL), MANDO_OK);
    CHECK_EQ(last_us, newest_us);
    return NULL;
}

/* As between the two: only changes are told, when it is the newest. */
TEST(what_is_committed_but_is_not_yet_the_newest_change_is_not_shown)
{
    static const struct mando_point POINT = {.id = ID "/Late", .type = MANDO_SERIES, .width = 1};
    struct store store;
    pthread_t thread;
    double value = 0;
    struct timespec pause = {.tv_nsec = 20000000};
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    struct duck_owner *owner = ((struct duck_session *)store.session)->owner;
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    int64_t before_us = owner->newest_us;
    CHECK_EQ(store_insert(&store, 2), MANDO_OK);
    CHECK_EQ(store_put(&store, &POINT, &(struct mando_rows){.type = MANDO_SERIES, .width = 1}),
             MANDO_OK);
    int64_t newest_us = owner->newest_us;
    CHECK_EQ(newest_in_catalog(&store), newest_us);
    owner->newest_us = before_us;
    CHECK_EQ(store_read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 1, 0);
    CHECK_EQ(newest_in_catalog(&store), before_us);
    CHECK_EQ(pthread_mutex_lock(&owner->committing), 0);
    CHECK_EQ(pthread_create(&thread, NULL, scan_changes, &store), 0);
    (void)nanosleep(&pause, NULL);
    (void)pthread_mutex_lock(&owner->mutex);
    owner->newest_us = newest_us;
    (void)pthread_mutex_unlock(&owner->mutex);
    CHECK_EQ(pthread_mutex_unlock(&owner->committing), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    store_close(&store);
    file_remove_all();
}

TEST(a_long_log_is_written_into_the_file)
{
    struct store store;
    struct stat info;
    char log[96];
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    (void)snprintf(log, sizeof log, "%s.wal", file_path);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    CHECK_EQ(stat(log, &info), 0);
    size_t rows = 100000;
    int64_t *starts = malloc(rows * sizeof *starts);
    double *values = malloc(rows * sizeof *values);
    static const struct mando_point POINT = {.id = ID, .type = MANDO_SERIES, .width = 1};
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
        CHECK_EQ(store_put(&store, &POINT, &many), MANDO_OK);
    }
    CHECK(stat(log, &info) != 0 || info.st_size < 16 << 20);
    free(starts);
    free(values);
    store_close(&store);
    file_remove_all();
}

/* What a process leaves that is killed while DuckDB makes the file. */
TEST(a_file_whose_making_was_cut_short_is_made_anew)
{
    char bytes[12287];
    struct store store;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    store_close(&store);
    FILE *file = fopen(file_path, "rb");
    CHECK(file && fread(bytes, 1, sizeof bytes, file) == sizeof bytes);
    (void)fclose(file);
    for (size_t length = 0; length < sizeof bytes; length += 4096) {
        file_remove_all();
        file_new();
        file = fopen(file_path, "wb");
        CHECK(file && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
        CHECK_EQ(store_open(&store, false, false), MANDO_NOT_FOUND);
        CHECK_TEXT(store.error.code, "db.not_found");
        CHECK_EQ(store_open(&store, true, false), MANDO_OK);
        CHECK_EQ(store_insert(&store, 5), MANDO_OK);
        store_close(&store);
    }
    file_remove_all();
}

TEST(a_file_that_may_not_be_written_is_denied)
{
    struct store store;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    store_close(&store);
    CHECK_EQ(chmod(file_path, 0444), 0);
    file_remove(".lock");
    bool is_root = geteuid() == 0;
    if (is_root)
        CHECK_EQ(seteuid(65534), 0); /* for root every file may be written */
    CHECK_EQ(store_open(&store, false, false), MANDO_DENIED);
    CHECK_TEXT(store.error.code, "db.denied");
    if (is_root)
        CHECK_EQ(seteuid(0), 0);
    file_remove_all();
}
#endif
