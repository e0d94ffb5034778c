/* market/limits.h: a battery's limits on cycles as limits of single days and years. */
#ifndef MANDO_MARKET_LIMITS_H
#define MANDO_MARKET_LIMITS_H

#include "base/arena.h"
#include "mando/plan.h"

struct mando_cycle_limits {
    struct mando_optimize_limit *days, *years; /* of the whole series; NULL = none */
    size_t day_count, year_count, day_periods_max;
};

/* Limits of the delivery days and calendar years of `zone`, from the arena; a part of a day or year
 * has the whole limit. MANDO_INVALID (optimize.horizon: no zone, or a period crosses midnight),
 * MANDO_NO_MEMORY. */
enum mando_status mando_cycle_limits_make(const struct mando_battery *battery,
                                          const struct mando_prices *prices,
                                          const struct mando_zone *zone, struct mando_arena *arena,
                                          struct mando_cycle_limits *limits_out,
                                          struct mando_error *error);

/* The limits of horizon i of `horizon_count`: all of them, or that of the day that it is, which is
 * written to *day. */
void mando_cycle_limits_add(const struct mando_cycle_limits *limits, size_t i, size_t horizon_count,
                            struct mando_optimize_limit *day,
                            struct mando_optimize_problem *problem);

#endif
