/* repo/seen.h: rows of a transaction that were not stored because they change nothing; another value
 * for the same place must be refused all the same. */
#ifndef MANDO_REPO_SEEN_H
#define MANDO_REPO_SEEN_H

#include "base/arena.h"
#include "base/vector.h"
#include "repo/version.h"

struct mando_seen { /* zero-initialised is empty, but for mando_seen_init */
    struct mando_vector rows;
    uint32_t *table; /* row number + 1 by hash; 0 is free */
    size_t table_size;
};

void mando_seen_init(struct mando_seen *seen);
void mando_seen_release(struct mando_seen *seen);

/* The row with the same point, start and knowledge time; NULL where there is none. */
const struct mando_version *mando_seen_find(const struct mando_seen *seen, int64_t key,
                                            const struct mando_version *row);

/* Adds a row that is not there; its bytes are copied into the arena. MANDO_LIMIT, MANDO_NO_MEMORY; the
 * caller fills its error. */
enum mando_status mando_seen_add(struct mando_seen *seen, int64_t key,
                                 const struct mando_version *row, struct mando_arena *arena);

#endif
