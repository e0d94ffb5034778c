#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "codec/rows_json.h"
#include "schema/entity.h"

size_t rows_json_field_count(const struct mando_rows_reader *reader)
{
    return ROWS_VALUE + reader->columns.width;
}

static const char *name_of(const struct mando_rows_reader *reader, int field)
{
    return rows_columns_name(&reader->columns, (size_t)field);
}

enum mando_status rows_json_place(const struct mando_json *json, yyjson_val *value,
                                  enum mando_status status, struct mando_error *error)
{
    if (rows_reader_lacks_place(status, error)) {
        struct mando_json_place at = mando_json_locate(json, value);
        mando_fail_place(error, json->where, at.line, at.column);
    }
    return status;
}

static enum mando_status take_time(struct mando_rows_reader *reader, const struct mando_json *json,
                                   int field, yyjson_val *value, struct mando_error *error)
{
    int64_t time_us = 0;
    if (!yyjson_is_str(value))
        return schema_fail_type(json, name_of(reader, field), value, "a text, an ISO 8601 time",
                                error);
    enum mando_status status = mando_time_parse(yyjson_get_str(value), yyjson_get_len(value),
                                                reader->zone, &time_us, error);
    if (!status)
        rows_batch_set_time(&reader->batch, (enum rows_field)field, time_us);
    return rows_json_place(json, value, status, error);
}

static enum mando_status take_value(struct mando_rows_reader *reader, const struct mando_json *json,
                                    int field, yyjson_val *value, struct mando_error *error)
{
    struct rows_batch *batch = &reader->batch;
    if (batch->type == MANDO_DOCUMENT) {
        mando_json_append(&batch->documents, value);
        rows_batch_set_document(batch, "", 0);
        return MANDO_OK;
    }
    if (!yyjson_is_num(value))
        return schema_fail_type(json, name_of(reader, field), value, "a number or null", error);
    rows_batch_set_number(batch, (size_t)(field - ROWS_VALUE), yyjson_get_num(value));
    return MANDO_OK;
}

enum mando_status rows_json_take(struct mando_rows_reader *reader, const struct mando_json *json,
                                 int field, yyjson_val *value, struct mando_error *error)
{
    bool is_needed = field == ROWS_START || (field == ROWS_ID && !rows_reader_may_lack_id(reader));
    if (yyjson_is_null(value) && !is_needed)
        return MANDO_OK;
    switch (field) {
    case ROWS_ID:
        if (!yyjson_is_str(value))
            return schema_fail_type(json, "id", value, "a text", error);
        return rows_json_place(
            json, value,
            rows_reader_take_id(reader, yyjson_get_str(value), yyjson_get_len(value), error),
            error);
    case ROWS_START:
    case ROWS_END:
    case ROWS_KNOWN:
        return take_time(reader, json, field, value, error);
    case ROWS_DELETED:
        if (!yyjson_is_bool(value))
            return schema_fail_type(json, "deleted", value, "true or false", error);
        if (yyjson_is_true(value))
            rows_batch_set_deleted(&reader->batch);
        return MANDO_OK;
    default:
        return take_value(reader, json, field, value, error);
    }
}

enum mando_status rows_json_find(const struct mando_rows_reader *reader,
                                 const struct mando_json *json, yyjson_val *key, bool *seen,
                                 int *field, struct mando_error *error)
{
    char message[248], shown[64];
    const char *name = yyjson_get_str(key);
    int found = rows_columns_find(&reader->columns, *field + 1, name, yyjson_get_len(key));
    if (found < 0) {
        (void)snprintf(shown, sizeof shown, "%s", name);
        rows_columns_explain(&reader->columns, shown, shown, message);
        return schema_fail_at(json, key, MANDO_E_FIELD_UNKNOWN, message, error);
    }
    if (seen[found]) {
        (void)snprintf(message, sizeof message, "%.80s is given twice", name);
        return schema_fail_at(json, key, MANDO_E_FIELD_DUPLICATE, message, error);
    }
    seen[found] = true;
    *field = found;
    return MANDO_OK;
}

enum mando_status rows_json_check(const struct mando_rows_reader *reader,
                                  const struct mando_json *json, yyjson_val *holder,
                                  const bool *seen, struct mando_error *error)
{
    char message[248];
    for (int field = 0; field < (int)rows_json_field_count(reader); field++) {
        bool may_lack = field == ROWS_ID
                            ? rows_reader_may_lack_id(reader)
                            : field == ROWS_END || field == ROWS_KNOWN || field == ROWS_DELETED;
        if (may_lack || seen[field])
            continue;
        (void)snprintf(message, sizeof message, "%.80s is missing", name_of(reader, field));
        return schema_fail_at(json, holder, MANDO_E_FIELD_MISSING, message, error);
    }
    return MANDO_OK;
}
