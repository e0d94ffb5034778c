/* An event loop of one thread: calls of many tasks wait for the server, the loop never does. */
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"
#include "mando/task.h"
#include "postgres_server.h"
#include "store.h"

#define TASKS 8
#define BATCHES 5
#define GAP_MS_MAX 150
#define HELD_MS 600

struct job {
    struct mando_task *task;
    struct mando_task_wait wait;
    struct loop *loop;
    int64_t wait_end_ms;
    bool is_running;
    struct mando_session *session; /* that waits for the write lock */
    bool goes_on;                  /* where its connection is lost */
    int64_t lost;                  /* how often it was */
    enum mando_status status;
    struct mando_error error;
};

struct loop {
    char url[256];
    struct mando_repository *repository;
    struct mando_task *current; /* that is being stepped */
    struct job jobs[TASKS];
    int64_t gap_ms;          /* the longest time between two rounds */
    int64_t rounds, batches; /* so far */
};

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the repository calls where it would block. */
static int wait_in_task(void *context, int fd, short events, int timeout_ms)
{
    const struct loop *loop = context;
    const struct mando_task_wait wait = {fd, events, timeout_ms};
    return mando_task_pause(loop->current, &wait);
}

/* Batches of its own data point, each in a session that the pool gives. */
static void write_batches(void *context)
{
    struct job *job = context;
    char id[16];
    (void)snprintf(id, sizeof id, "Loop/%d", (int)(job - job->loop->jobs));
    for (int64_t batch = 0; batch < BATCHES && !job->status; batch++) {
        struct store store = {.repository = job->loop->repository};
        struct mando_written written;
        size_t counts[BATCHES];
        job->status = mando_session_take(store.repository, &store.session, &store.error);
        if (!job->status)
            job->status = store_batch(&store, id, batch, 400, &written);
        if (!job->status)
            job->status = store_count(&store, id, counts, BATCHES);
        if (!job->status && counts[batch] != 400)
            job->status = MANDO_CORRUPT;
        job->error = store.error;
        job->loop->batches += !job->status;
        mando_session_give(store.session);
        if (job->goes_on && job->status == MANDO_IO) {
            job->status = MANDO_OK;
            job->lost++;
            batch--;
        }
    }
}

static void step(struct job *job, int is_ready)
{
    job->loop->current = job->task;
    job->is_running = mando_task_step(job->task, is_ready, &job->wait);
    job->wait_end_ms = job->wait.timeout_ms < 0 ? INT64_MAX : now_ms() + job->wait.timeout_ms;
}

/* One round: whatever is ready goes on. False when all are done. */
static bool run_once(struct loop *loop)
{
    struct pollfd sockets[TASKS];
    bool is_running = false;
    for (int i = 0; i < TASKS; i++) {
        const struct job *job = &loop->jobs[i];
        sockets[i] =
            (struct pollfd){.fd = job->is_running ? job->wait.fd : -1, .events = job->wait.events};
        is_running = is_running || job->is_running;
    }
    if (!is_running)
        return false;
    (void)poll(sockets, TASKS, 10);
    int64_t start_ms = now_ms();
    for (int i = 0; i < TASKS; i++) {
        struct job *job = &loop->jobs[i];
        if (job->is_running && (sockets[i].revents || start_ms >= job->wait_end_ms))
            step(job, sockets[i].revents != 0);
    }
    int64_t gap_ms = now_ms() - start_ms;
    loop->gap_ms = gap_ms > loop->gap_ms ? gap_ms : loop->gap_ms;
    loop->rounds++;
    return true;
}

static void open_loop(struct loop *loop, const char *schema, const char *more, uint32_t sessions,
                      void (*run)(void *context))
{
    struct mando_repository_options options = {.sessions_max = sessions,
                                               .wait_ms = 10000,
                                               .may_create = true,
                                               .wait = wait_in_task,
                                               .wait_context = loop};
    postgres_server_start(false);
    postgres_server_url(schema, more, loop->url, sizeof loop->url);
    CHECK_EQ(mando_repository_open(loop->url, &options, &loop->repository, NULL), MANDO_OK);
    for (int i = 0; i < TASKS; i++) {
        struct job *job = &loop->jobs[i];
        job->loop = loop;
        CHECK_EQ(mando_task_new(&job->task, NULL), MANDO_OK);
        mando_task_start(job->task, run, job);
        step(job, 0);
    }
}

static void close_loop(struct loop *loop)
{
    for (int i = 0; i < TASKS; i++) {
        if (loop->jobs[i].status)
            print_error("task %d: %s\n", i, loop->jobs[i].error.message);
        CHECK_EQ(loop->jobs[i].status, MANDO_OK);
        mando_task_free(loop->jobs[i].task);
    }
    loop->current = NULL;
    mando_repository_unref(loop->repository);
}

TEST(tasks_connect_make_the_schema_write_and_read_at_once)
{
    static struct loop loop;
    open_loop(&loop, "loop_all", "", TASKS, write_batches);
    while (run_once(&loop))
        ;
    CHECK(loop.rounds > TASKS * BATCHES);
    close_loop(&loop);
    CHECK_TEXT(postgres_server_sql("SELECT count(*) FROM loop_all.value"), "16000");
}

TEST(tasks_wait_for_the_few_sessions_there_are)
{
    static struct loop loop;
    open_loop(&loop, "loop_few", "", 2, write_batches);
    while (run_once(&loop))
        ;
    close_loop(&loop);
    CHECK_TEXT(postgres_server_sql("SELECT count(*) FROM loop_few.value"), "16000");
}

/* Another's write lock on a schema. */
static void hold_lock(struct store *holder, const char *schema)
{
    char url[256];
    postgres_server_start(false);
    postgres_server_url(schema, "", url, sizeof url);
    CHECK_EQ(store_open(holder, url, 1000), MANDO_OK);
    CHECK_EQ(holder->repository->ops->begin(holder->session, &(struct mando_write){0}, NULL),
             MANDO_OK);
}

static void let_go(struct store *holder)
{
    holder->repository->ops->rollback(holder->session);
    store_close(holder);
}

/* The loop goes on while every task waits for a lock that another holds. */
TEST(a_loop_does_not_wait_where_its_tasks_do)
{
    static struct loop loop;
    struct store holder;
    hold_lock(&holder, "loop_held");
    open_loop(&loop, "loop_held", "", TASKS, write_batches);
    int64_t end_ms = now_ms() + HELD_MS;
    while (now_ms() < end_ms)
        CHECK(run_once(&loop));
    CHECK(loop.gap_ms < GAP_MS_MAX);
    CHECK(loop.rounds > HELD_MS / 20);
    let_go(&holder);
    while (run_once(&loop))
        ;
    close_loop(&loop);
}

static void take_lock(void *context)
{
    struct job *job = context;
    struct mando_repository *repository = job->loop->repository;
    job->status = mando_session_take(repository, &job->session, &job->error);
    if (!job->status)
        job->status = repository->ops->begin(job->session, &(struct mando_write){0}, &job->error);
    mando_session_give(job->session);
}

/* Each of the tasks has ended with a code; the loop can be closed then as after work that was done. */
static void check_ended(struct loop *loop, const char *code)
{
    for (int i = 0; i < TASKS; i++) {
        CHECK_TEXT(loop->jobs[i].error.code, code);
        loop->jobs[i].status = MANDO_OK;
    }
}

TEST(a_statement_of_a_task_that_takes_too_long_is_told)
{
    static struct loop loop;
    struct store holder;
    hold_lock(&holder, "loop_slow");
    open_loop(&loop, "loop_slow", "&statement_timeout=100", TASKS, take_lock);
    while (run_once(&loop))
        ;
    CHECK(loop.gap_ms < GAP_MS_MAX);
    check_ended(&loop, "db.busy");
    close_loop(&loop);
    let_go(&holder);
}

TEST(a_task_that_waits_for_the_lock_can_be_cancelled)
{
    static struct loop loop;
    struct store holder;
    hold_lock(&holder, "loop_cancel");
    open_loop(&loop, "loop_cancel", "", TASKS, take_lock);
    for (int64_t end_ms = now_ms() + 200; now_ms() < end_ms;)
        CHECK(run_once(&loop));
    for (int i = 0; i < TASKS; i++)
        loop.repository->ops->cancel(loop.jobs[i].session);
    while (run_once(&loop))
        ;
    check_ended(&loop, "cancelled");
    close_loop(&loop);
    let_go(&holder);
}

/* Each task connects anew, pausing between its attempts, in which the loop goes on. */
TEST(tasks_go_on_when_their_server_was_killed)
{
    static struct loop loop;
    int64_t lost = 0;
    open_loop(&loop, "loop_crash", "", TASKS, write_batches);
    for (int i = 0; i < TASKS; i++)
        loop.jobs[i].goes_on = true;
    while (loop.batches < TASKS)
        CHECK(run_once(&loop));
    loop.gap_ms = 0;
    postgres_server_crash();
    for (int64_t end_ms = now_ms() + 200; now_ms() < end_ms;)
        CHECK(run_once(&loop));
    CHECK(loop.gap_ms < GAP_MS_MAX);
    postgres_server_restart();
    while (run_once(&loop))
        ;
    for (int i = 0; i < TASKS; i++)
        lost += loop.jobs[i].lost;
    CHECK(lost > 0);
    close_loop(&loop);
    CHECK_TEXT(postgres_server_sql("SELECT count(*) FROM loop_crash.value"), "16000");
}
