#include "mando/service.h"

#include "door.h"

#define HOURLY "{\"type\": \"TimeSeriesDouble\", \"unit\": \"EUR/MWh\", \"resolution\": \"PT1H\"}"

static const char *const PRICE[] = {"Market/DE/Price"};
static struct door_text text;

ON_EACH(what_is_inserted_is_retrieved)
{
    struct mando_query query = door_query(PRICE, 1);
    struct mando_written written;
    CHECK_EQ(door_configure(door, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0],
                         "2025-12-01T10:00:00Z 5;2025-12-01T11:00:00Z -;2025-12-01T09:00:00Z -2.5",
                         &written),
             MANDO_OK);
    CHECK_EQ(written.inserted, 3);
    CHECK_EQ(written.configured, 0);
    CHECK_EQ(written.change_us, NOON + 1);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T09:00:00Z 2025-12-01T10:00:00Z -2.5\n"
                           "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5\n"
                           "0 2025-12-01T11:00:00Z 2025-12-01T12:00:00Z -\n");
    query.from_us = door_time("2025-12-01T10:00:00Z");
    query.to_us = door_time("2025-12-01T11:00:00Z");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5\n");
}

ON_EACH(a_correction_is_seen_by_whom_it_was_known_and_stored)
{
    struct mando_query query = door_query(PRICE, 1);
    struct mando_written first, second;
    CHECK_EQ(door_configure(door, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0], "2025-12-01T10:00:00Z 5 - 2025-11-30T12:57:00Z", &first),
             MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0], "2025-12-01T10:00:00Z 6 - 2025-11-30T14:05:00Z", &second),
             MANDO_OK);
    CHECK_EQ(second.corrected, 1);
    query.as_of.knowledge_us = door_time("2025-11-30T13:00:00Z");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5\n");
    query.as_of.knowledge_us = door_time("2025-11-30T15:00:00Z");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 6\n");
    query.as_of.change_us = first.change_us;
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5\n");
    query = door_query(PRICE, 1);
    CHECK_EQ(door_history(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5 2025-11-30T12:57:00Z "
                           "2025-12-01T12:00:00.000001Z tester\n"
                           "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 6 2025-11-30T14:05:00Z "
                           "2025-12-01T12:00:00.000002Z tester\n");
}

ON_EACH(a_repeat_stores_nothing_and_answers_the_change_before)
{
    static const char ROWS[] = "2025-12-01T10:00:00Z 5 - 2025-11-30T12:57:00Z";
    struct mando_written first, second;
    int64_t version;
    CHECK_EQ(door_configure(door, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0], ROWS, &first), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0], ROWS, &second), MANDO_OK);
    CHECK_EQ(second.unchanged, 1);
    CHECK_EQ(second.inserted + second.corrected + second.records, 0);
    CHECK_EQ(second.change_us, first.change_us);
    CHECK_EQ(mando_service_version(door->service, &version, NULL), MANDO_OK);
    CHECK_EQ(version, first.change_us);
}

ON_EACH(patterns_and_ids_are_answered_in_their_order_and_none_twice)
{
    static const char *const IDS[] = {"b/2", "a/x", "b/1", "c"};
    static const char *const PATTERNS[] = {"c", "b/*", "b/1", "**"};
    struct mando_query query = door_query(PATTERNS, 4);
    struct mando_catalog catalog;
    struct ArrowArrayStream stream;
    for (size_t i = 0; i < 4; i++) {
        CHECK_EQ(door_configure(door, IDS[i], HOURLY), MANDO_OK);
        CHECK_EQ(door_insert(door, IDS[i], "2025-12-01T10:00:00Z 5", NULL), MANDO_OK);
    }
    CHECK_EQ(mando_service_retrieve(door->service, &query, &catalog, &stream, NULL), MANDO_OK);
    CHECK_EQ(catalog.count, 4);
    CHECK_TEXT(catalog.items[0].point.id, "c");
    CHECK_TEXT(catalog.items[1].point.id, "b/1");
    CHECK_TEXT(catalog.items[2].point.id, "b/2");
    CHECK_TEXT(catalog.items[3].point.id, "a/x");
    CHECK_TEXT(catalog.items[3].point.unit, "EUR/MWh");
    mando_catalog_release(&catalog);
    CHECK_EQ(door_read(door, &stream, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5\n"
                           "1 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5\n"
                           "2 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5\n"
                           "3 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5\n");
}

ON_EACH(an_unknown_id_is_refused_and_a_pattern_that_nothing_fits_is_empty)
{
    static const char *const NOTHING[] = {"x/**"};
    struct mando_query query = door_query(PRICE, 1);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_NOT_FOUND);
    CHECK_TEXT(door->error.code, "point.unknown");
    CHECK_TEXT(door->error.where, PRICE[0]);
    CHECK_EQ(door_insert(door, PRICE[0], "2025-12-01T10:00:00Z 5", NULL), MANDO_NOT_FOUND);
    CHECK_TEXT(door->error.code, "point.unknown");
    query = door_query(NOTHING, 1);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "");
}

ON_EACH(a_range_that_ends_before_it_begins_is_refused)
{
    struct mando_query query = door_query(PRICE, 1);
    query.from_us = 1;
    query.to_us = 0;
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_INVALID);
    CHECK_TEXT(door->error.code, "time.order");
}

ON_EACH(a_configuration_is_the_one_that_was_stored_then)
{
    struct mando_query query = door_query(PRICE, 1);
    struct mando_catalog catalog;
    CHECK_EQ(door_configure(door, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(mando_service_version(door->service, &query.as_of.change_us, NULL), MANDO_OK);
    CHECK_EQ(door_configure(door, PRICE[0], "{\"type\": \"TimeSeriesDouble\", \"unit\": \"MW\"}"),
             MANDO_OK);
    CHECK_EQ(mando_service_catalog(door->service, &query, &catalog, NULL), MANDO_OK);
    CHECK_TEXT(catalog.items[0].point.unit, "EUR/MWh");
    mando_catalog_release(&catalog);
    query.as_of.change_us = 0; /* before it was there at all */
    CHECK_EQ(mando_service_catalog(door->service, &query, &catalog, NULL), MANDO_OK);
    CHECK_TEXT(catalog.items[0].point.unit, "MW");
    mando_catalog_release(&catalog);
    CHECK(!catalog.items);
    mando_catalog_release(NULL);
}

ON_EACH(a_configuration_that_is_not_whole_is_refused)
{
    struct mando_point point = {.id = "a",
                                .type = MANDO_SERIES,
                                .width = 1,
                                .aggregation = MANDO_MEAN,
                                .time_zone = "Mars/Olympus"};
    CHECK_EQ(mando_service_configure(door->service, &point, 1, NULL, NULL, &door->error),
             MANDO_NOT_FOUND);
    CHECK_TEXT(door->error.code, "zone.unknown");
    strcpy(point.time_zone, "UTC");
    strcpy(point.id, "a//b");
    CHECK_EQ(mando_service_configure(door->service, &point, 1, NULL, NULL, &door->error),
             MANDO_INVALID);
    CHECK_TEXT(door->error.code, "point.id");
    strcpy(point.id, "a");
    point.document = "{\"tags\": 5}";
    CHECK_EQ(mando_service_configure(door->service, &point, 1, NULL, NULL, &door->error),
             MANDO_INVALID);
    CHECK_TEXT(door->error.code, "field.type");
}

ON_EACH(the_type_of_a_data_point_never_changes)
{
    CHECK_EQ(door_configure(door, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(door_configure(door, PRICE[0], "{\"type\": \"StaticData\"}"), MANDO_CONFLICT);
    CHECK_TEXT(door->error.code, "point.type");
}

/* Documents, put as rows of one data point. */
static enum mando_status put_documents(struct door *door, const char *id, const char *joined,
                                       const int32_t *offsets, size_t count)
{
    int64_t start[4] = {NOON, NOON + 1, NOON + 2, NOON + 3};
    struct mando_rows rows = {.count = count,
                              .type = MANDO_DOCUMENT,
                              .width = 1,
                              .valid_start_us = start,
                              .document = {offsets, joined}};
    struct ArrowArrayStream stream;
    CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
    enum mando_status status =
        mando_service_insert(door->service, id, &stream, NULL, NULL, &door->error);
    stream.release(&stream);
    return status;
}

ON_EACH(a_document_must_fit_its_json_schema)
{
    static const char *const ID[] = {"Asset/Battery/Config"};
    static const int32_t OFFSETS[] = {0, 10, 22};
    struct mando_query query = door_query(ID, 1);
    CHECK_EQ(door_configure(door, ID[0],
                            "{\"type\": \"StaticData\", \"json_schema\": {\"type\": \"object\", "
                            "\"properties\": {\"mw\": {\"type\": \"number\"}}}}"),
             MANDO_OK);
    CHECK_EQ(put_documents(door, ID[0], "{\"mw\": 10}{\"mw\": \"no\"}", OFFSETS, 2), MANDO_INVALID);
    CHECK_TEXT(door->error.code, "document.schema");
    CHECK_TEXT(door->error.where, "/mw");
    CHECK_EQ(door->error.index, 1);
    CHECK_EQ(put_documents(door, ID[0], "{\"mw\": 10", (const int32_t[]){0, 9}, 1), MANDO_INVALID);
    CHECK_TEXT(door->error.code, "json.syntax");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "");
    CHECK_EQ(put_documents(door, ID[0], "{\"mw\": 10}{\"mw\": 11}", OFFSETS, 1), MANDO_OK);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T12:00:00Z  {\"mw\":10}\n");
}

ON_EACH(a_whole_database_is_healthy_and_its_check_stores_nothing)
{
    struct mando_service_health health = {0};
    int64_t before_us = -1, after_us = -1;
    (void)text;
    CHECK_EQ(door_configure(door, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(mando_service_version(door->service, &before_us, NULL), MANDO_OK);
    CHECK_EQ(mando_service_check(door->service, &health, &door->error), MANDO_OK);
    CHECK_EQ(health.may_write, 1);
    CHECK_EQ(mando_service_version(door->service, &after_us, NULL), MANDO_OK);
    CHECK_EQ(after_us, before_us);
    CHECK(mando_service_schema() >= 2);
}

ON_EACH(documents_that_differ_in_blanks_alone_are_the_same)
{
    static const char *const ID[] = {"Asset/Battery/Config"};
    struct mando_query query = door_query(ID, 1);
    CHECK_EQ(door_configure(door, ID[0], "{\"type\": \"StaticData\"}"), MANDO_OK);
    CHECK_EQ(put_documents(door, ID[0], "{\"a\":1}", (const int32_t[]){0, 7}, 1), MANDO_OK);
    CHECK_EQ(put_documents(door, ID[0], " { \"a\" : 1 }\n", (const int32_t[]){0, 13}, 1), MANDO_OK);
    CHECK_EQ(door_history(door, &query, &text), MANDO_OK);
    const char *line_end = strchr(text.bytes, '\n');
    CHECK(line_end && line_end[1] == '\0');
    CHECK(strstr(text.bytes, "{\"a\":1}") != NULL);
}

/* Rows of the documents "object" and "array": the value of the third is null, the fourth is deleted. */
static enum mando_status put_two(struct door *door, const int32_t point[4], const char *bytes,
                                 const int32_t offsets[5], struct mando_error *error)
{
    static const char *const IDS[] = {"object", "array"};
    static const int64_t STARTS[] = {NOON, NOON, NOON + MANDO_HOUR_US, NOON + MANDO_HOUR_US};
    static const uint8_t PRESENT = 0xb, DELETED = 0x8;
    struct mando_rows rows = {.count = 4,
                              .type = MANDO_DOCUMENT,
                              .width = 1,
                              .point = point,
                              .valid_start_us = STARTS,
                              .present = {&PRESENT, 0},
                              .deleted = {&DELETED, 0},
                              .document = {offsets, bytes}};
    struct mando_transaction *transaction = NULL;
    struct ArrowArrayStream stream;
    CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_transaction_begin(door->service, NULL, &transaction, NULL), MANDO_OK);
    enum mando_status status = mando_transaction_values(transaction, IDS, 2, &stream, error);
    stream.release(&stream);
    if (!status)
        status = mando_transaction_commit(transaction, NULL, error);
    mando_transaction_free(transaction);
    return status;
}

ON_EACH(each_document_fits_its_own_data_point_and_may_be_null_or_deleted)
{
    static const char *const IDS[] = {"object", "array"};
    static const int32_t OFFSETS[] = {0, 2, 4, 4, 5};
    struct mando_query query = door_query(IDS, 2);
    CHECK_EQ(door_configure(door, IDS[0],
                            "{\"type\": \"StaticData\", \"json_schema\": {\"type\": \"object\"}}"),
             MANDO_OK);
    CHECK_EQ(door_configure(door, IDS[1],
                            "{\"type\": \"StaticData\", \"json_schema\": {\"type\": \"array\"}}"),
             MANDO_OK);
    CHECK_EQ(put_two(door, (const int32_t[]){0, 0, 0, 1}, "{}[]x", OFFSETS, &door->error),
             MANDO_INVALID);
    CHECK_TEXT(door->error.code, "document.schema");
    CHECK_EQ(door->error.index, 1);
    CHECK_EQ(put_two(door, (const int32_t[]){0, 0, 0, 1}, "{}[]x", OFFSETS, NULL), MANDO_INVALID);
    CHECK_EQ(put_two(door, (const int32_t[]){0, 2, 0, 1}, "{}[]x", OFFSETS, &door->error),
             MANDO_INVALID);
    CHECK_EQ(door->error.index, 1);
    CHECK_EQ(put_two(door, (const int32_t[]){0, 2, 0, 1}, "{}[]x", OFFSETS, NULL), MANDO_INVALID);
    CHECK_EQ(put_two(door, (const int32_t[]){0, 1, 0, 1}, "{}[]x", OFFSETS, NULL), MANDO_OK);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T12:00:00Z  {}\n"
                           "0 2025-12-01T13:00:00Z  -\n"
                           "1 2025-12-01T12:00:00Z  []\n");
}

ON_EACH(rows_of_another_type_are_refused)
{
    CHECK_EQ(door_configure(door, "a", "{\"type\": \"StaticData\"}"), MANDO_OK);
    CHECK_EQ(door_configure(door, "b", HOURLY), MANDO_OK);
    CHECK_EQ(door_insert(door, "a", "2025-12-01T10:00:00Z 5", NULL), MANDO_INVALID);
    CHECK_TEXT(door->error.code, "values.type");
    CHECK_EQ(put_documents(door, "b", "{}", (const int32_t[]){0, 2}, 1), MANDO_INVALID);
    CHECK_TEXT(door->error.code, "values.type");
}

/* A record of a run. */
struct run {
    struct ArrowArray columns[3], *children[3], batch;
    struct ArrowSchema fields[3], *field_children[3], schema;
    const void *buffers[3][3], *none[1];
    int32_t offsets[2];
    int64_t start;
    bool is_given;
};

static void release_array(struct ArrowArray *array)
{
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static int run_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct run *run = stream->private_data;
    *out = run->schema;
    return 0;
}

static int run_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct run *run = stream->private_data;
    *out = run->is_given ? (struct ArrowArray){0} : run->batch;
    run->is_given = true;
    return 0;
}

static void run_release(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

static struct ArrowArrayStream run_stream(struct run *run)
{
    static const char *const NAMES[] = {"id", "state", "start"}, *const FORMATS[] = {"u", "u",
                                                                                     "tsu:UTC"};
    *run = (struct run){.offsets = {0, 4}, .start = NOON};
    for (size_t i = 0; i < 3; i++) {
        run->buffers[i][1] = i < 2 ? (const void *)run->offsets : &run->start;
        run->buffers[i][2] = "done";
        run->columns[i] = (struct ArrowArray){.length = 1,
                                              .n_buffers = i < 2 ? 3 : 2,
                                              .buffers = run->buffers[i],
                                              .release = release_array};
        run->fields[i] =
            (struct ArrowSchema){.format = FORMATS[i], .name = NAMES[i], .release = release_schema};
        run->children[i] = &run->columns[i];
        run->field_children[i] = &run->fields[i];
    }
    run->batch = (struct ArrowArray){.length = 1,
                                     .n_buffers = 1,
                                     .buffers = run->none,
                                     .n_children = 3,
                                     .children = run->children,
                                     .release = release_array};
    run->schema = (struct ArrowSchema){.format = "+s",
                                       .name = "",
                                       .n_children = 3,
                                       .children = run->field_children,
                                       .release = release_schema};
    return (struct ArrowArrayStream){run_schema, run_next, NULL, run_release, run};
}

static enum mando_status put_values(struct mando_transaction *transaction, const char *id,
                                    const char *rows_text, struct mando_error *error)
{
    static struct door_rows rows;
    struct ArrowArrayStream stream;
    door_parse(&rows, rows_text);
    struct mando_rows view = door_view(&rows);
    CHECK_EQ(mando_rows_stream(&view, &stream, error), MANDO_OK);
    enum mando_status status = mando_transaction_values(transaction, &id, 1, &stream, error);
    stream.release(&stream);
    return status;
}

ON_EACH(values_and_records_of_a_transaction_stand_together)
{
    struct run run;
    struct ArrowArrayStream stream = run_stream(&run);
    struct mando_transaction *transaction;
    struct mando_written written;
    struct mando_query query = door_query(PRICE, 1);
    struct mando_write write = {.author = "planner", .reason = "run 1"};
    struct mando_point point = {.id = "Market/DE/Price",
                                .type = MANDO_SERIES,
                                .width = 1,
                                .aggregation = MANDO_MEAN,
                                .time_zone = "UTC",
                                .resolution = {.time_us = MANDO_HOUR_US}};
    CHECK_EQ(mando_transaction_begin(door->service, &write, &transaction, NULL), MANDO_OK);
    CHECK_EQ(mando_transaction_configure(transaction, &point, 1, NULL), MANDO_OK);
    CHECK_EQ(put_values(transaction, PRICE[0], "2025-12-01T10:00:00Z 5", NULL), MANDO_OK);
    CHECK_EQ(mando_transaction_records(transaction, "run", &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_transaction_commit(transaction, &written, NULL), MANDO_OK);
    mando_transaction_free(transaction);
    CHECK_EQ(written.inserted, 1);
    CHECK_EQ(written.records, 1);
    CHECK_EQ(written.configured, 1);
    CHECK_EQ(door_history(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5 2025-12-01T12:00:00Z "
                           "2025-12-01T12:00:00Z planner\n");
}

ON_EACH(a_transaction_of_which_a_call_failed_stores_nothing)
{
    struct mando_transaction *transaction;
    struct mando_query query = door_query(PRICE, 1);
    CHECK_EQ(door_configure(door, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(mando_transaction_begin(door->service, NULL, &transaction, NULL), MANDO_OK);
    CHECK_EQ(put_values(transaction, PRICE[0], "2025-12-01T10:00:00Z 5", NULL), MANDO_OK);
    CHECK_EQ(put_values(transaction, "x", "2025-12-01T10:00:00Z 5", &door->error), MANDO_NOT_FOUND);
    CHECK_EQ(put_values(transaction, PRICE[0], "2025-12-01T11:00:00Z 5", &door->error),
             MANDO_CONFLICT);
    CHECK_TEXT(door->error.code, "db.aborted");
    CHECK_EQ(mando_transaction_commit(transaction, NULL, &door->error), MANDO_CONFLICT);
    CHECK_TEXT(door->error.code, "db.aborted");
    mando_transaction_free(transaction);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "");
    mando_transaction_free(NULL);
}

ON_EACH(a_transaction_that_is_not_committed_is_rolled_back)
{
    struct mando_transaction *transaction;
    struct mando_query query = door_query(PRICE, 1);
    CHECK_EQ(door_configure(door, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(mando_transaction_begin(door->service, NULL, &transaction, NULL), MANDO_OK);
    CHECK_EQ(put_values(transaction, PRICE[0], "2025-12-01T10:00:00Z 5", NULL), MANDO_OK);
    mando_transaction_free(transaction);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "");
}

ON_EACH(records_of_a_kind_that_no_one_writes_are_refused)
{
    static const char *const KINDS[] = {"audit", "trades"};
    struct run run;
    for (size_t i = 0; i < 2; i++) {
        struct ArrowArrayStream stream = run_stream(&run);
        struct mando_transaction *transaction;
        CHECK_EQ(mando_transaction_begin(door->service, NULL, &transaction, NULL), MANDO_OK);
        CHECK_EQ(mando_transaction_records(transaction, KINDS[i], &stream, &door->error),
                 MANDO_NOT_FOUND);
        CHECK_TEXT(door->error.code, "records.kind");
        mando_transaction_free(transaction);
    }
}

ON_EACH(overlapping_intervals_are_refused_at_the_end)
{
    CHECK_EQ(door_configure(door, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0], "2025-12-01T10:00:00Z 5;2025-12-01T10:30:00Z 6", NULL),
             MANDO_INVALID);
    CHECK_TEXT(door->error.code, "values.overlap");
}

TEST(a_database_that_is_not_there_is_opened_only_where_it_may_be_made)
{
    struct mando_service *service = NULL;
    struct mando_error error;
    CHECK_EQ(mando_service_open("sqlite:/tmp/mando-no-such.db", NULL, &service, &error),
             MANDO_NOT_FOUND);
    CHECK_TEXT(error.code, "db.not_found");
    CHECK_EQ(mando_service_open("nosuch:", NULL, &service, &error), MANDO_UNSUPPORTED);
    CHECK(!service);
    mando_service_free(NULL);
}

TEST(a_database_is_migrated_and_backed_up)
{
    char folder[] = "/tmp/mando-service-XXXXXX", url[64], copy[64], copy_url[80];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(url, sizeof url, "sqlite:%s/a.db", folder);
    (void)snprintf(copy, sizeof copy, "%s/b.db", folder);
    (void)snprintf(copy_url, sizeof copy_url, "sqlite:%s", copy);
    struct door door = {.now = NOON};
    CHECK_EQ(mando_service_migrate(url, NULL, NULL), MANDO_OK);
    CHECK_EQ(mando_service_migrate(url, NULL, NULL), MANDO_OK);
    CHECK_EQ(mando_service_open(url, NULL, &door.service, NULL), MANDO_OK);
    CHECK_EQ(door_configure(&door, "a", HOURLY), MANDO_OK);
    CHECK_EQ(door_insert(&door, "a", "2025-12-01T10:00:00Z 5", NULL), MANDO_OK);
    CHECK_EQ(mando_service_backup(door.service, copy, NULL), MANDO_OK);
    CHECK_EQ(mando_service_backup(door.service, copy, &door.error), MANDO_IO);
    CHECK_TEXT(door.error.code, "io.write");
    mando_service_free(door.service);
    static const char *const IDS[] = {"a"};
    struct mando_query query = door_query(IDS, 1);
    CHECK_EQ(mando_service_open(copy_url, NULL, &door.service, NULL), MANDO_OK);
    CHECK_EQ(door_retrieve(&door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T10:00:00Z 2025-12-01T11:00:00Z 5\n");
    mando_service_free(door.service);
    CHECK_EQ(unlink(copy), 0);
    (void)unlink(strchr(url, '/'));
    (void)rmdir(folder);
}

TEST(what_is_no_file_has_no_backup)
{
    struct door door = {0};
    door_open(&door, false);
    CHECK_EQ(mando_service_backup(door.service, "/tmp/mando-no-such.db", &door.error),
             MANDO_UNSUPPORTED);
    CHECK_TEXT(door.error.code, "db.scheme");
    door_close(&door);
}

ON_EACH(a_transaction_that_is_over_takes_nothing_more)
{
    struct run run;
    struct ArrowArrayStream stream = run_stream(&run);
    struct mando_transaction *transaction;
    struct mando_written written;
    CHECK_EQ(mando_transaction_begin(door->service, NULL, &transaction, NULL), MANDO_OK);
    CHECK_EQ(mando_transaction_records(transaction, "run", &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_transaction_commit(transaction, &written, NULL), MANDO_OK);
    CHECK_EQ(written.records, 1);
    stream = run_stream(&run);
    CHECK_EQ(mando_transaction_records(transaction, "run", &stream, &door->error), MANDO_CONFLICT);
    CHECK_TEXT(door->error.code, "db.aborted");
    CHECK_EQ(mando_transaction_commit(transaction, NULL, &door->error), MANDO_CONFLICT);
    mando_transaction_free(transaction);
    struct mando_audit audit;
    CHECK_EQ(mando_service_audit_verify(door->service, NULL, &audit, NULL), MANDO_OK);
    CHECK_EQ(audit.records, 1);
}

TEST(a_stream_holds_a_session_until_it_is_released)
{
    struct mando_service_options options = {.may_create = 1, .sessions_max = 1, .wait_ms = 20};
    struct door own = {.now = NOON};
    struct mando_query query = door_query(PRICE, 1);
    struct ArrowArrayStream stream;
    int64_t version;
    CHECK_EQ(mando_service_open("memory:", &options, &own.service, NULL), MANDO_OK);
    CHECK_EQ(door_configure(&own, PRICE[0], HOURLY), MANDO_OK);
    CHECK_EQ(mando_service_retrieve(own.service, &query, NULL, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_service_version(own.service, &version, &own.error), MANDO_BUSY);
    CHECK_TEXT(own.error.code, "db.sessions");
    stream.release(&stream);
    CHECK_EQ(mando_service_version(own.service, &version, &own.error), MANDO_OK);
    mando_service_free(own.service);
}
