#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/json.h"
#include "flow.h"
#include "json.h"
#include "mando/rows.h"
#include "store.h"
#include "table.h"

#define PREFIX "Flow/"

static const char *const PATTERN[] = {PREFIX "*"};

/* Flows as they are listed: the newest document of each. */
struct listing {
    const struct cli *cli;
    struct mando_catalog catalog;
    char *texts[1024]; /* of each data point; NULL = none */
};

static void release(struct listing *listing)
{
    for (size_t i = 0; i < sizeof listing->texts / sizeof *listing->texts; i++)
        mando_free(listing->texts[i]);
    mando_catalog_release(&listing->catalog);
}

static enum mando_status take(struct listing *listing, const struct mando_rows *rows, size_t row,
                              struct mando_error *error)
{
    size_t place = rows->point ? (size_t)rows->point[row] : 0;
    if (!mando_rows_is_present(rows, row)
        || place >= sizeof listing->texts / sizeof *listing->texts)
        return MANDO_OK;
    size_t length = mando_texts_length(rows->document, row);
    char *text = mando_alloc(length + 1, 1);
    if (!text)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the flows");
    memcpy(text, mando_texts_at(rows->document, row), length);
    mando_free(listing->texts[place]);
    listing->texts[place] = text;
    return MANDO_OK;
}

static enum mando_status read_flows(struct listing *listing, struct mando_service *service,
                                    struct mando_error *error)
{
    struct ArrowArrayStream stream = {0};
    struct mando_rows rows MANDO_CLEANUP(mando_rows_release) = {0};
    struct mando_query query = MANDO_QUERY_DEFAULT;
    query.patterns = PATTERN;
    query.pattern_count = 1;
    enum mando_status status =
        mando_service_retrieve(service, &query, &listing->catalog, &stream, error);
    if (status)
        return status;
    do {
        status = mando_rows_next(&stream, &rows, error);
        for (size_t i = 0; !status && i < rows.count; i++)
            status = take(listing, &rows, i, error);
    } while (!status && rows.count > 0);
    stream.release(&stream);
    return status;
}

static const char *member(const struct mando_json *json, const char *name)
{
    const char *text = yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(json->doc), name));
    return text ? text : "";
}

static void add_flow(struct cli_table *table, struct cli_json *document, const char *id,
                     const char *text)
{
    struct mando_json json = {0};
    if (text && mando_json_parse(text, strlen(text), SIZE_MAX, id, &json, NULL))
        json = (struct mando_json){0};
    const char *const cells[] = {id + strlen(PREFIX), member(&json, "engine"),
                                 member(&json, "strategy"), member(&json, "text")};
    static const char *const NAMES[] = {"name", "engine", "strategy", "text"};
    cli_json_open(document, NULL, '{');
    for (size_t i = 0; i < 4; i++) {
        cli_table_cell(table, "%s", cells[i]);
        cli_json_text(document, NAMES[i], cells[i]);
    }
    cli_json_close(document, '}');
    mando_json_release(&json);
}

static int print_flows(const struct listing *listing)
{
    struct cli_table table;
    struct cli_json json;
    cli_table_init(&table, "llll");
    cli_json_init(&json);
    for (const char *const *title =
             (const char *const[]){"flow", "engine", "strategy", "what for", NULL};
         *title; title++)
        cli_table_cell(&table, "%s", *title);
    cli_json_open(&json, NULL, '{');
    cli_json_open(&json, "items", '[');
    for (size_t i = 0; i < listing->catalog.count; i++)
        if (i < sizeof listing->texts / sizeof *listing->texts)
            add_flow(&table, &json, listing->catalog.items[i].point.id, listing->texts[i]);
    cli_json_close(&json, ']');
    cli_json_close(&json, '}');
    enum mando_status status;
    if (listing->cli->json) {
        status = cli_json_end(&json, stdout);
        mando_text_release(&table.text);
    } else {
        status = cli_table_print(&table);
        mando_text_release(&json.text);
    }
    return cli_written(listing->cli, status);
}

int cli_flow_list(struct cli *cli)
{
    struct mando_error error = {0};
    struct mando_service *service = NULL;
    struct listing listing = {.cli = cli};
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = read_flows(&listing, service, &error);
    int exit_status = status ? cli_report(cli, CLI_REFUSED, &error) : print_flows(&listing);
    release(&listing);
    mando_service_free(service);
    return exit_status;
}

int cli_flow_show(struct cli *cli)
{
    struct mando_error error = {0};
    struct mando_service *service = NULL;
    struct mando_run run;
    enum mando_status status = cli_service_open(cli, false, &service, &error);
    if (!status)
        status = mando_run_find(service, cli->arguments[1], &run, &error);
    mando_service_free(service);
    return status ? cli_report(cli, CLI_REFUSED, &error) : cli_run_print(cli, &run, NULL);
}
