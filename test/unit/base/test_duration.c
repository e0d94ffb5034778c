#include <stdlib.h>

#include "base/calendar.h"
#include "case_count.h"
#include "check.h"
#include "mando/time.h"
#include "random.h"

#define MINUTE_US (60 * MANDO_SECOND_US)

static struct mando_duration parsed(const char *text)
{
    struct mando_duration duration = {0};
    struct mando_error error;
    if (mando_duration_parse(text, strlen(text), &duration, &error) != MANDO_OK)
        fail_msg("%s", error.message);
    return duration;
}

static void check_read(const char *text, int32_t months, int32_t days, int64_t time_us)
{
    struct mando_duration duration = parsed(text);
    CHECK_EQ(duration.months, months);
    CHECK_EQ(duration.days, days);
    CHECK_EQ(duration.time_us, time_us);
}

static void check_written(const char *text, const char *expected)
{
    char written[MANDO_TIME_TEXT_SIZE];
    mando_duration_format(parsed(text), written);
    CHECK_TEXT(written, expected);
}

static void refused(const char *text, int64_t column)
{
    struct mando_duration duration = {1, 2, 3};
    struct mando_error error;
    if (mando_duration_parse(text, strlen(text), &duration, &error) != MANDO_INVALID)
        fail_msg("\"%s\" is not refused", text);
    CHECK_TEXT(error.code, "duration.format");
    if (error.column != column)
        fail_msg("%s: column %d, not %d", error.message, (int)error.column, (int)column);
    CHECK_EQ(duration.months, 1);
    CHECK_EQ(duration.days, 2);
    CHECK_EQ(duration.time_us, 3);
}

TEST(duration_reads_months_days_and_exact_time_apart)
{
    check_read("PT15M", 0, 0, 15 * MINUTE_US);
    check_read("PT1H", 0, 0, MANDO_HOUR_US);
    check_read("P1D", 0, 1, 0);
    check_read("P1W", 0, 7, 0);
    check_read("P1M", 1, 0, 0);
    check_read("P1Y", 12, 0, 0);
    check_read("P1Y2M3W4DT5H6M7.25S", 14, 25, 5 * MANDO_HOUR_US + 6 * MINUTE_US + 7250000);
    check_read("PT0.5S", 0, 0, 500000);
    check_read("PT0.000001S", 0, 0, 1);
    check_read("P0D", 0, 0, 0);
    check_read("PT36H", 0, 0, 36 * MANDO_HOUR_US);
    check_read("-P1DT1H", 0, -1, -MANDO_HOUR_US);
    check_read("-P1Y1M", -13, 0, 0);
    check_read("PT0015M", 0, 0, 15 * MINUTE_US);
}

TEST(duration_writes_large_units_first_and_no_zeros)
{
    check_written("PT15M", "PT15M");
    check_written("PT60M", "PT1H");
    check_written("PT90M", "PT1H30M");
    check_written("PT3600.5S", "PT1H0.5S");
    check_written("PT24H", "PT24H"); /* is no day */
    check_written("P7D", "P7D");
    check_written("P1W", "P7D");
    check_written("P14M", "P1Y2M");
    check_written("PT0S", "PT0S");
    check_written("P0Y", "PT0S");
    check_written("-P1DT0.000010S", "-P1DT0.00001S");
    check_written("P1Y1M1DT1H1M1S", "P1Y1M1DT1H1M1S");
}

TEST(duration_writes_any_number_within_its_room)
{
    char text[MANDO_TIME_TEXT_SIZE];
    mando_duration_format((struct mando_duration){INT32_MIN, INT32_MIN, INT64_MIN}, text);
    CHECK_TEXT(text, "-P178956970Y8M2147483648DT2562047788H54.775808S");
    mando_duration_format((struct mando_duration){INT32_MAX, INT32_MAX, INT64_MAX}, text);
    CHECK_TEXT(text, "P178956970Y7M2147483647DT2562047788H54.775807S");
    check_written(text, text);
}

TEST(duration_names_the_column_of_a_fault)
{
    refused("", 1);
    refused("P", 2);
    refused("-", 2);
    refused("--P1D", 2);
    refused("+P1D", 1);
    refused("p1d", 1);
    refused("1D", 1);
    refused("P1", 2);
    refused("P1X", 2);
    refused("P-1D", 2);
    refused("P1.5D", 2);
    refused("P1DT", 5);
    refused("PT", 3);
    refused("PT15", 3);
    refused("PT15m", 3);
    refused("PT1.5H", 3);
    refused("PT1.5M", 3);
    refused("PT1.S", 3);
    refused("PT1,5S", 3);
    refused("PT1.0000001S", 3);
    refused("P15MT", 6);
    refused("P1H", 2);
    refused("PT1D", 3);
    refused("P1D1Y", 4);  /* out of order */
    refused("P1D1D", 4);  /* twice */
    refused("PT1M1H", 5); /* out of order */
    refused("P1D ", 4);
    refused("P1DT1HT1H", 7);
    refused("PT1H-P1D", 5);
}

TEST(duration_refuses_numbers_that_do_not_fit)
{
    check_read("P2147483647D", 0, INT32_MAX, 0);
    refused("P2147483648D", 2);
    refused("P306783379W", 2);
    check_read("P178956970Y7M", INT32_MAX, 0, 0);
    refused("P178956970Y8M", 12);
    check_read("PT9223372036854.775807S", 0, 0, INT64_MAX);
    refused("PT9223372036854.775808S", 3);
    refused("PT2562047788H1M", 14);
    refused("PT99999999999999999999H", 3);
    refused("PT9223372036854775807H", 3);
}

TEST(duration_reads_back_what_it_writes)
{
    struct random random = {7};
    print_message("seed %llu\n", (unsigned long long)random.state);
    for (size_t i = case_count(2000); i > 0; i--) {
        int sign = random_chance(&random, 0.5) ? 1 : -1;
        struct mando_duration duration = {
            (int32_t)(random_bits(&random) >> (33 + random_below(&random, 31))) * sign,
            (int32_t)(random_bits(&random) >> (33 + random_below(&random, 31))) * sign,
            (int64_t)(random_bits(&random) >> (1 + random_below(&random, 63))) * sign};
        char text[MANDO_TIME_TEXT_SIZE];
        mando_duration_format(duration, text);
        check_read(text, duration.months, duration.days, duration.time_us);
    }
}

static struct mando_zone *zone_of(const char *name)
{
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open(name, NULL, &zone, NULL), MANDO_OK);
    return zone;
}

static void check_add(const struct mando_zone *zone, const char *from, const char *step,
                      const char *expected)
{
    int64_t time_us = 0;
    char text[MANDO_TIME_TEXT_SIZE];
    CHECK_EQ(mando_time_parse(from, strlen(from), zone, &time_us, NULL), MANDO_OK);
    CHECK_EQ(mando_time_add(time_us, parsed(step), zone, &time_us, NULL), MANDO_OK);
    mando_zone_format(zone, time_us, text);
    CHECK_TEXT(text, expected);
}

TEST(time_add_caps_the_day_at_the_last_of_the_month)
{
    check_add(NULL, "2025-01-31", "P1M", "2025-02-28T00:00:00+00:00");
    check_add(NULL, "2024-01-31", "P1M", "2024-02-29T00:00:00+00:00");
    check_add(NULL, "2024-02-29", "P1Y", "2025-02-28T00:00:00+00:00");
    check_add(NULL, "2024-02-29", "P4Y", "2028-02-29T00:00:00+00:00");
    check_add(NULL, "2025-03-31", "-P1M", "2025-02-28T00:00:00+00:00");
    check_add(NULL, "2025-01-15", "-P13M", "2023-12-15T00:00:00+00:00");
    check_add(NULL, "2025-01-31T12:30Z", "P1M1DT1H", "2025-03-01T13:30:00+00:00");
    check_add(NULL, "1969-12-31T23:59:59.999999Z", "P1M", "1970-01-31T23:59:59.999999+00:00");
}

TEST(time_add_moves_the_wall_clock_by_days_and_the_instant_by_hours)
{
    struct mando_zone *zone = zone_of("Europe/Berlin");
    check_add(zone, "2025-03-29T12:00+01:00", "P1D", "2025-03-30T12:00:00+02:00");
    check_add(zone, "2025-03-29T12:00+01:00", "PT24H", "2025-03-30T13:00:00+02:00");
    check_add(zone, "2025-10-25", "P1D", "2025-10-26T00:00:00+02:00");
    check_add(zone, "2025-10-26", "P1D", "2025-10-27T00:00:00+01:00");
    check_add(zone, "2025-10-26", "PT24H", "2025-10-26T23:00:00+01:00");
    check_add(zone, "2025-10-27", "-P1D", "2025-10-26T00:00:00+02:00");
    check_add(zone, "2025-10-27", "-P1DT1H", "2025-10-25T23:00:00+02:00");
    check_add(zone, "2025-01-26", "P9M", "2025-10-26T00:00:00+02:00");
    mando_zone_free(zone);
}

TEST(time_add_moves_a_skipped_clock_forward_and_takes_the_earlier_of_two)
{
    struct mando_zone *zone = zone_of("Europe/Berlin");
    check_add(zone, "2025-03-29T02:30+01:00", "P1D", "2025-03-30T03:30:00+02:00");
    check_add(zone, "2025-03-31T02:30+02:00", "-P1D", "2025-03-30T03:30:00+02:00");
    check_add(zone, "2025-10-25T02:30+02:00", "P1D", "2025-10-26T02:30:00+02:00");
    check_add(zone, "2025-10-27T02:30+01:00", "-P1D", "2025-10-26T02:30:00+02:00");
    check_add(zone, "2025-10-26T02:30+01:00", "P0D", "2025-10-26T02:30:00+01:00");
    check_add(zone, "2025-10-26T02:30+01:00", "P1D", "2025-10-27T02:30:00+01:00");
    mando_zone_free(zone);
    zone = zone_of("Pacific/Apia");
    check_add(zone, "2011-12-29T10:00-10:00", "P1D", "2011-12-31T10:00:00+14:00");
    mando_zone_free(zone);
}

static void check_out_of_range(int64_t time_us, struct mando_duration duration,
                               const struct mando_zone *zone)
{
    int64_t result_us = 42;
    struct mando_error error;
    CHECK_EQ(mando_time_add(time_us, duration, zone, &result_us, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "time.range");
    CHECK_EQ(result_us, 42);
}

TEST(time_add_stays_in_the_years_1_to_9999)
{
    struct mando_zone *zone = zone_of("America/New_York");
    const struct mando_zone *zones[] = {NULL, zone};
    for (size_t i = 0; i < 2; i++) {
        check_out_of_range(MANDO_TIME_US_MAX, (struct mando_duration){.time_us = 1}, zones[i]);
        check_out_of_range(MANDO_TIME_US_MIN, (struct mando_duration){.time_us = -1}, zones[i]);
        check_out_of_range(MANDO_TIME_US_MAX, (struct mando_duration){.days = 1}, zones[i]);
        check_out_of_range(MANDO_TIME_US_MIN, (struct mando_duration){.months = -1}, zones[i]);
        check_out_of_range(0, (struct mando_duration){.months = INT32_MAX}, zones[i]);
        check_out_of_range(0, (struct mando_duration){.months = INT32_MIN}, zones[i]);
        check_out_of_range(0, (struct mando_duration){.days = INT32_MAX}, zones[i]);
        check_out_of_range(0, (struct mando_duration){.days = INT32_MIN}, zones[i]);
        check_out_of_range(0, (struct mando_duration){.time_us = INT64_MAX}, zones[i]);
        check_out_of_range(INT64_MAX, (struct mando_duration){0}, zones[i]);
        check_out_of_range(INT64_MIN, (struct mando_duration){.days = 1}, zones[i]);
    }
    int64_t time_us;
    CHECK_EQ(mando_time_add(MANDO_TIME_US_MAX, (struct mando_duration){0}, NULL, &time_us, NULL),
             MANDO_OK);
    CHECK_EQ(mando_time_add(MANDO_TIME_US_MIN, parsed("P9998Y364D"), NULL, &time_us, NULL),
             MANDO_OK);
    mando_zone_free(zone);
}
