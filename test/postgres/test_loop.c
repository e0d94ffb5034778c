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
    enum mando_status status;
    struct mando_error error;
};

struct loop {
    char url[256];
    struct mando_repository *repository;
    struct mando_task *current; /* that is being stepped */
    struct job jobs[TASKS];
    int64_t gap_ms; /* the longest time between two rounds */
    int64_t rounds;
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
        mando_session_give(store.session);
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

static void open_loop(struct loop *loop, const char *schema, uint32_t sessions)
{
    struct mando_repository_options options = {.sessions_max = sessions,
                                               .wait_ms = 10000,
                                               .may_create = true,
                                               .wait = wait_in_task,
                                               .wait_context = loop};
    postgres_server_start(false);
    postgres_server_url(schema, "", loop->url, sizeof loop->url);
    CHECK_EQ(mando_repository_open(loop->url, &options, &loop->repository, NULL), MANDO_OK);
    for (int i = 0; i < TASKS; i++) {
        struct job *job = &loop->jobs[i];
        job->loop = loop;
        CHECK_EQ(mando_task_new(&job->task, NULL), MANDO_OK);
        mando_task_start(job->task, write_batches, job);
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
    open_loop(&loop, "loop_all", TASKS);
    while (run_once(&loop))
        ;
    CHECK(loop.rounds > TASKS * BATCHES);
    close_loop(&loop);
    CHECK_TEXT(postgres_server_sql("SELECT count(*) FROM loop_all.value"), "16000");
}

TEST(tasks_wait_for_the_few_sessions_there_are)
{
    static struct loop loop;
    open_loop(&loop, "loop_few", 2);
    while (run_once(&loop))
        ;
    close_loop(&loop);
    CHECK_TEXT(postgres_server_sql("SELECT count(*) FROM loop_few.value"), "16000");
}

/* The loop goes on while every task waits for a lock that another holds. */
TEST(a_loop_does_not_wait_where_its_tasks_do)
{
    static struct loop loop;
    struct store holder;
    char url[256];
    postgres_server_start(false);
    postgres_server_url("loop_held", "", url, sizeof url);
    CHECK_EQ(store_open(&holder, url, 1000), MANDO_OK);
    const struct mando_repository_ops *ops = holder.repository->ops;
    CHECK_EQ(ops->begin(holder.session, &(struct mando_write){0}, NULL), MANDO_OK);
    open_loop(&loop, "loop_held", TASKS);
    int64_t end_ms = now_ms() + HELD_MS;
    while (now_ms() < end_ms)
        CHECK(run_once(&loop));
    CHECK(loop.gap_ms < GAP_MS_MAX);
    CHECK(loop.rounds > HELD_MS / 20);
    ops->rollback(holder.session);
    while (run_once(&loop))
        ;
    close_loop(&loop);
    store_close(&holder);
}
