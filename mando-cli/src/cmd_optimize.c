#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/number.h"
#include "cli.h"
#include "mando/codec.h"
#include "optimize.h"
#include "progress.h"
#include "store.h"
#include "stored_prices.h"

/* Thousands of times longer than any battery file. */
#define BATTERY_BYTES_MAX (1 << 20)

static const struct cli_flag FLAGS[] = {
    {"--battery", "FILE", "battery file, JSON; - is standard input (required)"},
    {"--prices", "FILE|ID",
     "EUR/MWh, CSV with start,price_eur_per_mwh or a SMARD download, plain or\n"
     "gzip; - is standard input; where no such file is there, a data point of\n"
     "the database (this or --paths is required)"},
    {"--column", "NAME", "column of a SMARD download: its header up to \" [\" or the zone's id"},
    {"--from", "TIME",
     "first start that counts: ISO 8601, a date, or today, D-1T12:00, now-PT2H;\n"
     "default: all"},
    {"--to", "TIME", "first start that no longer counts; default: all"},
    {"--as-of", "TIME", "of a data point, what was known then; default: all that is known"},
    {"--stored-until", "TIME",
     "of a data point, what was stored by then; default: all that is stored"},
    {"--horizon", "day|all",
     "each delivery day alone, from soc_start_mwh to soc_end_mwh, or all as one;\n"
     "default: all"},
    {"--time-zone", "ZONE",
     "IANA zone of the delivery days, such as Europe/Berlin; required with\n"
     "--horizon day and with a cycle limit; default: none, tables are in UTC"},
    {"--resolution", "STEP",
     "ISO 8601, such as PT15M: the step of a file of one row, else prices are\n"
     "converted by their mean; default: the step of the file"},
    {"--lot-mw", "MW", "every power a multiple of this; default: any power"},
    {"--paths", "FILE",
     "in place of --prices: price paths, CSV with start and a column for each;\n"
     "prints what the battery is worth on them; default: none"},
    {"--schedule", "FILE",
     "the plan as CSV, to a .csv or .csv.gz file; - is standard output, in place\n"
     "of the tables; default: none"},
    {0},
};

static enum mando_status fail_missing(const char *needs, const char *flag,
                                      struct mando_error *error)
{
    return mando_fail(error, MANDO_E_USAGE_MISSING, -1, "%s needs %s", needs, flag);
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

/* Price paths have no single plan that could be rounded or written. */
static enum mando_status check_apart(const struct cli *cli, struct mando_error *error)
{
    static const struct {
        const char *flag, *why;
    } APART[] = {
        {"--prices", "both are prices"},
        {"--column", "a matrix of paths is no SMARD download"},
        {"--as-of", "paths are of a file, which has no versions"},
        {"--stored-until", "paths are of a file, which has no versions"},
        {"--lot-mw", "lots are for one plan, and each path has its own"},
        {"--schedule", "a schedule is of one plan, and each path has its own"},
    };
    for (size_t i = 0; i < sizeof APART / sizeof *APART; i++)
        if (cli_flag_value(cli, "--paths") && cli_flag_value(cli, APART[i].flag))
            return mando_fail(error, MANDO_E_USAGE_VALUE, -1,
                              "--paths and %s cannot be given together: %s", APART[i].flag,
                              APART[i].why);
    return MANDO_OK;
}

static enum mando_status check_files(const struct cli *cli, const struct cli_optimize *job,
                                     struct mando_error *error)
{
    const char *series_flag = job->paths_path ? "--paths" : "--prices";
    const char *series = job->paths_path ? job->paths_path : job->prices_path;
    const char *schedule = job->schedule_path;
    if (!job->battery_path)
        return fail_missing("mando optimize", "--battery FILE", error);
    if (!series)
        return fail_missing("mando optimize", "--prices FILE|ID or --paths FILE", error);
    if (strcmp(job->battery_path, "-") == 0 && strcmp(series, "-") == 0)
        return mando_fail(error, MANDO_E_USAGE_VALUE, -1,
                          "--battery and %s cannot both be standard input", series_flag);
    if (schedule && strcmp(schedule, "-") == 0 && cli->json)
        return mando_fail(error, MANDO_E_USAGE_VALUE, -1,
                          "--schedule - and --json cannot both be standard output");
    if (schedule && strcmp(schedule, "-") != 0 && !ends_with(schedule, ".csv")
        && !ends_with(schedule, ".csv.gz"))
        return mando_fail(error, MANDO_E_USAGE_VALUE, -1,
                          "--schedule \"%.120s\" must end with .csv or .csv.gz, or be -", schedule);
    return MANDO_OK;
}

static enum mando_status take_horizon(const struct cli *cli, struct cli_optimize *job,
                                      struct mando_error *error)
{
    const char *text = cli_flag_value(cli, "--horizon");
    bool is_day = text && strcmp(text, "day") == 0;
    if (text && !is_day && strcmp(text, "all") != 0)
        return mando_fail(error, MANDO_E_USAGE_VALUE, -1, "--horizon \"%.40s\" must be day or all",
                          text);
    if (is_day && !cli_flag_value(cli, "--time-zone"))
        return fail_missing("--horizon day", "--time-zone ZONE, whose days they are", error);
    job->horizon = is_day ? MANDO_HORIZON_DAY : MANDO_HORIZON_ALL;
    return MANDO_OK;
}

static enum mando_status take_lot(const struct cli *cli, struct cli_optimize *job,
                                  struct mando_error *error)
{
    const char *text = cli_flag_value(cli, "--lot-mw");
    if (text && !(mando_number_parse(text, strlen(text), &job->lot_mw) && job->lot_mw > 0))
        return mando_fail(error, MANDO_E_USAGE_VALUE, -1,
                          "--lot-mw \"%.40s\" must be a number above 0", text);
    return MANDO_OK;
}

static int check_resolution(const struct cli *cli)
{
    struct mando_error error;
    struct mando_duration step = {.time_us = 1};
    const char *text = cli_flag_value(cli, "--resolution");
    enum mando_status status =
        text ? mando_duration_parse(text, strlen(text), &step, &error) : MANDO_OK;
    if (!status && (step.months <= 0 && step.days <= 0 && step.time_us <= 0))
        status = mando_fail(&error, MANDO_E_USAGE_VALUE, -1,
                            "\"%.40s\" is no step: it must be above zero", text);
    return status ? cli_report_flag(cli, "--resolution", &error) : CLI_OK;
}

/* Checked here, so that a slip on the command line is not taken for one in the file. */
static int check_times(const struct cli *cli)
{
    struct mando_error error;
    if (cli_flag_times_check(cli, &error))
        return cli_report(cli, CLI_USAGE, &error);
    return check_resolution(cli);
}

static int open_zone(const struct cli *cli, struct cli_optimize *job)
{
    struct mando_error error;
    const char *name = cli_flag_value(cli, "--time-zone");
    enum mando_status status =
        name ? mando_zone_open(name, cli->settings.zone_folder, &job->zone, &error) : MANDO_OK;
    if (status == MANDO_NOT_FOUND)
        return cli_report_flag(cli, "--time-zone", &error);
    return status ? cli_report(cli, CLI_REFUSED, &error) : CLI_OK;
}

/* A file has no versions, a data point no columns. */
static int check_source(const struct cli *cli, const struct cli_optimize *job)
{
    static const struct {
        const char *flag;
        bool is_of_point;
        const char *why;
    } FLAGS_OF[] = {
        {"--as-of", true, "has no versions: data points of the database have"},
        {"--stored-until", true, "has no versions: data points of the database have"},
        {"--column", false, "has no columns: SMARD downloads have"},
    };
    struct mando_error error;
    for (size_t i = 0; i < sizeof FLAGS_OF / sizeof *FLAGS_OF; i++)
        if (cli_flag_value(cli, FLAGS_OF[i].flag) && FLAGS_OF[i].is_of_point != job->is_stored) {
            (void)mando_fail(&error, MANDO_E_USAGE_VALUE, -1, "%s %.120s %s",
                             job->is_stored ? "the data point" : "the file", job->prices_path,
                             FLAGS_OF[i].why);
            return cli_report_flag(cli, FLAGS_OF[i].flag, &error);
        }
    return CLI_OK;
}

static int take_flags(const struct cli *cli, struct cli_optimize *job)
{
    struct mando_error error;
    job->battery_path = cli_flag_value(cli, "--battery");
    job->prices_path = cli_flag_value(cli, "--prices");
    job->paths_path = cli_flag_value(cli, "--paths");
    job->schedule_path = cli_flag_value(cli, "--schedule");
    if (check_apart(cli, &error) || check_files(cli, job, &error) || take_horizon(cli, job, &error)
        || take_lot(cli, job, &error))
        return cli_report(cli, CLI_USAGE, &error);
    job->is_stored = job->prices_path && cli_prices_are_stored(job->prices_path);
    int exit_status = job->prices_path ? check_source(cli, job) : CLI_OK;
    if (!exit_status)
        exit_status = open_zone(cli, job);
    return exit_status ? exit_status : check_times(cli);
}

static int read_battery(const struct cli *cli, struct cli_optimize *job)
{
    struct mando_error error;
    const char *path = job->battery_path;
    char *text = NULL;
    size_t length = 0;
    uint64_t bytes_max =
        cli->settings.bytes_max < BATTERY_BYTES_MAX ? cli->settings.bytes_max : BATTERY_BYTES_MAX;
    enum mando_status status = mando_file_read(path, bytes_max, &text, &length, &error);
    if (!status)
        status = mando_battery_parse(text, length, strcmp(path, "-") != 0 ? path : "standard input",
                                     &job->battery, &error);
    if (!status)
        cli_assumed_find(text, length, &job->assumed);
    mando_text_free(text);
    if (status)
        return cli_report(cli, CLI_REFUSED, &error);
    bool has_cycle_limit =
        !isnan(job->battery.cycles_per_day_max) || !isnan(job->battery.cycles_per_year_max);
    if (has_cycle_limit && !job->zone) {
        (void)fail_missing("a cycle limit", "--time-zone ZONE, whose days and years count", &error);
        return cli_report(cli, CLI_USAGE, &error);
    }
    return CLI_OK;
}

/* Whether an error of mando_prices_read is about a time on the command line, which it names by the
 * option: a file may have the same name, but its times stand in lines. */
static bool is_of_option(const struct mando_error *error)
{
    return error->line == 0 && strncmp(error->code, "time.", 5) == 0;
}

static int report_option(const struct cli *cli, const struct mando_error *error)
{
    char flag[sizeof error->where + 2];
    (void)snprintf(flag, sizeof flag, "--%s", error->where);
    return cli_report_flag(cli, flag, error);
}

static int read_file(const struct cli *cli, struct cli_optimize *job, struct cli_progress *progress)
{
    struct mando_error error;
    const struct mando_prices_options options = {
        .column = cli_flag_value(cli, "--column"),
        .from = cli_flag_value(cli, "--from"),
        .to = cli_flag_value(cli, "--to"),
        .resolution = cli_flag_value(cli, "--resolution"),
        .zone_folder = cli->settings.zone_folder,
        .zone = job->zone,
        .now_us = cli_now_us(),
        .bytes_max = cli->settings.bytes_max,
        .rows_max = cli->settings.rows_max,
        .progress = cli_progress_read,
        .progress_context = progress,
    };
    enum mando_status status =
        job->paths_path ? mando_paths_read(job->paths_path, &options, &job->paths, &error)
                        : mando_prices_read(job->prices_path, &options, &job->prices, &error);
    cli_progress_end(progress);
    if (status && is_of_option(&error))
        return report_option(cli, &error);
    return status ? cli_report(cli, CLI_REFUSED, &error) : CLI_OK;
}

/* Where no price is negative, burning energy pays nobody. */
static bool has_negative_price(const struct mando_prices *prices)
{
    for (size_t i = 0; i < prices->count; i++)
        if (prices->buy_eur_per_mwh[i] < 0)
            return true;
    return false;
}

static void warn_days_start_anew(const struct cli *cli, const struct mando_battery *battery)
{
    char start[MANDO_NUMBER_TEXT_SIZE], end[MANDO_NUMBER_TEXT_SIZE];
    (void)mando_number_format(battery->soc_start_mwh, start);
    (void)mando_number_format(battery->soc_end_mwh, end);
    cli_warn(cli,
             "each day starts anew from a soc_start_mwh of %s, though the day before it ends at a "
             "soc_end_mwh of %s",
             start, end);
}

static int make_plan(const struct cli *cli, struct cli_optimize *job, struct cli_progress *progress)
{
    struct mando_error error;
    const struct mando_battery *battery = &job->battery;
    const struct mando_plan_options options = {
        .horizon = job->horizon,
        .zone = job->zone,
        .lot_mw = job->lot_mw,
        .burn_bound = !cli->json && has_negative_price(&job->prices),
        .progress = cli_progress_solve,
        .progress_context = progress,
    };
    enum mando_status status = mando_plan_make(battery, &job->prices, &options, &job->plan, &error);
    cli_progress_end(progress);
    return status ? cli_report(cli, CLI_REFUSED, &error) : CLI_OK;
}

static int value_paths(const struct cli *cli, struct cli_optimize *job,
                       struct cli_progress *progress)
{
    struct mando_error error;
    const struct mando_paths_options options = {
        .horizon = job->horizon,
        .zone = job->zone,
        .progress = cli_progress_solve,
        .progress_context = progress,
    };
    enum mando_status status =
        mando_paths_solve(&job->battery, &job->paths, &options, &job->worth, &error);
    cli_progress_end(progress);
    return status ? cli_report(cli, CLI_REFUSED, &error) : CLI_OK;
}

static int solve(const struct cli *cli, struct cli_optimize *job, struct cli_progress *progress)
{
    const struct mando_battery *battery = &job->battery;
    int exit_status =
        job->paths_path ? value_paths(cli, job, progress) : make_plan(cli, job, progress);
    if (!exit_status && job->horizon == MANDO_HORIZON_DAY
        && battery->soc_start_mwh != battery->soc_end_mwh)
        warn_days_start_anew(cli, battery);
    return exit_status;
}

/* A signal waits until the file is whole and in its place, so that none is left half written. */
static int write_schedule(const struct cli *cli, const struct cli_optimize *job)
{
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct mando_error error;
    sigset_t held, before;
    if (!job->schedule_path)
        return CLI_OK;
    (void)sigemptyset(&held);
    for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++)
        (void)sigaddset(&held, SIGNALS[i]);
    (void)sigprocmask(SIG_BLOCK, &held, &before);
    enum mando_status status = mando_schedule_write(job->schedule_path, job->plan, &error);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return status ? cli_report(cli, CLI_REFUSED, &error) : CLI_OK;
}

static int print_result(const struct cli *cli, const struct cli_optimize *job)
{
    if (job->schedule_path && strcmp(job->schedule_path, "-") == 0)
        return CLI_OK;
    if (job->paths_path)
        return cli_written(cli, cli->json ? cli_paths_print_json(job) : cli_paths_print_table(job));
    return cli_written(cli,
                       cli->json ? cli_optimize_print_json(job) : cli_optimize_print_table(job));
}

static int run(struct cli *cli)
{
    struct cli_optimize job = {0};
    struct cli_progress progress;
    cli_progress_start(&progress);
    int exit_status = take_flags(cli, &job);
    if (!exit_status)
        exit_status = read_battery(cli, &job);
    if (!exit_status)
        exit_status =
            job.is_stored ? cli_stored_prices_read(cli, &job) : read_file(cli, &job, &progress);
    if (!exit_status)
        exit_status = solve(cli, &job, &progress);
    if (!exit_status)
        exit_status = write_schedule(cli, &job);
    if (!exit_status)
        exit_status = print_result(cli, &job);
    mando_plan_free(job.plan);
    mando_paths_worth_free(job.worth);
    mando_prices_release(&job.prices);
    mando_paths_release(&job.paths);
    mando_zone_free(job.zone);
    return exit_status;
}

const struct cli_command CLI_OPTIMIZE = {
    .name = "optimize",
    .summary = "the best plan of a battery against known prices, and its euros",
    .usage = "--battery FILE --prices FILE|ID|--paths FILE [--column NAME] [--from TIME]\n"
             "           [--to TIME] [--as-of TIME] [--stored-until TIME] [--horizon day|all]\n"
             "           [--time-zone ZONE] [--resolution STEP] [--lot-mw MW] [--schedule FILE] "
             "[--json]",
    .text =
        "Reads a battery and a price series and finds the plan that earns most: in each period the "
        "battery\n"
        "charges, discharges or rests. The plan is exact, for negative prices too, and knows every "
        "price\n"
        "in advance (perfect foresight): what it earns is an upper bound for any real operation.\n"
        "Prints a table for people, or with --json one document.\n"
        "Money of a period: sold * (price - fee - degradation) - bought * (price + fee).",
    .example = "  mando optimize --battery battery.json --prices prices.csv --horizon day \\\n"
               "      --time-zone Europe/Berlin --schedule plan.csv",
    .flags = FLAGS,
    .run = run,
};
