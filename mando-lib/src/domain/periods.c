#include "domain/periods.h"

#include "base/calendar.h"
#include "base/fail.h"
#include "mando/point.h"

#define CLOCK_US_MAX (366 * MANDO_DAY_US)

bool mando_periods_are_regular(struct mando_duration length)
{
    bool clock = length.time_us > 0 && length.time_us <= CLOCK_US_MAX && length.days == 0
                 && length.months == 0;
    bool days = length.time_us == 0 && (length.days == 1 || length.days == 7) && length.months == 0;
    bool months =
        length.time_us == 0 && length.days == 0 && length.months > 0 && 12 % length.months == 0;
    return clock || days || months;
}

enum mando_status mando_resolution_parse(const char *text, size_t length,
                                         struct mando_duration *resolution_out,
                                         struct mando_error *error)
{
    struct mando_duration resolution;
    enum mando_status status = mando_duration_parse(text, length, &resolution, error);
    if (status)
        return status;
    if (!mando_periods_are_regular(resolution))
        return mando_fail(error, MANDO_E_VALUES_RESOLUTION, -1,
                          "\"%.*s\" is no resolution: it must be PT.. of at most a year, P1D, P1W, "
                          "or months that divide a year",
                          length < 40 ? (int)length : 40, text);
    *resolution_out = resolution;
    return MANDO_OK;
}

int64_t mando_periods_start(const struct mando_periods *periods, int64_t time_us)
{
    struct mando_duration length = periods->length;
    if (length.time_us) {
        int64_t past_us = time_us % length.time_us;
        return time_us - past_us - (past_us < 0 ? length.time_us : 0);
    }
    struct mando_calendar date = mando_zone_calendar(periods->zone, time_us);
    int32_t days_back = 0;
    if (length.days == 7)
        days_back = date.weekday - 1;
    if (length.months) {
        int month = date.month - (date.month - 1) % length.months;
        days_back = (int32_t)(mando_calendar_day(date.year, date.month, date.day)
                              - mando_calendar_day(date.year, month, 1));
    }
    return mando_zone_day_start_us(periods->zone, time_us, -days_back);
}

/* 31 days and one more for each month lead into the next period, whatever the lengths of its
 * months. */
int64_t mando_periods_end(const struct mando_periods *periods, int64_t start_us)
{
    struct mando_duration length = periods->length;
    if (length.time_us)
        return start_us + length.time_us;
    if (length.days)
        return mando_zone_day_start_us(periods->zone, start_us, length.days);
    return mando_periods_start(
        periods, mando_zone_day_start_us(periods->zone, start_us, 31 * length.months + 1));
}
