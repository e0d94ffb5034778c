#include "base/number.h"

#include <stdlib.h>

#include "case_count.h"
#include "check.h"

static double parsed(const char *text)
{
    double value = NAN;
    if (!mando_number_parse(text, strlen(text), &value))
        print_error("%s is refused\n", text);
    return value;
}

static const char *formatted(double value)
{
    static char text[MANDO_NUMBER_TEXT_SIZE];
    size_t length = mando_number_format(value, text);
    CHECK_EQ(length, strlen(text));
    return text;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t generator = 20251201;

static uint64_t draw(void) /* splitmix64 */
{
    uint64_t z = generator += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static long random_count(void)
{
    print_message("seed %llu\n", (unsigned long long)generator);
    return (long)case_count(20000);
}

/* Doubles of every kind: any bits, subnormal, near a power of two, prices, integers. */
static double random_double(void)
{
    uint64_t bits = draw();
    int64_t small = (int64_t)(draw() % 2000001) - 1000000;
    switch (draw() % 6) {
    case 0:
        return double_of(bits & ~(UINT64_C(0x7FF) << 52));
    case 1:
        return double_of(bits & (UINT64_C(0xFFF) << 52)) + (double)(bits % 3);
    case 2:
        return (double)small / 100;
    case 3:
        return (double)small * 1e3;
    case 4:
        return (double)small / 7 / (double)(1 + bits % 1000);
    default:
        return double_of(bits);
    }
}

TEST(number_parse_reads_signs_fractions_and_exponents)
{
    CHECK(parsed("0") == 0 && !signbit(parsed("0")));
    CHECK(parsed("-0") == 0 && signbit(parsed("-0")));
    CHECK(parsed("93.47") == 93.47);
    CHECK(parsed("-5.17") == -5.17);
    CHECK(parsed("+5") == 5);
    CHECK(parsed("007.50") == 7.5);
    CHECK(parsed("1e3") == 1000);
    CHECK(parsed("1E+3") == 1000);
    CHECK(parsed("25e-1") == 2.5);
    CHECK(parsed("0e99999999999999999999") == 0);
    CHECK(parsed("1e-99999999999999999999") == 0);
    CHECK(parsed("1e-18446744073709551617") == 0); /* 2^64 and 1 */
    CHECK(parsed("9007199254740993") == 9007199254740992.0);
    CHECK(parsed("1.7976931348623157e308") == 1.7976931348623157e308);
    CHECK(parsed("5e-324") == 5e-324);
    CHECK(parsed("2.4703282292062327e-324") == 0);
}

TEST(number_parse_refuses_what_is_no_finite_decimal_and_leaves_the_output)
{
    static const char *const TEXTS[] = {"",
                                        "-",
                                        "+",
                                        "--1",
                                        "+-1",
                                        ".",
                                        "1.",
                                        ".5",
                                        "1.e3",
                                        "e5",
                                        "1e",
                                        "1e+",
                                        "1e-",
                                        "1e5 ",
                                        " 1",
                                        "1 ",
                                        "1,5",
                                        "1.5.2",
                                        "0x10",
                                        "1_000",
                                        "nan",
                                        "NaN",
                                        "inf",
                                        "-inf",
                                        "1e400",
                                        "-1e309",
                                        "1.7976931348623159e308",
                                        "1e5e",
                                        "infinity",
                                        "null",
                                        "1d3",
                                        "1.2e",
                                        "1e1.5",
                                        "\t1",
                                        "1\n",
                                        "\xC2\xA0",
                                        "1e18446744073709551617"};
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        double value = 42;
        if (mando_number_parse(TEXTS[i], strlen(TEXTS[i]), &value))
            fail_msg("\"%s\" is accepted", TEXTS[i]);
        CHECK(value == 42);
    }
}

TEST(number_parse_reads_no_byte_beyond_its_length)
{
    double value = 0;
    CHECK(mando_number_parse("12345", 3, &value));
    CHECK(value == 123);
    CHECK(!mando_number_parse("1.5", 2, &value));
    CHECK(!mando_number_parse("1\0002", 3, &value));
}

TEST(number_parse_rounds_as_strtod_does)
{
    char text[80];
    for (long n = random_count(); n > 0; n--) {
        double value = random_double();
        if (!isfinite(value))
            continue;
        (void)snprintf(text, sizeof text, "%.*e", (int)(draw() % 25), value);
        double expected = strtod(text, NULL);
        if (isinf(expected))
            continue;
        if (bits_of(parsed(text)) != bits_of(expected))
            fail_msg("%s is read as %.17g", text, parsed(text));
    }
}

TEST(number_parse_rounds_short_decimals_as_strtod_does)
{
    char text[80];
    for (long n = random_count(); n > 0; n--) {
        uint64_t digits = draw() >> (draw() % 64);
        int exponent = (int)(draw() % 90) - 45;
        (void)snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
        if (bits_of(parsed(text)) != bits_of(strtod(text, NULL)))
            fail_msg("%s is read as %.17g", text, parsed(text));
    }
}

/* The exact midpoint of two neighbours goes to the even one; any digit beyond it, however far
 * behind, decides. */
TEST(number_parse_decides_midpoints_by_the_last_digit)
{
    char text[2200];
    for (long n = random_count() / 20 + 1; n > 0; n--) {
        double low = double_of(draw() & ~(UINT64_C(1) << 63));
        if (!isfinite(low) || !isfinite(double_of(bits_of(low) + 1)))
            continue;
        (void)snprintf(text, sizeof text, "%.1100Lf",
                       ((long double)low + (long double)double_of(bits_of(low) + 1)) / 2);
        if (bits_of(parsed(text)) != bits_of(strtod(text, NULL)))
            fail_msg("a midpoint above %.17g is rounded wrongly", low);
        static const char rest[] = "0000000000000000000001";
        memcpy(text + strlen(text), rest, sizeof rest);
        if (bits_of(parsed(text)) != bits_of(strtod(text, NULL)))
            fail_msg("what is above the midpoint above %.17g is rounded wrongly", low);
    }
}

TEST(number_parse_rounds_thousands_of_digits)
{
    char text[5003] = "1.";
    memset(text + 2, '0', 5000);
    CHECK(parsed(text) == 1);
    text[5001] = '1';
    CHECK(parsed(text) == 1);
    memcpy(text, "4503599627370496.5", 18);
    CHECK(parsed(text) == 4503599627370497.0); /* just above the midpoint */
    text[5001] = '0';
    CHECK(parsed(text) == 4503599627370496.0);
    memset(text, '0', 5000);
    text[4999] = '7';
    text[5000] = '\0';
    CHECK(parsed(text) == 7);
    text[0] = '1';
    CHECK(!mando_number_parse(text, 5000, &(double){0}));
    memcpy(text + 4995, "e-4994", 7);
    CHECK(parsed(text) == 1);
}

TEST(number_format_writes_the_usual_forms)
{
    CHECK_TEXT(formatted(0), "0");
    CHECK_TEXT(formatted(-0.0), "0");
    CHECK_TEXT(formatted(1), "1");
    CHECK_TEXT(formatted(-5.17), "-5.17");
    CHECK_TEXT(formatted(0.1), "0.1");
    CHECK_TEXT(formatted(100), "100");
    CHECK_TEXT(formatted(33440.938185), "33440.938185");
    CHECK_TEXT(formatted(1e-6), "0.000001");
    CHECK_TEXT(formatted(1e-9), "1e-9");
    CHECK_TEXT(formatted(1e20), "100000000000000000000");
    CHECK_TEXT(formatted(1e22), "1e22");
    CHECK_TEXT(formatted(5e-324), "5e-324");
    CHECK_TEXT(formatted(-1.7976931348623157e308), "-1.7976931348623157e308");
    CHECK_TEXT(formatted(9007199254740993.0), "9007199254740992");
}

static size_t significant_digits(const char *text)
{
    size_t count = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text == '-' || *text == '.' || (count == 0 && *text == '0'))
            continue;
        count++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return count - zeros;
}

static int digits_needed(double value)
{
    char text[40];
    for (int digits = 1; digits < 17; digits++) {
        (void)snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value)
            return digits;
    }
    return 17;
}

TEST(number_format_is_the_shortest_text_that_reads_back)
{
    for (long n = random_count(); n > 0; n--) {
        double value = random_double();
        if (!isfinite(value) || value == 0)
            continue;
        const char *text = formatted(value);
        if (bits_of(parsed(text)) != bits_of(value)
            || bits_of(strtod(text, NULL)) != bits_of(value))
            fail_msg("%.17g is written %s", value, text);
        if ((int)significant_digits(text) > digits_needed(value))
            fail_msg("%.17g is written %s, longer than needed", value, text);
    }
}
