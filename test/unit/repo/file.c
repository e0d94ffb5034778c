#include "file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char file_folder[64], file_path[80], file_url[128];

void file_new(void)
{
    (void)snprintf(file_folder, sizeof file_folder, "/tmp/mando-%s-XXXXXX", QUIRKS.scheme);
    assert_non_null(mkdtemp(file_folder));
    CHECK_EQ(chmod(file_folder, 0777), 0);
    (void)snprintf(file_path, sizeof file_path, "%s/mando.db", file_folder);
    (void)snprintf(file_url, sizeof file_url, "%s:%s", QUIRKS.scheme, file_path);
}

void file_remove(const char *ending)
{
    char name[96];
    (void)snprintf(name, sizeof name, "%s%s", file_path, ending);
    (void)unlink(name);
}

void file_remove_all(void)
{
    char moved[16];
    file_remove("");
    file_remove(".moved");
    for (const char *const *ending = QUIRKS.endings; *ending; ending++) {
        (void)snprintf(moved, sizeof moved, ".moved%s", *ending);
        file_remove(*ending);
        file_remove(moved);
    }
    CHECK_EQ(rmdir(file_folder), 0);
}

void file_run_sql(const char *sql)
{
    char cell[8];
    CHECK(QUIRKS.run_sql(sql, cell, sizeof cell));
}

static int64_t now_us(void *clock)
{
    (void)clock;
    return NOON;
}

enum mando_status store_open_at(const char *url, struct store *store, bool may_create,
                                bool may_migrate)
{
    struct mando_repository_options options = {
        .now_us = now_us, .wait_ms = 50, .may_create = may_create, .may_migrate = may_migrate};
    *store = (struct store){0};
    CHECK_EQ(mando_repository_open(url, &options, &store->repository, &store->error), MANDO_OK);
    enum mando_status status =
        mando_session_take(store->repository, &store->session, &store->error);
    if (status) {
        mando_repository_unref(store->repository);
        *store = (struct store){.error = store->error};
    }
    return status;
}

enum mando_status store_open(struct store *store, bool may_create, bool may_migrate)
{
    return store_open_at(file_url, store, may_create, may_migrate);
}

void store_close(struct store *store)
{
    mando_session_give(store->session);
    mando_repository_unref(store->repository);
}

enum mando_status store_put(struct store *store, const struct mando_point *point,
                            const struct mando_rows *rows)
{
    const struct mando_repository_ops *ops = store->repository->ops;
    const char *id = point->id;
    struct ArrowArrayStream stream;
    struct mando_written written;
    enum mando_status status = ops->begin(store->session, &(struct mando_write){0}, &store->error);
    if (status)
        return status;
    CHECK_EQ(mando_rows_stream(rows, &stream, NULL), MANDO_OK);
    status = ops->points_put(store->session, point, 1, &store->error);
    if (!status)
        status = ops->values_put(store->session, &id, 1, &stream, &store->error);
    stream.release(&stream);
    if (!status)
        return ops->commit(store->session, &written, &store->error);
    ops->rollback(store->session);
    return status;
}

enum mando_status store_insert(struct store *store, double value)
{
    static const struct mando_point POINT = {.id = ID, .type = MANDO_SERIES, .width = 1};
    static const int64_t start_us = NOON;
    const struct mando_rows rows = {
        .count = 1, .type = MANDO_SERIES, .width = 1, .valid_start_us = &start_us, .value = &value};
    return store_put(store, &POINT, &rows);
}

enum mando_status store_read(struct store *store, const char *id, bool every_version,
                             double *value_out)
{
    const struct mando_scan whole = {.ids = &id,
                                     .id_count = 1,
                                     .from_us = INT64_MIN,
                                     .to_us = INT64_MAX,
                                     .as_of = {MANDO_FOREVER, MANDO_FOREVER},
                                     .every_version = every_version};
    struct ArrowArrayStream stream;
    struct mando_rows rows = {0};
    enum mando_status status =
        store->repository->ops->values_scan(store->session, &whole, &stream, &store->error);
    if (status)
        return status;
    do {
        status = mando_rows_next(&stream, &rows, &store->error);
        if (!status && rows.count && rows.value)
            *value_out = rows.value[rows.count - 1];
    } while (!status && rows.count);
    mando_rows_release(&rows);
    stream.release(&stream);
    return status;
}

enum mando_status store_read_value(struct store *store, double *value_out)
{
    return store_read(store, ID, false, value_out);
}
