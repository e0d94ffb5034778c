#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backtest.h"
#include "base/fail.h"
#include "json.h"
#include "table.h"

/* What several days come to. */
struct sums {
    size_t done, refused;
    double planned_eur, actual_eur, perfect_eur, cycles, mae_eur_per_mwh;
};

static void add(struct sums *sums, const struct cli_backtest_day *day)
{
    const struct mando_backtest_day *result = &day->result;
    sums->done += day->state == BACKTEST_DONE;
    sums->refused += day->state == BACKTEST_REFUSED;
    if (day->state != BACKTEST_DONE)
        return;
    sums->planned_eur += result->planned_eur;
    sums->actual_eur += result->actual_eur;
    sums->perfect_eur += result->perfect_eur;
    sums->cycles += result->equivalent_full_cycles;
    sums->mae_eur_per_mwh += result->mae_eur_per_mwh;
}

static struct sums sums_of(const struct cli_backtest *backtest, const char *month)
{
    struct sums sums = {0};
    for (size_t i = 0; i < backtest->day_count; i++)
        if (!month || strncmp(backtest->days[i].date, month, strlen("2025-12")) == 0)
            add(&sums, &backtest->days[i]);
    return sums;
}

static void add_row(struct cli_table *table, const char *name, const struct sums *sums)
{
    cli_table_cell(table, "%s", name);
    cli_table_cell(table, "%zu", sums->done);
    cli_table_cell(table, "%.2f", sums->planned_eur);
    cli_table_cell(table, "%.2f", sums->actual_eur);
    cli_table_cell(table, "%.2f", sums->perfect_eur);
    cli_table_cell(table, "%.2f", sums->perfect_eur - sums->actual_eur);
    cli_table_cell(table, "%.1f %%", 100 * sums->actual_eur / sums->perfect_eur);
    cli_table_cell(table, "%.2f", sums->mae_eur_per_mwh / (double)sums->done);
}

static enum mando_status print_table(const struct cli_backtest *backtest)
{
    struct cli_table table;
    struct sums all = sums_of(backtest, NULL);
    char month[8] = "";
    cli_table_init(&table, "lrrrrrrr");
    for (const char *const *title =
             (const char *const[]){"month", "days", "planned EUR", "earned EUR", "perfect EUR",
                                   "regret EUR", "of perfect", "MAE EUR/MWh", NULL};
         *title; title++)
        cli_table_cell(&table, "%s", *title);
    for (size_t i = 0; i < backtest->day_count; i++) {
        if (strncmp(month, backtest->days[i].date, 7) == 0)
            continue;
        (void)snprintf(month, sizeof month, "%.7s", backtest->days[i].date);
        struct sums sums = sums_of(backtest, month);
        if (sums.done)
            add_row(&table, month, &sums);
    }
    cli_table_rule(&table);
    add_row(&table, "total", &all);
    enum mando_status status = cli_table_print(&table);
    if (all.refused)
        (void)printf("\n%zu days could not be run:\n", all.refused);
    for (size_t i = 0, shown = 0; i < backtest->day_count && shown < 5; i++)
        if (backtest->days[i].state == BACKTEST_REFUSED) {
            (void)printf("%s  %s\n", backtest->days[i].date, backtest->days[i].reason);
            shown++;
        }
    return status;
}

static void add_sums(struct cli_json *json, const struct sums *sums)
{
    cli_json_count(json, "days", (int64_t)sums->done);
    cli_json_count(json, "refused", (int64_t)sums->refused);
    cli_json_number(json, "planned_eur", sums->planned_eur);
    cli_json_number(json, "actual_eur", sums->actual_eur);
    cli_json_number(json, "perfect_eur", sums->perfect_eur);
    cli_json_number(json, "regret_eur", sums->perfect_eur - sums->actual_eur);
    cli_json_number(json, "mae_eur_per_mwh",
                    sums->done ? sums->mae_eur_per_mwh / (double)sums->done : NAN);
    cli_json_number(json, "equivalent_full_cycles", sums->cycles);
}

static void add_day(struct cli_json *json, const struct cli_backtest_day *day)
{
    const struct mando_backtest_day *result = &day->result;
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "day", day->date);
    if (day->state == BACKTEST_REFUSED) {
        cli_json_text(json, "reason", day->reason);
    } else {
        cli_json_number(json, "planned_eur", result->planned_eur);
        cli_json_number(json, "actual_eur", result->actual_eur);
        cli_json_number(json, "perfect_eur", result->perfect_eur);
        cli_json_number(json, "regret_eur", result->perfect_eur - result->actual_eur);
        cli_json_number(json, "mae_eur_per_mwh", result->mae_eur_per_mwh);
        cli_json_number(json, "rmse_eur_per_mwh", result->rmse_eur_per_mwh);
        cli_json_number(json, "equivalent_full_cycles", result->equivalent_full_cycles);
        cli_json_text(json, "result", result->result);
    }
    cli_json_close(json, '}');
}

static void write_json(const struct cli_backtest *backtest, struct cli_json *json)
{
    char stored[MANDO_TIME_TEXT_SIZE];
    struct sums all = sums_of(backtest, NULL);
    mando_time_format(backtest->what.stored_until_us, stored);
    cli_json_init(json);
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "flow", backtest->flow);
    cli_json_text(json, "actual", backtest->actual);
    cli_json_text(json, "stored_until", stored);
    cli_json_open(json, "total", '{');
    add_sums(json, &all);
    cli_json_close(json, '}');
    cli_json_open(json, "days", '[');
    for (size_t i = 0; i < backtest->day_count; i++)
        add_day(json, &backtest->days[i]);
    cli_json_close(json, ']');
    cli_json_close(json, '}');
}

static void write_csv(const struct cli_backtest *backtest, FILE *file)
{
    (void)fputs("day,planned_eur,actual_eur,perfect_eur,mae_eur_per_mwh,rmse_eur_per_mwh,"
                "equivalent_full_cycles,result\n",
                file);
    for (size_t i = 0; i < backtest->day_count; i++) {
        char line[512];
        if (backtest->days[i].state != BACKTEST_DONE)
            continue;
        cli_backtest_line(&backtest->days[i], line);
        (void)fputs(line, file);
    }
}

/* A file of the folder, whole or not at all. */
static enum mando_status write_file(const struct cli_backtest *backtest, const char *name,
                                    struct cli_json *json, struct mando_error *error)
{
    char path[1024], part[1040];
    (void)snprintf(path, sizeof path, "%s/%s", backtest->out, name);
    (void)snprintf(part, sizeof part, "%s.part", path);
    FILE *file = fopen(part, "w");
    bool is_well = file != NULL;
    if (file && json)
        is_well = cli_json_end(json, file) == MANDO_OK;
    else if (file)
        write_csv(backtest, file);
    if (file)
        is_well = !ferror(file) && fflush(file) == 0 && fsync(fileno(file)) == 0 && is_well;
    if (file && fclose(file) != 0)
        is_well = false;
    if (is_well && rename(part, path) == 0)
        return MANDO_OK;
    int reason = errno;
    (void)unlink(part);
    return mando_fail_at(error, MANDO_E_IO_WRITE, path, 0, 0, "writing failed: %s",
                         strerror(reason));
}

static enum mando_status write_folder(const struct cli_backtest *backtest,
                                      struct mando_error *error)
{
    struct cli_json json;
    char journal[1024];
    write_json(backtest, &json);
    enum mando_status status = write_file(backtest, "days.csv", NULL, error);
    if (status)
        mando_text_release(&json.text);
    else
        status = write_file(backtest, "report.json", &json, error);
    (void)snprintf(journal, sizeof journal, "%s/backtest.journal", backtest->out);
    if (!status)
        (void)unlink(journal);
    return status;
}

int cli_backtest_report(struct cli_backtest *backtest)
{
    const struct cli *cli = backtest->cli;
    struct mando_error error = {0};
    struct cli_json json;
    if (sums_of(backtest, NULL).done == 0) {
        (void)mando_fail(&error, MANDO_E_FLOW_INPUT, -1, "no day could be run; the first: %.220s",
                         backtest->days[0].reason);
        return cli_report(cli, CLI_REFUSED, &error);
    }
    if (backtest->out && write_folder(backtest, &error))
        return cli_report(cli, CLI_REFUSED, &error);
    if (!cli->json)
        return cli_written(cli, print_table(backtest));
    write_json(backtest, &json);
    return cli_written(cli, cli_json_end(&json, stdout));
}
