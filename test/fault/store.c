#include "store.h"

#include <stdlib.h>
#include <unistd.h>

#include <sqlite3.h>

#include "check.h"
#include "mando/rows.h"
#include "runs.h"

#define ROWS_MAX 20000

#ifndef STORE_SCHEME
#define STORE_SCHEME "sqlite:"
#endif

enum mando_status store_open(struct store *store, const char *path, uint32_t wait_ms)
{
    char url[256];
    struct mando_repository_options options = {.wait_ms = wait_ms, .may_create = true};
    *store = (struct store){0};
    (void)snprintf(url, sizeof url, "%s%s", strstr(path, "://") ? "" : STORE_SCHEME, path);
    enum mando_status status =
        mando_repository_open(url, &options, &store->repository, &store->error);
    if (!status)
        status = mando_session_take(store->repository, &store->session, &store->error);
    if (status) {
        mando_repository_unref(store->repository);
        store->repository = NULL;
    }
    return status;
}

void store_close(struct store *store)
{
    mando_session_give(store->session);
    mando_repository_unref(store->repository);
    *store = (struct store){0};
}

static enum mando_status put(struct store *store, const char *id, int64_t batch, size_t count)
{
    static int64_t starts[ROWS_MAX];
    static double values[ROWS_MAX];
    struct mando_rows rows = {.count = count,
                              .type = MANDO_SERIES,
                              .width = 1,
                              .valid_start_us = starts,
                              .valid_end_us = starts,
                              .value = values};
    struct ArrowArrayStream stream;
    for (size_t i = 0; i < count; i++) {
        starts[i] = NOON + batch * MANDO_HOUR_US + (int64_t)i;
        values[i] = (double)batch;
    }
    enum mando_status status = mando_rows_stream(&rows, &stream, &store->error);
    if (status)
        return status;
    status = store->repository->ops->values_put(store->session, &id, 1, &stream, &store->error);
    stream.release(&stream);
    return status;
}

/* Only the first time: records are never the same. */
static enum mando_status put_run(struct store *store, int64_t batch)
{
    struct ArrowArrayStream stream;
    size_t count = 0;
    enum mando_status status = runs_count(store->session, NOON + batch * MANDO_HOUR_US, &count);
    if (status || count)
        return status;
    status = runs_stream(1, NOON + batch * MANDO_HOUR_US, &stream);
    if (status)
        return status;
    status = runs_put(store->session, &stream, &store->error);
    stream.release(&stream);
    return status;
}

enum mando_status store_batch(struct store *store, const char *id, int64_t batch, size_t rows,
                              struct mando_written *written_out)
{
    const struct mando_repository_ops *ops = store->repository->ops;
    struct mando_point point = {
        .type = MANDO_SERIES, .width = 1, .aggregation = MANDO_MEAN, .time_zone = "UTC"};
    (void)snprintf(point.id, sizeof point.id, "%s", id);
    CHECK(rows <= ROWS_MAX);
    enum mando_status status =
        ops->begin(store->session, &(struct mando_write){.author = "test"}, &store->error);
    if (status)
        return status;
    status = ops->points_put(store->session, &point, 1, &store->error);
    if (!status)
        status = put(store, id, batch, rows);
    if (!status)
        status = put_run(store, batch);
    if (!status)
        return ops->commit(store->session, written_out, &store->error);
    ops->rollback(store->session);
    return status;
}

enum mando_status store_count(struct store *store, const char *id, size_t *counts, size_t batches)
{
    struct mando_scan scan = {.ids = &id,
                              .id_count = 1,
                              .from_us = INT64_MIN,
                              .to_us = INT64_MAX,
                              .as_of = {MANDO_FOREVER, MANDO_FOREVER},
                              .every_version = true};
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    memset(counts, 0, batches * sizeof *counts);
    enum mando_status status =
        store->repository->ops->values_scan(store->session, &scan, &stream, &store->error);
    if (status)
        return status;
    do {
        status = mando_rows_next(&stream, &rows, &store->error);
        for (size_t i = 0; !status && i < rows.count; i++) {
            int64_t batch = (rows.valid_start_us[i] - NOON) / MANDO_HOUR_US;
            CHECK(batch >= 0 && (size_t)batch < batches);
            CHECK_NEAR(rows.value[i], (double)batch, 0);
            counts[batch]++;
        }
    } while (!status && rows.count);
    mando_rows_release(&rows);
    stream.release(&stream);
    return status;
}

void store_check_run(struct store *store, int64_t batch, bool is_there)
{
    size_t count;
    CHECK_EQ(runs_count(store->session, NOON + batch * MANDO_HOUR_US, &count), MANDO_OK);
    CHECK_EQ(count, is_there);
}

void store_check_file(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *check = NULL;
    if (strcmp(STORE_SCHEME, "sqlite:") != 0)
        return;
    CHECK_EQ(sqlite3_open(path, &db), SQLITE_OK);
    CHECK_EQ(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &check, NULL), SQLITE_OK);
    CHECK_EQ(sqlite3_step(check), SQLITE_ROW);
    CHECK_TEXT((const char *)sqlite3_column_text(check, 0), "ok");
    (void)sqlite3_finalize(check);
    (void)sqlite3_close(db);
}

void store_remove(const char *path)
{
    static const char *const ENDS[] = {"", "-wal", "-shm", ".wal", ".lock"};
    char name[256];
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, ENDS[i]);
        (void)unlink(name);
    }
}
