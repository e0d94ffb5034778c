/* base/utf8.h: what is UTF-8 and what is not. */
#ifndef MANDO_BASE_UTF8_H
#define MANDO_BASE_UTF8_H

#include <stddef.h>

/* How many bytes at the start are whole, valid UTF-8 characters (no surrogates, no long forms, at
 * most U+10FFFF): length where all are, else where the first broken character starts. */
size_t mando_utf8_valid(const char *bytes, size_t length);

#endif
