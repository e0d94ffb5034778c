/* runs.h: records of runs as a stream, and how many are stored. */
#ifndef RUNS_H
#define RUNS_H

#include <stdlib.h>
#include <string.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "repo/repository.h"
#include "schema/record.h"

static inline enum mando_status runs_next(void *state, struct ArrowArray *batch_out,
                                          struct mando_error *error)
{
    struct mando_arrow_builder *builder = state;
    return mando_arrow_builder_is_empty(builder)
               ? MANDO_OK
               : mando_arrow_builder_take(builder, batch_out, error);
}

static inline void runs_free(void *state)
{
    mando_arrow_builder_release(state);
    free(state);
}

/* `count` runs that begin at start_us. */
static inline enum mando_status runs_stream(size_t count, int64_t start_us,
                                            struct ArrowArrayStream *stream_out)
{
    static const struct mando_arrow_source OPERATIONS = {runs_next, runs_free};
    static const struct mando_arrow_field FIELDS[] = {{.name = "id", .type = MANDO_ARROW_TEXT},
                                                      {.name = "state", .type = MANDO_ARROW_TEXT},
                                                      {.name = "start", .type = MANDO_ARROW_TIME}};
    struct mando_arrow_builder *builder = calloc(1, sizeof *builder);
    if (!builder || mando_arrow_builder_init(builder, FIELDS, 3))
        return MANDO_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        mando_arrow_push_text(builder, 0, "run", 3);
        mando_arrow_push_text(builder, 1, "done", 4);
        mando_arrow_push_int(builder, 2, start_us);
    }
    return mando_arrow_stream_new(FIELDS, 3, &OPERATIONS, builder, stream_out, NULL);
}

static inline enum mando_status runs_put(struct mando_session *session,
                                         struct ArrowArrayStream *stream, struct mando_error *error)
{
    return session->repository->ops->records_put(session, mando_record_kind_find("run"), stream,
                                                 error);
}

/* How many begin at start_us, or what failed. */
static inline enum mando_status runs_count(struct mando_session *session, int64_t start_us,
                                           size_t *count_out)
{
    const struct mando_predicate at = {"start", MANDO_EQUAL, NULL, start_us};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    int code;
    enum mando_status status = session->repository->ops->records_scan(
        session, mando_record_kind_find("run"), &at, 1, &stream, NULL);
    *count_out = 0;
    if (status)
        return status;
    while ((code = stream.get_next(&stream, &batch)) == 0 && batch.release) {
        *count_out += (size_t)batch.length;
        batch.release(&batch);
    }
    stream.release(&stream);
    return code ? MANDO_IO : MANDO_OK;
}

#endif
