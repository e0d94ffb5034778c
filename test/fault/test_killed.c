/* A writer that is killed at any moment leaves whole transactions, and writing again completes them. */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case_count.h"
#include "check.h"
#include "random.h"
#include "store.h"

#ifdef STORE_SCHEME
#define PATH BINARY_DIR "/killed-" STORE_SCHEME "db"
#else
#define PATH BINARY_DIR "/killed.db"
#endif
#define BATCHES_MAX 4096

static const char *const ID = "A/Price";

/* What the writer tells while it lives. */
struct progress {
    atomic_long begun, committed; /* batches */
};

static size_t rows_of(int64_t batch)
{
    return batch % 3 ? 200 : 5000;
}

static void write_batches(struct progress *progress)
{
    struct store store;
    struct mando_written written;
    if (store_open(&store, PATH, 5000))
        _exit(1);
    for (int64_t batch = 0; batch < BATCHES_MAX; batch++) {
        atomic_store(&progress->begun, batch + 1);
        if (store_batch(&store, ID, batch, rows_of(batch), &written))
            _exit(1);
        atomic_store(&progress->committed, batch + 1);
    }
    _exit(0);
}

static void wait_us(int64_t us)
{
    struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    (void)nanosleep(&pause, NULL);
}

/* Batches that are whole; every acknowledged one is, and each is whole or absent. */
static long check_batches(struct store *store, long begun, long committed)
{
    static size_t counts[BATCHES_MAX];
    enum mando_status status = store_count(store, ID, counts, BATCHES_MAX);
    if (status == MANDO_NOT_FOUND) {
        CHECK_EQ(committed, 0);
        return 0;
    }
    CHECK_EQ(status, MANDO_OK);
    long whole = 0;
    while (whole < BATCHES_MAX && counts[whole] == rows_of(whole))
        whole++;
    for (long batch = whole; batch < BATCHES_MAX; batch++)
        CHECK_EQ(counts[batch], 0);
    CHECK(whole >= committed && whole <= begun);
    for (long batch = 0; batch <= begun; batch++)
        store_check_run(store, batch, batch < whole);
    return whole;
}

static void complete(struct store *store, long whole, long begun)
{
    for (long batch = 0; batch < begun; batch++) {
        struct mando_written written;
        CHECK_EQ(store_batch(store, ID, batch, rows_of(batch), &written), MANDO_OK);
        CHECK_EQ(written.unchanged, batch < whole ? rows_of(batch) : 0);
        CHECK_EQ(written.inserted, batch < whole ? 0 : rows_of(batch));
    }
    CHECK_EQ(check_batches(store, begun, begun), begun);
}

TEST(a_killed_writer_leaves_whole_transactions)
{
    uint64_t kills = case_count(100), inside = 0, lost = 0;
    struct random random = {kills};
    if (kills > 1000)
        kills = 1000;
    struct progress *progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(progress != MAP_FAILED);
    for (uint64_t i = 0; i < kills; i++) {
        struct store store;
        store_remove(PATH);
        atomic_store(&progress->begun, 0);
        atomic_store(&progress->committed, 0);
        pid_t writer = fork();
        CHECK(writer >= 0);
        if (writer == 0)
            write_batches(progress);
        /* Now and then while the database is made. */
        while (i % 5 && atomic_load(&progress->begun) == 0)
            wait_us(100);
        wait_us((int64_t)random_below(&random, 40000));
        CHECK_EQ(kill(writer, SIGKILL), 0);
        CHECK_EQ(waitpid(writer, NULL, 0), writer);
        long begun = atomic_load(&progress->begun), committed = atomic_load(&progress->committed);
        inside += begun > committed;
        CHECK_EQ(store_open(&store, PATH, 5000), MANDO_OK);
        long whole = check_batches(&store, begun, committed);
        lost += whole < begun;
        complete(&store, whole, begun);
        store_close(&store);
        store_check_file(PATH);
    }
    (void)munmap(progress, sizeof *progress);
    store_remove(PATH);
    (void)printf("%" PRIu64 " kills, %" PRIu64 " inside a transaction, of which %" PRIu64
                 " were rolled back\n",
                 kills, inside, lost);
    CHECK(inside * 10 >= kills * 3);
}
