/* Writes: a transaction of a session, with the audit of it inside. */
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "schema/record.h"
#include "service/audit.h"
#include "service/service.h"

struct mando_transaction {
    struct mando_service *service;
    struct mando_session *session;
    struct audit_entry entry;
    bool is_over, has_failed;
};

static const struct mando_repository_ops *ops_of(const struct mando_transaction *transaction)
{
    return transaction->service->repository->ops;
}

struct mando_session *service_session(struct mando_transaction *transaction)
{
    return transaction->session;
}

static void end(struct mando_transaction *transaction)
{
    mando_session_give(transaction->session);
    transaction->session = NULL;
    audit_entry_release(&transaction->entry);
}

/* Begins a transaction of a session; the author is the service's where the write names none. */
static enum mando_status begin(struct mando_transaction *transaction, const char *action,
                               const struct mando_write *write, struct mando_error *error)
{
    struct mando_write whole = write ? *write : (struct mando_write){0};
    if (!whole.author)
        whole.author = transaction->service->author;
    enum mando_status status = audit_entry_init(&transaction->entry, action, &whole, error);
    if (!status)
        status = mando_session_take(transaction->service->repository, &transaction->session, error);
    if (!status)
        status = ops_of(transaction)->begin(transaction->session, &whole, error);
    return status ? status
                  : ops_of(transaction)
                        ->version(transaction->session, &transaction->entry.newest_us, error);
}

static enum mando_status check(const struct mando_transaction *transaction,
                               struct mando_error *error)
{
    if (transaction->is_over || transaction->has_failed)
        return mando_fail(
            error, MANDO_E_DB_ABORTED, -1,
            "the transaction is over, or a call of it failed before: it can only be freed");
    return MANDO_OK;
}

static enum mando_status note(struct mando_transaction *transaction, enum mando_status status)
{
    if (status)
        transaction->has_failed = true;
    return status;
}

enum mando_status mando_transaction_begin(struct mando_service *service,
                                          const struct mando_write *write,
                                          struct mando_transaction **transaction_out,
                                          struct mando_error *error)
{
    struct mando_transaction *transaction = mando_alloc(1, sizeof *transaction);
    if (!transaction)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a transaction");
    transaction->service = service;
    enum mando_status status = begin(transaction, "transaction", write, error);
    if (status) {
        mando_transaction_free(transaction);
        return status;
    }
    *transaction_out = transaction;
    return MANDO_OK;
}

void mando_transaction_free(struct mando_transaction *transaction)
{
    if (!transaction)
        return;
    end(transaction);
    mando_free(transaction);
}

static enum mando_status configure(struct mando_transaction *transaction,
                                   const struct mando_point *points, size_t count,
                                   struct mando_error *error)
{
    enum mando_status status =
        service_configure(transaction->service, transaction->session, points, count, error);
    for (size_t i = 0; i < count && !status; i++)
        status = audit_entry_add(&transaction->entry, points[i].id, error);
    return status;
}

enum mando_status mando_transaction_configure(struct mando_transaction *transaction,
                                              const struct mando_point *points, size_t count,
                                              struct mando_error *error)
{
    enum mando_status status = check(transaction, error);
    if (!status)
        status = configure(transaction, points, count, error);
    return note(transaction, status);
}

static enum mando_status put_values(struct mando_transaction *transaction, const char *const *ids,
                                    size_t id_count, struct ArrowArrayStream *stream,
                                    struct mando_error *error)
{
    enum mando_status status = service_values(transaction->session, ids, id_count, stream, error);
    for (size_t i = 0; i < id_count && !status; i++)
        status = audit_entry_add(&transaction->entry, ids[i], error);
    return status;
}

enum mando_status mando_transaction_values(struct mando_transaction *transaction,
                                           const char *const *ids, size_t id_count,
                                           struct ArrowArrayStream *stream,
                                           struct mando_error *error)
{
    enum mando_status status = check(transaction, error);
    if (!status)
        status = put_values(transaction, ids, id_count, stream, error);
    return note(transaction, status);
}

enum mando_status mando_transaction_records(struct mando_transaction *transaction, const char *kind,
                                            struct ArrowArrayStream *stream,
                                            struct mando_error *error)
{
    const struct mando_record_kind *found = mando_record_kind_find(kind);
    enum mando_status status = check(transaction, error);
    if (!status && (!found || strcmp(kind, "audit") == 0))
        status = mando_fail(error, MANDO_E_RECORDS_KIND, -1,
                            "\"%.80s\" is no kind of records that can be written: it is run or "
                            "ledger_entry",
                            kind);
    if (!status)
        status = ops_of(transaction)->records_put(transaction->session, found, stream, error);
    return note(transaction, status);
}

/* Appends what the transaction did to the audit, which is no record of the caller's, and commits. */
static enum mando_status commit(struct mando_transaction *transaction,
                                struct mando_written *written_out, struct mando_error *error)
{
    const struct mando_repository_ops *ops = ops_of(transaction);
    struct mando_written written, committed;
    ops->written(transaction->session, &written);
    bool has_stored = written.inserted || written.corrected || written.deleted || written.configured
                      || written.records;
    enum mando_status status =
        has_stored ? audit_append(transaction->session, &transaction->entry, &written, error)
                   : MANDO_OK;
    if (!status)
        status = ops->commit(transaction->session, &committed, error);
    if (!status && written_out) {
        *written_out = committed;
        written_out->records = written.records;
    }
    return status;
}

enum mando_status mando_transaction_commit(struct mando_transaction *transaction,
                                           struct mando_written *written_out,
                                           struct mando_error *error)
{
    enum mando_status status = check(transaction, error);
    if (!status)
        status = commit(transaction, written_out, error);
    transaction->is_over = true;
    end(transaction);
    return status;
}

enum mando_status mando_service_configure(struct mando_service *service,
                                          const struct mando_point *points, size_t count,
                                          const struct mando_write *write,
                                          struct mando_written *written_out,
                                          struct mando_error *error)
{
    struct mando_transaction transaction MANDO_CLEANUP(end) = {.service = service};
    enum mando_status status = begin(&transaction, "configure", write, error);
    if (!status)
        status = mando_transaction_configure(&transaction, points, count, error);
    return status ? status : commit(&transaction, written_out, error);
}

enum mando_status mando_service_insert(struct mando_service *service, const char *id,
                                       struct ArrowArrayStream *stream,
                                       const struct mando_write *write,
                                       struct mando_written *written_out, struct mando_error *error)
{
    struct mando_transaction transaction MANDO_CLEANUP(end) = {.service = service};
    enum mando_status status = begin(&transaction, "insert", write, error);
    if (!status)
        status = mando_transaction_values(&transaction, &id, 1, stream, error);
    return status ? status : commit(&transaction, written_out, error);
}
