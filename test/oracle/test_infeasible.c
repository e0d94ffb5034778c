/* Which period an infeasible problem is blamed on. */
#include "check.h"
#include "kernel.h"
#include "model_lp.h"

static struct problem_random r;
static struct kernel kernel;

/* The first t such that periods up to t with a free end have no plan; else the last period. */
static size_t first_infeasible(struct suite *suite, const struct mando_optimize_problem *problem)
{
    size_t feasible = 0, infeasible = problem->periods; /* prefixes of these lengths */
    while (infeasible - feasible > 1) {
        size_t middle = feasible + (infeasible - feasible) / 2;
        struct mando_optimize_problem prefix = problem_prefix(problem, middle);
        enum model_answer answer = model_feasible(&prefix);
        suite_require(suite, answer != MODEL_UNSOLVED, "Clp has no answer");
        if (answer == MODEL_OPTIMAL)
            feasible = middle;
        else
            infeasible = middle;
    }
    return infeasible - 1;
}

TEST(kernel_names_the_first_period_without_a_plan)
{
    struct suite suite = suite_begin("first infeasible period", 1000);
    const struct problem_shape shape = {PROBLEM_PERIODS_MAX, 10, 1};
    size_t in_the_middle = 0;
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        problem_random_make(&r, suite.seed, &shape);
        int solved = kernel_solve(&kernel, &suite, &r.problem);
        enum model_answer answer = model_feasible(&r.problem);
        suite_require(&suite, solved == (answer == MODEL_OPTIMAL), "Clp says %d, the kernel %d",
                      answer, solved);
        if (solved)
            continue;
        size_t expected = first_infeasible(&suite, &r.problem);
        suite_require(&suite, kernel.error.index == (int64_t)expected,
                      "period %d is named, the first of %zu without a plan is %zu",
                      (int)kernel.error.index, r.problem.periods, expected);
        suite_require(&suite, strcmp(kernel.error.code, "optimize.infeasible") == 0, "code %s",
                      kernel.error.code);
        in_the_middle += expected + 1 < r.problem.periods;
    }
    print_message("%zu of them before the last period\n", in_the_middle);
    CHECK(in_the_middle > 0);
    kernel_close(&kernel);
}
