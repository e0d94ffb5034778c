/* repo/catalog.h: the stream of points_find, written and read. */
#ifndef MANDO_REPO_CATALOG_H
#define MANDO_REPO_CATALOG_H

#include "base/arena.h"
#include "mando/arrow.h"
#include "mando/point.h"

struct mando_catalog_item {
    struct mando_point point; /* its document is in the arena */
    int64_t knowledge_us, change_us;
};

struct mando_catalog {
    struct mando_catalog_item *items;
    size_t count;
};

/* Reads a stream of points_find to its end; the stream stays the caller's. *catalog_out is in the
 * arena. MANDO_INVALID (arrow.schema: no catalog; arrow.array), MANDO_NO_MEMORY, and what the stream
 * fails with. */
enum mando_status mando_catalog_read(struct ArrowArrayStream *stream, struct mando_arena *arena,
                                     struct mando_catalog *catalog_out, struct mando_error *error);

#endif
