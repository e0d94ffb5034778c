/* opt/block.h: all blocks of a horizon, one after the other. */
#ifndef MANDO_OPT_BLOCK_H
#define MANDO_OPT_BLOCK_H

#include "opt/price.h"

/* Splits the horizon into blocks at the ends of limits; the last one, of no periods, is its end. */
size_t blocks_split(const struct mando_optimize_problem *p, struct block *blocks);

/* Back and forth through all blocks; fills the states and tells the bound. */
enum backward blocks_solve(struct solver *s, double *states, double *bound_eur);

#endif
