#include "store.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "json.h"

/* Services and cron jobs have no USER. */
static const char *author(void)
{
    const char *user = getenv("USER");
    if (user && *user)
        return user;
    const struct passwd *account = getpwuid(geteuid());
    return account ? account->pw_name : "";
}

struct mando_service_options cli_service_options(const struct cli *cli, bool may_create)
{
    return (struct mando_service_options){
        .author = author(), .may_create = may_create, .zone_folder = cli->settings.zone_folder};
}

enum mando_status cli_service_open(const struct cli *cli, bool may_create,
                                   struct mando_service **service_out, struct mando_error *error)
{
    struct mando_service_options options = cli_service_options(cli, may_create);
    return mando_service_open(cli->settings.db, &options, service_out, error);
}

int64_t cli_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * MANDO_SECOND_US + now.tv_nsec / 1000;
}

enum mando_status cli_flag_time(const struct cli *cli, const char *name,
                                const struct mando_zone *zone, int64_t *time_us_out,
                                struct mando_error *error)
{
    const char *text = cli_flag_value(cli, name);
    if (!text)
        return MANDO_OK;
    enum mando_status status =
        mando_time_parse_relative(text, strlen(text), zone, cli_now_us(), time_us_out, error);
    if (status)
        mando_fail_place(error, name, 0, error->column);
    return status;
}

enum mando_status cli_known_read(const struct cli *cli, struct cli_known *known_out,
                                 struct mando_error *error)
{
    int64_t some_us;
    enum mando_status status = cli_flag_time(cli, "--known-at", NULL, &some_us, error);
    if (!status)
        *known_out = (struct cli_known){cli_flag_value(cli, "--known-at"), cli_now_us()};
    return status;
}

enum mando_status cli_known_row(const struct cli_known *known, const struct mando_rows *rows,
                                size_t i, const struct mando_zone *zone, int64_t *known_us_out,
                                struct mando_error *error)
{
    if (mando_rows_is_known(rows, i)) {
        *known_us_out = rows->knowledge_us[i];
        return MANDO_OK;
    }
    int64_t base_us = known->text[0] == 'D' ? rows->valid_start_us[i] : known->now_us;
    return mando_time_parse_relative(known->text, strlen(known->text), zone, base_us, known_us_out,
                                     error);
}

enum mando_status cli_unit_check(const struct mando_rows_point *told,
                                 const struct mando_point *point, struct mando_error *error)
{
    if (!told->unit || strcmp(told->unit, point->unit) == 0)
        return MANDO_OK;
    return mando_fail(error, MANDO_E_VALUES_TYPE, -1,
                      "the values of %.120s are in \"%.40s\", its unit is \"%.40s\"", told->id,
                      told->unit, point->unit);
}

bool cli_is_length(struct mando_duration step)
{
    return step.months || step.days || step.time_us;
}

bool cli_is_step(struct mando_duration a, struct mando_duration b)
{
    return a.months == b.months && a.days == b.days && a.time_us == b.time_us;
}

enum mando_status cli_flag_times_check(const struct cli *cli, struct mando_error *error)
{
    static const char *const TIMES[] = {"--from", "--to", "--as-of", "--stored-until"};
    enum mando_status status = MANDO_OK;
    int64_t some_us;
    for (size_t i = 0; i < sizeof TIMES / sizeof *TIMES && !status; i++)
        status = cli_flag_time(cli, TIMES[i], NULL, &some_us, error);
    return status;
}

enum mando_status cli_flag_resolution_check(const struct cli *cli, struct mando_error *error)
{
    const char *text = cli_flag_value(cli, "--resolution");
    struct mando_duration length;
    enum mando_status status =
        text ? mando_resolution_parse(text, strlen(text), &length, error) : MANDO_OK;
    if (status)
        mando_fail_place(error, "--resolution", 0, 0);
    return status;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t end_length = strlen(end);
    return length > end_length && strncmp(text + length - end_length, end, end_length) == 0;
}

static const struct {
    const char *name, *extension;
    enum mando_rows_format format;
} FORMATS[] = {{"csv", ".csv", MANDO_ROWS_CSV},
               {"json", ".json", MANDO_ROWS_JSON},
               {"ndjson", ".ndjson", MANDO_ROWS_NDJSON},
               {"parquet", ".parquet", MANDO_ROWS_PARQUET}};
#define FORMAT_COUNT (sizeof FORMATS / sizeof *FORMATS)

enum mando_status cli_path_format(const char *path, enum mando_rows_format *format_out,
                                  struct mando_error *error)
{
    size_t length = strlen(path);
    *format_out = MANDO_ROWS_CSV;
    if (strcmp(path, "-") == 0)
        return MANDO_OK;
    if (ends_with(path, length, ".gz"))
        length -= strlen(".gz");
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (ends_with(path, length, FORMATS[i].extension)) {
            *format_out = FORMATS[i].format;
            return MANDO_OK;
        }
    return mando_fail_at(
        error, MANDO_E_IO_FORMAT, path, 0, 0,
        "the name does not tell the format: it must end in .csv, .json, .ndjson or .parquet");
}

enum mando_status cli_format_named(const char *flag, const char *name,
                                   enum mando_rows_format *format_out, struct mando_error *error)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (strcmp(name, FORMATS[i].name) == 0) {
            *format_out = FORMATS[i].format;
            return MANDO_OK;
        }
    return mando_fail_at(error, MANDO_E_USAGE_FLAG, flag, 0, 0,
                         "\"%.60s\" is no format: csv, json, ndjson or parquet", name);
}

enum mando_status cli_rows_format(const struct cli *cli, const char *path,
                                  enum mando_rows_format otherwise,
                                  enum mando_rows_format *format_out, struct mando_error *error)
{
    const char *name = cli_flag_value(cli, "--format");
    if (name)
        return cli_format_named("--format", name, format_out, error);
    if (path && strcmp(path, "-") != 0 && !(cli->json && otherwise == MANDO_ROWS_JSON))
        return cli_path_format(path, format_out, error);
    *format_out = otherwise;
    return MANDO_OK;
}

static void list_written(struct cli_json *json, uint64_t read, const struct mando_written *written)
{
    char changed[MANDO_TIME_TEXT_SIZE] = "nothing"; /* ever */
    bool has_changed = written->change_us != 0;
    if (has_changed)
        mando_time_format(written->change_us, changed);
    const struct {
        const char *name;
        uint64_t count;
    } COUNTS[] = {{"read", read},
                  {"inserted", written->inserted},
                  {"corrected", written->corrected},
                  {"unchanged", written->unchanged},
                  {"deleted", written->deleted}};
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++) {
        if (json)
            cli_json_count(json, COUNTS[i].name, (int64_t)COUNTS[i].count);
        else
            (void)printf("%s %" PRIu64 "\n", COUNTS[i].name, COUNTS[i].count);
    }
    if (json && has_changed)
        cli_json_text(json, "changed", changed);
    else if (json)
        cli_json_text(json, "changed", NULL);
    else
        (void)printf("changed %s\n", changed);
}

int cli_print_written(const struct cli *cli, uint64_t read, const struct mando_written *written)
{
    if (!cli->json) {
        list_written(NULL, read, written);
        return CLI_OK;
    }
    struct cli_json json;
    cli_json_init(&json);
    cli_json_open(&json, NULL, '{');
    list_written(&json, read, written);
    cli_json_close(&json, '}');
    return cli_written(cli, cli_json_end(&json, stdout));
}
