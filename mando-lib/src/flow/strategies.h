/* flow/strategies.h: the strategies that come along. */
#ifndef MANDO_FLOW_STRATEGIES_H
#define MANDO_FLOW_STRATEGIES_H

#include "mando/spi/strategy.h"

/* NULL from their number on. */
const struct mando_strategy *flow_strategy_at(size_t i);

/* NULL where there is none of that name. */
const struct mando_strategy *flow_strategy_find(const char *name);

extern const struct mando_strategy FLOW_SCHEDULING;

#endif
