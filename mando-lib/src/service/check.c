/* What a service checks before it stores: configurations and documents. */
#include <string.h>

#include "arrow/array.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "mando/codec.h"
#include "mando/rows.h"
#include "service/service.h"

static void free_text(char **text)
{
    mando_text_free(*text);
}

static enum mando_status check_zone(const struct mando_service *service,
                                    const struct mando_point *point, struct mando_error *error)
{
    struct mando_zone *zone;
    enum mando_status status =
        mando_zone_open(point->time_zone, service->zone_folder, &zone, error);
    if (!status)
        mando_zone_free(zone);
    return status;
}

/* A configuration is whole where its text can be read back; *document_out is then in the form that
 * equal ones share. */
static enum mando_status read_back(const struct mando_point *point, struct mando_point *read_out,
                                   char **document_out, struct mando_error *error)
{
    char *text MANDO_CLEANUP(free_text) = NULL;
    size_t length;
    enum mando_status status =
        mando_point_id_check(point->id, strnlen(point->id, sizeof point->id), error);
    if (!status)
        status = mando_point_format(point, &text, &length, error);
    return status ? status
                  : mando_point_parse(point->id, point->type, text, length, read_out, document_out,
                                      error);
}

static enum mando_status configure(const struct mando_service *service,
                                   struct mando_session *session, const struct mando_point *point,
                                   struct mando_error *error)
{
    char *document MANDO_CLEANUP(free_text) = NULL;
    struct mando_point whole;
    enum mando_status status = read_back(point, &whole, &document, error);
    if (!status)
        status = check_zone(service, &whole, error);
    return status ? status : session->repository->ops->points_put(session, &whole, 1, error);
}

enum mando_status service_configure(const struct mando_service *service,
                                    struct mando_session *session, const struct mando_point *points,
                                    size_t count, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = configure(service, session, &points[i], error);
    return status;
}

/* The documents of a batch in the form that equal ones share. */
struct documents {
    struct mando_text text;
    int32_t *offsets; /* of one more than there are rows */
};

static void release_documents(struct documents *documents)
{
    mando_text_release(&documents->text);
    mando_free(documents->offsets);
}

static enum mando_status read_document(const struct mando_catalog *catalog,
                                       const struct mando_rows *rows, size_t row,
                                       struct mando_text *text, struct mando_error *error)
{
    char *read MANDO_CLEANUP(free_text) = NULL;
    int32_t point = rows->point ? rows->point[row] : 0;
    if (mando_rows_is_deleted(rows, row) || !mando_rows_is_present(rows, row)
        || (size_t)point >= catalog->count)
        return MANDO_OK;
    size_t length = mando_texts_length(rows->document, row), read_length;
    enum mando_status status = mando_point_document_read(
        &catalog->items[point].point, length ? mando_texts_at(rows->document, row) : "", length,
        &read, &read_length, error);
    if (!status)
        mando_text_append(text, read, read_length);
    return status;
}

/* Checks each document against the configuration of its data point. */
static enum mando_status read_documents(const struct mando_catalog *catalog,
                                        const struct mando_rows *rows, int64_t first,
                                        struct documents *documents_out, struct mando_error *error)
{
    struct mando_text *text = &documents_out->text;
    mando_text_init(text, INT32_MAX);
    documents_out->offsets = mando_alloc(rows->count + 1, sizeof *documents_out->offsets);
    if (!documents_out->offsets)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for documents");
    for (size_t i = 0; i < rows->count; i++) {
        enum mando_status status = read_document(catalog, rows, i, text, error);
        if (status && error)
            error->index = first + (int64_t)i;
        if (status)
            return status;
        documents_out->offsets[i + 1] = (int32_t)text->length;
    }
    return text->status ? mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for documents")
                        : MANDO_OK;
}

static enum mando_status put_rows(struct mando_session *session, const char *const *ids,
                                  size_t id_count, const struct mando_rows *rows, int64_t first,
                                  struct mando_error *error)
{
    struct ArrowArrayStream stream MANDO_CLEANUP(mando_arrow_stream_release) = {0};
    struct mando_rows borrowed = *rows;
    borrowed.owned = NULL;
    enum mando_status status = mando_rows_stream(&borrowed, &stream, error);
    if (!status)
        status = session->repository->ops->values_put(session, ids, id_count, &stream, error);
    if (status && error && error->index >= 0)
        error->index += first;
    return status;
}

static enum mando_status put_batch(struct mando_session *session, const char *const *ids,
                                   const struct mando_catalog *catalog,
                                   const struct mando_rows *rows, int64_t first,
                                   struct mando_error *error)
{
    struct documents documents MANDO_CLEANUP(release_documents) = {0};
    struct mando_rows read = *rows;
    enum mando_status status = MANDO_OK;
    if (rows->type == MANDO_DOCUMENT) {
        status = read_documents(catalog, rows, first, &documents, error);
        read.document = (struct mando_texts){documents.offsets, documents.text.bytes};
    }
    return status ? status : put_rows(session, ids, catalog->count, &read, first, error);
}

/* Documents are few: they are read and put batch by batch. */
static enum mando_status put_documents(struct mando_session *session, const char *const *ids,
                                       const struct mando_catalog *catalog,
                                       struct ArrowArrayStream *stream, struct mando_error *error)
{
    struct mando_rows rows MANDO_CLEANUP(mando_rows_release) = {0};
    int64_t first = 0;
    enum mando_status status;
    do {
        status = mando_rows_next(stream, &rows, error);
        if (!status && rows.count)
            status = put_batch(session, ids, catalog, &rows, first, error);
        first += (int64_t)rows.count;
    } while (!status && rows.count);
    return status;
}

enum mando_status service_values(struct mando_session *session, const char *const *ids,
                                 size_t id_count, struct ArrowArrayStream *stream,
                                 struct mando_error *error)
{
    struct mando_catalog catalog MANDO_CLEANUP(mando_catalog_release) = {0};
    enum mando_status status = service_find(session, ids, id_count, &catalog, error);
    if (status)
        return status;
    for (size_t i = 0; i < catalog.count; i++)
        if (catalog.items[i].point.type == MANDO_DOCUMENT)
            return put_documents(session, ids, &catalog, stream, error);
    return session->repository->ops->values_put(session, ids, id_count, stream, error);
}
