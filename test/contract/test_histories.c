/* Random histories: whatever is asked, a repository answers as the naive model does. */
#include <inttypes.h>
#include <stdlib.h>

#include "case_count.h"
#include "check.h"
#include "model.h"
#include "parts.h"
#include "place.h"
#include "random.h"

#define TRANSACTIONS_MAX 6
#define BATCH_ROWS 7
#define IDS 4
#define HISTORIES_OF_A_PLACE 100

static const enum mando_point_type TYPES[IDS] = {MANDO_SERIES, MANDO_SERIES, MANDO_MATRIX,
                                                 MANDO_DOCUMENT};

struct history {
    struct random random;
    struct place *place;
    struct model model;
    char names[IDS][32];
    const char *ids[IDS];
    int64_t knowledges[64], changes[TRANSACTIONS_MAX + 2];
    size_t knowledge_count, change_count;
};

static int64_t pick_known(struct history *h)
{
    uint64_t kind = random_below(&h->random, 20);
    if (kind == 0)
        return h->place->now + 6 * MANDO_SECOND_US; /* refused */
    if (kind < 3)
        return h->place->now + 5 * MANDO_SECOND_US;
    return NOON - (int64_t)random_below(&h->random, 4) * HOUR;
}

static void pick_value(struct history *h, enum mando_point_type type, struct cell *row)
{
    row->present = random_chance(&h->random, 0.85);
    if (!row->present)
        return;
    uint64_t value = random_below(&h->random, 3);
    if (type == MANDO_DOCUMENT && value)
        (void)snprintf(row->text, sizeof row->text, "{\"a\":%d}", (int)value);
    if (type == MANDO_DOCUMENT)
        return; /* an empty text is one, too */
    row->number[0] = value == 2 ? -0.0 : (double)value;
    if (type == MANDO_MATRIX) {
        row->number[1] = random_chance(&h->random, 0.2) ? NAN : 7;
        row->number[2] = 1.5;
    }
}

static struct cell pick_row(struct history *h, enum mando_point_type type)
{
    static const int64_t LENGTHS[] = {0, HOUR / 4, HOUR, HOUR, HOUR, 2 * HOUR};
    struct cell row = {.start = (int64_t)random_below(&h->random, 6) * HOUR};
    if (random_chance(&h->random, 0.1))
        row.start += HOUR / 4;
    row.deleted = random_chance(&h->random, 0.15);
    row.has_end = type != MANDO_DOCUMENT && random_chance(&h->random, 0.5);
    row.end = row.start + LENGTHS[random_below(&h->random, 6)];
    row.has_known = random_chance(&h->random, 0.6);
    row.known = row.has_known ? pick_known(h) : 0;
    pick_value(h, type, &row);
    return row;
}

/* One call of values_put, of data points of one type, in batches as place_put makes them. */
static enum mando_status put_some(struct history *h)
{
    struct cell rows[16] = {{0}};
    size_t count = random_below(&h->random, random_chance(&h->random, 0.2) ? 16 : 5);
    int first = (int)random_below(&h->random, IDS), points = first == 0 ? 2 : 1;
    for (size_t i = 0; i < count; i++) {
        rows[i] = pick_row(h, TYPES[first]);
        rows[i].point = (int)random_below(&h->random, (uint64_t)points);
        if (i > 0 && random_chance(&h->random, 0.1))
            rows[i] = rows[i - 1];
    }
    enum mando_status actual =
        place_put(h->place, &h->ids[first], (size_t)points, TYPES[first], rows, count);
    enum mando_status expected = MANDO_OK;
    for (size_t i = 0; i < count; i++)
        rows[i].point += first;
    for (size_t i = 0; i < count && !expected; i += BATCH_ROWS)
        expected = model_put(&h->model, &rows[i], count - i < BATCH_ROWS ? count - i : BATCH_ROWS);
    if (actual != expected)
        print_error("values_put: %s\n", actual ? h->place->error.message : "is taken");
    CHECK_EQ(actual, expected);
    return actual;
}

static void check_written(const struct mando_written *actual, const struct mando_written *expected)
{
    CHECK_EQ(actual->inserted, expected->inserted);
    CHECK_EQ(actual->corrected, expected->corrected);
    CHECK_EQ(actual->unchanged, expected->unchanged);
    CHECK_EQ(actual->deleted, expected->deleted);
    CHECK_EQ(actual->change_us, expected->change_us);
}

static void transact(struct history *h)
{
    static const int64_t STEPS[] = {0, 0, 1, HOUR, -HOUR / 2};
    h->place->now += STEPS[random_below(&h->random, 5)];
    int64_t knowledge = random_chance(&h->random, 0.2) ? NOON - 2 * HOUR : 0;
    CHECK_EQ(place_begin(h->place, knowledge), MANDO_OK);
    model_begin(&h->model, h->place->now, knowledge, "ada");
    enum mando_status status = put_some(h);
    if (!status && random_chance(&h->random, 0.3))
        status = put_some(h);
    if (status || random_chance(&h->random, 0.1)) {
        place_rollback(h->place);
        model_rollback(&h->model);
        return;
    }
    struct mando_written actual = {0}, expected = {0};
    CHECK_EQ(place_commit(h->place, &actual), model_commit(&h->model, &expected));
    check_written(&actual, &expected);
}

static void note(int64_t *list, size_t *count, int64_t time)
{
    for (size_t i = 0; i < *count; i++)
        if (list[i] == time)
            return;
    list[(*count)++] = time;
}

static void note_cuts(struct history *h)
{
    note(h->knowledges, &h->knowledge_count, INT64_MIN);
    note(h->knowledges, &h->knowledge_count, MANDO_FOREVER);
    note(h->changes, &h->change_count, INT64_MIN);
    note(h->changes, &h->change_count, MANDO_FOREVER);
    for (size_t i = 0; i < h->model.all.count; i++) {
        note(h->knowledges, &h->knowledge_count, h->model.all.items[i].known);
        note(h->changes, &h->change_count, h->model.all.items[i].changed);
    }
}

static void compare(struct history *h, int first, size_t points, struct mando_as_of as_of,
                    bool every_version)
{
    static struct cells actual, expected, of_point;
    struct mando_scan scan = {.ids = &h->ids[first],
                              .id_count = points,
                              .from_us = INT64_MIN,
                              .to_us = INT64_MAX,
                              .as_of = as_of,
                              .every_version = every_version};
    if (random_chance(&h->random, 0.3)) {
        scan.from_us = (int64_t)random_below(&h->random, 6) * HOUR;
        scan.to_us = scan.from_us + (int64_t)random_below(&h->random, 4) * HOUR;
    }
    CHECK_EQ(place_scan(h->place, &scan, &actual), MANDO_OK);
    expected.count = 0;
    for (size_t i = 0; i < points; i++) {
        model_read(&h->model, first + (int)i, scan.from_us, scan.to_us, as_of, every_version,
                   &of_point);
        for (size_t j = 0; j < of_point.count; j++) {
            of_point.items[j].point -= first;
            expected.items[expected.count++] = of_point.items[j];
        }
    }
    char what[128];
    (void)snprintf(what, sizeof what, "%s as of %" PRId64 " stored until %" PRId64,
                   every_version ? "history" : "retrieve", as_of.knowledge_us, as_of.change_us);
    cells_check(&actual, &expected, every_version, what);
}

static void compare_all(struct history *h)
{
    note_cuts(h);
    for (size_t k = 0; k < h->knowledge_count; k++)
        for (size_t c = 0; c < h->change_count; c++) {
            struct mando_as_of as_of = {h->knowledges[k], h->changes[c]};
            compare(h, 0, 2, as_of, false);
            compare(h, 2, 1, as_of, false);
            compare(h, 3, 1, as_of, false);
            int first = (int)random_below(&h->random, IDS);
            compare(h, first, 1, as_of, true);
        }
}

static void run(struct place *place, uint64_t seed)
{
    static struct history h;
    memset(&h, 0, sizeof h);
    h.random.state = seed;
    h.place = place;
    for (int i = 0; i < IDS; i++) {
        (void)snprintf(h.names[i], sizeof h.names[i], "History/%" PRIu64 "/%d", seed, i);
        h.ids[i] = h.names[i];
        place_point(place, h.ids[i], TYPES[i]);
        h.model.step[i] = TYPES[i] == MANDO_DOCUMENT ? 0 : HOUR;
    }
    int64_t newest;
    CHECK_EQ(place->repository->ops->version(place->session, &newest, NULL), MANDO_OK);
    h.model.newest = newest;
    size_t transactions = 1 + random_below(&h.random, TRANSACTIONS_MAX);
    for (size_t i = 0; i < transactions; i++)
        transact(&h);
    compare_all(&h);
}

/* By way of memory, so that all backends are compared with one. */
static void check_copies(struct place *place)
{
    struct place again;
    struct aside aside;
    place_open(&again);
    aside_open(&aside);
    CHECK_EQ(parts_copy(place->session, aside.session, &EVER, &place->error), MANDO_OK);
    CHECK_EQ(parts_copy(aside.session, again.session, &EVER, &again.error), MANDO_OK);
    parts_check_same(place->session, aside.session);
    parts_check_same(place->session, again.session);
    aside_close(&aside);
    place_close(&again);
}

TEST(every_cut_and_history_is_what_the_model_says)
{
    uint64_t count = case_count(6000) / 20, seed = 1;
    const char *text = getenv("MANDO_SEED");
    if (text)
        seed = strtoull(text, NULL, 10);
    struct place place;
    for (uint64_t i = 0; i < count; i++) {
        if (i % HISTORIES_OF_A_PLACE == 0)
            place_open(&place);
        (void)snprintf(place.url, sizeof place.url, "seed %" PRIu64, seed + i);
        place.now = NOON + (int64_t)random_below(&(struct random){seed + i}, 3) * HOUR;
        run(&place, seed + i);
        if ((i + 1) % HISTORIES_OF_A_PLACE == 0 || i + 1 == count) {
            check_copies(&place);
            place_close(&place);
        }
    }
    (void)printf("%s: %" PRIu64 " histories, instances from seed %" PRIu64 "\n", QUIRKS.name, count,
                 seed);
}
