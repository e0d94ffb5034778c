#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "json.h"
#include "mando/codec.h"
#include "mando/optimize.h"
#include "mando/time.h"
#include "store.h"
#include "table.h"

enum state { STATE_OK, STATE_WARN, STATE_FAIL };

static const char *const STATES[] = {"ok", "warn", "fail"};

struct check {
    const char *name;
    enum state state;
    char text[320];
};

static void conclude(struct check *check, enum state state, const char *format, ...)
    MANDO_PRINTF(3, 4);

static void conclude(struct check *check, enum state state, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(check->text, sizeof check->text, format, arguments);
    va_end(arguments);
    check->state = state;
}

static void check_settings(const struct cli *cli, struct check *check)
{
    const struct mando_error *error = &cli->settings_error;
    const char *config = cli_flag_value(cli, "--config");
    if (!cli->settings_status)
        conclude(check, STATE_OK, "%s",
                 config ? config : "no --config file; `mando config` shows them");
    else
        conclude(check, STATE_FAIL, "%s: %s", error->where, error->message);
}

/* Instants around the changes of clocks, and what Berlin's clock was ahead of UTC from there on. */
static const struct {
    const char *time;
    int64_t offset_h;
} BERLIN[] = {{"2023-12-31T23:00:00Z", 1}, {"2025-03-30T00:59:59Z", 1},
              {"2025-03-30T01:00:00Z", 2}, {"2025-10-26T00:59:59Z", 2},
              {"2025-10-26T01:00:00Z", 1}, {"2049-07-01T00:00:00Z", 2}};

static void check_offsets(const struct mando_zone *zone, const char *folder, struct check *check)
{
    for (size_t i = 0; i < sizeof BERLIN / sizeof *BERLIN; i++) {
        int64_t time_us = 0;
        (void)mando_time_parse(BERLIN[i].time, strlen(BERLIN[i].time), NULL, &time_us, NULL);
        if (mando_zone_offset_us(zone, time_us) != BERLIN[i].offset_h * MANDO_HOUR_US) {
            conclude(check, STATE_FAIL, "%s: Europe/Berlin is wrong at %s", folder, BERLIN[i].time);
            return;
        }
    }
    conclude(check, STATE_OK, "%s: Europe/Berlin is right at %zu instants", folder,
             sizeof BERLIN / sizeof *BERLIN);
}

static void check_zones(const struct cli *cli, struct check *check)
{
    struct mando_zone *zone = NULL;
    struct mando_error error;
    if (mando_zone_open("Europe/Berlin", cli->settings.zone_folder, &zone, &error))
        conclude(check, STATE_FAIL, "%s (Debian's package is tzdata)", error.message);
    else
        check_offsets(zone, cli->settings.zone_folder, check);
    mando_zone_free(zone);
}

/* 1 MW, 1 MWh, 0.5 out of 1 through it, bought at 10 and sold at 50 EUR/MWh: 0.5 * 50 - 10. */
static void check_solver(const struct cli *cli, struct check *check)
{
    (void)cli;
    const double price[] = {10, 50};
    const struct mando_optimize_settings settings = {
        .periods_max = 2, .segments_max = 64, .segments_stored = 64};
    const struct mando_optimize_problem problem = {
        .periods = 2,
        .step_h = 1,
        .buy_eur_per_mwh = price,
        .sell_eur_per_mwh = price,
        .power_charge_mw = 1,
        .power_discharge_mw = 1,
        .soc_max_mwh = 1,
        .soc_end_mwh = 0,
        .efficiency_charge = 1,
        .efficiency_discharge = 0.5,
    };
    struct mando_optimize *workspace = NULL;
    struct mando_optimize_info info = {.objective_eur = NAN};
    struct mando_error error;
    if (mando_optimize_setup(&settings, &workspace, &error)
        || mando_optimize_solve(workspace, &problem, NULL, &info, &error))
        conclude(check, STATE_FAIL, "%s", error.message);
    else if (fabs(info.objective_eur - 15) > 1e-9)
        conclude(check, STATE_FAIL, "a problem worth 15 EUR was solved as %g EUR",
                 info.objective_eur);
    else
        conclude(check, STATE_OK, "a problem worth 15 EUR was solved as 15 EUR");
    mando_optimize_free(workspace);
}

/* What files of Parquet and DuckDB need, and nothing else. */
static void check_duckdb(const struct cli *cli, struct check *check)
{
    const char *version = mando_duckdb_version();
    (void)cli;
    if (version)
        conclude(check, STATE_OK, "libduckdb.so %s: Parquet and duckdb: can be used", version);
    else
        conclude(check, STATE_WARN,
                 "there is no libduckdb.so for this build: Parquet and duckdb: cannot be used");
}

static void check_folder(const struct cli *cli, struct check *check)
{
    (void)cli;
    if (access(".", W_OK) == 0)
        conclude(check, STATE_OK, "the working folder can be written");
    else
        conclude(check, STATE_WARN, "the working folder cannot be written: %s", strerror(errno));
}

static void check_health(struct mando_service *service, const char *url, struct check *check)
{
    struct mando_service_health health;
    struct mando_error error;
    if (mando_service_check(service, &health, &error))
        conclude(check, STATE_FAIL, "%s: %s", url, error.message);
    else if (!health.may_write)
        conclude(check, STATE_WARN, "%s is whole, but cannot be written now", url);
    else if (!health.has_wal && strncmp(url, "sqlite:", 7) == 0)
        conclude(check, STATE_WARN, "%s has no write-ahead log: readers wait for writers", url);
    else
        conclude(check, STATE_OK, "%s: schema %d, %scan be written", url, mando_service_schema(),
                 strstr(url, "://") ? "" : "whole, ");
}

/* One that is not there is no fault: what stores something makes it. */
static void check_database(const struct cli *cli, struct check *check)
{
    struct mando_service *service = NULL;
    struct mando_error error;
    char room[MANDO_URL_TEXT_SIZE];
    const char *url = cli_setting_text(&cli->settings, CLI_SETTING_ROW_db, room);
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (status == MANDO_NOT_FOUND)
        conclude(check, STATE_OK, "%s is not there yet: mando import and insert make it", url);
    else if (status)
        conclude(check, STATE_FAIL, "%s", error.message);
    else
        check_health(service, url, check);
    mando_service_free(service);
}

static const struct {
    const char *name;
    void (*run)(const struct cli *cli, struct check *check);
} CHECKS[] = {{"settings", check_settings}, {"zones", check_zones},   {"solver", check_solver},
              {"duckdb", check_duckdb},     {"folder", check_folder}, {"database", check_database}};

#define CHECK_COUNT (sizeof CHECKS / sizeof *CHECKS)

static enum mando_status print_json(const struct check *checks, bool is_well)
{
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_truth(&json, "ok", is_well);
    cli_json_open(&json, "checks", '[');
    for (size_t i = 0; i < CHECK_COUNT; i++) {

        cli_json_open(&json, NULL, '{');
        cli_json_text(&json, "name", checks[i].name);
        cli_json_text(&json, "state", STATES[checks[i].state]);
        cli_json_text(&json, "text", checks[i].text);
        cli_json_close(&json, '}');
    }
    cli_json_close(&json, ']');
    cli_json_close(&json, '}');
    return cli_json_end(&json, stdout);
}

static enum mando_status print_table(const struct check *checks)
{
    struct cli_table table;
    cli_table_init(&table, "lll");
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        cli_table_cell(&table, "%s", STATES[checks[i].state]);
        cli_table_cell(&table, "%s", checks[i].name);
        cli_table_cell(&table, "%s", checks[i].text);
    }
    return cli_table_print(&table);
}

static int run(struct cli *cli)
{
    struct check checks[CHECK_COUNT] = {0};
    bool is_well = true;
    for (size_t i = 0; i < CHECK_COUNT; i++) {
        checks[i].name = CHECKS[i].name;
        CHECKS[i].run(cli, &checks[i]);
        is_well = is_well && checks[i].state != STATE_FAIL;
    }
    int written = cli_written(cli, cli->json ? print_json(checks, is_well) : print_table(checks));
    return is_well ? written : CLI_REFUSED;
}

const struct cli_command CLI_DOCTOR = {
    .name = "doctor",
    .summary = "checks what this installation needs",
    .usage = "[--config FILE] [--json]",
    .text = "Checks the settings, the time-zone files, the solver on a problem whose answer is "
            "known, the\n"
            "library of DuckDB, the working folder and the database. Exits 1 when a check fails.",
    .example = "  mando doctor",
    .run = run,
    .survives_bad_settings = true,
};
