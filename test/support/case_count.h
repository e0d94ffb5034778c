/* case_count.h: how many random cases a test takes. */
#ifndef CASE_COUNT_H
#define CASE_COUNT_H

#include <stdint.h>
#include <stdlib.h>

/* What MANDO_RANDOM_COUNT says, or the usual number. */
static inline uint64_t case_count(uint64_t usual)
{
    const char *text = getenv("MANDO_RANDOM_COUNT");
    return text ? strtoull(text, NULL, 10) : usual;
}

/* The same for cases that each take as long as a hundred others, and never less than usual. */
static inline uint64_t case_count_of_slow(uint64_t usual)
{
    uint64_t hundredth = case_count(0) / 100;
    return hundredth > usual ? hundredth : usual;
}

/* The same for faults that take about a second each: `few`, and 50 where 200,000 cases are asked for. */
static inline uint64_t case_count_of_faults(uint64_t few)
{
    uint64_t share = case_count(0) / 4000;
    return share > few ? share : few;
}

#endif
