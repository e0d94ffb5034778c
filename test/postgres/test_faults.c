/* A server that goes away, refuses, is full or slow: nothing acknowledged is lost, nothing is half, the error is
 * clear, and the program goes on when the server does. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "postgres_server.h"
#include "store.h"

#define WAIT_MS 200

static const char *const ID = "A/Price";

static const char *url_of(const char *schema, const char *more)
{
    static char url[512];
    postgres_server_start(false);
    postgres_server_url(schema, more, url, sizeof url);
    return url;
}

static void open_new(struct store *store, const char *schema, const char *more)
{
    enum mando_status status = store_open(store, url_of(schema, more), WAIT_MS);
    if (status)
        print_error("%s\n", store->error.message);
    CHECK_EQ(status, MANDO_OK);
}

/* The pool drops a session that is broken. */
static enum mando_status take_again(struct store *store)
{
    mando_session_give(store->session);
    store->session = NULL;
    return mando_session_take(store->repository, &store->session, &store->error);
}

static void check_batches(struct store *store, size_t batches, size_t rows)
{
    size_t counts[16];
    CHECK_EQ(store_count(store, ID, counts, 16), MANDO_OK);
    for (size_t i = 0; i < 16; i++)
        CHECK_EQ(counts[i], i < batches ? rows : 0);
}

static void check_lost(const struct store *store, enum mando_status status)
{
    CHECK_EQ(status, MANDO_IO);
    CHECK_TEXT(store->error.code, "db.io");
    assert_non_null(strstr(store->error.message, "postgres://"));
}

TEST(a_session_whose_server_crashed_is_replaced_when_it_is_back)
{
    struct store store;
    struct mando_written written;
    int64_t change;
    open_new(&store, "crashed", "");
    CHECK_EQ(store_batch(&store, ID, 0, 100, &written), MANDO_OK);
    postgres_server_crash();
    check_lost(&store, store.repository->ops->version(store.session, &change, &store.error));
    check_lost(&store, store_batch(&store, ID, 1, 100, &written));
    check_lost(&store, take_again(&store));
    postgres_server_restart();
    CHECK_EQ(take_again(&store), MANDO_OK);
    check_batches(&store, 1, 100);
    CHECK_EQ(store_batch(&store, ID, 1, 100, &written), MANDO_OK);
    check_batches(&store, 2, 100);
    store_close(&store);
}

static void *restart_soon(void *context)
{
    struct timespec pause = {.tv_nsec = 100000000};
    (void)context;
    (void)nanosleep(&pause, NULL);
    postgres_server_restart();
    return NULL;
}

TEST(a_server_that_comes_back_in_time_is_waited_for)
{
    struct store store;
    struct mando_written written;
    pthread_t thread;
    CHECK_EQ(store_open(&store, url_of("waited", ""), 10000), MANDO_OK);
    CHECK_EQ(store_batch(&store, ID, 0, 10, &written), MANDO_OK);
    postgres_server_crash();
    CHECK_EQ(pthread_create(&thread, NULL, restart_soon, NULL), 0);
    CHECK_EQ(take_again(&store), MANDO_OK);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    check_batches(&store, 1, 10);
    store_close(&store);
}

static void begin(struct store *store)
{
    CHECK_EQ(store->repository->ops->begin(store->session, &(struct mando_write){0}, &store->error),
             MANDO_OK);
}

TEST(a_crash_in_a_transaction_leaves_nothing_of_it)
{
    struct store store;
    struct mando_written written;
    const struct mando_point point = {.id = "A/Other", .type = MANDO_SERIES, .width = 1};
    open_new(&store, "halfway", "");
    begin(&store);
    CHECK_EQ(store.repository->ops->points_put(store.session, &point, 1, &store.error), MANDO_OK);
    postgres_server_crash();
    check_lost(&store, store.repository->ops->commit(store.session, &written, &store.error));
    postgres_server_restart();
    CHECK_EQ(take_again(&store), MANDO_OK);
    CHECK_TEXT(postgres_server_sql("SELECT count(*) FROM halfway.point"), "0");
    store_close(&store);
}

/* As an administrator does, or a network. */
static void cut_connections(void)
{
    (void)postgres_server_sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
                              " WHERE application_name = 'mando'");
}

TEST(a_commit_that_meets_no_connection_says_that_it_does_not_know)
{
    struct store store;
    struct mando_written written;
    const struct mando_point point = {.id = "A/Other", .type = MANDO_SERIES, .width = 1};
    open_new(&store, "unknown", "");
    begin(&store);
    CHECK_EQ(store.repository->ops->points_put(store.session, &point, 1, &store.error), MANDO_OK);
    cut_connections();
    check_lost(&store, store.repository->ops->commit(store.session, &written, &store.error));
    assert_non_null(strstr(store.error.message, "not known"));
    CHECK_EQ(take_again(&store), MANDO_OK);
    CHECK_EQ(store_batch(&store, ID, 0, 10, &written), MANDO_OK);
    check_batches(&store, 1, 10);
    store_close(&store);
}

TEST(a_stream_whose_connection_is_cut_fails)
{
    struct store store;
    struct mando_written written;
    struct ArrowArrayStream stream;
    struct ArrowArray batch = {0};
    const struct mando_scan scan = {.ids = &ID,
                                    .id_count = 1,
                                    .from_us = INT64_MIN,
                                    .to_us = INT64_MAX,
                                    .as_of = {MANDO_FOREVER, MANDO_FOREVER}};
    open_new(&store, "cut", "");
    CHECK_EQ(store_batch(&store, ID, 0, 20000, &written), MANDO_OK);
    CHECK_EQ(store.repository->ops->values_scan(store.session, &scan, &stream, &store.error),
             MANDO_OK);
    cut_connections();
    CHECK(stream.get_next(&stream, &batch) != 0);
    assert_non_null(strstr(stream.get_last_error(&stream), "lost"));
    stream.release(&stream);
    CHECK_EQ(take_again(&store), MANDO_OK);
    check_batches(&store, 1, 20000);
    store_close(&store);
}

/* Holds a table until it is told to let it go. */
struct holder {
    pthread_t thread;
    const char *sql;
};

static void *hold(void *context)
{
    (void)postgres_server_sql(((struct holder *)context)->sql);
    return NULL;
}

static void wait_for_lock(const char *sql)
{
    struct timespec pause = {.tv_nsec = 5000000};
    while (strcmp(postgres_server_sql(sql), "t") != 0)
        (void)nanosleep(&pause, NULL);
}

/* What a read answers while another holds the table of values for half a second. */
static enum mando_status read_locked(struct store *store, const char *schema)
{
    char sql[256], is_held[256];
    struct holder holder = {.sql = sql};
    size_t count;
    (void)snprintf(sql, sizeof sql, "BEGIN; LOCK TABLE %s.value; SELECT pg_sleep(0.5); COMMIT",
                   schema);
    (void)snprintf(is_held, sizeof is_held,
                   "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = '%s.value'::regclass AND"
                   " mode = 'AccessExclusiveLock' AND granted)",
                   schema);
    CHECK_EQ(pthread_create(&holder.thread, NULL, hold, &holder), 0);
    wait_for_lock(is_held);
    enum mando_status status = store_count(store, ID, &count, 1);
    CHECK_EQ(pthread_join(holder.thread, NULL), 0);
    return status;
}

TEST(a_lock_that_another_holds_is_waited_for_and_then_told)
{
    struct store store;
    struct mando_written written;
    open_new(&store, "held", "");
    CHECK_EQ(store_batch(&store, ID, 0, 10, &written), MANDO_OK);
    CHECK_EQ(read_locked(&store, "held"), MANDO_BUSY);
    CHECK_TEXT(store.error.code, "db.busy");
    assert_non_null(strstr(store.error.message, "200 ms"));
    check_batches(&store, 1, 10);
    store_close(&store);
}

TEST(a_statement_that_takes_too_long_is_told)
{
    struct store store;
    struct mando_written written;
    open_new(&store, "slow", "&statement_timeout=100");
    CHECK_EQ(store_batch(&store, ID, 0, 10, &written), MANDO_OK);
    CHECK_EQ(read_locked(&store, "slow"), MANDO_BUSY);
    CHECK_TEXT(store.error.code, "db.busy");
    assert_non_null(strstr(store.error.message, "statement_timeout"));
    check_batches(&store, 1, 10);
    store_close(&store);
}

TEST(a_disk_that_is_full_takes_nothing_and_then_goes_on)
{
    struct store store;
    struct mando_written written;
    char sql[256];
    const char *folder = (postgres_server_start(false), postgres_server_small_disk());
    if (!folder)
        return;
    (void)snprintf(sql, sizeof sql, "CREATE TABLESPACE small LOCATION '%s'", folder);
    (void)postgres_server_sql(sql);
    open_new(&store, "filled", "&options=-cdefault_tablespace%3Dsmall");
    CHECK_EQ(store_batch(&store, ID, 0, 100, &written), MANDO_OK);
    (void)postgres_server_sql("CREATE TABLE ballast TABLESPACE small AS SELECT"
                              " generate_series(1, 500000) AS number");
    int64_t batch = 1;
    enum mando_status status = MANDO_OK;
    for (; batch < 60 && !status; batch++)
        status = store_batch(&store, ID, batch, 5000, &written);
    CHECK_EQ(status, MANDO_IO);
    CHECK_TEXT(store.error.code, "db.full");
    static size_t counts[64];
    CHECK_EQ(store_count(&store, ID, counts, 64), MANDO_OK);
    for (int64_t i = 1; i < 60; i++)
        CHECK_EQ(counts[i], i < batch - 1 ? 5000 : 0);
    (void)postgres_server_sql("DROP TABLE ballast");
    CHECK_EQ(store_batch(&store, ID, batch - 1, 5000, &written), MANDO_OK);
    CHECK_EQ(written.inserted, 5000);
    store_close(&store);
    (void)postgres_server_sql("DROP SCHEMA filled CASCADE");
}

static void wait_ms(int64_t ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&pause, NULL);
}

static pid_t pid_of(const char *sql)
{
    return (pid_t)strtol(postgres_server_sql(sql), NULL, 10);
}

/* The process that takes connections. */
static pid_t postmaster(void)
{
    return pid_of("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)");
}

static void *resume_soon(void *pid)
{
    wait_ms(1500);
    CHECK_EQ(kill(*(pid_t *)pid, SIGCONT), 0);
    return NULL;
}

TEST(a_server_that_stands_still_for_a_while_is_waited_for)
{
    struct store store;
    pthread_t thread;
    const char *url = url_of("still", "");
    pid_t pid = postmaster();
    CHECK_EQ(kill(pid, SIGSTOP), 0);
    CHECK_EQ(pthread_create(&thread, NULL, resume_soon, &pid), 0);
    CHECK_EQ(store_open(&store, url, WAIT_MS), MANDO_OK);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    store_close(&store);
}

TEST(a_server_that_stands_still_for_too_long_is_told)
{
    struct store store;
    const char *url = url_of("still", "&connect_timeout=1");
    pid_t pid = postmaster();
    CHECK_EQ(kill(pid, SIGSTOP), 0);
    enum mando_status status = store_open(&store, url, WAIT_MS);
    CHECK_EQ(kill(pid, SIGCONT), 0);
    check_lost(&store, status);
    assert_non_null(strstr(store.error.message, "did not answer within 1 s"));
}

static void connect_and_exit(const char *url)
{
    struct store store;
    if (store_open(&store, url, WAIT_MS))
        print_error("%s\n", store.error.message);
    _exit(store.repository ? 0 : 1);
}

/* As where a machine is too busy for the program, or a virtual one was halted. */
TEST(a_time_in_which_the_program_did_not_run_is_no_silence_of_the_server)
{
    const char *url = url_of("still", "&connect_timeout=2");
    int code = 0;
    pid_t pid = postmaster();
    CHECK_EQ(kill(pid, SIGSTOP), 0);
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        connect_and_exit(url);
    wait_ms(200);
    CHECK_EQ(kill(child, SIGSTOP), 0);
    wait_ms(2500);
    CHECK_EQ(kill(child, SIGCONT), 0);
    CHECK_EQ(kill(pid, SIGCONT), 0);
    CHECK_EQ(waitpid(child, &code, 0), child);
    CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 0);
}

TEST(a_session_whose_answer_never_comes_is_replaced)
{
    struct store store;
    int64_t change;
    open_new(&store, "silent", "&statement_timeout=100");
    pid_t backend = pid_of("SELECT pid FROM pg_stat_activity WHERE application_name = 'mando'");
    CHECK_EQ(kill(backend, SIGSTOP), 0);
    check_lost(&store, store.repository->ops->version(store.session, &change, &store.error));
    assert_non_null(strstr(store.error.message, "did not answer within 10 s"));
    CHECK_EQ(take_again(&store), MANDO_OK);
    CHECK_EQ(store.repository->ops->version(store.session, &change, &store.error), MANDO_OK);
    CHECK_EQ(kill(backend, SIGCONT), 0);
    store_close(&store);
}

TEST(a_server_that_takes_no_more_connections_is_told)
{
    struct store stores[60];
    size_t count = 0;
    enum mando_status status = MANDO_OK;
    open_new(&stores[count++], "many", "");
    (void)postgres_server_sql("CREATE ROLE guest LOGIN CONNECTION LIMIT 2; GRANT ALL ON SCHEMA many"
                              " TO guest; GRANT SELECT ON ALL TABLES IN SCHEMA many TO guest");
    char url[256];
    (void)snprintf(url, sizeof url, "postgres://guest@/postgres?host=%s&schema=many",
                   postgres_server_folder());
    while (!status && count < 10)
        status = store_open(&stores[count++], url, WAIT_MS);
    CHECK_EQ(count, 4);
    CHECK_EQ(status, MANDO_BUSY);
    CHECK_TEXT(stores[3].error.code, "db.sessions");
    for (size_t i = 0; i < 3; i++)
        store_close(&stores[i]);
}
