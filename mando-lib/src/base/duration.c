#include <stdio.h>

#include "base/calendar.h"
#include "base/time_scan.h"
#include "base/zone.h"

#define MINUTE_US (60 * MANDO_SECOND_US)
#define PIECE_SIZE 24 /* any number with its letter */

enum { MONTHS, DAYS, TIME, PARTS };

struct unit {
    char letter;
    int part;
    int64_t size;
};

static const struct unit DATE_UNITS[] = {
    {'Y', MONTHS, 12}, {'M', MONTHS, 1}, {'W', DAYS, 7}, {'D', DAYS, 1}};
static const struct unit TIME_UNITS[] = {
    {'H', TIME, MANDO_HOUR_US}, {'M', TIME, MINUTE_US}, {'S', TIME, MANDO_SECOND_US}};
static const int64_t PART_MAX[PARTS] = {INT32_MAX, INT32_MAX, INT64_MAX};

/* Steps over a number with this letter, where they stand there: "15M", "0.5S". */
static bool try_number(struct mando_scan *scan, char letter, int64_t *count_out,
                       int *microseconds_out)
{
    struct mando_scan ahead = *scan;
    *microseconds_out = 0;
    if (!mando_scan_count(&ahead, INT64_MAX, count_out, "a number"))
        return false;
    if (letter == 'S' && mando_scan_try(&ahead, '.')
        && !mando_scan_microseconds(&ahead, microseconds_out))
        return false;
    if (!mando_scan_try(&ahead, letter))
        return false;
    *scan = ahead;
    return true;
}

/* Numbers with these units, in their order, each at most once; any may be missing, but not all. */
static bool scan_units(struct mando_scan *scan, const struct unit *units, size_t unit_count,
                       const char *expected, int64_t parts[PARTS])
{
    size_t before = scan->at;
    for (size_t i = 0; i < unit_count; i++) {
        int64_t count, *part = &parts[units[i].part];
        int microseconds;
        size_t start = scan->at;
        if (!try_number(scan, units[i].letter, &count, &microseconds))
            continue;
        if (count > (PART_MAX[units[i].part] - *part - microseconds) / units[i].size)
            return mando_scan_miss(scan, start, "a smaller number");
        *part += count * units[i].size + microseconds;
    }
    return scan->at > before || mando_scan_miss(scan, before, expected);
}

bool mando_scan_duration(struct mando_scan *scan, struct mando_duration *duration_out)
{
    int64_t parts[PARTS] = {0};
    int sign = mando_scan_try(scan, '-') ? -1 : 1;
    if (!mando_scan_byte(scan, 'P', "\"P\""))
        return false;
    bool time_alone = !mando_scan_at_end(scan) && scan->text[scan->at] == 'T';
    if (!time_alone
        && !scan_units(scan, DATE_UNITS, 4, "a number with Y, M, W or D, or \"T\",", parts))
        return false;
    if (mando_scan_try(scan, 'T')
        && !scan_units(scan, TIME_UNITS, 3, "a number with H, M or S", parts))
        return false;
    *duration_out = (struct mando_duration){(int32_t)parts[MONTHS] * sign,
                                            (int32_t)parts[DAYS] * sign, parts[TIME] * sign};
    return true;
}

enum mando_status mando_duration_parse(const char *text, size_t length,
                                       struct mando_duration *duration_out,
                                       struct mando_error *error)
{
    struct mando_scan scan = mando_scan_start(text, length);
    struct mando_duration duration;
    if (!mando_scan_duration(&scan, &duration)
        || !mando_scan_end(&scan, "the next unit or the end"))
        return mando_time_miss(&scan, "ISO 8601 duration", MANDO_E_DURATION_FORMAT, error);
    *duration_out = duration;
    return MANDO_OK;
}

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

static char *write_unit(char *end, uint64_t count, char letter)
{
    if (!count)
        return end;
    return end + snprintf(end, PIECE_SIZE, "%llu%c", (unsigned long long)count, letter);
}

static char *write_seconds(char *end, uint64_t time_us)
{
    uint64_t fraction = time_us % MANDO_SECOND_US;
    if (!fraction)
        return write_unit(end, time_us / MANDO_SECOND_US, 'S');
    end += snprintf(end, PIECE_SIZE, "%llu.%06llu", (unsigned long long)(time_us / MANDO_SECOND_US),
                    (unsigned long long)fraction);
    while (end[-1] == '0')
        end--;
    *end++ = 'S';
    return end;
}

void mando_duration_format(struct mando_duration duration, char text_out[MANDO_TIME_TEXT_SIZE])
{
    uint64_t months = magnitude(duration.months), time_us = magnitude(duration.time_us);
    char *end = text_out;
    if (duration.months < 0 || duration.days < 0 || duration.time_us < 0)
        *end++ = '-';
    *end++ = 'P';
    end = write_unit(end, months / 12, 'Y');
    end = write_unit(end, months % 12, 'M');
    end = write_unit(end, magnitude(duration.days), 'D');
    if (time_us) {
        *end++ = 'T';
        end = write_unit(end, time_us / MANDO_HOUR_US, 'H');
        end = write_unit(end, time_us % MANDO_HOUR_US / MINUTE_US, 'M');
        end = write_seconds(end, time_us % MINUTE_US);
    } else if (end[-1] == 'P') {
        *end++ = 'T';
        *end++ = '0';
        *end++ = 'S';
    }
    *end = '\0';
}

/* Moves a date by months, its day capped at the month's last, then by days. False outside the years
 * 0 to 10000, which leaves room for zones at both ends. */
static bool move_day(int64_t *day, const struct mando_duration *duration)
{
    struct mando_calendar date = mando_calendar_of(*day * MANDO_DAY_US);
    int64_t month = (int64_t)date.year * 12 + date.month - 1 + duration->months;
    if (month < 0 || month >= INT64_C(10001) * 12)
        return false;
    int32_t year = (int32_t)(month / 12);
    int month_length = mando_calendar_month_length(year, (int)(month % 12) + 1);
    int month_day = date.day < month_length ? date.day : month_length;
    *day = mando_calendar_day(year, (int)(month % 12) + 1, month_day) + duration->days;
    return *day >= mando_calendar_day(0, 1, 1) && *day < mando_calendar_day(10001, 1, 1);
}

static enum mando_status fail_range(int64_t time_us, struct mando_duration duration,
                                    struct mando_error *error)
{
    char time[MANDO_TIME_TEXT_SIZE], step[MANDO_TIME_TEXT_SIZE];
    mando_time_format(time_us, time);
    mando_duration_format(duration, step);
    return mando_fail(error, MANDO_E_TIME_RANGE, -1, "%s and %s is outside the years 1 to 9999",
                      time, step);
}

bool mando_time_move(int64_t *time_us, struct mando_duration duration,
                     const struct mando_zone *zone, bool to_day_start)
{
    int64_t result_us = *time_us;
    if (!mando_time_is_valid(result_us))
        return false;
    if (duration.months || duration.days) {
        int64_t local_us = result_us + mando_zone_offset_us(zone, result_us);
        int64_t day = mando_calendar_day_of(local_us);
        int64_t clock_us = to_day_start ? 0 : local_us - day * MANDO_DAY_US;
        if (!move_day(&day, &duration))
            return false;
        struct mando_zone_wall wall = mando_zone_wall_of(zone, day * MANDO_DAY_US + clock_us);
        result_us = to_day_start ? wall.reached_us : wall.first_us;
    }
    if (__builtin_add_overflow(result_us, duration.time_us, &result_us)
        || !mando_time_is_valid(result_us))
        return false;
    *time_us = result_us;
    return true;
}

enum mando_status mando_time_add(int64_t time_us, struct mando_duration duration,
                                 const struct mando_zone *zone, int64_t *time_us_out,
                                 struct mando_error *error)
{
    int64_t result_us = time_us;
    if (!mando_time_move(&result_us, duration, zone, false))
        return fail_range(time_us, duration, error);
    *time_us_out = result_us;
    return MANDO_OK;
}
