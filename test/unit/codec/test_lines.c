#include "codec/lines.h"

#include "support.h"

static void check_lines(const char *text, size_t length, const char *const *expected, size_t count)
{
    struct mando_input *input = NULL;
    struct mando_lines lines;
    CHECK_EQ(mando_input_open_memory(text, length, "lines", NULL, &input, NULL), MANDO_OK);
    CHECK_EQ(mando_lines_open(&lines, input, NULL), MANDO_OK);
    for (size_t i = 0; i < count; i++) {
        CHECK_EQ(mando_lines_next(&lines, NULL), MANDO_OK);
        CHECK(lines.text);
        CHECK_EQ(lines.line, i + 1);
        CHECK_EQ(lines.length, strlen(expected[i]));
        CHECK(memcmp(lines.text, expected[i], lines.length) == 0);
    }
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(mando_lines_next(&lines, NULL), MANDO_OK);
        CHECK(!lines.text);
    }
    mando_lines_release(&lines);
    mando_lines_release(&lines);
    mando_input_free(input);
}

TEST(lines_end_with_lf_crlf_or_the_text)
{
    check_lines("", 0, NULL, 0);
    check_lines("\n", 1, (const char *const[]){""}, 1);
    check_lines("a\nb\r\n\r\nc", 8, (const char *const[]){"a", "b", "", "c"}, 4);
    check_lines("a\rb\n", 4, (const char *const[]){"a\rb"}, 1);
    check_lines("a\r", 2, (const char *const[]){"a"}, 1);
}

TEST(lines_that_cross_pieces_are_whole)
{
    enum { LINES = 40, LENGTH = 99991 };
    char *text = malloc((size_t)LINES * (LENGTH + 1));
    if (!text)
        abort();
    for (size_t i = 0; i < LINES; i++) {
        memset(text + i * (LENGTH + 1), (int)('a' + i % 26), LENGTH);
        text[i * (LENGTH + 1) + LENGTH] = '\n';
    }
    struct mando_input *input = NULL;
    struct mando_lines lines;
    CHECK_EQ(mando_input_open_memory(text, (size_t)LINES * (LENGTH + 1), "l", NULL, &input, NULL),
             MANDO_OK);
    CHECK_EQ(mando_lines_open(&lines, input, NULL), MANDO_OK);
    for (size_t i = 0; i < LINES; i++) {
        CHECK_EQ(mando_lines_next(&lines, NULL), MANDO_OK);
        CHECK_EQ(lines.length, LENGTH);
        CHECK(memcmp(lines.text, text + i * (LENGTH + 1), LENGTH) == 0);
    }
    mando_lines_release(&lines);
    mando_input_free(input);
    free(text);
}

TEST(a_line_that_is_too_long_is_refused)
{
    size_t length = MANDO_LINE_BYTES_MAX + 10;
    char *text = malloc(length);
    if (!text)
        abort();
    memset(text, 'a', length);
    text[1] = '\n';
    struct mando_input *input = NULL;
    struct mando_lines lines;
    struct mando_error error;
    CHECK_EQ(mando_input_open_memory(text, length, "l", NULL, &input, NULL), MANDO_OK);
    CHECK_EQ(mando_lines_open(&lines, input, NULL), MANDO_OK);
    CHECK_EQ(mando_lines_next(&lines, NULL), MANDO_OK);
    CHECK_EQ(mando_lines_next(&lines, &error), MANDO_LIMIT);
    CHECK_ERROR(error, "json.size", 2, 1, "line 2 is longer than 2097152 bytes");
    mando_lines_release(&lines);
    mando_input_free(input);
    free(text);
}
