/* bench_batch TOGETHER BATTERY PRICES WAY...: problems in batches of TOGETHER by every way in turn, in the
 * lines of bench_solve.c: an instance is a batch, its answer the sum of its objectives, its times are
 * us for each problem. Problem by problem, too, all ways must agree. A way is a name and what is wanted: "best", "best:plans" for power and state of
 * charge too. "single" is mando_optimize_solve in a loop, "threads" the best on two threads. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "instances.h"
#include "mando/batch.h"

#define WAYS_MAX 4
#define THREADS 2
#define HOT_RUNS 5
#define TOLERANCE 1e-9 /* relative, of single problems */

enum manner { SINGLE, BATCH, BATCH_ON_THREADS };

struct way {
    const char *word;
    enum manner manner;
    enum mando_batch_version version;
    bool plans;
    struct mando_optimize *single;
    struct mando_batch *batch[THREADS];
};

struct work {
    struct instances instances;
    size_t together;
    struct mando_optimize_problem *problems;
    double *objective_eur, *power_mw, *soc_mwh;
    double *first_eur; /* what the first way found */
};

/* One thread's part of a batch. */
struct part {
    struct mando_batch *batch;
    const struct work *work;
    bool plans;
    size_t first, count;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_batch: %s\n", what);
    exit(1);
}

static void name_way(const char *word, struct way *way)
{
    static const struct {
        const char *name;
        enum manner manner;
        enum mando_batch_version version;
    } named[] = {
        {"single", SINGLE, MANDO_BATCH_BEST},      {"best", BATCH, MANDO_BATCH_BEST},
        {"avx512", BATCH, MANDO_BATCH_AVX512},     {"avx2", BATCH, MANDO_BATCH_AVX2},
        {"portable", BATCH, MANDO_BATCH_PORTABLE}, {"threads", BATCH_ON_THREADS, MANDO_BATCH_BEST}};
    size_t length = strcspn(word, ":");
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strlen(named[i].name) == length && strncmp(word, named[i].name, length) == 0) {
            way->word = word;
            way->manner = named[i].manner;
            way->version = named[i].version;
            way->plans = strcmp(word + length, ":plans") == 0;
            return;
        }
    fail("a way is single, best, avx512, avx2, portable or threads");
}

static void open_way(const char *word, struct way *way)
{
    struct mando_batch_settings settings = MANDO_BATCH_SETTINGS_DEFAULT;
    struct mando_error error;
    name_way(word, way);
    settings.version = way->version;
    if (mando_optimize_setup(NULL, &way->single, &error) != MANDO_OK)
        fail(error.message);
    for (size_t k = 0; k < THREADS; k++)
        if (mando_batch_setup(&settings, &way->batch[k], &error) != MANDO_OK)
            fail(error.message);
}

static void close_way(struct way *way)
{
    mando_optimize_free(way->single);
    for (size_t k = 0; k < THREADS; k++)
        mando_batch_free(way->batch[k]);
}

static void solve_single(const struct way *way, const struct work *work)
{
    struct mando_optimize_info info;
    for (size_t i = 0; i < work->together; i++) {
        struct mando_optimize_solution solution = {
            .power_mw = work->power_mw + i * work->instances.periods,
            .soc_mwh = work->soc_mwh + i * work->instances.periods};
        if (mando_optimize_solve(way->single, &work->problems[i], way->plans ? &solution : NULL,
                                 &info, NULL)
            != MANDO_OK)
            fail("a problem has no answer");
        work->objective_eur[i] = info.objective_eur;
    }
}

static void *solve_part(void *context)
{
    const struct part *part = context;
    const struct work *work = part->work;
    size_t offset = part->first * work->instances.periods;
    struct mando_batch_solution solution = {.objective_eur = work->objective_eur + part->first};
    if (part->plans) {
        solution.power_mw = work->power_mw + offset;
        solution.soc_mwh = work->soc_mwh + offset;
    }
    if (mando_batch_solve(part->batch, work->problems + part->first, part->count, &solution, NULL,
                          NULL)
        != MANDO_OK)
        fail("a problem has no answer");
    return NULL;
}

static void solve_on_threads(const struct way *way, const struct work *work)
{
    pthread_t threads[THREADS];
    struct part parts[THREADS];
    size_t share = work->together / THREADS;
    for (size_t k = 0; k < THREADS; k++) {
        size_t first = k * share, count = k + 1 < THREADS ? share : work->together - first;
        parts[k] = (struct part){way->batch[k], work, way->plans, first, count};
        if (k > 0 && pthread_create(&threads[k], NULL, solve_part, &parts[k]) != 0)
            fail("no thread");
    }
    (void)solve_part(&parts[0]);
    for (size_t k = 1; k < THREADS; k++)
        (void)pthread_join(threads[k], NULL);
}

/* Microseconds for each problem. */
static double time_batch(const struct way *way, const struct work *work)
{
    double start = bench_now_us();
    if (way->manner == SINGLE)
        solve_single(way, work);
    else if (way->manner == BATCH_ON_THREADS)
        solve_on_threads(way, work);
    else
        (void)solve_part(&(struct part){way->batch[0], work, way->plans, 0, work->together});
    return (bench_now_us() - start) / (double)work->together;
}

static void load_batch(struct work *work, size_t batch)
{
    for (size_t i = 0; i < work->together; i++)
        work->problems[i] = instances_problem(&work->instances, batch * work->together + i);
}

/* A sum over a batch hides what one problem is off by. */
static void compare(const struct way *way, const struct work *work)
{
    for (size_t i = 0; i < work->together; i++) {
        double first = work->first_eur[i], found = work->objective_eur[i];
        if (fabs(found - first) <= TOLERANCE * fmax(1, fabs(first)))
            continue;
        (void)fprintf(stderr, "bench_batch: problem %zu of a batch: %s finds %.17g, not %.17g\n", i,
                      way->word, found, first);
        exit(1);
    }
}

static double sum(const struct work *work)
{
    double total = 0;
    for (size_t i = 0; i < work->together; i++)
        total += work->objective_eur[i];
    return total;
}

static void run(struct work *work, struct way *ways, size_t count, bool hot)
{
    for (size_t batch = 0; batch < work->instances.count / work->together; batch++) {
        load_batch(work, batch);
        for (size_t w = 0; w < count; w++) {
            double samples[HOT_RUNS] = {time_batch(&ways[w], work)};
            if (w == 0)
                memcpy(work->first_eur, work->objective_eur,
                       work->together * sizeof *work->first_eur);
            compare(&ways[w], work);
            (void)printf("{\"instance\": %zu, \"solver\": \"%s\", ", batch, ways[w].word);
            for (size_t k = 0; hot && k < HOT_RUNS; k++)
                samples[k] = time_batch(&ways[w], work);
            if (hot)
                (void)printf("\"hot\": %.6g}\n", bench_median(samples, HOT_RUNS));
            else
                (void)printf("\"fresh\": %.6g, \"answer\": %.17g}\n", samples[0], sum(work));
        }
    }
}

static void open_work(char **argv, struct work *work)
{
    work->together = strtoull(argv[1], NULL, 10);
    instances_read(argv[2], argv[3], &work->instances);
    if (work->together == 0 || work->instances.count % work->together != 0)
        fail("the problems make no whole batches");
    size_t doubles = work->together * work->instances.periods;
    work->problems = calloc(work->together, sizeof *work->problems);
    if (!work->problems)
        fail("no memory");
    work->objective_eur = bench_doubles(work->together);
    work->first_eur = bench_doubles(work->together);
    work->power_mw = bench_doubles(doubles);
    work->soc_mwh = bench_doubles(doubles);
}

static void close_work(struct work *work)
{
    instances_release(&work->instances);
    free(work->problems);
    free(work->objective_eur);
    free(work->first_eur);
    free(work->power_mw);
    free(work->soc_mwh);
}

int main(int argc, char **argv)
{
    static struct work work;
    static struct way ways[WAYS_MAX];
    size_t count = argc > 4 ? (size_t)argc - 4 : 0;
    if (count == 0 || count > WAYS_MAX)
        return 2;
    open_work(argv, &work);
    for (size_t w = 0; w < count; w++)
        open_way(argv[4 + w], &ways[w]);
    load_batch(&work, 0);
    for (size_t w = 0; w < count; w++)
        (void)time_batch(&ways[w], &work); /* memory is there, libraries are loaded */
    run(&work, ways, count, false);
    run(&work, ways, count, true);
    for (size_t w = 0; w < count; w++)
        close_way(&ways[w]);
    close_work(&work);
    return 0;
}
