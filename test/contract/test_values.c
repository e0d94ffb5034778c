/* What contracts say of values, case by case. */
#include "check.h"
#include "place.h"

static const char *const PRICE = "Market/DE-LU/DayAhead/Price";

static struct cell hour(int index, double value)
{
    return (struct cell){.start = NOON + index * HOUR,
                         .end = NOON + (index + 1) * HOUR,
                         .has_end = true,
                         .present = true,
                         .number = {value}};
}

static struct cell known(struct cell cell, int64_t time)
{
    cell.known = time;
    cell.has_known = true;
    return cell;
}

static struct cell deleted(struct cell cell)
{
    cell.deleted = true;
    return cell;
}

static void open_with_price(struct place *place)
{
    place_open(place);
    place_point(place, PRICE, MANDO_SERIES);
}

static void retrieve(struct place *place, struct mando_as_of as_of, struct cells *cells)
{
    struct mando_scan scan = {
        .ids = &PRICE, .id_count = 1, .from_us = INT64_MIN, .to_us = INT64_MAX, .as_of = as_of};
    CHECK_EQ(place_scan(place, &scan, cells), MANDO_OK);
}

static void history(struct place *place, struct cells *cells)
{
    struct mando_scan scan = {.ids = &PRICE,
                              .id_count = 1,
                              .from_us = INT64_MIN,
                              .to_us = INT64_MAX,
                              .as_of = EVERYTHING,
                              .every_version = true};
    CHECK_EQ(place_scan(place, &scan, cells), MANDO_OK);
}

/* Stores rows, which must be taken, and checks what became of them. */
static int64_t insert(struct place *place, const struct cell *rows, size_t count,
                      struct mando_written expected)
{
    struct mando_written written;
    enum mando_status status = place_insert(place, PRICE, rows, count, &written);
    if (status)
        print_error("%s\n", place->error.message);
    CHECK_EQ(status, MANDO_OK);
    CHECK_EQ(written.inserted, expected.inserted);
    CHECK_EQ(written.corrected, expected.corrected);
    CHECK_EQ(written.unchanged, expected.unchanged);
    CHECK_EQ(written.deleted, expected.deleted);
    return written.change_us;
}

static void refuse(struct place *place, const struct cell *rows, size_t count, const char *code,
                   int64_t index)
{
    struct mando_written written;
    struct cells before, after;
    history(place, &before);
    CHECK_EQ(place_insert(place, PRICE, rows, count, &written), MANDO_INVALID);
    CHECK_TEXT(place->error.code, code);
    CHECK_EQ(place->error.index, index);
    CHECK_TEXT(place->error.where, PRICE);
    history(place, &after);
    cells_check(&after, &before, true, "after a refusal");
}

static double only_value(const struct cells *cells)
{
    CHECK_EQ(cells->count, 1);
    return cells->items[0].number[0];
}

TEST(prices_that_are_corrected_are_known_when_they_were_published)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    place.now = NOON + 3 * HOUR;
    int64_t published = NOON + 57 * 60 * MANDO_SECOND_US, corrected = published + HOUR;
    struct cell first = known(hour(24, 50), published), second = known(hour(24, 55), corrected);
    int64_t change = insert(&place, &first, 1, (struct mando_written){.inserted = 1});
    CHECK_EQ(change, place.now);
    (void)insert(&place, &second, 1, (struct mando_written){.corrected = 1});
    retrieve(&place, (struct mando_as_of){published - 1, MANDO_FOREVER}, &cells);
    CHECK_EQ(cells.count, 0);
    retrieve(&place, (struct mando_as_of){published, MANDO_FOREVER}, &cells);
    CHECK_NEAR(only_value(&cells), 50, 0);
    retrieve(&place, (struct mando_as_of){corrected, MANDO_FOREVER}, &cells);
    CHECK_NEAR(only_value(&cells), 55, 0);
    retrieve(&place, (struct mando_as_of){MANDO_FOREVER, change}, &cells);
    CHECK_NEAR(only_value(&cells), 50, 0);
    history(&place, &cells);
    CHECK_EQ(cells.count, 2);
    CHECK_EQ(cells.items[0].known, published);
    CHECK_EQ(cells.items[1].known, corrected);
    CHECK_TEXT(cells.items[1].author, "ada");
    place_close(&place);
}

TEST(rows_with_knowledge_times_may_be_stored_again_in_any_order)
{
    struct place place;
    open_with_price(&place);
    struct cell rows[] = {known(hour(0, 2), NOON), known(hour(0, 1), NOON - 1)};
    (void)insert(&place, rows, 2, (struct mando_written){.inserted = 1, .corrected = 1});
    (void)insert(&place, rows, 2, (struct mando_written){.unchanged = 2});
    (void)insert(&place, &rows[1], 1, (struct mando_written){.unchanged = 1});
    place_close(&place);
}

TEST(rows_without_knowledge_times_are_compared_with_what_counts)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct cell old = hour(0, 1), new = hour(0, 2);
    (void)insert(&place, &old, 1, (struct mando_written){.inserted = 1});
    place.now++;
    (void)insert(&place, &old, 1, (struct mando_written){.unchanged = 1});
    (void)insert(&place, &new, 1, (struct mando_written){.corrected = 1});
    place.now++;
    (void)insert(&place, &old, 1, (struct mando_written){.corrected = 1});
    retrieve(&place, EVERYTHING, &cells);
    CHECK_NEAR(only_value(&cells), 1, 0);
    CHECK_EQ(cells.items[0].known, place.now);
    place_close(&place);
}

TEST(a_transaction_that_changes_nothing_answers_the_newest_change)
{
    struct place place;
    open_with_price(&place);
    struct cell row = hour(0, 1);
    int64_t change = insert(&place, &row, 1, (struct mando_written){.inserted = 1}), newest = 0;
    place.now += HOUR;
    CHECK_EQ(insert(&place, &row, 1, (struct mando_written){.unchanged = 1}), change);
    CHECK_EQ(insert(&place, &row, 0, (struct mando_written){0}), change);
    CHECK_EQ(place.repository->ops->version(place.session, &newest, NULL), MANDO_OK);
    CHECK_EQ(newest, change);
    place_close(&place);
}

TEST(change_times_rise_though_the_clock_goes_back)
{
    struct place place;
    open_with_price(&place);
    int64_t last = 0;
    for (int i = 0; i < 5; i++) {
        struct cell row = hour(0, i);
        int64_t change = insert(&place, &row, 1,
                                i ? (struct mando_written){.corrected = 1}
                                  : (struct mando_written){.inserted = 1});
        CHECK(change > last);
        CHECK(i < 2 || change == last + 1);
        last = change;
        place.now -= i ? 0 : HOUR;
    }
    place_close(&place);
}

TEST(two_different_rows_in_one_place_are_refused_and_equal_ones_count_once)
{
    struct place place;
    open_with_price(&place);
    struct cell equal[] = {hour(0, 1), hour(1, 2), hour(0, 1)};
    (void)insert(&place, equal, 3, (struct mando_written){.inserted = 2});
    struct cell different[] = {hour(5, 1), hour(6, 2), hour(5, 3)};
    refuse(&place, different, 3, "values.duplicate", 2);
    struct cell beside_unchanged[] = {hour(0, 1), hour(0, 4)};
    refuse(&place, beside_unchanged, 2, "values.duplicate", 1);
    struct cell far_apart[20];
    for (int i = 0; i < 20; i++)
        far_apart[i] = hour(30 + i % 19, 1 + i / 19);
    refuse(&place, far_apart, 20, "values.duplicate", 19);
    place_close(&place);
}

TEST(overlapping_intervals_are_refused_whichever_comes_first)
{
    struct place place;
    open_with_price(&place);
    struct cell row = hour(1, 1), early = hour(0, 1), late = hour(1, 1), inner = hour(1, 1);
    (void)insert(&place, &row, 1, (struct mando_written){.inserted = 1});
    early.end += 1;
    refuse(&place, &early, 1, "values.overlap", 0);
    late.start = late.end - 1;
    late.end += HOUR;
    refuse(&place, &late, 1, "values.overlap", 0);
    inner.start += 1;
    inner.end -= 1;
    refuse(&place, &inner, 1, "values.overlap", 0);
    struct cell wide = hour(0, 1);
    wide.end += 2 * HOUR;
    refuse(&place, &wide, 1, "values.overlap", 0);
    struct cell both[] = {hour(10, 1), hour(9, 1)};
    both[1].end += 1;
    refuse(&place, both, 2, "values.overlap", 0);
    place_close(&place);
}

TEST(only_intervals_that_count_at_the_end_of_the_transaction_must_be_disjoint)
{
    struct place place;
    open_with_price(&place);
    struct cell whole = hour(0, 1);
    (void)insert(&place, &whole, 1, (struct mando_written){.inserted = 1});
    place.now++;
    struct cell quarters[5] = {hour(0, 2)};
    for (int i = 0; i < 4; i++) {
        quarters[i] = hour(0, 2);
        quarters[i].start += i * HOUR / 4;
        quarters[i].end = quarters[i].start + HOUR / 4;
    }
    (void)insert(&place, quarters, 4, (struct mando_written){.inserted = 3, .corrected = 1});
    place.now++;
    refuse(&place, &whole, 1, "values.overlap", 0);
    struct cell back[] = {hour(0, 1), deleted(quarters[1]), deleted(quarters[2]),
                          deleted(quarters[3])};
    (void)insert(&place, back, 4, (struct mando_written){.corrected = 1, .deleted = 3});
    struct cell older = known(quarters[1], NOON - HOUR);
    (void)insert(&place, &older, 1, (struct mando_written){.corrected = 1});
    place_close(&place);
}

/* A transaction of two calls, one row each. */
static enum mando_status insert_apart(struct place *place, const struct cell *first,
                                      const struct cell *second)
{
    struct mando_written written;
    CHECK_EQ(place_begin(place, 0), MANDO_OK);
    CHECK_EQ(place_put(place, &PRICE, 1, MANDO_SERIES, first, 1), MANDO_OK);
    CHECK_EQ(place_put(place, &PRICE, 1, MANDO_SERIES, second, 1), MANDO_OK);
    return place_commit(place, &written);
}

TEST(what_each_call_of_a_transaction_stored_is_checked_for_overlaps)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct cell stored[] = {hour(0, 1), hour(10, 1)}, middle = hour(5, 1);
    struct cell over_first = hour(0, 2), over_last = hour(10, 2);
    over_first.start += HOUR / 2;
    over_last.start += HOUR / 2;
    (void)insert(&place, stored, 2, (struct mando_written){.inserted = 2});
    const struct cell *apart[][2] = {{&over_first, &middle},
                                     {&middle, &over_first},
                                     {&over_last, &middle},
                                     {&middle, &over_last}};
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(insert_apart(&place, apart[i][0], apart[i][1]), MANDO_INVALID);
        CHECK_EQ(place.error.index, i % 2); /* the row is counted over both calls */
    }
    CHECK_TEXT(place.error.code, "values.overlap");
    history(&place, &cells);
    CHECK_EQ(cells.count, 2);
    CHECK_EQ(insert_apart(&place, &middle, &middle), MANDO_OK);
    place_close(&place);
}

/* An hour that begins half an hour late. */
static struct cell late_hour(int number)
{
    struct cell row = hour(number, 7);
    row.start += HOUR / 2;
    row.end += HOUR / 2;
    return row;
}

TEST(rows_of_a_batch_overlap_what_stands_around_them_and_in_their_midst)
{
    struct place place;
    struct mando_written written;
    open_with_price(&place);
    struct cell stored[] = {hour(0, 1), hour(10, 1)};
    (void)insert(&place, stored, 2, (struct mando_written){.inserted = 2});
    struct cell before[] = {late_hour(0), hour(4, 2), hour(5, 2)};
    refuse(&place, before, 3, "values.overlap", 0);
    struct cell behind[] = {hour(3, 2), hour(4, 2), late_hour(9)};
    refuse(&place, behind, 3, "values.overlap", 2);
    struct cell midst[] = {hour(3, 2), late_hour(9), hour(12, 2)};
    refuse(&place, midst, 3, "values.overlap", 1);
    struct cell apart[] = {hour(3, 2), hour(9, 2), hour(11, 2)};
    (void)insert(&place, apart, 3, (struct mando_written){.inserted = 3});
    struct cell first[] = {hour(20, 2), hour(22, 2), hour(24, 2)}, second = late_hour(22);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, first, 3), MANDO_OK);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, &second, 1), MANDO_OK);
    CHECK_EQ(place_commit(&place, &written), MANDO_INVALID);
    CHECK_EQ(place.error.index, 3);
    place_close(&place);
}

/* More rows than a batch of any backend, in order and new, with all that a row may lack. */
TEST(many_new_rows_in_order_are_stored_as_they_came)
{
    struct place place;
    static struct cell rows[4000];
    static struct cells stored, expected;
    open_with_price(&place);
    expected.count = 4000;
    for (int i = 0; i < 4000; i++) {
        rows[i] = hour(i, i % 5 ? i : -0.0);
        rows[i].has_end = i % 7 != 3;
        rows[i].present = i % 11 != 4;
        if (i % 13 == 5)
            rows[i] = known(rows[i], NOON - i);
        expected.items[i] = rows[i];
        expected.items[i].end = rows[i].has_end ? rows[i].end : rows[i].start + HOUR;
        expected.items[i].known = rows[i].has_known ? rows[i].known : place.now;
        expected.items[i].number[0] += 0.0;
        (void)snprintf(expected.items[i].author, sizeof expected.items[i].author, "ada");
    }
    int64_t change = insert(&place, rows, 4000, (struct mando_written){.inserted = 4000});
    for (int i = 0; i < 4000; i++)
        expected.items[i].changed = change;
    history(&place, &stored);
    cells_check(&stored, &expected, true, "many rows");
    for (size_t i = 0; i < stored.count; i++)
        CHECK(!stored.items[i].present || !signbit(stored.items[i].number[0]));
    place_close(&place);
}

/* What is behind the last of many rows is found, before and after they were put, by its row. */
TEST(many_new_rows_overlap_what_comes_in_another_call)
{
    struct place place;
    struct mando_written written;
    static struct cell rows[4000];
    open_with_price(&place);
    for (int i = 0; i < 4000; i++)
        rows[i] = hour(i, i);
    rows[3000].end += 1;
    refuse(&place, rows, 4000, "values.overlap", 3001);
    rows[3000].end -= 1;
    struct cell behind = late_hour(3999), inside = late_hour(1234), gone = deleted(rows[3999]);
    const struct cell *const apart[] = {&behind, &inside};
    for (int i = 0; i < 4; i++) {
        const struct cell *first = i % 2 ? rows : apart[i / 2],
                          *second = i % 2 ? apart[i / 2] : rows;
        CHECK_EQ(place_begin(&place, 0), MANDO_OK);
        CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, first, i % 2 ? 4000 : 1), MANDO_OK);
        CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, second, i % 2 ? 1 : 4000), MANDO_OK);
        CHECK_EQ(place_commit(&place, &written), MANDO_INVALID);
        CHECK_TEXT(place.error.code, "values.overlap");
        CHECK_EQ(place.error.index, i % 2 ? 4000 : 0);
    }
    gone = known(gone, NOON + 1);
    CHECK_EQ(place_begin(&place, NOON), MANDO_OK);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, rows, 4000), MANDO_OK);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, &gone, 1), MANDO_OK);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, &behind, 1), MANDO_OK);
    CHECK_EQ(place_commit(&place, &written), MANDO_OK);
    CHECK_EQ(written.inserted, 4001);
    CHECK_EQ(written.deleted, 1);
    place_close(&place);
}

TEST(instants_overlap_nothing)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct cell rows[] = {hour(0, 1), hour(0, 2), hour(1, 3)};
    rows[1].start = rows[1].end = NOON + HOUR / 2;
    (void)insert(&place, rows, 3, (struct mando_written){.inserted = 3});
    struct cell over = hour(0, 4);
    over.start = NOON + HOUR / 2 + 1;
    refuse(&place, &over, 1, "values.overlap", 0);
    retrieve(&place, EVERYTHING, &cells);
    CHECK_EQ(cells.count, 3);
    CHECK_EQ(cells.items[1].start, cells.items[1].end);
    place_close(&place);
}

TEST(a_deleted_row_is_withdrawn_and_stays_in_history)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct cell row = hour(0, 1), gone = deleted(row);
    int64_t change = insert(&place, &row, 1, (struct mando_written){.inserted = 1});
    place.now++;
    (void)insert(&place, &gone, 1, (struct mando_written){.deleted = 1});
    (void)insert(&place, &gone, 1, (struct mando_written){.unchanged = 1});
    retrieve(&place, EVERYTHING, &cells);
    CHECK_EQ(cells.count, 0);
    retrieve(&place, (struct mando_as_of){MANDO_FOREVER, change}, &cells);
    CHECK_NEAR(only_value(&cells), 1, 0);
    history(&place, &cells);
    CHECK_EQ(cells.count, 2);
    CHECK(cells.items[1].deleted && !cells.items[1].present);
    place.now++;
    (void)insert(&place, &row, 1, (struct mando_written){.corrected = 1});
    place_close(&place);
}

TEST(a_null_value_is_a_version_of_its_own)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct cell zero = hour(0, 0), null = hour(0, 0);
    null.present = false;
    (void)insert(&place, &zero, 1, (struct mando_written){.inserted = 1});
    place.now++;
    (void)insert(&place, &null, 1, (struct mando_written){.corrected = 1});
    (void)insert(&place, &null, 1, (struct mando_written){.unchanged = 1});
    retrieve(&place, EVERYTHING, &cells);
    CHECK_EQ(cells.count, 1);
    CHECK(!cells.items[0].present);
    place_close(&place);
}

TEST(knowledge_more_than_five_seconds_ahead_is_refused)
{
    struct place place;
    open_with_price(&place);
    struct cell rows[] = {known(hour(0, 1), NOON + 5 * MANDO_SECOND_US),
                          known(hour(1, 1), NOON + 5 * MANDO_SECOND_US + 1)};
    refuse(&place, rows, 2, "values.knowledge", 1);
    (void)insert(&place, rows, 1, (struct mando_written){.inserted = 1});
    CHECK_EQ(place_begin(&place, NOON + 6 * MANDO_SECOND_US), MANDO_INVALID);
    CHECK_TEXT(place.error.code, "values.knowledge");
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    place_rollback(&place);
    place_close(&place);
}

TEST(an_error_names_its_row_in_the_stream)
{
    struct place place;
    struct mando_written written;
    struct cell rows[20];
    open_with_price(&place);
    for (int i = 0; i < 20; i++)
        rows[i] = hour(i, i == 15 ? (double)NAN : i);
    CHECK_EQ(place_insert(&place, PRICE, rows, 20, &written), MANDO_INVALID);
    CHECK_TEXT(place.error.code, "rows.number");
    CHECK_EQ(place.error.index, 15);
    place_close(&place);
}

TEST(a_row_without_an_end_ends_after_one_step)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct cell row = hour(0, 1);
    row.has_end = false;
    row.end = 0;
    (void)insert(&place, &row, 1, (struct mando_written){.inserted = 1});
    retrieve(&place, EVERYTHING, &cells);
    CHECK_EQ(cells.items[0].end, NOON + HOUR);
    place_close(&place);
}

TEST(a_range_holds_the_starts_from_its_first_instant_on_and_before_its_last)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct cell rows[5];
    for (int i = 0; i < 5; i++)
        rows[i] = hour(i, i);
    (void)insert(&place, rows, 5, (struct mando_written){.inserted = 5});
    struct mando_scan scan = {.ids = &PRICE,
                              .id_count = 1,
                              .from_us = NOON + HOUR,
                              .to_us = NOON + 3 * HOUR,
                              .as_of = EVERYTHING};
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_OK);
    CHECK_EQ(cells.count, 2);
    CHECK_NEAR(cells.items[0].number[0], 1, 0);
    scan.to_us = scan.from_us;
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_OK);
    CHECK_EQ(cells.count, 0);
    place_close(&place);
}

TEST(data_points_come_in_the_order_they_were_asked_for)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    place_point(&place, "A", MANDO_SERIES);
    const char *ids[] = {PRICE, "A", PRICE};
    struct cell rows[] = {hour(0, 1), hour(0, 2)};
    struct mando_written written;
    rows[1].point = 1;
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place_put(&place, ids, 2, MANDO_SERIES, rows, 2), MANDO_OK);
    CHECK_EQ(place_commit(&place, &written), MANDO_OK);
    CHECK_EQ(written.inserted, 2);
    struct mando_scan scan = {
        .ids = ids, .id_count = 3, .from_us = INT64_MIN, .to_us = INT64_MAX, .as_of = EVERYTHING};
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_OK);
    CHECK_EQ(cells.count, 3);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(cells.items[i].point, i);
        CHECK_NEAR(cells.items[i].number[0], 1 + i % 2, 0);
    }
    scan.id_count = 0;
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_OK);
    CHECK_EQ(cells.count, 0);
    place_close(&place);
}

TEST(unknown_data_points_and_other_types_are_refused)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    place_point(&place, "Doc", MANDO_DOCUMENT);
    const char *ids[] = {PRICE, "Doc", "None"};
    struct mando_scan scan = {.ids = ids, .id_count = 2, .as_of = EVERYTHING};
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_INVALID);
    CHECK_TEXT(place.error.code, "values.type");
    CHECK_TEXT(place.error.where, "Doc");
    scan = (struct mando_scan){.ids = &ids[2], .id_count = 1, .as_of = EVERYTHING};
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_NOT_FOUND);
    CHECK_TEXT(place.error.code, "point.unknown");
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    struct cell row = hour(0, 1);
    row.point = 1;
    CHECK_EQ(place_put(&place, ids, 2, MANDO_SERIES, &row, 1), MANDO_INVALID);
    CHECK_TEXT(place.error.code, "values.type");
    place_rollback(&place);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place_put(&place, &ids[2], 1, MANDO_SERIES, &row, 1), MANDO_NOT_FOUND);
    place_rollback(&place);
    place_close(&place);
}

TEST(a_transaction_whose_call_failed_can_only_be_rolled_back)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct mando_written written = {.inserted = 77};
    struct cell good = hour(0, 1), bad = known(hour(1, 1), NOON + HOUR);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, &good, 1), MANDO_OK);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, &bad, 1), MANDO_INVALID);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, &good, 1), MANDO_CONFLICT);
    CHECK_TEXT(place.error.code, "db.aborted");
    CHECK_EQ(place_commit(&place, &written), MANDO_CONFLICT);
    CHECK_EQ(written.inserted, 77);
    history(&place, &cells);
    CHECK_EQ(cells.count, 0);
    (void)insert(&place, &good, 1, (struct mando_written){.inserted = 1});
    place_close(&place);
}

TEST(what_was_rolled_back_was_never_there)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct cell row = hour(0, 1);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, &row, 1), MANDO_OK);
    place_rollback(&place);
    place_rollback(&place);
    history(&place, &cells);
    CHECK_EQ(cells.count, 0);
    (void)insert(&place, &row, 1, (struct mando_written){.inserted = 1});
    place_close(&place);
}

TEST(a_transaction_reads_what_it_has_stored_and_others_do_not)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    struct mando_session *own = place.session;
    struct mando_written written;
    struct cell row = hour(0, 1);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place_put(&place, &PRICE, 1, MANDO_SERIES, &row, 1), MANDO_OK);
    history(&place, &cells);
    CHECK_EQ(cells.count, 1);
    CHECK_TEXT(cells.items[0].author, "ada");
    CHECK_EQ(mando_session_take(place.repository, &place.session, NULL), MANDO_OK);
    history(&place, &cells);
    CHECK_EQ(cells.count, 0);
    mando_session_give(place.session);
    place.session = own;
    CHECK_EQ(place_commit(&place, &written), MANDO_OK);
    place_close(&place);
}

TEST(a_stream_shows_what_was_there_when_it_was_asked_for)
{
    struct place place;
    struct cells cells = {0};
    open_with_price(&place);
    struct mando_session *reader = place.session;
    struct cell row = hour(0, 1), other = hour(0, 2);
    (void)insert(&place, &row, 1, (struct mando_written){.inserted = 1});
    struct mando_scan scan = {.ids = &PRICE,
                              .id_count = 1,
                              .from_us = INT64_MIN,
                              .to_us = INT64_MAX,
                              .as_of = EVERYTHING};
    struct ArrowArrayStream stream;
    CHECK_EQ(reader->repository->ops->values_scan(reader, &scan, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_session_take(place.repository, &place.session, NULL), MANDO_OK);
    place.now++;
    (void)insert(&place, &other, 1, (struct mando_written){.corrected = 1});
    mando_session_give(place.session);
    place.session = reader;
    CHECK_EQ(cells_read(&stream, &cells, NULL), MANDO_OK);
    CHECK_NEAR(only_value(&cells), 1, 0);
    place_close(&place);
}

TEST(a_second_writer_waits_and_then_says_who_holds_the_lock)
{
    struct place place;
    open_with_price(&place);
    struct mando_session *own = place.session;
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(mando_session_take(place.repository, &place.session, NULL), MANDO_OK);
    CHECK_EQ(place_begin(&place, 0), MANDO_BUSY);
    CHECK_TEXT(place.error.code, "db.busy");
    CHECK(strstr(place.error.message, "write lock"));
    mando_session_give(place.session);
    place.session = own;
    place_rollback(&place);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    place_rollback(&place);
    place_close(&place);
}

TEST(a_cancelled_session_says_so_once)
{
    struct place place;
    struct cells cells;
    open_with_price(&place);
    place.repository->ops->cancel(place.session);
    struct mando_scan scan = {.ids = &PRICE, .id_count = 1, .as_of = EVERYTHING};
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_CANCELLED);
    CHECK_TEXT(place.error.code, "cancelled");
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_OK);
    place_close(&place);
}
