/* arrow/check.h: whether structs of another producer are what they must be before they are read.
 *
 * An array does not tell how long its buffers are: what can be seen is checked, the rest is the
 * producer's word. Afterwards every access that follows from the schema, the lengths and the offsets
 * stays inside what the producer promised, and texts are UTF-8. */
#ifndef MANDO_ARROW_CHECK_H
#define MANDO_ARROW_CHECK_H

#include "arrow/array.h"

/* A struct of columns of types that Mando knows: booleans, integers, floats, timestamps, dates, utf8
 * and large_utf8, fixed-size lists of numbers. MANDO_INVALID (arrow.schema), MANDO_UNSUPPORTED
 * (arrow.type: another type, a dictionary). */
enum mando_status mando_arrow_schema_check(const struct ArrowSchema *schema,
                                           struct mando_error *error);

/* A batch of a checked schema: lengths, offsets, null counts, buffers and their alignment, children.
 * MANDO_INVALID (arrow.array); error->where is the column. */
enum mando_status mando_arrow_array_check(const struct ArrowSchema *schema,
                                          const struct ArrowArray *array,
                                          struct mando_error *error);

#endif
