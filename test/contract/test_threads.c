/* Several threads on one repository: each has a session of the pool. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "case_count.h"
#include "check.h"
#include "place.h"

#define WRITERS 2
#define READERS 2
#define BATCHES 25
#define ROWS 10

static const char *const ID = "A/Price";

struct shared {
    struct mando_repository *repository;
    int batches;
    atomic_int next_batch, failed, writers_left;
};

/* A batch's rows have its number as their value. */
static enum mando_status write_batch(struct mando_session *session, int batch,
                                     struct mando_error *error)
{
    const struct mando_repository_ops *ops = session->repository->ops;
    struct cell rows[ROWS];
    struct ArrowArrayStream stream;
    struct mando_written written;
    for (int i = 0; i < ROWS; i++)
        rows[i] = (struct cell){
            .start = NOON + (batch * ROWS + i) * HOUR, .present = true, .number = {batch}};
    enum mando_status status = ops->begin(session, &(struct mando_write){.author = "t"}, error);
    if (status)
        return status;
    cells_stream(rows, ROWS, MANDO_SERIES, 3, &stream);
    status = ops->values_put(session, &ID, 1, &stream, error);
    stream.release(&stream);
    if (!status)
        return ops->commit(session, &written, error);
    ops->rollback(session);
    return status;
}

static void *write_batches(void *context)
{
    struct shared *shared = context;
    for (;;) {
        int batch = atomic_fetch_add(&shared->next_batch, 1);
        struct mando_session *session = NULL;
        struct mando_error error = {.message = ""};
        if (batch >= shared->batches)
            break;
        enum mando_status status = mando_session_take(shared->repository, &session, &error);
        if (!status)
            do
                status = write_batch(session, batch, &error);
            while (status == MANDO_BUSY); /* the other one was quicker for too long */
        if (status) {
            print_error("batch %d: %s\n", batch, error.message);
            atomic_fetch_add(&shared->failed, 1);
        }
        mando_session_give(session);
    }
    atomic_fetch_sub(&shared->writers_left, 1);
    return NULL;
}

/* Whole batches, and never fewer than before. */
static bool read_once(struct shared *shared, size_t *seen)
{
    struct mando_scan scan = {
        .ids = &ID, .id_count = 1, .from_us = INT64_MIN, .to_us = INT64_MAX, .as_of = EVERYTHING};
    struct mando_session *session = NULL;
    struct ArrowArrayStream stream;
    struct cells cells = {0};
    struct mando_error error = {.message = ""};
    enum mando_status status = mando_session_take(shared->repository, &session, &error);
    if (!status)
        status = shared->repository->ops->values_scan(session, &scan, &stream, &error);
    if (!status)
        status = cells_read(&stream, &cells, &error);
    mando_session_give(session);
    if (status)
        print_error("read: %s\n", error.message);
    bool is_whole = !status && cells.count % ROWS == 0 && cells.count >= *seen;
    *seen = cells.count;
    return is_whole;
}

static void *read_batches(void *context)
{
    struct shared *shared = context;
    size_t seen = 0;
    bool is_last;
    do {
        is_last = atomic_load(&shared->writers_left) == 0;
        if (!read_once(shared, &seen))
            atomic_fetch_add(&shared->failed, 1);
    } while (!is_last);
    if (seen != BATCHES * ROWS)
        atomic_fetch_add(&shared->failed, 1);
    return NULL;
}

static void *cancel_soon(void *session)
{
    struct timespec pause = {.tv_nsec = 30000000};
    (void)nanosleep(&pause, NULL);
    ((struct mando_session *)session)->repository->ops->cancel(session);
    return NULL;
}

TEST(a_writer_that_waits_for_the_lock_can_be_cancelled)
{
    struct place place;
    struct mando_session *waiting = NULL;
    struct mando_error error;
    pthread_t thread;
    place_open(&place);
    CHECK_EQ(mando_session_take(place.repository, &waiting, NULL), MANDO_OK);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(pthread_create(&thread, NULL, cancel_soon, waiting), 0);
    CHECK_EQ(place.repository->ops->begin(waiting, &(struct mando_write){0}, &error),
             MANDO_CANCELLED);
    CHECK_TEXT(error.code, "cancelled");
    CHECK_EQ(pthread_join(thread, NULL), 0);
    mando_session_give(waiting);
    place_rollback(&place);
    place_close(&place);
}

TEST(threads_write_and_read_at_once)
{
    struct place place;
    pthread_t threads[WRITERS + READERS];
    place_open(&place);
    place_point(&place, ID, MANDO_SERIES);
    struct shared shared = {
        .repository = place.repository, .batches = BATCHES, .writers_left = WRITERS};
    for (int i = 0; i < WRITERS + READERS; i++)
        CHECK_EQ(
            pthread_create(&threads[i], NULL, i < WRITERS ? write_batches : read_batches, &shared),
            0);
    for (int i = 0; i < WRITERS + READERS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(atomic_load(&shared.failed), 0);
    place_close(&place);
}

static enum mando_status note_change(void *last_us, const struct mando_change *change)
{
    *(int64_t *)last_us = change->change_us;
    return MANDO_OK;
}

/* Or what is read next, up to the newest change, would lack what the scan has told of. */
TEST(a_scan_tells_of_no_change_that_is_newer_than_the_newest)
{
    struct place place;
    pthread_t writer;
    place_open(&place);
    place_point(&place, ID, MANDO_SERIES);
    const struct mando_repository_ops *ops = place.repository->ops;
    struct shared shared = {
        .repository = place.repository, .batches = (int)case_count_of_slow(300), .writers_left = 1};
    struct mando_change_range range = {INT64_MIN, INT64_MAX};
    CHECK_EQ(pthread_create(&writer, NULL, write_batches, &shared), 0);
    while (atomic_load(&shared.writers_left)) {
        int64_t newest_us = 0;
        CHECK_EQ(ops->changes_scan(place.session, &range, note_change, &range.after_us, NULL),
                 MANDO_OK);
        CHECK_EQ(ops->version(place.session, &newest_us, NULL), MANDO_OK);
        CHECK(range.after_us <= newest_us);
    }
    CHECK_EQ(pthread_join(writer, NULL), 0);
    CHECK_EQ(atomic_load(&shared.failed), 0);
    place_close(&place);
}
