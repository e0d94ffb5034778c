#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>

#include "base/alloc.h"

/* Small enough for one battery, large enough that a year of prices is a few blocks. Under
 * AddressSanitizer each piece is a block, so that a step beyond it is seen. */
#if defined(__SANITIZE_ADDRESS__)
#define BLOCK_BYTES ((size_t)0)
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BLOCK_BYTES ((size_t)0)
#endif
#endif
#ifndef BLOCK_BYTES
#define BLOCK_BYTES ((size_t)16 << 10)
#endif

struct mando_arena_block {
    struct mando_arena_block *next;
    size_t capacity, used;
    alignas(max_align_t) unsigned char bytes[];
};

static struct mando_arena_block *block_new(struct mando_arena *arena, size_t bytes)
{
    size_t capacity = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct mando_arena_block *block = NULL;
    if (capacity <= SIZE_MAX - sizeof *block)
        block = mando_alloc(1, sizeof *block + capacity);
    if (!block)
        return NULL;
    block->capacity = capacity;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *mando_arena_alloc(struct mando_arena *arena, size_t count, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size && count > (SIZE_MAX - align) / size)
        return NULL;
    size_t bytes = (count * size + align - 1) / align * align;
    struct mando_arena_block *block = arena->blocks;
    if (!block || bytes > block->capacity - block->used)
        block = block_new(arena, bytes);
    if (!block)
        return NULL;
    void *memory = block->bytes + block->used;
    block->used += bytes;
    return memory;
}

void mando_arena_release(struct mando_arena *arena)
{
    while (arena->blocks) {
        struct mando_arena_block *next = arena->blocks->next;
        mando_free(arena->blocks);
        arena->blocks = next;
    }
}
