/* The kernel over four lanes of AVX2, compiled with -mavx2. */
#include <immintrin.h>

#define LANES 4
#define BATCH_KERNEL batch_kernel_avx2

typedef __m256d lanes;
typedef __m256d lanes_mask;

static inline lanes lanes_load(const double *from)
{
    return _mm256_loadu_pd(from);
}

static inline void lanes_store(double *to, lanes a)
{
    _mm256_storeu_pd(to, a);
}

static inline lanes lanes_all(double value)
{
    return _mm256_set1_pd(value);
}

static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm256_add_pd(a, b);
}

static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm256_sub_pd(a, b);
}

static inline lanes lanes_multiply(lanes a, lanes b)
{
    return _mm256_mul_pd(a, b);
}

static inline lanes lanes_divide(lanes a, lanes b)
{
    return _mm256_div_pd(a, b);
}

static inline lanes lanes_smaller(lanes a, lanes b)
{
    return _mm256_min_pd(a, b);
}

static inline lanes lanes_greater(lanes a, lanes b)
{
    return _mm256_max_pd(a, b);
}

static inline lanes lanes_magnitude(lanes a)
{
    return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a);
}

static inline lanes_mask lanes_above(lanes a, lanes b)
{
    return _mm256_cmp_pd(a, b, _CMP_GT_OQ);
}

static inline lanes_mask lanes_below(lanes a, lanes b)
{
    return _mm256_cmp_pd(a, b, _CMP_LT_OQ);
}

static inline lanes_mask lanes_not_above(lanes a, lanes b)
{
    return _mm256_cmp_pd(a, b, _CMP_LE_OQ);
}

static inline lanes_mask lanes_not_below(lanes a, lanes b)
{
    return _mm256_cmp_pd(a, b, _CMP_GE_OQ);
}

static inline lanes_mask lanes_both(lanes_mask a, lanes_mask b)
{
    return _mm256_and_pd(a, b);
}

static inline lanes_mask lanes_either(lanes_mask a, lanes_mask b)
{
    return _mm256_or_pd(a, b);
}

static inline lanes lanes_select(lanes_mask mask, lanes a, lanes b)
{
    return _mm256_blendv_pd(b, a, mask);
}

static inline unsigned lanes_bits(lanes_mask mask)
{
    return (unsigned)_mm256_movemask_pd(mask);
}

static inline int lanes_any(lanes_mask mask)
{
    return _mm256_movemask_pd(mask) != 0;
}

#include "opt/batch_kernel.h"
