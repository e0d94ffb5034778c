/* Any bytes as the file of a time zone: what is read answers everywhere and without contradiction. */
#include <stdlib.h>

#include "base/calendar.h"
#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static void check_at(const struct mando_zone *zone, int64_t time_us)
{
    if (!mando_time_is_valid(time_us))
        return;
    int64_t offset_us = mando_zone_offset_us(zone, time_us);
    must(offset_us < MANDO_ZONE_OFFSET_US_MAX && offset_us > -MANDO_ZONE_OFFSET_US_MAX);
    struct mando_zone_wall wall = mando_zone_wall_of(zone, time_us + offset_us);
    must(wall.exists && wall.first_us <= time_us && time_us <= wall.last_us);
    must(wall.reached_us <= wall.first_us);
    wall = mando_zone_wall_of(zone, time_us);
    must(wall.exists || wall.first_us == wall.last_us);
    must(mando_zone_day_start_us(zone, time_us, 0) <= time_us);
    must(mando_zone_day_start_us(zone, time_us, 1) > time_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mando_zone *zone = NULL;
    struct mando_error error;
    enum mando_status status = mando_zone_read("Fuzz", data, size, &zone, &error);
    must((status == MANDO_OK) == (zone != NULL));
    must(status == MANDO_OK || status == MANDO_CORRUPT);
    for (size_t i = 0; zone && i < zone->span_count; i++) {
        must(i == 0 || zone->spans[i].start_us > zone->spans[i - 1].start_us);
        check_at(zone, zone->spans[i].start_us - (i > 0));
        check_at(zone, zone->spans[i].start_us);
    }
    for (int64_t time_us = MANDO_TIME_US_MIN; zone && time_us < MANDO_TIME_US_MAX;
         time_us += 12345 * MANDO_DAY_US + 1234567)
        check_at(zone, time_us);
    mando_zone_free(zone);
    return 0;
}
