#include "import_held.h"

#include "base/alloc.h"
#include "base/fail.h"

static enum mando_status fail_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the rows");
}

static enum mando_status grow(struct held_rows *held, struct mando_error *error)
{
    if (held->count < held->capacity)
        return MANDO_OK;
    size_t capacity = held->capacity ? 2 * held->capacity : 256;
    struct held_row *items = mando_realloc(held->items, capacity, sizeof *items);
    if (!items)
        return fail_memory(error);
    held->items = items;
    held->capacity = capacity;
    return MANDO_OK;
}

enum mando_status held_rows_add(struct held_rows *held, const struct mando_rows *rows, size_t i,
                                const struct mando_rows_reader *reader, struct mando_error *error)
{
    enum mando_status status = grow(held, error);
    if (status)
        return status;
    held->items[held->count++] =
        (struct held_row){.start_us = rows->valid_start_us[i],
                          .end_us = mando_rows_has_end(rows, i) ? rows->valid_end_us[i] : 0,
                          .knowledge_us = mando_rows_is_known(rows, i) ? rows->knowledge_us[i] : 0,
                          .place = mando_rows_read_place(reader, i),
                          .value = mando_rows_is_present(rows, i) ? rows->value[i] : 0,
                          .point = rows->point ? rows->point[i] : 0,
                          .has_end = mando_rows_has_end(rows, i),
                          .is_known = mando_rows_is_known(rows, i),
                          .is_present = mando_rows_is_present(rows, i),
                          .is_deleted = mando_rows_is_deleted(rows, i)};
    return MANDO_OK;
}

void held_rows_release(struct held_rows *held)
{
    mando_free(held->items);
    *held = (struct held_rows){0};
}

static void set(uint8_t *bits, size_t i, bool is_set)
{
    bits[i / 8] = (uint8_t)(bits[i / 8] | (is_set ? 1U : 0U) << (i % 8));
}

static bool allocate(struct held_columns *columns, size_t count)
{
    size_t bytes = (count + 7) / 8;
    columns->point = mando_alloc(count, sizeof *columns->point);
    columns->start_us = mando_alloc(count, sizeof *columns->start_us);
    columns->end_us = mando_alloc(count, sizeof *columns->end_us);
    columns->knowledge_us = mando_alloc(count, sizeof *columns->knowledge_us);
    columns->value = mando_alloc(count, sizeof *columns->value);
    columns->ended = mando_alloc(bytes, 1);
    columns->known = mando_alloc(bytes, 1);
    columns->present = mando_alloc(bytes, 1);
    columns->deleted = mando_alloc(bytes, 1);
    return columns->point && columns->start_us && columns->end_us && columns->knowledge_us
           && columns->value && columns->ended && columns->known && columns->present
           && columns->deleted;
}

enum mando_status held_rows_view(const struct held_row *first, size_t count,
                                 struct held_columns *columns_out, struct mando_rows *rows_out,
                                 struct mando_error *error)
{
    struct held_columns columns = {0};
    if (!allocate(&columns, count)) {
        held_columns_release(&columns);
        return fail_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        const struct held_row *row = &first[i];
        columns.point[i] = row->point;
        columns.start_us[i] = row->start_us;
        columns.end_us[i] = row->end_us;
        columns.knowledge_us[i] = row->knowledge_us;
        columns.value[i] = row->value;
        set(columns.ended, i, row->has_end);
        set(columns.known, i, row->is_known);
        set(columns.present, i, row->is_present);
        set(columns.deleted, i, row->is_deleted);
    }
    *columns_out = columns;
    *rows_out = (struct mando_rows){.count = count,
                                    .type = MANDO_SERIES,
                                    .width = 1,
                                    .point = columns.point,
                                    .valid_start_us = columns.start_us,
                                    .valid_end_us = columns.end_us,
                                    .knowledge_us = columns.knowledge_us,
                                    .value = columns.value,
                                    .present = {.bytes = columns.present},
                                    .ended = {.bytes = columns.ended},
                                    .known = {.bytes = columns.known},
                                    .deleted = {.bytes = columns.deleted}};
    return MANDO_OK;
}

void held_columns_release(struct held_columns *columns)
{
    mando_free(columns->point);
    mando_free(columns->start_us);
    mando_free(columns->end_us);
    mando_free(columns->knowledge_us);
    mando_free(columns->value);
    mando_free(columns->ended);
    mando_free(columns->known);
    mando_free(columns->present);
    mando_free(columns->deleted);
    *columns = (struct held_columns){0};
}
