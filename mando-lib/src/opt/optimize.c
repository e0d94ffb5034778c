#include <math.h>

#include "base/fail.h"
#include "opt/cycles.h"
#include "opt/price.h"

/* Room for limits on throughput; none where the settings ask for none. */
static bool allocate_cycles(struct mando_optimize *w, struct mando_arena *arena)
{
    size_t periods = w->settings.periods_max, limits = w->settings.limits_max;
    size_t tried = PRICES_MAX * w->settings.limit_periods_max;
    if (limits == 0)
        return true;
    struct cycles *c = w->cycles = mando_arena_alloc(arena, 1, sizeof *c);
    if (!c)
        return false;
    c->blocks = mando_arena_alloc(arena, 4 * limits + 2, sizeof *c->blocks);
    c->levels = mando_arena_alloc(arena, tried, sizeof *c->levels);
    c->kept_levels = mando_arena_alloc(arena, 2 * periods, sizeof *c->kept_levels);
    c->curves = mando_arena_alloc(arena, tried, sizeof *c->curves);
    c->stretches = mando_arena_alloc(arena, periods, sizeof *c->stretches);
    c->price_at = mando_arena_alloc(arena, periods, sizeof(double));
    c->nodes = mando_arena_alloc(arena, NODES_MAX, sizeof *c->nodes);
    c->held = mando_arena_alloc(arena, periods, sizeof *c->held);
    c->best_held = mando_arena_alloc(arena, periods, sizeof *c->best_held);
    bool all = c->blocks && c->levels && c->kept_levels && c->stretches && c->curves && c->price_at
               && c->nodes && c->held && c->best_held;
    for (size_t i = 0; i < sizeof c->node_states / sizeof *c->node_states; i++)
        all = (c->node_states[i] = mando_arena_alloc(arena, periods, sizeof(double))) && all;
    for (size_t i = 0; i < sizeof c->walked_mwh / sizeof *c->walked_mwh; i++)
        all = (c->walked_mwh[i] = mando_arena_alloc(arena, periods, sizeof(double))) && all;
    for (size_t i = 0; i < sizeof c->year_states / sizeof *c->year_states; i++)
        all = (c->year_states[i] = mando_arena_alloc(arena, periods, sizeof(double))) && all;
    return all;
}

static bool allocate(struct mando_optimize *w, struct mando_arena *arena)
{
    size_t periods = w->settings.periods_max, segments = w->settings.segments_max;
    /* A period adds two segments; the low end of a stack only moves up, by as many as there were. */
    size_t stack_room = 4 * periods + 8;
    w->own_levels = mando_arena_alloc(arena, periods, sizeof *w->own_levels);
    w->own_curves = mando_arena_alloc(arena, periods, sizeof *w->own_curves);
    w->soc_mwh = mando_arena_alloc(arena, periods, sizeof *w->soc_mwh);
    w->directions = mando_arena_alloc(arena, periods, sizeof *w->directions);
    w->stacks.left.room = mando_arena_alloc(arena, stack_room, sizeof(struct segment));
    w->stacks.right.room = mando_arena_alloc(arena, stack_room, sizeof(struct segment));
    w->scratch[0] = mando_arena_alloc(arena, segments, sizeof(struct segment));
    w->scratch[1] = mando_arena_alloc(arena, segments, sizeof(struct segment));
    w->stored = mando_arena_alloc(arena, w->settings.segments_stored, sizeof(struct segment));
    return w->own_levels && w->own_curves && w->soc_mwh && w->directions && w->stacks.left.room
           && w->stacks.right.room && w->scratch[0] && w->scratch[1] && w->stored
           && allocate_cycles(w, arena);
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
        || settings->segments_stored > UINT32_MAX || settings->limits_max > UINT32_MAX
        || settings->limit_periods_max > UINT32_MAX)
        return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, -1,
                          "the workspace's sizes are 0 or too large");
    struct mando_arena arena = {0};
    struct mando_optimize *w = mando_arena_alloc(&arena, 1, sizeof *w);
    if (w)
        w->settings = *settings;
    if (!w || !allocate(w, &arena)) {
        mando_arena_release(&arena);
        return mando_fail(error, MANDO_E_MEMORY, -1,
                          "there is no memory for a workspace of %zu periods",
                          settings->periods_max);
    }
    w->arena = arena;
    *workspace_out = w;
    return MANDO_OK;
}

void mando_optimize_free(struct mando_optimize *w)
{
    if (!w)
        return;
    struct mando_arena arena = w->arena; /* which holds the workspace itself */
    mando_arena_release(&arena);
}

static enum mando_status fail_infeasible(const struct terms *terms, size_t t,
                                         struct mando_error *error)
{
    if (t >= terms->periods)
        t = terms->periods - 1;
    struct terms free_end = *terms;
    free_end.soc_end_mwh = NAN;
    if (!isnan(terms->soc_end_mwh)
        && terms_infeasible_from(&free_end, missed_mwh_max(terms)) == terms->periods)
        return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)t,
                          "no plan that keeps all limits ends with %.9g MWh", terms->soc_end_mwh);
    return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)t, "no plan keeps all limits");
}

/* Widens all bounds by what may be missed, but for what rounding adds to that. */
static void widen(struct terms *terms)
{
    terms->slack_mwh = missed_mwh_max(terms) * (1 - 1e-6);
}

/* Goes back exactly; where a bound is missed by rounding alone, once more with bounds widened by
 * what may be missed. BACKWARD_BROKEN becomes the caller's error. */
static enum mando_status go_back(struct mando_optimize *w, struct terms *terms, enum solve solve,
                                 enum backward *result_out, struct mando_error *error)
{
    *result_out = optimize_backward(w, terms, solve);
    if (*result_out != BACKWARD_BROKEN)
        return MANDO_OK;
    size_t broken = terms_infeasible_from(terms, missed_mwh_max(terms));
    if (broken == terms->periods) {
        widen(terms);
        *result_out = optimize_backward(w, terms, solve);
        if (*result_out != BACKWARD_BROKEN)
            return MANDO_OK;
    }
    return fail_infeasible(terms, broken, error);
}

/* The upper bound of burning; `directions` then tells its direction in each period. */
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
    struct terms held = *terms;
    held.directions = w->directions;
    held.plain = false;
    if (status == MANDO_OK)
        status = go_back(w, &held, SOLVE_EXACT, &result, error);
    if (status == MANDO_OK)
        info->objective_eur = optimize_forward(w, &held, solution);
    info->bound_eur = fmax(info->bound_eur, info->objective_eur);
    info->optimal = info->bound_eur == info->objective_eur;
    return status;
}

/* The first period that makes a problem with limits infeasible: the shortest horizon, with a free
 * end, that has no plan ends with it. */
static size_t limits_infeasible_from(struct mando_optimize *w, const struct terms *terms,
                                     const struct mando_optimize_problem *problem)
{
    const struct mando_optimize_solution states = {.soc_mwh = w->soc_mwh};
    struct mando_optimize_info info;
    size_t feasible = 0, infeasible = problem->periods + 1;
    while (infeasible - feasible > 1) {
        struct mando_optimize_problem prefix = *problem;
        struct terms prefix_terms = *terms;
        prefix.periods = prefix_terms.periods = feasible + (infeasible - feasible) / 2;
        prefix_terms.soc_end_mwh = NAN;
        if (cycles_solve(w, &prefix_terms, &prefix, &states, &info) == BACKWARD_BROKEN)
            infeasible = prefix.periods;
        else
            feasible = prefix.periods;
    }
    return feasible;
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
    info->objective_eur = optimize_forward(w, terms, solution);
    info->bound_eur = info->objective_eur;
    return MANDO_OK;
}

static enum mando_status fail_limited(struct mando_optimize *w, const struct terms *terms,
                                      const struct mando_optimize_problem *problem,
                                      struct mando_error *error)
{
    size_t broken = limits_infeasible_from(w, terms, problem);
    if (broken == terms->periods)
        return fail_infeasible(terms, broken, error);
    return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)broken,
                      "no plan keeps all limits");
}

/* The plan without limits, where it keeps them all the same. */
static bool keeps_limits(const struct terms *terms, const struct mando_optimize_problem *problem,
                         const struct mando_optimize_solution *solution)
{
    if (!cycles_kept(terms, problem, solution->soc_mwh))
        return false;
    for (size_t i = 0; solution->day_limit_eur_per_mwh && i < problem->day_limit_count; i++)
        solution->day_limit_eur_per_mwh[i] = 0;
    for (size_t i = 0; solution->year_limit_eur_per_mwh && i < problem->year_limit_count; i++)
        solution->year_limit_eur_per_mwh[i] = 0;
    return true;
}

static enum mando_status solve_limited(struct mando_optimize *w, struct terms *terms,
                                       const struct mando_optimize_problem *problem,
                                       const struct mando_optimize_solution *solution,
                                       struct mando_optimize_info *info, struct mando_error *error)
{
    enum mando_status status = solve_terms(w, terms, solution, info, error);
    if (status == MANDO_INFEASIBLE)
        return fail_limited(w, terms, problem, error);
    if (status != MANDO_OK)
        return status;
    info->method = MANDO_METHOD_DUAL;
    if (keeps_limits(terms, problem, solution))
        return MANDO_OK;
    *info = (struct mando_optimize_info){.method = MANDO_METHOD_DUAL,
                                         .periods_nonconcave = info->periods_nonconcave};
    enum backward result = cycles_solve(w, terms, problem, solution, info);
    if (result == BACKWARD_BROKEN) {
        widen(terms);
        result = cycles_solve(w, terms, problem, solution, info);
    }
    if (result == BACKWARD_BROKEN)
        return fail_limited(w, terms, problem, error);
    if (result == BACKWARD_FULL)
        return mando_fail(error, MANDO_E_OPTIMIZE_SIZE, -1,
                          "the value functions of the limits are larger than the workspace");
    double rounding_eur = 1e-9 * fmax(1, fabs(info->objective_eur));
    info->optimal = info->bound_eur - info->objective_eur <= rounding_eur;
    info->bound_eur = fmax(info->bound_eur, info->objective_eur);
    info->method = info->nodes > 0 ? MANDO_METHOD_BRANCH : MANDO_METHOD_DUAL;
    info->segments_peak = w->segments_peak;
    /* Water values are those of the problem that pays for throughput instead. */
    terms->throughput_eur_at = w->cycles->price_at;
    terms->directions = w->cycles->best_held;
    terms->plain = false;
    return MANDO_OK;
}

enum mando_status mando_optimize_solve(struct mando_optimize *w,
                                       const struct mando_optimize_problem *problem,
                                       const struct mando_optimize_solution *solution,
                                       struct mando_optimize_info *info, struct mando_error *error)
{
    enum mando_status status = terms_check(problem, &w->settings, error);
    if (status != MANDO_OK)
        return status;
    struct terms terms = terms_of(problem);
    struct mando_optimize_solution outputs = {0};
    if (solution)
        outputs = *solution;
    if (!outputs.soc_mwh)
        outputs.soc_mwh = w->soc_mwh;
    struct mando_optimize_info result;
    bool is_limited = problem->day_limit_count + problem->year_limit_count > 0;
    w->levels = w->own_levels;
    w->curves = w->own_curves;
    status = is_limited ? solve_limited(w, &terms, problem, &outputs, &result, error)
                        : solve_terms(w, &terms, &outputs, &result, error);
    if (status != MANDO_OK)
        return status;
    if (outputs.water_value_eur_per_mwh)
        optimize_water(&terms, outputs.soc_mwh, outputs.water_value_eur_per_mwh);
    if (info)
        *info = result;
    return MANDO_OK;
}

enum mando_status mando_optimize_burn_bound(struct mando_optimize *w,
                                            const struct mando_optimize_problem *problem,
                                            double *bound_eur_out, struct mando_error *error)
{
    enum mando_status status = terms_check(problem, &w->settings, error);
    if (status != MANDO_OK)
        return status;
    struct terms terms = terms_of(problem);
    w->levels = w->own_levels;
    w->curves = w->own_curves;
    return bound_by_burning(w, &terms, bound_eur_out, error);
}
