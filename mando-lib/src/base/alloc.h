/* base/alloc.h: the only door to the heap, with a hook that makes the n-th call fail in tests. */
#ifndef MANDO_BASE_ALLOC_H
#define MANDO_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#define MANDO_CLEANUP(function) __attribute__((cleanup(function)))

/* Memory of count * size bytes, zeroed; NULL when there is none or the product overflows. */
void *mando_alloc(size_t count, size_t size);

/* As realloc for count * size bytes: on failure NULL, and the old block stands. */
void *mando_realloc(void *block, size_t count, size_t size);

/* free(NULL) is fine. */
void mando_free(void *block);

/* Test hook, set before any thread starts: calls before the failing one; negative = never fail.
 * Once it has failed, all later calls fail too until it is set again. */
void mando_alloc_fail_after(int64_t calls);

/* How many calls there were since the hook was set to 0 or more, failed ones included. */
int64_t mando_alloc_calls(void);

#endif
