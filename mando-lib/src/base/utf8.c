#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The eight bytes from `at` are ASCII. */
static bool are_ascii(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return (bytes & UINT64_C(0x8080808080808080)) == 0;
}

static bool is_within(unsigned char byte, unsigned char low, unsigned char high)
{
    return byte >= low && byte <= high;
}

/* The length of a character that is not ASCII, 0 where it is broken; the table of Unicode 15, 3-7. */
static size_t character_length(const unsigned char *at, size_t left)
{
    unsigned char lead = at[0];
    size_t length = is_within(lead, 0xC2, 0xDF)   ? 2
                    : is_within(lead, 0xE0, 0xEF) ? 3
                    : is_within(lead, 0xF0, 0xF4) ? 4
                                                  : 0;
    if (length == 0 || length > left)
        return 0;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (!is_within(at[1], low, high))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_within(at[i], 0x80, 0xBF))
            return 0;
    return length;
}

size_t mando_utf8_valid(const char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        if (length - at >= 8 && are_ascii(bytes + at)) {
            at += 8;
        } else if ((unsigned char)bytes[at] < 0x80) {
            at++;
        } else {
            size_t step = character_length((const unsigned char *)bytes + at, length - at);
            if (step == 0)
                return at;
            at += step;
        }
    }
    return length;
}
