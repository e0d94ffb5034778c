#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/lines.h"
#include "codec/rows_json.h"
#include "schema/entity.h"

struct rows_ndjson {
    struct mando_lines lines;
    bool *seen; /* fields of the row at hand */
};

static enum mando_status open_ndjson(struct mando_rows_reader *reader, void *of,
                                     struct mando_error *error)
{
    struct rows_ndjson *self = of;
    enum mando_status status = mando_lines_open(&self->lines, reader->input, error);
    if (status)
        return status;
    self->seen = mando_alloc(rows_json_field_count(reader), sizeof *self->seen);
    return self->seen ? MANDO_OK
                      : mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read rows");
}

/* Dates are those of the row's data point, whose id may stand anywhere. */
static enum mando_status read_id(struct mando_rows_reader *reader, const struct mando_json *json,
                                 yyjson_val *object, struct mando_error *error)
{
    yyjson_val *id = rows_columns_find(&reader->columns, ROWS_ID, "id", 2) == ROWS_ID
                         ? yyjson_obj_get(object, "id")
                         : NULL;
    rows_batch_set_point(&reader->batch, 0);
    return id ? rows_json_take(reader, json, ROWS_ID, id, error) : MANDO_OK;
}

static enum mando_status read_object(struct mando_rows_reader *reader,
                                     const struct rows_ndjson *self, const struct mando_json *json,
                                     struct mando_error *error)
{
    yyjson_val *object = yyjson_doc_get_root(json->doc);
    if (!yyjson_is_obj(object))
        return schema_fail_type(json, "a row", object, "an object", error);
    memset(self->seen, 0, rows_json_field_count(reader) * sizeof *self->seen);
    enum mando_status status = read_id(reader, json, object, error);
    int field = 0;
    yyjson_obj_iter members = yyjson_obj_iter_with(object);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key && !status;
         key = yyjson_obj_iter_next(&members)) {
        status = rows_json_find(reader, json, key, self->seen, &field, error);
        if (!status && field != ROWS_ID)
            status = rows_json_take(reader, json, field, yyjson_obj_iter_get_val(key), error);
    }
    return status ? status : rows_json_check(reader, json, object, self->seen, error);
}

static enum mando_status read_line(struct mando_rows_reader *reader, const struct rows_ndjson *self,
                                   struct mando_error *error)
{
    MANDO_CLEANUP(mando_json_release) struct mando_json json = {0};
    enum mando_status status =
        mando_json_parse(self->lines.text, self->lines.length, MANDO_LINE_BYTES_MAX,
                         mando_input_name(reader->input), &json, error);
    if (!status)
        status = read_object(reader, self, &json, error);
    if (status && error && error->line)
        error->line += self->lines.line - 1;
    return status ? status : rows_reader_end_row(reader, self->lines.line, 1, error);
}

static bool is_blank(const struct mando_lines *lines)
{
    size_t i = 0;
    while (i < lines->length && strchr(" \t\r", lines->text[i]) && lines->text[i])
        i++;
    return i == lines->length;
}

static enum mando_status fill_ndjson(struct mando_rows_reader *reader, void *of,
                                     struct mando_error *error)
{
    struct rows_ndjson *self = of;
    enum mando_status status = MANDO_OK;
    while (!status && !rows_batch_is_full(&reader->batch)) {
        status = mando_lines_next(&self->lines, error);
        if (status || !self->lines.text)
            return status;
        if (!is_blank(&self->lines))
            status = read_line(reader, self, error);
    }
    return status;
}

static void close_ndjson(void *of)
{
    struct rows_ndjson *self = of;
    mando_lines_release(&self->lines);
    mando_free(self->seen);
}

const struct rows_format rows_format_ndjson = {sizeof(struct rows_ndjson), open_ndjson, fill_ndjson,
                                               close_ndjson, NULL};
