#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/json.h"
#include "json.h"
#include "store.h"

static const struct cli_flag FLAGS[] = {
    {"--type", "TYPE", "TimeSeriesDouble, TimeSeriesDoubleMatrix or StaticData; default: all"},
    {"--tag", "KEY=VALUE", "only data points with this tag; default: all"},
    {0},
};

/* What data points have to be, besides their pattern. */
struct wanted {
    const char *type, *tag;
};

static bool is_type(const char *word)
{
    bool is_known = false;
    for (enum mando_point_type type = MANDO_SERIES; type <= MANDO_DOCUMENT; type++)
        is_known |= strcmp(word, mando_point_type_name(type)) == 0;
    return is_known;
}

static enum mando_status read_wanted(const struct cli *cli, struct wanted *wanted,
                                     struct mando_error *error)
{
    *wanted = (struct wanted){cli_flag_value(cli, "--type"), cli_flag_value(cli, "--tag")};
    if (wanted->type && !is_type(wanted->type))
        return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--type", 0, 0,
                             "\"%.60s\" is no type: TimeSeriesDouble, TimeSeriesDoubleMatrix or "
                             "StaticData",
                             wanted->type);
    if (wanted->tag && (!strchr(wanted->tag, '=') || wanted->tag[0] == '='))
        return mando_fail_at(error, MANDO_E_USAGE_FLAG, "--tag", 0, 0,
                             "\"%.60s\" is no tag: it must be KEY=VALUE", wanted->tag);
    return MANDO_OK;
}

static bool has_tag(const struct mando_point *point, const char *tag)
{
    struct mando_json json = {0};
    size_t key_length = strcspn(tag, "=");
    if (!point->document
        || mando_json_parse(point->document, strlen(point->document), MANDO_POINT_CONFIG_BYTES_MAX,
                            "", &json, NULL))
        return false;
    yyjson_val *tags = yyjson_obj_get(yyjson_doc_get_root(json.doc), "tags");
    const char *value = yyjson_get_str(yyjson_obj_getn(tags, tag, key_length));
    bool is_same = value && strcmp(value, tag + key_length + 1) == 0;
    mando_json_release(&json);
    return is_same;
}

static bool is_wanted(const struct mando_point *point, const struct wanted *wanted)
{
    return (!wanted->type || strcmp(wanted->type, mando_point_type_name(point->type)) == 0)
           && (!wanted->tag || has_tag(point, wanted->tag));
}

static enum mando_status add_item(struct cli_json *json, const struct mando_point *point,
                                  struct mando_error *error)
{
    char *text = NULL;
    size_t length = 0;
    enum mando_status status = mando_point_format(point, &text, &length, error);
    if (status)
        return status;
    cli_json_open(json, NULL, '{');
    cli_json_text(json, "id", point->id);
    mando_text_append(&json->text, ", ", 2);
    mando_text_append(&json->text, text + 1, length - 2); /* its members; a type is always there */
    cli_json_close(json, '}');
    mando_text_free(text);
    return MANDO_OK;
}

static int print_json(const struct cli *cli, const struct mando_catalog *catalog,
                      const struct wanted *wanted)
{
    struct cli_json json;
    struct mando_error error;
    enum mando_status status = MANDO_OK;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    cli_json_open(&json, "items", '[');
    for (size_t i = 0; i < catalog->count && !status; i++)
        if (is_wanted(&catalog->items[i].point, wanted))
            status = add_item(&json, &catalog->items[i].point, &error);
    cli_json_close(&json, ']');
    cli_json_close(&json, '}');
    if (!status)
        return cli_written(cli, cli_json_end(&json, stdout));
    mando_text_release(&json.text);
    return cli_report(cli, CLI_REFUSED, &error);
}

/* A unit may hold what CSV needs in quotes. */
static void append_cell(struct mando_text *text, const char *cell)
{
    bool needs_quotes = strpbrk(cell, ",\"\r\n") != NULL;
    if (!needs_quotes) {
        mando_text_append(text, cell, strlen(cell));
        return;
    }
    mando_text_append(text, "\"", 1);
    for (const char *c = cell; *c; c++)
        mando_text_append(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    mando_text_append(text, "\"", 1);
}

static void print_row(struct mando_text *text, const struct mando_point *point)
{
    char resolution[MANDO_TIME_TEXT_SIZE] = "";
    bool is_regular =
        point->resolution.months || point->resolution.days || point->resolution.time_us;
    bool is_document = point->type == MANDO_DOCUMENT;
    if (is_regular)
        mando_duration_format(point->resolution, resolution);
    const char *const cells[] = {
        point->id,        mando_point_type_name(point->type),
        point->unit,      resolution,
        point->time_zone, is_document ? "" : mando_aggregation_name(point->aggregation)};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        if (i > 0)
            mando_text_append(text, ",", 1);
        append_cell(text, cells[i] ? cells[i] : "");
    }
    mando_text_append(text, "\n", 1);
}

static int print_csv(const struct cli *cli, const struct mando_catalog *catalog,
                     const struct wanted *wanted)
{
    struct mando_text text;
    mando_text_init(&text, SIZE_MAX);
    mando_text_append_format(&text, "id,type,unit,resolution,time_zone,aggregation\n");
    for (size_t i = 0; i < catalog->count; i++)
        if (is_wanted(&catalog->items[i].point, wanted))
            print_row(&text, &catalog->items[i].point);
    enum mando_status status = text.status;
    if (!status)
        (void)fwrite(text.bytes, 1, text.length, stdout);
    mando_text_release(&text);
    return cli_written(cli, status);
}

static int print_catalog(const struct cli *cli, const struct wanted *wanted)
{
    static const char *const ALL[] = {"**"};
    struct mando_error error;
    struct mando_service *service = NULL;
    struct mando_catalog catalog = {0};
    struct mando_query query = MANDO_QUERY_DEFAULT;
    query.patterns = cli->argument_count ? cli->arguments : ALL;
    query.pattern_count = 1;
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = mando_service_catalog(service, &query, &catalog, &error);
    int exit_status = CLI_REFUSED;
    if (status)
        exit_status = cli_report(cli, CLI_REFUSED, &error);
    else
        exit_status =
            cli->json ? print_json(cli, &catalog, wanted) : print_csv(cli, &catalog, wanted);
    mando_catalog_release(&catalog);
    mando_service_free(service);
    return exit_status;
}

static int run(struct cli *cli)
{
    struct mando_error error;
    struct wanted wanted;
    const char *pattern = cli->argument_count ? cli->arguments[0] : "**";
    enum mando_status status = mando_point_pattern_check(pattern, strlen(pattern), &error);
    if (!status)
        status = read_wanted(cli, &wanted, &error);
    return status ? cli_report(cli, CLI_USAGE, &error) : print_catalog(cli, &wanted);
}

const struct cli_command CLI_CATALOG = {
    .name = "catalog",
    .summary = "the data points of the database with their configuration",
    .usage = "[PATTERN] [--type TYPE] [--tag KEY=VALUE] [--json]",
    .text =
        "In a pattern * stands for one segment of an id, a last ** for any number; default: **.\n"
        "Prints CSV by id, with --json whole configurations.",
    .example = "  mando catalog 'Market/*/DayAhead/Price'",
    .flags = FLAGS,
    .argument = "PATTERN",
    .arguments_max = 1,
    .run = run,
};
