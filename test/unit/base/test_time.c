#include "mando/time.h"

#include <stdlib.h>

#include "base/calendar.h"
#include "case_count.h"
#include "check.h"
#include "random.h"

#define DAY(year, month, day) (mando_calendar_day(year, month, day) * MANDO_DAY_US)
#define MINUTE_US (60 * MANDO_SECOND_US)

static int64_t parsed(const char *text)
{
    int64_t time_us = INT64_MIN;
    struct mando_error error;
    if (mando_time_parse(text, strlen(text), NULL, &time_us, &error) != MANDO_OK)
        fail_msg("%s", error.message);
    return time_us;
}

static void refused(const char *text, size_t length, const char *code, int64_t column)
{
    int64_t time_us = 42;
    struct mando_error error;
    if (mando_time_parse(text, length, NULL, &time_us, &error) != MANDO_INVALID)
        fail_msg("%.*s is not refused", (int)length, text);
    CHECK_TEXT(error.code, code);
    if (error.column != column)
        fail_msg("%s: column %d, not %d", error.message, (int)error.column, (int)column);
    CHECK_EQ(time_us, 42);
    CHECK_EQ(error.line, 0);
    CHECK_EQ(mando_time_parse(text, length, NULL, &time_us, NULL), MANDO_INVALID);
}

static void malformed(const char *text, int64_t column)
{
    refused(text, strlen(text), "time.format", column);
}

TEST(time_reads_utc_and_offsets)
{
    int64_t midnight = DAY(2025, 12, 1);
    CHECK_EQ(parsed("2025-12-01T00:00:00Z"), midnight);
    CHECK_EQ(parsed("2025-12-01T00:00Z"), midnight);
    CHECK_EQ(parsed("2025-12-01T01:00+01:00"), midnight);
    CHECK_EQ(parsed("2025-12-01T01:00:00+0100"), midnight);
    CHECK_EQ(parsed("2025-12-01T01:00:00+01"), midnight);
    CHECK_EQ(parsed("2025-11-30T12:30:00-11:30"), midnight);
    CHECK_EQ(parsed("2025-12-01T00:00:00-00:00"), midnight);
    CHECK_EQ(parsed("2025-12-01T23:59:00+23:59"), midnight);
    CHECK_EQ(parsed("2025-12-01"), midnight);
    CHECK_EQ(parsed("2024-02-29T12:34:56Z"), DAY(2024, 2, 29) + 45296 * MANDO_SECOND_US);
}

TEST(time_reads_up_to_six_decimals)
{
    int64_t midnight = DAY(2025, 12, 1);
    CHECK_EQ(parsed("2025-12-01T00:00:00.5Z"), midnight + 500000);
    CHECK_EQ(parsed("2025-12-01T00:00:00.000001Z"), midnight + 1);
    CHECK_EQ(parsed("2025-12-01T00:00:59.999999+00:00"), midnight + 59999999);
    malformed("2025-12-01T00:00:00.Z", 21);
    malformed("2025-12-01T00:00:00.0000000Z", 27);
    malformed("2025-12-01T00:00.5Z", 17);
    malformed("2025-12-01T00:00:00,5Z", 20);
}

TEST(time_takes_24_00_as_the_end_of_the_day_and_no_second_60)
{
    CHECK_EQ(parsed("2025-12-31T24:00Z"), DAY(2026, 1, 1));
    CHECK_EQ(parsed("2024-02-28T24:00:00.000Z"), DAY(2024, 2, 29));
    CHECK_EQ(parsed("2025-12-31T24:00+01:00"), DAY(2026, 1, 1) - MANDO_HOUR_US);
    malformed("2025-12-31T24:01Z", 12);
    malformed("2025-12-31T24:00:01Z", 12);
    malformed("2025-12-31T24:00:00.000001Z", 12);
    malformed("2025-12-31T25:00Z", 12);
    malformed("2016-12-31T23:59:60Z", 18);
    malformed("2016-12-31T23:60:00Z", 15);
}

TEST(time_names_the_column_of_a_fault)
{
    malformed("", 1);
    malformed(" 2025-12-01", 1);
    malformed("25-12-01", 3);
    malformed("2025", 5);
    malformed("2025-", 6);
    malformed("2025/12/01", 5);
    malformed("20251201", 5);
    malformed("2025-12", 8);
    malformed("2025-00-01", 6);
    malformed("2025-13-01", 6);
    malformed("2025-12-00", 9);
    malformed("2025-12-32", 9);
    malformed("2025-02-29", 9);
    malformed("1900-02-29", 9);
    malformed("2025-12-1", 10);
    malformed("2025-12-01 00:00Z", 11);
    malformed("2025-12-01t00:00Z", 11);
    malformed("2025-12-01Z", 11);
    malformed("2025-12-01T", 12);
    malformed("2025-12-01T0000Z", 14);
    malformed("2025-12-01T00Z", 14);
    malformed("2025-12-01T00:00", 17);
    malformed("2025-12-01T00:00:00", 20);
    malformed("2025-12-01T00:00:0Z", 19);
    malformed("2025-12-01T00:00:00z", 20);
    malformed("2025-12-01T00:00:00Z ", 21);
    malformed("2025-12-01T00:00:00Z+01", 21);
    malformed("2025-12-01T00:00:00+", 21);
    malformed("2025-12-01T00:00:00+1", 22);
    malformed("2025-12-01T00:00:00+24:00", 21);
    malformed("2025-12-01T00:00:00+01:60", 24);
    malformed("2025-12-01T00:00:00+01:", 24);
    malformed("2025-12-01T00:00:00+01:000", 26);
    malformed("2025-12-01T00:00:00+0", 22);
    malformed("+2025-12-01", 1);
    malformed("2025-W49-1", 6);
    malformed("2025-335", 6);
}

TEST(time_refuses_bytes_that_only_look_like_an_end)
{
    refused("2025-12-01\0", 11, "time.format", 11);
    refused("2025-12-01T00:00:00Z\n", 21, "time.format", 21);
    refused("2025-12-0\xc3\xa4", 11, "time.format", 10);
}

TEST(time_lies_in_the_years_1_to_9999)
{
    CHECK_EQ(parsed("0001-01-01T00:00:00Z"), MANDO_TIME_US_MIN);
    CHECK_EQ(parsed("9999-12-31T23:59:59.999999Z"), MANDO_TIME_US_MAX);
    CHECK_EQ(parsed("9999-12-31T24:00:00+00:01"), MANDO_TIME_US_MAX + 1 - MINUTE_US);
    refused("0000-12-31T23:59:59Z", 20, "time.range", 1);
    refused("0001-01-01T00:00:00+00:01", 25, "time.range", 1);
    refused("9999-12-31T24:00Z", 17, "time.range", 1);
    refused("9999-12-31T23:59:59-00:01", 25, "time.range", 1);
    refused("0000-06-01", 10, "time.range", 1);
}

TEST(time_says_what_is_wrong_in_one_sentence)
{
    int64_t time_us;
    struct mando_error error;
    (void)mando_time_parse("2025-13-01", 10, NULL, &time_us, &error);
    CHECK_TEXT(error.message,
               "\"2025-13-01\" is no ISO 8601 time: a month from 01 to 12 is expected "
               "at column 6");
    char text[1000];
    memset(text, '\xff', sizeof text);
    (void)mando_time_parse(text, sizeof text, NULL, &time_us, &error);
    CHECK(strstr(error.message, "?????...\" is no ISO 8601 time") != NULL);
}

TEST(time_writes_utc_with_decimals_only_where_there_are_any)
{
    char text[MANDO_TIME_TEXT_SIZE];
    mando_time_format(DAY(2025, 12, 1), text);
    CHECK_TEXT(text, "2025-12-01T00:00:00Z");
    mando_time_format(DAY(2025, 12, 1) + 500000, text);
    CHECK_TEXT(text, "2025-12-01T00:00:00.500000Z");
    mando_time_format(MANDO_TIME_US_MIN, text);
    CHECK_TEXT(text, "0001-01-01T00:00:00Z");
    mando_time_format(MANDO_TIME_US_MAX, text);
    CHECK_TEXT(text, "9999-12-31T23:59:59.999999Z");
    mando_time_format(MANDO_TIME_US_MAX + 1, text);
    CHECK_TEXT(text, "+10000-01-01T00:00:00Z");
    mando_time_format(INT64_MIN, text);
    CHECK_TEXT(text, "-290308-12-21T19:59:05.224192Z");
}

TEST(time_reads_back_what_it_writes)
{
    struct random random = {3};
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    print_message("seed %llu\n", (unsigned long long)random.state);
    for (size_t i = case_count(2000); i > 0; i--) {
        uint64_t range = (uint64_t)(MANDO_TIME_US_MAX - MANDO_TIME_US_MIN) + 1;
        int64_t time_us = MANDO_TIME_US_MIN + (int64_t)random_below(&random, range);
        char text[MANDO_TIME_TEXT_SIZE];
        mando_time_format(time_us, text);
        CHECK_EQ(parsed(text), time_us);
        mando_zone_format(zone, time_us, text);
        if (mando_zone_offset_us(zone, time_us) % MINUTE_US == 0) /* not before zones had minutes */
            CHECK_EQ(parsed(text), time_us);
    }
    mando_zone_free(zone);
}
