/* base/fail.h: how code of the library fills the caller's error. */
#ifndef MANDO_BASE_FAIL_H
#define MANDO_BASE_FAIL_H

#include "mando/error.h"

enum mando_error_code {
#define ERROR(id, code, status, http, python, text) MANDO_E_##id,
#include "schema/errors.def"
#undef ERROR
    MANDO_E_COUNT
};

/* Fills error, which may be NULL, and returns the code's status, so that a check is one line.
 * index is a row or period, -1 for none. A message that is too long is cut at a whole character. */
enum mando_status mando_fail(struct mando_error *error, enum mando_error_code code, int64_t index,
                             const char *format, ...) MANDO_PRINTF(4, 5);

/* The same with a text position: where may be NULL, line and column count from 1, 0 = none. */
enum mando_status mando_fail_at(struct mando_error *error, enum mando_error_code code,
                                const char *where, int64_t line, int64_t column, const char *format,
                                ...) MANDO_PRINTF(6, 7);

/* Sets the place of an error that is filled but for it: a cell's text does not know its file. error
 * may be NULL. */
void mando_fail_place(struct mando_error *error, const char *where, int64_t line, int64_t column);

#endif
