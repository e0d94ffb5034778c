/* A disk that is full: a clear error, nothing half stored, and it goes on when there is room. */
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "store.h"

#define BATCHES_MAX 4096

static const char *const ID = "A/Price";

/* Fills a disk of a size with transactions of so many rows, then makes it larger. */
static void fill_disk(const char *size, const char *larger, size_t rows)
{
    static size_t counts[BATCHES_MAX];
    struct store store;
    struct mando_written written;
    char folder[] = "/tmp/mando-full-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    if (mount("tmpfs", folder, "tmpfs", 0, size) != 0) {
        (void)printf("skipped: a small disk can only be made as root\n");
        (void)rmdir(folder);
        return;
    }
    (void)snprintf(path, sizeof path, "%s/mando.db", folder);
    CHECK_EQ(store_open(&store, path, 100), MANDO_OK);
    int64_t batch = 0;
    enum mando_status status;
    while (!(status = store_batch(&store, ID, batch, rows, &written)))
        CHECK(++batch < BATCHES_MAX);
    CHECK_EQ(status, MANDO_IO);
    CHECK_TEXT(store.error.code, "db.full");
    CHECK(batch > 3);
    CHECK_EQ(store_batch(&store, ID, batch, rows, &written), MANDO_IO);
    CHECK_EQ(store_count(&store, ID, counts, BATCHES_MAX), MANDO_OK);
    for (int64_t i = 0; i < BATCHES_MAX; i++)
        CHECK_EQ(counts[i], i < batch ? rows : 0);
    for (int64_t i = 0; i <= batch; i++)
        store_check_run(&store, i, i < batch);
    CHECK_EQ(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, larger), 0);
    CHECK_EQ(store_batch(&store, ID, batch, rows, &written), MANDO_OK);
    CHECK_EQ(written.inserted, rows);
    store_close(&store);
    store_check_file(path);
    CHECK_EQ(umount(folder), 0);
    CHECK_EQ(rmdir(folder), 0);
}

TEST(a_full_disk_is_told_and_loses_nothing)
{
    fill_disk("size=1m", "size=8m", 500);
}

TEST(a_disk_that_large_transactions_fill_loses_nothing)
{
    fill_disk("size=24m", "size=80m", 20000);
}
