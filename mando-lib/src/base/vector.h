/* base/vector.h: an array that grows, of items of one size, up to a maximum. */
#ifndef MANDO_BASE_VECTOR_H
#define MANDO_BASE_VECTOR_H

#include <stddef.h>

#include "mando/error.h"

struct mando_vector {
    void *items; /* contiguous; moves when it grows */
    size_t count, capacity, item_size, count_max;
};

void mando_vector_init(struct mando_vector *vector, size_t item_size, size_t count_max);
void mando_vector_release(struct mando_vector *vector);

/* Appends one item, copied from `item`. MANDO_LIMIT at count_max, MANDO_NO_MEMORY; then the vector
 * is as it was. The caller fills its error. */
enum mando_status mando_vector_push(struct mando_vector *vector, const void *item);

#endif
