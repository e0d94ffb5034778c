/* Reads a price file and nothing else: what is left of the command is the optimiser and the plan. */
#include <stdio.h>

#include "mando/codec.h"

int main(int argc, char **argv)
{
    struct mando_prices prices;
    struct mando_error error;
    if (argc != 2)
        return 2;
    if (mando_prices_read(argv[1], NULL, &prices, &error) != MANDO_OK) {
        (void)fprintf(stderr, "%s: %s\n", error.code, error.message);
        return 1;
    }
    (void)printf("%zu periods\n", prices.count);
    mando_prices_release(&prices);
    return 0;
}
