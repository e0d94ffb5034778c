#include "arrow/stream.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "arrow/check.h"
#include "base/alloc.h"
#include "base/fail.h"

struct stream {
    const struct mando_arrow_source *operations;
    void *source;
    size_t field_count;
    enum mando_status status; /* of the failure that ended it */
    struct mando_error error;
    struct ArrowSchema schema; /* holds the names */
    struct mando_arrow_field fields[];
};

int mando_arrow_errno(enum mando_status status)
{
    switch (status) {
    case MANDO_OK:
        return 0;
    case MANDO_NO_MEMORY:
        return ENOMEM;
    case MANDO_INVALID:
        return EINVAL;
    case MANDO_CANCELLED:
        return ECANCELED;
    default:
        return EIO;
    }
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct stream *s = stream->private_data;
    enum mando_status status = mando_arrow_schema_new(s->fields, s->field_count, out);
    if (status)
        s->status = mando_fail(&s->error, MANDO_E_MEMORY, -1, "there is no memory for a schema");
    return mando_arrow_errno(status);
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct stream *s = stream->private_data;
    *out = (struct ArrowArray){0};
    if (!s->status)
        s->status = s->operations->next(s->source, out, &s->error);
    return mando_arrow_errno(s->status);
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    const struct stream *s = stream->private_data;
    return s->status ? s->error.message : NULL;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    struct stream *s = stream->private_data;
    s->operations->free(s->source);
    mando_arrow_schema_release(&s->schema);
    mando_free(s);
    stream->release = NULL;
}

enum mando_status mando_arrow_stream_new(const struct mando_arrow_field *fields, size_t count,
                                         const struct mando_arrow_source *operations, void *source,
                                         struct ArrowArrayStream *stream_out,
                                         struct mando_error *error)
{
    assert(count <= MANDO_ARROW_COLUMNS_MAX);
    struct stream *s = mando_alloc(1, sizeof *s + count * sizeof *fields);
    if (!s || mando_arrow_schema_new(fields, count, &s->schema)) {
        mando_free(s);
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a stream of rows");
    }
    s->operations = operations;
    s->source = source;
    s->field_count = count;
    for (size_t i = 0; i < count; i++) {
        s->fields[i] = fields[i];
        s->fields[i].name = s->schema.children[i]->name;
    }
    *stream_out = (struct ArrowArrayStream){.get_schema = get_schema,
                                            .get_next = get_next,
                                            .get_last_error = get_last_error,
                                            .release = release_stream,
                                            .private_data = s};
    return MANDO_OK;
}

static enum mando_status give_batch(void *source, struct ArrowArray *batch_out,
                                    struct mando_error *error)
{
    struct mando_arrow_builder *builder = source;
    return mando_arrow_builder_is_empty(builder)
               ? MANDO_OK
               : mando_arrow_builder_take(builder, batch_out, error);
}

static void free_builder(void *source)
{
    mando_arrow_builder_release(source);
    mando_free(source);
}

enum mando_status mando_arrow_stream_of(const struct mando_arrow_field *fields,
                                        struct mando_arrow_builder *builder,
                                        struct ArrowArrayStream *stream_out,
                                        struct mando_error *error)
{
    static const struct mando_arrow_source OPERATIONS = {give_batch, free_builder};
    struct mando_arrow_builder *own = mando_alloc(1, sizeof *own);
    if (!own)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a stream of rows");
    *own = *builder;
    enum mando_status status =
        mando_arrow_stream_new(fields, builder->column_count, &OPERATIONS, own, stream_out, error);
    if (status)
        mando_free(own);
    else
        *builder = (struct mando_arrow_builder){0};
    return status;
}

/* A stream and what comes after it. */
struct guard {
    struct ArrowArrayStream stream;
    void (*then)(void *context);
    void *context;
};

static int guard_get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct guard *guard = stream->private_data;
    return guard->stream.get_schema(&guard->stream, out);
}

static int guard_get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct guard *guard = stream->private_data;
    return guard->stream.get_next(&guard->stream, out);
}

static const char *guard_get_last_error(struct ArrowArrayStream *stream)
{
    struct guard *guard = stream->private_data;
    return guard->stream.get_last_error ? guard->stream.get_last_error(&guard->stream) : NULL;
}

static void release_guard(struct ArrowArrayStream *stream)
{
    struct guard *guard = stream->private_data;
    guard->stream.release(&guard->stream);
    guard->then(guard->context);
    mando_free(guard);
    stream->release = NULL;
}

enum mando_status mando_arrow_stream_guard(struct ArrowArrayStream *stream,
                                           void (*then)(void *context), void *context,
                                           struct mando_error *error)
{
    struct guard *guard = mando_alloc(1, sizeof *guard);
    if (!guard)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a stream of rows");
    *guard = (struct guard){.stream = *stream, .then = then, .context = context};
    *stream = (struct ArrowArrayStream){.get_schema = guard_get_schema,
                                        .get_next = guard_get_next,
                                        .get_last_error = guard_get_last_error,
                                        .release = release_guard,
                                        .private_data = guard};
    return MANDO_OK;
}

/* What a producer says about its failure. */
static enum mando_status fail_producer(struct ArrowArrayStream *stream, int code,
                                       struct mando_error *error)
{
    while (stream->release == release_guard)
        stream = &((struct guard *)stream->private_data)->stream;
    if (stream->release == release_stream) {
        const struct stream *s = stream->private_data;
        if (error)
            *error = s->error;
        return s->status;
    }
    const char *text = stream->get_last_error ? stream->get_last_error(stream) : NULL;
    char reason[96] = "";
    if (!text && strerror_r(code, reason, sizeof reason) != 0)
        reason[0] = '\0';
    return mando_fail(error, MANDO_E_ARROW_STREAM, -1, "the producer of a stream failed: %.160s",
                      text ? text : reason);
}

enum mando_status mando_arrow_stream_schema(struct ArrowArrayStream *stream,
                                            struct ArrowSchema *schema_out,
                                            struct mando_error *error)
{
    MANDO_CLEANUP(mando_arrow_schema_release) struct ArrowSchema schema = {0};
    if (!stream->release || !stream->get_schema || !stream->get_next)
        return mando_fail(error, MANDO_E_ARROW_SCHEMA, -1,
                          "a stream was released already or has no functions");
    int code = stream->get_schema(stream, &schema);
    if (code) {
        schema.release = NULL;
        return fail_producer(stream, code, error);
    }
    enum mando_status status = mando_arrow_schema_check(&schema, error);
    if (!status)
        mando_arrow_schema_move(&schema, schema_out);
    return status;
}

enum mando_status mando_arrow_stream_take(struct ArrowArrayStream *stream,
                                          struct ArrowArray *batch_out, struct mando_error *error)
{
    struct ArrowArray batch = {0};
    int code = stream->get_next(stream, &batch);
    if (code)
        return fail_producer(stream, code, error);
    *batch_out = batch;
    return MANDO_OK;
}

enum mando_status mando_arrow_stream_next(struct ArrowArrayStream *stream,
                                          const struct ArrowSchema *schema,
                                          struct ArrowArray *batch_out, struct mando_error *error)
{
    MANDO_CLEANUP(mando_arrow_array_release) struct ArrowArray batch = {0};
    enum mando_status status = mando_arrow_stream_take(stream, &batch, error);
    if (!status && batch.release)
        status = mando_arrow_array_check(schema, &batch, error);
    if (!status)
        mando_arrow_array_move(&batch, batch_out);
    return status;
}
