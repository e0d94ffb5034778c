#include "base/url.h"

#include "check.h"

static void check_shown(const char *url, const char *expected)
{
    char text[MANDO_URL_TEXT_SIZE];
    mando_url_show(url, text);
    CHECK_TEXT(text, expected);
}

TEST(a_password_is_hidden)
{
    check_shown("postgres://ada:secret@host:5432/db", "postgres://ada:***@host:5432/db");
    check_shown("postgres://:secret@host", "postgres://:***@host");
    check_shown("postgres://ada:se@cret@host/db", "postgres://ada:***@host/db");
    check_shown("postgres://ada:se?cret@host/db", "postgres://ada:***@host/db");
    check_shown("postgres://ada:se/cret@host:5432/db", "postgres://ada:***@host:5432/db");
    check_shown("postgres://ada:se/c/r@et@host/db?schema=a", "postgres://ada:***@host/db?schema=a");
    check_shown("postgres://ada:secret/db", "postgres://ada:***/db");
    check_shown("postgres://ada:secret", "postgres://ada:***");
    check_shown("https://ada:secret@host/path@x", "https://ada:***@host/path@x");
    check_shown("postgres:///db?user=ada&password=secret", "postgres:///db?user=ada&password=***");
    check_shown("postgres://h/db?sslpassword=secret&schema=a",
                "postgres://h/db?sslpassword=***&schema=a");
    check_shown("postgre://ada:secret@", "postgre://ada:***@");
}

TEST(all_else_is_shown_as_it_is)
{
    static const char *const URLS[] = {"",
                                       "memory:",
                                       "sqlite:a:b@c.db",
                                       "postgres://",
                                       "postgres://ada@host/db?",
                                       "postgres://[::1]:5432/db",
                                       "postgres://a:1,b:2/db@x",
                                       "postgres://host:5432/db?schema=a&application_name=a@b",
                                       "postgres://h/db?a&&=&password"};
    for (size_t i = 0; i < sizeof URLS / sizeof *URLS; i++)
        check_shown(URLS[i], URLS[i]);
}

TEST(a_long_url_is_cut)
{
    char url[1000] = "postgres://ada:", text[MANDO_URL_TEXT_SIZE];
    memset(url + strlen(url), 's', 900);
    (void)strcat(url, "@h");
    check_shown(url, "postgres://ada:***@h");
    memset(url, 'x', sizeof url - 1);
    mando_url_show(url, text);
    CHECK_EQ(strlen(text), MANDO_URL_TEXT_SIZE - 1);
}
