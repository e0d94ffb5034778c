#include "opt/site.h"

#include <math.h>
#include <string.h>

#include "base/fail.h"
#include "opt/site_search.h"

/* Nodes that take seconds: the time of one grows faster than the periods. */
#define NODES_MIN 20
#define NODES_MAX 20000
#define NODES_OF_A_PERIOD 5e7

static size_t nodes_max(const struct site_problem *problem)
{
    double periods = (double)problem->periods;
    double nodes = NODES_OF_A_PERIOD / (periods * sqrt(periods));
    if (problem->nodes_max)
        return problem->nodes_max;
    return (size_t)fmin(fmax(nodes, NODES_MIN), NODES_MAX);
}

/* NULL where the prices and limits of a period are well formed. */
static const char *wrong_at(const struct mando_prices *prices, size_t i)
{
    const double *const limits[] = {prices->power_charge_mw_max, prices->power_discharge_mw_max,
                                    prices->soc_min_mwh, prices->soc_max_mwh};
    const double *const powers[] = {prices->pv_mw, prices->load_mw};
    double buy = prices->buy_eur_per_mwh[i], sell = prices->sell_eur_per_mwh[i];
    if (!(isfinite(buy) && isfinite(sell) && buy >= sell))
        return "a price that is not finite, or buys below the sale";
    for (size_t k = 0; k < 4; k++)
        if (limits[k] && (isinf(limits[k][i]) || (k < 2 && limits[k][i] < 0)))
            return "a limit that is negative or infinite";
    for (size_t k = 0; k < 2; k++)
        if (powers[k] && !(isfinite(powers[k][i]) && powers[k][i] >= 0))
            return k == 0 ? "a pv_mw that is negative or not finite"
                          : "a load_mw that is negative or not finite";
    return NULL;
}

static enum mando_status check(const struct site_problem *problem, struct mando_error *error)
{
    for (size_t t = 0; t < problem->periods; t++) {
        const char *wrong = wrong_at(problem->prices, problem->first + t);
        if (wrong)
            return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, (int64_t)t, "period %zu has %s", t,
                              wrong);
    }
    return MANDO_OK;
}

/* The first period whose energy bounds leave nothing; Clp need not be asked. */
static size_t first_empty_bounds(const struct site_problem *problem)
{
    size_t t = 0;
    while (t < problem->periods && site_soc_min_mwh(problem, t) <= site_soc_max_mwh(problem, t))
        t++;
    return t;
}

/* Whether the first `periods` have a plan with a free end; a search given up counts as one. */
static enum mando_status has_plan(const struct site_problem *problem, size_t periods, bool *has_out,
                                  struct mando_error *error)
{
    struct mando_arena arena = {0};
    struct site_problem prefix = *problem;
    struct site_model model;
    struct site_found found = {0};
    prefix.periods = periods;
    prefix.soc_end_mwh = NAN;
    enum mando_status status = MANDO_OK;
    if (!site_model_build(&prefix, true, &arena, &model))
        status = mando_fail(error, MANDO_E_MEMORY, -1,
                            "there is no memory for the linear programme of %zu periods", periods);
    if (!status)
        status = site_search(&model, nodes_max(&prefix), &arena, &found, error);
    if (!status)
        *has_out = found.any || found.bound_eur > -INFINITY;
    mando_arena_release(&arena);
    return status;
}

/* Finds the first period that makes the problem infeasible, by halving: periods up to `good` have a
 * plan, those up to `bad` have none. */
static enum mando_status fail_infeasible(const struct site_problem *problem,
                                         struct mando_error *error)
{
    size_t good = 0, bad = first_empty_bounds(problem) + 1;
    if (bad > problem->periods) {
        bad = problem->periods;
        bool has = false;
        enum mando_status status = has_plan(problem, bad, &has, error);
        if (status)
            return status;
        if (has)
            return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)bad - 1,
                              "no plan that keeps all limits ends with %.9g MWh",
                              problem->soc_end_mwh);
    }
    while (bad - good > 1) {
        size_t middle = good + (bad - good) / 2;
        bool has = false;
        enum mando_status status = has_plan(problem, middle, &has, error);
        if (status)
            return status;
        if (has)
            good = middle;
        else
            bad = middle;
    }
    return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)bad - 1,
                      "no plan keeps all limits");
}

static void write_plan(const struct site_model *model, const struct site_found *found,
                       const struct mando_optimize_solution *solution, struct site_info *info)
{
    const struct site_problem *problem = model->problem;
    size_t size = problem->periods * sizeof(double);
    double rounding_eur = 1e-8 * fmax(model->unit, fabs(found->objective_eur));
    memcpy(solution->power_mw, found->power_mw, size);
    memcpy(solution->soc_mwh, found->soc_mwh, size);
    if (solution->water_value_eur_per_mwh)
        memcpy(solution->water_value_eur_per_mwh, found->water_value_eur_per_mwh, size);
    size_t days = problem->limit_counts[0], years = problem->limit_counts[1];
    if (solution->day_limit_eur_per_mwh && days)
        memcpy(solution->day_limit_eur_per_mwh, found->limit_eur_per_mwh, days * sizeof(double));
    if (solution->year_limit_eur_per_mwh && years)
        memcpy(solution->year_limit_eur_per_mwh, found->limit_eur_per_mwh + days,
               years * sizeof(double));
    *info = (struct site_info){.objective_eur = found->objective_eur,
                               .bound_eur = found->bound_eur,
                               .optimal = found->bound_eur - found->objective_eur <= rounding_eur,
                               .nodes = found->nodes};
    if (info->optimal)
        info->bound_eur = info->objective_eur;
}

static enum mando_status solve(const struct site_problem *problem, struct mando_arena *arena,
                               const struct mando_optimize_solution *solution,
                               struct site_info *info, struct mando_error *error)
{
    struct site_model model;
    struct site_found found = {0};
    if (!site_model_build(problem, false, arena, &model))
        return mando_fail(error, MANDO_E_MEMORY, -1,
                          "there is no memory for the linear programme of %zu periods",
                          problem->periods);
    enum mando_status status = site_search(&model, nodes_max(problem), arena, &found, error);
    if (status)
        return status;
    if (!found.any && found.bound_eur == -INFINITY)
        return fail_infeasible(problem, error);
    if (!found.any)
        return mando_fail(error, MANDO_E_OPTIMIZE_NODES, -1,
                          "no plan that keeps all limits was found in %zu linear programmes",
                          found.nodes);
    write_plan(&model, &found, solution, info);
    return MANDO_OK;
}

enum mando_status site_solve(const struct site_problem *problem,
                             const struct mando_optimize_solution *solution, struct site_info *info,
                             struct mando_error *error)
{
    if (!lp_is_there())
        return mando_fail(error, MANDO_E_OPTIMIZE_UNSUPPORTED, -1,
                          "this build has no linear-programming solver, which points, ramps, "
                          "auxiliary_mw, pv_mw and load_mw need");
    enum mando_status status = check(problem, error);
    if (status)
        return status;
    if (first_empty_bounds(problem) < problem->periods)
        return fail_infeasible(problem, error);
    struct mando_arena arena = {0};
    status = solve(problem, &arena, solution, info, error);
    mando_arena_release(&arena);
    return status;
}
