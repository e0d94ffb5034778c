#include "base/zone_rule.h"

#include "base/calendar.h"
#include "check.h"

#define HOUR MANDO_HOUR_US
#define MINUTE (60 * MANDO_SECOND_US)

static struct mando_zone_rule read_rule(const char *text)
{
    struct mando_zone_rule rule = {0};
    const char *expected = mando_zone_rule_read(text, strlen(text), &rule);
    if (expected)
        fail_msg("\"%s\" lacks %s", text, expected);
    return rule;
}

static int64_t at(int32_t year, int month, int day, int64_t clock_us)
{
    return mando_calendar_day(year, month, day) * MANDO_DAY_US + clock_us;
}

static void check_daylight(const char *text, int32_t year, int64_t start_us, int64_t end_us)
{
    struct mando_zone_rule rule = read_rule(text);
    int64_t start, end;
    mando_zone_rule_daylight(&rule, year, &start, &end);
    CHECK_EQ(start, start_us);
    CHECK_EQ(end, end_us);
}

TEST(zone_rule_without_daylight_time_is_an_offset)
{
    CHECK_EQ(read_rule("UTC0").standard_us, 0);
    CHECK_EQ(read_rule("EST5").standard_us, -5 * HOUR);
    CHECK_EQ(read_rule("JST-9").standard_us, 9 * HOUR);
    CHECK_EQ(read_rule("<+0545>-5:45").standard_us, 5 * HOUR + 45 * MINUTE);
    CHECK_EQ(read_rule("<-0930>+9:30").standard_us, -9 * HOUR - 30 * MINUTE);
    CHECK_EQ(read_rule("LMT-0:53:28").standard_us, 53 * MINUTE + 28 * MANDO_SECOND_US);
    CHECK_EQ(read_rule("LMT24:59:59").standard_us, -25 * HOUR + MANDO_SECOND_US);
    CHECK(!read_rule("EST5").has_daylight);
}

TEST(zone_rule_finds_the_last_sunday)
{
    const char *berlin = "CET-1CEST,M3.5.0,M10.5.0/3";
    check_daylight(berlin, 2025, at(2025, 3, 30, HOUR), at(2025, 10, 26, HOUR));
    check_daylight(berlin, 2026, at(2026, 3, 29, HOUR), at(2026, 10, 25, HOUR));
    check_daylight(berlin, 9999, at(9999, 3, 28, HOUR), at(9999, 10, 31, HOUR));
    CHECK_EQ(read_rule(berlin).daylight_us, 2 * HOUR);
}

TEST(zone_rule_counts_weeks_from_the_first_such_day)
{
    check_daylight("EST5EDT,M3.2.0,M11.1.0", 2025, at(2025, 3, 9, 7 * HOUR),
                   at(2025, 11, 2, 6 * HOUR));
    check_daylight("AAA0BBB,M2.4.5/0,M2.5.6/0", 2024, at(2024, 2, 23, 0),
                   at(2024, 2, 23, 23 * HOUR));
    check_daylight("AAA0BBB,M2.1.4/0,M2.5.4/0", 2024, at(2024, 2, 1, 0),
                   at(2024, 2, 28, 23 * HOUR));
}

TEST(zone_rule_of_the_south_runs_over_the_turn_of_the_year)
{
    check_daylight("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2025,
                   at(2025, 10, 5, 2 * HOUR - 10 * HOUR - 30 * MINUTE), at(2026, 4, 5, -9 * HOUR));
}

TEST(zone_rule_takes_hours_beyond_a_day_and_before_midnight)
{
    check_daylight("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2025, at(2025, 3, 30, HOUR),
                   at(2025, 10, 26, HOUR));
    check_daylight("IST-2IDT,M3.4.4/26,M10.5.0", 2025, at(2025, 3, 28, 0),
                   at(2025, 10, 25, 23 * HOUR));
    check_daylight("AAA0BBB0,M1.1.1/-167,M12.5.0/167:59:59", 2025, at(2024, 12, 30, HOUR),
                   at(2026, 1, 3, 24 * HOUR - MANDO_SECOND_US));
}

TEST(zone_rule_counts_days_of_the_year_with_and_without_leap_days)
{
    check_daylight("AAA0BBB,J59/0,J60/1", 2024, at(2024, 2, 28, 0), at(2024, 3, 1, 0));
    check_daylight("AAA0BBB,59/0,60/1", 2024, at(2024, 2, 29, 0), at(2024, 3, 1, 0));
    check_daylight("AAA0BBB,J1/0,J365/1", 2024, at(2024, 1, 1, 0), at(2024, 12, 31, 0));
    check_daylight("AAA0BBB,0/0,365/1", 2024, at(2024, 1, 1, 0), at(2024, 12, 31, 0));
    check_daylight("AAA0BBB,0/0,365/1", 2025, at(2025, 1, 1, 0), at(2026, 1, 1, 0));
}

TEST(zone_rule_refuses_everything_else)
{
    static const char *const TEXTS[] = {"",
                                        "C",
                                        "CE-1",
                                        "CET",
                                        "CET-",
                                        "CET-25",
                                        "CET-1:60",
                                        "CET-1:5",
                                        "CET-1:00:60",
                                        "CET-1CEST", /* needs its dates */
                                        "CET-1CEST,",
                                        "CET-1CEST,M3.5.0",
                                        "CET-1CEST,M3.5.0,",
                                        "CET-1CEST,M0.5.0,M10.5.0",
                                        "CET-1CEST,M13.5.0,M10.5.0",
                                        "CET-1CEST,M3.0.0,M10.5.0",
                                        "CET-1CEST,M3.6.0,M10.5.0",
                                        "CET-1CEST,M3.5.7,M10.5.0",
                                        "CET-1CEST,M3.5,M10.5.0",
                                        "CET-1CEST,J0,J365",
                                        "CET-1CEST,J1,J366",
                                        "CET-1CEST,0,366",
                                        "CET-1CEST,M3.5.0/168,M10.5.0",
                                        "CET-1CEST,M3.5.0/,M10.5.0",
                                        "CET-1CEST,M3.5.0/-168,M10.5.0",
                                        "CET-1CEST,M3.5.0,M10.5.0/3 ",
                                        "CET-1CE,M3.5.0,M10.5.0/3",
                                        "<+1>-1",
                                        "<+01-1",
                                        "<CET>",
                                        "<C T>-1",
                                        "C+1-1",
                                        ":Europe/Berlin",
                                        "CET-99999999999999999999",
                                        "CET-1CEST,M99999999999999999999.5.0,M10.5.0"};
    struct mando_zone_rule rule;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        if (!mando_zone_rule_read(TEXTS[i], strlen(TEXTS[i]), &rule))
            fail_msg("\"%s\" is not refused", TEXTS[i]);
}
