/* Texts that a database could take for something else, and ids as long as they may be: all is kept as it is, and
 * nothing else is touched. */
#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/arena.h"
#include "check.h"
#include "place.h"
#include "repo/catalog.h"
#include "schema/record.h"

/* Short enough for the cells of a test. */
static const char *const TEXTS[] = {"'); DROP --", "\"; DELETE --",   "\\'; SELECT 1",
                                    "' OR '1'='1", "$1 $2 ?1 :a",     "%s%n%d%%_",
                                    "E'\\x27'",    "$$;--$$",         "/*",
                                    "a\nb\r\tc",   "\\.\n\\N",        "NULL",
                                    "{\"a\":[1,}", "\x01\x7f\x1b[2J", "\xc3\xbc\xf0\x9f\x98\x80",
                                    "' '"};
#define TEXT_COUNT ((int)(sizeof TEXTS / sizeof *TEXTS))

static const char *const OTHER = "A/Price";

static enum mando_status put_run(struct place *place, const char *text)
{
    static const struct mando_arrow_field FIELDS[] = {{.name = "id", .type = MANDO_ARROW_TEXT},
                                                      {.name = "state", .type = MANDO_ARROW_TEXT},
                                                      {.name = "start", .type = MANDO_ARROW_TIME}};
    struct mando_arrow_builder builder = {0};
    struct ArrowArrayStream stream;
    CHECK_EQ(mando_arrow_builder_init(&builder, FIELDS, 3), MANDO_OK);
    mando_arrow_push_text(&builder, 0, text, strlen(text));
    mando_arrow_push_text(&builder, 1, text, strlen(text));
    mando_arrow_push_int(&builder, 2, NOON);
    CHECK_EQ(mando_arrow_stream_of(FIELDS, &builder, &stream, NULL), MANDO_OK);
    enum mando_status status = place->repository->ops->records_put(
        place->session, mando_record_kind_find("run"), &stream, &place->error);
    stream.release(&stream);
    return status;
}

/* How many runs have the text as their id and their state. */
static int64_t count_of_runs(struct place *place, const char *text)
{
    const struct mando_predicate both[] = {{"id", MANDO_EQUAL, text, 0},
                                           {"state", MANDO_EQUAL, text, 0}};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    int64_t count = 0;
    CHECK_EQ(place->repository->ops->records_scan(place->session, mando_record_kind_find("run"),
                                                  both, 2, &stream, &place->error),
             MANDO_OK);
    for (;;) {
        CHECK_EQ(stream.get_next(&stream, &batch), 0);
        if (!batch.release)
            break;
        count += batch.length;
        batch.release(&batch);
    }
    stream.release(&stream);
    return count;
}

static void name(int i, char id[MANDO_POINT_ID_SIZE])
{
    (void)snprintf(id, MANDO_POINT_ID_SIZE, "A/Text%d", i);
}

/* One transaction that has the text in every place where there may be any. */
static void store_text(struct place *place, int i)
{
    const struct mando_repository_ops *ops = place->repository->ops;
    const char *text = TEXTS[i];
    struct mando_point point = {.type = MANDO_DOCUMENT, .aggregation = MANDO_LAST, .width = 1};
    struct mando_write write = {.author = text, .reason = text};
    struct cell row = {.start = NOON, .present = true};
    struct mando_written written;
    name(i, point.id);
    const char *id = point.id;
    (void)snprintf(point.unit, sizeof point.unit, "%s", text);
    (void)snprintf(point.time_zone, sizeof point.time_zone, "%s", text);
    (void)snprintf(row.text, sizeof row.text, "%s", text);
    point.document = text;
    CHECK_EQ(ops->begin(place->session, &write, &place->error), MANDO_OK);
    CHECK_EQ(ops->points_put(place->session, &point, 1, &place->error), MANDO_OK);
    CHECK_EQ(place_put(place, &id, 1, MANDO_DOCUMENT, &row, 1), MANDO_OK);
    CHECK_EQ(put_run(place, text), MANDO_OK);
    CHECK_EQ(place_commit(place, &written), MANDO_OK);
}

static void check_value(struct place *place, int i)
{
    static struct cells cells;
    char id[MANDO_POINT_ID_SIZE];
    const char *one = id;
    struct mando_scan scan = {.ids = &one,
                              .id_count = 1,
                              .from_us = INT64_MIN,
                              .to_us = INT64_MAX,
                              .as_of = EVERYTHING,
                              .every_version = true};
    name(i, id);
    CHECK_EQ(place_scan(place, &scan, &cells), MANDO_OK);
    CHECK_EQ(cells.count, 1);
    CHECK_TEXT(cells.items[0].text, TEXTS[i]);
    CHECK_TEXT(cells.items[0].author, TEXTS[i]);
}

static void check_point(struct place *place, int i)
{
    struct ArrowArrayStream stream;
    struct mando_arena arena = {0};
    struct mando_catalog catalog;
    char id[MANDO_POINT_ID_SIZE];
    name(i, id);
    CHECK_EQ(place->repository->ops->points_find(place->session, id, EVERYTHING, &stream, NULL),
             MANDO_OK);
    CHECK_EQ(mando_catalog_read(&stream, &arena, &catalog, NULL), MANDO_OK);
    stream.release(&stream);
    CHECK_EQ(catalog.count, 1);
    CHECK_TEXT(catalog.items[0].point.unit, TEXTS[i]);
    CHECK_TEXT(catalog.items[0].point.time_zone, TEXTS[i]);
    CHECK_TEXT(catalog.items[0].point.document, TEXTS[i]);
    mando_arena_release(&arena);
}

static enum mando_status take(void *context, const struct mando_change *change)
{
    int *next = context;
    if (!change->author || strcmp(change->author, "ada") == 0)
        return MANDO_OK;
    CHECK(*next < TEXT_COUNT);
    CHECK_TEXT(change->author, TEXTS[*next]);
    CHECK_TEXT(change->reason, TEXTS[*next]);
    ++*next;
    return MANDO_OK;
}

TEST(sql_in_a_text_is_text)
{
    struct place place;
    struct mando_written written;
    struct cell row = {.start = NOON, .present = true, .number = {7}};
    int told = 0;
    place_open(&place);
    place_point(&place, OTHER, MANDO_SERIES);
    CHECK_EQ(place_insert(&place, OTHER, &row, 1, &written), MANDO_OK);
    for (int i = 0; i < TEXT_COUNT; i++)
        store_text(&place, i);
    for (int i = 0; i < TEXT_COUNT; i++) {
        check_point(&place, i);
        check_value(&place, i);
        CHECK_EQ(count_of_runs(&place, TEXTS[i]), 1);
    }
    CHECK_EQ(count_of_runs(&place, "' OR 1=1 --"), 0);
    CHECK_EQ(place.repository->ops->changes_scan(place.session, NULL, take, &told, &place.error),
             MANDO_OK);
    CHECK_EQ(told, TEXT_COUNT);
    CHECK_EQ(place_insert(&place, OTHER, &row, 1, &written), MANDO_OK);
    CHECK_EQ(written.unchanged, 1);
    place_close(&place);
}

#define ID_LENGTH (MANDO_POINT_ID_SIZE - 1)

/* As long as an id may be, of so many segments; they differ in the last character only. */
static void write_longest(int segments, char last, char id[MANDO_POINT_ID_SIZE])
{
    memset(id, 'a', ID_LENGTH);
    for (int i = 1; i < segments; i++)
        id[2 * i - 1] = '/';
    id[ID_LENGTH - 1] = last;
    id[ID_LENGTH] = '\0';
}

TEST(ids_as_long_as_they_may_be_are_told_apart)
{
    static const char LAST[] = {'A', 'Z', '_', 'a', 'z'};
    static char ids[2 * sizeof LAST][MANDO_POINT_ID_SIZE];
    struct place place;
    place_open(&place);
    for (size_t i = 0; i < sizeof LAST; i++) {
        write_longest(MANDO_POINT_SEGMENTS_MAX, LAST[i], ids[i]);
        write_longest(1, LAST[i], ids[sizeof LAST + i]);
    }
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct cell row = {.start = NOON, .present = true, .number = {(double)i}};
        struct mando_written written;
        place_point(&place, ids[i], MANDO_SERIES);
        CHECK_EQ(place_insert(&place, ids[i], &row, 1, &written), MANDO_OK);
        CHECK_EQ(written.inserted, 1);
    }
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        static struct cells cells;
        const char *id = ids[i];
        struct mando_scan scan = {.ids = &id,
                                  .id_count = 1,
                                  .from_us = INT64_MIN,
                                  .to_us = INT64_MAX,
                                  .as_of = EVERYTHING};
        CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_OK);
        CHECK_EQ(cells.count, 1);
        CHECK_NEAR(cells.items[0].number[0], (double)i, 0);
    }
    place_close(&place);
}
