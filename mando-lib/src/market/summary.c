#include "market/summary.h"

#include <math.h>
#include <stdlib.h>

#define WORST_SHARE 0.05

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double mean_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    return sum / (double)count;
}

static double deviation_of(const double *values, size_t count, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (values[i] - mean) * (values[i] - mean);
    return count > 1 ? sqrt(sum / (double)(count - 1)) : NAN;
}

/* The value at `share` of the way from the least to the greatest, linear between neighbours. */
static double quantile_of(const double *sorted, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place, above = below + 1 < count ? below + 1 : below;
    double part = place - (double)below;
    return sorted[below] + part * (sorted[above] - sorted[below]);
}

/* The mean of the lowest `share` of all values; the last of them may count in part. */
static double mean_of_worst(const double *sorted, size_t count, double share)
{
    double weight = share * (double)count, sum = 0;
    size_t whole = (size_t)weight;
    for (size_t i = 0; i < whole; i++)
        sum += sorted[i];
    sum += (weight - (double)whole) * sorted[whole];
    return sum / weight;
}

struct mando_paths_summary mando_summary_of(double *values, size_t count)
{
    static const double SHARES[MANDO_PATHS_QUANTILES] = {0.05, 0.25, 0.5, 0.75, 0.95};
    struct mando_paths_summary summary;
    qsort(values, count, sizeof *values, compare);
    summary.mean_eur = mean_of(values, count);
    summary.standard_deviation_eur = deviation_of(values, count, summary.mean_eur);
    for (size_t i = 0; i < MANDO_PATHS_QUANTILES; i++)
        summary.quantile_eur[i] = quantile_of(values, count, SHARES[i]);
    summary.cvar_eur = mean_of_worst(values, count, WORST_SHARE);
    return summary;
}
