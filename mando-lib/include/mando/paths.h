/* mando/paths.h: many possible price paths over the same periods, and what a battery is worth on
 * them.
 *
 * Every path is solved for itself as if it were known in advance (perfect foresight on each path), so
 * the worth is an upper bound of what any strategy earns on these paths. */
#ifndef MANDO_PATHS_H
#define MANDO_PATHS_H

#include "mando/batch.h"
#include "mando/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Plain data. A reader fills one with memory of its own (mando_paths_release frees it); a caller that
 * has arrays sets the pointers and owns them. Periods are those of mando/prices.h. */
struct mando_paths {
    size_t paths, periods;
    int64_t start_us, step_us;
    int64_t index_first; /* index in the file of period 0, where a range was cut out of it */
    const double *price_eur_per_mwh;   /* of path i the period t is at [i * periods + t]; finite */
    const char *const *labels;         /* one for each path; NULL = none */
    void *owned_prices, *owned_labels; /* the reader's memory; NULL = the caller's own */
};

/* Frees what a reader filled and clears the struct. A cleared struct and NULL are fine. */
MANDO_API void mando_paths_release(struct mando_paths *paths);

struct mando_paths_options {
    enum mando_horizon horizon;
    const struct mando_zone
        *zone; /* of days and years; needed with MANDO_HORIZON_DAY and cycle limits */
    enum mando_batch_version version;
    /* Called after each some paths with those done; a result other than 0 cancels. */
    int (*progress)(void *context, size_t paths_done, size_t paths);
    void *progress_context;
};

enum mando_paths_quantile {
    MANDO_PATHS_P05,
    MANDO_PATHS_P25,
    MANDO_PATHS_P50,
    MANDO_PATHS_P75,
    MANDO_PATHS_P95,
    MANDO_PATHS_QUANTILES
};

/* Paths are equally likely. */
struct mando_paths_summary {
    double mean_eur;
    double standard_deviation_eur;              /* of a sample (n - 1); NaN with one path */
    double quantile_eur[MANDO_PATHS_QUANTILES]; /* linear between the values beside it */
    double cvar_eur; /* mean of the worst 5 %; a path that is partly among them counts in part */
};

/* Ours: read it, mando_paths_worth_free it. */
struct mando_paths_worth {
    size_t paths;
    const double *objective_eur; /* of each path, as mando_plan_totals has it */
    struct mando_paths_summary summary;
    size_t horizon_count;         /* of each path */
    struct mando_batch_info info; /* all problems: paths times horizons */
    double solve_us;              /* inside the kernel */
};

/* Values a battery on paths; *worth_out is the caller's.
 * MANDO_INVALID     battery.*, field.*, optimize.horizon, optimize.problem
 * MANDO_UNSUPPORTED cycles_per_year_max with MANDO_HORIZON_DAY, points, ramp_mw_per_h_max or
 *                   auxiliary_mw, or a version that the machine lacks (optimize.unsupported)
 * MANDO_INFEASIBLE  error->index is the period of the file, as in optimize.h
 * MANDO_CANCELLED   by progress (cancelled); MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_paths_solve(const struct mando_battery *battery,
                                              const struct mando_paths *paths,
                                              const struct mando_paths_options *options,
                                              struct mando_paths_worth **worth_out,
                                              struct mando_error *error);
MANDO_API void mando_paths_worth_free(struct mando_paths_worth *worth);

#ifdef __cplusplus
}
#endif

#endif
