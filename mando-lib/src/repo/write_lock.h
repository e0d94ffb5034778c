/* repo/write_lock.h: the write lock of a database whose writers are all in this process. */
#ifndef MANDO_REPO_WRITE_LOCK_H
#define MANDO_REPO_WRITE_LOCK_H

#include <pthread.h>

#include "repo/store.h"

struct mando_write_lock {
    pthread_mutex_t mutex; /* of is_taken */
    pthread_cond_t given;
    bool is_taken;
};

void mando_write_lock_init(struct mando_write_lock *lock);
void mando_write_lock_release(struct mando_write_lock *lock);

/* Waits as long as the repository does; `name` is the database's.
 * MANDO_BUSY (db.busy), MANDO_CANCELLED. */
enum mando_status mando_write_lock_take(struct mando_write_lock *lock, struct mando_store *store,
                                        const char *name, struct mando_error *error);
void mando_write_lock_give(struct mando_write_lock *lock);

#endif
