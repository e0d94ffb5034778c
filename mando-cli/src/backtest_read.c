#include <stdio.h>
#include <string.h>

#include "backtest.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/number.h"
#include "mando/codec.h"

#define DAYS_MAX 36600

/* What stands in the file, field by field of schema/backtest.def. */
struct fields {
#define TEXT_FIELD(name, size, initial, rule, text) char name[size];
#define JSON_FIELD(name, kind, text) yyjson_val *name;
#include "schema/backtest.def"
#undef TEXT_FIELD
#undef JSON_FIELD
};

static const struct {
    const char *name, *text;
    size_t offset, size; /* size 0: JSON */
} FIELDS[] = {
#define TEXT_FIELD(name, bytes, initial, rule, text)                                               \
    {#name, text, offsetof(struct fields, name), bytes},
#define JSON_FIELD(name, kind, text) {#name, text, offsetof(struct fields, name), 0},
#include "schema/backtest.def"
#undef TEXT_FIELD
#undef JSON_FIELD
};

#define FIELD_COUNT (sizeof FIELDS / sizeof *FIELDS)

static enum mando_status fail_at(const struct mando_json *json, yyjson_val *value,
                                 enum mando_error_code code, const char *what,
                                 struct mando_error *error)
{
    struct mando_json_place place = mando_json_locate(json, value);
    return mando_fail_at(error, code, json->where, place.line, place.column, "%s", what);
}

static enum mando_status read_member(const struct mando_json *json, yyjson_val *key,
                                     struct fields *fields, struct mando_error *error)
{
    yyjson_val *value = yyjson_obj_iter_get_val(key);
    char message[200];
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        char *place = (char *)fields + FIELDS[i].offset;
        if (!yyjson_equals_str(key, FIELDS[i].name))
            continue;
        if (FIELDS[i].size == 0) {
            *(yyjson_val **)(void *)place = value;
            return MANDO_OK;
        }
        if (yyjson_is_str(value) && yyjson_get_len(value) < FIELDS[i].size) {
            (void)snprintf(place, FIELDS[i].size, "%s", yyjson_get_str(value));
            return MANDO_OK;
        }
        (void)snprintf(message, sizeof message, "%s must be a text of at most %zu bytes: %s",
                       FIELDS[i].name, FIELDS[i].size - 1, FIELDS[i].text);
        return fail_at(json, value, MANDO_E_FIELD_TYPE, message, error);
    }
    (void)snprintf(message, sizeof message,
                   "\"%.60s\" is no field of a backtest: there are flow, actual, from, to and "
                   "parameters",
                   yyjson_get_str(key));
    return fail_at(json, key, MANDO_E_FIELD_UNKNOWN, message, error);
}

static enum mando_status read_fields(const struct mando_json *json, struct fields *fields,
                                     struct mando_error *error)
{
    yyjson_val *root = yyjson_doc_get_root(json->doc);
    enum mando_status status = MANDO_OK;
    if (!yyjson_is_obj(root))
        return fail_at(json, root, MANDO_E_FIELD_TYPE, "a backtest is an object", error);
    yyjson_obj_iter members = yyjson_obj_iter_with(root);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key && !status;
         key = yyjson_obj_iter_next(&members))
        status = read_member(json, key, fields, error);
    for (size_t i = 0; i < FIELD_COUNT && !status; i++)
        if (FIELDS[i].size && !((char *)fields + FIELDS[i].offset)[0]) {
            char message[200];
            (void)snprintf(message, sizeof message, "%s is missing; it is required: %s",
                           FIELDS[i].name, FIELDS[i].text);
            status = fail_at(json, root, MANDO_E_FIELD_MISSING, message, error);
        }
    return status;
}

static enum mando_status read_parameters(const struct mando_json *json, yyjson_val *object,
                                         struct cli_backtest *backtest, struct mando_error *error)
{
    if (!object)
        return MANDO_OK;
    if (!yyjson_is_obj(object) || yyjson_obj_size(object) > CLI_REPEATS_MAX)
        return fail_at(json, object, MANDO_E_FIELD_TYPE, "parameters must be an object of numbers",
                       error);
    yyjson_obj_iter members = yyjson_obj_iter_with(object);
    for (yyjson_val *key = yyjson_obj_iter_next(&members); key;
         key = yyjson_obj_iter_next(&members)) {
        size_t i = backtest->what.parameter_count;
        yyjson_val *value = yyjson_obj_iter_get_val(key);
        if (!yyjson_is_num(value) || yyjson_get_len(key) >= sizeof backtest->names[i])
            return fail_at(json, value, MANDO_E_FIELD_TYPE, "a parameter must be a number", error);
        (void)snprintf(backtest->names[i], sizeof backtest->names[i], "%s", yyjson_get_str(key));
        (void)mando_number_format(yyjson_get_num(value), backtest->values[i]);
        backtest->parameters[i] =
            (struct mando_flow_parameter){backtest->names[i], backtest->values[i]};
        backtest->what.parameter_count++;
    }
    return MANDO_OK;
}

static enum mando_status read_day(const char *text, const char *what, int64_t *day_us_out,
                                  struct mando_error *error)
{
    struct mando_error problem;
    if (strlen(text) != strlen("2025-12-01")
        || mando_time_parse(text, strlen(text), NULL, day_us_out, &problem))
        return mando_fail_at(error, MANDO_E_TIME_FORMAT, what, 0, 0,
                             "\"%.40s\" is no day: it must be YYYY-MM-DD", text);
    return MANDO_OK;
}

static enum mando_status list_days(struct cli_backtest *backtest, const char *from, const char *to,
                                   struct mando_error *error)
{
    int64_t from_us, to_us;
    enum mando_status status = read_day(from, "from", &from_us, error);
    if (!status)
        status = read_day(to, "to", &to_us, error);
    if (status)
        return status;
    if (to_us <= from_us || to_us - from_us > DAYS_MAX * MANDO_DAY_US)
        return mando_fail(error, MANDO_E_TIME_ORDER, -1,
                          "from %s to %s there is no day, or more than %d of them", from, to,
                          DAYS_MAX);
    backtest->day_count = (size_t)((to_us - from_us) / MANDO_DAY_US);
    backtest->days = mando_alloc(backtest->day_count, sizeof *backtest->days);
    if (!backtest->days)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for %zu days",
                          backtest->day_count);
    for (size_t i = 0; i < backtest->day_count; i++) {
        struct mando_calendar day = mando_zone_calendar(NULL, from_us + (int64_t)i * MANDO_DAY_US);
        (void)snprintf(backtest->days[i].date, sizeof backtest->days[i].date, "%04d-%02d-%02d",
                       (int)day.year, day.month, day.day);
    }
    return MANDO_OK;
}

/* All that decides what the days come to, but for the database. */
static void write_fingerprint(struct cli_backtest *backtest)
{
    size_t size = sizeof backtest->fingerprint;
    int length = snprintf(backtest->fingerprint, size, "flow %s actual %s", backtest->flow,
                          backtest->actual);
    for (size_t i = 0; i < backtest->what.parameter_count && (size_t)length < size; i++)
        length += snprintf(backtest->fingerprint + length, size - (size_t)length, " %s=%s",
                           backtest->names[i], backtest->values[i]);
}

static enum mando_status read_text(const char *path, const char *text, size_t length,
                                   struct cli_backtest *backtest, struct mando_error *error)
{
    const struct cli *cli = backtest->cli;
    const char *from = cli_flag_value(cli, "--from"), *to = cli_flag_value(cli, "--to");
    struct mando_json json;
    struct fields fields = {0};
    enum mando_status status = mando_json_parse(text, length, SIZE_MAX, path, &json, error);
    if (status)
        return status;
    status = read_fields(&json, &fields, error);
    if (!status)
        status = read_parameters(&json, fields.parameters, backtest, error);
    if (!status)
        status = list_days(backtest, from ? from : fields.from, to ? to : fields.to, error);
    if (!status) {
        memcpy(backtest->flow, fields.flow, sizeof backtest->flow);
        memcpy(backtest->actual, fields.actual, sizeof backtest->actual);
        write_fingerprint(backtest);
    }
    mando_json_release(&json);
    return status;
}

int cli_backtest_read(struct cli *cli, struct cli_backtest *backtest)
{
    struct mando_error error = {0};
    char *text = NULL;
    size_t length = 0;
    enum mando_status status =
        mando_file_read(cli->arguments[0], cli->settings.bytes_max, &text, &length, &error);
    if (!status)
        status = read_text(cli->arguments[0], text, length, backtest, &error);
    mando_text_free(text);
    backtest->out = cli_flag_value(cli, "--out");
    backtest->what.flow = backtest->flow;
    backtest->what.actual = backtest->actual;
    backtest->what.parameters = backtest->parameters;
    return status ? cli_report(cli, CLI_REFUSED, &error) : CLI_OK;
}
