/* The schema of a tenant: made once whoever comes, whole or not at all, and never another's. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "postgres_server.h"
#include "repo/repository.h"
#include "schema/record.h"
#include "store.h"

#define PROCESSES 10

/* A new schema's URL. */
static const char *new_schema(const char *name)
{
    static char url[256];
    postgres_server_start(false);
    postgres_server_url(name, "", url, sizeof url);
    return url;
}

static enum mando_status take_as(const char *url, bool may_create, bool may_migrate,
                                 struct mando_error *error)
{
    struct mando_repository_options options = {
        .wait_ms = 100, .may_create = may_create, .may_migrate = may_migrate};
    struct mando_repository *repository = NULL;
    struct mando_session *session = NULL;
    CHECK_EQ(mando_repository_open(url, &options, &repository, error), MANDO_OK);
    enum mando_status status = mando_session_take(repository, &session, error);
    if (!status && may_migrate)
        status = repository->ops->migrate(session, error);
    mando_session_give(session);
    mando_repository_unref(repository);
    return status;
}

static void refuse(const char *url, enum mando_status expected, const char *code, const char *what)
{
    struct mando_error error;
    CHECK_EQ(take_as(url, false, false, &error), expected);
    CHECK_TEXT(error.code, code);
    if (!strstr(error.message, what))
        print_error("%s\n", error.message);
    assert_non_null(strstr(error.message, what));
}

static void make(const char *url)
{
    struct mando_error error = {.message = ""};
    enum mando_status status = take_as(url, true, false, &error);
    if (status)
        print_error("%s\n", error.message);
    CHECK_EQ(status, MANDO_OK);
}

TEST(a_schema_is_made_only_where_it_may_be)
{
    const char *url = new_schema("made");
    refuse(url, MANDO_NOT_FOUND, "db.not_found", "\"made\"");
    make(url);
    CHECK_EQ(take_as(url, false, false, NULL), MANDO_OK);
    char elsewhere[256];
    (void)snprintf(elsewhere, sizeof elsewhere, "postgres://mando@/nowhere?host=%s",
                   postgres_server_folder());
    refuse(elsewhere, MANDO_NOT_FOUND, "db.not_found", "nowhere");
    (void)snprintf(elsewhere, sizeof elsewhere, "postgres://nobody@/postgres?host=%s",
                   postgres_server_folder());
    refuse(elsewhere, MANDO_DENIED, "db.denied", "\"nobody\"");
}

TEST(ten_processes_at_once_make_a_schema_once)
{
    const char *url = new_schema("together");
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        CHECK(children[i] >= 0);
        struct store store;
        if (children[i] == 0)
            _exit(store_open(&store, url, 10000) ? 1 : 0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 1;
        CHECK_EQ(waitpid(children[i], &status, 0), children[i]);
        CHECK_EQ(status, 0);
    }
    CHECK_TEXT(
        postgres_server_sql("SELECT count(*) = max(number) AND count(DISTINCT xmin::text) = 1"
                            " FROM together.migration"),
        "t");
}

TEST(an_edited_migration_is_refused_by_name)
{
    const char *url = new_schema("edited");
    make(url);
    (void)postgres_server_sql("UPDATE edited.migration SET checksum = 'x' WHERE number = 2");
    refuse(url, MANDO_CONFLICT, "db.edited_schema", "0002_records");
}

TEST(a_newer_schema_is_refused_and_an_older_one_is_brought_forward)
{
    const char *url = new_schema("older");
    struct mando_error error;
    make(url);
    (void)postgres_server_sql("INSERT INTO older.migration VALUES (99, 'later', 'x', now())");
    refuse(url, MANDO_CONFLICT, "db.new_schema", "schema 99");
    (void)postgres_server_sql("DELETE FROM older.migration WHERE number > 1;"
                              "DROP TABLE older.run, older.ledger_entry, older.audit");
    refuse(url, MANDO_CONFLICT, "db.old_schema", "mando migrate");
    CHECK_EQ(take_as(url, false, true, &error), MANDO_OK);
    CHECK_EQ(take_as(url, false, false, &error), MANDO_OK);
}

TEST(a_migration_that_fails_leaves_nothing)
{
    const char *url = new_schema("halfway");
    struct mando_error error;
    make(url);
    (void)postgres_server_sql("DELETE FROM halfway.migration WHERE number > 1;"
                              "DROP TABLE halfway.run, halfway.audit");
    /* ledger_entry is in the way, after run was made. */
    CHECK(take_as(url, false, true, &error) != MANDO_OK);
    CHECK_TEXT(postgres_server_sql("SELECT to_regclass('halfway.run') IS NULL"), "t");
    CHECK_TEXT(postgres_server_sql("SELECT count(*) FROM halfway.migration"), "1");
}

TEST(tables_of_another_program_are_left_alone)
{
    const char *url = new_schema("foreign_one");
    struct mando_error error;
    (void)postgres_server_sql("CREATE SCHEMA foreign_one; CREATE TABLE foreign_one.mine ()");
    CHECK_EQ(take_as(url, true, false, &error), MANDO_CONFLICT);
    CHECK_TEXT(error.code, "db.foreign");
}

static void url_as(const char *user, const char *schema, char *url_out, size_t size)
{
    (void)snprintf(url_out, size, "postgres://%s@/postgres?host=%s&schema=%s", user,
                   postgres_server_folder(), schema);
}

TEST(an_empty_schema_is_filled_by_one_who_may_not_make_any)
{
    char url[256];
    (void)new_schema("empty_one");
    (void)postgres_server_sql("CREATE ROLE tenant LOGIN; CREATE SCHEMA empty_one"
                              " AUTHORIZATION tenant");
    url_as("tenant", "empty_one", url, sizeof url);
    make(url);
    struct mando_error error;
    url_as("tenant", "another", url, sizeof url);
    CHECK_EQ(take_as(url, true, false, &error), MANDO_DENIED);
    CHECK_TEXT(error.code, "db.denied");
}

/* The server passes over such a schema: what is stored would stand in one of temporary tables. */
TEST(a_schema_that_may_not_be_used_is_refused_before_anything_is_stored)
{
    static const char *const GRANTS[] = {"", "GRANT CREATE ON SCHEMA locked TO barred"};
    char url[256];
    struct mando_error error;
    (void)new_schema("locked");
    (void)postgres_server_sql("CREATE ROLE barred LOGIN; CREATE SCHEMA locked");
    url_as("barred", "locked", url, sizeof url);
    for (size_t i = 0; i < sizeof GRANTS / sizeof *GRANTS; i++) {
        if (*GRANTS[i])
            (void)postgres_server_sql(GRANTS[i]);
        CHECK_EQ(take_as(url, true, false, &error), MANDO_DENIED);
        CHECK_TEXT(error.code, "db.denied");
        CHECK_EQ(take_as(url, false, true, &error), MANDO_DENIED);
    }
    (void)postgres_server_sql("GRANT USAGE ON SCHEMA locked TO barred");
    make(url);
    (void)postgres_server_sql("REVOKE USAGE ON SCHEMA locked FROM barred");
    CHECK_EQ(take_as(url, false, false, &error), MANDO_DENIED); /* not db.corrupt */
}

TEST(one_who_may_only_read_reads)
{
    struct store store;
    struct mando_written written;
    char url[256];
    size_t count;
    const char *owner = new_schema("shown");
    CHECK_EQ(store_open(&store, owner, 100), MANDO_OK);
    CHECK_EQ(store_batch(&store, "A/Price", 0, 20, &written), MANDO_OK);
    store_close(&store);
    (void)postgres_server_sql("CREATE ROLE viewer LOGIN; GRANT USAGE ON SCHEMA shown TO viewer;"
                              "GRANT SELECT ON ALL TABLES IN SCHEMA shown TO viewer");
    url_as("viewer", "shown", url, sizeof url);
    CHECK_EQ(store_open(&store, url, 100), MANDO_OK);
    CHECK_EQ(store_count(&store, "A/Price", &count, 1), MANDO_OK);
    CHECK_EQ(count, 20);
    CHECK_EQ(store_batch(&store, "A/Price", 1, 1, &written), MANDO_DENIED);
    CHECK_TEXT(store.error.code, "db.denied");
    store_close(&store);
    (void)snprintf(url + strlen(url), sizeof url - strlen(url),
                   "&options=-cdefault_transaction_read_only%%3Don");
    CHECK_EQ(store_open(&store, url, 100), MANDO_OK);
    CHECK_EQ(store_batch(&store, "A/Price", 1, 1, &written), MANDO_DENIED);
    store_close(&store);
}

TEST(tenants_see_nothing_of_each_other_whatever_they_are_called)
{
    static const char *const NAMES[] = {"desk", "Desk", "a%22%3B DROP SCHEMA desk CASCADE%3B --",
                                        "K%C3%BCste%27%5C"};
    struct mando_written written;
    (void)new_schema("desk");
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < 4; i++) {
            struct store store;
            char url[256];
            size_t counts[2] = {0};
            url_as("mando", NAMES[i], url, sizeof url);
            enum mando_status status = store_open(&store, url, 1000);
            if (status)
                print_error("%s\n", store.error.message);
            CHECK_EQ(status, MANDO_OK);
            if (round == 0)
                CHECK_EQ(store_batch(&store, "A/Price", 0, i + 1, &written), MANDO_OK);
            CHECK_EQ(store_count(&store, "A/Price", counts, 2), MANDO_OK);
            CHECK_EQ(counts[0], i + 1);
            store_close(&store);
        }
}

static const char *type_of(enum mando_column_type type)
{
    if (type == MANDO_COLUMN_TEXT)
        return "text";
    return type == MANDO_COLUMN_INTEGER ? "bigint" : "timestamp with time zone";
}

TEST(the_tables_of_records_are_their_lists)
{
    make(new_schema("lists"));
    for (size_t i = 0; mando_record_kind_at(i); i++) {
        const struct mando_record_kind *kind = mando_record_kind_at(i);
        char expected[4096] = "change timestamp with time zone NO, row bigint NO", sql[512];
        for (size_t k = 0; k < kind->column_count; k++)
            (void)snprintf(expected + strlen(expected), sizeof expected - strlen(expected),
                           ", %s %s %s", kind->columns[k].name, type_of(kind->columns[k].type),
                           kind->columns[k].is_required ? "NO" : "YES");
        (void)snprintf(sql, sizeof sql,
                       "SELECT string_agg(column_name || ' ' || data_type || ' ' || is_nullable,"
                       " ', ' ORDER BY ordinal_position) FROM information_schema.columns"
                       " WHERE table_schema = 'lists' AND table_name = '%s'",
                       kind->name);
        CHECK_TEXT(postgres_server_sql(sql), expected);
    }
}

/* Everything that is text goes through as it is. */
TEST(sql_in_texts_is_text)
{
    static const char HOSTILE[] = "'); DROP TABLE change; --\\\"$1%s";
    struct store store;
    struct mando_written written;
    struct mando_point point = {.id = "A/Text", .type = MANDO_SERIES, .width = 1};
    CHECK_EQ(store_open(&store, new_schema("hostile"), 100), MANDO_OK);
    const struct mando_repository_ops *ops = store.repository->ops;
    memcpy(point.unit, HOSTILE, sizeof point.unit - 1);
    point.document = HOSTILE;
    struct mando_write write = {.author = HOSTILE, .reason = HOSTILE};
    CHECK_EQ(ops->begin(store.session, &write, &store.error), MANDO_OK);
    CHECK_EQ(ops->points_put(store.session, &point, 1, &store.error), MANDO_OK);
    CHECK_EQ(ops->commit(store.session, &written, &store.error), MANDO_OK);
    struct mando_predicate hostile = {"id", MANDO_EQUAL, HOSTILE, 0};
    struct ArrowArrayStream stream;
    CHECK_EQ(ops->records_scan(store.session, mando_record_kind_find("run"), &hostile, 1, &stream,
                               &store.error),
             MANDO_OK);
    stream.release(&stream);
    CHECK_EQ(ops->points_find(store.session, "A/Text", (struct mando_as_of){INT64_MAX, INT64_MAX},
                              &stream, &store.error),
             MANDO_OK);
    stream.release(&stream);
    store_close(&store);
    CHECK_TEXT(
        postgres_server_sql("SELECT author = reason AND author = document AND left(author, 15)"
                            " = unit FROM hostile.change JOIN hostile.configuration"
                            " USING (change)"),
        "t");
    CHECK_TEXT(postgres_server_sql("SELECT author FROM hostile.change"), HOSTILE);
}

TEST(a_text_that_is_no_utf_8_is_refused)
{
    struct store store;
    const struct mando_point point = {
        .id = "A/Text", .type = MANDO_SERIES, .width = 1, .document = "\xff"};
    struct mando_written written;
    CHECK_EQ(store_open(&store, new_schema("utf8"), 100), MANDO_OK);
    const struct mando_repository_ops *ops = store.repository->ops;
    CHECK_EQ(ops->begin(store.session, &(struct mando_write){0}, &store.error), MANDO_OK);
    enum mando_status status = ops->points_put(store.session, &point, 1, &store.error);
    if (!status) /* it waits for the next answer of the server */
        status = ops->commit(store.session, &written, &store.error);
    else
        ops->rollback(store.session);
    CHECK_EQ(status, MANDO_INVALID);
    CHECK_TEXT(store.error.code, "text.utf8");
    CHECK_EQ(store_batch(&store, "A/Price", 0, 3, &written), MANDO_OK);
    store_close(&store);
}

TEST(a_session_that_idles_too_long_in_a_transaction_is_replaced)
{
    struct store store;
    struct mando_written written;
    char url[512];
    (void)new_schema("idle");
    postgres_server_url("idle", "&options=-cidle_in_transaction_session_timeout%3D50", url,
                        sizeof url);
    CHECK_EQ(store_open(&store, url, 1000), MANDO_OK);
    const struct mando_repository_ops *ops = store.repository->ops;
    CHECK_EQ(ops->begin(store.session, &(struct mando_write){0}, &store.error), MANDO_OK);
    (void)postgres_server_sql("SELECT pg_sleep(0.2)");
    CHECK_EQ(ops->commit(store.session, &written, &store.error), MANDO_OK); /* it had nothing */
    mando_session_give(store.session);
    CHECK_EQ(mando_session_take(store.repository, &store.session, &store.error), MANDO_OK);
    CHECK_EQ(store_batch(&store, "A/Price", 0, 3, &written), MANDO_OK);
    store_close(&store);
}
