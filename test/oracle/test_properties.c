/* What must hold for every dispatch problem, without knowing its optimum. */
#include "check.h"
#include "kernel.h"
#include "replay.h"

#define ROUNDING 1e-9

static struct problem_random r, changed;
static struct kernel kernel, other;

/* A copy of r whose arrays are its own, so that they can be changed. */
static struct mando_optimize_problem *copy_problem(void)
{
    struct mando_optimize_problem *p = &changed.problem;
    changed = r;
    p->sell_eur_per_mwh = changed.sell;
    p->buy_eur_per_mwh = r.problem.buy_eur_per_mwh == r.sell ? changed.sell : changed.buy;
    p->power_charge_mw_max = r.problem.power_charge_mw_max ? changed.charge : NULL;
    p->power_discharge_mw_max = r.problem.power_discharge_mw_max ? changed.discharge : NULL;
    p->soc_min_mwh_end = r.problem.soc_min_mwh_end ? changed.low : NULL;
    p->soc_max_mwh_end = r.problem.soc_max_mwh_end ? changed.high : NULL;
    return p;
}

static void multiply(double *values, double factor)
{
    for (size_t t = 0; t < PROBLEM_PERIODS_MAX; t++)
        values[t] *= factor;
}

/* Draws problems until one has a plan; its answers are in `kernel`. 0 at the end of the suite. */
static int next_feasible(struct suite *suite)
{
    const struct problem_shape shape = {200, 20, 0};
    while (suite_next(suite)) {
        problem_random_make(&r, suite->seed, &shape);
        if (kernel_solve(&kernel, suite, &r.problem))
            return 1;
    }
    return 0;
}

static void check_not_worse(struct suite *suite, const char *change)
{
    double before = kernel.info.objective_eur, after = kernel_value(&other, &changed.problem);
    suite_require(suite, after >= before - ROUNDING * fmax(1, fabs(before)),
                  "%s makes %.17g of %.17g", change, after, before);
}

TEST(kernel_earns_no_less_with_more_power_or_energy)
{
    struct suite suite = suite_begin("monotone", 300);
    kernel_open(&kernel);
    kernel_open(&other);
    while (next_feasible(&suite)) {
        struct random random = {suite.seed};
        copy_problem()->power_charge_mw *= random_between(&random, 1, 2);
        check_not_worse(&suite, "more charging power");
        copy_problem()->power_discharge_mw *= random_between(&random, 1, 2);
        check_not_worse(&suite, "more discharging power");
        copy_problem()->soc_max_mwh *= random_between(&random, 1, 2);
        check_not_worse(&suite, "more energy");
        copy_problem()->power_discharge_mw_max = NULL;
        check_not_worse(&suite, "no outage");
        copy_problem()->soc_end_value_eur_per_mwh = 0;
        if (!isnan(r.problem.soc_end_mwh)) {
            changed.problem.soc_end_mwh = NAN;
            check_not_worse(&suite, "a free end");
        }
    }
    kernel_close(&kernel);
    kernel_close(&other);
}

TEST(kernel_scales_with_energy_and_with_money)
{
    struct suite suite = suite_begin("scaling", 300);
    kernel_open(&kernel);
    kernel_open(&other);
    while (next_feasible(&suite)) {
        struct mando_optimize_problem *p = copy_problem();
        double factor = suite.seed % 2 ? 4 : 0x1p20; /* exact in binary: the same plan */
        p->power_charge_mw *= factor;
        p->power_discharge_mw *= factor;
        p->soc_min_mwh *= factor;
        p->soc_max_mwh *= factor;
        p->soc_start_mwh *= factor;
        p->soc_end_mwh *= factor;
        multiply(changed.charge, factor);
        multiply(changed.discharge, factor);
        multiply(changed.low, factor);
        multiply(changed.high, factor);
        suite_compare(&suite, "so many times the battery", kernel_value(&other, p) / factor,
                      kernel.info.objective_eur, ROUNDING);
        p = copy_problem();
        multiply(changed.buy, factor);
        multiply(changed.sell, factor);
        p->fee_eur_per_mwh *= factor;
        p->degradation_eur_per_mwh *= factor;
        p->soc_end_value_eur_per_mwh *= factor;
        suite_compare(&suite, "so many times the money", kernel_value(&other, p) / factor,
                      kernel.info.objective_eur, ROUNDING);
    }
    kernel_close(&kernel);
    kernel_close(&other);
}

/* Moves every array `count` periods later and rests in the first ones. */
static void rest_first(size_t count)
{
    struct mando_optimize_problem *p = copy_problem();
    double *arrays[] = {changed.buy, changed.sell, changed.low, changed.high};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        memmove(arrays[i] + count, arrays[i], p->periods * sizeof(double));
        for (size_t t = 0; t < count; t++)
            arrays[i][t] = i < 2 ? -100 : NAN;
    }
    for (size_t t = 0; t < count; t++)
        changed.charge[t] = changed.discharge[t] = 0;
    for (size_t t = 0; t < p->periods; t++) {
        changed.charge[t + count] = r.problem.power_charge_mw_max ? r.charge[t] : NAN;
        changed.discharge[t + count] = r.problem.power_discharge_mw_max ? r.discharge[t] : NAN;
    }
    p->power_charge_mw_max = changed.charge;
    p->power_discharge_mw_max = changed.discharge;
    p->periods += count;
}

TEST(kernel_plans_the_same_after_periods_of_rest)
{
    struct suite suite = suite_begin("time shift", 300);
    kernel_open(&kernel);
    kernel_open(&other);
    while (next_feasible(&suite)) {
        if (r.problem.self_discharge_per_h > 0)
            continue;
        size_t count = 1 + suite.seed % 20;
        rest_first(count);
        suite_require(&suite, kernel_solve(&other, &suite, &changed.problem), "no plan");
        suite_compare(&suite, "objective", other.info.objective_eur, kernel.info.objective_eur,
                      ROUNDING);
        if (kernel.info.periods_nonconcave > 0)
            continue; /* of plans that earn the same, rounding may choose another */
        for (size_t t = 0; t < r.problem.periods; t++)
            suite_require(&suite, fabs(other.soc[t + count] - kernel.soc[t]) < 1e-9,
                          "another plan from period %zu on", t);
    }
    kernel_close(&kernel);
    kernel_close(&other);
}

TEST(kernel_gives_the_same_bytes_in_any_workspace)
{
    struct suite suite = suite_begin("determinism", 300);
    const struct problem_shape shape = {PROBLEM_PERIODS_MAX, 20, 0.1};
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        problem_random_make(&r, suite.seed, &shape);
        kernel_open(&other);
        int solved = kernel_solve(&kernel, &suite, &r.problem);
        suite_require(&suite, solved == kernel_solve(&other, &suite, &r.problem), "other status");
        size_t size = r.problem.periods * sizeof(double);
        suite_require(&suite,
                      !solved
                          || (memcmp(kernel.power, other.power, size) == 0
                              && memcmp(kernel.soc, other.soc, size) == 0
                              && memcmp(kernel.water, other.water, size) == 0
                              && kernel.info.objective_eur == other.info.objective_eur),
                      "another plan");
        kernel_close(&other);
    }
    kernel_close(&kernel);
}

TEST(kernel_brackets_the_optimum_where_its_workspace_is_too_small)
{
    struct suite suite = suite_begin("small workspace", 300);
    const struct mando_optimize_settings small = {
        .periods_max = PROBLEM_PERIODS_MAX, .segments_max = 4, .segments_stored = 12};
    const struct mando_optimize_solution solution = {
        .power_mw = kernel.power, .soc_mwh = kernel.soc, .water_value_eur_per_mwh = kernel.water};
    size_t gaps = 0;
    kernel_open(&other);
    CHECK_EQ(mando_optimize_setup(&small, &kernel.workspace, NULL), MANDO_OK);
    while (suite_next(&suite)) {
        const struct problem_shape shape = {200, 60, 0};
        problem_random_make(&r, suite.seed, &shape);
        double optimum = kernel_value(&other, &r.problem);
        struct mando_optimize_info *info = &kernel.info;
        enum mando_status status =
            mando_optimize_solve(kernel.workspace, &r.problem, &solution, info, &kernel.error);
        suite_require(&suite, (status == MANDO_OK) == !isnan(optimum), "status %d", status);
        suite.infeasible += status != MANDO_OK;
        if (status != MANDO_OK)
            continue;
        gaps += !info->optimal;
        double rounding = ROUNDING * fmax(1, fabs(optimum));
        struct replay replay = replay_plan(&r.problem, kernel.power, kernel.soc);
        suite_require(
            &suite,
            info->objective_eur <= optimum + rounding && optimum <= info->bound_eur + rounding,
            "%.17g is not between %.17g and %.17g", optimum, info->objective_eur, info->bound_eur);
        suite_require(&suite,
                      replay.worst_mwh <= ROUNDING
                          && fabs(replay.money_eur - info->objective_eur) <= rounding,
                      "the plan misses a limit by %g MWh or its money by %g EUR", replay.worst_mwh,
                      replay.money_eur - info->objective_eur);
    }
    print_message("%zu of them with a gap\n", gaps);
    CHECK(gaps > 0);
    kernel_close(&kernel);
    kernel_close(&other);
}

/* A battery of exact binary fractions, so that breaking even is exact. */
static const double buy_high_sell_low[] = {32, 128, 32, 128, 32, 128};
static struct mando_optimize_problem break_even(void)
{
    return (struct mando_optimize_problem){.periods = 6,
                                           .step_h = 1,
                                           .buy_eur_per_mwh = buy_high_sell_low,
                                           .sell_eur_per_mwh = buy_high_sell_low,
                                           .power_charge_mw = 1,
                                           .power_discharge_mw = 1,
                                           .soc_max_mwh = 2,
                                           .soc_end_mwh = NAN,
                                           .efficiency_charge = 0.5,
                                           .efficiency_discharge = 0.5};
}

static void check_rests(const struct mando_optimize_problem *problem)
{
    struct suite suite = {.name = "rest"};
    kernel_open(&kernel);
    CHECK(kernel_solve(&kernel, &suite, problem));
    for (size_t t = 0; t < problem->periods; t++)
        CHECK_NEAR(kernel.power[t], 0, 0);
    CHECK_NEAR(kernel.info.objective_eur, 0, 0);
    kernel_close(&kernel);
}

TEST(kernel_rests_where_a_cycle_only_breaks_even)
{
    struct mando_optimize_problem problem = break_even();
    check_rests(&problem);
    problem.fee_eur_per_mwh = 8;
    check_rests(&problem);
    problem.efficiency_charge = problem.efficiency_discharge = 1;
    problem.fee_eur_per_mwh = 48;
    check_rests(&problem);
}

TEST(kernel_trades_where_a_cycle_gains_a_little)
{
    struct mando_optimize_problem problem = break_even();
    struct suite suite = {.name = "little"};
    problem.efficiency_discharge = 0.5 + 0x1p-20;
    kernel_open(&kernel);
    CHECK(kernel_solve(&kernel, &suite, &problem));
    CHECK(kernel.info.objective_eur > 0);
    kernel_close(&kernel);
}

TEST(kernel_rests_at_flat_prices)
{
    static double flat[96];
    struct mando_optimize_problem problem = break_even();
    problem.periods = sizeof flat / sizeof *flat;
    problem.buy_eur_per_mwh = problem.sell_eur_per_mwh = flat;
    problem.efficiency_charge = problem.efficiency_discharge = 1;
    for (double price = -50; price <= 100; price += 50) {
        for (size_t t = 0; t < problem.periods; t++)
            flat[t] = price;
        problem.soc_end_mwh = 0; /* a free end would fill up at negative prices */
        check_rests(&problem);
    }
}

/* Round numbers make sums of segments meet bounds exactly or miss them by the last bit, another bit at
 * each scale; the money of a MWh must not notice. */
TEST(kernel_earns_the_same_per_mwh_at_every_scale)
{
    static const double scales[] = {1, 3, 7, 100, 0.1, 1e-4, 3e4, 1e6};
    struct suite suite = suite_begin("round batteries", 3000);
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        struct random random = {suite.seed};
        double prices[200], low = floor(random_between(&random, 0, 4)) / 10, first = NAN;
        struct mando_optimize_problem p = {.periods = (size_t)random_between(&random, 2, 200)};
        for (size_t t = 0; t < p.periods; t++)
            prices[t] = floor(random_between(&random, 0, 12)) * 10;
        double power = floor(random_between(&random, 1, 5)),
               hours = floor(random_between(&random, 1, 9));
        double efficiency = suite.seed % 2 ? 1 : 0.9;
        p.step_h = suite.seed % 3 ? 0.25 : 1;
        p.buy_eur_per_mwh = p.sell_eur_per_mwh = prices;
        p.efficiency_charge = p.efficiency_discharge = efficiency;
        for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
            double scale = scales[i];
            p.power_charge_mw = p.power_discharge_mw = power * scale;
            p.soc_min_mwh = p.soc_start_mwh = low * scale;
            p.soc_max_mwh = (low + power * hours * p.step_h) * scale;
            p.soc_end_mwh = suite.seed % 5 ? NAN : p.soc_min_mwh;
            double per_mwh = kernel_value(&kernel, &p) / scale;
            first = i == 0 ? per_mwh : first;
            suite_compare(&suite, "money per MWh", per_mwh, first, ROUNDING);
        }
    }
    kernel_close(&kernel);
}
