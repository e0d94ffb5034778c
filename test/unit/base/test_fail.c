#include "base/fail.h"

#include "check.h"

TEST(fail_fills_every_field_and_returns_the_status_of_the_code)
{
    struct mando_error error;
    CHECK_EQ(mando_fail_at(&error, MANDO_E_CSV_NUMBER, "prices.csv", 17, 12, "cell %d", 3),
             MANDO_INVALID);
    CHECK_TEXT(error.code, "csv.number");
    CHECK_TEXT(error.where, "prices.csv");
    CHECK_TEXT(error.message, "cell 3");
    CHECK_EQ(error.line, 17);
    CHECK_EQ(error.column, 12);
    CHECK_EQ(error.index, -1);
}

TEST(fail_accepts_no_error)
{
    CHECK_EQ(mando_fail(NULL, MANDO_E_MEMORY, -1, "x"), MANDO_NO_MEMORY);
}

/* How many bytes of a message stay when it is `lead` and then characters without end. */
static size_t length_kept(const char *lead, const char *character)
{
    struct mando_error error;
    char text[400] = {0};
    (void)strcpy(text, lead);
    while (strlen(text) < 300)
        (void)strcat(text, character);
    (void)mando_fail(&error, MANDO_E_MEMORY, -1, "%s", text);
    CHECK_EQ(memcmp(error.message, text, strlen(error.message)), 0);
    return strlen(error.message);
}

TEST(fail_cuts_a_long_message_at_a_whole_character)
{
    CHECK_EQ(length_kept("", "\xC3\xA4"), 246);
    CHECK_EQ(length_kept("x", "\xC3\xA4"), 247);
    CHECK_EQ(length_kept("", "\xE2\x82\xAC"), 246);
    CHECK_EQ(length_kept("xx", "\xE2\x82\xAC"), 245);
    CHECK_EQ(length_kept("", "\xF0\x9F\x94\x8B"), 244);
    CHECK_EQ(length_kept("x", "\xF0\x9F\x94\x8B"), 245);
    CHECK_EQ(length_kept("xx", "\xF0\x9F\x94\x8B"), 246);
    CHECK_EQ(length_kept("xxx", "\xF0\x9F\x94\x8B"), 247);
    CHECK_EQ(length_kept("", "x"), 247);
}

TEST(fail_writes_utf8_whatever_it_was_given)
{
    struct mando_error error;
    (void)mando_fail(&error, MANDO_E_USAGE_COMMAND, -1, "\"%.3s\" is none", "ab\xC3\xA4");
    CHECK_TEXT(error.message, "\"ab?\" is none");
    (void)mando_fail(&error, MANDO_E_USAGE_COMMAND, -1, "%s", "\xFF\xC3\xA4\x80");
    CHECK_TEXT(error.message, "?\xC3\xA4?");
}

TEST(every_error_kind_has_its_own_code)
{
    for (size_t i = 0; mando_error_kind_at(i); i++)
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(mando_error_kind_at(i)->code, mando_error_kind_at(j)->code) != 0);
    CHECK_EQ(mando_error_kind_at(MANDO_E_COUNT) == NULL, 1);
}

TEST(every_status_has_a_name)
{
    CHECK_TEXT(mando_status_name(MANDO_OK), "ok");
    CHECK_TEXT(mando_status_name(MANDO_NOT_FOUND), "not_found");
    CHECK_TEXT(mando_status_name(MANDO_NO_MEMORY), "no_memory");
    CHECK_TEXT(mando_status_name((enum mando_status)99), "unknown");
}
