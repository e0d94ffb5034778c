#include "settings.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/nearest.h"
#include "mando/codec.h"

#define FILE_BYTES_MAX ((size_t)1 << 20)
#define EXCERPT 60

#define IS_NUMBER_URL 0
#define IS_NUMBER_FOLDER 0
#define IS_NUMBER_COUNT 1

static const struct cli_setting_kind KINDS[] = {
#define SETTING(name, flag, environment, type, initial, low, high, text)                           \
    {#name,                                                                                        \
     flag,                                                                                         \
     environment,                                                                                  \
     initial,                                                                                      \
     text,                                                                                         \
     #type,                                                                                        \
     IS_NUMBER_##type,                                                                             \
     low,                                                                                          \
     high,                                                                                         \
     offsetof(struct cli_settings, name)},
#include "schema/settings.def"
#undef SETTING
};

const struct cli_setting_kind *cli_setting_kind_at(size_t row)
{
    return row < CLI_SETTINGS ? &KINDS[row] : NULL;
}

/* Where a value came from, for errors. */
struct source {
    enum cli_origin origin;
    const char *where;
    struct mando_json_place place;
};

static bool parse_count(const char *text, uint64_t *count_out)
{
    uint64_t count = 0;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || count > (UINT64_MAX - 9) / 10)
            return false;
        count = count * 10 + (uint64_t)(*c - '0');
    }
    *count_out = count;
    return *text != '\0';
}

static bool is_url(const char *text)
{
    static const char *const WITH_REST[] = {"sqlite:",       "duckdb:", "postgres://",
                                            "postgresql://", "http://", "https://"};
    if (strcmp(text, "memory:") == 0)
        return true;
    for (size_t i = 0; i < sizeof WITH_REST / sizeof *WITH_REST; i++) {
        size_t length = strlen(WITH_REST[i]);
        if (strncmp(text, WITH_REST[i], length) == 0 && text[length])
            return true;
    }
    return false;
}

static enum mando_status fail_value(const struct source *source, struct mando_error *error,
                                    const char *name, const char *text, const char *expected)
{
    return mando_fail_at(error, MANDO_E_SETTING_VALUE, source->where, source->place.line,
                         source->place.column, "%s cannot be \"%.*s\": it must be %s", name,
                         EXCERPT, text, expected);
}

static enum mando_status set_number(struct cli_settings *settings, size_t row, const char *text,
                                    const struct source *source, struct mando_error *error)
{
    uint64_t count = 0;
    if (!parse_count(text, &count) || count < (uint64_t)KINDS[row].low
        || count > (uint64_t)KINDS[row].high) {
        char expected[96];
        (void)snprintf(expected, sizeof expected, "a whole number from %" PRId64 " to %" PRId64,
                       KINDS[row].low, KINDS[row].high);
        return fail_value(source, error, KINDS[row].name, text, expected);
    }
    memcpy((char *)settings + KINDS[row].offset, &count, sizeof count);
    return MANDO_OK;
}

static enum mando_status set_text(struct cli_settings *settings, size_t row, const char *text,
                                  const struct source *source, struct mando_error *error)
{
    if (*text == '\0')
        return fail_value(source, error, KINDS[row].name, text, "a text");
    if (strcmp(KINDS[row].value, "URL") == 0 && !is_url(text)) {
        char shown[MANDO_URL_TEXT_SIZE];
        mando_url_show(text, shown);
        return fail_value(source, error, KINDS[row].name, shown,
                          "sqlite:FILE, memory:, postgres://..., duckdb:FILE or http(s)://...");
    }
    memcpy((char *)settings + KINDS[row].offset, &text, sizeof text);
    return MANDO_OK;
}

/* text must live as long as settings. */
static enum mando_status set(struct cli_settings *settings, size_t row, const char *text,
                             const struct source *source, struct mando_error *error)
{
    enum mando_status status = KINDS[row].is_number ? set_number(settings, row, text, source, error)
                                                    : set_text(settings, row, text, source, error);
    if (status)
        return status;
    settings->text[row] = text;
    settings->origin[row] = source->origin;
    return MANDO_OK;
}

static const char *name_at(const void *context, size_t i)
{
    (void)context;
    return i < CLI_SETTINGS ? KINDS[i].name : NULL;
}

static enum mando_status find_row(const char *name, const struct source *source, size_t *row_out,
                                  struct mando_error *error)
{
    for (size_t row = 0; row < CLI_SETTINGS; row++)
        if (strcmp(KINDS[row].name, name) == 0) {
            *row_out = row;
            return MANDO_OK;
        }
    const char *nearest = mando_nearest(name, name_at, NULL);
    return mando_fail_at(error, MANDO_E_SETTING_UNKNOWN, source->where, source->place.line,
                         source->place.column, "\"%.*s\" is no setting%s%s%s", EXCERPT, name,
                         nearest ? ": did you mean \"" : "; `mando config` lists them",
                         nearest ? nearest : "", nearest ? "\"?" : "");
}

static enum mando_status set_member(struct cli_settings *settings, const struct mando_json *json,
                                    yyjson_val *key, yyjson_val *value, struct mando_error *error)
{
    struct source source = {CLI_FROM_FILE, json->where, mando_json_locate(json, key)};
    size_t row = 0;
    enum mando_status status = find_row(yyjson_get_str(key), &source, &row, error);
    if (status)
        return status;
    if (settings->owned[row])
        return mando_fail_at(error, MANDO_E_FIELD_DUPLICATE, source.where, source.place.line,
                             source.place.column, "\"%s\" is given twice", KINDS[row].name);
    source.place = mando_json_locate(json, value);
    char excerpt[MANDO_JSON_EXCERPT_SIZE];
    mando_json_excerpt(json, value, excerpt);
    if (KINDS[row].is_number ? !yyjson_is_num(value) : !yyjson_is_str(value))
        return mando_fail_at(error, MANDO_E_SETTING_VALUE, source.where, source.place.line,
                             source.place.column, "%s cannot be %s: it must be a %s",
                             KINDS[row].name, excerpt, KINDS[row].is_number ? "number" : "text");
    const char *text = KINDS[row].is_number ? excerpt : yyjson_get_str(value);
    settings->owned[row] = mando_alloc(strlen(text) + 1, 1);
    if (!settings->owned[row])
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is not enough memory for the settings");
    memcpy(settings->owned[row], text, strlen(text));
    return set(settings, row, settings->owned[row], &source, error);
}

static enum mando_status set_object(struct cli_settings *settings, const struct mando_json *json,
                                    struct mando_error *error)
{
    yyjson_val *root = yyjson_doc_get_root(json->doc), *key = NULL;
    if (!yyjson_is_obj(root))
        return mando_fail_at(error, MANDO_E_FIELD_TYPE, json->where, 1, 1,
                             "settings are a JSON object of names and values");
    yyjson_obj_iter members = yyjson_obj_iter_with(root);
    while ((key = yyjson_obj_iter_next(&members))) {
        enum mando_status status =
            set_member(settings, json, key, yyjson_obj_iter_get_val(key), error);
        if (status)
            return status;
    }
    return MANDO_OK;
}

static enum mando_status load_file(struct cli_settings *settings, const char *path,
                                   struct mando_error *error)
{
    char *text = NULL;
    size_t length = 0;
    struct mando_json json = {0};
    enum mando_status status = mando_file_read(path, FILE_BYTES_MAX, &text, &length, error);
    if (!status)
        status = mando_json_parse(text, length, FILE_BYTES_MAX, path, &json, error);
    if (!status) {
        status = set_object(settings, &json, error);
        mando_json_release(&json);
    }
    mando_text_free(text);
    return status;
}

static void set_defaults(struct cli_settings *settings)
{
    *settings = (struct cli_settings){0};
    const struct source source = {.origin = CLI_FROM_DEFAULT};
    for (size_t row = 0; row < CLI_SETTINGS; row++)
        (void)set(settings, row, KINDS[row].initial, &source, NULL);
}

static enum mando_status load(struct cli_settings *settings, const char *config,
                              const char *const flags[CLI_SETTINGS], struct mando_error *error)
{
    enum mando_status status = config ? load_file(settings, config, error) : MANDO_OK;
    for (size_t row = 0; row < CLI_SETTINGS && !status; row++) {
        const char *text = getenv(KINDS[row].environment);
        const struct source source = {.origin = CLI_FROM_ENVIRONMENT,
                                      .where = KINDS[row].environment};
        if (text && *text)
            status = set(settings, row, text, &source, error);
    }
    for (size_t row = 0; row < CLI_SETTINGS && !status; row++) {
        const struct source source = {.origin = CLI_FROM_FLAG, .where = KINDS[row].flag};
        if (flags[row])
            status = set(settings, row, flags[row], &source, error);
    }
    return status;
}

enum mando_status cli_settings_load(struct cli_settings *settings_out, const char *config,
                                    const char *const flags[CLI_SETTINGS],
                                    struct mando_error *error)
{
    set_defaults(settings_out);
    enum mando_status status = load(settings_out, config, flags, error);
    if (status) {
        cli_settings_release(settings_out);
        set_defaults(settings_out);
    }
    return status;
}

uint64_t cli_setting_count(const struct cli_settings *settings, size_t row)
{
    uint64_t count = 0;
    memcpy(&count, (const char *)settings + KINDS[row].offset, sizeof count);
    return count;
}

const char *cli_setting_text(const struct cli_settings *settings, size_t row,
                             char room[MANDO_URL_TEXT_SIZE])
{
    const char *text = settings->text[row];
    if (strcmp(KINDS[row].value, "URL") != 0 || !strstr(text, "://"))
        return text;
    mando_url_show(text, room);
    return room;
}

void cli_settings_release(struct cli_settings *settings)
{
    for (size_t row = 0; row < CLI_SETTINGS; row++)
        mando_free(settings->owned[row]);
    *settings = (struct cli_settings){0};
}
