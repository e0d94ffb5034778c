#include "repo/columns.h"

#include "arrow/bits.h"
#include "base/alloc.h"
#include "base/calendar.h"

void mando_columns_release(struct mando_columns_memory *memory)
{
    mando_free(memory->end_us);
    mando_free(memory->knowledge_us);
    mando_free(memory->number);
    *memory = (struct mando_columns_memory){0};
}

/* Whether all bits are as those that are not there at all. */
static bool are_all(struct mando_bits bits, size_t first, size_t count, bool wanted)
{
    if (!bits.bytes)
        return true;
    size_t from = bits.offset + first;
    return mando_arrow_zeros(bits.bytes, from, from + count) == (wanted ? 0 : count);
}

static bool are_of_one_point(const struct mando_rows *rows, size_t first, size_t count)
{
    bool are_equal = true;
    for (size_t i = first; rows->point && i < first + count; i++)
        are_equal &= rows->point[i] == rows->point[first];
    return are_equal;
}

static bool rise(const int64_t *times_us, size_t count)
{
    bool rise = true;
    for (size_t i = 1; i < count; i++)
        rise &= times_us[i - 1] < times_us[i];
    return rise;
}

bool mando_columns_fit(const struct mando_rows *rows, size_t first, size_t count)
{
    return rows->type == MANDO_SERIES && rise(rows->valid_start_us + first, count)
           && are_all(rows->deleted, first, count, false) && are_of_one_point(rows, first, count);
}

bool mando_columns_lack_end(const struct mando_rows *rows, size_t first, size_t count)
{
    return !rows->valid_end_us || !are_all(rows->ended, first, count, true);
}

static enum mando_status reserve(struct mando_columns_memory *memory, size_t count)
{
    if (count <= memory->capacity)
        return MANDO_OK;
    mando_columns_release(memory);
    memory->end_us = mando_alloc(count, sizeof *memory->end_us);
    memory->knowledge_us = mando_alloc(count, sizeof *memory->knowledge_us);
    memory->number = mando_alloc(count, sizeof *memory->number);
    if (!memory->end_us || !memory->knowledge_us || !memory->number)
        return MANDO_NO_MEMORY;
    memory->capacity = count;
    return MANDO_OK;
}

static enum mando_status fill_ends(const struct mando_rows *rows, size_t first, size_t count,
                                   const struct mando_columns_defaults *defaults, int64_t *end_us)
{
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < count && !status; i++)
        if (mando_rows_has_end(rows, first + i))
            end_us[i] = rows->valid_end_us[first + i];
        else
            status = mando_time_add(rows->valid_start_us[first + i], defaults->resolution,
                                    defaults->zone, &end_us[i], NULL);
    return status;
}

static void fill_knowledge(const struct mando_rows *rows, size_t first, size_t count,
                           int64_t otherwise_us, int64_t *knowledge_us)
{
    for (size_t i = 0; i < count && !rows->knowledge_us; i++)
        knowledge_us[i] = otherwise_us;
    for (size_t i = 0; i < count && rows->knowledge_us; i++)
        knowledge_us[i] =
            mando_rows_is_known(rows, first + i) ? rows->knowledge_us[first + i] : otherwise_us;
}

/* To add 0 turns -0 into 0 and leaves all else as it is. */
static void fill_numbers(const struct mando_rows *rows, size_t first, size_t count, double *number)
{
    if (!rows->present.bytes) {
        for (size_t i = 0; i < count; i++)
            number[i] = rows->value[first + i] + 0.0;
        return;
    }
    for (size_t i = 0; i < count; i++)
        number[i] = mando_rows_is_present(rows, first + i) ? rows->value[first + i] + 0.0 : 0;
}

enum mando_status mando_columns_fill(const struct mando_rows *rows, size_t first, size_t count,
                                     const struct mando_columns_defaults *defaults,
                                     struct mando_columns_memory *memory,
                                     struct mando_columns *columns_out)
{
    enum mando_status status = reserve(memory, count);
    struct mando_columns columns = {.count = count,
                                    .start_us = rows->valid_start_us + first,
                                    .end_us = memory->end_us,
                                    .knowledge_us = memory->knowledge_us,
                                    .number = memory->number,
                                    .present = rows->present,
                                    .change_us = defaults->change_us};
    if (status)
        return status;
    columns.present.offset += first;
    if (mando_columns_lack_end(rows, first, count))
        status = fill_ends(rows, first, count, defaults, memory->end_us);
    else
        columns.end_us = rows->valid_end_us + first;
    if (rows->knowledge_us && are_all(rows->known, first, count, true))
        columns.knowledge_us = rows->knowledge_us + first;
    else
        fill_knowledge(rows, first, count, defaults->knowledge_us, memory->knowledge_us);
    fill_numbers(rows, first, count, memory->number);
    if (!status)
        *columns_out = columns;
    return status;
}

struct mando_version mando_columns_version(const struct mando_columns *columns, size_t row)
{
    return (struct mando_version){.start_us = columns->start_us[row],
                                  .end_us = columns->end_us[row],
                                  .knowledge_us = columns->knowledge_us[row],
                                  .change_us = columns->change_us,
                                  .number = columns->number[row],
                                  .present = mando_bit(columns->present, row, 1)};
}
