#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/json.h"
#include "domain/document.h"
#include "domain/point_fields.h"
#include "mando/point.h"

/* Columns of rows, which no label may be named like. */
static const char *const TAKEN[] = {"id",    "start",  "end",     "known", "changed",
                                    "value", "author", "deleted", "point"};

struct config {
    const struct mando_json *json;
    yyjson_val *root;
    struct point_fields fields;
    struct mando_error *error;
};

static yyjson_val *value_of(const struct config *config, const char *field)
{
    return yyjson_obj_get(config->root, field);
}

MANDO_PRINTF(4, 5)
static enum mando_status fail(const struct config *config, yyjson_val *value,
                              enum mando_error_code code, const char *format, ...)
{
    char message[248];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return schema_fail_at(config->json, value ? value : config->root, code, message, config->error);
}

static const char *type_at(size_t i)
{
    return mando_point_type_name((enum mando_point_type)(i + 1));
}

static const char *aggregation_at(size_t i)
{
    return mando_aggregation_name((enum mando_aggregation)(i + 1));
}

/* The number of a word, from 1; an error where it is none of them. */
static enum mando_status read_word(const struct config *config, const char *field, const char *word,
                                   const char *(*name_at)(size_t), int *number_out)
{
    char names[96] = "";
    size_t length = 0;
    for (size_t i = 0; name_at(i); i++) {
        if (strcmp(name_at(i), word) == 0) {
            *number_out = (int)i + 1;
            return MANDO_OK;
        }
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                   i == 0           ? ""
                                   : name_at(i + 1) ? ", "
                                                    : " or ",
                                   name_at(i));
    }
    return fail(config, value_of(config, field), MANDO_E_FIELD_RANGE, "%s is \"%s\"; it must be %s",
                field, word, names);
}

static enum mando_status read_type(const struct config *config, struct mando_point *point)
{
    int number = 0;
    if (!config->fields.type[0])
        return point->type ? MANDO_OK
                           : fail(config, NULL, MANDO_E_FIELD_MISSING,
                                  "type is missing; it is required: TimeSeriesDouble, "
                                  "TimeSeriesDoubleMatrix or StaticData");
    enum mando_status status = read_word(config, "type", config->fields.type, type_at, &number);
    if (!status)
        point->type = (enum mando_point_type)number;
    return status;
}

static enum mando_status read_aggregation(const struct config *config, struct mando_point *point)
{
    int number = 0;
    enum mando_status status =
        read_word(config, "aggregation", config->fields.aggregation, aggregation_at, &number);
    if (!status)
        point->aggregation = (enum mando_aggregation)number;
    return status;
}

/* A duration above zero; text "" is none. */
static enum mando_status read_duration(const struct config *config, const char *field,
                                       const char *text, struct mando_duration *duration_out)
{
    struct mando_error problem;
    struct mando_duration duration = {0};
    if (!text[0])
        return MANDO_OK;
    if (mando_duration_parse(text, strlen(text), &duration, &problem))
        return fail(config, value_of(config, field), MANDO_E_DURATION_FORMAT, "%s: %s", field,
                    problem.message);
    if (duration.months <= 0 && duration.days <= 0 && duration.time_us <= 0)
        return fail(config, value_of(config, field), MANDO_E_FIELD_RANGE,
                    "%s is \"%s\"; it must be longer than nothing", field, text);
    *duration_out = duration;
    return MANDO_OK;
}

static enum mando_status check_label(const struct config *config, yyjson_val *label)
{
    char excerpt[MANDO_JSON_EXCERPT_SIZE];
    if (!yyjson_is_str(label))
        return schema_fail_type(config->json, "a label", label, "a text", config->error);
    mando_json_excerpt(config->json, label, excerpt);
    if (yyjson_get_len(label) == 0 || memchr(yyjson_get_str(label), '\0', yyjson_get_len(label)))
        return fail(config, label, MANDO_E_FIELD_RANGE, "a label is empty or holds a NUL");
    for (size_t i = 0; i < sizeof TAKEN / sizeof *TAKEN; i++)
        if (yyjson_equals_str(label, TAKEN[i]))
            return fail(config, label, MANDO_E_FIELD_RANGE,
                        "a label is %s, which is the name of another column", excerpt);
    yyjson_val *labels = config->fields.labels;
    yyjson_arr_iter items = yyjson_arr_iter_with(labels);
    yyjson_val *earlier = yyjson_arr_iter_next(&items);
    while (earlier != label && !yyjson_equals(earlier, label))
        earlier = yyjson_arr_iter_next(&items);
    return earlier == label ? MANDO_OK
                            : fail(config, label, MANDO_E_FIELD_DUPLICATE,
                                   "the label %s is given twice", excerpt);
}

static enum mando_status read_labels(const struct config *config, struct mando_point *point)
{
    yyjson_val *labels = config->fields.labels;
    point->width = 1;
    if (!labels)
        return point->type == MANDO_MATRIX
                   ? fail(config, NULL, MANDO_E_FIELD_MISSING,
                          "labels are missing; a TimeSeriesDoubleMatrix needs them: the names of "
                          "its columns")
                   : MANDO_OK;
    if (point->type != MANDO_MATRIX)
        return fail(config, labels, MANDO_E_FIELD_RANGE,
                    "labels are given; only a TimeSeriesDoubleMatrix has columns");
    if (!yyjson_is_arr(labels))
        return schema_fail_type(config->json, "labels", labels, "a list of texts", config->error);
    size_t count = yyjson_arr_size(labels);
    if (count < 1 || count > MANDO_POINT_WIDTH_MAX)
        return fail(config, labels, MANDO_E_FIELD_RANGE, "there are %zu labels; 1 to %d can be",
                    count, MANDO_POINT_WIDTH_MAX);
    enum mando_status status = MANDO_OK;
    yyjson_arr_iter items = yyjson_arr_iter_with(labels);
    for (yyjson_val *label = yyjson_arr_iter_next(&items); label && !status;
         label = yyjson_arr_iter_next(&items))
        status = check_label(config, label);
    point->width = (uint32_t)count;
    return status;
}

static enum mando_status check_tags(const struct config *config)
{
    yyjson_val *tags = config->fields.tags;
    if (!tags)
        return MANDO_OK;
    if (!yyjson_is_obj(tags))
        return schema_fail_type(config->json, "tags", tags, "an object of texts", config->error);
    yyjson_obj_iter members = yyjson_obj_iter_with(tags);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key;
         key = yyjson_obj_iter_next(&members)) {
        yyjson_val *value = yyjson_obj_iter_get_val(key);
        char excerpt[MANDO_JSON_EXCERPT_SIZE];
        mando_json_excerpt(config->json, key, excerpt);
        if (!yyjson_is_str(value))
            return schema_fail_type(config->json, "a tag", value, "a text", config->error);
        if (yyjson_obj_getn(tags, yyjson_get_str(key), yyjson_get_len(key)) != value)
            return fail(config, key, MANDO_E_FIELD_DUPLICATE, "the tag %s is given twice", excerpt);
    }
    return MANDO_OK;
}

static enum mando_status check_schema(const struct config *config, const struct mando_point *point)
{
    yyjson_val *schema = config->fields.json_schema;
    if (!schema)
        return MANDO_OK;
    if (point->type != MANDO_DOCUMENT)
        return fail(config, schema, MANDO_E_FIELD_RANGE,
                    "json_schema is given; only StaticData has documents");
    return document_check_schema(config->json, schema, config->error);
}

static enum mando_status read_fields(const struct config *config, struct mando_point *point)
{
    const struct point_fields *fields = &config->fields;
    struct mando_duration retention = {0};
    memcpy(point->unit, fields->unit, sizeof point->unit);
    memcpy(point->time_zone, fields->time_zone, sizeof point->time_zone);
    enum mando_status status = read_type(config, point);
    if (!status)
        status = read_aggregation(config, point);
    if (!status)
        status = read_duration(config, "resolution", fields->resolution, &point->resolution);
    if (!status)
        status = read_duration(config, "retention", fields->retention, &retention);
    if (!status && !fields->time_zone[0])
        status = fail(config, value_of(config, "time_zone"), MANDO_E_FIELD_RANGE,
                      "time_zone is empty; it must be the name of a zone");
    if (!status && fields->resolution[0] && point->type == MANDO_DOCUMENT)
        status = fail(config, value_of(config, "resolution"), MANDO_E_FIELD_RANGE,
                      "resolution is given; a StaticData document holds until the next one");
    if (!status)
        status = read_labels(config, point);
    if (!status)
        status = check_tags(config);
    return status ? status : check_schema(config, point);
}

static void append_name(struct mando_text *text, const char *name)
{
    mando_text_append_format(text, "%s\"%s\":", text->length ? "," : "{", name);
}

static void append_value(struct mando_text *text, const char *name, yyjson_val *value)
{
    if (!value)
        return;
    append_name(text, name);
    mando_json_append(text, value);
}

static void append_word(struct mando_text *text, const char *name, const char *word)
{
    if (!word[0])
        return;
    append_name(text, name);
    mando_text_append_quoted(text, word, strlen(word));
}

static int compare_tags(const void *a, const void *b)
{
    yyjson_val *const *first = a, *const *second = b;
    size_t length = yyjson_get_len(*first), other = yyjson_get_len(*second);
    int order =
        memcmp(yyjson_get_str(*first), yyjson_get_str(*second), length < other ? length : other);
    return order ? order : (length > other) - (length < other);
}

/* By their names, so that equal configurations are equal texts. */
static void append_tags(struct mando_text *text, yyjson_val *tags)
{
    size_t count = yyjson_obj_size(tags), i = 0;
    yyjson_val **keys = mando_alloc(count, sizeof(yyjson_val *));
    if (!keys) {
        text->status = MANDO_NO_MEMORY;
        return;
    }
    yyjson_obj_iter members = yyjson_obj_iter_with(tags);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key;
         key = yyjson_obj_iter_next(&members))
        keys[i++] = key;
    qsort(keys, count, sizeof(yyjson_val *), compare_tags);
    append_name(text, "tags");
    for (i = 0; i < count; i++) {
        mando_text_append(text, i ? "," : "{", 1);
        mando_json_append(text, keys[i]);
        mando_text_append(text, ":", 1);
        mando_json_append(text, yyjson_obj_iter_get_val(keys[i]));
    }
    mando_text_append(text, "}", 1);
    mando_free(keys);
}

/* What struct mando_point has no member for. */
static enum mando_status write_document(const struct config *config, char **document_out)
{
    MANDO_CLEANUP(mando_text_release) struct mando_text text;
    const struct point_fields *fields = &config->fields;
    mando_text_init(&text, SIZE_MAX);
    append_value(&text, "labels", fields->labels);
    append_value(&text, "json_schema", fields->json_schema);
    if (yyjson_obj_size(fields->tags))
        append_tags(&text, fields->tags);
    append_word(&text, "owner", fields->owner);
    append_word(&text, "retention", fields->retention);
    if (text.length)
        mando_text_append(&text, "}", 1);
    if (text.status)
        return mando_fail(config->error, MANDO_E_MEMORY, -1,
                          "there is no memory for a configuration");
    *document_out = text.bytes;
    text.bytes = NULL;
    return MANDO_OK;
}

static enum mando_status parse(struct config *config, struct mando_point *point,
                               char **document_out)
{
    config->root = yyjson_doc_get_root(config->json->doc);
    enum mando_status status = mando_entity_read(&mando_entity_point, config->json, config->root,
                                                 &config->fields, config->error);
    if (!status)
        status = read_fields(config, point);
    return status ? status : write_document(config, document_out);
}

enum mando_status mando_point_parse(const char *id, enum mando_point_type type, const char *text,
                                    size_t length, struct mando_point *point_out,
                                    char **document_out, struct mando_error *error)
{
    MANDO_CLEANUP(mando_json_release) struct mando_json json = {0};
    struct mando_point point = {.type =
                                    mando_point_type_name(type) ? type : (enum mando_point_type)0};
    struct config config = {.json = &json, .error = error};
    char *document = NULL;
    enum mando_status status = mando_point_id_check(id, strlen(id), error);
    if (!status)
        status = mando_json_parse(text, length, MANDO_POINT_CONFIG_BYTES_MAX, NULL, &json, error);
    if (!status)
        status = parse(&config, &point, &document);
    if (status)
        return status;
    memcpy(point.id, id, strlen(id) + 1);
    point.document = document;
    *document_out = document;
    *point_out = point;
    return MANDO_OK;
}

static void append_resolution(struct mando_text *text, struct mando_duration resolution)
{
    char word[MANDO_TIME_TEXT_SIZE] = "";
    if (resolution.months || resolution.days || resolution.time_us)
        mando_duration_format(resolution, word);
    append_word(text, "resolution", word);
}

/* A member that a point filled by hand may have without an end. */
static void append_field(struct mando_text *text, const char *name, const char *field, size_t size)
{
    size_t length = strnlen(field, size);
    if (length == 0)
        return;
    append_name(text, name);
    mando_text_append_quoted(text, field, length);
}

/* The members of an object behind those that are there, and the end of them all. */
static void append_members(struct mando_text *text, const char *object)
{
    const char *rest = object && *object == '{' ? object + 1 : object;
    bool has_more = rest && *rest && *rest != '}';
    mando_text_append(text, "{", text->length == 0);
    mando_text_append(text, ",", has_more && text->length > 1);
    if (has_more)
        mando_text_append(text, rest, strlen(rest));
    else
        mando_text_append(text, "}", 1);
}

static const char *or_nothing(const char *name)
{
    return name ? name : "";
}

enum mando_status mando_point_format(const struct mando_point *point, char **text_out,
                                     size_t *length_out, struct mando_error *error)
{
    MANDO_CLEANUP(mando_text_release) struct mando_text text;
    mando_text_init(&text, SIZE_MAX);
    append_word(&text, "type", or_nothing(mando_point_type_name(point->type)));
    append_field(&text, "unit", point->unit, sizeof point->unit);
    append_resolution(&text, point->resolution);
    append_field(&text, "time_zone", point->time_zone, sizeof point->time_zone);
    if (point->type != MANDO_DOCUMENT)
        append_word(&text, "aggregation", or_nothing(mando_aggregation_name(point->aggregation)));
    append_members(&text, point->document);
    if (text.status)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a configuration");
    *length_out = text.length;
    *text_out = text.bytes;
    text.bytes = NULL;
    return MANDO_OK;
}
