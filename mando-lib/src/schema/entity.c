#include "schema/entity.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/nearest.h"
#include "base/number.h"
#include "schema/points.h"

/* Names that are longer are compared and shown by their first characters. */
#define NAME_SIZE 64

static double number_of(const struct mando_field *field, const void *record)
{
    double value;
    memcpy(&value, (const char *)record + field->offset, sizeof value);
    return value;
}

static void set_number(const struct mando_field *field, double value, void *record)
{
    memcpy((char *)record + field->offset, &value, sizeof value);
}

static void set_text(const struct mando_field *field, const char *text, void *record)
{
    size_t length = strlen(text);
    assert(length < field->size);
    memcpy((char *)record + field->offset, text, length + 1);
}

void mando_entity_init(const struct mando_entity *entity, void *record_out)
{
    for (size_t i = 0; i < entity->field_count; i++) {
        const struct mando_field *field = &entity->fields[i];
        if (field->type == MANDO_FIELD_TEXT)
            set_text(field, field->initial_text, record_out);
        else if (field->type != MANDO_FIELD_NUMBER)
            memset((char *)record_out + field->offset, 0, field->size);
        else
            set_number(field, field->initial, record_out);
    }
}

enum mando_status schema_fail_at(const struct mando_json *json, yyjson_val *value,
                                 enum mando_error_code code, const char *message,
                                 struct mando_error *error)
{
    struct mando_json_place place = mando_json_locate(json, value);
    char pointer[MANDO_JSON_POINTER_SIZE];
    mando_json_pointer(json, value, pointer);
    return mando_fail_at(error, code, json->where ? json->where : pointer, place.line, place.column,
                         "%s", message);
}

static const char *name_at(const void *context, size_t i)
{
    const struct mando_entity *entity = context;
    return i < entity->field_count ? entity->fields[i].name : NULL;
}

static enum mando_status fail_unknown(const struct mando_entity *entity,
                                      const struct mando_json *json, yyjson_val *key,
                                      struct mando_error *error)
{
    char excerpt[MANDO_JSON_EXCERPT_SIZE], given[NAME_SIZE], message[248];
    mando_json_excerpt(json, key, excerpt);
    (void)snprintf(given, sizeof given, "%s", yyjson_get_str(key));
    (void)snprintf(message, sizeof message, "%s is no field of a %s; the nearest is \"%s\"",
                   excerpt, entity->name, mando_nearest_of_all(given, name_at, entity));
    return schema_fail_at(json, key, MANDO_E_FIELD_UNKNOWN, message, error);
}

enum mando_status schema_fail_type(const struct mando_json *json, const char *name,
                                   yyjson_val *value, const char *expected,
                                   struct mando_error *error)
{
    char excerpt[MANDO_JSON_EXCERPT_SIZE], message[248];
    mando_json_excerpt(json, value, excerpt);
    (void)snprintf(message, sizeof message, "%s is %s; it must be %s", name, excerpt, expected);
    return schema_fail_at(json, value, MANDO_E_FIELD_TYPE, message, error);
}

static enum mando_status read_text(const struct mando_field *field, const struct mando_json *json,
                                   yyjson_val *value, void *record, struct mando_error *error)
{
    if (!yyjson_is_str(value))
        return schema_fail_type(json, field->name, value, "a text", error);
    const char *text = yyjson_get_str(value);
    size_t length = yyjson_get_len(value);
    char message[248];
    if (memchr(text, '\0', length)) {
        (void)snprintf(message, sizeof message, "%s holds a NUL character", field->name);
        return schema_fail_at(json, value, MANDO_E_FIELD_RANGE, message, error);
    }
    if (length >= field->size) {
        (void)snprintf(message, sizeof message, "%s has %zu bytes; it may have at most %zu",
                       field->name, length, field->size - 1);
        return schema_fail_at(json, value, MANDO_E_FIELD_RANGE, message, error);
    }
    set_text(field, text, record);
    return MANDO_OK;
}

static enum mando_status read_field(const struct mando_field *field, const struct mando_json *json,
                                    yyjson_val *value, void *record, struct mando_error *error)
{
    if (yyjson_is_null(value))
        return MANDO_OK;
    if (field->type == MANDO_FIELD_TEXT)
        return read_text(field, json, value, record, error);
    if (field->type == MANDO_FIELD_POINTS)
        return schema_points_read(field, json, value, record, error);
    if (field->type == MANDO_FIELD_JSON) {
        memcpy((char *)record + field->offset, &value, sizeof(yyjson_val *));
        return MANDO_OK;
    }
    if (!yyjson_is_num(value))
        return schema_fail_type(json, field->name, value, "a number", error);
    set_number(field, yyjson_get_num(value), record);
    return MANDO_OK;
}

static size_t find_field(const struct mando_entity *entity, yyjson_val *key)
{
    size_t i = 0;
    while (i < entity->field_count && !yyjson_equals_str(key, entity->fields[i].name))
        i++;
    return i;
}

/* The key was there before. Objects have few known fields, so a look back is cheap. */
static bool is_repeated(yyjson_val *object, yyjson_val *key)
{
    yyjson_obj_iter members = yyjson_obj_iter_with(object);
    yyjson_val *earlier = yyjson_obj_iter_next(&members);
    while (earlier != key && !yyjson_equals(earlier, key))
        earlier = yyjson_obj_iter_next(&members);
    return earlier != key;
}

static enum mando_status read_member(const struct mando_entity *entity,
                                     const struct mando_json *json, yyjson_val *object,
                                     yyjson_val *key, void *record, struct mando_error *error)
{
    size_t i = find_field(entity, key);
    if (i == entity->field_count)
        return fail_unknown(entity, json, key, error);
    if (is_repeated(object, key)) {
        char message[248];
        (void)snprintf(message, sizeof message, "%s is given twice", entity->fields[i].name);
        return schema_fail_at(json, key, MANDO_E_FIELD_DUPLICATE, message, error);
    }
    return read_field(&entity->fields[i], json, yyjson_obj_iter_get_val(key), record, error);
}

enum mando_status mando_entity_read(const struct mando_entity *entity,
                                    const struct mando_json *json, yyjson_val *object,
                                    void *record_out, struct mando_error *error)
{
    if (!yyjson_is_obj(object)) {
        char name[NAME_SIZE];
        (void)snprintf(name, sizeof name, "the %s", entity->name);
        return schema_fail_type(json, name, object, "an object", error);
    }
    mando_entity_init(entity, record_out);
    yyjson_obj_iter members = yyjson_obj_iter_with(object);
    enum mando_status status = MANDO_OK;
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key && !status;
         key = yyjson_obj_iter_next(&members))
        status = read_member(entity, json, object, key, record_out, error);
    return status;
}

/* Comparisons are written so that NaN makes them false. */
bool schema_bounds_hold(struct mando_bound low, struct mando_bound high, double value)
{
    bool above = low.kind == MANDO_BOUND_NONE || value > low.value
                 || (low.kind == MANDO_BOUND_CLOSED && value == low.value);
    bool below = high.kind == MANDO_BOUND_NONE || value < high.value
                 || (high.kind == MANDO_BOUND_CLOSED && value == high.value);
    return isfinite(value) && above && below;
}

static void describe_bounds(struct mando_bound least, struct mando_bound most, char *text,
                            size_t size)
{
    char low[MANDO_NUMBER_TEXT_SIZE], high[MANDO_NUMBER_TEXT_SIZE];
    (void)mando_number_format(least.value, low);
    (void)mando_number_format(most.value, high);
    const char *above = least.kind == MANDO_BOUND_OPEN ? "above " : "at least ";
    const char *below = most.kind == MANDO_BOUND_OPEN ? "below " : "at most ";
    bool has_low = least.kind != MANDO_BOUND_NONE;
    bool has_high = most.kind != MANDO_BOUND_NONE;
    (void)snprintf(text, size, "%s%s%s%s%s", has_low ? above : "", has_low ? low : "",
                   has_low && has_high ? " and " : "", has_high ? below : "", has_high ? high : "");
}

enum mando_status schema_bounds_fail(struct mando_bound low, struct mando_bound high, double value,
                                     const char *name, const char *pointer,
                                     struct mando_error *error)
{
    char bounds[2 * MANDO_NUMBER_TEXT_SIZE + 32] = "a finite number", given[MANDO_NUMBER_TEXT_SIZE];
    if (isfinite(value)) {
        describe_bounds(low, high, bounds, sizeof bounds);
        (void)mando_number_format(value, given);
    } else {
        (void)snprintf(given, sizeof given, "%s", isnan(value) ? "NaN" : "infinite");
    }
    return mando_fail_at(error, MANDO_E_FIELD_RANGE, pointer, 0, 0, "%s is %s; it must be %s", name,
                         given, bounds);
}

static enum mando_status check_number(const struct mando_field *field, const void *record,
                                      const char *pointer, struct mando_error *error)
{
    double value = number_of(field, record);
    if (isnan(value) && field->rule == MANDO_FIELD_REQUIRED)
        return mando_fail_at(error, MANDO_E_FIELD_MISSING, pointer, 0, 0,
                             "%s is missing; it is required: %s", field->name, field->text);
    if ((isnan(value) && field->rule == MANDO_FIELD_OPTIONAL)
        || schema_bounds_hold(field->low, field->high, value))
        return MANDO_OK;
    return schema_bounds_fail(field->low, field->high, value, field->name, pointer, error);
}

static enum mando_status check_text(const struct mando_field *field, const void *record,
                                    const char *pointer, struct mando_error *error)
{
    const char *text = (const char *)record + field->offset;
    if (memchr(text, '\0', field->size))
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_FIELD_RANGE, pointer, 0, 0,
                         "%s has no end; it may have at most %zu bytes and a NUL", field->name,
                         field->size - 1);
}

static enum mando_status check_field(const struct mando_field *field, const void *record,
                                     const char *pointer, struct mando_error *error)
{
    if (field->type == MANDO_FIELD_TEXT)
        return check_text(field, record, pointer, error);
    if (field->type == MANDO_FIELD_POINTS)
        return schema_points_check(field, record, error);
    if (field->type == MANDO_FIELD_JSON)
        return MANDO_OK; /* its own rules are checked by whoever knows it */
    return check_number(field, record, pointer, error);
}

enum mando_status mando_entity_check(const struct mando_entity *entity, const void *record,
                                     struct mando_error *error)
{
    for (size_t i = 0; i < entity->field_count; i++) {
        const struct mando_field *field = &entity->fields[i];
        char pointer[NAME_SIZE];
        (void)snprintf(pointer, sizeof pointer, "/%s", field->name);
        enum mando_status status = check_field(field, record, pointer, error);
        if (status)
            return status;
    }
    return MANDO_OK;
}
