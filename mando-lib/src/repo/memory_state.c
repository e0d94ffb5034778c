#include "repo/memory_state.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define CAPACITY_FIRST 16

void memory_point_unref(struct memory_point *point)
{
    if (!point || atomic_fetch_sub(&point->references, 1) > 1)
        return;
    mando_free(point->configs);
    mando_free(point->versions);
    mando_free(point);
}

struct memory_state *memory_state_ref(struct memory_state *state)
{
    atomic_fetch_add(&state->references, 1);
    return state;
}

void memory_state_unref(struct memory_state *state)
{
    if (!state || atomic_fetch_sub(&state->references, 1) > 1)
        return;
    for (size_t i = 0; i < state->count; i++)
        memory_point_unref(state->points[i]);
    mando_free(state->points);
    mando_free(state->by_id);
    mando_free(state);
}

static enum mando_status reserve_points(struct memory_state *state, size_t capacity)
{
    if (capacity <= state->capacity)
        return MANDO_OK;
    capacity += capacity / 2 + CAPACITY_FIRST;
    struct memory_point **points = mando_realloc(state->points, capacity, sizeof(void *));
    if (points)
        state->points = points;
    size_t *by_id = mando_realloc(state->by_id, capacity, sizeof *by_id);
    if (by_id)
        state->by_id = by_id;
    if (!points || !by_id)
        return MANDO_NO_MEMORY;
    state->capacity = capacity;
    return MANDO_OK;
}

struct memory_state *memory_state_new(const struct memory_state *before)
{
    size_t count = before ? before->count : 0;
    struct memory_state *state = mando_alloc(1, sizeof *state);
    if (!state)
        return NULL;
    atomic_init(&state->references, 1);
    if (reserve_points(state, count)) {
        memory_state_unref(state);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        state->points[i] = before->points[i];
        state->by_id[i] = before->by_id[i];
        atomic_fetch_add(&state->points[i]->references, 1);
    }
    state->count = count;
    return state;
}

size_t memory_state_place(const struct memory_state *state, const char *id)
{
    size_t low = 0, high = state->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(state->points[state->by_id[middle]]->id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct memory_point *memory_state_find(const struct memory_state *state, const char *id)
{
    size_t place = memory_state_place(state, id);
    struct memory_point *point = place < state->count ? state->points[state->by_id[place]] : NULL;
    return point && strcmp(point->id, id) == 0 ? point : NULL;
}

/* An array of its own, with room for some more. */
static void *copy_of(const void *items, size_t count, size_t capacity, size_t size)
{
    void *copy = mando_alloc(capacity, size);
    if (copy && count)
        memcpy(copy, items, count * size);
    return copy;
}

struct memory_point *memory_state_own(struct memory_state *state, int64_t key)
{
    struct memory_point *shared = state->points[key - 1];
    if (atomic_load(&shared->references) == 1)
        return shared;
    struct memory_point *own = mando_alloc(1, sizeof *own);
    if (!own)
        return NULL;
    atomic_init(&own->references, 1);
    memcpy(own->id, shared->id, sizeof own->id);
    own->point = shared->point;
    own->config_count = shared->config_count;
    own->version_count = shared->version_count;
    own->version_capacity = shared->version_count + CAPACITY_FIRST;
    own->configs = copy_of(shared->configs, shared->config_count, shared->config_count + 1,
                           sizeof *own->configs);
    own->versions = copy_of(shared->versions, shared->version_count, own->version_capacity,
                            sizeof *own->versions);
    if (!own->configs || !own->versions) {
        memory_point_unref(own);
        return NULL;
    }
    state->points[key - 1] = own;
    memory_point_unref(shared);
    return own;
}

struct memory_point *memory_state_add(struct memory_state *state, const struct mando_point *point)
{
    struct memory_point *added =
        reserve_points(state, state->count + 1) ? NULL : mando_alloc(1, sizeof *added);
    if (!added)
        return NULL;
    atomic_init(&added->references, 1);
    (void)snprintf(added->id, sizeof added->id, "%s", point->id);
    added->point = (struct mando_store_point){
        .key = (int64_t)state->count + 1, .type = point->type, .width = point->width};
    size_t place = memory_state_place(state, point->id);
    memmove(&state->by_id[place + 1], &state->by_id[place],
            (state->count - place) * sizeof *state->by_id);
    state->by_id[place] = state->count;
    state->points[state->count++] = added;
    return added;
}

static enum mando_status reserve(struct memory_point *point, size_t more)
{
    size_t needed = point->version_count + more;
    if (needed <= point->version_capacity)
        return MANDO_OK;
    size_t capacity = needed + needed / 2;
    struct mando_version *versions = mando_realloc(point->versions, capacity, sizeof *versions);
    if (!versions)
        return MANDO_NO_MEMORY;
    point->versions = versions;
    point->version_capacity = capacity;
    return MANDO_OK;
}

enum mando_status memory_point_put(struct memory_point *point, const struct mando_version *versions,
                                   size_t count)
{
    if (reserve(point, count))
        return MANDO_NO_MEMORY;
    /* Merged from the end: what is appended moves nothing. */
    size_t old = point->version_count, place = old + count;
    point->version_count = place;
    while (count > 0) {
        const struct mando_version *next = &versions[count - 1];
        if (old > 0 && mando_version_compare(&point->versions[old - 1], next) > 0)
            next = &point->versions[--old];
        else
            count--;
        point->versions[--place] = *next;
    }
    return MANDO_OK;
}

enum mando_status memory_point_configure(struct memory_point *point,
                                         const struct mando_config *config)
{
    struct mando_config *configs =
        mando_realloc(point->configs, point->config_count + 1, sizeof *configs);
    if (!configs)
        return MANDO_NO_MEMORY;
    point->configs = configs;
    size_t place = point->config_count;
    for (; place > 0 && configs[place - 1].knowledge_us > config->knowledge_us; place--)
        configs[place] = configs[place - 1];
    configs[place] = *config;
    point->config_count++;
    return MANDO_OK;
}
