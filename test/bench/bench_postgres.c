/* bench_postgres: values.h of PostgreSQL; the bare way is libpq: a binary COPY into the same table, a binary
 * read of the same rows. The server is the program's own and syncs each commit; FOLDER is not used.
 * bench_postgres serve: a server for another program: prints the URL of a schema and stops at the end of
 * its standard input. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "mando/time.h"
#include "postgres_server.h"
#include "values.h"

#define EPOCH_US INT64_C(946684800000000) /* from which the server counts */
#define DAYS_OF_A_MONTH 28
#define ROW_BYTES (2 + 5 * 12 + 5 + 12)
#define COPY_BYTES 65536

static const char COPY[] = "COPY value (point, valid_start, knowledge, change, valid_end, deleted,"
                           " number) FROM STDIN (FORMAT binary)";
static const char SELECT[] = "SELECT valid_start, knowledge, change, valid_end, number, deleted"
                             " FROM value WHERE point = $1 AND valid_start >= $2"
                             " AND valid_start < $3 ORDER BY valid_start, knowledge, change";

static void check_result(PGconn *connection, PGresult *result, ExecStatusType expected)
{
    if (PQresultStatus(result) != expected)
        values_fail(PQerrorMessage(connection));
    PQclear(result);
}

static void execute(PGconn *connection, const char *sql)
{
    check_result(connection, PQexec(connection, sql), PGRES_COMMAND_OK);
}

/* As the service's connections are set. */
static void open_both(struct values_store *store, const char *folder, const char *schema,
                      bool is_bare)
{
    char url[VALUES_URL_SIZE], sql[128];
    (void)folder;
    (void)is_bare;
    postgres_server_start(true);
    postgres_server_url(schema, "", store->url, sizeof store->url);
    values_open_service(store);
    (void)snprintf(url, sizeof url, "postgres://mando@/postgres?host=%s", postgres_server_folder());
    PGconn *connection = store->bare = PQconnectdb(url);
    (void)snprintf(sql, sizeof sql, "SET search_path TO %s; SET jit = off", schema);
    execute(connection, sql);
    check_result(connection, PQprepare(connection, "read", SELECT, 0, NULL), PGRES_COMMAND_OK);
}

static void close_bare(struct values_store *store)
{
    PQfinish(store->bare);
}

static char *put_64(char *out, uint64_t value)
{
    static const char LENGTH[4] = {0, 0, 0, 8};
    value = __builtin_bswap64(value);
    memcpy(out, LENGTH, 4);
    memcpy(out + 4, &value, 8);
    return out + 12;
}

static void put_row(char *out, const struct values_batch *batch, size_t i)
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

static void insert_bare(struct values_store *store, const struct values_batch *batch)
{
    static const char HEADER[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    char bytes[COPY_BYTES];
    size_t length = sizeof HEADER;
    PGconn *connection = store->bare;
    memcpy(bytes, HEADER, sizeof HEADER);
    execute(connection, "BEGIN");
    check_result(connection, PQexec(connection, COPY), PGRES_COPY_IN);
    for (size_t i = 0; i < batch->count; i++) {
        put_row(bytes + length, batch, i);
        length += ROW_BYTES;
        if (length + ROW_BYTES > sizeof bytes || i + 1 == batch->count) {
            if (PQputCopyData(connection, bytes, (int)length) != 1)
                values_fail(PQerrorMessage(connection));
            length = 0;
        }
    }
    if (PQputCopyData(connection, "\377\377", 2) != 1 || PQputCopyEnd(connection, NULL) != 1)
        values_fail(PQerrorMessage(connection));
    check_result(connection, PQgetResult(connection), PGRES_COMMAND_OK);
    if (PQgetResult(connection))
        values_fail("COPY has a second answer");
    execute(connection, "COMMIT");
}

static uint64_t get_64(const PGresult *result, int row, int column)
{
    uint64_t value;
    memcpy(&value, PQgetvalue(result, row, column), sizeof value);
    return __builtin_bswap64(value);
}

static uint64_t get_time(const PGresult *result, int row, int column)
{
    return get_64(result, row, column) + (uint64_t)EPOCH_US;
}

static struct values_total retrieve_bare(struct values_store *store,
                                         const struct values_batch *batch)
{
    char key[8], from[8], to[8];
    const char *values[3] = {key, from, to};
    const int lengths[3] = {8, 8, 8}, formats[3] = {1, 1, 1};
    struct values_total total = {0};
    uint64_t numbers[3] = {__builtin_bswap64((uint64_t)batch->key),
                           __builtin_bswap64((uint64_t)(batch->from_us - EPOCH_US)),
                           __builtin_bswap64((uint64_t)(batch->to_us - EPOCH_US))};
    memcpy(key, &numbers[0], 8);
    memcpy(from, &numbers[1], 8);
    memcpy(to, &numbers[2], 8);
    PGconn *connection = store->bare;
    PGresult *result = PQexecPrepared(connection, "read", 3, values, lengths, formats, 1);
    for (int row = 0; row < PQntuples(result); row++) {
        total.times +=
            get_time(result, row, 0) + get_time(result, row, 1) + get_time(result, row, 3);
        total.changes += get_time(result, row, 2);
        uint64_t bits = get_64(result, row, 4);
        double value;
        memcpy(&value, &bits, sizeof value);
        total.value += PQgetisnull(result, row, 4) ? 0 : value;
        total.rows += *PQgetvalue(result, row, 5) ? 0 : 1;
    }
    check_result(connection, result, PGRES_TUPLES_OK);
    return total;
}

/* Another data point has been there before: it has the first key, and a value in each month. */
static void make_months(struct values_store *store, const struct instances *instances)
{
    const int64_t step_us = DAYS_OF_A_MONTH * MANDO_DAY_US;
    int64_t length_us = (int64_t)(instances->count * instances->periods) * STEP_US;
    size_t count = (size_t)(length_us / step_us) + 2;
    int64_t *times_us = values_new(2 * count * sizeof *times_us);
    double *values = bench_doubles(count);
    struct values_batch batch = {.id = "Bench/Before",
                                 .count = count,
                                 .start_us = times_us,
                                 .end_us = times_us + count,
                                 .value = values};
    for (size_t i = 0; i < count; i++) {
        batch.start_us[i] = START_US + (int64_t)i * step_us;
        batch.end_us[i] = batch.start_us[i] + STEP_US;
    }
    values_configure(store, batch.id);
    values_insert(store, &batch);
    free(times_us);
    free(values);
}

/* Until whoever started it is done with it. */
static void serve(void)
{
    struct values_store store = {0};
    const struct instances years = {.count = 1, .periods = 10 * 35040};
    open_both(&store, "", "python", false);
    make_months(&store, &years);
    (void)printf("%s\n", store.url);
    (void)fflush(stdout);
    while (getchar() != EOF)
        ;
    values_close(&store);
}

static void print_versions(void)
{
    (void)printf("{\"libpq\": \"%d.%d\"}\n", PQlibVersion() / 10000, PQlibVersion() % 10000);
}

const struct values_backend BACKEND = {.name = "bench_postgres",
                                       .first_key = 2,
                                       .is_shared = true,
                                       .open = open_both,
                                       .close_bare = close_bare,
                                       .prepare = make_months,
                                       .insert = insert_bare,
                                       .retrieve = retrieve_bare,
                                       .print_versions = print_versions};

int main(int argc, char **argv)
{
    if (argc != 2 || strcmp(argv[1], "serve") != 0)
        return values_main(argc, argv);
    serve();
    return 0;
}
