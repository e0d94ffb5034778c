/* What every database in a file meets. */
#include <unistd.h>

#include "file.h"

TEST(a_database_that_is_not_there_is_made_only_where_that_is_allowed)
{
    struct store store;
    double value = 0;
    file_new();
    CHECK_EQ(store_open(&store, false, true), MANDO_NOT_FOUND);
    CHECK_TEXT(store.error.code, "db.not_found");
    CHECK_EQ(access(file_path, F_OK), -1);
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 42), MANDO_OK);
    store_close(&store);
    CHECK_EQ(store_open(&store, false, false), MANDO_OK);
    CHECK_EQ(store_read_value(&store, &value), MANDO_OK);
    CHECK_NEAR(value, 42, 0);
    CHECK_EQ(store_insert(&store, 43), MANDO_OK);
    store_close(&store);
    file_remove_all();
}

TEST(what_names_no_file_or_no_folder_is_refused)
{
    struct store store;
    struct mando_repository *repository = NULL;
    char name[128];
    (void)snprintf(name, sizeof name, "%s:", QUIRKS.scheme);
    CHECK_EQ(mando_repository_open(name, NULL, &repository, &store.error), MANDO_INVALID);
    CHECK_TEXT(store.error.code, "db.url");
    (void)snprintf(name, sizeof name, "%s:/nowhere/at/all.db", QUIRKS.scheme);
    CHECK_EQ(store_open_at(name, &store, true, false), MANDO_NOT_FOUND);
    CHECK_TEXT(store.error.code, "db.not_found");
    file_new();
    (void)snprintf(name, sizeof name, "%s:%s/", QUIRKS.scheme, file_folder);
    CHECK_EQ(store_open_at(name, &store, true, false), MANDO_DENIED);
    file_remove_all();
}

TEST(an_older_schema_is_refused_until_it_is_migrated)
{
    struct store store;
    file_new();
    file_run_sql("CREATE TABLE gone (number INTEGER); DROP TABLE gone");
    CHECK_EQ(store_open(&store, false, false), MANDO_CONFLICT);
    CHECK_TEXT(store.error.code, "db.old_schema");
    CHECK(strstr(store.error.message, "mando migrate"));
    CHECK_EQ(store_open(&store, false, true), MANDO_OK);
    CHECK_EQ(store.repository->ops->migrate(store.session, NULL), MANDO_OK);
    CHECK_EQ(store.repository->ops->migrate(store.session, NULL), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    store_close(&store);
    CHECK_EQ(store_open(&store, false, false), MANDO_OK);
    store_close(&store);
    file_remove_all();
}

static void refuse_changed(const char *sql, const char *code)
{
    struct store store;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    store_close(&store);
    file_run_sql(sql);
    CHECK_EQ(store_open(&store, true, true), MANDO_CONFLICT);
    CHECK_TEXT(store.error.code, code);
    file_remove_all();
}

TEST(newer_edited_and_foreign_schemas_are_refused_whatever_is_allowed)
{
    refuse_changed("INSERT INTO migration SELECT 1000, 'later', 'x', max(applied) FROM migration",
                   "db.new_schema");
    refuse_changed("UPDATE migration SET checksum = 'x' WHERE number = 1", "db.edited_schema");
    refuse_changed("DROP TABLE migration", "db.foreign");
}

TEST(a_file_of_something_else_is_refused_and_left_alone)
{
    struct store store;
    char text[64] = "";
    file_new();
    FILE *file = fopen(file_path, "w");
    assert_non_null(file);
    for (int i = 0; i < 500; i++)
        (void)fputs("start,price_eur_per_mwh\n", file);
    CHECK_EQ(fclose(file), 0);
    CHECK_EQ(store_open(&store, true, true), MANDO_CORRUPT);
    CHECK_TEXT(store.error.code, "db.corrupt");
    file = fopen(file_path, "r");
    assert_non_null(fgets(text, sizeof text, file));
    CHECK_TEXT(text, "start,price_eur_per_mwh\n");
    CHECK_EQ(fclose(file), 0);
    file_remove_all();
}

/* A series ID, a matrix M and a document D. */
static void store_each_type(void)
{
    static const int64_t start_us = NOON;
    static const double numbers[] = {1, 2};
    static const int32_t offsets[] = {0, 2};
    struct mando_point matrix = {.id = "M", .type = MANDO_MATRIX, .width = 2};
    struct mando_point document = {.id = "D", .type = MANDO_DOCUMENT, .width = 1};
    struct mando_rows rows = {.count = 1,
                              .type = MANDO_MATRIX,
                              .width = 2,
                              .valid_start_us = &start_us,
                              .value = numbers};
    struct store store;
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 1), MANDO_OK);
    CHECK_EQ(store_put(&store, &matrix, &rows), MANDO_OK);
    rows.type = MANDO_DOCUMENT;
    rows.width = 1;
    rows.value = NULL;
    rows.document = (struct mando_texts){offsets, "{}"};
    CHECK_EQ(store_put(&store, &document, &rows), MANDO_OK);
    store_close(&store);
}

/* What is asked of a database after its rows were changed behind our back. */
static enum mando_status ask_all(struct store *store)
{
    static const char *const IDS[] = {ID, "M", "D"};
    const struct mando_as_of everything = {MANDO_FOREVER, MANDO_FOREVER};
    struct ArrowArrayStream stream;
    double value;
    enum mando_status status = store->repository->ops->points_find(store->session, "**", everything,
                                                                   &stream, &store->error);
    if (!status)
        stream.release(&stream);
    for (size_t i = 0; i < 3 && !status; i++)
        status = store_read(store, IDS[i], true, &value);
    return status ? status : store_insert(store, 2);
}

static void check_is_damage(const char *sql)
{
    struct store store;
    file_new();
    store_each_type();
    file_run_sql(sql);
    CHECK_EQ(store_open(&store, false, false), MANDO_OK);
    enum mando_status status = ask_all(&store);
    if (status != MANDO_CORRUPT)
        print_error("%s: %s\n", sql, mando_status_name(status));
    CHECK_EQ(status, MANDO_CORRUPT);
    CHECK_TEXT(store.error.code, "db.corrupt");
    store_close(&store);
    file_remove_all();
}

TEST(rows_that_were_never_stored_are_damage)
{
    static const char *const DAMAGES[] = {
        "UPDATE point SET type = 0",
        "UPDATE point SET type = 4",
        "UPDATE point SET width = 0",
        "UPDATE point SET width = 4097 WHERE id = 'M'",
        "UPDATE point SET width = 3 WHERE id = 'M'",
        "UPDATE point SET id = printf('%0300d', 1) WHERE id = 'D'",
        "UPDATE configuration SET aggregation = 7",
        "UPDATE configuration SET aggregation = -1",
        "UPDATE configuration SET unit = printf('%0300d', 1)",
        "UPDATE configuration SET time_zone = printf('%0300d', 1)",
        "UPDATE configuration SET resolution_months = -1",
        "UPDATE configuration SET resolution_months = 2147483648",
        "UPDATE configuration SET resolution_days = -1",
        "UPDATE configuration SET resolution_days = 2147483648",
        "UPDATE configuration SET resolution_us = -1",
    };
    for (size_t i = 0; i < sizeof DAMAGES / sizeof *DAMAGES; i++)
        check_is_damage(DAMAGES[i]);
    for (const char *const *damage = QUIRKS.damages; *damage; damage++)
        check_is_damage(*damage);
}

TEST(a_data_point_is_not_written_where_its_row_is_damaged)
{
    struct store store;
    file_new();
    store_each_type();
    file_run_sql("UPDATE point SET width = 0");
    CHECK_EQ(store_open(&store, false, false), MANDO_OK);
    CHECK_EQ(store_insert(&store, 2), MANDO_CORRUPT);
    CHECK_TEXT(store.error.code, "db.corrupt");
    store_close(&store);
    file_remove_all();
}

TEST(texts_of_any_kind_are_texts)
{
    static const char *const TEXTS[] = {"'; DROP TABLE point; --", "\"; SELECT 1; --", "$1 ? %s \\",
                                        "a'b''c\"d", "\xc3\xa9\xe2\x82\xac"};
    struct store store;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    const struct mando_repository_ops *ops = store.repository->ops;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        struct mando_write write = {.author = TEXTS[i], .reason = TEXTS[i]};
        struct mando_point point = {
            .type = MANDO_DOCUMENT, .width = 1, .document = TEXTS[i], .resolution = {0}};
        struct mando_written written;
        struct ArrowArrayStream stream;
        int32_t offsets[] = {0, (int32_t)strlen(TEXTS[i])};
        int64_t start_us = NOON + (int64_t)i;
        struct mando_rows rows = {.count = 1,
                                  .type = MANDO_DOCUMENT,
                                  .width = 1,
                                  .valid_start_us = &start_us,
                                  .document = {offsets, TEXTS[i]}};
        const char *id = point.id;
        (void)snprintf(point.id, sizeof point.id, "T/%zu", i);
        (void)snprintf(point.unit, sizeof point.unit, "%s", TEXTS[i]);
        CHECK_EQ(ops->begin(store.session, &write, NULL), MANDO_OK);
        CHECK_EQ(ops->points_put(store.session, &point, 1, NULL), MANDO_OK);
        CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
        CHECK_EQ(ops->values_put(store.session, &id, 1, &stream, NULL), MANDO_OK);
        stream.release(&stream);
        CHECK_EQ(ops->commit(store.session, &written, NULL), MANDO_OK);
        const struct mando_scan scan = {.ids = &id,
                                        .id_count = 1,
                                        .to_us = INT64_MAX,
                                        .as_of = {MANDO_FOREVER, MANDO_FOREVER},
                                        .every_version = true};
        struct mando_rows read = {0};
        CHECK_EQ(ops->values_scan(store.session, &scan, &stream, NULL), MANDO_OK);
        CHECK_EQ(mando_rows_next(&stream, &read, NULL), MANDO_OK);
        CHECK_EQ(read.count, 1);
        CHECK_EQ(mando_texts_length(read.document, 0), strlen(TEXTS[i]));
        CHECK(memcmp(mando_texts_at(read.document, 0), TEXTS[i], strlen(TEXTS[i])) == 0);
        CHECK(memcmp(mando_texts_at(read.author, 0), TEXTS[i], strlen(TEXTS[i])) == 0);
        mando_rows_release(&read);
        stream.release(&stream);
        CHECK_EQ(ops->points_find(store.session, TEXTS[i], scan.as_of, &stream, NULL),
                 MANDO_INVALID);
    }
    store_close(&store);
    file_remove_all();
}

TEST(the_tables_of_records_have_the_columns_of_their_lists)
{
    struct store store;
    const struct mando_record_kind *kind;
    file_new();
    CHECK_EQ(store_open(&store, true, false), MANDO_OK);
    store_close(&store);
    for (size_t k = 0; (kind = mando_record_kind_at(k)); k++) {
        char sql[256], expected[4096], columns[4096];
        int length = snprintf(expected, sizeof expected, "change %s 1,row %s 1",
                              QUIRKS.types[MANDO_COLUMN_TIME], QUIRKS.types[MANDO_COLUMN_INTEGER]);
        for (size_t i = 0; i < kind->column_count; i++)
            length += snprintf(expected + length, sizeof expected - (size_t)length, ",%s %s %d",
                               kind->columns[i].name, QUIRKS.types[kind->columns[i].type],
                               kind->columns[i].is_required);
        (void)snprintf(sql, sizeof sql,
                       "SELECT group_concat(name || ' ' || type || ' ' || CAST(\"notnull\" AS"
                       " INTEGER), ',') FROM (SELECT * FROM pragma_table_info('%s') ORDER BY cid)",
                       kind->name);
        CHECK(QUIRKS.run_sql(sql, columns, sizeof columns));
        CHECK_TEXT(columns, expected);
    }
    file_remove_all();
}
