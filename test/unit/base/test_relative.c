#include "base/calendar.h"
#include "check.h"
#include "mando/time.h"

/* Monday, 00:30 in Berlin and the day before in UTC. */
static const char NOW[] = "2025-11-23T23:30:15.25Z";

static int64_t now_us(void)
{
    int64_t time_us = 0;
    CHECK_EQ(mando_time_parse(NOW, sizeof NOW - 1, NULL, &time_us, NULL), MANDO_OK);
    return time_us;
}

static struct mando_zone *zone_of(const char *name)
{
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open(name, NULL, &zone, NULL), MANDO_OK);
    return zone;
}

static void check_at(const struct mando_zone *zone, int64_t now, const char *text,
                     const char *expected)
{
    int64_t time_us = 0;
    char shown[MANDO_TIME_TEXT_SIZE];
    struct mando_error error;
    if (mando_time_parse_relative(text, strlen(text), zone, now, &time_us, &error) != MANDO_OK)
        fail_msg("%s", error.message);
    mando_zone_format(zone, time_us, shown);
    CHECK_TEXT(shown, expected);
}

static void check(const struct mando_zone *zone, const char *text, const char *expected)
{
    check_at(zone, now_us(), text, expected);
}

static void refused(const struct mando_zone *zone, int64_t now, const char *text, const char *code,
                    int64_t column)
{
    int64_t time_us = 42;
    struct mando_error error;
    if (mando_time_parse_relative(text, strlen(text), zone, now, &time_us, &error) != MANDO_INVALID)
        fail_msg("\"%s\" is not refused", text);
    CHECK_TEXT(error.code, code);
    if (error.column != column)
        fail_msg("%s: column %d, not %d", error.message, (int)error.column, (int)column);
    CHECK_EQ(time_us, 42);
}

static void malformed(const char *text, int64_t column)
{
    refused(NULL, 0, text, "time.format", column);
}

TEST(relative_times_count_days_of_the_zone)
{
    struct mando_zone *zone = zone_of("Europe/Berlin");
    check(zone, "now", "2025-11-24T00:30:15.250000+01:00");
    check(zone, "today", "2025-11-24T00:00:00+01:00");
    check(zone, "D", "2025-11-24T00:00:00+01:00");
    check(zone, "D-1", "2025-11-23T00:00:00+01:00");
    check(zone, "D+1", "2025-11-25T00:00:00+01:00");
    check(zone, "D+0", "2025-11-24T00:00:00+01:00");
    check(zone, "D-30", "2025-10-25T00:00:00+02:00");
    check(NULL, "today", "2025-11-23T00:00:00+00:00");
    check(NULL, "D+1", "2025-11-24T00:00:00+00:00");
    mando_zone_free(zone);
}

TEST(relative_times_take_a_wall_clock)
{
    struct mando_zone *zone = zone_of("Europe/Berlin");
    check(zone, "D+1T12:57", "2025-11-25T12:57:00+01:00");
    check(zone, "D-1T12:57:30", "2025-11-23T12:57:30+01:00");
    check(zone, "DT06:00", "2025-11-24T06:00:00+01:00");
    check(zone, "DT24:00", "2025-11-25T00:00:00+01:00");
    check(zone, "D-1T00:00:00.5", "2025-11-23T00:00:00.500000+01:00");
    mando_zone_free(zone);
}

TEST(relative_times_take_a_step)
{
    struct mando_zone *zone = zone_of("Europe/Berlin");
    check(zone, "now-PT2H", "2025-11-23T22:30:15.250000+01:00");
    check(zone, "now+PT15M", "2025-11-24T00:45:15.250000+01:00");
    check(zone, "now-P1M", "2025-10-24T00:30:15.250000+02:00");
    check(zone, "today+P1D", "2025-11-25T00:00:00+01:00");
    check(zone, "today-P1M", "2025-10-24T00:00:00+02:00");
    check(zone, "today+P1DT6H", "2025-11-25T06:00:00+01:00");
    mando_zone_free(zone);
}

TEST(relative_times_include_the_absolute_ones)
{
    struct mando_zone *zone = zone_of("Europe/Berlin");
    check(zone, "2025-12-01", "2025-12-01T00:00:00+01:00");
    check(zone, "2025-12-01T00:00:00Z", "2025-12-01T01:00:00+01:00");
    refused(zone, 0, "2025-12-01T00:00", "time.format", 17);
    mando_zone_free(zone);
}

TEST(relative_wall_clocks_know_changes_of_the_clock)
{
    struct mando_zone *zone = zone_of("Europe/Berlin");
    int64_t spring_us = mando_calendar_day(2025, 3, 29) * MANDO_DAY_US + MANDO_DAY_US / 2;
    int64_t autumn_us = mando_calendar_day(2025, 10, 25) * MANDO_DAY_US + MANDO_DAY_US / 2;
    refused(zone, spring_us, "D+1T02:30", "time.nonexistent", 1);
    check_at(zone, spring_us, "D+1T03:00", "2025-03-30T03:00:00+02:00");
    check_at(zone, autumn_us, "D+1T02:30", "2025-10-26T02:30:00+02:00");
    check_at(zone, autumn_us, "D+2T00:00", "2025-10-27T00:00:00+01:00");
    mando_zone_free(zone);
    zone = zone_of("America/Sao_Paulo"); /* has no midnight on 2018-11-04 */
    int64_t sao_paulo_us = mando_calendar_day(2018, 11, 4) * MANDO_DAY_US + MANDO_DAY_US / 2;
    check_at(zone, sao_paulo_us, "D", "2018-11-04T01:00:00-02:00");
    check_at(zone, sao_paulo_us, "today+P1D", "2018-11-05T00:00:00-02:00");
    check_at(zone, sao_paulo_us, "today-P1D", "2018-11-03T00:00:00-03:00");
    check_at(zone, sao_paulo_us - MANDO_DAY_US, "today+P1D", "2018-11-04T01:00:00-02:00");
    refused(zone, sao_paulo_us, "DT00:00", "time.nonexistent", 1);
    mando_zone_free(zone);
}

TEST(relative_times_name_the_column_of_a_fault)
{
    malformed("", 1);
    malformed("yesterday", 1);
    malformed("d", 1);
    malformed("NOW", 1);
    malformed(" now", 1);
    malformed("-1", 1);
    malformed("no", 1);
    malformed("nowhere", 4);
    malformed("now ", 4);
    malformed("now+", 5);
    malformed("now-2H", 5);
    malformed("now--PT2H", 5);
    malformed("now-PT2", 7);
    malformed("now-PT2HX", 9);
    malformed("today1", 6);
    malformed("todayT12:00", 6);
    malformed("D1", 2);
    malformed("D ", 2);
    malformed("D+", 3);
    malformed("D-T12:57", 3);
    malformed("D--1", 3);
    malformed("D-1T", 5);
    malformed("D-1T1257", 7);
    malformed("D-1T24:01", 5);
    malformed("D-1T12:57Z", 10);
    malformed("D-1T12:57+01:00", 10);
    malformed("D+PT1H", 3);
    malformed("D+1+PT1H", 4);
    malformed("D+99999999999999999999", 3);
}

TEST(relative_times_stay_in_the_years_1_to_9999)
{
    refused(NULL, 0, "D+3000000", "time.range", 1);
    refused(NULL, 0, "D-4000000", "time.range", 1);
    refused(NULL, 0, "now+P9999Y", "time.range", 1);
    refused(NULL, 0, "today-P2000Y", "time.range", 1);
    refused(NULL, MANDO_TIME_US_MAX, "now+PT1H", "time.range", 1);
    refused(NULL, MANDO_TIME_US_MAX, "D+1", "time.range", 1);
    static const char *const NOWS[] = {"now", "now+P1D", "now-PT1H", "D+1"};
    struct mando_zone *east = zone_of("Pacific/Kiritimati");
    for (size_t i = 0; i < sizeof NOWS / sizeof *NOWS; i++)
        refused(east, INT64_MAX, NOWS[i], "time.range", 1);
    refused(east, INT64_MIN, "now+P1D", "time.range", 1);
    mando_zone_free(east);
    check_at(NULL, MANDO_TIME_US_MAX, "D", "9999-12-31T00:00:00+00:00");
    check_at(NULL, MANDO_TIME_US_MIN, "D", "0001-01-01T00:00:00+00:00");
}

TEST(relative_times_say_what_is_possible)
{
    int64_t time_us;
    struct mando_error error;
    (void)mando_time_parse_relative("tomorrow", 8, NULL, 0, &time_us, &error);
    CHECK_TEXT(error.message, "\"tomorrow\" is no time: an ISO 8601 time, \"now\", \"today\" or "
                              "\"D\" is expected at column 1");
}
