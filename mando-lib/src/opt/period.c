#include "opt/period.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/fail.h"
#include "domain/leak.h"

/* A power so great that no plan can use it all is cut to what is still more than any can: its lengths
 * would swallow the energies beside them. */
static double usable_mw(const struct mando_optimize_problem *p, double power_mw, double mwh_per_mw)
{
    double most_mwh = 1024 * (fabs(p->soc_min_mwh) + fabs(p->soc_max_mwh) + fabs(p->soc_start_mwh));
    return power_mw * mwh_per_mw > most_mwh ? most_mwh / mwh_per_mw : power_mw;
}

/* What is rounding: far less than anybody measures, but more than the sums of a year leave in the
 * last places of a battery of that size. */
static double dust_of(double size_mwh)
{
    return greater(smaller(1e-12 * size_mwh, 1e-10), 1e-13 * size_mwh);
}

struct terms terms_of(const struct mando_optimize_problem *p)
{
    double stored_mwh_per_mw = p->step_h * p->efficiency_charge;
    double withdrawn_mwh_per_mw = p->step_h / p->efficiency_discharge;
    return (struct terms){
        .buy_eur_per_mwh = p->buy_eur_per_mwh,
        .sell_eur_per_mwh = p->sell_eur_per_mwh,
        .charge_mw_max = p->power_charge_mw_max,
        .discharge_mw_max = p->power_discharge_mw_max,
        .soc_min_mwh_end = p->soc_min_mwh_end,
        .soc_max_mwh_end = p->soc_max_mwh_end,
        .periods = p->periods,
        .charge_mw = usable_mw(p, p->power_charge_mw, stored_mwh_per_mw),
        .discharge_mw = usable_mw(p, p->power_discharge_mw, withdrawn_mwh_per_mw),
        .soc_min_mwh = p->soc_min_mwh,
        .soc_max_mwh = p->soc_max_mwh,
        .soc_start_mwh = p->soc_start_mwh,
        .soc_end_mwh = p->soc_end_mwh,
        .soc_end_value_eur_per_mwh = p->soc_end_value_eur_per_mwh,
        .stored_mwh_per_mw = stored_mwh_per_mw,
        .withdrawn_mwh_per_mw = withdrawn_mwh_per_mw,
        .per_stored = 1 / p->efficiency_charge,
        .efficiency_discharge = p->efficiency_discharge,
        .purchase_cost_eur = p->fee_eur_per_mwh,
        .sale_cost_eur = p->fee_eur_per_mwh + p->degradation_eur_per_mwh,
        .keep = mando_kept_share(p->self_discharge_per_h, p->step_h),
        .slack_mwh = 0,
        .dust_mwh = dust_of(greater(fabs(p->soc_min_mwh), fabs(p->soc_max_mwh))),
        .plain = !p->power_charge_mw_max && !p->power_discharge_mw_max && !p->soc_min_mwh_end
                 && !p->soc_max_mwh_end && !(p->self_discharge_per_h > 0),
    };
}

static bool is_share(double value)
{
    return value > 0 && value <= 1;
}

static bool is_cost(double value)
{
    return value >= 0 && value < PRICE_EUR_PER_MWH_MAX;
}

static const char *wrong_scalar(const struct mando_optimize_problem *p)
{
    if (!(p->step_h > 0 && isfinite(p->step_h)))
        return "step_h is not above 0";
    if (!(p->power_charge_mw >= 0 && isfinite(p->power_charge_mw)))
        return "power_charge_mw is negative or not finite";
    if (!(p->power_discharge_mw >= 0 && isfinite(p->power_discharge_mw)))
        return "power_discharge_mw is negative or not finite";
    if (!(isfinite(p->soc_min_mwh) && isfinite(p->soc_max_mwh) && p->soc_min_mwh <= p->soc_max_mwh))
        return "soc_min_mwh is above soc_max_mwh, or one of them is not finite";
    if (!isfinite(p->soc_start_mwh))
        return "soc_start_mwh is not finite";
    if (isinf(p->soc_end_mwh))
        return "soc_end_mwh is not finite";
    if (!(fabs(p->soc_end_value_eur_per_mwh) < PRICE_EUR_PER_MWH_MAX))
        return "soc_end_value_eur_per_mwh is not finite or of 1e30 and more";
    if (!(is_share(p->efficiency_charge) && is_share(p->efficiency_discharge)))
        return "an efficiency is not in (0, 1]";
    if (!is_cost(p->fee_eur_per_mwh))
        return "fee_eur_per_mwh is negative, not finite or of 1e30 and more";
    if (!is_cost(p->degradation_eur_per_mwh))
        return "degradation_eur_per_mwh is negative, not finite or of 1e30 and more";
    if (!(p->self_discharge_per_h >= 0 && p->self_discharge_per_h < 1))
        return "self_discharge_per_h is not in [0, 1)";
    return NULL;
}

bool terms_are_sound(const struct mando_optimize_problem *p)
{
    return p->periods > 0 && p->buy_eur_per_mwh && p->sell_eur_per_mwh && !wrong_scalar(p);
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* The sign bit is set where a price is no number below PRICE_MAX, or buying costs less than selling
 * earns: to the exponent of what is too large or not finite, what is added carries into the sign.
 * Whole numbers alone, so that the loop over a year runs on vectors. */
static uint64_t wrong_price_bits(double buy, double sell)
{
    const uint64_t exponent = UINT64_C(0x7FF) << 52, sign = UINT64_C(1) << 63;
    const uint64_t carry = sign - bits_of(PRICE_EUR_PER_MWH_MAX);
    return ((bits_of(buy) & exponent) + carry) | ((bits_of(sell) & exponent) + carry)
           | bits_of(buy - sell);
}

static size_t first_wrong_price(const struct mando_optimize_problem *p)
{
    const double *buy = p->buy_eur_per_mwh, *sell = p->sell_eur_per_mwh;
    uint64_t wrong = 0;
    for (size_t t = 0; t < p->periods; t++)
        wrong |= wrong_price_bits(buy[t], sell[t]);
    if (wrong >> 63 == 0)
        return p->periods;
    size_t t = 0;
    while (wrong_price_bits(buy[t], sell[t]) >> 63 == 0)
        t++;
    return t;
}

static size_t first_wrong_limit(const double *limit, size_t periods, double least)
{
    size_t t = 0;
    while (limit && t < periods && !(limit[t] < least) && !isinf(limit[t]))
        t++;
    return limit ? t : periods;
}

/* The first limit of a list that is malformed: out of order, overlapping, too long, without a
 * number, or across the end of one of `outer`. */
static size_t first_wrong_throughput(const struct mando_optimize_problem *p,
                                     const struct mando_optimize_limit *limits, size_t count,
                                     const struct mando_optimize_limit *outer, size_t outer_count)
{
    size_t end = 0, k = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = limits[i].first, periods = limits[i].periods;
        if (first < end || periods == 0 || first >= p->periods || periods > p->periods - first
            || !(limits[i].withdrawn_mwh_max >= 0 && limits[i].withdrawn_mwh_max <= DBL_MAX))
            return i;
        end = first + periods;
        while (k < outer_count && outer[k].first + outer[k].periods <= first)
            k++;
        bool crosses = k < outer_count
                       && ((outer[k].first > first && outer[k].first < end)
                           || (outer[k].first <= first && outer[k].first + outer[k].periods < end));
        if (crosses)
            return i;
    }
    return count;
}

static enum mando_status fail_throughput(size_t limit, const char *list, struct mando_error *error)
{
    return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, -1,
                      "limit %zu of the %s on throughput is out of order, overlaps another, lies "
                      "outside of the horizon or is negative",
                      limit, list);
}

static enum mando_status check_throughput(const struct mando_optimize_problem *p,
                                          const struct mando_optimize_settings *settings,
                                          struct mando_error *error)
{
    size_t days = p->day_limit_count, years = p->year_limit_count;
    if (days > settings->limits_max || years > settings->limits_max
        || years > MANDO_OPTIMIZE_YEAR_LIMITS_MAX)
        return mando_fail(error, MANDO_E_OPTIMIZE_SIZE, -1,
                          "the problem has %zu limits of days and %zu of years, the workspace has "
                          "room for %zu and %d",
                          days, years, settings->limits_max, MANDO_OPTIMIZE_YEAR_LIMITS_MAX);
    size_t year = first_wrong_throughput(p, p->year_limits, years, NULL, 0);
    if (year < years)
        return fail_throughput(year, "years", error);
    size_t day = first_wrong_throughput(p, p->day_limits, days, p->year_limits, years);
    if (day < days)
        return fail_throughput(day, "days", error);
    for (size_t i = 0; i < days; i++)
        if (p->day_limits[i].periods > settings->limit_periods_max)
            return mando_fail(error, MANDO_E_OPTIMIZE_SIZE, -1,
                              "a limit covers %zu periods, the workspace has room for %zu",
                              p->day_limits[i].periods, settings->limit_periods_max);
    return MANDO_OK;
}

enum mando_status terms_check(const struct mando_optimize_problem *p,
                              const struct mando_optimize_settings *settings,
                              struct mando_error *error)
{
    if (p->periods == 0 || !p->buy_eur_per_mwh || !p->sell_eur_per_mwh)
        return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, -1, "the problem has no periods");
    if (p->periods > settings->periods_max)
        return mando_fail(error, MANDO_E_OPTIMIZE_SIZE, -1,
                          "the problem has %zu periods, more than the workspace's %zu", p->periods,
                          settings->periods_max);
    const char *wrong = wrong_scalar(p);
    if (wrong)
        return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, -1, "the problem's %s", wrong);
    size_t t = first_wrong_price(p);
    if (t < p->periods)
        return mando_fail(
            error, MANDO_E_OPTIMIZE_PROBLEM, (int64_t)t,
            "period %zu has a price that is not finite or of 1e30 and more, or buys below "
            "the sale",
            t);
    const double *const limits[] = {p->power_charge_mw_max, p->power_discharge_mw_max,
                                    p->soc_min_mwh_end, p->soc_max_mwh_end};
    for (int i = 0; i < 4; i++) {
        t = first_wrong_limit(limits[i], p->periods, i < 2 ? 0 : -INFINITY);
        if (t < p->periods)
            return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, (int64_t)t,
                              "period %zu has a limit that is negative or infinite", t);
    }
    return check_throughput(p, settings, error);
}

size_t terms_infeasible_from(const struct terms *terms, double slack_mwh)
{
    double low = terms->soc_start_mwh, high = low;
    for (size_t t = 0; t < terms->periods; t++) {
        struct period period = period_at(terms, t);
        low = greater(terms->keep * low - period.down_mwh, soc_min_at(terms, t) - slack_mwh);
        high = smaller(terms->keep * high + period.up_mwh, soc_max_at(terms, t) + slack_mwh);
        if (low > high)
            return t;
    }
    bool misses_end = terms->soc_end_mwh < low - slack_mwh || terms->soc_end_mwh > high + slack_mwh;
    return misses_end ? terms->periods - 1 : terms->periods;
}
