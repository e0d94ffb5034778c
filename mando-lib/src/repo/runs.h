/* repo/runs.h: which row of a transaction stored a version. Rows mostly follow each other in even steps, and
 * such a run takes the room of one. */
#ifndef MANDO_REPO_RUNS_H
#define MANDO_REPO_RUNS_H

#include "base/vector.h"

struct mando_runs { /* mando_runs_init, mando_runs_release */
    struct mando_vector items;
};

void mando_runs_init(struct mando_runs *runs);
void mando_runs_release(struct mando_runs *runs);

/* Adds `count` versions of a data point, stored by the rows from `index` on. MANDO_NO_MEMORY; the caller fills
 * its error. */
enum mando_status mando_runs_add(struct mando_runs *runs, int64_t key, const int64_t *start_us,
                                 const int64_t *knowledge_us, size_t count, int64_t index);

/* The row that stored a version; -1 where none did. */
int64_t mando_runs_find(const struct mando_runs *runs, int64_t key, int64_t start_us,
                        int64_t knowledge_us);

#endif
