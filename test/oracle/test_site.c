#include <stdlib.h>

#include "mando/codec.h"
#include "mando/plan.h"
#include "mando/time.h"

#include "base/number.h"
#include "check.h"
#include "opt/site.h"
#include "site_brute.h"
#include "site_highs.h"
#include "site_random.h"
#include "suite.h"

#define TOLERANCE 1e-7 /* relative, of two solvers */

static bool can_compare(void)
{
    if (!site_highs_is_there())
        print_message("skipped: HiGHS is not there\n");
    return site_highs_is_there();
}

static enum mando_status plan_in_utc(const struct site_random *site, struct mando_plan **plan_out,
                                     struct mando_error *error)
{
    struct mando_zone *zone = NULL;
    CHECK_EQ(mando_zone_open("UTC", NULL, &zone, NULL), MANDO_OK);
    const struct mando_plan_options options = {.zone = zone};
    enum mando_status status =
        mando_plan_make(&site->battery, &site->prices, &options, plan_out, error);
    mando_zone_free(zone);
    return status;
}

/* NULL where no plan keeps all limits; any other failure fails the test. */
static struct mando_plan *plan_of(struct suite *suite, const struct site_random *site)
{
    struct mando_plan *plan = NULL;
    struct mando_error error;
    enum mando_status status = plan_in_utc(site, &plan, &error);
    suite_require(suite, status == MANDO_OK || status == MANDO_INFEASIBLE, "%s: %s", error.code,
                  error.message);
    suite_require(suite, status == MANDO_OK || strcmp(error.code, "optimize.infeasible") == 0,
                  "%s: %s", error.code, error.message);
    return plan;
}

static void check_plan(struct suite *suite, const struct mando_plan *plan)
{
    suite_require(suite, plan->optimal, "a gap of %g EUR was left after %zu nodes", plan->gap_eur,
                  plan->nodes);
    suite_require(suite, isfinite(plan->totals.objective_eur), "the money is not finite");
}

static void compare_with_highs(const char *name, size_t count, size_t periods_max, double negative)
{
    static struct site_random site;
    struct suite suite = suite_begin(name, count);
    size_t nodes = 0, nodes_most = 0, piecewise = 0;
    while (suite_next(&suite)) {
        site_random_make(&site, suite.seed, periods_max, negative);
        double expected = 0;
        enum model_answer answer = site_highs(&site.battery, &site.prices, &expected);
        struct mando_plan *plan = plan_of(&suite, &site);
        if (answer == MODEL_UNSOLVED) {
            suite.skipped++;
        } else if (answer == MODEL_INFEASIBLE) {
            suite.infeasible++;
            suite_require(&suite, !plan, "a plan where HiGHS finds none");
        } else {
            suite_require(&suite, plan != NULL, "no plan where HiGHS earns %.9g EUR", expected);
            suite_compare(&suite, "objective", plan->totals.objective_eur, expected, TOLERANCE);
            check_plan(&suite, plan);
            nodes += plan->nodes;
            piecewise += plan->method == MANDO_METHOD_LP;
            if (plan->nodes > nodes_most)
                nodes_most = plan->nodes;
        }
        mando_plan_free(plan);
    }
    print_message("%s: %zu by the LP back end, %zu nodes, at most %zu\n", name, piecewise, nodes,
                  nodes_most);
    CHECK(suite.skipped <= suite.count / 50);
}

TEST(piecewise_batteries_earn_what_highs_earns)
{
    if (can_compare())
        compare_with_highs("piecewise", 300, 24, 0);
}

TEST(piecewise_batteries_earn_what_highs_earns_with_binaries_at_negative_prices)
{
    if (can_compare())
        compare_with_highs("piecewise_negative", 200, 16, 1);
}

/* Whether HiGHS finds a plan for the first periods with a free end. */
static bool has_plan(const struct site_random *site, size_t periods)
{
    struct mando_battery battery = site->battery;
    struct mando_prices prices = site->prices;
    double eur;
    battery.soc_end_mwh = NAN;
    prices.count = periods;
    return periods == 0 || site_highs(&battery, &prices, &eur) == MODEL_OPTIMAL;
}

TEST(spoilt_piecewise_problems_name_the_period_from_which_no_plan_is_left)
{
    static struct site_random site;
    struct suite suite = suite_begin("piecewise_spoilt", 150);
    while (can_compare() && suite_next(&suite)) {
        struct mando_plan *plan = NULL;
        struct mando_error error = {0};
        site_random_make(&site, suite.seed, 12, 0.3);
        site_random_spoil(&site, suite.seed);
        double expected = 0;
        bool feasible = site_highs(&site.battery, &site.prices, &expected) == MODEL_OPTIMAL;
        enum mando_status status = plan_in_utc(&site, &plan, &error);
        mando_plan_free(plan);
        suite_require(&suite, status == (feasible ? MANDO_OK : MANDO_INFEASIBLE),
                      "status %d, HiGHS finds %s plan: %s", status, feasible ? "a" : "no",
                      error.message);
        if (feasible)
            continue;
        suite.infeasible++;
        size_t index = (size_t)error.index;
        bool only_end = has_plan(&site, site.prices.count);
        suite_require(&suite, index < site.prices.count && has_plan(&site, index),
                      "periods before %zu have no plan", index);
        suite_require(&suite,
                      only_end ? index + 1 == site.prices.count : !has_plan(&site, index + 1),
                      "periods up to %zu have a plan", index);
    }
    CHECK(!can_compare() || suite.infeasible > suite.count / 5);
}

/* Compares a battery with its own likeness of another size. */
static void compare_sizes(struct suite *suite, uint64_t seed)
{
    static const double FACTORS[] = {1e-6, 1e-3, 1e3, 1e6};
    static struct site_random site;
    suite->seed = seed;
    site_random_make(&site, seed, 96, 0);
    struct mando_plan *plan = plan_of(suite, &site);
    double eur = plan ? plan->totals.objective_eur : NAN;
    suite->infeasible += !plan;
    for (size_t i = 0; plan && i < sizeof FACTORS / sizeof *FACTORS; i++) {
        site_random_make(&site, seed, 96, 0);
        site_random_scale(&site, FACTORS[i]);
        struct mando_plan *scaled = plan_of(suite, &site);
        suite_require(suite, scaled != NULL, "no plan for a battery %g times as large", FACTORS[i]);
        check_plan(suite, scaled);
        suite_compare(suite, "objective", scaled->totals.objective_eur / FACTORS[i], eur,
                      TOLERANCE);
        mando_plan_free(scaled);
    }
    mando_plan_free(plan);
}

/* From a toy to more than there will ever be. */
TEST(piecewise_batteries_earn_in_proportion_to_their_size)
{
    struct suite suite = suite_begin("piecewise_scaled", 400);
    while (suite_next(&suite))
        compare_sizes(&suite, suite.seed);
}

/* Limits on cycles, ramps and tapers that hold energy back for many periods: with tolerances of 1e-9
 * MWh for all the small ones earned too much, and the large ones had no plan. */
TEST(no_battery_is_paid_for_a_tolerance_or_refused_for_one)
{
    static const uint64_t SEEDS[] = {1778, 1992, 101540, 202050, 3117, 3917};
    struct suite suite = suite_begin("piecewise_sizes", 1);
    for (size_t i = 0; i < sizeof SEEDS / sizeof *SEEDS; i++)
        compare_sizes(&suite, SEEDS[i]);
}

/* Without ramps and tapers all that couples periods is the energy: the lattice holds the optimum. */
TEST(piecewise_batteries_earn_what_brute_force_earns_on_a_lattice)
{
    static struct site_random site;
    struct suite suite = suite_begin("piecewise_brute", 400);
    while (suite_next(&suite)) {
        double unit_mwh = site_random_lattice(&site, suite.seed, false);
        double expected = site_brute(&site.battery, &site.prices, unit_mwh);
        struct mando_plan *plan = plan_of(&suite, &site);
        if (plan) {
            suite_compare(&suite, "objective", plan->totals.objective_eur, expected, 1e-9);
            check_plan(&suite, plan);
        } else {
            suite.infeasible++;
            suite_require(&suite, expected == -INFINITY, "no plan, but brute force earns %g EUR",
                          expected);
        }
        mando_plan_free(plan);
    }
}

/* Ramps and tapers have their best between the points of a lattice. */
TEST(piecewise_batteries_earn_no_less_than_any_plan_on_a_lattice)
{
    static struct site_random site;
    struct suite suite = suite_begin("piecewise_lattice", 400);
    while (suite_next(&suite)) {
        double unit_mwh = site_random_lattice(&site, suite.seed, true);
        double least = site_brute(&site.battery, &site.prices, unit_mwh);
        struct mando_plan *plan = plan_of(&suite, &site);
        suite.infeasible += !plan;
        if (plan)
            check_plan(&suite, plan);
        suite_require(&suite, plan || least == -INFINITY, "no plan, but a lattice earns %g EUR",
                      least);
        suite_require(&suite, !plan || plan->totals.objective_eur >= least - 1e-7,
                      "%.9g EUR is less than the %.9g EUR of a plan on a lattice",
                      plan ? plan->totals.objective_eur : 0, least);
        mando_plan_free(plan);
    }
}

/* Two weeks of hours, with prices below zero around noon on most of the days: the more, the longer. */
static void make_sunny_weeks(struct site_random *site)
{
    struct mando_battery *b = &site->battery;
    memset(site, 0, sizeof *site);
    mando_battery_init(b);
    b->power_charge_mw = b->power_discharge_mw = 10;
    b->soc_max_mwh = 20;
    b->soc_start_mwh = b->soc_end_mwh = 0;
    b->efficiency_charge = b->efficiency_discharge = 0.95;
    b->efficiency_discharge_by_power = (struct mando_points){2, {5, 10}, {1, 0.97}};
    b->power_charge_mw_by_soc = (struct mando_points){3, {0, 16, 20}, {10, 10, 2}};
    for (size_t t = 0; t < 336; t++) {
        double day = floor((double)t / 24), from_noon = fabs(fmod((double)t, 24) - 13);
        double sun = fmax(0, 1 - from_noon / 7) * (1 + 0.4 * sin(1.7 * day));
        site->sell[t] = site->buy[t] = round(70 - 130 * sun + 15 * sin(0.9 * (double)t));
    }
    site->prices = (struct mando_prices){.count = 336,
                                         .step_us = MANDO_HOUR_US,
                                         .buy_eur_per_mwh = site->buy,
                                         .sell_eur_per_mwh = site->sell};
}

/* Each day burns a little more in the programme than in a plan: proofs must not take the product of
 * what each day would take alone. */
TEST(weeks_of_negative_prices_are_proven_in_few_nodes)
{
    static struct site_random site;
    struct suite suite = suite_begin("sunny_weeks", 1);
    make_sunny_weeks(&site);
    struct mando_plan *plan = plan_of(&suite, &site);
    CHECK(plan != NULL && plan->optimal && plan->nodes < 100);
    double expected = 0;
    if (can_compare() && site_highs(&site.battery, &site.prices, &expected) == MODEL_OPTIMAL)
        CHECK_NEAR(plan->totals.objective_eur, expected, TOLERANCE * expected);
    print_message("sunny weeks: %.6f EUR in %zu nodes\n", plan->totals.objective_eur, plan->nodes);
    mando_plan_free(plan);
}

#define HOUSE_CELLS                                                                                \
    10 /* timestamp, P_PV, P_Load, P_deferrable0 and 1, three of the grid, two prices */

/* The cells of a line; a time is 0. */
static void read_cells(const char *line, double cells_out[HOUSE_CELLS])
{
    for (size_t i = 0; i < HOUSE_CELLS; i++) {
        size_t length = strcspn(line, ",\n");
        cells_out[i] = 0;
        CHECK(mando_number_parse(line, length, &cells_out[i]) || i == 0);
        line += length + (line[length] == ',');
    }
}

/* A house of the open energy manager EMHASS: PV, load with its deferrable parts, prices of eight days
 * of half-hours (W and EUR/kWh); a battery of 5 kW and 10 kWh is added. */
static bool read_house(const char *file, struct site_random *site)
{
    const char *folder = getenv("MANDO_SHARED_DATA");
    char path[512], *text = NULL;
    size_t length;
    (void)snprintf(path, sizeof path, "%s/peers/emhass_perfect_optim/opt_res_perfect_optim_%s",
                   folder && *folder ? folder : SOURCE_DIR "/../shared/data", file);
    if (mando_file_read(path, 0, &text, &length, NULL))
        return false;
    memset(site, 0, sizeof *site);
    size_t count = 0;
    for (const char *line = strchr(text, '\n'); line && line[1] && count < SITE_PERIODS_MAX;
         line = strchr(line + 1, '\n')) {
        double cells[HOUSE_CELLS];
        read_cells(line + 1, cells);
        site->pv[count] = cells[1] * 1e-6;
        site->load[count] = (cells[2] + cells[3] + cells[4]) * 1e-6;
        site->buy[count] = cells[8] * 1e3;
        site->sell[count++] = cells[9] * 1e3;
    }
    mando_text_free(text);
    site->prices = (struct mando_prices){.count = count,
                                         .step_us = MANDO_HOUR_US / 2,
                                         .buy_eur_per_mwh = site->buy,
                                         .sell_eur_per_mwh = site->sell,
                                         .pv_mw = site->pv,
                                         .load_mw = site->load};
    return true;
}

static void add_battery(struct mando_battery *battery)
{
    mando_battery_init(battery);
    battery->power_charge_mw = battery->power_discharge_mw = 5e-3;
    battery->soc_max_mwh = 10e-3;
    battery->soc_start_mwh = battery->soc_end_mwh = 5e-3;
    battery->efficiency_charge = battery->efficiency_discharge = 0.95;
    battery->import_mw_max = battery->export_mw_max = 9e-3;
}

TEST(house_with_a_battery_earns_what_highs_earns)
{
    static const char *const FILES[] = {"cost.csv.gz", "profit.csv.gz", "self-consumption.csv.gz"};
    static struct site_random site;
    struct suite suite = suite_begin("house", 1);
    for (size_t i = 0; can_compare() && i < sizeof FILES / sizeof *FILES; i++) {
        if (!read_house(FILES[i], &site)) {
            print_message("skipped: %s of the shared data is not there\n", FILES[i]);
            continue;
        }
        CHECK_EQ(site.prices.count, 384);
        add_battery(&site.battery);
        double expected = 0;
        CHECK_EQ(site_highs(&site.battery, &site.prices, &expected), MODEL_OPTIMAL);
        struct mando_plan *plan = plan_of(&suite, &site);
        CHECK(plan != NULL && plan->optimal);
        CHECK_NEAR(plan->totals.objective_eur, expected, 1e-7);
        print_message("house, %s: %.6f EUR\n", FILES[i], plan->totals.objective_eur);
        mando_plan_free(plan);
    }
}
