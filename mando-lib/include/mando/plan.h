/* mando/plan.h: the main job: a battery and a price series in, a plan and its euros out.
 *
 * Splits the series into horizons, solves each, in whole lots where asked, sends the plan through
 * the feasibility gate and adds up its money. Prices are known in advance: perfect foresight.
 * Money of a period: d*h*(sell - fee - degradation) - c*h*(buy + fee). Positive power sells.
 *
 * With PV, load or auxiliary_mw behind the battery's connection, what the connection exports is sold
 * and what it imports is bought: the money is then that of the site, its load included. */
#ifndef MANDO_PLAN_H
#define MANDO_PLAN_H

#include "mando/battery.h"
#include "mando/optimize.h"
#include "mando/prices.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mando_horizon { MANDO_HORIZON_ALL, MANDO_HORIZON_DAY };

struct mando_plan_options {
    enum mando_horizon horizon;
    const struct mando_zone *zone; /* of the delivery days; needed with MANDO_HORIZON_DAY */
    double lot_mw;                 /* every power is a multiple of it; 0 = any power */
    int burn_bound;                /* also compute burn_bound_eur */
    /* Called after each horizon with the periods done; a result other than 0 cancels. */
    int (*progress)(void *context, size_t periods_done, size_t periods);
    void *progress_context;
};

struct mando_plan_horizon {
    size_t first, periods;
    double objective_eur, equivalent_full_cycles, soc_start_mwh, soc_end_mwh;
};

/* A day or a calendar year that has a limit on cycles. */
struct mando_plan_limit {
    size_t first, periods;
    double equivalent_full_cycles;
    double cycle_value_eur; /* what one more cycle in it is worth */
};

/* Sums over any range of periods. */
struct mando_plan_totals {
    double objective_eur; /* revenue - fee - degradation + end_value */
    double revenue_eur;   /* sales less purchases */
    double fee_eur, degradation_eur, end_value_eur;
    double charged_mwh, discharged_mwh; /* at the grid, positive */
    double curtailed_mwh;               /* of the PV */
    double equivalent_full_cycles;      /* discharged at the cells over soc_max - soc_min */
};

/* Ours: read it, mando_plan_free it. Arrays have `periods` entries, NaN is an empty cell. */
struct mando_plan {
    size_t periods;
    int64_t start_us, step_us;
    double step_h;
    const double *power_mw, *soc_mwh;
    const double *grid_mw;      /* at the connection, positive exports; NULL where nothing but the
                                 * battery is behind it */
    const double *curtailed_mw; /* of the PV; NULL without */
    const double *price_eur_per_mwh; /* of the side traded; NaN when idle and the two differ */
    const double *profit_eur, *water_value_eur_per_mwh;
    size_t horizon_count;
    const struct mando_plan_horizon *horizons;
    size_t day_count, year_count; /* 0 without a limit on cycles per day, per year */
    const struct mando_plan_limit *days, *years;
    struct mando_plan_totals totals;
    double eur_per_mw_year; /* cash (revenue - fee) per MW of discharge power, scaled to 8,760 h */
    double lot_cost_eur;    /* what the exact plan earns more; NaN without lots */
    double
        burn_bound_eur; /* what burning energy would claim; NaN where not asked for, or with LP */
    enum mando_optimize_method method; /* the hardest that one of the horizons needed */
    int optimal;     /* 0: no plan (with lots: no plan in lots) earns gap_eur more */
    double gap_eur;  /* proven, 0 where optimal */
    double solve_us; /* inside the kernel, all horizons */
    size_t periods_nonconcave;
    size_t nodes; /* of all branchings */
};

/* Makes a plan; *plan_out is the caller's. options NULL = all zero: one horizon, any power.
 * MANDO_INVALID     battery.*, field.*, optimize.horizon, optimize.problem, time.range where the
 *                   series leaves the years 1 to 9999
 * MANDO_UNSUPPORTED (optimize.unsupported) a limit on cycles together with lots, or per year with
 *                   days that stand alone, or over more than eight calendar years; lots with points, a ramp or a site; these where the
 *                   library was built without a linear-programming solver
 * MANDO_LIMIT       optimize.nodes
 * MANDO_INFEASIBLE  error->index is the period of the file, as in optimize.h
 * MANDO_CANCELLED   by progress (cancelled); MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_plan_make(const struct mando_battery *battery,
                                            const struct mando_prices *prices,
                                            const struct mando_plan_options *options,
                                            struct mando_plan **plan_out,
                                            struct mando_error *error);
MANDO_API void mando_plan_free(struct mando_plan *plan);

/* Adds up periods [first, first + count) of a plan: a day, a week. end_value_eur is that of the
 * horizons that end in the range. */
MANDO_API struct mando_plan_totals mando_plan_sum(const struct mando_plan *plan,
                                                  const struct mando_battery *battery,
                                                  const struct mando_prices *prices, size_t first,
                                                  size_t count);

#ifdef __cplusplus
}
#endif

#endif
