#include "repo/repository.h"

#include <glob.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "base/alloc.h"
#include "check.h"
#include "repo/memory.h"

static struct mando_repository *open_memory(uint32_t sessions_max, uint32_t wait_ms)
{
    struct mando_repository *repository = NULL;
    struct mando_repository_options options = {.sessions_max = sessions_max, .wait_ms = wait_ms};
    CHECK_EQ(mando_repository_open("memory:", &options, &repository, NULL), MANDO_OK);
    return repository;
}

TEST(backends_are_found_by_scheme)
{
    CHECK(mando_repository_find("memory:") == &mando_memory_ops);
    assert_non_null(mando_repository_find("sqlite:a.db"));
    CHECK(!mando_repository_find("memory"));
    CHECK(!mando_repository_find("sqlit:a.db"));
    CHECK(!mando_repository_find(""));
}

TEST(a_table_of_another_interface_is_refused)
{
    struct mando_repository_ops ops = mando_memory_ops;
    struct mando_repository *repository = NULL;
    struct mando_error error;
    ops.abi++;
    CHECK_EQ(mando_repository_open_with(&ops, "memory:", NULL, &repository, &error),
             MANDO_UNSUPPORTED);
    CHECK_TEXT(error.code, "db.scheme");
    CHECK(!repository);
}

TEST(sessions_are_bounded_and_waited_for)
{
    struct mando_repository *repository = open_memory(2, 30);
    struct mando_session *a = NULL, *b = NULL, *c = NULL;
    struct mando_error error;
    CHECK_EQ(mando_session_take(repository, &a, NULL), MANDO_OK);
    CHECK_EQ(mando_session_take(repository, &b, NULL), MANDO_OK);
    struct timespec start, end;
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    CHECK_EQ(mando_session_take(repository, &c, &error), MANDO_BUSY);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    CHECK((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000 >= 29);
    CHECK_TEXT(error.code, "db.sessions");
    mando_session_give(a);
    CHECK_EQ(mando_session_take(repository, &c, NULL), MANDO_OK);
    CHECK(c == a);
    mando_session_give(c);
    mando_session_give(b);
    mando_session_give(NULL);
    mando_repository_unref(repository);
}

static void *give_later(void *session)
{
    struct timespec pause = {.tv_nsec = 20000000};
    (void)nanosleep(&pause, NULL);
    mando_session_give(session);
    return NULL;
}

TEST(whoever_waits_gets_the_session_that_another_thread_gives)
{
    struct mando_repository *repository = open_memory(1, 5000);
    struct mando_session *first = NULL, *second = NULL;
    pthread_t thread;
    CHECK_EQ(mando_session_take(repository, &first, NULL), MANDO_OK);
    CHECK_EQ(pthread_create(&thread, NULL, give_later, first), 0);
    CHECK_EQ(mando_session_take(repository, &second, NULL), MANDO_OK);
    CHECK(second == first);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    mando_session_give(second);
    mando_repository_unref(repository);
}

struct often {
    struct mando_session *session;
    atomic_bool has_begun, is_over;
};

/* Holds the write lock again and again, each time for a moment. */
static void *lock_often(void *context)
{
    struct often *often = context;
    const struct mando_repository_ops *ops = often->session->repository->ops;
    const struct timespec moment = {.tv_nsec = 200000};
    while (!atomic_load(&often->is_over)) {
        if (ops->begin(often->session, &(struct mando_write){0}, NULL))
            continue;
        atomic_store(&often->has_begun, true);
        (void)nanosleep(&moment, NULL);
        ops->rollback(often->session);
    }
    return NULL;
}

TEST(a_writer_that_is_woken_often_waits_its_time_all_the_same)
{
    struct mando_repository *repository = open_memory(2, 20);
    struct mando_session *once = NULL;
    struct often often = {0};
    pthread_t thread;
    CHECK_EQ(mando_session_take(repository, &often.session, NULL), MANDO_OK);
    CHECK_EQ(mando_session_take(repository, &once, NULL), MANDO_OK);
    CHECK_EQ(pthread_create(&thread, NULL, lock_often, &often), 0);
    while (!atomic_load(&often.has_begun))
        (void)sched_yield();
    for (int i = 0; i < 50; i++) {
        struct timespec start, end;
        (void)clock_gettime(CLOCK_MONOTONIC, &start);
        enum mando_status status = repository->ops->begin(once, &(struct mando_write){0}, NULL);
        (void)clock_gettime(CLOCK_MONOTONIC, &end);
        int64_t waited_us =
            (end.tv_sec - start.tv_sec) * INT64_C(1000000) + (end.tv_nsec - start.tv_nsec) / 1000;
        CHECK(status == MANDO_OK || (status == MANDO_BUSY && waited_us >= 19000));
        repository->ops->rollback(once);
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL); /* the other one's turn */
    }
    atomic_store(&often.is_over, true);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    mando_session_give(often.session);
    mando_session_give(once);
    mando_repository_unref(repository);
}

TEST(a_given_session_is_rolled_back)
{
    struct mando_repository *repository = open_memory(2, 10);
    struct mando_session *a = NULL, *b = NULL;
    CHECK_EQ(mando_session_take(repository, &a, NULL), MANDO_OK);
    CHECK_EQ(mando_session_take(repository, &b, NULL), MANDO_OK);
    CHECK_EQ(repository->ops->begin(a, &(struct mando_write){0}, NULL), MANDO_OK);
    mando_session_give(a);
    CHECK_EQ(repository->ops->begin(b, &(struct mando_write){0}, NULL), MANDO_OK);
    mando_session_give(b);
    mando_repository_unref(repository);
}

TEST(a_late_cancel_is_forgotten_when_a_session_is_taken_again)
{
    struct mando_repository *repository = open_memory(1, 10);
    struct mando_session *session = NULL, *again = NULL;
    int64_t change_us;
    CHECK_EQ(mando_session_take(repository, &session, NULL), MANDO_OK);
    repository->ops->cancel(session);
    mando_session_give(session);
    CHECK_EQ(mando_session_take(repository, &again, NULL), MANDO_OK);
    CHECK(again == session);
    CHECK_EQ(repository->ops->version(again, &change_us, NULL), MANDO_OK);
    mando_session_give(again);
    mando_repository_unref(repository);
}

TEST(a_repository_lives_until_its_last_reference)
{
    struct mando_repository *repository = open_memory(1, 10);
    struct mando_session *session = NULL;
    CHECK(mando_repository_ref(repository) == repository);
    mando_repository_unref(repository);
    CHECK_EQ(mando_session_take(repository, &session, NULL), MANDO_OK);
    mando_session_give(session);
    mando_repository_unref(repository);
    mando_repository_unref(NULL);
}

/* A backend whose sessions break. */
static int sessions_opened, sessions_broken;

static enum mando_status count_open(struct mando_repository *repository,
                                    struct mando_session *session, struct mando_error *error)
{
    sessions_opened++;
    return mando_memory_ops.session_open(repository, session, error);
}

static enum mando_status broken_version(struct mando_session *session, int64_t *change_us_out,
                                        struct mando_error *error)
{
    return sessions_broken ? MANDO_IO : mando_memory_ops.version(session, change_us_out, error);
}

TEST(a_session_that_no_longer_works_is_replaced)
{
    struct mando_repository_ops ops = mando_memory_ops;
    struct mando_repository *repository = NULL;
    struct mando_session *session = NULL;
    ops.session_open = count_open;
    ops.version = broken_version;
    sessions_opened = 0;
    CHECK_EQ(mando_repository_open_with(&ops, "memory:", NULL, &repository, NULL), MANDO_OK);
    for (int i = 0; i < 4; i++) {
        sessions_broken = i == 2;
        CHECK_EQ(mando_session_take(repository, &session, NULL), MANDO_OK);
        mando_session_give(session);
    }
    CHECK_EQ(sessions_opened, 2);
    mando_repository_unref(repository);
}

TEST(without_memory_nothing_is_opened)
{
    int64_t calls = 0;
    enum mando_status status;
    do {
        struct mando_repository *repository = NULL;
        struct mando_session *session = NULL;
        mando_alloc_fail_after(calls++);
        status = mando_repository_open("memory:", NULL, &repository, NULL);
        if (!status)
            status = mando_session_take(repository, &session, NULL);
        mando_alloc_fail_after(-1);
        mando_session_give(session);
        mando_repository_unref(repository);
        CHECK(status == MANDO_OK || status == MANDO_NO_MEMORY);
    } while (status);
    CHECK(calls > 4);
}

/* The names of a backend's migrations, ascending, one a line. */
static void read_migrations(const char *backend, char *names_out, size_t size)
{
    char pattern[256];
    glob_t found;
    (void)snprintf(pattern, sizeof pattern, SOURCE_DIR "/mando-lib/migrations/%s/*.sql", backend);
    CHECK_EQ(glob(pattern, 0, NULL, &found), 0);
    names_out[0] = '\0';
    for (size_t i = 0; i < found.gl_pathc; i++) {
        size_t length = strlen(names_out);
        (void)snprintf(names_out + length, size - length, "%s\n",
                       strrchr(found.gl_pathv[i], '/') + 1);
    }
    globfree(&found);
}

TEST(every_backend_has_the_same_migrations)
{
    static const char *const OTHERS[] = {"postgres", "duckdb"};
    char expected[4096], actual[4096];
    read_migrations("sqlite", expected, sizeof expected);
    for (size_t i = 0; i < 2; i++) {
        read_migrations(OTHERS[i], actual, sizeof actual);
        CHECK_TEXT(actual, expected);
    }
}
