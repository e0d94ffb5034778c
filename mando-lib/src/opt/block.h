/* opt/block.h: all blocks of a horizon, one after the other. */
#ifndef MANDO_OPT_BLOCK_H
#define MANDO_OPT_BLOCK_H

#include "opt/price.h"

/* Splits the horizon into blocks at the ends of limits; the last one, of no periods, is its end. */
size_t blocks_split(const struct mando_optimize_problem *p, struct block *blocks);

/* Back and forth through all blocks; fills the states and tells the bound. */
enum backward blocks_solve(struct solver *s, double *states, double *bound_eur);

/* Whether burning would pay in a period, whatever throughput costs. */
bool period_burns(const struct terms *terms, size_t t);

/* The first free burning period in which two plans go opposite ways; without one the end. */
size_t period_of_parting(const struct terms *terms, double soc_mwh, const double *a,
                         const double *b);

/* The last free burning period in which either of two plans trades, else the first one there is; without one the end. */
size_t period_of_trade(const struct terms *terms, double soc_mwh, const double *a, const double *b);

double path_stored_mwh(const struct terms *terms, double soc_mwh, const double *states, size_t t);

#endif
