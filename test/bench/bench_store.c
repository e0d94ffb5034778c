/* bench_store insert|retrieve FOLDER PRICES WAY...: values into a SQLite file and out of it, by "service" and
 * by "bare", which steps one prepared statement; on the same tables with the same settings. Each instance of
 * PRICES follows the one before in time: insert stores it in a transaction of its own, into a file for each
 * way; retrieve reads it ROUNDS times out of a file that holds them all. Lines as those of
 * bench_solve.c; the answer is of all columns of all rows, and for insert read back.
 * bench_store --versions: of SQLite. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arrow/stream.h"
#include "bench.h"
#include "instances.h"
#include "mando/rows.h"
#include "mando/service.h"

#define ROUNDS 9
#define STEP_US INT64_C(900000000)
#define START_US INT64_C(1577833200000000) /* 2020 begins in Berlin */
#define KNOWN_US INT64_C(1577800000000000)
#define PRIME 1000003
#define PATH_SIZE 512
#define ID "Bench/Price"

static const char COLUMNS[] =
    "SELECT valid_start, knowledge, change, valid_end, value, deleted FROM value"
    " WHERE point = 1 AND valid_start >= ? AND valid_start < ?"
    " ORDER BY valid_start, knowledge, change";

struct store {
    char path[PATH_SIZE];
    int64_t now_us;
    struct mando_service *service;
    sqlite3 *db;
    sqlite3_stmt *put, *select;
};

/* An instance as columns. */
struct batch {
    size_t count;
    int64_t from_us, to_us;
    int64_t *start_us, *end_us;
    const double *value;
};

/* What rows come to, however they are read. */
struct total {
    uint64_t times, rows;
    double value;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_store: %s\n", what);
    exit(1);
}

static void check(enum mando_status status, const struct mando_error *error)
{
    if (status)
        fail(error->message);
}

static void check_sqlite(const struct store *store, int code)
{
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE)
        fail(sqlite3_errmsg(store->db));
}

static void remove_files(const char *path)
{
    static const char *const ENDINGS[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        char name[PATH_SIZE + 8];
        if (snprintf(name, sizeof name, "%s%s", path, ENDINGS[i]) < (int)sizeof name)
            (void)unlink(name);
    }
}

/* Each run stores the same at the same times. */
static int64_t tick_us(void *clock)
{
    int64_t *now_us = clock;
    return *now_us += 1000000;
}

/* A database with one data point. */
static void open_service(struct store *store)
{
    struct mando_service_options options = {
        .author = "bench", .now_us = tick_us, .clock = &store->now_us, .may_create = 1};
    struct mando_point point = {.id = ID,
                                .unit = "EUR/MWh",
                                .time_zone = "Europe/Berlin",
                                .type = MANDO_SERIES,
                                .aggregation = MANDO_MEAN,
                                .resolution.time_us = STEP_US,
                                .width = 1};
    char url[PATH_SIZE + 8];
    struct mando_error error;
    if (snprintf(url, sizeof url, "sqlite:%s", store->path) >= (int)sizeof url)
        fail("the folder has too long a name");
    check(mando_service_open(url, &options, &store->service, &error), &error);
    check(mando_service_configure(store->service, &point, 1, NULL, NULL, &error), &error);
}

static sqlite3_stmt *prepare(const struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    check_sqlite(
        store, sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

/* As the service opens a file. */
static void open_bare(struct store *store)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    check_sqlite(store, sqlite3_open_v2(store->path, &store->db, flags, NULL));
    check_sqlite(store, sqlite3_exec(store->db,
                                     "PRAGMA trusted_schema = OFF; PRAGMA synchronous = FULL;"
                                     "PRAGMA cache_size = -32768",
                                     NULL, NULL, NULL));
    store->put = prepare(store, "INSERT INTO value VALUES (?, ?, ?, ?, ?, ?, ?)");
    store->select = prepare(store, COLUMNS);
}

static void open_store(struct store *store, const char *folder, const char *name)
{
    int length = snprintf(store->path, sizeof store->path, "%s/bench_%s.db", folder, name);
    if (length >= (int)sizeof store->path)
        fail("the folder has too long a name");
    remove_files(store->path);
    store->now_us = START_US;
    open_service(store);
    open_bare(store);
}

static void close_store(struct store *store)
{
    (void)sqlite3_finalize(store->put);
    (void)sqlite3_finalize(store->select);
    (void)sqlite3_close(store->db);
    mando_service_free(store->service);
}

static void insert_by_service(struct store *store, const struct batch *batch)
{
    struct ArrowArrayStream stream = {0};
    struct mando_rows rows = {.count = batch->count,
                              .type = MANDO_SERIES,
                              .width = 1,
                              .valid_start_us = batch->start_us,
                              .valid_end_us = batch->end_us,
                              .value = batch->value};
    struct mando_write write = {.knowledge_us = KNOWN_US};
    struct mando_written written = {0};
    struct mando_error error;
    check(mando_rows_stream(&rows, &stream, &error), &error);
    check(mando_service_insert(store->service, ID, &stream, &write, &written, &error), &error);
    mando_arrow_stream_release(&stream);
    if (written.inserted != batch->count)
        fail("the service has stored other rows");
}

static void insert_bare(struct store *store, const struct batch *batch)
{
    sqlite3_stmt *put = store->put;
    int64_t change_us = batch->to_us;
    check_sqlite(store, sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
    for (size_t i = 0; i < batch->count; i++) {
        (void)sqlite3_bind_int64(put, 1, 1);
        (void)sqlite3_bind_int64(put, 2, batch->start_us[i]);
        (void)sqlite3_bind_int64(put, 3, KNOWN_US);
        (void)sqlite3_bind_int64(put, 4, change_us);
        (void)sqlite3_bind_int64(put, 5, batch->end_us[i]);
        (void)sqlite3_bind_double(put, 6, batch->value[i]);
        (void)sqlite3_bind_int64(put, 7, 0);
        check_sqlite(store, sqlite3_step(put));
        (void)sqlite3_reset(put);
    }
    check_sqlite(store, sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL));
}

static struct total retrieve_by_service(struct store *store, const struct batch *batch)
{
    static const char *const IDS[] = {ID};
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct ArrowArrayStream stream = {0};
    struct mando_rows rows = {0};
    struct mando_error error;
    struct total total = {0};
    query.patterns = IDS;
    query.pattern_count = 1;
    query.from_us = batch->from_us;
    query.to_us = batch->to_us;
    check(mando_service_retrieve(store->service, &query, NULL, &stream, &error), &error);
    do {
        check(mando_rows_next(&stream, &rows, &error), &error);
        for (size_t i = 0; i < rows.count; i++) {
            total.times += (uint64_t)rows.valid_start_us[i] + (uint64_t)rows.knowledge_us[i]
                           + (uint64_t)rows.change_us[i] + (uint64_t)rows.valid_end_us[i];
            total.value += mando_rows_is_present(&rows, i) ? rows.value[i] : 0;
            total.rows += mando_rows_is_deleted(&rows, i) ? 0 : 1;
        }
    } while (rows.count);
    mando_arrow_stream_release(&stream);
    return total;
}

static struct total retrieve_bare(struct store *store, const struct batch *batch)
{
    sqlite3_stmt *select = store->select;
    struct total total = {0};
    int code;
    (void)sqlite3_bind_int64(select, 1, batch->from_us);
    (void)sqlite3_bind_int64(select, 2, batch->to_us);
    while ((code = sqlite3_step(select)) == SQLITE_ROW) {
        total.times +=
            (uint64_t)sqlite3_column_int64(select, 0) + (uint64_t)sqlite3_column_int64(select, 1)
            + (uint64_t)sqlite3_column_int64(select, 2) + (uint64_t)sqlite3_column_int64(select, 3);
        total.value +=
            sqlite3_column_type(select, 4) == SQLITE_NULL ? 0 : sqlite3_column_double(select, 4);
        total.rows += sqlite3_column_int(select, 5) ? 0 : 1;
    }
    check_sqlite(store, code);
    (void)sqlite3_reset(select);
    return total;
}

static const struct way {
    const char *name;
    void (*insert)(struct store *store, const struct batch *batch);
    struct total (*retrieve)(struct store *store, const struct batch *batch);
} WAYS[] = {{"service", insert_by_service, retrieve_by_service},
            {"bare", insert_bare, retrieve_bare}};

#define WAYS_MAX (sizeof WAYS / sizeof *WAYS)

static const struct way *way_named(const char *name)
{
    for (size_t i = 0; i < WAYS_MAX; i++)
        if (strcmp(WAYS[i].name, name) == 0)
            return &WAYS[i];
    fail("a way is service or bare");
    return NULL;
}

static struct batch load(const struct instances *instances, size_t i, int64_t *times_us)
{
    struct batch batch = {.count = instances->periods,
                          .from_us = START_US + (int64_t)(i * instances->periods) * STEP_US,
                          .start_us = times_us,
                          .end_us = times_us + instances->periods,
                          .value = instances->prices + i * instances->periods};
    batch.to_us = batch.from_us + (int64_t)batch.count * STEP_US;
    for (size_t k = 0; k < batch.count; k++) {
        batch.start_us[k] = batch.from_us + (int64_t)k * STEP_US;
        batch.end_us[k] = batch.start_us[k] + STEP_US;
    }
    return batch;
}

static void print(size_t instance, const struct way *way, double fresh_us,
                  const struct total *total)
{
    double answer = total->value + (double)total->rows + (double)(total->times % PRIME) / PRIME;
    (void)printf("{\"instance\": %zu, \"solver\": \"%s\", \"fresh\": %.6g, \"answer\": %.17g}\n",
                 instance, way->name, fresh_us, answer);
}

/* When a row was stored differs from way to way: of that only that it was. */
static struct total read_back(struct store *store, const struct batch *batch)
{
    struct total total = retrieve_bare(store, batch), changes = {0};
    sqlite3_stmt *select =
        prepare(store, "SELECT change FROM value WHERE valid_start >= ? AND valid_start < ?");
    (void)sqlite3_bind_int64(select, 1, batch->from_us);
    (void)sqlite3_bind_int64(select, 2, batch->to_us);
    while (sqlite3_step(select) == SQLITE_ROW)
        changes.times += (uint64_t)sqlite3_column_int64(select, 0);
    (void)sqlite3_finalize(select);
    total.times -= changes.times;
    return total;
}

static void run_insert(const char *folder, const struct instances *instances,
                       const struct way *const *ways, size_t count, int64_t *times_us)
{
    struct store stores[WAYS_MAX] = {0};
    for (size_t w = 0; w < count; w++)
        open_store(&stores[w], folder, ways[w]->name);
    for (size_t i = 0; i < instances->count; i++) {
        struct batch batch = load(instances, i, times_us);
        for (size_t w = 0; w < count; w++) {
            double start_us = bench_now_us();
            ways[w]->insert(&stores[w], &batch);
            double fresh_us = bench_now_us() - start_us;
            struct total total = read_back(&stores[w], &batch);
            print(i, ways[w], fresh_us, &total);
        }
    }
    for (size_t w = 0; w < count; w++)
        close_store(&stores[w]);
}

static void run_retrieve(const char *folder, const struct instances *instances,
                         const struct way *const *ways, size_t count, int64_t *times_us)
{
    struct store store = {0};
    open_store(&store, folder, "retrieve");
    for (size_t i = 0; i < instances->count; i++) {
        struct batch batch = load(instances, i, times_us);
        insert_by_service(&store, &batch);
    }
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < instances->count; i++) {
            struct batch batch = load(instances, i, times_us);
            for (size_t w = 0; w < count; w++) {
                double start_us = bench_now_us();
                struct total total = ways[w]->retrieve(&store, &batch);
                print(i, ways[w], bench_now_us() - start_us, &total);
            }
        }
    close_store(&store);
}

int main(int argc, char **argv)
{
    const struct way *ways[WAYS_MAX];
    size_t count = argc > 4 ? (size_t)argc - 4 : 0;
    if (argc == 2 && strcmp(argv[1], "--versions") == 0) {
        (void)printf("{\"SQLite\": \"%s\"}\n", sqlite3_libversion());
        return 0;
    }
    if (count == 0 || count > WAYS_MAX)
        return 2;
    struct instances instances;
    instances_read(NULL, argv[3], &instances);
    int64_t *times_us = calloc(2 * instances.periods, sizeof *times_us);
    if (!times_us)
        fail("no memory");
    for (size_t w = 0; w < count; w++)
        ways[w] = way_named(argv[4 + w]);
    if (strcmp(argv[1], "insert") == 0)
        run_insert(argv[2], &instances, ways, count, times_us);
    else
        run_retrieve(argv[2], &instances, ways, count, times_us);
    free(times_us);
    instances_release(&instances);
    return 0;
}
