#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Far above the largest result: a horizon a day for some thousand years. */
#define DOCUMENT_BYTES_MAX ((size_t)1 << 30)

void cli_json_init(struct cli_json *json)
{
    mando_text_init(&json->text, DOCUMENT_BYTES_MAX);
    json->needs_comma = false;
}

static void begin(struct cli_json *json, const char *name)
{
    if (json->needs_comma)
        mando_text_append(&json->text, ", ", 2);
    json->needs_comma = true;
    if (name) {
        mando_text_append_quoted(&json->text, name, strlen(name));
        mando_text_append(&json->text, ": ", 2);
    }
}

void cli_json_open(struct cli_json *json, const char *name, char bracket)
{
    begin(json, name);
    mando_text_append(&json->text, &bracket, 1);
    json->needs_comma = false;
}

void cli_json_close(struct cli_json *json, char bracket)
{
    mando_text_append(&json->text, &bracket, 1);
    json->needs_comma = true;
}

void cli_json_text(struct cli_json *json, const char *name, const char *value)
{
    begin(json, name);
    if (value)
        mando_text_append_quoted(&json->text, value, strlen(value));
    else
        mando_text_append(&json->text, "null", 4);
}

void cli_json_number(struct cli_json *json, const char *name, double value)
{
    begin(json, name);
    if (isfinite(value))
        mando_text_append_number(&json->text, value);
    else
        mando_text_append(&json->text, "null", 4);
}

void cli_json_count(struct cli_json *json, const char *name, int64_t value)
{
    begin(json, name);
    mando_text_append_format(&json->text, "%" PRId64, value);
}

void cli_json_truth(struct cli_json *json, const char *name, bool value)
{
    begin(json, name);
    mando_text_append_format(&json->text, "%s", value ? "true" : "false");
}

enum mando_status cli_json_end(struct cli_json *json, FILE *stream)
{
    mando_text_append(&json->text, "\n", 1);
    enum mando_status status = json->text.status;
    if (!status)
        (void)fwrite(json->text.bytes, 1, json->text.length, stream);
    mando_text_release(&json->text);
    return status;
}
