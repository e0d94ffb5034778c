#include "base/calendar.h"

#include <stdio.h>

/* The calendar repeats after 400 years. Counted from 1 March of a year long before any int64_t of
 * microseconds, years end with their leap day and every number below is positive. */
#define CYCLE_YEARS 400
#define CYCLE_DAYS 146097
#define ORIGIN_CYCLES 1000
#define ORIGIN_YEAR (CYCLE_YEARS * ORIGIN_CYCLES)
#define ORIGIN_DAY ((int64_t)CYCLE_DAYS * ORIGIN_CYCLES + 719468) /* 719468: 0000-03-01 to 1970 */

bool mando_calendar_is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int mando_calendar_month_length(int32_t year, int month)
{
    static const int8_t LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return LENGTHS[month - 1] + (month == 2 && mando_calendar_is_leap(year));
}

int64_t mando_calendar_day(int32_t year, int month, int day)
{
    uint32_t y = (uint32_t)(year + ORIGIN_YEAR - (month <= 2));
    uint32_t m = (uint32_t)(month <= 2 ? month + 9 : month - 3);
    /* Months from March have 31, 30, 31, 30, 31 days, five by five. */
    uint32_t day_of_year = (153 * m + 2) / 5;
    int64_t days = (int64_t)y * 365 + y / 4 - y / 100 + y / 400 + day_of_year;
    return days + day - 1 - ORIGIN_DAY;
}

int64_t mando_calendar_day_of(int64_t local_us)
{
    return local_us / MANDO_DAY_US - (local_us % MANDO_DAY_US < 0);
}

/* Days since Monday, 0 to 6; 1970-01-01 was a Thursday. */
static int weekday_of(int64_t day)
{
    return (int)((day + 3) % 7 + 7) % 7;
}

static struct mando_calendar date_of(int64_t day)
{
    uint64_t count = (uint64_t)(day + ORIGIN_DAY);
    uint32_t in_cycle = (uint32_t)(count % CYCLE_DAYS);
    /* Leap days before in_cycle taken out, each of 365 days is a year. */
    uint32_t year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    uint32_t day_of_year = in_cycle - (year * 365 + year / 4 - year / 100);
    uint32_t month = (5 * day_of_year + 2) / 153;
    struct mando_calendar date = {.weekday = weekday_of(day) + 1};
    date.day = (int)(day_of_year - (153 * month + 2) / 5) + 1;
    date.month = (int)(month < 10 ? month + 3 : month - 9);
    date.year = (int32_t)((int64_t)(count / CYCLE_DAYS) * CYCLE_YEARS + year - ORIGIN_YEAR)
                + (date.month <= 2);
    return date;
}

static struct mando_calendar date_and_clock_of(int64_t local_us)
{
    struct mando_calendar result = date_of(mando_calendar_day_of(local_us));
    int64_t rest = local_us % MANDO_DAY_US;
    rest += rest < 0 ? MANDO_DAY_US : 0;
    int32_t seconds = (int32_t)(rest / MANDO_SECOND_US);
    result.microsecond = (int)(rest % MANDO_SECOND_US);
    result.hour = seconds / 3600;
    result.minute = seconds / 60 % 60;
    result.second = seconds % 60;
    return result;
}

struct mando_calendar mando_calendar_of(int64_t local_us)
{
    struct mando_calendar result = date_and_clock_of(local_us);
    int64_t thursday = mando_calendar_day_of(local_us) - result.weekday + 4;
    result.week_year = date_of(thursday).year;
    result.week = (int)((thursday - mando_calendar_day(result.week_year, 1, 1)) / 7) + 1;
    return result;
}

static char *write_digits(char *text, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        text[i] = (char)('0' + value % 10);
    return text + digits;
}

static char *write_two(char *text, char before, int value)
{
    *text = before;
    return write_digits(text + 1, value, 2);
}

size_t mando_calendar_write(int64_t local_us, char text_out[MANDO_TIME_TEXT_SIZE])
{
    struct mando_calendar date = date_and_clock_of(local_us);
    char *end = text_out;
    if (date.year >= 0 && date.year <= 9999)
        end = write_digits(end, date.year, 4);
    else
        end += snprintf(end, 12, "%+05d", (int)date.year);
    end = write_two(end, '-', date.month);
    end = write_two(end, '-', date.day);
    end = write_two(end, 'T', date.hour);
    end = write_two(end, ':', date.minute);
    end = write_two(end, ':', date.second);
    if (date.microsecond) {
        *end++ = '.';
        end = write_digits(end, date.microsecond, 6);
    }
    *end = '\0';
    return (size_t)(end - text_out);
}
