/* Records, as a stream that holds a session. */
#include <string.h>

#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "schema/record.h"
#include "service/service.h"

static void give_session(void *session)
{
    mando_session_give(session);
}

enum mando_status mando_service_records(struct mando_service *service, const char *kind,
                                        const struct mando_predicate *predicates, size_t count,
                                        struct ArrowArrayStream *stream_out,
                                        struct mando_error *error)
{
    const struct mando_record_kind *found = mando_record_kind_find(kind);
    struct mando_session *session MANDO_CLEANUP(mando_session_leave) = NULL;
    struct ArrowArrayStream stream MANDO_CLEANUP(mando_arrow_stream_release) = {0};
    if (!found)
        return mando_fail(error, MANDO_E_RECORDS_KIND, -1,
                          "\"%.80s\" is no kind of records: it is run, ledger_entry or audit",
                          kind);
    enum mando_status status = mando_session_take(service->repository, &session, error);
    if (!status)
        status = service->repository->ops->records_scan(session, found, predicates, count, &stream,
                                                        error);
    if (!status)
        status = mando_arrow_stream_guard(&stream, give_session, session, error);
    if (status)
        return status;
    session = NULL; /* the stream's */
    *stream_out = stream;
    stream = (struct ArrowArrayStream){0};
    return MANDO_OK;
}
