/* The kernel against the LP by Clp. */
#include "check.h"
#include "kernel.h"
#include "model_lp.h"

#define SAME_VALUE 1e-7

static struct problem_random r;
static struct kernel kernel;

static void compare_answers(struct suite *suite, enum model_answer answer, int solved)
{
    suite_require(suite, answer != MODEL_UNSOLVED, "Clp has no answer");
    suite_require(suite, solved == (answer == MODEL_OPTIMAL), "Clp says %s, the kernel %s",
                  answer == MODEL_OPTIMAL ? "optimal" : "infeasible",
                  solved ? "optimal" : "infeasible");
}

TEST(kernel_equals_the_lp_where_burning_never_pays)
{
    struct suite suite = suite_begin("kernel against Clp", 2000);
    const struct problem_shape shape = {PROBLEM_PERIODS_MAX, 0, 0.1};
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        double lp = 0;
        problem_random_make(&r, suite.seed, &shape);
        int solved = kernel_solve(&kernel, &suite, &r.problem);
        compare_answers(&suite, model_lp(&r.problem, &lp), solved);
        if (solved)
            suite_compare(&suite, "objective", kernel.info.objective_eur, lp, SAME_VALUE);
    }
    kernel_close(&kernel);
}

TEST(kernel_burn_bound_equals_the_lp)
{
    struct suite suite = suite_begin("burn bound against Clp", 500);
    const struct problem_shape shape = {PROBLEM_PERIODS_MAX, PROBLEM_PERIODS_MAX, 0.1};
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        double lp = 0, bound = 0;
        problem_random_make(&r, suite.seed, &shape);
        enum mando_status status =
            mando_optimize_burn_bound(kernel.workspace, &r.problem, &bound, NULL);
        suite.infeasible += status == MANDO_INFEASIBLE;
        compare_answers(&suite, model_lp(&r.problem, &lp), status == MANDO_OK);
        if (status != MANDO_OK)
            continue;
        suite_compare(&suite, "burn bound", bound, lp, SAME_VALUE);
        double exact = kernel_value(&kernel, &r.problem);
        suite_require(&suite, exact <= bound + 1e-9 * fmax(1, fabs(bound)),
                      "%.17g above its bound %.17g", exact, bound);
    }
    kernel_close(&kernel);
}
