/* arrow/bits.h: bitmaps, from the least bit of a byte on. */
#ifndef MANDO_ARROW_BITS_H
#define MANDO_ARROW_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool mando_arrow_bit(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> (i % 8) & 1;
}

/* How many of the bits from <= i < to are zero. */
size_t mando_arrow_zeros(const uint8_t *bits, size_t from, size_t to);

/* Copies `count` bits from bit `from` on to the start of bits_out; what is left of its last byte is
 * zero. */
void mando_arrow_bits_copy(const uint8_t *bits, size_t from, size_t count, uint8_t *bits_out);

#endif
