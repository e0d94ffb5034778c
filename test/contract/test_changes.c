/* Changes, and what was stored with each: what the audit is compared with. */
#include <stdlib.h>

#include "check.h"
#include "place.h"

/* What a scan has told. */
struct told {
    size_t count;
    struct mando_change changes[16];
    char texts[16][32]; /* "AUTHOR|REASON" */
    bool has_part;
    size_t limit; /* after which the scan is to end; 0 = none */
};

static struct mando_change *find(struct told *told, int64_t change)
{
    for (size_t i = 0; i < told->count; i++)
        if (told->changes[i].change_us == change)
            return &told->changes[i];
    fail_msg("something is stored without a change");
    return NULL;
}

static enum mando_status take(void *context, const struct mando_change *change)
{
    struct told *told = context;
    if (told->limit && told->count == told->limit)
        return MANDO_LIMIT;
    if (change->author) {
        CHECK(!told->has_part && told->count < 16);
        CHECK(told->count == 0 || told->changes[told->count - 1].change_us < change->change_us);
        (void)snprintf(told->texts[told->count], sizeof *told->texts, "%s|%s", change->author,
                       change->reason);
        told->changes[told->count++] = (struct mando_change){.change_us = change->change_us};
        return MANDO_OK;
    }
    struct mando_change *whole = find(told, change->change_us);
    told->has_part = true;
    whole->versions += change->versions;
    whole->configurations += change->configurations;
    whole->records += change->records;
    return MANDO_OK;
}

static enum mando_status scan(struct place *place, struct told *told)
{
    return place->repository->ops->changes_scan(place->session, NULL, take, told, &place->error);
}

/* A transaction with two data points and `count` hours of the first. */
static int64_t store(struct place *place, const char *author, const char *reason, int first,
                     size_t count)
{
    const struct mando_write write = {.author = author, .reason = reason};
    const struct mando_repository_ops *ops = place->repository->ops;
    struct cell rows[8] = {0};
    static const char *const IDS[] = {"a"};
    struct mando_written written;
    CHECK_EQ(ops->begin(place->session, &write, &place->error), MANDO_OK);
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct cell){
            .start = NOON + ((int64_t)i + first) * HOUR, .present = true, .number = {(double)i}};
    CHECK_EQ(place_put(place, IDS, 1, MANDO_SERIES, rows, count), MANDO_OK);
    CHECK_EQ(place_commit(place, &written), MANDO_OK);
    return written.change_us;
}

TEST(changes_are_told_with_all_that_was_stored)
{
    struct place place;
    struct told told = {0};
    place_open(&place);
    CHECK_EQ(scan(&place, &told), MANDO_OK);
    CHECK_EQ(told.count, 0);
    place_point(&place, "a", MANDO_SERIES);
    place_point(&place, "b", MANDO_SERIES);
    int64_t first = store(&place, "ann", "because", 0, 3),
            second = store(&place, "bob", NULL, 2, 4);
    CHECK_EQ(scan(&place, &told), MANDO_OK);
    CHECK_EQ(told.count, 4);
    CHECK_EQ(told.changes[0].configurations, 1);
    CHECK_EQ(told.changes[1].configurations, 1);
    CHECK_EQ(told.changes[2].change_us, first);
    CHECK_EQ(told.changes[2].versions, 3);
    CHECK_EQ(told.changes[3].change_us, second);
    CHECK_EQ(told.changes[3].versions, 4);
    CHECK_EQ(told.changes[3].configurations + told.changes[3].records, 0);
    CHECK_TEXT(told.texts[2], "ann|because");
    CHECK_TEXT(told.texts[3], "bob|");
    place_close(&place);
}

TEST(a_scan_of_changes_ends_where_it_is_told_to)
{
    struct place place;
    struct told told = {.limit = 1};
    place_open(&place);
    place_point(&place, "a", MANDO_SERIES);
    place_point(&place, "b", MANDO_SERIES);
    CHECK_EQ(scan(&place, &told), MANDO_LIMIT);
    CHECK_EQ(told.count, 1);
    told = (struct told){0};
    CHECK_EQ(scan(&place, &told), MANDO_OK);
    CHECK_EQ(told.count, 2);
    place_close(&place);
}

TEST(what_is_not_committed_is_not_told)
{
    struct place place;
    struct mando_session *other;
    struct told told = {0};
    static const struct cell ROW = {.start = NOON, .present = true, .number = {1}};
    static const char *const IDS[] = {"a"};
    place_open(&place);
    place_point(&place, "a", MANDO_SERIES);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place_put(&place, IDS, 1, MANDO_SERIES, &ROW, 1), MANDO_OK);
    CHECK_EQ(mando_session_take(place.repository, &other, &place.error), MANDO_OK);
    CHECK_EQ(place.repository->ops->changes_scan(other, NULL, take, &told, &place.error), MANDO_OK);
    CHECK_EQ(told.count, 1);
    CHECK_EQ(told.changes[0].versions, 0);
    mando_session_give(other);
    place_rollback(&place);
    place_close(&place);
}
