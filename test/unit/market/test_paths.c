#include "mando/paths.h"

#include "check.h"
#include "random.h"

#define PATHS 70 /* more than a block */
#define PERIODS 72

static double prices[PATHS * PERIODS];

static struct mando_battery battery(void)
{
    struct mando_battery battery;
    mando_battery_init(&battery);
    battery.power_charge_mw = battery.power_discharge_mw = 10;
    battery.soc_max_mwh = 20;
    battery.soc_start_mwh = battery.soc_end_mwh = 5;
    battery.efficiency_charge = battery.efficiency_discharge = 0.95;
    battery.fee_eur_per_mwh = 0.09;
    battery.degradation_eur_per_mwh = 4;
    return battery;
}

/* Three days of hours; on the later paths prices so low that burning energy would pay. */
static struct mando_paths paths(void)
{
    struct random random = {3};
    for (size_t i = 0; i < PATHS * PERIODS; i++) {
        double noon = i / PERIODS > 60 ? 120 : 30;
        prices[i] = 60 - noon * sin((double)(i % 24) / 24 * 6.28) + 15 * random_normal(&random);
    }
    return (struct mando_paths){.paths = PATHS,
                                .periods = PERIODS,
                                .start_us = 20423 * MANDO_DAY_US,
                                .step_us = MANDO_HOUR_US,
                                .index_first = 100,
                                .price_eur_per_mwh = prices};
}

static double plan_value(const struct mando_battery *data, const struct mando_paths *all, size_t i,
                         const struct mando_plan_options *options)
{
    const struct mando_prices path = {.count = PERIODS,
                                      .start_us = all->start_us,
                                      .step_us = all->step_us,
                                      .buy_eur_per_mwh = prices + i * PERIODS,
                                      .sell_eur_per_mwh = prices + i * PERIODS};
    struct mando_plan *plan = NULL;
    CHECK_EQ(mando_plan_make(data, &path, options, &plan, NULL), MANDO_OK);
    double value_eur = plan->totals.objective_eur;
    mando_plan_free(plan);
    return value_eur;
}

/* Each path beside its plan; `in_lanes` paths at least are solved in lanes. */
static void check_as_plans(struct mando_battery data, enum mando_horizon horizon, size_t in_lanes)
{
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open("UTC", NULL, &zone, NULL), MANDO_OK);
    const struct mando_paths all = paths();
    const struct mando_paths_options options = {.horizon = horizon, .zone = zone};
    const struct mando_plan_options alone = {.horizon = horizon, .zone = zone};
    struct mando_paths_worth *worth = NULL;
    CHECK_EQ(mando_paths_solve(&data, &all, &options, &worth, NULL), MANDO_OK);
    CHECK_EQ(worth->paths, PATHS);
    CHECK_EQ(worth->horizon_count, horizon == MANDO_HORIZON_DAY ? 3 : 1);
    CHECK_EQ(worth->info.not_optimal, 0);
    CHECK(worth->info.solved_in_lanes >= in_lanes * worth->horizon_count);
    double sum = 0;
    for (size_t i = 0; i < PATHS; i++) {
        double value_eur = plan_value(&data, &all, i, &alone);
        CHECK_NEAR(worth->objective_eur[i], value_eur, 1e-9 * value_eur);
        sum += worth->objective_eur[i];
    }
    CHECK_NEAR(worth->summary.mean_eur, sum / PATHS, 1e-9);
    mando_paths_worth_free(worth);
    mando_zone_free(zone);
}

TEST(paths_are_worth_what_their_plans_earn)
{
    check_as_plans(battery(), MANDO_HORIZON_ALL, 60);
    mando_paths_worth_free(NULL);
}

TEST(paths_are_worth_the_sum_of_their_days)
{
    check_as_plans(battery(), MANDO_HORIZON_DAY, 60);
}

TEST(paths_keep_limits_on_cycles)
{
    struct mando_battery data = battery();
    data.cycles_per_day_max = 0.8;
    check_as_plans(data, MANDO_HORIZON_ALL, 0);
    check_as_plans(data, MANDO_HORIZON_DAY, 0);
    data.cycles_per_year_max = 2;
    check_as_plans(data, MANDO_HORIZON_ALL, 0);
}

static void check_refusal(struct mando_battery data, struct mando_paths all,
                          const struct mando_paths_options *options, const char *code,
                          int64_t index, const char *message)
{
    struct mando_error error = {0};
    struct mando_paths_worth *worth = NULL;
    CHECK(mando_paths_solve(&data, &all, options, &worth, &error) != MANDO_OK);
    CHECK_TEXT(error.code, code);
    CHECK_EQ(error.index, index);
    CHECK_TEXT(error.message, message);
    CHECK(mando_paths_solve(&data, &all, options, &worth, NULL) != MANDO_OK);
    CHECK(!worth);
}

TEST(paths_refuse_a_battery_that_cannot_keep_its_rules)
{
    struct mando_battery data = battery();
    data.efficiency_charge = 2;
    check_refusal(data, paths(), NULL, "field.range", -1,
                  "efficiency_charge is 2; it must be above 0 and at most 1");
    data = battery();
    data.cycles_per_year_max = 1;
    const struct mando_paths_options days = {.horizon = MANDO_HORIZON_DAY};
    check_refusal(data, paths(), &days, "optimize.unsupported", -1,
                  "days that stand alone cannot share cycles_per_year_max");
    check_refusal(data, paths(), NULL, "optimize.horizon", -1,
                  "a limit on cycles needs the time zone of its days and years");
    data = battery();
    data.soc_end_mwh = NAN;
    check_refusal(data, paths(), &days, "optimize.horizon", -1,
                  "a horizon of a day needs soc_end_mwh, or every day would sell energy that the "
                  "next one finds again");
    check_refusal(battery(), paths(), &days, "optimize.horizon", -1,
                  "a horizon of a day needs the time zone of its delivery days");
}

TEST(paths_refuse_a_battery_in_pieces)
{
    static const char MESSAGE[] = "this version has no price paths together with points, "
                                  "ramp_mw_per_h_max or auxiliary_mw";
    struct mando_battery data = battery();
    data.power_charge_mw_by_soc = (struct mando_points){.count = 2, .x = {0, 20}, .y = {10, 5}};
    check_refusal(data, paths(), NULL, "optimize.unsupported", -1, MESSAGE);
    data = battery();
    data.ramp_mw_per_h_max = 5;
    check_refusal(data, paths(), NULL, "optimize.unsupported", -1, MESSAGE);
    data = battery();
    data.auxiliary_mw = 0.1;
    check_refusal(data, paths(), NULL, "optimize.unsupported", -1, MESSAGE);
}

TEST(paths_refuse_what_is_no_matrix)
{
    struct mando_paths none = paths();
    none.paths = 0;
    check_refusal(battery(), none, NULL, "optimize.problem", -1,
                  "the paths have no periods, or their step is not above 0");
    struct mando_paths broken = paths();
    prices[66 * PERIODS + 3] = NAN;
    check_refusal(battery(), broken, NULL, "optimize.problem", 103,
                  "period 3 has a price that is not finite or of 1e30 and more, or buys below the "
                  "sale (period 103, from "
                  "2025-12-01T03:00:00Z)");
}

TEST(paths_refuse_money_that_is_no_number)
{
    static const double sizes[] = {1e180, 1e278, 1e300};
    for (size_t k = 0; k < 3; k++) {
        struct mando_battery huge = battery();
        huge.power_charge_mw = huge.power_discharge_mw = huge.soc_max_mwh = sizes[k];
        struct mando_paths dear = paths();
        for (size_t i = 0; i < PERIODS; i++)
            prices[i] = i % 2 ? 1e29 : -1;
        check_refusal(
            huge, dear, NULL, "optimize.problem", -1,
            "the money of the paths is too large for a number: prices, values or energies "
            "are out of all proportion");
    }
}

TEST(paths_name_the_period_where_no_plan_is_possible)
{
    struct mando_battery data = battery();
    data.soc_start_mwh = 20;
    data.soc_end_mwh = 0;
    data.power_discharge_mw = 0.1;
    check_refusal(data, paths(), NULL, "optimize.infeasible", 171,
                  "no plan that keeps all limits ends with 0 MWh (period 171, from "
                  "2025-12-03T23:00:00Z)");
}

static int cancel_at_64(void *context, size_t done, size_t all)
{
    CHECK_EQ(all, PATHS);
    *(size_t *)context = done;
    return done >= 64;
}

TEST(paths_are_cancelled_by_progress)
{
    size_t done = 0;
    const struct mando_paths_options options = {.progress = cancel_at_64,
                                                .progress_context = &done};
    check_refusal(battery(), paths(), &options, "cancelled", -1,
                  "the work was cancelled after 64 of 70 paths");
    CHECK_EQ(done, 64);
}
