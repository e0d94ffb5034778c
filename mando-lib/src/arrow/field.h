/* arrow/field.h: the columns that we make: their types and the schema that tells others of them. */
#ifndef MANDO_ARROW_FIELD_H
#define MANDO_ARROW_FIELD_H

#include "arrow/array.h"

enum mando_arrow_type {
    MANDO_ARROW_BOOL,
    MANDO_ARROW_INT32,
    MANDO_ARROW_INT64,
    MANDO_ARROW_TIME, /* timestamp[us, UTC] */
    MANDO_ARROW_DOUBLE,
    MANDO_ARROW_DOUBLES, /* fixed-size list of doubles, each nullable */
    MANDO_ARROW_TEXT,    /* utf8 */
    MANDO_ARROW_TYPES
};

struct mando_arrow_field {
    const char *name;
    enum mando_arrow_type type;
    bool nullable;
    uint32_t width; /* of DOUBLES, at least 1 */
};

/* Bytes of one value of fixed size, 0 for BOOL, DOUBLES and TEXT. */
size_t mando_arrow_type_size(enum mando_arrow_type type);

/* The schema of batches with these columns; nothing of `fields` is borrowed. *schema_out is the
 * caller's, by its release. MANDO_NO_MEMORY; the caller fills its error. */
enum mando_status mando_arrow_schema_new(const struct mando_arrow_field *fields, size_t count,
                                         struct ArrowSchema *schema_out);

#endif
