#include "base/calendar.h"
#include "base/time_scan.h"
#include "base/zone.h"

#define DAYS_MAX 4000000 /* more than the years 1 to 9999 have */

static enum mando_status miss(const struct mando_scan *scan, struct mando_error *error)
{
    return mando_time_miss(scan, "time", MANDO_E_TIME_FORMAT, error);
}

/* +P1D or -PT2H, where there is one. */
static bool scan_step(struct mando_scan *scan, struct mando_duration *step_out)
{
    *step_out = (struct mando_duration){0};
    if (mando_scan_at_end(scan))
        return true;
    int sign = mando_scan_try(scan, '-') ? -1 : 1;
    if (sign > 0 && !mando_scan_byte(scan, '+', "\"+\", \"-\" or the end"))
        return false;
    if (mando_scan_at_end(scan) || scan->text[scan->at] != 'P')
        return mando_scan_miss(scan, scan->at, "a duration such as PT2H");
    if (!mando_scan_duration(scan, step_out) || !mando_scan_end(scan, "the next unit or the end"))
        return false;
    step_out->months *= sign;
    step_out->days *= sign;
    step_out->time_us *= sign;
    return true;
}

/* The rest of `now` and `today`, whose steps of days lead to starts of days. */
static enum mando_status parse_step(struct mando_scan *scan, const struct mando_zone *zone,
                                    int64_t time_us, bool today, int64_t *time_us_out,
                                    struct mando_error *error)
{
    struct mando_duration step;
    if (!scan_step(scan, &step))
        return miss(scan, error);
    if (!mando_time_move(&time_us, step, zone, today))
        return mando_time_range(scan, error);
    *time_us_out = time_us;
    return MANDO_OK;
}

/* -1T12:57, what follows `D`. */
static bool scan_day(struct mando_scan *scan, int64_t *days_out, bool *has_clock_out,
                     int64_t *clock_us_out)
{
    int sign = mando_scan_try(scan, '-') ? -1 : mando_scan_try(scan, '+') ? 1 : 0;
    *days_out = *clock_us_out = 0;
    if (sign && !mando_scan_count(scan, DAYS_MAX, days_out, "a number of days"))
        return false;
    *days_out *= sign;
    *has_clock_out = mando_scan_try(scan, 'T');
    if (*has_clock_out && !mando_scan_clock(scan, clock_us_out))
        return false;
    return mando_scan_end(scan, *has_clock_out ? "the end" : "\"+\", \"-\", \"T\" or the end");
}

static enum mando_status parse_day(struct mando_scan *scan, const struct mando_zone *zone,
                                   int64_t today_us, int64_t *time_us_out,
                                   struct mando_error *error)
{
    int64_t days, clock_us;
    bool has_clock;
    if (!scan_day(scan, &days, &has_clock, &clock_us))
        return miss(scan, error);
    int64_t day = mando_calendar_day_of(today_us + mando_zone_offset_us(zone, today_us)) + days;
    int64_t local_us = day * MANDO_DAY_US + clock_us;
    struct mando_zone_wall wall = mando_zone_wall_of(zone, local_us);
    int64_t time_us = has_clock ? wall.first_us : wall.reached_us;
    if (!mando_time_is_valid(time_us))
        return mando_time_range(scan, error);
    if (has_clock && !wall.exists)
        return mando_zone_skipped(zone, local_us, 1, error);
    *time_us_out = time_us;
    return MANDO_OK;
}

enum mando_status mando_time_parse_relative(const char *text, size_t length,
                                            const struct mando_zone *zone, int64_t now_us,
                                            int64_t *time_us_out, struct mando_error *error)
{
    if (length && text[0] >= '0' && text[0] <= '9')
        return mando_time_parse(text, length, zone, time_us_out, error);
    struct mando_scan scan = mando_scan_start(text, length);
    int64_t today_us = mando_zone_day_start_us(zone, now_us, 0);
    if (mando_scan_word(&scan, "now"))
        return parse_step(&scan, zone, now_us, false, time_us_out, error);
    if (mando_scan_word(&scan, "today"))
        return parse_step(&scan, zone, today_us, true, time_us_out, error);
    if (mando_scan_try(&scan, 'D'))
        return parse_day(&scan, zone, today_us, time_us_out, error);
    (void)mando_scan_miss(&scan, 0, "an ISO 8601 time, \"now\", \"today\" or \"D\"");
    return miss(&scan, error);
}
