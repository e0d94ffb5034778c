/* mando/forecast.h: prices that are not known yet, and how good a forecast of them was. */
#ifndef MANDO_FORECAST_H
#define MANDO_FORECAST_H

#include "mando/time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values of intervals, ascending and disjoint; NaN = missing. Borrowed. */
struct mando_history {
    size_t count;
    const int64_t *start_us, *end_us;
    const double *value;
};

/* So many weeks back a day is looked for. */
#define MANDO_PERSISTENCE_WEEKS 4

/* Persistence: each period of the day [from_us, to_us) of `zone` (NULL = UTC) has the value that held at the same
 * wall-clock time of the last day of the same weekday that is whole in the history, one to four weeks before.
 * Where clocks go forward in that day the hour before stands for the one that is not there. step_us divides the day; values_out has
 * (to_us - from_us) / step_us entries.
 * MANDO_NOT_FOUND (forecast.history: no such day is whole), MANDO_INVALID (forecast.step). */
MANDO_API enum mando_status mando_forecast_persistence(const struct mando_history *history,
                                                       const struct mando_zone *zone,
                                                       int64_t from_us, int64_t to_us,
                                                       int64_t step_us, double *values_out,
                                                       struct mando_error *error);

/* Scores of a forecast, in the unit of the values; count >= 1. Mean absolute error; root of the mean square
 * error. */
MANDO_API double mando_score_mae(const double *forecast, const double *actual, size_t count);
MANDO_API double mando_score_rmse(const double *forecast, const double *actual, size_t count);

/* Continuous ranked probability score of `members` equally likely values for one actual value:
 * mean |x - y| - half of mean |x - x'| over all pairs (Gneiting and Raftery 2007, eq. 21). Sorts the members. */
MANDO_API double mando_score_crps(double *members, size_t count, double actual);

#ifdef __cplusplus
}
#endif

#endif
