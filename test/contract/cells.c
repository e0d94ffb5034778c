#include "cells.h"

#include <inttypes.h>
#include <stdlib.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "check.h"
#include "mando/rows.h"

enum column { POINT, START, END, KNOWN, VALUE, DELETED, COLUMNS };

struct source {
    struct mando_arrow_builder builder;
    struct cell *cells;
    size_t count, at, batch_rows;
    enum mando_point_type type;
};

static void push(struct source *source, const struct cell *cell)
{
    struct mando_arrow_builder *builder = &source->builder;
    mando_arrow_push_int(builder, POINT, cell->point);
    mando_arrow_push_int(builder, START, cell->start);
    if (cell->has_end)
        mando_arrow_push_int(builder, END, cell->end);
    else
        mando_arrow_push_null(builder, END);
    if (cell->has_known)
        mando_arrow_push_int(builder, KNOWN, cell->known);
    else
        mando_arrow_push_null(builder, KNOWN);
    if (!cell->present)
        mando_arrow_push_null(builder, VALUE);
    else if (source->type == MANDO_SERIES)
        mando_arrow_push_number(builder, VALUE, cell->number[0]);
    else if (source->type == MANDO_MATRIX)
        mando_arrow_push_numbers(builder, VALUE, cell->number);
    else
        mando_arrow_push_text(builder, VALUE, cell->text, strlen(cell->text));
    mando_arrow_push_bool(builder, DELETED, cell->deleted);
}

static enum mando_status next(void *state, struct ArrowArray *batch_out, struct mando_error *error)
{
    struct source *source = state;
    for (size_t i = 0; i < source->batch_rows && source->at < source->count; i++)
        push(source, &source->cells[source->at++]);
    if (mando_arrow_builder_is_empty(&source->builder))
        return MANDO_OK;
    return mando_arrow_builder_take(&source->builder, batch_out, error);
}

static void free_source(void *state)
{
    struct source *source = state;
    mando_arrow_builder_release(&source->builder);
    free(source->cells);
    free(source);
}

void cells_stream(const struct cell *cells, size_t count, enum mando_point_type type,
                  size_t batch_rows, struct ArrowArrayStream *stream_out)
{
    static const enum mando_arrow_type VALUES[] = {[MANDO_SERIES] = MANDO_ARROW_DOUBLE,
                                                   [MANDO_MATRIX] = MANDO_ARROW_DOUBLES,
                                                   [MANDO_DOCUMENT] = MANDO_ARROW_TEXT};
    static const struct mando_arrow_source OPERATIONS = {next, free_source};
    struct mando_arrow_field fields[COLUMNS] = {
        [POINT] = {.name = "point", .type = MANDO_ARROW_INT32},
        [START] = {.name = "start", .type = MANDO_ARROW_TIME},
        [END] = {.name = "end", .type = MANDO_ARROW_TIME, .nullable = true},
        [KNOWN] = {.name = "known", .type = MANDO_ARROW_TIME, .nullable = true},
        [VALUE] = {.name = "value", .type = VALUES[type], .nullable = true, .width = CELL_NUMBERS},
        [DELETED] = {.name = "deleted", .type = MANDO_ARROW_BOOL}};
    struct source *source = calloc(1, sizeof *source);
    assert_non_null(source);
    source->cells = malloc((count + 1) * sizeof *cells);
    assert_non_null(source->cells);
    if (count)
        memcpy(source->cells, cells, count * sizeof *cells);
    source->count = count;
    source->batch_rows = batch_rows;
    source->type = type;
    CHECK_EQ(mando_arrow_builder_init(&source->builder, fields, COLUMNS), MANDO_OK);
    CHECK_EQ(mando_arrow_stream_new(fields, COLUMNS, &OPERATIONS, source, stream_out, NULL),
             MANDO_OK);
}

static void copy_text(char *out, size_t size, struct mando_texts texts, size_t i)
{
    size_t length = mando_texts_length(texts, i);
    (void)snprintf(out, size, "%.*s", (int)length, length ? mando_texts_at(texts, i) : "");
}

static void take(const struct mando_rows *rows, size_t i, struct cell *cell)
{
    *cell = (struct cell){.point = rows->point[i],
                          .start = rows->valid_start_us[i],
                          .has_end = mando_rows_has_end(rows, i),
                          .known = rows->knowledge_us[i],
                          .has_known = true,
                          .changed = rows->change_us[i],
                          .present = mando_rows_is_present(rows, i),
                          .deleted = mando_rows_is_deleted(rows, i)};
    cell->end = cell->has_end ? rows->valid_end_us[i] : cell->start;
    if (cell->present && rows->type == MANDO_DOCUMENT)
        copy_text(cell->text, sizeof cell->text, rows->document, i);
    else if (cell->present)
        for (size_t column = 0; column < rows->width && column < CELL_NUMBERS; column++)
            cell->number[column] = mando_rows_number(rows, i, column);
    if (rows->author.offsets)
        copy_text(cell->author, sizeof cell->author, rows->author, i);
}

enum mando_status cells_read(struct ArrowArrayStream *stream, struct cells *cells,
                             struct mando_error *error)
{
    struct mando_rows rows = {0};
    enum mando_status status;
    do {
        status = mando_rows_next(stream, &rows, error);
        for (size_t i = 0; !status && i < rows.count; i++) {
            CHECK(cells->count < CELLS_MAX);
            take(&rows, i, &cells->items[cells->count++]);
        }
    } while (!status && rows.count);
    mando_rows_release(&rows);
    stream->release(stream);
    return status;
}

bool cells_same_value(const struct cell *a, const struct cell *b)
{
    if (a->present != b->present || a->deleted != b->deleted || strcmp(a->text, b->text) != 0)
        return false;
    for (size_t i = 0; a->present && i < CELL_NUMBERS; i++)
        if (a->number[i] != b->number[i] && !(isnan(a->number[i]) && isnan(b->number[i])))
            return false;
    return true;
}

void cells_print(const struct cell *cell)
{
    print_error("  point %d [%" PRId64 ", %" PRId64 ") known %" PRId64 " changed %" PRId64
                " %s%s %g %g %g \"%s\" by \"%s\"\n",
                cell->point, cell->start, cell->end, cell->known, cell->changed,
                cell->present ? "present" : "null", cell->deleted ? " deleted" : "",
                cell->number[0], cell->number[1], cell->number[2], cell->text, cell->author);
}

static bool is_same(const struct cell *a, const struct cell *b, bool with_author)
{
    return a->point == b->point && a->start == b->start && a->end == b->end && a->known == b->known
           && a->changed == b->changed && cells_same_value(a, b)
           && (!with_author || strcmp(a->author, b->author) == 0);
}

void cells_check(const struct cells *actual, const struct cells *expected, bool with_author,
                 const char *what)
{
    size_t i = 0;
    while (i < actual->count && i < expected->count
           && is_same(&actual->items[i], &expected->items[i], with_author))
        i++;
    if (i == actual->count && i == expected->count)
        return;
    print_error("%s: %zu rows, not %zu; row %zu is, and should be:\n", what, actual->count,
                expected->count, i);
    if (i < actual->count)
        cells_print(&actual->items[i]);
    if (i < expected->count)
        cells_print(&expected->items[i]);
    fail();
}
