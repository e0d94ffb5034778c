#include <stdio.h>
#include <string.h>

#include "cli.h"

#define TEXT_COLUMN 26

/* Prints a label and its text, whose later lines stand below its first. */
static void print_entry(const char *label, const char *value, const char *text)
{
    int width = printf("  %s%s%s", label, value ? " " : "", value ? value : "");
    if (width >= TEXT_COLUMN)
        (void)printf("\n%*s", TEXT_COLUMN, "");
    else
        (void)printf("%*s", TEXT_COLUMN - width, "");
    for (size_t length = strcspn(text, "\n"); text[length]; length = strcspn(text, "\n")) {
        (void)printf("%.*s\n%*s", (int)length, text, TEXT_COLUMN, "");
        text += length + 1;
    }
    (void)printf("%s\n", text);
}

static void print_flags_of_every_command(const struct cli *cli)
{
    (void)printf("\nof every command, before or after its name:\n");
    size_t i = 0;
    for (; i < cli->flag_count && strcmp(cli->flags[i].name, cli_setting_kind_at(0)->flag) != 0;
         i++)
        print_entry(cli->flags[i].name, cli->flags[i].value, cli->flags[i].text);
    (void)printf("\nsettings: a default, replaced by the --config file, that by the environment, "
                 "that by a flag\n");
    const struct cli_setting_kind *setting = NULL;
    for (size_t row = 0; (setting = cli_setting_kind_at(row)); row++) {
        char text[256];
        (void)snprintf(text, sizeof text, "%s\n%s, default %s", setting->text, setting->environment,
                       setting->initial);
        print_entry(setting->flag, setting->value, text);
    }
}

static void print_program(const struct cli *cli)
{
    (void)printf("mando: trading and scheduling of grid batteries\n\n"
                 "usage: mando [--config FILE] [--db URL] COMMAND ...\n\ncommands:\n");
    for (size_t i = 0; CLI_COMMANDS[i]; i++)
        print_entry(CLI_COMMANDS[i]->name, NULL, CLI_COMMANDS[i]->summary);
    print_flags_of_every_command(cli);
    (void)printf(
        "\nexit status: 0 done; 1 refused by the world (a file, its data, no plan); 2 wrong usage\n"
        "mando COMMAND --help tells more about a command\n");
}

void cli_help_print(const struct cli *cli)
{
    const struct cli_command *command = cli->command;
    if (!command) {
        print_program(cli);
        return;
    }
    (void)printf("mando %s: %s\n\nusage: mando %s%s%s\n\n%s\n", command->name, command->summary,
                 command->name, command->usage[0] ? " " : "", command->usage, command->text);
    if (command->flags)
        (void)printf("\n");
    for (const struct cli_flag *flag = command->flags; flag && flag->name; flag++)
        if (flag->text)
            print_entry(flag->name, flag->value, flag->text);
    print_flags_of_every_command(cli);
    (void)printf("\nexample:\n%s\n", command->example);
}
