#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backtest.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "progress.h"
#include "store.h"

#define JOBS_MAX 64

static const struct cli_flag FLAGS[] = {
    {"--from", "DAY", "the first delivery day, YYYY-MM-DD, in place of the file's"},
    {"--to", "DAY", "the first day that no longer counts, in place of the file's"},
    {"--out", "FOLDER",
     "days.csv and report.json go there; who is stopped goes on there. Default: the table alone"},
    {"--jobs", "COUNT", "days that run at a time; default: one for each processor"},
    {0},
};

/* What the threads share. */
struct work {
    struct cli_backtest *backtest;
    struct mando_service *service;
    struct cli_progress progress;
    enum mando_status status; /* of the journal */
    struct mando_error error;
};

/* The next day that is open; NULL where there is none, or the work is over. */
static struct cli_backtest_day *take_day(struct work *work)
{
    struct cli_backtest *backtest = work->backtest;
    struct cli_backtest_day *day = NULL;
    (void)pthread_mutex_lock(&backtest->mutex);
    while (!work->status && !day && backtest->next < backtest->day_count) {
        struct cli_backtest_day *candidate = &backtest->days[backtest->next++];
        if (candidate->state == BACKTEST_OPEN)
            day = candidate;
    }
    (void)pthread_mutex_unlock(&backtest->mutex);
    return day;
}

static void run_day(struct work *work, struct cli_backtest_day *day)
{
    struct cli_backtest *backtest = work->backtest;
    struct cli_backtest_day done = *day;
    struct mando_error error = {0};
    enum mando_status status =
        mando_backtest_run(work->service, &backtest->what, day->date, &done.result, &error);
    done.state = status ? BACKTEST_REFUSED : BACKTEST_DONE;
    if (status)
        (void)snprintf(done.reason, sizeof done.reason, "%s: %s", error.code, error.message);
    (void)pthread_mutex_lock(&backtest->mutex);
    *day = done;
    backtest->done++;
    if (!work->status)
        work->status = cli_backtest_note(backtest, day, &work->error);
    (void)cli_progress_days(&work->progress, backtest->done, backtest->day_count);
    (void)pthread_mutex_unlock(&backtest->mutex);
}

static void *run_days(void *context)
{
    struct work *work = context;
    struct cli_backtest_day *day;
    while ((day = take_day(work)))
        run_day(work, day);
    return NULL;
}

static void run_all(struct work *work)
{
    pthread_t threads[JOBS_MAX];
    size_t started = 0;
    cli_progress_start(&work->progress);
    while (started + 1 < work->backtest->jobs
           && pthread_create(&threads[started], NULL, run_days, work) == 0)
        started++;
    (void)run_days(work);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    cli_progress_end(&work->progress);
}

static enum mando_status read_jobs(const struct cli *cli, size_t *jobs_out,
                                   struct mando_error *error)
{
    const char *text = cli_flag_value(cli, "--jobs");
    char *end = NULL;
    if (!text) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        *jobs_out = processors < 1 ? 1 : processors > JOBS_MAX ? JOBS_MAX : (size_t)processors;
        return MANDO_OK;
    }
    long jobs = strtol(text, &end, 10);
    if (*end || jobs < 1 || jobs > JOBS_MAX)
        return mando_fail_at(error, MANDO_E_USAGE_VALUE, "--jobs", 0, 0,
                             "\"%.40s\" is no number from 1 to %d", text, JOBS_MAX);
    *jobs_out = (size_t)jobs;
    return MANDO_OK;
}

static int run_backtest(struct cli *cli, struct cli_backtest *backtest)
{
    struct work work = {.backtest = backtest};
    struct mando_error error = {0};
    struct mando_service_options options = cli_service_options(cli, false);
    options.sessions_max = (uint32_t)(2 * backtest->jobs + 2);
    enum mando_status status =
        mando_service_open(cli->settings.db, &options, &work.service, &error);
    if (!status)
        status = mando_service_version(work.service, &backtest->what.stored_until_us, &error);
    if (!status)
        status = cli_backtest_resume(backtest, &error);
    if (status) {
        mando_service_free(work.service);
        return cli_report(cli, CLI_REFUSED, &error);
    }
    run_all(&work);
    mando_service_free(work.service);
    return work.status ? cli_report(cli, CLI_REFUSED, &work.error) : cli_backtest_report(backtest);
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct cli_backtest *backtest = mando_alloc(1, sizeof *backtest);
    if (!backtest) {
        (void)mando_fail(&error, MANDO_E_MEMORY, -1, "there is no memory for a backtest");
        return cli_report(cli, CLI_REFUSED, &error);
    }
    backtest->cli = cli;
    backtest->journal = -1;
    (void)pthread_mutex_init(&backtest->mutex, NULL);
    int exit_status = read_jobs(cli, &backtest->jobs, &error) ? cli_report(cli, CLI_USAGE, &error)
                                                              : cli_backtest_read(cli, backtest);
    if (!exit_status)
        exit_status = run_backtest(cli, backtest);
    if (backtest->journal >= 0)
        (void)close(backtest->journal);
    (void)pthread_mutex_destroy(&backtest->mutex);
    mando_free(backtest->days);
    mando_free(backtest);
    return exit_status;
}

const struct cli_command CLI_BACKTEST = {
    .name = "backtest",
    .summary = "what a flow would have earned, day by day, with what was known then",
    .usage = "FILE [--from DAY] [--to DAY] [--out FOLDER] [--jobs COUNT] [--json]",
    .text = "FILE is JSON: {\"flow\": NAME, \"actual\": ID, \"from\": DAY, \"to\": DAY, "
            "\"parameters\": {...}}. Each\n"
            "day is decided with what was known at the gate of the flow, and settled at the prices "
            "that\n"
            "came; beside it stands the best plan with perfect foresight: the regret is what was "
            "missed.\n"
            "Nothing is stored in the database. With --out who is stopped goes on where he was.",
    .example = "  mando backtest assets/backtests/december.json --out december",
    .flags = FLAGS,
    .argument = "FILE",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
