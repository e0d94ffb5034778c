#include "repo/runs.h"

#include <stdbool.h>
#include <stdint.h>

/* Versions of consecutive rows, each as far behind the one before as the second is behind the first. */
struct run {
    int64_t key, start_us, knowledge_us, index, count;
    int64_t start_step_us, knowledge_step_us; /* 0 of one alone */
};

void mando_runs_init(struct mando_runs *runs)
{
    mando_vector_init(&runs->items, sizeof(struct run), SIZE_MAX);
}

void mando_runs_release(struct mando_runs *runs)
{
    mando_vector_release(&runs->items);
}

static bool extend(struct run *run, int64_t key, int64_t start_us, int64_t knowledge_us,
                   int64_t index)
{
    if (run->key != key || index != run->index + run->count)
        return false;
    if (run->count == 1) {
        run->start_step_us = start_us - run->start_us;
        run->knowledge_step_us = knowledge_us - run->knowledge_us;
    } else if (start_us != run->start_us + run->count * run->start_step_us
               || knowledge_us != run->knowledge_us + run->count * run->knowledge_step_us)
        return false;
    run->count++;
    return true;
}

enum mando_status mando_runs_add(struct mando_runs *runs, int64_t key, const int64_t *start_us,
                                 const int64_t *knowledge_us, size_t count, int64_t index)
{
    for (size_t i = 0; i < count; i++) {
        struct run *items = runs->items.items;
        int64_t row = index + (int64_t)i;
        if (runs->items.count
            && extend(&items[runs->items.count - 1], key, start_us[i], knowledge_us[i], row))
            continue;
        const struct run run = {.key = key,
                                .start_us = start_us[i],
                                .knowledge_us = knowledge_us[i],
                                .index = row,
                                .count = 1};
        enum mando_status status = mando_vector_push(&runs->items, &run);
        if (status)
            return status;
    }
    return MANDO_OK;
}

/* How many steps lie between two numbers; -1 where they are not whole ones. */
static int64_t steps_between(int64_t from, int64_t to, int64_t step)
{
    return (to - from) % step == 0 ? (to - from) / step : -1;
}

/* The place of a version in a run, if it is in it. */
static int64_t place_in(const struct run *run, int64_t start_us, int64_t knowledge_us)
{
    int64_t place = 0;
    if (run->start_step_us)
        place = steps_between(run->start_us, start_us, run->start_step_us);
    else if (run->knowledge_step_us)
        place = steps_between(run->knowledge_us, knowledge_us, run->knowledge_step_us);
    return place < run->count ? place : -1;
}

static bool has_at(const struct run *run, int64_t place, int64_t start_us, int64_t knowledge_us)
{
    return place >= 0 && start_us == run->start_us + place * run->start_step_us
           && knowledge_us == run->knowledge_us + place * run->knowledge_step_us;
}

int64_t mando_runs_find(const struct mando_runs *runs, int64_t key, int64_t start_us,
                        int64_t knowledge_us)
{
    const struct run *items = runs->items.items;
    for (size_t i = 0; i < runs->items.count; i++) {
        int64_t place = items[i].key == key ? place_in(&items[i], start_us, knowledge_us) : -1;
        if (has_at(&items[i], place, start_us, knowledge_us))
            return items[i].index + place;
    }
    return -1;
}
