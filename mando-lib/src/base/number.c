#include "base/number.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <yyjson.h>

/* A decimal with more digits than this rounds to the same double as its first ones with a 1 behind
 * them: no midpoint of two doubles has more. yyjson cuts there too, but takes what it cuts for more
 * than 0 even where it is not, so the cut is made here. */
#define DIGITS_MAX 768
#define DIGITS_EXACT 19              /* of these a uint64_t holds any number */
#define EXPONENT_MAX INT64_C(100000) /* beyond it, DIGITS_MAX digits are 0 or infinite */

/* value = +-mantissa * 10^exponent, unless there are more than DIGITS_EXACT significant digits. */
struct decimal {
    uint64_t mantissa;
    int64_t exponent;
    size_t significant;
    const char *digits, *digits_end; /* with the point in them */
    bool negative;
};

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

static const char *scan_digits(const char *at, const char *end, struct decimal *decimal)
{
    uint64_t mantissa = decimal->mantissa;
    size_t significant = decimal->significant;
    for (; at < end && is_digit(*at); at++) {
        mantissa = mantissa * 10 + (uint64_t)(*at - '0');
        significant += (significant | mantissa) != 0;
    }
    decimal->mantissa = mantissa;
    decimal->significant = significant;
    return at;
}

/* The digits behind an e; NULL where there are none. */
static const char *scan_exponent(const char *at, const char *end, struct decimal *decimal)
{
    bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || !is_digit(*at))
        return NULL;
    int64_t exponent = 0;
    for (; at < end && is_digit(*at); at++)
        if (exponent < INT64_MAX / 100)
            exponent = exponent * 10 + (*at - '0');
    decimal->exponent += negative ? -exponent : exponent;
    return at;
}

static bool scan(const char *at, const char *end, struct decimal *decimal)
{
    decimal->negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    decimal->digits = at;
    at = scan_digits(at, end, decimal);
    if (at == decimal->digits)
        return false;
    if (at < end && *at == '.') {
        const char *fraction = at + 1;
        at = scan_digits(fraction, end, decimal);
        if (at == fraction)
            return false;
        decimal->exponent = fraction - at;
    }
    decimal->digits_end = at;
    if (at < end && (*at == 'e' || *at == 'E'))
        at = scan_exponent(at + 1, end, decimal);
    return at == end;
}

/* A product or quotient of two doubles that are both exact is rounded once (Clinger 1990). */
static bool is_exact(const struct decimal *decimal)
{
    return decimal->significant <= DIGITS_EXACT && decimal->mantissa <= UINT64_C(1) << 53
           && decimal->exponent >= -22 && decimal->exponent <= 22;
}

static double exact_value(const struct decimal *decimal)
{
    static const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double mantissa = (double)decimal->mantissa;
    return decimal->exponent < 0 ? mantissa / POWERS[-decimal->exponent]
                                 : mantissa * POWERS[decimal->exponent];
}

/* Writes the significant digits, at most DIGITS_MAX and one that tells whether all beyond are 0.
 * Returns how many; *exponent becomes that of the last one. */
static size_t write_digits(const struct decimal *decimal, char *digits_out, int64_t *exponent)
{
    size_t count = 0;
    int64_t dropped = 0;
    bool rest = false;
    for (const char *at = decimal->digits; at < decimal->digits_end; at++) {
        if (*at == '.' || (count == 0 && *at == '0'))
            continue;
        if (count < DIGITS_MAX) {
            digits_out[count++] = *at;
        } else {
            dropped++;
            rest = rest || *at != '0';
        }
    }
    if (rest) {
        digits_out[count++] = '1';
        dropped--;
    }
    *exponent = decimal->exponent + dropped;
    return count;
}

/* Rounds correctly whatever the number of digits; false where the value is too large. */
static bool slow_value(const struct decimal *decimal, double *value_out)
{
    char text[DIGITS_MAX + 32];
    int64_t exponent;
    size_t count = write_digits(decimal, text, &exponent);
    exponent = exponent > EXPONENT_MAX ? EXPONENT_MAX : exponent;
    exponent = exponent < -EXPONENT_MAX ? -EXPONENT_MAX : exponent;
    (void)snprintf(text + count, sizeof text - count, "e%d", (int)exponent);
    yyjson_val value;
    if (!yyjson_read_number(text, &value, YYJSON_READ_NOFLAG, NULL, NULL))
        return false;
    *value_out = yyjson_get_num(&value);
    return true;
}

bool mando_number_parse(const char *text, size_t length, double *value_out)
{
    struct decimal decimal = {0};
    if (!scan(text, text + length, &decimal))
        return false;
    double value = 0;
    if (is_exact(&decimal))
        value = exact_value(&decimal);
    else if (decimal.significant && !slow_value(&decimal, &value))
        return false;
    *value_out = decimal.negative ? -value : value;
    return true;
}

/* yyjson asks once for room for one number, some bytes more than the longest takes. */
#define SCRATCH_SIZE 128

static void *scratch_malloc(void *context, size_t size)
{
    return size <= SCRATCH_SIZE ? context : NULL;
}

static void *scratch_realloc(void *context, void *block, size_t size_old, size_t size)
{
    (void)context, (void)block, (void)size_old, (void)size;
    return NULL;
}

static void scratch_free(void *context, void *block)
{
    (void)context, (void)block;
}

size_t mando_number_format(double value, char text_out[MANDO_NUMBER_TEXT_SIZE])
{
    char scratch[SCRATCH_SIZE];
    const yyjson_alc allocator = {scratch_malloc, scratch_realloc, scratch_free, scratch};
    yyjson_val number = {0};
    yyjson_set_real(&number, value == 0 ? 0 : value);
    size_t length = 0;
    (void)yyjson_val_write_opts(&number, YYJSON_WRITE_NOFLAG, &allocator, &length, NULL);
    if (length >= 2 && memcmp(scratch + length - 2, ".0", 2) == 0)
        length -= 2;
    assert(length > 0 && length < MANDO_NUMBER_TEXT_SIZE);
    memcpy(text_out, scratch, length);
    text_out[length] = '\0';
    return length;
}
