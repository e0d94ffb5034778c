#include "base/utf8.h"

#include "check.h"

static size_t valid(const char *text)
{
    return mando_utf8_valid(text, strlen(text));
}

TEST(utf8_accepts_characters_of_every_length)
{
    CHECK_EQ(valid(""), 0);
    CHECK_EQ(valid("start,price_eur_per_mwh"), 23);
    CHECK_EQ(valid("\xC2\x80 \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x94\x8B"), 14);
    CHECK_EQ(valid("\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF4\x8F\xBF\xBF"), 18);
    CHECK_EQ(mando_utf8_valid("a\0b", 3), 3);
}

TEST(utf8_stops_where_a_broken_character_starts)
{
    static const char *const BROKEN[] = {"\x80",
                                         "\xBF",
                                         "\xC0\xAF",
                                         "\xC1\xBF",
                                         "\xC3",
                                         "\xC3(",
                                         "\xE0\x9F\xBF",
                                         "\xE2\x82",
                                         "\xE2\x82(",
                                         "\xE2(\xA1",
                                         "\xED\xA0\x80",
                                         "\xF0\x8F\xBF\xBF",
                                         "\xF4\x90\x80\x80",
                                         "\xF5\x80\x80\x80",
                                         "\xF0\x9F\x94",
                                         "\xF0\x9F(\x8B",
                                         "\xFE",
                                         "\xFF"};
    for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
        CHECK_EQ(valid(BROKEN[i]), 0);
        for (size_t before = 1; before < 20; before++) {
            char text[64];
            (void)snprintf(text, sizeof text, "%.*s%s0123456789", (int)before,
                           "xxxxxxxxxxxxxxxxxxxx", BROKEN[i]);
            CHECK_EQ(valid(text), before);
        }
    }
}
