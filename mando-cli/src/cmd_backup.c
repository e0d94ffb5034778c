#include <stdio.h>

#include "json.h"
#include "store.h"

static int print_backup(const struct cli *cli, const char *path)
{
    if (!cli->json) {
        (void)printf("%s is a copy of %s\n", path, cli->settings.db);
        return CLI_OK;
    }
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "db", cli->settings.db);
    cli_json_text(&json, "file", path);
    cli_json_close(&json, '}');
    return cli_written(cli, cli_json_end(&json, stdout));
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct mando_service *service = NULL;
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = mando_service_backup(service, cli->arguments[0], &error);
    mando_service_free(service);
    return status ? cli_report(cli, CLI_REFUSED, &error) : print_backup(cli, cli->arguments[0]);
}

const struct cli_command CLI_BACKUP = {
    .name = "backup",
    .summary = "copy the whole database into a new file",
    .usage = "FILE [--json]",
    .text =
        "Copies the database of --db, as it is now, while others read and write. The copy is a\n"
        "database itself. A file that is there already is never touched.",
    .example = "  mando --db sqlite:desk.db backup desk-2025-12-01.db",
    .argument = "FILE",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
