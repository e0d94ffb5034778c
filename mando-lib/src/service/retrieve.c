/* Values and their history, as streams that hold a session. */
#include "arrow/array.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "service/convert.h"
#include "service/service.h"

/* A query while it is being answered. */
struct retrieval {
    struct mando_service *service;
    const struct mando_query *query;
    bool is_history;
    struct mando_session *session;
    struct mando_catalog catalog;
    struct ArrowArrayStream stream;
};

static void release(struct retrieval *retrieval)
{
    mando_arrow_stream_release(&retrieval->stream);
    mando_catalog_release(&retrieval->catalog);
    mando_session_give(retrieval->session);
}

static void give_session(void *session)
{
    mando_session_give(session);
}

static enum mando_status check(const struct retrieval *retrieval, struct mando_error *error)
{
    const struct mando_query *query = retrieval->query;
    if (query->from_us > query->to_us)
        return mando_fail(error, MANDO_E_TIME_ORDER, -1, "the range ends before it begins");
    if (retrieval->is_history && query->resolution)
        return mando_fail(error, MANDO_E_VALUES_RESOLUTION, -1,
                          "a history has the versions that were stored: it has no resolution");
    return MANDO_OK;
}

static enum mando_status scan(struct retrieval *retrieval, struct mando_error *error)
{
    const struct mando_query *query = retrieval->query;
    const struct mando_catalog *catalog = &retrieval->catalog;
    const char **ids = mando_alloc(catalog->count + 1, sizeof *ids);
    if (!ids)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a query");
    for (size_t i = 0; i < catalog->count; i++)
        ids[i] = catalog->items[i].point.id;
    struct mando_scan scan = {.ids = ids,
                              .id_count = catalog->count,
                              .from_us = query->from_us,
                              .to_us = query->to_us,
                              .as_of = query->as_of,
                              .every_version = retrieval->is_history};
    struct mando_session *session = retrieval->session;
    enum mando_status status =
        query->resolution
            ? service_convert(retrieval->service, session, catalog, query, &scan,
                              &retrieval->stream, error)
            : session->repository->ops->values_scan(session, &scan, &retrieval->stream, error);
    mando_free(ids);
    return status;
}

static enum mando_status answer(struct retrieval *retrieval, struct mando_error *error)
{
    enum mando_status status = check(retrieval, error);
    if (!status)
        status = mando_session_take(retrieval->service->repository, &retrieval->session, error);
    if (!status)
        status = service_select(retrieval->session, retrieval->query, &retrieval->catalog, error);
    if (!status)
        status = scan(retrieval, error);
    if (!status)
        status =
            mando_arrow_stream_guard(&retrieval->stream, give_session, retrieval->session, error);
    if (!status)
        retrieval->session = NULL;
    return status;
}

static enum mando_status retrieve(struct retrieval retrieval, struct mando_catalog *catalog_out,
                                  struct ArrowArrayStream *stream_out, struct mando_error *error)
{
    enum mando_status status = answer(&retrieval, error);
    if (!status) {
        mando_arrow_stream_move(&retrieval.stream, stream_out);
        if (catalog_out) {
            *catalog_out = retrieval.catalog;
            retrieval.catalog = (struct mando_catalog){0};
        }
    }
    release(&retrieval);
    return status;
}

enum mando_status mando_service_retrieve(struct mando_service *service,
                                         const struct mando_query *query,
                                         struct mando_catalog *catalog_out,
                                         struct ArrowArrayStream *stream_out,
                                         struct mando_error *error)
{
    return retrieve((struct retrieval){.service = service, .query = query}, catalog_out, stream_out,
                    error);
}

enum mando_status mando_service_history(struct mando_service *service,
                                        const struct mando_query *query,
                                        struct mando_catalog *catalog_out,
                                        struct ArrowArrayStream *stream_out,
                                        struct mando_error *error)
{
    return retrieve((struct retrieval){.service = service, .query = query, .is_history = true},
                    catalog_out, stream_out, error);
}
