#include "mando/plan.h"

#include <stdlib.h>

#include "case_count.h"
#include "check.h"
#include "mando/gate.h"

#define PERIODS 12

static const double PRICES[PERIODS] = {20, 10, 30, 80, 60, -45, -50, -48, 90, 70, 30, 100};

static struct mando_battery battery(void)
{
    struct mando_battery battery;
    mando_battery_init(&battery);
    battery.power_charge_mw = battery.power_discharge_mw = 10;
    battery.soc_max_mwh = 20;
    battery.soc_start_mwh = 0;
    battery.efficiency_charge = battery.efficiency_discharge = 0.95;
    battery.fee_eur_per_mwh = 0.09;
    battery.degradation_eur_per_mwh = 4;
    return battery;
}

static struct mando_prices hourly(size_t count, const double *prices, int64_t start_us)
{
    return (struct mando_prices){.count = count,
                                 .start_us = start_us,
                                 .step_us = MANDO_HOUR_US,
                                 .buy_eur_per_mwh = prices,
                                 .sell_eur_per_mwh = prices};
}

static struct mando_plan *make(const struct mando_battery *battery,
                               const struct mando_prices *prices,
                               const struct mando_plan_options *options)
{
    struct mando_plan *plan = NULL;
    struct mando_error error = {0};
    enum mando_status status = mando_plan_make(battery, prices, options, &plan, &error);
    if (status != MANDO_OK)
        print_error("%s: %s\n", error.code, error.message);
    CHECK_EQ(status, MANDO_OK);
    return plan;
}

static void check_refusal(const struct mando_battery *battery, const struct mando_prices *prices,
                          const struct mando_plan_options *options, const char *code, int64_t index)
{
    struct mando_plan *plan = NULL;
    struct mando_error error = {0};
    CHECK(mando_plan_make(battery, prices, options, &plan, &error) != MANDO_OK);
    CHECK(plan == NULL);
    CHECK_TEXT(error.code, code);
    CHECK_EQ(error.index, index);
}

/* The money of a plan from its schedule columns alone. */
static double money(const struct mando_plan *plan, const struct mando_battery *b)
{
    double sum = 0;
    for (size_t t = 0; t < plan->periods; t++) {
        double mwh = plan->power_mw[t] * plan->step_h, price = plan->price_eur_per_mwh[t];
        if (mwh != 0)
            sum += mwh * price - fabs(mwh) * b->fee_eur_per_mwh
                   - fmax(mwh, 0) * b->degradation_eur_per_mwh;
    }
    return sum;
}

TEST(plan_of_a_small_day_is_what_a_person_would_do)
{
    const double prices[] = {10, 50};
    struct mando_battery b = battery();
    struct mando_prices p = hourly(2, prices, 0);
    struct mando_plan *plan = make(&b, &p, NULL);
    CHECK_NEAR(plan->power_mw[0], -10, 0);
    CHECK_NEAR(plan->soc_mwh[0], 9.5, 1e-12);
    CHECK_NEAR(plan->power_mw[1], 9.025, 1e-12);
    CHECK_NEAR(plan->soc_mwh[1], 0, 1e-12);
    CHECK_NEAR(plan->totals.revenue_eur, 9.025 * 50 - 100, 1e-9);
    CHECK_NEAR(plan->totals.fee_eur, 19.025 * 0.09, 1e-9);
    CHECK_NEAR(plan->totals.degradation_eur, 9.025 * 4, 1e-9);
    CHECK_NEAR(plan->totals.equivalent_full_cycles, 9.5 / 20, 1e-12);
    CHECK_NEAR(plan->totals.charged_mwh, 10, 1e-12);
    CHECK_NEAR(plan->totals.discharged_mwh, 9.025, 1e-12);
    double cash = plan->totals.revenue_eur - plan->totals.fee_eur;
    CHECK_NEAR(plan->eur_per_mw_year, cash / 10 * 8760 / 2, 1e-6);
    CHECK_EQ(plan->optimal, 1);
    CHECK_NEAR(plan->lot_cost_eur, NAN, 0);
    CHECK_NEAR(plan->burn_bound_eur, NAN, 0);
    mando_plan_free(plan);
}

TEST(plan_money_follows_from_the_schedule_alone)
{
    struct mando_battery b = battery();
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    struct mando_plan *plan = make(&b, &p, &(struct mando_plan_options){.burn_bound = 1});
    CHECK_NEAR(plan->totals.objective_eur, money(plan, &b), 1e-9);
    CHECK_EQ(plan->method, MANDO_METHOD_PIECES);
    CHECK_EQ(plan->periods_nonconcave, 3);
    CHECK(plan->burn_bound_eur > plan->totals.objective_eur);
    double sum = 0;
    for (size_t t = 0; t < plan->periods; t++)
        sum += plan->profit_eur[t];
    CHECK_NEAR(plan->totals.objective_eur, sum, 1e-9);
    mando_plan_free(plan);
}

TEST(plan_shows_the_price_of_the_side_it_trades)
{
    const double buy[] = {10, 47, 55}, sell[] = {9, 45, 50};
    struct mando_battery b = battery();
    struct mando_prices p = hourly(3, buy, 0);
    p.sell_eur_per_mwh = sell;
    struct mando_plan *plan = make(&b, &p, NULL);
    CHECK(plan->power_mw[0] < 0 && plan->power_mw[1] == 0 && plan->power_mw[2] > 0);
    CHECK_NEAR(plan->price_eur_per_mwh[0], 10, 0);
    CHECK_NEAR(plan->price_eur_per_mwh[1], NAN, 0);
    CHECK_NEAR(plan->price_eur_per_mwh[2], 50, 0);
    mando_plan_free(plan);
    p.sell_eur_per_mwh = p.buy_eur_per_mwh;
    plan = make(&b, &p, NULL);
    CHECK(plan->power_mw[1] == 0);
    CHECK_NEAR(plan->price_eur_per_mwh[1], 47, 0);
    mando_plan_free(plan);
}

/* The greatest power sold (sign 1) or bought (-1). */
static double most_mw(const struct mando_plan *plan, double sign)
{
    double most = 0;
    for (size_t t = 0; t < plan->periods; t++)
        most = fmax(most, sign * plan->power_mw[t]);
    return most;
}

TEST(plan_uses_the_smaller_of_power_and_connection)
{
    struct mando_battery b = battery();
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    b.import_mw_max = 3;
    b.export_mw_max = 20;
    struct mando_plan *plan = make(&b, &p, NULL);
    CHECK_NEAR(most_mw(plan, -1), 3, 0);
    CHECK(most_mw(plan, 1) > 3);
    mando_plan_free(plan);
    b.import_mw_max = NAN;
    b.export_mw_max = 2;
    plan = make(&b, &p, NULL);
    CHECK(most_mw(plan, -1) > 3);
    CHECK_NEAR(most_mw(plan, 1), 2, 0);
    mando_plan_free(plan);
}

TEST(plan_values_what_is_left_at_a_free_end)
{
    struct mando_battery b = battery();
    b.soc_end_value_eur_per_mwh = 1000;
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    struct mando_plan *plan = make(&b, &p, NULL);
    CHECK_NEAR(plan->soc_mwh[PERIODS - 1], 20, 1e-9);
    CHECK_NEAR(plan->totals.end_value_eur, 20000, 1e-6);
    CHECK_NEAR(plan->totals.objective_eur, money(plan, &b) + 20000, 1e-6);
    struct mando_plan_totals first = mando_plan_sum(plan, &b, &p, 0, PERIODS - 1);
    CHECK_NEAR(first.end_value_eur, 0, 0);
    mando_plan_free(plan);
}

TEST(plan_days_stand_alone_and_have_23_and_25_hours)
{
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    double prices[49];
    for (size_t t = 0; t < 49; t++)
        prices[t] = PRICES[t % PERIODS];
    struct mando_battery b = battery();
    b.soc_end_mwh = 0;
    int64_t start_us = 0;
    const char *midnight = "2024-03-31T00:00:00+01:00";
    CHECK_EQ(mando_time_parse(midnight, strlen(midnight), NULL, &start_us, NULL), MANDO_OK);
    struct mando_prices p = hourly(49, prices, start_us);
    const struct mando_plan_options by_day = {.horizon = MANDO_HORIZON_DAY, .zone = zone};
    struct mando_plan *plan = make(&b, &p, &by_day);
    CHECK_EQ(plan->horizon_count, 3);
    CHECK_EQ(plan->horizons[0].periods, 23);
    CHECK_EQ(plan->horizons[1].periods, 24);
    CHECK_EQ(plan->horizons[2].periods, 2);
    double sum = 0;
    for (size_t i = 0; i < plan->horizon_count; i++) {
        const struct mando_plan_horizon *day = &plan->horizons[i];
        CHECK_NEAR(day->soc_end_mwh, 0, 1e-9);
        sum += mando_plan_sum(plan, &b, &p, day->first, day->periods).objective_eur;
        sum -= day->objective_eur;
    }
    CHECK_NEAR(sum, 0, 1e-9);
    mando_plan_free(plan);
    p.start_us += MANDO_HOUR_US / 2;
    p.index_first = 100;
    check_refusal(&b, &p, &by_day, "optimize.horizon", 122);
    mando_zone_free(zone);
}

/* In Antarctica's Troll clocks go forward by two hours: a day of 22, here with a piece before and
 * one behind it. */
TEST(plan_days_may_be_shorter_than_23_hours)
{
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open("Antarctica/Troll", NULL, &zone, NULL), MANDO_OK);
    double prices[90];
    for (size_t t = 0; t < 90; t++)
        prices[t] = PRICES[t % PERIODS];
    struct mando_battery b = battery();
    b.soc_end_mwh = 0;
    struct mando_prices p = hourly(90, prices, 0);
    const char *start = "2025-03-29T23:45:00Z";
    CHECK_EQ(mando_time_parse(start, strlen(start), NULL, &p.start_us, NULL), MANDO_OK);
    p.step_us = MANDO_HOUR_US / 4;
    const struct mando_plan_options by_day = {.horizon = MANDO_HORIZON_DAY, .zone = zone};
    struct mando_plan *plan = make(&b, &p, &by_day);
    CHECK_EQ(plan->horizon_count, 3);
    CHECK_EQ(plan->horizons[0].periods, 1);
    CHECK_EQ(plan->horizons[1].periods, 88);
    CHECK_EQ(plan->horizons[2].first, 89);
    CHECK_EQ(plan->horizons[2].periods, 1);
    mando_plan_free(plan);
    mando_zone_free(zone);
}

TEST(plan_names_the_hardest_method_that_a_day_needed)
{
    struct mando_zone *utc = NULL;
    CHECK_EQ(mando_zone_open("UTC", NULL, &utc, NULL), MANDO_OK);
    double prices[72];
    for (size_t t = 0; t < 72; t++)
        prices[t] = t >= 24 && t < 48 ? PRICES[t % PERIODS] : 20 + (double)(t % 24);
    struct mando_battery b = battery();
    b.soc_end_mwh = 0;
    struct mando_prices p = hourly(72, prices, 0);
    const struct mando_plan_options by_day = {.horizon = MANDO_HORIZON_DAY, .zone = utc};
    struct mando_plan *plan = make(&b, &p, &by_day);
    CHECK_EQ(plan->method, MANDO_METHOD_PIECES);
    CHECK(plan->periods_nonconcave > 0);
    mando_plan_free(plan);
    p.count = 24;
    plan = make(&b, &p, &by_day);
    CHECK_EQ(plan->method, MANDO_METHOD_CONCAVE);
    CHECK_EQ(plan->periods_nonconcave, 0);
    mando_plan_free(plan);
    mando_zone_free(utc);
}

static int cancel_at_once(void *context, size_t periods_done, size_t periods)
{
    *(size_t *)context = periods_done;
    return periods_done < periods || periods == PERIODS;
}

TEST(plan_says_what_it_cannot_do)
{
    struct mando_battery b = battery();
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    check_refusal(&b, &p, &(struct mando_plan_options){.horizon = MANDO_HORIZON_DAY},
                  "optimize.horizon", -1);
    b.soc_end_mwh = 0;
    check_refusal(&b, &p, &(struct mando_plan_options){.horizon = MANDO_HORIZON_DAY},
                  "optimize.horizon", -1);
    check_refusal(&b, &p, &(struct mando_plan_options){.lot_mw = -1}, "optimize.problem", -1);
    b.cycles_per_day_max = 1;
    check_refusal(&b, &p, NULL, "optimize.horizon", -1);
    check_refusal(&b, &p, &(struct mando_plan_options){.lot_mw = 1}, "optimize.unsupported", -1);
    b = battery();
    b.soc_end_mwh = 0;
    b.cycles_per_year_max = 100;
    check_refusal(&b, &p, &(struct mando_plan_options){.horizon = MANDO_HORIZON_DAY},
                  "optimize.unsupported", -1);
    b = battery();
    b.soc_min_mwh = 30;
    check_refusal(&b, &p, NULL, "battery.soc_limits", -1);
    size_t done = 0;
    b = battery();
    check_refusal(
        &b, &p, &(struct mando_plan_options){.progress = cancel_at_once, .progress_context = &done},
        "cancelled", -1);
    CHECK_EQ(done, PERIODS);
    p.count = 0;
    check_refusal(&b, &p, NULL, "optimize.problem", -1);
}

TEST(plan_refuses_money_that_is_no_number)
{
    const double prices[] = {1e29, -1e29, 1e29};
    struct mando_battery b = battery();
    struct mando_prices p = hourly(3, prices, 0);
    b.power_charge_mw = b.power_discharge_mw = b.soc_max_mwh = 1e300;
    check_refusal(&b, &p, NULL, "optimize.problem", -1);
    b = battery();
    b.soc_end_value_eur_per_mwh = 1e308;
    p = hourly(PERIODS, PRICES, 0);
    check_refusal(&b, &p, NULL, "optimize.problem", -1);
}

TEST(plan_refuses_a_series_that_leaves_the_years_1_to_9999)
{
    struct mando_zone *utc = NULL;
    CHECK_EQ(mando_zone_open("UTC", NULL, &utc, NULL), MANDO_OK);
    struct mando_battery b = battery();
    b.soc_end_mwh = 0;
    const struct mando_plan_options by_day = {.horizon = MANDO_HORIZON_DAY, .zone = utc};
    int64_t start_us = 0;
    const char *last = "9999-12-31T13:00Z", *first = "0001-01-01";
    CHECK_EQ(mando_time_parse(last, strlen(last), NULL, &start_us, NULL), MANDO_OK);
    struct mando_prices p = hourly(PERIODS, PRICES, start_us);
    check_refusal(&b, &p, &by_day, "time.range", -1);
    check_refusal(&b, &p, NULL, "time.range", -1);
    p.start_us -= 2 * MANDO_HOUR_US; /* to the last midnight */
    mando_plan_free(make(&b, &p, &by_day));
    p.step_us = INT64_MAX;
    check_refusal(&b, &p, &by_day, "time.range", -1);
    p = hourly(PERIODS, PRICES, INT64_MIN);
    check_refusal(&b, &p, NULL, "time.range", -1);
    CHECK_EQ(mando_time_parse(first, strlen(first), NULL, &start_us, NULL), MANDO_OK);
    p.start_us = start_us;
    mando_plan_free(make(&b, &p, &by_day));
    p.start_us--;
    check_refusal(&b, &p, NULL, "time.range", -1);
    mando_zone_free(utc);
}

TEST(plan_names_the_period_of_the_file_that_makes_it_infeasible)
{
    struct mando_battery b = battery();
    b.soc_start_mwh = 20;
    const double high[PERIODS] = {20, 20, 5, 20, 20, 20, 20, 20, 20, 20, 20, 20};
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    p.index_first = 100;
    p.soc_max_mwh = high;
    struct mando_plan *plan = NULL;
    struct mando_error error = {0};
    CHECK_EQ(mando_plan_make(&b, &p, NULL, &plan, &error), MANDO_OK);
    mando_plan_free(plan);
    b.power_discharge_mw = 4;
    CHECK_EQ(mando_plan_make(&b, &p, NULL, &plan, &error), MANDO_INFEASIBLE);
    CHECK_TEXT(error.code, "optimize.infeasible");
    CHECK_EQ(error.index, 102);
    CHECK(strstr(error.message, "1970-01-01T02:00:00Z") != NULL);
    b.soc_start_mwh = 0;
    b.soc_end_mwh = 20;
    b.power_charge_mw = 1;
    check_refusal(&b, &p, NULL, "optimize.infeasible", 100 + PERIODS - 1);
}

static double uniform(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (double)(*state >> 11) * 0x1p-53;
}

static double random_between(uint64_t *state, double low, double high)
{
    return low + (high - low) * uniform(state);
}

TEST(plan_that_is_made_leaves_the_error_alone)
{
    struct mando_battery b = battery();
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    p.index_first = 100;
    struct mando_error error = {.index = 7, .message = "of another call"};
    struct mando_plan *plan = NULL;
    CHECK_EQ(mando_plan_make(&b, &p, NULL, &plan, &error), MANDO_OK);
    CHECK_EQ(error.index, 7);
    CHECK_TEXT(error.message, "of another call");
    mando_plan_free(plan);
}

TEST(plan_of_a_huge_battery_is_not_refused_for_its_rounding)
{
    enum { PERIODS_MANY = 4000 };
    double prices[PERIODS_MANY];
    uint64_t seed = 7;
    for (size_t t = 0; t < PERIODS_MANY; t++)
        prices[t] = random_between(&seed, -20, 180);
    struct mando_prices p = hourly(PERIODS_MANY, prices, 0);
    p.step_us = MANDO_HOUR_US / 4;
    const double scales[] = {1, 1e3, 1e6, 1e9};
    for (size_t i = 0; i < 4; i++) {
        double scale = scales[i];
        struct mando_battery b = battery();
        b.power_charge_mw = 0.31 * scale;
        b.power_discharge_mw = 0.3 * scale;
        b.soc_max_mwh = 1.1 * scale;
        mando_plan_free(make(&b, &p, NULL));
        mando_plan_free(make(&b, &p, &(struct mando_plan_options){.lot_mw = scale / 10}));
    }
}

/* Over all random batteries in lots. */
struct lot_sums {
    long feasible, optimal;
    double exact_eur, gap_eur, fine_cost_eur;
};

/* One random battery in lots: keeps the lots, and the gate has passed it. */
static void check_lots(uint64_t seed, struct lot_sums *sums)
{
    uint64_t state = seed * 0x9E3779B97F4A7C15U + 1;
    double prices[96];
    for (size_t t = 0; t < 96; t++)
        prices[t] = random_between(&state, -60, 200);
    struct mando_battery b = battery();
    b.power_charge_mw = random_between(&state, 0.5, 20);
    b.power_discharge_mw = random_between(&state, 0.5, 20);
    b.soc_max_mwh = random_between(&state, 4, 60);
    b.soc_start_mwh = random_between(&state, 0, b.soc_max_mwh);
    if (uniform(&state) < 0.5)
        b.soc_end_mwh = b.soc_start_mwh;
    if (uniform(&state) < 0.3)
        b.self_discharge_per_h = 0.01;
    struct mando_prices p = hourly(96, prices, 0);
    if (uniform(&state) < 0.5)
        p.step_us = MANDO_HOUR_US / 4;
    double lot = uniform(&state) < 0.5 ? 0.1 : 1;
    struct mando_plan *plan = NULL;
    struct mando_error error = {0};
    enum mando_status status =
        mando_plan_make(&b, &p, &(struct mando_plan_options){.lot_mw = lot}, &plan, &error);
    if (status == MANDO_INFEASIBLE)
        return;
    if (status != MANDO_OK)
        print_error("seed %llu: %s: %s\n", (unsigned long long)seed, error.code, error.message);
    CHECK_EQ(status, MANDO_OK);
    for (size_t t = 0; t < 96; t++)
        CHECK_NEAR(plan->power_mw[t] / lot, rint(plan->power_mw[t] / lot), 1e-9);
    CHECK_NEAR(plan->totals.objective_eur, money(plan, &b), 1e-9 * fmax(1, money(plan, &b)));
    CHECK(plan->lot_cost_eur >= -1e-9 * fabs(plan->totals.objective_eur));
    CHECK(plan->gap_eur >= 0 && (plan->gap_eur == 0) == plan->optimal);
    sums->feasible++;
    sums->optimal += plan->optimal;
    sums->exact_eur += plan->totals.objective_eur + plan->lot_cost_eur;
    sums->gap_eur += plan->gap_eur;
    sums->fine_cost_eur += lot < 1 ? plan->lot_cost_eur : 0;
    mando_plan_free(plan);
}

TEST(plan_in_lots_keeps_every_limit_and_loses_little)
{
    const long count = (long)case_count_of_slow(200);
    struct lot_sums sums = {0};
    for (long seed = 1; seed <= count; seed++)
        check_lots((uint64_t)seed, &sums);
    print_message("%ld of %ld batteries have a plan in lots, %ld proven the best, gap %.2g, seeds "
                  "from 1\n",
                  sums.feasible, count, sums.optimal, sums.gap_eur / sums.exact_eur);
    CHECK(sums.feasible * 100 >= count * 97);
    CHECK(sums.optimal * 100 >= sums.feasible * 60);
    CHECK(sums.gap_eur <= 0.002 * sums.exact_eur);
    CHECK(sums.fine_cost_eur <= 0.02 * sums.exact_eur);
}

TEST(plan_in_lots_of_three_mw_trades_nine_both_ways)
{
    /* 28 lots fill the battery and 25 empty it: nine MW for hours on end, where there is room. */
    double prices[96];
    for (size_t t = 0; t < 96; t++)
        prices[t] = 60 - 50 * cos((double)t * 6.283185307179586 / 96);
    struct mando_battery b = battery();
    b.soc_end_mwh = 0;
    struct mando_prices p = hourly(96, prices, 0);
    p.step_us = MANDO_HOUR_US / 4;
    struct mando_plan *plan = make(&b, &p, &(struct mando_plan_options){.lot_mw = 3});
    size_t nines = 0;
    for (size_t t = 0; t < 96; t++)
        nines += fabs(plan->power_mw[t]) == 9;
    CHECK(nines >= 16);
    CHECK_EQ(plan->optimal, 1);
    CHECK(plan->lot_cost_eur <= 0.04 * (plan->totals.objective_eur + plan->lot_cost_eur));
    CHECK(plan->horizons[0].soc_end_mwh < 3 * 0.25 / 0.95);
    mando_plan_free(plan);
}

TEST(plan_in_lots_that_fit_costs_nothing)
{
    struct mando_battery b = battery();
    b.efficiency_charge = b.efficiency_discharge = 1;
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    struct mando_plan *plan = make(&b, &p, &(struct mando_plan_options){.lot_mw = 5});
    CHECK_NEAR(plan->lot_cost_eur, 0, 1e-9);
    CHECK_EQ(plan->optimal, 1);
    mando_plan_free(plan);
}

/* Three days around New Year: prices repeat, so that a day without a limit makes two cycles. */
TEST(plan_keeps_limits_on_cycles_of_days_and_years)
{
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    double prices[72];
    for (size_t t = 0; t < 72; t++)
        prices[t] = t % 12 < 6 ? 10 + (double)(t % 6) : 100 - (double)(t % 6);
    int64_t start_us = 0;
    const char *midnight = "2024-12-30T00:00:00+01:00";
    CHECK_EQ(mando_time_parse(midnight, strlen(midnight), NULL, &start_us, NULL), MANDO_OK);
    struct mando_battery b = battery();
    struct mando_prices p = hourly(72, prices, start_us);
    struct mando_plan_options options = {.zone = zone};
    struct mando_plan *plan = make(&b, &p, &options);
    double free_eur = plan->totals.objective_eur;
    CHECK_EQ(plan->day_count, 0);
    mando_plan_free(plan);
    b.cycles_per_day_max = 1.25;
    plan = make(&b, &p, &options);
    CHECK_EQ(plan->method, MANDO_METHOD_DUAL);
    CHECK_EQ(plan->day_count, 3);
    CHECK_EQ(plan->year_count, 0);
    double day_eur = plan->totals.objective_eur;
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQ(plan->days[i].first, 24 * i);
        CHECK_NEAR(plan->days[i].equivalent_full_cycles, 1.25, 1e-9);
        CHECK(plan->days[i].cycle_value_eur > 0);
    }
    mando_plan_free(plan);
    b.cycles_per_year_max = 1e308; /* of 20 MWh: no number is so large */
    plan = make(&b, &p, &options);
    CHECK_NEAR(plan->totals.objective_eur, day_eur, 1e-9);
    mando_plan_free(plan);
    b.cycles_per_day_max = 1e308;
    plan = make(&b, &p, &options);
    CHECK_NEAR(plan->totals.objective_eur, free_eur, 1e-9);
    CHECK_NEAR(plan->days[0].cycle_value_eur, 0, 0);
    mando_plan_free(plan);
    b.cycles_per_day_max = 1.25;
    b.cycles_per_year_max = 2;
    plan = make(&b, &p, &options);
    CHECK_EQ(plan->year_count, 2);
    CHECK_NEAR(plan->years[0].equivalent_full_cycles, 2, 1e-9);
    CHECK(plan->years[0].cycle_value_eur > 0);
    CHECK_NEAR(plan->years[1].equivalent_full_cycles, 1.25, 1e-9);
    CHECK_NEAR(plan->years[1].cycle_value_eur, 0, 0);
    CHECK(plan->totals.objective_eur < day_eur && day_eur < free_eur);
    mando_plan_free(plan);
    mando_zone_free(zone);
}

/* A ramp that never binds sends the same battery to the other solver. */
TEST(plan_by_linear_programming_earns_what_the_kernel_earns)
{
    for (uint64_t seed = 1; seed <= 40; seed++) {
        uint64_t random = seed * 0x9E3779B97F4A7C15U + 7;
        double prices[24], low = seed % 2 ? 5 : -40;
        for (size_t t = 0; t < 24; t++)
            prices[t] = random_between(&random, low, 120);
        struct mando_battery b = battery();
        b.soc_max_mwh = random_between(&random, 5, 60);
        b.soc_start_mwh = random_between(&random, 0, b.soc_max_mwh);
        b.degradation_eur_per_mwh = seed % 3 ? 4 : 0;
        b.self_discharge_per_h = seed % 4 ? 0 : 0.01;
        struct mando_prices p = hourly(24, prices, 0);
        struct mando_plan *exact = make(&b, &p, NULL);
        b.ramp_mw_per_h_max = 1000;
        struct mando_plan *plan = make(&b, &p, NULL);
        CHECK_EQ(plan->method, MANDO_METHOD_LP);
        CHECK_EQ(plan->optimal, 1);
        CHECK(plan->nodes >= 1 && exact->nodes == 0);
        CHECK_NEAR(plan->totals.objective_eur, exact->totals.objective_eur, 1e-6);
        mando_plan_free(plan);
        mando_plan_free(exact);
    }
}

TEST(plan_of_a_site_adds_up_the_money_at_the_connection)
{
    static const double BUY[] = {240, 50, 200, 60}, SELL[] = {30, -10, 150, 20};
    static const double PV[] = {0, 16, 0, 0}, LOAD[] = {2, 2, 3, 1};
    struct mando_battery b = battery();
    struct mando_prices p = hourly(4, BUY, 0);
    p.sell_eur_per_mwh = SELL;
    p.pv_mw = PV;
    p.load_mw = LOAD;
    b.auxiliary_mw = 1;
    b.fee_eur_per_mwh = 1;
    struct mando_plan *plan = make(&b, &p, NULL);
    /* 10 MW of the 13 that are left are stored, 3 curtailed; 9.025 MW come back, 4 of them used. */
    CHECK_NEAR(plan->power_mw[1], -10, 1e-7);
    CHECK_NEAR(plan->curtailed_mw[1], 3, 1e-7);
    CHECK_NEAR(plan->grid_mw[1], 0, 1e-7);
    CHECK_NEAR(plan->power_mw[2], 10 * 0.9025, 1e-7);
    CHECK_NEAR(plan->grid_mw[2], 5.025, 1e-7);
    CHECK_NEAR(plan->price_eur_per_mwh[0], 240, 0);
    CHECK_NEAR(plan->price_eur_per_mwh[2], 150, 0);
    CHECK_NEAR(plan->totals.revenue_eur, 5.025 * 150 - 3 * 240 - 2 * 60, 1e-5);
    CHECK_NEAR(plan->totals.fee_eur, 5.025 + 5, 1e-6);
    CHECK_NEAR(plan->totals.degradation_eur, 4 * 9.025, 1e-6);
    CHECK_NEAR(plan->totals.charged_mwh, 10, 1e-7);
    CHECK_NEAR(plan->totals.discharged_mwh, 9.025, 1e-7);
    CHECK_NEAR(plan->totals.curtailed_mwh, 3, 1e-7);
    CHECK_NEAR(plan->profit_eur[0], -3 * 241, 1e-6);
    CHECK(isnan(plan->burn_bound_eur) && isnan(plan->lot_cost_eur));
    mando_plan_free(plan);
}

TEST(plan_of_a_battery_alone_has_no_site)
{
    struct mando_battery b = battery();
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    struct mando_plan *plan = make(&b, &p, NULL);
    CHECK(!plan->grid_mw && !plan->curtailed_mw && plan->totals.curtailed_mwh == 0);
    mando_plan_free(plan);
}

TEST(plan_by_linear_programming_names_the_period_of_the_file)
{
    struct mando_battery b = battery();
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    p.index_first = 100;
    b.ramp_mw_per_h_max = 1000;
    b.soc_start_mwh = 20;
    b.soc_end_mwh = 0;
    b.power_discharge_mw = 0.5;
    check_refusal(&b, &p, NULL, "optimize.infeasible", 100 + PERIODS - 1);
}

TEST(plan_of_a_piecewise_battery_has_no_lots)
{
    struct mando_battery b = battery();
    struct mando_prices p = hourly(PERIODS, PRICES, 0);
    b.auxiliary_mw = 0.5;
    check_refusal(&b, &p, &(struct mando_plan_options){.lot_mw = 1}, "optimize.unsupported", -1);
}

/* Limits of two lists, and the same worth of a cycle as the kernel's. */
TEST(plan_by_linear_programming_keeps_limits_on_cycles)
{
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &zone, NULL), MANDO_OK);
    double prices[72];
    for (size_t t = 0; t < 72; t++)
        prices[t] = t % 12 < 6 ? 10 + (double)(t % 6) : 100 - (double)(t % 7);
    int64_t start_us = 0;
    const char *midnight = "2024-12-30T00:00:00+01:00";
    CHECK_EQ(mando_time_parse(midnight, strlen(midnight), NULL, &start_us, NULL), MANDO_OK);
    struct mando_battery b = battery();
    struct mando_prices p = hourly(72, prices, start_us);
    struct mando_plan_options options = {.zone = zone};
    b.cycles_per_day_max = 1.25;
    b.cycles_per_year_max = 2;
    struct mando_plan *exact = make(&b, &p, &options);
    b.ramp_mw_per_h_max = 1000;
    struct mando_plan *plan = make(&b, &p, &options);
    CHECK_EQ(plan->method, MANDO_METHOD_LP);
    CHECK_NEAR(plan->totals.objective_eur, exact->totals.objective_eur, 1e-5);
    CHECK_EQ(plan->day_count, 3);
    CHECK_EQ(plan->year_count, 2);
    for (size_t i = 0; i < 3; i++) {
        CHECK(plan->days[i].equivalent_full_cycles <= 1.25 + 1e-9);
        CHECK(plan->days[i].cycle_value_eur >= 0);
    }
    CHECK_NEAR(plan->years[0].equivalent_full_cycles, 2, 1e-7);
    CHECK(plan->years[0].cycle_value_eur > 0);
    mando_plan_free(plan);
    mando_plan_free(exact);
    b.ramp_mw_per_h_max = 1000;
    b.soc_end_mwh = 0;
    b.cycles_per_year_max = NAN;
    options.horizon = MANDO_HORIZON_DAY;
    plan = make(&b, &p, &options);
    CHECK_EQ(plan->method, MANDO_METHOD_LP);
    for (size_t i = 0; i < 3; i++)
        CHECK_NEAR(plan->days[i].equivalent_full_cycles, 1.25, 1e-7);
    mando_plan_free(plan);
    mando_zone_free(zone);
}
