/* The kernel against the exact model with binaries by Cbc. */
#include "check.h"
#include "kernel.h"
#include "model_milp.h"

static struct problem_random r;
static struct kernel kernel;

TEST(kernel_equals_the_milp_where_burning_would_pay)
{
    struct suite suite = suite_begin("kernel against Cbc", 300);
    const struct problem_shape shape = {PROBLEM_PERIODS_MAX, 25, 0.05};
    size_t hard = 0, burning_periods = 0;
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        double milp = 0;
        problem_random_make(&r, suite.seed, &shape);
        int solved = kernel_solve(&kernel, &suite, &r.problem);
        enum model_answer answer = model_milp(&r.problem, &milp);
        if (answer == MODEL_UNSOLVED) { /* within its time, or broken down */
            suite.skipped++;
            continue;
        }
        suite_require(&suite, solved == (answer == MODEL_OPTIMAL), "Cbc says %d, the kernel %d",
                      answer, solved);
        if (!solved)
            continue;
        suite_compare(&suite, "objective", kernel.info.objective_eur, milp, 1e-7);
        hard += kernel.info.periods_nonconcave > 0;
        burning_periods += kernel.info.periods_nonconcave;
    }
    print_message("%zu of them with burning periods, %zu in all\n", hard, burning_periods);
    CHECK(hard > 0 && suite.skipped <= 1 + suite.count / 100);
    kernel_close(&kernel);
}
