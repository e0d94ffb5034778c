/* arrow/stream.h: streams of batches, given out and taken in.
 *
 * Between two parts of the library an error keeps its code and its place: a stream of ours hands it
 * on whole, that of another producer has only a text. */
#ifndef MANDO_ARROW_STREAM_H
#define MANDO_ARROW_STREAM_H

#include "arrow/builder.h"

/* What gives the batches of a stream. next moves one out, or leaves *batch_out->release NULL at the
 * end; after a failure it is not called again. free gets a source that is done with. */
struct mando_arrow_source {
    enum mando_status (*next)(void *source, struct ArrowArray *batch_out,
                              struct mando_error *error);
    void (*free)(void *source);
};

/* A stream of batches with these columns. Names of fields are copied; `operations` must outlive it.
 * `source` belongs to the stream from here on, or is the caller's still after a failure.
 * MANDO_NO_MEMORY. */
enum mando_status mando_arrow_stream_new(const struct mando_arrow_field *fields, size_t count,
                                         const struct mando_arrow_source *operations, void *source,
                                         struct ArrowArrayStream *stream_out,
                                         struct mando_error *error);

/* A stream of the rows of a builder with these fields, whose names must outlive it: one batch. The
 * builder moves into it and is left zeroed; after a failure it stays as it is. MANDO_NO_MEMORY. */
enum mando_status mando_arrow_stream_of(const struct mando_arrow_field *fields,
                                        struct mando_arrow_builder *builder,
                                        struct ArrowArrayStream *stream_out,
                                        struct mando_error *error);

/* Puts any stream inside another one that, when it is released, releases it and then calls
 * then(context): what the stream needs is given back. *stream stays as it is after a failure.
 * MANDO_NO_MEMORY. */
enum mando_status mando_arrow_stream_guard(struct ArrowArrayStream *stream,
                                           void (*then)(void *context), void *context,
                                           struct mando_error *error);

/* What other producers and readers understand of a status: an errno. */
int mando_arrow_errno(enum mando_status status);

/* The schema of any stream, checked: a struct of columns. *schema_out is the caller's.
 * MANDO_INVALID (arrow.schema), MANDO_UNSUPPORTED (arrow.type) and what the producer fails with. */
enum mando_status mando_arrow_stream_schema(struct ArrowArrayStream *stream,
                                            struct ArrowSchema *schema_out,
                                            struct mando_error *error);

/* The next batch of a stream that only the library makes, as it is: it may hold texts that are no UTF-8.
 * What the producer fails with. */
enum mando_status mando_arrow_stream_take(struct ArrowArrayStream *stream,
                                          struct ArrowArray *batch_out, struct mando_error *error);

/* The next batch of any stream, checked against its schema; released at the end.
 * MANDO_INVALID (arrow.array) and what the producer fails with: MANDO_IO (arrow.stream), or the
 * status of a source of ours. */
enum mando_status mando_arrow_stream_next(struct ArrowArrayStream *stream,
                                          const struct ArrowSchema *schema,
                                          struct ArrowArray *batch_out, struct mando_error *error);

#endif
