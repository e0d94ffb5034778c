/* The kernel over eight lanes of AVX-512, compiled with -mavx512f. */
#include <immintrin.h>

#define LANES 8
#define BATCH_KERNEL batch_kernel_avx512

typedef __m512d lanes;
typedef __mmask8 lanes_mask;

static inline lanes lanes_smaller(lanes a, lanes b)
{
    return _mm512_min_pd(a, b);
}

static inline lanes lanes_greater(lanes a, lanes b)
{
    return _mm512_max_pd(a, b);
}

static inline lanes_mask lanes_above(lanes a, lanes b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ);
}

static inline lanes_mask lanes_not_below(lanes a, lanes b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ);
}

static inline lanes lanes_select(lanes_mask mask, lanes a, lanes b)
{
    return _mm512_mask_blend_pd(mask, b, a);
}

static inline unsigned lanes_bits(lanes_mask mask)
{
    return mask;
}

#include "opt/batch_kernel.h"
