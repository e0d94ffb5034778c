/* domain/periods.h: time cut into periods of one length: hours, market days, months. */
#ifndef MANDO_DOMAIN_PERIODS_H
#define MANDO_DOMAIN_PERIODS_H

#include <stdbool.h>

#include "mando/time.h"

/* PT.. is cut at multiples of its length since 1970-01-01T00:00:00Z; P1D and longer at midnight of the
 * zone, weeks on Monday, months and years on their first day. */
struct mando_periods {
    struct mando_duration length;
    const struct mando_zone *zone; /* NULL is UTC */
};

/* Lengths that cut time the same way from any instant on: PT.. of at most a year, P1D, P1W, and months
 * that divide a year. */
bool mando_periods_are_regular(struct mando_duration length);

/* The start of the period that holds time_us. */
int64_t mando_periods_start(const struct mando_periods *periods, int64_t time_us);

/* The end of the period that starts at start_us; start_us itself at the end of time. */
int64_t mando_periods_end(const struct mando_periods *periods, int64_t start_us);

#endif
