/* opt/pair.h: two doubles side by side, in the vectors that every machine has or does without.
 *
 * The two halves of a pair never meet but in pair_shift, and each result is rounded as one of a double
 * would be: a machine without vectors computes the same bits. */
#ifndef MANDO_OPT_PAIR_H
#define MANDO_OPT_PAIR_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef double pair __attribute__((vector_size(16)));
typedef int64_t pair_mask __attribute__((vector_size(16))); /* -1 where true, else 0 */

static inline pair pair_all(double value)
{
    return (pair){value, value};
}

/* a where the mask is true, else b. */
static inline pair pair_select(pair_mask mask, pair a, pair b)
{
    return (pair)((mask & (pair_mask)a) | (~mask & (pair_mask)b));
}

/* The smaller or greater of the two; b where a is no number. */
static inline pair pair_smaller(pair a, pair b)
{
#ifdef __SSE2__
    return _mm_min_pd(a, b);
#else
    return pair_select(a < b, a, b);
#endif
}

static inline pair pair_greater(pair a, pair b)
{
#ifdef __SSE2__
    return _mm_max_pd(a, b);
#else
    return pair_select(a > b, a, b);
#endif
}

/* a where the mask is true, else an infinity: what is or-ed from it and a true mask is no number,
 * and gives way to a. */
static inline pair pair_or_highest(pair_mask mask, pair a)
{
    return pair_greater((pair)((pair_mask)pair_all(__builtin_inf()) | mask), a);
}

static inline pair pair_or_lowest(pair_mask mask, pair a)
{
    return pair_smaller((pair)((pair_mask)pair_all(-__builtin_inf()) | mask), a);
}

/* The upper half of a and the lower half of b: of a row of pairs, the row one place on. */
static inline pair pair_shift(pair a, pair b)
{
    return __builtin_shufflevector(a, b, 1, 2);
}

#endif
