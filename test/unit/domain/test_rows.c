#include "domain/rows.h"

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "check.h"

#define T0 INT64_C(1764547200000000) /* 2025-12-01T00:00:00Z */
#define H INT64_C(3600000000)

enum { N = 3 };

static const int32_t POINT[N] = {0, 0, 1};
static const int64_t START[N] = {T0, T0 + H, T0}, END[N] = {T0 + H, T0 + 2 * H, T0 + H};
static const int64_t KNOWN[N] = {T0 - H, 0, T0 - 3 * H}, CHANGED[N] = {T0, T0 + 1, T0 + 1};
static const double VALUE[N] = {1.5, 0, -3}, NUMBERS[N * 2] = {1, 2, 3, 4, 5, 6};
static const int32_t OFFSETS[N + 1] = {0, 2, 2, 9};
static const int32_t AUTHORS[N + 1] = {0, 3, 6, 9};
/* Bits 3 to 5 are those of the rows: 1 0 1. */
static const uint8_t ODD[] = {0x28};
static const uint8_t NUMBER_BITS[] = {0xBF, 0x02}; /* from bit 4 on: 1 1 0 1 0 1 */

static struct mando_rows full_rows(void)
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
                               .present = {ODD, 3},
                               .known = {ODD, 3},
                               .deleted = {ODD, 4},
                               .author = {AUTHORS, "annbobeve"}};
}

static void check_full(const struct mando_rows *rows)
{
    CHECK_EQ(rows->count, N);
    for (size_t i = 0; i < N; i++) {
        CHECK_EQ(rows->point[i], POINT[i]);
        CHECK_EQ(rows->valid_start_us[i], START[i]);
        CHECK_EQ(rows->valid_end_us[i], END[i]);
        CHECK_EQ(rows->change_us[i], CHANGED[i]);
        CHECK_EQ(mando_rows_has_end(rows, i), 1);
        CHECK_EQ(mando_rows_is_known(rows, i), i != 1);
        CHECK_EQ(mando_rows_is_deleted(rows, i), i == 1);
        CHECK_EQ(mando_rows_is_present(rows, i), i != 1);
        CHECK_EQ(mando_texts_length(rows->author, i), 3);
        CHECK(memcmp(mando_texts_at(rows->author, i), &"annbobeve"[3 * i], 3) == 0);
    }
    CHECK_EQ(rows->knowledge_us[2], KNOWN[2]);
}

TEST(a_series_passes_through_a_stream_without_a_copy_of_its_columns)
{
    struct mando_rows rows = full_rows(), read = {0};
    struct ArrowArrayStream stream;
    CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_rows_next(&stream, &read, NULL), MANDO_OK);
    CHECK_EQ(read.type, MANDO_SERIES);
    CHECK_EQ(read.width, 1);
    check_full(&read);
    CHECK(read.value == VALUE && read.valid_start_us == START && read.author.offsets == AUTHORS);
    CHECK_NEAR(mando_rows_number(&read, 0, 0), 1.5, 0);
    CHECK_NEAR(mando_rows_number(&read, 1, 0), NAN, 0);
    CHECK_NEAR(mando_rows_number(&read, 2, 0), -3, 0);
    CHECK_EQ(mando_rows_next(&stream, &read, NULL), MANDO_OK);
    CHECK_EQ(read.count, 0);
    CHECK(!read.owned);
    mando_arrow_stream_release(&stream);
}

TEST(a_matrix_has_numbers_that_are_missing_beside_rows_that_are)
{
    static const double EXPECTED[N][2] = {{1, 2}, {NAN, NAN}, {NAN, 6}};
    struct mando_rows rows = full_rows(), read = {0};
    struct ArrowArrayStream stream;
    rows.type = MANDO_MATRIX;
    rows.width = 2;
    rows.value = NUMBERS;
    rows.number_present = (struct mando_bits){NUMBER_BITS, 4};
    CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_rows_next(&stream, &read, NULL), MANDO_OK);
    CHECK_EQ(read.type, MANDO_MATRIX);
    CHECK_EQ(read.width, 2);
    check_full(&read);
    for (size_t i = 0; i < N; i++)
        for (size_t column = 0; column < 2; column++)
            CHECK_NEAR(mando_rows_number(&read, i, column), EXPECTED[i][column], 0);
    mando_rows_release(&read);
    mando_arrow_stream_release(&stream);
}

TEST(documents_are_texts_and_a_column_that_is_not_there_is_null)
{
    struct mando_rows rows = {.count = N,
                              .type = MANDO_DOCUMENT,
                              .width = 1,
                              .valid_start_us = START,
                              .document = {OFFSETS, "{}[1,2,3]"}};
    struct mando_rows read = {0};
    struct ArrowArrayStream stream;
    CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_rows_next(&stream, &read, NULL), MANDO_OK);
    CHECK_EQ(read.type, MANDO_DOCUMENT);
    CHECK(!read.point && !read.valid_end_us && !read.knowledge_us && !read.change_us);
    CHECK(!read.value && !read.author.offsets);
    for (size_t i = 0; i < N; i++) {
        CHECK(!mando_rows_has_end(&read, i) && !mando_rows_is_known(&read, i));
        CHECK(!mando_rows_is_deleted(&read, i) && mando_rows_is_present(&read, i));
    }
    CHECK_EQ(mando_texts_length(read.document, 1), 0);
    CHECK_EQ(mando_texts_length(read.document, 2), 7);
    CHECK(memcmp(mando_texts_at(read.document, 2), "[1,2,3]", 7) == 0);
    mando_rows_release(&read);
    mando_rows_release(&read);
    mando_rows_release(NULL);
    mando_arrow_stream_release(&stream);
}

TEST(rows_of_no_type_or_without_columns_make_no_stream)
{
    struct mando_rows rows = full_rows(), none = {.type = MANDO_SERIES, .width = 1}, read = {0};
    struct ArrowArrayStream stream = {0};
    struct mando_error error;
    rows.value = NULL;
    CHECK_EQ(mando_rows_stream(&rows, &stream, &error), MANDO_INVALID);
    CHECK_TEXT(error.message, "rows have no column \"value\"");
    rows.value = VALUE;
    rows.valid_start_us = NULL;
    CHECK_EQ(mando_rows_stream(&rows, &stream, &error), MANDO_INVALID);
    CHECK_TEXT(error.message, "rows have no column \"start\"");
    rows = full_rows();
    rows.width = 2;
    CHECK_EQ(mando_rows_stream(&rows, &stream, &error), MANDO_INVALID);
    rows.type = MANDO_MATRIX;
    rows.width = MANDO_POINT_WIDTH_MAX + 1;
    CHECK_EQ(mando_rows_stream(&rows, &stream, &error), MANDO_INVALID);
    CHECK_TEXT(error.message, "rows have values of 4097 numbers; they must have 1 to 4096");
    rows.type = (enum mando_point_type)0;
    CHECK_EQ(mando_rows_stream(&rows, &stream, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "arrow.array");
    CHECK(!stream.release);
    CHECK_EQ(mando_rows_stream(&none, &stream, &error), MANDO_OK);
    CHECK_EQ(mando_rows_next(&stream, &read, NULL), MANDO_OK);
    CHECK_EQ(read.count, 0);
    mando_arrow_stream_release(&stream);
}

/* A stream whose batches a test makes: those of a builder, in order. */
struct batches {
    struct ArrowArray batch[3];
    size_t count, given;
};

static enum mando_status give(void *self, struct ArrowArray *out, struct mando_error *error)
{
    struct batches *batches = self;
    (void)error;
    if (batches->given < batches->count)
        mando_arrow_array_move(&batches->batch[batches->given++], out);
    return MANDO_OK;
}

static void keep(void *self)
{
    (void)self;
}

static const struct mando_arrow_source GIVE = {give, keep};

static const struct mando_arrow_field START_FIELD = {"start", MANDO_ARROW_TIME, true, 0};
static const struct mando_arrow_field VALUE_FIELD = {"value", MANDO_ARROW_DOUBLE, true, 0};

/* What a reader says of a stream with these columns and no batch. */
static enum mando_status read_schema(const struct mando_arrow_field *fields, size_t count,
                                     struct mando_error *error)
{
    struct batches none = {.count = 0};
    struct mando_rows rows = {0};
    struct ArrowArrayStream stream;
    CHECK_EQ(mando_arrow_stream_new(fields, count, &GIVE, &none, &stream, NULL), MANDO_OK);
    enum mando_status status = mando_rows_next(&stream, &rows, error);
    CHECK_EQ(rows.count, 0);
    CHECK(!rows.owned);
    mando_arrow_stream_release(&stream);
    return status;
}

TEST(the_schema_of_a_value_stream_has_known_columns_once_and_of_their_types)
{
    static const struct {
        struct mando_arrow_field fields[3];
        size_t count;
        enum mando_status status;
        const char *message;
    } CASES[] = {
        {{{"value", MANDO_ARROW_TEXT, true, 0}, {"start", MANDO_ARROW_TIME, false, 0}},
         2,
         MANDO_OK,
         NULL},
        {{{"start", MANDO_ARROW_TIME, false, 0}},
         1,
         MANDO_INVALID,
         "a value stream has no column \"value\""},
        {{{"value", MANDO_ARROW_DOUBLE, false, 0}},
         1,
         MANDO_INVALID,
         "a value stream has no column \"start\""},
        {{{"Start", MANDO_ARROW_TIME, false, 0}},
         1,
         MANDO_INVALID,
         "\"Start\" is no column of a value stream; the nearest is \"start\""},
        {{{"end", MANDO_ARROW_TIME, false, 0}, {"end", MANDO_ARROW_TIME, false, 0}},
         2,
         MANDO_INVALID,
         "column \"end\" is there twice"},
        {{{"known", MANDO_ARROW_INT64, false, 0}},
         1,
         MANDO_UNSUPPORTED,
         "column \"known\" has the Arrow type \"l\"; it must be timestamp[us, UTC]"},
        {{{"point", MANDO_ARROW_INT64, false, 0}},
         1,
         MANDO_UNSUPPORTED,
         "column \"point\" has the Arrow type \"l\"; it must be int32"},
        {{{"deleted", MANDO_ARROW_INT32, false, 0}},
         1,
         MANDO_UNSUPPORTED,
         "column \"deleted\" has the Arrow type \"i\"; it must be bool"},
        {{{"author", MANDO_ARROW_BOOL, false, 0}},
         1,
         MANDO_UNSUPPORTED,
         "column \"author\" has the Arrow type \"b\"; it must be utf8"},
        {{{"value", MANDO_ARROW_INT64, false, 0}},
         1,
         MANDO_UNSUPPORTED,
         "column \"value\" has the Arrow type \"l\"; it must be float64, a fixed-size list of "
         "float64, or utf8"},
        {{{"value", MANDO_ARROW_DOUBLES, false, MANDO_POINT_WIDTH_MAX + 1}},
         1,
         MANDO_UNSUPPORTED,
         "column \"value\" has the Arrow type \"+w:4097\"; it must be float64, a fixed-size list "
         "of float64, or utf8"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_error error;
        CHECK_EQ(read_schema(CASES[i].fields, CASES[i].count, &error), CASES[i].status);
        if (CASES[i].message)
            CHECK_TEXT(error.message, CASES[i].message);
    }
}

/* A producer that is not ours and gives its times another format. */
static int foreign_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const struct mando_arrow_field fields[] = {START_FIELD, VALUE_FIELD};
    CHECK_EQ(mando_arrow_schema_new(fields, 2, out), MANDO_OK);
    out->children[0]->format = stream->private_data;
    return 0;
}

static int foreign_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    (void)stream;
    *out = (struct ArrowArray){0};
    return 0;
}

static void foreign_release(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

TEST(a_time_has_microseconds_and_a_zone)
{
    static const struct {
        const char *format;
        enum mando_status status;
    } CASES[] = {{"tsu:UTC", MANDO_OK},          {"tsu:Europe/Berlin", MANDO_OK},
                 {"tsu:+00:00", MANDO_OK},       {"tsu:", MANDO_UNSUPPORTED},
                 {"tsn:UTC", MANDO_UNSUPPORTED}, {"tsm:UTC", MANDO_UNSUPPORTED},
                 {"tdD", MANDO_UNSUPPORTED},     {"l", MANDO_UNSUPPORTED}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct ArrowArrayStream stream = {foreign_schema, foreign_next, NULL, foreign_release,
                                          (void *)CASES[i].format};
        struct mando_rows rows = {0};
        CHECK_EQ(mando_rows_next(&stream, &rows, NULL), CASES[i].status);
        CHECK(stream.release);
    }
}

enum { B_POINT, B_START, B_END, B_KNOWN, B_VALUE, B_DELETED, B_COLUMNS };

static const struct mando_arrow_field BUILT[B_COLUMNS] = {
    {"point", MANDO_ARROW_INT32, true, 0},  {"start", MANDO_ARROW_TIME, true, 0},
    {"end", MANDO_ARROW_TIME, true, 0},     {"known", MANDO_ARROW_TIME, true, 0},
    {"value", MANDO_ARROW_DOUBLE, true, 0}, {"deleted", MANDO_ARROW_BOOL, true, 0}};

/* `count` rows an hour apart: value 0, 1, ...; row 1 has nulls wherever it may. */
static void build(struct batches *batches, int64_t count)
{
    struct mando_arrow_builder builder;
    CHECK_EQ(mando_arrow_builder_init(&builder, BUILT, B_COLUMNS), MANDO_OK);
    for (int64_t i = 0; i < count; i++) {
        mando_arrow_push_int(&builder, B_POINT, 0);
        mando_arrow_push_int(&builder, B_START, T0 + i * H);
        mando_arrow_push_number(&builder, B_VALUE, (double)i);
        if (i == 1) {
            mando_arrow_push_null(&builder, B_END);
            mando_arrow_push_null(&builder, B_KNOWN);
            mando_arrow_push_null(&builder, B_DELETED);
        } else {
            mando_arrow_push_int(&builder, B_END, T0 + (i + 1) * H);
            mando_arrow_push_int(&builder, B_KNOWN, T0 - H);
            mando_arrow_push_bool(&builder, B_DELETED, true);
        }
    }
    CHECK_EQ(mando_arrow_builder_take(&builder, &batches->batch[batches->count++], NULL), MANDO_OK);
    mando_arrow_builder_release(&builder);
}

static void open_batches(struct batches *batches, struct ArrowArrayStream *stream)
{
    CHECK_EQ(mando_arrow_stream_new(BUILT, B_COLUMNS, &GIVE, batches, stream, NULL), MANDO_OK);
}

TEST(a_slice_is_read_from_its_offset_on)
{
    struct batches batches = {0};
    struct mando_rows rows = {0};
    struct ArrowArrayStream stream;
    build(&batches, 6);
    batches.batch[0].offset = 1;
    batches.batch[0].length = 4;
    batches.batch[0].children[B_VALUE]->offset = 1;
    batches.batch[0].children[B_VALUE]->length = 5;
    open_batches(&batches, &stream);
    CHECK_EQ(mando_rows_next(&stream, &rows, NULL), MANDO_OK);
    CHECK_EQ(rows.count, 4);
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQ(rows.valid_start_us[i], T0 + (int64_t)(i + 1) * H);
        CHECK_NEAR(rows.value[i], (double)(i + 2), 0);
        CHECK_EQ(mando_rows_has_end(&rows, i), i != 0);
        CHECK_EQ(mando_rows_is_known(&rows, i), i != 0);
        CHECK_EQ(mando_rows_is_deleted(&rows, i), i != 0); /* a null mark is none */
    }
    mando_rows_release(&rows);
    mando_arrow_stream_release(&stream);
}

TEST(batches_follow_each_other_and_empty_ones_are_skipped)
{
    struct batches batches = {0};
    struct mando_rows rows = {0};
    struct ArrowArrayStream stream;
    build(&batches, 3);
    build(&batches, 0);
    build(&batches, 20);
    open_batches(&batches, &stream);
    CHECK_EQ(mando_rows_next(&stream, &rows, NULL), MANDO_OK);
    CHECK_EQ(rows.count, 3);
    CHECK_EQ(mando_rows_next(&stream, &rows, NULL), MANDO_OK);
    CHECK_EQ(rows.count, 20);
    for (size_t i = 0; i < 20; i++)
        CHECK_EQ(mando_rows_is_deleted(&rows, i), i != 1);
    CHECK_EQ(mando_rows_next(&stream, &rows, NULL), MANDO_OK);
    CHECK_EQ(rows.count, 0);
    mando_arrow_stream_release(&stream);
}

/* Reads one good batch, then one of three rows that was changed; gives the error of the second. */
static enum mando_status read_changed(void (*change)(struct ArrowArray *batch),
                                      struct mando_error *error)
{
    struct batches batches = {0};
    struct mando_rows rows = {0};
    struct ArrowArrayStream stream;
    build(&batches, 10);
    build(&batches, 3);
    change(&batches.batch[1]);
    open_batches(&batches, &stream);
    CHECK_EQ(mando_rows_next(&stream, &rows, NULL), MANDO_OK);
    enum mando_status status = mando_rows_next(&stream, &rows, error);
    if (status)
        CHECK(!rows.owned && rows.count == 0);
    mando_rows_release(&rows);
    mando_arrow_stream_release(&stream);
    return status;
}

static int64_t *times(struct ArrowArray *batch, size_t column)
{
    return (int64_t *)(uintptr_t)batch->children[column]->buffers[1];
}

static double *values(struct ArrowArray *batch)
{
    return (double *)(uintptr_t)batch->children[B_VALUE]->buffers[1];
}

#define CHANGE(name, ...)                                                                          \
    static void name(struct ArrowArray *batch)                                                     \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
#define UNMARK(batch)                                                                              \
    (*(uint8_t *)(uintptr_t)batch->children[B_DELETED]->buffers[1] = 0) /* no row is deleted */

CHANGE(start_early, times(batch, B_START)[2] = INT64_MIN)
CHANGE(end_late, times(batch, B_END)[2] = INT64_MAX)
CHANGE(known_late, times(batch, B_KNOWN)[0] = MANDO_FOREVER)
CHANGE(null_end_late, times(batch, B_END)[1] = INT64_MAX)
CHANGE(end_first, times(batch, B_END)[2] = T0 + 2 * H - 1)
CHANGE(instant, times(batch, B_END)[2] = T0 + 2 * H)
CHANGE(not_a_number, UNMARK(batch); values(batch)[1] = NAN)
CHANGE(infinite, UNMARK(batch); values(batch)[2] = -INFINITY)
CHANGE(deleted_nan, values(batch)[2] = NAN)
CHANGE(negative_point, ((int32_t *)(uintptr_t)batch->children[B_POINT]->buffers[1])[1] = -1)
CHANGE(short_value, batch->children[B_VALUE]->length = 2)

static void null_start(struct ArrowArray *batch)
{
    static const uint8_t BITS[] = {0x06};
    batch->children[B_START]->buffers[0] = BITS;
    batch->children[B_START]->null_count = -1;
}

static void null_value_nan(struct ArrowArray *batch)
{
    static const uint8_t BITS[] = {0x05};
    UNMARK(batch);
    batch->children[B_VALUE]->buffers[0] = BITS;
    batch->children[B_VALUE]->null_count = 1;
    values(batch)[1] = NAN;
}

TEST(values_and_times_are_checked_and_the_row_is_named)
{
    static const struct {
        void (*change)(struct ArrowArray *batch);
        const char *code;
        int64_t index;
        const char *message;
    } CASES[] = {
        {start_early, "time.range", 12, "start of row 12 is outside the years 1 to 9999"},
        {end_late, "time.range", 12, "end of row 12 is outside the years 1 to 9999"},
        {known_late, "time.range", 10, "known of row 10 is outside the years 1 to 9999"},
        {null_end_late, NULL, 0, NULL},
        {end_first, "time.order", 12,
         "row 12 ends at 2025-12-01T01:59:59.999999Z, before it starts at 2025-12-01T02:00:00Z"},
        {instant, NULL, 0, NULL},
        {not_a_number, "rows.number", 11, "row 11 has the value NaN; it must be finite, or null"},
        {infinite, "rows.number", 12, "row 12 has the value infinity; it must be finite, or null"},
        {deleted_nan, NULL, 0, NULL},
        {null_value_nan, NULL, 0, NULL},
        {negative_point, "arrow.array", 11, "row 11 is of point -1; indices count from 0"},
        {short_value, "arrow.array", -1, "column \"value\" of a batch has 2 values; 3 are needed"},
        {null_start, "arrow.array", -1, "column \"start\" of a batch has nulls; it may have none"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_error error;
        enum mando_status status = read_changed(CASES[i].change, &error);
        CHECK_EQ(status, CASES[i].code ? MANDO_INVALID : MANDO_OK);
        if (!CASES[i].code)
            continue;
        CHECK_TEXT(error.message, CASES[i].message);
        CHECK_TEXT(error.code, CASES[i].code);
        CHECK_EQ(error.index, CASES[i].index);
    }
}

static enum mando_status copy_rows(struct mando_error *error)
{
    struct mando_rows rows = full_rows(), read = {0};
    struct ArrowArrayStream stream = {0};
    enum mando_status status = mando_rows_stream(&rows, &stream, error);
    CHECK_EQ(stream.release == NULL, status != MANDO_OK);
    if (!status)
        status = mando_rows_next(&stream, &read, error);
    if (!status)
        check_full(&read);
    mando_rows_release(&read);
    mando_arrow_stream_release(&stream);
    return status;
}

TEST(every_allocation_of_a_stream_of_rows_may_fail)
{
    enum mando_status status = MANDO_NO_MEMORY;
    for (int64_t calls = 0; status; calls++) {
        struct mando_error error;
        mando_alloc_fail_after(calls);
        status = copy_rows(&error);
        mando_alloc_fail_after(-1);
        CHECK(!status || strcmp(error.code, "memory") == 0);
        CHECK(calls < 100);
    }
}

TEST(marks_that_are_null_need_memory_of_their_own)
{
    struct batches batches = {0};
    struct mando_rows rows = {0};
    struct ArrowArrayStream stream;
    struct mando_error error;
    build(&batches, 3);
    build(&batches, 3);
    open_batches(&batches, &stream);
    CHECK_EQ(mando_rows_next(&stream, &rows, NULL), MANDO_OK);
    mando_alloc_fail_after(0);
    CHECK_EQ(mando_rows_next(&stream, &rows, &error), MANDO_NO_MEMORY);
    mando_alloc_fail_after(-1);
    CHECK_TEXT(error.code, "memory");
    CHECK(!rows.owned);
    mando_arrow_stream_release(&stream);
}
