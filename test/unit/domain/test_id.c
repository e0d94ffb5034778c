#include <stdlib.h>

#include "case_count.h"
#include "check.h"
#include "mando/point.h"
#include "random.h"

static enum mando_status check_id(const char *id, struct mando_error *error)
{
    return mando_point_id_check(id, strlen(id), error);
}

static enum mando_status check_pattern(const char *pattern, struct mando_error *error)
{
    return mando_point_pattern_check(pattern, strlen(pattern), error);
}

#define DIGITS_50 "01234567890123456789012345678901234567890123456789"
#define DIGITS_255 DIGITS_50 DIGITS_50 DIGITS_50 DIGITS_50 DIGITS_50 "01234"

TEST(ids_are_segments_of_letters_digits_and_three_signs)
{
    static const char *const IDS[] = {"Market/DE-LU/DayAhead/Price",
                                      "a",
                                      "0",
                                      "A_b.c-D/9",
                                      "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16",
                                      DIGITS_255,
                                      "a-",
                                      "x..y"};
    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++) {
        CHECK_EQ(check_id(IDS[i], NULL), MANDO_OK);
        CHECK_EQ(check_pattern(IDS[i], NULL), MANDO_OK);
        CHECK(mando_point_matches(IDS[i], IDS[i]));
    }
}

TEST(what_is_no_id_is_told_with_its_reason_and_place)
{
    static const struct {
        const char *id, *message;
        int64_t column;
    } CASES[] = {
        {"", "\"\" is no id: it is empty", 1},
        {"/", "\"/\" is no id: segment 1 is empty", 1},
        {"/a", "\"/a\" is no id: segment 1 is empty", 1},
        {"a/", "\"a/\" is no id: segment 2 is empty", 3},
        {"a//b", "\"a//b\" is no id: segment 2 is empty", 3},
        {"a/.b", "\"a/.b\" is no id: segment 2 begins with \".\", not with a letter or digit", 3},
        {"-a", "\"-a\" is no id: segment 1 begins with \"-\", not with a letter or digit", 1},
        {"a b", "\"a b\" is no id: segment 1 holds \" \", which is none of A-Z a-z 0-9 _ . -", 2},
        {"a/*", "\"a/*\" is no id: segment 2 holds \"*\", which is none of A-Z a-z 0-9 _ . -", 3},
        {"a/b\xC3\xA4",
         "\"a/b??\" is no id: segment 2 holds \"?\", which is none of A-Z a-z 0-9 _ . -", 4},
        {"a\nb", "\"a?b\" is no id: segment 1 holds \"?\", which is none of A-Z a-z 0-9 _ . -", 2},
        {"1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17",
         "\"1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17\" is no id: it has more than 16 segments",
         40},
        {DIGITS_255 "5",
         "\"012345678901234567890123456789012345678901234567...\" is no id: it has 256 bytes, more "
         "than 255",
         256},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct mando_error error;
        CHECK_EQ(check_id(CASES[i].id, &error), MANDO_INVALID);
        CHECK_TEXT(error.code, "point.id");
        CHECK_TEXT(error.message, CASES[i].message);
        CHECK_EQ(error.column, CASES[i].column);
    }
    CHECK_EQ(mando_point_id_check("a\0b", 3, NULL), MANDO_INVALID);
}

TEST(a_star_is_a_whole_segment_and_two_are_the_last)
{
    static const char *const PATTERNS[] = {"*", "**", "*/*", "a/*/c", "a/**", "*/b/**"};
    static const struct {
        const char *pattern, *message;
    } WRONG[] = {
        {"a*", "\"a*\" is no pattern of ids: \"*\" stands for a whole segment, but segment 1 has "
               "more"},
        {"*a", "\"*a\" is no pattern of ids: \"*\" stands for a whole segment, but segment 1 has "
               "more"},
        {"a/***", "\"a/***\" is no pattern of ids: \"*\" stands for a whole segment, but segment 2 "
                  "has more"},
        {"**/a", "\"**/a\" is no pattern of ids: \"**\" may only be the last segment"},
        {"**/**", "\"**/**\" is no pattern of ids: \"**\" may only be the last segment"},
        {"a/", "\"a/\" is no pattern of ids: segment 2 is empty"},
    };
    for (size_t i = 0; i < sizeof PATTERNS / sizeof *PATTERNS; i++)
        CHECK_EQ(check_pattern(PATTERNS[i], NULL), MANDO_OK);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        struct mando_error error;
        CHECK_EQ(check_pattern(WRONG[i].pattern, &error), MANDO_INVALID);
        CHECK_TEXT(error.code, "point.pattern");
        CHECK_TEXT(error.message, WRONG[i].message);
    }
}

TEST(a_pattern_matches_whole_ids)
{
    static const struct {
        const char *pattern, *id;
        int matches;
    } CASES[] = {
        {"a", "a", 1},           {"a", "A", 0},        {"a", "ab", 0},        {"ab", "a", 0},
        {"a", "a/b", 0},         {"a/b", "a", 0},      {"*", "a", 1},         {"*", "a/b", 0},
        {"*/b", "a/b", 1},       {"*/b", "b", 0},      {"a/*/c", "a/b/c", 1}, {"a/*/c", "a/c", 0},
        {"a/*/c", "a/b/b/c", 0}, {"**", "a", 1},       {"**", "a/b/c", 1},    {"a/**", "a", 1},
        {"a/**", "a/b/c", 1},    {"a/**", "ab/c", 0},  {"*/**", "a", 1},      {"*/*/**", "a", 0},
        {"a/*", "a", 0},         {"a/*/**", "a/b", 1}, {"a/b/**", "a", 0}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        if (mando_point_matches(CASES[i].pattern, CASES[i].id) != CASES[i].matches)
            fail_msg("\"%s\" and \"%s\"", CASES[i].pattern, CASES[i].id);
}

/* The definition: segment by segment, the rest of the id for a last "**". */
static int matches_slowly(const char *pattern, const char *id)
{
    if (strcmp(pattern, "**") == 0)
        return 1;
    size_t length = strcspn(pattern, "/"), id_length = strcspn(id, "/");
    int fits = strncmp(pattern, "*", length) == 0
               || (length == id_length && strncmp(pattern, id, length) == 0);
    if (!fits)
        return 0;
    const char *rest = pattern[length] ? pattern + length + 1 : NULL;
    const char *id_rest = id[id_length] ? id + id_length + 1 : NULL;
    if (!rest || !id_rest)
        return (!rest && !id_rest) || (!id_rest && strcmp(rest, "**") == 0);
    return matches_slowly(rest, id_rest);
}

static void random_path(struct random *random, const char *const *words, size_t count, char *out)
{
    size_t segments = 1 + random_below(random, 4);
    *out = '\0';
    for (size_t i = 0; i < segments; i++) {
        (void)strcat(out, i ? "/" : "");
        (void)strcat(out, words[random_below(random, count)]);
    }
}

TEST(matching_agrees_with_its_definition_on_random_patterns)
{
    static const char *const WORDS[] = {"a", "b", "ab", "*"};
    struct random random = {20251201};
    uint64_t cases = case_count(2000), matches = 0;
    for (uint64_t i = 0; i < cases; i++) {
        char pattern[64], id[64];
        random_path(&random, WORDS, 4, pattern);
        random_path(&random, WORDS, 3, id);
        if (random_chance(&random, 0.3))
            (void)strcat(pattern, "/**");
        CHECK_EQ(check_pattern(pattern, NULL), MANDO_OK);
        CHECK_EQ(mando_point_matches(pattern, id), matches_slowly(pattern, id));
        matches += (uint64_t)mando_point_matches(pattern, id);
    }
    CHECK(matches > cases / 50);
}

TEST(types_and_aggregations_have_names)
{
    CHECK_TEXT(mando_point_type_name(MANDO_SERIES), "TimeSeriesDouble");
    CHECK_TEXT(mando_point_type_name(MANDO_MATRIX), "TimeSeriesDoubleMatrix");
    CHECK_TEXT(mando_point_type_name(MANDO_DOCUMENT), "StaticData");
    CHECK_TEXT(mando_aggregation_name(MANDO_MEAN), "mean");
    CHECK_TEXT(mando_aggregation_name(MANDO_LAST), "last");
    CHECK(!mando_point_type_name((enum mando_point_type)0));
    CHECK(!mando_point_type_name((enum mando_point_type)4));
    CHECK(!mando_aggregation_name((enum mando_aggregation)0));
    CHECK(!mando_aggregation_name((enum mando_aggregation)7));
}
