#include "codec/paths.h"

#include <stdlib.h>

#include "base/number.h"
#include "check.h"

static enum mando_status read_bytes(const char *bytes, size_t length,
                                    const struct mando_prices_options *options,
                                    struct mando_paths *paths, struct mando_error *error)
{
    const struct mando_input_options limits = {0};
    struct mando_input *input = NULL;
    CHECK_EQ(mando_input_open_memory(bytes, length, "p.csv", &limits, &input, NULL), MANDO_OK);
    enum mando_status status = mando_paths_read_input(input, options, paths, error);
    mando_input_free(input);
    return status;
}

static enum mando_status read_text(const char *text, const struct mando_prices_options *options,
                                   struct mando_paths *paths, struct mando_error *error)
{
    return read_bytes(text, strlen(text), options, paths, error);
}

static void check_refused(const char *text, const struct mando_prices_options *options,
                          const char *code, int64_t line, int64_t column, const char *message)
{
    struct mando_error error = {0};
    struct mando_paths paths = {.paths = 77};
    CHECK(read_text(text, options, &paths, &error) != MANDO_OK);
    CHECK_TEXT(error.code, code);
    CHECK_TEXT(error.message, message);
    CHECK_EQ(error.line, line);
    CHECK_EQ(error.column, column);
    CHECK_EQ(paths.paths, 77);
    CHECK(read_text(text, options, &paths, NULL) != MANDO_OK);
}

static void check_text(const char *text, const char *code, int64_t line, int64_t column,
                       const char *message)
{
    check_refused(text, NULL, code, line, column, message);
}

TEST(paths_are_columns_of_prices_with_labels)
{
    struct mando_paths paths;
    CHECK_EQ(read_text("start,low,\"hi,\"\"gh\"\"\",\xC3\xA4\n2025-12-01T00:00Z,1,10,-3\n"
                       "2025-12-01T00:15Z,2,2e1,4.5\n",
                       NULL, &paths, NULL),
             MANDO_OK);
    CHECK_EQ(paths.paths, 3);
    CHECK_EQ(paths.periods, 2);
    CHECK_EQ(paths.step_us, MANDO_HOUR_US / 4);
    CHECK_EQ(paths.start_us, 20423 * MANDO_DAY_US);
    CHECK_EQ(paths.index_first, 0);
    const double expected[] = {1, 2, 10, 20, -3, 4.5};
    CHECK(memcmp(paths.price_eur_per_mwh, expected, sizeof expected) == 0);
    CHECK_TEXT(paths.labels[0], "low");
    CHECK_TEXT(paths.labels[1], "hi,\"gh\"");
    CHECK_TEXT(paths.labels[2], "\xC3\xA4");
    mando_paths_release(&paths);
    CHECK(!paths.labels && !paths.price_eur_per_mwh);
    mando_paths_release(&paths);
    mando_paths_release(NULL);
}

TEST(paths_may_be_one_and_then_a_price_file_is_one)
{
    struct mando_paths paths;
    const char *text = "start,price_eur_per_mwh\n2025-12-01,1\n2025-12-02,2\n";
    CHECK_EQ(read_text(text, NULL, &paths, NULL), MANDO_OK);
    CHECK_EQ(paths.paths, 1);
    CHECK_EQ(paths.step_us, MANDO_DAY_US);
    mando_paths_release(&paths);
}

/* Bigger than the reader's first room and than a tile, and neither a multiple of it. */
TEST(paths_keep_rows_and_columns_apart)
{
    const size_t count = 4001, periods = 133;
    size_t room = count * (periods + 1) * 12, length = 0;
    char *text = malloc(room);
    CHECK(text);
    length += (size_t)snprintf(text, room, "start");
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, room - length, ",p%zu", i);
    for (size_t t = 0; t < periods; t++) {
        length += (size_t)snprintf(text + length, room - length, "\n2025-12-%02zuT%02zu:00Z",
                                   1 + t / 24, t % 24);
        for (size_t i = 0; i < count; i++)
            length += (size_t)snprintf(text + length, room - length, ",%zu", 1000 * t + i);
    }
    struct mando_paths paths;
    const struct mando_prices_options options = {.from = "2025-12-02", .to = "2025-12-04"};
    CHECK_EQ(read_bytes(text, length, &options, &paths, NULL), MANDO_OK);
    CHECK_EQ(paths.paths, count);
    CHECK_EQ(paths.periods, 48);
    CHECK_EQ(paths.index_first, 24);
    CHECK_EQ(paths.start_us, 20424 * MANDO_DAY_US);
    for (size_t i = 0; i < count; i++)
        for (size_t t = 0; t < 48; t++)
            CHECK(paths.price_eur_per_mwh[i * 48 + t] == (double)(1000 * (t + 24) + i));
    CHECK_TEXT(paths.labels[4000], "p4000");
    mando_paths_release(&paths);
    free(text);
}

#define FOUR                                                                                       \
    "start,a,b\n2025-12-01T00:00Z,1,5\n2025-12-01T00:30Z,3,6\n2025-12-01T01:00Z,5,7\n"             \
    "2025-12-01T01:30Z,8,-7\n"

TEST(paths_are_converted_by_their_means)
{
    struct mando_paths paths;
    const struct mando_prices_options hours = {.resolution = "PT1H"};
    CHECK_EQ(read_text(FOUR, &hours, &paths, NULL), MANDO_OK);
    const double means[] = {2, 6.5, 5.5, 0};
    CHECK_EQ(paths.periods, 2);
    CHECK_EQ(paths.step_us, MANDO_HOUR_US);
    CHECK(memcmp(paths.price_eur_per_mwh, means, sizeof means) == 0);
    CHECK_TEXT(paths.labels[1], "b");
    mando_paths_release(&paths);
    const struct mando_prices_options same = {.resolution = "PT30M"};
    CHECK_EQ(read_text(FOUR, &same, &paths, NULL), MANDO_OK);
    CHECK_EQ(paths.periods, 4);
    mando_paths_release(&paths);
    const struct mando_prices_options alone = {.resolution = "PT15M"};
    CHECK_EQ(read_text("start,a\n2025-12-01,7\n", &alone, &paths, NULL), MANDO_OK);
    CHECK_EQ(paths.periods, 1);
    CHECK_EQ(paths.step_us, MANDO_HOUR_US / 4);
    mando_paths_release(&paths);
    const struct mando_prices_options wrong = {.resolution = "PT90M"};
    check_refused(FOUR, &wrong, "prices.resolution", 0, 0,
                  "the period from 2025-12-01T01:30:00Z to 2025-12-01T03:00:00Z is not wholly "
                  "covered by prices");
}

TEST(paths_refuse_a_header_that_names_no_paths)
{
    check_text("", "csv.empty", 1, 1, "the file is empty");
    check_text("Start,a\n", "csv.header", 1, 1,
               "column \"Start\" stands where start must stand, before one column for each path");
    check_text("start\n2025-12-01\n", "csv.header", 1, 1,
               "there is no path: one column for each must follow this one");
    check_text("start,a,\n", "csv.header", 1, 9, "column 3 \"\" has no label for its path");
    check_text("start,a,b,a\n", "csv.header", 1, 11, "path \"a\" is there twice");
    check_text("start,c,b,b,b,a\n", "csv.header", 1, 11, "path \"b\" is there twice");
    check_text(
        "start,buy_eur_per_mwh,sell_eur_per_mwh\n", "csv.header", 1, 7,
        "column 2 \"buy_eur_per_mwh\" is a column of a price file, which --prices reads, and "
        "no label of a path");
}

TEST(paths_refuse_what_is_no_price_also_outside_the_range)
{
    const struct mando_prices_options late = {.from = "2025-12-02"};
    check_text("start,a,b\n2025-12-01,1,\n", "prices.missing", 2, 14,
               "path \"b\" has no price here");
    check_text("start,a,b\n2025-12-01,nan,1\n", "csv.number", 2, 12,
               "\"nan\" in path \"a\" is no finite number");
    check_refused("start,a\n2025-12-01,x\n2025-12-02,1\n2025-12-03,1\n", &late, "csv.number", 2, 12,
                  "\"x\" in path \"a\" is no finite number");
    check_text("start,a,b\n2025-12-01,1\n", "csv.cells", 2, 12,
               "the row ends here, after 2 of the 3 cells of the header");
    check_text("start,a\nyesterday,1\n", "time.format", 2, 1,
               "\"yesterday\" is no ISO 8601 time: a year of four digits is expected at column 1");
}

TEST(paths_need_rows_in_equal_steps)
{
    check_text("start,a\n", "prices.rows", 0, 0,
               "there is no row below the header: at least two are needed");
    check_text("start,a\n2025-12-01,1\n", "prices.rows", 0, 0,
               "there is one row: its length is unknown unless a resolution is given");
    check_text("start,a\n2025-12-01,1\n2025-12-01,1\n", "prices.duplicate", 3, 1,
               "two rows start at 2025-12-01T00:00:00Z");
    check_text("start,a\n2025-12-02,1\n2025-12-01,1\n", "prices.order", 3, 1,
               "the row starts at 2025-12-01T00:00:00Z, before the row above it at "
               "2025-12-02T00:00:00Z");
    check_text(
        "start,a\n2025-12-01,1\n2025-12-02,1\n2025-12-04,1\n", "prices.step", 4, 1,
        "the row starts at 2025-12-04T00:00:00Z where 2025-12-03T00:00:00Z was expected: the "
        "first two rows are PT24H apart");
    const struct mando_prices_options never = {.from = "2026-12-02"};
    check_refused("start,a\n2025-12-01,1\n2025-12-02,1\n", &never, "prices.rows", 0, 0,
                  "no row starts in the wanted range: the rows start from 2025-12-01T00:00:00Z to "
                  "2025-12-02T00:00:00Z");
    const struct mando_prices_options few = {.rows_max = 1};
    check_refused("start,a\n2025-12-01,1\n2025-12-02,1\n", &few, "io.limit", 3, 1,
                  "there are more rows than the limit of 1");
}
