/* A connection that must be encrypted, to the server that is meant: certificates are made here, and a server
 * that does not show the right one is refused, without a secret or the place of a key in what is told. */
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "postgres_server.h"
#include "store.h"

#define SECRET "s3cret"
#define KEY "/keys-of-the-desk/mando.key"

static const char *const ID = "A/Price";

static unsigned port;

/* As the server's user, in its folder, for it owns what it reads; each signs itself. */
static void make_certificate(const char *name, const char *host)
{
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "COPY (SELECT) TO PROGRAM 'openssl req -x509 -newkey ec -pkeyopt"
                   " ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=%s -addext"
                   " subjectAltName=DNS:%s -keyout %s.key -out %s.crt 2>&1'",
                   host, host, name, name);
    (void)postgres_server_sql(sql);
}

static void set(const char *setting)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "ALTER SYSTEM SET %s", setting);
    (void)postgres_server_sql(sql);
}

static void start(void)
{
    if (port)
        return;
    port = postgres_server_listen();
    make_certificate("server", "db.mando.test");
    make_certificate("other", "db.mando.test");
}

/* With a new server: one that is told to read its settings again takes a moment. */
static void use_tls(bool is_on)
{
    start();
    set(is_on ? "ssl = on" : "ssl = off");
    postgres_server_crash();
    postgres_server_restart();
}

static enum mando_status open_at(struct store *store, const char *host, const char *more)
{
    char url[512];
    (void)snprintf(url, sizeof url,
                   "postgres://mando:" SECRET "@%s:%u/postgres?hostaddr=127.0.0.1&schema=tls&%s",
                   host, port, more);
    return store_open(store, url, 200);
}

/* With the certificate of a name as the only one that is trusted. */
static enum mando_status open_trusting(struct store *store, const char *host, const char *name)
{
    char more[192];
    (void)snprintf(more, sizeof more, "sslmode=verify-full&sslrootcert=%s/data/%s.crt",
                   postgres_server_folder(), name);
    return open_at(store, host, more);
}

static void check_refused(const struct store *store, enum mando_status status, const char *why)
{
    CHECK_EQ(status, MANDO_IO);
    CHECK_TEXT(store->error.code, "db.io");
    if (!strstr(store->error.message, why))
        print_error("%s\n", store->error.message);
    assert_non_null(strstr(store->error.message, why));
    assert_null(strstr(store->error.message, SECRET));
    assert_null(strstr(store->error.where, SECRET));
}

static void check_encrypted(struct store *store, bool is_encrypted)
{
    struct mando_written written;
    size_t count;
    CHECK_EQ(store_batch(store, ID, 0, 20000, &written), MANDO_OK);
    CHECK_EQ(store_count(store, ID, &count, 1), MANDO_OK);
    CHECK_EQ(count, 20000);
    CHECK_TEXT(postgres_server_sql("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING"
                                   " (pid) WHERE ssl AND application_name = 'mando'"),
               is_encrypted ? "1" : "0");
    store_close(store);
}

TEST(a_server_that_shows_the_certificate_of_its_name_is_taken)
{
    struct store store;
    use_tls(true);
    CHECK_EQ(open_trusting(&store, "db.mando.test", "server"), MANDO_OK);
    check_encrypted(&store, true);
}

TEST(a_certificate_that_nobody_trusted_has_signed_is_refused)
{
    struct store store;
    use_tls(true);
    check_refused(&store, open_trusting(&store, "db.mando.test", "other"),
                  "certificate verify failed");
}

TEST(a_certificate_of_another_name_is_refused)
{
    struct store store;
    use_tls(true);
    check_refused(&store, open_trusting(&store, "db2.mando.test", "server"),
                  "does not match host name \"db2.mando.test\"");
    check_refused(&store, open_trusting(&store, "127.0.0.1", "server"),
                  "does not match host name \"127.0.0.1\"");
}

TEST(a_root_certificate_that_is_not_there_is_told)
{
    struct store store;
    use_tls(true);
    check_refused(&store, open_trusting(&store, "db.mando.test", "nowhere"),
                  "nowhere.crt\" does not exist");
}

TEST(a_server_without_tls_is_refused_where_it_is_required)
{
    struct store store;
    use_tls(false);
    check_refused(&store, open_at(&store, "db.mando.test", "sslmode=require"),
                  "server does not support SSL, but SSL was required");
    check_refused(&store, open_trusting(&store, "db.mando.test", "server"),
                  "server does not support SSL, but SSL was required");
    CHECK_EQ(open_at(&store, "db.mando.test", "sslmode=prefer"), MANDO_OK);
    check_encrypted(&store, false);
}

TEST(the_place_of_a_key_is_not_told)
{
    struct store store;
    char more[256];
    use_tls(true);
    (void)snprintf(more, sizeof more,
                   "sslmode=require&sslcert=%s/data/server.crt&sslkey=" KEY "&sslpassword=" SECRET,
                   postgres_server_folder());
    check_refused(&store, open_at(&store, "db.mando.test", more), "sslkey");
    assert_null(strstr(store.error.message, KEY));
}
