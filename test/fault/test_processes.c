/* Several processes on one file. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "case_count.h"
#include "check.h"
#include "mando/rows.h"
#include "store.h"

#define PATH BINARY_DIR "/processes.db"
#define WRITES_MAX 10000

static const char *const ID = "A/Price";

/* Writes every second batch, from `first` on. */
static void write_every_second(int64_t first, int64_t writes)
{
    struct store store;
    struct mando_written written;
    int64_t last = 0;
    if (store_open(&store, PATH, 30000)) {
        print_error("%s\n", store.error.message);
        _exit(1);
    }
    for (int64_t batch = first; batch < writes; batch += 2) {
        if (store_batch(&store, ID, batch, 1, &written) || written.inserted != 1
            || written.change_us <= last) {
            print_error("batch %" PRId64 ": %s\n", batch, store.error.message);
            _exit(2);
        }
        last = written.change_us;
    }
    store_close(&store);
    _exit(0);
}

static int64_t count_changes(void)
{
    struct store store;
    struct mando_rows rows = {0};
    struct ArrowArrayStream stream;
    struct mando_scan scan = {.ids = &ID,
                              .id_count = 1,
                              .from_us = INT64_MIN,
                              .to_us = INT64_MAX,
                              .as_of = {MANDO_FOREVER, MANDO_FOREVER}};
    static int64_t changes[WRITES_MAX];
    size_t count = 0;
    CHECK_EQ(store_open(&store, PATH, 1000), MANDO_OK);
    CHECK_EQ(store.repository->ops->values_scan(store.session, &scan, &stream, NULL), MANDO_OK);
    while (!mando_rows_next(&stream, &rows, NULL) && rows.count)
        for (size_t i = 0; i < rows.count; i++)
            changes[count++] = rows.change_us[i];
    stream.release(&stream);
    store_close(&store);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            CHECK(changes[i] != changes[j]);
    return (int64_t)count;
}

TEST(writes_of_two_processes_are_all_there_while_a_third_reads)
{
    static size_t counts[WRITES_MAX];
    int64_t writes = (int64_t)case_count(1000);
    if (writes > WRITES_MAX)
        writes = WRITES_MAX;
    store_remove(PATH);
    pid_t writers[2];
    for (int i = 0; i < 2; i++) {
        writers[i] = fork();
        CHECK(writers[i] >= 0);
        if (writers[i] == 0)
            write_every_second(i, writes);
    }
    int64_t reads = 0, seen = 0;
    for (int left = 2, ended = 0; left > 0; left -= ended > 0) {
        struct store store;
        int code = 0;
        ended = waitpid(-1, &code, WNOHANG);
        CHECK(ended <= 0 || (WIFEXITED(code) && WEXITSTATUS(code) == 0));
        CHECK_EQ(store_open(&store, PATH, 30000), MANDO_OK);
        enum mando_status status = store_count(&store, ID, counts, WRITES_MAX);
        CHECK(status == MANDO_OK || status == MANDO_NOT_FOUND);
        int64_t there = 0;
        for (int64_t i = 0; i < writes; i++)
            there += (int64_t)counts[i];
        CHECK(there >= seen); /* what was once there stays */
        seen = there;
        store_close(&store);
        reads++;
    }
    CHECK_EQ(count_changes(), writes);
    store_check_file(PATH);
    store_remove(PATH);
    (void)printf("%" PRId64 " writes of two processes, read %" PRId64 " times meanwhile\n", writes,
                 reads);
}

static void meet_lock(void)
{
    struct store store;
    struct mando_written written;
    int to_child[2], to_parent[2];
    char byte = 0;
    store_remove(PATH);
    CHECK_EQ(store_open(&store, PATH, 50), MANDO_OK);
    CHECK_EQ(store_batch(&store, ID, 0, 1, &written), MANDO_OK);
    store_close(&store);
    CHECK(pipe(to_child) == 0 && pipe(to_parent) == 0);
    pid_t holder = fork();
    CHECK(holder >= 0);
    if (holder == 0) {
        bool is_held =
            !store_open(&store, PATH, 50)
            && !store.repository->ops->begin(store.session, &(struct mando_write){0}, NULL);
        (void)!write(to_parent[1], "", 1);
        (void)!read(to_child[0], &byte, 1);
        _exit(is_held ? 0 : 1);
    }
    CHECK_EQ(read(to_parent[0], &byte, 1), 1);
    CHECK_EQ(store_open(&store, PATH, 50), MANDO_OK);
    CHECK_EQ(store_batch(&store, ID, 1, 1, &written), MANDO_BUSY);
    CHECK_TEXT(store.error.code, "db.busy");
    CHECK(strstr(store.error.message, "write lock"));
    CHECK_EQ(write(to_child[1], "", 1), 1);
    int code = 0;
    CHECK_EQ(waitpid(holder, &code, 0), holder);
    CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 0);
    CHECK_EQ(store_batch(&store, ID, 1, 1, &written), MANDO_OK);
    store_close(&store);
    for (int i = 0; i < 2; i++) {
        (void)close(to_child[i]);
        (void)close(to_parent[i]);
    }
    store_remove(PATH);
}

TEST(a_lock_of_another_process_is_told_and_taken_when_it_is_free)
{
    for (uint64_t i = case_count_of_faults(2); i > 0; i--)
        meet_lock();
}

TEST(processes_may_make_a_database_at_the_same_moment)
{
    for (int round = 0; round < 30; round++) {
        pid_t makers[3];
        store_remove(PATH);
        for (int i = 0; i < 3; i++) {
            makers[i] = fork();
            CHECK(makers[i] >= 0);
            struct store store;
            if (makers[i] == 0)
                _exit(store_open(&store, PATH, 10000) ? 1 : 0);
        }
        for (int i = 0; i < 3; i++) {
            int code = 0;
            CHECK_EQ(waitpid(makers[i], &code, 0), makers[i]);
            CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 0);
        }
        store_check_file(PATH);
    }
    store_remove(PATH);
}
