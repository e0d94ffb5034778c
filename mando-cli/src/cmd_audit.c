#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "json.h"
#include "store.h"

static const struct cli_flag FLAGS[] = {
    {"--head", "HASH", "a head printed earlier, whose record must be there still; default: none"},
    {0},
};

static int print(const struct cli *cli, const struct mando_audit *audit)
{
    const char *head = audit->records ? audit->head : NULL;
    if (!cli->json) {
        (void)printf("%" PRIu64 " records, none was changed\nhead %s\n", audit->records,
                     head ? head : "none");
        return CLI_OK;
    }
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_count(&json, "records", (int64_t)audit->records);
    cli_json_text(&json, "head", head);
    cli_json_close(&json, '}');
    return cli_written(cli, cli_json_end(&json, stdout));
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct mando_service *service = NULL;
    struct mando_audit audit;
    if (strcmp(cli->arguments[0], "verify") != 0) {
        (void)mando_fail(&error, MANDO_E_USAGE_COMMAND, -1,
                         "\"%.60s\" is nothing that can be done to the audit: did you mean verify?",
                         cli->arguments[0]);
        return cli_report(cli, CLI_USAGE, &error);
    }
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = mando_service_audit_verify(service, cli_flag_value(cli, "--head"), &audit, &error);
    mando_service_free(service);
    if (status && strcmp(error.code, "audit.head") == 0)
        return cli_report_flag(cli, "--head", &error);
    return status ? cli_report(cli, CLI_REFUSED, &error) : print(cli, &audit);
}

const struct cli_command CLI_AUDIT = {
    .name = "audit",
    .summary = "check that no record of a write was changed",
    .usage = "verify [--head HASH] [--json]",
    .text =
        "Every write leaves a record: who, when, what and why. Each holds the hash of the one "
        "before,\n"
        "so that one changed byte is found; the first record that is not as it was, or does not "
        "fit\n"
        "what is stored, is named. The last one's hash is printed as the head: kept elsewhere, "
        "it shows\n"
        "later, by --head, that nothing was taken away whole.",
    .example = "  mando --db sqlite:desk.db audit verify",
    .flags = FLAGS,
    .argument = "verify",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
