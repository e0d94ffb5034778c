#include "codec/rows_ids.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "mando/point.h"

#define SLOTS_FIRST 64

void rows_ids_init(struct rows_ids *ids)
{
    *ids = (struct rows_ids){.last = -1};
    mando_vector_init(&ids->names, sizeof(char *), ROWS_IDS_MAX);
}

void rows_ids_release(struct rows_ids *ids)
{
    mando_arena_release(&ids->arena);
    mando_vector_release(&ids->names);
    mando_free(ids->slots);
    rows_ids_init(ids);
}

const char *const *rows_ids_names(const struct rows_ids *ids)
{
    return ids->names.items;
}

static size_t hash(const char *id, size_t length)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < length; i++)
        sum = (sum ^ (unsigned char)id[i]) * UINT64_C(1099511628211);
    return (size_t)(sum ^ sum >> 32);
}

static bool is_name(const struct rows_ids *ids, size_t i, const char *id, size_t length)
{
    const char *name = rows_ids_names(ids)[i];
    return strlen(name) == length && memcmp(name, id, length) == 0;
}

/* The slot of an id: its own or the free one where it belongs. */
static uint32_t *slot_of(const struct rows_ids *ids, const char *id, size_t length)
{
    size_t at = hash(id, length);
    for (;; at++) {
        uint32_t *slot = &ids->slots[at & (ids->slot_count - 1)];
        if (*slot == 0 || is_name(ids, *slot - 1, id, length))
            return slot;
    }
}

/* Keeps the table at most half full. */
static bool grow(struct rows_ids *ids)
{
    size_t count = ids->slot_count ? 2 * ids->slot_count : SLOTS_FIRST;
    if (2 * ids->names.count < ids->slot_count)
        return true;
    uint32_t *slots = mando_alloc(count, sizeof *slots);
    if (!slots)
        return false;
    mando_free(ids->slots);
    ids->slots = slots;
    ids->slot_count = count;
    for (size_t i = 0; i < ids->names.count; i++) {
        const char *name = rows_ids_names(ids)[i];
        *slot_of(ids, name, strlen(name)) = (uint32_t)i + 1;
    }
    return true;
}

static enum mando_status add(struct rows_ids *ids, const char *id, size_t length,
                             struct mando_error *error)
{
    enum mando_status status = mando_point_id_check(id, length, error);
    if (status)
        return status;
    char *name = mando_arena_alloc(&ids->arena, length + 1, 1);
    status = name && grow(ids) ? MANDO_OK : MANDO_NO_MEMORY;
    if (!status) {
        memcpy(name, id, length);
        uint32_t *slot = slot_of(ids, id, length);
        status = mando_vector_push(&ids->names, &name);
        if (!status)
            *slot = (uint32_t)ids->names.count;
    }
    if (status == MANDO_LIMIT)
        return mando_fail(error, MANDO_E_IO_LIMIT, -1, "the rows name more than %zu ids",
                          ROWS_IDS_MAX);
    return status ? mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the ids of rows")
                  : MANDO_OK;
}

enum mando_status rows_ids_take(struct rows_ids *ids, const char *id, size_t length,
                                int32_t *index_out, struct mando_error *error)
{
    if (ids->last < 0 || !is_name(ids, (size_t)ids->last, id, length)) {
        uint32_t found = ids->slots ? *slot_of(ids, id, length) : 0;
        enum mando_status status = found ? MANDO_OK : add(ids, id, length, error);
        if (status)
            return status;
        ids->last = (int32_t)(found ? found - 1 : ids->names.count - 1);
    }
    *index_out = ids->last;
    return MANDO_OK;
}
