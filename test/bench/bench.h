/* bench.h: times of one thing over many instances, and rows of results as JSON, one a line. */
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
struct bench_spread {
    double median, p10, p90;
};
struct bench_spread bench_spread(double *samples, size_t count);

/* Starts a row, adds fields to it, ends it with a newline on standard output. */
void bench_row_begin(const char *name, size_t count, uint64_t seed);
void bench_row_spread(const char *name, struct bench_spread spread);
void bench_row_number(const char *name, double value);
void bench_row_text(const char *name, const char *value);
void bench_row_end(void);

/* Ends the program with an error where two values of one problem differ by more than 1e-7 of it;
 * else returns the relative difference. */
double bench_agree(const char *row, size_t instance, const char *peer, double ours, double theirs);

/* Quarter-hour prices of days that look like real ones: two humps, a dip at noon that goes below
 * zero at times, a saw within the hours, noise. EUR/MWh with two decimals, none below the floor. */
void bench_prices(struct random *random, size_t periods, double shift_eur, double floor_eur,
                  double *prices_out);

#endif
