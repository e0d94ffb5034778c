/* A network that cuts connections at any byte: what was acknowledged is there, each batch is whole or absent. */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "case_count.h"
#include "check.h"
#include "postgres_server.h"
#include "random.h"
#include "store.h"

#define SOCKET "/.s.PGSQL.5432"
#define BATCHES 12
#define BYTES_MAX 300000

static const char *const ID = "A/Price";

/* Between the program and the server; one connection at a time. */
struct proxy {
    char folder[64];
    int listener;
    atomic_long left; /* bytes until it cuts; negative: it never does */
    atomic_bool is_over;
    pthread_t thread;
};

static void address_of(const char *folder, struct sockaddr_un *address_out)
{
    *address_out = (struct sockaddr_un){.sun_family = AF_UNIX};
    (void)snprintf(address_out->sun_path, sizeof address_out->sun_path, "%.80s" SOCKET, folder);
}

static bool pass_on(struct proxy *proxy, int from, int to)
{
    char bytes[4096];
    long left = atomic_load(&proxy->left);
    size_t most = left >= 0 && left < (long)sizeof bytes ? (size_t)left : sizeof bytes;
    ssize_t length = most ? read(from, bytes, most) : 0;
    if (length <= 0)
        return false;
    if (left >= 0)
        atomic_store(&proxy->left, left - length);
    for (ssize_t sent = 0; sent < length;) {
        ssize_t written = write(to, bytes + sent, (size_t)(length - sent));
        if (written <= 0)
            return false;
        sent += written;
    }
    return true;
}

static void serve(struct proxy *proxy, int client)
{
    struct sockaddr_un address;
    address_of(postgres_server_folder(), &address);
    int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_open = connect(server, (struct sockaddr *)&address, sizeof address) == 0;
    while (is_open && !atomic_load(&proxy->is_over)) {
        struct pollfd sockets[] = {{.fd = client, .events = POLLIN},
                                   {.fd = server, .events = POLLIN}};
        (void)poll(sockets, 2, 20);
        if (sockets[0].revents)
            is_open = pass_on(proxy, client, server);
        if (is_open && sockets[1].revents)
            is_open = pass_on(proxy, server, client);
    }
    (void)close(server);
    (void)close(client);
}

static void *run_proxy(void *context)
{
    struct proxy *proxy = context;
    while (!atomic_load(&proxy->is_over)) {
        struct pollfd listener = {.fd = proxy->listener, .events = POLLIN};
        int client = poll(&listener, 1, 20) > 0 ? accept(proxy->listener, NULL, NULL) : -1;
        if (client >= 0)
            serve(proxy, client);
    }
    return NULL;
}

static void start_proxy(struct proxy *proxy)
{
    struct sockaddr_un address;
    *proxy = (struct proxy){.folder = "/tmp/mando-cut-XXXXXX"};
    assert_non_null(mkdtemp(proxy->folder));
    address_of(proxy->folder, &address);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(bind(proxy->listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQ(listen(proxy->listener, 8), 0);
    atomic_store(&proxy->left, -1);
    CHECK_EQ(pthread_create(&proxy->thread, NULL, run_proxy, proxy), 0);
}

static void stop_proxy(struct proxy *proxy)
{
    struct sockaddr_un address;
    atomic_store(&proxy->is_over, true);
    CHECK_EQ(pthread_join(proxy->thread, NULL), 0);
    (void)close(proxy->listener);
    address_of(proxy->folder, &address);
    (void)unlink(address.sun_path);
    CHECK_EQ(rmdir(proxy->folder), 0);
}

static size_t rows_of(int64_t batch)
{
    return batch % 2 ? 10 : 1500;
}

/* Writes batches until one fails, which is how many were acknowledged. */
static int64_t write_until_cut(struct store *store, int64_t from)
{
    struct mando_written written;
    size_t counts[BATCHES];
    for (; from < BATCHES; from++) {
        enum mando_status status = store_batch(store, ID, from, rows_of(from), &written);
        if (!status)
            status = store_count(store, ID, counts, BATCHES);
        CHECK(status == MANDO_OK || status == MANDO_IO);
        if (status)
            break;
    }
    return from;
}

static void check_whole(const char *url, int64_t acknowledged)
{
    struct store store;
    size_t counts[BATCHES];
    CHECK_EQ(store_open(&store, url, 1000), MANDO_OK);
    enum mando_status status = store_count(&store, ID, counts, BATCHES);
    if (status != MANDO_NOT_FOUND || acknowledged > 0)
        CHECK_EQ(status, MANDO_OK);
    for (int64_t batch = 0; batch < BATCHES; batch++)
        CHECK(counts[batch] == rows_of(batch) || (counts[batch] == 0 && batch >= acknowledged));
    store_close(&store);
}

TEST(a_connection_may_be_cut_at_any_byte)
{
    uint64_t cuts = case_count_of_slow(50), failures = 0;
    struct random random = {.state = 23};
    struct proxy proxy;
    char direct[256], url[256];
    postgres_server_start(false);
    start_proxy(&proxy);
    postgres_server_url("cut", "", direct, sizeof direct);
    (void)snprintf(url, sizeof url, "postgres://mando@/postgres?host=%s&schema=cut", proxy.folder);
    for (uint64_t i = 0; i < cuts; i++) {
        struct store store;
        (void)postgres_server_sql("DROP SCHEMA IF EXISTS cut CASCADE");
        CHECK_EQ(store_open(&store, url, 1000), MANDO_OK);
        atomic_store(&proxy.left, (long)random_below(&random, BYTES_MAX));
        int64_t acknowledged = write_until_cut(&store, 0);
        failures += acknowledged < BATCHES;
        atomic_store(&proxy.left, -1);
        check_whole(direct, acknowledged);
        /* The same program goes on, with what was cut again. */
        mando_session_give(store.session);
        CHECK_EQ(mando_session_take(store.repository, &store.session, &store.error), MANDO_OK);
        CHECK_EQ(write_until_cut(&store, acknowledged), BATCHES);
        store_close(&store);
    }
    stop_proxy(&proxy);
    CHECK(failures > cuts / 2);
    (void)printf("postgres: %" PRIu64 " kills, of connections, %" PRIu64 " in the work\n", cuts,
                 failures);
}
