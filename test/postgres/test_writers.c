/* Many writers at once: change times rise in the order of commits, and who pins one sees no row appear. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "case_count.h"
#include "check.h"
#include "postgres_server.h"
#include "store.h"

#define WRITERS 20
#define READERS 3
#define PINS_MAX 64

static const char *const IDS[] = {"A/0", "A/1", "A/2", "A/3", "A/4", "A/5", "A/6"};
#define ID_COUNT (sizeof IDS / sizeof *IDS)

struct shared {
    char url[256];
    struct mando_repository *repository;
    atomic_int_fast64_t newest; /* change that a writer was told of */
    atomic_int_fast64_t next_batch, transactions, reads;
    atomic_bool is_over;
    atomic_int failed;
};

static void note_failure(struct shared *shared, const char *what)
{
    print_error("%s\n", what);
    atomic_fetch_add(&shared->failed, 1);
    atomic_store(&shared->is_over, true);
}

/* What others were told before this transaction began is older than it. */
static void note_change(struct shared *shared, int64_t before, int64_t change)
{
    if (change <= before)
        note_failure(shared, "a change time is not above one that was acknowledged before");
    int_fast64_t newest = atomic_load(&shared->newest);
    while (newest < change && !atomic_compare_exchange_weak(&shared->newest, &newest, change))
        ;
}

static void *write_all(void *context)
{
    struct shared *shared = context;
    struct store store = {.repository = shared->repository};
    if (mando_session_take(shared->repository, &store.session, &store.error)) {
        note_failure(shared, store.error.message);
        return NULL;
    }
    while (!atomic_load(&shared->is_over)) {
        struct mando_written written;
        int64_t batch = atomic_fetch_add(&shared->next_batch, 1);
        int64_t before = atomic_load(&shared->newest);
        const char *id = IDS[(size_t)batch % ID_COUNT];
        if (store_batch(&store, id, batch, 1 + (size_t)(batch % 30), &written))
            note_failure(shared, store.error.message);
        else
            note_change(shared, before, written.change_us);
        atomic_fetch_add(&shared->transactions, 1);
    }
    mando_session_give(store.session);
    return NULL;
}

struct pin {
    int64_t change;
    uint64_t rows, sum;
};

/* All that is stored until a change: how many rows, and a sum over when each was stored. */
static enum mando_status read_pin(struct store *store, struct pin *pin)
{
    const struct mando_scan scan = {.ids = IDS,
                                    .id_count = ID_COUNT,
                                    .from_us = INT64_MIN,
                                    .to_us = INT64_MAX,
                                    .as_of = {MANDO_FOREVER, pin->change},
                                    .every_version = true};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    pin->rows = pin->sum = 0;
    enum mando_status status =
        store->repository->ops->values_scan(store->session, &scan, &stream, &store->error);
    if (status)
        return status;
    while (stream.get_next(&stream, &batch) == 0 && batch.release) {
        const int64_t *changes = batch.children[4]->buffers[1];
        for (int64_t i = 0; i < batch.length; i++)
            pin->sum += (uint64_t)changes[i];
        pin->rows += (uint64_t)batch.length;
        batch.release(&batch);
    }
    stream.release(&stream);
    return MANDO_OK;
}

static void check_pin(struct shared *shared, struct store *store, const struct pin *pin)
{
    struct pin now = {.change = pin->change};
    if (read_pin(store, &now))
        note_failure(shared, store->error.message);
    else if (now.rows != pin->rows || now.sum != pin->sum)
        note_failure(shared, "a row has appeared below a change that was pinned");
}

static void *read_all(void *context)
{
    struct shared *shared = context;
    struct store store = {.repository = shared->repository};
    struct pin pins[PINS_MAX];
    size_t count = 0;
    if (mando_session_take(shared->repository, &store.session, &store.error)) {
        note_failure(shared, store.error.message);
        return NULL;
    }
    while (!atomic_load(&shared->is_over)) {
        struct pin *pin = &pins[count % PINS_MAX];
        if (shared->repository->ops->version(store.session, &pin->change, &store.error)
            || read_pin(&store, pin))
            note_failure(shared, store.error.message);
        check_pin(shared, &store, pin);
        check_pin(shared, &store, &pins[count < PINS_MAX ? count / 2 : (count + 1) % PINS_MAX]);
        count++;
        atomic_fetch_add(&shared->reads, 1);
    }
    for (size_t i = 0; i < count && i < PINS_MAX; i++)
        check_pin(shared, &store, &pins[i]);
    mando_session_give(store.session);
    return NULL;
}

static void open_shared(struct shared *shared)
{
    struct store store;
    struct mando_written written;
    struct mando_repository_options options = {.sessions_max = WRITERS + READERS, .wait_ms = 60000};
    postgres_server_start(false);
    postgres_server_url("writers", "", shared->url, sizeof shared->url);
    CHECK_EQ(store_open(&store, shared->url, 1000), MANDO_OK);
    for (size_t i = 0; i < ID_COUNT; i++)
        CHECK_EQ(store_batch(&store, IDS[i], -1, 1, &written), MANDO_OK);
    store_close(&store);
    CHECK_EQ(mando_repository_open(shared->url, &options, &shared->repository, NULL), MANDO_OK);
}

TEST(twenty_writers_commit_in_the_order_of_their_change_times)
{
    static struct shared shared;
    pthread_t threads[WRITERS + READERS];
    struct timespec pause = {.tv_sec = (time_t)case_count_of_slow(2)};
    if (pause.tv_sec > 60)
        pause.tv_sec = 60;
    open_shared(&shared);
    for (int i = 0; i < WRITERS + READERS; i++)
        CHECK_EQ(pthread_create(&threads[i], NULL, i < WRITERS ? write_all : read_all, &shared), 0);
    (void)nanosleep(&pause, NULL);
    atomic_store(&shared.is_over, true);
    for (int i = 0; i < WRITERS + READERS; i++)
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    mando_repository_unref(shared.repository);
    CHECK_EQ(atomic_load(&shared.failed), 0);
    CHECK(atomic_load(&shared.reads) > 0);
    (void)printf("postgres: %" PRId64 " transactions of %d writers, %" PRId64 " pinned reads\n",
                 (int64_t)atomic_load(&shared.transactions), WRITERS,
                 (int64_t)atomic_load(&shared.reads));
}
