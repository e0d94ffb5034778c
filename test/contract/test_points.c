/* Data points, matrices and documents. */
#include "check.h"
#include "mando/rows.h"
#include "place.h"
#include "repo/catalog.h"

static const struct mando_point PRICE = {.id = "Market/DE-LU/DayAhead/Price",
                                         .unit = "EUR/MWh",
                                         .time_zone = "Europe/Berlin",
                                         .type = MANDO_SERIES,
                                         .aggregation = MANDO_MEAN,
                                         .resolution = {.time_us = HOUR},
                                         .width = 1};

static enum mando_status put_at(struct place *place, const struct mando_point *point,
                                int64_t knowledge, struct mando_written *written)
{
    enum mando_status status = place_begin(place, knowledge);
    if (!status)
        status = place->repository->ops->points_put(place->session, point, 1, &place->error);
    if (!status)
        return place_commit(place, written);
    place_rollback(place);
    return status;
}

static int64_t put(struct place *place, const struct mando_point *point)
{
    struct mando_written written;
    CHECK_EQ(put_at(place, point, 0, &written), MANDO_OK);
    CHECK_EQ(written.inserted + written.corrected + written.unchanged + written.deleted, 0);
    return written.change_us;
}

/* Texts of a catalog, "|" between cells and "\n" behind a row. */
static void catalog(struct place *place, const char *pattern, struct mando_as_of as_of, char *text,
                    size_t size)
{
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    size_t used = 0;
    text[0] = '\0';
    CHECK_EQ(
        place->repository->ops->points_find(place->session, pattern, as_of, &stream, &place->error),
        MANDO_OK);
    CHECK_EQ(stream.get_schema(&stream, &schema), 0);
    CHECK_TEXT(schema.children[0]->name, "id");
    for (;;) {
        CHECK_EQ(stream.get_next(&stream, &batch), 0);
        if (!batch.release)
            break;
        for (int64_t row = 0; row < batch.length; row++) {
            for (int64_t column = 0; column < batch.n_children; column++) {
                const struct ArrowArray *cells = batch.children[column];
                const uint8_t *bits = cells->buffers[0];
                if (schema.children[column]->format[0] != 'u'
                    || (bits && !(bits[row / 8] >> (row % 8) & 1)))
                    continue;
                const int32_t *offsets = cells->buffers[1];
                int length = offsets[row + 1] - offsets[row];
                const char *bytes = length ? (const char *)cells->buffers[2] + offsets[row] : "";
                used += (size_t)snprintf(text + used, size - used, "%.*s|", length, bytes);
            }
            used += (size_t)snprintf(text + used, size - used, "\n");
        }
        batch.release(&batch);
    }
    schema.release(&schema);
    stream.release(&stream);
}

TEST(a_data_point_is_in_the_catalog_with_its_configuration)
{
    struct place place;
    char text[512];
    struct mando_point battery = {.id = "Asset/DE/Battery1/Config",
                                  .type = MANDO_DOCUMENT,
                                  .aggregation = MANDO_LAST,
                                  .time_zone = "UTC",
                                  .width = 1,
                                  .document = "{\"owner\":\"ada\"}"};
    place_open(&place);
    catalog(&place, "**", EVERYTHING, text, sizeof text);
    CHECK_TEXT(text, "");
    put(&place, &PRICE);
    put(&place, &battery);
    catalog(&place, "**", EVERYTHING, text, sizeof text);
    CHECK_TEXT(text,
               "Asset/DE/Battery1/Config|StaticData||UTC|last|{\"owner\":\"ada\"}|\n"
               "Market/DE-LU/DayAhead/Price|TimeSeriesDouble|EUR/MWh|PT1H|Europe/Berlin|mean|\n");
    catalog(&place, "Asset/**", EVERYTHING, text, sizeof text);
    CHECK_TEXT(text, "Asset/DE/Battery1/Config|StaticData||UTC|last|{\"owner\":\"ada\"}|\n");
    place_close(&place);
}

static void check_ids(struct place *place, const char *pattern, const char *expected)
{
    char text[1024], ids[256] = "";
    catalog(place, pattern, EVERYTHING, text, sizeof text);
    for (char *row = text; *row; row = strchr(row, '\n') + 1)
        (void)snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "%.*s ", (int)strcspn(row, "|"),
                       row);
    if (strcmp(ids, expected) != 0)
        print_error("%s\n", pattern);
    CHECK_TEXT(ids, expected);
}

TEST(a_catalog_is_read_as_the_data_points_it_is_of)
{
    struct place place;
    struct mando_point points[3] = {PRICE, PRICE, PRICE};
    (void)snprintf(points[1].id, sizeof points[1].id, "N");
    points[1].type = MANDO_MATRIX;
    points[1].width = 4;
    points[1].aggregation = MANDO_LAST;
    points[1].resolution = (struct mando_duration){.months = 1};
    points[1].document = "{\"labels\":[\"a\",\"b\",\"c\",\"d\"]}";
    (void)snprintf(points[2].id, sizeof points[2].id, "O");
    points[2].type = MANDO_DOCUMENT;
    points[2].resolution = (struct mando_duration){0};
    place_open(&place);
    for (int i = 0; i < 3; i++)
        (void)put(&place, &points[i]);
    struct ArrowArrayStream stream;
    struct mando_arena arena = {0};
    struct mando_catalog catalog;
    CHECK_EQ(place.repository->ops->points_find(place.session, "**", EVERYTHING, &stream, NULL),
             MANDO_OK);
    CHECK_EQ(mando_catalog_read(&stream, &arena, &catalog, NULL), MANDO_OK);
    stream.release(&stream);
    CHECK_EQ(catalog.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct mando_point *actual = &catalog.items[i].point;
        CHECK_TEXT(actual->id, points[i].id);
        CHECK_TEXT(actual->unit, points[i].unit);
        CHECK_TEXT(actual->time_zone, points[i].time_zone);
        CHECK_EQ(actual->type, points[i].type);
        CHECK_EQ(actual->aggregation, points[i].aggregation);
        CHECK_EQ(actual->width, points[i].width);
        CHECK_EQ(actual->resolution.months, points[i].resolution.months);
        CHECK_EQ(actual->resolution.time_us, points[i].resolution.time_us);
        CHECK_TEXT(actual->document ? actual->document : "", i == 1 ? points[1].document : "");
        CHECK_EQ(catalog.items[i].knowledge_us, NOON);
    }
    mando_arena_release(&arena);
    place_close(&place);
}

TEST(what_is_no_catalog_is_refused)
{
    struct ArrowArrayStream stream;
    struct mando_arena arena = {0};
    struct mando_catalog catalog;
    struct mando_error error;
    cells_stream(NULL, 0, MANDO_SERIES, 1, &stream);
    CHECK_EQ(mando_catalog_read(&stream, &arena, &catalog, &error), MANDO_INVALID);
    CHECK_TEXT(error.code, "arrow.schema");
    stream.release(&stream);
    mando_arena_release(&arena);
}

TEST(patterns_choose_data_points_by_their_segments)
{
    static const char *const IDS[] = {"A/B", "A", "A/B/C", "A-1/B", "B/B", "A/C", "AB"};
    struct place place;
    place_open(&place);
    for (size_t i = 0; i < sizeof IDS / sizeof *IDS; i++)
        place_point(&place, IDS[i], MANDO_SERIES);
    check_ids(&place, "A", "A ");
    check_ids(&place, "A/B", "A/B ");
    check_ids(&place, "A/*", "A/B A/C ");
    check_ids(&place, "A/**", "A A/B A/B/C A/C ");
    check_ids(&place, "*/B", "A-1/B A/B B/B ");
    check_ids(&place, "*", "A AB ");
    check_ids(&place, "**", "A A-1/B A/B A/B/C A/C AB B/B ");
    check_ids(&place, "C/**", "");
    struct ArrowArrayStream stream;
    CHECK_EQ(place.repository->ops->points_find(place.session, "A/**/B", EVERYTHING, &stream,
                                                &place.error),
             MANDO_INVALID);
    CHECK_TEXT(place.error.code, "point.pattern");
    place_close(&place);
}

TEST(configurations_are_versioned_as_values_are)
{
    struct place place;
    char text[512];
    struct mando_point point = PRICE;
    place_open(&place);
    int64_t first = put(&place, &point);
    CHECK_EQ(put(&place, &point), first);
    (void)snprintf(point.unit, sizeof point.unit, "GBP/MWh");
    place.now += HOUR;
    int64_t second = put(&place, &point);
    CHECK(second > first);
    catalog(&place, PRICE.id, EVERYTHING, text, sizeof text);
    CHECK(strstr(text, "GBP/MWh"));
    CHECK(!strstr(text, "EUR/MWh"));
    catalog(&place, "**", (struct mando_as_of){MANDO_FOREVER, first}, text, sizeof text);
    CHECK(strstr(text, "EUR/MWh"));
    catalog(&place, "**", (struct mando_as_of){NOON, MANDO_FOREVER}, text, sizeof text);
    CHECK(strstr(text, "EUR/MWh"));
    catalog(&place, "**", (struct mando_as_of){NOON - 1, MANDO_FOREVER}, text, sizeof text);
    CHECK_TEXT(text, "");
    struct mando_written written;
    CHECK_EQ(put_at(&place, &PRICE, NOON, &written), MANDO_OK);
    CHECK_EQ(written.change_us, second);
    (void)snprintf(point.unit, sizeof point.unit, "USD/MWh");
    CHECK_EQ(put_at(&place, &point, NOON - HOUR, &written), MANDO_OK);
    CHECK(written.change_us > second);
    catalog(&place, "**", EVERYTHING, text, sizeof text);
    CHECK(strstr(text, "GBP/MWh"));
    catalog(&place, "**", (struct mando_as_of){NOON - 1, MANDO_FOREVER}, text, sizeof text);
    CHECK(strstr(text, "USD/MWh"));
    (void)snprintf(point.unit, sizeof point.unit, "CHF/MWh");
    place.now++;
    CHECK_EQ(put_at(&place, &point, NOON - HOUR, &written), MANDO_OK);
    catalog(&place, "**", (struct mando_as_of){NOON - 1, MANDO_FOREVER}, text, sizeof text);
    CHECK(strstr(text, "CHF/MWh"));
    place_close(&place);
}

TEST(each_field_of_a_configuration_makes_another_one)
{
    struct place place;
    struct mando_point point = PRICE;
    place_open(&place);
    int64_t before = put(&place, &point);
    for (int field = 0; field < 7; field++) {
        switch (field) {
        case 0:
            (void)snprintf(point.time_zone, sizeof point.time_zone, "Europe/Paris");
            break;
        case 1:
            point.aggregation = MANDO_SUM;
            break;
        case 2:
            point.resolution.months = 1;
            break;
        case 3:
            point.resolution.days = 1;
            break;
        case 4:
            point.resolution.time_us++;
            break;
        case 5:
            point.document = "{\"owner\":\"ada\"}";
            break;
        default:
            point.document = "{\"owner\":\"bob\"}";
            break;
        }
        place.now++;
        int64_t change = put(&place, &point);
        CHECK(change > before);
        CHECK_EQ(put(&place, &point), change);
        before = change;
    }
    place_close(&place);
}

TEST(what_a_data_point_is_never_changes)
{
    struct place place;
    struct mando_written written;
    struct mando_point point = PRICE;
    place_open(&place);
    (void)put(&place, &point);
    point.type = MANDO_DOCUMENT;
    CHECK_EQ(put_at(&place, &point, 0, &written), MANDO_CONFLICT);
    CHECK_TEXT(place.error.code, "point.type");
    CHECK_TEXT(place.error.where, PRICE.id);
    point = PRICE;
    (void)snprintf(point.id, sizeof point.id, "Matrix");
    point.type = MANDO_MATRIX;
    point.width = 2;
    (void)put(&place, &point);
    point.width = 3;
    CHECK_EQ(put_at(&place, &point, 0, &written), MANDO_CONFLICT);
    place_close(&place);
}

TEST(two_configurations_of_one_transaction_are_refused)
{
    struct place place;
    struct mando_point points[2] = {PRICE, PRICE};
    place_open(&place);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place.repository->ops->points_put(place.session, points, 2, NULL), MANDO_OK);
    points[1].aggregation = MANDO_SUM;
    CHECK_EQ(place.repository->ops->points_put(place.session, points, 2, &place.error),
             MANDO_INVALID);
    CHECK_TEXT(place.error.code, "values.duplicate");
    place_rollback(&place);
    char text[64];
    catalog(&place, "**", EVERYTHING, text, sizeof text);
    CHECK_TEXT(text, "");
    place_close(&place);
}

TEST(a_data_point_that_was_rolled_back_was_never_there)
{
    static const struct cell ROW = {.start = NOON, .present = true, .number = {1}};
    static const char *const IDS[] = {"Market/DE-LU/DayAhead/Price"};
    struct place place;
    struct cells cells;
    place_open(&place);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place.repository->ops->points_put(place.session, &PRICE, 1, NULL), MANDO_OK);
    CHECK_EQ(place_put(&place, IDS, 1, MANDO_SERIES, &ROW, 1), MANDO_OK);
    place_rollback(&place);
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place_put(&place, IDS, 1, MANDO_SERIES, &ROW, 1), MANDO_NOT_FOUND);
    CHECK_TEXT(place.error.code, "point.unknown");
    place_rollback(&place);
    const struct mando_scan scan = {
        .ids = IDS, .id_count = 1, .from_us = INT64_MIN, .to_us = INT64_MAX, .as_of = EVERYTHING};
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_NOT_FOUND);
    (void)put(&place, &PRICE);
    CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_OK);
    CHECK_EQ(cells.count, 0);
    place_close(&place);
}

static void insert_as(struct place *place, const char *id, enum mando_point_type type,
                      const struct cell *rows, size_t count, struct mando_written *written)
{
    CHECK_EQ(place_begin(place, 0), MANDO_OK);
    CHECK_EQ(place_put(place, &id, 1, type, rows, count), MANDO_OK);
    CHECK_EQ(place_commit(place, written), MANDO_OK);
}

static void read_all(struct place *place, const char *id, struct cells *cells)
{
    struct mando_scan scan = {
        .ids = &id, .id_count = 1, .from_us = INT64_MIN, .to_us = INT64_MAX, .as_of = EVERYTHING};
    CHECK_EQ(place_scan(place, &scan, cells), MANDO_OK);
}

TEST(a_matrix_keeps_each_of_its_numbers_and_which_are_missing)
{
    struct place place;
    struct cells cells;
    struct mando_written written;
    struct cell rows[2] = {{.start = NOON, .present = true, .number = {1.5, NAN, -0.0}},
                           {.start = NOON + HOUR, .present = false}};
    place_open(&place);
    place_point(&place, "M", MANDO_MATRIX);
    insert_as(&place, "M", MANDO_MATRIX, rows, 2, &written);
    CHECK_EQ(written.inserted, 2);
    rows[0].number[2] = 0;
    insert_as(&place, "M", MANDO_MATRIX, rows, 2, &written);
    CHECK_EQ(written.unchanged, 2);
    place.now++;
    rows[0].number[1] = 2;
    insert_as(&place, "M", MANDO_MATRIX, rows, 1, &written);
    CHECK_EQ(written.corrected, 1);
    read_all(&place, "M", &cells);
    CHECK_EQ(cells.count, 2);
    CHECK_NEAR(cells.items[0].number[0], 1.5, 0);
    CHECK_NEAR(cells.items[0].number[1], 2, 0);
    CHECK(!signbit(cells.items[0].number[2]));
    CHECK(!cells.items[1].present);
    place_close(&place);
}

TEST(a_document_holds_until_the_next_one)
{
    struct place place;
    struct cells cells;
    struct mando_written written;
    struct cell rows[3] = {{.start = NOON, .present = true, .text = "{\"a\":1}"},
                           {.start = NOON + 1, .present = true, .text = ""},
                           {.start = NOON + HOUR, .present = true, .text = "[]"}};
    place_open(&place);
    place_point(&place, "D", MANDO_DOCUMENT);
    insert_as(&place, "D", MANDO_DOCUMENT, rows, 3, &written);
    CHECK_EQ(written.inserted, 3);
    insert_as(&place, "D", MANDO_DOCUMENT, rows, 3, &written);
    CHECK_EQ(written.unchanged, 3);
    read_all(&place, "D", &cells);
    CHECK_EQ(cells.count, 3);
    for (int i = 0; i < 3; i++) {
        CHECK_TEXT(cells.items[i].text, rows[i].text);
        CHECK(cells.items[i].present && !cells.items[i].has_end);
    }
    rows[0].has_end = true;
    rows[0].end = NOON + HOUR;
    const char *id = "D";
    CHECK_EQ(place_begin(&place, 0), MANDO_OK);
    CHECK_EQ(place_put(&place, &id, 1, MANDO_DOCUMENT, rows, 1), MANDO_INVALID);
    CHECK_TEXT(place.error.code, "values.end");
    place_rollback(&place);
    place_close(&place);
}

TEST(days_and_months_end_where_they_do_in_the_zone)
{
    struct place place;
    struct cells cells;
    struct mando_written written;
    struct mando_point days = PRICE;
    (void)snprintf(days.id, sizeof days.id, "Days");
    days.resolution = (struct mando_duration){.days = 1};
    /* 26 October 2025 had 25 hours in Berlin. */
    struct cell row = {.start = INT64_C(1761429600000000), .present = true, .number = {1}};
    place_open(&place);
    (void)put(&place, &days);
    insert_as(&place, "Days", MANDO_SERIES, &row, 1, &written);
    read_all(&place, "Days", &cells);
    CHECK_EQ(cells.items[0].end - cells.items[0].start, 25 * HOUR);
    place_close(&place);
}
