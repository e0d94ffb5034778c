#include "mando/batch.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "opt/batch_lanes.h"
#include "opt/period.h"

/* Slots beyond those that the charges and discharges of single periods fill. */
#define SLOTS_SPARE 8

#define ROWS_ALIGNMENT 64

struct version {
    enum mando_batch_version version;
    size_t lanes;
    batch_kernel *kernel;
};

struct mando_batch {
    struct mando_batch_settings settings;
    struct version version;
    struct mando_optimize *single;
    struct batch_group group;
    size_t problem_of_lane[LANES_MAX]; /* of the group */
    size_t lanes_filled;
    double *rows; /* all scratch of the group */
};

#ifdef __x86_64__
static struct version best_version(void)
{
    if (__builtin_cpu_supports("avx512f"))
        return (struct version){MANDO_BATCH_AVX512, LANES_AVX512, batch_kernel_avx512};
    if (__builtin_cpu_supports("avx2"))
        return (struct version){MANDO_BATCH_AVX2, LANES_AVX2, batch_kernel_avx2};
    return (struct version){MANDO_BATCH_PORTABLE, LANES_PORTABLE, batch_kernel_portable};
}
#else
static struct version best_version(void)
{
    return (struct version){MANDO_BATCH_PORTABLE, LANES_PORTABLE, batch_kernel_portable};
}
#endif

/* A wanted version; false where the machine lacks it. */
static bool choose_version(enum mando_batch_version wanted, struct version *version_out)
{
    struct version best = best_version();
    if (wanted > best.version)
        return false;
    if (wanted == MANDO_BATCH_PORTABLE)
        best = (struct version){MANDO_BATCH_PORTABLE, LANES_PORTABLE, batch_kernel_portable};
#ifdef __x86_64__
    if (wanted == MANDO_BATCH_AVX2)
        best = (struct version){MANDO_BATCH_AVX2, LANES_AVX2, batch_kernel_avx2};
#endif
    *version_out = best;
    return true;
}

/* Hands out `count` rows of lanes from *at on. */
static double *take_rows(double **at, size_t count)
{
    double *rows = *at;
    *at += count * LANES_MAX;
    return rows;
}

static bool allocate(struct mando_batch *w)
{
    size_t periods = w->settings.optimize.periods_max, slots = SLOTS_ROOM(periods);
    size_t rows = 5 * periods + 2 * slots + 1;
    w->rows = mando_alloc(rows, LANES_MAX * sizeof *w->rows);
    if (!w->rows)
        return false;
    size_t past = (uintptr_t)w->rows % ROWS_ALIGNMENT;
    double *at = w->rows + (past ? (ROWS_ALIGNMENT - past) / sizeof *at : 0);
    struct batch_group *group = &w->group;
    group->charge_eur = take_rows(&at, periods);
    group->discharge_eur = take_rows(&at, periods);
    group->charge_to_mwh = take_rows(&at, periods);
    group->discharge_to_mwh = take_rows(&at, periods);
    group->soc_mwh = take_rows(&at, periods);
    group->slopes = take_rows(&at, slots);
    group->ends = take_rows(&at, slots);
    return true;
}

enum mando_status mando_batch_setup(const struct mando_batch_settings *settings,
                                    struct mando_batch **workspace_out, struct mando_error *error)
{
    const struct mando_batch_settings defaults = MANDO_BATCH_SETTINGS_DEFAULT;
    struct version version;
    if (!settings)
        settings = &defaults;
    if (!choose_version(settings->version, &version))
        return mando_fail(error, MANDO_E_OPTIMIZE_UNSUPPORTED, -1,
                          "this machine has no vectors of the version that was asked for");
    struct mando_optimize *single = NULL;
    enum mando_status status = mando_optimize_setup(&settings->optimize, &single, error);
    if (status != MANDO_OK)
        return status;
    struct mando_batch *w = mando_alloc(1, sizeof *w);
    if (w)
        *w = (struct mando_batch){.settings = *settings, .version = version, .single = single};
    if (!w || !allocate(w)) {
        mando_batch_free(w);
        if (!w)
            mando_optimize_free(single);
        return mando_fail(error, MANDO_E_MEMORY, -1,
                          "there is no memory for a workspace of %zu periods",
                          settings->optimize.periods_max);
    }
    *workspace_out = w;
    return MANDO_OK;
}

void mando_batch_free(struct mando_batch *w)
{
    if (!w)
        return;
    mando_optimize_free(w->single);
    mando_free(w->rows);
    mando_free(w);
}

/* A call. */
struct batch {
    struct mando_batch *w;
    const struct mando_optimize_problem *problems;
    struct mando_batch_solution solution;
    struct mando_batch_info info;
    struct mando_error *error;
};

/* Whether a problem is one for the kernel. Its value functions have about two segments for each full
 * charge or discharge that the energy makes room for; a list may grow longer, but with so many to go
 * through in each period the single kernel is as fast. */
static bool fits_a_lane(const struct mando_optimize_problem *problem, const struct terms *terms,
                        size_t slots_max)
{
    double up_mwh = terms->charge_mw * terms->stored_mwh_per_mw;
    double down_mwh = terms->discharge_mw * terms->withdrawn_mwh_per_mw;
    double energy_mwh = terms->soc_max_mwh - terms->soc_min_mwh, end_mwh = terms->soc_end_mwh;
    double slots = 2 * energy_mwh / smaller(up_mwh, down_mwh) + SLOTS_SPARE;
    bool end_is_outside = end_mwh < terms->soc_min_mwh || end_mwh > terms->soc_max_mwh;
    bool has_limits = problem->day_limit_count > 0 || problem->year_limit_count > 0;
    return terms->plain && !has_limits && !end_is_outside && slots <= (double)slots_max;
}

static void fill_lane(struct batch_group *group, size_t i, const struct terms *terms)
{
    struct batch_terms *lanes = &group->terms;
    bool is_free = isnan(terms->soc_end_mwh);
    lanes->up_mwh[i] = terms->charge_mw * terms->stored_mwh_per_mw;
    lanes->down_mwh[i] = terms->discharge_mw * terms->withdrawn_mwh_per_mw;
    lanes->charge_mw[i] = terms->charge_mw;
    lanes->discharge_mw[i] = terms->discharge_mw;
    lanes->soc_min_mwh[i] = terms->soc_min_mwh;
    lanes->soc_max_mwh[i] = terms->soc_max_mwh;
    lanes->soc_start_mwh[i] = terms->soc_start_mwh;
    lanes->end_low_mwh[i] = is_free ? terms->soc_min_mwh : terms->soc_end_mwh;
    lanes->end_high_mwh[i] = is_free ? terms->soc_max_mwh : terms->soc_end_mwh;
    lanes->end_slope_eur[i] = is_free ? terms->soc_end_value_eur_per_mwh : -INFINITY;
    lanes->end_value_eur[i] = is_free ? terms->soc_end_value_eur_per_mwh : 0;
    lanes->per_stored[i] = terms->per_stored;
    lanes->efficiency_discharge[i] = terms->efficiency_discharge;
    lanes->purchase_cost_eur[i] = terms->purchase_cost_eur;
    lanes->sale_cost_eur[i] = terms->sale_cost_eur;
    lanes->stored_mwh_per_mw[i] = terms->stored_mwh_per_mw;
    lanes->withdrawn_mwh_per_mw[i] = terms->withdrawn_mwh_per_mw;
    lanes->dust_mwh[i] = terms->dust_mwh;
    group->buy_eur_per_mwh[i] = terms->buy_eur_per_mwh;
    group->sell_eur_per_mwh[i] = terms->sell_eur_per_mwh;
}

static double *part(double *values, size_t first)
{
    return values ? values + first : NULL;
}

/* An error of one problem becomes one of the call. */
static enum mando_status place_error(struct mando_error *error, size_t i, enum mando_status status)
{
    if (!error)
        return status;
    char message[sizeof error->message];
    memcpy(message, error->message, sizeof message);
    (void)snprintf(error->message, sizeof error->message, "problem %zu: %.200s", i, message);
    error->index = (int64_t)i;
    return status;
}

static enum mando_status solve_alone(struct batch *batch, size_t i)
{
    const struct mando_optimize_problem *problem = &batch->problems[i];
    const struct mando_optimize_solution solution = {
        .power_mw = part(batch->solution.power_mw, i * problem->periods),
        .soc_mwh = part(batch->solution.soc_mwh, i * problem->periods)};
    struct mando_optimize_info info;
    enum mando_status status =
        mando_optimize_solve(batch->w->single, problem, &solution, &info, batch->error);
    if (status != MANDO_OK)
        return place_error(batch->error, i, status);
    if (batch->solution.objective_eur)
        batch->solution.objective_eur[i] = info.objective_eur;
    if (!info.optimal) {
        batch->info.not_optimal++;
        batch->info.gap_eur_max =
            fmax(batch->info.gap_eur_max, info.bound_eur - info.objective_eur);
    }
    return MANDO_OK;
}

/* Rows of lanes become one array for each problem. */
static void copy_lane(const struct mando_batch *w, const double *rows, size_t lane, double *to)
{
    for (size_t t = 0; t < w->group.periods; t++)
        to[t] = rows[t * w->version.lanes + lane];
}

static void take_lane(struct batch *batch, size_t lane)
{
    const struct mando_batch *w = batch->w;
    size_t i = w->problem_of_lane[lane], first = i * w->group.periods;
    batch->info.solved_in_lanes++;
    if (batch->solution.objective_eur)
        batch->solution.objective_eur[i] = w->group.objective_eur[lane];
    if (batch->solution.power_mw)
        copy_lane(w, w->group.charge_to_mwh, lane, batch->solution.power_mw + first);
    if (batch->solution.soc_mwh)
        copy_lane(w, w->group.soc_mwh, lane, batch->solution.soc_mwh + first);
}

/* Solves the lanes that were filled and empties them. */
static enum mando_status solve_lanes(struct batch *batch)
{
    struct mando_batch *w = batch->w;
    size_t filled = w->lanes_filled;
    if (filled == 0)
        return MANDO_OK;
    for (size_t i = filled; i < w->version.lanes; i++) {
        const struct terms terms = terms_of(&batch->problems[w->problem_of_lane[0]]);
        fill_lane(&w->group, i, &terms);
    }
    w->lanes_filled = 0;
    w->group.wants_power = batch->solution.power_mw != NULL;
    unsigned unsolved = w->version.kernel(&w->group);
    for (size_t i = 0; i < filled; i++) {
        enum mando_status status = MANDO_OK;
        if (unsolved >> i & 1)
            status = solve_alone(batch, w->problem_of_lane[i]);
        else
            take_lane(batch, i);
        if (status != MANDO_OK)
            return status;
    }
    return MANDO_OK;
}

static enum mando_status solve_problem(struct batch *batch, size_t i)
{
    struct mando_batch *w = batch->w;
    const struct mando_optimize_problem *problem = &batch->problems[i];
    if (problem->periods != batch->problems[0].periods)
        return mando_fail(batch->error, MANDO_E_OPTIMIZE_PROBLEM, (int64_t)i,
                          "problem %zu has %zu periods, but the first one has %zu", i,
                          problem->periods, batch->problems[0].periods);
    if (!terms_are_sound(problem) || problem->periods > w->settings.optimize.periods_max)
        return solve_alone(batch, i);
    const struct terms terms = terms_of(problem);
    if (!fits_a_lane(problem, &terms, w->settings.slots_max))
        return solve_alone(batch, i);
    fill_lane(&w->group, w->lanes_filled, &terms);
    w->group.periods = problem->periods;
    w->problem_of_lane[w->lanes_filled++] = i;
    return w->lanes_filled == w->version.lanes ? solve_lanes(batch) : MANDO_OK;
}

enum mando_status mando_batch_solve(struct mando_batch *w,
                                    const struct mando_optimize_problem *problems, size_t count,
                                    const struct mando_batch_solution *solution,
                                    struct mando_batch_info *info, struct mando_error *error)
{
    struct batch batch = {
        .w = w, .problems = problems, .info = {.version = w->version.version}, .error = error};
    if (solution)
        batch.solution = *solution;
    enum mando_status status = MANDO_OK;
    w->lanes_filled = 0;
    for (size_t i = 0; status == MANDO_OK && i < count; i++)
        status = solve_problem(&batch, i);
    enum mando_status earlier = solve_lanes(&batch); /* before a problem that has no answer */
    if (earlier != MANDO_OK)
        status = earlier;
    if (status == MANDO_OK && info)
        *info = batch.info;
    return status;
}
