#include "mando/prices.h"

#include "base/alloc.h"

void mando_prices_release(struct mando_prices *prices)
{
    if (!prices)
        return;
    mando_free(prices->owned);
    *prices = (struct mando_prices){0};
}
