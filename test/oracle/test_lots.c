/* Plans in whole lots against every plan there is. */
#include "brute_lots.h"
#include "check.h"
#include "opt/lots.h"
#include "problem_random.h"
#include "suite.h"

#define PERIODS_MAX 48

static struct problem_random r;
static double power[PERIODS_MAX], soc[PERIODS_MAX];

/* Between one and eight lots a period at most, so that the oracle can try all. */
static double draw_lot(uint64_t seed)
{
    struct random random = {seed};
    double power_mw = fmax(r.problem.power_charge_mw, r.problem.power_discharge_mw);
    double room_mw = (r.problem.soc_max_mwh - r.problem.soc_min_mwh) / r.problem.step_h;
    double lot_mw = fmin(power_mw, room_mw) / random_between(&random, 0.9, 8);
    return fmax(lot_mw, fmax(power_mw / 40, 1e-3));
}

/* Every power is whole lots, every limit is kept, the energies are what the powers make of them.
 * Returns the plan's money, its end included: of the plan's own energy, since prices make much of how
 * the share that a leak leaves is rounded. */
static double check_plan(struct suite *suite, double lot_mw)
{
    const struct mando_optimize_problem *p = &r.problem;
    double held = p->soc_start_mwh, money = 0;
    for (size_t t = 0; t < p->periods; t++) {
        double lots = power[t] / lot_mw, sold = fmax(power[t], 0) * p->step_h,
               bought = fmax(-power[t], 0) * p->step_h;
        held =
            held * problem_keep(p) + bought * p->efficiency_charge - sold / p->efficiency_discharge;
        money += sold * problem_gain_eur(p, t) - bought * problem_cost_eur(p, t);
        suite_require(suite, fabs(lots - rint(lots)) < 1e-9, "%g lots in period %zu", lots, t);
        suite_require(suite,
                      power[t] <= problem_discharge_mw(p, t) * (1 + 1e-8)
                          && -power[t] <= problem_charge_mw(p, t) * (1 + 1e-8)
                          && held >= problem_soc_low_mwh(p, t) - 1e-9
                          && held <= problem_soc_high_mwh(p, t) + 1e-9
                          && fabs(held - soc[t]) <= 1e-9,
                      "period %zu: %g MW, %.12g MWh", t, power[t], held);
    }
    return money + brute_lots_end_eur(p, lot_mw, soc[p->periods - 1]);
}

/* 1 where the plan is the best one. */
static int compare(struct suite *suite, struct mando_lots *workspace, double *loss_out)
{
    struct mando_optimize_info info;
    struct mando_error error = {0};
    double lot_mw = draw_lot(suite->seed);
    struct brute_lots brute = brute_lots_solve(&r.problem, lot_mw);
    struct mando_optimize_solution solution = {.power_mw = power, .soc_mwh = soc};
    if (brute.states_peak == SIZE_MAX) {
        suite->skipped++;
        return 0;
    }
    enum mando_status status =
        mando_lots_solve(workspace, &r.problem, lot_mw, &solution, &info, &error);
    suite_require(suite, status == (brute.feasible ? MANDO_OK : MANDO_INFEASIBLE), "%s %s",
                  brute.feasible ? "a plan was missed:" : "there is no plan", error.message);
    if (!brute.feasible) {
        suite_require(suite, error.index == (int64_t)brute.broken, "broken in %lld, not %zu",
                      (long long)error.index, brute.broken);
        suite->infeasible++;
        return 0;
    }
    double best = brute.objective_eur, tolerance = 1e-7 * fmax(1, fabs(best));
    suite_compare(suite, "money", check_plan(suite, lot_mw), info.objective_eur, 1e-9);
    suite_require(suite, info.objective_eur <= best + tolerance, "%.12g is better than the best",
                  info.objective_eur);
    suite_require(suite, info.bound_eur >= best - tolerance, "the bound %.12g is below %.12g",
                  info.bound_eur, best);
    if (info.optimal)
        suite_compare(suite, "objective", info.objective_eur, best, 1e-7);
    *loss_out = fmax(*loss_out, (best - info.objective_eur) / fmax(1, fabs(best)));
    return info.optimal;
}

TEST(plans_in_lots_are_the_best_of_all)
{
    struct suite suite = suite_begin("lots against every plan", 400);
    const struct problem_shape shape = {PERIODS_MAX, 25, 0.02};
    struct mando_lots *workspace = NULL;
    size_t optimal = 0;
    double loss = 0;
    CHECK_EQ(mando_lots_setup(PERIODS_MAX, &workspace, NULL), MANDO_OK);
    while (suite_next(&suite)) {
        problem_random_make(&r, suite.seed, &shape);
        optimal += (size_t)compare(&suite, workspace, &loss);
    }
    size_t solved = suite.count - suite.infeasible - suite.skipped;
    print_message("%zu of %zu proven the best, the others at most %.2g below it\n", optimal, solved,
                  loss);
    CHECK(optimal * 100 >= solved * 98);
    CHECK(loss <= 0.001);
    mando_lots_free(workspace);
}
