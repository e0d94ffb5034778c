#include "mando/optimize.h"

#include "check.h"

#define PERIODS 96

static double prices[PERIODS], power[PERIODS], soc[PERIODS], water[PERIODS];
static const struct mando_optimize_solution SOLUTION = {
    .power_mw = power, .soc_mwh = soc, .water_value_eur_per_mwh = water};

/* A day that burns: cheap nights, a deep trough at noon, dear evenings, some noise. */
static struct mando_optimize_problem day(double trough)
{
    for (int t = 0; t < PERIODS; t++)
        prices[t] = 60 + 40 * sin(t * 0.13) + 7 * sin(t * 2.7) - (t > 40 && t < 64 ? trough : 0);
    return (struct mando_optimize_problem){.periods = PERIODS,
                                           .step_h = 0.25,
                                           .buy_eur_per_mwh = prices,
                                           .sell_eur_per_mwh = prices,
                                           .power_charge_mw = 10,
                                           .power_discharge_mw = 10,
                                           .soc_max_mwh = 20,
                                           .soc_start_mwh = 5,
                                           .soc_end_mwh = NAN,
                                           .efficiency_charge = 0.95,
                                           .efficiency_discharge = 0.95};
}

static struct mando_optimize *workspace(struct mando_optimize_settings settings)
{
    struct mando_optimize *w = NULL;
    CHECK_EQ(mando_optimize_setup(&settings, &w, NULL), MANDO_OK);
    return w;
}

static void check_refusal(struct mando_optimize_problem problem, const char *code, int64_t index)
{
    struct mando_optimize *w = workspace((struct mando_optimize_settings){
        .periods_max = PERIODS, .segments_max = 64, .segments_stored = 4096});
    struct mando_error error = {0};
    double bound = 17;
    CHECK(mando_optimize_solve(w, &problem, &SOLUTION, NULL, &error) != MANDO_OK);
    CHECK_TEXT(error.code, code);
    CHECK_EQ(error.index, index);
    CHECK(mando_optimize_burn_bound(w, &problem, &bound, &error) != MANDO_OK);
    CHECK_NEAR(bound, 17, 0);
    mando_optimize_free(w);
}

#define REFUSED(change)                                                                            \
    do {                                                                                           \
        struct mando_optimize_problem p = day(0);                                                  \
        change;                                                                                    \
        check_refusal(p, "optimize.problem", -1);                                                  \
    } while (0)

TEST(optimize_refuses_a_malformed_problem)
{
    REFUSED(p.periods = 0);
    REFUSED(p.buy_eur_per_mwh = NULL);
    REFUSED(p.step_h = 0);
    REFUSED(p.step_h = INFINITY);
    REFUSED(p.power_charge_mw = -1);
    REFUSED(p.power_discharge_mw = NAN);
    REFUSED(p.soc_min_mwh = 21);
    REFUSED(p.soc_max_mwh = INFINITY);
    REFUSED(p.soc_start_mwh = NAN);
    REFUSED(p.soc_end_mwh = INFINITY);
    REFUSED(p.soc_end_value_eur_per_mwh = NAN);
    REFUSED(p.efficiency_charge = 0);
    REFUSED(p.efficiency_discharge = 1.01);
    REFUSED(p.fee_eur_per_mwh = -0.1);
    REFUSED(p.degradation_eur_per_mwh = NAN);
    REFUSED(p.fee_eur_per_mwh = 1.3e30);
    REFUSED(p.soc_end_value_eur_per_mwh = -1.3e30);
    REFUSED(p.self_discharge_per_h = 1);
}

TEST(optimize_names_the_period_of_a_malformed_entry)
{
    struct mando_optimize_problem problem = day(0);
    prices[7] = NAN;
    check_refusal(problem, "optimize.problem", 7);
    problem = day(0);
    prices[8] = -INFINITY;
    check_refusal(problem, "optimize.problem", 8);
    problem = day(0);
    prices[9] = -1.3e30;
    check_refusal(problem, "optimize.problem", 9);
    double sell[PERIODS], limit[PERIODS];
    problem = day(0);
    memcpy(sell, prices, sizeof sell);
    sell[95] += 1e-9;
    problem.sell_eur_per_mwh = sell;
    check_refusal(problem, "optimize.problem", 95);
    problem = day(0);
    for (int t = 0; t < PERIODS; t++)
        limit[t] = NAN;
    limit[3] = -1;
    problem.power_charge_mw_max = limit;
    check_refusal(problem, "optimize.problem", 3);
    problem.power_charge_mw_max = NULL;
    problem.soc_min_mwh_end = limit;
    limit[3] = INFINITY;
    check_refusal(problem, "optimize.problem", 3);
}

TEST(optimize_refuses_what_is_larger_than_its_workspace)
{
    struct mando_optimize *w = workspace((struct mando_optimize_settings){
        .periods_max = PERIODS - 1, .segments_max = 64, .segments_stored = 4096});
    struct mando_optimize_problem problem = day(0);
    struct mando_error error;
    CHECK_EQ(mando_optimize_solve(w, &problem, NULL, NULL, &error), MANDO_LIMIT);
    CHECK_TEXT(error.code, "optimize.size");
    mando_optimize_free(w);
    const struct mando_optimize_settings nothing = {
        .periods_max = 0, .segments_max = 64, .segments_stored = 64};
    CHECK_EQ(mando_optimize_setup(&nothing, &w, &error), MANDO_INVALID);
    const struct mando_optimize_settings too_much = {
        .periods_max = 1, .segments_max = 64, .segments_stored = (size_t)1 << 40};
    CHECK_EQ(mando_optimize_setup(&too_much, &w, &error), MANDO_INVALID);
}

TEST(optimize_without_outputs_gives_the_same_objective)
{
    struct mando_optimize *w = NULL;
    CHECK_EQ(mando_optimize_setup(NULL, &w, NULL), MANDO_OK);
    struct mando_optimize_problem problem = day(150);
    struct mando_optimize_info all, none;
    const struct mando_optimize_solution water_only = {.water_value_eur_per_mwh = water};
    CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, &all, NULL), MANDO_OK);
    double first_water = water[0];
    CHECK_EQ(mando_optimize_solve(w, &problem, NULL, &none, NULL), MANDO_OK);
    CHECK_NEAR(all.objective_eur, none.objective_eur, 0);
    CHECK_EQ(mando_optimize_solve(w, &problem, &water_only, NULL, NULL), MANDO_OK);
    CHECK_NEAR(water[0], first_water, 0);
    mando_optimize_free(w);
}

/* Too small a workspace: a plan, and a gap that is proven. */
TEST(optimize_in_a_small_workspace_brackets_the_exact_value)
{
    struct mando_optimize *large = workspace((struct mando_optimize_settings){
        .periods_max = PERIODS, .segments_max = 4096, .segments_stored = 1 << 16});
    for (int trough = 100; trough <= 300; trough += 25) {
        struct mando_optimize_problem problem = day(trough);
        struct mando_optimize_info exact, info;
        CHECK_EQ(mando_optimize_solve(large, &problem, NULL, &exact, NULL), MANDO_OK);
        CHECK_EQ(exact.optimal, 1);
        CHECK_EQ(exact.method, MANDO_METHOD_PIECES);
        CHECK(exact.periods_nonconcave > 0);
        const struct mando_optimize_settings sizes[] = {
            {.periods_max = PERIODS, .segments_max = 4, .segments_stored = 4096},
            {.periods_max = PERIODS, .segments_max = 4096, .segments_stored = 30}};
        for (int i = 0; i < 2; i++) {
            struct mando_optimize *small = workspace(sizes[i]);
            CHECK_EQ(mando_optimize_solve(small, &problem, &SOLUTION, &info, NULL), MANDO_OK);
            CHECK_EQ(info.optimal, 0);
            CHECK(info.objective_eur <= exact.objective_eur + 1e-9);
            CHECK(info.bound_eur >= exact.objective_eur - 1e-9);
            double money = 0;
            for (int t = 0; t < PERIODS; t++)
                money += power[t] * problem.step_h * prices[t];
            CHECK_NEAR(money, info.objective_eur, 1e-8);
            mando_optimize_free(small);
        }
    }
    mando_optimize_free(large);
}

TEST(optimize_forgives_bounds_that_are_missed_by_rounding)
{
    struct mando_optimize *w = workspace((struct mando_optimize_settings){
        .periods_max = PERIODS, .segments_max = 64, .segments_stored = 4096});
    struct mando_optimize_problem problem = day(0);
    double high[PERIODS];
    for (int t = 0; t < PERIODS; t++)
        high[t] = NAN;
    problem.soc_start_mwh = 10;
    high[0] = 10 - 2.5 / 0.95;
    problem.soc_max_mwh_end = high;
    CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, NULL, NULL), MANDO_OK);
    high[0] -= 0.9e-9;
    CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, NULL, NULL), MANDO_OK);
    CHECK_NEAR(power[0], 10, 1e-9);
    struct mando_error error;
    high[0] -= 0.3e-9;
    CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, NULL, &error), MANDO_INFEASIBLE);
    CHECK_EQ(error.index, 0);
    mando_optimize_free(w);
}

TEST(optimize_forgives_an_end_that_is_missed_by_rounding)
{
    struct mando_optimize *w = workspace((struct mando_optimize_settings){
        .periods_max = PERIODS, .segments_max = 64, .segments_stored = 4096});
    struct mando_optimize_problem problem = day(0);
    problem.periods = 4;
    problem.soc_end_mwh = problem.soc_start_mwh + 4 * 2.5 * 0.95 + 0.9e-9;
    CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, NULL, NULL), MANDO_OK);
    CHECK_NEAR(power[3], -10, 1e-8);
    struct mando_error error;
    problem.soc_end_mwh += 0.3e-9;
    CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, NULL, &error), MANDO_INFEASIBLE);
    CHECK_EQ(error.index, 3);
    mando_optimize_free(w);
}

TEST(optimize_trades_nothing_for_a_gain_that_is_rounding)
{
    struct mando_optimize *w = workspace((struct mando_optimize_settings){
        .periods_max = PERIODS, .segments_max = 64, .segments_stored = 4096});
    for (int hours = 1; hours <= 8; hours *= 2) {
        struct mando_optimize_problem problem = day(0);
        problem.efficiency_charge = problem.efficiency_discharge = 1;
        problem.fee_eur_per_mwh = problem.degradation_eur_per_mwh = 0;
        problem.soc_max_mwh = 10 * hours;
        problem.soc_end_mwh = problem.soc_start_mwh;
        for (int t = 0; t < PERIODS; t++)
            prices[t] = t % 2 ? 50 + 7e-12 : 50;
        CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, NULL, NULL), MANDO_OK);
        for (int t = 0; t < PERIODS; t++)
            CHECK_NEAR(power[t], 0, 0);
        prices[41] = 50 + 1e-9;
        CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, NULL, NULL), MANDO_OK);
        CHECK_NEAR(power[41], 10, 0);
    }
    mando_optimize_free(w);
}

TEST(optimize_meets_power_limits_exactly)
{
    struct mando_optimize *w = workspace((struct mando_optimize_settings){
        .periods_max = PERIODS, .segments_max = 64, .segments_stored = 4096});
    struct mando_optimize_problem problem = day(0);
    problem.power_charge_mw = 0.7;
    problem.power_discharge_mw = 1.1;
    CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, NULL, NULL), MANDO_OK);
    int full = 0;
    for (int t = 0; t < PERIODS; t++) {
        CHECK(power[t] >= -0.7 && power[t] <= 1.1);
        full += power[t] == -0.7 || power[t] == 1.1;
    }
    CHECK(full > PERIODS / 3);
    mando_optimize_free(w);
}

TEST(optimize_of_a_year_that_leaks_stays_exact)
{
    enum { YEAR = 35136 };
    struct mando_optimize *w = NULL;
    CHECK_EQ(mando_optimize_setup(NULL, &w, NULL), MANDO_OK);
    static double year_prices[YEAR], year_power[YEAR], year_soc[YEAR];
    for (int t = 0; t < YEAR; t++)
        year_prices[t] = 60 + 40 * sin(t * 0.065) + 9 * sin(t * 2.7) + 20 * sin(t * 0.0007);
    struct mando_optimize_problem problem = day(0);
    problem.periods = YEAR;
    problem.buy_eur_per_mwh = problem.sell_eur_per_mwh = year_prices;
    problem.self_discharge_per_h = 0.002;
    const struct mando_optimize_solution solution = {
        .power_mw = year_power, .soc_mwh = year_soc, .water_value_eur_per_mwh = NULL};
    struct mando_optimize_info info;
    CHECK_EQ(mando_optimize_solve(w, &problem, &solution, &info, NULL), MANDO_OK);
    double keep = sqrt(sqrt(1 - 0.002)), energy = problem.soc_start_mwh, money = 0, worst = 0;
    for (int t = 0; t < YEAR; t++) {
        double mwh = year_power[t] * 0.25;
        energy = energy * keep - (mwh > 0 ? mwh / 0.95 : mwh * 0.95);
        worst = fmax(worst, fabs(energy - year_soc[t]));
        worst = fmax(worst, fmax(-energy, energy - 20));
        money += mwh * year_prices[t];
    }
    CHECK_NEAR(worst, 0, 1e-9);
    CHECK_NEAR(money, info.objective_eur, 1e-9 * info.objective_eur);
    mando_optimize_free(w);
}

TEST(optimize_of_a_battery_that_leaks_fast_and_cannot_charge_rests)
{
    struct mando_optimize *w = workspace((struct mando_optimize_settings){
        .periods_max = PERIODS, .segments_max = 64, .segments_stored = 4096});
    struct mando_optimize_problem problem = day(100);
    problem.step_h = 4;
    problem.power_charge_mw = 0;
    problem.soc_start_mwh = 0;
    problem.self_discharge_per_h = 0.3;
    struct mando_optimize_info info;
    CHECK_EQ(mando_optimize_solve(w, &problem, &SOLUTION, &info, NULL), MANDO_OK);
    CHECK_NEAR(info.objective_eur, 0, 0);
    for (int t = 0; t < PERIODS; t++)
        CHECK_NEAR(power[t], 0, 0);
    mando_optimize_free(w);
}

static void check_limit_refusal(const struct mando_optimize_limit *days, size_t day_count,
                                const struct mando_optimize_limit *years, size_t year_count,
                                const char *code)
{
    struct mando_optimize *w = workspace((struct mando_optimize_settings){.periods_max = PERIODS,
                                                                          .segments_max = 64,
                                                                          .segments_stored = 4096,
                                                                          .limits_max = 9,
                                                                          .limit_periods_max = 40});
    struct mando_optimize_problem problem = day(0);
    struct mando_error error = {0};
    problem.day_limits = days;
    problem.day_limit_count = day_count;
    problem.year_limits = years;
    problem.year_limit_count = year_count;
    CHECK(mando_optimize_solve(w, &problem, NULL, NULL, &error) != MANDO_OK);
    CHECK_TEXT(error.code, code);
    mando_optimize_free(w);
}

TEST(optimize_refuses_malformed_limits_on_throughput)
{
    const struct mando_optimize_limit overlapping[] = {{0, 10, 1}, {9, 10, 1}};
    const struct mando_optimize_limit outside[] = {{90, 7, 1}}, empty[] = {{5, 0, 1}};
    const struct mando_optimize_limit negative[] = {{0, 10, -1}}, nothing[] = {{0, 10, NAN}};
    const struct mando_optimize_limit crossing[] = {{20, 20, 1}}, year[] = {{0, 30, 1}};
    const struct mando_optimize_limit long_day[] = {{0, 41, 1}};
    struct mando_optimize_limit many[10];
    for (size_t i = 0; i < 10; i++)
        many[i] = (struct mando_optimize_limit){i, 1, 1};
    check_limit_refusal(overlapping, 2, NULL, 0, "optimize.problem");
    check_limit_refusal(NULL, 0, overlapping, 2, "optimize.problem");
    check_limit_refusal(outside, 1, NULL, 0, "optimize.problem");
    check_limit_refusal(empty, 1, NULL, 0, "optimize.problem");
    check_limit_refusal(negative, 1, NULL, 0, "optimize.problem");
    check_limit_refusal(nothing, 1, NULL, 0, "optimize.problem");
    check_limit_refusal(crossing, 1, year, 1, "optimize.problem");
    check_limit_refusal(long_day, 1, NULL, 0, "optimize.size");
    check_limit_refusal(many, 10, NULL, 0, "optimize.size");
    check_limit_refusal(NULL, 0, many, 9, "optimize.size");
}
