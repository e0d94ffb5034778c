/* Connecting: a server that stands still, starts, is full or is not the only one. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "postgres_server.h"
#include "store.h"

#define WAIT_MS 200

static const char *url_of(const char *schema, const char *more)
{
    static char url[512];
    postgres_server_start(false);
    postgres_server_url(schema, more, url, sizeof url);
    return url;
}

static void check_unreached(const struct store *store, enum mando_status status, const char *why)
{
    CHECK_EQ(status, MANDO_IO);
    CHECK_TEXT(store->error.code, "db.io");
    if (!strstr(store->error.message, why))
        print_error("%s\n", store->error.message);
    assert_non_null(strstr(store->error.message, why));
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
    check_unreached(&store, status, "did not answer within 1 s");
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

TEST(a_server_that_takes_no_more_connections_is_told)
{
    struct store stores[60];
    size_t count = 0;
    enum mando_status status = MANDO_OK;
    CHECK_EQ(store_open(&stores[count++], url_of("many", ""), WAIT_MS), MANDO_OK);
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

/* Something at a socket that takes connections, and says a thing or nothing. */
struct fake {
    char folder[64];
    int listener;
    const char *answer;
    size_t length;
    atomic_int connections;
    atomic_bool is_over;
    pthread_t thread;
};

static void *serve(void *context)
{
    struct fake *fake = context;
    int clients[64], count = 0;
    while (!atomic_load(&fake->is_over)) {
        struct pollfd listener = {.fd = fake->listener, .events = POLLIN};
        int client = poll(&listener, 1, 20) > 0 ? accept(fake->listener, NULL, NULL) : -1;
        if (client < 0)
            continue;
        char startup[1024];
        atomic_fetch_add(&fake->connections, 1);
        if (fake->length && read(client, startup, sizeof startup) > 0)
            (void)!write(client, fake->answer, fake->length);
        if (fake->length || count == 64)
            (void)close(client);
        else
            clients[count++] = client;
    }
    while (count > 0)
        (void)close(clients[--count]);
    return NULL;
}

static void start_fake(struct fake *fake, const char *answer, size_t length)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *fake = (struct fake){.folder = "/tmp/mando-fake-XXXXXX", .answer = answer, .length = length};
    assert_non_null(mkdtemp(fake->folder));
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.5432", fake->folder);
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(bind(fake->listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQ(listen(fake->listener, 8), 0);
    CHECK_EQ(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

static void stop_fake(struct fake *fake)
{
    char path[96];
    atomic_store(&fake->is_over, true);
    CHECK_EQ(pthread_join(fake->thread, NULL), 0);
    (void)close(fake->listener);
    (void)snprintf(path, sizeof path, "%s/.s.PGSQL.5432", fake->folder);
    (void)unlink(path);
    CHECK_EQ(rmdir(fake->folder), 0);
}

/* It is asked at once, and then less and less often. */
TEST(a_server_that_starts_is_asked_less_and_less_often)
{
    static const char STARTING[] =
        "E\0\0\0\x3eSFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0";
    struct fake fake;
    struct store store;
    char url[256];
    start_fake(&fake, STARTING, sizeof STARTING);
    (void)snprintf(url, sizeof url, "postgres://mando@/postgres?host=%s", fake.folder);
    check_unreached(&store, store_open(&store, url, 1500), "starting up");
    int attempts = atomic_load(&fake.connections);
    stop_fake(&fake);
    CHECK(attempts >= 4 && attempts <= 8); /* pauses of 20, 40, 80, 160, 320, 500 ms */
}

TEST(a_host_that_says_nothing_is_passed_over_for_the_next_one)
{
    struct fake silent;
    struct store store;
    struct mando_written written;
    char url[384];
    start_fake(&silent, NULL, 0);
    postgres_server_start(false);
    (void)snprintf(url, sizeof url,
                   "postgres://mando@/postgres?host=%s,%s,%s&port=5432,5432,5432&connect_timeout=1"
                   "&schema=second",
                   silent.folder, silent.folder, postgres_server_folder());
    CHECK_EQ(store_open(&store, url, WAIT_MS), MANDO_OK);
    CHECK_EQ(store_batch(&store, "A/Price", 0, 10, &written), MANDO_OK);
    CHECK_EQ(atomic_load(&silent.connections), 2);
    store_close(&store);
    (void)snprintf(url, sizeof url,
                   "postgres://mando@/postgres?host=%s,%s&connect_timeout=1&schema=second",
                   silent.folder, silent.folder);
    check_unreached(&store, store_open(&store, url, WAIT_MS), "did not answer within 1 s");
    CHECK_EQ(atomic_load(&silent.connections), 4);
    stop_fake(&silent);
}
