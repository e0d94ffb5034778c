/* The kernel over two lanes in the compiler's own vectors: every machine has them or does without. */
#include <stdint.h>
#include <string.h>

#define LANES 2
#define BATCH_KERNEL batch_kernel_portable

typedef double lanes __attribute__((vector_size(16)));
typedef int64_t lanes_mask __attribute__((vector_size(16)));

static inline lanes lanes_load(const double *from)
{
    lanes a;
    memcpy(&a, from, sizeof a);
    return a;
}

static inline void lanes_store(double *to, lanes a)
{
    memcpy(to, &a, sizeof a);
}

static inline lanes lanes_all(double value)
{
    return (lanes){value, value};
}

static inline lanes lanes_add(lanes a, lanes b)
{
    return a + b;
}

static inline lanes lanes_subtract(lanes a, lanes b)
{
    return a - b;
}

static inline lanes lanes_multiply(lanes a, lanes b)
{
    return a * b;
}

static inline lanes lanes_divide(lanes a, lanes b)
{
    return a / b;
}

static inline lanes lanes_select(lanes_mask mask, lanes a, lanes b)
{
    return (lanes)((mask & (lanes_mask)a) | (~mask & (lanes_mask)b));
}

static inline lanes lanes_smaller(lanes a, lanes b)
{
    return lanes_select(a < b, a, b);
}

static inline lanes lanes_greater(lanes a, lanes b)
{
    return lanes_select(a > b, a, b);
}

static inline lanes lanes_magnitude(lanes a)
{
    return (lanes)((lanes_mask)a & (lanes_mask){INT64_MAX, INT64_MAX});
}

static inline lanes_mask lanes_above(lanes a, lanes b)
{
    return a > b;
}

static inline lanes_mask lanes_below(lanes a, lanes b)
{
    return a < b;
}

static inline lanes_mask lanes_not_above(lanes a, lanes b)
{
    return a <= b;
}

static inline lanes_mask lanes_not_below(lanes a, lanes b)
{
    return a >= b;
}

static inline lanes_mask lanes_both(lanes_mask a, lanes_mask b)
{
    return a & b;
}

static inline lanes_mask lanes_either(lanes_mask a, lanes_mask b)
{
    return a | b;
}

static inline unsigned lanes_bits(lanes_mask mask)
{
    return (unsigned)(mask[0] & 1) | (unsigned)(mask[1] & 2);
}

static inline int lanes_any(lanes_mask mask)
{
    return (mask[0] | mask[1]) != 0;
}

#include "opt/batch_kernel.h"
