/* Rows of data points in Parquet files. */
#include "mando/codec.h"

#ifndef MANDO_DUCKDB
#include "support.h"

TEST(a_build_without_duckdb_knows_no_parquet)
{
    struct mando_rows_reader *reader = NULL;
    struct mando_error error;
    CHECK_EQ(mando_rows_read_open_text("PAR1", 4, "a", MANDO_ROWS_PARQUET, NULL, &reader, &error),
             MANDO_INVALID);
    CHECK_TEXT(error.code, "io.format");
}
#else
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arrow/stream.h"
#include "base/fail.h"
#include "base/text.h"
#include "case_count.h"
#include "codec/duckdb/library.h"
#include "random.h"
#include "support.h"

#define T0 INT64_C(1764547200000000) /* 2025-12-01T00:00:00Z */
#define Q (MANDO_HOUR_US / 4)
#define MANY 200000 /* more than fits between two processes */

static const struct mando_rows_options SERIES = {.id = "a/b"};
static const struct mando_rows_options ANY = {0};

static int append(void *context, const char *bytes, size_t length)
{
    mando_text_append(context, bytes, length);
    return 0;
}

static enum mando_status write_rows(const struct mando_rows *rows,
                                    const struct mando_rows_write_options *options,
                                    struct mando_text *out, struct mando_error *error)
{
    struct ArrowArrayStream stream;
    CHECK_EQ(mando_rows_stream(rows, &stream, error), MANDO_OK);
    mando_text_init(out, SIZE_MAX);
    enum mando_status status =
        mando_rows_write_to(append, out, MANDO_ROWS_PARQUET, &stream, options, error);
    mando_arrow_stream_release(&stream);
    return status;
}

/* Reads all rows as CSV, which shows each of their parts. */
static enum mando_status read_as_csv(struct mando_rows_reader *reader,
                                     const struct mando_rows_options *options,
                                     struct mando_text *csv, struct mando_error *error)
{
    struct mando_rows rows = {0};
    enum mando_status status = MANDO_OK;
    mando_text_init(csv, SIZE_MAX);
    do {
        struct ArrowArrayStream stream;
        size_t count = 0;
        status = mando_rows_read_next(reader, &rows, error);
        const char *const *ids = mando_rows_read_ids(reader, &count);
        struct mando_point points[3] = {{.type = rows.type}};
        for (size_t i = 0; i < count; i++)
            (void)snprintf(points[i].id, sizeof points[i].id, "%s", ids[i]);
        struct mando_rows_write_options out = {.points = points,
                                               .point_count = count,
                                               .width = options->width,
                                               .labels = options->labels,
                                               .with_id = 1,
                                               .history = 1};
        if (status || rows.count == 0)
            break;
        CHECK_EQ(mando_rows_stream(&rows, &stream, error), MANDO_OK);
        CHECK_EQ(mando_rows_write_to(append, csv, MANDO_ROWS_CSV, &stream, &out, error), MANDO_OK);
        mando_arrow_stream_release(&stream);
    } while (true);
    mando_rows_read_close(reader);
    return status;
}

static enum mando_status read_once(const char *path, const void *bytes, size_t length,
                                   const struct mando_rows_options *options, struct mando_text *csv,
                                   struct mando_error *error)
{
    struct mando_rows_reader *reader = NULL;
    *csv = (struct mando_text){0};
    enum mando_status status =
        path ? mando_rows_read_open(path, MANDO_ROWS_PARQUET, options, &reader, error)
             : mando_rows_read_open_text(bytes, length, "rows.parquet", MANDO_ROWS_PARQUET, options,
                                         &reader, error);
    return status ? status : read_as_csv(reader, options, csv, error);
}

/* In this process and in a child: what comes must be the same. */
static enum mando_status read_twice(const char *path, const void *bytes, size_t length,
                                    const struct mando_rows_options *options,
                                    struct mando_text *csv, struct mando_error *error)
{
    struct mando_rows_options in_child = *options;
    struct mando_error child_error = {0};
    struct mando_text child_csv;
    in_child.in_child = 1;
    enum mando_status status = read_once(path, bytes, length, options, csv, error);
    CHECK_EQ(read_once(path, bytes, length, &in_child, &child_csv, &child_error), status);
    CHECK_EQ(child_csv.length, csv->length);
    CHECK(csv->length == 0 || memcmp(child_csv.bytes, csv->bytes, csv->length) == 0);
    if (status) {
        CHECK_TEXT(child_error.code, error->code);
        CHECK_TEXT(child_error.message, error->message);
        CHECK_TEXT(child_error.where, error->where);
        CHECK_EQ(child_error.line, error->line);
    }
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
    mando_text_release(&child_csv);
    return status;
}

static enum mando_status read_text(const void *bytes, size_t length,
                                   const struct mando_rows_options *options, struct mando_text *csv,
                                   struct mando_error *error)
{
    return read_twice(NULL, bytes, length, options, csv, error);
}

static enum mando_status read_path(const char *path, const struct mando_rows_options *options,
                                   struct mando_text *csv, struct mando_error *error)
{
    return read_twice(path, NULL, 0, options, csv, error);
}

static const int32_t POINT[3] = {0, 0, 1};
static const int64_t START[3] = {T0, T0 + Q, T0 + 1}, END[3] = {T0 + Q, T0 + 3 * Q, T0 + 1};
static const double VALUE[3] = {1.5, 0, -1e-9};
static const uint8_t PRESENT[] = {0x05}, ENDED[] = {0x03};
static const struct mando_point POINTS[2] = {{.id = "a/b", .type = MANDO_SERIES, .width = 1},
                                             {.id = "c", .type = MANDO_SERIES, .width = 1}};

static struct mando_rows series(void)
{
    return (struct mando_rows){.count = 3,
                               .type = MANDO_SERIES,
                               .width = 1,
                               .point = POINT,
                               .valid_start_us = START,
                               .valid_end_us = END,
                               .value = VALUE,
                               .present = {PRESENT, 0},
                               .ended = {ENDED, 0}};
}

TEST(rows_are_read_as_they_were_written)
{
    const struct mando_rows rows = series();
    const struct mando_rows_write_options options = {
        .points = POINTS, .point_count = 2, .width = 1, .with_id = 1};
    struct mando_text file, csv;
    struct mando_error error;
    CHECK_EQ(write_rows(&rows, &options, &file, &error), MANDO_OK);
    CHECK(memcmp(file.bytes, "PAR1", 4) == 0);
    CHECK_EQ(read_text(file.bytes, file.length, &ANY, &csv, &error), MANDO_OK);
    CHECK_TEXT(csv.bytes, "id,start,end,known,changed,value,author,deleted\n"
                          "a/b,2025-12-01T00:00:00Z,2025-12-01T00:15:00Z,,,1.5,,false\n"
                          "a/b,2025-12-01T00:15:00Z,2025-12-01T00:45:00Z,,,,,false\n"
                          "c,2025-12-01T00:00:00.000001Z,,,,-1e-9,,false\n");
    mando_text_release(&file);
    mando_text_release(&csv);
}

TEST(a_matrix_and_documents_are_read_as_they_were_written)
{
    static const char *const LABELS[] = {"low", "the \"high\" one"};
    static const double numbers[] = {1, 2, 3, NAN};
    static const int32_t offsets[] = {0, 2, 17};
    static const struct mando_point document = {.id = "d", .type = MANDO_DOCUMENT, .width = 1};
    struct mando_rows rows = {
        .count = 2, .type = MANDO_MATRIX, .width = 2, .valid_start_us = START, .value = numbers};
    const struct mando_rows_write_options matrix = {
        .points = POINTS, .point_count = 1, .width = 2, .labels = LABELS};
    const struct mando_rows_options matrix_in = {
        .id = "m", .type = MANDO_MATRIX, .width = 2, .labels = LABELS};
    struct mando_text file, csv;
    struct mando_error error;
    rows.number_present.bytes = (const uint8_t[]){0x07};
    CHECK_EQ(write_rows(&rows, &matrix, &file, &error), MANDO_OK);
    CHECK_EQ(read_text(file.bytes, file.length, &matrix_in, &csv, &error), MANDO_OK);
    CHECK_TEXT(csv.bytes, "id,start,end,known,changed,low,\"the \"\"high\"\" one\",author,deleted\n"
                          "m,2025-12-01T00:00:00Z,,,,1,2,,false\n"
                          "m,2025-12-01T00:15:00Z,,,,3,,,false\n");
    mando_text_release(&file);
    mando_text_release(&csv);
    const struct mando_rows_write_options documents = {
        .points = &document, .point_count = 1, .width = 1};
    const struct mando_rows_options documents_in = {.id = "d", .type = MANDO_DOCUMENT};
    rows.type = MANDO_DOCUMENT;
    rows.width = 1;
    rows.value = NULL;
    rows.number_present.bytes = NULL;
    rows.document = (struct mando_texts){offsets, "{}{\"a\":[1,\"x,y\"]}"};
    CHECK_EQ(write_rows(&rows, &documents, &file, &error), MANDO_OK);
    CHECK_EQ(read_text(file.bytes, file.length, &documents_in, &csv, &error), MANDO_OK);
    CHECK_TEXT(csv.bytes, "id,start,end,known,changed,value,author,deleted\n"
                          "d,2025-12-01T00:00:00Z,,,,{},,false\n"
                          "d,2025-12-01T00:15:00Z,,,,\"{\"\"a\"\":[1,\"\"x,y\"\"]}\",,false\n");
    mando_text_release(&file);
    mando_text_release(&csv);
}

TEST(an_answer_without_rows_is_a_file_with_columns)
{
    struct mando_rows rows = series();
    const struct mando_rows_write_options options = {
        .points = POINTS, .point_count = 2, .width = 1};
    struct mando_text file, csv;
    struct mando_error error;
    rows.count = 0;
    CHECK_EQ(write_rows(&rows, &options, &file, &error), MANDO_OK);
    CHECK_EQ(read_text(file.bytes, file.length, &SERIES, &csv, &error), MANDO_OK);
    CHECK_EQ(csv.length, 0);
    mando_text_release(&file);
    mando_text_release(&csv);
}

/* A file that DuckDB writes from SQL, in the scratch folder. */
static const char *make_file(const char *name, const char *select)
{
    const struct duck_library *duck;
    duckdb_database db;
    duckdb_connection connection;
    duckdb_result result;
    char sql[1024];
    const char *path = scratch_file(name, "", 0);
    (void)snprintf(sql, sizeof sql, "SET TimeZone = 'UTC'; COPY (%s) TO '%s' (FORMAT parquet)",
                   select, path);
    CHECK_EQ(duck_library_load(&duck, NULL), MANDO_OK);
    CHECK_EQ(duck->open_ext(NULL, &db, NULL, NULL), DuckDBSuccess);
    CHECK_EQ(duck->connect(db, &connection), DuckDBSuccess);
    if (duck->query(connection, sql, &result) != DuckDBSuccess)
        print_error("%s\n", duck->result_error(&result));
    CHECK(!duck->result_error(&result));
    duck->destroy_result(&result);
    duck->disconnect(&connection);
    duck->close(&db);
    return path;
}

#define TIME "TIMESTAMPTZ '2025-12-01 00:00:00Z'"

TEST(columns_come_in_any_order_and_numbers_of_any_type)
{
    struct mando_text csv;
    struct mando_error error;
    const char *path =
        make_file("types.parquet", "SELECT 1.25::DECIMAL(9,2) AS value, " TIME
                                   " AS known, true AS deleted, 'a/b' AS id, " TIME " AS start"
                                   " UNION ALL SELECT 7, NULL, NULL, 'c', " TIME);
    CHECK_EQ(read_path(path, &ANY, &csv, &error), MANDO_OK);
    CHECK_TEXT(csv.bytes, "id,start,end,known,changed,value,author,deleted\n"
                          "a/b,2025-12-01T00:00:00Z,,2025-12-01T00:00:00Z,,,,true\n"
                          "c,2025-12-01T00:00:00Z,,,,7,,false\n");
    mando_text_release(&csv);
}

static void refuse(const char *select, const struct mando_rows_options *options, const char *code,
                   int64_t line, const char *message)
{
    struct mando_text csv;
    struct mando_error error = {0};
    const char *path = make_file("refused [1].parquet", select);
    CHECK(read_path(path, options, &csv, &error) != MANDO_OK);
    CHECK_ERROR(error, code, line, 0, message);
    CHECK_WHERE(error, path);
    mando_text_release(&csv);
}

TEST(what_is_no_row_is_refused_at_its_place)
{
    refuse("SELECT " TIME " AS start, 1 AS valu", &SERIES, "rows.cell", 0,
           "\"valu\" is no column of rows; the nearest is \"value\"");
    refuse("SELECT " TIME " AS start", &SERIES, "rows.cell", 0, "column value is missing");
    refuse("SELECT " TIME " AS start, 1 AS value", &ANY, "rows.cell", 0, "column id is missing");
    refuse("SELECT TIMESTAMP '2025-12-01' AS start, 1 AS value", &SERIES, "rows.cell", 0,
           "column start must hold times with a zone (UTC)");
    refuse("SELECT " TIME " AS start, 'x' AS value", &SERIES, "rows.cell", 0,
           "column value must hold numbers");
    refuse("SELECT " TIME " AS start, 1 AS deleted, 1 AS value", &SERIES, "rows.cell", 0,
           "column deleted must hold booleans");
    refuse("SELECT " TIME " AS start, 1 AS id, 1 AS value", &SERIES, "rows.cell", 0,
           "column id must hold texts");
    refuse("SELECT " TIME " AS start, 1 AS value UNION ALL SELECT NULL, 2", &SERIES, "rows.cell", 2,
           "start is null; every row needs one");
    refuse("SELECT " TIME " AS start, 1.0::DOUBLE AS value UNION ALL SELECT " TIME
           ", 'nan'::DOUBLE",
           &SERIES, "rows.number", 2, "value is not finite");
    refuse("SELECT TIMESTAMPTZ '12025-12-01 00:00:00Z' AS start, 1 AS value", &SERIES, "time.range",
           1, "start is outside the years 1 to 9999");
    refuse("SELECT " TIME " AS start, " TIME " - INTERVAL 1 HOUR AS \"end\", 1 AS value", &SERIES,
           "time.order", 1,
           "the row ends at 2025-11-30T23:00:00Z, before it starts at 2025-12-01T00:00:00Z");
    refuse("SELECT " TIME " AS start, 'A//B' AS id, 1 AS value", &ANY, "point.id", 1,
           "\"A//B\" is no id: segment 2 is empty");
}

/* A file whose columns of TIMESTAMP_NS say that they are in UTC, which DuckDB writes of none: all, or the first alone. */
static const char *make_utc_file(const char *name, const char *select, bool are_all)
{
    static const char NAIVE[] = "\x8c\x12\x1c\x3c", UTC[] = "\x8c\x11\x1c\x3c";
    char *bytes = NULL;
    size_t length = 0, found = 0;
    const char *path = make_file(name, select);
    CHECK_EQ(mando_file_read(path, 0, &bytes, &length, NULL), MANDO_OK);
    for (size_t i = 0; i + 4 < length && (are_all || !found); i++)
        if (memcmp(bytes + i, NAIVE, 4) == 0) {
            memcpy(bytes + i, UTC, 4);
            found++;
        }
    CHECK(found > 0);
    path = scratch_file(name, bytes, length);
    mando_text_free(bytes);
    return path;
}

static void check_utc_file(const char *select, const char *expected)
{
    char *bytes = NULL;
    size_t length = 0;
    struct mando_text csv;
    struct mando_error error = {0};
    const char *path = make_utc_file("whole.parquet", select, true);
    CHECK_EQ(read_path(path, &SERIES, &csv, &error), MANDO_OK);
    CHECK_TEXT(csv.bytes, expected);
    mando_text_release(&csv);
    CHECK_EQ(mando_file_read(path, 0, &bytes, &length, NULL), MANDO_OK);
    CHECK_EQ(read_text(bytes, length, &SERIES, &csv, &error), MANDO_OK);
    CHECK_TEXT(csv.bytes, expected);
    mando_text_release(&csv);
    mando_text_free(bytes);
}

TEST(nanoseconds_that_are_whole_microseconds_are_read_exactly)
{
    static const char HEAD[] = "id,start,end,known,changed,value,author,deleted\n";
    char expected[512];
    (void)snprintf(expected, sizeof expected,
                   "%sa/b,2025-12-01T00:00:00.000001Z,2025-12-01T00:15:00Z,,,1,,false\n"
                   "a/b,1969-12-31T23:59:59.999999Z,1970-01-01T00:00:00Z,,,2,,false\n",
                   HEAD);
    check_utc_file("SELECT make_timestamp_ns(1764547200000001000) AS start,"
                   " make_timestamp_ns(1764548100000000000) AS \"end\", 1.0::DOUBLE AS value"
                   " UNION ALL SELECT make_timestamp_ns(-1000), make_timestamp_ns(0), 2",
                   expected);
    /* Beside a column of microseconds, and one that lacks a time: row by row. */
    (void)snprintf(expected, sizeof expected,
                   "%sa/b,2025-12-01T00:00:00Z,,2025-12-01T00:00:00.000001Z,,1,,false\n"
                   "a/b,2025-12-01T00:00:00Z,,,,2,,false\n",
                   HEAD);
    check_utc_file("SELECT " TIME " AS start, make_timestamp_ns(1764547200000001000) AS known,"
                   " 1.0::DOUBLE AS value UNION ALL SELECT " TIME ", NULL, 2",
                   expected);
}

static void refuse_utc(const char *select, bool are_all, const char *code, int64_t line,
                       const char *message)
{
    struct mando_text csv;
    struct mando_error error = {0};
    const char *path = make_utc_file("finer.parquet", select, are_all);
    CHECK_EQ(read_path(path, &SERIES, &csv, &error), MANDO_INVALID);
    CHECK_ERROR(error, code, line, 0, message);
    CHECK_WHERE(error, path);
    mando_text_release(&csv);
}

TEST(a_time_that_is_finer_than_a_microsecond_is_refused_at_its_row)
{
    refuse_utc("SELECT make_timestamp_ns(1764547200000000000 + 200 * i) AS start,"
               " 1.0::DOUBLE AS value FROM range(5) t(i)",
               true, "time.format", 2,
               "start 2025-12-01T00:00:00.000000200Z is finer than a microsecond: a time has at "
               "most six decimals");
    refuse_utc("SELECT make_timestamp_ns(-1) AS start, 1 AS value", true, "time.format", 1,
               "start 1969-12-31T23:59:59.999999999Z is finer than a microsecond: a time has at "
               "most six decimals");
    refuse_utc("SELECT " TIME " AS start, make_timestamp_ns(1000000 * i +"
               " CASE i WHEN 4000 THEN 1 ELSE 0 END) AS known, 1.0::DOUBLE AS value"
               " FROM range(5000) t(i)",
               true, "time.format", 4001,
               "known 1970-01-01T00:00:04.000000001Z is finer than a microsecond: a time has at "
               "most six decimals");
    refuse_utc("SELECT make_timestamp_ns(0) AS start, make_timestamp_ns(0) AS \"end\", 1 AS value",
               false, "rows.cell", 0, "column end must hold times with a zone (UTC)");
    refuse("SELECT make_timestamp_ns(0) AS start, 1 AS value", &SERIES, "rows.cell", 0,
           "column start must hold times with a zone (UTC)");
}

TEST(rows_that_are_taken_at_once_know_their_places)
{
    struct mando_error error;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {0};
    int64_t before = 0;
    const char *path = make_file("places.parquet", "SELECT " TIME " + to_hours(i) AS start,"
                                                   " i::DOUBLE AS value FROM range(5000) t(i)");
    CHECK_EQ(mando_rows_read_open(path, MANDO_ROWS_PARQUET, &SERIES, &reader, &error), MANDO_OK);
    do {
        CHECK_EQ(mando_rows_read_next(reader, &rows, &error), MANDO_OK);
        for (size_t i = 0; i < rows.count; i++)
            CHECK_EQ(mando_rows_read_place(reader, i).line, ++before);
    } while (rows.count);
    CHECK_EQ(before, 5000);
    mando_rows_read_close(reader);
}

TEST(limits_hold_for_rows_and_bytes)
{
    struct mando_rows_options options = {.id = "a", .rows_max = 3};
    refuse("SELECT " TIME " + to_hours(i) AS start, i AS value FROM range(5) t(i)", &options,
           "io.limit", 4, "there are more rows than the limit of 3");
    options = (struct mando_rows_options){.id = "a", .bytes_max = 10000};
    refuse("SELECT " TIME " + to_hours(i) AS start, i AS value FROM range(5000) t(i)", &options,
           "io.limit", 2048, "there are more bytes than the limit of 10000");
}

TEST(what_is_no_parquet_is_refused)
{
    struct mando_text csv;
    struct mando_error error;
    const char *path = scratch_file("no.parquet", "start,value\n", 12);
    CHECK_EQ(read_path(path, &SERIES, &csv, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "io.format");
    CHECK(strstr(error.message, "no Parquet file") && !strstr(error.message, "/proc"));
    CHECK_EQ(read_text("", 0, &SERIES, &csv, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "io.format");
    CHECK_EQ(read_path("/nowhere.parquet", &SERIES, &csv, &error), MANDO_NOT_FOUND);
}

static int count_bytes(void *context, uint64_t bytes_read)
{
    uint64_t *largest = context;
    *largest = bytes_read > *largest ? bytes_read : *largest;
    return 0;
}

static int stop(void *context, uint64_t bytes_read)
{
    (void)context;
    return bytes_read > 0;
}

static void write_many(struct mando_text *file)
{
    struct mando_error error;
    struct mando_rows_write_options options = {.points = POINTS, .point_count = 1, .width = 1};
    int64_t *starts = mando_alloc(MANY, sizeof *starts);
    double *values = mando_alloc(MANY, sizeof *values);
    for (size_t i = 0; i < MANY; i++) {
        starts[i] = T0 + (int64_t)i * Q;
        values[i] = sin((double)i);
    }
    struct mando_rows rows = {
        .count = MANY, .type = MANDO_SERIES, .width = 1, .valid_start_us = starts, .value = values};
    CHECK_EQ(write_rows(&rows, &options, file, &error), MANDO_OK);
    mando_free(starts);
    mando_free(values);
}

TEST(many_rows_come_in_order_with_progress_and_can_be_stopped)
{
    struct mando_text file;
    struct mando_error error;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {0};
    uint64_t largest = 0;
    size_t count = 0;
    struct mando_rows_options options = {
        .id = "a", .progress = count_bytes, .progress_context = &largest};
    write_many(&file);
    const char *path = scratch_file("many *.parquet", file.bytes, file.length);
    CHECK_EQ(mando_rows_read_open(path, MANDO_ROWS_PARQUET, &options, &reader, &error), MANDO_OK);
    do {
        CHECK_EQ(mando_rows_read_next(reader, &rows, &error), MANDO_OK);
        for (size_t i = 0; i < rows.count; i++) {
            CHECK_EQ(rows.valid_start_us[i], T0 + (int64_t)(count + i) * Q);
            CHECK(rows.value[i] == sin((double)(count + i)));
        }
        count += rows.count;
    } while (rows.count);
    CHECK_EQ(mando_rows_read_next(reader, &rows, &error), MANDO_OK);
    CHECK_EQ(rows.count, 0);
    mando_rows_read_close(reader);
    CHECK_EQ(count, MANY);
    CHECK_EQ(largest, file.length);
    options.progress = stop;
    CHECK_EQ(mando_rows_read_open(path, MANDO_ROWS_PARQUET, &options, &reader, &error),
             MANDO_CANCELLED);
    mando_text_release(&file);
}

TEST(a_compressed_copy_is_read_too)
{
    struct mando_text file, csv;
    struct mando_error error;
    write_many(&file);
    unsigned char *packed = mando_alloc(file.length + 1000, 1);
    size_t length = gzip(file.bytes, file.length, packed, file.length + 1000);
    CHECK_EQ(read_text(packed, length, &SERIES, &csv, &error), MANDO_OK);
    CHECK(csv.length > MANY);
    mando_text_release(&csv);
    mando_free(packed);
    mando_text_release(&file);
}

static enum mando_status fail_later(void *source, struct ArrowArray *batch_out,
                                    struct mando_error *error)
{
    (void)source;
    (void)batch_out;
    return mando_fail(error, MANDO_E_CANCELLED, -1, "the source was stopped");
}

static void free_nothing(void *source)
{
    (void)source;
}

static int refuse_bytes(void *context, const char *bytes, size_t length)
{
    (void)context;
    (void)bytes;
    (void)length;
    return 1;
}

TEST(a_stream_that_fails_and_a_place_that_refuses_are_told)
{
    static const struct mando_arrow_source OPERATIONS = {fail_later, free_nothing};
    static const struct mando_arrow_field FIELDS[] = {
        {.name = "start", .type = MANDO_ARROW_TIME},
        {.name = "value", .type = MANDO_ARROW_DOUBLE, .nullable = true}};
    const struct mando_rows_write_options options = {
        .points = POINTS, .point_count = 2, .width = 1};
    const struct mando_rows rows = series();
    struct ArrowArrayStream stream;
    struct mando_text file;
    struct mando_error error;
    char nothing = 0;
    mando_text_init(&file, SIZE_MAX);
    CHECK_EQ(mando_arrow_stream_new(FIELDS, 2, &OPERATIONS, &nothing, &stream, &error), MANDO_OK);
    CHECK_EQ(mando_rows_write_to(append, &file, MANDO_ROWS_PARQUET, &stream, &options, &error),
             MANDO_CANCELLED);
    CHECK_TEXT(error.message, "the source was stopped");
    CHECK_EQ(file.length, 0);
    mando_arrow_stream_release(&stream);
    mando_text_release(&file);
    CHECK_EQ(mando_rows_stream(&rows, &stream, &error), MANDO_OK);
    CHECK_EQ(mando_rows_write_to(refuse_bytes, NULL, MANDO_ROWS_PARQUET, &stream, &options, &error),
             MANDO_CANCELLED);
    mando_arrow_stream_release(&stream);
}

/* Some bytes changed, or the end cut off. */
static void mutate(struct random *random, struct mando_text *bytes)
{
    size_t changes = 1 + random_below(random, 4);
    for (size_t j = 0; j < changes; j++) {
        /* Half of them in what the file says of itself, which stands at its end. */
        size_t tail = bytes->length < 800 ? bytes->length : 800;
        size_t at = random_chance(random, 0.5) ? random_below(random, bytes->length)
                                               : bytes->length - 1 - random_below(random, tail);
        bytes->bytes[at] = (char)random_bits(random);
    }
    if (random_chance(random, 0.1))
        bytes->length = random_below(random, bytes->length);
}

/* DuckDB may fall over one; the process that asked for it must not. */
TEST(mutated_files_are_refused_or_only_the_child_dies)
{
    const struct mando_rows rows = series();
    const struct mando_rows_write_options options = {
        .points = POINTS, .point_count = 2, .width = 1, .with_id = 1};
    const struct mando_rows_options in_child = {.in_child = 1};
    uint64_t count = case_count(4000) / 20, refused = 0, died = 0;
    struct mando_text file;
    struct mando_error error;
    CHECK_EQ(write_rows(&rows, &options, &file, &error), MANDO_OK);
    for (uint64_t i = 0; i < count; i++) {
        struct random random = {i};
        struct mando_text bytes, csv;
        mando_text_init(&bytes, SIZE_MAX);
        mando_text_append(&bytes, file.bytes, file.length);
        mutate(&random, &bytes);
        enum mando_status status =
            read_once(NULL, bytes.bytes, bytes.length, &in_child, &csv, &error);
        refused += status != MANDO_OK;
        died += status && strcmp(error.code, "io.read") == 0;
        mando_text_release(&csv);
        mando_text_release(&bytes);
    }
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    print_message(
        "parquet: %u of %u mutated files refused, %u by the death of the child, instances from "
        "seed 0\n",
        (unsigned)refused, (unsigned)count, (unsigned)died);
    CHECK(refused > 0);
    mando_text_release(&file);
}

/* The only child of this process. */
static pid_t child_of_this(void)
{
    char path[64], text[64] = "";
    (void)snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *file = fopen(path, "r");
    CHECK(file && fgets(text, sizeof text, file));
    (void)fclose(file);
    return (pid_t)strtol(text, NULL, 10);
}

TEST(a_reader_that_dies_is_an_error_of_the_file)
{
    const struct mando_rows_options options = {.id = "a", .in_child = 1};
    struct mando_text file;
    struct mando_error error;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {0};
    write_many(&file);
    const char *path = scratch_file("dies.parquet", file.bytes, file.length);
    CHECK_EQ(mando_rows_read_open(path, MANDO_ROWS_PARQUET, &options, &reader, &error), MANDO_OK);
    CHECK_EQ(kill(child_of_this(), SIGSEGV), 0);
    enum mando_status status;
    do
        status = mando_rows_read_next(reader, &rows, &error);
    while (!status && rows.count);
    CHECK_EQ(status, MANDO_IO);
    CHECK_TEXT(error.code, "io.read");
    CHECK_WHERE(error, path);
    CHECK(strstr(error.message, " could not be read: the reader died of signal 11"));
    mando_rows_read_close(reader);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    mando_text_release(&file);
}

/* It takes a minute: only where many cases are asked for. */
TEST(a_reader_that_says_nothing_is_ended)
{
    const struct mando_rows_options options = {.id = "a", .in_child = 1};
    struct mando_text file;
    struct mando_error error;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {0};
    if (case_count(0) < 100000)
        return;
    write_many(&file);
    const char *path = scratch_file("silent.parquet", file.bytes, file.length);
    CHECK_EQ(mando_rows_read_open(path, MANDO_ROWS_PARQUET, &options, &reader, &error), MANDO_OK);
    CHECK_EQ(kill(child_of_this(), SIGSTOP), 0);
    enum mando_status status;
    do
        status = mando_rows_read_next(reader, &rows, &error);
    while (!status && rows.count);
    CHECK_EQ(status, MANDO_IO);
    CHECK(strstr(error.message, " could not be read: the reader said nothing for 60 seconds"));
    mando_rows_read_close(reader);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    mando_text_release(&file);
}

TEST(a_reader_that_is_closed_early_leaves_no_child)
{
    const struct mando_rows_options options = {.id = "a", .in_child = 1};
    struct mando_text file;
    struct mando_error error;
    struct mando_rows_reader *reader = NULL;
    write_many(&file);
    const char *path = scratch_file("early.parquet", file.bytes, file.length);
    CHECK_EQ(mando_rows_read_open(path, MANDO_ROWS_PARQUET, &options, &reader, &error), MANDO_OK);
    CHECK(child_of_this() > 0);
    mando_rows_read_close(reader);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    mando_text_release(&file);
}
#endif
