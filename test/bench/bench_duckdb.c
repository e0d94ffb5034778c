/* bench_duckdb: values.h of DuckDB; the bare way is its C interface: its appender, row by row, into a table
 * like ours; a streamed result, in order, of the same rows.
 * bench_duckdb export FOLDER PRICES service: all instances as one Parquet file in FOLDER, which is then read
 * EXPORTS times. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/stream.h"
#include "bench.h"
#include "codec/duckdb/library.h"
#include "mando/codec.h"
#include "mando/rows.h"
#include "values.h"

#define EXPORTS 3

static const char SELECT[] =
    "SELECT valid_start, knowledge, change, valid_end, value, deleted FROM series_value"
    " WHERE point = ? AND valid_start >= ? AND valid_start < ?"
    " ORDER BY valid_start, knowledge, change";

struct bare {
    const struct duck_library *duck;
    duckdb_database db;
    duckdb_connection connection;
};

static void execute(const struct bare *bare, const char *sql)
{
    duckdb_result result;
    if (bare->duck->query(bare->connection, sql, &result) != DuckDBSuccess)
        values_fail(bare->duck->result_error(&result));
    bare->duck->destroy_result(&result);
}

/* As the service opens a file. */
static struct bare *open_bare(const char *path)
{
    const struct duck_settings settings = {.path = path};
    struct bare *bare = values_new(sizeof *bare);
    struct mando_error error;
    char reason[256];
    values_check(duck_library_load(&bare->duck, &error), &error);
    if (!duck_database_open(bare->duck, &settings, &bare->db, reason)
        || bare->duck->connect(bare->db, &bare->connection) != DuckDBSuccess)
        values_fail(reason);
    return bare;
}

/* The process owns a file: two handles of one would lose DuckDB's lock. */
static void open_either(struct values_store *store, const char *folder, const char *name,
                        bool is_bare)
{
    static const char *const ENDINGS[] = {".wal", ".lock", NULL};
    char path[VALUES_URL_SIZE - 8];
    values_path(folder, name, ENDINGS, path, sizeof path);
    (void)snprintf(store->url, sizeof store->url, "duckdb:%s", path);
    values_open_service(store);
    if (!is_bare)
        return;
    mando_service_free(store->service);
    store->service = NULL;
    store->bare = open_bare(path);
}

static void close_bare(struct values_store *store)
{
    struct bare *bare = store->bare;
    bare->duck->disconnect(&bare->connection);
    bare->duck->close(&bare->db);
    free(bare);
}

static void insert_bare(struct values_store *store, const struct values_batch *batch)
{
    const struct bare *bare = store->bare;
    const struct duck_library *duck = bare->duck;
    duckdb_appender appender;
    execute(bare, "BEGIN TRANSACTION");
    if (duck->appender_create_ext(bare->connection, NULL, NULL, "series_value", &appender)
        != DuckDBSuccess)
        values_fail("there is no appender");
    for (size_t i = 0; i < batch->count; i++) {
        (void)duck->append_int64(appender, batch->key);
        (void)duck->append_timestamp(appender, (duckdb_timestamp){batch->start_us[i]});
        (void)duck->append_timestamp(appender, (duckdb_timestamp){KNOWN_US});
        (void)duck->append_timestamp(appender, (duckdb_timestamp){batch->to_us});
        (void)duck->append_timestamp(appender, (duckdb_timestamp){batch->end_us[i]});
        (void)duck->append_double(appender, batch->value[i]);
        (void)duck->append_bool(appender, false);
        if (duck->appender_end_row(appender) != DuckDBSuccess)
            values_fail("a row is refused");
    }
    if (duck->appender_destroy(&appender) != DuckDBSuccess)
        values_fail("rows are refused");
    execute(bare, "COMMIT");
}

static void add_chunk(const struct duck_library *duck, duckdb_data_chunk chunk,
                      struct values_total *total)
{
    const void *columns[6];
    for (size_t i = 0; i < 6; i++)
        columns[i] = duck->vector_get_data(duck->data_chunk_get_vector(chunk, i));
    const int64_t *start = columns[0], *known = columns[1], *change = columns[2];
    const int64_t *end = columns[3];
    const double *value = columns[4];
    const bool *deleted = columns[5];
    for (size_t i = 0; i < duck->data_chunk_get_size(chunk); i++) {
        total->times += (uint64_t)start[i] + (uint64_t)known[i] + (uint64_t)end[i];
        total->changes += (uint64_t)change[i];
        total->value += value[i];
        total->rows += deleted[i] ? 0 : 1;
    }
}

static struct values_total retrieve_bare(struct values_store *store,
                                         const struct values_batch *batch)
{
    const struct bare *bare = store->bare;
    const struct duck_library *duck = bare->duck;
    struct values_total total = {0};
    duckdb_prepared_statement statement;
    duckdb_result result;
    if (duck->prepare(bare->connection, SELECT, &statement) != DuckDBSuccess)
        values_fail(duck->prepare_error(statement));
    (void)duck->bind_int64(statement, 1, batch->key);
    (void)duck->bind_timestamp(statement, 2, (duckdb_timestamp){batch->from_us});
    (void)duck->bind_timestamp(statement, 3, (duckdb_timestamp){batch->to_us});
    if (duck->execute_prepared_streaming(statement, &result) != DuckDBSuccess)
        values_fail(duck->result_error(&result));
    duckdb_data_chunk chunk;
    while ((chunk = duck->fetch_chunk(result))) {
        add_chunk(duck, chunk, &total);
        duck->destroy_data_chunk(&chunk);
    }
    duck->destroy_result(&result);
    duck->destroy_prepare(&statement);
    return total;
}

static void write_parquet(const char *path, const struct instances *instances)
{
    static const struct mando_point POINT = {.id = "Bench/0", .type = MANDO_SERIES, .width = 1};
    const struct mando_rows_write_options options = {
        .points = &POINT, .point_count = 1, .width = 1};
    size_t count = instances->count * instances->periods;
    int64_t *times_us = values_new(2 * count * sizeof *times_us);
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
    values_check(mando_rows_stream(&rows, &stream, &error), &error);
    values_check(mando_rows_write(path, MANDO_ROWS_PARQUET, &stream, &options, &error), &error);
    mando_arrow_stream_release(&stream);
    free(times_us);
}

static struct values_total read_parquet(const char *path)
{
    const struct mando_rows_options options = {
        .id = "Bench/0", .bytes_max = UINT64_MAX, .rows_max = UINT64_MAX, .in_child = 1};
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {0};
    struct mando_error error;
    struct values_total total = {0};
    values_check(mando_rows_read_open(path, MANDO_ROWS_PARQUET, &options, &reader, &error), &error);
    do {
        values_check(mando_rows_read_next(reader, &rows, &error), &error);
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
    char path[VALUES_URL_SIZE];
    (void)snprintf(path, sizeof path, "%s/bench.parquet", folder);
    write_parquet(path, instances);
    for (size_t i = 0; i < EXPORTS; i++) {
        double start_us = bench_now_us();
        struct values_total total = read_parquet(path);
        values_print(i, "service", bench_now_us() - start_us, &total);
    }
}

static void print_versions(void)
{
    const struct duck_library *duck;
    struct mando_error error;
    values_check(duck_library_load(&duck, &error), &error);
    (void)printf("{\"duckdb\": \"%s\"}\n", duck->library_version());
}

const struct values_backend BACKEND = {.name = "bench_duckdb",
                                       .first_key = 1,
                                       .open = open_either,
                                       .close_bare = close_bare,
                                       .insert = insert_bare,
                                       .retrieve = retrieve_bare,
                                       .print_versions = print_versions};

int main(int argc, char **argv)
{
    if (argc != 5 || strcmp(argv[1], "export") != 0)
        return values_main(argc, argv);
    struct instances instances;
    instances_read(NULL, argv[3], &instances);
    run_export(argv[2], &instances);
    instances_release(&instances);
    return 0;
}
