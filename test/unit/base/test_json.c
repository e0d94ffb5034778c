#include "base/json.h"

#include <stdlib.h>

#include "base/alloc.h"

#include "check.h"

#define LENGTH_MAX 100000

static struct mando_error error;

static enum mando_status parse(const char *text, struct mando_json *json)
{
    return mando_json_parse(text, strlen(text), LENGTH_MAX, "x.json", json, &error);
}

static void check_refused(const char *text, const char *code, int line, int column)
{
    struct mando_json json = {0};
    enum mando_status status = parse(text, &json);
    if (status == MANDO_OK || strcmp(error.code, code) != 0 || error.line != line
        || error.column != column)
        fail_msg("%s: %d %s at %d:%d", text, (int)status, error.code, (int)error.line,
                 (int)error.column);
    CHECK_TEXT(error.where, "x.json");
    CHECK(json.doc == NULL);
}

static void check_place(const struct mando_json *json, yyjson_val *value, int line, int column)
{
    struct mando_json_place place = mando_json_locate(json, value);
    CHECK_EQ(place.line, line);
    CHECK_EQ(place.column, column);
}

TEST(json_refuses_what_is_no_json_where_it_stops_being_json)
{
    check_refused("", "json.syntax", 1, 1);
    check_refused(" \n ", "json.syntax", 1, 1);
    check_refused("{", "json.syntax", 1, 2);
    check_refused("[1,\n2", "json.syntax", 2, 2);
    check_refused("{\n  \"a\": 1,\n}", "json.syntax", 2, 9);
    check_refused("{\"a\" 1}", "json.syntax", 1, 6);
    check_refused("{\"a\":1 \"b\":2}", "json.syntax", 1, 8);
    check_refused("{a:1}", "json.syntax", 1, 2);
    check_refused("{'a':1}", "json.syntax", 1, 2);
    check_refused("{\"a\":1}}", "json.syntax", 1, 8);
    check_refused("[1] 2", "json.syntax", 1, 5);
    check_refused("[1] // one", "json.syntax", 1, 5);
    check_refused("\"a\tb\"", "json.syntax", 1, 3);
    check_refused("[\"\\ud800\"]", "json.syntax", 1, 9);
    check_refused("tru", "json.syntax", 1, 4);
    check_refused("[\r\n1,\r\n x]", "json.syntax", 3, 2);
}

TEST(json_refuses_numbers_that_are_none)
{
    static const char *const NUMBERS[] = {"NaN",    "Infinity", "-Infinity", "nan", "1e999",
                                          "-1e999", "01",       "+1",        ".5",  "0x1"};
    char text[40];
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        (void)snprintf(text, sizeof text, "{\"a\":\n [%s]}", NUMBERS[i]);
        struct mando_json json;
        CHECK_EQ(parse(text, &json), MANDO_INVALID);
        CHECK_TEXT(error.code, "json.syntax");
        CHECK_EQ(error.line, 2);
    }
}

TEST(json_says_what_was_wrong)
{
    struct mando_json json;
    CHECK_EQ(parse("{\"a\": nought}", &json), MANDO_INVALID);
    CHECK_TEXT(error.message, "the text is not JSON: invalid literal, expected a valid literal "
                              "such as 'null', here: nought}");
    CHECK_EQ(parse("[\"a\nb\"]", &json), MANDO_INVALID);
    CHECK_TEXT(error.message, "the text is not JSON: unexpected control character in string");
}

TEST(json_refuses_bytes_that_are_no_utf8_and_nul)
{
    check_refused("{\"a\":\n\"\xC3(\"}", "text.utf8", 2, 2);
    check_refused("\xFF", "text.utf8", 1, 1);
    check_refused("\"\xED\xA0\x80\"", "text.utf8", 1, 2);
    struct mando_json json;
    CHECK_EQ(mando_json_parse("[1,\n\0]", 6, LENGTH_MAX, NULL, &json, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "text.nul");
    CHECK_EQ(error.line, 2);
    CHECK_EQ(error.column, 1);
    CHECK_TEXT(error.where, "");
    CHECK_EQ(mando_json_parse("1\0\xFF", 3, LENGTH_MAX, NULL, &json, NULL), MANDO_INVALID);
}

TEST(json_reads_values_of_every_kind)
{
    struct mando_json json;
    CHECK_EQ(parse(" {\"a\": [1, -2.5, true, null, \"\\u00e4\"]} \n", &json), MANDO_OK);
    yyjson_val *array = yyjson_obj_get(yyjson_doc_get_root(json.doc), "a");
    CHECK_EQ(yyjson_arr_size(array), 5);
    CHECK(yyjson_get_num(yyjson_arr_get(array, 1)) == -2.5);
    CHECK_TEXT(yyjson_get_str(yyjson_arr_get(array, 4)), "\xC3\xA4");
    mando_json_release(&json);
    mando_json_release(&json);
}

TEST(json_skips_a_byte_order_mark_and_counts_after_it)
{
    struct mando_json json;
    CHECK_EQ(parse("\xEF\xBB\xBF[1]", &json), MANDO_OK);
    check_place(&json, yyjson_arr_get(yyjson_doc_get_root(json.doc), 0), 1, 2);
    mando_json_release(&json);
    check_refused("\xEF\xBB\xBF[x]", "json.syntax", 1, 2);
    check_refused("\xEF\xBB\xBF", "json.syntax", 1, 1);
    check_refused("\xEF\xBB\xBF\xEF\xBB\xBF[]", "json.syntax", 1, 1);
}

TEST(json_nests_64_levels_and_no_more)
{
    char text[200] = "";
    struct mando_json json;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    CHECK_EQ(parse(text, &json), MANDO_OK);
    mando_json_release(&json);
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    CHECK_EQ(parse(text, &json), MANDO_LIMIT);
    CHECK_TEXT(error.code, "json.depth");
    CHECK_EQ(error.column, 65);
    CHECK_TEXT(error.message, "the JSON is nested more than 64 levels deep");
}

TEST(json_brackets_inside_texts_are_no_depth)
{
    char text[200], brackets[101] = "";
    memset(brackets, '[', 100);
    (void)snprintf(text, sizeof text, "[\"\\\"%s\"]", brackets);
    struct mando_json json;
    CHECK_EQ(parse(text, &json), MANDO_OK);
    mando_json_release(&json);
}

TEST(json_refuses_a_text_longer_than_its_limit)
{
    struct mando_json json;
    CHECK_EQ(mando_json_parse("[1]", 3, 3, "x", &json, &error), MANDO_OK);
    mando_json_release(&json);
    CHECK_EQ(mando_json_parse("[1] ", 4, 3, "x", &json, &error), MANDO_LIMIT);
    CHECK_TEXT(error.code, "json.size");
    CHECK_TEXT(error.message, "the JSON text has 4 bytes, more than the 3 allowed");
}

TEST(json_locates_keys_and_values_of_every_kind)
{
    static const char TEXT[] = "\n{\"a\" :\t[1,\n  [], {\"k,[\": \"x\\\"]\"},true ,\r\n"
                               "-2e5,null],\"\xC3\xA4\":\"\",\"c\": {}\n}";
    struct mando_json json;
    CHECK_EQ(parse(TEXT, &json), MANDO_OK);
    yyjson_val *root = yyjson_doc_get_root(json.doc);
    yyjson_val *a = yyjson_obj_get(root, "a");
    check_place(&json, root, 2, 1);
    check_place(&json, a, 2, 8);
    check_place(&json, yyjson_arr_get(a, 0), 2, 9);
    check_place(&json, yyjson_arr_get(a, 1), 3, 3);
    check_place(&json, yyjson_arr_get(a, 2), 3, 7);
    check_place(&json, yyjson_obj_get(yyjson_arr_get(a, 2), "k,["), 3, 15);
    check_place(&json, yyjson_arr_get(a, 3), 3, 23);
    check_place(&json, yyjson_arr_get(a, 4), 4, 1);
    check_place(&json, yyjson_arr_get(a, 5), 4, 6);
    check_place(&json, yyjson_obj_get(root, "\xC3\xA4"), 4, 16); /* characters, not bytes */
    check_place(&json, yyjson_obj_get(root, "c"), 4, 24);
    yyjson_obj_iter members = yyjson_obj_iter_with(root);
    check_place(&json, yyjson_obj_iter_next(&members), 2, 2);
    check_place(&json, yyjson_obj_iter_next(&members), 4, 12);
    mando_json_release(&json);
}

TEST(json_locates_a_lone_value)
{
    struct mando_json json;
    CHECK_EQ(parse("\n  42 ", &json), MANDO_OK);
    check_place(&json, yyjson_doc_get_root(json.doc), 2, 3);
    mando_json_release(&json);
}

static void check_excerpt(const char *text, const char *expected)
{
    struct mando_json json;
    char excerpt[MANDO_JSON_EXCERPT_SIZE];
    CHECK_EQ(parse(text, &json), MANDO_OK);
    mando_json_excerpt(&json, yyjson_arr_get(yyjson_doc_get_root(json.doc), 0), excerpt);
    CHECK_TEXT(excerpt, expected);
    mando_json_release(&json);
}

TEST(json_excerpts_a_value_as_it_is_written)
{
    check_excerpt("[1.50 ]", "1.50");
    check_excerpt("[true,1]", "true");
    check_excerpt("[\"a\\\"]b\"]", "\"a\\\"]b\"");
    check_excerpt("[{\"a\":[1,{}]},2]", "{\"a\":[1,{}]}");
    check_excerpt("[[\n1]]", "[...");
    check_excerpt("[\"0123456789012345678901234567890123456789\xC3\xA4\xC3\xA4\"]",
                  "\"0123456789012345678901234567890123456789\xC3\xA4...");
    check_excerpt("[\"01234567890123456789012345678901234567890123456789\"]",
                  "\"0123456789012345678901234567890123456789012...");
}

TEST(json_places_an_error_at_the_value_of_its_pointer)
{
    struct mando_json json;
    CHECK_EQ(parse("{\"a\":\n {\"b\": [7, 8]}}", &json), MANDO_OK);
    yyjson_val *root = yyjson_doc_get_root(json.doc);
    error = (struct mando_error){.where = "/a/b/1"};
    mando_json_place_error(&json, root, &error);
    CHECK_TEXT(error.where, "x.json");
    CHECK_EQ(error.line, 2);
    CHECK_EQ(error.column, 12);
    error = (struct mando_error){.where = "/c"};
    mando_json_place_error(&json, yyjson_obj_get(root, "a"), &error);
    CHECK_EQ(error.line, 2);
    CHECK_EQ(error.column, 2);
    mando_json_release(&json);
}

TEST(json_says_when_memory_ends)
{
    struct mando_json json = {0};
    for (int64_t calls = 0;; calls++) {
        mando_alloc_fail_after(calls);
        enum mando_status status = parse("{\"a\": [1, 2, \"x\"]}", &json);
        mando_alloc_fail_after(-1);
        if (status == MANDO_OK)
            break;
        CHECK_EQ(status, MANDO_NO_MEMORY);
        CHECK_TEXT(error.code, "memory");
        CHECK(json.doc == NULL);
    }
    mando_json_release(&json);
}

TEST(json_has_a_pointer_for_every_value_and_key)
{
    static const char TEXT[] = "{\"a\": [1, {\"b/~c\": [], \"\": 2}], \"d\": {\"e\": {}}}";
    static const char *const POINTERS[] = {"",      "/a/0", "/a/1", "/a/1/b~1~0c",
                                           "/a/1/", "/d",   "/d/e"};
    struct mando_json json;
    char pointer[MANDO_JSON_POINTER_SIZE];
    CHECK_EQ(mando_json_parse(TEXT, strlen(TEXT), 1000, NULL, &json, NULL), MANDO_OK);
    yyjson_val *root = yyjson_doc_get_root(json.doc);
    for (size_t i = 0; i < sizeof POINTERS / sizeof *POINTERS; i++) {
        mando_json_pointer(&json, yyjson_ptr_get(root, POINTERS[i]), pointer);
        CHECK_TEXT(pointer, POINTERS[i]);
    }
    yyjson_obj_iter members = yyjson_obj_iter_with(yyjson_ptr_get(root, "/a/1"));
    (void)yyjson_obj_iter_next(&members);
    mando_json_pointer(&json, yyjson_obj_iter_next(&members), pointer);
    CHECK_TEXT(pointer, "/a/1/");
    mando_json_release(&json);
}

TEST(json_cuts_a_pointer_that_is_long)
{
    char text[400] = "{\"", pointer[MANDO_JSON_POINTER_SIZE];
    memset(text + 2, '~', 300);
    memcpy(text + 302, "\": 1}", 6);
    struct mando_json json;
    CHECK_EQ(mando_json_parse(text, strlen(text), 1000, NULL, &json, NULL), MANDO_OK);
    yyjson_obj_iter members = yyjson_obj_iter_with(yyjson_doc_get_root(json.doc));
    mando_json_pointer(&json, yyjson_obj_iter_next(&members), pointer);
    CHECK_EQ(strlen(pointer), MANDO_JSON_POINTER_SIZE - 1);
    CHECK(memcmp(pointer, "/~0~0", 5) == 0);
    mando_json_release(&json);
}

TEST(json_writes_a_value_without_blanks)
{
    static const char TEXT[] = " { \"b\" : [ 1.50, 1e2, \"\\u00e4\\n\" ] , \"a\" : null } ";
    struct mando_json json;
    struct mando_text text;
    mando_text_init(&text, 1000);
    CHECK_EQ(mando_json_parse(TEXT, strlen(TEXT), 1000, NULL, &json, NULL), MANDO_OK);
    mando_json_append(&text, yyjson_doc_get_root(json.doc));
    CHECK_TEXT(text.bytes, "{\"b\":[1.5,100.0,\"\xC3\xA4\\n\"],\"a\":null}");
    mando_alloc_fail_after(0);
    mando_json_append(&text, yyjson_doc_get_root(json.doc));
    mando_alloc_fail_after(-1);
    CHECK_EQ(text.status, MANDO_NO_MEMORY);
    mando_text_release(&text);
    mando_json_release(&json);
}
