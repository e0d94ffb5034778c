#include "base/zone_rule.h"

#include "base/calendar.h"
#include "base/scan.h"
#include "mando/time.h"

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_quoted(char byte)
{
    return is_letter(byte) || (byte >= '0' && byte <= '9') || byte == '+' || byte == '-';
}

/* CET, or <+03>: at least three characters. */
static bool scan_name(struct mando_scan *scan)
{
    bool quoted = mando_scan_try(scan, '<');
    size_t start = scan->at;
    while (!mando_scan_at_end(scan)
           && (quoted ? is_quoted(scan->text[scan->at]) : is_letter(scan->text[scan->at])))
        scan->at++;
    if (scan->at - start < 3)
        return mando_scan_miss(scan, start, "a name of three letters or more");
    return !quoted || mando_scan_byte(scan, '>', "\">\"");
}

/* [+-]h[h[h]][:mm[:ss]] */
static bool scan_clock(struct mando_scan *scan, int64_t hours_max, int64_t *clock_us_out)
{
    bool negative = mando_scan_try(scan, '-');
    if (!negative)
        (void)mando_scan_try(scan, '+');
    int64_t hours;
    int minutes = 0, seconds = 0;
    if (!mando_scan_count(scan, hours_max, &hours, "hours"))
        return false;
    if (mando_scan_try(scan, ':')) {
        if (!mando_scan_number(scan, 2, 0, 59, &minutes, "minutes"))
            return false;
        if (mando_scan_try(scan, ':') && !mando_scan_number(scan, 2, 0, 59, &seconds, "seconds"))
            return false;
    }
    int64_t clock_us = ((hours * 60 + minutes) * 60 + seconds) * MANDO_SECOND_US;
    *clock_us_out = negative ? -clock_us : clock_us;
    return true;
}

/* POSIX counts offsets to the west. */
static bool scan_offset(struct mando_scan *scan, int64_t *offset_us_out)
{
    int64_t west_us;
    if (!scan_clock(scan, 24, &west_us))
        return false;
    *offset_us_out = -west_us;
    return true;
}

static bool scan_int(struct mando_scan *scan, int low, int high, int *value_out,
                     const char *expected)
{
    int64_t value;
    size_t start = scan->at;
    if (!mando_scan_count(scan, high, &value, expected))
        return false;
    if (value < low)
        return mando_scan_miss(scan, start, expected);
    *value_out = (int)value;
    return true;
}

/* Mm.w.d, Jn or n. */
static bool scan_day(struct mando_scan *scan, struct mando_zone_change *change)
{
    if (mando_scan_try(scan, 'M')) {
        change->kind = MANDO_DAY_OF_WEEK;
        return scan_int(scan, 1, 12, &change->month, "a month")
               && mando_scan_byte(scan, '.', "\".\"")
               && scan_int(scan, 1, 5, &change->week, "a week")
               && mando_scan_byte(scan, '.', "\".\"")
               && scan_int(scan, 0, 6, &change->wday, "a weekday");
    }
    if (mando_scan_try(scan, 'J')) {
        change->kind = MANDO_DAY_WITHOUT_LEAP;
        return scan_int(scan, 1, 365, &change->day, "a day of the year");
    }
    change->kind = MANDO_DAY_OF_YEAR;
    return scan_int(scan, 0, 365, &change->day, "a day of the year");
}

static bool scan_change(struct mando_scan *scan, struct mando_zone_change *change)
{
    change->clock_us = 2 * MANDO_HOUR_US;
    return mando_scan_byte(scan, ',', "\",\" and a date") && scan_day(scan, change)
           && (!mando_scan_try(scan, '/') || scan_clock(scan, 167, &change->clock_us));
}

static bool scan_daylight(struct mando_scan *scan, struct mando_zone_rule *rule)
{
    rule->has_daylight = true;
    rule->daylight_us = rule->standard_us + MANDO_HOUR_US;
    if (!scan_name(scan))
        return false;
    bool has_offset = !mando_scan_at_end(scan) && scan->text[scan->at] != ',';
    return (!has_offset || scan_offset(scan, &rule->daylight_us)) && scan_change(scan, &rule->start)
           && scan_change(scan, &rule->end);
}

const char *mando_zone_rule_read(const char *text, size_t length, struct mando_zone_rule *rule_out)
{
    struct mando_scan scan = mando_scan_start(text, length);
    struct mando_zone_rule rule = {0};
    if (scan_name(&scan) && scan_offset(&scan, &rule.standard_us)
        && (mando_scan_at_end(&scan) || scan_daylight(&scan, &rule))
        && mando_scan_end(&scan, "the end")) {
        *rule_out = rule;
        return NULL;
    }
    return scan.expected;
}

static int64_t day_of_week(const struct mando_zone_change *change, int32_t year)
{
    int64_t first = mando_calendar_day(year, change->month, 1);
    int first_wday = mando_calendar_of(first * MANDO_DAY_US).weekday % 7;
    int day = (change->wday - first_wday + 7) % 7 + 7 * (change->week - 1);
    return first + (day < mando_calendar_month_length(year, change->month) ? day : day - 7);
}

/* The change in local microseconds. */
static int64_t change_us(const struct mando_zone_change *change, int32_t year)
{
    int64_t day;
    if (change->kind == MANDO_DAY_OF_WEEK)
        day = day_of_week(change, year);
    else if (change->kind == MANDO_DAY_OF_YEAR)
        day = mando_calendar_day(year, 1, 1) + change->day;
    else
        day = mando_calendar_day(year, 1, 1) + change->day - 1
              + (change->day > 59 && mando_calendar_is_leap(year));
    return day * MANDO_DAY_US + change->clock_us;
}

void mando_zone_rule_daylight(const struct mando_zone_rule *rule, int32_t year,
                              int64_t *start_us_out, int64_t *end_us_out)
{
    int64_t start_us = change_us(&rule->start, year) - rule->standard_us;
    int64_t end_us = change_us(&rule->end, year) - rule->daylight_us;
    if (end_us < start_us) /* the south: over the turn of the year */
        end_us = change_us(&rule->end, year + 1) - rule->daylight_us;
    *start_us_out = start_us;
    *end_us_out = end_us;
}
