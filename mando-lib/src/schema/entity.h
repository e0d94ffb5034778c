/* schema/entity.h: descriptors: what a field is, said once, and code that works from it.
 *
 * A .def file is the truth about an entity. The preprocessor makes its struct and its table of
 * fields, and stops with file and line at a row that is malformed. */
#ifndef MANDO_SCHEMA_ENTITY_H
#define MANDO_SCHEMA_ENTITY_H

#include <stdbool.h>

#include "base/fail.h"
#include "base/json.h"
#include "mando/points.h"

enum mando_field_type {
    MANDO_FIELD_TEXT,
    MANDO_FIELD_NUMBER,
    MANDO_FIELD_POINTS,
    MANDO_FIELD_JSON
};

enum mando_field_rule {
    MANDO_FIELD_REQUIRED,
    MANDO_FIELD_DEFAULT, /* its initial value where absent */
    MANDO_FIELD_OPTIONAL /* absent is NaN */
};

enum mando_bound_kind { MANDO_BOUND_NONE, MANDO_BOUND_CLOSED, MANDO_BOUND_OPEN };

struct mando_bound {
    double value;
    enum mando_bound_kind kind;
};

struct mando_field {
    const char *name, *unit, *text;
    enum mando_field_type type;
    enum mando_field_rule rule;
    size_t offset, size; /* in the record, bytes; a text with its NUL */
    const char *initial_text;
    double initial;
    struct mando_bound low, high; /* of points: of y */
    struct mando_bound low_x;
};

/* A row of a table of fields for a row of a .def file, of a struct whose member has the field's name. */
#define MANDO_TEXT_FIELD(record, field, bytes, start, presence, about)                             \
    {                                                                                              \
        .name = #field, .unit = "", .text = about, .type = MANDO_FIELD_TEXT,                       \
        .rule = MANDO_FIELD_##presence, .offset = offsetof(record, field), .size = bytes,          \
        .initial_text = start                                                                      \
    }
/* The rest are its bounds, which may hold commas of their own. */
#define MANDO_NUMBER_FIELD(record, field, measure, start, presence, about, ...)                    \
    {                                                                                              \
        .name = #field, .unit = measure, .text = about, .type = MANDO_FIELD_NUMBER,                \
        .rule = MANDO_FIELD_##presence, .offset = offsetof(record, field), .size = sizeof(double), \
        .initial = start, __VA_ARGS__                                                              \
    }
#define MANDO_JSON_FIELD(record, field, about)                                                     \
    {                                                                                              \
        .name = #field, .unit = "", .text = about, .type = MANDO_FIELD_JSON,                       \
        .rule = MANDO_FIELD_OPTIONAL, .offset = offsetof(record, field),                           \
        .size = sizeof(yyjson_val *)                                                               \
    }

struct mando_entity {
    const char *name;
    const struct mando_field *fields;
    size_t field_count;
};

/* Every field at its initial value; a required number is NaN, points are none, JSON is NULL. */
void mando_entity_init(const struct mando_entity *entity, void *record_out);

/* Reads an object of `json`: no unknown or repeated field, right types. Checks nothing else: call
 * mando_entity_check. `null` is absent. A JSON field borrows its value from the document.
 * MANDO_INVALID (field.type, field.unknown, field.duplicate, field.range for a text or points that
 * are too long), at the place in the text. */
enum mando_status mando_entity_read(const struct mando_entity *entity,
                                    const struct mando_json *json, yyjson_val *object,
                                    void *record_out, struct mando_error *error);

/* Nothing required is absent, every number is within its bounds, the x of points rise.
 * MANDO_INVALID (field.missing, field.range); error->where is the JSON pointer of the field. */
enum mando_status mando_entity_check(const struct mando_entity *entity, const void *record,
                                     struct mando_error *error);

/* An error at the value or key of a member; `name` is `value` but must be `expected`. */
enum mando_status schema_fail_at(const struct mando_json *json, yyjson_val *value,
                                 enum mando_error_code code, const char *message,
                                 struct mando_error *error);
enum mando_status schema_fail_type(const struct mando_json *json, const char *name,
                                   yyjson_val *value, const char *expected,
                                   struct mando_error *error);

/* Whether a finite value lies between two bounds; the error of one that does not. `name` begins the
 * message, pointer is its JSON pointer. */
bool schema_bounds_hold(struct mando_bound low, struct mando_bound high, double value);
enum mando_status schema_bounds_fail(struct mando_bound low, struct mando_bound high, double value,
                                     const char *name, const char *pointer,
                                     struct mando_error *error);

#endif
