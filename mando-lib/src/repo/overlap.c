/* Whether the intervals that count are disjoint where a transaction has stored some. */
#include <stdlib.h>

#include "repo/counting.h"

static const struct mando_as_of EVERYTHING = {MANDO_FOREVER, MANDO_FOREVER};

enum mando_status mando_store_touch_interval(struct mando_store *store,
                                             const struct mando_store_point *point, const char *id,
                                             int64_t from_us, int64_t to_us, bool is_led,
                                             struct mando_error *error)
{
    struct mando_vector *touched = &store->transaction.touched;
    struct mando_touched *items = touched->items;
    struct mando_touched added = {
        .point = *point, .from_us = from_us, .to_us = to_us, .is_led = is_led};
    bool is_same = touched->count && items[touched->count - 1].point.key == point->key;
    added.id = is_same ? items[touched->count - 1].id : mando_store_copy(store, id);
    if (!added.id || mando_vector_push(touched, &added))
        return mando_store_no_memory(error, "a transaction");
    return MANDO_OK;
}

static int compare_touched(const void *left, const void *right)
{
    const struct mando_touched *a = left, *b = right;
    if (a->point.key != b->point.key)
        return a->point.key < b->point.key ? -1 : 1;
    return (a->from_us > b->from_us) - (a->from_us < b->from_us);
}

/* Ascending by data point and time, those that meet as one. */
static void merge_touched(struct mando_vector *touched)
{
    struct mando_touched *items = touched->items;
    size_t kept = 0;
    if (touched->count > 1)
        qsort(items, touched->count, sizeof *items, compare_touched);
    for (size_t i = 1; i < touched->count; i++) {
        struct mando_touched *last = &items[kept];
        if (items[i].point.key != last->point.key || items[i].from_us > last->to_us) {
            items[++kept] = items[i];
            continue;
        }
        last->to_us = items[i].to_us > last->to_us ? items[i].to_us : last->to_us;
        last->is_led = last->is_led && (items[i].is_led || items[i].from_us > last->from_us);
    }
    touched->count = touched->count ? kept + 1 : 0;
}

/* Deleted versions and instants overlap nothing. */
static bool is_interval(const struct mando_version *version)
{
    return !version->deleted && version->end_us > version->start_us;
}

static enum mando_status next_interval(struct mando_counting *counting,
                                       struct mando_version *version, bool *is_there,
                                       struct mando_error *error)
{
    enum mando_status status;
    do
        status = mando_counting_next(counting, version, is_there, error);
    while (!status && *is_there && !is_interval(version));
    return status;
}

/* The row of the transaction that stored a version; -1 where it was there before. */
static int64_t row_of(const struct mando_store *store, int64_t key,
                      const struct mando_version *version)
{
    if (version->change_us != store->transaction.change_us)
        return -1;
    return mando_runs_find(&store->transaction.runs, key, version->start_us, version->knowledge_us);
}

static enum mando_status fail_overlap(const struct mando_store *store,
                                      const struct mando_touched *touched,
                                      const struct mando_version *earlier,
                                      const struct mando_version *later, struct mando_error *error)
{
    int64_t index = row_of(store, touched->point.key, later);
    char start[MANDO_TIME_TEXT_SIZE], end[MANDO_TIME_TEXT_SIZE], other[MANDO_TIME_TEXT_SIZE];
    mando_time_format(earlier->start_us, start);
    mando_time_format(earlier->end_us, end);
    mando_time_format(later->start_us, other);
    (void)mando_fail(error, MANDO_E_VALUES_OVERLAP,
                     index >= 0 ? index : row_of(store, touched->point.key, earlier),
                     "the interval from %s to %s overlaps the one that starts at %s", start, end,
                     other);
    mando_fail_place(error, touched->id, 0, 0);
    return MANDO_INVALID;
}

/* The last interval that starts before what was touched; else one that ends before everything. All
 * before it were disjoint already, so no other can reach further. */
static enum mando_status find_before(struct mando_counting *counting,
                                     const struct mando_touched *touched,
                                     struct mando_version *before_out, struct mando_error *error)
{
    const struct mando_version none = {.start_us = INT64_MIN, .end_us = INT64_MIN};
    bool is_there = false;
    enum mando_status status = MANDO_OK;
    if (!touched->is_led) {
        status = mando_counting_seek(counting, &touched->point, INT64_MIN, touched->from_us, true,
                                     error);
        if (!status)
            status = next_interval(counting, before_out, &is_there, error);
    }
    if (!status && !is_there)
        *before_out = none;
    return status;
}

static enum mando_status check_touched(const struct mando_store *store,
                                       struct mando_counting *counting,
                                       const struct mando_touched *touched,
                                       struct mando_error *error)
{
    struct mando_version before, version;
    enum mando_status status = find_before(counting, touched, &before, error);
    if (!status && before.end_us <= touched->from_us && touched->to_us == touched->from_us + 1)
        return MANDO_OK; /* one start: that of what was touched itself */
    if (!status)
        status = mando_counting_seek(counting, &touched->point, touched->from_us, touched->to_us,
                                     false, error);
    bool is_there = true;
    while (!status) {
        status = next_interval(counting, &version, &is_there, error);
        if (status || !is_there)
            break;
        if (version.start_us < before.end_us)
            return fail_overlap(store, touched, &before, &version, error);
        before = version;
    }
    return status;
}

enum mando_status mando_store_check_overlap(struct mando_store *store, struct mando_error *error)
{
    merge_touched(&store->transaction.touched);
    const struct mando_touched *touched = store->transaction.touched.items;
    struct mando_counting counting;
    mando_counting_init(&counting, store, EVERYTHING);
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < store->transaction.touched.count && !status; i++)
        status = check_touched(store, &counting, &touched[i], error);
    mando_counting_release(&counting);
    return status;
}
