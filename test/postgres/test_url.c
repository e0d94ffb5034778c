/* What a URL may say, and that no secret of it is told. */
#include "check.h"
#include "repo/repository.h"

#define SECRET "s3cret"

static void refuse(const char *url, const char *what)
{
    struct mando_repository *repository = NULL;
    struct mando_error error;
    CHECK_EQ(mando_repository_open(url, NULL, &repository, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "db.url");
    if (!strstr(error.message, what))
        print_error("%s: %s\n", url, error.message);
    assert_non_null(strstr(error.message, what));
    CHECK(!strstr(error.message, SECRET) && !strstr(error.where, SECRET));
}

TEST(a_malformed_url_is_refused_without_its_secrets)
{
    char longest[128] = "postgres://h/db?schema=";
    memset(longest + strlen(longest), 'a', 64);
    refuse("postgres:" SECRET, "has no //");
    refuse("postgres://u:" SECRET "@h/db?schema=", "schema that is no name");
    refuse(longest, "schema that is no name");
    refuse("postgres://u:" SECRET "@h/db?schema=a%00b", "schema that is no name");
    refuse("postgres://u:" SECRET "@h/db?schema=a%2", "schema that is no name");
    refuse("postgresql://u:" SECRET "@h/db?schema=a%zz", "schema that is no name");
    refuse("postgres://u:" SECRET "@h/db?schema=pg_catalog", "belongs to the server");
    refuse("postgres://h/db?schema=information_schema", "belongs to the server");
    refuse("postgres://h/db?statement_timeout=-1", "statement_timeout");
    refuse("postgres://h/db?statement_timeout=99999999", "statement_timeout");
    refuse("postgres://h/db?statement_timeout=5s", "statement_timeout");
    refuse("postgres://u:" SECRET "%@h/db", "libpq");
    refuse("postgres://u:" SECRET "/x@h/db", "port that is no number");
    refuse("postgres://u:geh@" SECRET "@h/db", "a host with an @");
    refuse("postgres://h/db?schema=%24user", "belongs to the server");
    refuse("postgres://h/db?passwort=" SECRET, "libpq");
    refuse("postgres://h/db?schema=a&password=" SECRET "&sslmoode=no", "libpq");
}

static struct mando_repository *open_url(const char *url)
{
    struct mando_repository_options options = {.wait_ms = 50};
    struct mando_repository *repository = NULL;
    struct mando_error error = {.message = ""};
    enum mando_status status = mando_repository_open(url, &options, &repository, &error);
    if (status)
        print_error("%s: %s\n", url, error.message);
    CHECK_EQ(status, MANDO_OK);
    return repository;
}

TEST(a_url_is_not_looked_at_before_the_first_session)
{
    mando_repository_unref(open_url("postgres://h.invalid/db"));
    mando_repository_unref(open_url("postgresql://[::1]:6000,h2:6001/db?sslmode=verify-full&"
                                    "sslrootcert=/ca.pem&schema=K%C3%BCste%201"));
    mando_repository_unref(open_url("postgres://"));
}

static void check_unreachable(const char *url)
{
    struct mando_repository *repository = open_url(url);
    struct mando_session *session = NULL;
    struct mando_error error;
    CHECK_EQ(mando_session_take(repository, &session, &error), MANDO_IO);
    CHECK_TEXT(error.code, "db.io");
    CHECK(!strstr(error.message, SECRET) && !strstr(error.where, SECRET));
    assert_non_null(strstr(error.message, "postgres://"));
    mando_repository_unref(repository);
}

TEST(a_server_that_does_not_answer_is_named_without_its_secrets)
{
    check_unreachable("postgres://u:" SECRET "@127.0.0.1:1/db");
    check_unreachable("postgres://u:" SECRET "@/db?host=/nowhere&schema=x");
    check_unreachable("postgres://127.0.0.1:1/db?user=u&password=" SECRET);
}
