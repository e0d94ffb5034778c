/* base/zone.h: what a time zone is inside, and how one is read from the bytes of a TZif file. */
#ifndef MANDO_BASE_ZONE_H
#define MANDO_BASE_ZONE_H

#include <stdbool.h>

#include "mando/time.h"

/* Local time less UTC is always nearer to zero than this. */
#define MANDO_ZONE_OFFSET_US_MAX (26 * MANDO_HOUR_US)

/* Larger files are refused; the largest real one has 4 KiB. */
#define MANDO_ZONE_BYTES_MAX 65536

/* One offset, valid from start_us until the next span starts. */
struct mando_zone_span {
    int64_t start_us, offset_us;
};

/* Spans ascend and the first starts before all instants. From repeat_us on, time repeats every 400
 * years: the rule of a file's footer is written out for one such cycle. */
struct mando_zone {
    const struct mando_zone_span *spans;
    size_t span_count;
    int64_t repeat_us; /* INT64_MAX = never */
    const char *name;
};

/* A zone of `spans` spans for the caller to fill; NULL without memory. Freed by mando_zone_free. */
struct mando_zone *mando_zone_new(const char *name, size_t spans,
                                  struct mando_zone_span **spans_out);

/* What a wall clock means. */
struct mando_zone_wall {
    int64_t reached_us; /* the first instant at which the clock shows it or something later */
    bool exists;
    int64_t first_us,
        last_us; /* the instants that show it, two where clocks went back over it; where
                                * it was skipped both are those of the clock moved forward with it */
};

/* zone may be NULL for UTC; local_us is within 100,000 years of 1970. */
struct mando_zone_wall mando_zone_wall_of(const struct mando_zone *zone, int64_t local_us);

/* Fails with time.nonexistent for a wall clock that was skipped. */
enum mando_status mando_zone_skipped(const struct mando_zone *zone, int64_t local_us,
                                     int64_t column, struct mando_error *error);

/* Reads a whole TZif file (RFC 8536), version 1 or later, with its footer. *zone_out is the
 * caller's, mando_zone_free. MANDO_CORRUPT (zone.corrupt; error->where is name), MANDO_NO_MEMORY. */
enum mando_status mando_zone_read(const char *name, const unsigned char *bytes, size_t size,
                                  struct mando_zone **zone_out, struct mando_error *error);

#endif
