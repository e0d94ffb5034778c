/* SQLite whose n-th write, sync, read or allocation fails: a transaction is whole or not there. */
#include <stdlib.h>

#include "case_count.h"
#include "check.h"
#include "failing.h"
#include "store.h"

#define PATH "/dev/shm/mando-engine.db"
#define ROWS 400
#define BATCHES 3

static const char *const ID = "A/Price";

/* Opens, writes and closes; what was acknowledged is counted. */
static enum mando_status write_batches(int64_t *acknowledged)
{
    struct store store;
    struct mando_written written;
    enum mando_status status = store_open(&store, PATH, 20);
    *acknowledged = 0;
    for (int64_t batch = 0; batch < BATCHES && !status; batch++) {
        status = store_batch(&store, ID, batch, ROWS, &written);
        *acknowledged += !status;
    }
    if (store.repository)
        store_close(&store);
    return status;
}

/* A batch that was refused may be there only where the failure came after it was stored. */
static void check_whole(int64_t acknowledged)
{
    size_t counts[BATCHES];
    struct store store;
    struct mando_written written;
    CHECK_EQ(store_open(&store, PATH, 20), MANDO_OK);
    enum mando_status status = store_count(&store, ID, counts, BATCHES);
    CHECK(status == MANDO_OK || (status == MANDO_NOT_FOUND && acknowledged == 0));
    for (int64_t batch = 0; batch < BATCHES && !status; batch++) {
        CHECK(counts[batch] == ROWS || (counts[batch] == 0 && batch >= acknowledged));
        store_check_run(&store, batch, counts[batch] > 0);
    }
    for (int64_t batch = 0; batch < BATCHES; batch++)
        CHECK_EQ(store_batch(&store, ID, batch, ROWS, &written), MANDO_OK);
    CHECK_EQ(store_count(&store, ID, counts, BATCHES), MANDO_OK);
    for (int64_t batch = 0; batch < BATCHES; batch++)
        CHECK_EQ(counts[batch], ROWS);
    store_close(&store);
    store_check_file(PATH);
}

/* Fails the first call, the one `stride` later and so on, until none of them is left to fail. */
static void fail_calls(int64_t stride)
{
    int64_t tried = 0, told = 0;
    for (bool is_over = false; !is_over; tried++) {
        int64_t acknowledged;
        store_remove(PATH);
        failing_calls_left = tried * stride;
        enum mando_status status = write_batches(&acknowledged);
        is_over = failing_calls_left >= 0;
        failing_calls_left = -1;
        if (status)
            told++;
        bool is_right = status == MANDO_OK || status == MANDO_IO || status == MANDO_DENIED
                        || status == MANDO_NOT_FOUND || status == MANDO_NO_MEMORY;
        if (!is_right)
            print_error("call %d: %s\n", (int)(tried * stride), mando_status_name(status));
        CHECK(is_right);
        check_whole(acknowledged);
    }
    store_remove(PATH);
    (void)printf("%d calls failed, %d of them told\n", (int)tried - 1, (int)told);
    CHECK(told > 20);
}

TEST(each_call_of_the_file_system_may_fail)
{
    failing_files();
    fail_calls(1);
    failing_files_end();
}

TEST(each_allocation_of_sqlite_may_fail)
{
    failing_memory();
    fail_calls(case_count(0) >= 100000 ? 1 : 29); /* there are thousands */
    failing_memory_end();
}
