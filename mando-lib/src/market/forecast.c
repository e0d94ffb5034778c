#include "mando/forecast.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/fail.h"

#define DAYS_A_WEEK 7

/* The value that holds at an instant; NaN where none does. */
static double value_at(const struct mando_history *history, int64_t at_us)
{
    size_t low = 0, high = history->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (history->start_us[middle] <= at_us)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && history->end_us[low - 1] > at_us ? history->value[low - 1] : NAN;
}

/* The wall clock of an instant, in microseconds from midnight. */
static int64_t clock_of(const struct mando_zone *zone, int64_t at_us)
{
    int64_t local_us = at_us + mando_zone_offset_us(zone, at_us);
    int64_t clock_us = local_us % MANDO_DAY_US;
    return clock_us < 0 ? clock_us + MANDO_DAY_US : clock_us;
}

/* The instant of a day at a wall clock; an hour before it where clocks skip it. */
static int64_t instant_of(const struct mando_zone *zone, int64_t day_us, int64_t clock_us)
{
    int64_t local_us = day_us + mando_zone_offset_us(zone, day_us) + clock_us, at_us;
    if (!mando_zone_instant(zone, local_us, 0, &at_us, NULL)
        || !mando_zone_instant(zone, local_us - MANDO_HOUR_US, 0, &at_us, NULL))
        return at_us;
    return day_us + clock_us;
}

/* Fills the values from an earlier day; whether all are there. */
static bool copy_day(const struct mando_history *history, const struct mando_zone *zone,
                     int64_t day_us, int64_t from_us, size_t count, int64_t step_us,
                     double *values_out)
{
    for (size_t t = 0; t < count; t++) {
        int64_t clock_us = clock_of(zone, from_us + (int64_t)t * step_us);
        values_out[t] = value_at(history, instant_of(zone, day_us, clock_us));
        if (isnan(values_out[t]))
            return false;
    }
    return true;
}

enum mando_status mando_forecast_persistence(const struct mando_history *history,
                                             const struct mando_zone *zone, int64_t from_us,
                                             int64_t to_us, int64_t step_us, double *values_out,
                                             struct mando_error *error)
{
    char day[MANDO_TIME_TEXT_SIZE];
    mando_time_format(from_us, day);
    if (step_us <= 0 || to_us <= from_us || (to_us - from_us) % step_us)
        return mando_fail(error, MANDO_E_FORECAST_STEP, -1,
                          "the step of a forecast does not divide the day from %s", day);
    size_t count = (size_t)((to_us - from_us) / step_us);
    for (int32_t week = 1; week <= MANDO_PERSISTENCE_WEEKS; week++) {
        int64_t day_us = mando_zone_day_start_us(zone, from_us, -DAYS_A_WEEK * week);
        if (copy_day(history, zone, day_us, from_us, count, step_us, values_out))
            return MANDO_OK;
    }
    return mando_fail(
        error, MANDO_E_FORECAST_HISTORY, -1,
        "none of the same weekdays of the %d weeks before %s is whole: persistence has "
        "nothing to go by",
        MANDO_PERSISTENCE_WEEKS, day);
}

double mando_score_mae(const double *forecast, const double *actual, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += fabs(forecast[i] - actual[i]);
    return sum / (double)count;
}

double mando_score_rmse(const double *forecast, const double *actual, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (forecast[i] - actual[i]) * (forecast[i] - actual[i]);
    return sqrt(sum / (double)count);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double mando_score_crps(double *members, size_t count, double actual)
{
    double distance = 0, spread = 0, n = (double)count;
    qsort(members, count, sizeof *members, compare);
    for (size_t i = 0; i < count; i++) {
        distance += fabs(members[i] - actual);
        spread += (2 * (double)i + 1 - n) * members[i]; /* half of the sum over all pairs */
    }
    return distance / n - spread / (n * n);
}
