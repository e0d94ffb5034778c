#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "cli.h"
#include "json.h"

static enum mando_status status_of(const char *code)
{
    const struct mando_error_kind *kind = NULL;
    for (size_t i = 0; (kind = mando_error_kind_at(i)); i++)
        if (strcmp(kind->code, code) == 0)
            return kind->status;
    return MANDO_OK;
}

static void report_json(const struct mando_error *error)
{
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_open(&json, "error", '{');
    cli_json_text(&json, "code", error->code);
    cli_json_text(&json, "status", mando_status_name(status_of(error->code)));
    cli_json_text(&json, "message", error->message);
    if (error->where[0])
        cli_json_text(&json, "where", error->where);
    if (error->line > 0)
        cli_json_count(&json, "line", error->line);
    if (error->column > 0)
        cli_json_count(&json, "column", error->column);
    if (error->index >= 0)
        cli_json_count(&json, "index", error->index);
    cli_json_close(&json, '}');
    cli_json_close(&json, '}');
    (void)cli_json_end(&json, stderr);
}

/* Names and words of others may hold a line end or an escape; an error is one line. */
static void print_on_line(const char *text)
{
    for (const char *at = text; *at; at++)
        (void)fputc((unsigned char)*at < ' ' || *at == '\x7F' ? '?' : *at, stderr);
}

static void report_text(const struct mando_error *error)
{
    (void)fprintf(stderr, "mando: %s: ", error->code);
    print_on_line(error->where);
    if (error->where[0] && error->line > 0)
        (void)fprintf(stderr, ":%" PRId64 ":%" PRId64 ": ", error->line,
                      error->column > 0 ? error->column : 1);
    else if (error->where[0])
        (void)fputs(": ", stderr);
    print_on_line(error->message);
    (void)fputc('\n', stderr);
}

int cli_report(const struct cli *cli, int exit_status, const struct mando_error *error)
{
    if (cli->json)
        report_json(error);
    else
        report_text(error);
    return exit_status;
}

int cli_report_flag(const struct cli *cli, const char *name, const struct mando_error *error)
{
    struct mando_error placed = *error;
    (void)snprintf(placed.where, sizeof placed.where, "%s", name);
    return cli_report(cli, CLI_USAGE, &placed);
}

void cli_warn(const struct cli *cli, const char *format, ...)
{
    char message[248];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (!cli->json) {
        (void)fprintf(stderr, "mando: warning: %s\n", message);
        return;
    }
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_open(&json, "warning", '{');
    cli_json_text(&json, "message", message);
    cli_json_close(&json, '}');
    cli_json_close(&json, '}');
    (void)cli_json_end(&json, stderr);
}

int cli_written(const struct cli *cli, enum mando_status status)
{
    struct mando_error error;
    if (!status)
        return CLI_OK;
    (void)mando_fail(&error, MANDO_E_MEMORY, -1, "there is not enough memory for the results");
    return cli_report(cli, CLI_REFUSED, &error);
}

int cli_finish(const struct cli *cli)
{
    struct mando_error error;
    errno = 0;
    bool failed = ferror(stdout) != 0;
    if (fclose(stdout) == 0 && !failed)
        return CLI_OK;
    (void)mando_fail_at(&error, MANDO_E_IO_WRITE, "standard output", 0, 0,
                        "the results could not be written: %s",
                        errno ? strerror(errno) : "writing failed");
    return cli_report(cli, CLI_REFUSED, &error);
}
