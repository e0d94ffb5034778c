#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"

/* What may not stand in a JSON string as it is. */
#define ESCAPED                                                                                    \
    "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10\x11\x12\x13\x14\x15\x16" \
    "\x17\x18\x19"                                                                                 \
    "\x1A\x1B\x1C\x1D\x1E\x1F"

/* Far above the largest result: a horizon a day for some thousand years. */
#define DOCUMENT_BYTES_MAX ((size_t)1 << 30)

void cli_json_init(struct cli_json *json)
{
    mando_text_init(&json->text, DOCUMENT_BYTES_MAX);
    json->needs_comma = false;
}

/* File names and words of a command line are bytes; what is no UTF-8 in them becomes U+FFFD. */
static void append_quoted(struct mando_text *text, const char *value)
{
    const char *end = value + strlen(value);
    mando_text_append(text, "\"", 1);
    while (value < end) {
        size_t plain = mando_utf8_valid(value, strcspn(value, ESCAPED));
        mando_text_append(text, value, plain);
        value += plain;
        unsigned char next = (unsigned char)*value;
        if (value == end)
            break;
        if (next == '"' || next == '\\')
            mando_text_append_format(text, "\\%c", next);
        else if (next >= 0x80)
            mando_text_append(text, "\xEF\xBF\xBD", 3);
        else
            mando_text_append_format(text, "\\u%04x", next);
        value++;
    }
    mando_text_append(text, "\"", 1);
}

static void begin(struct cli_json *json, const char *name)
{
    if (json->needs_comma)
        mando_text_append(&json->text, ", ", 2);
    json->needs_comma = true;
    if (name) {
        append_quoted(&json->text, name);
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
        append_quoted(&json->text, value);
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
