#include <string.h>

#include "base/fail.h"
#include "cli.h"
#include "progress.h"
#include "store.h"

static const struct cli_flag FLAGS[] = {
    {"--from", "FORMAT",
     "of IN: csv, json, ndjson or parquet; default: what its name tells;\n"
     "- needs one"},
    {"--to", "FORMAT", "of OUT, in the same way"},
    {"--compression", "NAME",
     "of Parquet: none, lz4, zstd, snappy or deflate; default: zstd.\n"
     "Other formats are compressed where the name ends in .gz"},
    {0},
};

static enum mando_status find_format(const struct cli *cli, const char *flag, const char *path,
                                     enum mando_rows_format *format_out, struct mando_error *error)
{
    const char *name = cli_flag_value(cli, flag);
    if (name)
        return cli_format_named(flag, name, format_out, error);
    if (strcmp(path, "-") != 0)
        return cli_path_format(path, format_out, error);
    return mando_fail_at(error, MANDO_E_USAGE_MISSING, flag, 0, 0,
                         "- has no name that tells a format: %s is needed", flag);
}

static enum mando_status check_compression(const struct cli *cli, enum mando_rows_format format,
                                           struct mando_error *error)
{
    static const char *const NAMES[] = {"none", "lz4", "zstd", "snappy", "deflate"};
    const char *name = cli_flag_value(cli, "--compression");
    if (!name)
        return MANDO_OK;
    if (format != MANDO_ROWS_PARQUET)
        return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--compression", 0, 0,
                             "only Parquet has a compression of its own");
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(name, NAMES[i]) == 0)
            return MANDO_OK;
    return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--compression", 0, 0,
                         "\"%.60s\" is no compression: none, lz4, zstd, snappy or deflate", name);
}

static int run(struct cli *cli)
{
    struct cli_progress progress;
    struct mando_error error;
    enum mando_rows_format in, out;
    const char *const *paths = cli->arguments;
    enum mando_status status = find_format(cli, "--from", paths[0], &in, &error);
    if (!status)
        status = find_format(cli, "--to", paths[1], &out, &error);
    if (!status)
        status = check_compression(cli, out, &error);
    if (status)
        return cli_report(cli, CLI_USAGE, &error);
    const struct mando_rows_convert_options options = {.compression =
                                                           cli_flag_value(cli, "--compression"),
                                                       .bytes_max = cli->settings.bytes_max,
                                                       .rows_max = cli->settings.rows_max,
                                                       .progress = cli_progress_read,
                                                       .progress_context = &progress,
                                                       .in_child = 1};
    cli_progress_start(&progress);
    status = mando_rows_convert(paths[0], in, paths[1], out, &options, &error);
    cli_progress_end(&progress);
    return status ? cli_report(cli, CLI_REFUSED, &error) : CLI_OK;
}

const struct cli_command CLI_CONVERT = {
    .name = "convert",
    .summary = "rows of a file in another format",
    .usage = "IN OUT [--from FORMAT] [--to FORMAT] [--compression NAME]",
    .text = "Writes the rows of IN, numbers of series, as OUT: every column that IN has, and of "
            "JSON unit\n"
            "and resolution too. IN is read twice; neither is ever in memory whole, but for a "
            "series of\n"
            "JSON. Rows of JSON come series by series: those of an id must stand together in IN.",
    .example = "  mando convert prices.csv.gz prices.parquet\n"
               "  mando convert - - --from parquet --to ndjson < prices.parquet",
    .flags = FLAGS,
    .argument = "IN OUT",
    .arguments_min = 2,
    .arguments_max = 2,
    .run = run,
};
