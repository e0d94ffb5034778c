/* bench_postgres insert|bulk|retrieve FOLDER PRICES WAY...: values into PostgreSQL and out of it, by "service"
 * and by "bare", libpq alone: a binary COPY into the same table, a binary read of the same rows. The server is
 * the program's own and syncs each commit. insert stores each instance of PRICES, which follows the one
 * before in time, in a transaction of its own; bulk each as a new data point; retrieve reads each ROUNDS times.
 * Lines as those of bench_store.c.
 * bench_postgres serve: a server for another program: prints the URL of a schema and stops at the end of
 * its standard input. bench_postgres --versions: of PostgreSQL. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/stream.h"
#include "bench.h"
#include "instances.h"
#include "mando/rows.h"
#include "mando/service.h"
#include "postgres_server.h"

#define ROUNDS 9
#define STEP_US INT64_C(900000000)
#define START_US INT64_C(1577833200000000) /* 2020 begins in Berlin */
#define KNOWN_US INT64_C(1577800000000000)
#define EPOCH_US INT64_C(946684800000000) /* from which the server counts */
#define PRIME 1000003
#define CHANGE 2 /* the place of the change time in SELECT */
#define DAYS_OF_A_MONTH 28
#define ROW_BYTES (2 + 5 * 12 + 5 + 12)
#define COPY_BYTES 65536

static const char COPY[] = "COPY value (point, valid_start, knowledge, change, valid_end, deleted,"
                           " number) FROM STDIN (FORMAT binary)";
static const char SELECT[] = "SELECT valid_start, knowledge, change, valid_end, number, deleted"
                             " FROM value WHERE point = $1 AND valid_start >= $2"
                             " AND valid_start < $3 ORDER BY valid_start, knowledge, change";

struct store {
    char url[256];
    int64_t now_us;
    struct mando_service *service;
    PGconn *connection;
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
    (void)fprintf(stderr, "bench_postgres: %s\n", what);
    exit(1);
}

static void check(enum mando_status status, const struct mando_error *error)
{
    if (status)
        fail(error->message);
}

static void check_result(const struct store *store, PGresult *result, ExecStatusType expected)
{
    if (PQresultStatus(result) != expected)
        fail(PQerrorMessage(store->connection));
    PQclear(result);
}

static void execute(const struct store *store, const char *sql)
{
    check_result(store, PQexec(store->connection, sql), PGRES_COMMAND_OK);
}

/* Each run stores the same at the same times. */
static int64_t tick_us(void *clock)
{
    int64_t *now_us = clock;
    return *now_us += 1000000;
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
    check(mando_service_configure(store->service, &point, 1, NULL, NULL, &error), &error);
}

/* As the service's connections are set. */
static void open_store(struct store *store, const char *schema)
{
    struct mando_service_options options = {
        .author = "bench", .now_us = tick_us, .clock = &store->now_us, .may_create = 1};
    struct mando_error error;
    char url[256], sql[128];
    store->now_us = START_US;
    postgres_server_url(schema, "", store->url, sizeof store->url);
    check(mando_service_open(store->url, &options, &store->service, &error), &error);
    (void)snprintf(url, sizeof url, "postgres://mando@/postgres?host=%s", postgres_server_folder());
    store->connection = PQconnectdb(url);
    (void)snprintf(sql, sizeof sql, "SET search_path TO %s; SET jit = off", schema);
    execute(store, sql);
    check_result(store, PQprepare(store->connection, "read", SELECT, 0, NULL), PGRES_COMMAND_OK);
}

static void close_store(struct store *store)
{
    PQfinish(store->connection);
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
    check(mando_service_insert(store->service, batch->id, &stream, &write, &written, &error),
          &error);
    mando_arrow_stream_release(&stream);
    if (written.inserted != batch->count)
        fail("the service has stored other rows");
}

static char *put_64(char *out, uint64_t value)
{
    static const char LENGTH[4] = {0, 0, 0, 8};
    value = __builtin_bswap64(value);
    memcpy(out, LENGTH, 4);
    memcpy(out + 4, &value, 8);
    return out + 12;
}

static void put_row(char *out, const struct batch *batch, size_t i)
{
    static const char DELETED[5] = {0, 0, 0, 1, 0};
    uint64_t bits;
    memcpy(&bits, &batch->value[i], sizeof bits);
    out[0] = 0;
    out[1] = 7;
    out = put_64(out + 2, (uint64_t)batch->key);
    out = put_64(out, (uint64_t)(batch->start_us[i] - EPOCH_US));
    out = put_64(out, (uint64_t)(KNOWN_US - EPOCH_US));
    out = put_64(out, (uint64_t)(batch->to_us - EPOCH_US));
    out = put_64(out, (uint64_t)(batch->end_us[i] - EPOCH_US));
    memcpy(out, DELETED, sizeof DELETED);
    (void)put_64(out + sizeof DELETED, bits);
}

static void insert_bare(struct store *store, const struct batch *batch)
{
    static const char HEADER[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    char bytes[COPY_BYTES];
    size_t length = sizeof HEADER;
    PGconn *connection = store->connection;
    memcpy(bytes, HEADER, sizeof HEADER);
    execute(store, "BEGIN");
    check_result(store, PQexec(connection, COPY), PGRES_COPY_IN);
    for (size_t i = 0; i < batch->count; i++) {
        put_row(bytes + length, batch, i);
        length += ROW_BYTES;
        if (length + ROW_BYTES > sizeof bytes || i + 1 == batch->count) {
            if (PQputCopyData(connection, bytes, (int)length) != 1)
                fail(PQerrorMessage(connection));
            length = 0;
        }
    }
    if (PQputCopyData(connection, "\377\377", 2) != 1 || PQputCopyEnd(connection, NULL) != 1)
        fail(PQerrorMessage(connection));
    check_result(store, PQgetResult(connection), PGRES_COMMAND_OK);
    if (PQgetResult(connection))
        fail("COPY has a second answer");
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
                           + (uint64_t)rows.change_us[i] + (uint64_t)rows.valid_end_us[i];
            total.value += mando_rows_is_present(&rows, i) ? rows.value[i] : 0;
            total.rows += mando_rows_is_deleted(&rows, i) ? 0 : 1;
        }
    } while (rows.count);
    mando_arrow_stream_release(&stream);
    return total;
}

static uint64_t get_64(const PGresult *result, int row, int column)
{
    uint64_t value;
    memcpy(&value, PQgetvalue(result, row, column), sizeof value);
    return __builtin_bswap64(value);
}

/* When a row was stored differs from way to way: of that only that it was. */
static struct total read_bare(struct store *store, const struct batch *batch, bool with_changes)
{
    char key[8], from[8], to[8];
    const char *values[3] = {key, from, to};
    const int lengths[3] = {8, 8, 8}, formats[3] = {1, 1, 1};
    struct total total = {0};
    uint64_t numbers[3] = {__builtin_bswap64((uint64_t)batch->key),
                           __builtin_bswap64((uint64_t)(batch->from_us - EPOCH_US)),
                           __builtin_bswap64((uint64_t)(batch->to_us - EPOCH_US))};
    memcpy(key, &numbers[0], 8);
    memcpy(from, &numbers[1], 8);
    memcpy(to, &numbers[2], 8);
    PGresult *result = PQexecPrepared(store->connection, "read", 3, values, lengths, formats, 1);
    for (int row = 0; row < PQntuples(result); row++) {
        for (int column = 0; column < 4; column++)
            if (column != CHANGE || with_changes)
                total.times += get_64(result, row, column) + (uint64_t)EPOCH_US;
        uint64_t bits = get_64(result, row, 4);
        double value;
        memcpy(&value, &bits, sizeof value);
        total.value += PQgetisnull(result, row, 4) ? 0 : value;
        total.rows += *PQgetvalue(result, row, 5) ? 0 : 1;
    }
    check_result(store, result, PGRES_TUPLES_OK);
    return total;
}

static struct total retrieve_bare(struct store *store, const struct batch *batch)
{
    return read_bare(store, batch, true);
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

/* In bulk each instance is a data point, else all are parts of one. */
static struct batch load(const struct instances *instances, size_t i, int64_t *times_us,
                         bool is_bulk)
{
    size_t place = is_bulk ? 0 : i;
    struct batch batch = {.count = instances->periods,
                          .key = is_bulk ? (int64_t)i + 2 : 2,
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

/* Another data point has been there before: it has the first key, and a value in each month. */
static void make_months(struct store *store, const struct instances *instances)
{
    const int64_t step_us = DAYS_OF_A_MONTH * MANDO_DAY_US;
    int64_t length_us = (int64_t)(instances->count * instances->periods) * STEP_US;
    size_t count = (size_t)(length_us / step_us) + 2;
    int64_t *times_us = calloc(2 * count, sizeof *times_us);
    double *values = bench_doubles(count);
    if (!times_us)
        fail("no memory");
    struct batch batch = {.id = "Bench/Before",
                          .count = count,
                          .start_us = times_us,
                          .end_us = times_us + count,
                          .value = values};
    for (size_t i = 0; i < count; i++) {
        batch.start_us[i] = START_US + (int64_t)i * step_us;
        batch.end_us[i] = batch.start_us[i] + STEP_US;
    }
    configure(store, batch.id);
    insert_by_service(store, &batch);
    free(times_us);
    free(values);
}

static void run_insert(const struct instances *instances, const struct way *const *ways,
                       size_t count, int64_t *times_us, bool is_bulk)
{
    struct store stores[WAYS_MAX] = {0};
    for (size_t w = 0; w < count; w++)
        open_store(&stores[w], ways[w]->name);
    for (size_t w = 0; w < count; w++) {
        make_months(&stores[w], instances);
        for (size_t i = 0; i < instances->count; i++) {
            struct batch batch = load(instances, i, times_us, is_bulk);
            if (is_bulk || i == 0)
                configure(&stores[w], batch.id);
        }
    }
    for (size_t i = 0; i < instances->count; i++) {
        struct batch batch = load(instances, i, times_us, is_bulk);
        for (size_t w = 0; w < count; w++) {
            double start_us = bench_now_us();
            ways[w]->insert(&stores[w], &batch);
            double fresh_us = bench_now_us() - start_us;
            struct total total = read_bare(&stores[w], &batch, false);
            print(i, ways[w], fresh_us, &total);
        }
    }
    for (size_t w = 0; w < count; w++)
        close_store(&stores[w]);
}

static void run_retrieve(const struct instances *instances, const struct way *const *ways,
                         size_t count, int64_t *times_us)
{
    struct store store = {0};
    open_store(&store, "retrieve");
    make_months(&store, instances);
    for (size_t i = 0; i < instances->count; i++) {
        struct batch batch = load(instances, i, times_us, false);
        if (i == 0)
            configure(&store, batch.id);
        insert_by_service(&store, &batch);
    }
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < instances->count; i++) {
            struct batch batch = load(instances, i, times_us, false);
            for (size_t w = 0; w < count; w++) {
                double start_us = bench_now_us();
                struct total total = ways[w]->retrieve(&store, &batch);
                print(i, ways[w], bench_now_us() - start_us, &total);
            }
        }
    close_store(&store);
}

/* Until whoever started it is done with it. */
static void serve(void)
{
    struct store store = {0};
    const struct instances years = {.count = 1, .periods = 10 * 35040};
    open_store(&store, "python");
    make_months(&store, &years);
    (void)printf("%s\n", store.url);
    (void)fflush(stdout);
    while (getchar() != EOF)
        ;
    close_store(&store);
}

static void run(const char *work, const struct instances *instances, const struct way *const *ways,
                size_t count)
{
    int64_t *times_us = calloc(2 * instances->periods, sizeof *times_us);
    if (!times_us)
        fail("no memory");
    postgres_server_start(true);
    if (strcmp(work, "retrieve") == 0)
        run_retrieve(instances, ways, count, times_us);
    else
        run_insert(instances, ways, count, times_us, strcmp(work, "bulk") == 0);
    free(times_us);
}

int main(int argc, char **argv)
{
    const struct way *ways[WAYS_MAX];
    size_t count = argc > 4 ? (size_t)argc - 4 : 0;
    if (argc == 2 && strcmp(argv[1], "--versions") == 0) {
        (void)printf("{\"libpq\": \"%d.%d\"}\n", PQlibVersion() / 10000, PQlibVersion() % 10000);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "serve") == 0) {
        postgres_server_start(true);
        serve();
        return 0;
    }
    if (count == 0 || count > WAYS_MAX)
        return 2;
    struct instances instances;
    instances_read(NULL, argv[3], &instances);
    for (size_t w = 0; w < count; w++)
        ways[w] = way_named(argv[4 + w]);
    run(argv[1], &instances, ways, count);
    instances_release(&instances);
    return 0;
}
