#include "repo/columns.h"

#include "base/alloc.h"
#include "base/calendar.h"
#include "check.h"

static const int64_t STARTS[] = {0, 10, 20, 30, 40};
static const double VALUES[] = {1, -0.0, 3, 4, 5};

static struct mando_rows rows_of(size_t count)
{
    return (struct mando_rows){.count = count,
                               .type = MANDO_SERIES,
                               .width = 1,
                               .valid_start_us = STARTS,
                               .value = VALUES};
}

TEST(rows_of_one_series_in_order_fit)
{
    static const int64_t TWICE[] = {0, 10, 10, 30};
    static const int32_t POINTS[] = {4, 4, 4, 5};
    static const uint8_t NONE[] = {0}, THIRD[] = {1 << 2};
    struct mando_rows rows = rows_of(4);
    CHECK(mando_columns_fit(&rows, 0, 4));
    CHECK(mando_columns_fit(&rows, 3, 1));
    rows.point = POINTS;
    CHECK(!mando_columns_fit(&rows, 0, 4));
    CHECK(mando_columns_fit(&rows, 0, 3));
    rows.deleted.bytes = NONE;
    CHECK(mando_columns_fit(&rows, 0, 3));
    rows.deleted.bytes = THIRD;
    CHECK(!mando_columns_fit(&rows, 0, 3));
    CHECK(mando_columns_fit(&rows, 0, 2));
    rows = rows_of(4);
    rows.valid_start_us = TWICE;
    CHECK(!mando_columns_fit(&rows, 0, 4));
    CHECK(mando_columns_fit(&rows, 2, 2));
    rows = rows_of(4);
    rows.type = MANDO_MATRIX;
    CHECK(!mando_columns_fit(&rows, 0, 4));
}

TEST(what_rows_do_not_say_is_filled_in)
{
    static const int64_t ENDS[] = {1, 12, 23, 34, 45}, KNOWN[] = {5, 6, 7, 8, 9};
    static const uint8_t ODD[] = {0x0A}, ALL_BUT_THIRD[] = {0x1B};
    const struct mando_columns_defaults defaults = {
        .knowledge_us = 77, .change_us = 99, .resolution.time_us = 10};
    struct mando_columns_memory memory = {0};
    struct mando_columns columns;
    struct mando_rows rows = rows_of(5);
    CHECK(mando_columns_lack_end(&rows, 0, 5));
    CHECK_EQ(mando_columns_fill(&rows, 1, 3, &defaults, &memory, &columns), MANDO_OK);
    struct mando_version version = mando_columns_version(&columns, 0);
    CHECK_EQ(version.start_us, 10);
    CHECK_EQ(version.end_us, 20);
    CHECK_EQ(version.knowledge_us, 77);
    CHECK_EQ(version.change_us, 99);
    CHECK(version.present && !version.deleted && !signbit(version.number));

    rows.valid_end_us = ENDS;
    rows.knowledge_us = KNOWN;
    rows.ended.bytes = rows.known.bytes = ODD;
    rows.present.bytes = ALL_BUT_THIRD;
    CHECK(mando_columns_lack_end(&rows, 0, 5) && !mando_columns_lack_end(&rows, 1, 1));
    CHECK_EQ(mando_columns_fill(&rows, 0, 5, &defaults, &memory, &columns), MANDO_OK);
    for (size_t i = 0; i < 5; i++) {
        version = mando_columns_version(&columns, i);
        CHECK_EQ(version.end_us, i % 2 ? ENDS[i] : STARTS[i] + 10);
        CHECK_EQ(version.knowledge_us, i % 2 ? KNOWN[i] : 77);
        CHECK_EQ(version.present, i != 2);
        CHECK_NEAR(version.number, i == 2 ? 0 : VALUES[i], 0);
    }
    CHECK_EQ(mando_columns_fill(&rows, 2, 2, &defaults, &memory, &columns), MANDO_OK);
    CHECK(!mando_columns_version(&columns, 0).present);
    CHECK(mando_columns_version(&columns, 1).present);
    mando_columns_release(&memory);
}

TEST(an_end_past_the_last_year_is_refused)
{
    const int64_t last_us = MANDO_TIME_US_MAX;
    const struct mando_columns_defaults defaults = {.resolution.time_us = 1};
    struct mando_columns_memory memory = {0};
    struct mando_columns columns;
    struct mando_rows rows = rows_of(1);
    rows.valid_start_us = &last_us;
    CHECK_EQ(mando_columns_fill(&rows, 0, 1, &defaults, &memory, &columns), MANDO_INVALID);
    mando_columns_release(&memory);
}

TEST(columns_without_memory_are_none)
{
    const struct mando_columns_defaults defaults = {0};
    for (int64_t calls = 0; calls < 3; calls++) {
        struct mando_columns_memory memory = {0};
        struct mando_columns columns;
        struct mando_rows rows = rows_of(5);
        mando_alloc_fail_after(calls);
        CHECK_EQ(mando_columns_fill(&rows, 0, 5, &defaults, &memory, &columns), MANDO_NO_MEMORY);
        mando_alloc_fail_after(-1);
        CHECK_EQ(mando_columns_fill(&rows, 0, 5, &defaults, &memory, &columns), MANDO_OK);
        mando_columns_release(&memory);
    }
}
