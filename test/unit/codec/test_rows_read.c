#include "codec/rows_reader.h"

#include "base/fail.h"
#include "base/number.h"
#include "base/text.h"
#include "support.h"

static const char *const LABELS[] = {"low", "high"};
static const struct mando_rows_options SERIES = {.id = "a/b"};
static const struct mando_rows_options ANY = {0};
static const struct mando_rows_options MATRIX = {
    .id = "m", .type = MANDO_MATRIX, .width = 2, .labels = LABELS};
static const struct mando_rows_options DOCUMENT = {.id = "d", .type = MANDO_DOCUMENT};

static void append_time(struct mando_text *text, int there, const int64_t *times, size_t i)
{
    char word[MANDO_TIME_TEXT_SIZE] = "-";
    if (there)
        mando_time_format(times[i], word);
    mando_text_append_format(text, " %s", word);
}

static void append_value(struct mando_text *text, const struct mando_rows *rows, size_t i)
{
    if (rows->type == MANDO_DOCUMENT) {
        mando_text_append(text, " ", 1);
        if (mando_rows_is_present(rows, i))
            mando_text_append(text, mando_texts_at(rows->document, i),
                              mando_texts_length(rows->document, i));
        return;
    }
    for (size_t column = 0; column < rows->width; column++) {
        double number = mando_rows_number(rows, i, column);
        mando_text_append(text, " ", 1);
        if (isnan(number))
            mando_text_append(text, "?", 1);
        else
            mando_text_append_number(text, number);
    }
}

/* "id start end known value[ deleted]", a line for each row. */
static void append_row(struct mando_text *text, const char *id, const struct mando_rows *rows,
                       size_t i)
{
    mando_text_append_format(text, "%s", id);
    append_time(text, 1, rows->valid_start_us, i);
    append_time(text, mando_rows_has_end(rows, i), rows->valid_end_us, i);
    append_time(text, mando_rows_is_known(rows, i), rows->knowledge_us, i);
    append_value(text, rows, i);
    mando_text_append_format(text, "%s\n", mando_rows_is_deleted(rows, i) ? " deleted" : "");
}

static enum mando_status read_bytes(enum mando_rows_format format, const char *bytes, size_t length,
                                    const struct mando_rows_options *options,
                                    struct mando_text *out, struct mando_error *error)
{
    struct mando_input *input = NULL;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {.count = 1};
    CHECK_EQ(mando_input_open_memory(bytes, length, "rows", NULL, &input, NULL), MANDO_OK);
    enum mando_status status = rows_reader_open(input, format, options, &reader, error);
    while (!status && rows.count > 0) {
        status = mando_rows_read_next(reader, &rows, error);
        size_t count = 0;
        const char *const *ids = mando_rows_read_ids(reader, &count);
        for (size_t i = 0; !status && i < rows.count; i++) {
            CHECK((size_t)rows.point[i] < count);
            append_row(out, ids[rows.point[i]], &rows, i);
        }
    }
    mando_rows_read_close(reader);
    mando_input_free(input);
    return status;
}

static void check_read(enum mando_rows_format format, const char *text,
                       const struct mando_rows_options *options, const char *expected)
{
    struct mando_text out;
    struct mando_error error = {.message = ""};
    mando_text_init(&out, 1 << 20);
    if (read_bytes(format, text, strlen(text), options, &out, &error))
        fail_msg("%s: %s", error.code, error.message);
    CHECK_TEXT(out.bytes ? out.bytes : "", expected);
    mando_text_release(&out);
}

TEST(rows_come_from_csv_with_columns_in_any_order)
{
    check_read(MANDO_ROWS_CSV, "start,value\n2025-12-01T00:00Z,1.5\n2025-12-01T01:00+01:00,\n",
               &SERIES,
               "a/b 2025-12-01T00:00:00Z - - 1.5\n"
               "a/b 2025-12-01T00:00:00Z - - ?\n");
    check_read(MANDO_ROWS_CSV,
               "known,value,id,deleted,end,start\r\n"
               "2025-11-30T12:57Z,-1e3,x,false,2025-12-01T00:15Z,2025-12-01T00:00Z\r\n"
               ",7,y,true,,2025-12-01T00:00:00.25Z\r\n"
               "2025-11-30,2,x,,,2025-12-01\r\n",
               &ANY,
               "x 2025-12-01T00:00:00Z 2025-12-01T00:15:00Z 2025-11-30T12:57:00Z -1000\n"
               "y 2025-12-01T00:00:00.250000Z - - ? deleted\n"
               "x 2025-12-01T00:00:00Z - 2025-11-30T00:00:00Z 2\n");
    check_read(MANDO_ROWS_CSV, "id,start,value\na/b,2025-12-01T00:00Z,1\n,2025-12-01T01:00Z,2\n",
               &SERIES, "a/b 2025-12-01T00:00:00Z - - 1\na/b 2025-12-01T01:00:00Z - - 2\n");
    check_read(MANDO_ROWS_CSV, "start,value\n", &SERIES, "");
}

TEST(a_matrix_has_a_column_for_each_label)
{
    check_read(MANDO_ROWS_CSV,
               "high,start,low\n2,2025-12-01T00:00Z,1\n,2025-12-01T01:00Z,3\n,2025-12-01T02:00Z,\n",
               &MATRIX,
               "m 2025-12-01T00:00:00Z - - 1 2\n"
               "m 2025-12-01T01:00:00Z - - 3 ?\n"
               "m 2025-12-01T02:00:00Z - - ? ?\n");
    check_read(MANDO_ROWS_NDJSON,
               "{\"start\": \"2025-12-01T00:00Z\", \"high\": null, \"low\": 1}\n", &MATRIX,
               "m 2025-12-01T00:00:00Z - - 1 ?\n");
    check_read(MANDO_ROWS_JSON,
               "{\"series\": [{\"start\": [\"2025-12-01T00:00Z\"], \"low\": [1], \"high\": [2]}]}",
               &MATRIX, "m 2025-12-01T00:00:00Z - - 1 2\n");
}

TEST(documents_are_the_same_text_in_every_format)
{
    static const char EXPECTED[] = "d 2025-12-01T00:00:00Z - - {\"a\":[1,\"x y\"],\"b\":null}\n"
                                   "d 2025-12-02T00:00:00Z - - \n"
                                   "d 2025-12-03T00:00:00Z - -  deleted\n"
                                   "d 2025-12-04T00:00:00Z - - \"t\"\n";
    check_read(
        MANDO_ROWS_CSV,
        "start,value,deleted\n2025-12-01,\"{ \"\"a\"\": [1, \"\"x y\"\"], \"\"b\"\": null }\",\n"
        "2025-12-02,,\n2025-12-03,[1],true\n2025-12-04,\"\"\"t\"\"\",\n",
        &DOCUMENT, EXPECTED);
    check_read(MANDO_ROWS_NDJSON,
               "{\"start\": \"2025-12-01\", \"value\": {\"a\": [1, \"x y\"], \"b\": null}}\n"
               "{\"start\": \"2025-12-02\", \"value\": null}\n"
               "{\"start\": \"2025-12-03\", \"value\": [1], \"deleted\": true}\n"
               "{\"start\": \"2025-12-04\", \"value\": \"t\"}",
               &DOCUMENT, EXPECTED);
    check_read(MANDO_ROWS_JSON,
               "{\"series\": [{\"id\": \"d\", \"deleted\": [null, false, true, false],\n"
               "\"start\": [\"2025-12-01\", \"2025-12-02\", \"2025-12-03\", \"2025-12-04\"],\n"
               "\"value\": [{\"a\": [1, \"x y\"], \"b\": null}, null, [1], \"t\"]}]}",
               &DOCUMENT, EXPECTED);
}

TEST(rows_come_from_lines_of_json)
{
    check_read(MANDO_ROWS_NDJSON,
               "\xEF\xBB\xBF{\"value\": 1.5, \"start\": \"2025-12-01T00:00Z\", \"id\": \"x\"}\r\n"
               "\n  \r\n"
               "{\"id\": \"y\", \"start\": \"2025-12-01T00:00Z\", \"end\": \"2025-12-01T01:00Z\", "
               "\"known\": null, \"value\": null, \"deleted\": false}",
               &ANY,
               "x 2025-12-01T00:00:00Z - - 1.5\n"
               "y 2025-12-01T00:00:00Z 2025-12-01T01:00:00Z - ?\n");
    check_read(MANDO_ROWS_NDJSON, "", &ANY, "");
}

TEST(rows_come_from_the_columns_of_a_json_answer)
{
    check_read(MANDO_ROWS_JSON,
               "{\"series\": [{\"id\": \"x\", \"unit\": \"MW\", \"resolution\": \"PT1H\",\n"
               "\"start\": [\"2025-12-01T00:00Z\", \"2025-12-01T01:00Z\"], \"value\": [1, null]},\n"
               "{\"value\": [], \"id\": \"z\", \"start\": []},\n"
               "{\"value\": [2], \"id\": \"y\", \"start\": [\"2025-12-01\"], \"end\": [null], "
               "\"known\": [\"2025-11-30\"]}]}",
               &ANY,
               "x 2025-12-01T00:00:00Z 2025-12-01T01:00:00Z - 1\n"
               "x 2025-12-01T01:00:00Z 2025-12-01T02:00:00Z - ?\n"
               "y 2025-12-01T00:00:00Z - 2025-11-30T00:00:00Z 2\n");
    check_read(MANDO_ROWS_JSON, "{\"series\": []}", &ANY, "");
}

/* Notes what a file tells of its data points; b is in Berlin, c is refused, d at a place of its own. */
struct told {
    struct mando_text text;
    struct mando_zone *berlin;
};

static enum mando_status note_point(void *context, const struct mando_rows_point *point,
                                    const struct mando_zone **zone_out, struct mando_error *error)
{
    struct told *told = context;
    char step[MANDO_TIME_TEXT_SIZE] = "-";
    if (point->resolution)
        mando_duration_format(*point->resolution, step);
    mando_text_append_format(&told->text, "%zu %s %s %s\n", point->index, point->id,
                             point->unit ? point->unit : "-", step);
    *zone_out = strcmp(point->id, "b") == 0 ? told->berlin : NULL;
    if (strcmp(point->id, "d") == 0)
        return mando_fail_at(error, MANDO_E_USAGE_VALUE, "--flag", 0, 0, "d is refused");
    return strcmp(point->id, "c") ? MANDO_OK
                                  : mando_fail(error, MANDO_E_VALUES_TYPE, -1, "c is refused");
}

static void check_told(enum mando_rows_format format, const char *id, const char *text,
                       const char *expected, const char *points)
{
    struct told told = {.berlin = NULL};
    const struct mando_rows_options options = {
        .id = id, .point = note_point, .point_context = &told};
    mando_text_init(&told.text, 1 << 10);
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &told.berlin, NULL), MANDO_OK);
    check_read(format, text, &options, expected);
    CHECK_TEXT(told.text.bytes ? told.text.bytes : "", points);
    mando_text_release(&told.text);
    mando_zone_free(told.berlin);
}

TEST(dates_are_those_of_each_data_point)
{
    static const char CSV[] = "start,known,end,value,id\n2024-03-31,2024-03-30,2024-04-01,1,b\n"
                              "2024-03-31,,,2,u\n2024-10-27,,2024-10-28,3,b\n2024-04-01,,,4,u\n";
    static const char EXPECTED[] =
        "b 2024-03-30T23:00:00Z 2024-03-31T22:00:00Z 2024-03-29T23:00:00Z 1\n"
        "u 2024-03-31T00:00:00Z - - 2\n"
        "b 2024-10-26T22:00:00Z 2024-10-27T23:00:00Z - 3\n"
        "u 2024-04-01T00:00:00Z - - 4\n";
    check_told(MANDO_ROWS_CSV, NULL, CSV, EXPECTED, "0 b - -\n1 u - -\n");
    check_told(MANDO_ROWS_NDJSON, NULL,
               "{\"start\": \"2024-03-31\", \"known\": \"2024-03-30\", \"end\": \"2024-04-01\", "
               "\"value\": 1, \"id\": \"b\"}\n"
               "{\"start\": \"2024-03-31\", \"value\": 2, \"id\": \"u\"}\n"
               "{\"id\": \"b\", \"start\": \"2024-10-27\", \"end\": \"2024-10-28\", \"value\": 3}\n"
               "{\"value\": 4, \"id\": \"u\", \"start\": \"2024-04-01\"}\n",
               EXPECTED, "0 b - -\n1 u - -\n");
    check_told(MANDO_ROWS_CSV, "b", "start,value\n2024-03-31,1\n", "b 2024-03-30T23:00:00Z - - 1\n",
               "0 b - -\n");
    check_told(MANDO_ROWS_CSV, "b", "start,value,id\n2024-03-31,1,b\n2024-03-31,1,\n",
               "b 2024-03-30T23:00:00Z - - 1\nb 2024-03-30T23:00:00Z - - 1\n", "0 b - -\n");
}

TEST(a_json_series_tells_its_unit_and_how_long_its_rows_are)
{
    check_told(
        MANDO_ROWS_JSON, NULL,
        "{\"series\": [{\"start\": [\"2024-03-31\", \"2024-10-27\"], \"value\": [1, 2],\n"
        "\"id\": \"b\", \"unit\": \"MW\", \"resolution\": \"P1D\"},\n"
        "{\"id\": \"u\", \"unit\": null, \"resolution\": null, \"start\": [], \"value\": []},\n"
        "{\"id\": \"b\", \"resolution\": \"PT1H\", \"start\": [\"2024-04-01\", \"2024-04-02\"],\n"
        "\"end\": [\"2024-04-02\", null], \"value\": [3, 4]}]}",
        "b 2024-03-30T23:00:00Z 2024-03-31T22:00:00Z - 1\n"
        "b 2024-10-26T22:00:00Z 2024-10-27T23:00:00Z - 2\n"
        "b 2024-03-31T22:00:00Z 2024-04-01T22:00:00Z - 3\n"
        "b 2024-04-01T22:00:00Z 2024-04-01T23:00:00Z - 4\n",
        "0 b MW P1D\n1 u - PT0S\n0 b - PT1H\n");
    check_told(MANDO_ROWS_JSON, "b",
               "{\"series\": [{\"start\": [\"2024-03-31\"], \"value\": [1], \"unit\": \"MW\"}]}",
               "b 2024-03-30T23:00:00Z - - 1\n", "0 b MW -\n");
}

static void check_point_refused(enum mando_rows_format format, const char *text, const char *where,
                                int64_t line, int64_t column)
{
    struct told told = {.berlin = NULL};
    const struct mando_rows_options options = {.point = note_point, .point_context = &told};
    struct mando_text out;
    struct mando_error error = {.code = "none"};
    mando_text_init(&told.text, 1 << 10);
    mando_text_init(&out, 1 << 10);
    CHECK_EQ(read_bytes(format, text, strlen(text), &options, &out, &error), MANDO_INVALID);
    CHECK_TEXT(error.where, where);
    CHECK_EQ(error.line, line);
    CHECK_EQ(error.column, column);
    mando_text_release(&told.text);
    mando_text_release(&out);
}

TEST(a_data_point_that_is_refused_stands_where_its_id_does)
{
    check_point_refused(MANDO_ROWS_CSV, "start,value,id\n2024-03-31,1,b\n2024-03-31,1,c\n", "rows",
                        3, 14);
    check_point_refused(MANDO_ROWS_NDJSON,
                        "\n{\"start\": \"2024-03-31\", \"value\": 1, \"id\": \"c\"}", "rows", 2,
                        43);
    check_point_refused(MANDO_ROWS_JSON,
                        "{\"series\": [{\"start\": [],\n\"value\": [], \"id\": \"c\"}]}", "rows", 2,
                        20);
    check_point_refused(MANDO_ROWS_CSV, "start,value,id\n2024-03-31,1,d\n", "--flag", 0, 0);
}

TEST(a_date_is_midnight_of_the_zone)
{
    struct mando_zone *berlin = NULL;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &berlin, NULL), MANDO_OK);
    const struct mando_rows_options options = {.id = "a", .zone = berlin};
    check_read(MANDO_ROWS_CSV, "start,value\n2025-12-01,1\n", &options,
               "a 2025-11-30T23:00:00Z - - 1\n");
    check_read(MANDO_ROWS_NDJSON, "{\"start\": \"2025-12-01\", \"value\": 1}\n", &options,
               "a 2025-11-30T23:00:00Z - - 1\n");
    mando_zone_free(berlin);
}

TEST(what_is_wrong_in_a_file_is_told_with_its_place)
{
    static const struct {
        enum mando_rows_format format;
        const struct mando_rows_options *options;
        const char *text, *code;
        int64_t line, column;
        const char *message;
    } CASES[] = {
        {MANDO_ROWS_CSV, &SERIES, "start,valu\n", "csv.header", 1, 7,
         "\"valu\" is no column of rows; the nearest is \"value\""},
        {MANDO_ROWS_CSV, &SERIES, "start,value,start\n", "csv.header", 1, 13,
         "column start is there twice"},
        {MANDO_ROWS_CSV, &SERIES, "value\n", "csv.header", 1, 1, "column start is missing"},
        {MANDO_ROWS_CSV, &ANY, "start,value\n", "csv.header", 1, 1, "column id is missing"},
        {MANDO_ROWS_CSV, &MATRIX, "start,low\n", "csv.header", 1, 1, "column high is missing"},
        {MANDO_ROWS_CSV, &MATRIX, "start,value\n", "csv.header", 1, 7,
         "\"value\" is no column of rows; the nearest is \"low\""},
        {MANDO_ROWS_CSV, &SERIES, "start,value\n2025-12-01,1\n2025-12-01T25:00Z,1\n", "time.format",
         3, 12,
         "\"2025-12-01T25:00Z\" is no ISO 8601 time: an hour from 00 to 24 is expected at column "
         "12"},
        {MANDO_ROWS_CSV, &SERIES, "start,value\n,1\n", "rows.cell", 2, 1,
         "start is empty; every row needs one"},
        {MANDO_ROWS_CSV, &ANY, "start,value,id\n2025-12-01,1,\n", "rows.cell", 2, 14,
         "id is empty; every row needs one"},
        {MANDO_ROWS_CSV, &ANY, "start,value,id\n2025-12-01,1,a//b\n", "point.id", 2, 14,
         "\"a//b\" is no id: segment 2 is empty"},
        {MANDO_ROWS_CSV, &SERIES, "start,value,id\n2025-12-01,1,a/c\n", "rows.cell", 2, 14,
         "id is \"a/c\"; all rows must be of \"a/b\""},
        {MANDO_ROWS_CSV, &SERIES, "start,value\n2025-12-01,NaN\n", "csv.number", 2, 12,
         "\"NaN\" in value is no finite number"},
        {MANDO_ROWS_CSV, &SERIES, "start,value,deleted\n2025-12-01,1,yes\n", "rows.cell", 2, 14,
         "deleted is \"yes\"; it must be true or false"},
        {MANDO_ROWS_CSV, &DOCUMENT, "start,value\n2025-12-01,{\n", "json.syntax", 2, 12,
         "the text is not JSON: it ends too early"},
        {MANDO_ROWS_CSV, &SERIES, "start,value\n2025-12-01\n", "csv.cells", 2, 1,
         "the row ends here, after 1 of the 2 cells of the header"},
        {MANDO_ROWS_NDJSON, &SERIES, "{\"start\": \"2025-12-01\", \"value\": 1}\n{\"start\": 1}\n",
         "field.type", 2, 11, "start is 1; it must be a text, an ISO 8601 time"},
        {MANDO_ROWS_CSV, &SERIES,
         "start,end,value\n2025-12-02,2025-12-02,1\n2025-12-02,2025-12-01,1\n", "time.order", 3, 1,
         "the row ends at 2025-12-01T00:00:00Z, before it starts at 2025-12-02T00:00:00Z"},
        {MANDO_ROWS_JSON, &SERIES,
         "{\"series\": [{\"end\": [\"2025-12-01\"], \"start\": [\"2025-12-02\"], \"value\": [1]}]}",
         "time.order", 1, 47,
         "the row ends at 2025-12-01T00:00:00Z, before it starts at 2025-12-02T00:00:00Z"},
        {MANDO_ROWS_NDJSON, &SERIES, "\n[1]\n", "field.type", 2, 1,
         "a row is [1]; it must be an object"},
        {MANDO_ROWS_NDJSON, &SERIES, "{\"start\": \"2025-12-01\", \"value\": \"1\"}", "field.type",
         1, 34, "value is \"1\"; it must be a number or null"},
        {MANDO_ROWS_NDJSON, &SERIES, "{\"start\": null, \"value\": 1}", "field.type", 1, 11,
         "start is null; it must be a text, an ISO 8601 time"},
        {MANDO_ROWS_NDJSON, &SERIES, "{\"start\": \"2025-12-01\"}", "field.missing", 1, 1,
         "value is missing"},
        {MANDO_ROWS_NDJSON, &ANY, "{\"start\": \"2025-12-01\", \"value\": 1}", "field.missing", 1,
         1, "id is missing"},
        {MANDO_ROWS_NDJSON, &ANY, "{\"id\": 1}", "field.type", 1, 8, "id is 1; it must be a text"},
        {MANDO_ROWS_NDJSON, &SERIES, "{\"value\": 1, \"value\": 2}", "field.duplicate", 1, 14,
         "value is given twice"},
        {MANDO_ROWS_NDJSON, &SERIES, "{\"changed\": 1}", "field.unknown", 1, 2,
         "\"changed\" is no column of rows; the nearest is \"end\""},
        {MANDO_ROWS_NDJSON, &SERIES, "{\"start\": \"2025-12-01\", \"value\": 1, \"deleted\": 1}",
         "field.type", 1, 48, "deleted is 1; it must be true or false"},
        {MANDO_ROWS_NDJSON, &SERIES, "\n\n{\"start\": \"1.12.2025\", \"value\": 1}", "time.format",
         3, 11, "\"1.12.2025\" is no ISO 8601 time: a year of four digits is expected at column 2"},
        {MANDO_ROWS_NDJSON, &SERIES, "{\"start\": \"2025-12-01\",\n", "json.syntax", 1, 24,
         "the text is not JSON: it ends too early"},
        {MANDO_ROWS_JSON, &SERIES, "[]", "field.type", 1, 1,
         "the text is []; it must be an object {\"series\": [...]}"},
        {MANDO_ROWS_JSON, &SERIES, "{}", "field.missing", 1, 1, "series is missing"},
        {MANDO_ROWS_JSON, &SERIES, "{\"serie\": []}", "field.unknown", 1, 2,
         "\"serie\" is unknown here; there is only \"series\""},
        {MANDO_ROWS_JSON, &SERIES, "{\"series\": [], \"x\": 1}", "field.unknown", 1, 16,
         "\"x\" is unknown here; there is only \"series\""},
        {MANDO_ROWS_JSON, &SERIES, "{\"series\": [], \"series\": []}", "field.duplicate", 1, 16,
         "\"series\" is given twice"},
        {MANDO_ROWS_JSON, &SERIES, "{\"series\": {}}", "field.type", 1, 12,
         "series is {}; it must be a list"},
        {MANDO_ROWS_JSON, &SERIES, "{\"series\": [1]}", "field.type", 1, 13,
         "a series is 1; it must be an object"},
        {MANDO_ROWS_JSON, &SERIES, "{\"series\": [{\"start\": [\"2025-12-01\"], \"value\": []}]}",
         "rows.cell", 1, 48, "value has 0 values, the column before it 1: all have one length"},
        {MANDO_ROWS_JSON, &SERIES, "{\"series\": [{\"unit\": \"MW\", \"unit\": null}]}",
         "field.duplicate", 1, 28, "unit is given twice"},
        {MANDO_ROWS_JSON, &SERIES,
         "{\"series\": [{\"resolution\": \"1h\", \"start\": [], \"value\": []}]}",
         "duration.format", 1, 28, "\"1h\" is no ISO 8601 duration: \"P\" is expected at column 1"},
        {MANDO_ROWS_JSON, &SERIES,
         "{\"series\": [{\"resolution\": \"PT0S\", \"start\": [], \"value\": []}]}", "rows.cell", 1,
         28, "resolution is \"PT0S\"; it must be longer than nothing, null of instants"},
        {MANDO_ROWS_JSON, &SERIES,
         "{\"series\": [{\"resolution\": \"P1D\", \"start\": [\"9999-12-31\"], \"value\": [1]}]}",
         "time.range", 1, 45, "9999-12-31T00:00:00Z and P1D is outside the years 1 to 9999"},
        {MANDO_ROWS_JSON, &SERIES, "{\"series\": [{\"start\": 1}]}", "field.type", 1, 23,
         "start is 1; it must be a list"},
        {MANDO_ROWS_JSON, &ANY, "{\"series\": [{\"start\": [], \"value\": []}]}", "field.missing",
         1, 13, "id is missing"},
        {MANDO_ROWS_JSON, &ANY,
         "{\"series\": [{\"id\": \"-\", \"start\": [\"2025-12-01\"], \"value\": [1]}]}", "point.id",
         1, 20, "\"-\" is no id: segment 1 begins with \"-\", not with a letter or digit"},
        {MANDO_ROWS_JSON, &SERIES,
         "{\"series\": [{\"start\": [\"2025-12-01\",\n \"2025-13-01\"], \"value\": [1, 2]}]}",
         "time.format", 2, 2,
         "\"2025-13-01\" is no ISO 8601 time: a month from 01 to 12 is expected at column 6"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_error error = {.code = "none"};
        struct mando_text out;
        mando_text_init(&out, 1 << 20);
        enum mando_status status = read_bytes(CASES[i].format, CASES[i].text, strlen(CASES[i].text),
                                              CASES[i].options, &out, &error);
        CHECK_ERROR(error, CASES[i].code, CASES[i].line, CASES[i].column, CASES[i].message);
        CHECK_EQ(status, MANDO_INVALID);
        CHECK_TEXT(error.where, "rows");
        mando_text_release(&out);
    }
}

/* `rows` rows of an hour each. */
static void write_many(struct mando_text *text, size_t rows)
{
    char word[MANDO_TIME_TEXT_SIZE];
    mando_text_init(text, 1 << 26);
    mando_text_append_format(text, "start,value\n");
    for (size_t i = 0; i < rows; i++) {
        mando_time_format((int64_t)i * MANDO_HOUR_US, word);
        mando_text_append_format(text, "%s,%zu\n", word, i);
    }
}

TEST(batches_hold_ten_thousand_rows_and_know_their_places)
{
    struct mando_text text;
    struct mando_input *input = NULL;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows;
    struct mando_error error = {.message = "as it was"};
    write_many(&text, 25000);
    CHECK_EQ(mando_input_open_memory(text.bytes, text.length, "rows", NULL, &input, NULL),
             MANDO_OK);
    CHECK_EQ(rows_reader_open(input, MANDO_ROWS_CSV, &SERIES, &reader, NULL), MANDO_OK);
    for (size_t batch = 0; batch < 3; batch++) {
        CHECK_EQ(mando_rows_read_next(reader, &rows, NULL), MANDO_OK);
        CHECK_EQ(rows.count, batch < 2 ? 10000 : 5000);
        CHECK_NEAR(rows.value[4999], (double)(batch * 10000 + 4999), 0);
        mando_rows_read_fail(reader, mando_rows_read_place(reader, 4999), &error);
        CHECK_EQ(error.line, (int64_t)(batch * 10000 + 4999) + 2);
        CHECK_EQ(error.column, 1);
        CHECK_TEXT(error.message, "as it was");
    }
    CHECK_EQ(mando_rows_read_next(reader, &rows, NULL), MANDO_OK);
    CHECK_EQ(rows.count, 0);
    mando_rows_read_close(reader);
    mando_input_free(input);
    mando_text_release(&text);
}

TEST(a_row_of_a_json_answer_is_where_its_start_is)
{
    static const char TEXT[] = "{\"series\": [{\"value\": [1, 2], \"start\": [\"2025-12-01\",\n"
                               "  \"2025-12-02\"]}]}";
    struct mando_input *input = NULL;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows;
    struct mando_error error = {.line = 0};
    CHECK_EQ(mando_input_open_memory(TEXT, sizeof TEXT - 1, "rows", NULL, &input, NULL), MANDO_OK);
    CHECK_EQ(rows_reader_open(input, MANDO_ROWS_JSON, &SERIES, &reader, NULL), MANDO_OK);
    CHECK_EQ(mando_rows_read_next(reader, &rows, NULL), MANDO_OK);
    mando_rows_read_fail(reader, mando_rows_read_place(reader, 1), &error);
    CHECK_EQ(error.line, 2);
    CHECK_EQ(error.column, 3);
    CHECK_EQ(error.index, -1);
    mando_rows_read_close(reader);
    mando_input_free(input);
}

TEST(rows_beyond_the_limit_are_refused)
{
    const struct mando_rows_options options = {.id = "a", .rows_max = 2};
    struct mando_text text, out;
    struct mando_error error;
    write_many(&text, 3);
    mando_text_init(&out, 1 << 20);
    CHECK_EQ(read_bytes(MANDO_ROWS_CSV, text.bytes, text.length, &options, &out, &error),
             MANDO_LIMIT);
    CHECK_ERROR(error, "io.limit", 4, 1, "there are more rows than the limit of 2");
    mando_text_release(&text);
    mando_text_release(&out);
}

TEST(many_ids_keep_their_order)
{
    struct mando_text text, expected;
    mando_text_init(&text, 1 << 20);
    mando_text_init(&expected, 1 << 20);
    mando_text_append_format(&text, "id,start,value\n");
    for (int i = 0; i < 2000; i++) {
        int id = i % 3 == 0 ? i : i % 700;
        mando_text_append_format(&text, "p/%d,2025-12-01,%d\n", id, i);
        mando_text_append_format(&expected, "p/%d 2025-12-01T00:00:00Z - - %d\n", id, i);
    }
    check_read(MANDO_ROWS_CSV, text.bytes, &ANY, expected.bytes);
    mando_text_release(&text);
    mando_text_release(&expected);
}

TEST(rows_are_read_from_files_plain_and_packed)
{
    static const char TEXT[] = "start,value\n2025-12-01,1\n";
    unsigned char packed[200];
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows;
    struct mando_error error;
    size_t length = gzip(TEXT, sizeof TEXT - 1, packed, sizeof packed);
    const char *path = scratch_file("rows.csv.gz", packed, length);
    CHECK_EQ(mando_rows_read_open(path, MANDO_ROWS_CSV, &SERIES, &reader, NULL), MANDO_OK);
    CHECK_EQ(mando_rows_read_next(reader, &rows, NULL), MANDO_OK);
    CHECK_EQ(rows.count, 1);
    mando_rows_read_close(reader);
    mando_rows_read_close(NULL);
    CHECK_EQ(mando_rows_read_open(scratch_path("none"), MANDO_ROWS_CSV, &SERIES, &reader, &error),
             MANDO_NOT_FOUND);
}

static enum mando_status read_some(enum mando_rows_format format, struct mando_error *error)
{
    static const char *const TEXTS[] = {
        [MANDO_ROWS_CSV] = "id,start,value\nx,2025-12-01,\"{\"\"a\"\":1}\"\n",
        [MANDO_ROWS_NDJSON] = "{\"id\": \"x\", \"start\": \"2025-12-01\", \"value\": {}}\n",
        [MANDO_ROWS_JSON] =
            "{\"series\": [{\"id\": \"x\", \"start\": [\"2025-12-01\"], \"value\": [[]]}]}"};
    const struct mando_rows_options options = {.type = MANDO_DOCUMENT};
    struct mando_input *input = NULL;
    struct mando_rows_reader *reader = NULL;
    struct mando_rows rows = {0};
    enum mando_status status =
        mando_input_open_memory(TEXTS[format], strlen(TEXTS[format]), "rows", NULL, &input, error);
    if (!status)
        status = rows_reader_open(input, format, &options, &reader, error);
    if (!status)
        status = mando_rows_read_next(reader, &rows, error);
    CHECK(status || rows.count == 1);
    mando_rows_read_close(reader);
    mando_input_free(input);
    return status;
}

TEST(every_allocation_of_a_reader_may_fail)
{
    for (int format = MANDO_ROWS_CSV; format <= MANDO_ROWS_JSON; format++) {
        enum mando_status status = MANDO_NO_MEMORY;
        for (int64_t calls = 0; status; calls++) {
            struct mando_error error;
            mando_alloc_fail_after(calls);
            status = read_some((enum mando_rows_format)format, &error);
            mando_alloc_fail_after(-1);
            CHECK(!status || strcmp(error.code, "memory") == 0);
            CHECK(calls < 100);
        }
    }
}

#define SMARD                                                                                      \
    "Datum von;Datum bis;Belgien [\u20ac/MWh];\u2205 Anrainer DE/LU [\u20ac/MWh];Malta "           \
    "[\u20ac/MWh];DE/AT/LU [\u20ac/MWh];Frankreich [\u20ac/MWh]\n"

static void check_refused(enum mando_rows_format format, const char *text,
                          const struct mando_rows_options *options, const char *code, int64_t line,
                          int64_t column, const char *message)
{
    struct mando_text out;
    struct mando_error error = {.message = ""};
    mando_text_init(&out, 1 << 20);
    CHECK(read_bytes(format, text, strlen(text), options, &out, &error) != MANDO_OK);
    CHECK_ERROR(error, code, line, column, message);
    mando_text_release(&out);
}

TEST(smard_gives_each_known_column_to_its_data_point)
{
    check_read(MANDO_ROWS_SMARD,
               SMARD "27.10.2024 02:00;27.10.2024 03:00;-1,5;9;8;-;2\n"
                     "27.10.2024 02:00;27.10.2024 03:00;1.022,27;9;8;-;-\n",
               &ANY,
               "Market/BE/DayAhead/Price 2024-10-27T00:00:00Z - - -1.5\n"
               "Market/FR/DayAhead/Price 2024-10-27T00:00:00Z - - 2\n"
               "Market/BE/DayAhead/Price 2024-10-27T01:00:00Z - - 1022.27\n");
}

TEST(smard_gives_a_column_to_the_id_that_is_asked_for)
{
    const struct mando_rows_options options = {.id = "A/B", .column = "DE-LU-neighbours"};
    check_read(MANDO_ROWS_SMARD, SMARD "01.07.2024 00:00;;1;9,25;8;-;2\n", &options,
               "A/B 2024-06-30T22:00:00Z - - 9.25\n");
}

TEST(smard_refuses_what_is_none)
{
    const struct mando_rows_options malta = {.id = "A/B", .column = "MT"};
    check_refused(MANDO_ROWS_SMARD, SMARD, &malta, "smard.column", 1, 1,
                  "\"MT\" is no column of the file; there are BE, "
                  "DE-LU-neighbours, Malta, DE-AT-LU, FR");
    check_refused(MANDO_ROWS_SMARD, "start,value\n", &ANY, "csv.header", 1, 1,
                  "\"start\" stands where Datum von must stand");
    check_refused(MANDO_ROWS_SMARD, "Datum von;Datum bis;Malta\n", &ANY, "smard.column", 1, 1,
                  "no column of the file is one that has a data point of its own");
    check_refused(MANDO_ROWS_SMARD, SMARD "01.07.2024 00:00;;x;9,25;8;-;2\n", &ANY, "csv.number", 2,
                  19, "\"x\" is no finite number with a decimal comma");
    check_refused(MANDO_ROWS_SMARD, SMARD "1.7.2024 00:00;;1;9,25;8;-;2\n", &ANY, "time.format", 2,
                  2,
                  "\"1.7.2024 00:00\" is no SMARD time: a day from 01 to 31 is expected at "
                  "column 2");
}

TEST(smard_rows_go_on_where_a_batch_is_full)
{
    struct mando_text text, out, expected;
    mando_text_init(&text, (size_t)1 << 22);
    mando_text_init(&out, (size_t)1 << 22);
    mando_text_init(&expected, (size_t)1 << 22);
    mando_text_append_format(&text, "%s", SMARD);
    for (int i = 0; i < 6000; i++) {
        mando_text_append_format(&text, "%02d.%02d.2024 %02d:%02d;;%d;;;;%d\n", i / 1440 + 1, 7,
                                 i / 60 % 24, i % 60, i, -i);
        char start[MANDO_TIME_TEXT_SIZE];
        mando_time_format(INT64_C(1719784800) * MANDO_SECOND_US + i * 60 * MANDO_SECOND_US, start);
        mando_text_append_format(&expected,
                                 "Market/BE/DayAhead/Price %s - - %d\n"
                                 "Market/FR/DayAhead/Price %s - - %d\n",
                                 start, i, start, -i);
    }
    CHECK_EQ(read_bytes(MANDO_ROWS_SMARD, text.bytes, text.length, &ANY, &out, NULL), MANDO_OK);
    mando_text_append(&out, "", 1);
    mando_text_append(&expected, "", 1);
    CHECK(strcmp(out.bytes, expected.bytes) == 0);
    mando_text_release(&text);
    mando_text_release(&out);
    mando_text_release(&expected);
}

TEST(values_may_have_another_name_and_then_no_other_columns)
{
    const struct mando_rows_options prices = {.id = "P", .value_name = "price_eur_per_mwh"};
    check_read(MANDO_ROWS_CSV,
               "price_eur_per_mwh,start\n1.5,2025-12-01T00:00Z\n,2025-12-01T01:00Z\n", &prices,
               "P 2025-12-01T00:00:00Z - - 1.5\nP 2025-12-01T01:00:00Z - - ?\n");
    check_read(MANDO_ROWS_NDJSON, "{\"start\":\"2025-12-01T00:00Z\",\"price_eur_per_mwh\":2}\n",
               &prices, "P 2025-12-01T00:00:00Z - - 2\n");
    check_refused(MANDO_ROWS_CSV, "start,price_eur_per_mwh,known\n", &prices, "csv.header", 1, 25,
                  "\"known\" is no column of rows; the nearest is \"start\"");
    check_refused(MANDO_ROWS_CSV, "start,value\n", &prices, "csv.header", 1, 7,
                  "\"value\" is no column of rows; the nearest is \"start\"");
    check_refused(MANDO_ROWS_CSV, "start\n", &prices, "csv.header", 1, 1,
                  "column price_eur_per_mwh is missing");
}
