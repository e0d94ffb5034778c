/* Water values against the optimum solved again with a little more or less energy. */
#include "check.h"
#include "kernel.h"

static struct problem_random r;
static struct kernel kernel, other;

/* The optimum of the periods after t from an energy held; NaN where that is no start. */
static double value_after(const struct mando_optimize_problem *problem, size_t t, double soc_mwh)
{
    if (soc_mwh > problem_soc_high_mwh(problem, t) || soc_mwh < problem_soc_low_mwh(problem, t))
        return NAN;
    if (t + 1 == problem->periods)
        return isnan(problem->soc_end_mwh) ? problem->soc_end_value_eur_per_mwh * soc_mwh : NAN;
    struct mando_optimize_problem suffix = problem_suffix(problem, t + 1, soc_mwh);
    return kernel_value(&other, &suffix);
}

#define DAYS 3

static struct mando_optimize_limit days[DAYS];

static void limit_thirds(struct mando_optimize_problem *problem, struct random *random)
{
    double capacity_mwh = problem->soc_max_mwh - problem->soc_min_mwh;
    double limit_mwh = random_between(random, 0.2, 2) * capacity_mwh;
    for (size_t d = 0, first = 0; d < DAYS; d++) {
        size_t end = (d + 1) * problem->periods / DAYS;
        days[d] = (struct mando_optimize_limit){first, end - first, limit_mwh};
        first = end;
    }
    problem->day_limits = days;
    problem->day_limit_count = DAYS;
}

/* The same with what the plan up to there leaves of the limits. */
static double value_after_with_limits(const struct mando_optimize_problem *problem, size_t t,
                                      double soc_mwh)
{
    struct mando_optimize_limit left[DAYS];
    struct mando_optimize_problem rest = *problem;
    rest.day_limits = left;
    rest.day_limit_count = 0;
    for (size_t d = 0; d < DAYS; d++) {
        size_t end = days[d].first + days[d].periods;
        double left_mwh = days[d].withdrawn_mwh_max;
        for (size_t k = days[d].first; k <= t && k < end; k++)
            left_mwh -= fmax(kernel.power[k], 0) * problem->step_h / problem->efficiency_discharge;
        size_t first = days[d].first > t + 1 ? days[d].first - (t + 1) : 0;
        if (end > t + 1)
            left[rest.day_limit_count++] =
                (struct mando_optimize_limit){first, end - (t + 1) - first, fmax(left_mwh, 0)};
    }
    return value_after(&rest, t, soc_mwh);
}

enum verdict { SAME, DIFFERENT, UNKNOWN, NOTHING_THERE };

/* Compares a water value with slopes over shorter and shorter steps to one side. A slope counts where
 * that over a part of its step is the same but for the rounding of the values, so that no kink lies
 * between; kinks may be so near that only a short step tells, and so near that none does. */
static enum verdict compare_side(const struct mando_optimize_problem *problem, size_t t,
                                 double soc_mwh, double direction, double water)
{
    double capacity_mwh = problem->soc_max_mwh - problem->soc_min_mwh;
    double here = value_after(problem, t, soc_mwh);
    enum verdict verdict = NOTHING_THERE;
    for (double length = 1e-3; length > 1e-8; length /= 10) {
        double step = direction * length * capacity_mwh;
        double part =
            0.37 * step; /* no simple ratio: values may repeat themselves in equal steps */
        double whole = (value_after(problem, t, soc_mwh + step) - here) / step;
        double inner = (value_after(problem, t, soc_mwh + part) - here) / part;
        double rounding = 1e-14 * fmax(1, fabs(here)) / fabs(step);
        if (isnan(inner))
            continue;
        if (verdict == NOTHING_THERE)
            verdict = UNKNOWN;
        if (rounding > 1e-4 || !(fabs(whole - inner) <= 1e-9 * fmax(1, fabs(whole)) + rounding))
            continue;
        if (fabs(water - inner) <= 1e-6 * fmax(1, fabs(inner)) + rounding)
            return SAME;
        /* Where burning would pay, plans that earn the same may part here: the best of them rises
         * no less than the one that was chosen. */
        bool is_tie = kernel.info.periods_nonconcave > 0 && direction * (inner - water) > 0;
        verdict = is_tie ? UNKNOWN : DIFFERENT;
    }
    return verdict;
}

static void check_water(struct suite *suite, size_t t, size_t *left_count)
{
    double water = kernel.water[t], soc_mwh = kernel.soc[t];
    enum verdict verdict = compare_side(&r.problem, t, soc_mwh, 1, water);
    if (verdict == NOTHING_THERE) {
        verdict = compare_side(&r.problem, t, soc_mwh, -1, water);
        *left_count += verdict == SAME;
    }
    suite->skipped += verdict == UNKNOWN || verdict == NOTHING_THERE;
    suite_require(suite, verdict != DIFFERENT, "the water value after period %zu of %zu is %.17g",
                  t, r.problem.periods, water);
}

TEST(kernel_water_values_are_slopes_of_the_optimal_value)
{
    struct suite suite = suite_begin("water values", 300);
    const struct problem_shape shape = {120, 20, 0};
    size_t left_count = 0, checked = 0;
    kernel_open(&kernel);
    kernel_open(&other);
    while (suite_next(&suite)) {
        problem_random_make(&r, suite.seed, &shape);
        if (!kernel_solve(&kernel, &suite, &r.problem))
            continue;
        struct random random = {suite.seed};
        size_t last = r.problem.periods - 1;
        for (size_t i = 0; i < 12; i++, checked++)
            check_water(&suite, random_below(&random, last + 1), &left_count);
        suite_require(&suite, isnan(kernel.water[last]) == !isnan(r.problem.soc_end_mwh),
                      "the last water value is %g with an end at %g", kernel.water[last],
                      r.problem.soc_end_mwh);
    }
    print_message("%zu water values, %zu of them where no more fits\n", checked, left_count);
    CHECK(left_count > 0 && suite.skipped < checked / 4);
    kernel_close(&kernel);
    kernel_close(&other);
}

/* What a MWh more earns at most, and what a MWh less costs at least: with limits a value has corners
 * where the night before buys just what the day may sell. */
TEST(kernel_water_values_with_limits_lie_between_the_slopes_of_the_optimal_value)
{
    struct suite suite = suite_begin("water values with limits", 300);
    const struct problem_shape shape = {120, 0, 0};
    size_t checked = 0;
    kernel_open(&kernel);
    kernel_open(&other);
    while (suite_next(&suite)) {
        struct random random = {suite.seed};
        problem_random_make(&r, suite.seed, &shape);
        if (r.problem.periods < DAYS)
            continue;
        limit_thirds(&r.problem, &random);
        if (!kernel_solve(&kernel, &suite, &r.problem))
            continue;
        for (size_t i = 0; i < 12; i++) {
            size_t t = random_below(&random, r.problem.periods - 1);
            double soc_mwh = kernel.soc[t], water = kernel.water[t];
            double step_mwh = 1e-4 * (r.problem.soc_max_mwh - r.problem.soc_min_mwh);
            double here = value_after_with_limits(&r.problem, t, soc_mwh);
            double above = value_after_with_limits(&r.problem, t, soc_mwh + step_mwh);
            double below = value_after_with_limits(&r.problem, t, soc_mwh - step_mwh);
            double rounding = 1e-9 * fmax(1, fabs(here)) / step_mwh + 1e-6 * fmax(1, fabs(water));
            suite_require(&suite, !((above - here) / step_mwh > water + rounding),
                          "after period %zu one MWh more earns %.17g, not %.17g", t,
                          (above - here) / step_mwh, water);
            suite_require(&suite, !((here - below) / step_mwh < water - rounding),
                          "after period %zu one MWh less costs %.17g, not %.17g", t,
                          (here - below) / step_mwh, water);
            checked += isnan(above) ? 0 : 1;
            checked += isnan(below) ? 0 : 1;
        }
    }
    print_message("%zu slopes\n", checked);
    CHECK(checked > 4 * suite.count); /* fewer than these would tell little */
    kernel_close(&kernel);
    kernel_close(&other);
}
