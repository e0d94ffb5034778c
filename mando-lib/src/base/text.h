/* base/text.h: a text that grows up to a maximum given at birth. */
#ifndef MANDO_BASE_TEXT_H
#define MANDO_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "mando/error.h"

/* bytes ends with a NUL that length leaves out, or is NULL while nothing was appended. A failed
 * append marks the text; later ones do nothing, so that one check of `status` at the end
 * is enough. */
struct mando_text {
    char *bytes;
    size_t length, capacity, length_max;
    enum mando_status status; /* MANDO_OK, MANDO_LIMIT, MANDO_NO_MEMORY */
};

void mando_text_init(struct mando_text *text, size_t length_max);
void mando_text_release(struct mando_text *text);
void mando_text_append(struct mando_text *text, const char *bytes, size_t length);
void mando_text_append_format(struct mando_text *text, const char *format, ...) MANDO_PRINTF(2, 3);
/* A JSON string; what is no UTF-8 in it, such as bytes of a file name, becomes U+FFFD. */
void mando_text_append_quoted(struct mando_text *text, const char *bytes, size_t length);
void mando_text_append_number(struct mando_text *text, double value); /* base/number.h */

#endif
