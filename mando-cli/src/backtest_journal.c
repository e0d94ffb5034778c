#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backtest.h"
#include "base/fail.h"
#include "base/number.h"
#include "mando/codec.h"

#define NAME "backtest.journal"
#define FIGURES 6

static enum mando_status fail_write(const char *path, struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_IO_WRITE, path, 0, 0, "writing failed: %s",
                         strerror(errno));
}

/* The figures of a day in the order of a line. */
static void figures_of(const struct mando_backtest_day *day, double figures_out[FIGURES])
{
    const double figures[FIGURES] = {day->planned_eur,      day->actual_eur,
                                     day->perfect_eur,      day->mae_eur_per_mwh,
                                     day->rmse_eur_per_mwh, day->equivalent_full_cycles};
    memcpy(figures_out, figures, sizeof figures);
}

void cli_backtest_line(const struct cli_backtest_day *day, char line_out[512])
{
    double figures[FIGURES];
    int length = snprintf(line_out, 512, "%s,", day->date);
    if (day->state == BACKTEST_REFUSED) {
        (void)snprintf(line_out + length, 512 - (size_t)length, "!%s\n", day->reason);
        return;
    }
    figures_of(&day->result, figures);
    for (size_t i = 0; i < FIGURES; i++) {
        char number[MANDO_NUMBER_TEXT_SIZE];
        (void)mando_number_format(figures[i], number);
        length += snprintf(line_out + length, 512 - (size_t)length, "%s,", number);
    }
    (void)snprintf(line_out + length, 512 - (size_t)length, "%s\n", day->result.result);
}

/* Reads back what a line holds; false where it is no whole line. */
static bool read_line(char *line, struct cli_backtest_day *day)
{
    double figures[FIGURES];
    char *cell = strchr(line, ',');
    if (!cell)
        return false;
    *cell++ = '\0';
    if (strcmp(line, day->date) != 0)
        return false;
    if (*cell == '!') {
        (void)snprintf(day->reason, sizeof day->reason, "%s", cell + 1);
        day->state = BACKTEST_REFUSED;
        return true;
    }
    for (size_t i = 0; i < FIGURES; i++) {
        char *end = strchr(cell, ',');
        if (!end || !mando_number_parse(cell, (size_t)(end - cell), &figures[i]))
            return false;
        cell = end + 1;
    }
    if (strlen(cell) != MANDO_RUN_RESULT_SIZE - 1)
        return false;
    day->result = (struct mando_backtest_day){.planned_eur = figures[0],
                                              .actual_eur = figures[1],
                                              .perfect_eur = figures[2],
                                              .mae_eur_per_mwh = figures[3],
                                              .rmse_eur_per_mwh = figures[4],
                                              .equivalent_full_cycles = figures[5]};
    memcpy(day->result.result, cell, MANDO_RUN_RESULT_SIZE);
    day->state = BACKTEST_DONE;
    return true;
}

static struct cli_backtest_day *find_day(struct cli_backtest *backtest, const char *line)
{
    for (size_t i = 0; i < backtest->day_count; i++)
        if (strncmp(backtest->days[i].date, line, strlen(backtest->days[i].date)) == 0)
            return &backtest->days[i];
    return NULL;
}

/* The first line tells which backtest it is of, and which state of the database. */
static enum mando_status read_head(struct cli_backtest *backtest, const char *path, char *line,
                                   struct mando_error *error)
{
    char *end = NULL, *space = strchr(line, ' ');
    int64_t stored_until_us = strtoll(line, &end, 10);
    if (!space || end != space || strcmp(space + 1, backtest->fingerprint) != 0)
        return mando_fail_at(error, MANDO_E_BACKTEST_JOURNAL, path, 1, 1,
                             "the folder holds a backtest that was stopped, and that is another "
                             "one: remove the file to begin anew");
    backtest->what.stored_until_us = stored_until_us;
    return MANDO_OK;
}

/* Takes whole lines; *length_out is where they end. */
static enum mando_status read_journal(struct cli_backtest *backtest, const char *path, char *text,
                                      size_t *length_out, struct mando_error *error)
{
    char *line = text, *end = strchr(text, '\n');
    enum mando_status status = MANDO_OK;
    for (bool is_head = true; end && !status; is_head = false) {
        *end = '\0';
        struct cli_backtest_day *day = is_head ? NULL : find_day(backtest, line);
        if (is_head)
            status = read_head(backtest, path, line, error);
        else if (day && read_line(line, day))
            backtest->done++;
        line = end + 1;
        end = strchr(line, '\n');
    }
    *length_out = (size_t)(line - text);
    return status;
}

static enum mando_status write_all(int file, const char *path, const char *text,
                                   struct mando_error *error)
{
    size_t length = strlen(text), done = 0;
    while (done < length) {
        ssize_t wrote = write(file, text + done, length - done);
        if (wrote < 0 && errno != EINTR)
            return fail_write(path, error);
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(file) ? fail_write(path, error) : MANDO_OK;
}

/* Opens the journal for more lines, cut to `length`; one that is new gets its head. */
static enum mando_status open_journal(struct cli_backtest *backtest, const char *path,
                                      size_t length, struct mando_error *error)
{
    char head[sizeof backtest->fingerprint + 32];
    backtest->journal = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (backtest->journal < 0 || ftruncate(backtest->journal, (off_t)length)
        || lseek(backtest->journal, 0, SEEK_END) < 0)
        return fail_write(path, error);
    if (length > 0)
        return MANDO_OK;
    (void)snprintf(head, sizeof head, "%" PRId64 " %s\n", backtest->what.stored_until_us,
                   backtest->fingerprint);
    return write_all(backtest->journal, path, head, error);
}

enum mando_status cli_backtest_resume(struct cli_backtest *backtest, struct mando_error *error)
{
    char path[1024], *text = NULL;
    size_t length = 0, whole = 0;
    if (!backtest->out)
        return MANDO_OK;
    (void)snprintf(path, sizeof path, "%s/%s", backtest->out, NAME);
    if (mkdir(backtest->out, 0755) && errno != EEXIST)
        return fail_write(backtest->out, error);
    enum mando_status status = MANDO_OK;
    if (access(path, F_OK) == 0) {
        status = mando_file_read(path, 0, &text, &length, error);
        if (!status)
            status = read_journal(backtest, path, text, &whole, error);
        mando_text_free(text);
    }
    return status ? status : open_journal(backtest, path, whole, error);
}

enum mando_status cli_backtest_note(struct cli_backtest *backtest,
                                    const struct cli_backtest_day *day, struct mando_error *error)
{
    char line[512];
    if (backtest->journal < 0)
        return MANDO_OK;
    cli_backtest_line(day, line);
    return write_all(backtest->journal, NAME, line, error);
}
