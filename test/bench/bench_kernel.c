/* The kernel beside Clp (LPs) and Cbc (MILPs) on the same problems, model loading included:
 * bench_kernel [ROW...], the beginnings of names. Times are microseconds. "Fresh": each instance is solved once, the peers'
 * solves in between, so that neither caches nor branch predictors know it; "hot": again at once. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coin/Cbc_C_Interface.h>
#include <coin/Clp_C_Interface.h>
#include <glpk.h>

#include "bench.h"
#include "mando/optimize.h"
#include "model_lp.h"
#include "model_milp.h"

#define SEED 20251201
#define HOT_RUNS 50
#define NO_BURNING_EUR -35 /* an LP is exact above -38.8, where burning begins to pay */
#define CBC_SECONDS 60
#define INSTANCES_MAX 1000

enum peer { CLP, CBC };

struct row {
    const char *name;
    enum peer peer;
    size_t periods, instances;
    double hours; /* capacity over power */
    double shift_eur, degradation_eur;
    double ratio_at_least; /* the goal, fresh */
};

static const struct row rows[] = {
    {"k1_day_1h", CLP, 96, 1000, 1, 0, 4, 150},
    {"k1_day_2h", CLP, 96, 1000, 2, 0, 4, 120},
    {"k1_year", CLP, 35136, 3, 2, 0, 4, 800},
    {"k1_negative_30_0", CBC, 96, 40, 2, -30, 0, 200},
    {"k1_negative_30_4", CBC, 96, 40, 2, -30, 4, 200},
    {"k1_negative_60_0", CBC, 96, 40, 2, -60, 0, 200},
    {"k1_negative_60_4", CBC, 96, 40, 2, -60, 4, 200},
};

/* Samples of one row, by instance. */
struct samples {
    double ours[INSTANCES_MAX], hot[INSTANCES_MAX], peer[INSTANCES_MAX], other[INSTANCES_MAX];
    double glpk[INSTANCES_MAX], ratio[INSTANCES_MAX];
    size_t nonconcave, clp_primal_was_faster;
    double worst;
};

static struct mando_optimize_problem problem_of(const struct row *row, const double *prices)
{
    double power_mw = 10, capacity_mwh = power_mw * row->hours;
    return (struct mando_optimize_problem){.periods = row->periods,
                                           .step_h = 0.25,
                                           .buy_eur_per_mwh = prices,
                                           .sell_eur_per_mwh = prices,
                                           .power_charge_mw = power_mw,
                                           .power_discharge_mw = power_mw,
                                           .soc_max_mwh = capacity_mwh,
                                           .soc_start_mwh = capacity_mwh / 2,
                                           .soc_end_mwh = capacity_mwh / 2,
                                           .efficiency_charge = 0.95,
                                           .efficiency_discharge = 0.95,
                                           .fee_eur_per_mwh = 0.09,
                                           .degradation_eur_per_mwh = row->degradation_eur};
}

static double time_ours(struct mando_optimize *workspace,
                        const struct mando_optimize_problem *problem,
                        const struct mando_optimize_solution *solution,
                        struct mando_optimize_info *info)
{
    struct mando_error error;
    double start = bench_now_us();
    enum mando_status status = mando_optimize_solve(workspace, problem, solution, info, &error);
    double time_us = bench_now_us() - start;
    if (status != MANDO_OK || !info->optimal) {
        (void)fprintf(stderr, "the kernel has no optimum: %s\n",
                      status == MANDO_OK ? "its workspace is full" : error.message);
        exit(1);
    }
    return time_us;
}

static void time_clp(const struct row *row, const struct model *model, size_t i, double objective,
                     struct samples *samples)
{
    double value[2], time_us[2], start;
    for (int method = 0; method < 2; method++) {
        start = bench_now_us();
        if (model_clp(model, (enum model_method)method, 0, &value[method]) != MODEL_OPTIMAL)
            exit(1);
        time_us[method] = bench_now_us() - start;
        double difference = bench_agree(row->name, i, "Clp", objective, value[method]);
        samples->worst = fmax(samples->worst, difference);
    }
    samples->peer[i] = fmin(time_us[0], time_us[1]);
    samples->other[i] = fmax(time_us[0], time_us[1]);
    samples->clp_primal_was_faster += time_us[1] < time_us[0];
    if (row->periods > 1000)
        return;
    start = bench_now_us();
    if (model_glpk(model, &value[0]) == MODEL_OPTIMAL)
        samples->worst =
            fmax(samples->worst, bench_agree(row->name, i, "GLPK", objective, value[0]));
    samples->glpk[i] = bench_now_us() - start;
}

static void time_cbc(const struct row *row, const struct model *model, size_t i, double objective,
                     struct samples *samples)
{
    double value, start = bench_now_us();
    enum model_answer answer = model_cbc(model, CBC_SECONDS, &value);
    samples->peer[i] = bench_now_us() - start;
    if (answer == MODEL_OPTIMAL)
        samples->worst = fmax(samples->worst, bench_agree(row->name, i, "Cbc", objective, value));
}

static void run_instance(const struct row *row, struct mando_optimize *workspace,
                         const struct mando_optimize_problem *problem,
                         const struct mando_optimize_solution *solution, size_t i,
                         struct samples *samples)
{
    struct mando_optimize_info info;
    struct model model;
    double hot[HOT_RUNS];
    model_build(problem, row->peer == CBC ? MODEL_NEVER_BOTH : MODEL_BURNING, &model);
    model_use_cells(&model);
    samples->ours[i] = time_ours(workspace, problem, solution, &info);
    samples->nonconcave += info.periods_nonconcave;
    if (row->peer == CBC)
        time_cbc(row, &model, i, info.objective_eur, samples);
    else
        time_clp(row, &model, i, info.objective_eur, samples);
    samples->ratio[i] = samples->peer[i] / samples->ours[i];
    for (size_t k = 0; k < HOT_RUNS; k++)
        hot[k] = time_ours(workspace, problem, solution, &info);
    samples->hot[i] = bench_spread(hot, HOT_RUNS).median;
    model_release(&model);
}

static void print_row(const struct row *row, struct samples *samples)
{
    size_t count = row->instances;
    struct bench_spread ours = bench_spread(samples->ours, count);
    struct bench_spread hot = bench_spread(samples->hot, count);
    struct bench_spread peer = bench_spread(samples->peer, count);
    bench_row_begin(row->name, count, SEED);
    bench_row_text("unit", "us");
    bench_row_number("periods", (double)row->periods);
    bench_row_number("nonconcave_periods", (double)samples->nonconcave / (double)count);
    bench_row_spread("ours", ours);
    bench_row_spread("ours_hot", hot);
    bench_row_text("peer_name", row->peer == CBC ? "Cbc" : "Clp, the faster of dual and primal");
    bench_row_spread("peer", peer);
    if (row->peer == CLP) {
        bench_row_spread("peer_slower", bench_spread(samples->other, count));
        bench_row_number("primal_was_faster", (double)samples->clp_primal_was_faster);
    }
    if (row->peer == CLP && row->periods <= 1000)
        bench_row_spread("glpk", bench_spread(samples->glpk, count));
    bench_row_number("ratio", peer.median / ours.median);
    bench_row_spread("ratio_by_instance", bench_spread(samples->ratio, count));
    bench_row_number("ratio_hot", peer.median / hot.median);
    bench_row_number("ratio_at_least", row->ratio_at_least);
    bench_row_number("worst_difference", samples->worst);
    bench_row_end();
}

static void run_row(const struct row *row)
{
    static struct samples samples;
    struct mando_optimize *workspace;
    struct random random = {SEED};
    double *prices = bench_doubles(row->periods);
    struct mando_optimize_solution solution = {.power_mw = bench_doubles(row->periods),
                                               .soc_mwh = bench_doubles(row->periods)};
    memset(&samples, 0, sizeof samples);
    if (mando_optimize_setup(NULL, &workspace, NULL) != MANDO_OK)
        exit(1);
    struct mando_optimize_problem problem = problem_of(row, prices);
    for (size_t i = 0; i < row->instances; i++) {
        bench_prices(&random, row->periods, row->shift_eur,
                     row->peer == CLP ? NO_BURNING_EUR : -INFINITY, prices);
        run_instance(row, workspace, &problem, &solution, i, &samples);
    }
    print_row(row, &samples);
    mando_optimize_free(workspace);
    free(prices);
    free(solution.power_mw);
    free(solution.soc_mwh);
}

static void print_versions(void)
{
    (void)printf("{\"versions\": {\"Clp\": \"%s\", \"Cbc\": \"%s\", \"GLPK\": \"%s\"}}\n",
                 Clp_Version(), Cbc_getVersion(), glp_version());
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
    print_versions();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_wanted(rows[i].name, argc, argv))
            run_row(&rows[i]);
    return 0;
}
