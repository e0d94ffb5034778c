#include "repo/catalog.h"

#include <stdio.h>
#include <string.h>

#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/vector.h"
#include "repo/catalog_columns.h"

struct reader {
    struct mando_arena *arena;
    struct mando_vector items;
    struct mando_error *error;
};

static enum mando_status check_schema(const struct ArrowSchema *schema, struct mando_error *error)
{
    static const char *const FORMATS[] = {
        [MANDO_ARROW_TEXT] = "u", [MANDO_ARROW_INT32] = "i", [MANDO_ARROW_TIME] = "tsu:UTC"};
    bool is_catalog = schema->n_children == CATALOG_COLUMNS;
    for (int64_t i = 0; is_catalog && i < CATALOG_COLUMNS; i++) {
        const struct ArrowSchema *child = schema->children[i];
        const struct mando_arrow_field *field = &CATALOG_FIELDS[i];
        is_catalog = child->name && strcmp(child->name, field->name) == 0
                     && strcmp(child->format, FORMATS[field->type]) == 0;
    }
    return is_catalog ? MANDO_OK
                      : mando_fail(error, MANDO_E_ARROW_SCHEMA, -1,
                                   "the stream is no catalog of data points");
}

/* A cell, as it stands in the batch. */
struct cell {
    const struct ArrowArray *column;
    int64_t at;
};

static struct cell cell_of(const struct ArrowArray *batch, enum catalog_column column, int64_t row)
{
    const struct ArrowArray *array = batch->children[column];
    return (struct cell){.column = array, .at = array->offset + batch->offset + row};
}

static bool is_null(struct cell cell)
{
    const uint8_t *bits = cell.column->buffers[0];
    return bits && !(bits[cell.at / 8] >> (cell.at % 8) & 1);
}

static int64_t time_of(struct cell cell)
{
    return ((const int64_t *)cell.column->buffers[1])[cell.at];
}

static size_t length_of(struct cell cell)
{
    const int32_t *offsets = cell.column->buffers[1];
    return is_null(cell) ? 0 : (size_t)(offsets[cell.at + 1] - offsets[cell.at]);
}

static const char *text_of(struct cell cell)
{
    const int32_t *offsets = cell.column->buffers[1];
    return length_of(cell) ? (const char *)cell.column->buffers[2] + offsets[cell.at] : "";
}

/* Copies a text; false where it is too long. */
static bool copy(struct cell cell, char *out, size_t size)
{
    size_t length = length_of(cell);
    if (length >= size)
        return false;
    memcpy(out, text_of(cell), length);
    out[length] = '\0';
    return true;
}

static bool is_text(struct cell cell, const char *text)
{
    return text && length_of(cell) == strlen(text)
           && memcmp(text_of(cell), text, length_of(cell)) == 0;
}

static bool read_type(struct cell cell, struct mando_point *point)
{
    for (int i = MANDO_SERIES; i <= MANDO_DOCUMENT; i++)
        if (is_text(cell, mando_point_type_name((enum mando_point_type)i)))
            point->type = (enum mando_point_type)i;
    return point->type != 0;
}

/* Documents may have none. */
static bool read_aggregation(struct cell cell, struct mando_point *point)
{
    for (int i = MANDO_MEAN; i <= MANDO_LAST; i++)
        if (is_text(cell, mando_aggregation_name((enum mando_aggregation)i)))
            point->aggregation = (enum mando_aggregation)i;
    return point->aggregation != 0 || length_of(cell) == 0;
}

static bool read_resolution(struct cell cell, struct mando_point *point)
{
    return is_null(cell)
           || !mando_duration_parse(text_of(cell), length_of(cell), &point->resolution, NULL);
}

static bool read_width(struct cell cell, struct mando_point *point)
{
    int32_t width = ((const int32_t *)cell.column->buffers[1])[cell.at];
    point->width = (uint32_t)width;
    return width >= 1 && width <= (point->type == MANDO_MATRIX ? MANDO_POINT_WIDTH_MAX : 1);
}

static bool read_point(const struct ArrowArray *batch, int64_t row, struct mando_point *point)
{
    return copy(cell_of(batch, CATALOG_ID, row), point->id, sizeof point->id)
           && copy(cell_of(batch, CATALOG_UNIT, row), point->unit, sizeof point->unit)
           && copy(cell_of(batch, CATALOG_TIME_ZONE, row), point->time_zone,
                   sizeof point->time_zone)
           && read_type(cell_of(batch, CATALOG_TYPE, row), point)
           && read_width(cell_of(batch, CATALOG_WIDTH, row), point)
           && read_aggregation(cell_of(batch, CATALOG_AGGREGATION, row), point)
           && read_resolution(cell_of(batch, CATALOG_RESOLUTION, row), point);
}

static enum mando_status no_memory(const struct reader *reader)
{
    return mando_fail(reader->error, MANDO_E_MEMORY, -1, "there is no memory for a catalog");
}

static enum mando_status read_row(struct reader *reader, const struct ArrowArray *batch,
                                  int64_t row)
{
    struct mando_catalog_item item = {.knowledge_us = time_of(cell_of(batch, CATALOG_KNOWN, row)),
                                      .change_us = time_of(cell_of(batch, CATALOG_CHANGED, row))};
    if (!read_point(batch, row, &item.point))
        return mando_fail(reader->error, MANDO_E_ARROW_ARRAY, row,
                          "row %lld of a catalog is no data point", (long long)row);
    struct cell document = cell_of(batch, CATALOG_DOCUMENT, row);
    if (!is_null(document)) {
        char *text = mando_arena_alloc(reader->arena, length_of(document) + 1, 1);
        if (!text)
            return no_memory(reader);
        memcpy(text, text_of(document), length_of(document));
        item.point.document = text;
    }
    return mando_vector_push(&reader->items, &item) ? no_memory(reader) : MANDO_OK;
}

static enum mando_status read_stream(struct reader *reader, struct ArrowArrayStream *stream)
{
    struct ArrowSchema schema MANDO_CLEANUP(mando_arrow_schema_release) = {0};
    enum mando_status status = mando_arrow_stream_schema(stream, &schema, reader->error);
    if (!status)
        status = check_schema(&schema, reader->error);
    for (bool is_last = false; !status && !is_last;) {
        struct ArrowArray batch MANDO_CLEANUP(mando_arrow_array_release) = {0};
        status = mando_arrow_stream_next(stream, &schema, &batch, reader->error);
        is_last = !batch.release;
        for (int64_t row = 0; !status && !is_last && row < batch.length; row++)
            status = read_row(reader, &batch, row);
    }
    return status;
}

enum mando_status mando_catalog_read(struct ArrowArrayStream *stream, struct mando_arena *arena,
                                     struct mando_catalog *catalog_out, struct mando_error *error)
{
    struct reader reader = {.arena = arena, .error = error};
    mando_vector_init(&reader.items, sizeof(struct mando_catalog_item), SIZE_MAX);
    enum mando_status status = read_stream(&reader, stream);
    size_t count = reader.items.count;
    struct mando_catalog_item *items =
        status ? NULL : mando_arena_alloc(arena, count + 1, sizeof *items);
    if (!status && !items)
        status = no_memory(&reader);
    if (!status) {
        if (count)
            memcpy(items, reader.items.items, count * sizeof *items);
        *catalog_out = (struct mando_catalog){.items = items, .count = count};
    }
    mando_vector_release(&reader.items);
    return status;
}
