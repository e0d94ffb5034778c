#include "domain/prices.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "domain/convert.h"

void mando_prices_release(struct mando_prices *prices)
{
    if (!prices)
        return;
    mando_free(prices->owned);
    *prices = (struct mando_prices){0};
}

static struct mando_periods periods_of(const struct mando_prices_resolution *resolution)
{
    return (struct mando_periods){.length = resolution->length, .zone = resolution->zone};
}

struct span {
    int64_t start_us, end_us;
};

static enum mando_status fail_span(struct mando_error *error, struct span span, const char *why)
{
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE];
    mando_time_format(span.start_us, start);
    mando_time_format(span.end_us, end);
    return mando_fail(error, MANDO_E_PRICES_RESOLUTION, -1, "the period from %s to %s %s", start,
                      end, why);
}

static int64_t end_of(const struct mando_prices *prices)
{
    return prices->start_us + (int64_t)prices->count * prices->step_us;
}

/* Whether a period has all its prices: it lies within one of them or is made of whole ones. */
static enum mando_status check_period(const struct mando_prices *prices, struct span period,
                                      int64_t length_us, struct mando_error *error)
{
    if (period.start_us < prices->start_us || period.end_us > end_of(prices))
        return fail_span(error, period, "is not wholly covered by prices");
    if (length_us <= 0)
        return fail_span(error, period, "is beyond the years 1 to 9999");
    if (period.end_us - period.start_us != length_us)
        return fail_span(error, period, "is not as long as the first one, as a plan needs it");
    int64_t before_us = (period.start_us - prices->start_us) % prices->step_us;
    int64_t after_us = (period.end_us - prices->start_us) % prices->step_us;
    bool within = before_us + length_us <= prices->step_us;
    if (!within && (before_us || after_us))
        return fail_span(error, period, "cuts a price's own period in two");
    return MANDO_OK;
}

/* Checks every new period; writes how many there are and how long each is. */
static enum mando_status measure(const struct mando_prices *prices,
                                 const struct mando_prices_resolution *resolution,
                                 struct mando_prices *measured_out, struct mando_error *error)
{
    struct mando_periods periods = periods_of(resolution);
    struct span period = {.start_us = mando_periods_start(&periods, prices->start_us)};
    int64_t length_us = mando_periods_end(&periods, period.start_us) - period.start_us;
    struct mando_prices measured = {.start_us = period.start_us, .step_us = length_us};
    while (period.start_us < end_of(prices)) {
        if (measured.count == resolution->count_max)
            return mando_fail(error, MANDO_E_PRICES_RESOLUTION, -1,
                              "the resolution makes more than %" PRIu64 " periods",
                              resolution->count_max);
        period.end_us = mando_periods_end(&periods, period.start_us);
        enum mando_status status = check_period(prices, period, length_us, error);
        if (status)
            return status;
        measured.count++;
        period.start_us = period.end_us;
    }
    *measured_out = measured;
    return MANDO_OK;
}

static void fill_means(const struct mando_prices *prices, const double *source,
                       const struct mando_prices *target, double *means_out)
{
    int64_t length = target->step_us / prices->step_us;
    for (size_t i = 0; i < target->count; i++) {
        int64_t start_us = target->start_us + (int64_t)i * target->step_us;
        const double *first = source + (start_us - prices->start_us) / prices->step_us;
        means_out[i] = mando_convert_mean(first, length > 1 ? (size_t)length : 1);
    }
}

/* The same in the next free column; NULL stays NULL. */
static const double *new_means(const struct mando_prices *prices, const double *source,
                               const struct mando_prices *target, double **free_column)
{
    double *means = *free_column;
    if (!source)
        return NULL;
    fill_means(prices, source, target, means);
    *free_column += target->count;
    return means;
}

static bool has_limits(const struct mando_prices *prices)
{
    return prices->power_charge_mw_max || prices->power_discharge_mw_max || prices->soc_min_mwh
           || prices->soc_max_mwh;
}

static enum mando_status check_convertible(const struct mando_prices *prices,
                                           const struct mando_prices_resolution *resolution,
                                           struct mando_error *error)
{
    char text[MANDO_TIME_TEXT_SIZE];
    mando_duration_format(resolution->length, text);
    if (!mando_periods_are_regular(resolution->length))
        return mando_fail(
            error, MANDO_E_PRICES_RESOLUTION, -1,
            "%s is no resolution: it must be PT.. of at most a year, P1D, P1W, or months that "
            "divide a year",
            text);
    if (has_limits(prices))
        return mando_fail(error, MANDO_E_PRICES_RESOLUTION, -1,
                          "prices with limits of their periods cannot be converted to %s: limits "
                          "have no mean",
                          text);
    return MANDO_OK;
}

static enum mando_status convert(const struct mando_prices *prices,
                                 const struct mando_prices_resolution *resolution,
                                 struct mando_prices *prices_out, struct mando_error *error)
{
    bool one_price = prices->buy_eur_per_mwh == prices->sell_eur_per_mwh;
    struct mando_prices converted;
    enum mando_status status = measure(prices, resolution, &converted, error);
    if (status)
        return status;
    double *values = mando_alloc(converted.count, 4 * sizeof *values);
    if (!values)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for %zu periods",
                          converted.count);
    converted.owned = values;
    converted.buy_eur_per_mwh = new_means(prices, prices->buy_eur_per_mwh, &converted, &values);
    converted.sell_eur_per_mwh =
        one_price ? converted.buy_eur_per_mwh
                  : new_means(prices, prices->sell_eur_per_mwh, &converted, &values);
    converted.pv_mw = new_means(prices, prices->pv_mw, &converted, &values);
    converted.load_mw = new_means(prices, prices->load_mw, &converted, &values);
    *prices_out = converted;
    return MANDO_OK;
}

enum mando_status mando_prices_convert(const struct mando_prices *prices,
                                       const struct mando_prices_resolution *resolution,
                                       struct mando_prices *prices_out, struct mando_error *error)
{
    enum mando_status status = check_convertible(prices, resolution, error);
    return status ? status : convert(prices, resolution, prices_out, error);
}
