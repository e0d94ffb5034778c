/* Any text as an instant, a relative time and a duration: what is read is in range and reads back
 * from its own text; what is refused has a column. */
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "mando/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

/* Opened once for the life of the process. */
static const struct mando_zone *zone_of(uint8_t choice)
{
    static const char *const NAMES[] = {"UTC", "Europe/Berlin", "America/Sao_Paulo",
                                        "Pacific/Apia"};
    static struct mando_zone *zones[4];
    size_t i = choice % 4;
    if (!zones[i])
        must(mando_zone_open(NAMES[i], NULL, &zones[i], NULL) == MANDO_OK);
    return zones[i];
}

static void check_error(enum mando_status status, const struct mando_error *error, size_t length)
{
    must(status == MANDO_INVALID && error->message[0] != '\0');
    must(error->column >= 1 && error->column <= (int64_t)length + 1);
}

static void check_instant(int64_t time_us)
{
    char text[MANDO_TIME_TEXT_SIZE];
    int64_t again_us = 0;
    must(mando_time_is_valid(time_us));
    mando_time_format(time_us, text);
    must(mando_time_parse(text, strlen(text), NULL, &again_us, NULL) == MANDO_OK);
    must(again_us == time_us);
}

static void check_duration(struct mando_duration duration, int64_t now_us,
                           const struct mando_zone *zone)
{
    char text[MANDO_TIME_TEXT_SIZE];
    struct mando_duration again;
    int64_t sum_us;
    mando_duration_format(duration, text);
    must(mando_duration_parse(text, strlen(text), &again, NULL) == MANDO_OK);
    must(again.months == duration.months && again.days == duration.days
         && again.time_us == duration.time_us);
    if (mando_time_add(now_us, duration, zone, &sum_us, NULL) == MANDO_OK)
        must(mando_time_is_valid(sum_us));
}

/* The first byte chooses a zone and a present, the others are the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const struct mando_zone *zone = zone_of(data[0]);
    int64_t now_us = MANDO_TIME_US_MIN + (data[0] / 4) * 160 * 365 * MANDO_DAY_US;
    const char *text = (const char *)data + 1;
    size_t length = size - 1;
    struct mando_error error;
    struct mando_duration duration;
    int64_t time_us;
    enum mando_status status = mando_time_parse(text, length, zone, &time_us, &error);
    if (status == MANDO_OK)
        check_instant(time_us);
    else
        check_error(status, &error, length);
    status = mando_time_parse_relative(text, length, zone, now_us, &time_us, &error);
    if (status == MANDO_OK)
        check_instant(time_us);
    else
        check_error(status, &error, length);
    status = mando_duration_parse(text, length, &duration, &error);
    if (status == MANDO_OK)
        check_duration(duration, now_us, zone);
    else
        check_error(status, &error, length);
    return 0;
}
