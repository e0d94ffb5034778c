/* site_random.h: random piecewise batteries with prices, PV and load. A seed is an instance. */
#ifndef ORACLE_SITE_RANDOM_H
#define ORACLE_SITE_RANDOM_H

#include "mando/battery.h"
#include "mando/prices.h"
#include "random.h"

#define SITE_PERIODS_MAX 400

struct site_random {
    struct mando_battery battery;
    struct mando_prices prices; /* points into the arrays below */
    double buy[SITE_PERIODS_MAX], sell[SITE_PERIODS_MAX];
    double charge[SITE_PERIODS_MAX], discharge[SITE_PERIODS_MAX];
    double low[SITE_PERIODS_MAX], high[SITE_PERIODS_MAX];
    double pv[SITE_PERIODS_MAX], load[SITE_PERIODS_MAX];
};

/* negative: the share of instances with negative prices. */
void site_random_make(struct site_random *site, uint64_t seed, size_t periods_max, double negative);

/* Takes from the instance what some plan needs: an end far away, a level that falls at once, or a
 * connection that cannot carry the load. It may still have a plan. */
void site_random_spoil(struct site_random *site, uint64_t seed);

/* Multiplies every power and energy. */
void site_random_scale(struct site_random *site, double factor);

/* Everything is a whole number of units of site_brute.h. With `couples`, ramps and tapers too, which
 * no lattice can be exact for. Returns the unit, MWh. */
double site_random_lattice(struct site_random *site, uint64_t seed, bool couples);

#endif
