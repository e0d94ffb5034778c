#include "mando/task.h"

#include <poll.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "check.h"

struct count {
    struct mando_task *task;
    int from, to, at, ready;
};

/* Waits between numbers. */
static void count_up(void *context)
{
    struct count *count = context;
    volatile char deep[16384];
    deep[0] = 1;
    for (count->at = count->from; count->at < count->to; count->at++) {
        const struct mando_task_wait wait = {
            .fd = count->at, .events = POLLIN, .timeout_ms = count->at * 10};
        count->ready += mando_task_pause(count->task, &wait);
    }
    deep[sizeof deep - 1] = deep[0];
}

static struct mando_task *new_task(void)
{
    struct mando_task *task = NULL;
    CHECK_EQ(mando_task_new(&task, NULL), MANDO_OK);
    return task;
}

TEST(a_task_stops_where_it_waits_and_goes_on)
{
    struct count count = {.task = new_task(), .from = 3, .to = 6};
    struct mando_task_wait wait;
    mando_task_start(count.task, count_up, &count);
    for (int i = 3; i < 6; i++) {
        CHECK_EQ(mando_task_step(count.task, i != 4, &wait), 1);
        CHECK_EQ(wait.fd, i);
        CHECK_EQ(wait.events, POLLIN);
        CHECK_EQ(wait.timeout_ms, i * 10);
        CHECK_EQ(count.at, i);
    }
    CHECK_EQ(mando_task_step(count.task, 1, &wait), 0);
    CHECK_EQ(count.ready, 2);
    CHECK_EQ(mando_task_step(count.task, 1, &wait), 0);
    mando_task_free(count.task);
}

TEST(tasks_are_stepped_in_any_order_and_used_again)
{
    struct count counts[50];
    struct mando_task_wait wait;
    for (int i = 0; i < 50; i++)
        counts[i] = (struct count){.task = new_task()};
    for (int round = 0; round < 3; round++) {
        int running = 0;
        for (int i = 0; i < 50; i++) {
            counts[i].from = 0;
            counts[i].to = i;
            mando_task_start(counts[i].task, count_up, &counts[i]);
        }
        do {
            running = 0;
            for (int i = 0; i < 50; i++)
                running += mando_task_step(counts[i].task, 1, &wait);
        } while (running);
        for (int i = 0; i < 50; i++)
            CHECK_EQ(counts[i].at, i);
    }
    for (int i = 0; i < 50; i++)
        mando_task_free(counts[i].task);
    mando_task_free(NULL);
}

TEST(a_task_without_memory_is_none)
{
    struct mando_task *task = NULL;
    struct mando_error error;
    mando_alloc_fail_after(0);
    CHECK_EQ(mando_task_new(&task, &error), MANDO_NO_MEMORY);
    mando_alloc_fail_after(-1);
    CHECK_TEXT(error.code, "memory");
    CHECK(!task);
}
