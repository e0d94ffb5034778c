/* cli.h: what the commands of `mando` share.
 *
 * Results go to standard output and nothing else does; errors, warnings and progress go to standard
 * error. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "mando/error.h"
#include "settings.h"

enum { CLI_OK = 0, CLI_REFUSED = 1, CLI_USAGE = 2 };

#define CLI_FLAGS_MAX 32
#define CLI_ARGUMENTS_MAX 1024
#define CLI_REPEATS_MAX 64

struct cli_flag {
    const char *name;  /* "--battery"; NULL ends a list */
    const char *value; /* "FILE", for the help; NULL = a switch */
    const char *text;  /* with unit and default; lines are broken by hand */
};

struct cli;

struct cli_command {
    const char *name, *summary;
    const char *usage; /* what follows the name: "--battery FILE ..." */
    const char *text, *example;
    const struct cli_flag *flags; /* its own, besides those of every command; NULL = none */
    const char *repeats;          /* a flag that may be given more than once; NULL = none */
    const char *argument; /* what an argument without a flag is: "ID"; NULL = there are none */
    size_t arguments_min, arguments_max;
    int (*run)(struct cli *cli); /* the exit status */
    bool survives_bad_settings;  /* runs and looks at settings_status itself */
};

struct cli {
    const struct cli_command *command; /* NULL until its name was read */
    /* The flags of every command, then the command's own, with their values: NULL = not given, ""
     * = a switch that was given. */
    struct cli_flag flags[CLI_FLAGS_MAX];
    const char *values[CLI_FLAGS_MAX];
    size_t flag_count;
    const char *arguments[CLI_ARGUMENTS_MAX]; /* those without a flag, in their order */
    size_t argument_count;
    const char *repeats[CLI_REPEATS_MAX]; /* all values of the flag that may */
    size_t repeat_count;
    bool json;
    struct cli_settings settings;
    enum mando_status settings_status;
    struct mando_error settings_error;
};

/* main.c: every command; NULL ends the list. */
extern const struct cli_command *const CLI_COMMANDS[];

/* The commands, each in a file of its own. */
extern const struct cli_command CLI_OPTIMIZE, CLI_IMPORT, CLI_INSERT, CLI_CATALOG, CLI_RETRIEVE,
    CLI_CONVERT, CLI_COPY, CLI_FLOW, CLI_BACKTEST, CLI_LEDGER, CLI_MIGRATE, CLI_BACKUP, CLI_AUDIT,
    CLI_CONFIG, CLI_DOCTOR, CLI_VERSION;

/* cmd_version.c: the commit that the program was built from; "unknown" where that is not known. */
const char *cli_commit(void);

/* flags.c */

/* Fills the flags of every command: --help, --json, --config and one for each setting. */
void cli_flags_init(struct cli *cli);

/* Reads the whole command line: flags of every command, the command, its flags. Fills command, flags
 * and values, on failure as far as it came. MANDO_INVALID (usage.command, .flag, .missing). */
enum mando_status cli_flags_parse(struct cli *cli, int argc, char **argv,
                                  struct mando_error *error);

/* The value of a flag by its name; NULL where it was not given. */
const char *cli_flag_value(const struct cli *cli, const char *name);

/* help.c: the help of cli->command, of the program where that is NULL. */
void cli_help_print(const struct cli *cli);

/* report.c */

/* Writes an error in the form that was asked for; returns exit_status. */
int cli_report(const struct cli *cli, int exit_status, const struct mando_error *error);

/* The same for the value of a flag, whose name is the place; returns CLI_USAGE. */
int cli_report_flag(const struct cli *cli, const char *name, const struct mando_error *error);

void cli_warn(const struct cli *cli, const char *format, ...) MANDO_PRINTF(2, 3);

/* The exit status after a result was put together: reports where there was no memory for it. */
int cli_written(const struct cli *cli, enum mando_status status);

/* Makes sure that all of standard output was written: reports and returns CLI_REFUSED if not. */
int cli_finish(const struct cli *cli);

#endif
