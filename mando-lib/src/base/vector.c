#include "base/vector.h"

#include <string.h>

#include "base/alloc.h"

#define CAPACITY_FIRST 16

void mando_vector_init(struct mando_vector *vector, size_t item_size, size_t count_max)
{
    *vector = (struct mando_vector){.item_size = item_size, .count_max = count_max};
}

void mando_vector_release(struct mando_vector *vector)
{
    mando_free(vector->items);
    mando_vector_init(vector, vector->item_size, vector->count_max);
}

static enum mando_status grow(struct mando_vector *vector)
{
    size_t capacity = vector->capacity ? vector->capacity : CAPACITY_FIRST / 2;
    capacity = capacity > vector->count_max / 2 ? vector->count_max : capacity * 2;
    void *items = mando_realloc(vector->items, capacity, vector->item_size);
    if (!items)
        return MANDO_NO_MEMORY;
    vector->items = items;
    vector->capacity = capacity;
    return MANDO_OK;
}

enum mando_status mando_vector_push(struct mando_vector *vector, const void *item)
{
    if (vector->count == vector->count_max)
        return MANDO_LIMIT;
    if (vector->count == vector->capacity && grow(vector))
        return MANDO_NO_MEMORY;
    memcpy((char *)vector->items + vector->count * vector->item_size, item, vector->item_size);
    vector->count++;
    return MANDO_OK;
}
