/* flow.h: what `mando flow` does. */
#ifndef CLI_FLOW_ACTIONS_H
#define CLI_FLOW_ACTIONS_H

#include "cli.h"
#include "mando/flow.h"

/* The actions, which return the exit status. flow_run.c */
int cli_flow_run(struct cli *cli);
int cli_flow_rerun(struct cli *cli);

/* flow_show.c */
int cli_flow_list(struct cli *cli);
int cli_flow_show(struct cli *cli);

/* flow_compare.c */
int cli_flow_diff(struct cli *cli);
int cli_flow_explain(struct cli *cli);

/* Prints a run; `verdict` is a line for people, a member for JSON: NULL = none. */
int cli_run_print(const struct cli *cli, const struct mando_run *run, const char *verdict);

#endif
