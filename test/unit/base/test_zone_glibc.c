/* Every zone of the system beside the C library's own reader, at random instants. */
#include <dirent.h>
#include <stdlib.h>
#include <time.h>

#include "base/calendar.h"
#include "base/zone.h"
#include "case_count.h"
#include "check.h"
#include "random.h"

#define FOLDER "/usr/share/zoneinfo"
#define SECOND MANDO_SECOND_US

struct walk {
    struct random random;
    size_t per_zone, zones, instants;
};

static int64_t expected_offset_s(int64_t time_s)
{
    time_t time = (time_t)time_s;
    struct tm local;
    assert_non_null(localtime_r(&time, &local));
    return local.tm_gmtoff;
}

/* Before the first change that a file lists, the C library takes its first standard time and RFC 8536
 * its first type; where they differ, the zone is left out of that. */
static int64_t first_change_s(const struct mando_zone *zone)
{
    return zone->span_count > 1 ? zone->spans[1].start_us / SECOND : INT64_MIN;
}

/* Half of them near the changes of the years in use, the others anywhere. */
static int64_t random_time_s(struct random *random, const struct mando_zone *zone)
{
    int64_t low_s = MANDO_TIME_US_MIN / SECOND, high_s = MANDO_TIME_US_MAX / SECOND;
    if (random_chance(random, 0.5) || zone->span_count < 2)
        return low_s + (int64_t)random_below(random, (uint64_t)(high_s - low_s));
    uint64_t span = 1 + random_below(random, zone->span_count - 1);
    return zone->spans[span].start_us / SECOND + (int64_t)random_below(random, 200001) - 100000;
}

static void check_offset(const char *name, const struct mando_zone *zone, int64_t time_s)
{
    if (time_s < first_change_s(zone) || !mando_time_is_valid(time_s * SECOND))
        return;
    int64_t offset_us = mando_zone_offset_us(zone, time_s * SECOND);
    if (offset_us != expected_offset_s(time_s) * SECOND)
        fail_msg("%s at %lld: %lld s, not %lld s", name, (long long)time_s,
                 (long long)(offset_us / SECOND), (long long)expected_offset_s(time_s));
}

/* The instants whose clock shows local_us, found by trying the offsets of two days around. */
static void check_wall(const char *name, const struct mando_zone *zone, int64_t local_us)
{
    int64_t found_us[2] = {0}, tried_us = INT64_MIN;
    size_t found = 0;
    for (int64_t hour = 26 * 4; hour >= -26 * 4; hour--) {
        int64_t offset_us = mando_zone_offset_us(zone, local_us - hour * MANDO_HOUR_US / 4);
        int64_t time_us = local_us - offset_us;
        if (time_us == tried_us || mando_zone_offset_us(zone, time_us) != offset_us)
            continue;
        tried_us = time_us;
        found_us[found > 0] = time_us;
        found_us[0] = found && found_us[0] > time_us ? time_us : found_us[0];
        found++;
    }
    struct mando_zone_wall wall = mando_zone_wall_of(zone, local_us);
    bool right =
        wall.exists == (found > 0)
        && (!found || (wall.first_us == found_us[0] && wall.last_us == found_us[found > 1]));
    if (!right)
        fail_msg("%s: a clock at %lld is wrong", name, (long long)local_us);
}

/* Days follow each other without gap or overlap, and start with the first instant of their date. */
static void check_day(const char *name, const struct mando_zone *zone, int64_t time_us)
{
    int64_t start_us = mando_zone_day_start_us(zone, time_us, 0);
    int64_t next_us = mando_zone_day_start_us(zone, time_us, 1);
    next_us = next_us == start_us ? mando_zone_day_start_us(zone, time_us, 2) : next_us;
    bool right = start_us <= time_us && time_us < next_us
                 && mando_zone_day_start_us(zone, start_us, 0) == start_us
                 && mando_zone_day_start_us(zone, next_us - 1, 0) == start_us;
    int64_t first = mando_calendar_day_of(start_us + mando_zone_offset_us(zone, start_us));
    int64_t before_us = start_us - 1 + mando_zone_offset_us(zone, start_us - 1);
    if (!right || (start_us > MANDO_TIME_US_MIN && mando_calendar_day_of(before_us) >= first))
        fail_msg("%s: the day around %lld is wrong", name, (long long)time_us);
}

static void check_zone(struct walk *walk, const char *name)
{
    struct mando_zone *zone;
    struct mando_error error;
    if (mando_zone_open(name, NULL, &zone, &error) != MANDO_OK)
        fail_msg("%s", error.message);
    CHECK_EQ(setenv("TZ", name, 1), 0);
    tzset();
    for (size_t i = 1; i < zone->span_count; i++) {
        check_offset(name, zone, zone->spans[i].start_us / SECOND - 1);
        check_offset(name, zone, zone->spans[i].start_us / SECOND);
    }
    for (size_t i = 0; i < walk->per_zone; i++) {
        int64_t time_s = random_time_s(&walk->random, zone);
        check_offset(name, zone, time_s);
        if (i % 8 == 0 && mando_time_is_valid(time_s * SECOND)) {
            int64_t time_us = time_s * SECOND;
            check_wall(name, zone, time_us + mando_zone_offset_us(zone, time_us));
            check_wall(name, zone, time_us);
            check_day(name, zone, time_us);
        }
    }
    walk->zones++;
    walk->instants += walk->per_zone;
    mando_zone_free(zone);
}

static void walk_folder(struct walk *walk, const char *folder)
{
    char path[300], name[300];
    (void)snprintf(path, sizeof path, FOLDER "/%s", folder);
    DIR *entries = opendir(path);
    assert_non_null(entries);
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
        const char *text = entry->d_name;
        if (strchr(text, '.') || strcmp(text, "right") == 0 || strcmp(text, "posix") == 0
            || strcmp(text, "leapseconds") == 0 || strcmp(text, "localtime") == 0)
            continue;
        (void)snprintf(name, sizeof name, "%s%s%s", folder, *folder ? "/" : "", text);
        if (entry->d_type == DT_DIR)
            walk_folder(walk, name);
        else
            check_zone(walk, name);
    }
    (void)closedir(entries);
}

TEST(zone_agrees_with_the_c_library_everywhere)
{
    const char *seed = getenv("MANDO_TEST_SEED");
    struct walk walk = {.random = {seed ? strtoull(seed, NULL, 10) : 1},
                        .per_zone = case_count(200)};
    print_message("seed %llu\n", (unsigned long long)walk.random.state);
    walk_folder(&walk, "");
    CHECK_EQ(unsetenv("TZ"), 0);
    print_message("%zu zones, %zu instants\n", walk.zones, walk.instants);
    CHECK(walk.zones > 300);
}
