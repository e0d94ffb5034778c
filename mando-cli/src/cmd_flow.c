#include "flow.h"

#include <string.h>

#include "base/fail.h"

static const struct cli_flag FLAGS[] = {
    {"--param", "NAME=VALUE",
     "of run: day, the delivery day (a date, D, D+1; default: D+1), or a parameter of the\n"
     "flow; may be repeated"},
    {"--as-of", "TIME",
     "of run: only what was known then; default: at the gate of the flow, or now where that\n"
     "is later"},
    {"--dry-run", NULL, "of run: nothing is stored or sent"},
    {"--deadline", "DURATION",
     "of run: steps that would begin later than this from now do not; default: none"},
    {"--seed", "NUMBER", "of run: of its random numbers; default: 0"},
    {"--at", "TIME", "of explain: the period that holds this time"},
    {0},
};

static const struct {
    const char *name;
    size_t arguments; /* after it */
    int (*run)(struct cli *cli);
} ACTIONS[] = {{"list", 0, cli_flow_list}, {"run", 1, cli_flow_run},
               {"show", 1, cli_flow_show}, {"rerun", 1, cli_flow_rerun},
               {"diff", 2, cli_flow_diff}, {"explain", 1, cli_flow_explain}};

#define ACTION_COUNT (sizeof ACTIONS / sizeof *ACTIONS)

static int run(struct cli *cli)
{
    struct mando_error error;
    const char *action = cli->arguments[0];
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        if (strcmp(ACTIONS[i].name, action) != 0)
            continue;
        if (cli->argument_count == ACTIONS[i].arguments + 1)
            return ACTIONS[i].run(cli);
        (void)mando_fail(&error, MANDO_E_USAGE_MISSING, -1, "mando flow %s needs %s", action,
                         ACTIONS[i].arguments == 0   ? "nothing after it"
                         : ACTIONS[i].arguments == 2 ? "two runs"
                         : i == 1                    ? "the name of a flow"
                                                     : "one run");
        return cli_report(cli, CLI_USAGE, &error);
    }
    (void)mando_fail(&error, MANDO_E_USAGE_COMMAND, -1,
                     "\"%.60s\" is nothing that can be done to a flow: there are list, run, show, "
                     "rerun, diff and explain",
                     action);
    return cli_report(cli, CLI_USAGE, &error);
}

const struct cli_command CLI_FLOW = {
    .name = "flow",
    .summary = "run a day's work, show it, repeat it, compare and explain it",
    .usage = "list | run NAME [--param NAME=VALUE]... [--as-of TIME] [--dry-run]\n"
             "           | show RUN | rerun RUN | diff RUN RUN | explain RUN --at TIME",
    .text = "A flow is the document Flow/NAME: inputs, a strategy, outputs, accounts. run decides "
            "for one\n"
            "delivery day with what was known at the gate, checks the plan, stores it and books "
            "its money,\n"
            "all or nothing; a run with the result of the one before stores nothing. rerun does it "
            "again\n"
            "under the same cuts and says whether the result is the same to the last bit; diff "
            "shows what\n"
            "two runs stored differently, explain why the battery does what it does at a time.",
    .example = "  mando insert Flow/day-ahead --file assets/flows/day-ahead.json\n"
               "  mando flow run day-ahead --param day=2025-12-03",
    .flags = FLAGS,
    .repeats = "--param",
    .argument = "ACTION",
    .arguments_min = 1,
    .arguments_max = 3,
    .run = run,
};
