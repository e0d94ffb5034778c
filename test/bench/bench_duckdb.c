/* bench_duckdb insert|bulk|retrieve|export FOLDER PRICES WAY...: values into a DuckDB file and out of it, by "service"
 * and by "bare", DuckDB's C interface alone with the same settings: its appender, row by row, into a table
 * like ours; a streamed result, in order, of the same rows. insert stores each instance of PRICES, which follows the one before in
 * time, in a transaction of its own; bulk each as a new data point; retrieve reads each ROUNDS times. Lines
 * as those of bench_store.c. export, by "service" alone: all instances as one Parquet file in FOLDER, which is
 * then read EXPORTS times.
 * bench_duckdb --versions: of DuckDB. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arrow/stream.h"
#include "bench.h"
#include "codec/duckdb/library.h"
#include "instances.h"
#include "mando/codec.h"
#include "mando/rows.h"
#include "mando/service.h"

#define ROUNDS 9
#define EXPORTS 3
#define STEP_US INT64_C(900000000)
#define START_US INT64_C(1577833200000000) /* 2020 begins in Berlin */
#define KNOWN_US INT64_C(1577800000000000)
#define PRIME 1000003
#define PATH_SIZE 512
static const char SELECT[] =
    "SELECT valid_start, knowledge, change, valid_end, value, deleted FROM series_value"
    " WHERE point = ? AND valid_start >= ? AND valid_start < ?"
    " ORDER BY valid_start, knowledge, change";

struct store {
    char path[PATH_SIZE];
    int64_t now_us;
    struct mando_service *service; /* NULL of the bare way */
    const struct duck_library *duck;
    duckdb_database db; /* NULL of the service */
    duckdb_connection connection;
};

/* An instance as columns. */
struct batch {
    char id[64];
    int64_t key; /* of the data point, which is the same for both ways */
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
    (void)fprintf(stderr, "bench_duckdb: %s\n", what);
    exit(1);
}

static void check(enum mando_status status, const struct mando_error *error)
{
    if (status)
        fail(error->message);
}

static void execute(const struct store *store, const char *sql)
{
    duckdb_result result;
    if (store->duck->query(store->connection, sql, &result) != DuckDBSuccess)
        fail(store->duck->result_error(&result));
    store->duck->destroy_result(&result);
}

/* Each run stores the same at the same times. */
static int64_t tick_us(void *clock)
{
    int64_t *now_us = clock;
    return *now_us += 1000000;
}

static void remove_files(const char *path)
{
    static const char *const ENDINGS[] = {"", ".wal", ".lock"};
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        char name[PATH_SIZE + 8];
        (void)snprintf(name, sizeof name, "%s%s", path, ENDINGS[i]);
        (void)unlink(name);
    }
}

static void open_service(struct store *store)
{
    struct mando_service_options options = {
        .author = "bench", .now_us = tick_us, .clock = &store->now_us, .may_create = 1};
    struct mando_error error;
    char url[PATH_SIZE + 8];
    (void)snprintf(url, sizeof url, "duckdb:%s", store->path);
    check(mando_service_open(url, &options, &store->service, &error), &error);
}

/* As the service opens a file, whose owner is the process. */
static void open_bare(struct store *store)
{
    const struct duck_settings settings = {.path = store->path};
    char reason[256];
    if (!duck_database_open(store->duck, &settings, &store->db, reason)
        || store->duck->connect(store->db, &store->connection) != DuckDBSuccess)
        fail(reason);
}

static void open_store(struct store *store, const char *folder, const char *name, bool is_bare)
{
    struct mando_error error;
    int length = snprintf(store->path, sizeof store->path, "%s/bench_%s.duckdb", folder, name);
    if (length >= (int)sizeof store->path)
        fail("the folder has too long a name");
    check(duck_library_load(&store->duck, &error), &error);
    remove_files(store->path);
    store->now_us = START_US;
    open_service(store);
    if (!is_bare)
        return;
    mando_service_free(store->service);
    store->service = NULL;
    open_bare(store);
}

static void close_store(struct store *store)
{
    mando_service_free(store->service);
    if (!store->db)
        return;
    store->duck->disconnect(&store->connection);
    store->duck->close(&store->db);
}

static void configure(struct store *store, const char *id)
{
    struct mando_point point = {.unit = "EUR/MWh",
                                .time_zone = "Europe/Berlin",
                                .type = MANDO_SERIES,
                                .aggregation = MANDO_MEAN,
                                .resolution.time_us = STEP_US,
                                .width = 1};
    struct mando_error error;
    (void)snprintf(point.id, sizeof point.id, "%s", id);
    if (store->service)
        check(mando_service_configure(store->service, &point, 1, NULL, NULL, &error), &error);
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
    check(mando_service_insert(store->service, batch->id, &stream, &write, &written, &error),
          &error);
    mando_arrow_stream_release(&stream);
    if (written.inserted != batch->count)
        fail("the service has stored other rows");
}

static void insert_bare(struct store *store, const struct batch *batch)
{
    const struct duck_library *duck = store->duck;
    duckdb_appender appender;
    execute(store, "BEGIN TRANSACTION");
    if (duck->appender_create_ext(store->connection, NULL, NULL, "series_value", &appender)
        != DuckDBSuccess)
        fail("there is no appender");
    for (size_t i = 0; i < batch->count; i++) {
        (void)duck->append_int64(appender, batch->key);
        (void)duck->append_timestamp(appender, (duckdb_timestamp){batch->start_us[i]});
        (void)duck->append_timestamp(appender, (duckdb_timestamp){KNOWN_US});
        (void)duck->append_timestamp(appender, (duckdb_timestamp){batch->to_us});
        (void)duck->append_timestamp(appender, (duckdb_timestamp){batch->end_us[i]});
        (void)duck->append_double(appender, batch->value[i]);
        (void)duck->append_bool(appender, false);
        if (duck->appender_end_row(appender) != DuckDBSuccess)
            fail("a row is refused");
    }
    if (duck->appender_destroy(&appender) != DuckDBSuccess)
        fail("rows are refused");
    execute(store, "COMMIT");
}

static struct total retrieve_by_service(struct store *store, const struct batch *batch)
{
    const char *id = batch->id;
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct ArrowArrayStream stream = {0};
    struct mando_rows rows = {0};
    struct mando_error error;
    struct total total = {0};
    query.patterns = &id;
    query.pattern_count = 1;
    query.from_us = batch->from_us;
    query.to_us = batch->to_us;
    check(mando_service_retrieve(store->service, &query, NULL, &stream, &error), &error);
    do {
        check(mando_rows_next(&stream, &rows, &error), &error);
        for (size_t i = 0; i < rows.count; i++) {
            total.times += (uint64_t)rows.valid_start_us[i] + (uint64_t)rows.knowledge_us[i]
                           + (uint64_t)rows.valid_end_us[i];
            total.value += mando_rows_is_present(&rows, i) ? rows.value[i] : 0;
            total.rows += mando_rows_is_deleted(&rows, i) ? 0 : 1;
        }
    } while (rows.count);
    mando_arrow_stream_release(&stream);
    return total;
}

static void add_chunk(const struct duck_library *duck, duckdb_data_chunk chunk, struct total *total)
{
    const void *columns[6];
    for (size_t i = 0; i < 6; i++)
        columns[i] = duck->vector_get_data(duck->data_chunk_get_vector(chunk, i));
    const int64_t *start = columns[0], *known = columns[1], *end = columns[3];
    const double *value = columns[4];
    const bool *deleted = columns[5];
    for (size_t i = 0; i < duck->data_chunk_get_size(chunk); i++) {
        total->times += (uint64_t)start[i] + (uint64_t)known[i] + (uint64_t)end[i];
        total->value += value[i];
        total->rows += deleted[i] ? 0 : 1;
    }
}

static struct total retrieve_bare(struct store *store, const struct batch *batch)
{
    const struct duck_library *duck = store->duck;
    struct total total = {0};
    duckdb_prepared_statement statement;
    duckdb_result result;
    if (duck->prepare(store->connection, SELECT, &statement) != DuckDBSuccess)
        fail(duck->prepare_error(statement));
    (void)duck->bind_int64(statement, 1, batch->key);
    (void)duck->bind_timestamp(statement, 2, (duckdb_timestamp){batch->from_us});
    (void)duck->bind_timestamp(statement, 3, (duckdb_timestamp){batch->to_us});
    if (duck->execute_prepared_streaming(statement, &result) != DuckDBSuccess)
        fail(duck->result_error(&result));
    duckdb_data_chunk chunk;
    while ((chunk = duck->fetch_chunk(result))) {
        add_chunk(duck, chunk, &total);
        duck->destroy_data_chunk(&chunk);
    }
    duck->destroy_result(&result);
    duck->destroy_prepare(&statement);
    return total;
}

static const struct way {
    const char *name;
    void (*insert)(struct store *store, const struct batch *batch);
    struct total (*retrieve)(struct store *store, const struct batch *batch);
    bool is_bare;
} WAYS[] = {{"service", insert_by_service, retrieve_by_service, false},
            {"bare", insert_bare, retrieve_bare, true}};

#define WAYS_MAX (sizeof WAYS / sizeof *WAYS)

static const struct way *way_named(const char *name)
{
    for (size_t i = 0; i < WAYS_MAX; i++)
        if (strcmp(WAYS[i].name, name) == 0)
            return &WAYS[i];
    fail("a way is service or bare");
    return NULL;
}

/* In bulk each instance is a data point, else all are parts of one. */
static struct batch load(const struct instances *instances, size_t i, int64_t *times_us,
                         bool is_bulk)
{
    size_t place = is_bulk ? 0 : i;
    struct batch batch = {.count = instances->periods,
                          .key = is_bulk ? (int64_t)i + 1 : 1,
                          .from_us = START_US + (int64_t)(place * instances->periods) * STEP_US,
                          .start_us = times_us,
                          .end_us = times_us + instances->periods,
                          .value = instances->prices + i * instances->periods};
    (void)snprintf(batch.id, sizeof batch.id, "Bench/%zu", is_bulk ? i : 0);
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

static void configure_all(struct store *store, const struct instances *instances, int64_t *times_us,
                          bool is_bulk)
{
    for (size_t i = 0; i < (is_bulk ? instances->count : 1); i++) {
        struct batch batch = load(instances, i, times_us, is_bulk);
        configure(store, batch.id);
    }
}

static void run_insert(const char *folder, const struct instances *instances,
                       const struct way *const *ways, size_t count, int64_t *times_us, bool is_bulk)
{
    struct store stores[WAYS_MAX] = {0};
    for (size_t w = 0; w < count; w++) {
        open_store(&stores[w], folder, ways[w]->name, ways[w]->is_bare);
        configure_all(&stores[w], instances, times_us, is_bulk);
    }
    for (size_t i = 0; i < instances->count; i++) {
        struct batch batch = load(instances, i, times_us, is_bulk);
        for (size_t w = 0; w < count; w++) {
            double start_us = bench_now_us();
            ways[w]->insert(&stores[w], &batch);
            double fresh_us = bench_now_us() - start_us;
            struct total total = ways[w]->retrieve(&stores[w], &batch);
            print(i, ways[w], fresh_us, &total);
        }
    }
    for (size_t w = 0; w < count; w++)
        close_store(&stores[w]);
}

/* A file for each way: two handles of one would lose DuckDB's lock. */
static void run_retrieve(const char *folder, const struct instances *instances,
                         const struct way *const *ways, size_t count, int64_t *times_us)
{
    struct store stores[WAYS_MAX] = {0};
    for (size_t w = 0; w < count; w++) {
        open_store(&stores[w], folder, ways[w]->name, ways[w]->is_bare);
        configure_all(&stores[w], instances, times_us, false);
        for (size_t i = 0; i < instances->count; i++) {
            struct batch batch = load(instances, i, times_us, false);
            ways[w]->insert(&stores[w], &batch);
        }
    }
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < instances->count; i++) {
            struct batch batch = load(instances, i, times_us, false);
            for (size_t w = 0; w < count; w++) {
                double start_us = bench_now_us();
                struct total total = ways[w]->retrieve(&stores[w], &batch);
                print(i, ways[w], bench_now_us() - start_us, &total);
            }
        }
    for (size_t w = 0; w < count; w++)
        close_store(&stores[w]);
}

static void write_parquet(const char *path, const struct instances *instances)
{
    static const struct mando_point POINT = {.id = "Bench/0", .type = MANDO_SERIES, .width = 1};
    const struct mando_rows_write_options options = {
        .points = &POINT, .point_count = 1, .width = 1};
    size_t count = instances->count * instances->periods;
    int64_t *times_us = calloc(2 * count, sizeof *times_us);
    if (!times_us)
        fail("no memory");
    for (size_t i = 0; i < count; i++) {
        times_us[i] = START_US + (int64_t)i * STEP_US;
        times_us[count + i] = times_us[i] + STEP_US;
    }
    const struct mando_rows rows = {.count = count,
                                    .type = MANDO_SERIES,
                                    .width = 1,
                                    .valid_start_us = times_us,
                                    .valid_end_us = times_us + count,
                                    .value = instances->prices};
    struct ArrowArrayStream stream;
    struct mando_error error;
    check(mando_rows_stream(&rows, &stream, &error), &error);
    check(mando_rows_write(path, MANDO_ROWS_PARQUET, &stream, &options, &error), &error);
    mando_arrow_stream_release(&stream);
    free(times_us);
}

static struct total read_parquet(const char *path)
{
    const struct mando_rows_options options = {
        .id = "Bench/0", .bytes_max = UINT64_MAX, .rows_max = UINT64_MAX};
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {0};
    struct mando_error error;
    struct total total = {0};
    check(mando_rows_read_open(path, MANDO_ROWS_PARQUET, &options, &reader, &error), &error);
    do {
        check(mando_rows_read_next(reader, &rows, &error), &error);
        for (size_t i = 0; i < rows.count; i++) {
            total.times += (uint64_t)rows.valid_start_us[i] + (uint64_t)rows.valid_end_us[i];
            total.value += rows.value[i];
        }
        total.rows += rows.count;
    } while (rows.count);
    mando_rows_read_close(reader);
    return total;
}

/* All instances in one file, which another program reads, too. */
static void run_export(const char *folder, const struct instances *instances)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/bench.parquet", folder);
    write_parquet(path, instances);
    for (size_t i = 0; i < EXPORTS; i++) {
        double start_us = bench_now_us();
        struct total total = read_parquet(path);
        print(i, &WAYS[0], bench_now_us() - start_us, &total);
    }
}

static int print_versions(void)
{
    const struct duck_library *duck;
    struct mando_error error;
    check(duck_library_load(&duck, &error), &error);
    (void)printf("{\"duckdb\": \"%s\"}\n", duck->library_version());
    return 0;
}

int main(int argc, char **argv)
{
    const struct way *ways[WAYS_MAX];
    size_t count = argc > 4 ? (size_t)argc - 4 : 0;
    if (argc == 2 && strcmp(argv[1], "--versions") == 0)
        return print_versions();
    if (count == 0 || count > WAYS_MAX)
        return 2;
    struct instances instances;
    instances_read(NULL, argv[3], &instances);
    int64_t *times_us = calloc(2 * instances.periods, sizeof *times_us);
    if (!times_us)
        fail("no memory");
    for (size_t w = 0; w < count; w++)
        ways[w] = way_named(argv[4 + w]);
    if (strcmp(argv[1], "export") == 0)
        run_export(argv[2], &instances);
    else if (strcmp(argv[1], "retrieve") == 0)
        run_retrieve(argv[2], &instances, ways, count, times_us);
    else
        run_insert(argv[2], &instances, ways, count, times_us, strcmp(argv[1], "bulk") == 0);
    free(times_us);
    instances_release(&instances);
    return 0;
}
