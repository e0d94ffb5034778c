#include "base/scan.h"

#include <string.h>

#define QUOTED_BYTES_MAX 48

struct mando_scan mando_scan_start(const char *text, size_t length)
{
    return (struct mando_scan){.text = text, .length = length};
}

bool mando_scan_miss(struct mando_scan *scan, size_t at, const char *expected)
{
    scan->at = at;
    scan->expected = expected;
    return false;
}

bool mando_scan_at_end(const struct mando_scan *scan)
{
    return scan->at == scan->length;
}

bool mando_scan_end(struct mando_scan *scan, const char *expected)
{
    return mando_scan_at_end(scan) || mando_scan_miss(scan, scan->at, expected);
}

bool mando_scan_try(struct mando_scan *scan, char byte)
{
    if (mando_scan_at_end(scan) || scan->text[scan->at] != byte)
        return false;
    scan->at++;
    return true;
}

bool mando_scan_byte(struct mando_scan *scan, char byte, const char *expected)
{
    return mando_scan_try(scan, byte) || mando_scan_miss(scan, scan->at, expected);
}

bool mando_scan_word(struct mando_scan *scan, const char *word)
{
    size_t length = strlen(word);
    if (scan->length - scan->at < length || memcmp(scan->text + scan->at, word, length) != 0)
        return false;
    scan->at += length;
    return true;
}

/* The digit at `at`, or -1. */
static int digit_at(const struct mando_scan *scan, size_t at)
{
    if (at >= scan->length || scan->text[at] < '0' || scan->text[at] > '9')
        return -1;
    return scan->text[at] - '0';
}

bool mando_scan_number(struct mando_scan *scan, size_t digits, int low, int high, int *value_out,
                       const char *expected)
{
    int value = 0;
    size_t start = scan->at;
    for (size_t at = start; at < start + digits; at++) {
        int digit = digit_at(scan, at);
        if (digit < 0)
            return mando_scan_miss(scan, at, expected);
        value = value * 10 + digit;
    }
    if (value < low || value > high)
        return mando_scan_miss(scan, start, expected);
    scan->at = start + digits;
    *value_out = value;
    return true;
}

bool mando_scan_count(struct mando_scan *scan, int64_t high, int64_t *value_out,
                      const char *expected)
{
    int64_t value = 0;
    size_t at = scan->at;
    for (int digit = digit_at(scan, at); digit >= 0; digit = digit_at(scan, ++at)) {
        if (digit > high || value > (high - digit) / 10)
            return mando_scan_miss(scan, scan->at, expected);
        value = value * 10 + digit;
    }
    if (at == scan->at)
        return mando_scan_miss(scan, at, expected);
    scan->at = at;
    *value_out = value;
    return true;
}

bool mando_scan_microseconds(struct mando_scan *scan, int *microseconds_out)
{
    int value = 0, unit = 1000000;
    for (int digit = digit_at(scan, scan->at); digit >= 0; digit = digit_at(scan, scan->at)) {
        if (unit == 1)
            return mando_scan_miss(scan, scan->at, "an end after six decimals");
        unit /= 10;
        value += digit * unit;
        scan->at++;
    }
    if (unit == 1000000)
        return mando_scan_miss(scan, scan->at, "a decimal of the second");
    *microseconds_out = value;
    return true;
}

const char *mando_scan_quote(const struct mando_scan *scan, char quote_out[MANDO_QUOTE_SIZE])
{
    size_t length = scan->length < QUOTED_BYTES_MAX ? scan->length : QUOTED_BYTES_MAX;
    for (size_t i = 0; i < length; i++) {
        char byte = scan->text[i];
        quote_out[i] = byte >= ' ' && byte <= '~' ? byte : '?';
    }
    memcpy(quote_out + length, scan->length > length ? "..." : "", scan->length > length ? 4 : 1);
    return quote_out;
}
