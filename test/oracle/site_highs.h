/* site_highs.h: a piecewise battery on a site as a MILP with every rule in binaries, through HiGHS.
 * Written from the fields' documentation alone and shared with no code of the library. */
#ifndef ORACLE_SITE_HIGHS_H
#define ORACLE_SITE_HIGHS_H

#include "mando/battery.h"
#include "mando/prices.h"
#include "model.h"

/* Whether HiGHS was there when this was built. */
bool site_highs_is_there(void);

/* The maximum of the whole series as one horizon; cycle limits are those of days of UTC. */
enum model_answer site_highs(const struct mando_battery *battery, const struct mando_prices *prices,
                             double *objective_out);

#endif
