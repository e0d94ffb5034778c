/* arrow/array.h: the structs of the Arrow interfaces: who releases them and how they are moved.
 *
 * Everything here works on structs of any producer. */
#ifndef MANDO_ARROW_ARRAY_H
#define MANDO_ARROW_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

#include "mando/arrow.h"
#include "mando/error.h"

/* Batches are structs of columns; nothing that we make or take has more of them. */
#define MANDO_ARROW_COLUMNS_MAX 16384

/* Release a struct that is alive, for MANDO_CLEANUP; one that is zeroed, released or moved is fine. */
void mando_arrow_schema_release(struct ArrowSchema *schema);
void mando_arrow_array_release(struct ArrowArray *array);
void mando_arrow_stream_release(struct ArrowArrayStream *stream);

/* *source is released as far as it knows; *out is not looked at. */
void mando_arrow_schema_move(struct ArrowSchema *source, struct ArrowSchema *out);
void mando_arrow_array_move(struct ArrowArray *source, struct ArrowArray *out);
void mando_arrow_stream_move(struct ArrowArrayStream *source, struct ArrowArrayStream *out);

/* An array without rows with room for `buffers` (at most 3) and `children`, all NULL or zeroed, for
 * the caller to fill; its release releases the children. MANDO_NO_MEMORY; the caller fills its
 * error. */
enum mando_status mando_arrow_array_new(size_t buffers, size_t children,
                                        struct ArrowArray *array_out);

/* Sets a buffer of an array that was made here; its release passes it to mando_free. A buffer that is
 * set without this is borrowed. */
void mando_arrow_array_own(struct ArrowArray *array, size_t buffer, void *bytes);

#endif
