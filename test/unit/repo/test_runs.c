#include "repo/runs.h"

#include "base/alloc.h"
#include "check.h"

#define HOUR INT64_C(3600000000)

static void add(struct mando_runs *runs, int64_t key, int64_t start, int64_t known, int64_t index)
{
    CHECK_EQ(mando_runs_add(runs, key, &start, &known, 1, index), MANDO_OK);
}

TEST(rows_in_even_steps_take_the_room_of_one)
{
    struct mando_runs runs;
    int64_t starts[1000], knowns[1000];
    for (int i = 0; i < 1000; i++) {
        starts[i] = i * HOUR;
        knowns[i] = i * HOUR / 2 - 7;
    }
    mando_runs_init(&runs);
    CHECK_EQ(mando_runs_add(&runs, 3, starts, knowns, 600, 10), MANDO_OK);
    CHECK_EQ(mando_runs_add(&runs, 3, starts + 600, knowns + 600, 400, 610), MANDO_OK);
    CHECK_EQ(runs.items.count, 1);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(mando_runs_find(&runs, 3, starts[i], knowns[i]), 10 + i);
    mando_runs_release(&runs);
}

TEST(what_no_row_stored_is_not_found)
{
    struct mando_runs runs;
    mando_runs_init(&runs);
    CHECK_EQ(mando_runs_find(&runs, 1, 0, 0), -1);
    for (int64_t i = 0; i < 10; i++)
        add(&runs, 1, i * HOUR, 5, i);
    CHECK_EQ(mando_runs_find(&runs, 1, 9 * HOUR, 5), 9);
    CHECK_EQ(mando_runs_find(&runs, 1, 10 * HOUR, 5), -1);
    CHECK_EQ(mando_runs_find(&runs, 1, -HOUR, 5), -1);
    CHECK_EQ(mando_runs_find(&runs, 1, HOUR + 1, 5), -1);
    CHECK_EQ(mando_runs_find(&runs, 1, HOUR, 6), -1);
    CHECK_EQ(mando_runs_find(&runs, 2, HOUR, 5), -1);
    mando_runs_release(&runs);
}

/* Starts that fall, stay or jump, other data points, rows left out: whatever is put is found again. */
TEST(rows_in_no_order_are_found_too)
{
    struct mando_runs runs;
    mando_runs_init(&runs);
    for (int64_t i = 0; i < 500; i++)
        add(&runs, i % 7 / 4, i * 7919 % 503, i * 31 % 11, i + i / 9);
    for (int64_t i = 0; i < 5; i++)
        add(&runs, 9, 100, 40 + i * 10, 1000 + i); /* versions of one start */
    for (int64_t i = 0; i < 5; i++)
        add(&runs, 9, 50 - i * 10, 40, 2000 + i);
    for (int64_t i = 0; i < 500; i++)
        CHECK_EQ(mando_runs_find(&runs, i % 7 / 4, i * 7919 % 503, i * 31 % 11), i + i / 9);
    for (int64_t i = 0; i < 5; i++) {
        CHECK_EQ(mando_runs_find(&runs, 9, 100, 40 + i * 10), 1000 + i);
        CHECK_EQ(mando_runs_find(&runs, 9, 50 - i * 10, 40), 2000 + i);
    }
    CHECK_EQ(mando_runs_find(&runs, 9, 100, 45), -1);
    mando_runs_release(&runs);
}

TEST(without_memory_a_row_is_not_added)
{
    struct mando_runs runs;
    int64_t start = 0, known = 0;
    mando_runs_init(&runs);
    mando_alloc_fail_after(0);
    CHECK_EQ(mando_runs_add(&runs, 1, &start, &known, 1, 0), MANDO_NO_MEMORY);
    mando_alloc_fail_after(-1);
    CHECK_EQ(mando_runs_find(&runs, 1, 0, 0), -1);
    mando_runs_release(&runs);
}
