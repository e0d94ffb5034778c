/* A service over SQLite whose n-th write, sync, read or allocation fails: what it told to be stored is,
 * each write is whole and has its record of the audit, and the same again completes it. */
#include <stdlib.h>
#include <unistd.h>

#include "case_count.h"
#include "check.h"
#include "failing.h"
#include "mando.h"
#include "runs.h"
#include "store.h"

#define PATH "/dev/shm/mando-service.db"
#define COPY PATH ".copy"
#define URL "sqlite:" PATH
#define HOURS 300
#define POINTS 3
#define WRITES 4

static const char *const IDS[POINTS] = {"A/Price", "B/Bands", "C/Battery"};
static const char *const CONFIGURATIONS[POINTS] = {
    "{\"type\": \"TimeSeriesDouble\", \"unit\": \"EUR/MWh\", \"resolution\": \"PT1H\", "
    "\"time_zone\": \"UTC\"}",
    "{\"type\": \"TimeSeriesDoubleMatrix\", \"unit\": \"MW\", \"labels\": [\"low\", \"high\", "
    "\"mean\"]}",
    "{\"type\": \"StaticData\", \"json_schema\": {\"type\": \"object\"}, \"tags\": {\"owner\": "
    "\"desk\"}}"};

/* Rows of one data point, as many as its type has. */
struct rows_of {
    int64_t starts[HOURS];
    double numbers[3 * HOURS];
    struct mando_rows rows;
};

static const struct mando_rows *fill(struct rows_of *own, size_t point)
{
    static const int32_t OFFSETS[] = {0, 9};
    own->rows = (struct mando_rows){.count = point == 2 ? 1 : HOURS,
                                    .type = (enum mando_point_type)(MANDO_SERIES + point),
                                    .width = point == 1 ? 3 : 1,
                                    .valid_start_us = own->starts,
                                    .value = own->numbers};
    if (point == 2)
        own->rows.document = (struct mando_texts){OFFSETS, "{\"mw\":10}"};
    for (int i = 0; i < HOURS; i++)
        own->starts[i] = NOON + (int64_t)i * MANDO_HOUR_US;
    for (int i = 0; i < 3 * HOURS; i++)
        own->numbers[i] = i % 17 - 4.5;
    return &own->rows;
}

static enum mando_status configure(struct mando_service *service, struct mando_error *error)
{
    struct mando_point points[POINTS];
    char *documents[POINTS] = {NULL};
    enum mando_status status = MANDO_OK;
    for (int i = 0; i < POINTS && !status; i++)
        status = mando_point_parse(IDS[i], 0, CONFIGURATIONS[i], strlen(CONFIGURATIONS[i]),
                                   &points[i], &documents[i], error);
    if (!status)
        status = mando_service_configure(service, points, POINTS, NULL, NULL, error);
    for (int i = 0; i < POINTS; i++)
        mando_text_free(documents[i]);
    return status;
}

static enum mando_status insert(struct mando_service *service, size_t point,
                                struct mando_error *error)
{
    static struct rows_of own;
    const struct mando_write write = {.reason = "a test", .knowledge_us = NOON};
    struct ArrowArrayStream stream;
    enum mando_status status = mando_rows_stream(fill(&own, point), &stream, error);
    if (status)
        return status;
    status = mando_service_insert(service, IDS[point], &stream, &write, NULL, error);
    stream.release(&stream);
    return status;
}

static enum mando_status put_both(struct mando_transaction *transaction, struct mando_error *error)
{
    static struct rows_of own;
    struct ArrowArrayStream values, runs;
    enum mando_status status = mando_rows_stream(fill(&own, 0), &values, error);
    if (status)
        return status;
    status = mando_transaction_values(transaction, IDS, 1, &values, error);
    values.release(&values);
    if (!status)
        status = runs_stream(2, NOON, &runs);
    if (status)
        return status;
    status = mando_transaction_records(transaction, "run", &runs, error);
    runs.release(&runs);
    return status;
}

static enum mando_status write_both(struct mando_service *service, struct mando_error *error)
{
    const struct mando_write write = {.author = "another", .knowledge_us = NOON};
    struct mando_transaction *transaction = NULL;
    enum mando_status status = mando_transaction_begin(service, &write, &transaction, error);
    if (!status)
        status = put_both(transaction, error);
    if (!status)
        status = mando_transaction_commit(transaction, NULL, error);
    mando_transaction_free(transaction);
    return status;
}

/* How many rows a question is answered with. */
static enum mando_status count_rows(struct mando_service *service, const char *id,
                                    const char *resolution, size_t *count_out,
                                    struct mando_error *error)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    query.patterns = &id;
    query.pattern_count = 1;
    query.resolution = resolution;
    enum mando_status status = resolution
                                   ? mando_service_retrieve(service, &query, NULL, &stream, error)
                                   : mando_service_history(service, &query, NULL, &stream, error);
    *count_out = 0;
    if (status)
        return status;
    do {
        status = mando_rows_next(&stream, &rows, error);
        *count_out += status ? 0 : rows.count;
    } while (!status && rows.count);
    stream.release(&stream);
    return status;
}

static enum mando_status read_all(struct mando_service *service, struct mando_error *error)
{
    const char *const pattern = "**";
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct mando_catalog catalog;
    struct mando_audit audit;
    size_t count;
    query.patterns = &pattern;
    query.pattern_count = 1;
    enum mando_status status = mando_service_catalog(service, &query, &catalog, error);
    if (!status)
        mando_catalog_release(&catalog);
    for (int i = 0; i < POINTS && !status; i++)
        status = count_rows(service, IDS[i], NULL, &count, error);
    if (!status)
        status = count_rows(service, IDS[0], "P1D", &count, error);
    if (!status)
        status = mando_service_audit_verify(service, NULL, &audit, error);
    return status ? status : mando_service_backup(service, COPY, error);
}

/* Everything, up to what fails; writes that were acknowledged are counted. */
static enum mando_status use(int64_t *acknowledged, struct mando_error *error)
{
    const struct mando_service_options options = {.author = "test", .may_create = 1, .wait_ms = 20};
    struct mando_service *service = NULL;
    *acknowledged = 0;
    enum mando_status status = mando_service_open(URL, &options, &service, error);
    for (int i = 0; i < WRITES && !status; i++) {
        status = i == 0   ? configure(service, error)
                 : i == 1 ? write_both(service, error)
                          : insert(service, (size_t)i - 1, error);
        *acknowledged += !status;
    }
    if (!status)
        status = read_all(service, error);
    mando_service_free(service);
    return status;
}

/* How many of the writes are there; each is so with all it holds or not at all. */
static int64_t count_writes(struct mando_service *service)
{
    static const size_t WHOLE[POINTS] = {HOURS, HOURS, 1};
    struct mando_error error;
    int64_t writes = 1;
    for (int i = 0; i < POINTS; i++) {
        size_t count;
        enum mando_status status = count_rows(service, IDS[i], NULL, &count, &error);
        if (status == MANDO_NOT_FOUND)
            return 0;
        CHECK_EQ(status, MANDO_OK);
        CHECK(count == 0 || count == WHOLE[i]);
        writes += count > 0;
    }
    return writes;
}

static void check_runs(int64_t writes)
{
    struct store store;
    size_t count;
    CHECK_EQ(store_open(&store, PATH, 20), MANDO_OK);
    CHECK_EQ(runs_count(store.session, NOON, &count), MANDO_OK);
    CHECK_EQ(count, writes > 1 ? 2 : 0);
    store_close(&store);
}

static void check_whole(int64_t acknowledged)
{
    const struct mando_service_options options = {.may_create = 1, .wait_ms = 20};
    struct mando_service *service = NULL;
    struct mando_audit audit;
    CHECK_EQ(mando_service_open(URL, &options, &service, NULL), MANDO_OK);
    int64_t writes = count_writes(service);
    CHECK(writes >= acknowledged);
    CHECK_EQ(mando_service_audit_verify(service, NULL, &audit, NULL), MANDO_OK);
    CHECK_EQ(audit.records, writes);
    mando_service_free(service);
    check_runs(writes);
    store_check_file(PATH);
    if (access(COPY, F_OK) == 0)
        store_check_file(COPY);
    CHECK(access(COPY ".part", F_OK) != 0);
}

static bool is_of_files(enum mando_status status)
{
    return status == MANDO_OK || status == MANDO_IO || status == MANDO_DENIED
           || status == MANDO_NOT_FOUND || status == MANDO_NO_MEMORY;
}

/* Fails the first call, the one `stride` later and so on, until none of them is left to fail. */
static void fail_calls(int64_t stride)
{
    int64_t tried = 0, told = 0;
    for (bool is_over = false; !is_over; tried++) {
        struct mando_error error = {0};
        int64_t acknowledged;
        store_remove(PATH);
        store_remove(COPY);
        failing_calls_left = tried * stride;
        enum mando_status status = use(&acknowledged, &error);
        is_over = failing_calls_left >= 0;
        failing_calls_left = -1;
        told += status != MANDO_OK;
        if (!is_of_files(status))
            print_error("call %d: %s: %s\n", (int)(tried * stride), error.code, error.message);
        CHECK(is_of_files(status));
        check_whole(acknowledged);
    }
    store_remove(PATH);
    store_remove(COPY);
    (void)printf("%d calls failed, %d of them told\n", (int)tried - 1, (int)told);
    CHECK(told > 20);
}

TEST(each_call_of_the_file_system_may_fail_below_a_service)
{
    failing_files();
    fail_calls(1);
    failing_files_end();
}

TEST(each_allocation_of_sqlite_may_fail_below_a_service)
{
    failing_memory();
    fail_calls(case_count(0) >= 100000 ? 1 : 23);
    failing_memory_end();
}
