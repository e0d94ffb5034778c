/* opt/site_model.h: a site_problem as a linear programme.
 *
 * Battery power is a mean of points: full charging, the ends of its segments, rest, the ends of the
 * segments of discharging. Each has a weight, their sum is 1. Where only weights of neighbours are
 * above 0 the battery does one thing and fills its segments in order; the programme alone allows any
 * weights, the convex hull of what can be. Each period has the same columns (the weights, the energy
 * at its end, export, import, curtailed PV) and the same rows; a row that says nothing in a period
 * has no bounds there. */
#ifndef MANDO_OPT_SITE_MODEL_H
#define MANDO_OPT_SITE_MODEL_H

#include "base/arena.h"
#include "opt/lp.h"
#include "opt/site.h"

struct site_model {
    const struct site_problem *problem;
    struct asset_curve charging, discharging;
    double keep;
    double unit; /* MW: what rows of powers and energies, and the money, are divided by */
    bool is_free_of_charge;                  /* only whether there is a plan matters */
    int period_columns, period_rows;         /* of one period */
    int rest, points;                        /* weights: 0 is full charging; columns of a period */
    int soc;                                 /* the column after the weights */
    int charge_taper, discharge_taper, ramp; /* rows from a period's first; no ramp is -1 */
    int limit_rows[2]; /* the first of each list of limits, after all periods */
    double *point_mw;  /* battery power of each column that is a weight */
    double *objective, *column_low, *column_high, *row_low, *row_high, *values;
    int *starts, *indices;
    struct lp_model lp; /* points to the arrays above */
};

/* Builds the model in the arena; false without memory. */
bool site_model_build(const struct site_problem *problem, bool is_free_of_charge,
                      struct mando_arena *arena, struct site_model *model_out);

/* Limits of period t from the horizon's first. Those of power are what battery, period, connection
 * and the range of energies leave: the tighter they are, the less the programme can burn. */
double site_charge_mw_max(const struct site_model *model, size_t t);
double site_discharge_mw_max(const struct site_model *model, size_t t);
double site_soc_min_mwh(const struct site_problem *problem, size_t t);
double site_soc_max_mwh(const struct site_problem *problem, size_t t);

/* Follows the energies of a solution with a plan that never burns: each period charges or
 * discharges, filling its segments in order, what leads to the energy of its end, as far as all
 * limits allow. Returns what the plan earns; -INFINITY where it misses a limit. */
double site_follow(const struct site_model *model, const double *columns, double *power_mw_out,
                   double *soc_mwh_out);

#endif
