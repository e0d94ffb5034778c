#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "opt/workspace.h"

/* How far a bound may be missed before a problem counts as infeasible. */
#define SLACK_MWH 1e-9

static bool allocate(struct mando_optimize *w)
{
    size_t periods = w->settings.periods_max, segments = w->settings.segments_max;
    /* A period adds two segments; the low end of a stack only moves up, by as many as there were. */
    size_t stack_room = 4 * periods + 8;
    w->levels = mando_alloc(periods, sizeof *w->levels);
    w->curves = mando_alloc(periods, sizeof *w->curves);
    w->soc_mwh = mando_alloc(periods, sizeof *w->soc_mwh);
    w->charges = mando_alloc(periods, sizeof *w->charges);
    w->stacks.left.room = mando_alloc(stack_room, sizeof(struct segment));
    w->stacks.right.room = mando_alloc(stack_room, sizeof(struct segment));
    w->scratch[0] = mando_alloc(segments, sizeof(struct segment));
    w->scratch[1] = mando_alloc(segments, sizeof(struct segment));
    w->stored = mando_alloc(w->settings.segments_stored, sizeof(struct segment));
    return w->levels && w->curves && w->soc_mwh && w->charges && w->stacks.left.room
           && w->stacks.right.room && w->scratch[0] && w->scratch[1] && w->stored;
}

enum mando_status mando_optimize_setup(const struct mando_optimize_settings *settings,
                                       struct mando_optimize **workspace_out,
                                       struct mando_error *error)
{
    const struct mando_optimize_settings defaults = MANDO_OPTIMIZE_SETTINGS_DEFAULT;
    if (!settings)
        settings = &defaults;
    if (settings->periods_max < 1 || settings->periods_max > UINT32_MAX / 16
        || settings->segments_max < 1 || settings->segments_stored < 1
        || settings->segments_stored > UINT32_MAX)
        return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, -1,
                          "the workspace's sizes are 0 or too large");
    struct mando_optimize *w = mando_alloc(1, sizeof *w);
    if (w)
        w->settings = *settings;
    if (!w || !allocate(w)) {
        mando_optimize_free(w);
        return mando_fail(error, MANDO_E_MEMORY, -1,
                          "there is no memory for a workspace of %zu periods",
                          settings->periods_max);
    }
    *workspace_out = w;
    return MANDO_OK;
}

void mando_optimize_free(struct mando_optimize *w)
{
    if (!w)
        return;
    mando_free(w->levels);
    mando_free(w->curves);
    mando_free(w->soc_mwh);
    mando_free(w->charges);
    mando_free(w->stacks.left.room);
    mando_free(w->stacks.right.room);
    mando_free(w->scratch[0]);
    mando_free(w->scratch[1]);
    mando_free(w->stored);
    mando_free(w);
}

static enum mando_status fail_infeasible(const struct terms *terms, size_t t,
                                         struct mando_error *error)
{
    if (t >= terms->periods)
        t = terms->periods - 1;
    struct terms free_end = *terms;
    free_end.soc_end_mwh = NAN;
    if (terms_infeasible_from(&free_end, SLACK_MWH) == terms->periods)
        return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)t,
                          "no plan that keeps all limits ends with %.9g MWh", terms->soc_end_mwh);
    return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)t, "no plan keeps all limits");
}

/* Goes back exactly; where a bound is missed by rounding alone, once more with bounds widened by
 * what may be missed. BACKWARD_BROKEN becomes the caller's error. */
static enum mando_status go_back(struct mando_optimize *w, struct terms *terms, enum solve solve,
                                 enum backward *result_out, struct mando_error *error)
{
    *result_out = optimize_backward(w, terms, solve);
    if (*result_out != BACKWARD_BROKEN)
        return MANDO_OK;
    size_t broken = terms_infeasible_from(terms, SLACK_MWH);
    if (broken == terms->periods) {
        terms->slack_mwh = SLACK_MWH * (1 - 1e-6); /* what rounding adds must not pass it */
        *result_out = optimize_backward(w, terms, solve);
        if (*result_out != BACKWARD_BROKEN)
            return MANDO_OK;
    }
    return fail_infeasible(terms, broken, error);
}

/* The upper bound of burning; `charges` then tells its direction in each period. */
static enum mando_status bound_by_burning(struct mando_optimize *w, struct terms *terms,
                                          double *bound_eur_out, struct mando_error *error)
{
    enum backward result;
    enum mando_status status = go_back(w, terms, SOLVE_BURN, &result, error);
    if (status == MANDO_OK)
        *bound_eur_out = optimize_forward_burning(w, terms);
    return status;
}

/* The workspace is too small for the exact value: a bound and a plan near it. */
static enum mando_status solve_bounded(struct mando_optimize *w, struct terms *terms,
                                       const struct mando_optimize_solution *solution,
                                       struct mando_optimize_info *info, struct mando_error *error)
{
    enum backward result;
    enum mando_status status = bound_by_burning(w, terms, &info->bound_eur, error);
    if (status == MANDO_OK)
        status = go_back(w, terms, SOLVE_ONE_SIDED, &result, error);
    if (status == MANDO_OK)
        info->objective_eur = optimize_forward(w, terms, SOLVE_ONE_SIDED, solution);
    info->bound_eur = fmax(info->bound_eur, info->objective_eur);
    info->optimal = info->bound_eur == info->objective_eur;
    return status;
}

static enum mando_status solve_terms(struct mando_optimize *w, struct terms *terms,
                                     const struct mando_optimize_solution *solution,
                                     struct mando_optimize_info *info, struct mando_error *error)
{
    enum backward result;
    enum mando_status status = go_back(w, terms, SOLVE_EXACT, &result, error);
    if (status != MANDO_OK)
        return status;
    *info = (struct mando_optimize_info){.optimal = 1,
                                         .method = w->periods_nonconcave > 0 ? MANDO_METHOD_PIECES
                                                                             : MANDO_METHOD_CONCAVE,
                                         .periods_nonconcave = w->periods_nonconcave,
                                         .segments_peak = w->segments_peak};
    if (result == BACKWARD_FULL) {
        info->method = MANDO_METHOD_PIECES;
        return solve_bounded(w, terms, solution, info, error);
    }
    info->objective_eur = optimize_forward(w, terms, SOLVE_EXACT, solution);
    info->bound_eur = info->objective_eur;
    return MANDO_OK;
}

enum mando_status mando_optimize_solve(struct mando_optimize *w,
                                       const struct mando_optimize_problem *problem,
                                       const struct mando_optimize_solution *solution,
                                       struct mando_optimize_info *info, struct mando_error *error)
{
    enum mando_status status = terms_check(problem, w->settings.periods_max, error);
    if (status != MANDO_OK)
        return status;
    struct terms terms = terms_of(problem);
    struct mando_optimize_solution outputs = {0};
    if (solution)
        outputs = *solution;
    if (!outputs.soc_mwh)
        outputs.soc_mwh = w->soc_mwh;
    struct mando_optimize_info result;
    status = solve_terms(w, &terms, &outputs, &result, error);
    if (status != MANDO_OK)
        return status;
    if (outputs.water_value_eur_per_mwh)
        optimize_water(w, &terms, outputs.soc_mwh, outputs.water_value_eur_per_mwh);
    if (info)
        *info = result;
    return MANDO_OK;
}

enum mando_status mando_optimize_burn_bound(struct mando_optimize *w,
                                            const struct mando_optimize_problem *problem,
                                            double *bound_eur_out, struct mando_error *error)
{
    enum mando_status status = terms_check(problem, w->settings.periods_max, error);
    if (status != MANDO_OK)
        return status;
    struct terms terms = terms_of(problem);
    return bound_by_burning(w, &terms, bound_eur_out, error);
}
