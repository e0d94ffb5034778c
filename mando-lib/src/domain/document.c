#include "domain/document.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "base/number.h"
#include "domain/document_schema.h"
#include "schema/entity.h"

#define SHOWN_SIZE 100

/* What every check below needs. */
struct document {
    const struct mando_json *json;
    struct mando_error *error;
};

/* The document's name for a value: its JSON pointer. */
static void name_value(const struct document *document, yyjson_val *value,
                       char name_out[MANDO_JSON_POINTER_SIZE])
{
    mando_json_pointer(document->json, value, name_out);
    if (!name_out[0])
        (void)snprintf(name_out, MANDO_JSON_POINTER_SIZE, "the document");
}

MANDO_PRINTF(4, 5)
static enum mando_status fail(const struct document *document, yyjson_val *value,
                              enum mando_error_code code, const char *format, ...)
{
    char name[MANDO_JSON_POINTER_SIZE], reason[200], message[300];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    name_value(document, value, name);
    (void)snprintf(message, sizeof message, "%.60s %s", name, reason);
    return schema_fail_at(document->json, value, code, message, document->error);
}

/* "/power is -1; it must be `expected`" */
static enum mando_status fail_value(const struct document *document, yyjson_val *value,
                                    const char *expected)
{
    char excerpt[MANDO_JSON_EXCERPT_SIZE];
    mando_json_excerpt(document->json, value, excerpt);
    return fail(document, value, MANDO_E_DOCUMENT_SCHEMA, "is %s; it must be %s", excerpt,
                expected);
}

static bool is_of_type(yyjson_val *value, const char *type)
{
    if (strcmp(type, "integer") == 0)
        return yyjson_is_num(value) && yyjson_get_num(value) == floor(yyjson_get_num(value));
    if (strcmp(type, "number") == 0)
        return yyjson_is_num(value);
    if (strcmp(type, "boolean") == 0)
        return yyjson_is_bool(value);
    return strcmp(yyjson_get_type_desc(value), type) == 0;
}

static enum mando_status check_type(const struct document *document, yyjson_val *type,
                                    yyjson_val *value)
{
    char expected[SHOWN_SIZE] = "of type";
    size_t length = strlen(expected);
    size_t count = yyjson_is_arr(type) ? yyjson_arr_size(type) : 1;
    for (size_t i = 0; i < count; i++) {
        const char *name = yyjson_get_str(yyjson_is_arr(type) ? yyjson_arr_get(type, i) : type);
        if (is_of_type(value, name))
            return MANDO_OK;
        length += (size_t)snprintf(expected + length, sizeof expected - length, "%s%s",
                                   i ? " or " : " ", name);
    }
    return fail_value(document, value, expected);
}

static bool are_equal(yyjson_val *a, yyjson_val *b);

static bool are_objects_equal(yyjson_val *a, yyjson_val *b)
{
    size_t index = 0, count = 0;
    yyjson_val *key = NULL, *value = NULL;
    if (yyjson_obj_size(a) != yyjson_obj_size(b))
        return false;
    yyjson_obj_foreach(a, index, count, key, value)
    {
        yyjson_val *other = yyjson_obj_getn(b, yyjson_get_str(key), yyjson_get_len(key));
        if (!other || !are_equal(value, other))
            return false;
    }
    return true;
}

static bool are_arrays_equal(yyjson_val *a, yyjson_val *b)
{
    if (yyjson_arr_size(a) != yyjson_arr_size(b))
        return false;
    yyjson_arr_iter items = yyjson_arr_iter_with(a), others = yyjson_arr_iter_with(b);
    for (yyjson_val *item = yyjson_arr_iter_next(&items); item; item = yyjson_arr_iter_next(&items))
        if (!are_equal(item, yyjson_arr_iter_next(&others)))
            return false;
    return true;
}

static bool are_equal(yyjson_val *a, yyjson_val *b)
{
    if (yyjson_is_num(a) && yyjson_is_num(b))
        return yyjson_get_num(a) == yyjson_get_num(b);
    if (yyjson_is_obj(a) && yyjson_is_obj(b))
        return are_objects_equal(a, b);
    if (yyjson_is_arr(a) && yyjson_is_arr(b))
        return are_arrays_equal(a, b);
    return yyjson_equals(a, b);
}

/* "`before` VALUE", the value as its schema has it, cut where it is long. */
static void describe(const char *before, yyjson_val *wanted, char text_out[SHOWN_SIZE])
{
    MANDO_CLEANUP(mando_text_release) struct mando_text text;
    mando_text_init(&text, SIZE_MAX);
    mando_json_append(&text, wanted);
    (void)snprintf(text_out, SHOWN_SIZE, "%s%s", before, text.bytes ? text.bytes : "");
}

static enum mando_status check_const(const struct document *document, yyjson_val *wanted,
                                     yyjson_val *value)
{
    char expected[SHOWN_SIZE];
    if (are_equal(wanted, value))
        return MANDO_OK;
    describe("", wanted, expected);
    return fail_value(document, value, expected);
}

static enum mando_status check_enum(const struct document *document, yyjson_val *wanted,
                                    yyjson_val *value)
{
    char expected[SHOWN_SIZE];
    yyjson_arr_iter items = yyjson_arr_iter_with(wanted);
    for (yyjson_val *item = yyjson_arr_iter_next(&items); item; item = yyjson_arr_iter_next(&items))
        if (are_equal(item, value))
            return MANDO_OK;
    describe("one of ", wanted, expected);
    return fail_value(document, value, expected);
}

static enum mando_status check_bound(const struct document *document, yyjson_val *bound,
                                     yyjson_val *value, bool is_least)
{
    double limit = yyjson_get_num(bound), number = yyjson_get_num(value);
    if (!yyjson_is_num(value) || (is_least ? number >= limit : number <= limit))
        return MANDO_OK;
    char expected[SHOWN_SIZE], text[MANDO_NUMBER_TEXT_SIZE];
    (void)mando_number_format(limit, text);
    (void)snprintf(expected, sizeof expected, "at %s %s", is_least ? "least" : "most", text);
    return fail_value(document, value, expected);
}

static enum mando_status check_count(const struct document *document, yyjson_val *bound,
                                     yyjson_val *value, bool is_least)
{
    size_t count = yyjson_arr_size(value);
    double limit = yyjson_get_num(bound);
    if (!yyjson_is_arr(value) || (is_least ? (double)count >= limit : (double)count <= limit))
        return MANDO_OK;
    return fail(document, value, MANDO_E_DOCUMENT_SCHEMA, "has %zu items; it must have at %s %.0f",
                count, is_least ? "least" : "most", limit);
}

static enum mando_status check_required(const struct document *document, yyjson_val *names,
                                        yyjson_val *value)
{
    if (!yyjson_is_obj(value))
        return MANDO_OK;
    yyjson_arr_iter items = yyjson_arr_iter_with(names);
    for (yyjson_val *name = yyjson_arr_iter_next(&items); name; name = yyjson_arr_iter_next(&items))
        if (!yyjson_obj_getn(value, yyjson_get_str(name), yyjson_get_len(name)))
            return fail(document, value, MANDO_E_DOCUMENT_SCHEMA,
                        "has no member \"%.80s\", which its schema requires", yyjson_get_str(name));
    return MANDO_OK;
}

static const char *property_at(const void *context, size_t i)
{
    yyjson_obj_iter members = yyjson_obj_iter_with((yyjson_val *)(uintptr_t)context);
    yyjson_val *key = yyjson_obj_iter_next(&members);
    while (key && i-- > 0)
        key = yyjson_obj_iter_next(&members);
    return yyjson_get_str(key);
}

static enum mando_status fail_additional(const struct document *document, yyjson_val *properties,
                                         yyjson_val *key)
{
    char given[SHOWN_SIZE];
    (void)snprintf(given, sizeof given, "%s", yyjson_get_str(key));
    const char *nearest = mando_nearest_of_all(given, property_at, properties);
    if (!nearest)
        return fail(document, key, MANDO_E_DOCUMENT_SCHEMA,
                    "is a member where its schema allows none");
    return fail(document, key, MANDO_E_DOCUMENT_SCHEMA,
                "is no member that its schema allows; the nearest is \"%.80s\"", nearest);
}

static enum mando_status check_member(const struct document *document, yyjson_val *schema,
                                      yyjson_val *key, yyjson_val *value)
{
    yyjson_val *properties = yyjson_obj_get(schema, "properties");
    yyjson_val *own = yyjson_obj_getn(properties, yyjson_get_str(key), yyjson_get_len(key));
    yyjson_val *others = yyjson_obj_get(schema, "additionalProperties");
    if (own)
        return document_check(own, document->json, value, document->error);
    if (yyjson_is_false(others))
        return fail_additional(document, properties, key);
    return yyjson_is_obj(others) ? document_check(others, document->json, value, document->error)
                                 : MANDO_OK;
}

static int compare_keys(const void *a, const void *b)
{
    yyjson_val *const *first = a, *const *second = b;
    size_t length = yyjson_get_len(*first), other = yyjson_get_len(*second);
    int order = length == other ? memcmp(yyjson_get_str(*first), yyjson_get_str(*second), length)
                                : (length > other) - (length < other);
    return order ? order : (*first > *second) - (*first < *second);
}

static void free_keys(yyjson_val ***keys)
{
    mando_free(*keys);
}

/* Sorted, since an object may have as many members as a text has room for. */
static enum mando_status check_unique(const struct document *document, yyjson_val *object)
{
    size_t count = yyjson_obj_size(object), i = 0;
    MANDO_CLEANUP(free_keys) yyjson_val **keys = mando_alloc(count, sizeof(yyjson_val *));
    if (!keys)
        return mando_fail(document->error, MANDO_E_MEMORY, -1,
                          "there is no memory to check a document");
    yyjson_obj_iter members = yyjson_obj_iter_with(object);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key;
         key = yyjson_obj_iter_next(&members))
        keys[i++] = key;
    qsort(keys, count, sizeof(yyjson_val *), compare_keys);
    for (i = 1; i < count; i++)
        if (yyjson_equals(keys[i - 1], keys[i]))
            return fail(document, keys[i], MANDO_E_FIELD_DUPLICATE, "is given twice");
    return MANDO_OK;
}

static enum mando_status check_members(const struct document *document, yyjson_val *schema,
                                       yyjson_val *object)
{
    yyjson_obj_iter members = yyjson_obj_iter_with(object);
    enum mando_status status = check_unique(document, object);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key && !status;
         key = yyjson_obj_iter_next(&members))
        status = check_member(document, schema, key, yyjson_obj_iter_get_val(key));
    return status;
}

static enum mando_status check_items(const struct document *document, yyjson_val *schema,
                                     yyjson_val *array)
{
    yyjson_arr_iter items = yyjson_arr_iter_with(array);
    enum mando_status status = MANDO_OK;
    for (yyjson_val *item = yyjson_arr_iter_next(&items); item && !status && schema;
         item = yyjson_arr_iter_next(&items))
        status = document_check(schema, document->json, item, document->error);
    return status;
}

static enum mando_status check_keyword(const struct document *document, enum schema_keyword keyword,
                                       yyjson_val *rule, yyjson_val *value)
{
    switch (keyword) {
    case SCHEMA_TYPE:
        return check_type(document, rule, value);
    case SCHEMA_REQUIRED:
        return check_required(document, rule, value);
    case SCHEMA_ENUM:
        return check_enum(document, rule, value);
    case SCHEMA_CONST:
        return check_const(document, rule, value);
    case SCHEMA_MINIMUM:
    case SCHEMA_MAXIMUM:
        return check_bound(document, rule, value, keyword == SCHEMA_MINIMUM);
    case SCHEMA_MIN_ITEMS:
    case SCHEMA_MAX_ITEMS:
        return check_count(document, rule, value, keyword == SCHEMA_MIN_ITEMS);
    default:
        return MANDO_OK; /* what is about members and items comes with them */
    }
}

enum mando_status document_check(yyjson_val *schema, const struct mando_json *json,
                                 yyjson_val *value, struct mando_error *error)
{
    const struct document document = {json, error};
    enum mando_status status = MANDO_OK;
    yyjson_obj_iter rules = yyjson_obj_iter_with(schema);
    for (yyjson_val *key = yyjson_obj_iter_next(&rules); key && !status;
         key = yyjson_obj_iter_next(&rules))
        status =
            check_keyword(&document, schema_keyword_of(key), yyjson_obj_iter_get_val(key), value);
    if (!status && yyjson_is_obj(value))
        status = check_members(&document, schema, value);
    if (!status && yyjson_is_arr(value))
        status = check_items(&document, yyjson_obj_get(schema, "items"), value);
    return status;
}
