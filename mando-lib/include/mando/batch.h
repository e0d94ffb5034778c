/* mando/batch.h: many problems of mando/optimize.h in one call: thousands of price paths for one
 * battery, or many batteries on one path.
 *
 * Problems are solved several at a time, one in each lane of a vector: eight with AVX-512, four with
 * AVX2, two elsewhere. What a problem's answer is depends neither on that nor on its neighbours nor on
 * how problems are divided into calls: it is the same to the last bit. The vector kernel is made for
 * what is common; problems in which burning energy would pay, with limits of single periods or on throughput, with
 * self-discharge, without power in one direction, or whose energy is very large against their power
 * are handed to mando_optimize_solve. Its answers and those of the vector kernel agree but for
 * rounding, which is far below 1e-9 of the objective; both are exact.
 *
 * A workspace belongs to one thread at a time; different workspaces are independent. To use several
 * threads, give each a workspace and a range of the problems. */
#ifndef MANDO_BATCH_H
#define MANDO_BATCH_H

#include "mando/optimize.h"

#ifdef __cplusplus
extern "C" {
#endif

enum mando_batch_version {
    MANDO_BATCH_BEST, /* the widest that the machine has */
    MANDO_BATCH_PORTABLE,
    MANDO_BATCH_AVX2,
    MANDO_BATCH_AVX512
};

struct mando_batch_settings {
    struct mando_optimize_settings optimize; /* of the problems that are solved one at a time */
    size_t slots_max; /* a problem that needs more, 2 * energy / (least energy that a full charge or
                       * discharge of a period moves) + 8, is solved alone */
    enum mando_batch_version version;
};

/* Room for a year of quarter-hours and for batteries of 14 hours of a quarter each. */
#define MANDO_BATCH_SETTINGS_DEFAULT                                                               \
    {                                                                                              \
        MANDO_OPTIMIZE_SETTINGS_DEFAULT, 128, MANDO_BATCH_BEST                                     \
    }

/* The caller's; NULL = not wanted. Of problem i the period t is at [i * periods + t]. */
struct mando_batch_solution {
    double *objective_eur; /* one for each problem, with the value of what is left */
    double *power_mw;      /* mean power of the period, positive discharges */
    double *soc_mwh;       /* at the end of the period */
};

struct mando_batch_info {
    enum mando_batch_version version;
    size_t solved_in_lanes; /* of the problems; mando_optimize_solve took the rest */
    size_t not_optimal;     /* problems whose limits of the workspace were reached */
    double gap_eur_max;     /* proven for each of them */
};

struct mando_batch; /* a workspace */

/* Allocates a workspace for settings, NULL = the default. *workspace_out is the caller's.
 * MANDO_INVALID (optimize.problem), MANDO_UNSUPPORTED (optimize.unsupported: the machine lacks that
 * version), MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_batch_setup(const struct mando_batch_settings *settings,
                                              struct mando_batch **workspace_out,
                                              struct mando_error *error);
MANDO_API void mando_batch_free(struct mando_batch *workspace);

/* Solves `count` problems of equally many periods; allocates nothing. solution and info may be NULL.
 * The statuses of mando_optimize_solve; error->index is then the first problem that has no answer,
 * and of the solution what belongs to the problems from there on means nothing. */
MANDO_API enum mando_status
mando_batch_solve(struct mando_batch *workspace, const struct mando_optimize_problem *problems,
                  size_t count, const struct mando_batch_solution *solution,
                  struct mando_batch_info *info, struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
