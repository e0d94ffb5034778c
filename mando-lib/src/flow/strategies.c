#include "flow/strategies.h"

#include <string.h>

static const struct mando_strategy *const STRATEGIES[] = {&FLOW_SCHEDULING, NULL};

const struct mando_strategy *flow_strategy_at(size_t i)
{
    size_t place = 0;
    while (place < i && STRATEGIES[place])
        place++;
    return STRATEGIES[place];
}

const struct mando_strategy *flow_strategy_find(const char *name)
{
    const struct mando_strategy *strategy;
    for (size_t i = 0; (strategy = flow_strategy_at(i)); i++)
        if (strcmp(strategy->name, name) == 0)
            return strategy;
    return NULL;
}
