/* repo/memory_state.h: what the backend `memory:` holds: immutable once published, shared by count.
 *
 * A writer changes a copy of its own and publishes it whole; a reader keeps the state it began with.
 * Copies share the data points that were not written to. */
#ifndef MANDO_REPO_MEMORY_STATE_H
#define MANDO_REPO_MEMORY_STATE_H

#include <stdatomic.h>

#include "repo/store.h"

/* Bytes that versions point to. They live as long as the repository: nothing is ever deleted. */
struct memory_block {
    struct memory_block *next;
    char bytes[];
};

struct memory_point {
    atomic_size_t references;
    char id[MANDO_POINT_ID_SIZE];
    struct mando_store_point point;
    struct mando_config *configs; /* ascending by (knowledge, change) */
    struct mando_version *versions;
    size_t config_count, version_count, version_capacity;
};

struct memory_state {
    atomic_size_t references;
    struct memory_point **points; /* by key - 1 */
    size_t *by_id;                /* their places, ascending by id */
    size_t count, capacity;
};

/* Empty, or a copy of another; NULL without memory. */
struct memory_state *memory_state_new(const struct memory_state *before);
struct memory_state *memory_state_ref(struct memory_state *state);
void memory_state_unref(struct memory_state *state); /* NULL is fine */
void memory_point_unref(struct memory_point *point); /* NULL is fine */

/* The first place in by_id whose id is not below a text. */
size_t memory_state_place(const struct memory_state *state, const char *id);
struct memory_point *memory_state_find(const struct memory_state *state, const char *id);

/* The data point of a key, for writing: a copy of its own where others hold it. NULL without memory. */
struct memory_point *memory_state_own(struct memory_state *state, int64_t key);

/* NULL without memory. */
struct memory_point *memory_state_add(struct memory_state *state, const struct mando_point *point);

/* Both: MANDO_NO_MEMORY; the caller fills its error. */
enum mando_status memory_point_put(struct memory_point *point, const struct mando_version *versions,
                                   size_t count);
enum mando_status memory_point_configure(struct memory_point *point,
                                         const struct mando_config *config);

#endif
