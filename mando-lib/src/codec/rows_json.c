#include "codec/rows_json.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "schema/entity.h"

#define TEXT_BYTES_MAX ((size_t)256 << 20)
#define CHUNK_BYTES ((size_t)64 << 10)

/* The series at hand and how far its columns were walked, side by side. */
struct rows_json {
    struct mando_text text;
    struct mando_json json;
    yyjson_arr_iter series;
    yyjson_val *one; /* the series, NULL before the first and behind the last */
    yyjson_val *id;  /* of it, NULL where it has none, as the next two */
    yyjson_val *unit, *resolution;
    struct mando_duration step; /* what resolution says, zero = irregular */
    int32_t point;
    yyjson_arr_iter *columns;
    bool *seen;
    size_t left; /* rows of the series that were not read */
};

static enum mando_status read_text(struct mando_rows_reader *reader, struct rows_json *self,
                                   struct mando_error *error)
{
    char *chunk = mando_alloc(CHUNK_BYTES, 1);
    enum mando_status status = chunk ? MANDO_OK : MANDO_NO_MEMORY;
    size_t length = 1;
    mando_text_init(&self->text, TEXT_BYTES_MAX);
    while (!status && length > 0 && !self->text.status) {
        status = mando_input_read(reader->input, chunk, CHUNK_BYTES, &length, error);
        if (!status)
            mando_text_append(&self->text, chunk, length);
    }
    mando_free(chunk);
    if (!chunk || self->text.status == MANDO_NO_MEMORY)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read %s",
                          mando_input_name(reader->input));
    if (self->text.status)
        return mando_fail_at(
            error, MANDO_E_JSON_SIZE, mando_input_name(reader->input), 0, 0,
            "the JSON text has more than the %zu bytes allowed; NDJSON has no limit",
            TEXT_BYTES_MAX);
    return status;
}

/* {"series": [...]} and nothing else. */
static enum mando_status find_series(struct rows_json *self, struct mando_error *error)
{
    yyjson_val *root = yyjson_doc_get_root(self->json.doc);
    yyjson_obj_iter members = yyjson_obj_iter_with(root);
    yyjson_val *key = yyjson_obj_iter_next(&members), *next = yyjson_obj_iter_next(&members);
    if (!yyjson_is_obj(root))
        return schema_fail_type(&self->json, "the text", root, "an object {\"series\": [...]}",
                                error);
    if (!key)
        return schema_fail_at(&self->json, root, MANDO_E_FIELD_MISSING, "series is missing", error);
    if (!yyjson_equals_str(key, "series") || next) {
        bool is_twice = next && yyjson_equals(key, next);
        char excerpt[MANDO_JSON_EXCERPT_SIZE], message[120];
        key = yyjson_equals_str(key, "series") ? next : key;
        mando_json_excerpt(&self->json, key, excerpt);
        (void)snprintf(message, sizeof message,
                       is_twice ? "%s is given twice"
                                : "%s is unknown here; there is only \"series\"",
                       excerpt);
        return schema_fail_at(&self->json, key,
                              is_twice ? MANDO_E_FIELD_DUPLICATE : MANDO_E_FIELD_UNKNOWN, message,
                              error);
    }
    yyjson_val *series = yyjson_obj_iter_get_val(key);
    if (!yyjson_is_arr(series))
        return schema_fail_type(&self->json, "series", series, "a list", error);
    self->series = yyjson_arr_iter_with(series);
    return MANDO_OK;
}

static enum mando_status open_json(struct mando_rows_reader *reader, void *of,
                                   struct mando_error *error)
{
    struct rows_json *self = of;
    size_t fields = rows_json_field_count(reader);
    self->columns = mando_alloc(fields, sizeof *self->columns);
    self->seen = mando_alloc(fields, sizeof *self->seen);
    if (!self->columns || !self->seen)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read rows");
    enum mando_status status = read_text(reader, self, error);
    if (!status)
        status =
            mando_json_parse(self->text.bytes ? self->text.bytes : "", self->text.length,
                             TEXT_BYTES_MAX, mando_input_name(reader->input), &self->json, error);
    return status ? status : find_series(self, error);
}

/* Whether a member is no column: what an answer tells of the data point. */
static yyjson_val **find_note(struct rows_json *self, yyjson_val *key, yyjson_val *value)
{
    if (!yyjson_is_str(value) && !yyjson_is_null(value))
        return NULL;
    return yyjson_equals_str(key, "unit")         ? &self->unit
           : yyjson_equals_str(key, "resolution") ? &self->resolution
                                                  : NULL;
}

static enum mando_status take_note(const struct rows_json *self, yyjson_val *key, yyjson_val *value,
                                   yyjson_val **note, struct mando_error *error)
{
    char message[64];
    if (*note) {
        (void)snprintf(message, sizeof message, "%s is given twice", yyjson_get_str(key));
        return schema_fail_at(&self->json, key, MANDO_E_FIELD_DUPLICATE, message, error);
    }
    *note = value;
    return MANDO_OK;
}

static enum mando_status take_column(const struct mando_rows_reader *reader, struct rows_json *self,
                                     int field, yyjson_val *value, struct mando_error *error)
{
    const char *name = rows_columns_name(&reader->columns, (size_t)field);
    char message[200];
    if (field == ROWS_ID) {
        self->id = value;
        return MANDO_OK;
    }
    if (!yyjson_is_arr(value))
        return schema_fail_type(&self->json, name, value, "a list", error);
    size_t count = yyjson_arr_size(value);
    if (self->left != SIZE_MAX && count != self->left) {
        (void)snprintf(message, sizeof message,
                       "%.80s has %zu values, the column before it %zu: all have one length", name,
                       count, self->left);
        return schema_fail_at(&self->json, value, MANDO_E_ROWS_CELL, message, error);
    }
    self->left = count;
    self->columns[field] = yyjson_arr_iter_with(value);
    return MANDO_OK;
}

static enum mando_status read_resolution(struct rows_json *self, struct mando_error *error)
{
    struct mando_duration *step = &self->step;
    char message[160];
    *step = (struct mando_duration){0};
    if (!yyjson_is_str(self->resolution))
        return MANDO_OK;
    const char *text = yyjson_get_str(self->resolution);
    enum mando_status status =
        mando_duration_parse(text, yyjson_get_len(self->resolution), step, error);
    if (status)
        return rows_json_place(&self->json, self->resolution, status, error);
    if (step->months > 0 || step->days > 0 || step->time_us > 0)
        return MANDO_OK;
    (void)snprintf(message, sizeof message,
                   "resolution is \"%.60s\"; it must be longer than nothing, null of instants",
                   text);
    return schema_fail_at(&self->json, self->resolution, MANDO_E_ROWS_CELL, message, error);
}

/* Tells of the data point what stands beside the columns. */
static enum mando_status tell_series(struct mando_rows_reader *reader, struct rows_json *self,
                                     struct mando_error *error)
{
    enum mando_status status = read_resolution(self, error);
    bool has_id = self->id && !(yyjson_is_null(self->id) && rows_reader_may_lack_id(reader));
    if (status)
        return status;
    if (has_id && !yyjson_is_str(self->id))
        return schema_fail_type(&self->json, "id", self->id, "a text", error);
    status = rows_reader_take_series(reader, has_id ? yyjson_get_str(self->id) : NULL,
                                     yyjson_get_len(self->id), yyjson_get_str(self->unit),
                                     self->resolution ? &self->step : NULL, error);
    self->point = reader->batch.point[reader->batch.count];
    return rows_json_place(&self->json, has_id ? self->id : self->one, status, error);
}

static enum mando_status begin_series(struct mando_rows_reader *reader, struct rows_json *self,
                                      struct mando_error *error)
{
    if (!yyjson_is_obj(self->one))
        return schema_fail_type(&self->json, "a series", self->one, "an object", error);
    memset(self->seen, 0, rows_json_field_count(reader) * sizeof *self->seen);
    self->left = SIZE_MAX;
    self->id = self->unit = self->resolution = NULL;
    enum mando_status status = MANDO_OK;
    int field = 0;
    yyjson_obj_iter members = yyjson_obj_iter_with(self->one);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key && !status;
         key = yyjson_obj_iter_next(&members)) {
        yyjson_val *value = yyjson_obj_iter_get_val(key);
        yyjson_val **note = find_note(self, key, value);
        status = note ? take_note(self, key, value, note, error)
                      : rows_json_find(reader, &self->json, key, self->seen, &field, error);
        if (!status && !note)
            status = take_column(reader, self, field, value, error);
    }
    if (!status)
        status = rows_json_check(reader, &self->json, self->one, self->seen, error);
    return status ? status : tell_series(reader, self, error);
}

static bool has_step(const struct mando_rows_reader *reader, const struct rows_json *self)
{
    return yyjson_is_str(self->resolution) && reader->batch.type != MANDO_DOCUMENT;
}

static enum mando_status read_row(struct mando_rows_reader *reader, struct rows_json *self,
                                  struct mando_error *error)
{
    yyjson_val *start = self->columns[ROWS_START].cur; /* what comes next */
    enum mando_status status = MANDO_OK;
    rows_batch_set_point(&reader->batch, self->point);
    for (int field = ROWS_START; field < (int)rows_json_field_count(reader) && !status; field++)
        if (self->seen[field])
            status = rows_json_take(reader, &self->json, field,
                                    yyjson_arr_iter_next(&self->columns[field]), error);
    if (!status && has_step(reader, self))
        status = rows_json_place(&self->json, start,
                                 rows_reader_set_step(reader, self->step, error), error);
    self->left--;
    return status
               ? status
               : rows_reader_end_row(reader, 0, start - yyjson_doc_get_root(self->json.doc), error);
}

/* A row is where its start stands; finding that takes a walk, which only errors are worth. */
static struct mando_json_place locate(const void *of, int64_t column)
{
    const struct rows_json *self = of;
    return mando_json_locate(&self->json, yyjson_doc_get_root(self->json.doc) + column);
}

static enum mando_status fill_json(struct mando_rows_reader *reader, void *of,
                                   struct mando_error *error)
{
    struct rows_json *self = of;
    enum mando_status status = MANDO_OK;
    while (!status && !rows_batch_is_full(&reader->batch)) {
        if (self->left > 0) {
            status = read_row(reader, self, error);
            continue;
        }
        self->one = yyjson_arr_iter_next(&self->series);
        if (!self->one)
            break;
        status = begin_series(reader, self, error);
    }
    return status;
}

static void close_json(void *of)
{
    struct rows_json *self = of;
    mando_json_release(&self->json);
    mando_text_release(&self->text);
    mando_free(self->columns);
    mando_free(self->seen);
}

const struct rows_format rows_format_json = {sizeof(struct rows_json), open_json, fill_json,
                                             close_json, locate};
