#include "mando/rows.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/array.h"
#include "arrow/bits.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/calendar.h"
#include "base/fail.h"
#include "base/nearest.h"
#include "domain/rows.h"

/* What mando_rows_next keeps between calls. */
struct held {
    struct ArrowSchema schema;
    int column[MANDO_ROWS_COLUMNS]; /* which child it is, -1 = it is not there */
    enum mando_point_type type;
    uint32_t width;
    struct ArrowArray batch;
    uint8_t *deleted; /* the marks of a batch where some are null */
    int64_t rows;     /* in the batches before */
};

static const struct {
    const char *name, *type; /* the type as messages say it */
} COLUMNS[MANDO_ROWS_COLUMNS] = {
    [MANDO_ROWS_POINT] = {"point", "int32"},
    [MANDO_ROWS_START] = {"start", "timestamp[us, UTC]"},
    [MANDO_ROWS_END] = {"end", "timestamp[us, UTC]"},
    [MANDO_ROWS_KNOWN] = {"known", "timestamp[us, UTC]"},
    [MANDO_ROWS_CHANGED] = {"changed", "timestamp[us, UTC]"},
    [MANDO_ROWS_VALUE] = {"value", "float64, a fixed-size list of float64, or utf8"},
    [MANDO_ROWS_DELETED] = {"deleted", "bool"},
    [MANDO_ROWS_AUTHOR] = {"author", "utf8"},
};

const char *mando_rows_column_name(enum mando_rows_column column)
{
    return COLUMNS[column].name;
}

static const char *name_at(const void *context, size_t i)
{
    (void)context;
    return i < MANDO_ROWS_COLUMNS ? COLUMNS[i].name : NULL;
}

/* The type of a value column; 0 where it is none. */
static enum mando_point_type value_type(const struct ArrowSchema *column, uint32_t *width_out)
{
    *width_out = 1;
    if (strcmp(column->format, "g") == 0)
        return MANDO_SERIES;
    if (strcmp(column->format, "u") == 0)
        return MANDO_DOCUMENT;
    if (strncmp(column->format, "+w:", 3) != 0 || strcmp(column->children[0]->format, "g") != 0)
        return 0;
    *width_out = (uint32_t)strtoul(column->format + 3, NULL, 10);
    return *width_out <= MANDO_POINT_WIDTH_MAX ? MANDO_MATRIX : 0;
}

/* An instant has a zone, whichever: it is UTC inside. */
static bool has_type(enum mando_rows_column column, const char *format)
{
    switch (column) {
    case MANDO_ROWS_POINT:
        return strcmp(format, "i") == 0;
    case MANDO_ROWS_DELETED:
        return strcmp(format, "b") == 0;
    case MANDO_ROWS_AUTHOR:
        return strcmp(format, "u") == 0;
    default:
        return strncmp(format, "tsu:", 4) == 0 && format[4];
    }
}

static enum mando_status check_type(struct held *held, enum mando_rows_column column,
                                    const struct ArrowSchema *schema, struct mando_error *error)
{
    bool fits = column == MANDO_ROWS_VALUE ? (held->type = value_type(schema, &held->width)) != 0
                                           : has_type(column, schema->format);
    if (fits)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_ARROW_TYPE, COLUMNS[column].name, 0, 0,
                         "column \"%s\" has the Arrow type \"%.40s\"; it must be %s",
                         COLUMNS[column].name, schema->format, COLUMNS[column].type);
}

static enum mando_status take_column(struct held *held, int child, struct mando_error *error)
{
    const struct ArrowSchema *schema = held->schema.children[child];
    const char *name = schema->name ? schema->name : "";
    enum mando_rows_column column = 0;
    while (column < MANDO_ROWS_COLUMNS && strcmp(name, COLUMNS[column].name) != 0)
        column++;
    if (column == MANDO_ROWS_COLUMNS)
        return mando_fail_at(error, MANDO_E_ARROW_SCHEMA, name, 0, 0,
                             "\"%.80s\" is no column of a value stream; the nearest is \"%s\"",
                             name, mando_nearest_of_all(name, name_at, NULL));
    if (held->column[column] >= 0)
        return mando_fail_at(error, MANDO_E_ARROW_SCHEMA, name, 0, 0,
                             "column \"%s\" is there twice", name);
    held->column[column] = child;
    return check_type(held, column, schema, error);
}

static enum mando_status check_schema(struct held *held, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < MANDO_ROWS_COLUMNS; i++)
        held->column[i] = -1;
    for (int i = 0; i < held->schema.n_children && !status; i++)
        status = take_column(held, i, error);
    if (status)
        return status;
    if (held->column[MANDO_ROWS_START] >= 0 && held->column[MANDO_ROWS_VALUE] >= 0)
        return MANDO_OK;
    return mando_fail(error, MANDO_E_ARROW_SCHEMA, -1, "a value stream has no column \"%s\"",
                      held->column[MANDO_ROWS_START] < 0 ? "start" : "value");
}

void mando_rows_release(struct mando_rows *rows)
{
    struct held *held = rows ? rows->owned : NULL;
    if (held) {
        mando_arrow_schema_release(&held->schema);
        mando_arrow_array_release(&held->batch);
        mando_free(held->deleted);
        mando_free(held);
    }
    if (rows)
        *rows = (struct mando_rows){0};
}

static enum mando_status begin(struct ArrowArrayStream *stream, struct mando_rows *rows,
                               struct mando_error *error)
{
    struct held *held = mando_alloc(1, sizeof *held);
    if (!held)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read a stream");
    rows->owned = held;
    enum mando_status status = mando_arrow_stream_schema(stream, &held->schema, error);
    return status ? status : check_schema(held, error);
}

/* One column of a batch, with the offsets of both. */
struct view {
    const struct ArrowArray *array; /* NULL = it is not there */
    size_t at;                      /* index of its first value */
    struct mando_bits valid;        /* NULL = all */
};

static struct view view_of(const struct held *held, enum mando_rows_column column)
{
    struct view view = {0};
    if (held->column[column] < 0)
        return view;
    view.array = held->batch.children[held->column[column]];
    view.at = (size_t)(held->batch.offset + view.array->offset);
    if (view.array->null_count != 0)
        view.valid = (struct mando_bits){view.array->buffers[0], view.at};
    return view;
}

static bool has_null(const struct view *view, size_t count)
{
    return view->valid.bytes
           && mando_arrow_zeros(view->valid.bytes, view->at, view->at + count) > 0;
}

static const int64_t *times_of(const struct held *held, enum mando_rows_column column,
                               struct mando_bits *valid_out)
{
    struct view view = view_of(held, column);
    if (valid_out)
        *valid_out = view.valid;
    return view.array ? (const int64_t *)view.array->buffers[1] + view.at : NULL;
}

static struct mando_texts texts_of(const struct view *view)
{
    if (!view->array)
        return (struct mando_texts){0};
    const char *bytes = view->array->buffers[2];
    return (struct mando_texts){(const int32_t *)view->array->buffers[1] + view->at,
                                bytes ? bytes : ""};
}

static void take_value(const struct held *held, struct mando_rows *rows)
{
    struct view view = view_of(held, MANDO_ROWS_VALUE);
    rows->type = held->type;
    rows->width = held->width;
    rows->present = view.valid;
    if (held->type == MANDO_DOCUMENT) {
        rows->document = texts_of(&view);
    } else if (held->type == MANDO_SERIES) {
        rows->value = (const double *)view.array->buffers[1] + view.at;
    } else {
        const struct ArrowArray *numbers = view.array->children[0];
        size_t at = view.at * held->width + (size_t)numbers->offset;
        rows->value = (const double *)numbers->buffers[1] + at;
        if (numbers->null_count != 0)
            rows->number_present = (struct mando_bits){numbers->buffers[0], at};
    }
}

/* A mark that is null is none. */
static enum mando_status take_deleted(struct held *held, struct mando_rows *rows,
                                      struct mando_error *error)
{
    struct view view = view_of(held, MANDO_ROWS_DELETED);
    if (!view.array)
        return MANDO_OK;
    rows->deleted = (struct mando_bits){view.array->buffers[1], view.at};
    if (!has_null(&view, rows->count))
        return MANDO_OK;
    mando_free(held->deleted);
    held->deleted = mando_alloc(rows->count / 8 + 1, 1);
    if (!held->deleted)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read a stream");
    mando_arrow_bits_copy(rows->deleted.bytes, view.at, rows->count, held->deleted);
    for (size_t i = 0; i < rows->count; i++)
        if (!mando_bit(view.valid, i, 1))
            held->deleted[i / 8] &= (uint8_t) ~(1u << (i % 8));
    rows->deleted = (struct mando_bits){held->deleted, 0};
    return MANDO_OK;
}

static enum mando_status check_no_nulls(const struct held *held, size_t count,
                                        struct mando_error *error)
{
    static const enum mando_rows_column FULL[] = {MANDO_ROWS_POINT, MANDO_ROWS_START,
                                                  MANDO_ROWS_CHANGED, MANDO_ROWS_AUTHOR};
    for (size_t i = 0; i < sizeof FULL / sizeof *FULL; i++) {
        struct view view = view_of(held, FULL[i]);
        if (has_null(&view, count))
            return mando_fail_at(error, MANDO_E_ARROW_ARRAY, COLUMNS[FULL[i]].name, 0, 0,
                                 "column \"%s\" of a batch has nulls; it may have none",
                                 COLUMNS[FULL[i]].name);
    }
    return MANDO_OK;
}

static enum mando_status fill(struct held *held, struct mando_rows *rows, struct mando_error *error)
{
    *rows = (struct mando_rows){.count = (size_t)held->batch.length, .owned = held};
    struct view point = view_of(held, MANDO_ROWS_POINT), author = view_of(held, MANDO_ROWS_AUTHOR);
    if (point.array)
        rows->point = (const int32_t *)point.array->buffers[1] + point.at;
    rows->valid_start_us = times_of(held, MANDO_ROWS_START, NULL);
    rows->valid_end_us = times_of(held, MANDO_ROWS_END, &rows->ended);
    rows->knowledge_us = times_of(held, MANDO_ROWS_KNOWN, &rows->known);
    rows->change_us = times_of(held, MANDO_ROWS_CHANGED, NULL);
    rows->author = texts_of(&author);
    take_value(held, rows);
    enum mando_status status = take_deleted(held, rows, error);
    if (!status)
        status = check_no_nulls(held, rows->count, error);
    return status ? status : mando_rows_check(rows, held->rows, error);
}

static enum mando_status next(struct ArrowArrayStream *stream, struct mando_rows *rows,
                              struct mando_error *error)
{
    enum mando_status status = rows->owned ? MANDO_OK : begin(stream, rows, error);
    struct held *held = rows->owned;
    if (status)
        return status;
    do {
        if (held->batch.release)
            held->rows += held->batch.length;
        mando_arrow_array_release(&held->batch);
        held->batch = (struct ArrowArray){0};
        status = mando_arrow_stream_next(stream, &held->schema, &held->batch, error);
    } while (!status && held->batch.release && held->batch.length == 0);
    return status || !held->batch.release ? status : fill(held, rows, error);
}

enum mando_status mando_rows_next(struct ArrowArrayStream *stream, struct mando_rows *rows,
                                  struct mando_error *error)
{
    enum mando_status status = next(stream, rows, error);
    struct held *held = rows->owned;
    if (status || !held->batch.release)
        mando_rows_release(rows);
    return status;
}
