#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "optimize.h"

/* With more days than this, weeks tell enough. */
#define DAYS_SHOWN_MAX 40

#define CENT_EUR 0.01

/* A line of the summary, aligned with the header. */
#define LINE "%-9s  "

/* A row of a table: a delivery day or a week of them. */
struct span {
    char label[24];
    size_t first, count;
};

struct report {
    const struct cli_optimize *job;
    const struct mando_zone *zone; /* of the job; NULL is UTC */
    bool has_end_value;
};

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* "2025-W49", or "2025-12-01 Mon". */
static void format_label(const struct mando_calendar *date, bool is_week, char *label, size_t size)
{
    static const char *const NAMES[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    if (is_week)
        (void)snprintf(label, size, "%04d-W%02d", (int)date->week_year, date->week);
    else
        (void)snprintf(label, size, "%04d-%02d-%02d %s", (int)date->year, date->month, date->day,
                       NAMES[date->weekday - 1]);
}

/* The day (week: the Monday to Sunday) that holds period `first`, as far as the plan has it. */
static struct span span_at(const struct report *report, size_t first, bool is_week)
{
    const struct mando_plan *plan = report->job->plan;
    struct span span = {.first = first};
    int64_t time_us = plan->start_us + (int64_t)first * plan->step_us;
    const struct mando_calendar date = mando_zone_calendar(report->zone, time_us);
    int32_t days = is_week ? 8 - date.weekday : 1;
    int64_t end_us = mando_zone_day_start_us(report->zone, time_us, days);
    int64_t end = floor_divide(end_us - plan->start_us + plan->step_us - 1, plan->step_us);
    span.count = (size_t)end < plan->periods ? (size_t)end - first : plan->periods - first;
    format_label(&date, is_week, span.label, sizeof span.label);
    return span;
}

static size_t count_spans(const struct report *report, bool are_weeks)
{
    size_t count = 0;
    for (size_t first = 0; first < report->job->plan->periods; count++)
        first += span_at(report, first, are_weeks).count;
    return count;
}

/* As printed with two decimals: halves away from zero, seen at a millionth, so that the last bits of
 * a double decide nothing; what is printed as zero has no sign. */
double cli_hundredths(double value)
{
    double rounded = round(round(value * 1e6) / 1e4) / 100;
    return rounded == 0 ? 0 : rounded;
}

static void money_cell(struct cli_table *table, double value)
{
    cli_table_cell(table, "%.2f", cli_hundredths(value));
}

static void totals_row(struct cli_table *table, const struct report *report, const char *label,
                       const struct mando_plan_totals *totals)
{
    cli_table_cell(table, "%s", label);
    money_cell(table, totals->revenue_eur);
    money_cell(table, totals->fee_eur);
    money_cell(table, totals->degradation_eur);
    if (report->has_end_value)
        money_cell(table, totals->end_value_eur);
    money_cell(table, totals->objective_eur);
    money_cell(table, totals->equivalent_full_cycles);
}

static enum mando_status print_spans(const struct report *report, bool are_weeks, bool has_total)
{
    const struct cli_optimize *job = report->job;
    struct cli_table table;
    cli_table_init(&table, report->has_end_value ? "lrrrrrr" : "lrrrrr");
    cli_table_cell(&table, are_weeks ? "week" : "day");
    cli_table_cell(&table, "revenue EUR");
    cli_table_cell(&table, "fee EUR");
    cli_table_cell(&table, "degradation EUR");
    if (report->has_end_value)
        cli_table_cell(&table, "end value EUR");
    cli_table_cell(&table, "profit EUR");
    cli_table_cell(&table, "cycles");
    for (size_t first = 0; first < job->plan->periods;) {
        struct span span = span_at(report, first, are_weeks);
        struct mando_plan_totals totals =
            mando_plan_sum(job->plan, &job->battery, &job->prices, span.first, span.count);
        totals_row(&table, report, span.label, &totals);
        first += span.count;
    }
    if (has_total) {
        cli_table_rule(&table);
        totals_row(&table, report, "total", &job->plan->totals);
    }
    (void)putchar('\n');
    return cli_table_print(&table);
}

static enum mando_status print_days_and_weeks(const struct report *report)
{
    bool shows_days = count_spans(report, false) <= DAYS_SHOWN_MAX;
    bool shows_weeks = !shows_days || count_spans(report, true) > 1;
    bool days_need_total = !shows_weeks && count_spans(report, false) > 1;
    enum mando_status status = shows_days ? print_spans(report, false, days_need_total) : MANDO_OK;
    return !status && shows_weeks ? print_spans(report, true, true) : status;
}

static void number_text(double value, char text[MANDO_NUMBER_TEXT_SIZE])
{
    (void)mando_number_format(value, text);
}

static void battery_row(struct cli_table *table, const struct mando_battery *battery)
{
    char charge[MANDO_NUMBER_TEXT_SIZE], discharge[MANDO_NUMBER_TEXT_SIZE],
        low[MANDO_NUMBER_TEXT_SIZE], high[MANDO_NUMBER_TEXT_SIZE], in[MANDO_NUMBER_TEXT_SIZE],
        out[MANDO_NUMBER_TEXT_SIZE];
    number_text(battery->power_charge_mw, charge);
    number_text(battery->power_discharge_mw, discharge);
    number_text(battery->soc_min_mwh, low);
    number_text(battery->soc_max_mwh, high);
    number_text(battery->efficiency_charge, in);
    number_text(battery->efficiency_discharge, out);
    cli_table_cell(table, "battery");
    cli_table_cell(
        table, "%s: charges %s MW, discharges %s MW, holds %s to %s MWh, efficiencies %s and %s",
        battery->id, charge, discharge, low, high, in, out);
}

static void period_rows(struct cli_table *table, const struct cli_optimize *job,
                        const struct mando_zone *zone)
{
    const struct cli_optimize_scope scope = cli_optimize_scope(job);
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE], step[MANDO_TIME_TEXT_SIZE];
    char paths[40] = "";
    const char *path = job->paths_path ? job->paths_path : job->prices_path;
    mando_zone_format(zone, scope.start_us, start);
    mando_zone_format(zone, scope.start_us + (int64_t)scope.periods * scope.step_us, end);
    mando_duration_format((struct mando_duration){.time_us = scope.step_us}, step);
    if (job->paths_path)
        (void)snprintf(paths, sizeof paths, "%zu path%s of ", job->paths.paths,
                       job->paths.paths == 1 ? "" : "s");
    cli_table_cell(table, "prices");
    cli_table_cell(table, "%s: %s%zu period%s of %s",
                   strcmp(path, "-") != 0 ? path : "standard input", paths, scope.periods,
                   scope.periods == 1 ? "" : "s", step);
    cli_table_cell(table, "period");
    cli_table_cell(table, "%s to %s, %s", start, end, mando_zone_name(zone));
}

/* " what TIME", or nothing where everything counts. */
static void cut_text(const char *what, int64_t time_us, const struct mando_zone *zone,
                     char text[2 * MANDO_TIME_TEXT_SIZE])
{
    char time[MANDO_TIME_TEXT_SIZE];
    text[0] = '\0';
    if (time_us == MANDO_FOREVER)
        return;
    mando_zone_format(zone, time_us, time);
    (void)snprintf(text, 2 * MANDO_TIME_TEXT_SIZE, "%s %s", what, time);
}

static void version_row(struct cli_table *table, const struct cli_optimize *job,
                        const struct mando_zone *zone)
{
    char known[2 * MANDO_TIME_TEXT_SIZE], stored[2 * MANDO_TIME_TEXT_SIZE];
    if (!job->is_stored)
        return;
    cut_text("known at", job->as_of.knowledge_us, zone, known);
    cut_text("stored by", job->as_of.change_us, zone, stored);
    cli_table_cell(table, "versions");
    if (!known[0] && !stored[0])
        cli_table_cell(table, "all that is known now");
    else
        cli_table_cell(table, "%s%s%s", known, known[0] && stored[0] ? ", " : "", stored);
}

static void horizon_row(struct cli_table *table, const struct cli_optimize *job)
{
    char start[MANDO_NUMBER_TEXT_SIZE], end[MANDO_NUMBER_TEXT_SIZE] = "any";
    number_text(job->battery.soc_start_mwh, start);
    if (!isnan(job->battery.soc_end_mwh))
        number_text(job->battery.soc_end_mwh, end);
    cli_table_cell(table, "horizon");
    if (job->horizon == MANDO_HORIZON_DAY)
        cli_table_cell(table, "each delivery day alone (%zu of them), from %s to %s MWh",
                       cli_optimize_scope(job).horizon_count, start, end);
    else
        cli_table_cell(table, "all periods as one, from %s to %s MWh", start, end);
}

static void assumption_row(struct cli_table *table, const struct cli_assumed *assumed)
{
    const char *and = assumed->zeros[0] && assumed->start_is_soc_min_mwh ? "; " : "";
    if (!assumed->zeros[0] && !assumed->start_is_soc_min_mwh)
        return;
    cli_table_cell(table, "assumed");
    cli_table_cell(table, "%s%s%s%s", assumed->zeros[0] ? "0 for " : "", assumed->zeros, and,
                   assumed->start_is_soc_min_mwh ? "soc_start_mwh is soc_min_mwh" : "");
}

void cli_optimize_scope_rows(struct cli_table *table, const struct cli_optimize *job,
                             const struct mando_zone *zone)
{
    battery_row(table, &job->battery);
    period_rows(table, job, zone);
    version_row(table, job, zone);
    horizon_row(table, job);
    assumption_row(table, &job->assumed);
}

static enum mando_status print_header(const struct report *report)
{
    const struct mando_plan *plan = report->job->plan;
    struct cli_table table;
    cli_table_init(&table, "ll");
    cli_optimize_scope_rows(&table, report->job, report->zone);
    cli_table_cell(&table, "foresight");
    cli_table_cell(&table, "perfect foresight: every price was known in advance");
    cli_table_cell(&table, "solver");
    if (plan->optimal)
        cli_table_cell(&table, "%s, optimal, solved in %.3f ms", cli_method_name(plan->method),
                       plan->solve_us / 1000);
    else
        cli_table_cell(&table, "%s, at most %.2f EUR below the optimum, solved in %.3f ms",
                       cli_method_name(plan->method), cli_hundredths(plan->gap_eur),
                       plan->solve_us / 1000);
    return cli_table_print(&table);
}

/* Mean power of the periods that an hour touches. */
static double hour_power_mw(const struct mando_plan *plan, int64_t hour_us)
{
    int64_t first = floor_divide(hour_us - plan->start_us, plan->step_us);
    int64_t last = floor_divide(hour_us + MANDO_HOUR_US - 1 - plan->start_us, plan->step_us);
    double sum = 0;
    for (int64_t i = first; i <= last; i++)
        sum += i >= 0 && i < (int64_t)plan->periods ? plan->power_mw[i] : 0;
    return sum / (double)(last - first + 1);
}

static char hour_letter(const struct mando_battery *battery, double power_mw)
{
    if (power_mw > 0)
        return power_mw < battery->power_discharge_mw / 2 ? 'd' : 'D';
    if (power_mw < 0)
        return -power_mw < battery->power_charge_mw / 2 ? 'c' : 'C';
    return '.';
}

/* The plan of a single day, one letter an hour. */
static void print_day_plan(const struct report *report)
{
    const struct mando_plan *plan = report->job->plan;
    if (span_at(report, 0, false).count < plan->periods)
        return;
    int64_t start_us = mando_zone_day_start_us(report->zone, plan->start_us, 0);
    int64_t end_us = mando_zone_day_start_us(report->zone, plan->start_us, 1);
    (void)printf("\nplan by hour  |");
    for (int64_t hour_us = start_us; hour_us < end_us; hour_us += MANDO_HOUR_US) {
        bool is_quarter = (hour_us - start_us) % (6 * MANDO_HOUR_US) == 0 && hour_us > start_us;
        (void)printf("%s%c", is_quarter ? " " : "",
                     hour_letter(&report->job->battery, hour_power_mw(plan, hour_us)));
    }
    (void)printf("|  C charges, D discharges (c, d below half of the power)\n");
}

static void print_lots(const struct cli_optimize *job)
{
    char lot[MANDO_NUMBER_TEXT_SIZE];
    number_text(job->lot_mw, lot);
    if (job->lot_mw > 0)
        (void)printf(LINE "of %s MW cost %.2f EUR: what the exact plan earns more\n", "lots", lot,
                     cli_hundredths(job->plan->lot_cost_eur));
}

static void print_burning(const struct cli_optimize *job)
{
    const struct mando_plan *plan = job->plan;
    double exact_eur = plan->totals.objective_eur + (job->lot_mw > 0 ? plan->lot_cost_eur : 0);
    double more_eur = plan->burn_bound_eur - exact_eur;
    if (plan->periods_nonconcave == 0)
        return;
    (void)printf(LINE "in %zu period%s the price is so negative that burning energy would pay\n",
                 "burning", plan->periods_nonconcave, plan->periods_nonconcave == 1 ? "" : "s");
    if (more_eur >= CENT_EUR)
        (void)printf(
            LINE "a solver that does so claims %.2f EUR; %.2f EUR are possible, %.2f EUR less\n",
            "", cli_hundredths(plan->burn_bound_eur), cli_hundredths(exact_eur),
            cli_hundredths(more_eur));
    else
        (void)printf(LINE "here it would gain nothing\n", "");
}

static void print_summary(const struct cli_optimize *job)
{
    const struct mando_plan *plan = job->plan;
    const struct mando_plan_totals *totals = &plan->totals;
    (void)printf("\n" LINE "%.2f EUR\n", "profit", cli_hundredths(totals->objective_eur));
    (void)printf(LINE "%.2f EUR/MW/year of cash (revenue less fee, before degradation)\n", "per MW",
                 cli_hundredths(plan->eur_per_mw_year));
    /* On a site the battery may charge from the PV and discharge into the load. */
    (void)printf(LINE "%s %.2f MWh, %s %.2f MWh, %.2f equivalent full cycles\n", "energy",
                 plan->grid_mw ? "charged" : "bought", cli_hundredths(totals->charged_mwh),
                 plan->grid_mw ? "discharged" : "sold", cli_hundredths(totals->discharged_mwh),
                 cli_hundredths(totals->equivalent_full_cycles));
    if (plan->curtailed_mw)
        (void)printf(LINE "%.2f MWh of PV curtailed\n", "", cli_hundredths(totals->curtailed_mwh));
    if (plan->grid_mw)
        (void)printf(LINE "the money is that of all that is behind the connection\n", "");
    print_lots(job);
    print_burning(job);
    if (job->schedule_path)
        (void)printf(LINE "%s\n", "schedule", job->schedule_path);
}

static enum mando_status print_report(const struct report *report)
{
    enum mando_status status = print_header(report);
    if (!status)
        print_day_plan(report);
    if (!status)
        status = print_days_and_weeks(report);
    if (!status)
        print_summary(report->job);
    return status;
}

enum mando_status cli_optimize_print_table(const struct cli_optimize *job)
{
    const struct report report = {
        .job = job, .zone = job->zone, .has_end_value = job->plan->totals.end_value_eur != 0};
    return print_report(&report);
}
