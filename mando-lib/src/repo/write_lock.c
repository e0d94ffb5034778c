#include "repo/write_lock.h"

#include "base/clock.h"

/* How soon a cancellation is seen. */
#define SLICE_MS 10

void mando_write_lock_init(struct mando_write_lock *lock)
{
    (void)pthread_mutex_init(&lock->mutex, NULL);
    mando_clock_cond_init(&lock->given);
    lock->is_taken = false;
}

void mando_write_lock_release(struct mando_write_lock *lock)
{
    (void)pthread_cond_destroy(&lock->given);
    (void)pthread_mutex_destroy(&lock->mutex);
}

/* Waits in slices; false where the writer before is still there after wait_ms. */
static bool take(struct mando_write_lock *lock, const struct mando_store *store)
{
    int64_t now_ms = mando_clock_ms(), end_ms = now_ms + store->session.repository->wait_ms;
    while (lock->is_taken && now_ms < end_ms && !atomic_load(&store->is_cancelled)) {
        (void)mando_clock_wait(&lock->given, &lock->mutex,
                               end_ms - now_ms < SLICE_MS ? end_ms : now_ms + SLICE_MS);
        now_ms = mando_clock_ms();
    }
    if (lock->is_taken)
        return false;
    lock->is_taken = true;
    return true;
}

enum mando_status mando_write_lock_take(struct mando_write_lock *lock, struct mando_store *store,
                                        const char *name, struct mando_error *error)
{
    (void)pthread_mutex_lock(&lock->mutex);
    bool is_taken = take(lock, store);
    (void)pthread_mutex_unlock(&lock->mutex);
    if (is_taken)
        return MANDO_OK;
    enum mando_status status = mando_store_check(store, error);
    return status ? status
                  : mando_fail_at(error, MANDO_E_DB_BUSY, name, 0, 0,
                                  "another session holds the write lock of %.120s for longer "
                                  "than %u ms",
                                  name, (unsigned)store->session.repository->wait_ms);
}

void mando_write_lock_give(struct mando_write_lock *lock)
{
    (void)pthread_mutex_lock(&lock->mutex);
    lock->is_taken = false;
    (void)pthread_cond_signal(&lock->given);
    (void)pthread_mutex_unlock(&lock->mutex);
}
