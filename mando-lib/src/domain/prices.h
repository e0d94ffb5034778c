/* domain/prices.h: a price series in another resolution. */
#ifndef MANDO_DOMAIN_PRICES_H
#define MANDO_DOMAIN_PRICES_H

#include "mando/prices.h"

struct mando_prices_resolution {
    struct mando_duration length;  /* of a period */
    const struct mando_zone *zone; /* P1D and longer are cut at its midnight */
    uint64_t count_max;            /* periods */
};

/* Fills *prices_out, mando_prices_release, with the same prices in periods of another length: the
 * mean where they become longer, repeated where they become shorter. Periods of PT.. are cut at
 * multiples of their length since 1970-01-01T00:00:00Z, weeks begin on Monday, months and years on
 * their first day. index_first becomes 0: periods are no rows any more.
 * MANDO_INVALID (prices.resolution) where a period of the one does not fit whole into those of the
 * other, the first or last one is not covered, the new ones are not equally long, or there are
 * limits of periods, which have no mean; MANDO_NO_MEMORY. */
enum mando_status mando_prices_convert(const struct mando_prices *prices,
                                       const struct mando_prices_resolution *resolution,
                                       struct mando_prices *prices_out, struct mando_error *error);

#endif
