/* The kernel over four lanes of AVX2, compiled with -mavx2. */
#include <immintrin.h>
#include <stdint.h>

#define LANES 4
#define BATCH_KERNEL batch_kernel_avx2

typedef __m256d lanes;
typedef int64_t lanes_mask __attribute__((vector_size(32)));

static inline lanes lanes_smaller(lanes a, lanes b)
{
    return _mm256_min_pd(a, b);
}

static inline lanes lanes_greater(lanes a, lanes b)
{
    return _mm256_max_pd(a, b);
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
    return _mm256_blendv_pd(b, a, (lanes)mask);
}

static inline unsigned lanes_bits(lanes_mask mask)
{
    return (unsigned)_mm256_movemask_pd((lanes)mask);
}

#include "opt/batch_kernel.h"
