#include "repo/seen.h"

#include <string.h>

#include "base/alloc.h"

#define TABLE_SIZE_FIRST 64

struct seen_row {
    int64_t key;
    struct mando_version version;
};

void mando_seen_init(struct mando_seen *seen)
{
    *seen = (struct mando_seen){0};
    mando_vector_init(&seen->rows, sizeof(struct seen_row), UINT32_MAX - 1);
}

void mando_seen_release(struct mando_seen *seen)
{
    mando_vector_release(&seen->rows);
    mando_free(seen->table);
    seen->table = NULL;
    seen->table_size = 0;
}

/* SplitMix64's mixer: neighbouring times land far apart. */
static uint64_t mixed(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t hash(int64_t key, const struct mando_version *row)
{
    uint64_t z = mixed((uint64_t)key + UINT64_C(0x9e3779b97f4a7c15));
    z = mixed(z ^ (uint64_t)row->start_us);
    return mixed(z ^ (uint64_t)row->knowledge_us);
}

/* The slot of a row, or the free one where it would stand. */
static size_t slot_of(const struct mando_seen *seen, int64_t key, const struct mando_version *row)
{
    const struct seen_row *rows = seen->rows.items;
    size_t slot = (size_t)hash(key, row) & (seen->table_size - 1);
    for (; seen->table[slot]; slot = (slot + 1) & (seen->table_size - 1)) {
        const struct seen_row *other = &rows[seen->table[slot] - 1];
        if (other->key == key && other->version.start_us == row->start_us
            && other->version.knowledge_us == row->knowledge_us)
            return slot;
    }
    return slot;
}

const struct mando_version *mando_seen_find(const struct mando_seen *seen, int64_t key,
                                            const struct mando_version *row)
{
    if (seen->rows.count == 0)
        return NULL;
    size_t slot = slot_of(seen, key, row);
    const struct seen_row *rows = seen->rows.items;
    return seen->table[slot] ? &rows[seen->table[slot] - 1].version : NULL;
}

/* At most half of the table is used. */
static enum mando_status grow(struct mando_seen *seen)
{
    if (seen->table_size && seen->rows.count < seen->table_size / 2)
        return MANDO_OK;
    size_t size = seen->table_size ? seen->table_size * 2 : TABLE_SIZE_FIRST;
    uint32_t *table = mando_alloc(size, sizeof *table);
    if (!table)
        return MANDO_NO_MEMORY;
    mando_free(seen->table);
    seen->table = table;
    seen->table_size = size;
    const struct seen_row *rows = seen->rows.items;
    for (size_t i = 0; i < seen->rows.count; i++)
        table[slot_of(seen, rows[i].key, &rows[i].version)] = (uint32_t)i + 1;
    return MANDO_OK;
}

enum mando_status mando_seen_add(struct mando_seen *seen, int64_t key,
                                 const struct mando_version *row, struct mando_arena *arena)
{
    if (grow(seen))
        return MANDO_NO_MEMORY;
    struct seen_row copy = {.key = key, .version = *row};
    if (row->size) {
        char *bytes = mando_arena_alloc(arena, row->size, 1);
        if (!bytes)
            return MANDO_NO_MEMORY;
        memcpy(bytes, row->bytes, row->size);
        copy.version.bytes = bytes;
    }
    size_t slot = slot_of(seen, key, row);
    enum mando_status status = mando_vector_push(&seen->rows, &copy);
    if (!status)
        seen->table[slot] = (uint32_t)seen->rows.count;
    return status;
}
