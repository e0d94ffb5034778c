/* The kernel over eight lanes of AVX-512, compiled with -mavx512f. */
#include <immintrin.h>

#define LANES 8
#define BATCH_KERNEL batch_kernel_avx512

typedef __m512d lanes;
typedef __mmask8 lanes_mask;

static inline lanes lanes_load(const double *from)
{
    return _mm512_loadu_pd(from);
}

static inline void lanes_store(double *to, lanes a)
{
    _mm512_storeu_pd(to, a);
}

static inline lanes lanes_all(double value)
{
    return _mm512_set1_pd(value);
}

static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm512_add_pd(a, b);
}

static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm512_sub_pd(a, b);
}

static inline lanes lanes_multiply(lanes a, lanes b)
{
    return _mm512_mul_pd(a, b);
}

static inline lanes lanes_divide(lanes a, lanes b)
{
    return _mm512_div_pd(a, b);
}

static inline lanes lanes_smaller(lanes a, lanes b)
{
    return _mm512_min_pd(a, b);
}

static inline lanes lanes_greater(lanes a, lanes b)
{
    return _mm512_max_pd(a, b);
}

static inline lanes lanes_magnitude(lanes a)
{
    return _mm512_abs_pd(a);
}

static inline lanes_mask lanes_above(lanes a, lanes b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ);
}

static inline lanes_mask lanes_below(lanes a, lanes b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
}

static inline lanes_mask lanes_not_above(lanes a, lanes b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ);
}

static inline lanes_mask lanes_not_below(lanes a, lanes b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ);
}

static inline lanes_mask lanes_both(lanes_mask a, lanes_mask b)
{
    return (lanes_mask)(a & b);
}

static inline lanes_mask lanes_either(lanes_mask a, lanes_mask b)
{
    return (lanes_mask)(a | b);
}

static inline lanes lanes_select(lanes_mask mask, lanes a, lanes b)
{
    return _mm512_mask_blend_pd(mask, b, a);
}

static inline unsigned lanes_bits(lanes_mask mask)
{
    return mask;
}

static inline int lanes_any(lanes_mask mask)
{
    return mask != 0;
}

#include "opt/batch_kernel.h"
