#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/url.h"
#include "json.h"
#include "mando/time.h"
#include "progress.h"
#include "store.h"

static void list_copied(struct cli_json *json, const struct mando_copied *copied)
{
    const struct {
        const char *name;
        uint64_t count;
    } COUNTS[] = {{"stored", copied->stored},   {"changes", copied->changes},
                  {"points", copied->points},   {"configurations", copied->configurations},
                  {"values", copied->versions}, {"records", copied->records}};
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
        if (json)
            cli_json_count(json, COUNTS[i].name, (int64_t)COUNTS[i].count);
        else
            (void)printf("%s %" PRIu64 "\n", COUNTS[i].name, COUNTS[i].count);
    }
}

static void print_text(const char *from, const char *to, const char *changed,
                       const struct mando_copied *copied)
{
    (void)printf("%s is a copy of %s%s\n", to, from,
                 copied->stored ? "" : " already: nothing was stored");
    list_copied(NULL, copied);
    (void)printf("changed %s\nhash %s\n", changed ? changed : "nothing", copied->hash);
}

static int print_json(const struct cli *cli, const char *from, const char *to, const char *changed,
                      const struct mando_copied *copied)
{
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_text(&json, "from", from);
    cli_json_text(&json, "to", to);
    list_copied(&json, copied);
    cli_json_text(&json, "changed", changed);
    cli_json_text(&json, "hash", copied->hash);
    cli_json_close(&json, '}');
    return cli_written(cli, cli_json_end(&json, stdout));
}

static int print(const struct cli *cli, const struct mando_copied *copied)
{
    char from[MANDO_URL_TEXT_SIZE], to[MANDO_URL_TEXT_SIZE], time[MANDO_TIME_TEXT_SIZE];
    const char *changed = copied->change_us ? time : NULL;
    mando_url_show(cli->arguments[0], from);
    mando_url_show(cli->arguments[1], to);
    mando_time_format(copied->change_us, time);
    if (cli->json)
        return print_json(cli, from, to, changed, copied);
    print_text(from, to, changed, copied);
    return CLI_OK;
}

static enum mando_status open_one(const struct cli *cli, const char *url, bool may_create,
                                  struct mando_service **service_out, struct mando_error *error)
{
    struct mando_service_options options = cli_service_options(cli, may_create);
    return mando_service_open(url, &options, service_out, error);
}

/* A target that is refused is the place of the error. */
static int report(const struct cli *cli, struct mando_error *error)
{
    char to[MANDO_URL_TEXT_SIZE];
    mando_url_show(cli->arguments[1], to);
    if (strcmp(error->code, "copy.target") == 0)
        mando_fail_place(error, to, 0, 0);
    return cli_report(cli, CLI_REFUSED, error);
}

static enum mando_status copy(const struct cli *cli, struct mando_copied *copied_out,
                              struct mando_error *error)
{
    struct mando_service *from = NULL, *to = NULL;
    struct cli_progress progress;
    const struct mando_copy_options options = {.progress = cli_progress_copy,
                                               .progress_context = &progress};
    enum mando_status status = open_one(cli, cli->arguments[0], false, &from, error);
    if (!status)
        status = open_one(cli, cli->arguments[1], true, &to, error);
    if (!status) {
        cli_progress_start(&progress);
        status = mando_service_copy(from, to, &options, copied_out, error);
        cli_progress_end(&progress);
    }
    mando_service_free(to);
    mando_service_free(from);
    return status;
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct mando_copied copied;
    if (strcmp(cli->arguments[0], cli->arguments[1]) == 0) {
        (void)mando_fail(&error, MANDO_E_USAGE_VALUE, -1, "FROM and TO are the same database");
        return cli_report(cli, CLI_USAGE, &error);
    }
    return copy(cli, &copied, &error) ? report(cli, &error) : print(cli, &copied);
}

const struct cli_command CLI_COPY = {
    .name = "copy",
    .summary = "copy everything of one database into another",
    .usage = "FROM TO [--json]",
    .text =
        "Copies all that FROM holds into TO, each a database of any kind: every version of every\n"
        "value and configuration and all records, with the times that they have. TO is made where\n"
        "there is none; else it is empty, or holds a part of the same copy: what was stopped or\n"
        "killed goes on where it stood when it is run again, and what FROM got since an earlier\n"
        "copy follows. At the end both are read and compared, each data point by count and hash.",
    .example = "  mando copy sqlite:desk.db postgres://desk@db.example/desk",
    .argument = "FROM and TO",
    .arguments_min = 2,
    .arguments_max = 2,
    .run = run,
};
