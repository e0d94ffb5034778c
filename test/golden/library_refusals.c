/* library_refusals NAME: provokes an error that only a caller of the library can meet and prints it
 * as the command prints its own. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "library_refusals.h"
#include "opt/site.h"

static const double PRICES[] = {10, 50, 20, 80};

static struct mando_battery battery(void)
{
    struct mando_battery battery;
    mando_battery_init(&battery);
    battery.power_charge_mw = battery.power_discharge_mw = 1;
    battery.soc_max_mwh = 2;
    battery.soc_start_mwh = battery.soc_end_mwh = 0;
    battery.efficiency_charge = battery.efficiency_discharge = 1;
    return battery;
}

static struct mando_optimize_problem problem(void)
{
    return (struct mando_optimize_problem){.periods = 4,
                                           .step_h = 1,
                                           .buy_eur_per_mwh = PRICES,
                                           .sell_eur_per_mwh = PRICES,
                                           .power_charge_mw = 1,
                                           .power_discharge_mw = 1,
                                           .soc_max_mwh = 2,
                                           .soc_end_mwh = NAN,
                                           .efficiency_charge = 1,
                                           .efficiency_discharge = 1};
}

static enum mando_status solve(const struct mando_optimize_problem *problem,
                               struct mando_error *error)
{
    const struct mando_optimize_settings settings = {
        .periods_max = 4, .segments_max = 64, .segments_stored = 256};
    struct mando_optimize *workspace = NULL;
    enum mando_status status = mando_optimize_setup(&settings, &workspace, error);
    if (!status)
        status = mando_optimize_solve(workspace, problem, NULL, NULL, error);
    mando_optimize_free(workspace);
    return status;
}

static enum mando_status no_memory(struct mando_error *error)
{
    static const char TEXT[] = "{}";
    struct mando_battery parsed;
    mando_alloc_fail_after(0);
    return mando_battery_parse(TEXT, strlen(TEXT), "battery.json", &parsed, error);
}

static enum mando_status json_size(struct mando_error *error)
{
    const size_t length = (size_t)2 << 20;
    struct mando_battery parsed;
    char *text = malloc(length);
    if (!text)
        return MANDO_OK;
    memset(text, ' ', length);
    enum mando_status status = mando_battery_parse(text, length, "battery.json", &parsed, error);
    free(text);
    return status;
}

static enum mando_status problem_step(struct mando_error *error)
{
    struct mando_optimize_problem wrong = problem();
    wrong.step_h = -1;
    return solve(&wrong, error);
}

static enum mando_status problem_price(struct mando_error *error)
{
    const double prices[] = {10, 50, NAN, 80};
    struct mando_optimize_problem wrong = problem();
    wrong.buy_eur_per_mwh = wrong.sell_eur_per_mwh = prices;
    return solve(&wrong, error);
}

static enum mando_status problem_size(struct mando_error *error)
{
    const double prices[] = {10, 50, 20, 80, 30};
    struct mando_optimize_problem large = problem();
    large.periods = 5;
    large.buy_eur_per_mwh = large.sell_eur_per_mwh = prices;
    return solve(&large, error);
}

static enum mando_status schedule_format(struct mando_error *error)
{
    const struct mando_plan none = {0};
    return mando_schedule_write("plan.xlsx", &none, error);
}

static int stop(void *context, size_t done, size_t periods)
{
    (void)context;
    (void)done;
    (void)periods;
    return 1;
}

static enum mando_status cancelled(struct mando_error *error)
{
    const struct mando_battery owner = battery();
    const struct mando_prices prices = {.count = 4,
                                        .step_us = MANDO_HOUR_US,
                                        .buy_eur_per_mwh = PRICES,
                                        .sell_eur_per_mwh = PRICES};
    const struct mando_plan_options options = {.progress = stop};
    struct mando_plan *plan = NULL;
    enum mando_status status = mando_plan_make(&owner, &prices, &options, &plan, error);
    mando_plan_free(plan);
    return status;
}

/* A plan of two hours, checked against the battery above. */
static enum mando_status check_plan(double first_mw, double second_mw, const double *soc_mwh,
                                    struct mando_error *error)
{
    struct mando_battery owner = battery();
    owner.import_mw_max = 0.75;
    const double power_mw[] = {first_mw, second_mw};
    const struct mando_gate_plan plan = {.periods = 2,
                                         .step_h = 1,
                                         .soc_start_mwh = 0,
                                         .soc_end_mwh = 0,
                                         .power_mw = power_mw,
                                         .soc_mwh = soc_mwh};
    return mando_gate_check(&owner, &plan, error);
}

static enum mando_status gate_value(struct mando_error *error)
{
    return check_plan(-0.5, NAN, NULL, error);
}

static enum mando_status gate_power(struct mando_error *error)
{
    return check_plan(-0.5, 1.5, NULL, error);
}

static enum mando_status gate_connection(struct mando_error *error)
{
    return check_plan(-0.875, 0.875, NULL, error);
}

static enum mando_status gate_soc(struct mando_error *error)
{
    return check_plan(-0.5, 0.75, NULL, error);
}

static enum mando_status gate_energy(struct mando_error *error)
{
    const double claimed_mwh[] = {0.625, 0};
    return check_plan(-0.5, 0.5, claimed_mwh, error);
}

static enum mando_status gate_end(struct mando_error *error)
{
    return check_plan(-0.5, 0.25, NULL, error);
}

static enum mando_status gate_cycles(struct mando_error *error)
{
    const struct mando_battery owner = battery();
    const double power_mw[] = {-0.5, 0.5};
    const struct mando_optimize_limit day = {0, 2, 0.25};
    const struct mando_gate_plan plan = {.periods = 2,
                                         .step_h = 1,
                                         .soc_start_mwh = 0,
                                         .soc_end_mwh = 0,
                                         .power_mw = power_mw,
                                         .throughput = {&day, NULL},
                                         .throughput_count = {1, 0}};
    return mando_gate_check(&owner, &plan, error);
}

static enum mando_status gate_ramp(struct mando_error *error)
{
    const double power_mw[] = {-0.5, 0.5};
    struct mando_battery owner = battery();
    owner.ramp_mw_per_h_max = 0.75;
    const struct mando_gate_plan plan = {
        .periods = 2, .step_h = 1, .soc_end_mwh = 0, .power_mw = power_mw};
    return mando_gate_check(&owner, &plan, error);
}

/* Without ramp nothing but charging and discharging at once could change what is held. */
static enum mando_status optimize_nodes(struct mando_error *error)
{
    struct mando_battery owner = battery();
    double power_mw[2], soc_mwh[2];
    const double held_mwh[] = {1, NAN};
    const struct mando_optimize_solution solution = {.power_mw = power_mw, .soc_mwh = soc_mwh};
    const struct mando_prices prices = {.count = 2,
                                        .buy_eur_per_mwh = PRICES,
                                        .sell_eur_per_mwh = PRICES,
                                        .soc_min_mwh = held_mwh,
                                        .soc_max_mwh = held_mwh};
    owner.efficiency_charge = owner.efficiency_discharge = 0.5;
    owner.ramp_mw_per_h_max = 0;
    const struct site_problem problem = {.battery = &owner,
                                         .prices = &prices,
                                         .periods = 2,
                                         .step_h = 1,
                                         .soc_start_mwh = 1,
                                         .soc_end_mwh = 0.9,
                                         .nodes_max = 1};
    struct site_info info;
    return site_solve(&problem, &solution, &info, error);
}

static enum mando_status ledger_amount(struct mando_error *error)
{
    const struct mando_battery owner = battery();
    const double power_mw[] = {1, 0}, soc_mwh[] = {0, 0}, dear[] = {2e9, 1};
    const struct mando_prices prices = {
        .count = 2, .buy_eur_per_mwh = dear, .sell_eur_per_mwh = dear, .step_us = MANDO_HOUR_US};
    const struct mando_plan plan = {.periods = 2,
                                    .step_us = MANDO_HOUR_US,
                                    .step_h = 1,
                                    .power_mw = power_mw,
                                    .soc_mwh = soc_mwh};
    struct mando_accounts accounts;
    struct mando_ledger ledger;
    mando_accounts_init(&accounts);
    return mando_ledger_book(&accounts, &owner, &prices, &plan, NULL, &ledger, error);
}

static enum mando_status forecast_step(struct mando_error *error)
{
    const struct mando_history history = {0};
    double values[4];
    return mando_forecast_persistence(&history, NULL, 0, MANDO_DAY_US, 7 * MANDO_HOUR_US, values,
                                      error);
}

static const struct refusal CASES[] = {{"memory", no_memory},
                                       {"json.size", json_size},
                                       {"optimize.problem/step", problem_step},
                                       {"optimize.problem/price", problem_price},
                                       {"optimize.size", problem_size},
                                       {"io.format", schedule_format},
                                       {"cancelled", cancelled},
                                       {"optimize.nodes", optimize_nodes},
                                       {"gate.value", gate_value},
                                       {"gate.power", gate_power},
                                       {"gate.connection", gate_connection},
                                       {"gate.soc", gate_soc},
                                       {"gate.energy", gate_energy},
                                       {"gate.end", gate_end},
                                       {"gate.cycles", gate_cycles},
                                       {"gate.ramp", gate_ramp},
                                       {"ledger.amount", ledger_amount},
                                       {"forecast.step", forecast_step},
                                       {NULL, NULL}};

static const struct refusal *find(const struct refusal *refusals, const char *name)
{
    while (refusals->name && strcmp(refusals->name, name) != 0)
        refusals++;
    return refusals->name ? refusals : NULL;
}

int main(int argc, char **argv)
{
    const struct refusal *refusal = argc == 2 ? find(CASES, argv[1]) : NULL;
    struct mando_error error = {.index = -1};
    if (argc == 2 && !refusal)
        refusal = find(DATA_REFUSALS, argv[1]);
    if (argc == 2 && !refusal)
        refusal = find(STORE_REFUSALS, argv[1]);
    if (argc == 2 && !refusal)
        refusal = find(SERVICE_REFUSALS, argv[1]);
    if (!refusal) {
        (void)fprintf(stderr, "usage: library_refusals NAME\n");
        return 2;
    }
    if (refusal->provoke(&error) == MANDO_OK)
        return 0;
    (void)fprintf(stderr, "mando: %s: %s%s%s\n", error.code, error.where,
                  error.where[0] ? ": " : "", error.message);
    return 1;
}
