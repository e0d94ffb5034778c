/* Writes a price file of so many quarter-hours, none below a floor: bench_file PERIODS EUR > FILE. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "mando/time.h"

#define SEED 20251201
#define START_US INT64_C(1735689600000000) /* 2025-01-01T00:00:00Z */

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    size_t periods = strtoull(argv[1], NULL, 10);
    double floor_eur = strtod(argv[2], NULL);
    struct random random = {SEED};
    double *prices = bench_doubles(periods);
    bench_prices(&random, periods, 0, floor_eur, prices);
    (void)printf("start,price_eur_per_mwh\n");
    for (size_t t = 0; t < periods; t++) {
        char start[MANDO_TIME_TEXT_SIZE];
        mando_time_format(START_US + (int64_t)t * (MANDO_HOUR_US / 4), start);
        (void)printf("%s,%.2f\n", start, prices[t]);
    }
    free(prices);
    return 0;
}
