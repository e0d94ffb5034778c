#include <string.h>

#include "base/fail.h"
#include "base/nearest.h"
#include "cli.h"

static void add_flag(struct cli *cli, struct cli_flag flag)
{
    if (cli->flag_count < CLI_FLAGS_MAX)
        cli->flags[cli->flag_count++] = flag;
}

void cli_flags_init(struct cli *cli)
{
    add_flag(cli, (struct cli_flag){"--help", NULL, "this text"});
    add_flag(cli, (struct cli_flag){"--json", NULL, "results, warnings and errors as JSON"});
    add_flag(cli,
             (struct cli_flag){"--config", "FILE", "settings: a JSON object with their names"});
    const struct cli_setting_kind *setting = NULL;
    for (size_t i = 0; (setting = cli_setting_kind_at(i)); i++)
        add_flag(cli, (struct cli_flag){setting->flag, setting->value, setting->text});
}

static const char *command_name_at(const void *context, size_t i)
{
    (void)context;
    return CLI_COMMANDS[i] ? CLI_COMMANDS[i]->name : NULL;
}

static const char *flag_name_at(const void *context, size_t i)
{
    const struct cli *cli = context;
    return i < cli->flag_count ? cli->flags[i].name : NULL;
}

static enum mando_status fail_unknown_command(const char *word, struct mando_error *error)
{
    const char *nearest = mando_nearest(word, command_name_at, NULL);
    if (nearest)
        return mando_fail(error, MANDO_E_USAGE_COMMAND, -1,
                          "\"%.60s\" is no command: did you mean %s?", word, nearest);
    return mando_fail(error, MANDO_E_USAGE_COMMAND, -1,
                      "\"%.60s\" is no command; `mando --help` lists them", word);
}

static enum mando_status choose_command(struct cli *cli, const char *word,
                                        struct mando_error *error)
{
    for (size_t i = 0; CLI_COMMANDS[i] && !cli->command; i++)
        if (strcmp(CLI_COMMANDS[i]->name, word) == 0)
            cli->command = CLI_COMMANDS[i];
    if (!cli->command)
        return fail_unknown_command(word, error);
    const struct cli_flag *own = cli->command->flags;
    for (; own && own->name; own++)
        add_flag(cli, *own);
    return MANDO_OK;
}

/* What error messages call the program that was asked for: "mando" or "mando optimize". */
static const char *separator(const struct cli *cli)
{
    return cli->command ? " " : "";
}

static const char *name(const struct cli *cli)
{
    return cli->command ? cli->command->name : "";
}

static enum mando_status fail_unknown_flag(const struct cli *cli, const char *word, size_t length,
                                           struct mando_error *error)
{
    char flag[64];
    size_t kept = length < sizeof flag ? length : sizeof flag - 1;
    memcpy(flag, word, kept);
    flag[kept] = '\0';
    const char *nearest = mando_nearest(flag, flag_name_at, cli);
    if (nearest)
        return mando_fail(error, MANDO_E_USAGE_FLAG, -1,
                          "mando%s%s has no flag %s: did you mean %s?", separator(cli), name(cli),
                          flag, nearest);
    return mando_fail(error, MANDO_E_USAGE_FLAG, -1,
                      "mando%s%s has no flag %s; `mando%s%s --help` lists them", separator(cli),
                      name(cli), flag, separator(cli), name(cli));
}

/* Reads the flag at argv[*next], as `--name value` or `--name=value`, and moves past it. */
static enum mando_status take_flag(struct cli *cli, int argc, char **argv, int *next,
                                   struct mando_error *error)
{
    const char *word = argv[(*next)++];
    size_t length = strcspn(word, "="), i = 0;
    while (
        i < cli->flag_count
        && (strlen(cli->flags[i].name) != length || strncmp(cli->flags[i].name, word, length) != 0))
        i++;
    if (i == cli->flag_count)
        return fail_unknown_flag(cli, word, length, error);
    const struct cli_flag *flag = &cli->flags[i];
    bool repeats =
        cli->command && cli->command->repeats && strcmp(cli->command->repeats, flag->name) == 0;
    if (cli->values[i] && !repeats)
        return mando_fail(error, MANDO_E_USAGE_FLAG, -1, "%s is given twice", flag->name);
    cli->values[i] = NULL;
    if (word[length] == '=' && !flag->value)
        return mando_fail(error, MANDO_E_USAGE_FLAG, -1, "%s takes no value", flag->name);
    if (!flag->value)
        cli->values[i] = "";
    else if (word[length] == '=')
        cli->values[i] = word + length + 1;
    else if (*next < argc && strncmp(argv[*next], "--", 2) != 0)
        cli->values[i] = argv[(*next)++];
    if (!cli->values[i] || (flag->value && cli->values[i][0] == '\0'))
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1, "%s needs a value: %s %s", flag->name,
                          flag->name, flag->value);
    if (repeats && cli->repeat_count == CLI_REPEATS_MAX)
        return mando_fail(error, MANDO_E_USAGE_FLAG, -1, "%s is given more than %d times",
                          flag->name, CLI_REPEATS_MAX);
    if (repeats)
        cli->repeats[cli->repeat_count++] = cli->values[i];
    return MANDO_OK;
}

/* An argument without a flag: a data point, a file. */
static enum mando_status take_argument(struct cli *cli, const char *word, struct mando_error *error)
{
    const struct cli_command *command = cli->command;
    if (cli->argument_count >= command->arguments_max || cli->argument_count == CLI_ARGUMENTS_MAX)
        return mando_fail(error, MANDO_E_USAGE_FLAG, -1,
                          "\"%.60s\" belongs to no flag; `mando %s --help` lists them", word,
                          command->name);
    if (*word == '\0')
        return mando_fail(error, MANDO_E_USAGE_MISSING, -1, "%s is empty", command->argument);
    cli->arguments[cli->argument_count++] = word;
    return MANDO_OK;
}

static enum mando_status check_arguments(const struct cli *cli, struct mando_error *error)
{
    const struct cli_command *command = cli->command;
    if (!command || cli_flag_value(cli, "--help") || cli->argument_count >= command->arguments_min)
        return MANDO_OK;
    return mando_fail(error, MANDO_E_USAGE_MISSING, -1, "mando %s needs %s: mando %s %s",
                      command->name, command->argument, command->name, command->usage);
}

static bool has_json(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

enum mando_status cli_flags_parse(struct cli *cli, int argc, char **argv, struct mando_error *error)
{
    /* Looked for first, so that an error before it has its form too. */
    cli->json = has_json(argc, argv);
    cli_flags_init(cli);
    enum mando_status status = MANDO_OK;
    for (int next = 1; next < argc && !status;) {
        if (argv[next][0] == '-' && argv[next][1] != '\0')
            status = take_flag(cli, argc, argv, &next, error);
        else if (!cli->command)
            status = choose_command(cli, argv[next++], error);
        else
            status = take_argument(cli, argv[next++], error);
    }
    if (!status && !cli->command && !cli_flag_value(cli, "--help"))
        status = mando_fail(error, MANDO_E_USAGE_COMMAND, -1,
                            "no command is given; `mando --help` lists them");
    if (!status)
        status = check_arguments(cli, error);
    return status;
}

const char *cli_flag_value(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < cli->flag_count; i++)
        if (strcmp(cli->flags[i].name, name) == 0)
            return cli->values[i];
    return NULL;
}
