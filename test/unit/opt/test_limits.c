/* Limits on throughput: small problems whose answers follow by hand. */
#include "mando/optimize.h"

#include "check.h"
#include "random.h"

#define PERIODS_MAX 8

struct answer {
    enum mando_status status;
    struct mando_optimize_info info;
    struct mando_error error;
    double power[PERIODS_MAX], soc[PERIODS_MAX], water[PERIODS_MAX];
    double day_value[PERIODS_MAX], year_value[PERIODS_MAX];
};

/* A battery of 1 MW and 2 MWh, full, that loses nothing, in hours. */
static struct mando_optimize_problem full_battery(const double *prices, size_t periods)
{
    return (struct mando_optimize_problem){.periods = periods,
                                           .step_h = 1,
                                           .buy_eur_per_mwh = prices,
                                           .sell_eur_per_mwh = prices,
                                           .power_charge_mw = 1,
                                           .power_discharge_mw = 1,
                                           .soc_max_mwh = 2,
                                           .soc_start_mwh = 2,
                                           .soc_end_mwh = NAN,
                                           .efficiency_charge = 1,
                                           .efficiency_discharge = 1};
}

static void limit_days(struct mando_optimize_problem *problem,
                       const struct mando_optimize_limit *limits, size_t count)
{
    problem->day_limits = limits;
    problem->day_limit_count = count;
}

static struct answer solve(const struct mando_optimize_problem *problem)
{
    struct answer answer = {0};
    struct mando_optimize *w = NULL;
    const struct mando_optimize_solution solution = {.power_mw = answer.power,
                                                     .soc_mwh = answer.soc,
                                                     .water_value_eur_per_mwh = answer.water,
                                                     .day_limit_eur_per_mwh = answer.day_value,
                                                     .year_limit_eur_per_mwh = answer.year_value};
    CHECK_EQ(mando_optimize_setup(NULL, &w, NULL), MANDO_OK);
    answer.status = mando_optimize_solve(w, problem, &solution, &answer.info, &answer.error);
    mando_optimize_free(w);
    return answer;
}

static void check_optimum(const struct answer *answer, double objective_eur)
{
    CHECK_EQ(answer->status, MANDO_OK);
    CHECK_NEAR(answer->info.objective_eur, objective_eur, 1e-9);
    CHECK_NEAR(answer->info.bound_eur, objective_eur, 1e-6);
    CHECK(answer->info.optimal);
}

/* With a leak, energy that must go and may not be sold waits until as much of it as needed has leaked:
 * x MWh in the first hour at 90 and the rest at 50, of which the limit of 1.95 MWh is met if the
 * second of two discharges comes as late as it takes. The optimum is that of a MILP solver. */
TEST(limits_let_what_must_go_leak)
{
    const double prices[] = {90, 50, 50, 50};
    const struct mando_optimize_limit day = {0, 4, 1.95};
    struct mando_optimize_problem problem = full_battery(prices, 4);
    problem.self_discharge_per_h = 0.01;
    problem.soc_end_mwh = 0;
    limit_days(&problem, &day, 1);
    struct answer answer = solve(&problem);
    CHECK_EQ(answer.status, MANDO_OK);
    CHECK_NEAR(answer.info.objective_eur, 136.29731995555716, 1e-6);
    CHECK(answer.info.optimal);
}

TEST(limits_meet_at_a_day_end_that_has_one_state)
{
    const double prices[] = {70, 80, 80, 10}, floor_mwh[] = {0, 1, 0, 0};
    const struct mando_optimize_limit days[] = {{0, 2, 0.25}, {2, 2, 0.25}};
    struct mando_optimize_problem problem = full_battery(prices, 4);
    problem.soc_max_mwh = problem.soc_start_mwh = 1;
    problem.soc_min_mwh_end = floor_mwh;
    limit_days(&problem, days, 2);
    struct answer answer = solve(&problem);
    check_optimum(&answer, 20);
    CHECK_NEAR(answer.day_value[1], 80, 1e-9);
}

/* The year's 0.5 MWh earn 60 * 0.5 at half the efficiency; burning on the way would need more. */
TEST(limits_of_a_year_branch_where_burning_pays)
{
    const double prices[] = {-20, -20, 50, 60, 30};
    const struct mando_optimize_limit year = {0, 5, 0.5};
    struct mando_optimize_problem problem = full_battery(prices, 5);
    problem.power_charge_mw = problem.power_discharge_mw = 10;
    problem.soc_max_mwh = problem.soc_start_mwh = 5;
    problem.efficiency_charge = problem.efficiency_discharge = 0.5;
    problem.year_limits = &year;
    problem.year_limit_count = 1;
    struct answer answer = solve(&problem);
    check_optimum(&answer, 15);
    CHECK_EQ(answer.info.method, MANDO_METHOD_BRANCH);
    CHECK_EQ(answer.info.periods_nonconcave, 2);
}

/* The first two hours have no limit: emptied at -20 and filled again, the battery gains
 * 200 - 50, and the day's 0.5 MWh earn 60 * 0.5. */
TEST(limits_leave_the_hours_before_them_free_to_burn)
{
    const double prices[] = {-20, -20, 50, 60, 30};
    const struct mando_optimize_limit day = {2, 3, 0.5};
    struct mando_optimize_problem problem = full_battery(prices, 5);
    problem.power_charge_mw = problem.power_discharge_mw = 10;
    problem.soc_max_mwh = problem.soc_start_mwh = 5;
    problem.efficiency_charge = problem.efficiency_discharge = 0.5;
    limit_days(&problem, &day, 1);
    struct answer answer = solve(&problem);
    check_optimum(&answer, 165);
    CHECK_NEAR(answer.day_value[0], 30, 1e-9);
}

/* The night buys at 10 just what the day may sell at 50: with one MWh more of the limit it would buy
 * one more. */
TEST(limits_are_worth_what_they_earn_together_with_the_night_before)
{
    const double prices[] = {10, 50};
    const struct mando_optimize_limit day = {1, 1, 0.5};
    struct mando_optimize_problem problem = full_battery(prices, 2);
    problem.soc_start_mwh = 0;
    limit_days(&problem, &day, 1);
    struct answer answer = solve(&problem);
    check_optimum(&answer, 20);
    CHECK_NEAR(answer.day_value[0], 40, 1e-9);
    CHECK_NEAR(answer.water[0], 10, 1e-9);
}

/* The same where the end is fixed: the day cannot keep its limit from any higher state. */
TEST(limits_are_worth_what_the_night_before_costs_where_all_must_be_sold)
{
    const double prices[] = {10, 50};
    const struct mando_optimize_limit day = {1, 1, 0.5};
    struct mando_optimize_problem problem = full_battery(prices, 2);
    problem.soc_start_mwh = problem.soc_end_mwh = 0;
    limit_days(&problem, &day, 1);
    struct answer answer = solve(&problem);
    CHECK_NEAR(answer.info.objective_eur, 20, 1e-8); /* a limit is kept to 1e-10 MWh */
    CHECK_NEAR(answer.day_value[0], 40, 1e-9);
    CHECK_NEAR(answer.water[0], 10, 1e-9);
}

/* Two prices alike: a MWh more of the limit earns 75 * 0.9. */
TEST(limits_have_the_value_of_their_last_mwh)
{
    const double prices[] = {75, 75};
    const struct mando_optimize_limit day = {0, 2, 1.0 / 60};
    struct mando_optimize_problem problem = full_battery(prices, 2);
    problem.power_charge_mw = problem.power_discharge_mw = 0.2;
    problem.soc_min_mwh = 0.1;
    problem.soc_max_mwh = problem.soc_start_mwh = 2.0 / 15;
    problem.efficiency_discharge = 0.9;
    limit_days(&problem, &day, 1);
    struct answer answer = solve(&problem);
    check_optimum(&answer, 75 * 0.9 / 60);
    CHECK_NEAR(answer.day_value[0], 75 * 0.9, 1e-9);
}

/* A ceiling at the end of the second hour asks for 1 MWh, of which the limit leaves a half. */
TEST(limits_break_in_the_period_that_they_forbid)
{
    const double prices[] = {10, 10, 10, 10, 10, 10}, ceiling_mwh[] = {2, 1, 1, 1, 2, 2};
    const struct mando_optimize_limit day = {0, 6, 0.5};
    struct mando_optimize_problem problem = full_battery(prices, 6);
    problem.soc_max_mwh_end = ceiling_mwh;
    limit_days(&problem, &day, 1);
    struct answer answer = solve(&problem);
    CHECK_EQ(answer.status, MANDO_INFEASIBLE);
    CHECK_EQ(answer.error.index, 1);
    CHECK(!strstr(answer.error.message, "nan"));
}

/* With a leak nearly every state of a day may have a price of its own: more than are looked for. */
TEST(small_limits_with_a_leak_are_solved_to_the_optimum)
{
    enum { DAYS = 31, QUARTERS = 96 };
    static double prices[DAYS * QUARTERS];
    struct mando_optimize_limit days[DAYS];
    struct random random = {1};
    for (size_t t = 0; t < DAYS * QUARTERS; t++)
        prices[t] = random_between(&random, 0, 150);
    for (size_t i = 0; i < DAYS; i++)
        days[i] = (struct mando_optimize_limit){QUARTERS * i, QUARTERS, 8};
    struct mando_optimize_problem problem = full_battery(prices, DAYS * QUARTERS);
    problem.step_h = 0.25;
    problem.power_charge_mw = problem.power_discharge_mw = 10;
    problem.soc_max_mwh = 80;
    problem.soc_start_mwh = 40;
    problem.soc_end_mwh = 0;
    problem.efficiency_charge = problem.efficiency_discharge = 0.95;
    problem.self_discharge_per_h = 1e-5;
    limit_days(&problem, days, DAYS);
    struct mando_optimize *w = NULL;
    struct mando_optimize_info info;
    CHECK_EQ(mando_optimize_setup(NULL, &w, NULL), MANDO_OK);
    CHECK_EQ(mando_optimize_solve(w, &problem, NULL, &info, NULL), MANDO_OK);
    CHECK(info.optimal);
    mando_optimize_free(w);
}

/* No room, something more than nothing at the start, and nothing that may be sold: whatever comes of it, it
 * comes at once. */
TEST(limits_of_a_battery_without_room_come_to_an_end)
{
    const double prices[] = {55, 14, 28, 13, 44, 53, -15};
    const struct mando_optimize_limit days[] = {{0, 3, 0}, {3, 4, 0.5}};
    struct mando_optimize_problem problem = full_battery(prices, 7);
    problem.soc_min_mwh = problem.soc_max_mwh = 0;
    problem.soc_start_mwh = 1e-12;
    problem.soc_end_mwh = NAN;
    problem.efficiency_charge = problem.efficiency_discharge = 0.9;
    limit_days(&problem, days, 2);
    struct answer answer = solve(&problem);
    CHECK(answer.status == MANDO_OK || answer.status == MANDO_INFEASIBLE);
}

/* A limit that is kept without it changes nothing, whatever burns. */
TEST(limits_that_are_kept_anyway_change_nothing)
{
    const double prices[] = {-40, -60, 50, -30, 20, 70, -10, 30};
    const struct mando_optimize_limit days[] = {{0, 5, 100}, {5, 3, 100}};
    struct mando_optimize_problem problem = full_battery(prices, 8);
    problem.efficiency_charge = problem.efficiency_discharge = 0.8;
    struct answer free_answer = solve(&problem);
    limit_days(&problem, days, 2);
    struct answer answer = solve(&problem);
    check_optimum(&answer, free_answer.info.objective_eur);
    for (size_t t = 0; t < problem.periods; t++) {
        CHECK_NEAR(answer.power[t], free_answer.power[t], 0);
        CHECK_NEAR(answer.water[t], free_answer.water[t], 0);
    }
    CHECK_EQ(answer.info.nodes, 0);
}
