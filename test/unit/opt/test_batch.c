#include "mando/batch.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "case_count.h"
#include "check.h"
#include "random.h"

#define PERIODS 96
#define PROBLEMS_MAX 4001

static const enum mando_batch_version VERSIONS[] = {MANDO_BATCH_PORTABLE, MANDO_BATCH_AVX2,
                                                    MANDO_BATCH_AVX512};
#define VERSIONS_COUNT (sizeof VERSIONS / sizeof *VERSIONS)

static const struct mando_optimize_settings SMALL = {.periods_max = 500,
                                                     .segments_max = 256,
                                                     .segments_stored = 1 << 16,
                                                     .limits_max = 2,
                                                     .limit_periods_max = 500};

static struct mando_optimize_problem problems[PROBLEMS_MAX];
static double objective[PROBLEMS_MAX];

/* NULL where the machine lacks the version. */
static struct mando_batch *workspace(enum mando_batch_version version)
{
    struct mando_batch_settings settings = MANDO_BATCH_SETTINGS_DEFAULT;
    struct mando_batch *w = NULL;
    settings.optimize = SMALL;
    settings.version = version;
    enum mando_status status = mando_batch_setup(&settings, &w, NULL);
    CHECK(status == MANDO_OK || status == MANDO_UNSUPPORTED);
    CHECK(status == MANDO_OK || version > MANDO_BATCH_PORTABLE);
    return w;
}

static struct mando_optimize *single(void)
{
    struct mando_optimize *w = NULL;
    CHECK_EQ(mando_optimize_setup(&SMALL, &w, NULL), MANDO_OK);
    return w;
}

static double *doubles(size_t count)
{
    double *values = calloc(count, sizeof *values);
    CHECK(values);
    return values;
}

static void fill_prices(struct random *random, double *prices, size_t periods)
{
    double level = random_between(random, 10, 100), spread = random_between(random, 1, 60);
    bool is_round = random_chance(random, 0.3); /* ties */
    for (size_t t = 0; t < periods; t++) {
        double price = level + spread * sin((double)t * 0.13) + 8 * random_normal(random);
        prices[t] = is_round ? round(price / 10) * 10 : price;
    }
}

static struct mando_optimize_problem day(const double *prices)
{
    return (struct mando_optimize_problem){.periods = PERIODS,
                                           .step_h = 0.25,
                                           .buy_eur_per_mwh = prices,
                                           .sell_eur_per_mwh = prices,
                                           .power_charge_mw = 10,
                                           .power_discharge_mw = 10,
                                           .soc_max_mwh = 20,
                                           .soc_start_mwh = 10,
                                           .soc_end_mwh = 10,
                                           .efficiency_charge = 0.95,
                                           .efficiency_discharge = 0.95,
                                           .fee_eur_per_mwh = 0.09,
                                           .degradation_eur_per_mwh = 4};
}

/* A battery of 15 minutes to 12 hours with any end; prices as fill_prices makes them. */
static struct mando_optimize_problem any_problem(struct random *random, const double *buy,
                                                 const double *sell, size_t periods)
{
    double power_mw = random_magnitude(random, 0.5, 200),
           step_h = random_chance(random, 0.5) ? 0.25 : 1;
    double capacity_mwh = power_mw * random_magnitude(random, 0.25, 12);
    double low_mwh =
        random_chance(random, 0.5) ? 0 : random_between(random, -0.2, 0.3) * capacity_mwh;
    bool has_losses = random_chance(random, 0.8), is_free = random_chance(random, 0.5);
    double start_mwh = low_mwh + random_unit(random) * capacity_mwh;
    return (struct mando_optimize_problem){
        .periods = periods,
        .step_h = step_h,
        .buy_eur_per_mwh = buy,
        .sell_eur_per_mwh = sell,
        .power_charge_mw =
            power_mw * (random_chance(random, 0.5) ? 1 : random_between(random, 0.3, 4)),
        .power_discharge_mw = power_mw,
        .soc_min_mwh = low_mwh,
        .soc_max_mwh = low_mwh + capacity_mwh,
        .soc_start_mwh = start_mwh,
        .soc_end_mwh = is_free ? NAN : start_mwh,
        .soc_end_value_eur_per_mwh =
            is_free && random_chance(random, 0.7) ? random_between(random, -5, 90) : 0,
        .efficiency_charge = has_losses ? random_between(random, 0.8, 1) : 1,
        .efficiency_discharge = has_losses ? random_between(random, 0.8, 1) : 1,
        .fee_eur_per_mwh = random_chance(random, 0.5) ? 0 : random_between(random, 0, 2),
        .degradation_eur_per_mwh = random_chance(random, 0.5) ? 0 : random_between(random, 0, 8),
    };
}

/* What the vector kernel hands over: burning prices, limits of periods and on throughput, leaks,
 * no power one way, very much energy. */
static void make_special(struct random *random, struct mando_optimize_problem *problem,
                         double *prices, double *limits)
{
    static struct mando_optimize_limit day;
    switch (random_below(random, 6)) {
    case 0:
        prices[random_below(random, problem->periods)] = -random_between(random, 20, 200);
        break;
    case 1:
        for (size_t t = 0; t < problem->periods; t++)
            limits[t] = random_unit(random) * problem->power_charge_mw;
        problem->power_charge_mw_max = limits;
        problem->soc_end_mwh = NAN;
        break;
    case 2:
        problem->self_discharge_per_h = 0.001;
        problem->soc_min_mwh = fmin(problem->soc_min_mwh, 0);
        problem->soc_end_mwh = NAN;
        break;
    case 3:
        problem->power_charge_mw = 0;
        problem->soc_end_mwh = NAN;
        break;
    case 4:
        day = (struct mando_optimize_limit){0, problem->periods, 10};
        problem->day_limits = &day;
        problem->day_limit_count = 1;
        break;
    default:
        problem->power_discharge_mw = problem->power_charge_mw /= 100;
        break;
    }
}

static struct mando_optimize_problem *random_problems(struct random *random, size_t count,
                                                      size_t periods, double special, double *rows)
{
    for (size_t i = 0; i < count; i++) {
        double *buy = rows + 3 * i * periods, *sell = buy + periods, *limits = sell + periods;
        fill_prices(random, buy, periods);
        for (size_t t = 0; t < periods; t++)
            sell[t] = buy[t] - (i % 3 == 0 ? random_unit(random) : 0);
        problems[i] = any_problem(random, buy, i % 3 == 0 ? sell : buy, periods);
        if (random_chance(random, special))
            make_special(random, &problems[i], buy, limits);
        for (size_t t = 0; t < periods; t++)
            sell[t] = fmin(sell[t], buy[t]);
    }
    return problems;
}

static void check_near_single(const struct mando_optimize_problem *problem, double objective_eur,
                              const double *power_mw, const double *soc_mwh)
{
    static double power[500], soc[500];
    const struct mando_optimize_solution solution = {.power_mw = power, .soc_mwh = soc};
    struct mando_optimize_info info;
    struct mando_optimize *w = single();
    CHECK_EQ(mando_optimize_solve(w, problem, &solution, &info, NULL), MANDO_OK);
    CHECK_NEAR(objective_eur, info.objective_eur, 1e-10 * fmax(1, fabs(info.objective_eur)));
    for (size_t t = 0; t < problem->periods; t++) {
        CHECK_NEAR(power_mw[t], power[t], 1e-9 * problem->power_discharge_mw + 1e-9);
        CHECK_NEAR(soc_mwh[t], soc[t], 1e-9);
    }
    mando_optimize_free(w);
}

/* The first version's answers beside the single kernel's, the others' beside the first's. Returns how
 * many problems were solved in lanes. */
static size_t check_versions(size_t count, double special, uint64_t seed)
{
    struct random random = {seed};
    size_t in_lanes = 0, periods = 1 + random_below(&random, 130), cells = count * periods;
    double *rows = doubles(3 * cells), *first = doubles(2 * cells + count);
    double *other = doubles(2 * cells + count);
    (void)random_problems(&random, count, periods, special, rows);
    for (size_t v = 0; v < VERSIONS_COUNT; v++) {
        double *to = v == 0 ? first : other;
        const struct mando_batch_solution solution = {to, to + count, to + count + cells};
        struct mando_batch_info info;
        struct mando_error error;
        struct mando_batch *w = workspace(VERSIONS[v]);
        if (!w)
            continue;
        enum mando_status status = mando_batch_solve(w, problems, count, &solution, &info, &error);
        if (status != MANDO_OK)
            print_error("seed %llu: %s\n", (unsigned long long)seed, error.message);
        CHECK_EQ(status, MANDO_OK);
        CHECK_EQ(info.version, VERSIONS[v]);
        in_lanes = info.solved_in_lanes;
        if (v > 0)
            CHECK(memcmp(first, other, (2 * cells + count) * sizeof *first) == 0);
        mando_batch_free(w);
    }
    for (size_t i = 0; i < count; i++)
        check_near_single(&problems[i], first[i], first + count + i * periods,
                          first + count + cells + i * periods);
    free(rows);
    free(first);
    free(other);
    return in_lanes;
}

TEST(batch_versions_agree_to_the_bit_and_with_the_single_kernel)
{
    size_t count = 0, in_lanes = 0;
    for (uint64_t seed = 1; seed <= case_count_of_slow(200); seed++) {
        count += 1 + seed % 37;
        in_lanes += check_versions(1 + seed % 37, seed % 2 ? 0 : 0.3, seed);
    }
    CHECK(in_lanes > count / 2 && in_lanes < count);
}

/* Prices that differ by about as little as what counts as a tie, beside usual ones: how long the lists of
 * the neighbours are changes nothing. */
TEST(batch_of_prices_that_nearly_tie_depends_on_no_neighbour)
{
    enum { COUNT = 8, HOURS = 48 };
    static double prices[COUNT][HOURS];
    for (uint64_t seed = 1; seed <= case_count_of_slow(300); seed++) {
        struct random random = {seed};
        double level = random_between(&random, 10, 60);
        struct mando_optimize_problem some[COUNT];
        for (size_t i = 0; i < COUNT; i++) {
            for (size_t t = 0; t < HOURS; t++)
                prices[i][t] = i > 0 && seed % 2
                                   ? floor(random_between(&random, 0, 10000)) / 100
                                   : level + 1e-12 * (double)random_below(&random, 100);
            some[i] = day(prices[i]);
            some[i].periods = HOURS;
            some[i].step_h = 1;
            some[i].power_charge_mw = some[i].power_discharge_mw = 1;
            some[i].soc_max_mwh = 0.5 * (double)(2 + seed % 5);
            some[i].soc_start_mwh = random_unit(&random) * some[i].soc_max_mwh;
            some[i].soc_end_mwh = seed % 3 ? NAN : some[i].soc_start_mwh;
            some[i].efficiency_charge = some[i].efficiency_discharge = 1;
            some[i].fee_eur_per_mwh = some[i].degradation_eur_per_mwh = 0;
        }
        double first_eur = NAN, power[COUNT * HOURS], soc[COUNT * HOURS], first_soc[HOURS];
        for (size_t v = 0; v < VERSIONS_COUNT; v++) {
            struct mando_batch *w = workspace(VERSIONS[v]);
            for (size_t count = 1; w && count <= COUNT; count += COUNT - 1) {
                double values[COUNT];
                const struct mando_batch_solution solution = {values, power, soc};
                struct mando_batch_info info;
                CHECK_EQ(mando_batch_solve(w, some, count, &solution, &info, NULL), MANDO_OK);
                if (isnan(first_eur)) {
                    first_eur = values[0];
                    memcpy(first_soc, soc, sizeof first_soc);
                }
                CHECK(values[0] == first_eur && memcmp(first_soc, soc, sizeof first_soc) == 0);
            }
            mando_batch_free(w);
        }
    }
}

TEST(batch_solves_thousands_of_paths_of_one_battery)
{
    static double prices[PROBLEMS_MAX][PERIODS];
    struct random random = {7};
    for (size_t i = 0; i < PROBLEMS_MAX; i++) {
        fill_prices(&random, prices[i], PERIODS);
        problems[i] = day(prices[i]);
    }
    struct mando_batch *w = workspace(MANDO_BATCH_BEST);
    struct mando_batch_info info;
    const struct mando_batch_solution solution = {.objective_eur = objective};
    CHECK_EQ(mando_batch_solve(w, problems, PROBLEMS_MAX, &solution, &info, NULL), MANDO_OK);
    CHECK(info.solved_in_lanes > 3500);
    CHECK_EQ(info.not_optimal, 0);
    double together[PROBLEMS_MAX];
    memcpy(together, objective, sizeof together);
    /* However the problems are divided into calls. */
    for (size_t i = 0, part = 1; i < PROBLEMS_MAX; i += part, part = part % 13 + 1) {
        const struct mando_batch_solution rest = {.objective_eur = objective + i};
        size_t count = i + part < PROBLEMS_MAX ? part : PROBLEMS_MAX - i;
        CHECK_EQ(mando_batch_solve(w, problems + i, count, &rest, NULL, NULL), MANDO_OK);
    }
    CHECK(memcmp(together, objective, sizeof together) == 0);
    mando_batch_free(w);
}

TEST(batch_solves_many_batteries_on_one_path)
{
    double prices[PERIODS];
    struct random random = {8};
    fill_prices(&random, prices, PERIODS);
    for (size_t i = 0; i < 100; i++) {
        problems[i] = day(prices);
        problems[i].soc_max_mwh = 20 + (double)i;
    }
    struct mando_batch *w = workspace(MANDO_BATCH_BEST);
    const struct mando_batch_solution solution = {.objective_eur = objective};
    struct mando_batch_info info;
    CHECK_EQ(mando_batch_solve(w, problems, 100, &solution, &info, NULL), MANDO_OK);
    CHECK_EQ(info.solved_in_lanes, 100);
    for (size_t i = 1; i < 100; i++)
        CHECK(objective[i] >= objective[i - 1] - 1e-9); /* more room never hurts */
    mando_batch_free(w);
}

/* Backwards each peak is higher and each valley deeper than the last: of every segment a rest stays. */
TEST(batch_stays_exact_where_the_value_function_grows_with_every_period)
{
    static double prices[400], power[400], soc[400];
    for (size_t t = 0; t < 400; t++)
        prices[399 - t] = 200 + (t % 2 ? 0.4 : -0.4) * (double)t;
    struct mando_optimize_problem problem = day(prices);
    problem.periods = 400;
    problem.soc_max_mwh = 120;
    problem.soc_start_mwh = problem.soc_end_mwh = 60;
    problem.efficiency_charge = 0.999;
    problem.fee_eur_per_mwh = problem.degradation_eur_per_mwh = 0;
    const struct mando_batch_solution solution = {objective, power, soc};
    struct mando_batch_info info;
    struct mando_batch *w = workspace(MANDO_BATCH_BEST);
    CHECK_EQ(mando_batch_solve(w, &problem, 1, &solution, &info, NULL), MANDO_OK);
    CHECK_EQ(info.solved_in_lanes, 1);
    check_near_single(&problem, objective[0], power, soc);
    mando_batch_free(w);
}

/* A segment ends at the low bound but for rounding while the next one lies beyond it. */
TEST(batch_and_single_kernel_agree_where_a_segment_ends_at_a_bound)
{
    const double prices[] = {79.748700168823689, 93.630007131746737, 93.600714433408967,
                             67.836486478027339};
    double power[4], soc[4];
    problems[0] = (struct mando_optimize_problem){.periods = 4,
                                                  .step_h = 1,
                                                  .buy_eur_per_mwh = prices,
                                                  .sell_eur_per_mwh = prices,
                                                  .power_charge_mw = 697.89028618813677,
                                                  .power_discharge_mw = 193.38350900682437,
                                                  .soc_min_mwh = 6.5925395665375301,
                                                  .soc_max_mwh = 229.88186395182046,
                                                  .soc_start_mwh = 136.79178905947859,
                                                  .soc_end_mwh = NAN,
                                                  .soc_end_value_eur_per_mwh = 70.105461146068777,
                                                  .efficiency_charge = 0.94371273039632175,
                                                  .efficiency_discharge = 0.95493021415932078,
                                                  .fee_eur_per_mwh = 0.997521};
    struct mando_batch *w = workspace(MANDO_BATCH_BEST);
    const struct mando_batch_solution solution = {objective, power, soc};
    CHECK_EQ(mando_batch_solve(w, problems, 1, &solution, NULL, NULL), MANDO_OK);
    CHECK_NEAR(objective[0], 12248.2206924, 1e-6);
    check_near_single(&problems[0], objective[0], power, soc);
    mando_batch_free(w);
}

/* Whatever the power is beyond what fills and empties the battery within a period. */
TEST(batch_and_single_kernel_use_of_a_boundless_power_what_they_can)
{
    static const double POWERS_MW[] = {1e3, 1e9, 1e15, 1e18, 1e300};
    double prices[PERIODS], alone[5];
    struct random random = {14};
    struct mando_optimize_info info;
    for (size_t t = 0; t < PERIODS; t++)
        prices[t] = 50 + 20 * random_normal(&random);
    struct mando_batch *w = workspace(MANDO_BATCH_BEST);
    struct mando_optimize *one = single();
    for (size_t i = 0; i < sizeof POWERS_MW / sizeof *POWERS_MW; i++) {
        problems[0] = day(prices);
        problems[0].power_discharge_mw = POWERS_MW[i];
        problems[0].soc_end_mwh = NAN;
        problems[0].fee_eur_per_mwh = problems[0].degradation_eur_per_mwh = 0;
        CHECK_EQ(mando_optimize_solve(one, &problems[0], NULL, &info, NULL), MANDO_OK);
        problems[1 + i] = problems[0];
        alone[i] = info.objective_eur;
    }
    const struct mando_batch_solution solution = {.objective_eur = objective};
    CHECK_EQ(mando_batch_solve(w, problems + 1, 5, &solution, NULL, NULL), MANDO_OK);
    for (size_t i = 0; i < 5; i++) {
        CHECK_NEAR(objective[i], objective[0], 1e-9 * objective[0]);
        CHECK_NEAR(alone[i], objective[0], 1e-9 * objective[0]);
    }
    mando_optimize_free(one);
    mando_batch_free(w);
}

TEST(batch_of_a_battery_without_room_rests)
{
    double prices[PERIODS], power[9 * PERIODS];
    struct random random = {9};
    fill_prices(&random, prices, PERIODS);
    for (size_t i = 0; i < 9; i++)
        problems[i] = day(prices);
    problems[4].soc_min_mwh = problems[4].soc_max_mwh = 10;
    struct mando_batch *w = workspace(MANDO_BATCH_BEST);
    const struct mando_batch_solution solution = {objective, power, NULL};
    CHECK_EQ(mando_batch_solve(w, problems, 9, &solution, NULL, NULL), MANDO_OK);
    CHECK_NEAR(objective[4], 0, 0);
    CHECK(objective[3] > 0 && objective[3] == objective[5]);
    for (size_t t = 0; t < PERIODS; t++)
        CHECK_NEAR(power[4 * PERIODS + t], 0, 0);
    mando_batch_free(w);
}

TEST(batch_charges_a_battery_that_starts_outside_its_limits)
{
    double prices[PERIODS], power[PERIODS], soc[PERIODS];
    struct random random = {10};
    fill_prices(&random, prices, PERIODS);
    problems[0] = day(prices);
    problems[0].soc_min_mwh = 11;
    problems[0].soc_end_mwh = NAN;
    struct mando_batch *w = workspace(MANDO_BATCH_BEST);
    const struct mando_batch_solution solution = {objective, power, soc};
    CHECK_EQ(mando_batch_solve(w, problems, 1, &solution, NULL, NULL), MANDO_OK);
    CHECK(soc[0] >= 11);
    check_near_single(&problems[0], objective[0], power, soc);
    mando_batch_free(w);
}

TEST(batch_tells_how_far_a_full_workspace_may_be_from_the_optimum)
{
    double prices[PERIODS];
    struct mando_batch_settings settings = {
        .optimize = {.periods_max = PERIODS, .segments_max = 2, .segments_stored = 2},
        .slots_max = 128};
    struct mando_batch *w = NULL;
    struct mando_batch_info info;
    CHECK_EQ(mando_batch_setup(&settings, &w, NULL), MANDO_OK);
    for (size_t t = 0; t < PERIODS; t++)
        prices[t] = 60 + 40 * sin((double)t * 0.13) - (t > 40 && t < 64 ? 400 : 0);
    for (size_t i = 0; i < 3; i++)
        problems[i] = day(prices);
    CHECK_EQ(mando_batch_solve(w, problems, 3, NULL, &info, NULL), MANDO_OK);
    CHECK_EQ(info.solved_in_lanes, 0);
    CHECK_EQ(info.not_optimal, 3);
    CHECK(info.gap_eur_max > 0);
    mando_batch_free(w);
}

static void check_refusal(size_t count, const char *code, int64_t index, const char *message)
{
    for (size_t v = 0; v < VERSIONS_COUNT; v++) {
        struct mando_batch *w = workspace(VERSIONS[v]);
        struct mando_error error = {0};
        struct mando_batch_info info = {.solved_in_lanes = 77};
        const struct mando_batch_solution solution = {.objective_eur = objective};
        if (!w)
            continue;
        CHECK(mando_batch_solve(w, problems, count, &solution, &info, &error) != MANDO_OK);
        CHECK_TEXT(error.code, code);
        CHECK_EQ(error.index, index);
        CHECK_TEXT(error.message, message);
        CHECK_EQ(info.solved_in_lanes, 77);
        CHECK(mando_batch_solve(w, problems, count, &solution, &info, NULL) != MANDO_OK);
        mando_batch_free(w);
    }
}

TEST(batch_names_the_first_problem_without_an_answer)
{
    double prices[PERIODS], broken[PERIODS];
    struct random random = {11};
    fill_prices(&random, prices, PERIODS);
    memcpy(broken, prices, sizeof broken);
    broken[5] = NAN;
    for (size_t i = 0; i < 20; i++)
        problems[i] = day(prices);
    problems[18].step_h = 0;
    check_refusal(20, "optimize.problem", 18, "problem 18: the problem's step_h is not above 0");
    problems[17].periods = PERIODS - 1;
    check_refusal(20, "optimize.problem", 17,
                  "problem 17 has 95 periods, but the first one has 96");
    problems[16].buy_eur_per_mwh = problems[16].sell_eur_per_mwh = broken;
    check_refusal(20, "optimize.problem", 16,
                  "problem 16: period 5 has a price that is not finite or of 1e30 and more, or "
                  "buys below the sale");
    problems[13].soc_end_mwh = 20;
    problems[13].power_charge_mw = 0.1;
    check_refusal(20, "optimize.infeasible", 13,
                  "problem 13: no plan that keeps all limits ends with 20 MWh");
    problems[12].soc_end_mwh = 21;
    check_refusal(20, "optimize.infeasible", 12,
                  "problem 12: no plan that keeps all limits ends with 21 MWh");
    double below[PERIODS];
    for (size_t t = 0; t < PERIODS; t++)
        below[t] = prices[t] - 0.01;
    problems[2].buy_eur_per_mwh = below;
    check_refusal(20, "optimize.problem", 2,
                  "problem 2: period 0 has a price that is not finite or of 1e30 and more, or buys "
                  "below the sale");
    broken[5] = INFINITY;
    problems[1].buy_eur_per_mwh = broken;
    check_refusal(20, "optimize.problem", 1,
                  "problem 1: period 5 has a price that is not finite or of 1e30 and more, or buys "
                  "below the sale");
    problems[0].sell_eur_per_mwh = NULL;
    check_refusal(20, "optimize.problem", 0, "problem 0: the problem has no periods");
}

TEST(batch_refuses_more_periods_than_its_workspace_holds)
{
    static double prices[501];
    problems[0] = day(prices);
    problems[0].periods = 501;
    check_refusal(1, "optimize.size", 0,
                  "problem 0: the problem has 501 periods, more than the workspace's 500");
}

TEST(batch_of_nothing_is_nothing)
{
    struct mando_batch *w = workspace(MANDO_BATCH_BEST);
    struct mando_batch_info info;
    CHECK_EQ(mando_batch_solve(w, NULL, 0, NULL, &info, NULL), MANDO_OK);
    CHECK_EQ(info.solved_in_lanes, 0);
    mando_batch_free(w);
    mando_batch_free(NULL);
}

TEST(batch_setup_refuses_what_no_workspace_can_be)
{
    struct mando_batch_settings settings = MANDO_BATCH_SETTINGS_DEFAULT;
    struct mando_batch *w = NULL;
    struct mando_error error;
    settings.optimize.periods_max = 0;
    CHECK_EQ(mando_batch_setup(&settings, &w, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "optimize.problem");
    settings = (struct mando_batch_settings)MANDO_BATCH_SETTINGS_DEFAULT;
    settings.version = (enum mando_batch_version)(MANDO_BATCH_AVX512 + 1);
    CHECK_EQ(mando_batch_setup(&settings, &w, &error), MANDO_UNSUPPORTED);
    CHECK_TEXT(error.code, "optimize.unsupported");
    CHECK(!w);
}

struct part {
    size_t first, count;
    double *objective_eur;
};

static void *solve_part(void *context)
{
    const struct part *part = context;
    const struct mando_batch_solution solution = {.objective_eur = part->objective_eur};
    struct mando_batch *w = NULL;
    const struct mando_batch_settings settings = {.optimize = SMALL, .slots_max = 128};
    enum mando_status status = mando_batch_setup(&settings, &w, NULL);
    if (status == MANDO_OK)
        status = mando_batch_solve(w, problems + part->first, part->count, &solution, NULL, NULL);
    mando_batch_free(w);
    return status == MANDO_OK ? context : NULL;
}

TEST(batch_is_shared_by_threads_with_a_workspace_each)
{
    enum { COUNT = 500 };
    double *rows = doubles(3 * COUNT * PERIODS), *divided = doubles(COUNT);
    struct random random = {13};
    (void)random_problems(&random, COUNT, PERIODS, 0.1, rows);
    struct part all = {0, COUNT, objective};
    struct part parts[2] = {{0, 203, divided}, {203, COUNT - 203, divided + 203}};
    pthread_t thread;
    void *result = NULL;
    CHECK(solve_part(&all));
    CHECK_EQ(pthread_create(&thread, NULL, solve_part, &parts[0]), 0);
    CHECK(solve_part(&parts[1]));
    CHECK_EQ(pthread_join(thread, &result), 0);
    CHECK(result == &parts[0]);
    CHECK(memcmp(objective, divided, COUNT * sizeof *divided) == 0);
    free(rows);
    free(divided);
}

TEST(batch_solve_allocates_nothing)
{
    double *rows = doubles(3 * 50 * PERIODS);
    struct random random = {12};
    struct mando_batch *w = workspace(MANDO_BATCH_BEST);
    (void)random_problems(&random, 50, PERIODS, 0.3, rows);
    mando_alloc_fail_after(0);
    enum mando_status status = mando_batch_solve(w, problems, 50, NULL, NULL, NULL);
    int64_t calls = mando_alloc_calls();
    mando_alloc_fail_after(-1);
    CHECK_EQ(status, MANDO_OK);
    CHECK_EQ(calls, 0);
    mando_batch_free(w);
    free(rows);
}
