#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double bench_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec * 1e-3;
}

double *bench_doubles(size_t count)
{
    double *values = calloc(count, sizeof *values);
    if (!values) {
        (void)fprintf(stderr, "no memory for %zu numbers\n", count);
        exit(1);
    }
    return values;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double bench_median(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    return samples[count / 2];
}

static double bump(double hour, double middle, double width)
{
    double distance = (hour - middle) / width;
    return exp(-0.5 * distance * distance);
}

/* Quarters of an hour against one another while demand rises and falls. */
static double saw(size_t quarter, double hour)
{
    double steepness = hour > 5 && hour < 10 ? -6 : hour > 15 && hour < 20 ? 6 : 1.8;
    return ((double)(quarter % 4) - 1.5) * steepness;
}

void bench_prices(struct random *random, size_t periods, double shift_eur, double floor_eur,
                  double *prices_out)
{
    double noise = 0, level = 0, sun = 0;
    for (size_t t = 0; t < periods; t++) {
        double hour = (double)(t % 96) / 4;
        if (t % 96 == 0) {
            level = 85 + 20 * random_normal(random);
            sun = random_between(random, 60, 130);
        }
        noise = 0.95 * noise + 4 * random_normal(random);
        double price = level + 25 * bump(hour, 8, 1.8) + 45 * bump(hour, 19, 2)
                       - sun * bump(hour, 13, 2.6) + saw(t, hour) + noise + shift_eur;
        prices_out[t] = fmax(round(price * 100) / 100, floor_eur);
    }
}
