/* backtest.h: the parts of `mando backtest`. */
#ifndef CLI_BACKTEST_H
#define CLI_BACKTEST_H

#include <pthread.h>

#include "cli.h"
#include "mando/backtest.h"

#define BACKTEST_DATE_SIZE 24 /* of a date, whatever its year */

/* One day: not yet run, run, or why it could not be. */
struct cli_backtest_day {
    char date[BACKTEST_DATE_SIZE];
    enum { BACKTEST_OPEN, BACKTEST_DONE, BACKTEST_REFUSED } state;
    struct mando_backtest_day result;
    char reason[300]; /* "CODE: message" */
};

/* A backtest while it runs. */
struct cli_backtest {
    const struct cli *cli;
    struct mando_backtest what;
    struct mando_flow_parameter parameters[CLI_REPEATS_MAX];
    char names[CLI_REPEATS_MAX][64], values[CLI_REPEATS_MAX][40];
    char flow[128], actual[256], fingerprint[1024];
    const char *out; /* a folder; NULL = none */
    size_t jobs;
    struct cli_backtest_day *days;
    size_t day_count, next, done;
    int journal;           /* a file; -1 = none */
    pthread_mutex_t mutex; /* of next, done, days' states and the journal */
};

/* backtest_read.c: the file and the flags. Exit status. */
int cli_backtest_read(struct cli *cli, struct cli_backtest *backtest);

/* backtest_journal.c: the days that were run are kept in a file of the folder, until all are: who is stopped
 * goes on. Opens it and takes from it what it holds, with the state of the database that it began with.
 * MANDO_IO (io.write, io.read), MANDO_DENIED, MANDO_CONFLICT (backtest.journal: it is of another backtest). */
enum mando_status cli_backtest_resume(struct cli_backtest *backtest, struct mando_error *error);

/* Adds a day, whose line is on the disk when this returns. MANDO_IO (io.write). */
enum mando_status cli_backtest_note(struct cli_backtest *backtest,
                                    const struct cli_backtest_day *day, struct mando_error *error);

/* The line of a day: date and figures, or date and reason; with a line feed. */
void cli_backtest_line(const struct cli_backtest_day *day, char line_out[512]);

/* backtest_report.c: days.csv and report.json in the folder, whole or not at all, then the journal is done with; a table or
 * JSON on standard output. */
int cli_backtest_report(struct cli_backtest *backtest);

#endif
