/* The kernel against brute force on lattices. */
#include "brute.h"
#include "check.h"
#include "kernel.h"

static struct problem_random r;
static struct kernel kernel;

TEST(kernel_equals_brute_force_and_moves_no_more_energy)
{
    struct suite suite = suite_begin("kernel against brute force", 5000);
    size_t restless = 0; /* ties between pieces may be broken towards more energy */
    kernel_open(&kernel);
    while (suite_next(&suite)) {
        double unit_mwh = problem_random_lattice(&r, suite.seed);
        struct brute_plan brute = brute_solve(&r.problem, unit_mwh);
        int solved = kernel_solve(&kernel, &suite, &r.problem);
        suite_require(&suite, solved == brute.feasible, "brute force finds %s plan",
                      brute.feasible ? "a" : "no");
        if (!solved)
            continue;
        suite_compare(&suite, "objective", kernel.info.objective_eur, brute.objective_eur, 1e-9);
        int least = kernel.throughput_mwh <= brute.throughput_mwh + 1e-6;
        suite_require(&suite, least || kernel.info.method != MANDO_METHOD_CONCAVE,
                      "%.17g MWh are moved where %.17g earn the same", kernel.throughput_mwh,
                      brute.throughput_mwh);
        restless += !least;
    }
    print_message("%zu plans with burning periods move more energy than they need\n", restless);
    CHECK(restless * 1000 <= suite.count);
    kernel_close(&kernel);
}
