#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_later(const struct cell *a, const struct cell *b)
{
    return a->known > b->known || (a->known == b->known && a->changed > b->changed);
}

static bool is_within(const struct cell *cell, struct mando_as_of as_of)
{
    return cell->known <= as_of.knowledge_us && cell->changed <= as_of.change_us;
}

static const struct cell *counting(const struct model *model, int point, int64_t start,
                                   struct mando_as_of as_of)
{
    const struct cell *best = NULL;
    for (size_t i = 0; i < model->all.count; i++) {
        const struct cell *cell = &model->all.items[i];
        if (cell->point == point && cell->start == start && is_within(cell, as_of)
            && (!best || is_later(cell, best)))
            best = cell;
    }
    return best;
}

static int compare(const void *left, const void *right)
{
    const struct cell *a = left, *b = right;
    int64_t pairs[][2] = {
        {a->point, b->point}, {a->start, b->start}, {a->known, b->known}, {a->changed, b->changed}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][0] != pairs[i][1])
            return pairs[i][0] < pairs[i][1] ? -1 : 1;
    return 0;
}

void model_begin(struct model *model, int64_t now, int64_t knowledge, const char *author)
{
    model->now = now;
    model->change = now > model->newest ? now : model->newest + 1;
    model->is_known = knowledge != 0;
    model->knowledge = knowledge ? knowledge : now;
    (void)snprintf(model->author, sizeof model->author, "%s", author);
    model->count_before = model->all.count;
    model->unchanged.count = 0;
    model->written = (struct mando_written){0};
}

void model_rollback(struct model *model)
{
    model->all.count = model->count_before;
}

/* The row of this transaction in the same place. */
static const struct cell *earlier(const struct model *model, const struct cell *row)
{
    for (size_t i = model->count_before; i < model->all.count; i++) {
        const struct cell *cell = &model->all.items[i];
        if (cell->point == row->point && cell->start == row->start && cell->known == row->known)
            return cell;
    }
    for (size_t i = 0; i < model->unchanged.count; i++) {
        const struct cell *cell = &model->unchanged.items[i];
        if (cell->point == row->point && cell->start == row->start && cell->known == row->known)
            return cell;
    }
    return NULL;
}

static bool says_the_same(const struct cell *a, const struct cell *b)
{
    return a->end == b->end && cells_same_value(a, b);
}

/* The version a row is compared with. */
static const struct cell *before(const struct model *model, const struct cell *row)
{
    if (!row->has_known)
        return counting(model, row->point, row->start,
                        (struct mando_as_of){MANDO_FOREVER, MANDO_FOREVER});
    const struct cell *newest = NULL;
    for (size_t i = 0; i < model->all.count; i++) {
        const struct cell *cell = &model->all.items[i];
        if (cell->point == row->point && cell->start == row->start && cell->known == row->known
            && (!newest || cell->changed > newest->changed))
            newest = cell;
    }
    return newest;
}

static enum mando_status put_row(struct model *model, const struct cell *row)
{
    const struct cell *own = earlier(model, row);
    if (own)
        return says_the_same(own, row) ? MANDO_OK : MANDO_INVALID;
    const struct cell *old = before(model, row);
    if (old && says_the_same(old, row)) {
        model->unchanged.items[model->unchanged.count++] = *row;
        model->written.unchanged++;
        return MANDO_OK;
    }
    bool is_first = !counting(model, row->point, row->start,
                              (struct mando_as_of){MANDO_FOREVER, MANDO_FOREVER});
    if (row->deleted)
        model->written.deleted++;
    else if (is_first)
        model->written.inserted++;
    else
        model->written.corrected++;
    model->all.items[model->all.count++] = *row;
    return MANDO_OK;
}

enum mando_status model_put(struct model *model, const struct cell *rows, size_t count)
{
    static struct cell sorted[CELLS_MAX];
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < count; i++) {
        struct cell *row = &sorted[i];
        *row = rows[i];
        if (!row->has_end)
            row->end = row->start + model->step[row->point];
        if (!row->has_known)
            row->known = model->knowledge;
        row->has_known |= model->is_known;
        if (row->known > model->now + 5 * MANDO_SECOND_US)
            return MANDO_INVALID;
        if (row->deleted)
            row->present = false;
        if (!row->present) {
            memset(row->number, 0, sizeof row->number);
            memset(row->text, 0, sizeof row->text);
        }
        row->changed = model->change;
        memcpy(row->author, model->author, sizeof row->author);
    }
    qsort(sorted, count, sizeof *sorted, compare);
    for (size_t i = 0; i < count && !status; i++)
        status = put_row(model, &sorted[i]);
    return status;
}

static bool overlap(const struct cell *a, const struct cell *b)
{
    return a->start < a->end && b->start < b->end && a->start < b->end && b->start < a->end;
}

static bool is_disjoint(const struct model *model)
{
    static struct cells rows;
    for (int point = 0; point < MODEL_POINTS; point++) {
        model_read(model, point, INT64_MIN, INT64_MAX,
                   (struct mando_as_of){MANDO_FOREVER, MANDO_FOREVER}, false, &rows);
        for (size_t i = 0; i < rows.count; i++)
            for (size_t j = 0; j < i; j++)
                if (overlap(&rows.items[i], &rows.items[j]))
                    return false;
    }
    return true;
}

enum mando_status model_commit(struct model *model, struct mando_written *written_out)
{
    if (!is_disjoint(model)) {
        model_rollback(model);
        return MANDO_INVALID;
    }
    if (model->all.count > model->count_before)
        model->newest = model->change;
    *written_out = model->written;
    written_out->change_us = model->newest;
    return MANDO_OK;
}

void model_read(const struct model *model, int point, int64_t from, int64_t to,
                struct mando_as_of as_of, bool every_version, struct cells *out)
{
    out->count = 0;
    for (size_t i = 0; i < model->all.count; i++) {
        const struct cell *cell = &model->all.items[i];
        bool wanted = cell->point == point && from <= cell->start && cell->start < to
                      && is_within(cell, as_of);
        if (wanted
            && (every_version
                || (counting(model, point, cell->start, as_of) == cell && !cell->deleted)))
            out->items[out->count++] = *cell;
    }
    qsort(out->items, out->count, sizeof *out->items, compare);
}
