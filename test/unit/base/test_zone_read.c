#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/calendar.h"
#include "base/zone.h"
#include "check.h"

/* A file under construction. */
struct file {
    unsigned char bytes[MANDO_ZONE_BYTES_MAX];
    size_t size;
};

static void put(struct file *file, const void *bytes, size_t size)
{
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
}

static void put_number(struct file *file, int64_t number, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;)
        file->bytes[file->size++] = (unsigned char)((uint64_t)number >> (8 * i));
}

/* The counts of a header in its order: UT flags, standard flags, leaps, times, types, names. */
static void put_header(struct file *file, char version, const uint32_t counts[6])
{
    put(file, "TZif", 4);
    put(file, &version, 1);
    for (size_t i = 0; i < 15; i++)
        put_number(file, 0, 1);
    for (size_t i = 0; i < 6; i++)
        put_number(file, counts[i], 4);
}

/* Two types, UTC and an hour before it, and times at which they alternate, from the second on. */
static void put_block(struct file *file, char version, size_t time_size, const int64_t *times_s,
                      uint32_t count)
{
    put_header(file, version, (const uint32_t[]){0, 0, 0, count, 2, 8});
    for (uint32_t i = 0; i < count; i++)
        put_number(file, times_s[i], time_size);
    for (uint32_t i = 0; i < count; i++)
        put_number(file, (i + 1) % 2, 1);
    put(file, "\0\0\0\0\0\0\0\0\x0e\x10\1\4AAA\0BBB", 20);
}

static void put_file(struct file *file, const int64_t *times_s, uint32_t count, const char *footer)
{
    file->size = 0;
    put_header(file, '2', (const uint32_t[]){0, 0, 0, 0, 1, 1});
    put_number(file, 0, 7);
    put_block(file, '2', 8, times_s, count);
    put(file, footer, strlen(footer));
}

static enum mando_status read_file(const struct file *file, struct mando_zone **zone_out,
                                   struct mando_error *error)
{
    /* A copy of its own size, so that a sanitizer sees every byte that is read past the end. */
    unsigned char *copy = malloc(file->size ? file->size : 1);
    assert_non_null(copy);
    memcpy(copy, file->bytes, file->size);
    enum mando_status status = mando_zone_read("Test/Zone", copy, file->size, zone_out, error);
    free(copy);
    return status;
}

static struct mando_zone *zone_of(const struct file *file)
{
    struct mando_zone *zone = NULL;
    struct mando_error error;
    if (read_file(file, &zone, &error) != MANDO_OK)
        fail_msg("%s", error.message);
    return zone;
}

static void check_corrupt(const struct file *file, const char *problem)
{
    struct mando_zone *zone = NULL;
    struct mando_error error = {0};
    if (read_file(file, &zone, &error) != MANDO_CORRUPT)
        fail_msg("not refused, though %s", problem);
    CHECK_TEXT(error.code, "zone.corrupt");
    CHECK_TEXT(error.where, "Test/Zone");
    if (!strstr(error.message, problem))
        fail_msg("\"%s\" does not say that %s", error.message, problem);
    CHECK(zone == NULL);
}

static void load(struct file *file, const char *name)
{
    char path[200];
    (void)snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    int handle = open(path, O_RDONLY);
    assert_true(handle >= 0);
    file->size = (size_t)read(handle, file->bytes, sizeof file->bytes);
    (void)close(handle);
}

static struct file file;

static int64_t hours_at(const struct mando_zone *zone, int64_t time_s)
{
    return mando_zone_offset_us(zone, time_s * MANDO_SECOND_US) / MANDO_HOUR_US;
}

TEST(zone_read_takes_a_file_of_version_1)
{
    file.size = 0;
    put_block(&file, 0, 4, (const int64_t[]){-100, 100, 200}, 3);
    struct mando_zone *zone = zone_of(&file);
    CHECK_TEXT(mando_zone_name(zone), "Test/Zone");
    CHECK_EQ(hours_at(zone, -101), 0);
    CHECK_EQ(hours_at(zone, -100), 1);
    CHECK_EQ(hours_at(zone, 99), 1);
    CHECK_EQ(hours_at(zone, 100), 0);
    CHECK_EQ(hours_at(zone, 200), 1);
    CHECK_EQ(hours_at(zone, INT64_C(250000000000)), 1); /* the last one holds */
    mando_zone_free(zone);
}

TEST(zone_read_prefers_the_second_block_and_keeps_the_last_offset_without_a_rule)
{
    put_file(&file, (const int64_t[]){-5000000000, 5000000000}, 2, "\n\n");
    struct mando_zone *zone = zone_of(&file);
    CHECK_EQ(hours_at(zone, -5000000001), 0);
    CHECK_EQ(hours_at(zone, -5000000000), 1);
    CHECK_EQ(hours_at(zone, 4999999999), 1);
    CHECK_EQ(hours_at(zone, 5000000000), 0);
    CHECK_EQ(hours_at(zone, INT64_C(250000000000)), 0);
    mando_zone_free(zone);
}

TEST(zone_read_uses_the_footer_from_the_last_time_on)
{
    put_file(&file, (const int64_t[]){0}, 1, "\n<+03>-3\n");
    struct mando_zone *zone = zone_of(&file);
    CHECK_EQ(hours_at(zone, -1), 0);
    CHECK_EQ(hours_at(zone, 0), 3);
    CHECK_EQ(hours_at(zone, INT64_C(250000000000)), 3);
    mando_zone_free(zone);
    put_file(&file, NULL, 0, "\nAAA-3\n"); /* without times it always holds */
    zone = zone_of(&file);
    CHECK_EQ(hours_at(zone, INT64_C(-60000000000)), 3);
    mando_zone_free(zone);
}

/* What was listed for the first months of the year in which the rule begins is not repeated. */
TEST(zone_read_repeats_the_rule_alone)
{
    int64_t july_2000_s = mando_calendar_day(2000, 7, 1) * 86400;
    put_file(&file, &july_2000_s, 1, "\nAAA-5BBB,M3.5.0/1,M10.5.0/2\n");
    struct mando_zone *zone = zone_of(&file);
    CHECK_EQ(hours_at(zone, july_2000_s - 1), 0);
    CHECK_EQ(hours_at(zone, july_2000_s), 6);
    CHECK_EQ(hours_at(zone, mando_calendar_day(2400, 2, 1) * 86400), 5);
    CHECK_EQ(hours_at(zone, mando_calendar_day(2400, 6, 1) * 86400), 6);
    CHECK_EQ(hours_at(zone, mando_calendar_day(2800, 2, 1) * 86400), 5);
    mando_zone_free(zone);
}

/* 0001, 1899, 1969, 2400, 5000 and 9999 have their rule's days. */
TEST(zone_read_repeats_the_rule_from_the_first_to_the_last_year)
{
    put_file(&file, NULL, 0, "\nAAA0BBB,M3.5.0/1,M10.5.0/2\n");
    struct mando_zone *zone = zone_of(&file);
    for (int32_t year = 1; year < 10000; year++)
        for (int month = 1; month <= 12; month++) {
            int64_t day = mando_calendar_day(year, month, 15);
            int64_t expected = month > 3 && month <= 10;
            if (hours_at(zone, day * 86400) != expected)
                fail_msg("wrong in %d-%02d", (int)year, month);
        }
    mando_zone_free(zone);
}

TEST(zone_read_knows_daylight_time_that_never_ends_or_never_begins)
{
    /* Ends as the next one begins (RFC 8536, 3.3.1), ends after the next one began, is empty. */
    static const struct {
        const char *footer;
        int64_t hours;
    } CASES[] = {{"\nXXX3EDT4,0/0,J365/23\n", -4},
                 {"\nXXX3EDT4,0/0,J365/24\n", -4},
                 {"\nXXX3EDT2,J1/0,J1/1\n", -3}};
    for (size_t i = 0; i < 3; i++) {
        put_file(&file, (const int64_t[]){0}, 1, CASES[i].footer);
        struct mando_zone *zone = zone_of(&file);
        for (int64_t time_s = 0; time_s < INT64_C(250000000000); time_s += 86400 * 5 + 1801)
            if (hours_at(zone, time_s) != CASES[i].hours)
                fail_msg("%s is wrong at %lld", CASES[i].footer, (long long)time_s);
        CHECK_EQ(mando_zone_offset_us(zone, MANDO_TIME_US_MAX), CASES[i].hours * MANDO_HOUR_US);
        mando_zone_free(zone);
    }
}

TEST(zone_read_keeps_times_outside_the_years_out)
{
    put_file(&file, (const int64_t[]){INT64_MIN, INT64_C(-9000000000000), -62135596800, INT64_MAX},
             4, "\nAAA-5\n");
    struct mando_zone *zone = zone_of(&file);
    CHECK_EQ(mando_zone_offset_us(zone, MANDO_TIME_US_MIN), MANDO_HOUR_US);
    CHECK_EQ(mando_zone_offset_us(zone, MANDO_TIME_US_MAX), MANDO_HOUR_US);
    mando_zone_free(zone);
}

TEST(zone_read_refuses_every_truncation)
{
    static const char *const NAMES[] = {"Europe/Berlin", "Africa/Casablanca", "Etc/GMT+5"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        load(&file, NAMES[i]);
        mando_zone_free(zone_of(&file));
        while (file.size-- > 0)
            check_corrupt(&file, "");
    }
    file.size = 0;
    put_block(&file, 0, 4, (const int64_t[]){0}, 1);
    while (file.size-- > 0)
        check_corrupt(&file, "ends");
}

/* Whatever a byte turns into: an answer or an error. */
TEST(zone_read_survives_every_damaged_byte)
{
    load(&file, "Europe/Berlin");
    for (size_t i = 0; i < file.size; i++) {
        unsigned char good = file.bytes[i];
        for (unsigned flip = 1; flip < 256; flip *= 2) {
            struct mando_zone *zone = NULL;
            file.bytes[i] = (unsigned char)(good ^ flip);
            if (read_file(&file, &zone, NULL) == MANDO_OK)
                CHECK(llabs(mando_zone_offset_us(zone, 0)) < MANDO_ZONE_OFFSET_US_MAX);
            mando_zone_free(zone);
        }
        file.bytes[i] = good;
    }
}

TEST(zone_read_says_what_is_damaged)
{
    static const int64_t TIMES_S[] = {10, 20};
    static const size_t BLOCK = 44 + 7; /* of the second header */
    put_file(&file, TIMES_S, 2, "\n\n");
    file.bytes[0] = 'X';
    check_corrupt(&file, "it does not begin with \"TZif\"");
    put_file(&file, TIMES_S, 2, "\n\n");
    file.bytes[BLOCK] = 'X';
    check_corrupt(&file, "it does not begin with \"TZif\"");
    put_file(&file, TIMES_S, 2, "\n\n");
    file.bytes[4] = '1';
    check_corrupt(&file, "its version is unknown");
    put_file(&file, TIMES_S, 2, "\n\n");
    memset(file.bytes + BLOCK + 20, 0xff, 24);
    check_corrupt(&file, "it ends before its data do");
    put_file(&file, (const int64_t[]){20, 20}, 2, "\n\n");
    check_corrupt(&file, "its times do not rise");
    put_file(&file, TIMES_S, 2, "\n\n");
    file.bytes[BLOCK + 44 + 17] = 2;
    check_corrupt(&file, "a time has an unknown type");
    put_file(&file, TIMES_S, 2, "\n\n");
    file.bytes[BLOCK + 44 + 18] = 1; /* 1 << 24 seconds */
    check_corrupt(&file, "an offset from UTC is larger than a day");
    put_file(&file, TIMES_S, 2, "\n\n");
    file.bytes[BLOCK + 44 + 18 + 4] = 2;
    check_corrupt(&file, "a type of local time is malformed");
    put_file(&file, TIMES_S, 2, "\n\n");
    file.bytes[BLOCK + 44 + 18 + 5] = 8;
    check_corrupt(&file, "a type of local time is malformed");
    put_file(&file, TIMES_S, 2, "\nCET-1");
    check_corrupt(&file, "its footer is no line");
    put_file(&file, TIMES_S, 2, "CET-1\n");
    check_corrupt(&file, "its footer is no line");
    put_file(&file, TIMES_S, 2, "\n");
    check_corrupt(&file, "its footer is no line");
    put_file(&file, TIMES_S, 2, "\nCET\n");
    check_corrupt(&file, "its footer is no rule of time");
}

TEST(zone_read_checks_the_counts_of_types)
{
    static const struct {
        uint32_t counts[6];
        const char *problem;
    } CASES[] = {{{0, 0, 0, 0, 0, 1}, "it lists no type of local time"},
                 {{0, 0, 0, 0, 1, 0}, "it lists no type of local time"},
                 {{2, 0, 0, 0, 1, 1}, "its numbers of types differ"},
                 {{0, 2, 0, 0, 1, 1}, "its numbers of types differ"},
                 {{0, 0, 1, 0, 1, 1}, "it counts leap seconds"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        file.size = 0;
        put_header(&file, 0, CASES[i].counts);
        for (size_t j = 0; j < 100; j++)
            put_number(&file, 0, 1);
        check_corrupt(&file, CASES[i].problem);
    }
}

TEST(zone_read_refuses_files_that_count_leap_seconds)
{
    struct mando_zone *zone;
    if (access("/usr/share/zoneinfo/right/Europe/Berlin", R_OK) != 0) {
        print_message("skipped: the system has no such files\n");
        return;
    }
    CHECK_EQ(mando_zone_open("right/Europe/Berlin", NULL, &zone, NULL), MANDO_CORRUPT);
}

TEST(zone_read_reports_missing_memory)
{
    struct mando_zone *zone = NULL;
    struct mando_error error;
    load(&file, "Europe/Berlin");
    mando_alloc_fail_after(0);
    CHECK_EQ(mando_zone_read("Test/Zone", file.bytes, file.size, &zone, &error), MANDO_NO_MEMORY);
    mando_alloc_fail_after(-1);
    CHECK_TEXT(error.code, "memory");
    CHECK(zone == NULL);
}
