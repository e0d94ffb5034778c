/* base/zone_rule.h: the footer of a TZif file, a rule for the times after the last change it lists
 * ("CET-1CEST,M3.5.0,M10.5.0/3"), as POSIX defines TZ and RFC 8536 extends it. */
#ifndef MANDO_BASE_ZONE_RULE_H
#define MANDO_BASE_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mando_zone_day { MANDO_DAY_OF_YEAR, MANDO_DAY_WITHOUT_LEAP, MANDO_DAY_OF_WEEK };

/* A moment of each year, in local time. */
struct mando_zone_change {
    enum mando_zone_day kind;
    int day;               /* of the year: from 0, or 1 to 365 where 29 February is not counted */
    int month, week, wday; /* week 5 is the last, wday 0 Sunday */
    int64_t clock_us;      /* since midnight of that day, up to a week either way */
};

struct mando_zone_rule {
    int64_t standard_us, daylight_us; /* local time less UTC */
    bool has_daylight;
    struct mando_zone_change start, end; /* of daylight time */
};

/* Reads the whole of text; NULL is success, else what should stand in it. */
const char *mando_zone_rule_read(const char *text, size_t length, struct mando_zone_rule *rule_out);

/* The daylight time that begins in a year, as instants; end <= start where it is empty. */
void mando_zone_rule_daylight(const struct mando_zone_rule *rule, int32_t year,
                              int64_t *start_us_out, int64_t *end_us_out);

#endif
