#include "arrow/stream.h"
#include "base/text.h"
#include "codec/rows_reader.h"
#include "codec/rows_writer.h"
#include "support.h"

#define T0 INT64_C(1764547200000000) /* 2025-12-01T00:00:00Z */
#define Q (MANDO_HOUR_US / 4)

enum { N = 4 };

static const int32_t POINT[N] = {0, 0, 0, 2};
static const int64_t START[N] = {T0, T0 + Q, T0 + 2 * Q, T0}, KNOWN[N] = {T0, T0, T0 + 1, T0};
static const int64_t END[N] = {T0 + Q, T0 + 2 * Q, T0 + 3 * Q, T0 + Q};
static const int64_t CHANGED[N] = {T0 + 5, T0 + 5, T0 + 6, T0 + 6};
static const double VALUE[N] = {1.5, 0, -1e-9, 100}, NUMBERS[2 * N] = {1, 2, 3, 4, 5, 6, 7, 8};
static const uint8_t PRESENT[] = {0x0D}, DELETED[] = {0x02}, ENDED[] = {0x0B};
static const int32_t AUTHORS[N + 1] = {0, 3, 6, 10, 13};

static const struct mando_point POINTS[3] = {
    {.id = "a/b", .unit = "MW", .type = MANDO_SERIES, .resolution = {0, 0, Q}, .width = 1},
    {.id = "none", .type = MANDO_SERIES, .width = 1},
    {.id = "c", .unit = "EUR/MWh", .type = MANDO_SERIES, .resolution = {0, 1, 0}, .width = 1}};

static struct mando_rows series(void)
{
    return (struct mando_rows){.count = N,
                               .type = MANDO_SERIES,
                               .width = 1,
                               .point = POINT,
                               .valid_start_us = START,
                               .valid_end_us = END,
                               .knowledge_us = KNOWN,
                               .change_us = CHANGED,
                               .value = VALUE,
                               .present = {PRESENT, 0},
                               .deleted = {DELETED, 0},
                               .author = {AUTHORS, "annbobe\"v,eve"}};
}

static int append(void *context, const char *bytes, size_t length)
{
    mando_text_append(context, bytes, length);
    return 0;
}

static enum mando_status write_rows(const struct mando_rows *rows, enum mando_rows_format format,
                                    const struct mando_rows_write_options *options,
                                    struct mando_text *out, struct mando_error *error)
{
    struct ArrowArrayStream stream;
    enum mando_status status = mando_rows_stream(rows, &stream, error);
    if (status)
        return status;
    status = mando_rows_write_to(append, out, format, &stream, options, error);
    mando_arrow_stream_release(&stream);
    return status;
}

static void check_write(const struct mando_rows *rows, enum mando_rows_format format,
                        const struct mando_rows_write_options *options, const char *expected)
{
    struct mando_text out;
    struct mando_error error;
    mando_text_init(&out, 1 << 20);
    if (write_rows(rows, format, options, &out, &error))
        fail_msg("%s: %s", error.code, error.message);
    CHECK_TEXT(out.bytes, expected);
    mando_text_release(&out);
}

TEST(csv_has_the_columns_that_are_asked_for_in_their_order)
{
    struct mando_rows rows = series();
    struct mando_rows_write_options options = {.points = POINTS, .point_count = 3};
    check_write(&rows, MANDO_ROWS_CSV, &options,
                "start,end,value\n"
                "2025-12-01T00:00:00Z,2025-12-01T00:15:00Z,1.5\n"
                "2025-12-01T00:15:00Z,2025-12-01T00:30:00Z,\n"
                "2025-12-01T00:30:00Z,2025-12-01T00:45:00Z,-1e-9\n"
                "2025-12-01T00:00:00Z,2025-12-01T00:15:00Z,100\n");
    options.with_id = options.history = 1;
    rows.ended = (struct mando_bits){ENDED, 0};
    check_write(&rows, MANDO_ROWS_CSV, &options,
                "id,start,end,known,changed,value,author,deleted\n"
                "a/b,2025-12-01T00:00:00Z,2025-12-01T00:15:00Z,2025-12-01T00:00:00Z,"
                "2025-12-01T00:00:00.000005Z,1.5,ann,false\n"
                "a/b,2025-12-01T00:15:00Z,2025-12-01T00:30:00Z,2025-12-01T00:00:00Z,"
                "2025-12-01T00:00:00.000005Z,,bob,true\n"
                "a/b,2025-12-01T00:30:00Z,,2025-12-01T00:00:00.000001Z,"
                "2025-12-01T00:00:00.000006Z,-1e-9,\"e\"\"v,\",false\n"
                "c,2025-12-01T00:00:00Z,2025-12-01T00:15:00Z,2025-12-01T00:00:00Z,"
                "2025-12-01T00:00:00.000006Z,100,eve,false\n");
}

TEST(ndjson_has_an_object_for_each_row)
{
    struct mando_rows rows = series();
    struct mando_rows_write_options options = {.points = POINTS, .point_count = 3, .with_id = 1};
    rows.ended = (struct mando_bits){ENDED, 0};
    check_write(
        &rows, MANDO_ROWS_NDJSON, &options,
        "{\"id\":\"a/b\",\"start\":\"2025-12-01T00:00:00Z\",\"end\":\"2025-12-01T00:15:00Z\","
        "\"value\":1.5}\n"
        "{\"id\":\"a/b\",\"start\":\"2025-12-01T00:15:00Z\",\"end\":\"2025-12-01T00:30:00Z\","
        "\"value\":null}\n"
        "{\"id\":\"a/b\",\"start\":\"2025-12-01T00:30:00Z\",\"end\":null,\"value\":-1e-9}\n"
        "{\"id\":\"c\",\"start\":\"2025-12-01T00:00:00Z\",\"end\":\"2025-12-01T00:15:00Z\","
        "\"value\":100}\n");
    rows.count = 1;
    rows.ended.bytes = NULL;
    options.with_id = 0;
    options.history = 1;
    check_write(&rows, MANDO_ROWS_NDJSON, &options,
                "{\"start\":\"2025-12-01T00:00:00Z\",\"end\":\"2025-12-01T00:15:00Z\","
                "\"known\":\"2025-12-01T00:00:00Z\",\"changed\":\"2025-12-01T00:00:00.000005Z\","
                "\"value\":1.5,\"author\":\"ann\",\"deleted\":false}\n");
}

TEST(json_has_columns_for_each_data_point_also_for_one_without_rows)
{
    struct mando_rows rows = series();
    struct mando_rows_write_options options = {.points = POINTS, .point_count = 3, .with_id = 1};
    check_write(&rows, MANDO_ROWS_JSON, &options,
                "{\"series\":[{\"id\":\"a/b\",\"unit\":\"MW\",\"resolution\":\"PT15M\","
                "\"start\":[\"2025-12-01T00:00:00Z\",\"2025-12-01T00:15:00Z\","
                "\"2025-12-01T00:30:00Z\"],"
                "\"end\":[\"2025-12-01T00:15:00Z\",\"2025-12-01T00:30:00Z\","
                "\"2025-12-01T00:45:00Z\"],\"value\":[1.5,null,-1e-9]},"
                "{\"id\":\"none\",\"resolution\":null,\"start\":[],\"end\":[],\"value\":[]},"
                "{\"id\":\"c\",\"unit\":\"EUR/MWh\",\"resolution\":\"P1D\","
                "\"start\":[\"2025-12-01T00:00:00Z\"],\"end\":[\"2025-12-01T00:15:00Z\"],"
                "\"value\":[100]}]}\n");
    options.may_lack_end = 1;
    check_write(&rows, MANDO_ROWS_JSON, &options,
                "{\"series\":[{\"id\":\"a/b\",\"unit\":\"MW\",\"resolution\":\"PT15M\","
                "\"start\":[\"2025-12-01T00:00:00Z\",\"2025-12-01T00:15:00Z\","
                "\"2025-12-01T00:30:00Z\"],\"value\":[1.5,null,-1e-9]},"
                "{\"id\":\"none\",\"resolution\":null,\"start\":[],\"value\":[]},"
                "{\"id\":\"c\",\"unit\":\"EUR/MWh\",\"resolution\":\"P1D\","
                "\"start\":[\"2025-12-01T00:00:00Z\"],\"end\":[\"2025-12-01T00:15:00Z\"],"
                "\"value\":[100]}]}\n");
    options.history = 1;
    options.point_count = 1;
    rows.count = 2;
    rows.ended = (struct mando_bits){(const uint8_t[]){2}, 0};
    check_write(&rows, MANDO_ROWS_JSON, &options,
                "{\"series\":[{\"id\":\"a/b\",\"unit\":\"MW\",\"resolution\":\"PT15M\","
                "\"start\":[\"2025-12-01T00:00:00Z\",\"2025-12-01T00:15:00Z\"],"
                "\"end\":[null,\"2025-12-01T00:30:00Z\"],"
                "\"known\":[\"2025-12-01T00:00:00Z\",\"2025-12-01T00:00:00Z\"],"
                "\"changed\":[\"2025-12-01T00:00:00.000005Z\",\"2025-12-01T00:00:00.000005Z\"],"
                "\"value\":[1.5,null],\"author\":[\"ann\",\"bob\"],\"deleted\":[false,true]}]}\n");
}

TEST(a_matrix_has_its_labels_in_place_of_value)
{
    static const char *const LABELS[] = {"low", "h,\"igh"};
    static const uint8_t NUMBERS_THERE[] = {0xFD};
    struct mando_rows rows = series();
    const struct mando_rows_write_options options = {
        .points = POINTS, .point_count = 1, .width = 2, .labels = LABELS};
    rows.type = MANDO_MATRIX;
    rows.width = 2;
    rows.value = NUMBERS;
    rows.number_present = (struct mando_bits){NUMBERS_THERE, 0};
    rows.count = 2;
    check_write(&rows, MANDO_ROWS_CSV, &options,
                "start,end,low,\"h,\"\"igh\"\n"
                "2025-12-01T00:00:00Z,2025-12-01T00:15:00Z,1,\n"
                "2025-12-01T00:15:00Z,2025-12-01T00:30:00Z,,\n");
    check_write(&rows, MANDO_ROWS_NDJSON, &options,
                "{\"start\":\"2025-12-01T00:00:00Z\",\"end\":\"2025-12-01T00:15:00Z\",\"low\":1,"
                "\"h,\\\"igh\":null}\n"
                "{\"start\":\"2025-12-01T00:15:00Z\",\"end\":\"2025-12-01T00:30:00Z\",\"low\":null,"
                "\"h,\\\"igh\":null}\n");
    check_write(&rows, MANDO_ROWS_JSON, &options,
                "{\"series\":[{\"id\":\"a/b\",\"unit\":\"MW\",\"resolution\":\"PT15M\","
                "\"start\":[\"2025-12-01T00:00:00Z\",\"2025-12-01T00:15:00Z\"],"
                "\"end\":[\"2025-12-01T00:15:00Z\",\"2025-12-01T00:30:00Z\"],"
                "\"low\":[1,null],\"h,\\\"igh\":[null,null]}]}\n");
}

TEST(a_document_is_one_cell_or_json_in_json_and_has_no_end)
{
    static const int32_t OFFSETS[] = {0, 7, 7};
    const struct mando_rows rows = {.count = 2,
                                    .type = MANDO_DOCUMENT,
                                    .width = 1,
                                    .valid_start_us = START,
                                    .document = {OFFSETS, "{\"a\":1}"},
                                    .present = {PRESENT, 0}};
    const struct mando_rows_write_options options = {.points = POINTS, .point_count = 1};
    check_write(&rows, MANDO_ROWS_CSV, &options,
                "start,end,value\n2025-12-01T00:00:00Z,,\"{\"\"a\"\":1}\"\n"
                "2025-12-01T00:15:00Z,,\n");
    check_write(&rows, MANDO_ROWS_NDJSON, &options,
                "{\"start\":\"2025-12-01T00:00:00Z\",\"end\":null,\"value\":{\"a\":1}}\n"
                "{\"start\":\"2025-12-01T00:15:00Z\",\"end\":null,\"value\":null}\n");
}

TEST(a_stream_without_rows_gives_the_header_alone)
{
    const struct mando_rows rows = {.type = MANDO_SERIES, .width = 1};
    const struct mando_rows_write_options options = {.points = POINTS, .point_count = 1};
    struct mando_text out;
    check_write(&rows, MANDO_ROWS_CSV, &options, "start,end,value\n");
    check_write(
        &rows, MANDO_ROWS_JSON, &options,
        "{\"series\":[{\"id\":\"a/b\",\"unit\":\"MW\",\"resolution\":\"PT15M\",\"start\":[],"
        "\"end\":[],\"value\":[]}]}\n");
    mando_text_init(&out, 100);
    CHECK_EQ(write_rows(&rows, MANDO_ROWS_NDJSON, &options, &out, NULL), MANDO_OK);
    CHECK_EQ(out.length, 0);
    mando_text_release(&out);
}

TEST(rows_that_contradict_what_was_asked_for_are_refused)
{
    static const int32_t FALLING[] = {0, 2, 1, 2};
    struct mando_rows rows = series();
    struct mando_rows_write_options options = {.points = POINTS, .point_count = 2};
    struct mando_text out;
    struct mando_error error;
    mando_text_init(&out, 1 << 20);
    CHECK_EQ(write_rows(&rows, MANDO_ROWS_CSV, &options, &out, &error), MANDO_INVALID);
    CHECK_TEXT(error.message, "a row is of point 2 where there are 2");
    CHECK_EQ(error.index, 3);
    options.point_count = 3;
    rows.point = FALLING;
    CHECK_EQ(write_rows(&rows, MANDO_ROWS_JSON, &options, &out, &error), MANDO_INVALID);
    CHECK_TEXT(error.message, "a row of point 1 follows one of point 2");
    rows.type = MANDO_MATRIX;
    rows.width = 2;
    rows.value = NUMBERS;
    CHECK_EQ(write_rows(&rows, MANDO_ROWS_CSV, &options, &out, &error), MANDO_INVALID);
    CHECK_TEXT(error.message, "a stream has values of 2 numbers where there are 1 columns");
    mando_text_release(&out);
}

static int stop(void *context, const char *bytes, size_t length)
{
    (void)bytes;
    *(size_t *)context += length;
    return 1;
}

TEST(a_function_that_takes_no_more_cancels)
{
    struct mando_rows rows = series();
    const struct mando_rows_write_options options = {.points = POINTS, .point_count = 3};
    struct ArrowArrayStream stream;
    struct mando_error error;
    size_t taken = 0;
    CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_rows_write_to(stop, &taken, MANDO_ROWS_CSV, &stream, &options, &error),
             MANDO_CANCELLED);
    CHECK_TEXT(error.code, "cancelled");
    CHECK(taken > 100);
    mando_arrow_stream_release(&stream);
}

/* Many rows, so that they leave in pieces. */
static void make_many(int64_t *start_us, double *value, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        start_us[i] = T0 + (int64_t)i * Q;
        value[i] = (double)i / 7;
    }
}

TEST(what_is_written_to_a_file_is_read_back)
{
    enum { COUNT = 30000 };
    static int64_t start_us[COUNT];
    static double value[COUNT];
    make_many(start_us, value, COUNT);
    const struct mando_rows rows = {.count = COUNT,
                                    .type = MANDO_SERIES,
                                    .width = 1,
                                    .valid_start_us = start_us,
                                    .value = value};
    static const char *const NAMES[] = {"rows.csv", "rows.csv.gz", "rows.ndjson", "rows.json"};
    static const enum mando_rows_format FORMATS[] = {MANDO_ROWS_CSV, MANDO_ROWS_CSV,
                                                     MANDO_ROWS_NDJSON, MANDO_ROWS_JSON};
    const struct mando_rows_write_options options = {.points = POINTS, .point_count = 1};
    const struct mando_rows_options read_options = {.id = "a/b"};
    for (size_t i = 0; i < 4; i++) {
        struct ArrowArrayStream stream;
        struct mando_rows_reader *reader = NULL;
        struct mando_rows read;
        size_t count = 0;
        const char *path = scratch_path(NAMES[i]);
        CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
        CHECK_EQ(mando_rows_write(path, FORMATS[i], &stream, &options, NULL), MANDO_OK);
        mando_arrow_stream_release(&stream);
        CHECK_EQ(mando_rows_read_open(path, FORMATS[i], &read_options, &reader, NULL), MANDO_OK);
        do {
            CHECK_EQ(mando_rows_read_next(reader, &read, NULL), MANDO_OK);
            CHECK(memcmp(read.valid_start_us, start_us + count, read.count * sizeof *start_us)
                  == 0);
            CHECK(memcmp(read.value, value + count, read.count * sizeof *value) == 0);
            count += read.count;
        } while (read.count > 0);
        CHECK_EQ(count, COUNT);
        mando_rows_read_close(reader);
    }
}

TEST(a_disk_that_is_full_is_told_as_such)
{
    struct mando_rows rows = series();
    const struct mando_rows_write_options options = {.points = POINTS, .point_count = 3};
    struct ArrowArrayStream stream;
    struct mando_error error;
    CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_rows_write("/dev/full", MANDO_ROWS_CSV, &stream, &options, &error), MANDO_IO);
    CHECK_TEXT(error.code, "io.write");
    mando_arrow_stream_release(&stream);
}

TEST(every_allocation_of_a_writer_may_fail)
{
    struct mando_rows rows = series();
    const struct mando_rows_write_options options = {
        .points = POINTS, .point_count = 3, .history = 1};
    for (int format = MANDO_ROWS_CSV; format <= MANDO_ROWS_JSON; format++) {
        enum mando_status status = MANDO_NO_MEMORY;
        for (int64_t calls = 0; status; calls++) {
            struct ArrowArrayStream stream;
            struct mando_error error;
            size_t taken = 0;
            CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
            mando_alloc_fail_after(calls);
            status = mando_rows_write_to(stop, &taken, (enum mando_rows_format)format, &stream,
                                         &options, &error);
            mando_alloc_fail_after(-1);
            mando_arrow_stream_release(&stream);
            if (status == MANDO_CANCELLED)
                status = MANDO_OK; /* it came to the last piece */
            CHECK(!status || strcmp(error.code, "memory") == 0);
            CHECK(calls < 200);
        }
    }
}
