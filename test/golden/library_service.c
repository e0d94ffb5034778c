/* Errors that only a caller of the service can meet. */
#include <stdio.h>

#include "library_refusals.h"
#include "service/service.h"

static enum mando_status values_resolution(struct mando_error *error)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct mando_service *service;
    struct ArrowArrayStream stream;
    enum mando_status status = mando_service_open("memory:", NULL, &service, error);
    if (status)
        return status;
    query.resolution = "PT1H";
    status = mando_service_history(service, &query, NULL, &stream, error);
    mando_service_free(service);
    return status;
}

static enum mando_status records_kind(struct mando_error *error)
{
    struct ArrowArrayStream stream = {0};
    struct mando_service *service;
    struct mando_transaction *transaction = NULL;
    enum mando_status status = mando_service_open("memory:", NULL, &service, error);
    if (status)
        return status;
    status = mando_transaction_begin(service, NULL, &transaction, error);
    if (!status)
        status = mando_transaction_records(transaction, "audit", &stream, error);
    mando_transaction_free(transaction);
    mando_service_free(service);
    return status;
}

/* A change past the service has no record. */
static enum mando_status put_unseen(struct mando_service *service, const char *id,
                                    const char *author, struct mando_error *error)
{
    struct mando_point point = {
        .time_zone = "UTC", .type = MANDO_SERIES, .aggregation = MANDO_MEAN, .width = 1};
    const struct mando_write write = {.author = author};
    const struct mando_repository_ops *ops = service->repository->ops;
    struct mando_session *session;
    struct mando_written written;
    (void)snprintf(point.id, sizeof point.id, "%s", id);
    enum mando_status status = mando_session_take(service->repository, &session, error);
    if (status)
        return status;
    status = ops->begin(session, &write, error);
    if (!status)
        status = ops->points_put(session, &point, 1, error);
    if (!status)
        status = ops->commit(session, &written, error);
    mando_session_give(session);
    return status;
}

static int64_t noon(void *clock)
{
    (void)clock;
    return 1764590400000000; /* 2025-12-01T12:00:00Z */
}

static enum mando_status audit_chain(struct mando_error *error)
{
    const struct mando_service_options options = {.now_us = noon};
    struct mando_service *service;
    struct mando_audit audit;
    enum mando_status status = mando_service_open("memory:", &options, &service, error);
    if (status)
        return status;
    status = put_unseen(service, "a", "ann", error);
    if (!status)
        status = mando_service_audit_verify(service, NULL, &audit, error);
    mando_service_free(service);
    return status;
}

/* Of ann's data point "a", into a memory where another stands already. */
static enum mando_status copy_onto(const char *id, const char *author, struct mando_error *error)
{
    const struct mando_service_options options = {.now_us = noon};
    struct mando_service *from = NULL, *to = NULL;
    struct mando_copied copied;
    enum mando_status status = mando_service_open("memory:", &options, &from, error);
    if (!status)
        status = mando_service_open("memory:", &options, &to, error);
    if (!status)
        status = put_unseen(from, "a", "ann", error);
    if (!status)
        status = put_unseen(to, id, author, error);
    if (!status)
        status = mando_service_copy(from, to, NULL, &copied, error);
    mando_service_free(from);
    mando_service_free(to);
    return status;
}

static enum mando_status copy_target(struct mando_error *error)
{
    return copy_onto("a", "bob", error);
}

static enum mando_status copy_differs(struct mando_error *error)
{
    return copy_onto("b", "ann", error);
}

const struct refusal SERVICE_REFUSALS[] = {{"values.resolution", values_resolution},
                                           {"records.kind", records_kind},
                                           {"audit.chain", audit_chain},
                                           {"copy.target", copy_target},
                                           {"copy.differs", copy_differs},
                                           {NULL, NULL}};
