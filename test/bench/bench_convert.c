/* bench_convert PERIOD STEP_S ZONE PRICES WAY...: a series as the means of its periods, columns in memory
 * to columns in memory. A way is "mando", or "mando:times", which takes along when values were known
 * and changed. Prints RUNS lines of JSON for each way, times in us; the answer is of all that came out. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "domain/convert.h"
#include "instances.h"

#define RUNS 7
#define SECOND_US INT64_C(1000000)
#define START_US (INT64_C(315529200) * SECOND_US) /* 1980 begins in Berlin */
#define PRIME 1000003

struct series {
    size_t count;
    int64_t *start_us, *end_us, *knowledge_us, *change_us;
    double *value;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_convert: %s\n", what);
    exit(1);
}

static int64_t *times(size_t count)
{
    int64_t *found = calloc(count, sizeof *found);
    if (!found)
        fail("no memory");
    return found;
}

/* Room for as many rows; touched, so that no run pays for the first use of memory. */
static struct series series_new(size_t count)
{
    struct series series = {count,        times(count), times(count),
                            times(count), times(count), bench_doubles(count)};
    memset(series.start_us, 1, count * sizeof(int64_t));
    memset(series.end_us, 1, count * sizeof(int64_t));
    memset(series.knowledge_us, 1, count * sizeof(int64_t));
    memset(series.change_us, 1, count * sizeof(int64_t));
    memset(series.value, 1, count * sizeof(double));
    return series;
}

static void series_free(struct series *series)
{
    free(series->start_us);
    free(series->end_us);
    free(series->knowledge_us);
    free(series->change_us);
    free(series->value);
}

/* Known a day before, stored 10,000 rows at a time. */
static struct series read_series(const char *path, int64_t step_us)
{
    struct instances instances;
    instances_read(NULL, path, &instances);
    struct series series = series_new(instances.periods);
    for (size_t i = 0; i < series.count; i++) {
        series.start_us[i] = START_US + (int64_t)i * step_us;
        series.end_us[i] = series.start_us[i] + step_us;
        series.knowledge_us[i] = series.start_us[i] - 86400 * SECOND_US;
        series.change_us[i] = START_US + (int64_t)(i / 10000) * SECOND_US;
        series.value[i] = instances.prices[i];
    }
    instances_release(&instances);
    return series;
}

static void convert(const struct mando_convert_rule *rule, const struct mando_rows *rows,
                    struct mando_converted *out)
{
    struct mando_convert convert = {0};
    struct mando_error error;
    size_t row = 0;
    out->count = 0;
    if (mando_convert_start(&convert, rule, &error)
        || mando_convert_rows(&convert, rows, &row, rows->count, out, &error))
        fail(error.message);
    if (row < rows->count || !mando_convert_finish(&convert, out))
        fail("there are more periods than rows");
    mando_convert_release(&convert);
}

/* Between 0 and 1, another for each time. */
static double weight(int64_t time_us)
{
    return (double)(time_us / SECOND_US % PRIME) / PRIME;
}

static double answer_of(const struct mando_converted *out)
{
    double answer = 0;
    for (size_t i = 0; i < out->count; i++) {
        answer += out->value[i] * (1 + weight(out->start_us[i]));
        if (out->knowledge_us)
            answer += weight(out->knowledge_us[i]) + weight(out->change_us[i]);
    }
    return answer;
}

static void run(const char *way, const struct mando_convert_rule *rule, const struct series *series,
                struct series *room)
{
    bool has_times = strcmp(way, "mando:times") == 0;
    if (!has_times && strcmp(way, "mando") != 0)
        fail("a way is mando or mando:times");
    struct mando_rows rows = {.count = series->count,
                              .type = MANDO_SERIES,
                              .width = 1,
                              .valid_start_us = series->start_us,
                              .valid_end_us = series->end_us,
                              .knowledge_us = has_times ? series->knowledge_us : NULL,
                              .change_us = has_times ? series->change_us : NULL,
                              .value = series->value};
    struct mando_converted out = {.capacity = room->count,
                                  .start_us = room->start_us,
                                  .end_us = room->end_us,
                                  .knowledge_us = has_times ? room->knowledge_us : NULL,
                                  .change_us = has_times ? room->change_us : NULL,
                                  .value = room->value};
    for (int i = 0; i < RUNS; i++) {
        double start_us = bench_now_us();
        convert(rule, &rows, &out);
        double fresh_us = bench_now_us() - start_us;
        (void)printf("{\"instance\": 0, \"solver\": \"%s\", \"fresh\": %.6g, \"answer\": %.17g}\n",
                     way, fresh_us, answer_of(&out));
    }
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    struct mando_zone *zone = NULL;
    struct mando_error error;
    struct mando_convert_rule rule = {
        .aggregation = MANDO_MEAN, .from_us = INT64_MIN, .to_us = INT64_MAX, .width = 1};
    if (mando_duration_parse(argv[1], strlen(argv[1]), &rule.periods.length, &error)
        || mando_zone_open(argv[3], NULL, &zone, &error))
        fail(error.message);
    rule.periods.zone = zone;
    struct series series = read_series(argv[4], strtoll(argv[2], NULL, 10) * SECOND_US);
    struct series room = series_new(series.count);
    for (int i = 5; i < argc; i++)
        run(argv[i], &rule, &series, &room);
    series_free(&series);
    series_free(&room);
    mando_zone_free(zone);
    return 0;
}
