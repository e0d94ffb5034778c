#include "door.h"
#include "service/copy_plan.h"

#define SERIES "{\"type\": \"TimeSeriesDouble\", \"resolution\": \"PT1H\", \"unit\": \"MW\"}"
#define HOURS 12

/* A service with a data point and an hour in each of HOURS changes after it. */
static void fill(struct door *door)
{
    CHECK_EQ(door_configure(door, "a", SERIES), MANDO_OK);
    for (int i = 0; i < HOURS; i++) {
        char row[64];
        (void)snprintf(row, sizeof row, "2025-12-01T%02d:00:00Z %d", i, i);
        door->now += MANDO_SECOND_US;
        CHECK_EQ(door_insert(door, "a", row, NULL), MANDO_OK);
    }
}

static struct mando_audit verified(struct door *door)
{
    struct mando_audit audit;
    CHECK_EQ(mando_service_audit_verify(door->service, NULL, &audit, &door->error), MANDO_OK);
    return audit;
}

static void check_same(struct door *a, struct door *b)
{
    static struct door_text one, other;
    static const char *const PATTERNS[] = {"**"};
    struct mando_query query = door_query(PATTERNS, 1);
    CHECK_EQ(door_history(a, &query, &one), MANDO_OK);
    CHECK_EQ(door_history(b, &query, &other), MANDO_OK);
    CHECK_TEXT(other.bytes, one.bytes);
    CHECK_TEXT(verified(b).head, verified(a).head);
}

ON_EACH(a_copy_tells_what_it_holds)
{
    struct door to = {0};
    struct mando_copied copied;
    door_open(&to, false);
    fill(door);
    CHECK_EQ(mando_service_copy(door->service, to.service, NULL, &copied, &to.error), MANDO_OK);
    CHECK_EQ(copied.stored, HOURS + 1);
    CHECK_EQ(copied.changes, HOURS + 1);
    CHECK_EQ(copied.points, 1);
    CHECK_EQ(copied.configurations, 1);
    CHECK_EQ(copied.versions, HOURS);
    CHECK_EQ(copied.records, HOURS + 1);
    CHECK_EQ(copied.change_us, NOON + HOURS * MANDO_SECOND_US);
    /* As it was when the form was written down: databases of other times are compared by it. */
    CHECK_TEXT(copied.hash, "1e671a5661034fe4333922e615e843cb42b7f7ede46e2593a514c8c4680db448");
    check_same(door, &to);
    CHECK_EQ(mando_service_copy(door->service, to.service, NULL, &copied, &to.error), MANDO_OK);
    CHECK_EQ(copied.stored, 0);
    CHECK_EQ(copied.versions, HOURS);
    door_close(&to);
}

ON_EACH(nothing_can_be_copied)
{
    struct door to = {0};
    struct mando_copied copied;
    door_open(&to, true);
    CHECK_EQ(mando_service_copy(door->service, to.service, NULL, &copied, &to.error), MANDO_OK);
    CHECK_EQ(copied.stored + copied.changes + copied.points + copied.records, 0);
    CHECK_EQ(copied.change_us, 0);
    CHECK_EQ(strlen(copied.hash), 64);
    door_close(&to);
}

/* Stops a copy after some calls. */
struct stop {
    int left;
    uint64_t done, all;
};

static int progress(void *context, uint64_t done, uint64_t all)
{
    struct stop *stop = context;
    CHECK(done >= stop->done && done <= all);
    stop->done = done;
    stop->all = all;
    return stop->left-- == 0;
}

ON_EACH(a_copy_that_is_stopped_stores_nothing_of_its_transaction)
{
    struct door to = {0};
    struct stop stop = {.left = 0};
    struct mando_copied copied = {.stored = 99};
    struct mando_copy_options options = {.progress = progress, .progress_context = &stop};
    door_open(&to, false);
    fill(door);
    CHECK_EQ(mando_service_copy(door->service, to.service, &options, &copied, &to.error),
             MANDO_CANCELLED);
    CHECK_EQ(copied.stored, 99);
    CHECK_EQ(verified(&to).records, 0);
    stop.left = -1;
    stop.done = 0;
    CHECK_EQ(mando_service_copy(door->service, to.service, &options, &copied, &to.error), MANDO_OK);
    CHECK_EQ(stop.all, 3 * (1 + HOURS + 2 * (HOURS + 1)));
    check_same(door, &to);
    door_close(&to);
}

static void insert_more(struct door *door, const char *row)
{
    door->now += MANDO_SECOND_US;
    CHECK_EQ(door_insert(door, "a", row, NULL), MANDO_OK);
}

ON_EACH(each_transaction_leaves_what_the_source_was)
{
    struct door to = {0}, later = {0};
    struct mando_copied copied;
    const struct mando_copy_options options = {.parts_max = 3};
    door_open(&to, true);
    door_open(&later, false);
    fill(door);
    CHECK_EQ(mando_service_copy(door->service, to.service, &options, &copied, &to.error), MANDO_OK);
    CHECK_EQ(copied.stored, HOURS + 1);
    insert_more(door, "2025-12-01T05:00:00Z 55");
    insert_more(door, "2025-12-01T06:00:00Z deleted");
    CHECK_EQ(mando_service_copy(door->service, later.service, NULL, &copied, &later.error),
             MANDO_OK);
    CHECK_EQ(copied.stored, HOURS + 3);
    CHECK_EQ(mando_service_copy(later.service, to.service, &options, &copied, &to.error), MANDO_OK);
    CHECK_EQ(copied.stored, 2);
    check_same(door, &to);
    door_close(&later);
    door_close(&to);
}

ON_EACH(a_target_with_changes_of_its_own_is_refused)
{
    struct door to = {0};
    struct mando_copied copied;
    door_open(&to, false);
    fill(door);
    CHECK_EQ(mando_service_copy(door->service, to.service, NULL, &copied, &to.error), MANDO_OK);
    to.now = door->now + 1;
    insert_more(&to, "2025-12-01T05:00:00Z 55");
    CHECK_EQ(mando_service_copy(door->service, to.service, NULL, &copied, &to.error),
             MANDO_CONFLICT);
    CHECK_TEXT(to.error.code, "copy.target");
    insert_more(door, "2025-12-01T05:00:00Z 66");
    insert_more(door, "2025-12-01T05:00:00Z 77");
    CHECK_EQ(mando_service_copy(door->service, to.service, NULL, &copied, &to.error),
             MANDO_CONFLICT);
    CHECK_TEXT(to.error.code, "copy.target");
    CHECK_EQ(verified(&to).records, HOURS + 2);
    door_close(&to);
}

/* The same changes as the source, at the same times and by the same, but of another data point. */
ON_EACH(a_target_whose_audit_is_another_is_refused_before_anything_is_stored)
{
    struct door to = {0};
    struct mando_copied copied;
    door_open(&to, false);
    CHECK_EQ(door_configure(door, "a", SERIES), MANDO_OK);
    CHECK_EQ(door_configure(door, "b", SERIES), MANDO_OK);
    CHECK_EQ(mando_service_copy(door->service, to.service, NULL, &copied, &to.error), MANDO_OK);
    door->now = to.now = door->now + MANDO_SECOND_US;
    CHECK_EQ(door_insert(door, "a", "2025-12-01T05:00:00Z 5", NULL), MANDO_OK);
    CHECK_EQ(door_insert(&to, "b", "2025-12-01T05:00:00Z 5", NULL), MANDO_OK);
    insert_more(door, "2025-12-01T06:00:00Z 6");
    CHECK_EQ(mando_service_copy(door->service, to.service, NULL, &copied, &to.error),
             MANDO_CONFLICT);
    CHECK_TEXT(to.error.code, "copy.target");
    CHECK_EQ(verified(&to).records, 3);
    door_close(&to);
}

ON_EACH(values_that_are_others_are_named)
{
    struct door to = {0};
    struct mando_copied copied;
    door_open(&to, false);
    to.now = door->now;
    CHECK_EQ(door_configure(door, "a", SERIES), MANDO_OK);
    CHECK_EQ(door_configure(&to, "a", SERIES), MANDO_OK);
    CHECK_EQ(door_insert(door, "a", "2025-12-01T05:00:00Z 5", NULL), MANDO_OK);
    CHECK_EQ(door_insert(&to, "a", "2025-12-01T05:00:00Z 6", NULL), MANDO_OK);
    CHECK_EQ(mando_service_copy(door->service, to.service, NULL, &copied, &to.error),
             MANDO_CORRUPT);
    CHECK_TEXT(to.error.code, "copy.differs");
    CHECK_TEXT(to.error.where, "a");
    door_close(&to);
}

/* A session whose repository tells of changes alone: `count` of them, a microsecond apart, each with as many
 * values as its time. */
struct changes {
    struct mando_repository repository;
    struct mando_session session;
    int64_t count;
};

static enum mando_status tell(struct mando_session *session, const struct mando_change_range *range,
                              mando_change_take *take, void *context, struct mando_error *error)
{
    const struct changes *changes = (const struct changes *)session->repository;
    enum mando_status status = MANDO_OK;
    CHECK(!range);
    (void)error;
    for (int64_t i = 1; i <= changes->count && !status; i++)
        status = take(context, &(struct mando_change){.change_us = i, .author = "a", .reason = ""});
    for (int64_t i = changes->count; i > 0 && !status; i--)
        status = take(context, &(struct mando_change){.change_us = i, .versions = (uint64_t)i});
    return status;
}

static void changes_init(struct changes *changes, int64_t count)
{
    static const struct mando_repository_ops OPS = {.changes_scan = tell};
    *changes = (struct changes){.repository = {.ops = &OPS}, .count = count};
    changes->session.repository = &changes->repository;
}

TEST(a_plan_ends_transactions_where_they_are_large_enough)
{
    struct changes changes;
    struct copy_plan plan;
    int64_t last_us = 0;
    changes_init(&changes, 10);
    CHECK_EQ(copy_plan_read(&plan, &changes.session, 2, 9, NULL), MANDO_OK);
    CHECK_EQ(plan.parts, 7 + 3 + 4 + 5 + 6 + 7 + 8 + 9);
    CHECK_EQ(plan.parts_before, 2 + 1 + 2);
    CHECK(copy_plan_next(&plan, 12, &last_us));
    CHECK_EQ(last_us, 5);
    CHECK(copy_plan_next(&plan, 1, &last_us));
    CHECK_EQ(last_us, 6);
    CHECK(copy_plan_next(&plan, 1000, &last_us));
    CHECK_EQ(last_us, 9);
    CHECK(!copy_plan_next(&plan, 1000, &last_us));
    copy_plan_release(&plan);
}

TEST(a_plan_of_many_changes_stays_small)
{
    struct changes changes;
    struct copy_plan plan;
    const int64_t count = 50001;
    int64_t last_us = 0, before_us = 0;
    uint64_t told = 0;
    changes_init(&changes, count);
    CHECK_EQ(copy_plan_read(&plan, &changes.session, 0, count, NULL), MANDO_OK);
    CHECK(plan.spans.count <= 4096 && plan.spans.count > 2048);
    CHECK_EQ(plan.parts, (uint64_t)(count + count * (count + 1) / 2));
    for (size_t i = 0; i < plan.spans.count; i++)
        told += ((const struct copy_span *)plan.spans.items)[i].changes;
    CHECK_EQ(told, count);
    while (copy_plan_next(&plan, 1, &last_us)) {
        CHECK(last_us > before_us);
        before_us = last_us;
    }
    CHECK_EQ(last_us, count);
    copy_plan_release(&plan);
}

TEST(a_plan_of_nothing_has_no_transaction)
{
    struct changes changes;
    struct copy_plan plan;
    int64_t last_us = -1;
    changes_init(&changes, 5);
    CHECK_EQ(copy_plan_read(&plan, &changes.session, 5, 5, NULL), MANDO_OK);
    CHECK_EQ(plan.parts, 0);
    CHECK(!copy_plan_next(&plan, 1, &last_us));
    CHECK_EQ(last_us, -1);
    copy_plan_release(&plan);
}
