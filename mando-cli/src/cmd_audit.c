#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "json.h"
#include "store.h"

static int print_count(const struct cli *cli, uint64_t count)
{
    if (!cli->json) {
        (void)printf("%" PRIu64 " records, none was changed\n", count);
        return CLI_OK;
    }
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_count(&json, "records", (int64_t)count);
    cli_json_close(&json, '}');
    return cli_written(cli, cli_json_end(&json, stdout));
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct mando_service *service = NULL;
    uint64_t count = 0;
    if (strcmp(cli->arguments[0], "verify") != 0) {
        (void)mando_fail(&error, MANDO_E_USAGE_COMMAND, -1,
                         "\"%.60s\" is nothing that can be done to the audit: did you mean verify?",
                         cli->arguments[0]);
        return cli_report(cli, CLI_USAGE, &error);
    }
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = mando_service_audit_verify(service, &count, &error);
    mando_service_free(service);
    return status ? cli_report(cli, CLI_REFUSED, &error) : print_count(cli, count);
}

const struct cli_command CLI_AUDIT = {
    .name = "audit",
    .summary = "check that no record of a write was changed",
    .usage = "verify [--json]",
    .text = "Every write leaves a record: who, when, what and why. Each holds the hash of the one "
            "before,\n"
            "so that one changed byte anywhere is found; the first record that is not as it was is "
            "named.",
    .example = "  mando --db sqlite:desk.db audit verify",
    .argument = "verify",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
