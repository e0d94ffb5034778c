/* bench_prices PERIODS COUNT SEED SHIFT_EUR FLOOR_EUR: prices of quarter-hours that look like real
 * ones, COUNT lines of PERIODS each, none below the floor ("-inf": as they come). */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

int main(int argc, char **argv)
{
    if (argc != 6)
        return 2;
    size_t periods = strtoull(argv[1], NULL, 10), count = strtoull(argv[2], NULL, 10);
    struct random random = {strtoull(argv[3], NULL, 10)};
    double shift_eur = strtod(argv[4], NULL), floor_eur = strtod(argv[5], NULL);
    double *prices = bench_doubles(periods);
    for (size_t i = 0; i < count; i++) {
        bench_prices(&random, periods, shift_eur, floor_eur, prices);
        for (size_t t = 0; t < periods; t++)
            (void)printf("%.2f%c", prices[t], t + 1 < periods ? ' ' : '\n');
    }
    free(prices);
    return 0;
}
