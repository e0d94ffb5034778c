#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "cli.h"

const struct cli_command *const CLI_COMMANDS[] = {
    &CLI_OPTIMIZE, &CLI_IMPORT, &CLI_INSERT,   &CLI_CATALOG, &CLI_RETRIEVE, &CLI_CONVERT,
    &CLI_COPY,     &CLI_FLOW,   &CLI_BACKTEST, &CLI_LEDGER,  &CLI_MIGRATE,  &CLI_BACKUP,
    &CLI_AUDIT,    &CLI_CONFIG, &CLI_DOCTOR,   &CLI_VERSION, NULL};

static enum mando_status load_settings(struct cli *cli)
{
    const char *flags[CLI_SETTINGS];
    for (size_t i = 0; i < CLI_SETTINGS; i++)
        flags[i] = cli_flag_value(cli, cli_setting_kind_at(i)->flag);
    cli->settings_status = cli_settings_load(&cli->settings, cli_flag_value(cli, "--config"), flags,
                                             &cli->settings_error);
    return cli->command->survives_bad_settings ? MANDO_OK : cli->settings_status;
}

static int run(struct cli *cli, int argc, char **argv)
{
    struct mando_error error;
    if (cli_flags_parse(cli, argc, argv, &error))
        return cli_report(cli, CLI_USAGE, &error);
    if (cli_flag_value(cli, "--help")) {
        cli_help_print(cli);
        return CLI_OK;
    }
    if (load_settings(cli)) {
        /* A value on the command line is wrong usage; one in a file or variable is the world's. */
        bool is_flag = strncmp(cli->settings_error.where, "--", 2) == 0;
        return cli_report(cli, is_flag ? CLI_USAGE : CLI_REFUSED, &cli->settings_error);
    }
    return cli->command->run(cli);
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    /* A file that becomes larger than it may is a write that fails, not the end of the program. */
    (void)signal(SIGXFSZ, SIG_IGN);
    int exit_status = run(&cli, argc, argv);
    if (!exit_status) /* what failed has said so already */
        exit_status = cli_finish(&cli);
    cli_settings_release(&cli.settings);
    return exit_status;
}
