/* Errors that only a caller of the service can meet. */
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
static enum mando_status put_unseen(struct mando_service *service, struct mando_error *error)
{
    static const struct mando_point POINT = {
        .id = "a", .time_zone = "UTC", .type = MANDO_SERIES, .aggregation = MANDO_MEAN, .width = 1};
    static const struct mando_write WRITE = {.author = "a"};
    const struct mando_repository_ops *ops = service->repository->ops;
    struct mando_session *session;
    struct mando_written written;
    enum mando_status status = mando_session_take(service->repository, &session, error);
    if (status)
        return status;
    status = ops->begin(session, &WRITE, error);
    if (!status)
        status = ops->points_put(session, &POINT, 1, error);
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
    status = put_unseen(service, error);
    if (!status)
        status = mando_service_audit_verify(service, NULL, &audit, error);
    mando_service_free(service);
    return status;
}

const struct refusal SERVICE_REFUSALS[] = {{"values.resolution", values_resolution},
                                           {"records.kind", records_kind},
                                           {"audit.chain", audit_chain},
                                           {NULL, NULL}};
