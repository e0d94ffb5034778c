#include "mando/paths.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/fail.h"
#include "domain/asset.h"
#include "market/horizon.h"
#include "market/limits.h"
#include "market/summary.h"

/* Paths that are handed to the kernel at a time. */
#define BLOCK_PATHS ((size_t)64)

void mando_paths_release(struct mando_paths *paths)
{
    if (!paths)
        return;
    mando_free(paths->owned_prices);
    mando_free(paths->owned_labels);
    *paths = (struct mando_paths){0};
}

/* What mando_paths_worth_free finds behind a worth. */
struct owned_worth {
    struct mando_paths_worth worth; /* first */
    double *objective_eur;
};

/* A worth while it is made. */
struct making {
    const struct mando_battery *battery;
    const struct mando_paths *paths;
    const struct mando_paths_options *options;
    struct owned_worth *owned;
    struct mando_arena arena; /* what is needed until then */
    struct mando_plan_horizon *horizons;
    struct mando_cycle_limits cycles;
    struct mando_batch *workspace;
    struct mando_error *error;
};

/* One path as a price series. */
static struct mando_prices prices_of(const struct mando_paths *paths, size_t path)
{
    const double *prices = paths->price_eur_per_mwh + path * paths->periods;
    return (struct mando_prices){.count = paths->periods,
                                 .start_us = paths->start_us,
                                 .step_us = paths->step_us,
                                 .index_first = paths->index_first,
                                 .buy_eur_per_mwh = prices,
                                 .sell_eur_per_mwh = prices};
}

static enum mando_status fail_memory(const struct making *making)
{
    return mando_fail(making->error, MANDO_E_MEMORY, -1, "there is no memory for %zu paths",
                      making->paths->paths);
}

static enum mando_status check_request(const struct mando_battery *battery,
                                       const struct mando_paths *paths,
                                       const struct mando_paths_options *options,
                                       struct mando_error *error)
{
    enum mando_status status = mando_battery_check(battery, error);
    if (status != MANDO_OK)
        return status;
    if (paths->paths == 0 || paths->periods == 0 || paths->step_us <= 0
        || !paths->price_eur_per_mwh)
        return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, -1,
                          "the paths have no periods, or their step is not above 0");
    if (asset_is_piecewise(battery, NULL))
        return mando_fail(error, MANDO_E_OPTIMIZE_UNSUPPORTED, -1,
                          "this version has no price paths together with points, "
                          "ramp_mw_per_h_max or auxiliary_mw");
    return mando_horizon_check(battery, options->horizon, error);
}

static size_t longest_horizon(const struct making *making)
{
    size_t longest = 0;
    for (size_t i = 0; i < making->owned->worth.horizon_count; i++)
        if (making->horizons[i].periods > longest)
            longest = making->horizons[i].periods;
    return longest;
}

static struct mando_optimize_settings optimize_settings(const struct making *making)
{
    const struct mando_cycle_limits *cycles = &making->cycles;
    struct mando_optimize_settings settings = MANDO_OPTIMIZE_SETTINGS_DEFAULT;
    settings.periods_max = longest_horizon(making);
    settings.limits_max = cycles->day_count + cycles->year_count;
    settings.limit_periods_max = cycles->day_periods_max;
    return settings;
}

static enum mando_status prepare(struct making *making)
{
    const struct mando_paths *paths = making->paths;
    const struct mando_prices first = prices_of(paths, 0);
    const struct mando_plan_options options = {.horizon = making->options->horizon,
                                               .zone = making->options->zone};
    making->owned->objective_eur = mando_alloc(paths->paths, sizeof *making->owned->objective_eur);
    if (!making->owned->objective_eur)
        return fail_memory(making);
    enum mando_status status =
        mando_horizons_split(&first, &options, &making->arena, &making->horizons,
                             &making->owned->worth.horizon_count, making->error);
    if (status == MANDO_OK)
        status = mando_cycle_limits_make(making->battery, &first, options.zone, &making->arena,
                                         &making->cycles, making->error);
    if (status != MANDO_OK)
        return status;
    struct mando_batch_settings settings = MANDO_BATCH_SETTINGS_DEFAULT;
    settings.optimize = optimize_settings(making);
    settings.version = making->options->version;
    return mando_batch_setup(&settings, &making->workspace, making->error);
}

/* The kernel's error names a problem of the block; solved alone that names its period, which becomes
 * one of the file's. */
static enum mando_status place_error(const struct making *making,
                                     const struct mando_plan_horizon *horizon,
                                     const struct mando_optimize_problem *problems, size_t first,
                                     enum mando_status status)
{
    struct mando_error *error = making->error;
    if (!error || error->index < 0)
        return status;
    size_t path = first + (size_t)error->index;
    const struct mando_optimize_problem *problem = &problems[error->index];
    const struct mando_optimize_settings settings = optimize_settings(making);
    struct mando_optimize *single = NULL;
    enum mando_status alone = mando_optimize_setup(&settings, &single, error);
    if (alone == MANDO_OK)
        alone = mando_optimize_solve(single, problem, NULL, NULL, error);
    mando_optimize_free(single);
    if (alone == MANDO_OK)
        return status;
    const struct mando_prices prices = prices_of(making->paths, path);
    return mando_horizon_place_error(&prices, horizon, alone, error);
}

static void note_info(struct mando_paths_worth *worth, const struct mando_batch_info *info)
{
    worth->info.version = info->version;
    worth->info.solved_in_lanes += info->solved_in_lanes;
    worth->info.not_optimal += info->not_optimal;
    worth->info.gap_eur_max = fmax(worth->info.gap_eur_max, info->gap_eur_max);
}

/* Solves one horizon on `count` paths from `first` on. */
static enum mando_status solve_block(struct making *making,
                                     const struct mando_plan_horizon *horizon, size_t first,
                                     size_t count)
{
    struct mando_optimize_problem problems[BLOCK_PATHS];
    struct mando_optimize_limit days[BLOCK_PATHS];
    double objective_eur[BLOCK_PATHS];
    struct mando_batch_info info;
    for (size_t i = 0; i < count; i++) {
        const struct mando_prices prices = prices_of(making->paths, first + i);
        problems[i] = mando_horizon_problem(making->battery, &prices, horizon);
        mando_cycle_limits_add(&making->cycles, (size_t)(horizon - making->horizons),
                               making->owned->worth.horizon_count, &days[i], &problems[i]);
    }
    const struct mando_batch_solution solution = {.objective_eur = objective_eur};
    double begun_us = mando_clock_us();
    enum mando_status status =
        mando_batch_solve(making->workspace, problems, count, &solution, &info, making->error);
    making->owned->worth.solve_us += mando_clock_us() - begun_us;
    if (status != MANDO_OK)
        return place_error(making, horizon, problems, first, status);
    note_info(&making->owned->worth, &info);
    for (size_t i = 0; i < count; i++)
        making->owned->objective_eur[first + i] += objective_eur[i];
    return MANDO_OK;
}

static enum mando_status solve_all(struct making *making)
{
    const struct mando_paths_options *options = making->options;
    size_t paths = making->paths->paths;
    for (size_t first = 0; first < paths; first += BLOCK_PATHS) {
        size_t count = paths - first < BLOCK_PATHS ? paths - first : BLOCK_PATHS;
        enum mando_status status = MANDO_OK;
        for (size_t i = 0; status == MANDO_OK && i < making->owned->worth.horizon_count; i++)
            status = solve_block(making, &making->horizons[i], first, count);
        if (status != MANDO_OK)
            return status;
        if (options->progress && options->progress(options->progress_context, first + count, paths))
            return mando_fail(making->error, MANDO_E_CANCELLED, -1,
                              "the work was cancelled after %zu of %zu paths", first + count,
                              paths);
    }
    return MANDO_OK;
}

static enum mando_status summarise(struct making *making)
{
    struct mando_paths_worth *worth = &making->owned->worth;
    double *sorted = mando_arena_alloc(&making->arena, worth->paths, sizeof *sorted);
    if (!sorted)
        return fail_memory(making);
    memcpy(sorted, making->owned->objective_eur, worth->paths * sizeof *sorted);
    worth->objective_eur = making->owned->objective_eur;
    worth->summary = mando_summary_of(sorted, worth->paths);
    if (isfinite(worth->summary.mean_eur) && !isinf(worth->summary.standard_deviation_eur))
        return MANDO_OK;
    return mando_fail(
        making->error, MANDO_E_OPTIMIZE_PROBLEM, -1,
        "the money of the paths is too large for a number: prices, values or energies "
        "are out of all proportion");
}

enum mando_status mando_paths_solve(const struct mando_battery *battery,
                                    const struct mando_paths *paths,
                                    const struct mando_paths_options *options,
                                    struct mando_paths_worth **worth_out, struct mando_error *error)
{
    const struct mando_paths_options defaults = {0};
    struct making making = {.battery = battery,
                            .paths = paths,
                            .options = options ? options : &defaults,
                            .error = error};
    enum mando_status status = check_request(battery, paths, making.options, error);
    if (status != MANDO_OK)
        return status;
    making.owned = mando_alloc(1, sizeof *making.owned);
    if (!making.owned)
        return fail_memory(&making);
    making.owned->worth.paths = paths->paths;
    status = prepare(&making);
    if (status == MANDO_OK)
        status = solve_all(&making);
    if (status == MANDO_OK)
        status = summarise(&making);
    mando_batch_free(making.workspace);
    mando_arena_release(&making.arena);
    if (status == MANDO_OK)
        *worth_out = &making.owned->worth;
    else
        mando_paths_worth_free(&making.owned->worth);
    return status;
}

void mando_paths_worth_free(struct mando_paths_worth *worth)
{
    if (!worth)
        return;
    mando_free(((struct owned_worth *)worth)->objective_eur);
    mando_free(worth);
}
