/* mando/optimize.h: the exact dispatch kernel: one battery, one horizon, known prices.
 *
 * In each period the battery charges c MW or discharges d MW at the grid, never both:
 *   soc[t] = soc[t-1] * (1 - self_discharge_per_h)^h + efficiency_charge * c * h
 *            - d * h / efficiency_discharge,
 * within the limits at the end of every period. The plan maximises
 *   sum of d*h*(sell - fee - degradation) - c*h*(buy + fee), plus the value of what is left.
 * Positive power discharges. Exact for every price, negative ones included: a backward recursion on
 * the piecewise linear value of stored energy, no grid and no solver. Nothing is traded that gains
 * nothing, and the answer is the same on every machine.
 *
 * A workspace belongs to one thread at a time; different workspaces are independent. */
#ifndef MANDO_OPTIMIZE_H
#define MANDO_OPTIMIZE_H

#include "mando/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mando_optimize_settings {
    size_t periods_max;       /* the longest horizon of this workspace */
    size_t segments_max;      /* of one value function while prices are negative */
    size_t segments_stored;   /* of all value functions kept for the forward pass */
    size_t limits_max;        /* day limits and year limits, each */
    size_t limit_periods_max; /* of one day limit */
};

/* Room for a year of quarter-hours, and for limits of three years of days of single minutes. */
#define MANDO_OPTIMIZE_SETTINGS_DEFAULT                                                            \
    {                                                                                              \
        35136, 4096, 1 << 20, 1100, 1500                                                           \
    }

/* Limits of calendar years in one problem, at most. */
#define MANDO_OPTIMIZE_YEAR_LIMITS_MAX 8

/* A limit on the energy withdrawn at the cells (self-discharge does not count) in some periods. */
struct mando_optimize_limit {
    size_t first, periods;
    double withdrawn_mwh_max; /* >= 0 */
};

/* All energies MWh at the cells, powers MW at the grid, prices EUR/MWh. Borrowed. */
struct mando_optimize_problem {
    size_t periods;                                   /* >= 1 */
    double step_h;                                    /* > 0 */
    const double *buy_eur_per_mwh, *sell_eur_per_mwh; /* buy >= sell, both below 1e30 in amount */
    /* Limits of single periods, stricter than those below where they are: NULL or NaN = none. */
    const double *power_charge_mw_max, *power_discharge_mw_max, *soc_min_mwh_end, *soc_max_mwh_end;
    double power_charge_mw, power_discharge_mw; /* >= 0 */
    double soc_min_mwh, soc_max_mwh, soc_start_mwh;
    double soc_end_mwh; /* NaN = free */
    double soc_end_value_eur_per_mwh;
    double efficiency_charge, efficiency_discharge;  /* (0, 1] */
    double fee_eur_per_mwh, degradation_eur_per_mwh; /* >= 0 */
    double self_discharge_per_h;                     /* [0, 1) */
    /* Limits on throughput, of delivery days and of calendar years: each list in order of time and
     * without overlap; a day's limit lies wholly inside or outside of a year's. */
    const struct mando_optimize_limit *day_limits, *year_limits;
    size_t day_limit_count, year_limit_count;
};

/* Arrays of `periods` doubles, the caller's, none overlapping another; NULL = not wanted. What they
 * hold after a failure is undefined. */
struct mando_optimize_solution {
    double *power_mw;                /* mean power of the period, positive discharges */
    double *soc_mwh;                 /* at the end of the period */
    double *water_value_eur_per_mwh; /* worth of one more MWh held at that end: the right-hand
                                      * derivative, left-hand where no more fits, NaN at a fixed end;
                                      * with limits on throughput, at the prices below instead;
                                      * of plans that earn the same where burning pays, of this one */
    /* What one more MWh of a limit is worth, for each day limit and each year limit: all of them together
     * are one solution of the dual, so that a battery that has no limits, but pays these prices for what it
     * withdraws, earns at most the objective less price * limit of each. Where burning would pay, all
     * this with the directions of the plan. */
    double *day_limit_eur_per_mwh, *year_limit_eur_per_mwh;
};

enum mando_optimize_method {
    MANDO_METHOD_CONCAVE, /* one concave value function */
    MANDO_METHOD_PIECES,  /* not concave while burning energy would pay */
    MANDO_METHOD_DUAL,    /* prices of throughput for the limits on it */
    MANDO_METHOD_BRANCH,  /* and directions fixed where both are in force */
    MANDO_METHOD_LP       /* linear programming, by mando_plan_make alone */
};

struct mando_optimize_info {
    double objective_eur; /* with the value of what is left */
    double bound_eur;     /* no plan earns more */
    int optimal;          /* 0: bound_eur - objective_eur is a proven gap, limits were reached */
    enum mando_optimize_method method;
    size_t periods_nonconcave; /* periods in which burning energy would pay */
    size_t segments_peak;      /* of the largest value function */
    size_t nodes;              /* of the branching, 0 where there was none */
};

struct mando_optimize; /* a workspace */

/* Allocates a workspace for settings, NULL = the default. *workspace_out is the caller's.
 * MANDO_INVALID (optimize.problem), MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_optimize_setup(const struct mando_optimize_settings *settings,
                                                 struct mando_optimize **workspace_out,
                                                 struct mando_error *error);
MANDO_API void mando_optimize_free(struct mando_optimize *workspace);

/* Solves one problem; allocates nothing. solution and info may be NULL.
 * MANDO_INVALID    (optimize.problem) malformed; error->index is the period, where it is one's.
 * MANDO_LIMIT      (optimize.size) more periods than periods_max.
 * MANDO_INFEASIBLE (optimize.infeasible) error->index is the first period such that periods up to it
 *                  already have no plan; the last one if only the end cannot be met. */
MANDO_API enum mando_status mando_optimize_solve(struct mando_optimize *workspace,
                                                 const struct mando_optimize_problem *problem,
                                                 const struct mando_optimize_solution *solution,
                                                 struct mando_optimize_info *info,
                                                 struct mando_error *error);

/* What a solver without the rule "never both" would claim: charging and discharging at once burns
 * energy at negative prices. An upper bound of mando_optimize_solve, not a plan. Same statuses. */
MANDO_API enum mando_status mando_optimize_burn_bound(struct mando_optimize *workspace,
                                                      const struct mando_optimize_problem *problem,
                                                      double *bound_eur_out,
                                                      struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
