/* market/horizon.h: how a price series is split into horizons, and one horizon as the kernel's problem. */
#ifndef MANDO_MARKET_HORIZON_H
#define MANDO_MARKET_HORIZON_H

#include "base/arena.h"
#include "mando/plan.h"

/* The delivery days of a zone, in which no period may cross midnight. Only first and periods are set.
 * MANDO_INVALID (optimize.horizon), MANDO_NO_MEMORY. */
enum mando_status mando_days_split(const struct mando_prices *prices, const struct mando_zone *zone,
                                   struct mando_arena *arena, struct mando_plan_horizon **days_out,
                                   size_t *count_out, struct mando_error *error);

/* Splits prices into horizons from the arena: one, or one for each delivery day of the zone. Only
 * first and periods are set. MANDO_INVALID (optimize.horizon), MANDO_NO_MEMORY. */
enum mando_status mando_horizons_split(const struct mando_prices *prices,
                                       const struct mando_plan_options *options,
                                       struct mando_arena *arena,
                                       struct mando_plan_horizon **horizons_out, size_t *count_out,
                                       struct mando_error *error);

/* Points into prices. */
struct mando_optimize_problem mando_horizon_problem(const struct mando_battery *battery,
                                                    const struct mando_prices *prices,
                                                    const struct mando_plan_horizon *horizon);

/* Whether a battery can be planned horizon by horizon. MANDO_INVALID (optimize.horizon),
 * MANDO_UNSUPPORTED. */
enum mando_status mando_horizon_check(const struct mando_battery *battery,
                                      enum mando_horizon horizon, struct mando_error *error);

/* An error of a horizon's period becomes one of the file's, with the period's time. Returns
 * `status`. */
enum mando_status mando_horizon_place_error(const struct mando_prices *prices,
                                            const struct mando_plan_horizon *horizon,
                                            enum mando_status status, struct mando_error *error);

#endif
