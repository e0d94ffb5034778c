#include "base/alloc.h"
#include "check.h"
#include "mando/codec.h"
#include "mando/point.h"

#define ID "Market/DE-LU/DayAhead/Price"

static enum mando_status parse(const char *text, struct mando_point *point, char **document,
                               struct mando_error *error)
{
    return mando_point_parse(ID, (enum mando_point_type)0, text, strlen(text), point, document,
                             error);
}

TEST(a_configuration_with_its_type_alone_has_defaults)
{
    struct mando_point point;
    char *document = NULL;
    CHECK_EQ(parse("{\"type\": \"TimeSeriesDouble\"}", &point, &document, NULL), MANDO_OK);
    CHECK_TEXT(point.id, ID);
    CHECK_EQ(point.type, MANDO_SERIES);
    CHECK_EQ(point.aggregation, MANDO_MEAN);
    CHECK_EQ(point.width, 1);
    CHECK_EQ(point.resolution.months | point.resolution.days | point.resolution.time_us, 0);
    CHECK_TEXT(point.unit, "");
    CHECK_TEXT(point.time_zone, "UTC");
    CHECK(!point.document && !document);
}

static const char FULL[] =
    "{\"aggregation\": \"sum\", \"tags\": {\"zone\": \"DE-LU\", \"a\": \"b/\\\"c\\\"\", \"\": "
    "\"\"},\n"
    " \"type\": \"TimeSeriesDoubleMatrix\", \"unit\": \"EUR/MWh\", \"resolution\": \"P1D\",\n"
    " \"time_zone\": \"Europe/Berlin\", \"labels\": [\"low\", \"h\\u00f6gh\"], \"owner\": "
    "\"desk\",\n"
    " \"retention\": \"P10Y\"}";

TEST(every_field_of_a_configuration_is_read_and_written_back)
{
    struct mando_point point, again;
    char *document = NULL, *text = NULL, *document_again = NULL;
    size_t length = 0;
    CHECK_EQ(parse(FULL, &point, &document, NULL), MANDO_OK);
    CHECK_EQ(point.type, MANDO_MATRIX);
    CHECK_EQ(point.width, 2);
    CHECK_EQ(point.aggregation, MANDO_SUM);
    CHECK_EQ(point.resolution.days, 1);
    CHECK_TEXT(point.unit, "EUR/MWh");
    CHECK_TEXT(point.time_zone, "Europe/Berlin");
    CHECK(point.document == document);
    CHECK_TEXT(document, "{\"labels\":[\"low\",\"h\xC3\xB6gh\"],"
                         "\"tags\":{\"\":\"\",\"a\":\"b/\\\"c\\\"\",\"zone\":\"DE-LU\"},"
                         "\"owner\":\"desk\",\"retention\":\"P10Y\"}");
    CHECK_EQ(mando_point_format(&point, &text, &length, NULL), MANDO_OK);
    CHECK_EQ(length, strlen(text));
    CHECK(strstr(text, "{\"type\":\"TimeSeriesDoubleMatrix\",\"unit\":\"EUR/MWh\",\"resolution\":"
                       "\"P1D\",\"time_zone\":\"Europe/Berlin\",\"aggregation\":\"sum\",\"labels\"")
          == text);
    CHECK_EQ(parse(text, &again, &document_again, NULL), MANDO_OK);
    CHECK_TEXT(document_again, document);
    again.document = point.document;
    CHECK(memcmp(&again, &point, sizeof point) == 0);
    mando_text_free(document);
    mando_text_free(document_again);
    mando_text_free(text);
}

TEST(a_configuration_of_a_document_is_written_without_an_aggregation)
{
    struct mando_point point;
    char *document = NULL, *text = NULL;
    size_t length = 0;
    CHECK_EQ(
        parse("{\"type\": \"StaticData\", \"json_schema\": {\"type\": \"object\"}, \"tags\": {}, "
              "\"owner\": null}",
              &point, &document, NULL),
        MANDO_OK);
    CHECK_TEXT(document, "{\"json_schema\":{\"type\":\"object\"}}");
    CHECK_EQ(mando_point_format(&point, &text, &length, NULL), MANDO_OK);
    CHECK_TEXT(text, "{\"type\":\"StaticData\",\"time_zone\":\"UTC\","
                     "\"json_schema\":{\"type\":\"object\"}}");
    mando_text_free(document);
    mando_text_free(text);
}

TEST(a_data_point_that_exists_need_not_name_its_type)
{
    struct mando_point point;
    char *document = NULL;
    static const char TEXT[] = "{\"unit\": \"MW\"}";
    CHECK_EQ(mando_point_parse(ID, MANDO_SERIES, TEXT, strlen(TEXT), &point, &document, NULL),
             MANDO_OK);
    CHECK_EQ(point.type, MANDO_SERIES);
    CHECK_TEXT(point.unit, "MW");
}

TEST(a_wrong_field_is_refused_at_its_pointer_and_place)
{
    static const struct {
        const char *text, *code, *where, *message;
        int64_t line, column;
    } CASES[] = {
        {"{}", "field.missing", "",
         "type is missing; it is required: TimeSeriesDouble, TimeSeriesDoubleMatrix or StaticData",
         1, 1},
        {"{\"typ\": \"StaticData\"}", "field.unknown", "/typ",
         "\"typ\" is no field of a configuration; the nearest is \"type\"", 1, 2},
        {"{\"type\": \"TimeSeries\"}", "field.range", "/type",
         "type is \"TimeSeries\"; it must be TimeSeriesDouble, TimeSeriesDoubleMatrix or "
         "StaticData",
         1, 10},
        {"{\"type\": 1}", "field.type", "/type", "type is 1; it must be a text", 1, 10},
        {"[]", "field.type", "", "the configuration is []; it must be an object", 1, 1},
        {"{\"type\": \"StaticData\",\n \"type\": \"StaticData\"}", "field.duplicate", "/type",
         "type is given twice", 2, 2},
        {"{\"type\": \"TimeSeriesDouble\", \"aggregation\": \"avg\"}", "field.range",
         "/aggregation", "aggregation is \"avg\"; it must be mean, sum, min, max, first or last", 1,
         45},
        {"{\"type\": \"TimeSeriesDouble\", \"resolution\": \"15 min\"}", "duration.format",
         "/resolution",
         "resolution: \"15 min\" is no ISO 8601 duration: \"P\" is expected at column 1", 1, 44},
        {"{\"type\": \"TimeSeriesDouble\", \"resolution\": \"PT0S\"}", "field.range", "/resolution",
         "resolution is \"PT0S\"; it must be longer than nothing", 1, 44},
        {"{\"type\": \"TimeSeriesDouble\", \"retention\": \"-P1D\"}", "field.range", "/retention",
         "retention is \"-P1D\"; it must be longer than nothing", 1, 43},
        {"{\"type\": \"TimeSeriesDouble\", \"time_zone\": \"\"}", "field.range", "/time_zone",
         "time_zone is empty; it must be the name of a zone", 1, 43},
        {"{\"type\": \"TimeSeriesDouble\", \"unit\": \"0123456789012345\"}", "field.range", "/unit",
         "unit has 16 bytes; it may have at most 15", 1, 38},
        {"{\"type\": \"StaticData\", \"resolution\": \"PT1H\"}", "field.range", "/resolution",
         "resolution is given; a StaticData document holds until the next one", 1, 38},
        {"{\"type\": \"TimeSeriesDoubleMatrix\"}", "field.missing", "",
         "labels are missing; a TimeSeriesDoubleMatrix needs them: the names of its columns", 1, 1},
        {"{\"type\": \"TimeSeriesDouble\", \"labels\": [\"a\"]}", "field.range", "/labels",
         "labels are given; only a TimeSeriesDoubleMatrix has columns", 1, 40},
        {"{\"type\": \"TimeSeriesDoubleMatrix\", \"labels\": \"a\"}", "field.type", "/labels",
         "labels is \"a\"; it must be a list of texts", 1, 46},
        {"{\"type\": \"TimeSeriesDoubleMatrix\", \"labels\": []}", "field.range", "/labels",
         "there are 0 labels; 1 to 4096 can be", 1, 46},
        {"{\"type\": \"TimeSeriesDoubleMatrix\", \"labels\": [\"a\", 2]}", "field.type",
         "/labels/1", "a label is 2; it must be a text", 1, 52},
        {"{\"type\": \"TimeSeriesDoubleMatrix\", \"labels\": [\"a\", \"b\", \"a\"]}",
         "field.duplicate", "/labels/2", "the label \"a\" is given twice", 1, 57},
        {"{\"type\": \"TimeSeriesDoubleMatrix\", \"labels\": [\"\"]}", "field.range", "/labels/0",
         "a label is empty or holds a NUL", 1, 47},
        {"{\"type\": \"TimeSeriesDoubleMatrix\", \"labels\": [\"end\"]}", "field.range",
         "/labels/0", "a label is \"end\", which is the name of another column", 1, 47},
        {"{\"type\": \"StaticData\", \"tags\": []}", "field.type", "/tags",
         "tags is []; it must be an object of texts", 1, 32},
        {"{\"type\": \"StaticData\", \"tags\": {\"a/b~\": 1}}", "field.type", "/tags/a~1b~0",
         "a tag is 1; it must be a text", 1, 41},
        {"{\"type\": \"StaticData\", \"tags\": {\"a\": \"1\", \"a\": \"2\"}}", "field.duplicate",
         "/tags/a", "the tag \"a\" is given twice", 1, 43},
        {"{\"type\": \"TimeSeriesDouble\", \"json_schema\": {}}", "field.range", "/json_schema",
         "json_schema is given; only StaticData has documents", 1, 45},
        {"{\"type\": \"StaticData\", \"json_schema\": {\"format\": \"date\"}}", "field.unknown",
         "/json_schema/format",
         "\"format\" is no keyword of JSON schema that is supported; the nearest is \"const\"", 1,
         40},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_error error;
        struct mando_point point = {.width = 77};
        char *document = NULL;
        CHECK_EQ(parse(CASES[i].text, &point, &document, &error), MANDO_INVALID);
        CHECK_TEXT(error.message, CASES[i].message);
        CHECK_TEXT(error.code, CASES[i].code);
        CHECK_TEXT(error.where, CASES[i].where);
        CHECK_EQ(error.line, CASES[i].line);
        CHECK_EQ(error.column, CASES[i].column);
        CHECK(!document && point.width == 77);
    }
}

static void check_format(const struct mando_point *point, const char *expected)
{
    char *text = NULL;
    size_t length = 0;
    CHECK_EQ(mando_point_format(point, &text, &length, NULL), MANDO_OK);
    CHECK_TEXT(text, expected);
    mando_text_free(text);
}

TEST(a_point_that_was_filled_wrongly_is_written_so_that_reading_it_back_tells)
{
    struct mando_point point = {.type = (enum mando_point_type)9,
                                .aggregation = (enum mando_aggregation)9};
    struct mando_error error;
    char *document = NULL;
    check_format(&point, "{}");
    CHECK_EQ(mando_point_parse("a", point.type, "{}", 2, &point, &document, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "field.missing");
    point.document = "{}";
    check_format(&point, "{}");
    point.document = "";
    check_format(&point, "{}");
    point.document = "{\"owner\":\"desk\"}";
    check_format(&point, "{\"owner\":\"desk\"}");
    point.type = MANDO_SERIES;
    check_format(&point, "{\"type\":\"TimeSeriesDouble\",\"owner\":\"desk\"}");
    point.document = "x";
    check_format(&point, "{\"type\":\"TimeSeriesDouble\",x");
    point.document = NULL;
    memset(point.unit, 'u', sizeof point.unit);
    check_format(&point, "{\"type\":\"TimeSeriesDouble\",\"unit\":\"uuuuuuuuuuuuuuuu\"}");
}

TEST(labels_are_read_from_a_configuration)
{
    struct mando_point point;
    char *document = NULL;
    const char *const *labels = NULL;
    CHECK_EQ(parse(FULL, &point, &document, NULL), MANDO_OK);
    CHECK_EQ(mando_point_labels(&point, &labels, NULL), MANDO_OK);
    CHECK_TEXT(labels[0], "low");
    CHECK_TEXT(labels[1], "h\xC3\xB6gh");
    mando_point_labels_free(labels);
    point.document = NULL;
    CHECK_EQ(mando_point_labels(&point, &labels, NULL), MANDO_OK);
    CHECK(!labels);
    mando_point_labels_free(NULL);
    mando_text_free(document);
}

TEST(an_id_is_checked_first)
{
    struct mando_point point;
    struct mando_error error;
    char *document = NULL;
    CHECK_EQ(mando_point_parse("a//b", MANDO_SERIES, "{}", 2, &point, &document, &error),
             MANDO_INVALID);
    CHECK_TEXT(error.code, "point.id");
}

static enum mando_status parse_and_format(struct mando_error *error)
{
    struct mando_point point;
    char *document = NULL, *text = NULL;
    size_t length = 0;
    enum mando_status status = parse(FULL, &point, &document, error);
    if (!status)
        status = mando_point_format(&point, &text, &length, error);
    CHECK_EQ(text == NULL, status != MANDO_OK);
    mando_text_free(document);
    mando_text_free(text);
    return status;
}

TEST(every_allocation_of_a_configuration_may_fail)
{
    enum mando_status status = MANDO_NO_MEMORY;
    for (int64_t calls = 0; status; calls++) {
        struct mando_error error;
        mando_alloc_fail_after(calls);
        status = parse_and_format(&error);
        mando_alloc_fail_after(-1);
        CHECK(!status || strcmp(error.code, "memory") == 0);
        CHECK(calls < 100);
    }
}
