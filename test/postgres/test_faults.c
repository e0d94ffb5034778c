/* A server that goes away, refuses, is full or slow: nothing acknowledged is lost, nothing is half, the error is
 * clear, and the program goes on when the server does. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "case_count.h"
#include "check.h"
#include "postgres_server.h"
#include "random.h"
#include "store.h"

#define WAIT_MS 200
#define BATCHES_MAX 1024

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

/* As an administrator does, who changes the table. */
static PGconn *hold_values(const char *schema)
{
    char url[512], sql[128];
    postgres_server_url(schema, "", url, sizeof url);
    char *end = strstr(url, "&schema=");
    *end = '\0'; /* libpq does not know it */
    PGconn *holder = PQconnectdb(url);
    (void)snprintf(sql, sizeof sql, "BEGIN; LOCK TABLE %s.value", schema);
    PGresult *result = PQexec(holder, sql);
    CHECK_EQ(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    return holder;
}

static void let_go(PGconn *holder)
{
    PQclear(PQexec(holder, "ROLLBACK"));
    PQfinish(holder);
}

static void check_busy(const struct store *store, enum mando_status status, const char *why)
{
    CHECK_EQ(status, MANDO_BUSY);
    CHECK_TEXT(store->error.code, "db.busy");
    assert_non_null(strstr(store->error.message, why));
}

/* Reads and writes meet a table that another holds: nothing is stored, and the session goes on when it is free. */
static void meet_locks(const char *schema, const char *more, const char *why)
{
    struct store store;
    struct mando_written written;
    open_new(&store, schema, more);
    CHECK_EQ(store_batch(&store, ID, 0, 10, &written), MANDO_OK);
    for (uint64_t i = case_count_of_faults(2); i > 0; i--) {
        size_t rows = i % 2 ? 10 : 1000, count;
        PGconn *holder = hold_values(schema);
        check_busy(&store, store_count(&store, ID, &count, 1), why);
        check_busy(&store, store_batch(&store, ID, 1, rows, &written), why);
        let_go(holder);
        check_batches(&store, 1, 10);
        store_check_run(&store, 1, false);
    }
    CHECK_EQ(store_batch(&store, ID, 1, 10, &written), MANDO_OK);
    check_batches(&store, 2, 10);
    store_close(&store);
}

TEST(a_lock_that_another_holds_is_waited_for_and_then_told)
{
    meet_locks("held", "", "200 ms");
}

TEST(a_statement_that_takes_too_long_is_told)
{
    meet_locks("slow", "&statement_timeout=100", "statement_timeout");
}

/* All batches before this one are there, and it is not. */
static void check_until(struct store *store, int64_t batch, size_t rows)
{
    static size_t counts[BATCHES_MAX];
    CHECK_EQ(store_count(store, ID, counts, BATCHES_MAX), MANDO_OK);
    for (int64_t i = 0; i < BATCHES_MAX; i++)
        CHECK_EQ(counts[i], i < batch ? rows : 0);
    for (int64_t i = 0; i <= batch; i++)
        store_check_run(store, i, i < batch);
}

static void check_full(struct store *store, enum mando_status status)
{
    CHECK_EQ(status, MANDO_IO);
    CHECK_TEXT(store->error.code, "db.full");
    assert_non_null(strstr(store->error.message, "nothing was stored"));
}

/* With so much on the disk that something else of a batch has no room each time. */
static void fill_disk(struct random *random)
{
    struct store store;
    struct mando_written written;
    char sql[160];
    int64_t batch = 0;
    enum mando_status status = MANDO_OK;
    size_t rows = 100 + random_below(random, 5000);
    open_new(&store, "filled", "&options=-cdefault_tablespace%3Dsmall");
    CHECK_EQ(store_batch(&store, ID, batch++, rows, &written), MANDO_OK);
    (void)snprintf(sql, sizeof sql,
                   "CREATE TABLE ballast TABLESPACE small AS SELECT generate_series(1, %d) AS"
                   " number",
                   (int)(600000 + random_below(random, 100000)));
    (void)postgres_server_sql(sql);
    while (!(status = store_batch(&store, ID, batch, rows, &written)))
        CHECK(++batch < BATCHES_MAX);
    check_full(&store, status);
    check_full(&store, store_batch(&store, ID, batch, rows, &written));
    check_until(&store, batch, rows);
    (void)postgres_server_sql("DROP TABLE ballast");
    CHECK_EQ(store_batch(&store, ID, batch, rows, &written), MANDO_OK);
    CHECK_EQ(written.inserted, rows);
    check_until(&store, batch + 1, rows);
    store_close(&store);
    (void)postgres_server_sql("DROP SCHEMA filled CASCADE");
}

TEST(a_disk_that_is_full_takes_nothing_and_then_goes_on)
{
    uint64_t disks = case_count_of_faults(2);
    struct random random = {.state = 5};
    char sql[256];
    const char *folder = (postgres_server_start(false), postgres_server_small_disk());
    if (!folder)
        return;
    (void)snprintf(sql, sizeof sql, "CREATE TABLESPACE small LOCATION '%s'", folder);
    (void)postgres_server_sql(sql);
    for (uint64_t i = 0; i < disks; i++)
        fill_disk(&random);
    (void)printf("postgres: %d full disks, all batches whole\n", (int)disks);
}

static pid_t pid_of(const char *sql)
{
    return (pid_t)strtol(postgres_server_sql(sql), NULL, 10);
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
