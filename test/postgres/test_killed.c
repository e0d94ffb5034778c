/* Writers that are killed, and a server that is, at any moment: what was acknowledged is there, each batch is
 * whole or absent, and nobody is kept waiting by the dead. */
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case_count.h"
#include "check.h"
#include "postgres_server.h"
#include "random.h"
#include "store.h"

#define BATCHES_MAX 4096
#define KILLS_OF_SERVER_MAX 60 /* the writer has batches for so long */

static const char *const ID = "A/Price";
static char url[256];

/* What the writer tells while it lives. */
struct progress {
    atomic_long begun, committed; /* batches */
    atomic_long reads;            /* that were whole */
};

static size_t rows_of(int64_t batch)
{
    return batch % 3 ? 20 : 5000;
}

static struct progress *share_progress(void)
{
    struct progress *progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(progress != MAP_FAILED);
    return progress;
}

/* Goes on with the batch that failed, as long as the server is gone for a while. */
static void write_batches(struct progress *progress, bool goes_on)
{
    struct store store;
    struct mando_written written;
    if (store_open(&store, url, 20000))
        _exit(1);
    for (int64_t batch = atomic_load(&progress->committed); batch < BATCHES_MAX;) {
        atomic_store(&progress->begun, batch + 1);
        enum mando_status status = store_batch(&store, ID, batch, rows_of(batch), &written);
        if (status && !goes_on)
            _exit(1);
        if (!status)
            atomic_store(&progress->committed, ++batch);
        if (status == MANDO_IO) {
            mando_session_give(store.session);
            store.session = NULL;
            status = mando_session_take(store.repository, &store.session, &store.error);
        }
        if (status) {
            print_error("batch %ld: %s\n", (long)batch, store.error.message);
            _exit(1);
        }
    }
    _exit(0);
}

static pid_t start_writer(struct progress *progress, bool goes_on)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        write_batches(progress, goes_on);
    return child;
}

/* All that was acknowledged when it asked, each batch whole, again and again. */
static void read_batches(struct progress *progress)
{
    static size_t counts[BATCHES_MAX];
    struct store store;
    if (store_open(&store, url, 20000))
        _exit(1);
    for (;;) {
        long committed = atomic_load(&progress->committed);
        enum mando_status status = store_count(&store, ID, counts, BATCHES_MAX);
        for (long batch = 0; batch < BATCHES_MAX && !status; batch++)
            if (counts[batch] != rows_of(batch) && (counts[batch] || batch < committed))
                _exit(2);
        if (!status)
            atomic_fetch_add(&progress->reads, 1);
        if (status == MANDO_IO) {
            mando_session_give(store.session);
            store.session = NULL;
            status = mando_session_take(store.repository, &store.session, &store.error);
        }
        if (status) {
            print_error("read: %s\n", store.error.message);
            _exit(3);
        }
    }
}

static pid_t start_reader(struct progress *progress)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        read_batches(progress);
    return child;
}

static void wait_us(int64_t us)
{
    struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    (void)nanosleep(&pause, NULL);
}

static void check_batches(struct store *store, long begun, long committed)
{
    static size_t counts[BATCHES_MAX];
    enum mando_status status = store_count(store, ID, counts, BATCHES_MAX);
    if (status == MANDO_NOT_FOUND) {
        CHECK_EQ(committed, 0);
        return;
    }
    CHECK_EQ(status, MANDO_OK);
    for (long batch = 0; batch < BATCHES_MAX; batch++) {
        size_t rows = rows_of(batch);
        CHECK(counts[batch] == rows || (counts[batch] == 0 && batch >= committed));
        CHECK(counts[batch] == 0 || batch < begun);
    }
    for (long batch = 0; batch < committed; batch++)
        store_check_run(store, batch, true);
}

static void open_killed(struct store *store)
{
    enum mando_status status = store_open(store, url, 2000);
    if (status)
        print_error("%s\n", store->error.message);
    CHECK_EQ(status, MANDO_OK);
}

TEST(a_writer_that_is_killed_leaves_whole_batches_and_no_lock)
{
    uint64_t kills = case_count_of_slow(50), inside = 0;
    struct random random = {.state = 7};
    struct progress *progress = share_progress();
    struct store store;
    postgres_server_start(false);
    postgres_server_url("killed", "", url, sizeof url);
    for (uint64_t i = 0; i < kills; i++) {
        struct mando_written written;
        if (i % 10 == 0) {
            (void)postgres_server_sql("DROP SCHEMA IF EXISTS killed CASCADE");
            atomic_store(&progress->begun, 0);
            atomic_store(&progress->committed, 0);
        }
        pid_t child = start_writer(progress, false);
        wait_us((int64_t)random_below(&random, 60000));
        CHECK_EQ(kill(child, SIGKILL), 0);
        CHECK_EQ(waitpid(child, NULL, 0), child);
        inside += atomic_load(&progress->begun) > atomic_load(&progress->committed);
        open_killed(&store);
        check_batches(&store, atomic_load(&progress->begun), atomic_load(&progress->committed));
        /* What was under way is done again. */
        for (long batch = atomic_load(&progress->committed); batch < atomic_load(&progress->begun);
             batch++)
            CHECK_EQ(store_batch(&store, ID, batch, rows_of(batch), &written), MANDO_OK);
        atomic_store(&progress->committed, atomic_load(&progress->begun));
        store_close(&store);
    }
    (void)printf("postgres: %" PRIu64 " kills, %" PRIu64 " inside a batch, all batches whole\n",
                 kills, inside);
    CHECK(inside * 10 >= kills * 3);
}

TEST(a_writer_goes_on_when_its_server_was_killed)
{
    uint64_t kills = case_count_of_slow(8);
    struct random random = {.state = 11};
    kills = kills < KILLS_OF_SERVER_MAX ? kills : KILLS_OF_SERVER_MAX;
    struct progress *progress = share_progress();
    struct store store;
    postgres_server_start(false);
    postgres_server_url("restarted", "", url, sizeof url);
    open_killed(&store);
    store_close(&store);
    pid_t child = start_writer(progress, true);
    while (atomic_load(&progress->committed) == 0 && waitpid(child, NULL, WNOHANG) == 0)
        wait_us(1000);
    pid_t reader = start_reader(progress);
    for (uint64_t i = 0; i < kills; i++) {
        wait_us(20000 + (int64_t)random_below(&random, 100000));
        postgres_server_crash();
        wait_us((int64_t)random_below(&random, 20000));
        postgres_server_restart();
    }
    long before = atomic_load(&progress->committed), reads = atomic_load(&progress->reads);
    while ((atomic_load(&progress->committed) < before + 3
            || atomic_load(&progress->reads) < reads + 3)
           && waitpid(child, NULL, WNOHANG) == 0 && waitpid(reader, NULL, WNOHANG) == 0)
        wait_us(10000);
    CHECK_EQ(kill(child, SIGKILL), 0);
    CHECK_EQ(waitpid(child, NULL, 0), child);
    CHECK_EQ(kill(reader, SIGKILL), 0);
    CHECK_EQ(waitpid(reader, NULL, 0), reader);
    open_killed(&store);
    check_batches(&store, atomic_load(&progress->begun), atomic_load(&progress->committed));
    store_close(&store);
    (void)printf("postgres: %" PRIu64 " kills, of the server, all batches whole, %ld reads\n",
                 kills, atomic_load(&progress->reads));
}
