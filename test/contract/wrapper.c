#include "wrapper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fail.h"

struct wrapper {
    struct mando_repository repository;
    struct mando_repository *inner;
    const struct wrapper_hooks *hooks;
};

struct wrapper_session {
    struct mando_session session;
    struct mando_session *inner;
    bool has_failed; /* a call of the transaction was not made */
};

/* What wrapper_open hands to `open` of the table: a URL cannot carry it. */
static wrapper_open_inner *opening;
static const struct mando_repository_options *opening_options;
static const struct wrapper_hooks *opening_hooks;

static const struct wrapper *wrapper_of(const struct mando_session *session)
{
    return (const struct wrapper *)session->repository;
}

static const struct mando_repository_ops *inner_ops(const struct mando_session *session)
{
    return wrapper_of(session)->inner->ops;
}

static struct mando_session *inner_of(struct mando_session *session)
{
    return ((struct wrapper_session *)session)->inner;
}

static double now_in_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static enum mando_status before(const struct wrapper_hooks *hooks, enum wrapper_call call,
                                double *start_us, struct mando_error *error)
{
    enum mando_status status =
        hooks->before ? hooks->before(hooks->context, call, error) : MANDO_OK;
    *start_us = now_in_us();
    return status;
}

static enum mando_status after(const struct wrapper_hooks *hooks, enum wrapper_call call,
                               double start_us, enum mando_status status)
{
    if (hooks->after)
        hooks->after(hooks->context, call, status, now_in_us() - start_us);
    return status;
}

static enum mando_status open_wrapper(struct mando_repository *repository, const char *url,
                                      struct mando_error *error)
{
    struct wrapper *wrapper = (struct wrapper *)repository;
    wrapper->hooks = opening_hooks;
    return opening(url, opening_options, &wrapper->inner, error);
}

static void close_wrapper(struct mando_repository *repository)
{
    mando_repository_unref(((struct wrapper *)repository)->inner);
}

static enum mando_status session_open(struct mando_repository *repository,
                                      struct mando_session *session, struct mando_error *error)
{
    struct wrapper *wrapper = (struct wrapper *)repository;
    struct wrapper_session *own = (struct wrapper_session *)session;
    double start_us;
    enum mando_status status = before(wrapper->hooks, CALL_SESSION_OPEN, &start_us, error);
    if (!status)
        status = mando_session_take(wrapper->inner, &own->inner, error);
    return after(wrapper->hooks, CALL_SESSION_OPEN, start_us, status);
}

static void session_close(struct mando_session *session)
{
    mando_session_give(inner_of(session));
}

/* A call of a session without a transaction. */
#define FORWARD(call, expression)                                                                  \
    double start_us;                                                                               \
    const struct wrapper_hooks *hooks = wrapper_of(session)->hooks;                                \
    enum mando_status status = before(hooks, call, &start_us, error);                              \
    if (!status)                                                                                   \
        status = inner_ops(session)->expression;                                                   \
    return after(hooks, call, start_us, status)

/* One that belongs to a transaction. */
#define FORWARD_WRITE(call, expression)                                                            \
    struct wrapper_session *own = (struct wrapper_session *)session;                               \
    double start_us;                                                                               \
    const struct wrapper_hooks *hooks = wrapper_of(session)->hooks;                                \
    enum mando_status status = before(hooks, call, &start_us, error);                              \
    if (!status && own->has_failed)                                                                \
        status = mando_fail(error, MANDO_E_DB_ABORTED, -1, "a call of this transaction failed");   \
    if (!status)                                                                                   \
        status = inner_ops(session)->expression;                                                   \
    if (status)                                                                                    \
        own->has_failed = true;                                                                    \
    return after(hooks, call, start_us, status)

static enum mando_status migrate(struct mando_session *session, struct mando_error *error)
{
    FORWARD(CALL_MIGRATE, migrate(inner_of(session), error));
}

static enum mando_status version(struct mando_session *session, int64_t *change_us_out,
                                 struct mando_error *error)
{
    FORWARD(CALL_VERSION, version(inner_of(session), change_us_out, error));
}

static enum mando_status begin(struct mando_session *session, const struct mando_write *write,
                               struct mando_error *error)
{
    ((struct wrapper_session *)session)->has_failed = false;
    FORWARD(CALL_BEGIN, begin(inner_of(session), write, error));
}

static void rollback(struct mando_session *session)
{
    inner_ops(session)->rollback(inner_of(session));
}

static enum mando_status commit_inner(struct mando_session *session,
                                      struct mando_written *written_out, struct mando_error *error)
{
    FORWARD_WRITE(CALL_COMMIT, commit(inner_of(session), written_out, error));
}

/* The transaction is over either way. */
static enum mando_status commit(struct mando_session *session, struct mando_written *written_out,
                                struct mando_error *error)
{
    enum mando_status status = commit_inner(session, written_out, error);
    if (status)
        rollback(session);
    return status;
}

static void written(const struct mando_session *session, struct mando_written *written_out)
{
    const struct mando_session *inner = ((const struct wrapper_session *)session)->inner;
    inner_ops(session)->written(inner, written_out);
}

static enum mando_status points_put(struct mando_session *session, const struct mando_point *points,
                                    size_t count, struct mando_error *error)
{
    FORWARD_WRITE(CALL_POINTS_PUT, points_put(inner_of(session), points, count, error));
}

static enum mando_status values_put(struct mando_session *session, const char *const *ids,
                                    size_t id_count, struct ArrowArrayStream *stream,
                                    struct mando_error *error)
{
    FORWARD_WRITE(CALL_VALUES_PUT, values_put(inner_of(session), ids, id_count, stream, error));
}

static enum mando_status records_put(struct mando_session *session,
                                     const struct mando_record_kind *kind,
                                     struct ArrowArrayStream *stream, struct mando_error *error)
{
    FORWARD_WRITE(CALL_RECORDS_PUT, records_put(inner_of(session), kind, stream, error));
}

/* A stream inside a stream: next is a call, too. */
struct inner_stream {
    struct ArrowArrayStream stream;
    const struct wrapper_hooks *hooks;
};

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct inner_stream *inner = stream->private_data;
    return inner->stream.get_schema(&inner->stream, out);
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct inner_stream *inner = stream->private_data;
    double start_us;
    if (before(inner->hooks, CALL_NEXT, &start_us, NULL)) {
        (void)after(inner->hooks, CALL_NEXT, start_us, MANDO_IO);
        return EIO;
    }
    int code = inner->stream.get_next(&inner->stream, out);
    (void)after(inner->hooks, CALL_NEXT, start_us, code ? MANDO_IO : MANDO_OK);
    return code;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    struct inner_stream *inner = stream->private_data;
    return inner->stream.get_last_error(&inner->stream);
}

static void release_stream(struct ArrowArrayStream *stream)
{
    struct inner_stream *inner = stream->private_data;
    inner->stream.release(&inner->stream);
    free(inner);
    stream->release = NULL;
}

static enum mando_status wrap_stream(const struct mando_session *session, enum mando_status status,
                                     struct ArrowArrayStream *stream)
{
    if (status)
        return status;
    struct inner_stream *inner = malloc(sizeof *inner);
    if (!inner) {
        stream->release(stream);
        return MANDO_NO_MEMORY;
    }
    *inner = (struct inner_stream){.stream = *stream, .hooks = wrapper_of(session)->hooks};
    *stream = (struct ArrowArrayStream){.get_schema = get_schema,
                                        .get_next = get_next,
                                        .get_last_error = get_last_error,
                                        .release = release_stream,
                                        .private_data = inner};
    return MANDO_OK;
}

static enum mando_status find_inner(struct mando_session *session, const char *pattern,
                                    struct mando_as_of as_of, struct ArrowArrayStream *stream_out,
                                    struct mando_error *error)
{
    FORWARD(CALL_POINTS_FIND, points_find(inner_of(session), pattern, as_of, stream_out, error));
}

static enum mando_status points_find(struct mando_session *session, const char *pattern,
                                     struct mando_as_of as_of, struct ArrowArrayStream *stream_out,
                                     struct mando_error *error)
{
    return wrap_stream(session, find_inner(session, pattern, as_of, stream_out, error), stream_out);
}

static enum mando_status scan_inner(struct mando_session *session, const struct mando_scan *scan,
                                    struct ArrowArrayStream *stream_out, struct mando_error *error)
{
    FORWARD(CALL_VALUES_SCAN, values_scan(inner_of(session), scan, stream_out, error));
}

static enum mando_status values_scan(struct mando_session *session, const struct mando_scan *scan,
                                     struct ArrowArrayStream *stream_out, struct mando_error *error)
{
    return wrap_stream(session, scan_inner(session, scan, stream_out, error), stream_out);
}

static enum mando_status records_inner(struct mando_session *session,
                                       const struct mando_record_kind *kind,
                                       const struct mando_predicate *predicates, size_t count,
                                       struct ArrowArrayStream *stream_out,
                                       struct mando_error *error)
{
    FORWARD(CALL_RECORDS_SCAN,
            records_scan(inner_of(session), kind, predicates, count, stream_out, error));
}

static enum mando_status records_scan(struct mando_session *session,
                                      const struct mando_record_kind *kind,
                                      const struct mando_predicate *predicates, size_t count,
                                      struct ArrowArrayStream *stream_out,
                                      struct mando_error *error)
{
    return wrap_stream(session, records_inner(session, kind, predicates, count, stream_out, error),
                       stream_out);
}

static enum mando_status changes_scan(struct mando_session *session,
                                      const struct mando_change_range *range,
                                      mando_change_take *take, void *context,
                                      struct mando_error *error)
{
    FORWARD(CALL_CHANGES_SCAN, changes_scan(inner_of(session), range, take, context, error));
}

static enum mando_status parts_scan(struct mando_session *session,
                                    const struct mando_change_range *range, unsigned kinds,
                                    mando_part_take *take, void *context, struct mando_error *error)
{
    FORWARD(CALL_PARTS_SCAN, parts_scan(inner_of(session), range, kinds, take, context, error));
}

static enum mando_status restore_begin(struct mando_session *session, int64_t newest_us,
                                       struct mando_error *error)
{
    ((struct wrapper_session *)session)->has_failed = false;
    FORWARD(CALL_RESTORE_BEGIN, restore_begin(inner_of(session), newest_us, error));
}

static enum mando_status restore(struct mando_session *session, const struct mando_part *part,
                                 struct mando_error *error)
{
    FORWARD_WRITE(CALL_RESTORE, restore(inner_of(session), part, error));
}

static void cancel(struct mando_session *session)
{
    inner_ops(session)->cancel(inner_of(session));
}

static const struct mando_repository_ops OPS = {
    .abi = MANDO_REPOSITORY_ABI,
    .scheme = "wrapper",
    .repository_size = sizeof(struct wrapper),
    .session_size = sizeof(struct wrapper_session),
    .open = open_wrapper,
    .close = close_wrapper,
    .session_open = session_open,
    .session_close = session_close,
    .migrate = migrate,
    .version = version,
    .begin = begin,
    .commit = commit,
    .written = written,
    .rollback = rollback,
    .points_put = points_put,
    .points_find = points_find,
    .values_put = values_put,
    .values_scan = values_scan,
    .records_put = records_put,
    .records_scan = records_scan,
    .changes_scan = changes_scan,
    .parts_scan = parts_scan,
    .restore_begin = restore_begin,
    .restore = restore,
    .cancel = cancel,
};

enum mando_status wrapper_open(wrapper_open_inner *open, const char *url,
                               const struct mando_repository_options *options,
                               const struct wrapper_hooks *hooks,
                               struct mando_repository **repository_out, struct mando_error *error)
{
    opening = open;
    opening_options = options;
    opening_hooks = hooks;
    return mando_repository_open_with(&OPS, url, options, repository_out, error);
}

static void trace_after(void *context, enum wrapper_call call, enum mando_status status, double us)
{
    static const char *const NAMES[CALLS] = {
        "session_open", "migrate",       "version",      "begin",
        "commit",       "points_put",    "points_find",  "values_put",
        "values_scan",  "records_put",   "records_scan", "changes_scan",
        "parts_scan",   "restore_begin", "restore",      "next"};
    struct trace *trace = context;
    trace->counts[call]++;
    trace->failed[call] += status != MANDO_OK;
    trace->us[call] += us;
    if (trace->log)
        (void)fprintf(trace->log, "%s %s %.1f us\n", NAMES[call], mando_status_name(status), us);
}

struct wrapper_hooks trace_hooks(struct trace *trace)
{
    return (struct wrapper_hooks){.after = trace_after, .context = trace};
}

static enum mando_status fault_before(void *context, enum wrapper_call call,
                                      struct mando_error *error)
{
    struct fault *fault = context;
    if (fault->left < 0 || fault->left-- > 0)
        return MANDO_OK;
    fault->failed = call;
    return mando_fail(error, MANDO_E_DB_IO, -1, "the database failed as the test asked for");
}

struct wrapper_hooks fault_hooks(struct fault *fault)
{
    return (struct wrapper_hooks){.before = fault_before, .context = fault};
}
