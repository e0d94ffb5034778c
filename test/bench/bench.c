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

struct bench_spread bench_spread(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    return (struct bench_spread){samples[count / 2], samples[count / 10],
                                 samples[count - 1 - count / 10]};
}

void bench_row_begin(const char *name, size_t count, uint64_t seed)
{
    (void)printf("{\"name\": \"%s\", \"count\": %zu, \"seed\": %llu", name, count,
                 (unsigned long long)seed);
}

void bench_row_spread(const char *name, struct bench_spread spread)
{
    (void)printf(", \"%s\": {\"median\": %.6g, \"p10\": %.6g, \"p90\": %.6g}", name, spread.median,
                 spread.p10, spread.p90);
}

void bench_row_number(const char *name, double value)
{
    (void)printf(", \"%s\": %.6g", name, value);
}

void bench_row_text(const char *name, const char *value)
{
    (void)printf(", \"%s\": \"%s\"", name, value);
}

void bench_row_end(void)
{
    (void)printf("}\n");
    (void)fflush(stdout);
}

double bench_agree(const char *row, size_t instance, const char *peer, double ours, double theirs)
{
    double difference = fabs(ours - theirs) / fmax(1, fabs(theirs));
    if (difference <= 1e-7)
        return difference;
    (void)fprintf(stderr, "%s, instance %zu: %.17g, but %s finds %.17g\n", row, instance, ours,
                  peer, theirs);
    exit(1);
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
