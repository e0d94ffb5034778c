/* check.h: thin macros over cmocka. TEST(name) registers itself; check_main.c runs them all, or
 * those whose name holds the first argument. */
#ifndef CHECK_H
#define CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void check_register(const char *name, CMUnitTestFunction function);

#define TEST(name)                                                                                 \
    static void name(void **state);                                                                \
    __attribute__((constructor)) static void register_##name(void)                                 \
    {                                                                                              \
        check_register(#name, name);                                                               \
    }                                                                                              \
    static void name(void **state __attribute__((unused)))

#define CHECK(condition) assert_true(condition)
#define CHECK_EQ(actual, expected) assert_int_equal((intmax_t)(actual), (intmax_t)(expected))
#define CHECK_TEXT(actual, expected) assert_string_equal(actual, expected)

/* |actual - expected| <= tolerance; NaN equals NaN only. */
#define CHECK_NEAR(actual, expected, tolerance)                                                    \
    check_near(actual, expected, tolerance, #actual, __FILE__, __LINE__)

static inline void check_near(double actual, double expected, double tolerance, const char *text,
                              const char *file, int line)
{
    if ((isnan(actual) && isnan(expected)) || actual == expected
        || fabs(actual - expected) <= tolerance)
        return;
    print_error("%s is %.17g, not %.17g within %g\n", text, actual, expected, tolerance);
    _fail(file, line);
}

#endif
