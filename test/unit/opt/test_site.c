#include "opt/site.h"

#include "check.h"
#include "mando/time.h"

#define PERIODS_MAX 8

/* A series, a battery that is full in two hours, and the answer. */
struct job {
    struct mando_battery battery;
    struct mando_prices prices;
    struct site_problem problem;
    double power[PERIODS_MAX], soc[PERIODS_MAX], water[PERIODS_MAX];
    struct site_info info;
    struct mando_error error;
};

static void make(struct job *job, const double *prices, size_t periods)
{
    memset(job, 0, sizeof *job);
    mando_battery_init(&job->battery);
    job->battery.power_charge_mw = job->battery.power_discharge_mw = 2;
    job->battery.soc_max_mwh = 4;
    job->battery.soc_start_mwh = 0;
    job->battery.efficiency_charge = 0.5;
    job->battery.efficiency_discharge = 1;
    job->prices = (struct mando_prices){.count = periods,
                                        .step_us = MANDO_HOUR_US,
                                        .buy_eur_per_mwh = prices,
                                        .sell_eur_per_mwh = prices};
    job->problem = (struct site_problem){.battery = &job->battery,
                                         .prices = &job->prices,
                                         .periods = periods,
                                         .step_h = 1,
                                         .soc_end_mwh = NAN};
}

static enum mando_status solve(struct job *job)
{
    const struct mando_optimize_solution solution = {
        .power_mw = job->power, .soc_mwh = job->soc, .water_value_eur_per_mwh = job->water};
    CHECK_EQ(mando_battery_check(&job->battery, NULL), MANDO_OK);
    return site_solve(&job->problem, &solution, &job->info, &job->error);
}

static void check_powers(const struct job *job, const double *expected)
{
    for (size_t t = 0; t < job->problem.periods; t++)
        CHECK_NEAR(job->power[t], expected[t], 1e-7);
}

TEST(site_spreads_discharge_where_high_power_loses_more)
{
    static const double PRICES[] = {10, 100, 100};
    struct job job;
    make(&job, PRICES, 3);
    job.battery.efficiency_discharge_by_power = (struct mando_points){2, {0.5, 2}, {1, 0.8}};
    CHECK_EQ(solve(&job), MANDO_OK);
    check_powers(&job, (const double[]){-2, 0.5, 0.5});
    CHECK_NEAR(job.info.objective_eur, 100 - 20, 1e-7);
    CHECK_EQ(job.info.optimal, 1);
    CHECK_EQ(job.info.nodes, 1);
}

TEST(site_pays_for_ageing_by_levels_of_power)
{
    static const double PRICES[] = {10, 100, 70};
    struct job job;
    make(&job, PRICES, 3);
    job.problem.soc_start_mwh = 2;
    job.battery.power_charge_mw = 1e-9;
    job.battery.degradation_eur_per_mwh = 1;
    job.battery.degradation_eur_per_mwh_by_power =
        (struct mando_points){3, {0.5, 1, 2}, {0, 20, 60}};
    CHECK_EQ(solve(&job), MANDO_OK);
    check_powers(&job, (const double[]){0, 1, 1});
    CHECK_NEAR(job.info.objective_eur, 99 * 0.5 + 79 * 0.5 + 69 * 0.5 + 49 * 0.5, 1e-5);
}

TEST(site_trades_nothing_that_gains_nothing)
{
    static const double PRICES[] = {50, 50, 50, 50, 50};
    struct job job;
    make(&job, PRICES, 5);
    job.battery.efficiency_charge = 1;
    job.battery.ramp_mw_per_h_max = 100;
    CHECK_EQ(solve(&job), MANDO_OK);
    check_powers(&job, (const double[]){0, 0, 0, 0, 0});
    job.problem.soc_start_mwh = 1;
    job.battery.soc_end_value_eur_per_mwh = 50;
    CHECK_EQ(solve(&job), MANDO_OK);
    check_powers(&job, (const double[]){0, 0, 0, 0, 0});
}

TEST(site_keeps_tapers_at_both_ends_of_a_period)
{
    static const double PRICES[] = {1, 2, 3, 1000};
    struct job job;
    make(&job, PRICES, 4);
    job.battery.efficiency_charge = 1;
    job.battery.power_discharge_mw = 4;
    job.battery.power_charge_mw_by_soc = (struct mando_points){2, {0, 4}, {4, 0}};
    CHECK_EQ(solve(&job), MANDO_OK);
    /* c = 4 - soc at the end: 2, then (4 - 2) / 2, then (4 - 3) / 2. */
    check_powers(&job, (const double[]){-2, -1, -0.5, 3.5});
}

TEST(site_keeps_the_ramp_but_not_before_the_first_period)
{
    static const double PRICES[] = {10, 11, 12, 1000};
    struct job job;
    make(&job, PRICES, 4);
    job.battery.efficiency_charge = 1;
    job.battery.ramp_mw_per_h_max = 1.5;
    CHECK_EQ(solve(&job), MANDO_OK);
    /* What is sold at 12 was bought at 11: as much as the ramp lets between the two. */
    check_powers(&job, (const double[]){-2, -0.75, 0.75, 2});
}

TEST(site_charges_from_the_sun_before_it_curtails)
{
    static const double PRICES[] = {50, -5, 60}, PV_MW[] = {0, 5, 0}, LOAD_MW[] = {1, 1, 2};
    struct job job;
    make(&job, PRICES, 3);
    job.prices.pv_mw = PV_MW;
    job.prices.load_mw = LOAD_MW;
    job.battery.auxiliary_mw = 0.25;
    job.battery.import_mw_max = 3;
    CHECK_EQ(solve(&job), MANDO_OK);
    check_powers(&job, (const double[]){0, -2, 1});
    /* Importing 3 MW at -5 EUR/MWh is paid, and so more PV is curtailed. */
    CHECK_NEAR(job.info.objective_eur, -1.25 * 50 + 3 * 5 - 1.25 * 60, 1e-6);
}

TEST(site_never_charges_and_discharges_at_once)
{
    static const double PRICES[] = {-50, -50, -50};
    struct job job;
    make(&job, PRICES, 3);
    job.battery.ramp_mw_per_h_max = 100;
    CHECK_EQ(solve(&job), MANDO_OK);
    check_powers(&job, (const double[]){-2, -2, -2});
    job.battery.soc_max_mwh = 1.5;
    CHECK_EQ(solve(&job), MANDO_OK);
    /* There is room for 3 MWh, and selling half a MWh makes room for one more. */
    CHECK_NEAR(job.info.objective_eur, 175, 1e-6);
    CHECK_EQ(job.info.optimal, 1);
}

TEST(site_water_values_lie_between_what_a_mwh_less_and_more_is_worth)
{
    static const double PRICES[] = {10, 40, 90, 20};
    struct job job, more;
    make(&job, PRICES, 4);
    job.battery.ramp_mw_per_h_max = 1.5;
    job.battery.soc_end_value_eur_per_mwh = 30;
    CHECK_EQ(solve(&job), MANDO_OK);
    CHECK_NEAR(job.water[3], 30, 0);
    /* The end of period 0: the horizon begins anew there, without the ramp. */
    job.battery.ramp_mw_per_h_max = 1000;
    CHECK_EQ(solve(&job), MANDO_OK);
    for (int sign = -1; sign <= 1; sign += 2) {
        double soc_mwh = job.soc[0], step_mwh = 1e-3, eur[2];
        for (int k = 0; k < 2; k++) {
            make(&more, PRICES, 4);
            more.battery.ramp_mw_per_h_max = 1000;
            more.battery.soc_end_value_eur_per_mwh = 30;
            more.problem.first = 1;
            more.problem.periods = 3;
            more.problem.soc_start_mwh = soc_mwh + k * sign * step_mwh;
            CHECK_EQ(solve(&more), MANDO_OK);
            eur[k] = more.info.objective_eur;
        }
        double slope = (eur[1] - eur[0]) / (sign * step_mwh);
        CHECK(sign < 0 ? job.water[0] <= slope + 1e-6 : job.water[0] >= slope - 1e-6);
    }
}

TEST(site_without_a_plan_names_the_period)
{
    static const double PRICES[] = {10, 20, 30}, LOW_MWH[] = {NAN, 2, NAN},
                        HIGH_MWH[] = {NAN, 1, 1};
    struct job job;
    make(&job, PRICES, 3);
    job.battery.ramp_mw_per_h_max = 100;
    job.problem.soc_end_mwh = 4;
    CHECK_EQ(solve(&job), MANDO_INFEASIBLE);
    CHECK_EQ(job.error.index, 2);
    CHECK_TEXT(job.error.message, "no plan that keeps all limits ends with 4 MWh");
    job.prices.soc_min_mwh = LOW_MWH;
    job.battery.power_charge_mw = 1;
    CHECK_EQ(solve(&job), MANDO_INFEASIBLE);
    CHECK_EQ(job.error.index, 1);
    CHECK_TEXT(job.error.message, "no plan keeps all limits");
    job.battery.power_charge_mw = 2;
    job.prices.soc_max_mwh = HIGH_MWH;
    CHECK_EQ(solve(&job), MANDO_INFEASIBLE);
    CHECK_EQ(job.error.index, 1);
}

/* The rule "never both" alone forbids it: the linear programme has a solution. */
TEST(site_that_only_burning_could_keep_has_no_plan)
{
    static const double PRICES[] = {10, 20}, HELD_MWH[] = {1, NAN};
    struct job job;
    make(&job, PRICES, 2);
    job.battery.ramp_mw_per_h_max = 0;
    job.prices.soc_min_mwh = job.prices.soc_max_mwh = HELD_MWH;
    job.problem.soc_start_mwh = 1;
    job.problem.soc_end_mwh = 0.9;
    CHECK_EQ(solve(&job), MANDO_INFEASIBLE);
    CHECK_EQ(job.error.index, 1);
    job.problem.nodes_max = 1;
    CHECK_EQ(solve(&job), MANDO_LIMIT);
    CHECK_TEXT(job.error.code, "optimize.nodes");
}

/* For the tolerances of a solver that presolves there is a plan; for the gate there is none. */
TEST(site_that_misses_its_end_by_little_has_no_plan)
{
    static const double PRICES[] = {10};
    static const double MISSED_MWH[] = {5e-9, 1e-8, 2e-8, 5e-8, 1e-7, 1e-6};
    struct job job;
    for (size_t i = 0; i < sizeof MISSED_MWH / sizeof *MISSED_MWH; i++) {
        make(&job, PRICES, 1);
        job.battery.power_charge_mw = 60;
        job.battery.soc_max_mwh = 160;
        job.battery.ramp_mw_per_h_max = 100;
        job.problem.soc_end_mwh = 30 + MISSED_MWH[i];
        CHECK_EQ(solve(&job), MANDO_INFEASIBLE);
        CHECK_EQ(job.error.index, 0);
    }
}

TEST(site_search_that_is_given_up_proves_its_gap)
{
    static const double PRICES[] = {-50, -49, -52, -48, -51, -47, -53, -46};
    struct job job;
    make(&job, PRICES, 8);
    job.battery.ramp_mw_per_h_max = 3;
    job.battery.soc_max_mwh = 1.5;
    CHECK_EQ(solve(&job), MANDO_OK);
    CHECK_EQ(job.info.optimal, 1);
    double best_eur = job.info.objective_eur;
    CHECK(job.info.nodes > 1);
    job.problem.nodes_max = 1;
    CHECK_EQ(solve(&job), MANDO_OK);
    CHECK_EQ(job.info.optimal, 0);
    CHECK(job.info.objective_eur <= best_eur + 1e-9 && job.info.bound_eur >= best_eur);
}

TEST(site_refuses_malformed_series)
{
    static const double PRICES[] = {10, 20}, LOW[] = {10, 19}, WRONG[] = {10, NAN};
    static const double NEGATIVE[] = {0, -1}, ENDLESS[] = {0, INFINITY};
    struct job job;
    make(&job, PRICES, 2);
    job.prices.buy_eur_per_mwh = LOW;
    CHECK_EQ(solve(&job), MANDO_INVALID);
    CHECK_EQ(job.error.index, 1);
    make(&job, WRONG, 2);
    CHECK_EQ(solve(&job), MANDO_INVALID);
    const double **const columns[] = {&job.prices.pv_mw, &job.prices.load_mw,
                                      &job.prices.power_charge_mw_max,
                                      &job.prices.power_discharge_mw_max};
    for (size_t i = 0; i < 4; i++) {
        make(&job, PRICES, 2);
        *columns[i] = NEGATIVE;
        CHECK_EQ(solve(&job), MANDO_INVALID);
        *columns[i] = ENDLESS;
        CHECK_EQ(solve(&job), MANDO_INVALID);
        CHECK_TEXT(job.error.code, "optimize.problem");
        CHECK_EQ(job.error.index, 1);
    }
}
