/* Errors that only a caller of the service can meet. */
#include "library_refusals.h"

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

const struct refusal SERVICE_REFUSALS[] = {
    {"values.resolution", values_resolution}, {"records.kind", records_kind}, {NULL, NULL}};
