#include "base/alloc.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

static _Atomic int64_t calls_before_failure = -1;
static _Atomic int64_t calls_made = 0;

void mando_alloc_fail_after(int64_t calls)
{
    atomic_store(&calls_before_failure, calls);
    atomic_store(&calls_made, 0);
}

int64_t mando_alloc_calls(void)
{
    return atomic_load(&calls_made);
}

static bool must_fail(size_t count, size_t size)
{
    int64_t limit = atomic_load_explicit(&calls_before_failure, memory_order_relaxed);
    if (limit >= 0 && atomic_fetch_add(&calls_made, 1) >= limit)
        return true;
    return size && count > SIZE_MAX / size;
}

void *mando_alloc(size_t count, size_t size)
{
    return must_fail(count, size) ? NULL : calloc(count ? count : 1, size ? size : 1);
}

void *mando_realloc(void *block, size_t count, size_t size)
{
    if (must_fail(count, size))
        return NULL;
    size_t bytes = count * size;
    return realloc(block, bytes ? bytes : 1);
}

void mando_free(void *block)
{
    free(block);
}
