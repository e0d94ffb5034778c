#include "opt/lots.h"

#include "check.h"
#include "opt/values.h"
#include "random.h"

#define PERIODS 2000

static double prices[PERIODS], power[PERIODS], soc[PERIODS], water[PERIODS];

static struct mando_optimize_problem problem_of(size_t periods)
{
    return (struct mando_optimize_problem){.periods = periods,
                                           .step_h = 1,
                                           .buy_eur_per_mwh = prices,
                                           .sell_eur_per_mwh = prices,
                                           .power_charge_mw = 10,
                                           .power_discharge_mw = 10,
                                           .soc_max_mwh = 20,
                                           .soc_end_mwh = NAN,
                                           .efficiency_charge = 0.9,
                                           .efficiency_discharge = 0.8};
}

static void set_prices(size_t count, const double *values)
{
    for (size_t t = 0; t < count; t++)
        prices[t] = values[t];
}
#define SET_PRICES(...)                                                                            \
    set_prices(sizeof((double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__})

static struct mando_optimize_info solve(const struct mando_optimize_problem *problem, double lot_mw)
{
    struct mando_lots *workspace = NULL;
    struct mando_optimize_info info = {0};
    struct mando_error error = {0};
    const struct mando_optimize_solution solution = {
        .power_mw = power, .soc_mwh = soc, .water_value_eur_per_mwh = water};
    CHECK_EQ(mando_lots_setup(problem->periods, &workspace, NULL), MANDO_OK);
    enum mando_status status =
        mando_lots_solve(workspace, problem, lot_mw, &solution, &info, &error);
    if (status != MANDO_OK)
        print_error("%s: %s\n", error.code, error.message);
    CHECK_EQ(status, MANDO_OK);
    mando_lots_free(workspace);
    return info;
}

static void check_refusal(const struct mando_optimize_problem *problem, double lot_mw,
                          const char *code, int64_t index, const char *part)
{
    struct mando_lots *workspace = NULL;
    struct mando_error error = {0};
    CHECK_EQ(mando_lots_setup(PERIODS, &workspace, NULL), MANDO_OK);
    CHECK(mando_lots_solve(workspace, problem, lot_mw, NULL, NULL, &error) != MANDO_OK);
    CHECK_TEXT(error.code, code);
    CHECK_EQ(error.index, index);
    if (!strstr(error.message, part))
        print_error("%s\n", error.message);
    CHECK(strstr(error.message, part) != NULL);
    mando_lots_free(workspace);
}

TEST(lots_of_a_small_day_are_what_a_person_would_trade)
{
    SET_PRICES(10, 50);
    struct mando_optimize_problem p = problem_of(2);
    struct mando_optimize_info info = solve(&p, 4);
    /* Eight MW store 7.2 MWh, of which one lot takes 5; a second lot would need ten. */
    CHECK_NEAR(power[0], -8, 0);
    CHECK_NEAR(power[1], 4, 0);
    CHECK_NEAR(soc[0], 7.2, 1e-12);
    CHECK_NEAR(soc[1], 2.2, 1e-12);
    CHECK_NEAR(info.objective_eur, 4 * 50 - 8 * 10, 1e-9);
    CHECK_NEAR(info.bound_eur, info.objective_eur, 0);
    CHECK_EQ(info.optimal, 1);
}

TEST(lots_that_gain_nothing_are_not_traded)
{
    for (size_t t = 0; t < 50; t++)
        prices[t] = 30;
    struct mando_optimize_problem p = problem_of(50);
    p.efficiency_charge = p.efficiency_discharge = 1;
    p.soc_start_mwh = p.soc_end_mwh = 10;
    (void)solve(&p, 1);
    for (size_t t = 0; t < 50; t++)
        CHECK_NEAR(power[t], 0, 0);
}

TEST(lots_do_not_sell_what_a_fixed_end_may_miss)
{
    SET_PRICES(40, 90, 60, 80);
    struct mando_optimize_problem p = problem_of(4);
    p.soc_start_mwh = p.soc_end_mwh = 10;
    (void)solve(&p, 2);
    CHECK(soc[3] >= 10 - 1e-9 && soc[3] < 10 + 2 / 0.8);
    SET_PRICES(-40, -90, -60, -80);
    p.fee_eur_per_mwh = 50; /* without it burning would pay */
    (void)solve(&p, 2);
    CHECK_NEAR(soc[3], 10, 1e-9);
    p.fee_eur_per_mwh = 0;
    p.soc_start_mwh = 0; /* three lots and two parts of one are missing */
    p.power_discharge_mw = 0;
    SET_PRICES(20, 20, 20, 20);
    (void)solve(&p, 3);
    CHECK_NEAR(soc[3], 10.8, 1e-9); /* nearer than 8.1 */
}

TEST(lots_say_which_period_they_cannot_get_through)
{
    SET_PRICES(10, 20, 30, 40);
    struct mando_optimize_problem p = problem_of(4);
    double low[] = {0, 0, 2.5, 0}, high[] = {20, 20, 2.6, 20};
    p.soc_min_mwh_end = low;
    p.soc_max_mwh_end = high;
    p.power_discharge_mw = 0;
    check_refusal(&p, 5, "optimize.infeasible", 2, "no plan in lots of 5 MW keeps all limits");
    p.power_discharge_mw = 10;
    low[2] = 1.8;
    high[2] = 1.9;
    check_refusal(&p, 5, "optimize.infeasible", 2, "5 MW");
    (void)solve(&p, 2);
    CHECK(soc[2] >= 1.8 - 1e-9 && soc[2] <= 1.9 + 1e-9);
    p.soc_min_mwh_end = p.soc_max_mwh_end = NULL;
    p.soc_end_mwh = 20;
    p.power_charge_mw = 1;
    check_refusal(&p, 1, "optimize.infeasible", 3, "keeps all limits");
    p.soc_end_mwh = NAN;
    check_refusal(&p, 1e-9, "optimize.problem", -1, "too small");
    check_refusal(&p, 0, "optimize.problem", -1, "too small");
    p.periods = PERIODS + 1;
    check_refusal(&p, 1, "optimize.size", -1, "2001");
}

/* Only a purchase in every period lasts so long; what trades less is many times the states that fit. */
TEST(lots_name_the_broken_period_where_states_do_not_fit)
{
    for (size_t t = 0; t < 37; t++)
        prices[t] = 10;
    struct mando_optimize_problem p = problem_of(37);
    p.efficiency_charge = p.efficiency_discharge = 1;
    p.power_charge_mw = 7;
    p.power_discharge_mw = 14;
    p.soc_min_mwh = 512;
    p.soc_max_mwh = 1196;
    p.soc_start_mwh = 694;
    p.self_discharge_per_h = 0.03;
    int64_t broken = 0;
    for (double held = p.soc_start_mwh * 0.97 + 7; held >= 512; broken++)
        held = held * 0.97 + 7;
    check_refusal(&p, 7, "optimize.infeasible", broken, "no plan in lots of 7 MW");
}

/* A lot of the first hour leaks 0.9e-9 MWh until the second, and then is too little for the third. */
TEST(lots_that_differ_by_a_small_leak_are_not_the_same)
{
    SET_PRICES(10, 1000, 10000);
    struct mando_optimize_problem p = problem_of(3);
    double low[] = {0, 0, 0.01 + 0.45e-9};
    p.efficiency_charge = p.efficiency_discharge = 1;
    p.power_charge_mw = p.power_discharge_mw = 0.01;
    p.soc_max_mwh = 0.1;
    p.soc_start_mwh = 0.95e-9;
    p.soc_min_mwh_end = low;
    p.self_discharge_per_h = 9e-8;
    struct mando_optimize_info info = solve(&p, 0.01);
    CHECK_EQ(info.optimal, 1);
    CHECK_NEAR(power[1], -0.01, 0);
    CHECK_NEAR(info.objective_eur, -10, 1e-6);
    CHECK_NEAR(info.bound_eur, -10, 1e-6);
}

TEST(lots_finer_than_any_trade_come_to_the_exact_plan)
{
    struct random random = {7};
    struct mando_optimize *exact = NULL;
    struct mando_optimize_info best;
    for (size_t t = 0; t < 96; t++)
        prices[t] = random_between(&random, -50, 150);
    struct mando_optimize_problem p = problem_of(96);
    p.self_discharge_per_h = 0.001;
    CHECK_EQ(mando_optimize_setup(NULL, &exact, NULL), MANDO_OK);
    CHECK_EQ(mando_optimize_solve(exact, &p, NULL, &best, NULL), MANDO_OK);
    struct mando_optimize_info info = solve(&p, 1e-4);
    CHECK(info.objective_eur <= best.objective_eur + 1e-6);
    CHECK_NEAR(info.objective_eur, best.objective_eur, 1e-3 * best.objective_eur);
    CHECK_NEAR(info.bound_eur, best.objective_eur, 1e-3 * best.objective_eur);
    CHECK_EQ(info.periods_nonconcave, best.periods_nonconcave);
    mando_optimize_free(exact);
}

TEST(lots_of_a_long_horizon_keep_every_limit)
{
    struct random random = {11};
    for (size_t t = 0; t < PERIODS; t++)
        prices[t] = 50 + 40 * sin((double)t / 3.8) + random_between(&random, -9, 9);
    struct mando_optimize_problem p = problem_of(PERIODS);
    p.soc_end_mwh = 0;
    struct mando_optimize_info info = solve(&p, 3);
    double held = 0, money = 0;
    for (size_t t = 0; t < PERIODS; t++) {
        held -= power[t] > 0 ? power[t] / 0.8 : power[t] * 0.9;
        money += power[t] * prices[t];
        CHECK_NEAR(power[t] / 3, rint(power[t] / 3), 1e-9);
        CHECK(fabs(power[t]) <= 9 && held > -1e-9 && held < 20 + 1e-9);
        CHECK_NEAR(soc[t], held, 1e-9);
        CHECK(t + 1 == PERIODS ? isnan(water[t]) : isfinite(water[t]));
    }
    CHECK_NEAR(info.objective_eur, money, 1e-6);
    CHECK(info.bound_eur >= info.objective_eur && info.bound_eur <= 1.02 * info.objective_eur);
}

static struct lot_terms random_lots(struct mando_optimize_problem *p, struct random *random)
{
    *p = problem_of(60);
    for (size_t t = 0; t < 60; t++)
        prices[t] = random_between(random, -80, 120);
    p->soc_start_mwh = 5;
    p->power_charge_mw = p->power_discharge_mw = 2;
    struct lot_terms lots = {.terms = terms_of(p), .lot_mw = 0.7};
    lots.same_mwh = same_state_mwh(&lots.terms);
    lots.terms.slack_mwh = lots_slack_mwh(&lots.terms);
    lots.stored_mwh = 0.7 * lots.terms.stored_mwh_per_mw;
    lots.withdrawn_mwh = 0.7 * lots.terms.withdrawn_mwh_per_mw;
    return lots;
}

TEST(lots_values_are_the_same_in_blocks_and_higher_where_memory_ends)
{
    struct values whole = {0}, blocks = {0}, coarse = {0};
    struct random random = {3};
    struct mando_optimize_problem p;
    CHECK(values_setup(&whole, 60, 512, 1 << 16));
    CHECK(values_setup(&blocks, 60, 128, 4 * 128));
    CHECK(values_setup(&coarse, 60, 16, 4 * 16));
    for (int i = 0; i < 20; i++) {
        struct lot_terms lots = random_lots(&p, &random);
        double bound = 0, bound_blocks = 0, bound_coarse = 0;
        CHECK(values_fill(&whole, &lots, &bound) && values_fill(&blocks, &lots, &bound_blocks)
              && values_fill(&coarse, &lots, &bound_coarse));
        CHECK_NEAR(bound, bound_blocks, 0);
        CHECK(bound_coarse >= bound - 1e-9);
        CHECK(whole.block_count == 1 && blocks.block_count > 1 && coarse.block_count > 1);
        for (size_t t = 0; t < 60; t++) {
            struct curve at = values_at(&whole, &lots, t), same = values_at(&blocks, &lots, t),
                         above = values_at(&coarse, &lots, t);
            CHECK_EQ(at.count, same.count);
            for (double mwh = 0; mwh <= 20; mwh += 0.25) {
                CHECK_NEAR(curve_value(&at, mwh), curve_value(&same, mwh), 0);
                CHECK(curve_value(&above, mwh) >= curve_value(&at, mwh) - 1e-9);
            }
        }
    }
    values_release(&whole);
    values_release(&blocks);
    values_release(&coarse);
}
