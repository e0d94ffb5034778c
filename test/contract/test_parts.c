/* All that is stored, told as it is and taken as it is. */
#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "check.h"
#include "parts.h"
#include "repo/version.h"
#include "schema/record.h"
#include "service/service.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const SERIES[] = {"b/series"}, *const MATRIX[] = {"a/matrix"},
                         *const DOCUMENT[] = {"c/document"};

static void put_entry(struct place *place, int64_t amount)
{
    static const struct mando_arrow_field FIELDS[] = {
        {.name = "transaction", .type = MANDO_ARROW_TEXT},
        {.name = "account", .type = MANDO_ARROW_TEXT},
        {.name = "amount", .type = MANDO_ARROW_INT64},
        {.name = "currency", .type = MANDO_ARROW_TEXT},
        {.name = "kind", .type = MANDO_ARROW_TEXT},
        {.name = "start", .type = MANDO_ARROW_TIME},
        {.name = "end", .type = MANDO_ARROW_TIME}};
    static const char *const TEXTS[COUNT(FIELDS)] = {"t", "cash", NULL, "EUR", "", NULL, NULL};
    const struct mando_record_kind *kind = mando_record_kind_find("ledger_entry");
    struct mando_arrow_builder builder = {0};
    struct ArrowArrayStream stream;
    CHECK_EQ(mando_arrow_builder_init(&builder, FIELDS, COUNT(FIELDS)), MANDO_OK);
    for (size_t i = 0; i < COUNT(FIELDS); i++)
        if (TEXTS[i])
            mando_arrow_push_text(&builder, i, TEXTS[i], strlen(TEXTS[i]));
        else
            mando_arrow_push_int(&builder, i, amount);
    CHECK_EQ(mando_arrow_stream_of(FIELDS, &builder, &stream, NULL), MANDO_OK);
    CHECK_EQ(place->repository->ops->records_put(place->session, kind, &stream, &place->error),
             MANDO_OK);
    stream.release(&stream);
}

/* Values of each type, a correction, one that is missing and one that is withdrawn, and records: in three
 * changes after those that make the data points. Answers the second of the three. */
static int64_t fill(struct place *place)
{
    static const struct cell FIRST[] = {
        {.start = NOON, .present = true, .number = {1.5}},
        {.start = NOON + HOUR, .present = true, .number = {-0.0}},
        {.start = NOON + 2 * HOUR, .has_end = true, .end = NOON + 2 * HOUR}};
    static const struct cell SECOND[] = {{.start = NOON, .present = true, .number = {2.5}},
                                         {.start = NOON + HOUR, .deleted = true}};
    static const struct cell NUMBERS[] = {{.start = NOON, .present = true, .number = {1, NAN, 3}},
                                          {.start = NOON + HOUR}};
    static const struct cell TEXTS[] = {
        {.start = NOON, .present = true, .text = "{\"a\": 1}"},
        {.start = NOON + HOUR, .present = true, .text = "\"\xc3\xbc\""}};
    struct mando_written written;
    place_point(place, *SERIES, MANDO_SERIES);
    place_point(place, *MATRIX, MANDO_MATRIX);
    place_point(place, *DOCUMENT, MANDO_DOCUMENT);
    CHECK_EQ(place_begin(place, NOON - HOUR), MANDO_OK);
    CHECK_EQ(place_put(place, SERIES, 1, MANDO_SERIES, FIRST, COUNT(FIRST)), MANDO_OK);
    CHECK_EQ(place_put(place, MATRIX, 1, MANDO_MATRIX, NUMBERS, COUNT(NUMBERS)), MANDO_OK);
    put_entry(place, 5);
    CHECK_EQ(place_commit(place, &written), MANDO_OK);
    int64_t middle_us = written.change_us;
    CHECK_EQ(place_begin(place, 0), MANDO_OK);
    CHECK_EQ(place_put(place, SERIES, 1, MANDO_SERIES, SECOND, COUNT(SECOND)), MANDO_OK);
    put_entry(place, 6);
    put_entry(place, 7);
    CHECK_EQ(place_commit(place, &written), MANDO_OK);
    CHECK_EQ(place_begin(place, 0), MANDO_OK);
    CHECK_EQ(place_put(place, DOCUMENT, 1, MANDO_DOCUMENT, TEXTS, COUNT(TEXTS)), MANDO_OK);
    CHECK_EQ(place_commit(place, &written), MANDO_OK);
    return middle_us;
}

TEST(parts_are_told_in_their_order)
{
    struct place place;
    place_open(&place);
    int64_t middle_us = fill(&place);
    struct mando_change_range until = {INT64_MIN, middle_us};
    struct mando_text text = parts_text(place.session, &until, MANDO_PARTS_ALL);
    /* From 2025-12-01T12:00:00Z on, a microsecond for each change. */
    CHECK_TEXT(
        text.bytes,
        "change 1764590400000000 ada test\n"
        "change 1764590400000001 ada test\n"
        "change 1764590400000002 ada test\n"
        "change 1764590400000003 ada test\n"
        "configuration a/matrix 2 3 EUR/MWh UTC 1 0 0 3600000000 none known 1764590400000000 "
        "changed 1764590400000001\n"
        "configuration b/series 1 1 EUR/MWh UTC 1 0 0 3600000000 none known 1764590400000000 "
        "changed 1764590400000000\n"
        "configuration c/document 3 1 EUR/MWh UTC 1 0 0 3600000000 none known "
        "1764590400000000 changed 1764590400000002\n"
        "version a/matrix 1764590400000000 1764594000000000 known 1764586800000000 changed "
        "1764590400000003 present 0x0p+0 000000000000f03f000000000000f87f0000000000000840\n"
        "version a/matrix 1764594000000000 1764597600000000 known 1764586800000000 changed "
        "1764590400000003 \n"
        "version b/series 1764590400000000 1764594000000000 known 1764586800000000 changed "
        "1764590400000003 present 0x1.8p+0 \n"
        "version b/series 1764594000000000 1764597600000000 known 1764586800000000 changed "
        "1764590400000003 present 0x0p+0 \n"
        "version b/series 1764597600000000 1764597600000000 known 1764586800000000 changed "
        "1764590400000003 \n"
        "ledger_entry changed 1764590400000003 0 \"t\" \"cash\" 5 \"EUR\" \"\" 5 5 -\n");
    mando_text_release(&text);
    place_close(&place);
}

TEST(parts_of_a_range_and_of_a_kind_are_told_alone)
{
    struct place place;
    place_open(&place);
    int64_t middle_us = fill(&place);
    const struct mando_change_range after = {middle_us, middle_us + 1},
                                    none = {middle_us, middle_us};
    struct mando_text text =
        parts_text(place.session, &after, MANDO_PART_CHANGE | MANDO_PART_RECORD);
    CHECK_TEXT(text.bytes,
               "change 1764590400000004 ada test\n"
               "ledger_entry changed 1764590400000004 0 \"t\" \"cash\" 6 \"EUR\" \"\" 6 6 -\n"
               "ledger_entry changed 1764590400000004 1 \"t\" \"cash\" 7 \"EUR\" \"\" 7 7 -\n");
    mando_text_release(&text);
    text = parts_text(place.session, &after, MANDO_PART_VERSION);
    CHECK_TEXT(text.bytes,
               "version b/series 1764590400000000 1764594000000000 known 1764590400000000 changed "
               "1764590400000004 present 0x1.4p+1 \n"
               "version b/series 1764594000000000 1764597600000000 known 1764590400000000 changed "
               "1764590400000004 deleted \n");
    mando_text_release(&text);
    text = parts_text(place.session, &none, MANDO_PARTS_ALL);
    CHECK_TEXT(text.bytes, "");
    mando_text_release(&text);
    place_close(&place);
}

TEST(what_is_restored_is_as_it_was)
{
    struct place place, again;
    struct aside aside;
    place_open(&place);
    place_open(&again);
    aside_open(&aside);
    int64_t middle_us = fill(&place);
    const struct mando_change_range first = {INT64_MIN, middle_us}, rest = {middle_us, INT64_MAX};
    CHECK_EQ(parts_copy(place.session, aside.session, &EVER, &place.error), MANDO_OK);
    parts_check_same(place.session, aside.session);
    CHECK_EQ(parts_copy(aside.session, again.session, &first, &again.error), MANDO_OK);
    CHECK_EQ(parts_copy(aside.session, again.session, &rest, &again.error), MANDO_OK);
    parts_check_same(place.session, again.session);
    aside_close(&aside);
    place_close(&again);
    place_close(&place);
}

TEST(writes_go_on_after_what_was_restored)
{
    static const struct cell ROWS[] = {{.start = NOON, .present = true, .number = {2.5}},
                                       {.start = NOON + 5 * HOUR, .present = true, .number = {1}}};
    struct place place, copy;
    struct mando_written written;
    int64_t newest_us;
    place_open(&place);
    place_open(&copy);
    (void)fill(&place);
    CHECK_EQ(parts_copy(place.session, copy.session, &EVER, &copy.error), MANDO_OK);
    CHECK_EQ(copy.repository->ops->version(copy.session, &newest_us, NULL), MANDO_OK);
    CHECK_EQ(newest_us, NOON + 5);
    CHECK_EQ(place_insert(&copy, *SERIES, ROWS, 2, &written), MANDO_OK);
    CHECK_EQ(written.unchanged, 1);
    CHECK_EQ(written.inserted, 1);
    CHECK_EQ(written.change_us, NOON + 6);
    place_close(&copy);
    place_close(&place);
}

static enum mando_status stop(void *context, const struct mando_part *part)
{
    int *left = context;
    (void)part;
    return (*left)-- == 0 ? MANDO_LIMIT : MANDO_OK;
}

TEST(a_scan_of_parts_ends_where_it_is_told_to)
{
    struct place place;
    place_open(&place);
    (void)fill(&place);
    for (int count = 0; count < 17; count++) {
        int left = count;
        CHECK_EQ(place.repository->ops->parts_scan(place.session, &EVER, MANDO_PARTS_ALL, stop,
                                                   &left, &place.error),
                 MANDO_LIMIT);
    }
    struct mando_text text = parts_text(place.session, &EVER, MANDO_PART_CHANGE);
    CHECK(text.length > 100);
    mando_text_release(&text);
    place_close(&place);
}

TEST(nothing_is_restored_where_another_has_written)
{
    struct place place, copy;
    struct mando_session *other;
    place_open(&place);
    place_open(&copy);
    (void)fill(&place);
    place_point(&copy, "own", MANDO_SERIES);
    CHECK_EQ(copy.repository->ops->restore_begin(copy.session, 0, &copy.error), MANDO_CONFLICT);
    CHECK_TEXT(copy.error.code, "copy.target");
    /* Nor is the lock held. */
    CHECK_EQ(mando_session_take(copy.repository, &other, &copy.error), MANDO_OK);
    mando_session_give(other);
    place_point(&copy, "another", MANDO_SERIES);
    place_close(&copy);
    place_close(&place);
}

TEST(what_is_restored_is_stored_as_a_whole_or_not_at_all)
{
    struct place place, copy;
    const struct mando_version version = {.change_us = NOON};
    const struct mando_part part = {.kind = MANDO_PART_VERSION, .id = "none", .version = &version};
    const struct mando_change change = {.change_us = NOON, .author = "a", .reason = ""};
    const struct mando_part begin = {.kind = MANDO_PART_CHANGE, .change = &change};
    struct mando_written written;
    place_open(&place);
    place_open(&copy);
    const struct mando_repository_ops *ops = copy.repository->ops;
    (void)fill(&place);
    CHECK_EQ(ops->restore_begin(copy.session, 0, &copy.error), MANDO_OK);
    CHECK_EQ(ops->restore(copy.session, &begin, &copy.error), MANDO_OK);
    CHECK_EQ(ops->restore(copy.session, &part, &copy.error), MANDO_NOT_FOUND);
    CHECK_EQ(ops->restore(copy.session, &begin, &copy.error), MANDO_CONFLICT);
    CHECK_EQ(ops->commit(copy.session, &written, &copy.error), MANDO_CONFLICT);
    CHECK_EQ(ops->restore_begin(copy.session, 0, &copy.error), MANDO_OK);
    CHECK_EQ(ops->restore(copy.session, &begin, &copy.error), MANDO_OK);
    ops->rollback(copy.session);
    struct mando_text text = parts_text(copy.session, &EVER, MANDO_PARTS_ALL);
    CHECK_TEXT(text.bytes, "");
    mando_text_release(&text);
    CHECK_EQ(parts_copy(place.session, copy.session, &EVER, &copy.error), MANDO_OK);
    parts_check_same(place.session, copy.session);
    place_close(&copy);
    place_close(&place);
}

TEST(each_allocation_of_a_copy_may_fail)
{
    struct place place, copy;
    struct aside aside;
    enum mando_status status;
    int64_t calls = 0;
    place_open(&place);
    aside_open(&aside);
    (void)fill(&place);
    CHECK_EQ(parts_copy(place.session, aside.session, &EVER, &place.error), MANDO_OK);
    do {
        place_open(&copy);
        mando_alloc_fail_after(calls++);
        status = parts_copy(aside.session, copy.session, &EVER, &copy.error);
        mando_alloc_fail_after(-1);
        CHECK(status == MANDO_OK || status == MANDO_NO_MEMORY);
        if (!status)
            parts_check_same(place.session, copy.session);
        place_close(&copy);
    } while (status);
    CHECK(calls > 5);
    calls = 0;
    do {
        struct aside target;
        aside_open(&target);
        mando_alloc_fail_after(calls++);
        status = parts_copy(place.session, target.session, &EVER, &place.error);
        mando_alloc_fail_after(-1);
        CHECK(status == MANDO_OK || status == MANDO_NO_MEMORY);
        aside_close(&target);
    } while (status);
    aside_close(&aside);
    place_close(&place);
}

TEST(each_call_of_a_copy_may_fail_and_the_next_copy_goes_on)
{
    const struct mando_copy_options options = {.parts_max = 1};
    struct place place, copy;
    struct mando_copied copied;
    enum mando_status status;
    int64_t calls = 0, parts = 0;
    place_open(&place);
    (void)fill(&place);
    struct mando_service from = {.repository = place.repository};
    do {
        struct fault fault = {.left = -1, .failed = CALLS};
        const struct wrapper_hooks hooks = fault_hooks(&fault);
        place_open_in(&copy, &hooks);
        struct mando_service to = {.repository = copy.repository};
        fault.left = calls++;
        status = mando_service_copy(&from, &to, &options, &copied, &copy.error);
        CHECK(status == MANDO_OK || (status == MANDO_IO && fault.failed != CALLS));
        fault.left = -1;
        CHECK_EQ(mando_service_copy(&from, &to, &options, &copied, &copy.error), MANDO_OK);
        CHECK_EQ(copied.changes, 6);
        parts += copied.stored > 0 && copied.stored < copied.changes;
        parts_check_same(place.session, copy.session);
        place_close(&copy);
    } while (status);
    CHECK(calls > 20 && parts > 10);
    place_close(&place);
}
