#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"

#define CAPACITY_FIRST 256

void mando_text_init(struct mando_text *text, size_t length_max)
{
    *text = (struct mando_text){.length_max = length_max < SIZE_MAX ? length_max : SIZE_MAX - 1};
}

void mando_text_release(struct mando_text *text)
{
    mando_free(text->bytes);
    *text = (struct mando_text){.length_max = text->length_max};
}

static size_t grown(size_t capacity, size_t needed, size_t most)
{
    size_t next = capacity ? capacity : CAPACITY_FIRST;
    while (next < needed && next <= most / 2)
        next *= 2;
    return next < needed || next > most ? most : next;
}

/* Makes room for `more` bytes and the NUL; false, with the text marked, where there is none. */
static bool reserve(struct mando_text *text, size_t more)
{
    if (text->status)
        return false;
    if (more > text->length_max - text->length) {
        text->status = MANDO_LIMIT;
        return false;
    }
    size_t needed = text->length + more + 1;
    if (needed <= text->capacity)
        return true;
    size_t capacity = grown(text->capacity, needed, text->length_max + 1);
    char *bytes = mando_realloc(text->bytes, capacity, 1);
    if (!bytes) {
        text->status = MANDO_NO_MEMORY;
        return false;
    }
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void mando_text_append(struct mando_text *text, const char *bytes, size_t length)
{
    if (!reserve(text, length))
        return;
    if (length)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void mando_text_append_format(struct mando_text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) /* longer than an int counts */
        text->status = text->status ? text->status : MANDO_LIMIT;
    else if (reserve(text, (size_t)length)) {
        (void)vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void mando_text_append_number(struct mando_text *text, double value)
{
    char digits[MANDO_NUMBER_TEXT_SIZE];
    size_t length = mando_number_format(value, digits);
    mando_text_append(text, digits, length);
}

static bool must_be_escaped(char c)
{
    return (unsigned char)c < ' ' || c == '"' || c == '\\';
}

void mando_text_append_quoted(struct mando_text *text, const char *bytes, size_t length)
{
    const char *end = bytes + length;
    mando_text_append(text, "\"", 1);
    while (bytes < end) {
        size_t plain = 0;
        while (plain < (size_t)(end - bytes) && !must_be_escaped(bytes[plain]))
            plain++;
        plain = mando_utf8_valid(bytes, plain);
        mando_text_append(text, bytes, plain);
        bytes += plain;
        if (bytes == end)
            break;
        unsigned char next = (unsigned char)*bytes++;
        if (next == '"' || next == '\\')
            mando_text_append_format(text, "\\%c", next);
        else if (next >= 0x80)
            mando_text_append(text, "\xEF\xBF\xBD", 3);
        else
            mando_text_append_format(text, "\\u%04x", next);
    }
    mando_text_append(text, "\"", 1);
}
