#include "kernel.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#include "replay.h"

/* The kernel's contract: bounds may be missed by rounding, less than this. Money is the same to this
 * share of itself, or of a EUR per MWh of capacity where there is hardly any. */
#define SLACK_MWH 1e-9
#define SAME_MONEY 1e-9

void kernel_open(struct kernel *kernel)
{
    kernel->may_leave_gaps = false;
    kernel->gaps = 0;
    enum mando_status status = mando_optimize_setup(NULL, &kernel->workspace, NULL);
    assert(status == MANDO_OK);
    (void)status;
}

void kernel_close(struct kernel *kernel)
{
    mando_optimize_free(kernel->workspace);
    kernel->workspace = NULL;
}

static void check_plan(struct kernel *kernel, struct suite *suite,
                       const struct mando_optimize_problem *problem)
{
    struct replay replay = replay_plan(problem, kernel->power, kernel->soc);
    const struct mando_optimize_info *info = &kernel->info;
    double scale_eur =
        fmax(fmax(1, problem->soc_max_mwh - problem->soc_min_mwh), fabs(info->objective_eur));
    kernel->throughput_mwh = replay.throughput_mwh;
    suite_require(suite, replay.worst_mwh <= SLACK_MWH, "the plan misses a limit by %g MWh in %zu",
                  replay.worst_mwh, replay.worst_period);
    suite_require(suite, fabs(replay.money_eur - info->objective_eur) <= SAME_MONEY * scale_eur,
                  "the plan earns %.17g, not %.17g", replay.money_eur, info->objective_eur);
    bool is_gap = kernel->may_leave_gaps && !info->optimal;
    kernel->gaps += is_gap;
    suite_require(suite,
                  info->bound_eur >= info->objective_eur
                      && (is_gap
                          || (info->optimal
                              && info->bound_eur <= info->objective_eur + SAME_MONEY * scale_eur)),
                  "optimal %d, bound %.17g, objective %.17g", info->optimal, info->bound_eur,
                  info->objective_eur);
    bool is_limited = problem->day_limit_count + problem->year_limit_count > 0;
    suite_require(
        suite,
        (info->method == MANDO_METHOD_CONCAVE) == (info->periods_nonconcave == 0 && !is_limited),
        "method %d with %zu periods that are not concave", info->method, info->periods_nonconcave);
}

int kernel_solve(struct kernel *kernel, struct suite *suite,
                 const struct mando_optimize_problem *problem)
{
    const struct mando_optimize_solution solution = {.power_mw = kernel->power,
                                                     .soc_mwh = kernel->soc,
                                                     .water_value_eur_per_mwh = kernel->water};
    kernel->status =
        mando_optimize_solve(kernel->workspace, problem, &solution, &kernel->info, &kernel->error);
    if (kernel->status == MANDO_OK) {
        check_plan(kernel, suite, problem);
        return 1;
    }
    suite_require(suite, kernel->status == MANDO_INFEASIBLE, "%s: %s", kernel->error.code,
                  kernel->error.message);
    suite->infeasible++;
    return 0;
}

double kernel_value(struct kernel *kernel, const struct mando_optimize_problem *problem)
{
    struct mando_optimize_info info;
    enum mando_status status = mando_optimize_solve(kernel->workspace, problem, NULL, &info, NULL);
    return status == MANDO_OK ? info.objective_eur : NAN;
}
