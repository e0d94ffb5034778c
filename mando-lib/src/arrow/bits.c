#include "arrow/bits.h"

#include <string.h>

/* Whole bytes between the ends are counted at once. */
size_t mando_arrow_zeros(const uint8_t *bits, size_t from, size_t to)
{
    size_t ones = 0, i = from;
    for (; i < to && i % 8 != 0; i++)
        ones += mando_arrow_bit(bits, i);
    for (; i + 8 <= to; i += 8)
        ones += (size_t)__builtin_popcount(bits[i / 8]);
    for (; i < to; i++)
        ones += mando_arrow_bit(bits, i);
    return to - from - ones;
}

void mando_arrow_bits_copy(const uint8_t *bits, size_t from, size_t count, uint8_t *bits_out)
{
    memset(bits_out, 0, (count + 7) / 8);
    for (size_t i = 0; i < count; i++)
        if (mando_arrow_bit(bits, from + i))
            bits_out[i / 8] |= (uint8_t)(1u << (i % 8));
}
