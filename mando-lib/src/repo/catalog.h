/* repo/catalog.h: the stream of points_find, written and read. */
#ifndef MANDO_REPO_CATALOG_H
#define MANDO_REPO_CATALOG_H

#include "base/arena.h"
#include "mando/arrow.h"
#include "mando/catalog.h"

/* Reads a stream of points_find to its end; the stream stays the caller's. *catalog_out and
 * its documents are in the arena. MANDO_INVALID (arrow.schema: no catalog; arrow.array), MANDO_NO_MEMORY, and what the stream
 * fails with. */
enum mando_status mando_catalog_read(struct ArrowArrayStream *stream, struct mando_arena *arena,
                                     struct mando_catalog *catalog_out, struct mando_error *error);

#endif
