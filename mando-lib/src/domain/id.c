#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "base/scan.h"
#include "mando/point.h"

#define ID_LENGTH_MAX (MANDO_POINT_ID_SIZE - 1)

/* What is checked, and what it is called. */
struct text {
    const char *bytes;
    size_t length;
    bool is_pattern;
};

static bool is_letter_or_digit(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_segment_byte(char c)
{
    return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-';
}

MANDO_PRINTF(4, 5)
static enum mando_status fail(struct mando_error *error, const struct text *text, size_t at,
                              const char *format, ...)
{
    char quote[MANDO_QUOTE_SIZE], reason[120];
    struct mando_scan scan = mando_scan_start(text->bytes, text->length);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return mando_fail_at(error, text->is_pattern ? MANDO_E_POINT_PATTERN : MANDO_E_POINT_ID, NULL,
                         0, (int64_t)at + 1, "\"%s\" is no %s: %s", mando_scan_quote(&scan, quote),
                         text->is_pattern ? "pattern of ids" : "id", reason);
}

static bool is_stars(const struct text *text, size_t start, size_t length, size_t stars)
{
    return text->is_pattern && length == stars && memcmp(text->bytes + start, "**", stars) == 0;
}

static enum mando_status check_byte(const struct text *text, size_t at, size_t segment,
                                    bool is_first, struct mando_error *error)
{
    char byte = text->bytes[at];
    if (is_first ? is_letter_or_digit(byte) : is_segment_byte(byte))
        return MANDO_OK;
    if (text->is_pattern && byte == '*')
        return fail(error, text, at, "\"*\" stands for a whole segment, but segment %zu has more",
                    segment);
    char shown[2] = {byte >= 0x20 && byte < 0x7F ? byte : '?', '\0'};
    if (is_first && is_segment_byte(byte))
        return fail(error, text, at, "segment %zu begins with \"%s\", not with a letter or digit",
                    segment, shown);
    return fail(error, text, at, "segment %zu holds \"%s\", which is none of A-Z a-z 0-9 _ . -",
                segment, shown);
}

static enum mando_status check_segment(const struct text *text, size_t start, size_t length,
                                       size_t segment, struct mando_error *error)
{
    if (length == 0)
        return fail(error, text, start, "segment %zu is empty", segment);
    if (is_stars(text, start, length, 1))
        return MANDO_OK;
    if (is_stars(text, start, length, 2))
        return start + length == text->length
                   ? MANDO_OK
                   : fail(error, text, start, "\"**\" may only be the last segment");
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < length && !status; i++)
        status = check_byte(text, start + i, segment, i == 0, error);
    return status;
}

static enum mando_status check(const struct text *text, struct mando_error *error)
{
    if (text->length == 0)
        return fail(error, text, 0, "it is empty");
    if (text->length > ID_LENGTH_MAX)
        return fail(error, text, ID_LENGTH_MAX, "it has %zu bytes, more than %d", text->length,
                    ID_LENGTH_MAX);
    enum mando_status status = MANDO_OK;
    size_t start = 0, segment = 1;
    while (!status) {
        const char *slash = memchr(text->bytes + start, '/', text->length - start);
        size_t end = slash ? (size_t)(slash - text->bytes) : text->length;
        if (segment > MANDO_POINT_SEGMENTS_MAX)
            return fail(error, text, start, "it has more than %d segments",
                        MANDO_POINT_SEGMENTS_MAX);
        status = check_segment(text, start, end - start, segment++, error);
        if (!slash)
            break;
        start = end + 1;
    }
    return status;
}

enum mando_status mando_point_id_check(const char *id, size_t length, struct mando_error *error)
{
    return check(&(struct text){id, length, false}, error);
}

enum mando_status mando_point_pattern_check(const char *pattern, size_t length,
                                            struct mando_error *error)
{
    return check(&(struct text){pattern, length, true}, error);
}

/* Steps over a segment and the slash behind it. */
static const char *next_segment(const char *at)
{
    at += strcspn(at, "/");
    return *at ? at + 1 : at;
}

int mando_point_matches(const char *pattern, const char *id)
{
    while (*pattern && *id) {
        size_t length = strcspn(pattern, "/"), id_length = strcspn(id, "/");
        if (strcmp(pattern, "**") == 0)
            return 1;
        bool is_any = length == 1 && *pattern == '*';
        if (!is_any && (length != id_length || memcmp(pattern, id, length) != 0))
            return 0;
        pattern = next_segment(pattern);
        id = next_segment(id);
    }
    return !*id && (!*pattern || strcmp(pattern, "**") == 0);
}
