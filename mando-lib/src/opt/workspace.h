/* opt/workspace.h: what a solve writes down on its way back for its way forward. */
#ifndef MANDO_OPT_WORKSPACE_H
#define MANDO_OPT_WORKSPACE_H

#include <stdint.h>

#include "opt/period.h"
#include "opt/stacks.h"

/* A stored value function, over the energy at the end of its period. */
struct curve_at {
    double low_mwh;
    uint32_t first, count;
};

struct mando_optimize {
    struct mando_optimize_settings settings;
    struct levels *levels;   /* charge_to_mwh is NaN where the following value is a stored curve */
    struct curve_at *curves; /* of periods without levels */
    double *soc_mwh;         /* for water values where the caller wants no SoC */
    uint8_t *charges;        /* per period: 1 if it may only charge; for SOLVE_ONE_SIDED */
    struct stacks stacks;
    struct segment *scratch[2]; /* segments_max each */
    struct segment *stored;     /* segments_stored, the curves */
    size_t stored_count, periods_nonconcave, segments_peak;
};

enum solve {
    SOLVE_EXACT,
    SOLVE_BURN,     /* charging and discharging at once: an upper bound, always concave */
    SOLVE_ONE_SIDED /* each burning period in the direction that `charges` tells: a plan */
};

enum backward { BACKWARD_DONE, BACKWARD_BROKEN, BACKWARD_FULL };

/* Fills levels and curves from the last period to the first. BACKWARD_BROKEN: there is no plan;
 * BACKWARD_FULL: the value functions are larger than the workspace. */
enum backward optimize_backward(struct mando_optimize *workspace, const struct terms *terms,
                                enum solve solve);

/* Runs the policy from soc_start; fills power and SoC and returns the objective. */
double optimize_forward(struct mando_optimize *workspace, const struct terms *terms,
                        enum solve solve, const struct mando_optimize_solution *solution);

/* The same with charging and discharging at once, for SOLVE_BURN: fills only `charges`. */
double optimize_forward_burning(struct mando_optimize *workspace, const struct terms *terms);

/* Fills water values along soc_mwh, the state at the end of each period. */
void optimize_water(const struct mando_optimize *workspace, const struct terms *terms,
                    const double *soc_mwh, double *water_value_eur_per_mwh);

/* The period as a solve sees it. */
static inline struct period period_for(const struct mando_optimize *workspace,
                                       const struct terms *terms, enum solve solve, size_t t)
{
    struct period period = period_at(terms, t);
    if (solve == SOLVE_ONE_SIDED && period.charge_eur < period.discharge_eur) {
        if (workspace->charges[t]) {
            period.down_mwh = 0;
            period.discharge_eur = period.charge_eur;
        } else {
            period.up_mwh = 0;
            period.charge_eur = period.discharge_eur;
        }
    }
    return period;
}

#endif
