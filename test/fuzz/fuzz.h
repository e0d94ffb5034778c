/* fuzz.h: what fuzzers check. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mando/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s is false\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* The byte at a line and column from 1, which may be the end of a line or of the text. */
static inline const char *fuzz_at(const char *text, size_t length, int64_t line, int64_t column)
{
    const char *at = text, *end = text + length;
    for (int64_t i = 1; i < line; i++) {
        const char *feed = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        MUST(feed);
        at = feed + 1;
    }
    const char *feed = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    const char *stop = feed ? feed : end;
    MUST(column >= 1 && column <= stop - at + 1);
    while (column > 1 && at < stop) { /* columns count characters, not bytes */
        at++;
        column -= at == stop || ((unsigned char)*at & 0xC0) != 0x80;
    }
    return at;
}

/* What a reader unpacks first, so that positions are not those of the bytes at hand. */
static inline bool fuzz_is_gzip(const char *text, size_t length)
{
    return length >= 2 && memcmp(text, "\x1F\x8B", 2) == 0;
}

/* An error tells all that errors promise, and its position lies inside the text, from behind the byte
 * order mark on that readers skip. */
static inline void fuzz_check_error(const struct mando_error *error, enum mando_status status,
                                    const char *text, size_t length)
{
    size_t row = 0, mark = length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    while (mando_error_kind_at(row) && strcmp(mando_error_kind_at(row)->code, error->code) != 0)
        row++;
    MUST(mando_error_kind_at(row) && mando_error_kind_at(row)->status == status);
    MUST(memchr(error->message, '\0', sizeof error->message) && error->message[0]);
    MUST((error->line == 0) == (error->column == 0));
    if (error->line)
        (void)fuzz_at(text + mark, length - mark, error->line, error->column);
}

#endif
