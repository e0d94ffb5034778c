#include <sqlite3.h>
#include <sys/stat.h>

#include "case_count.h"
#include "door.h"
#include "random.h"

#define SERIES "{\"type\": \"TimeSeriesDouble\", \"resolution\": \"PT1H\"}"

static uint64_t verified(struct door *door)
{
    struct mando_audit audit;
    CHECK_EQ(mando_service_audit_verify(door->service, NULL, &audit, &door->error), MANDO_OK);
    return audit.records;
}

ON_EACH(each_write_has_a_record)
{
    CHECK_EQ(verified(door), 0);
    CHECK_EQ(door_configure(door, "a", SERIES), MANDO_OK);
    CHECK_EQ(door_insert(door, "a", "2025-12-01T10:00:00Z 5", NULL), MANDO_OK);
    CHECK_EQ(verified(door), 2);
}

ON_EACH(what_stores_nothing_has_no_record)
{
    CHECK_EQ(door_configure(door, "a", SERIES), MANDO_OK);
    CHECK_EQ(door_configure(door, "a", SERIES), MANDO_OK);
    CHECK_EQ(door_insert(door, "a", "2025-12-01T10:00:00Z 5", NULL), MANDO_OK);
    CHECK_EQ(door_insert(door, "a", "2025-12-01T10:00:00Z 5", NULL), MANDO_OK);
    CHECK_EQ(door_insert(door, "a", "2025-12-01T10:30:00Z 5", NULL), MANDO_INVALID);
    CHECK_EQ(verified(door), 2);
}

/* A database with some writes, and a way to harm it. */
struct harm {
    struct door door;
    sqlite3 *db;
    int count; /* records */
};

static void harm_open(struct harm *harm, int count)
{
    *harm = (struct harm){.count = count};
    door_open(&harm->door, true);
    CHECK_EQ(door_configure(&harm->door, "a", SERIES), MANDO_OK);
    for (int i = 1; i < count; i++) {
        char row[64];
        (void)snprintf(row, sizeof row, "2025-12-01T%02d:00:00Z %d", i % 24, i);
        harm->door.now += MANDO_SECOND_US;
        CHECK_EQ(door_insert(&harm->door, "a", row, NULL), MANDO_OK);
    }
    CHECK_EQ(sqlite3_open(harm->door.path, &harm->db), SQLITE_OK);
}

static void harm_close(struct harm *harm)
{
    CHECK_EQ(sqlite3_close(harm->db), SQLITE_OK);
    door_close(&harm->door);
}

static void run(struct harm *harm, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(harm->db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

/* The tables that a test may harm. */
static void keep(struct harm *harm)
{
    run(harm, "CREATE TABLE kept AS SELECT * FROM audit;"
              "CREATE TABLE kept_change AS SELECT * FROM change;"
              "CREATE TABLE kept_value AS SELECT * FROM value;"
              "CREATE TABLE kept_configuration AS SELECT * FROM configuration");
}

static void restore(struct harm *harm)
{
    run(harm, "BEGIN; DELETE FROM audit; INSERT INTO audit SELECT * FROM kept;"
              "DELETE FROM configuration; DELETE FROM change;"
              "INSERT INTO change SELECT * FROM kept_change;"
              "INSERT INTO configuration SELECT * FROM kept_configuration;"
              "DELETE FROM value; INSERT INTO value SELECT * FROM kept_value; COMMIT");
}

static void check_broken(struct harm *harm, int64_t number)
{
    struct mando_audit audit = {.records = 42};
    char name[32];
    (void)snprintf(name, sizeof name, "record %d of", (int)number);
    CHECK_EQ(mando_service_audit_verify(harm->door.service, NULL, &audit, &harm->door.error),
             MANDO_CORRUPT);
    CHECK_TEXT(harm->door.error.code, "audit.chain");
    CHECK_EQ(harm->door.error.index, number);
    assert_non_null(strstr(harm->door.error.message, name));
    CHECK_EQ(audit.records, 42);
}

TEST(a_record_tells_who_when_what_and_why)
{
    static const char SQL[] =
        "SELECT group_concat(author || '|' || time || '|' || action || '|' || "
        "subject || '|' || detail || '|' || coalesce(reason, '-'), char(10)) "
        "FROM audit";
    struct harm harm;
    sqlite3_stmt *statement;
    harm_open(&harm, 2);
    CHECK_EQ(sqlite3_prepare_v2(harm.db, SQL, -1, &statement, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_step(statement), SQLITE_ROW);
    CHECK_TEXT(
        (const char *)sqlite3_column_text(statement, 0),
        "tester|1764590400000000|configure|a|{\"ids\":[\"a\"],\"inserted\":0,\"corrected\":0,"
        "\"unchanged\":0,\"deleted\":0,\"configured\":1,\"records\":0}|-\n"
        "tester|1764590401000000|insert|a|{\"ids\":[\"a\"],\"inserted\":1,\"corrected\":0,"
        "\"unchanged\":0,\"deleted\":0,\"configured\":0,\"records\":0}|-");
    CHECK_EQ(sqlite3_finalize(statement), SQLITE_OK);
    harm_close(&harm);
}

/* Columns of the audit, and how one byte of each is changed: `x` is a place in it, `y` a bit. */
static const char *const CHANGES[] = {
    "change = change + (1 << (%d %% 8))",
    "row = row + 1 + (%d & 0)",
    "number = number + 1000 + (%d & 0)",
    "time = time + (1 << (%d %% 40))",
    "author = substr(author, 1, %d %% length(author)) || '~' || substr(author, 2 + %d %% "
    "length(author))",
    "action = substr(action, 1, %d %% length(action)) || '~' || substr(action, 2 + %d %% "
    "length(action))",
    "subject = '~' || substr(subject, 2 + (%d & 0))",
    "detail = substr(detail, 1, %d %% length(detail)) || '~' || substr(detail, 2 + %d %% "
    "length(detail))",
    "reason = '' || (%d & 0)",
    "previous = substr(previous, 1, %d %% 64) || '~' || substr(previous, 2 + %d %% 64)",
    "hash = substr(hash, 1, %d %% 64) || '~' || substr(hash, 2 + %d %% 64)"};

#define CHANGE_COUNT (sizeof CHANGES / sizeof *CHANGES)

/* The format has its number once or twice. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void change(struct harm *harm, const char *format, int number, int place)
{
    char what[256], sql[512];
    (void)snprintf(what, sizeof what, format, place, place);
    (void)snprintf(sql, sizeof sql, "UPDATE audit SET %s WHERE number = %d", what, number);
    run(harm, sql);
}
#pragma GCC diagnostic pop

TEST(one_change_anywhere_in_a_record_is_found_and_named)
{
    struct harm harm;
    struct random random = {1};
    harm_open(&harm, 12);
    keep(&harm);
    uint64_t count = case_count(200);
    for (uint64_t i = 0; i < count; i++) {
        int number = 1 + (int)random_below(&random, 12);
        if (i % CHANGE_COUNT == 9 && number == 1)
            continue; /* the first one follows none */
        change(&harm, CHANGES[i % CHANGE_COUNT], number, (int)random_below(&random, 1000));
        check_broken(&harm, number);
        restore(&harm);
    }
    CHECK_EQ(verified(&harm.door), 12);
    harm_close(&harm);
}

TEST(a_record_that_is_missing_is_named)
{
    struct harm harm;
    harm_open(&harm, 5);
    keep(&harm);
    for (int number = 1; number <= 5; number++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "DELETE FROM audit WHERE number = %d", number);
        run(&harm, sql);
        check_broken(&harm, number);
        restore(&harm);
    }
    CHECK_EQ(verified(&harm.door), 5);
    harm_close(&harm);
}

/* Ways to change what four writes have stored, apart from the audit, and what is said of each. */
static const struct {
    const char *sql;
    int number; /* of the record that is named */
    const char *what;
} HARMS[] = {
    {"DELETE FROM change", 1, "the change of 2025-12-01T12:00:00Z, which is not there"},
    {"DELETE FROM change WHERE author LIKE 'tester' AND change = (SELECT change FROM audit WHERE "
     "number = 2)",
     2, "is there, but not the change of 2025-12-01T12:00:01Z"},
    {"DELETE FROM change WHERE change = (SELECT max(change) FROM change)", 4,
     "the change of 2025-12-01T12:00:03Z, which is not there"},
    {"UPDATE change SET author = 'tesser' WHERE change = (SELECT change FROM audit WHERE number = "
     "3)",
     3, "names another author than the change of 2025-12-01T12:00:02Z"},
    {"UPDATE change SET reason = 'none' WHERE change = (SELECT change FROM audit WHERE number = 3)",
     3, "gives another reason than the change of 2025-12-01T12:00:02Z"},
    {"UPDATE change SET change = change + 1 WHERE change = (SELECT change FROM audit WHERE number "
     "= "
     "3)",
     3, "is there, but not the change of 2025-12-01T12:00:02Z"},
    {"UPDATE change SET change = change - 1 WHERE change = (SELECT change FROM audit WHERE number "
     "= "
     "3)",
     3, "is missing: it would tell of the change of 2025-12-01T12:00:01.999999Z"},
    {"UPDATE change SET change = change + 1 WHERE change = (SELECT max(change) FROM change)", 4,
     "is there, but not the change of 2025-12-01T12:00:03Z"},
    {"INSERT INTO change VALUES (1764590400500000, 'tester', '')", 2,
     "would tell of the change of 2025-12-01T12:00:00.500000Z"},
    {"INSERT INTO change VALUES (1764590500000000, 'tester', '')", 5,
     "would tell of the change of 2025-12-01T12:01:40Z"},
    {"DELETE FROM value WHERE value = 1", 2,
     "counts 1 values, but 0 are stored with the change of 2025-12-01T12:00:01Z"},
    {"UPDATE value SET change = change + 1000000 WHERE value = 1", 2, "counts 1 values, but 0"},
    {"UPDATE value SET change = change + 1 WHERE value = 1", 2, "counts 1 values, but 0"},
    {"INSERT INTO value SELECT point, valid_start, knowledge, change + 1, valid_end, value, "
     "deleted "
     "FROM value WHERE value = 1",
     3, "something is stored with the change of 2025-12-01T12:00:01.000001Z, which is not there"},
    {"UPDATE configuration SET change = change + 1", 1, "counts 1 configurations, but 0"},
    {"INSERT INTO run (change, row, id, state, start) SELECT change, row + 1, 'r', 'done', 0 FROM "
     "audit WHERE number = 2",
     2, "counts 1 records with its own, but 2 are stored with"},
    {"DELETE FROM audit WHERE number = 4; DELETE FROM change WHERE change = (SELECT max(change) "
     "FROM "
     "change)",
     4, "something is stored with the change of 2025-12-01T12:00:03Z, which is not there"}};

TEST(what_is_stored_and_its_record_tell_the_same)
{
    struct harm harm;
    harm_open(&harm, 4);
    keep(&harm);
    for (size_t i = 0; i < sizeof HARMS / sizeof *HARMS; i++) {
        run(&harm, HARMS[i].sql);
        check_broken(&harm, HARMS[i].number);
        if (!strstr(harm.door.error.message, HARMS[i].what))
            fail_msg("%s: %s", HARMS[i].sql, harm.door.error.message);
        run(&harm, "DELETE FROM run");
        restore(&harm);
    }
    CHECK_EQ(verified(&harm.door), 4);
    harm_close(&harm);
}

ON_EACH(a_head_that_was_there_is_found_again)
{
    struct mando_audit none, first, second;
    static const char NEVER[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    CHECK_EQ(mando_service_audit_verify(door->service, NULL, &none, NULL), MANDO_OK);
    CHECK_TEXT(none.head, "");
    CHECK_EQ(door_configure(door, "a", SERIES), MANDO_OK);
    CHECK_EQ(mando_service_audit_verify(door->service, NULL, &first, NULL), MANDO_OK);
    CHECK_EQ(door_insert(door, "a", "2025-12-01T10:00:00Z 5", NULL), MANDO_OK);
    CHECK_EQ(mando_service_audit_verify(door->service, first.head, &second, NULL), MANDO_OK);
    CHECK(second.records == 2 && strcmp(first.head, second.head) != 0);
    CHECK_EQ(mando_service_audit_verify(door->service, second.head, &second, NULL), MANDO_OK);
    CHECK_EQ(mando_service_audit_verify(door->service, NEVER, &second, &door->error),
             MANDO_CORRUPT);
    CHECK_TEXT(door->error.code, "audit.chain");
    assert_non_null(strstr(door->error.message, NEVER));
    assert_non_null(strstr(door->error.message, second.head));
}

ON_EACH(a_head_is_a_hash)
{
    static const char *const WORDS[] = {
        "", "head", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefg",
        "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef"};
    struct mando_audit audit;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        CHECK_EQ(mando_service_audit_verify(door->service, WORDS[i], &audit, &door->error),
                 MANDO_INVALID);
        CHECK_TEXT(door->error.code, "audit.head");
    }
}

/* All of it taken away, as if it had never been: the head tells. */
TEST(writes_that_are_cut_off_whole_miss_the_head)
{
    struct harm harm;
    struct mando_audit audit;
    harm_open(&harm, 4);
    CHECK_EQ(mando_service_audit_verify(harm.door.service, NULL, &audit, NULL), MANDO_OK);
    run(&harm, "DELETE FROM value WHERE change = (SELECT max(change) FROM change);"
               "DELETE FROM audit WHERE number = 4;"
               "DELETE FROM change WHERE change = (SELECT max(change) FROM change)");
    CHECK_EQ(verified(&harm.door), 3);
    CHECK_EQ(mando_service_audit_verify(harm.door.service, audit.head, &audit, &harm.door.error),
             MANDO_CORRUPT);
    assert_non_null(strstr(harm.door.error.message, "record 3"));
    harm_close(&harm);
}

TEST(a_forged_record_breaks_the_one_after_it)
{
    struct harm harm;
    harm_open(&harm, 3);
    /* A hash that fits its text would need that of all records after it as well. */
    run(&harm,
        "UPDATE audit SET hash = (SELECT hash FROM audit WHERE number = 1) WHERE number = 2");
    check_broken(&harm, 2);
    harm_close(&harm);
}

static void read_file(const char *path, unsigned char **bytes_out, size_t *size_out)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    CHECK_EQ(fstat(fileno(file), &info), 0);
    *size_out = (size_t)info.st_size;
    *bytes_out = malloc(*size_out);
    CHECK_EQ(fread(*bytes_out, 1, *size_out, file), *size_out);
    CHECK_EQ(fclose(file), 0);
}

static void write_file(const char *path, const unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    CHECK_EQ(fwrite(bytes, 1, size, file), size);
    CHECK_EQ(fclose(file), 0);
}

static size_t find_bytes(const unsigned char *bytes, size_t size, const char *text, size_t length)
{
    for (size_t i = 0; i + length <= size; i++)
        if (memcmp(bytes + i, text, length) == 0)
            return i;
    fail_msg("the file has no record");
    return 0;
}

/* The texts of a record as they stand in the file one after the other. */
static size_t texts_of(struct harm *harm, int number, char *texts_out, size_t size)
{
    sqlite3_stmt *statement;
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "SELECT author || action || subject || detail || previous || hash FROM audit "
                   "WHERE number = %d",
                   number);
    CHECK_EQ(sqlite3_prepare_v2(harm->db, sql, -1, &statement, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_step(statement), SQLITE_ROW);
    int length = snprintf(texts_out, size, "%s", (const char *)sqlite3_column_text(statement, 0));
    CHECK_EQ(sqlite3_finalize(statement), SQLITE_OK);
    return (size_t)length;
}

/* Opens the file as it is now. */
static void check_file(struct harm *harm, int number)
{
    struct harm now = {.count = harm->count};
    struct mando_service_options options = {0};
    CHECK_EQ(mando_service_open(harm->door.url, &options, &now.door.service, NULL), MANDO_OK);
    check_broken(&now, number);
    mando_service_free(now.door.service);
}

TEST(one_byte_of_the_file_is_found_and_named)
{
    struct harm harm;
    struct random random = {2};
    char texts[512];
    unsigned char *bytes;
    size_t size;
    harm_open(&harm, 6);
    mando_service_free(harm.door.service);
    run(&harm, "PRAGMA wal_checkpoint(TRUNCATE)");
    read_file(harm.door.path, &bytes, &size);
    uint64_t count = case_count_of_slow(60);
    for (uint64_t i = 0; i < count; i++) {
        int number = 1 + (int)random_below(&random, 6);
        size_t length = texts_of(&harm, number, texts, sizeof texts);
        size_t at = find_bytes(bytes, size, texts, length) + random_below(&random, length);
        unsigned char before = bytes[at];
        bytes[at] = (unsigned char)(before ^ (1 + random_below(&random, 255)));
        CHECK_EQ(sqlite3_close(harm.db), SQLITE_OK);
        write_file(harm.door.path, bytes, size);
        check_file(&harm, number);
        bytes[at] = before;
        write_file(harm.door.path, bytes, size);
        CHECK_EQ(sqlite3_open(harm.door.path, &harm.db), SQLITE_OK);
    }
    free(bytes);
    CHECK_EQ(mando_service_open(harm.door.url, NULL, &harm.door.service, NULL), MANDO_OK);
    CHECK_EQ(verified(&harm.door), 6);
    harm_close(&harm);
}

TEST(two_services_write_one_chain)
{
    struct harm harm;
    struct mando_service *other, *first;
    harm_open(&harm, 1);
    CHECK_EQ(mando_service_open(harm.door.url, NULL, &other, NULL), MANDO_OK);
    first = harm.door.service;
    for (int i = 0; i < 20; i++) {
        char row[64];
        (void)snprintf(row, sizeof row, "2025-12-01T%02d:00:00Z %d", i, i);
        harm.door.service = i % 3 ? first : other;
        CHECK_EQ(door_insert(&harm.door, "a", row, NULL), MANDO_OK);
    }
    CHECK_EQ(verified(&harm.door), 21);
    harm.door.service = first;
    mando_service_free(other);
    harm_close(&harm);
}

ON_EACH(a_transaction_names_its_data_points_once_and_not_all_of_many)
{
    struct mando_write write = {.reason = "because"};
    struct mando_transaction *transaction;
    CHECK_EQ(mando_transaction_begin(door->service, &write, &transaction, NULL), MANDO_OK);
    for (int i = 0; i < 300; i++) {
        struct mando_point point = {
            .type = MANDO_SERIES, .width = 1, .aggregation = MANDO_MEAN, .time_zone = "UTC"};
        (void)snprintf(point.id, sizeof point.id, "p/%d", i);
        CHECK_EQ(mando_transaction_configure(transaction, &point, 1, NULL), MANDO_OK);
    }
    CHECK_EQ(mando_transaction_commit(transaction, NULL, NULL), MANDO_OK);
    mando_transaction_free(transaction);
    CHECK_EQ(verified(door), 1);
}
