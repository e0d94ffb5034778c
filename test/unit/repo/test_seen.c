#include "repo/seen.h"

#include "base/alloc.h"
#include "check.h"

static struct mando_version at(int64_t start, int64_t known)
{
    return (struct mando_version){.start_us = start, .knowledge_us = known, .present = true};
}

TEST(rows_are_found_again_by_point_start_and_knowledge)
{
    struct mando_seen seen;
    struct mando_arena arena = {0};
    mando_seen_init(&seen);
    struct mando_version row = at(0, 0);
    CHECK(!mando_seen_find(&seen, 1, &row));
    for (int64_t i = 0; i < 2000; i++) {
        row = at(i % 50, i / 50);
        row.number = (double)i;
        CHECK_EQ(mando_seen_add(&seen, 1 + i % 3, &row, &arena), MANDO_OK);
    }
    for (int64_t i = 0; i < 2000; i++) {
        row = at(i % 50, i / 50);
        const struct mando_version *found = mando_seen_find(&seen, 1 + i % 3, &row);
        assert_non_null(found);
        CHECK_NEAR(found->number, (double)i, 0);
        CHECK(!mando_seen_find(&seen, 4, &row));
    }
    mando_seen_release(&seen);
    mando_arena_release(&arena);
}

TEST(bytes_are_copied)
{
    struct mando_seen seen;
    struct mando_arena arena = {0};
    char text[] = "{}";
    struct mando_version row = at(1, 2);
    row.bytes = text;
    row.size = 2;
    mando_seen_init(&seen);
    CHECK_EQ(mando_seen_add(&seen, 1, &row, &arena), MANDO_OK);
    text[0] = '[';
    CHECK_EQ(mando_seen_find(&seen, 1, &row)->bytes[0], '{');
    mando_seen_release(&seen);
    mando_arena_release(&arena);
}

TEST(without_memory_nothing_is_added)
{
    struct mando_arena arena = {0};
    struct mando_version row = at(1, 2);
    row.bytes = "{}";
    row.size = 2;
    for (int64_t calls = 0; calls < 3; calls++) {
        struct mando_seen seen;
        mando_seen_init(&seen);
        mando_alloc_fail_after(calls);
        enum mando_status status = mando_seen_add(&seen, 1, &row, &arena);
        mando_alloc_fail_after(-1);
        CHECK_EQ(status, MANDO_NO_MEMORY);
        CHECK(!mando_seen_find(&seen, 1, &row));
        mando_seen_release(&seen);
    }
    mando_arena_release(&arena);
}
