#include "base/calendar.h"

#include "check.h"

static int64_t local(int32_t year, int month, int day)
{
    return mando_calendar_day(year, month, day) * MANDO_DAY_US;
}

TEST(calendar_days_count_from_1970)
{
    CHECK_EQ(mando_calendar_day(1970, 1, 1), 0);
    CHECK_EQ(mando_calendar_day(1969, 12, 31), -1);
    CHECK_EQ(mando_calendar_day(2000, 3, 1), 11017);
    CHECK_EQ(mando_calendar_day(1, 1, 1), -719162);
    CHECK_EQ(mando_calendar_day(10000, 1, 1), 2932897);
    CHECK_EQ(local(1, 1, 1), MANDO_TIME_US_MIN);
    CHECK_EQ(local(10000, 1, 1) - 1, MANDO_TIME_US_MAX);
}

/* Counts day by day beside the formulas, from before the year 0 to after 9999. */
TEST(calendar_agrees_with_counting_every_day)
{
    int32_t year = -5;
    int month = 1, day = 1;
    int64_t count = mando_calendar_day(year, month, day);
    int weekday = mando_calendar_of(count * MANDO_DAY_US).weekday;
    while (year < 10002) {
        struct mando_calendar date = mando_calendar_of(count * MANDO_DAY_US);
        if (date.year != year || date.month != month || date.day != day || date.weekday != weekday
            || mando_calendar_day(year, month, day) != count)
            fail_msg("%d-%02d-%02d is wrong", (int)year, month, day);
        count++;
        weekday = weekday % 7 + 1;
        if (++day > mando_calendar_month_length(year, month)) {
            day = 1;
            month++;
        }
        if (month > 12) {
            month = 1;
            year++;
        }
    }
}

TEST(calendar_knows_leap_years)
{
    CHECK(mando_calendar_is_leap(2024));
    CHECK(mando_calendar_is_leap(2000));
    CHECK(!mando_calendar_is_leap(1900));
    CHECK(!mando_calendar_is_leap(2025));
    CHECK_EQ(mando_calendar_month_length(2024, 2), 29);
    CHECK_EQ(mando_calendar_month_length(2025, 2), 28);
    CHECK_EQ(mando_calendar_month_length(2025, 12), 31);
}

TEST(calendar_splits_the_clock_before_and_after_1970)
{
    struct mando_calendar date = mando_calendar_of(-1);
    CHECK_EQ(date.year, 1969);
    CHECK_EQ(date.hour, 23);
    CHECK_EQ(date.minute, 59);
    CHECK_EQ(date.second, 59);
    CHECK_EQ(date.microsecond, 999999);
    date = mando_calendar_of(local(2025, 12, 1) + 13 * MANDO_HOUR_US + 61 * MANDO_SECOND_US);
    CHECK_EQ(date.hour, 13);
    CHECK_EQ(date.minute, 1);
    CHECK_EQ(date.second, 1);
    CHECK_EQ(date.microsecond, 0);
    CHECK_EQ(date.weekday, 1);
}

TEST(calendar_weeks_belong_to_the_year_of_their_thursday)
{
    static const struct {
        int32_t year;
        int month, day, week_year, week;
    } CASES[] = {{2024, 12, 29, 2024, 52}, {2024, 12, 30, 2025, 1},  {2025, 12, 28, 2025, 52},
                 {2025, 12, 29, 2026, 1},  {2026, 12, 31, 2026, 53}, {2027, 1, 3, 2026, 53},
                 {2027, 1, 4, 2027, 1},    {2021, 1, 1, 2020, 53},   {1970, 1, 1, 1970, 1}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int64_t last_us = local(CASES[i].year, CASES[i].month, CASES[i].day) + MANDO_DAY_US - 1;
        struct mando_calendar date = mando_calendar_of(last_us);
        CHECK_EQ(date.week_year, CASES[i].week_year);
        CHECK_EQ(date.week, CASES[i].week);
    }
}

TEST(calendar_takes_every_number_of_microseconds)
{
    char text[MANDO_TIME_TEXT_SIZE];
    CHECK_EQ(mando_calendar_of(INT64_MAX).year, 294247);
    CHECK_EQ(mando_calendar_of(INT64_MIN).year, -290308);
    CHECK_EQ(mando_calendar_write(INT64_MAX, text), 29);
    CHECK_TEXT(text, "+294247-01-10T04:00:54.775807");
    (void)mando_calendar_write(INT64_MIN, text);
    CHECK_TEXT(text, "-290308-12-21T19:59:05.224192");
}
