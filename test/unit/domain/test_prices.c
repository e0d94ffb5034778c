#include "domain/prices.h"

#include "base/alloc.h"
#include "check.h"

#define MINUTE_US (60 * MANDO_SECOND_US)

static int64_t at(const char *text)
{
    int64_t time_us = 0;
    CHECK_EQ(mando_time_parse(text, strlen(text), NULL, &time_us, NULL), MANDO_OK);
    return time_us;
}

/* Prices 0, 1, 2, ... */
static struct mando_prices ramp(const char *start, int64_t step_us, size_t count)
{
    static double values[20000];
    for (size_t i = 0; i < count; i++)
        values[i] = (double)i;
    return (struct mando_prices){.count = count,
                                 .start_us = at(start),
                                 .step_us = step_us,
                                 .index_first = 7,
                                 .buy_eur_per_mwh = values,
                                 .sell_eur_per_mwh = values};
}

static enum mando_status convert(const struct mando_prices *prices, const char *length,
                                 const struct mando_zone *zone, struct mando_prices *out,
                                 struct mando_error *error)
{
    struct mando_prices_resolution resolution = {.zone = zone, .count_max = 1000000};
    CHECK_EQ(mando_duration_parse(length, strlen(length), &resolution.length, NULL), MANDO_OK);
    return mando_prices_convert(prices, &resolution, out, error);
}

static void check_refused(const struct mando_prices *prices, const char *length,
                          const struct mando_zone *zone, const char *message)
{
    struct mando_prices out = {.count = 42};
    struct mando_error error;
    CHECK_EQ(convert(prices, length, zone, &out, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "prices.resolution");
    CHECK_TEXT(error.message, message);
    CHECK_EQ(out.count, 42);
}

static struct mando_zone *berlin(void)
{
    struct mando_zone *zone;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    return zone;
}

TEST(prices_become_means_of_longer_periods)
{
    const struct mando_prices prices = ramp("2025-12-01T00:00Z", 15 * MINUTE_US, 8);
    struct mando_prices out;
    CHECK_EQ(convert(&prices, "PT1H", NULL, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 2);
    CHECK_EQ(out.step_us, MANDO_HOUR_US);
    CHECK_EQ(out.start_us, prices.start_us);
    CHECK_EQ(out.index_first, 0);
    CHECK(out.buy_eur_per_mwh == out.sell_eur_per_mwh);
    CHECK_NEAR(out.buy_eur_per_mwh[0], 1.5, 0);
    CHECK_NEAR(out.buy_eur_per_mwh[1], 5.5, 0);
    mando_prices_release(&out);
}

TEST(prices_take_pv_and_load_with_them)
{
    static const double PV_MW[] = {1, 3, 0, 2}, LOAD_MW[] = {4, 4, 2, 3};
    struct mando_prices out, prices = ramp("2025-12-01T00:00Z", 30 * MINUTE_US, 4);
    prices.pv_mw = PV_MW;
    prices.load_mw = LOAD_MW;
    CHECK_EQ(convert(&prices, "PT1H", NULL, &out, NULL), MANDO_OK);
    CHECK(out.pv_mw[0] == 2 && out.pv_mw[1] == 1);
    CHECK(out.load_mw[0] == 4 && out.load_mw[1] == 2.5);
    mando_prices_release(&out);
    prices.load_mw = NULL;
    CHECK_EQ(convert(&prices, "PT15M", NULL, &out, NULL), MANDO_OK);
    CHECK(out.pv_mw[1] == 1 && out.pv_mw[7] == 2 && !out.load_mw);
    mando_prices_release(&out);
}

TEST(prices_are_repeated_in_shorter_periods)
{
    const struct mando_prices prices = ramp("2025-12-01T00:30Z", MANDO_HOUR_US, 2);
    struct mando_prices out;
    CHECK_EQ(convert(&prices, "PT30M", NULL, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 4);
    CHECK_EQ(out.start_us, prices.start_us);
    for (size_t i = 0; i < 4; i++)
        CHECK_NEAR(out.buy_eur_per_mwh[i], i < 2 ? 0 : 1, 0);
    mando_prices_release(&out);
}

TEST(prices_of_both_sides_are_converted)
{
    const double buy[] = {1, 3}, sell[] = {0, 1};
    struct mando_prices prices = ramp("2025-12-01T00:00Z", 30 * MINUTE_US, 2), out;
    prices.buy_eur_per_mwh = buy;
    prices.sell_eur_per_mwh = sell;
    CHECK_EQ(convert(&prices, "PT1H", NULL, &out, NULL), MANDO_OK);
    CHECK_NEAR(out.buy_eur_per_mwh[0], 2, 0);
    CHECK_NEAR(out.sell_eur_per_mwh[0], 0.5, 0);
    mando_prices_release(&out);
}

TEST(prices_before_1970_are_cut_at_the_same_instants)
{
    const struct mando_prices prices = ramp("1969-12-31T18:00Z", MANDO_HOUR_US, 12);
    struct mando_prices out;
    CHECK_EQ(convert(&prices, "PT6H", NULL, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 2);
    CHECK_NEAR(out.buy_eur_per_mwh[1], 8.5, 0);
    mando_prices_release(&out);
    check_refused(&prices, "PT4H", NULL,
                  "the period from 1969-12-31T16:00:00Z to 1969-12-31T20:00:00Z is not wholly "
                  "covered by prices");
}

TEST(prices_of_days_weeks_and_months_are_cut_in_the_zone)
{
    struct mando_zone *zone = berlin();
    struct mando_prices prices = ramp("2025-11-30T23:00Z", MANDO_HOUR_US, 24 * 31), out;
    CHECK_EQ(convert(&prices, "P1D", zone, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 31);
    CHECK_NEAR(out.buy_eur_per_mwh[1], 35.5, 0);
    mando_prices_release(&out);
    CHECK_EQ(convert(&prices, "P1M", zone, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 1);
    CHECK_EQ(out.step_us, 31 * MANDO_DAY_US);
    mando_prices_release(&out);
    prices = ramp("2025-11-30T23:00Z", MANDO_HOUR_US, 24 * 14);
    CHECK_EQ(convert(&prices, "P1W", zone, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 2);
    mando_prices_release(&out);
    prices = ramp("2025-12-31T23:00Z", MANDO_HOUR_US, 24 * 365);
    CHECK_EQ(convert(&prices, "P1Y", zone, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 1);
    mando_prices_release(&out);
    check_refused(&prices, "P3M", zone,
                  "the period from 2026-03-31T22:00:00Z to 2026-06-30T22:00:00Z is not as long as "
                  "the first one, as a plan needs it");
    prices = ramp("2025-12-01T00:00Z", MANDO_HOUR_US, 24);
    check_refused(&prices, "P1D", zone,
                  "the period from 2025-11-30T23:00:00Z to 2025-12-01T23:00:00Z is not wholly "
                  "covered by prices");
    CHECK_EQ(convert(&prices, "P1D", NULL, &out, NULL), MANDO_OK);
    mando_prices_release(&out);
    mando_zone_free(zone);
}

TEST(prices_of_a_leap_year_become_one)
{
    const struct mando_prices prices = ramp("1970-01-01", MANDO_DAY_US, 366);
    struct mando_prices out;
    CHECK_EQ(convert(&prices, "PT8784H", NULL, &out, NULL), MANDO_OK);
    CHECK_EQ(out.count, 1);
    CHECK_NEAR(out.buy_eur_per_mwh[0], 182.5, 0);
    mando_prices_release(&out);
}

TEST(prices_of_days_that_differ_are_refused)
{
    struct mando_zone *zone = berlin();
    const struct mando_prices prices = ramp("2025-03-28T23:00Z", MANDO_HOUR_US, 71);
    check_refused(&prices, "P1D", zone,
                  "the period from 2025-03-29T23:00:00Z to 2025-03-30T22:00:00Z is not as long as "
                  "the first one, as a plan needs it");
    mando_zone_free(zone);
}

TEST(prices_that_do_not_fit_are_refused)
{
    struct mando_prices prices = ramp("2025-12-01T00:00Z", 15 * MINUTE_US, 8);
    check_refused(&prices, "PT20M", NULL,
                  "the period from 2025-12-01T00:00:00Z to 2025-12-01T00:20:00Z cuts a price's own "
                  "period in two");
    check_refused(&prices, "PT10M", NULL,
                  "the period from 2025-12-01T00:10:00Z to 2025-12-01T00:20:00Z cuts a price's own "
                  "period in two");
    check_refused(&prices, "PT3H", NULL,
                  "the period from 2025-12-01T00:00:00Z to 2025-12-01T03:00:00Z is not wholly "
                  "covered by prices");
    prices = ramp("2025-12-01T00:15Z", 15 * MINUTE_US, 7);
    check_refused(&prices, "PT1H", NULL,
                  "the period from 2025-12-01T00:00:00Z to 2025-12-01T01:00:00Z is not wholly "
                  "covered by prices");
    prices = ramp("2025-12-01T00:00Z", 15 * MINUTE_US, 7);
    check_refused(&prices, "PT1H", NULL,
                  "the period from 2025-12-01T01:00:00Z to 2025-12-01T02:00:00Z is not wholly "
                  "covered by prices");
}

TEST(prices_have_no_odd_resolutions)
{
    static const char *const ODD[] = {"PT0S", "-PT1H",           "P2D", "P1DT1H", "P5M",
                                      "P2Y",  "PT8784H0.000001S"};
    const struct mando_prices prices = ramp("2025-12-01T00:00Z", 15 * MINUTE_US, 8);
    for (size_t i = 0; i < sizeof ODD / sizeof *ODD; i++) {
        struct mando_prices out;
        struct mando_error error;
        CHECK_EQ(convert(&prices, ODD[i], NULL, &out, &error), MANDO_INVALID);
        CHECK_TEXT(error.code, "prices.resolution");
        CHECK(strstr(error.message,
                     "is no resolution: it must be PT.. of at most a year, P1D, P1W, or "
                     "months that divide a year"));
    }
}

TEST(prices_at_the_end_of_time_are_refused)
{
    const struct mando_prices prices = ramp("9999-12-31T00:00Z", MANDO_HOUR_US, 24);
    struct mando_prices out;
    struct mando_error error;
    CHECK_EQ(convert(&prices, "P1Y", NULL, &out, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "prices.resolution");
}

TEST(prices_with_limits_are_not_converted)
{
    struct mando_prices prices = ramp("2025-12-01T00:00Z", 15 * MINUTE_US, 8);
    prices.soc_min_mwh = prices.buy_eur_per_mwh;
    check_refused(&prices, "PT1H", NULL,
                  "prices with limits of their periods cannot be converted to PT1H: limits have no "
                  "mean");
}

TEST(prices_are_not_made_into_too_many_periods)
{
    const struct mando_prices prices = ramp("2025-12-01T00:00Z", 15 * MINUTE_US, 8);
    check_refused(&prices, "PT0.001S", NULL, "the resolution makes more than 1000000 periods");
}

TEST(prices_convert_without_memory_fails)
{
    const struct mando_prices prices = ramp("2025-12-01T00:00Z", 15 * MINUTE_US, 8);
    struct mando_prices out;
    mando_alloc_fail_after(0);
    CHECK_EQ(convert(&prices, "PT1H", NULL, &out, NULL), MANDO_NO_MEMORY);
    mando_alloc_fail_after(-1);
}
