#include <stdio.h>

#include "optimize.h"

static const char *const QUANTILES[MANDO_PATHS_QUANTILES] = {"p05", "p25", "p50", "p75", "p95"};

static const char *kernel_name(enum mando_batch_version version)
{
    return version == MANDO_BATCH_AVX512 ? "avx512"
           : version == MANDO_BATCH_AVX2 ? "avx2"
                                         : "portable";
}

static void print_summary(struct cli_json *json, const struct mando_paths_summary *summary)
{
    cli_json_number(json, "mean_eur", summary->mean_eur);
    cli_json_number(json, "standard_deviation_eur", summary->standard_deviation_eur);
    cli_json_open(json, "quantiles_eur", '{');
    for (size_t i = 0; i < MANDO_PATHS_QUANTILES; i++)
        cli_json_number(json, QUANTILES[i], summary->quantile_eur[i]);
    cli_json_close(json, '}');
    cli_json_number(json, "cvar_eur", summary->cvar_eur);
}

static void print_values(struct cli_json *json, const struct cli_optimize *job)
{
    cli_json_open(json, "labels", '[');
    for (size_t i = 0; i < job->paths.paths; i++)
        cli_json_text(json, NULL, job->paths.labels[i]);
    cli_json_close(json, ']');
    cli_json_open(json, "values_eur", '[');
    for (size_t i = 0; i < job->worth->paths; i++)
        cli_json_number(json, NULL, job->worth->objective_eur[i]);
    cli_json_close(json, ']');
}

static void print_solver(struct cli_json *json, const struct mando_paths_worth *worth)
{
    const struct mando_batch_info *info = &worth->info;
    cli_json_open(json, "solver", '{');
    cli_json_text(json, "kernel", kernel_name(info->version));
    cli_json_text(json, "status", info->not_optimal ? "gap" : "optimal");
    cli_json_number(json, "gap_eur", info->gap_eur_max * (double)worth->horizon_count);
    cli_json_number(json, "solve_us", worth->solve_us);
    cli_json_close(json, '}');
}

enum mando_status cli_paths_print_json(const struct cli_optimize *job)
{
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_optimize_scope_json(&json, job);
    cli_json_text(&json, "horizon", job->horizon == MANDO_HORIZON_DAY ? "day" : "all");
    cli_json_count(&json, "paths", (int64_t)job->worth->paths);
    print_summary(&json, &job->worth->summary);
    print_values(&json, job);
    print_solver(&json, job->worth);
    cli_json_close(&json, '}');
    return cli_json_end(&json, stdout);
}

static enum mando_status print_header(const struct cli_optimize *job, const struct mando_zone *zone)
{
    const struct mando_paths_worth *worth = job->worth;
    const struct mando_batch_info *info = &worth->info;
    struct cli_table table;
    cli_table_init(&table, "ll");
    cli_optimize_scope_rows(&table, job, zone);
    cli_table_cell(&table, "foresight");
    cli_table_cell(&table, "perfect foresight on each path: all its prices were known in advance");
    cli_table_cell(&table, "solver");
    if (info->not_optimal == 0)
        cli_table_cell(&table, "%s, optimal, solved in %.3f ms", kernel_name(info->version),
                       worth->solve_us / 1000);
    else
        cli_table_cell(&table, "%s, at most %.2f EUR a path below the optimum, solved in %.3f ms",
                       kernel_name(info->version),
                       cli_hundredths(info->gap_eur_max * (double)worth->horizon_count),
                       worth->solve_us / 1000);
    return cli_table_print(&table);
}

static void value_row(struct cli_table *table, const char *name, double value_eur,
                      const char *meaning)
{
    cli_table_cell(table, "%s", name);
    cli_table_cell(table, "%.2f", cli_hundredths(value_eur));
    cli_table_cell(table, "%s", meaning);
}

static enum mando_status print_values_table(const struct mando_paths_worth *worth)
{
    static const char *const MEANINGS[MANDO_PATHS_QUANTILES] = {
        "one path in 20 is worth less", "one path in 4 is worth less", "the median",
        "one path in 4 is worth more", "one path in 20 is worth more"};
    const struct mando_paths_summary *summary = &worth->summary;
    struct cli_table table;
    cli_table_init(&table, "lrl");
    cli_table_cell(&table, "profit");
    cli_table_cell(&table, "EUR");
    cli_table_cell(&table, "meaning");
    value_row(&table, "mean", summary->mean_eur, "all paths are equally likely");
    if (worth->paths > 1)
        value_row(&table, "deviation", summary->standard_deviation_eur,
                  "standard deviation of the sample");
    value_row(&table, "CVaR 5 %", summary->cvar_eur, "mean of the worst 5 % of the paths");
    for (size_t i = 0; i < MANDO_PATHS_QUANTILES; i++)
        value_row(&table, QUANTILES[i], summary->quantile_eur[i], MEANINGS[i]);
    (void)putchar('\n');
    return cli_table_print(&table);
}

enum mando_status cli_paths_print_table(const struct cli_optimize *job)
{
    struct mando_zone *utc = NULL;
    if (!job->zone && mando_zone_open("UTC", NULL, &utc, NULL))
        return MANDO_NO_MEMORY;
    enum mando_status status = print_header(job, job->zone ? job->zone : utc);
    mando_zone_free(utc);
    return status ? status : print_values_table(job->worth);
}
