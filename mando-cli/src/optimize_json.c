#include "optimize.h"

const char *cli_method_name(enum mando_optimize_method method)
{
    static const char *const NAMES[] = {"concave", "pieces", "dual", "branch", "lp"};
    return NAMES[method];
}

static void print_time(struct cli_json *json, const char *name, int64_t time_us)
{
    char text[MANDO_TIME_TEXT_SIZE];
    mando_time_format(time_us, text);
    cli_json_text(json, name, text);
}

static void print_money(struct cli_json *json, const struct mando_plan *plan)
{
    const struct mando_plan_totals *totals = &plan->totals;
    cli_json_number(json, "objective_eur", totals->objective_eur);
    cli_json_number(json, "cash_eur", totals->revenue_eur - totals->fee_eur);
    cli_json_number(json, "revenue_eur", totals->revenue_eur);
    cli_json_number(json, "fee_eur", totals->fee_eur);
    cli_json_number(json, "degradation_eur", totals->degradation_eur);
    cli_json_number(json, "end_value_eur", totals->end_value_eur);
}

static void print_horizons(struct cli_json *json, const struct mando_plan *plan)
{
    cli_json_open(json, "horizons", '[');
    for (size_t i = 0; i < plan->horizon_count; i++) {
        const struct mando_plan_horizon *horizon = &plan->horizons[i];
        cli_json_open(json, NULL, '{');
        print_time(json, "start", plan->start_us + (int64_t)horizon->first * plan->step_us);
        cli_json_count(json, "periods", (int64_t)horizon->periods);
        cli_json_number(json, "objective_eur", horizon->objective_eur);
        cli_json_number(json, "equivalent_full_cycles", horizon->equivalent_full_cycles);
        cli_json_number(json, "soc_start_mwh", horizon->soc_start_mwh);
        cli_json_number(json, "soc_end_mwh", horizon->soc_end_mwh);
        cli_json_close(json, '}');
    }
    cli_json_close(json, ']');
}

/* Days are named by their date, years by their number, in the zone that has them. */
static void print_limits(struct cli_json *json, const struct cli_optimize *job, const char *name,
                         const struct mando_plan_limit *limits, size_t count, bool are_years)
{
    if (count == 0)
        return;
    cli_json_open(json, name, '[');
    for (size_t i = 0; i < count; i++) {
        const struct mando_calendar calendar = mando_zone_calendar(
            job->zone, job->plan->start_us + (int64_t)limits[i].first * job->plan->step_us);
        char date[MANDO_TIME_TEXT_SIZE];
        (void)snprintf(date, sizeof date, "%04d-%02d-%02d", calendar.year, calendar.month,
                       calendar.day);
        cli_json_open(json, NULL, '{');
        if (are_years)
            cli_json_count(json, "year", calendar.year);
        else
            cli_json_text(json, "date", date);
        cli_json_number(json, "equivalent_full_cycles", limits[i].equivalent_full_cycles);
        cli_json_number(json, "cycle_value_eur", limits[i].cycle_value_eur);
        cli_json_close(json, '}');
    }
    cli_json_close(json, ']');
}

static void print_solver(struct cli_json *json, const struct mando_plan *plan)
{
    cli_json_open(json, "solver", '{');
    cli_json_text(json, "method", cli_method_name(plan->method));
    cli_json_text(json, "status", plan->optimal ? "optimal" : "gap");
    cli_json_number(json, "gap_eur", plan->gap_eur);
    if (plan->nodes)
        cli_json_count(json, "nodes", (int64_t)plan->nodes);
    cli_json_number(json, "solve_us", plan->solve_us);
    if (plan->method == MANDO_METHOD_BRANCH)
        cli_json_count(json, "nodes", (int64_t)plan->nodes);
    cli_json_close(json, '}');
}

struct cli_optimize_scope cli_optimize_scope(const struct cli_optimize *job)
{
    if (job->paths_path)
        return (struct cli_optimize_scope){job->paths.periods, job->worth->horizon_count,
                                           job->paths.start_us, job->paths.step_us};
    return (struct cli_optimize_scope){job->plan->periods, job->plan->horizon_count,
                                       job->plan->start_us, job->plan->step_us};
}

static void print_cut(struct cli_json *json, const char *name, int64_t time_us)
{
    if (time_us == MANDO_FOREVER)
        cli_json_text(json, name, NULL);
    else
        print_time(json, name, time_us);
}

static void print_stored(struct cli_json *json, const struct cli_optimize *job)
{
    if (!job->is_stored)
        return;
    cli_json_open(json, "prices", '{');
    cli_json_text(json, "id", job->prices_path);
    print_cut(json, "as_of", job->as_of.knowledge_us);
    print_cut(json, "stored_until", job->as_of.change_us);
    cli_json_close(json, '}');
}

void cli_optimize_scope_json(struct cli_json *json, const struct cli_optimize *job)
{
    const struct cli_optimize_scope scope = cli_optimize_scope(job);
    char resolution[MANDO_TIME_TEXT_SIZE];
    mando_duration_format((struct mando_duration){.time_us = scope.step_us}, resolution);
    cli_json_text(json, "battery", job->battery.id);
    cli_json_text(json, "time_zone", job->zone ? mando_zone_name(job->zone) : NULL);
    cli_json_count(json, "periods", (int64_t)scope.periods);
    print_time(json, "start", scope.start_us);
    print_time(json, "end", scope.start_us + (int64_t)scope.periods * scope.step_us);
    cli_json_text(json, "resolution", resolution);
    cli_json_text(json, "foresight", "perfect");
    print_stored(json, job);
}

enum mando_status cli_optimize_print_json(const struct cli_optimize *job)
{
    const struct mando_plan *plan = job->plan;
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_optimize_scope_json(&json, job);
    print_money(&json, plan);
    if (job->lot_mw > 0)
        cli_json_number(&json, "lot_cost_eur", plan->lot_cost_eur);
    cli_json_number(&json, "eur_per_mw_year", plan->eur_per_mw_year);
    cli_json_number(&json, "charged_mwh", plan->totals.charged_mwh);
    cli_json_number(&json, "discharged_mwh", plan->totals.discharged_mwh);
    if (plan->curtailed_mw)
        cli_json_number(&json, "curtailed_mwh", plan->totals.curtailed_mwh);
    cli_json_number(&json, "equivalent_full_cycles", plan->totals.equivalent_full_cycles);
    print_horizons(&json, plan);
    print_limits(&json, job, "days", plan->days, plan->day_count, false);
    print_limits(&json, job, "years", plan->years, plan->year_count, true);
    print_solver(&json, plan);
    cli_json_close(&json, '}');
    return cli_json_end(&json, stdout);
}
