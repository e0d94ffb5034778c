#include "mando/forecast.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "random.h"

#define HOURS_MAX (24 * 40)

static int64_t starts_us[HOURS_MAX], ends_us[HOURS_MAX];
static double values[HOURS_MAX];

/* Hours from an instant on; the value is the local hour, and a hundred for each day since then. */
static struct mando_history hours(const struct mando_zone *zone, int64_t first_us, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        starts_us[i] = first_us + (int64_t)i * MANDO_HOUR_US;
        ends_us[i] = starts_us[i] + MANDO_HOUR_US;
        struct mando_calendar local = mando_zone_calendar(zone, starts_us[i]);
        int64_t day = (starts_us[i] + mando_zone_offset_us(zone, starts_us[i])) / MANDO_DAY_US;
        int64_t first = (first_us + mando_zone_offset_us(zone, first_us)) / MANDO_DAY_US;
        values[i] = (double)(100 * (day - first) + local.hour);
    }
    return (struct mando_history){count, starts_us, ends_us, values};
}

static struct mando_zone *berlin(void)
{
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    return zone;
}

static int64_t instant(const char *text)
{
    int64_t time_us = 0;
    CHECK_EQ(mando_time_parse(text, strlen(text), NULL, &time_us, NULL), MANDO_OK);
    return time_us;
}

TEST(persistence_is_the_same_hour_a_week_before)
{
    struct mando_zone *zone = berlin();
    int64_t first_us = instant("2025-11-01T00:00:00+01:00");
    struct mando_history history = hours(zone, first_us, 24 * 14);
    int64_t from_us = mando_zone_day_start_us(zone, first_us, 14);
    double quarters[96];
    CHECK_EQ(mando_forecast_persistence(&history, zone, from_us, from_us + MANDO_DAY_US,
                                        MANDO_HOUR_US / 4, quarters, NULL),
             MANDO_OK);
    for (size_t t = 0; t < 96; t++)
        CHECK_NEAR(quarters[t], 700 + (double)(t / 4), 0);
    values[24 * 7 + 5] = NAN; /* a week before is not whole, two weeks before is */
    CHECK_EQ(mando_forecast_persistence(&history, zone, from_us, from_us + MANDO_DAY_US,
                                        MANDO_HOUR_US / 4, quarters, NULL),
             MANDO_OK);
    CHECK_NEAR(quarters[40], 10, 0);
    mando_zone_free(zone);
}

TEST(persistence_keeps_to_the_wall_clock_over_days_of_23_and_25_hours)
{
    struct mando_zone *zone = berlin();
    double day[25];
    int64_t first_us = instant("2025-03-16T00:00:00+01:00"); /* 30 March has 23 hours */
    struct mando_history history = hours(zone, first_us, 24 * 24);
    int64_t from_us = mando_zone_day_start_us(zone, first_us, 14);
    int64_t to_us = mando_zone_day_start_us(zone, first_us, 15);
    CHECK_EQ(to_us - from_us, 23 * MANDO_HOUR_US);
    CHECK_EQ(mando_forecast_persistence(&history, zone, from_us, to_us, MANDO_HOUR_US, day, NULL),
             MANDO_OK);
    CHECK_NEAR(day[1], 701, 0);
    CHECK_NEAR(day[2], 703, 0); /* 03:00, after 01:00 */
    CHECK_NEAR(day[22], 723, 0);
    from_us = mando_zone_day_start_us(zone, first_us, 21); /* a week after the short day */
    CHECK_EQ(mando_forecast_persistence(&history, zone, from_us, from_us + MANDO_DAY_US,
                                        MANDO_HOUR_US, day, NULL),
             MANDO_OK);
    CHECK_NEAR(day[1], 1401, 0);
    CHECK_NEAR(day[2], 1401, 0); /* 02:00 was not there */
    CHECK_NEAR(day[3], 1403, 0);
    first_us = instant("2025-10-19T00:00:00+02:00"); /* 26 October has 25 hours */
    history = hours(zone, first_us, 24 * 7);
    from_us = mando_zone_day_start_us(zone, first_us, 7);
    to_us = mando_zone_day_start_us(zone, first_us, 8);
    CHECK_EQ(to_us - from_us, 25 * MANDO_HOUR_US);
    CHECK_EQ(mando_forecast_persistence(&history, zone, from_us, to_us, MANDO_HOUR_US, day, NULL),
             MANDO_OK);
    CHECK_NEAR(day[2], 2, 0);
    CHECK_NEAR(day[3], 2, 0); /* 02:00 twice */
    CHECK_NEAR(day[24], 23, 0);
    mando_zone_free(zone);
}

TEST(persistence_without_a_whole_day_is_refused)
{
    struct mando_error error = {0};
    double day[24];
    struct mando_history history = hours(NULL, 0, 24 * 6);
    CHECK_EQ(mando_forecast_persistence(&history, NULL, 7 * MANDO_DAY_US + MANDO_DAY_US,
                                        9 * MANDO_DAY_US, MANDO_HOUR_US, day, &error),
             MANDO_OK);
    CHECK_EQ(mando_forecast_persistence(&history, NULL, 40 * MANDO_DAY_US, 41 * MANDO_DAY_US,
                                        MANDO_HOUR_US, day, &error),
             MANDO_NOT_FOUND);
    CHECK_TEXT(error.code, "forecast.history");
    CHECK_EQ(mando_forecast_persistence(&history, NULL, 8 * MANDO_DAY_US, 9 * MANDO_DAY_US,
                                        7 * MANDO_HOUR_US, day, &error),
             MANDO_INVALID);
    CHECK_TEXT(error.code, "forecast.step");
}

TEST(scores_are_what_their_definitions_say)
{
    const double forecast[] = {1, 2, 3, 4}, actual[] = {1, 4, 3, 0};
    CHECK_NEAR(mando_score_mae(forecast, actual, 4), 1.5, 1e-15);
    CHECK_NEAR(mando_score_rmse(forecast, actual, 4), sqrt(5), 1e-15);
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct random random = {seed};
        size_t count = 1 + random_below(&random, 30);
        double members[30], actual_value = random_between(&random, -3, 3), distance = 0, spread = 0;
        for (size_t i = 0; i < count; i++)
            members[i] = random_between(&random, -5, 5);
        for (size_t i = 0; i < count; i++) {
            distance += fabs(members[i] - actual_value);
            for (size_t k = 0; k < count; k++)
                spread += fabs(members[i] - members[k]);
        }
        double n = (double)count;
        CHECK_NEAR(mando_score_crps(members, count, actual_value),
                   distance / n - spread / (2 * n * n), 1e-12);
    }
}
