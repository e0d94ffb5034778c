/* The kernel over lanes beside the single one on the same days, each new to the processor: rows of
 * microseconds a day, medians of rounds in which all versions take turns; and two threads beside one.
 * bench_batch [ROW...], the beginnings of names. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "mando/batch.h"

#define SEED 20251201
#define PERIODS 96
#define DAYS 4000
#define ROUNDS 31
#define NO_BURNING_EUR -35 /* burning begins to pay below -38.8 */
#define VERSIONS 4         /* enum mando_batch_version; 0 stands for the single kernel */

static const char *const NAMES[VERSIONS] = {"single", "portable", "avx2", "avx512"};

struct row {
    const char *name;
    double hours; /* capacity over power */
};

static const struct row rows[] = {
    {"k4_days_1h", 1}, {"k4_days_2h", 2}, {"k4_days_4h", 4}, {"k4_days_8h", 8}};

struct contest {
    struct mando_optimize_problem problems[DAYS];
    struct mando_optimize *single;
    struct mando_batch *batch[VERSIONS]; /* NULL = the machine lacks it */
    struct mando_batch *second;          /* of the best version, for another thread */
    enum mando_batch_version best;
    double objective_eur[VERSIONS][DAYS];
    double samples[VERSIONS][ROUNDS], ratios[ROUNDS], threads[ROUNDS];
};

static void must(int truth, const char *what)
{
    if (truth)
        return;
    (void)fprintf(stderr, "bench_batch: %s\n", what);
    exit(1);
}

static void make_problems(const struct row *row, double *prices, struct contest *contest)
{
    struct random random = {SEED};
    double power_mw = 10, capacity_mwh = power_mw * row->hours;
    for (size_t i = 0; i < DAYS; i++) {
        double *day = prices + i * PERIODS;
        bench_prices(&random, PERIODS, 0, NO_BURNING_EUR, day);
        contest->problems[i] = (struct mando_optimize_problem){.periods = PERIODS,
                                                               .step_h = 0.25,
                                                               .buy_eur_per_mwh = day,
                                                               .sell_eur_per_mwh = day,
                                                               .power_charge_mw = power_mw,
                                                               .power_discharge_mw = power_mw,
                                                               .soc_max_mwh = capacity_mwh,
                                                               .soc_start_mwh = capacity_mwh / 2,
                                                               .soc_end_mwh = capacity_mwh / 2,
                                                               .efficiency_charge = 0.95,
                                                               .efficiency_discharge = 0.95,
                                                               .fee_eur_per_mwh = 0.09,
                                                               .degradation_eur_per_mwh = 4};
    }
}

static void open_versions(struct contest *contest)
{
    must(mando_optimize_setup(NULL, &contest->single, NULL) == MANDO_OK, "no workspace");
    for (int v = MANDO_BATCH_PORTABLE; v < VERSIONS; v++) {
        struct mando_batch_settings settings = MANDO_BATCH_SETTINGS_DEFAULT;
        settings.version = (enum mando_batch_version)v;
        if (mando_batch_setup(&settings, &contest->batch[v], NULL) == MANDO_OK)
            contest->best = settings.version;
    }
    must(mando_batch_setup(NULL, &contest->second, NULL) == MANDO_OK, "no workspace");
}

static void close_versions(struct contest *contest)
{
    mando_optimize_free(contest->single);
    mando_batch_free(contest->second);
    for (int v = 0; v < VERSIONS; v++)
        mando_batch_free(contest->batch[v]);
}

/* Values only, as the batch does by default. */
static double time_single(struct contest *contest)
{
    struct mando_optimize_info info;
    double start = bench_now_us();
    for (size_t i = 0; i < DAYS; i++) {
        must(mando_optimize_solve(contest->single, &contest->problems[i], NULL, &info, NULL)
                 == MANDO_OK,
             "a day has no plan");
        contest->objective_eur[0][i] = info.objective_eur;
    }
    return bench_now_us() - start;
}

struct part {
    struct mando_batch *workspace;
    const struct mando_optimize_problem *problems;
    size_t count;
    double *objective_eur;
};

static void *solve_part(void *context)
{
    const struct part *part = context;
    const struct mando_batch_solution solution = {.objective_eur = part->objective_eur};
    must(mando_batch_solve(part->workspace, part->problems, part->count, &solution, NULL, NULL)
             == MANDO_OK,
         "a day has no plan");
    return NULL;
}

static double time_batch(struct contest *contest, int version)
{
    struct part all = {contest->batch[version], contest->problems, DAYS,
                       contest->objective_eur[version]};
    double start = bench_now_us();
    (void)solve_part(&all);
    return bench_now_us() - start;
}

/* Each thread solves as much as one alone, so that starting it hardly counts. */
static double time_two_threads(struct contest *contest)
{
    static double other_eur[DAYS];
    struct part first = {contest->batch[contest->best], contest->problems, DAYS,
                         contest->objective_eur[contest->best]};
    struct part second = {contest->second, contest->problems, DAYS, other_eur};
    pthread_t thread;
    double start = bench_now_us();
    must(pthread_create(&thread, NULL, solve_part, &second) == 0, "no thread");
    (void)solve_part(&first);
    (void)pthread_join(thread, NULL);
    return bench_now_us() - start;
}

static double compare(const struct row *row, const struct contest *contest)
{
    double worst = 0;
    const double *best = contest->objective_eur[contest->best];
    for (size_t i = 0; i < DAYS; i++) {
        worst = fmax(worst, bench_agree(row->name, i, "the single kernel", best[i],
                                        contest->objective_eur[0][i]));
        for (int v = MANDO_BATCH_PORTABLE; v < VERSIONS; v++)
            must(!contest->batch[v] || contest->objective_eur[v][i] == best[i],
                 "two versions differ");
    }
    return worst;
}

static void print_row(const struct row *row, struct contest *contest)
{
    char name[32];
    double worst = compare(row, contest);
    struct bench_spread ours = bench_spread(contest->samples[contest->best], ROUNDS);
    struct bench_spread single = bench_spread(contest->samples[0], ROUNDS);
    bench_row_begin(row->name, DAYS, SEED);
    bench_row_text("unit", "us");
    bench_row_number("periods", PERIODS);
    bench_row_text("version", NAMES[contest->best]);
    bench_row_spread("ours", ours);
    bench_row_text("peer_name", "mando_optimize_solve, values alone");
    bench_row_spread("peer", single);
    for (int v = MANDO_BATCH_PORTABLE; v < VERSIONS; v++) {
        (void)snprintf(name, sizeof name, "ours_%s", NAMES[v]);
        if (contest->batch[v] && v != (int)contest->best)
            bench_row_spread(name, bench_spread(contest->samples[v], ROUNDS));
    }
    bench_row_number("ratio", bench_spread(contest->ratios, ROUNDS).median);
    bench_row_number("ratio_at_least", 2.5);
    bench_row_number("days_per_s", 1e6 / ours.median);
    bench_row_number("days_per_s_at_least", contest->best == MANDO_BATCH_AVX512 ? 1e6 : 5e5);
    bench_row_number("two_threads", bench_spread(contest->threads, ROUNDS).median);
    bench_row_number("two_threads_at_least", 1.8);
    bench_row_number("worst_difference", worst);
    bench_row_end();
}

static void run_row(const struct row *row)
{
    static struct contest contest;
    double *prices = bench_doubles(DAYS * PERIODS);
    memset(&contest, 0, sizeof contest);
    make_problems(row, prices, &contest);
    open_versions(&contest);
    for (size_t round = 0; round < ROUNDS; round++) {
        contest.samples[0][round] = time_single(&contest) / DAYS;
        for (int v = MANDO_BATCH_PORTABLE; v < VERSIONS; v++)
            if (contest.batch[v])
                contest.samples[v][round] = time_batch(&contest, v) / DAYS;
        double one_us = contest.samples[contest.best][round];
        contest.ratios[round] = contest.samples[0][round] / one_us;
        contest.threads[round] = 2 * DAYS * one_us / time_two_threads(&contest);
    }
    print_row(row, &contest);
    close_versions(&contest);
    free(prices);
}

static int is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strncmp(name, argv[i], strlen(argv[i])) == 0)
            return 1;
    return argc < 2;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_wanted(rows[i].name, argc, argv))
            run_row(&rows[i]);
    return 0;
}
