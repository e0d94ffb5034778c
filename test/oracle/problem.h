/* problem.h: what the oracles read out of a dispatch problem. Written from mando/optimize.h alone and
 * shared with no code of the library. */
#ifndef ORACLE_PROBLEM_H
#define ORACLE_PROBLEM_H

#include <stdbool.h>

#include "mando/optimize.h"

/* Effective limits of period t: the stricter of the battery and the period. */
double problem_charge_mw(const struct mando_optimize_problem *problem, size_t t);
double problem_discharge_mw(const struct mando_optimize_problem *problem, size_t t);
double problem_soc_low_mwh(const struct mando_optimize_problem *problem, size_t t);
double problem_soc_high_mwh(const struct mando_optimize_problem *problem, size_t t);

/* What is left of a stored MWh after one period. */
double problem_keep(const struct mando_optimize_problem *problem);

/* EUR that a MWh at the grid costs when bought and earns when sold. */
double problem_cost_eur(const struct mando_optimize_problem *problem, size_t t);
double problem_gain_eur(const struct mando_optimize_problem *problem, size_t t);

/* Storing a MWh and taking it out in the same period would pay. */
bool problem_burns(const struct mando_optimize_problem *problem, size_t t);
size_t problem_burning_periods(const struct mando_optimize_problem *problem);

/* The first `periods` of a problem with a free and worthless end. */
struct mando_optimize_problem problem_prefix(const struct mando_optimize_problem *problem,
                                             size_t periods);

/* Periods from `first` on, started at another state of charge. */
struct mando_optimize_problem problem_suffix(const struct mando_optimize_problem *problem,
                                             size_t first, double soc_start_mwh);

#endif
