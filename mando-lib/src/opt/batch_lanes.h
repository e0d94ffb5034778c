/* opt/batch_lanes.h: a group of problems, one in each lane of a vector, and the kernels that solve it.
 *
 * Which of the kernels runs makes no difference to a bit of the results: all are batch_kernel.h with
 * the same operations in the same order in every lane. They differ in how many lanes there are. */
#ifndef MANDO_OPT_BATCH_LANES_H
#define MANDO_OPT_BATCH_LANES_H

#include <stddef.h>

#define LANES_MAX 8

/* Rows of slots that a kernel needs: a period adds two, and three are read behind the last one. */
#define SLOTS_BEHIND 3
#define SLOTS_ROOM(periods) (2 * (periods) + 1 + SLOTS_BEHIND)

/* What a lane knows of its problem; see struct terms. Lanes without a problem repeat another's. */
struct batch_terms {
    double up_mwh[LANES_MAX], down_mwh[LANES_MAX]; /* a full charge or discharge of a period */
    double charge_mw[LANES_MAX], discharge_mw[LANES_MAX]; /* the same at the grid */
    double soc_min_mwh[LANES_MAX], soc_max_mwh[LANES_MAX], soc_start_mwh[LANES_MAX];
    double end_low_mwh[LANES_MAX], end_high_mwh[LANES_MAX]; /* both soc_end_mwh where it is fixed */
    double end_slope_eur[LANES_MAX]; /* value of a MWh left; -INFINITY where the end is fixed */
    double end_value_eur[LANES_MAX]; /* the same; 0 where the end is fixed */
    double per_stored[LANES_MAX], efficiency_discharge[LANES_MAX];
    double purchase_cost_eur[LANES_MAX], sale_cost_eur[LANES_MAX];
    double stored_mwh_per_mw[LANES_MAX], withdrawn_mwh_per_mw[LANES_MAX];
    double dust_mwh[LANES_MAX];
};

struct batch_group {
    struct batch_terms terms;
    size_t periods;
    const double *buy_eur_per_mwh[LANES_MAX], *sell_eur_per_mwh[LANES_MAX];
    /* Scratch, one row of lanes after the other: a row for each period, and for each slot. */
    double *charge_eur, *discharge_eur, *charge_to_mwh, *discharge_to_mwh, *soc_mwh;
    double *slopes, *ends;
    /* Results. Powers are in charge_to_mwh, which is no longer needed then. */
    int wants_power;
    double objective_eur[LANES_MAX];
};

/* Solves a group; the bits of the lanes that this kernel is not made for and whose results mean
 * nothing are set in the answer: burning pays in them, their prices are malformed, there is no
 * plan or no number for its money. */
typedef unsigned batch_kernel(struct batch_group *group);

batch_kernel batch_kernel_portable, batch_kernel_avx2, batch_kernel_avx512;

#define LANES_PORTABLE 2
#define LANES_AVX2 4
#define LANES_AVX512 8

#endif
