/* The oracles against one another, without the library. */
#include "brute.h"
#include "check.h"
#include "model_lp.h"
#include "model_milp.h"
#include "problem_random.h"
#include "suite.h"

static struct problem_random r;

TEST(oracles_clp_dual_clp_primal_and_glpk_agree)
{
    struct suite suite = suite_begin("Clp against GLPK", 200);
    const struct problem_shape shape = {100, 100, 0.1};
    while (suite_next(&suite)) {
        double dual = 0, primal = 0, glpk = 0;
        struct model model;
        problem_random_make(&r, suite.seed, &shape);
        model_build(&r.problem, MODEL_BURNING, &model);
        enum model_answer answers[] = {model_clp(&model, MODEL_DUAL, MODEL_TOLERANCE, &dual),
                                       model_clp(&model, MODEL_PRIMAL, MODEL_TOLERANCE, &primal),
                                       model_glpk(&model, &glpk)};
        model_release(&model);
        suite.infeasible += answers[0] == MODEL_INFEASIBLE;
        suite_require(&suite, answers[0] == answers[1], "dual %d, primal %d", answers[0],
                      answers[1]);
        suite.skipped += answers[2] == MODEL_UNSOLVED;
        if (answers[2] == MODEL_UNSOLVED)
            continue;
        suite_require(&suite, answers[0] == answers[2], "Clp %d, GLPK %d", answers[0], answers[2]);
        if (answers[0] != MODEL_OPTIMAL)
            continue;
        suite_compare(&suite, "primal", primal, dual, 1e-8);
        suite_compare(&suite, "GLPK", glpk, dual, 1e-8);
    }
}

TEST(oracles_cbc_equals_brute_force_on_lattices)
{
    struct suite suite = suite_begin("Cbc against brute force", 200);
    while (suite_next(&suite)) {
        double unit_mwh = problem_random_lattice(&r, suite.seed), milp = 0;
        struct brute_plan brute = brute_solve(&r.problem, unit_mwh);
        enum model_answer answer = model_milp(&r.problem, &milp);
        suite.infeasible += !brute.feasible;
        suite_require(&suite, answer == (brute.feasible ? MODEL_OPTIMAL : MODEL_INFEASIBLE),
                      "Cbc says %d, brute force %d", answer, brute.feasible);
        if (brute.feasible)
            suite_compare(&suite, "Cbc", milp, brute.objective_eur, 1e-8);
    }
}

TEST(oracles_exact_value_is_never_above_the_one_that_burns)
{
    struct suite suite = suite_begin("Cbc against Clp", 30);
    const struct problem_shape shape = {100, 30, 0};
    size_t below = 0;
    while (suite_next(&suite)) {
        double lp = 0, milp = 0;
        problem_random_make(&r, suite.seed, &shape);
        if (model_lp(&r.problem, &lp) != MODEL_OPTIMAL) {
            suite.infeasible++;
            continue;
        }
        suite_require(&suite, model_milp(&r.problem, &milp) == MODEL_OPTIMAL, "Cbc has no answer");
        suite_require(&suite, milp <= lp + 1e-8 * fmax(1, fabs(lp)), "%.17g above %.17g", milp, lp);
        below += milp < lp - 1e-6 * fmax(1, fabs(lp));
    }
    CHECK(below > 0);
}
