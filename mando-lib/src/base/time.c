#include "mando/time.h"

#include "base/calendar.h"
#include "base/fail.h"
#include "base/time_scan.h"
#include "base/zone.h"

/* YYYY-MM-DD, as a day since 1970-01-01. */
static bool scan_date(struct mando_scan *scan, int64_t *day_out)
{
    int year, month, day;
    if (!mando_scan_number(scan, 4, 0, 9999, &year, "a year of four digits")
        || !mando_scan_byte(scan, '-', "\"-\"")
        || !mando_scan_number(scan, 2, 1, 12, &month, "a month from 01 to 12")
        || !mando_scan_byte(scan, '-', "\"-\"")
        || !mando_scan_number(scan, 2, 1, mando_calendar_month_length(year, month), &day,
                              "a day of that month"))
        return false;
    *day_out = mando_calendar_day(year, month, day);
    return true;
}

/* Seconds and their decimals, where they are there. */
static bool scan_seconds(struct mando_scan *scan, int *second_out, int *microsecond_out)
{
    *second_out = *microsecond_out = 0;
    if (!mando_scan_try(scan, ':'))
        return true;
    return mando_scan_number(scan, 2, 0, 59, second_out, "seconds from 00 to 59")
           && (!mando_scan_try(scan, '.') || mando_scan_microseconds(scan, microsecond_out));
}

bool mando_scan_clock(struct mando_scan *scan, int64_t *clock_us_out)
{
    int hour, minute, second, microsecond;
    size_t start = scan->at;
    if (!mando_scan_number(scan, 2, 0, 24, &hour, "an hour from 00 to 24")
        || !mando_scan_byte(scan, ':', "\":\"")
        || !mando_scan_number(scan, 2, 0, 59, &minute, "minutes from 00 to 59")
        || !scan_seconds(scan, &second, &microsecond))
        return false;
    if (hour == 24 && (minute || second || microsecond))
        return mando_scan_miss(scan, start, "an hour up to 23, or 24:00,");
    *clock_us_out = ((hour * 60 + minute) * 60 + second) * MANDO_SECOND_US + microsecond;
    return true;
}

/* Z, +HH:MM, +HHMM or +HH. */
static bool scan_offset(struct mando_scan *scan, int64_t *offset_us_out)
{
    int hours, minutes = 0;
    *offset_us_out = 0;
    if (mando_scan_try(scan, 'Z'))
        return true;
    bool negative = mando_scan_try(scan, '-');
    if (!negative && !mando_scan_byte(scan, '+', "Z or an offset such as +01:00"))
        return false;
    if (!mando_scan_number(scan, 2, 0, 23, &hours, "hours of the offset from 00 to 23"))
        return false;
    bool has_minutes = mando_scan_try(scan, ':') || !mando_scan_at_end(scan);
    if (has_minutes && !mando_scan_number(scan, 2, 0, 59, &minutes, "minutes of the offset"))
        return false;
    int64_t offset_us = (hours * 60 + minutes) * 60 * MANDO_SECOND_US;
    *offset_us_out = negative ? -offset_us : offset_us;
    return true;
}

enum mando_status mando_time_miss(const struct mando_scan *scan, const char *kind,
                                  enum mando_error_code code, struct mando_error *error)
{
    char quote[MANDO_QUOTE_SIZE];
    return mando_fail_at(error, code, NULL, 0, (int64_t)scan->at + 1,
                         "\"%s\" is no %s: %s is expected at column %zu",
                         mando_scan_quote(scan, quote), kind, scan->expected, scan->at + 1);
}

enum mando_status mando_time_range(const struct mando_scan *scan, struct mando_error *error)
{
    char quote[MANDO_QUOTE_SIZE];
    return mando_fail_at(error, MANDO_E_TIME_RANGE, NULL, 0, 1,
                         "\"%s\" is outside the years 1 to 9999", mando_scan_quote(scan, quote));
}

/* The first instant of a day, its midnight but where clocks skip that. */
static bool start_of_day(const struct mando_zone *zone, int64_t day, int64_t *time_us_out)
{
    int64_t time_us = mando_zone_wall_of(zone, day * MANDO_DAY_US).reached_us;
    *time_us_out = time_us;
    return mando_calendar_day_of(time_us + mando_zone_offset_us(zone, time_us)) == day;
}

enum mando_status mando_time_parse(const char *text, size_t length, const struct mando_zone *zone,
                                   int64_t *time_us_out, struct mando_error *error)
{
    struct mando_scan scan = mando_scan_start(text, length);
    int64_t day, clock_us, offset_us, time_us;
    if (!scan_date(&scan, &day))
        return mando_time_miss(&scan, "ISO 8601 time", MANDO_E_TIME_FORMAT, error);
    if (mando_scan_at_end(&scan)) {
        if (!start_of_day(zone, day, &time_us))
            return mando_zone_skipped(zone, day * MANDO_DAY_US, 1, error);
    } else {
        if (!mando_scan_byte(&scan, 'T', "\"T\" or the end") || !mando_scan_clock(&scan, &clock_us)
            || !scan_offset(&scan, &offset_us) || !mando_scan_end(&scan, "the end"))
            return mando_time_miss(&scan, "ISO 8601 time", MANDO_E_TIME_FORMAT, error);
        time_us = day * MANDO_DAY_US + clock_us - offset_us;
    }
    if (!mando_time_is_valid(time_us))
        return mando_time_range(&scan, error);
    *time_us_out = time_us;
    return MANDO_OK;
}

void mando_time_format(int64_t time_us, char text_out[MANDO_TIME_TEXT_SIZE])
{
    size_t length = mando_calendar_write(time_us, text_out);
    text_out[length] = 'Z';
    text_out[length + 1] = '\0';
}
