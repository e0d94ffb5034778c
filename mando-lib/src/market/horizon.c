#include "market/horizon.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"

/* Periods of [from_us, until_us) of the series that starts a period at from_us. */
static size_t periods_until(const struct mando_prices *prices, size_t first, int64_t until_us)
{
    int64_t from_us = prices->start_us + (int64_t)first * prices->step_us;
    size_t periods = (size_t)((until_us - from_us + prices->step_us - 1) / prices->step_us);
    return periods < prices->count - first ? periods : prices->count - first;
}

/* The delivery day that holds the period `first`, which must not cross into the next one. */
static enum mando_status day_at(const struct mando_prices *prices, const struct mando_zone *zone,
                                size_t first, struct mando_plan_horizon *horizon,
                                struct mando_error *error)
{
    int64_t from_us = prices->start_us + (int64_t)first * prices->step_us;
    int64_t midnight_us = mando_zone_day_start_us(zone, from_us, 1);
    *horizon =
        (struct mando_plan_horizon){first, periods_until(prices, first, midnight_us), 0, 0, 0, 0};
    size_t last = first + horizon->periods - 1;
    int64_t last_us = prices->start_us + (int64_t)last * prices->step_us;
    if (last_us + prices->step_us <= midnight_us)
        return MANDO_OK;
    char start[MANDO_TIME_TEXT_SIZE];
    mando_zone_format(zone, last_us, start);
    return mando_fail(error, MANDO_E_OPTIMIZE_HORIZON, prices->index_first + (int64_t)last,
                      "the period from %s crosses midnight of %s, so that days cannot stand alone",
                      start, mando_zone_name(zone));
}

/* Counts the delivery days, and writes them where horizons is not NULL. */
static enum mando_status split_days(const struct mando_prices *prices,
                                    const struct mando_zone *zone,
                                    struct mando_plan_horizon *horizons, size_t *count_out,
                                    struct mando_error *error)
{
    size_t count = 0;
    for (size_t first = 0; first < prices->count; count++) {
        struct mando_plan_horizon day;
        enum mando_status status = day_at(prices, zone, first, &day, error);
        if (status != MANDO_OK)
            return status;
        assert(day.periods > 0);
        if (horizons)
            horizons[count] = day;
        first += day.periods;
    }
    *count_out = count;
    return MANDO_OK;
}

enum mando_status mando_days_split(const struct mando_prices *prices, const struct mando_zone *zone,
                                   struct mando_arena *arena, struct mando_plan_horizon **days_out,
                                   size_t *count_out, struct mando_error *error)
{
    size_t count;
    enum mando_status status = split_days(prices, zone, NULL, &count, error);
    if (status != MANDO_OK)
        return status;
    *days_out = mando_arena_alloc(arena, count, sizeof **days_out);
    if (!*days_out)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for %zu days", count);
    return split_days(prices, zone, *days_out, count_out, error);
}

enum mando_status mando_horizons_split(const struct mando_prices *prices,
                                       const struct mando_plan_options *options,
                                       struct mando_arena *arena,
                                       struct mando_plan_horizon **horizons_out, size_t *count_out,
                                       struct mando_error *error)
{
    bool by_day = options->horizon == MANDO_HORIZON_DAY;
    if (by_day && !options->zone)
        return mando_fail(error, MANDO_E_OPTIMIZE_HORIZON, -1,
                          "a horizon of a day needs the time zone of its delivery days");
    if (by_day)
        return mando_days_split(prices, options->zone, arena, horizons_out, count_out, error);
    *horizons_out = mando_arena_alloc(arena, 1, sizeof **horizons_out);
    if (!*horizons_out)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a horizon");
    (*horizons_out)->periods = prices->count;
    *count_out = 1;
    return MANDO_OK;
}

static const double *from(const double *values, size_t first)
{
    return values ? values + first : NULL;
}

struct mando_optimize_problem mando_horizon_problem(const struct mando_battery *battery,
                                                    const struct mando_prices *prices,
                                                    const struct mando_plan_horizon *horizon)
{
    size_t first = horizon->first;
    return (struct mando_optimize_problem){
        .periods = horizon->periods,
        .step_h = (double)prices->step_us / (double)MANDO_HOUR_US,
        .buy_eur_per_mwh = prices->buy_eur_per_mwh + first,
        .sell_eur_per_mwh = prices->sell_eur_per_mwh + first,
        .power_charge_mw_max = from(prices->power_charge_mw_max, first),
        .power_discharge_mw_max = from(prices->power_discharge_mw_max, first),
        .soc_min_mwh_end = from(prices->soc_min_mwh, first),
        .soc_max_mwh_end = from(prices->soc_max_mwh, first),
        .power_charge_mw = fmin(battery->power_charge_mw, battery->import_mw_max),
        .power_discharge_mw = fmin(battery->power_discharge_mw, battery->export_mw_max),
        .soc_min_mwh = battery->soc_min_mwh,
        .soc_max_mwh = battery->soc_max_mwh,
        .soc_start_mwh =
            isnan(battery->soc_start_mwh) ? battery->soc_min_mwh : battery->soc_start_mwh,
        .soc_end_mwh = battery->soc_end_mwh,
        .soc_end_value_eur_per_mwh = battery->soc_end_value_eur_per_mwh,
        .efficiency_charge = battery->efficiency_charge,
        .efficiency_discharge = battery->efficiency_discharge,
        .fee_eur_per_mwh = battery->fee_eur_per_mwh,
        .degradation_eur_per_mwh = battery->degradation_eur_per_mwh,
        .self_discharge_per_h = battery->self_discharge_per_h,
    };
}

enum mando_status mando_horizon_check(const struct mando_battery *battery,
                                      enum mando_horizon horizon, struct mando_error *error)
{
    if (horizon == MANDO_HORIZON_DAY && !isnan(battery->cycles_per_year_max))
        return mando_fail(error, MANDO_E_OPTIMIZE_UNSUPPORTED, -1,
                          "days that stand alone cannot share cycles_per_year_max");
    if (horizon == MANDO_HORIZON_DAY && isnan(battery->soc_end_mwh))
        return mando_fail(error, MANDO_E_OPTIMIZE_HORIZON, -1,
                          "a horizon of a day needs soc_end_mwh, or every day would sell energy "
                          "that the next one finds again");
    return MANDO_OK;
}

enum mando_status mando_horizon_place_error(const struct mando_prices *prices,
                                            const struct mando_plan_horizon *horizon,
                                            enum mando_status status, struct mando_error *error)
{
    if (status == MANDO_OK || !error || error->index < 0)
        return status;
    int64_t period = (int64_t)horizon->first + error->index;
    char start[MANDO_TIME_TEXT_SIZE];
    mando_time_format(prices->start_us + period * prices->step_us, start);
    error->index = prices->index_first + period;
    size_t length = strlen(error->message);
    (void)snprintf(error->message + length, sizeof error->message - length,
                   " (period %lld, from %s)", (long long)error->index, start);
    return status;
}
