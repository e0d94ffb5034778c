#include <stdio.h>

#include "cli.h"
#include "json.h"
#include "table.h"

static const char *const ORIGINS[] = {
    [CLI_FROM_DEFAULT] = "default",
    [CLI_FROM_FILE] = "file",
    [CLI_FROM_ENVIRONMENT] = "environment",
    [CLI_FROM_FLAG] = "flag",
};

/* What gave the value: a file, a variable, a flag; NULL for a default. */
static const char *source(const struct cli *cli, size_t row)
{
    switch (cli->settings.origin[row]) {
    case CLI_FROM_FILE:
        return cli_flag_value(cli, "--config");
    case CLI_FROM_ENVIRONMENT:
        return cli_setting_kind_at(row)->environment;
    case CLI_FROM_FLAG:
        return cli_setting_kind_at(row)->flag;
    case CLI_FROM_DEFAULT:
        break;
    }
    return NULL;
}

static enum mando_status print_json(const struct cli *cli)
{
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_open(&json, "settings", '[');
    for (size_t row = 0; row < CLI_SETTINGS; row++) {
        const struct cli_setting_kind *kind = cli_setting_kind_at(row);
        char room[MANDO_URL_TEXT_SIZE];
        cli_json_open(&json, NULL, '{');
        cli_json_text(&json, "name", kind->name);
        if (kind->is_number)
            cli_json_count(&json, "value", (int64_t)cli_setting_count(&cli->settings, row));
        else
            cli_json_text(&json, "value", cli_setting_text(&cli->settings, row, room));
        cli_json_text(&json, "origin", ORIGINS[cli->settings.origin[row]]);
        cli_json_text(&json, "source", source(cli, row));
        cli_json_close(&json, '}');
    }
    cli_json_close(&json, ']');
    cli_json_close(&json, '}');
    return cli_json_end(&json, stdout);
}

static enum mando_status print_table(const struct cli *cli)
{
    struct cli_table table;
    cli_table_init(&table, "lll");
    cli_table_cell(&table, "setting");
    cli_table_cell(&table, "value");
    cli_table_cell(&table, "origin");
    for (size_t row = 0; row < CLI_SETTINGS; row++) {
        const char *from = source(cli, row);
        char room[MANDO_URL_TEXT_SIZE];
        cli_table_cell(&table, "%s", cli_setting_kind_at(row)->name);
        cli_table_cell(&table, "%s", cli_setting_text(&cli->settings, row, room));
        cli_table_cell(&table, "%s%s%s", ORIGINS[cli->settings.origin[row]], from ? " " : "",
                       from ? from : "");
    }
    return cli_table_print(&table);
}

static int run(struct cli *cli)
{
    return cli_written(cli, cli->json ? print_json(cli) : print_table(cli));
}

const struct cli_command CLI_CONFIG = {
    .name = "config",
    .summary = "value and origin of every setting",
    .usage = "[--config FILE] [--json]",
    .text = "Prints each setting with its value and where that came from: default, file, "
            "environment or flag.\n"
            "A variable of the environment that is empty counts as absent.",
    .example = "  MANDO_ROWS_MAX=500000 mando config --bytes-max 1000000000",
    .run = run,
};
