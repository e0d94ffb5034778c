/* base/arena.h: memory that is freed all at once: a price series, a plan, a request. */
#ifndef MANDO_BASE_ARENA_H
#define MANDO_BASE_ARENA_H

#include <stddef.h>

struct mando_arena_block;

struct mando_arena { /* zero-initialised is empty */
    struct mando_arena_block *blocks;
};

/* Memory of count * size bytes, zeroed, aligned for any type, valid until the arena is released;
 * NULL when there is none or the product overflows. */
void *mando_arena_alloc(struct mando_arena *arena, size_t count, size_t size);

/* Frees everything and leaves the arena empty. */
void mando_arena_release(struct mando_arena *arena);

#endif
