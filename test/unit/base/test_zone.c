#include "mando/time.h"

#include "check.h"

TEST(zone_gives_berlin_days_of_23_and_25_hours)
{
    struct mando_zone *zone;
    int64_t time_us;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    CHECK_EQ(mando_time_parse("2025-03-30", 10, zone, &time_us, NULL), MANDO_OK);
    CHECK_EQ(mando_zone_day_start_us(zone, time_us, 1) - time_us, 23 * MANDO_HOUR_US);
    CHECK_EQ(mando_time_parse("2025-10-26", 10, zone, &time_us, NULL), MANDO_OK);
    CHECK_EQ(mando_zone_day_start_us(zone, time_us, 1) - time_us, 25 * MANDO_HOUR_US);
    mando_zone_free(zone);
}
