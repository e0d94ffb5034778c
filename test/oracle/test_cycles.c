/* Limits on throughput: the kernel against the LP by Clp. */
#include "check.h"
#include "kernel.h"
#include "model_lp.h"
#include "model_milp.h"
#include "opt/site.h"
#include "random.h"

#define SAME_VALUE 1e-7
#define SAME_DUAL 1e-9  /* no solver's tolerance comes into it */
#define SLACK_MWH 1e-10 /* a limit kept within this is kept and filled */
#define LIMITS_MAX 64

static struct problem_random r;
static struct kernel kernel;
static struct mando_optimize_limit days[LIMITS_MAX], years[4];
static double day_values[LIMITS_MAX], year_values[4];

/* Days of some length, a few of them without a limit or with nothing to discharge, from a part of a day
 * on. */
static size_t random_days(struct random *random, size_t periods, double capacity_mwh)
{
    size_t length = (size_t)random_between(random, 8, 60), count = 0;
    size_t t = (size_t)random_between(random, 0, (double)length);
    double cycles = random_between(random, 0, 2.5);
    for (size_t first = 0; first < periods && count < LIMITS_MAX; first = t, t += length) {
        size_t end = t < periods ? t : periods;
        double drawn = random_between(random, 0, 1);
        if (end > first && drawn > 0.1)
            days[count++] = (struct mando_optimize_limit){first, end - first,
                                                          drawn > 0.2 ? cycles * capacity_mwh : 0};
    }
    return count;
}

static void limit_days(struct mando_optimize_problem *problem, uint64_t seed)
{
    struct random random = {seed};
    double capacity_mwh = problem->soc_max_mwh - problem->soc_min_mwh;
    problem->day_limits = days;
    problem->day_limit_count = random_days(&random, problem->periods, capacity_mwh);
}

/* One day alone, now and then one that may not discharge at all. */
static void limit_horizon(struct mando_optimize_problem *problem, uint64_t seed)
{
    struct random random = {seed};
    double cycles = seed % 8 == 0 ? 0 : random_between(&random, 0, 3);
    double capacity_mwh = problem->soc_max_mwh - problem->soc_min_mwh;
    days[0] = (struct mando_optimize_limit){0, problem->periods, cycles * capacity_mwh};
    problem->day_limits = days;
    problem->day_limit_count = 1;
}

static double withdrawn_mwh(const struct mando_optimize_problem *problem,
                            const struct mando_optimize_limit *limit)
{
    double sum = 0;
    for (size_t t = limit->first; t < limit->first + limit->periods; t++)
        sum += fmax(kernel.power[t], 0) * problem->step_h / problem->efficiency_discharge;
    return sum;
}

static void check_limits(struct suite *suite, const struct mando_optimize_problem *problem)
{
    const struct mando_optimize_limit *lists[] = {problem->day_limits, problem->year_limits};
    const size_t counts[] = {problem->day_limit_count, problem->year_limit_count};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < counts[k]; i++)
            suite_require(
                suite, withdrawn_mwh(problem, &lists[k][i]) <= lists[k][i].withdrawn_mwh_max + 1e-8,
                "limit %zu is missed by %g MWh", i,
                withdrawn_mwh(problem, &lists[k][i]) - lists[k][i].withdrawn_mwh_max);
}

/* What discharging in each period earns less by, at the prices of its limits. */
static void charge_for_limits(const struct mando_optimize_problem *problem, double *sell)
{
    const struct mando_optimize_limit *lists[] = {problem->day_limits, problem->year_limits};
    const size_t counts[] = {problem->day_limit_count, problem->year_limit_count};
    const double *values[] = {day_values, year_values};
    memcpy(sell, problem->sell_eur_per_mwh, problem->periods * sizeof *sell);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < counts[k]; i++)
            for (size_t t = 0; t < lists[k][i].periods; t++)
                sell[lists[k][i].first + t] -= values[k][i] / problem->efficiency_discharge;
}

/* Of the limits, each of them wider by a slack. */
static double worth_of_limits_eur(const struct mando_optimize_problem *problem, double slack_mwh)
{
    double sum = 0;
    for (size_t i = 0; i < problem->day_limit_count; i++)
        sum += day_values[i] * (problem->day_limits[i].withdrawn_mwh_max + slack_mwh);
    for (size_t i = 0; i < problem->year_limit_count; i++)
        sum += year_values[i] * (problem->year_limits[i].withdrawn_mwh_max + slack_mwh);
    return sum;
}

/* Where burning would pay a battery goes the plan's way, or rests: it may not do the other. */
static void hold_to_plan(const struct mando_optimize_problem *problem, const double *power_mw,
                         struct mando_optimize_problem *held)
{
    static double charge_mw[PROBLEM_PERIODS_MAX], discharge_mw[PROBLEM_PERIODS_MAX];
    for (size_t t = 0; t < problem->periods; t++) {
        double buy_eur = problem->buy_eur_per_mwh[t] + problem->fee_eur_per_mwh;
        double sell_eur = problem->sell_eur_per_mwh[t] - problem->fee_eur_per_mwh
                          - problem->degradation_eur_per_mwh;
        bool burns =
            buy_eur < sell_eur * problem->efficiency_charge * problem->efficiency_discharge;
        charge_mw[t] = problem->power_charge_mw_max ? problem->power_charge_mw_max[t] : NAN;
        discharge_mw[t] =
            problem->power_discharge_mw_max ? problem->power_discharge_mw_max[t] : NAN;
        if (burns && power_mw[t] >= 0)
            charge_mw[t] = 0;
        if (burns && power_mw[t] <= 0)
            discharge_mw[t] = 0;
    }
    held->power_charge_mw_max = charge_mw;
    held->power_discharge_mw_max = discharge_mw;
}

static const struct mando_optimize_solution PRICED = {.power_mw = kernel.power,
                                                      .soc_mwh = kernel.soc,
                                                      .water_value_eur_per_mwh = kernel.water,
                                                      .day_limit_eur_per_mwh = day_values,
                                                      .year_limit_eur_per_mwh = year_values};

/* The problem without limits that pays their prices, where burning would pay in the directions of the plan. */
static struct mando_optimize_problem priced_problem(void)
{
    static double sell[PROBLEM_PERIODS_MAX];
    struct mando_optimize_problem priced = r.problem;
    charge_for_limits(&r.problem, sell);
    hold_to_plan(&r.problem, kernel.power, &priced);
    priced.sell_eur_per_mwh = sell;
    priced.day_limit_count = priced.year_limit_count = 0;
    return priced;
}

/* A battery that pays the prices of its limits instead of keeping them earns what it earns with
 * them: the prices of all limits together are a solution of the dual. */
static void check_prices_of(struct suite *suite, double objective_eur, double tolerance)
{
    const struct mando_optimize_problem priced = priced_problem();
    double free_eur = kernel_value(&kernel, &priced);
    double value_eur = free_eur + worth_of_limits_eur(&r.problem, 0);
    if (free_eur + worth_of_limits_eur(&r.problem, SLACK_MWH) >= objective_eur)
        value_eur = fmax(value_eur, objective_eur);
    suite_compare(suite, "the value at the prices of the limits", value_eur, objective_eur,
                  tolerance);
}

static void check_prices(struct suite *suite)
{
    struct mando_optimize_info info;
    if (mando_optimize_solve(kernel.workspace, &r.problem, &PRICED, &info, NULL) != MANDO_OK)
        return;
    suite->skipped += !info.optimal;
    if (info.optimal)
        check_prices_of(suite, info.objective_eur, SAME_DUAL);
}

static void compare_with_lp(struct suite *suite)
{
    double lp = 0;
    int solved = kernel_solve(&kernel, suite, &r.problem);
    enum model_answer answer = model_lp(&r.problem, &lp);
    suite_require(suite, answer != MODEL_UNSOLVED, "Clp has no answer");
    suite_require(suite, solved == (answer == MODEL_OPTIMAL), "Clp says %s, the kernel %s",
                  answer == MODEL_OPTIMAL ? "optimal" : "infeasible",
                  solved ? "optimal" : "infeasible");
    if (!solved)
        return;
    suite_compare(suite, "objective", kernel.info.objective_eur, lp, SAME_VALUE);
    check_limits(suite, &r.problem);
    check_prices(suite);
}

TEST(kernel_with_day_limits_equals_the_lp)
{
    struct suite suite = suite_begin("day limits against Clp", 1000);
    const struct problem_shape shape = {PROBLEM_PERIODS_MAX, 0, 0.1};
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        problem_random_make(&r, suite.seed, &shape);
        limit_days(&r.problem, suite.seed);
        compare_with_lp(&suite);
    }
    kernel_close(&kernel);
}

/* A week of hours at prices in whole cents, a battery of two hours, one cycle a day: a gap in a concave
 * problem would show by itself, and so would prices that are no solution of the dual. */
TEST(kernel_with_plain_weeks_has_no_gap)
{
    struct suite suite = suite_begin("plain weeks", 2000);
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        struct random random = {suite.seed};
        for (size_t t = 0; t < 168; t++)
            r.sell[t] = r.buy[t] = floor(random_between(&random, 0, 15000)) / 100;
        for (size_t i = 0; i < 7; i++)
            days[i] = (struct mando_optimize_limit){24 * i, 24, 20};
        r.problem = (struct mando_optimize_problem){.periods = 168,
                                                    .step_h = 1,
                                                    .buy_eur_per_mwh = r.buy,
                                                    .sell_eur_per_mwh = r.sell,
                                                    .power_charge_mw = 10,
                                                    .power_discharge_mw = 10,
                                                    .soc_max_mwh = 20,
                                                    .efficiency_charge = 0.95,
                                                    .efficiency_discharge = 0.95,
                                                    .day_limits = days,
                                                    .day_limit_count = 7};
        suite_require(&suite, kernel_solve(&kernel, &suite, &r.problem), "there is no plan");
        check_limits(&suite, &r.problem);
        check_prices(&suite);
    }
    kernel_close(&kernel);
}

TEST(kernel_with_one_limited_day_equals_the_lp)
{
    struct suite suite = suite_begin("one day's limit against Clp", 1000);
    const struct problem_shape shape = {100, 0, 0.1};
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        problem_random_make(&r, suite.seed, &shape);
        limit_horizon(&r.problem, suite.seed);
        compare_with_lp(&suite);
    }
    kernel_close(&kernel);
}

TEST(kernel_with_year_limits_equals_the_lp)
{
    struct suite suite = suite_begin("year limits against Clp", 200);
    const struct problem_shape shape = {PROBLEM_PERIODS_MAX, 0, 0.1};
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        struct random random = {suite.seed};
        problem_random_make(&r, suite.seed, &shape);
        double capacity_mwh = r.problem.soc_max_mwh - r.problem.soc_min_mwh;
        size_t half = r.problem.periods / 2, count = 0;
        double cycles = random_between(&random, 0, 6);
        if (half > 0 && suite.seed % 3 == 0)
            years[count++] = (struct mando_optimize_limit){0, half, cycles * capacity_mwh};
        size_t first = count > 0 ? half : 0;
        years[count++] =
            (struct mando_optimize_limit){first, r.problem.periods - first, cycles * capacity_mwh};
        r.problem.year_limits = years;
        r.problem.year_limit_count = count;
        if (count == 1)
            limit_days(&r.problem, suite.seed);
        compare_with_lp(&suite);
    }
    kernel_close(&kernel);
}

static size_t days_between_changes_of_clocks(struct random *random,
                                             struct mando_optimize_problem *problem,
                                             double limit_mwh)
{
    size_t hour = problem->step_h < 1 ? 4 : 1, count = 0, t = 0;
    problem->step_h = 1.0 / (double)hour;
    while (count < LIMITS_MAX) {
        static const size_t hours[] = {24, 24, 24, 23, 25};
        size_t length = hour * hours[random_below(random, 5)];
        if (t + length > PROBLEM_PERIODS_MAX)
            break;
        if (random_chance(random, 0.9))
            days[count++] = (struct mando_optimize_limit){t, length, limit_mwh};
        t += length;
    }
    problem->periods = t;
    return count;
}

/* Whole or half cycles a day, mostly from a bound to a bound: days end full or empty, energy at midnight
 * has many worths, and each day many prices. */
static void make_days_at_bounds(struct problem_random *problem_random, uint64_t seed,
                                double price_eur_min)
{
    static const double cycles[] = {0.5, 1, 1, 1.5, 2}, prices[] = {0, 25, 60, 150};
    struct random random = {seed};
    struct mando_optimize_problem *problem = &problem_random->problem;
    const double capacity_mwh = 10, step_h = random_chance(&random, 0.5) ? 1 : 0.25;
    const double ends[] = {0, capacity_mwh, 0.3 * capacity_mwh};
    *problem = (struct mando_optimize_problem){
        .step_h = step_h,
        .soc_max_mwh = capacity_mwh,
        .power_charge_mw = capacity_mwh / (double)(1 + random_below(&random, 4)),
        .soc_start_mwh = ends[random_below(&random, 3)],
        .efficiency_charge = random_chance(&random, 0.3) ? 1 : 0.95,
        .fee_eur_per_mwh = random_chance(&random, 0.5) ? 0.09 : 0,
        .buy_eur_per_mwh = problem_random->sell,
        .sell_eur_per_mwh = problem_random->sell,
        .day_limits = days,
        .year_limits = years,
    };
    problem->power_discharge_mw = problem->power_charge_mw;
    problem->efficiency_discharge = problem->efficiency_charge;
    problem->soc_end_mwh = random_chance(&random, 0.6)   ? problem->soc_start_mwh
                           : random_chance(&random, 0.5) ? ends[random_below(&random, 3)]
                                                         : NAN;
    double limit_mwh = capacity_mwh * cycles[random_below(&random, 5)];
    problem->day_limit_count = days_between_changes_of_clocks(&random, problem, limit_mwh);
    bool is_coarse = random_chance(&random, 0.3);
    for (size_t t = 0; t < problem->periods; t++)
        problem_random->sell[t] = is_coarse ? prices[random_below(&random, 4)] + price_eur_min
                                            : random_between(&random, price_eur_min, 200);
    if (random_chance(&random, 0.4))
        years[problem->year_limit_count++] = (struct mando_optimize_limit){
            0, problem->periods,
            limit_mwh * (double)problem->day_limit_count * random_between(&random, 0.3, 1)};
}

TEST(prices_of_days_that_end_full_or_empty_are_one_solution_of_the_dual)
{
    struct suite suite = suite_begin("days that end at bounds", 1000);
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        make_days_at_bounds(&r, suite.seed, 0);
        if (kernel_solve(&kernel, &suite, &r.problem))
            check_prices(&suite);
        else
            suite.infeasible++;
    }
    CHECK(suite.infeasible < suite.count / 10);
    kernel_close(&kernel);
}

TEST(prices_of_limits_are_one_solution_of_the_dual_of_the_directions_where_burning_would_pay)
{
    struct suite suite = suite_begin("days that end at bounds, and burn", 300);
    kernel_open(&kernel);
    kernel.may_leave_gaps = true;
    while (suite_next(&suite)) {
        make_days_at_bounds(&r, suite.seed, -40);
        if (kernel_solve(&kernel, &suite, &r.problem))
            check_prices(&suite);
        else
            suite.infeasible++;
    }
    CHECK(suite.infeasible + suite.skipped < suite.count / 10);
    kernel_close(&kernel);
}

static void compare_with_milp(struct suite *suite)
{
    double milp = 0;
    int solved = kernel_solve(&kernel, suite, &r.problem);
    enum model_answer answer = model_milp(&r.problem, &milp);
    suite->skipped += answer == MODEL_UNSOLVED;
    if (answer == MODEL_UNSOLVED)
        return;
    suite_require(suite, solved == (answer == MODEL_OPTIMAL), "Cbc says %s, the kernel %s",
                  answer == MODEL_OPTIMAL ? "optimal" : "infeasible",
                  solved ? "optimal" : "infeasible");
    if (!solved)
        return;
    if (kernel.info.optimal)
        suite_compare(suite, "objective", kernel.info.objective_eur, milp, SAME_VALUE);
    double same_eur = SAME_VALUE * fmax(1, fabs(milp));
    suite_require(suite,
                  milp >= kernel.info.objective_eur - same_eur
                      && milp <= kernel.info.bound_eur + same_eur,
                  "the optimum %.17g is not between %.17g and the bound %.17g", milp,
                  kernel.info.objective_eur, kernel.info.bound_eur);
    check_limits(suite, &r.problem);
}

/* Days that burn and are limited: the relaxation has a gap, and only branching closes it. */
/* The same battery as one that is left to linear programming. */
static enum mando_status solve_by_programming(const struct mando_optimize_problem *problem,
                                              struct site_info *info)
{
    struct mando_battery battery;
    struct mando_error error;
    mando_battery_init(&battery);
    battery.power_charge_mw = problem->power_charge_mw;
    battery.power_discharge_mw = problem->power_discharge_mw;
    battery.soc_min_mwh = problem->soc_min_mwh;
    battery.soc_max_mwh = problem->soc_max_mwh;
    battery.efficiency_charge = problem->efficiency_charge;
    battery.efficiency_discharge = problem->efficiency_discharge;
    battery.fee_eur_per_mwh = problem->fee_eur_per_mwh;
    battery.degradation_eur_per_mwh = problem->degradation_eur_per_mwh;
    battery.soc_end_value_eur_per_mwh = problem->soc_end_value_eur_per_mwh;
    const struct mando_prices prices = {.count = problem->periods,
                                        .step_us = (int64_t)(problem->step_h * MANDO_HOUR_US),
                                        .buy_eur_per_mwh = problem->buy_eur_per_mwh,
                                        .sell_eur_per_mwh = problem->sell_eur_per_mwh};
    const struct site_problem site = {
        .battery = &battery,
        .prices = &prices,
        .periods = problem->periods,
        .step_h = problem->step_h,
        .soc_start_mwh = problem->soc_start_mwh,
        .soc_end_mwh = problem->soc_end_mwh,
        .limits = {problem->day_limits, problem->year_limits},
        .limit_counts = {problem->day_limit_count, problem->year_limit_count}};
    return site_solve(&site, &PRICED, info, &error);
}

/* What the periods after t earn from an energy at its end, at the prices of the limits. */
static double rest_eur(const struct mando_optimize_problem *priced, size_t t, double soc_mwh)
{
    struct mando_optimize_problem rest = *priced;
    rest.periods -= t + 1;
    rest.buy_eur_per_mwh += t + 1;
    rest.sell_eur_per_mwh += t + 1;
    rest.power_charge_mw_max += t + 1;
    rest.power_discharge_mw_max += t + 1;
    rest.soc_start_mwh = soc_mwh;
    return kernel_value(&kernel, &rest);
}

/* A water value lies between what one MWh more earns and what one less costs. */
static void check_water_values(struct suite *suite)
{
    const struct mando_optimize_problem priced = priced_problem();
    const double step_mwh = 1e-4 * r.problem.soc_max_mwh;
    for (size_t t = 0; t + 1 < r.problem.periods; t += 5) {
        double soc_mwh = kernel.soc[t], here_eur = rest_eur(&priced, t, soc_mwh);
        bool has_room = soc_mwh + step_mwh <= r.problem.soc_max_mwh;
        bool has_stock = soc_mwh - step_mwh >= r.problem.soc_min_mwh;
        double more_eur = has_room ? rest_eur(&priced, t, soc_mwh + step_mwh) - here_eur : NAN;
        double less_eur = has_stock ? here_eur - rest_eur(&priced, t, soc_mwh - step_mwh) : NAN;
        double worth_eur = kernel.water[t] * step_mwh, near_eur = 1e-7 * (1 + fabs(here_eur));
        suite_require(suite, isnan(more_eur) || more_eur <= worth_eur + near_eur,
                      "period %zu: a MWh more earns %g, the water value is %g", t,
                      more_eur / step_mwh, kernel.water[t]);
        suite_require(suite, isnan(less_eur) || less_eur >= worth_eur - near_eur,
                      "period %zu: a MWh less costs %g, the water value is %g", t,
                      less_eur / step_mwh, kernel.water[t]);
    }
}

TEST(duals_of_the_linear_programme_are_the_plans_however_it_branched)
{
    struct suite suite = suite_begin("duals of programming", 60);
    size_t branched = 0;
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        struct site_info info = {0};
        make_days_at_bounds(&r, suite.seed, -60);
        if (r.problem.periods > 72)
            r.problem.periods = 72;
        while (r.problem.day_limit_count > 0
               && days[r.problem.day_limit_count - 1].first
                          + days[r.problem.day_limit_count - 1].periods
                      > r.problem.periods)
            r.problem.day_limit_count--;
        r.problem.year_limit_count = 0;
        enum mando_status status = solve_by_programming(&r.problem, &info);
        if (status == MANDO_UNSUPPORTED || status == MANDO_INFEASIBLE || !info.optimal) {
            suite.skipped++;
            continue;
        }
        branched += info.nodes > 1;
        check_prices_of(&suite, info.objective_eur, SAME_VALUE);
        check_water_values(&suite);
    }
    print_message("%zu of them branched\n", branched);
    kernel_close(&kernel);
}

TEST(kernel_with_day_limits_equals_the_milp_where_burning_would_pay)
{
    struct suite suite = suite_begin("day limits against Cbc", 200);
    const struct problem_shape shape = {120, 30, 0.1};
    size_t nodes = 0, branched = 0;
    kernel_open(&kernel);
    kernel.may_leave_gaps = true; /* now and then nodes run out; then a gap is proven */
    while (suite_next(&suite)) {
        problem_random_make(&r, suite.seed, &shape);
        limit_days(&r.problem, suite.seed);
        compare_with_milp(&suite);
        size_t own_nodes = kernel.status == MANDO_OK ? kernel.info.nodes : 0;
        nodes += own_nodes;
        branched += own_nodes > 0;
    }
    print_message("%zu of them branched, %zu nodes in all, %zu with a gap\n", branched, nodes,
                  kernel.gaps);
    CHECK(kernel.gaps <= suite.count / 500);
    kernel_close(&kernel);
}

TEST(kernel_with_one_limited_day_equals_the_milp_where_burning_would_pay)
{
    struct suite suite = suite_begin("one day's limit against Cbc", 200);
    const struct problem_shape shape = {60, 20, 0.1};
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        problem_random_make(&r, suite.seed, &shape);
        limit_horizon(&r.problem, suite.seed);
        compare_with_milp(&suite);
    }
    kernel_close(&kernel);
}
