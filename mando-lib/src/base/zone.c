#include "base/zone.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/calendar.h"
#include "base/fail.h"

#define CYCLE_US (INT64_C(146097) * MANDO_DAY_US) /* 400 years */

static const struct mando_zone_span UTC_SPAN = {INT64_MIN, 0};
static const struct mando_zone UTC = {&UTC_SPAN, 1, INT64_MAX, "UTC"};

/* The zone, its spans and its name stand in one piece of memory. */
struct mando_zone *mando_zone_new(const char *name, size_t spans,
                                  struct mando_zone_span **spans_out)
{
    size_t spans_size = spans * sizeof(struct mando_zone_span), name_size = strlen(name) + 1;
    struct mando_zone *zone = mando_alloc(1, sizeof *zone + spans_size + name_size);
    if (!zone)
        return NULL;
    *spans_out = (struct mando_zone_span *)(zone + 1);
    char *zone_name = (char *)(zone + 1) + spans_size;
    memcpy(zone_name, name, name_size);
    *zone = (struct mando_zone){*spans_out, spans, INT64_MAX, zone_name};
    return zone;
}

void mando_zone_free(struct mando_zone *zone)
{
    mando_free(zone);
}

const char *mando_zone_name(const struct mando_zone *zone)
{
    return zone ? zone->name : UTC.name;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* How far time_us lies behind the cycle whose spans are written out: whole cycles. */
static int64_t cycles_us(const struct mando_zone *zone, int64_t time_us)
{
    if (time_us < zone->repeat_us)
        return 0;
    return ((time_us - zone->repeat_us) / CYCLE_US + 1) * CYCLE_US;
}

/* The span that holds time_us. */
static size_t span_at(const struct mando_zone *zone, int64_t time_us)
{
    size_t low = 0, count = zone->span_count;
    while (count > 1) {
        size_t half = count / 2;
        low = zone->spans[low + half].start_us <= time_us ? low + half : low;
        count -= half;
    }
    return low;
}

int64_t mando_zone_offset_us(const struct mando_zone *zone, int64_t time_us)
{
    if (!zone)
        return 0;
    time_us = clamp(time_us, MANDO_TIME_US_MIN, MANDO_TIME_US_MAX);
    return zone->spans[span_at(zone, time_us - cycles_us(zone, time_us))].offset_us;
}

/* Saturates at the ends of int64_t, far outside the instants. */
static int64_t local_of(const struct mando_zone *zone, int64_t time_us)
{
    int64_t offset_us = mando_zone_offset_us(zone, time_us), local_us;
    return __builtin_add_overflow(time_us, offset_us, &local_us) ? time_us : local_us;
}

struct mando_zone_wall mando_zone_wall_of(const struct mando_zone *zone, int64_t local_us)
{
    zone = zone ? zone : &UTC;
    int64_t shift_us = cycles_us(zone, local_us - MANDO_ZONE_OFFSET_US_MAX);
    int64_t shifted_us = local_us - shift_us;
    struct mando_zone_wall wall = {0};
    bool reached = false;
    for (size_t i = span_at(zone, shifted_us - MANDO_ZONE_OFFSET_US_MAX); i < zone->span_count;
         i++) {
        int64_t start_us = zone->spans[i].start_us;
        int64_t end_us = i + 1 < zone->span_count ? zone->spans[i + 1].start_us : INT64_MAX;
        int64_t time_us = shifted_us - zone->spans[i].offset_us;
        if (start_us > shifted_us + MANDO_ZONE_OFFSET_US_MAX)
            break;
        if (!reached && time_us < end_us) {
            reached = true;
            wall.reached_us = (time_us > start_us ? time_us : start_us) + shift_us;
        }
        if (time_us >= start_us && time_us < end_us) {
            wall.first_us = wall.exists ? wall.first_us : time_us + shift_us;
            wall.last_us = time_us + shift_us;
            wall.exists = true;
        } else if (!reached) {
            wall.first_us = wall.last_us = time_us + shift_us;
        }
    }
    return wall;
}

enum mando_status mando_zone_skipped(const struct mando_zone *zone, int64_t local_us,
                                     int64_t column, struct mando_error *error)
{
    char text[MANDO_TIME_TEXT_SIZE];
    (void)mando_calendar_write(local_us, text);
    return mando_fail_at(error, MANDO_E_TIME_NONEXISTENT, NULL, 0, column,
                         "%s does not exist in %s: clocks went forward over it", text,
                         mando_zone_name(zone));
}

static enum mando_status fail_range(int64_t local_us, struct mando_error *error)
{
    char text[MANDO_TIME_TEXT_SIZE];
    (void)mando_calendar_write(local_us, text);
    return mando_fail(error, MANDO_E_TIME_RANGE, -1, "%s is outside the years 1 to 9999", text);
}

enum mando_status mando_zone_instant(const struct mando_zone *zone, int64_t local_us,
                                     int occurrence, int64_t *time_us_out,
                                     struct mando_error *error)
{
    if (local_us < MANDO_TIME_US_MIN - MANDO_ZONE_OFFSET_US_MAX
        || local_us > MANDO_TIME_US_MAX + MANDO_ZONE_OFFSET_US_MAX)
        return fail_range(local_us, error);
    struct mando_zone_wall wall = mando_zone_wall_of(zone, local_us);
    int64_t time_us = occurrence ? wall.last_us : wall.first_us;
    if (!mando_time_is_valid(time_us))
        return fail_range(local_us, error);
    if (!wall.exists)
        return mando_zone_skipped(zone, local_us, 0, error);
    *time_us_out = time_us;
    return MANDO_OK;
}

static int64_t day_start_us(const struct mando_zone *zone, int64_t day)
{
    return mando_zone_wall_of(zone, day * MANDO_DAY_US).reached_us;
}

int64_t mando_zone_day_start_us(const struct mando_zone *zone, int64_t time_us, int32_t days)
{
    time_us = clamp(time_us, MANDO_TIME_US_MIN, MANDO_TIME_US_MAX);
    int64_t day = mando_calendar_day_of(local_of(zone, time_us));
    /* Clocks that go back over midnight show the old date again: the new day has begun. */
    while (day_start_us(zone, day + 1) <= time_us)
        day++;
    int64_t low_us = local_of(zone, MANDO_TIME_US_MIN), high_us = local_of(zone, MANDO_TIME_US_MAX);
    day = clamp(day + days, mando_calendar_day_of(low_us), mando_calendar_day_of(high_us) + 1);
    return day_start_us(zone, day);
}

struct mando_calendar mando_zone_calendar(const struct mando_zone *zone, int64_t time_us)
{
    return mando_calendar_of(local_of(zone, time_us));
}

void mando_zone_format(const struct mando_zone *zone, int64_t time_us,
                       char text_out[MANDO_TIME_TEXT_SIZE])
{
    int64_t offset_us = mando_zone_offset_us(zone, time_us);
    size_t length = mando_calendar_write(local_of(zone, time_us), text_out);
    int seconds = (int)((offset_us < 0 ? -offset_us : offset_us) / MANDO_SECOND_US);
    int written = snprintf(text_out + length, MANDO_TIME_TEXT_SIZE - length, "%c%02d:%02d",
                           offset_us < 0 ? '-' : '+', seconds / 3600, seconds / 60 % 60);
    if (seconds % 60 && written > 0)
        (void)snprintf(text_out + length + written, MANDO_TIME_TEXT_SIZE - length - (size_t)written,
                       ":%02d", seconds % 60);
}
