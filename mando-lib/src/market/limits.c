#include "market/limits.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "base/fail.h"
#include "market/horizon.h"

/* What full cycles withdraw, as a finite number. */
static double withdrawn_mwh(const struct mando_battery *battery, double cycles)
{
    return fmin(cycles * (battery->soc_max_mwh - battery->soc_min_mwh), DBL_MAX);
}

static int32_t year_of(const struct mando_prices *prices, const struct mando_zone *zone,
                       size_t first)
{
    return mando_zone_calendar(zone, prices->start_us + (int64_t)first * prices->step_us).year;
}

static void fill_days(const struct mando_battery *battery, const struct mando_plan_horizon *days,
                      size_t count, struct mando_cycle_limits *limits)
{
    double limit_mwh = withdrawn_mwh(battery, battery->cycles_per_day_max);
    for (size_t i = 0; i < count; i++) {
        limits->days[i] = (struct mando_optimize_limit){days[i].first, days[i].periods, limit_mwh};
        if (days[i].periods > limits->day_periods_max)
            limits->day_periods_max = days[i].periods;
    }
    limits->day_count = count;
}

static void fill_years(const struct mando_battery *battery, const struct mando_prices *prices,
                       const struct mando_zone *zone, const struct mando_plan_horizon *days,
                       size_t count, struct mando_cycle_limits *limits)
{
    double limit_mwh = withdrawn_mwh(battery, battery->cycles_per_year_max);
    int32_t year = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t day_year = year_of(prices, zone, days[i].first);
        if (limits->year_count == 0 || day_year != year)
            limits->years[limits->year_count++] =
                (struct mando_optimize_limit){days[i].first, 0, limit_mwh};
        limits->years[limits->year_count - 1].periods += days[i].periods;
        year = day_year;
    }
}

enum mando_status mando_cycle_limits_make(const struct mando_battery *battery,
                                          const struct mando_prices *prices,
                                          const struct mando_zone *zone, struct mando_arena *arena,
                                          struct mando_cycle_limits *limits_out,
                                          struct mando_error *error)
{
    bool by_day = !isnan(battery->cycles_per_day_max);
    bool by_year = !isnan(battery->cycles_per_year_max);
    *limits_out = (struct mando_cycle_limits){0};
    if (!by_day && !by_year)
        return MANDO_OK;
    if (!zone)
        return mando_fail(error, MANDO_E_OPTIMIZE_HORIZON, -1,
                          "a limit on cycles needs the time zone of its days and years");
    struct mando_plan_horizon *days;
    size_t count;
    enum mando_status status = mando_days_split(prices, zone, arena, &days, &count, error);
    if (status != MANDO_OK)
        return status;
    limits_out->days = by_day ? mando_arena_alloc(arena, count, sizeof *limits_out->days) : NULL;
    limits_out->years = by_year ? mando_arena_alloc(arena, count, sizeof *limits_out->years) : NULL;
    if ((by_day && !limits_out->days) || (by_year && !limits_out->years))
        return mando_fail(error, MANDO_E_MEMORY, -1,
                          "there is no memory for the limits of %zu days", count);
    if (by_day)
        fill_days(battery, days, count, limits_out);
    if (by_year)
        fill_years(battery, prices, zone, days, count, limits_out);
    return MANDO_OK;
}

void mando_cycle_limits_add(const struct mando_cycle_limits *limits, size_t i, size_t horizon_count,
                            struct mando_optimize_limit *day,
                            struct mando_optimize_problem *problem)
{
    if (horizon_count == 1) {
        problem->day_limits = limits->days;
        problem->day_limit_count = limits->day_count;
        problem->year_limits = limits->years;
        problem->year_limit_count = limits->year_count;
    } else if (limits->day_count > 0) {
        *day = limits->days[i];
        day->first = 0;
        problem->day_limits = day;
        problem->day_limit_count = 1;
    }
}
