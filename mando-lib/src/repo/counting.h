/* repo/counting.h: the versions that count, one for each valid start: the one implementation of
 * "which version counts". */
#ifndef MANDO_REPO_COUNTING_H
#define MANDO_REPO_COUNTING_H

#include "base/text.h"
#include "repo/store.h"

/* A walk over one data point; uses the store's cursor of versions. */
struct mando_counting {
    struct mando_store *store;
    struct mando_as_of as_of;
    bool is_backwards, has_ahead, has_last;
    struct mando_version ahead; /* read, but of the next start */
    int64_t last_start_us;
    struct mando_text bytes; /* of the version that was given */
};

void mando_counting_init(struct mando_counting *counting, struct mando_store *store,
                         struct mando_as_of as_of);
void mando_counting_release(struct mando_counting *counting);

/* Starts over, with the starts from_us <= start < to_us of a data point. */
enum mando_status mando_counting_seek(struct mando_counting *counting,
                                      const struct mando_store_point *point, int64_t from_us,
                                      int64_t to_us, bool is_backwards, struct mando_error *error);

/* The next start's newest version within the cuts, those marked deleted too; its bytes are borrowed
 * until the next call. */
enum mando_status mando_counting_next(struct mando_counting *counting,
                                      struct mando_version *version_out, bool *is_there_out,
                                      struct mando_error *error);

/* The next version within the cuts, every one, in order. */
enum mando_status mando_counting_every(struct mando_counting *counting,
                                       struct mando_version *version_out, bool *is_there_out,
                                       struct mando_error *error);

#endif
