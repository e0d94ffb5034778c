#include "codec/rows_batch.h"

#include <stdint.h>
#include <string.h>

#include "base/fail.h"

#define ROWS_MAX 10000
#define NUMBERS_MAX ((size_t)1 << 20)     /* in the rows of a wide matrix */
#define DOCUMENT_BYTES ((size_t)16 << 20) /* one more document may follow */

static void set_bit(uint8_t *bits, size_t i)
{
    bits[i / 8] |= (uint8_t)(1u << (i % 8));
}

static void clear_bit(uint8_t *bits, size_t i)
{
    bits[i / 8] &= (uint8_t) ~(1u << (i % 8));
}

static size_t bit_bytes(const struct rows_batch *batch)
{
    return batch->capacity / 8 + 1;
}

static size_t number_bit_bytes(const struct rows_batch *batch)
{
    return batch->capacity * batch->width / 8 + 1;
}

enum mando_status rows_batch_init(struct rows_batch *batch, enum mando_point_type type,
                                  uint32_t width, struct mando_error *error)
{
    size_t most = NUMBERS_MAX / width;
    *batch = (struct rows_batch){
        .type = type, .width = width, .capacity = most < ROWS_MAX ? most : ROWS_MAX};
    size_t rows = batch->capacity;
    mando_text_init(&batch->documents, SIZE_MAX);
    batch->point = mando_arena_alloc(&batch->arena, rows, sizeof *batch->point);
    batch->offsets = mando_arena_alloc(&batch->arena, rows + 1, sizeof *batch->offsets);
    batch->start_us = mando_arena_alloc(&batch->arena, rows, sizeof *batch->start_us);
    batch->end_us = mando_arena_alloc(&batch->arena, rows, sizeof *batch->end_us);
    batch->known_us = mando_arena_alloc(&batch->arena, rows, sizeof *batch->known_us);
    batch->line = mando_arena_alloc(&batch->arena, rows, sizeof *batch->line);
    batch->column = mando_arena_alloc(&batch->arena, rows, sizeof *batch->column);
    batch->numbers = mando_arena_alloc(&batch->arena, rows * width, sizeof *batch->numbers);
    batch->present = mando_arena_alloc(&batch->arena, bit_bytes(batch), 1);
    batch->ended = mando_arena_alloc(&batch->arena, bit_bytes(batch), 1);
    batch->known = mando_arena_alloc(&batch->arena, bit_bytes(batch), 1);
    batch->deleted = mando_arena_alloc(&batch->arena, bit_bytes(batch), 1);
    batch->number_present = mando_arena_alloc(&batch->arena, number_bit_bytes(batch), 1);
    bool is_whole = batch->point && batch->offsets && batch->start_us && batch->end_us
                    && batch->known_us && batch->line && batch->column && batch->numbers
                    && batch->present && batch->ended && batch->known && batch->deleted
                    && batch->number_present;
    return is_whole ? MANDO_OK
                    : mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read rows");
}

void rows_batch_release(struct rows_batch *batch)
{
    mando_arena_release(&batch->arena);
    mando_text_release(&batch->documents);
    *batch = (struct rows_batch){0};
}

void rows_batch_clear(struct rows_batch *batch)
{
    batch->count = 0;
    batch->documents.length = 0;
    memset(batch->present, 0, bit_bytes(batch));
    memset(batch->ended, 0, bit_bytes(batch));
    memset(batch->known, 0, bit_bytes(batch));
    memset(batch->deleted, 0, bit_bytes(batch));
    memset(batch->number_present, 0, number_bit_bytes(batch));
}

bool rows_batch_is_full(const struct rows_batch *batch)
{
    return batch->count == batch->capacity || batch->documents.length >= DOCUMENT_BYTES;
}

void rows_batch_set_point(struct rows_batch *batch, int32_t point)
{
    batch->point[batch->count] = point;
}

void rows_batch_set_time(struct rows_batch *batch, enum rows_field field, int64_t time_us)
{
    size_t row = batch->count;
    if (field == ROWS_START) {
        batch->start_us[row] = time_us;
    } else if (field == ROWS_END) {
        batch->end_us[row] = time_us;
        set_bit(batch->ended, row);
    } else {
        batch->known_us[row] = time_us;
        set_bit(batch->known, row);
    }
}

void rows_batch_set_number(struct rows_batch *batch, size_t column, double number)
{
    size_t i = batch->count * batch->width + column;
    batch->numbers[i] = number;
    set_bit(batch->number_present, i);
    set_bit(batch->present, batch->count);
}

void rows_batch_set_document(struct rows_batch *batch, const char *text, size_t length)
{
    mando_text_append(&batch->documents, text, length);
    set_bit(batch->present, batch->count);
}

void rows_batch_set_deleted(struct rows_batch *batch)
{
    set_bit(batch->deleted, batch->count);
}

enum mando_status rows_batch_end(struct rows_batch *batch, int64_t line, int64_t column,
                                 struct mando_error *error)
{
    size_t row = batch->count;
    if (batch->documents.status)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a document");
    if (batch->deleted[row / 8] >> (row % 8) & 1) {
        clear_bit(batch->present, row);
        batch->documents.length = (size_t)batch->offsets[row];
    }
    batch->line[row] = line;
    batch->column[row] = column;
    batch->offsets[row + 1] = (int32_t)batch->documents.length;
    batch->count++;
    return MANDO_OK;
}

static void set_bits(uint8_t *bits, size_t from, size_t count)
{
    for (size_t i = from; i < from + count;)
        if (i % 8 == 0 && from + count - i >= 8) {
            bits[i / 8] = 0xff;
            i += 8;
        } else
            set_bit(bits, i++);
}

void rows_batch_add(struct rows_batch *batch, size_t count, const int64_t *start_us,
                    const int64_t *end_us, const int64_t *known_us, const double *numbers,
                    int64_t line_first)
{
    size_t at = batch->count;
    memcpy(&batch->start_us[at], start_us, count * sizeof *start_us);
    memcpy(&batch->numbers[at], numbers, count * sizeof *numbers);
    memset(&batch->point[at], 0, count * sizeof *batch->point);
    memset(&batch->column[at], 0, count * sizeof *batch->column);
    set_bits(batch->present, at, count);
    set_bits(batch->number_present, at, count);
    if (end_us) {
        memcpy(&batch->end_us[at], end_us, count * sizeof *end_us);
        set_bits(batch->ended, at, count);
    }
    if (known_us) {
        memcpy(&batch->known_us[at], known_us, count * sizeof *known_us);
        set_bits(batch->known, at, count);
    }
    for (size_t i = 0; i < count; i++) {
        batch->line[at + i] = line_first + (int64_t)i;
        batch->offsets[at + i + 1] = 0;
    }
    batch->count += count;
}

struct mando_rows rows_batch_view(const struct rows_batch *batch)
{
    struct mando_rows rows = {.count = batch->count,
                              .type = batch->type,
                              .width = batch->width,
                              .point = batch->point,
                              .valid_start_us = batch->start_us,
                              .valid_end_us = batch->end_us,
                              .knowledge_us = batch->known_us,
                              .present = {batch->present, 0},
                              .ended = {batch->ended, 0},
                              .known = {batch->known, 0},
                              .deleted = {batch->deleted, 0}};
    if (batch->type == MANDO_DOCUMENT) {
        const char *bytes = batch->documents.bytes;
        rows.document = (struct mando_texts){batch->offsets, bytes ? bytes : ""};
    } else {
        rows.value = batch->numbers;
    }
    if (batch->type == MANDO_MATRIX)
        rows.number_present = (struct mando_bits){batch->number_present, 0};
    return rows;
}
