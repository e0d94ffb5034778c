/* site_brute.h: the best plan of a piecewise battery on a lattice, by trying every step from every
 * energy and every power before it. Exact without ramps and tapers where all is whole (see
 * site_random_lattice); with them every plan on the lattice is one, so it is a lower bound. */
#ifndef ORACLE_SITE_BRUTE_H
#define ORACLE_SITE_BRUTE_H

#include "mando/battery.h"
#include "mando/prices.h"

/* -INFINITY where no plan is on the lattice. */
double site_brute(const struct mando_battery *battery, const struct mando_prices *prices,
                  double unit_mwh);

#endif
