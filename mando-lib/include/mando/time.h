/* mando/time.h: instants, durations and time zones.
 *
 * An instant is int64_t microseconds since 1970-01-01T00:00:00Z, without leap seconds, in the years
 * 1 to 9999. Nothing here reads the environment or the C library's zone. */
#ifndef MANDO_TIME_H
#define MANDO_TIME_H

#include "mando/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MANDO_SECOND_US INT64_C(1000000)
#define MANDO_HOUR_US (3600 * MANDO_SECOND_US)
#define MANDO_DAY_US (24 * MANDO_HOUR_US)

/* Room for any text that a function here writes, its NUL included. */
#define MANDO_TIME_TEXT_SIZE 64

/* Immutable once opened: any number of threads may share one. NULL is UTC everywhere below. */
struct mando_zone;

/* A calendar duration: months, then days of the zone, then exact time; all of one sign or zero. */
struct mando_duration {
    int32_t months, days;
    int64_t time_us;
};

/* The fields of a local time. Weeks are those of ISO 8601: they begin on Monday and belong to the
 * year of their Thursday. */
struct mando_calendar {
    int32_t year;
    int month, day; /* from 1 */
    int weekday;    /* Monday = 1, Sunday = 7 */
    int hour, minute, second, microsecond;
    int32_t week_year;
    int week; /* 1 to 53 */
};

/* Opens an IANA zone ("Europe/Berlin", "UTC") from the TZif files of `folder`; NULL = the system's.
 * "UTC" and "Etc/UTC" need no file. *zone_out is the caller's, mando_zone_free.
 * MANDO_NOT_FOUND (zone.unknown), MANDO_CORRUPT (zone.corrupt), MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_zone_open(const char *name, const char *folder,
                                            struct mando_zone **zone_out,
                                            struct mando_error *error);
MANDO_API void mando_zone_free(struct mando_zone *zone);

/* The name it was opened by; borrowed. */
MANDO_API const char *mando_zone_name(const struct mando_zone *zone);

/* Local time less UTC at an instant, in microseconds: +3600e6 for CET. */
MANDO_API int64_t mando_zone_offset_us(const struct mando_zone *zone, int64_t time_us);

/* The instant of a wall-clock time, given as microseconds since 1970-01-01T00:00:00 local.
 * Where clocks went back, occurrence 0 is the earlier instant and 1 the later one.
 * MANDO_INVALID: time.nonexistent where they went forward over it, time.range. */
MANDO_API enum mando_status mando_zone_instant(const struct mando_zone *zone, int64_t local_us,
                                               int occurrence, int64_t *time_us_out,
                                               struct mando_error *error);

/* The local date and clock of an instant. */
MANDO_API struct mando_calendar mando_zone_calendar(const struct mando_zone *zone, int64_t time_us);

/* The start of the delivery day that holds time_us, and of the day `days` after it: local midnight,
 * or the first instant after it where clocks skip midnight. Days have 23, 24 or 25 hours; a day that
 * a zone skipped is empty. Beyond the years 1 to 9999 it answers their ends. */
MANDO_API int64_t mando_zone_day_start_us(const struct mando_zone *zone, int64_t time_us,
                                          int32_t days);

/* Reads one ISO 8601 instant, the whole of text: YYYY-MM-DDTHH:MM[:SS[.f]] with Z or an offset
 * (+HH:MM, +HHMM, +HH), at most six decimals; 24:00 is the end of the day, second 60 is refused.
 * A date alone is the start of that day in `zone`.
 * MANDO_INVALID: time.format, time.range, time.nonexistent (a day that the zone skipped);
 * error->column counts from 1. */
MANDO_API enum mando_status mando_time_parse(const char *text, size_t length,
                                             const struct mando_zone *zone, int64_t *time_us_out,
                                             struct mando_error *error);

/* The same, or relative to now_us: `now`, `today`, `D`, `D-1`, `D+1T12:57`, `now-PT2H`,
 * `today+P1D`; days and wall clocks are those of `zone`, `D` and `today` the start of the day that
 * holds now_us. A wall clock that is there twice is the earlier instant; one that was skipped is
 * time.nonexistent. */
MANDO_API enum mando_status mando_time_parse_relative(const char *text, size_t length,
                                                      const struct mando_zone *zone, int64_t now_us,
                                                      int64_t *time_us_out,
                                                      struct mando_error *error);

/* Reads an ISO 8601 duration: PT15M, PT1H, P1D, P1M, P1Y, P1W, PT0.5S; a leading minus negates.
 * Units stand in the order Y M W D T H M S, each at most once; only seconds have decimals.
 * MANDO_INVALID (duration.format). */
MANDO_API enum mando_status mando_duration_parse(const char *text, size_t length,
                                                 struct mando_duration *duration_out,
                                                 struct mando_error *error);

/* Writes the usual form, large units first and zeros left out ("PT15M", "PT1H30M", "P1D", "PT0S");
 * mando_duration_parse reads it back. */
MANDO_API void mando_duration_format(struct mando_duration duration,
                                     char text_out[MANDO_TIME_TEXT_SIZE]);

/* time_us plus a duration: months (the day is capped at the month's last) and days move the wall
 * clock of `zone`; one that is skipped moves forward with it, of one that is there twice it is the
 * earlier instant. MANDO_INVALID (time.range). */
MANDO_API enum mando_status mando_time_add(int64_t time_us, struct mando_duration duration,
                                           const struct mando_zone *zone, int64_t *time_us_out,
                                           struct mando_error *error);

/* UTC with Z, six decimals only where there is a fraction: "2025-12-01T00:00:00Z". A year outside 0
 * to 9999 has a sign. */
MANDO_API void mando_time_format(int64_t time_us, char text_out[MANDO_TIME_TEXT_SIZE]);

/* Local time with its offset: "2025-12-01T01:00:00+01:00"; historic offsets may end in seconds. */
MANDO_API void mando_zone_format(const struct mando_zone *zone, int64_t time_us,
                                 char text_out[MANDO_TIME_TEXT_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
