#include "base/zone.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/calendar.h"
#include "check.h"

#define MINUTE_US (60 * MANDO_SECOND_US)

static struct mando_zone *opened(const char *name)
{
    struct mando_zone *zone = NULL;
    struct mando_error error;
    if (mando_zone_open(name, NULL, &zone, &error) != MANDO_OK)
        fail_msg("%s", error.message);
    return zone;
}

/* "2025-03-30T02:30" or with seconds, as microseconds since 1970 on that clock. */
static int64_t clock_us(const char *text)
{
    char utc[MANDO_TIME_TEXT_SIZE];
    int64_t local_us = 0;
    (void)snprintf(utc, sizeof utc, "%sZ", text);
    CHECK_EQ(mando_time_parse(utc, strlen(utc), NULL, &local_us, NULL), MANDO_OK);
    return local_us;
}

static void check_shown(const struct mando_zone *zone, int64_t time_us, const char *expected)
{
    char text[MANDO_TIME_TEXT_SIZE];
    mando_zone_format(zone, time_us, text);
    CHECK_TEXT(text, expected);
}

static void check_instant(const struct mando_zone *zone, const char *local, int occurrence,
                          const char *expected)
{
    int64_t time_us = 0;
    char text[MANDO_TIME_TEXT_SIZE];
    CHECK_EQ(mando_zone_instant(zone, clock_us(local), occurrence, &time_us, NULL), MANDO_OK);
    mando_time_format(time_us, text);
    CHECK_TEXT(text, expected);
}

static void check_skipped(const struct mando_zone *zone, const char *local)
{
    int64_t time_us = 42;
    struct mando_error error;
    CHECK_EQ(mando_zone_instant(zone, clock_us(local), 0, &time_us, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "time.nonexistent");
    CHECK_EQ(time_us, 42);
    CHECK_EQ(mando_zone_instant(zone, clock_us(local), 1, &time_us, NULL), MANDO_INVALID);
}

/* The day that begins at `start` has so many hours. */
static void check_day(const struct mando_zone *zone, const char *date, const char *start,
                      double hours)
{
    int64_t start_us;
    CHECK_EQ(mando_time_parse(date, strlen(date), zone, &start_us, NULL), MANDO_OK);
    check_shown(zone, start_us, start);
    int64_t length_us = mando_zone_day_start_us(zone, start_us, 1) - start_us;
    CHECK_NEAR((double)length_us / (double)MANDO_HOUR_US, hours, 0);
    CHECK_EQ(mando_zone_day_start_us(zone, start_us, 0), start_us);
    CHECK_EQ(mando_zone_day_start_us(zone, start_us + length_us - 1, 0), start_us);
    CHECK_EQ(mando_zone_day_start_us(zone, start_us + length_us, 0), start_us + length_us);
    CHECK_EQ(mando_zone_day_start_us(zone, start_us + length_us, -1), start_us);
}

TEST(zone_berlin_has_days_of_23_24_and_25_hours)
{
    struct mando_zone *zone = opened("Europe/Berlin");
    check_day(zone, "2025-03-29", "2025-03-29T00:00:00+01:00", 24);
    check_day(zone, "2025-03-30", "2025-03-30T00:00:00+01:00", 23);
    check_day(zone, "2025-03-31", "2025-03-31T00:00:00+02:00", 24);
    check_day(zone, "2025-10-26", "2025-10-26T00:00:00+02:00", 25);
    check_day(zone, "2025-10-27", "2025-10-27T00:00:00+01:00", 24);
    check_day(zone, "9999-03-28", "9999-03-28T00:00:00+01:00", 23);
    check_day(zone, "9999-10-31", "9999-10-31T00:00:00+02:00", 25);
    mando_zone_free(zone);
}

TEST(zone_berlin_finds_the_instants_of_a_clock)
{
    struct mando_zone *zone = opened("Europe/Berlin");
    check_instant(zone, "2025-07-01T12:00", 0, "2025-07-01T10:00:00Z");
    check_instant(zone, "2025-07-01T12:00", 1, "2025-07-01T10:00:00Z");
    check_instant(zone, "2025-03-30T01:59:59.999999", 0, "2025-03-30T00:59:59.999999Z");
    check_skipped(zone, "2025-03-30T02:00");
    check_skipped(zone, "2025-03-30T02:59:59.999999");
    check_instant(zone, "2025-03-30T03:00", 0, "2025-03-30T01:00:00Z");
    check_instant(zone, "2025-10-26T01:59:59.999999", 1, "2025-10-25T23:59:59.999999Z");
    check_instant(zone, "2025-10-26T02:00", 0, "2025-10-26T00:00:00Z");
    check_instant(zone, "2025-10-26T02:00", 1, "2025-10-26T01:00:00Z");
    check_instant(zone, "2025-10-26T02:59:59.999999", 0, "2025-10-26T00:59:59.999999Z");
    check_instant(zone, "2025-10-26T02:59:59.999999", 1, "2025-10-26T01:59:59.999999Z");
    check_instant(zone, "2025-10-26T03:00", 0, "2025-10-26T02:00:00Z");
    check_skipped(zone, "9999-03-28T02:30");
    check_instant(zone, "9999-10-31T02:30", 1, "9999-10-31T01:30:00Z");
    mando_zone_free(zone);
}

TEST(zone_offset_changes_at_the_instant_itself)
{
    struct mando_zone *zone = opened("Europe/Berlin");
    int64_t change_us = clock_us("2025-03-30T01:00");
    CHECK_EQ(mando_zone_offset_us(zone, change_us - 1), MANDO_HOUR_US);
    CHECK_EQ(mando_zone_offset_us(zone, change_us), 2 * MANDO_HOUR_US);
    CHECK_EQ(mando_zone_offset_us(zone, INT64_MIN), mando_zone_offset_us(zone, MANDO_TIME_US_MIN));
    CHECK_EQ(mando_zone_offset_us(zone, INT64_MAX), mando_zone_offset_us(zone, MANDO_TIME_US_MAX));
    mando_zone_free(zone);
}

TEST(zone_sao_paulo_began_summer_time_at_a_midnight_that_is_not_there)
{
    struct mando_zone *zone = opened("America/Sao_Paulo");
    check_skipped(zone, "2018-11-04T00:00");
    check_skipped(zone, "2018-11-04T00:59:59");
    check_day(zone, "2018-11-03", "2018-11-03T00:00:00-03:00", 24);
    check_day(zone, "2018-11-04", "2018-11-04T01:00:00-02:00", 23);
    check_day(zone, "2019-02-16", "2019-02-16T00:00:00-02:00", 25); /* 23 o'clock twice */
    check_day(zone, "2019-02-17", "2019-02-17T00:00:00-03:00", 24);
    check_day(zone, "2025-11-02", "2025-11-02T00:00:00-03:00", 24); /* given up since */
    mando_zone_free(zone);
}

TEST(zone_lord_howe_moves_by_half_an_hour)
{
    struct mando_zone *zone = opened("Australia/Lord_Howe");
    check_day(zone, "2025-10-05", "2025-10-05T00:00:00+10:30", 23.5);
    check_day(zone, "2025-04-06", "2025-04-06T00:00:00+11:00", 24.5);
    check_skipped(zone, "2025-10-05T02:15");
    check_instant(zone, "2025-10-05T02:30", 0, "2025-10-04T15:30:00Z");
    check_instant(zone, "2025-04-06T01:45", 0, "2025-04-05T14:45:00Z");
    check_instant(zone, "2025-04-06T01:45", 1, "2025-04-05T15:15:00Z");
    check_day(zone, "9998-04-05", "9998-04-05T00:00:00+11:00", 24.5);
    mando_zone_free(zone);
}

TEST(zone_casablanca_follows_ramadan_and_kathmandu_a_quarter)
{
    struct mando_zone *zone = opened("Africa/Casablanca");
    check_day(zone, "2025-02-23", "2025-02-23T00:00:00+01:00", 25);
    check_day(zone, "2025-04-06", "2025-04-06T00:00:00+00:00", 23);
    check_shown(zone, clock_us("2025-03-01T00:00"), "2025-03-01T00:00:00+00:00");
    check_shown(zone, clock_us("2025-05-01T00:00"), "2025-05-01T01:00:00+01:00");
    mando_zone_free(zone);
    zone = opened("Asia/Kathmandu");
    check_shown(zone, clock_us("2025-03-01T00:00"), "2025-03-01T05:45:00+05:45");
    check_instant(zone, "2025-03-01T00:00", 0, "2025-02-28T18:15:00Z");
    check_shown(zone, clock_us("1900-01-01T00:00"), "1900-01-01T05:41:16+05:41:16");
    mando_zone_free(zone);
}

TEST(zone_apia_skipped_a_whole_day)
{
    struct mando_zone *zone = opened("Pacific/Apia");
    int64_t time_us = 42, change_us = clock_us("2011-12-30T10:00");
    struct mando_error error;
    check_shown(zone, change_us - 1, "2011-12-29T23:59:59.999999-10:00");
    check_shown(zone, change_us, "2011-12-31T00:00:00+14:00");
    check_skipped(zone, "2011-12-30T12:00");
    CHECK_EQ(mando_time_parse("2011-12-30", 10, zone, &time_us, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "time.nonexistent");
    CHECK_EQ(error.column, 1);
    CHECK_EQ(time_us, 42);
    /* The day that is not there is empty: it starts where the next one does. */
    CHECK_EQ(mando_zone_day_start_us(zone, change_us - MANDO_DAY_US, 1), change_us);
    CHECK_EQ(mando_zone_day_start_us(zone, change_us - MANDO_DAY_US, 2), change_us);
    CHECK_EQ(mando_zone_day_start_us(zone, change_us, -1), change_us);
    CHECK_EQ(mando_zone_day_start_us(zone, change_us, 0), change_us);
    CHECK_EQ(mando_zone_day_start_us(zone, change_us, 1), change_us + MANDO_DAY_US);
    mando_zone_free(zone);
}

/* At 00:01 clocks went back to 23:01: the first minute of the day was there, then the old date. */
TEST(zone_a_day_that_has_begun_stays_begun_where_clocks_go_back_over_midnight)
{
    struct mando_zone *zone = opened("America/St_Johns");
    int64_t start_us;
    CHECK_EQ(mando_time_parse("2006-10-29", 10, zone, &start_us, NULL), MANDO_OK);
    check_shown(zone, start_us, "2006-10-29T00:00:00-02:30");
    check_shown(zone, start_us + MINUTE_US, "2006-10-28T23:01:00-03:30");
    CHECK_EQ(mando_zone_day_start_us(zone, start_us + MINUTE_US, 0), start_us);
    CHECK_EQ(mando_zone_day_start_us(zone, start_us - 1, 1), start_us);
    CHECK_EQ(mando_zone_day_start_us(zone, start_us, 1) - start_us, 25 * MANDO_HOUR_US);
    check_instant(zone, "2006-10-29T00:00", 1, "2006-10-29T03:30:00Z");
    mando_zone_free(zone);
}

TEST(zone_dublin_has_negative_summer_time_and_nuuk_changes_before_midnight)
{
    struct mando_zone *zone = opened("Europe/Dublin");
    check_day(zone, "2050-03-27", "2050-03-27T00:00:00+00:00", 23);
    check_day(zone, "2050-10-30", "2050-10-30T00:00:00+01:00", 25);
    mando_zone_free(zone);
    zone = opened("America/Nuuk");
    check_day(zone, "2050-03-26", "2050-03-26T00:00:00-02:00", 23);
    check_skipped(zone, "2050-03-26T23:00");
    mando_zone_free(zone);
}

TEST(zone_utc_needs_no_file_and_null_is_utc)
{
    struct mando_zone *zone;
    CHECK_EQ(mando_zone_open("UTC", "/nowhere", &zone, NULL), MANDO_OK);
    CHECK_TEXT(mando_zone_name(zone), "UTC");
    CHECK_EQ(mando_zone_offset_us(zone, 0), 0);
    check_day(zone, "2025-03-30", "2025-03-30T00:00:00+00:00", 24);
    mando_zone_free(zone);
    CHECK_EQ(mando_zone_open("Etc/UTC", "/nowhere", &zone, NULL), MANDO_OK);
    CHECK_TEXT(mando_zone_name(zone), "Etc/UTC");
    mando_zone_free(zone);
    CHECK_TEXT(mando_zone_name(NULL), "UTC");
    check_day(NULL, "2025-03-30", "2025-03-30T00:00:00+00:00", 24);
    check_instant(NULL, "2025-03-30T02:30", 0, "2025-03-30T02:30:00Z");
    mando_zone_free(NULL);
}

TEST(zone_days_and_clocks_end_with_the_years)
{
    struct mando_zone *berlin = opened("Europe/Berlin");
    const struct mando_zone *zones[] = {NULL, berlin};
    struct mando_error error;
    int64_t time_us = 42;
    for (size_t i = 0; i < 2; i++) {
        int64_t first_us = mando_zone_day_start_us(zones[i], 0, -3000000);
        int64_t last_us = mando_zone_day_start_us(zones[i], 0, INT32_MAX);
        CHECK_EQ(first_us, mando_zone_day_start_us(zones[i], MANDO_TIME_US_MIN, 0));
        CHECK_EQ(last_us, mando_zone_day_start_us(zones[i], MANDO_TIME_US_MAX, 1));
        CHECK(first_us <= MANDO_TIME_US_MIN && first_us > MANDO_TIME_US_MIN - MANDO_DAY_US);
        CHECK(last_us > MANDO_TIME_US_MAX && last_us <= MANDO_TIME_US_MAX + MANDO_DAY_US);
        CHECK_EQ(mando_zone_day_start_us(zones[i], INT64_MIN, INT32_MIN), first_us);
        CHECK_EQ(mando_zone_day_start_us(zones[i], INT64_MAX, INT32_MAX), last_us);
    }
    CHECK_EQ(mando_zone_instant(berlin, MANDO_TIME_US_MIN, 0, &time_us, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "time.range");
    CHECK_EQ(mando_zone_instant(NULL, INT64_MAX, 0, &time_us, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "time.range");
    CHECK_EQ(mando_zone_instant(NULL, INT64_MIN, 0, &time_us, NULL), MANDO_INVALID);
    CHECK_EQ(time_us, 42);
    mando_zone_free(berlin);
}

TEST(zone_writes_offsets_of_either_sign_and_years_outside)
{
    struct mando_zone *zone = opened("America/New_York");
    check_shown(zone, clock_us("2025-07-01T00:00"), "2025-06-30T20:00:00-04:00");
    check_shown(zone, clock_us("1800-01-01T00:00"), "1799-12-31T19:03:58-04:56:02");
    check_shown(zone, MANDO_TIME_US_MIN, "0000-12-31T19:03:58-04:56:02");
    check_shown(zone, INT64_MIN, "-290308-12-21T19:59:05.224192-04:56:02");
    mando_zone_free(zone);
    zone = opened("Asia/Kathmandu");
    check_shown(zone, MANDO_TIME_US_MAX, "+10000-01-01T05:44:59.999999+05:45");
    check_shown(zone, INT64_MAX, "+294247-01-10T04:00:54.775807+05:45");
    mando_zone_free(zone);
}

TEST(zone_gives_local_dates_and_weeks)
{
    struct mando_zone *zone = opened("Europe/Berlin");
    struct mando_calendar date = mando_zone_calendar(zone, clock_us("2025-12-28T23:30"));
    CHECK_EQ(date.year, 2025);
    CHECK_EQ(date.month, 12);
    CHECK_EQ(date.day, 29);
    CHECK_EQ(date.weekday, 1);
    CHECK_EQ(date.hour, 0);
    CHECK_EQ(date.minute, 30);
    CHECK_EQ(date.week_year, 2026);
    CHECK_EQ(date.week, 1);
    CHECK_EQ(mando_zone_calendar(NULL, 0).weekday, 4);
    mando_zone_free(zone);
}

static void check_unknown(const char *name, const char *folder)
{
    struct mando_zone *zone = NULL;
    struct mando_error error;
    if (mando_zone_open(name, folder, &zone, &error) != MANDO_NOT_FOUND)
        fail_msg("\"%s\" is known", name);
    CHECK_TEXT(error.code, "zone.unknown");
    CHECK_EQ(zone == NULL, 1);
}

TEST(zone_names_stay_inside_their_folder)
{
    static const char *const NAMES[] = {"",
                                        "/",
                                        ".",
                                        "..",
                                        "/Europe/Berlin",
                                        "../zoneinfo/Europe/Berlin",
                                        "Europe/../Europe/Berlin",
                                        "Europe/./Berlin",
                                        "Europe//Berlin",
                                        "Europe/Berlin/",
                                        "Europe/Berlin ",
                                        "Europe\\Berlin",
                                        "zone.tab",
                                        "Europe/B\xc3\xa9rlin",
                                        "Europe/Berlin\n"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        check_unknown(NAMES[i], NULL);
}

TEST(zone_that_has_no_file_is_unknown)
{
    char name[5000];
    check_unknown("Europe/Atlantis", NULL);
    check_unknown("Europe", NULL); /* a folder */
    check_unknown("europe/berlin", NULL);
    check_unknown("Europe/Berlin/Mitte", NULL);
    check_unknown("Europe/Berlin", "/nowhere");
    memset(name, 'A', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    check_unknown(name, NULL);
    struct mando_error error;
    struct mando_zone *zone;
    (void)mando_zone_open("Europe/Atlantis", NULL, &zone, &error);
    CHECK_TEXT(error.where, "Europe/Atlantis");
    CHECK_TEXT(error.message, "\"Europe/Atlantis\" is no known time zone: /usr/share/zoneinfo has "
                              "no such file that can be read");
}

static void write_file(const char *path, size_t size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    CHECK_EQ(ftruncate(file, (off_t)size), 0);
    (void)close(file);
}

TEST(zone_file_that_is_no_zone_is_corrupt_and_a_pipe_does_not_block)
{
    char folder[] = "/tmp/mando-zone-XXXXXX", path[64];
    struct mando_zone *zone = NULL;
    struct mando_error error;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/Zone", folder);
    static const size_t SIZES[] = {0, 44, MANDO_ZONE_BYTES_MAX, MANDO_ZONE_BYTES_MAX + 1, 1 << 30};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        write_file(path, SIZES[i]);
        CHECK_EQ(mando_zone_open("Zone", folder, &zone, &error), MANDO_CORRUPT);
        CHECK_TEXT(error.code, "zone.corrupt");
        CHECK_TEXT(error.where, "Zone");
    }
    CHECK_TEXT(error.message, "the time-zone file of Zone is larger than 65536 bytes");
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(mkfifo(path, 0600), 0);
    check_unknown("Zone", folder);
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(rmdir(folder), 0);
}
