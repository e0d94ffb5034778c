/* Errors of repositories. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "library_refusals.h"
#include "repo/repository.h"
#include "repo/sqlite/sqlite.h"
#include "schema/record.h"

#define NOON INT64_C(1764590400000000) /* 2025-12-01T12:00:00Z */

static const char *const IDS[] = {"Market/Price", "Asset/Config"};

struct store {
    struct mando_repository *repository;
    struct mando_session *session;
};

static int64_t now_us(void *clock)
{
    (void)clock;
    return NOON;
}

static enum mando_status open_store(const char *url, struct store *store, struct mando_error *error)
{
    const struct mando_repository_options options = {
        .now_us = now_us, .sessions_max = 2, .wait_ms = 1, .may_create = true};
    *store = (struct store){0};
    enum mando_status status = mando_repository_open(url, &options, &store->repository, error);
    if (!status)
        status = mando_session_take(store->repository, &store->session, error);
    return status;
}

static void close_store(struct store *store)
{
    mando_session_give(store->session);
    mando_repository_unref(store->repository);
}

static enum mando_status begin(struct store *store, struct mando_error *error)
{
    return store->repository->ops->begin(store->session, &(struct mando_write){0}, error);
}

static enum mando_status put_points(struct store *store, enum mando_point_type type,
                                    struct mando_error *error)
{
    struct mando_point points[2] = {
        {.type = type, .width = 1, .resolution = {.time_us = MANDO_HOUR_US}},
        {.type = MANDO_DOCUMENT, .width = 1}};
    for (size_t i = 0; i < 2; i++)
        (void)snprintf(points[i].id, sizeof points[i].id, "%s", IDS[i]);
    return store->repository->ops->points_put(store->session, points, 2, error);
}

/* Puts rows into a memory that has two data points. */
static enum mando_status put_rows(const struct mando_rows *rows, struct mando_error *error)
{
    struct store store;
    struct mando_written written;
    struct ArrowArrayStream stream = {0};
    enum mando_status status = open_store("memory:", &store, error);
    if (!status)
        status = begin(&store, error);
    if (!status)
        status = put_points(&store, MANDO_SERIES, error);
    if (!status)
        status = mando_rows_stream(rows, &stream, error);
    if (!status) {
        status = store.repository->ops->values_put(store.session, IDS, 2, &stream, error);
        stream.release(&stream);
    }
    if (!status)
        status = store.repository->ops->commit(store.session, &written, error);
    close_store(&store);
    return status;
}

static const int64_t START_US[] = {NOON, NOON + MANDO_HOUR_US / 2};
static const int64_t SAME_US[] = {NOON, NOON};
static const int64_t FUTURE_US[] = {NOON, NOON + 6 * MANDO_SECOND_US};
static const double VALUE[] = {1, 2};
static const int32_t DOCUMENT[] = {1, 1};

static enum mando_status values_duplicate(struct mando_error *error)
{
    return put_rows(&(struct mando_rows){.count = 2,
                                         .type = MANDO_SERIES,
                                         .width = 1,
                                         .valid_start_us = SAME_US,
                                         .value = VALUE},
                    error);
}

static enum mando_status values_overlap(struct mando_error *error)
{
    return put_rows(&(struct mando_rows){.count = 2,
                                         .type = MANDO_SERIES,
                                         .width = 1,
                                         .valid_start_us = START_US,
                                         .value = VALUE},
                    error);
}

static enum mando_status values_knowledge(struct mando_error *error)
{
    return put_rows(&(struct mando_rows){.count = 2,
                                         .type = MANDO_SERIES,
                                         .width = 1,
                                         .valid_start_us = START_US,
                                         .knowledge_us = FUTURE_US,
                                         .value = VALUE},
                    error);
}

static enum mando_status values_type(struct mando_error *error)
{
    return put_rows(&(struct mando_rows){.count = 2,
                                         .type = MANDO_SERIES,
                                         .width = 1,
                                         .point = DOCUMENT,
                                         .valid_start_us = START_US,
                                         .value = VALUE},
                    error);
}

static enum mando_status values_end(struct mando_error *error)
{
    static const int32_t OFFSETS[] = {0, 2};
    return put_rows(&(struct mando_rows){.count = 1,
                                         .type = MANDO_DOCUMENT,
                                         .width = 1,
                                         .point = DOCUMENT,
                                         .valid_start_us = START_US,
                                         .valid_end_us = &START_US[1],
                                         .document = {OFFSETS, "{}"}},
                    error);
}

/* A row of nulls in the column `name`, else in all of a ledger. */
static enum mando_status null_texts(const char *name, struct ArrowArrayStream *stream_out,
                                    struct mando_error *error)
{
    static const enum mando_arrow_type TYPES[] = {[MANDO_COLUMN_TEXT] = MANDO_ARROW_TEXT,
                                                  [MANDO_COLUMN_INTEGER] = MANDO_ARROW_INT64,
                                                  [MANDO_COLUMN_TIME] = MANDO_ARROW_TIME};
    const struct mando_record_kind *kind = mando_record_kind_find("ledger_entry");
    struct mando_arrow_field fields[MANDO_RECORD_COLUMNS_MAX];
    size_t count = name ? 1 : kind->column_count;
    for (size_t i = 0; i < count; i++)
        fields[i] = (struct mando_arrow_field){.name = name ? name : kind->columns[i].name,
                                               .type = TYPES[kind->columns[i].type],
                                               .nullable = true};
    struct mando_arrow_builder builder = {0};
    if (mando_arrow_builder_init(&builder, fields, count))
        return MANDO_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        mando_arrow_push_null(&builder, i);
    return mando_arrow_stream_of(fields, &builder, stream_out, error);
}

/* Puts those into a ledger. */
static enum mando_status put_records(const char *name, struct mando_error *error)
{
    struct store store;
    struct ArrowArrayStream stream;
    enum mando_status status = open_store("memory:", &store, error);
    if (!status)
        status = begin(&store, error);
    if (!status)
        status = null_texts(name, &stream, error);
    if (!status) {
        status = store.repository->ops->records_put(
            store.session, mando_record_kind_find("ledger_entry"), &stream, error);
        stream.release(&stream);
    }
    close_store(&store);
    return status;
}

static enum mando_status records_column(struct mando_error *error)
{
    return put_records("amounts", error);
}

static enum mando_status records_value(struct mando_error *error)
{
    return put_records(NULL, error);
}

static enum mando_status point_type(struct mando_error *error)
{
    struct store store;
    enum mando_status status = open_store("memory:", &store, error);
    if (!status)
        status = begin(&store, error);
    if (!status)
        status = put_points(&store, MANDO_SERIES, error);
    if (!status)
        status = put_points(&store, MANDO_MATRIX, error);
    close_store(&store);
    return status;
}

static enum mando_status db_aborted(struct mando_error *error)
{
    struct store store;
    struct mando_written written;
    enum mando_status status = open_store("memory:", &store, error);
    if (!status)
        status = begin(&store, error);
    if (!status) {
        (void)put_points(&store, MANDO_SERIES, NULL);
        (void)put_points(&store, MANDO_MATRIX, NULL);
        status = store.repository->ops->commit(store.session, &written, error);
    }
    close_store(&store);
    return status;
}

/* A second session of a store, and perhaps a third. */
static enum mando_status open_more(bool is_writing, struct mando_error *error)
{
    struct store store, other;
    enum mando_status status = open_store("memory:", &store, error);
    other = store;
    if (!status)
        status = begin(&store, error);
    if (!status)
        status = mando_session_take(store.repository, &other.session, error);
    if (!status && is_writing)
        status = begin(&other, error);
    else if (!status)
        status = mando_session_take(store.repository, &(struct mando_session *){NULL}, error);
    mando_session_give(other.session);
    close_store(&store);
    return status;
}

static enum mando_status db_sessions(struct mando_error *error)
{
    return open_more(false, error);
}

static enum mando_status db_busy(struct mando_error *error)
{
    return open_more(true, error);
}

static enum mando_status open_url(const char *url, struct mando_error *error)
{
    struct store store;
    enum mando_status status = open_store(url, &store, error);
    close_store(&store);
    return status;
}

static enum mando_status db_url(struct mando_error *error)
{
    return open_url("memory:store", error);
}

static enum mando_status db_scheme(struct mando_error *error)
{
    return open_url("mando.db", error);
}

/* Runs SQL on a file of the working folder, behind the library's back. */
static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) || sqlite3_exec(db, sql, NULL, NULL, NULL))
        (void)fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(db));
    (void)sqlite3_close(db);
}

/* Opens a store that was made before and then changed. */
static enum mando_status open_changed(const char *sql, struct mando_error *error)
{
    enum mando_status status = open_url("sqlite:mando.db", error);
    run_sql("mando.db", sql);
    return status ? status : open_url("sqlite:mando.db", error);
}

static enum mando_status db_url_file(struct mando_error *error)
{
    return open_url("sqlite:", error);
}

static enum mando_status db_not_found(struct mando_error *error)
{
    struct mando_repository *repository;
    struct mando_session *session;
    enum mando_status status = mando_repository_open("sqlite:mando.db", NULL, &repository, error);
    if (status)
        return status;
    status = mando_session_take(repository, &session, error);
    mando_repository_unref(repository);
    return status;
}

static enum mando_status db_no_folder(struct mando_error *error)
{
    return open_url("sqlite:none/mando.db", error);
}

static enum mando_status db_denied(struct mando_error *error)
{
    (void)mkdir("data", 0777);
    return open_url("sqlite:data", error);
}

static enum mando_status db_foreign(struct mando_error *error)
{
    run_sql("mando.db", "CREATE TABLE theirs (a)");
    return open_url("sqlite:mando.db", error);
}

static enum mando_status db_corrupt(struct mando_error *error)
{
    FILE *file = fopen("mando.db", "w");
    for (int i = 0; file && i < 1000; i++)
        (void)fputs("no database\n", file);
    if (file)
        (void)fclose(file);
    return open_url("sqlite:mando.db", error);
}

static enum mando_status db_old_schema(struct mando_error *error)
{
    struct store store = {0};
    run_sql("mando.db", "PRAGMA user_version = 0; VACUUM");
    enum mando_status status =
        mando_repository_open("sqlite:mando.db", NULL, &store.repository, error);
    if (!status)
        status = mando_session_take(store.repository, &store.session, error);
    close_store(&store);
    return status;
}

static enum mando_status db_new_schema(struct mando_error *error)
{
    return open_changed("INSERT INTO migration VALUES (99, 'later', '', 0)", error);
}

static enum mando_status db_edited_schema(struct mando_error *error)
{
    return open_changed("UPDATE migration SET checksum = 'x' WHERE number = 1", error);
}

/* The file is moved away under an open session. */
static enum mando_status db_io(struct mando_error *error)
{
    struct store store;
    int64_t change_us;
    enum mando_status status = open_store("sqlite:mando.db", &store, error);
    (void)rename("mando.db", "moved.db");
    if (!status)
        status = store.repository->ops->version(store.session, &change_us, error);
    close_store(&store);
    return status;
}

/* The file may not grow. */
static enum mando_status db_full(struct mando_error *error)
{
    struct store store;
    struct mando_written written;
    enum mando_status status = open_store("sqlite:mando.db", &store, error);
    char *document = calloc(100000, 1);
    struct mando_point point = {
        .id = "A", .type = MANDO_DOCUMENT, .width = 1, .document = document};
    if (!status)
        status = sqlite_execute((struct sqlite_session *)store.session, "PRAGMA max_page_count = 1",
                                error);
    if (!status)
        status = begin(&store, error);
    for (int i = 0; document && i < 99999; i++)
        document[i] = ' ';
    if (!status)
        status = store.repository->ops->points_put(store.session, &point, 1, error);
    if (!status)
        status = store.repository->ops->commit(store.session, &written, error);
    close_store(&store);
    free(document);
    return status;
}

const struct refusal STORE_REFUSALS[] = {{"values.duplicate", values_duplicate},
                                         {"values.overlap", values_overlap},
                                         {"values.knowledge", values_knowledge},
                                         {"values.type", values_type},
                                         {"values.end", values_end},
                                         {"point.type", point_type},
                                         {"records.column", records_column},
                                         {"records.value", records_value},
                                         {"db.aborted", db_aborted},
                                         {"db.sessions", db_sessions},
                                         {"db.busy", db_busy},
                                         {"db.url", db_url},
                                         {"db.scheme", db_scheme},
                                         {"db.url/file", db_url_file},
                                         {"db.not_found", db_not_found},
                                         {"db.not_found/folder", db_no_folder},
                                         {"db.denied", db_denied},
                                         {"db.foreign", db_foreign},
                                         {"db.corrupt", db_corrupt},
                                         {"db.old_schema", db_old_schema},
                                         {"db.new_schema", db_new_schema},
                                         {"db.edited_schema", db_edited_schema},
                                         {"db.io", db_io},
                                         {"db.full", db_full},
                                         {NULL, NULL}};
