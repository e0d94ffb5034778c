/* bench.h: a clock, memory and prices for the programs that bench/run times. */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "random.h"

/* Monotonic, in microseconds. */
double bench_now_us(void);

/* Zeroed; free() it. Ends the program where there is none. */
double *bench_doubles(size_t count);

/* Sorts the samples in place. */
double bench_median(double *samples, size_t count);

/* Quarter-hour prices of days that look like real ones: two humps, a dip at noon that goes below
 * zero at times, a saw within the hours, noise. EUR/MWh with two decimals, none below the floor. */
void bench_prices(struct random *random, size_t periods, double shift_eur, double floor_eur,
                  double *prices_out);

#endif
