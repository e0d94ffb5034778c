/* kernel.h: the library's kernel on one problem, with everything it answers. */
#ifndef ORACLE_KERNEL_H
#define ORACLE_KERNEL_H

#include "problem_random.h"
#include "suite.h"

struct kernel {
    bool may_leave_gaps; /* a plan need not be proven to be the best */
    size_t gaps;         /* plans that were not */
    struct mando_optimize *workspace;
    enum mando_status status;
    struct mando_optimize_info info;
    struct mando_error error;
    double power[PROBLEM_PERIODS_MAX], soc[PROBLEM_PERIODS_MAX], water[PROBLEM_PERIODS_MAX];
    double throughput_mwh; /* of the replayed plan */
};

void kernel_open(struct kernel *kernel);
void kernel_close(struct kernel *kernel);

/* Solves, and replays the plan where there is one: limits are kept, the energies are what the powers
 * make of them, the money is the objective and never above the bound. Fails the test otherwise.
 * True for MANDO_OK; any other status but MANDO_INFEASIBLE fails the test. */
int kernel_solve(struct kernel *kernel, struct suite *suite,
                 const struct mando_optimize_problem *problem);

/* The objective alone; NaN where infeasible. */
double kernel_value(struct kernel *kernel, const struct mando_optimize_problem *problem);

#endif
