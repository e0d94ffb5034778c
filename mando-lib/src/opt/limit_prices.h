/* opt/limit_prices.h: the prices of limits on throughput, one solution of the dual. */
#ifndef MANDO_OPT_LIMIT_PRICES_H
#define MANDO_OPT_LIMIT_PRICES_H

#include "opt/price.h"

/* Sets price_eur of all blocks to prices at which a plan that is best is best without limits, for the
 * year prices of the blocks and the directions of the solver's terms. README.md tells how. */
void limit_prices_choose(const struct solver *s, const double *soc_mwh);

#endif
