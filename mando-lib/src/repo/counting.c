#include "repo/counting.h"

void mando_counting_init(struct mando_counting *counting, struct mando_store *store,
                         struct mando_as_of as_of)
{
    *counting = (struct mando_counting){.store = store, .as_of = as_of};
    mando_text_init(&counting->bytes, SIZE_MAX);
}

void mando_counting_release(struct mando_counting *counting)
{
    mando_text_release(&counting->bytes);
}

enum mando_status mando_counting_seek(struct mando_counting *counting,
                                      const struct mando_store_point *point, int64_t from_us,
                                      int64_t to_us, bool is_backwards, struct mando_error *error)
{
    counting->is_backwards = is_backwards;
    counting->has_ahead = counting->has_last = false;
    struct mando_store *store = counting->store;
    return store->ops->versions_seek(store, point, from_us, to_us, is_backwards, error);
}

enum mando_status mando_counting_every(struct mando_counting *counting,
                                       struct mando_version *version_out, bool *is_there_out,
                                       struct mando_error *error)
{
    struct mando_store *store = counting->store;
    enum mando_status status;
    do
        status = store->ops->versions_next(store, version_out, is_there_out, error);
    while (!status && *is_there_out && !mando_version_is_within(version_out, counting->as_of));
    return status;
}

/* Keeps the bytes of a version that the cursor is about to leave. */
static enum mando_status keep_bytes(struct mando_counting *counting, struct mando_version *version,
                                    struct mando_error *error)
{
    if (version->size == 0)
        return MANDO_OK;
    counting->bytes.length = 0;
    mando_text_append(&counting->bytes, version->bytes, version->size);
    if (counting->bytes.status)
        return mando_store_no_memory(error, "a value");
    version->bytes = counting->bytes.bytes;
    return MANDO_OK;
}

/* Against the order the newest version of a start comes first: the others are passed over. */
static enum mando_status next_backwards(struct mando_counting *counting,
                                        struct mando_version *version, bool *is_there,
                                        struct mando_error *error)
{
    enum mando_status status;
    do
        status = mando_counting_every(counting, version, is_there, error);
    while (!status && *is_there && counting->has_last
           && version->start_us == counting->last_start_us);
    if (!status && *is_there) {
        counting->has_last = true;
        counting->last_start_us = version->start_us;
    }
    return status;
}

/* In order it comes last. */
static enum mando_status next_forwards(struct mando_counting *counting,
                                       struct mando_version *version, bool *is_there,
                                       struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    *is_there = counting->has_ahead;
    if (counting->has_ahead)
        *version = counting->ahead;
    else
        status = mando_counting_every(counting, version, is_there, error);
    counting->has_ahead = false;
    if (status || !*is_there)
        return status;
    for (;;) {
        status = keep_bytes(counting, version, error);
        if (!status)
            status = mando_counting_every(counting, &counting->ahead, &counting->has_ahead, error);
        if (status || !counting->has_ahead || counting->ahead.start_us != version->start_us)
            return status;
        *version = counting->ahead;
    }
}

enum mando_status mando_counting_next(struct mando_counting *counting,
                                      struct mando_version *version_out, bool *is_there_out,
                                      struct mando_error *error)
{
    return counting->is_backwards ? next_backwards(counting, version_out, is_there_out, error)
                                  : next_forwards(counting, version_out, is_there_out, error);
}
