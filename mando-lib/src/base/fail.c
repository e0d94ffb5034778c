#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const struct mando_error_kind KINDS[] = {
#define ERROR(id, code, status, http, python, text) {code, MANDO_##status, http, python, text},
#include "schema/errors.def"
#undef ERROR
};

const struct mando_error_kind *mando_error_kind_at(size_t row)
{
    return row < MANDO_E_COUNT ? &KINDS[row] : NULL;
}

const char *mando_status_name(enum mando_status status)
{
    static const char *const NAMES[] = {
        "ok",    "invalid", "not_found", "conflict",  "infeasible", "unsupported", "denied",
        "limit", "busy",    "timeout",   "cancelled", "io",         "corrupt",     "no_memory"};
    return (size_t)status < sizeof NAMES / sizeof *NAMES ? NAMES[status] : "unknown";
}

/* A text that was cut inside a UTF-8 character loses that character. */
static void trim_partial_character(char *text)
{
    size_t length = strlen(text), start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t expected = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < expected)
        text[start - 1] = '\0';
}

/* Words of others may be no UTF-8, or are cut by a format: each broken byte becomes a question mark. */
static void mask_broken_bytes(char *text)
{
    char *end = text + strlen(text);
    for (char *at = text; (at += mando_utf8_valid(at, (size_t)(end - at))) < end; at++)
        *at = '?';
}

/* Everything but the place, which is the caller's. */
MANDO_PRINTF(3, 0)
static enum mando_status fill(struct mando_error *error, enum mando_error_code code,
                              const char *format, va_list arguments)
{
    if (error) {
        *error = (struct mando_error){.code = KINDS[code].code, .index = -1};
        (void)vsnprintf(error->message, sizeof error->message, format, arguments);
        trim_partial_character(error->message);
        mask_broken_bytes(error->message);
    }
    return KINDS[code].status;
}

void mando_fail_place(struct mando_error *error, const char *where, int64_t line, int64_t column)
{
    if (!error)
        return;
    error->line = line;
    error->column = column;
    (void)snprintf(error->where, sizeof error->where, "%s", where ? where : "");
    trim_partial_character(error->where);
}

enum mando_status mando_fail(struct mando_error *error, enum mando_error_code code, int64_t index,
                             const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum mando_status status = fill(error, code, format, arguments);
    va_end(arguments);
    if (error)
        error->index = index;
    return status;
}

enum mando_status mando_fail_at(struct mando_error *error, enum mando_error_code code,
                                const char *where, int64_t line, int64_t column, const char *format,
                                ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum mando_status status = fill(error, code, format, arguments);
    va_end(arguments);
    mando_fail_place(error, where, line, column);
    return status;
}
