/* codec/rows_ids.h: the ids that rows name, each once, in the order in which they came. */
#ifndef MANDO_CODEC_ROWS_IDS_H
#define MANDO_CODEC_ROWS_IDS_H

#include "base/arena.h"
#include "base/vector.h"

#define ROWS_IDS_MAX ((size_t)1 << 20)

struct rows_ids {
    struct mando_arena arena; /* the texts */
    struct mando_vector names;
    uint32_t *slots; /* hash table of indices from 1; 0 is free */
    size_t slot_count;
    int32_t last; /* most rows name the id of the row before */
};

void rows_ids_init(struct rows_ids *ids);
void rows_ids_release(struct rows_ids *ids);

const char *const *rows_ids_names(const struct rows_ids *ids);

/* The index of an id, which is checked and added where it is new.
 * MANDO_INVALID (point.id), MANDO_LIMIT (io.limit), MANDO_NO_MEMORY. */
enum mando_status rows_ids_take(struct rows_ids *ids, const char *id, size_t length,
                                int32_t *index_out, struct mando_error *error);

#endif
