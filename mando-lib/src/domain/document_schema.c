#include "domain/document_schema.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/nearest.h"
#include "domain/document.h"
#include "schema/entity.h"

/* More items than any document could hold. */
#define COUNT_MAX 1e9

static const char *const NAMES[SCHEMA_KEYWORDS] = {
    [SCHEMA_TYPE] = "type",
    [SCHEMA_REQUIRED] = "required",
    [SCHEMA_PROPERTIES] = "properties",
    [SCHEMA_ADDITIONAL] = "additionalProperties",
    [SCHEMA_ENUM] = "enum",
    [SCHEMA_CONST] = "const",
    [SCHEMA_MINIMUM] = "minimum",
    [SCHEMA_MAXIMUM] = "maximum",
    [SCHEMA_ITEMS] = "items",
    [SCHEMA_MIN_ITEMS] = "minItems",
    [SCHEMA_MAX_ITEMS] = "maxItems",
};

static const char *const TYPES[] = {"null",   "boolean", "integer", "number",
                                    "string", "array",   "object"};

enum schema_keyword schema_keyword_of(yyjson_val *key)
{
    enum schema_keyword keyword = 0;
    while (keyword < SCHEMA_KEYWORDS && !yyjson_equals_str(key, NAMES[keyword]))
        keyword++;
    return keyword;
}

static const char *keyword_at(const void *context, size_t i)
{
    (void)context;
    return i < SCHEMA_KEYWORDS ? NAMES[i] : NULL;
}

static enum mando_status fail_keyword(const struct mando_json *json, yyjson_val *key,
                                      struct mando_error *error)
{
    char excerpt[MANDO_JSON_EXCERPT_SIZE], message[248], given[64];
    mando_json_excerpt(json, key, excerpt);
    (void)snprintf(given, sizeof given, "%s", yyjson_get_str(key));
    (void)snprintf(message, sizeof message,
                   "%s is no keyword of JSON schema that is supported; the nearest is \"%s\"",
                   excerpt, mando_nearest_of_all(given, keyword_at, NULL));
    return schema_fail_at(json, key, MANDO_E_FIELD_UNKNOWN, message, error);
}

static enum mando_status check_type(const struct mando_json *json, yyjson_val *type,
                                    struct mando_error *error)
{
    char excerpt[MANDO_JSON_EXCERPT_SIZE], message[248];
    if (!yyjson_is_str(type))
        return schema_fail_type(json, "a type", type, "a text", error);
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (yyjson_equals_str(type, TYPES[i]))
            return MANDO_OK;
    mando_json_excerpt(json, type, excerpt);
    (void)snprintf(
        message, sizeof message,
        "a type is %s; it must be null, boolean, integer, number, string, array or object",
        excerpt);
    return schema_fail_at(json, type, MANDO_E_FIELD_RANGE, message, error);
}

/* A list of values of which `check`, where it is not NULL, says that they are right. */
static enum mando_status check_list(const struct mando_json *json, const char *name,
                                    yyjson_val *list,
                                    enum mando_status (*check)(const struct mando_json *,
                                                               yyjson_val *, struct mando_error *),
                                    struct mando_error *error)
{
    bool may_be_empty = strcmp(name, "required") == 0;
    if (!yyjson_is_arr(list) || (yyjson_arr_size(list) == 0 && !may_be_empty))
        return schema_fail_type(json, name, list,
                                may_be_empty ? "a list" : "a list that is not empty", error);
    enum mando_status status = MANDO_OK;
    yyjson_arr_iter items = yyjson_arr_iter_with(list);
    for (yyjson_val *item = yyjson_arr_iter_next(&items); item && !status && check;
         item = yyjson_arr_iter_next(&items))
        status = check(json, item, error);
    return status;
}

static enum mando_status check_name(const struct mando_json *json, yyjson_val *name,
                                    struct mando_error *error)
{
    return yyjson_is_str(name) ? MANDO_OK
                               : schema_fail_type(json, "a required member", name, "a text", error);
}

static enum mando_status check_count(const struct mando_json *json, const char *name,
                                     yyjson_val *count, struct mando_error *error)
{
    double number = yyjson_get_num(count);
    if (yyjson_is_num(count) && number >= 0 && number <= COUNT_MAX && number == floor(number))
        return MANDO_OK;
    return schema_fail_type(json, name, count, "a whole number from 0", error);
}

static enum mando_status check_twice(const struct mando_json *json, yyjson_val *object,
                                     yyjson_val *key, struct mando_error *error)
{
    char excerpt[MANDO_JSON_EXCERPT_SIZE], message[80];
    if (yyjson_obj_getn(object, yyjson_get_str(key), yyjson_get_len(key))
        == yyjson_obj_iter_get_val(key))
        return MANDO_OK;
    mando_json_excerpt(json, key, excerpt);
    (void)snprintf(message, sizeof message, "%s is given twice", excerpt);
    return schema_fail_at(json, key, MANDO_E_FIELD_DUPLICATE, message, error);
}

static enum mando_status check_properties(const struct mando_json *json, yyjson_val *properties,
                                          struct mando_error *error)
{
    if (!yyjson_is_obj(properties))
        return schema_fail_type(json, "properties", properties, "an object of schemas", error);
    enum mando_status status = MANDO_OK;
    yyjson_obj_iter members = yyjson_obj_iter_with(properties);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key && !status;
         key = yyjson_obj_iter_next(&members)) {
        status = check_twice(json, properties, key, error);
        if (!status)
            status = document_check_schema(json, yyjson_obj_iter_get_val(key), error);
    }
    return status;
}

static enum mando_status check_keyword(const struct mando_json *json, enum schema_keyword keyword,
                                       yyjson_val *rule, struct mando_error *error)
{
    switch (keyword) {
    case SCHEMA_TYPE:
        return yyjson_is_arr(rule) ? check_list(json, "type", rule, check_type, error)
                                   : check_type(json, rule, error);
    case SCHEMA_REQUIRED:
        return check_list(json, "required", rule, check_name, error);
    case SCHEMA_PROPERTIES:
        return check_properties(json, rule, error);
    case SCHEMA_ENUM:
        return check_list(json, "enum", rule, NULL, error);
    case SCHEMA_MINIMUM:
    case SCHEMA_MAXIMUM:
        return yyjson_is_num(rule)
                   ? MANDO_OK
                   : schema_fail_type(json, NAMES[keyword], rule, "a number", error);
    case SCHEMA_MIN_ITEMS:
    case SCHEMA_MAX_ITEMS:
        return check_count(json, NAMES[keyword], rule, error);
    case SCHEMA_ADDITIONAL:
        return yyjson_is_bool(rule) ? MANDO_OK : document_check_schema(json, rule, error);
    case SCHEMA_ITEMS:
        return document_check_schema(json, rule, error);
    default:
        return MANDO_OK; /* const is any value */
    }
}

enum mando_status document_check_schema(const struct mando_json *json, yyjson_val *schema,
                                        struct mando_error *error)
{
    if (!yyjson_is_obj(schema))
        return schema_fail_type(json, "a JSON schema", schema, "an object", error);
    enum mando_status status = MANDO_OK;
    yyjson_obj_iter rules = yyjson_obj_iter_with(schema);
    for (yyjson_val *key = yyjson_obj_iter_next(&rules); key && !status;
         key = yyjson_obj_iter_next(&rules)) {
        enum schema_keyword keyword = schema_keyword_of(key);
        if (keyword == SCHEMA_KEYWORDS)
            return fail_keyword(json, key, error);
        status = check_twice(json, schema, key, error);
        if (!status)
            status = check_keyword(json, keyword, yyjson_obj_iter_get_val(key), error);
    }
    return status;
}
