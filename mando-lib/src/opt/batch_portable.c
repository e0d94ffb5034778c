/* The kernel over two lanes in the compiler's own vectors: every machine has them or does without. */
#include <stdint.h>

#define LANES 2
#define BATCH_KERNEL batch_kernel_portable

typedef double lanes __attribute__((vector_size(16)));
typedef int64_t lanes_mask __attribute__((vector_size(16)));

static inline lanes lanes_smaller(lanes a, lanes b)
{
    return (lanes){a[0] < b[0] ? a[0] : b[0], a[1] < b[1] ? a[1] : b[1]};
}

static inline lanes lanes_greater(lanes a, lanes b)
{
    return (lanes){a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]};
}

static inline lanes_mask lanes_above(lanes a, lanes b)
{
    return a > b;
}

static inline lanes_mask lanes_not_below(lanes a, lanes b)
{
    return a >= b;
}

static inline lanes lanes_select(lanes_mask mask, lanes a, lanes b)
{
    return (lanes)((mask & (lanes_mask)a) | (~mask & (lanes_mask)b));
}

static inline unsigned lanes_bits(lanes_mask mask)
{
    return (unsigned)(mask[0] & 1) | (unsigned)(mask[1] & 2);
}

#include "opt/batch_kernel.h"
