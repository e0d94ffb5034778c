#include "repo/store.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"

/* How far ahead of ours the clock of a source may be. */
#define FUTURE_US_MAX (5 * MANDO_SECOND_US)

void mando_store_init(struct mando_store *store, const struct mando_store_ops *ops)
{
    store->ops = ops;
    atomic_init(&store->is_cancelled, false);
}

static void end_transaction(struct mando_store *store)
{
    struct mando_store_transaction *transaction = &store->transaction;
    mando_vector_release(&transaction->touched);
    mando_runs_release(&transaction->runs);
    mando_seen_release(&transaction->seen);
    mando_arena_release(&transaction->arena);
    mando_store_restoring_release(&transaction->restoring);
    *transaction = (struct mando_store_transaction){0};
}

void mando_store_release(struct mando_store *store)
{
    mando_store_rollback(&store->session);
}

void mando_store_cancel(struct mando_session *session)
{
    atomic_store(&mando_store_of(session)->is_cancelled, true);
}

enum mando_status mando_store_check(struct mando_store *store, struct mando_error *error)
{
    if (!atomic_load_explicit(&store->is_cancelled, memory_order_relaxed)
        || !atomic_exchange(&store->is_cancelled, false))
        return MANDO_OK;
    return mando_fail(error, MANDO_E_CANCELLED, -1, "the caller stopped the call of the database");
}

enum mando_status mando_store_no_memory(struct mando_error *error, const char *what)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for %s", what);
}

enum mando_status mando_store_version(struct mando_session *session, int64_t *change_us_out,
                                      struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    enum mando_status status = mando_store_check(store, error);
    return status ? status : store->ops->newest(store, change_us_out, error);
}

const char *mando_store_copy(struct mando_store *store, const char *text)
{
    size_t size = text ? strlen(text) + 1 : 1;
    char *copy = mando_arena_alloc(&store->transaction.arena, size, 1);
    if (copy && text)
        memcpy(copy, text, size);
    return copy;
}

enum mando_status mando_store_newest(struct mando_store *store, int64_t *change_us_out,
                                     struct mando_error *error)
{
    if (!store->transaction.is_open)
        return store->ops->newest(store, change_us_out, error);
    *change_us_out = store->transaction.change_us;
    return MANDO_OK;
}

enum mando_status mando_store_check_knowledge(const struct mando_store *store, int64_t knowledge_us,
                                              int64_t index, struct mando_error *error)
{
    int64_t now_us = store->transaction.now_us;
    if (knowledge_us <= now_us + FUTURE_US_MAX)
        return MANDO_OK;
    char known[MANDO_TIME_TEXT_SIZE], now[MANDO_TIME_TEXT_SIZE];
    mando_time_format(knowledge_us, known);
    mando_time_format(now_us, now);
    return mando_fail(error, MANDO_E_VALUES_KNOWLEDGE, index,
                      "the knowledge time %s lies in the future: it is %s", known, now);
}

/* Under the write lock: the times of the transaction. */
static enum mando_status start(struct mando_store *store, const struct mando_write *write,
                               struct mando_error *error)
{
    struct mando_store_transaction *transaction = &store->transaction;
    const struct mando_repository *repository = store->session.repository;
    enum mando_status status = store->ops->newest(store, &transaction->newest_us, error);
    if (status)
        return status;
    int64_t now_us = repository->now_us(repository->clock);
    transaction->now_us = now_us;
    transaction->change_us = now_us > transaction->newest_us ? now_us : transaction->newest_us + 1;
    transaction->is_known = write->knowledge_us != 0;
    transaction->knowledge_us = transaction->is_known ? write->knowledge_us : now_us;
    transaction->author = mando_store_copy(store, write->author);
    transaction->reason = mando_store_copy(store, write->reason);
    if (!transaction->author || !transaction->reason)
        return mando_store_no_memory(error, "a transaction");
    return mando_store_check_knowledge(store, transaction->knowledge_us, -1, error);
}

enum mando_status mando_store_lock(struct mando_store *store, struct mando_error *error)
{
    struct mando_store_transaction *transaction = &store->transaction;
    assert(!transaction->is_open && !store->is_streaming);
    enum mando_status status = mando_store_check(store, error);
    if (!status)
        status = store->ops->lock(store, error);
    if (status)
        return status;
    *transaction = (struct mando_store_transaction){.is_open = true};
    mando_vector_init(&transaction->touched, sizeof(struct mando_touched), SIZE_MAX);
    mando_runs_init(&transaction->runs);
    mando_seen_init(&transaction->seen);
    return MANDO_OK;
}

enum mando_status mando_store_begin(struct mando_session *session, const struct mando_write *write,
                                    struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    enum mando_status status = mando_store_lock(store, error);
    if (status)
        return status;
    status = start(store, write, error);
    if (status)
        mando_store_rollback(session);
    return status;
}

void mando_store_rollback(struct mando_session *session)
{
    struct mando_store *store = mando_store_of(session);
    if (!store->transaction.is_open)
        return;
    store->ops->rollback(store);
    end_transaction(store);
}

enum mando_status mando_store_writing(struct mando_store *store, struct mando_error *error)
{
    assert(store->transaction.is_open && !store->is_streaming);
    if (store->transaction.has_failed)
        return mando_fail(error, MANDO_E_DB_ABORTED, -1,
                          "a call of this transaction failed before: it can only be rolled back");
    return mando_store_check(store, error);
}

enum mando_status mando_store_wrote(struct mando_store *store, enum mando_status status)
{
    if (status)
        store->transaction.has_failed = true;
    return status;
}

enum mando_status mando_store_touch(struct mando_store *store, struct mando_error *error)
{
    struct mando_store_transaction *transaction = &store->transaction;
    if (transaction->has_stored)
        return MANDO_OK;
    enum mando_status status = store->ops->change_put(
        store, transaction->change_us, transaction->author, transaction->reason, error);
    transaction->has_stored = !status;
    return status;
}

void mando_store_written(const struct mando_session *session, struct mando_written *written_out)
{
    const struct mando_store_transaction *transaction =
        &((const struct mando_store *)session)->transaction;
    *written_out = transaction->written;
    written_out->change_us =
        transaction->has_stored ? transaction->change_us : transaction->newest_us;
}

enum mando_status mando_store_commit(struct mando_session *session,
                                     struct mando_written *written_out, struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    struct mando_store_transaction *transaction = &store->transaction;
    enum mando_status status = mando_store_writing(store, error);
    if (!status)
        status = mando_store_restore_flush(store, error);
    if (!status)
        status = mando_store_check_overlap(store, error);
    if (status || !transaction->has_stored)
        store->ops->rollback(store);
    else
        status = store->ops->commit(store, error);
    if (!status)
        mando_store_written(session, written_out);
    end_transaction(store);
    return status;
}

enum mando_status mando_store_find(struct mando_store *store, const char *id,
                                   struct mando_store_point *point_out, struct mando_error *error)
{
    struct mando_store_point point;
    enum mando_status status = store->ops->point_find(store, id, &point, error);
    if (status)
        return status;
    if (point.key == 0)
        return mando_fail_at(error, MANDO_E_POINT_UNKNOWN, id, 0, 0,
                             "there is no data point \"%.160s\"", id);
    *point_out = point;
    return MANDO_OK;
}

enum mando_status mando_store_config(struct mando_store *store, const char *id,
                                     struct mando_as_of as_of, struct mando_config *config_out,
                                     struct mando_error *error)
{
    enum mando_status status = store->ops->configs_seek(store, id, NULL, error);
    if (status)
        return status;
    /* The newest comes first. */
    do
        status = store->ops->configs_next(store, config_out, error);
    while (!status && config_out->key
           && (config_out->knowledge_us > as_of.knowledge_us
               || config_out->change_us > as_of.change_us));
    return status;
}
