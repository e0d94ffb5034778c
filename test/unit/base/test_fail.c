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

TEST(fail_cuts_a_long_message_at_a_whole_character)
{
    struct mando_error error;
    char text[300];
    for (size_t i = 0; i + 1 < sizeof text; i++)
        text[i] = i % 2 ? (char)0xA4 : (char)0xC3; /* a-umlaut, two bytes each */
    text[sizeof text - 1] = '\0';
    (void)mando_fail(&error, MANDO_E_MEMORY, -1, "%s", text);
    CHECK_EQ(strlen(error.message), 246);
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
