/* suite.h: counts, seeds and the worst difference of the random suites, printed at their ends.
 *
 * MANDO_TEST_SCALE multiplies every count (1 by default), MANDO_TEST_SEED replaces the first seed:
 * instance i of a suite has the seed `first + i`, so that one can be run alone. */
#ifndef ORACLE_SUITE_H
#define ORACLE_SUITE_H

#include "mando/optimize.h"

struct suite {
    const char *name;
    uint64_t seed; /* of the current instance */
    uint64_t seed_first, seed_worst;
    size_t done, count;
    size_t infeasible, skipped;
    double worst; /* largest relative difference */
};

struct suite suite_begin(const char *name, size_t count);

/* Steps to the next instance; 0 at the end, where it prints the summary. */
int suite_next(struct suite *suite);

/* Fails the test unless |actual - expected| <= tolerance * max(1, |expected|). */
void suite_compare(struct suite *suite, const char *what, double actual, double expected,
                   double tolerance);

/* Fails the test unless the condition holds; the message names the instance. */
void suite_require(struct suite *suite, int condition, const char *format, ...) MANDO_PRINTF(3, 4);

#endif
