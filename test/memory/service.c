#include "service.h"

#include <string.h>

static char nowhere;
#define NOWHERE ((void *)&nowhere)

static void check_nowhere(enum mando_status status, const void *output)
{
    must(status == MANDO_OK || output == NOWHERE, "leaving an output untouched");
}

enum mando_status call_service_audit_verify(struct fixture *f, struct mando_error *error)
{
    struct mando_audit audit;
    return mando_service_audit_verify(f->service, NULL, &audit, error);
}

enum mando_status call_service_open(struct fixture *f, struct mando_error *error)
{
    (void)f;
    static const struct mando_service_options OPTIONS = {.author = "a", .zone_folder = "/z"};
    struct mando_service *service = NOWHERE;
    enum mando_status status = mando_service_open("memory:", &OPTIONS, &service, error);
    check_nowhere(status, service);
    if (!status)
        mando_service_free(service);
    return status;
}

enum mando_status call_service_free(struct fixture *f, struct mando_error *error)
{
    (void)error;
    mando_service_free(f->service);
    f->service = NULL;
    return MANDO_OK;
}

enum mando_status call_service_migrate(struct fixture *f, struct mando_error *error)
{
    char url[FIXTURE_URL_SIZE];
    (void)f;
    file_url(DATABASE_FILE, url);
    return mando_service_migrate(url, NULL, error);
}

enum mando_status call_service_backup(struct fixture *f, struct mando_error *error)
{
    return mando_service_backup(f->file, file_path(BACKUP_FILE), error);
}

enum mando_status call_service_copy(struct fixture *f, struct mando_error *error)
{
    struct mando_service *to = NULL;
    struct mando_copied copied = {.stored = 99};
    enum mando_status status = mando_service_open("memory:", NULL, &to, error);
    if (status)
        return status;
    status = mando_service_copy(f->service, to, NULL, &copied, error);
    must(!status || copied.stored == 99, "an output untouched");
    mando_service_free(to);
    return status;
}

enum mando_status call_service_version(struct fixture *f, struct mando_error *error)
{
    int64_t change_us;
    return mando_service_version(f->service, &change_us, error);
}

enum mando_status call_service_check(struct fixture *f, struct mando_error *error)
{
    struct mando_service_health health;
    return mando_service_check(f->file, &health, error);
}

enum mando_status call_service_schema(struct fixture *f, struct mando_error *error)
{
    (void)f;
    (void)error;
    return mando_service_schema() > 0 ? MANDO_OK : MANDO_INVALID;
}

static struct mando_query query_of(const char *const *patterns)
{
    struct mando_query query = MANDO_QUERY_DEFAULT;
    query.patterns = patterns;
    query.pattern_count = 1;
    return query;
}

static const char *const PATTERNS[] = {"**"};

enum mando_status call_service_catalog(struct fixture *f, struct mando_error *error)
{
    struct mando_query query = query_of(PATTERNS);
    struct mando_catalog catalog = {.owned = NOWHERE};
    query.as_of.change_us = 0;
    enum mando_status status = mando_service_catalog(f->service, &query, &catalog, error);
    check_nowhere(status, catalog.owned);
    if (!status)
        mando_catalog_release(&catalog);
    return status;
}

enum mando_status call_catalog_release(struct fixture *f, struct mando_error *error)
{
    (void)f, (void)error;
    struct mando_catalog catalog = {0};
    mando_catalog_release(&catalog);
    return MANDO_OK;
}

/* Reads a stream that a call has given to its end. */
static enum mando_status read_all(enum mando_status status, struct ArrowArrayStream *stream,
                                  struct mando_catalog *catalog, struct mando_error *error)
{
    struct mando_rows rows = {0};
    check_nowhere(status, catalog->owned);
    check_nowhere(status, stream->private_data);
    if (status)
        return status;
    do
        status = mando_rows_next(stream, &rows, error);
    while (!status && rows.count);
    stream->release(stream);
    mando_catalog_release(catalog);
    return status;
}

static enum mando_status retrieve(struct fixture *f, const char *resolution,
                                  struct mando_error *error)
{
    struct mando_query query = query_of(PATTERNS);
    struct mando_catalog catalog = {.owned = NOWHERE};
    struct ArrowArrayStream stream = {.private_data = NOWHERE};
    query.resolution = resolution;
    query.from_us = 0;
    enum mando_status status = mando_service_retrieve(f->service, &query, &catalog, &stream, error);
    return read_all(status, &stream, &catalog, error);
}

enum mando_status call_service_retrieve(struct fixture *f, struct mando_error *error)
{
    return retrieve(f, NULL, error);
}

enum mando_status call_service_retrieve_days(struct fixture *f, struct mando_error *error)
{
    return retrieve(f, "P1D", error);
}

enum mando_status call_service_history(struct fixture *f, struct mando_error *error)
{
    struct mando_query query = query_of(PATTERNS);
    struct mando_catalog catalog = {.owned = NOWHERE};
    struct ArrowArrayStream stream = {.private_data = NOWHERE};
    enum mando_status status = mando_service_history(f->service, &query, &catalog, &stream, error);
    return read_all(status, &stream, &catalog, error);
}

enum mando_status call_service_records(struct fixture *f, struct mando_error *error)
{
    struct mando_records records = {.stream = {.private_data = NOWHERE}};
    struct mando_record_cell cells[4];
    int is_there = 1;
    enum mando_status status =
        mando_service_records(f->service, "audit", NULL, 0, &records.stream, error);
    check_nowhere(status, records.stream.private_data);
    if (status)
        return status;
    while (!status && is_there)
        status = mando_records_next(&records, 4, cells, &is_there, error);
    mando_records_release(&records);
    return status;
}

enum mando_status call_records_release(struct fixture *f, struct mando_error *error)
{
    (void)f, (void)error;
    struct mando_records records = {0};
    mando_records_release(&records);
    return MANDO_OK;
}

static const struct mando_point DOCUMENT = {.id = "b",
                                            .time_zone = "Europe/Berlin",
                                            .type = MANDO_DOCUMENT,
                                            .aggregation = MANDO_MEAN,
                                            .width = 1,
                                            .document = "{\"json_schema\":{\"type\":\"object\"}}"};

enum mando_status call_service_configure(struct fixture *f, struct mando_error *error)
{
    return mando_service_configure(f->service, &DOCUMENT, 1, NULL, NULL, error);
}

/* A row of a data point, a document or a number. */
static enum mando_status open_row(enum mando_point_type type, struct ArrowArrayStream *stream,
                                  struct mando_error *error)
{
    static const int64_t START_US[1] = {0};
    static const double VALUE[1] = {5};
    static const int32_t OFFSETS[2] = {0, 2};
    struct mando_rows rows = {.count = 1,
                              .type = type,
                              .width = 1,
                              .valid_start_us = START_US,
                              .value = VALUE,
                              .document = {OFFSETS, "{}"}};
    return mando_rows_stream(&rows, stream, error);
}

enum mando_status call_service_insert(struct fixture *f, struct mando_error *error)
{
    struct ArrowArrayStream stream;
    struct mando_written written;
    enum mando_status status = open_row(MANDO_SERIES, &stream, error);
    if (status)
        return status;
    memset(&written, 0x5a, sizeof written);
    status = mando_service_insert(f->service, "a", &stream, NULL, &written, error);
    must(!status || written.inserted == UINT64_C(0x5a5a5a5a5a5a5a5a), "an output untouched");
    stream.release(&stream);
    return status;
}

enum mando_status call_transaction_begin(struct fixture *f, struct mando_error *error)
{
    struct mando_transaction *transaction = NOWHERE;
    enum mando_status status = mando_transaction_begin(f->service, NULL, &transaction, error);
    check_nowhere(status, transaction);
    if (!status)
        mando_transaction_free(transaction);
    return status;
}

enum mando_status call_transaction_free(struct fixture *f, struct mando_error *error)
{
    (void)f, (void)error;
    mando_transaction_free(NULL);
    return MANDO_OK;
}

enum mando_status call_transaction_configure(struct fixture *f, struct mando_error *error)
{
    struct mando_transaction *transaction;
    enum mando_status status = mando_transaction_begin(f->service, NULL, &transaction, error);
    if (status)
        return status;
    status = mando_transaction_configure(transaction, &DOCUMENT, 1, error);
    if (!status)
        status = mando_transaction_commit(transaction, NULL, error);
    mando_transaction_free(transaction);
    return status;
}

/* A document that is checked, in the transaction that creates its data point. */
static enum mando_status put_document(struct mando_transaction *transaction,
                                      struct ArrowArrayStream *stream, struct mando_error *error)
{
    static const char *const IDS[] = {"b"};
    enum mando_status status = mando_transaction_configure(transaction, &DOCUMENT, 1, error);
    if (!status)
        status = mando_transaction_values(transaction, IDS, 1, stream, error);
    return status ? status : mando_transaction_commit(transaction, NULL, error);
}

enum mando_status call_transaction_values(struct fixture *f, struct mando_error *error)
{
    struct ArrowArrayStream stream;
    struct mando_transaction *transaction = NULL;
    enum mando_status status = open_row(MANDO_DOCUMENT, &stream, error);
    if (status)
        return status;
    status = mando_transaction_begin(f->service, NULL, &transaction, error);
    if (!status)
        status = put_document(transaction, &stream, error);
    mando_transaction_free(transaction);
    stream.release(&stream);
    return status;
}

/* No record: a stream of records is made outside of the library. */
static int no_batch(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    (void)stream;
    *out = (struct ArrowArray){0};
    return 0;
}

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static int run_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    static struct ArrowSchema columns[3];
    static struct ArrowSchema *const children[3] = {&columns[0], &columns[1], &columns[2]};
    static const char *const NAMES[3] = {"id", "state", "start"};
    (void)stream;
    for (size_t i = 0; i < 3; i++)
        columns[i] = (struct ArrowSchema){
            .format = i < 2 ? "u" : "tsu:UTC", .name = NAMES[i], .release = release_schema};
    *out = (struct ArrowSchema){.format = "+s",
                                .name = "",
                                .n_children = 3,
                                .children = (struct ArrowSchema **)children,
                                .release = release_schema};
    return 0;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

enum mando_status call_transaction_records(struct fixture *f, struct mando_error *error)
{
    struct ArrowArrayStream stream = {run_schema, no_batch, NULL, release_stream, NULL};
    struct mando_transaction *transaction;
    enum mando_status status = mando_transaction_begin(f->service, NULL, &transaction, error);
    if (status)
        return status;
    status = mando_transaction_records(transaction, "run", &stream, error);
    mando_transaction_free(transaction);
    return status;
}
