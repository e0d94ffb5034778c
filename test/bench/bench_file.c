/* Writes a price file of so many quarter-hours: bench_file PERIODS > FILE. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "mando/time.h"

#define SEED 20251201
#define START_US INT64_C(1735689600000000) /* 2025-01-01T00:00:00Z */

int main(int argc, char **argv)
{
    size_t periods = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    struct random random = {SEED};
    double *prices = bench_doubles(periods);
    bench_prices(&random, periods, 0, -INFINITY, prices);
    (void)printf("start,price_eur_per_mwh\n");
    for (size_t t = 0; t < periods; t++) {
        char start[MANDO_TIME_TEXT_SIZE];
        mando_time_format(START_US + (int64_t)t * (MANDO_HOUR_US / 4), start);
        (void)printf("%s,%.2f\n", start, prices[t]);
    }
    free(prices);
    return periods > 0 ? 0 : 2;
}
