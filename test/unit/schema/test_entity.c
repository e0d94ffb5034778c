#include "schema/entity.h"

#include "check.h"

struct sample {
    char name[8];
    double share, count, level;
};

static const struct mando_field FIELDS[] = {{.name = "name",
                                             .unit = "",
                                             .text = "a name",
                                             .type = MANDO_FIELD_TEXT,
                                             .rule = MANDO_FIELD_DEFAULT,
                                             .offset = offsetof(struct sample, name),
                                             .size = 8,
                                             .initial_text = "none"},
                                            {.name = "share",
                                             .unit = "",
                                             .text = "a share",
                                             .type = MANDO_FIELD_NUMBER,
                                             .rule = MANDO_FIELD_REQUIRED,
                                             .offset = offsetof(struct sample, share),
                                             .size = sizeof(double),
                                             .initial = NAN,
                                             .low = {0, MANDO_BOUND_OPEN},
                                             .high = {1, MANDO_BOUND_CLOSED}},
                                            {.name = "count",
                                             .unit = "",
                                             .text = "a count",
                                             .type = MANDO_FIELD_NUMBER,
                                             .rule = MANDO_FIELD_DEFAULT,
                                             .offset = offsetof(struct sample, count),
                                             .size = sizeof(double),
                                             .initial = 3,
                                             .low = {-1, MANDO_BOUND_CLOSED},
                                             .high = {10, MANDO_BOUND_OPEN}},
                                            {.name = "level",
                                             .unit = "",
                                             .text = "a level",
                                             .type = MANDO_FIELD_NUMBER,
                                             .rule = MANDO_FIELD_OPTIONAL,
                                             .offset = offsetof(struct sample, level),
                                             .size = sizeof(double),
                                             .initial = NAN,
                                             .low = {0, MANDO_BOUND_CLOSED}}};

static const struct mando_entity SAMPLE = {
    .name = "sample", .fields = FIELDS, .field_count = sizeof FIELDS / sizeof *FIELDS};

static struct mando_error error;

static enum mando_status read_sample(const char *text, struct sample *sample)
{
    struct mando_json json;
    CHECK_EQ(mando_json_parse(text, strlen(text), 10000, "s.json", &json, NULL), MANDO_OK);
    enum mando_status status =
        mando_entity_read(&SAMPLE, &json, yyjson_doc_get_root(json.doc), sample, &error);
    mando_json_release(&json);
    return status;
}

static void check_refused(const char *text, const char *code, int line, int column,
                          const char *message)
{
    struct sample sample;
    CHECK_EQ(read_sample(text, &sample), MANDO_INVALID);
    CHECK_TEXT(error.message, message);
    CHECK_TEXT(error.code, code);
    CHECK_TEXT(error.where, "s.json");
    CHECK_EQ(error.line, line);
    CHECK_EQ(error.column, column);
}

TEST(entity_init_sets_every_field)
{
    struct sample sample;
    memset(&sample, 0x55, sizeof sample);
    mando_entity_init(&SAMPLE, &sample);
    CHECK_TEXT(sample.name, "none");
    CHECK(isnan(sample.share));
    CHECK(sample.count == 3);
    CHECK(isnan(sample.level));
}

TEST(entity_read_sets_what_is_given_and_leaves_the_rest_initial)
{
    struct sample sample;
    CHECK_EQ(read_sample("{\"level\": 2e0, \"name\": \"1234567\", \"share\": 1}", &sample),
             MANDO_OK);
    CHECK_TEXT(sample.name, "1234567");
    CHECK(sample.share == 1);
    CHECK(sample.count == 3);
    CHECK(sample.level == 2);
}

TEST(entity_read_takes_null_for_absent)
{
    struct sample sample;
    CHECK_EQ(read_sample("{\"level\":null,\"name\":null,\"share\":null,\"count\":null}", &sample),
             MANDO_OK);
    CHECK_TEXT(sample.name, "none");
    CHECK(isnan(sample.share));
    CHECK(sample.count == 3);
}

TEST(entity_read_refuses_an_unknown_field_and_names_the_nearest)
{
    check_refused("{\"share\": 1,\n \"levle\": 2}", "field.unknown", 2, 2,
                  "\"levle\" is no field of a sample; the nearest is \"level\"");
    check_refused("{\"SHARE\": 1}", "field.unknown", 1, 2,
                  "\"SHARE\" is no field of a sample; the nearest is \"share\"");
    check_refused("{\"share\\u0000\": 1}", "field.unknown", 1, 2,
                  "\"share\\u0000\" is no field of a sample; the nearest is \"share\"");
    check_refused("{\"\": null}", "field.unknown", 1, 2,
                  "\"\" is no field of a sample; the nearest is \"name\"");
}

TEST(entity_read_refuses_a_repeated_field_at_its_second_key)
{
    check_refused("{\"share\": 1, \"count\": 2,\n\"share\": 1}", "field.duplicate", 2, 1,
                  "share is given twice");
    check_refused("{\"share\": null, \"sh\\u0061re\": 1}", "field.duplicate", 1, 17,
                  "share is given twice");
}

TEST(entity_read_refuses_wrong_types_at_the_value)
{
    check_refused("{\"share\": \"1\"}", "field.type", 1, 11, "share is \"1\"; it must be a number");
    check_refused("{\"share\": true}", "field.type", 1, 11, "share is true; it must be a number");
    check_refused("{\"share\": [1]}", "field.type", 1, 11, "share is [1]; it must be a number");
    check_refused("{\"name\": 7}", "field.type", 1, 10, "name is 7; it must be a text");
    check_refused(" [1]", "field.type", 1, 2, "the sample is [1]; it must be an object");
    check_refused("null", "field.type", 1, 1, "the sample is null; it must be an object");
}

TEST(entity_read_refuses_texts_that_do_not_fit)
{
    check_refused("{\"name\": \"12345678\"}", "field.range", 1, 10,
                  "name has 8 bytes; it may have at most 7");
    check_refused("{\"name\": \"a\\u0000b\"}", "field.range", 1, 10, "name holds a NUL character");
}

static struct sample good(void)
{
    return (struct sample){.name = "x", .share = 0.5, .count = 0, .level = 0};
}

static void check_range(struct sample sample, const char *pointer, const char *message)
{
    CHECK_EQ(mando_entity_check(&SAMPLE, &sample, &error), MANDO_INVALID);
    CHECK_TEXT(error.message, message);
    CHECK_TEXT(error.where, pointer);
    CHECK_EQ(error.line, 0);
}

TEST(entity_check_accepts_values_at_closed_bounds)
{
    struct sample sample = good();
    sample.share = 1;
    sample.count = -1;
    CHECK_EQ(mando_entity_check(&SAMPLE, &sample, NULL), MANDO_OK);
    sample.count = nextafter(10, 0);
    sample.share = 5e-324;
    sample.level = NAN;
    CHECK_EQ(mando_entity_check(&SAMPLE, &sample, NULL), MANDO_OK);
}

TEST(entity_check_refuses_values_outside_their_bounds)
{
    struct sample sample = good();
    sample.share = 0;
    check_range(sample, "/share", "share is 0; it must be above 0 and at most 1");
    sample.share = 1.5;
    check_range(sample, "/share", "share is 1.5; it must be above 0 and at most 1");
    sample = good();
    sample.count = 10;
    check_range(sample, "/count", "count is 10; it must be at least -1 and below 10");
    sample = good();
    sample.level = -1e-9;
    check_range(sample, "/level", "level is -1e-9; it must be at least 0");
    CHECK_TEXT(error.code, "field.range");
}

TEST(entity_check_refuses_what_is_not_finite)
{
    struct sample sample = good();
    sample.level = INFINITY;
    check_range(sample, "/level", "level is infinite; it must be a finite number");
    sample = good();
    sample.count = NAN;
    check_range(sample, "/count", "count is NaN; it must be a finite number");
    sample = good();
    sample.share = -INFINITY;
    check_range(sample, "/share", "share is infinite; it must be a finite number");
}

TEST(entity_check_refuses_what_is_missing)
{
    struct sample sample = good();
    sample.share = NAN;
    check_range(sample, "/share", "share is missing; it is required: a share");
    CHECK_TEXT(error.code, "field.missing");
}

TEST(entity_check_refuses_a_text_without_end)
{
    struct sample sample = good();
    memset(sample.name, 'x', sizeof sample.name);
    check_range(sample, "/name", "name has no end; it may have at most 7 bytes and a NUL");
}
