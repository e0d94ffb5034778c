/* Errors of repositories. */
#include <stdio.h>

#include "library_refusals.h"
#include "repo/repository.h"

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

const struct refusal STORE_REFUSALS[] = {{"values.duplicate", values_duplicate},
                                         {"values.overlap", values_overlap},
                                         {"values.knowledge", values_knowledge},
                                         {"values.type", values_type},
                                         {"values.end", values_end},
                                         {"point.type", point_type},
                                         {"db.aborted", db_aborted},
                                         {"db.sessions", db_sessions},
                                         {"db.busy", db_busy},
                                         {"db.url", db_url},
                                         {"db.scheme", db_scheme},
                                         {NULL, NULL}};
