/* mando/error.h: how every function of the library reports failure.
 *
 * A function returns a status, 0 for success. The detail goes to the caller's struct mando_error,
 * which may be NULL everywhere; on success it is left as it was. */
#ifndef MANDO_ERROR_H
#define MANDO_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include "mando/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Coarse and closed: what a caller branches on. */
enum mando_status {
    MANDO_OK,
    MANDO_INVALID,
    MANDO_NOT_FOUND,
    MANDO_CONFLICT,
    MANDO_INFEASIBLE,
    MANDO_UNSUPPORTED,
    MANDO_DENIED,
    MANDO_LIMIT,
    MANDO_BUSY,
    MANDO_TIMEOUT,
    MANDO_CANCELLED,
    MANDO_IO,
    MANDO_CORRUPT,
    MANDO_NO_MEMORY
};

struct mando_error {
    const char *code;            /* static and stable, a row of errors.def: "csv.number" */
    int64_t line, column, index; /* text position from 1, 0 = none; row or period, -1 = none */
    char where[160];             /* file, JSON pointer or data-point id; "" = none */
    char message[248];           /* one whole sentence in UTF-8, true without the other fields */
};

/* A row of errors.def. */
struct mando_error_kind {
    const char *code; /* "csv.number" */
    enum mando_status status;
    int http_status;              /* 422 */
    const char *python_exception; /* "ValueError" */
    const char *text;             /* what it means, for reference pages */
};

/* The rows of errors.def in its order, or NULL from the row count on. Any thread. */
MANDO_API const struct mando_error_kind *mando_error_kind_at(size_t row);

/* "ok", "invalid", "not_found", ...; "unknown" for a number that is no status. Any thread. */
MANDO_API const char *mando_status_name(enum mando_status status);

#ifdef __cplusplus
}
#endif

#endif
