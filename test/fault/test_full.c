/* A disk that is full: a clear error, nothing half stored, and it goes on when there is room. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "case_count.h"
#include "check.h"
#include "random.h"
#include "small_disk.h"
#include "store.h"

#define BATCHES_MAX 4096

static const char *const ID = "A/Price";

static void check_full(struct store *store, int64_t batch, size_t rows)
{
    struct mando_written written;
    CHECK_EQ(store_batch(store, ID, batch, rows, &written), MANDO_IO);
    CHECK_TEXT(store->error.code, "db.full");
}

/* Every batch before this one is there, and it is not. */
static void check_batches(struct store *store, int64_t batch, size_t rows)
{
    static size_t counts[BATCHES_MAX];
    CHECK_EQ(store_count(store, ID, counts, BATCHES_MAX), MANDO_OK);
    for (int64_t i = 0; i < BATCHES_MAX; i++)
        CHECK_EQ(counts[i], i < batch ? rows : 0);
    for (int64_t i = 0; i <= batch; i++)
        store_check_run(store, i, i < batch);
}

/* Fills a disk of a size with transactions of so many rows, then makes it larger. */
static void fill_disk(const char *folder, size_t larger, size_t rows)
{
    struct store store;
    struct mando_written written;
    char path[64];
    int64_t batch = 0;
    (void)snprintf(path, sizeof path, "%s/mando.db", folder);
    CHECK_EQ(store_open(&store, path, 100), MANDO_OK);
    while (!store_batch(&store, ID, batch, rows, &written))
        CHECK(++batch < BATCHES_MAX);
    CHECK_TEXT(store.error.code, "db.full");
    CHECK(batch > 3);
    check_full(&store, batch, rows);
    check_batches(&store, batch, rows);
    CHECK(small_disk_resize(folder, larger));
    CHECK_EQ(store_batch(&store, ID, batch, rows, &written), MANDO_OK);
    CHECK_EQ(written.inserted, rows);
    check_batches(&store, batch + 1, rows);
    store_close(&store);
    store_check_file(path);
}

/* Disks of about a size, each full at another place. */
static void fill_disks(size_t size, size_t rows)
{
    uint64_t disks = case_count_of_faults(2);
    struct random random = {.state = rows};
    char folder[] = "/tmp/mando-full-XXXXXX";
    assert_non_null(mkdtemp(folder));
    for (uint64_t i = 0; i < disks; i++) {
        size_t bytes = size + random_below(&random, size / 4) / 4096 * 4096;
        if (!small_disk_mount(folder, bytes, geteuid(), getegid())) {
            CHECK_EQ(rmdir(folder), 0);
            small_disk_leave_out();
            return;
        }
        fill_disk(folder, 4 * size, rows);
        small_disk_unmount(folder);
    }
    CHECK_EQ(rmdir(folder), 0);
    (void)printf("%d full disks, all batches whole\n", (int)disks);
}

TEST(a_full_disk_is_told_and_loses_nothing)
{
    fill_disks(1 << 20, 500);
}

TEST(a_disk_that_large_transactions_fill_loses_nothing)
{
    fill_disks(24 << 20, 20000);
}
