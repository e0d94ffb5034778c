/* base/calendar.h: the Gregorian calendar of local or UTC microseconds; knows nothing of zones.
 *
 * The local time of an instant is `time_us + mando_zone_offset_us(zone, time_us)`. Pure functions,
 * defined for every int64_t. Days count from 1970-01-01. */
#ifndef MANDO_BASE_CALENDAR_H
#define MANDO_BASE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mando/time.h"

/* 0001-01-01T00:00:00Z and the last microsecond of 9999: the instants that there are. */
#define MANDO_TIME_US_MIN (INT64_C(-62135596800) * 1000000)
#define MANDO_TIME_US_MAX (INT64_C(253402300800) * 1000000 - 1)

static inline bool mando_time_is_valid(int64_t time_us)
{
    return time_us >= MANDO_TIME_US_MIN && time_us <= MANDO_TIME_US_MAX;
}

struct mando_calendar mando_calendar_of(int64_t local_us);

/* The day that holds local_us. */
int64_t mando_calendar_day_of(int64_t local_us);

/* The day of a date; month 1 to 12, day may lie outside its month. */
int64_t mando_calendar_day(int32_t year, int month, int day);

/* Writes "2025-12-01T01:00:00", six decimals only where there is a fraction; a year outside 0 to 9999
 * has a sign and as many digits as it needs. Returns the length; a NUL follows. */
size_t mando_calendar_write(int64_t local_us, char text_out[MANDO_TIME_TEXT_SIZE]);

int mando_calendar_month_length(int32_t year, int month);
bool mando_calendar_is_leap(int32_t year);

#endif
