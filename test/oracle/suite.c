#include "suite.h"

#include <inttypes.h>
#include <stdlib.h>

#include "check.h"

#ifndef SUITE_SCALE
#define SUITE_SCALE 1
#endif

static double number_of(const char *variable, double otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtod(text, NULL) : otherwise;
}

struct suite suite_begin(const char *name, size_t count)
{
    double scaled = ceil((double)count * number_of("MANDO_TEST_SCALE", SUITE_SCALE));
    uint64_t seed = (uint64_t)number_of("MANDO_TEST_SEED", 1000);
    return (struct suite){.name = name,
                          .seed_first = seed,
                          .seed_worst = seed,
                          .count = scaled < 1 ? 1 : (size_t)scaled};
}

int suite_next(struct suite *suite)
{
    if (suite->done < suite->count) {
        suite->seed = suite->seed_first + suite->done++;
        return 1;
    }
    print_message("%s: %zu instances from seed %" PRIu64 ", %zu infeasible, %zu skipped, worst"
                  " relative difference %.2g (seed %" PRIu64 ")\n",
                  suite->name, suite->count, suite->seed_first, suite->infeasible, suite->skipped,
                  suite->worst, suite->seed_worst);
    return 0;
}

void suite_compare(struct suite *suite, const char *what, double actual, double expected,
                   double tolerance)
{
    double difference = fabs(actual - expected) / fmax(1, fabs(expected));
    if (!(difference <= suite->worst)) {
        suite->worst = difference;
        suite->seed_worst = suite->seed;
    }
    suite_require(suite, difference <= tolerance, "%s is %.17g, not %.17g (relative %g)", what,
                  actual, expected, difference);
}

void suite_require(struct suite *suite, int condition, const char *format, ...)
{
    if (condition)
        return;
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    print_error("%s, seed %" PRIu64 ": %s\n", suite->name, suite->seed, text);
    _fail(suite->name, (int)suite->done);
}
