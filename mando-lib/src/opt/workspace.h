/* opt/workspace.h: what a solve writes down on its way back for its way forward. */
#ifndef MANDO_OPT_WORKSPACE_H
#define MANDO_OPT_WORKSPACE_H

#include <stdint.h>

#include "base/arena.h"
#include "opt/period.h"
#include "opt/stacks.h"

/* A stored value function, over the energy at the end of its period. */
struct curve_at {
    double low_mwh;
    uint32_t first, count;
};

struct mando_optimize {
    struct mando_arena arena; /* holds the workspace itself and all its arrays */
    struct mando_optimize_settings settings;
    /* Of the solve at hand: the arrays below, or those of a block with a limit. */
    struct levels *levels;   /* charge_to_mwh is NaN where the following value is a stored curve */
    struct curve_at *curves; /* of periods without levels */
    struct levels *own_levels;
    struct curve_at *own_curves;
    struct cycles *cycles;
    double *soc_mwh;     /* for water values where the caller wants no SoC */
    uint8_t *directions; /* periods_max, enum direction */
    struct stacks stacks;
    struct segment *scratch[2];      /* segments_max each */
    struct segment *stored;          /* segments_stored, the curves */
    size_t stored_count, stored_end; /* of those: how many hold curves, how many may */
    size_t periods_nonconcave, segments_peak;
};

enum solve {
    SOLVE_EXACT,
    SOLVE_BURN /* charging and discharging at once: an upper bound, always concave */
};

enum backward { BACKWARD_DONE, BACKWARD_BROKEN, BACKWARD_FULL };

/* Fills levels and curves from the last period to the first. BACKWARD_BROKEN: there is no plan;
 * BACKWARD_FULL: the value functions are larger than the workspace. */
enum backward optimize_backward(struct mando_optimize *workspace, const struct terms *terms,
                                enum solve solve);

/* The parts of it. The stacks hold the value of what is left after the last period, then what the
 * periods make of it: the value of the state before the first, whose ends no bound has cut. */
bool optimize_start_at_end(struct mando_optimize *workspace, const struct terms *terms);
enum backward optimize_run_back(struct mando_optimize *workspace, const struct terms *terms,
                                enum solve solve);

/* Cuts the stacks to bounds; false where they have nothing in common. */
bool optimize_clip(struct stacks *stacks, double low_mwh, double high_mwh, double dust_mwh);

/* Makes a level that is a bound but for rounding exactly the bound; then so are the states. */
void optimize_snap_levels(const struct terms *terms, struct levels *levels);

/* Where the policy leads from a state; the money and the energy withdrawn on the way. */
struct walk {
    double soc_mwh, money_eur, withdrawn_mwh;
};

/* Follows the policy through terms->periods; fills the states. */
struct walk optimize_walk(struct mando_optimize *workspace, const struct terms *terms,
                          double soc_start_mwh, double *soc_mwh_out);

/* A walk that only its end counts. All periods have levels, and terms are plain and without a price
 * of their own. */
struct tally {
    const struct levels *levels;
    double price_eur, soc_mwh; /* of throughput; the state before */
};

struct walk optimize_tally(const struct tally *tally, const struct terms *terms);

/* What such walks withdraw. Each step waits for the one before it, and some walks wait together. */
#define WALKS_TOGETHER 4
void optimize_withdrawn(const struct tally tally[WALKS_TOGETHER], const struct terms *terms,
                        double withdrawn_mwh_out[WALKS_TOGETHER]);

/* The powers that lead from soc_start through the states. */
void optimize_powers(const struct terms *terms, const double *soc_mwh, double *power_mw_out);

/* Room at the end of the stored segments for one more curve. */
struct curve optimize_room_for_curve(const struct mando_optimize *workspace);

/* What a change of the state in a period earns. */
double optimize_period_money(const struct period *period, double stored_mwh);

/* What a path of states earns, with the value of what is left. */
double optimize_money(const struct terms *terms, const double *soc_mwh);

/* Runs the policy from soc_start; fills power and SoC and returns the objective. */
double optimize_forward(struct mando_optimize *workspace, const struct terms *terms,
                        const struct mando_optimize_solution *solution);

/* The same with charging and discharging at once, for SOLVE_BURN: fills only `directions`. */
double optimize_forward_burning(struct mando_optimize *workspace, const struct terms *terms);

/* Fills water values along soc_mwh, the state at the end of each period of a plan that is best. */
void optimize_water(const struct terms *terms, const double *soc_mwh,
                    double *water_value_eur_per_mwh);

#endif
