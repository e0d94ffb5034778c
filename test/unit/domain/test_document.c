#include "domain/document.h"

#include "base/alloc.h"
#include "check.h"
#include "mando/codec.h"
#include "mando/point.h"

/* Parses both texts and answers what the check of the document says, or that of the schema. */
static enum mando_status check(const char *schema_text, const char *text, struct mando_error *error)
{
    MANDO_CLEANUP(mando_json_release) struct mando_json schema = {0};
    MANDO_CLEANUP(mando_json_release) struct mando_json json = {0};
    CHECK_EQ(mando_json_parse(schema_text, strlen(schema_text), 65536, NULL, &schema, NULL),
             MANDO_OK);
    enum mando_status status =
        document_check_schema(&schema, yyjson_doc_get_root(schema.doc), error);
    if (status || !text)
        return status;
    CHECK_EQ(mando_json_parse(text, strlen(text), 65536, NULL, &json, NULL), MANDO_OK);
    return document_check(yyjson_doc_get_root(schema.doc), &json, yyjson_doc_get_root(json.doc),
                          error);
}

TEST(a_document_that_fits_is_taken)
{
    static const struct {
        const char *schema, *text;
    } CASES[] = {
        {"{}", "null"},
        {"{\"type\": \"null\"}", "null"},
        {"{\"type\": \"boolean\"}", "false"},
        {"{\"type\": \"integer\"}", "3"},
        {"{\"type\": \"integer\"}", "-3.0"},
        {"{\"type\": \"integer\"}", "1e3"},
        {"{\"type\": \"number\"}", "3"},
        {"{\"type\": \"string\"}", "\"\""},
        {"{\"type\": [\"null\", \"array\"]}", "[1]"},
        {"{\"type\": \"object\", \"required\": []}", "{}"},
        {"{\"required\": [\"a\"]}", "{\"a\": null, \"b\": 1}"},
        {"{\"required\": [\"a\"]}", "[\"what is no object\"]"},
        {"{\"properties\": {\"a\": {\"type\": \"number\"}}}", "{\"b\": \"anything\"}"},
        {"{\"properties\": {\"a\": {}}, \"additionalProperties\": false}", "{\"a\": 1}"},
        {"{\"additionalProperties\": {\"type\": \"number\"}}", "{\"a\": 1, \"b\": 2}"},
        {"{\"additionalProperties\": true}", "{\"a\": 1}"},
        {"{\"enum\": [1, \"a\", {\"x\": [1, 2], \"y\": null}]}", "{\"y\": null, \"x\": [1.0, 2]}"},
        {"{\"enum\": [1]}", "1.0"},
        {"{\"const\": [true]}", "[true]"},
        {"{\"minimum\": 0, \"maximum\": 1}", "0"},
        {"{\"minimum\": 0, \"maximum\": 1}", "1"},
        {"{\"minimum\": 0}", "\"no number\""},
        {"{\"items\": {\"minimum\": 0}, \"minItems\": 1, \"maxItems\": 2}", "[0, 1]"},
        {"{\"minItems\": 1}", "{}"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        CHECK_EQ(check(CASES[i].schema, CASES[i].text, NULL), MANDO_OK);
}

TEST(a_document_that_does_not_fit_is_refused_where_it_does_not)
{
    static const struct {
        const char *schema, *text, *where, *message;
    } CASES[] = {
        {"{\"type\": \"object\"}", "3", "", "the document is 3; it must be of type object"},
        {"{\"type\": [\"null\", \"string\"]}", "[]", "",
         "the document is []; it must be of type null or string"},
        {"{\"type\": \"integer\"}", "0.5", "", "the document is 0.5; it must be of type integer"},
        {"{\"type\": \"boolean\"}", "0", "", "the document is 0; it must be of type boolean"},
        {"{\"type\": \"null\"}", "false", "", "the document is false; it must be of type null"},
        {"{\"required\": [\"a\", \"b\"]}", "{\"a\": 1}", "",
         "the document has no member \"b\", which its schema requires"},
        {"{\"properties\": {\"a\": {\"items\": {\"minimum\": 2.5}}}}", "{\"a\": [3, 2]}", "/a/1",
         "/a/1 is 2; it must be at least 2.5"},
        {"{\"properties\": {\"a\": {\"maximum\": -1}}}", "{\"b\": 3, \"a\": 0}", "/a",
         "/a is 0; it must be at most -1"},
        {"{\"properties\": {\"power\": {}}, \"additionalProperties\": false}", "{\"powr\": 1}",
         "/powr", "/powr is no member that its schema allows; the nearest is \"power\""},
        {"{\"additionalProperties\": false}", "{\"a\": 1}", "/a",
         "/a is a member where its schema allows none"},
        {"{\"additionalProperties\": {\"type\": \"number\"}}", "{\"x/y\": \"1\"}", "/x~1y",
         "/x~1y is \"1\"; it must be of type number"},
        {"{\"enum\": [1, \"a\"]}", "2", "", "the document is 2; it must be one of [1,\"a\"]"},
        {"{\"enum\": [{\"a\": 1}]}", "{\"a\": 1, \"b\": 2}", "",
         "the document is {\"a\": 1, \"b\": 2}; it must be one of [{\"a\":1}]"},
        {"{\"enum\": [[1, 2]]}", "[2, 1]", "", "the document is [2, 1]; it must be one of [[1,2]]"},
        {"{\"const\": null}", "0", "", "the document is 0; it must be null"},
        {"{\"const\": \"1\"}", "1", "", "the document is 1; it must be \"1\""},
        {"{\"minItems\": 2}", "[1]", "", "the document has 1 items; it must have at least 2"},
        {"{\"maxItems\": 0}", "[1]", "", "the document has 1 items; it must have at most 0"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_error error;
        CHECK_EQ(check(CASES[i].schema, CASES[i].text, &error), MANDO_INVALID);
        CHECK_TEXT(error.message, CASES[i].message);
        CHECK_TEXT(error.code, "document.schema");
        CHECK_TEXT(error.where, CASES[i].where);
        CHECK(error.line == 1 && error.column >= 1);
    }
}

TEST(a_member_that_is_there_twice_is_refused_at_the_second)
{
    struct mando_error error;
    CHECK_EQ(check("{}", "{\"b\": 1, \"a\": 1,\n \"c\": {}, \"a\": 2}", &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "field.duplicate");
    CHECK_TEXT(error.message, "/a is given twice");
    CHECK_EQ(error.line, 2);
    CHECK_EQ(error.column, 11);
}

TEST(a_schema_with_a_rule_that_would_not_be_kept_is_refused)
{
    static const struct {
        const char *schema, *code, *where, *message;
    } CASES[] = {
        {"true", "field.type", "", "a JSON schema is true; it must be an object"},
        {"{\"pattern\": \"a\"}", "field.unknown", "/pattern",
         "\"pattern\" is no keyword of JSON schema that is supported; the nearest is \"items\""},
        {"{\"type\": \"int\"}", "field.range", "/type",
         "a type is \"int\"; it must be null, boolean, integer, number, string, array or object"},
        {"{\"type\": []}", "field.type", "/type",
         "type is []; it must be a list that is not empty"},
        {"{\"type\": [\"null\", 1]}", "field.type", "/type/1", "a type is 1; it must be a text"},
        {"{\"required\": \"a\"}", "field.type", "/required",
         "required is \"a\"; it must be a list"},
        {"{\"required\": [1]}", "field.type", "/required/0",
         "a required member is 1; it must be a text"},
        {"{\"properties\": []}", "field.type", "/properties",
         "properties is []; it must be an object of schemas"},
        {"{\"properties\": {\"a\": {\"minimum\": \"0\"}}}", "field.type", "/properties/a/minimum",
         "minimum is \"0\"; it must be a number"},
        {"{\"properties\": {\"a\": {}, \"a\": {}}}", "field.duplicate", "/properties/a",
         "\"a\" is given twice"},
        {"{\"type\": \"null\", \"type\": \"null\"}", "field.duplicate", "/type",
         "\"type\" is given twice"},
        {"{\"additionalProperties\": 1}", "field.type", "/additionalProperties",
         "a JSON schema is 1; it must be an object"},
        {"{\"items\": [{}]}", "field.type", "/items",
         "a JSON schema is [{}]; it must be an object"},
        {"{\"enum\": []}", "field.type", "/enum",
         "enum is []; it must be a list that is not empty"},
        {"{\"minItems\": -1}", "field.type", "/minItems",
         "minItems is -1; it must be a whole number from 0"},
        {"{\"maxItems\": 1.5}", "field.type", "/maxItems",
         "maxItems is 1.5; it must be a whole number from 0"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_error error;
        CHECK_EQ(check(CASES[i].schema, NULL, &error), MANDO_INVALID);
        CHECK_TEXT(error.message, CASES[i].message);
        CHECK_TEXT(error.code, CASES[i].code);
        CHECK_TEXT(error.where, CASES[i].where);
    }
}

static enum mando_status check_value(const char *document, const char *text,
                                     struct mando_error *error)
{
    const struct mando_point point = {.type = MANDO_DOCUMENT, .document = document};
    return mando_point_document_check(&point, text, strlen(text), error);
}

TEST(a_value_of_static_data_is_json_and_fits_its_data_point)
{
    static const char SCHEMA[] = "{\"json_schema\":{\"type\":\"object\"},\"tags\":{}}";
    struct mando_error error;
    CHECK_EQ(check_value(NULL, "[1]", NULL), MANDO_OK);
    CHECK_EQ(check_value("{\"tags\":{}}", "[1]", NULL), MANDO_OK);
    CHECK_EQ(check_value(SCHEMA, "{}", NULL), MANDO_OK);
    CHECK_EQ(check_value(SCHEMA, "[1]", &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "document.schema");
    CHECK_EQ(check_value(NULL, "{", &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "json.syntax");
}

TEST(a_document_is_stored_without_blanks)
{
    static const char TEXT[] = " { \"b\" : [1.0 , 2],\n \"a\": \"x y\" } ";
    const struct mando_point point = {.type = MANDO_DOCUMENT,
                                      .document = "{\"json_schema\":{\"required\":[\"a\"]}}"};
    struct mando_error error;
    char *text = NULL;
    size_t length = 0;
    CHECK_EQ(mando_point_document_read(&point, TEXT, strlen(TEXT), &text, &length, NULL), MANDO_OK);
    CHECK_TEXT(text, "{\"b\":[1.0,2],\"a\":\"x y\"}");
    CHECK_EQ(length, strlen(text));
    mando_text_free(text);
    text = NULL;
    CHECK_EQ(mando_point_document_read(&point, "{}", 2, &text, &length, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "document.schema");
    CHECK(!text);
}

TEST(every_allocation_of_a_check_may_fail)
{
    enum mando_status status = MANDO_NO_MEMORY;
    for (int64_t calls = 0; status; calls++) {
        struct mando_error error;
        mando_alloc_fail_after(calls);
        status = check_value("{\"json_schema\":{\"type\":\"object\"}}", "{\"a\": {}}", &error);
        mando_alloc_fail_after(-1);
        CHECK(!status || strcmp(error.code, "memory") == 0);
        CHECK(calls < 100);
    }
}
