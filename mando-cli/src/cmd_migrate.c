#include <stdio.h>

#include "json.h"
#include "store.h"

static int run(struct cli *cli)
{
    struct mando_error error;
    struct mando_service_options options = cli_service_options(cli, true);
    char room[MANDO_URL_TEXT_SIZE];
    const char *db = cli_setting_text(&cli->settings, CLI_SETTING_ROW_db, room);
    if (mando_service_migrate(cli->settings.db, &options, &error))
        return cli_report(cli, CLI_REFUSED, &error);
    if (!cli->json) {
        (void)printf("%s has the newest schema\n", db);
        return CLI_OK;
    }
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "db", db);
    cli_json_close(&json, '}');
    return cli_written(cli, cli_json_end(&json, stdout));
}

const struct cli_command CLI_MIGRATE = {
    .name = "migrate",
    .summary = "bring the schema of the database to the newest version",
    .usage = "[--json]",
    .text = "Makes the database of --db where there is none, brings an older one to the newest "
            "schema in\n"
            "one transaction, and does nothing where it is new already.",
    .example = "  mando --db sqlite:desk.db migrate",
    .run = run,
};
