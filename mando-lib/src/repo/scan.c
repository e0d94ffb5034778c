/* Values as a stream: what counts within the cuts, or every version. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "repo/counting.h"

#define BATCH_ROWS 65536
#define BATCH_NUMBERS ((size_t)1 << 20) /* of matrices */
#define BATCH_BYTES ((size_t)8 << 20)   /* of documents */

enum column { POINT, START, END, KNOWN, CHANGED, VALUE, DELETED, AUTHOR, COLUMNS };

struct values {
    struct mando_store *store; /* NULL where the stream was not given out */
    struct mando_store_point *points;
    size_t point_count, at; /* the data point that is being read */
    bool is_seeking;        /* its cursor has not been placed */
    bool every_version;
    int64_t from_us, to_us;
    size_t batch_rows;
    struct mando_counting counting;
    struct mando_arrow_builder builder;
    size_t batch_bytes;
};

static void free_stream(void *source)
{
    struct values *stream = source;
    if (stream->store) {
        stream->store->ops->cursors_end(stream->store);
        stream->store->is_streaming = false;
    }
    mando_counting_release(&stream->counting);
    mando_arrow_builder_release(&stream->builder);
    mando_free(stream->points);
    mando_free(stream);
}

static enum mando_status seek(struct values *stream, struct mando_error *error)
{
    stream->is_seeking = false;
    return mando_counting_seek(&stream->counting, &stream->points[stream->at], stream->from_us,
                               stream->to_us, false, error);
}

static void push_value(struct values *stream, const struct mando_version *version)
{
    struct mando_arrow_builder *builder = &stream->builder;
    enum mando_point_type type = stream->points[0].type;
    if (!version->present)
        mando_arrow_push_null(builder, VALUE);
    else if (type == MANDO_SERIES)
        mando_arrow_push_number(builder, VALUE, version->number);
    else if (type == MANDO_MATRIX)
        mando_arrow_push_numbers(builder, VALUE, (const double *)(const void *)version->bytes);
    else
        mando_arrow_push_text(builder, VALUE, version->bytes, version->size);
}

static enum mando_status push_author(struct values *stream, int64_t change_us,
                                     struct mando_error *error)
{
    const char *author;
    struct mando_store *store = stream->store;
    enum mando_status status = store->ops->author(store, change_us, &author, error);
    if (!status)
        mando_arrow_push_text(&stream->builder, AUTHOR, author, strlen(author));
    return status;
}

static enum mando_status push(struct values *stream, const struct mando_version *version,
                              struct mando_error *error)
{
    struct mando_arrow_builder *builder = &stream->builder;
    mando_arrow_push_int(builder, POINT, (int64_t)stream->at);
    mando_arrow_push_int(builder, START, version->start_us);
    if (stream->points[0].type == MANDO_DOCUMENT)
        mando_arrow_push_null(builder, END);
    else
        mando_arrow_push_int(builder, END, version->end_us);
    mando_arrow_push_int(builder, KNOWN, version->knowledge_us);
    mando_arrow_push_int(builder, CHANGED, version->change_us);
    push_value(stream, version);
    mando_arrow_push_bool(builder, DELETED, version->deleted);
    stream->batch_bytes += version->size;
    return stream->every_version ? push_author(stream, version->change_us, error) : MANDO_OK;
}

static enum mando_status next_version(struct values *stream, struct mando_version *version,
                                      bool *is_there, struct mando_error *error)
{
    if (stream->every_version)
        return mando_counting_every(&stream->counting, version, is_there, error);
    enum mando_status status;
    do
        status = mando_counting_next(&stream->counting, version, is_there, error);
    while (!status && *is_there && version->deleted);
    return status;
}

static bool is_full(const struct values *stream)
{
    return mando_arrow_builder_count(&stream->builder) >= stream->batch_rows
           || stream->batch_bytes >= BATCH_BYTES;
}

static enum mando_status fill(struct values *stream, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    while (!status && stream->at < stream->point_count && !is_full(stream)) {
        struct mando_version version;
        bool is_there = false;
        if (stream->is_seeking)
            status = seek(stream, error);
        if (!status)
            status = next_version(stream, &version, &is_there, error);
        if (!status && is_there)
            status = push(stream, &version, error);
        if (!status && !is_there) {
            stream->at++;
            stream->is_seeking = true;
        }
    }
    return status;
}

static enum mando_status next_batch(void *source, struct ArrowArray *batch_out,
                                    struct mando_error *error)
{
    struct values *stream = source;
    stream->batch_bytes = 0;
    enum mando_status status = mando_store_check(stream->store, error);
    if (!status)
        status = fill(stream, error);
    if (!status && !mando_arrow_builder_is_empty(&stream->builder))
        status = mando_arrow_builder_take(&stream->builder, batch_out, error);
    return status;
}

/* What a data point holds, for people. */
static const char *describe(const struct mando_store_point *point, char text_out[64])
{
    const char *type = mando_point_type_name(point->type);
    if (point->type == MANDO_MATRIX)
        (void)snprintf(text_out, 64, "%s of %u labels", type, (unsigned)point->width);
    return point->type == MANDO_MATRIX ? text_out : type;
}

static enum mando_status fail_type(const struct mando_scan *scan,
                                   const struct mando_store_point *points, size_t i,
                                   struct mando_error *error)
{
    char first[64], other[64];
    return mando_fail_at(
        error, MANDO_E_VALUES_TYPE, scan->ids[i], 0, 0,
        "%.40s is %s, %.40s is %s, and one answer holds one kind: ask for those of "
        "each apart, by their ids or a longer pattern",
        scan->ids[0], describe(&points[0], first), scan->ids[i], describe(&points[i], other));
}

/* All data points are there, and of one type and width. */
static enum mando_status find_points(struct values *stream, const struct mando_scan *scan,
                                     struct mando_error *error)
{
    stream->points = mando_alloc(scan->id_count + 1, sizeof *stream->points);
    if (!stream->points)
        return mando_store_no_memory(error, "data points to be read");
    stream->point_count = scan->id_count;
    struct mando_store_point *first = &stream->points[0];
    for (size_t i = 0; i < scan->id_count; i++) {
        struct mando_store_point *point = &stream->points[i];
        enum mando_status status = mando_store_find(stream->store, scan->ids[i], point, error);
        if (status)
            return status;
        if (point->type != first->type || point->width != first->width)
            return fail_type(scan, stream->points, i, error);
    }
    return MANDO_OK;
}

static enum mando_arrow_type type_of(const struct mando_store_point *point)
{
    if (point->type == MANDO_MATRIX)
        return MANDO_ARROW_DOUBLES;
    return point->type == MANDO_DOCUMENT ? MANDO_ARROW_TEXT : MANDO_ARROW_DOUBLE;
}

/* The names of the columns stand in mando/rows.h. */
static void name_fields(const struct values *stream, struct mando_arrow_field *fields)
{
    const struct mando_store_point *point = &stream->points[0];
    fields[POINT] = (struct mando_arrow_field){.name = "point", .type = MANDO_ARROW_INT32};
    fields[START] = (struct mando_arrow_field){.name = "start", .type = MANDO_ARROW_TIME};
    fields[END] = (struct mando_arrow_field){
        .name = "end", .type = MANDO_ARROW_TIME, .nullable = point->type == MANDO_DOCUMENT};
    fields[KNOWN] = (struct mando_arrow_field){.name = "known", .type = MANDO_ARROW_TIME};
    fields[CHANGED] = (struct mando_arrow_field){.name = "changed", .type = MANDO_ARROW_TIME};
    fields[VALUE] = (struct mando_arrow_field){
        .name = "value", .type = type_of(point), .nullable = true, .width = point->width};
    fields[DELETED] = (struct mando_arrow_field){.name = "deleted", .type = MANDO_ARROW_BOOL};
    fields[AUTHOR] = (struct mando_arrow_field){.name = "author", .type = MANDO_ARROW_TEXT};
}

/* The cuts, and none of what is committed later. */
static enum mando_status cut(struct mando_store *store, struct mando_as_of as_of,
                             struct mando_as_of *as_of_out, struct mando_error *error)
{
    int64_t newest_us;
    enum mando_status status = mando_store_newest(store, &newest_us, error);
    if (status)
        return status;
    *as_of_out = as_of;
    if (newest_us < as_of.change_us)
        as_of_out->change_us = newest_us;
    return MANDO_OK;
}

static enum mando_status start(struct values *stream, const struct mando_scan *scan,
                               struct ArrowArrayStream *stream_out, struct mando_error *error)
{
    static const struct mando_arrow_source OPERATIONS = {next_batch, free_stream};
    struct mando_arrow_field fields[COLUMNS];
    struct mando_as_of as_of;
    enum mando_status status = cut(stream->store, scan->as_of, &as_of, error);
    if (!status)
        status = find_points(stream, scan, error);
    if (status)
        return status;
    mando_counting_init(&stream->counting, stream->store, as_of);
    name_fields(stream, fields);
    size_t width = stream->points[0].width ? stream->points[0].width : 1;
    stream->batch_rows = BATCH_NUMBERS / width < BATCH_ROWS ? BATCH_NUMBERS / width : BATCH_ROWS;
    size_t columns = stream->every_version ? COLUMNS : AUTHOR;
    if (mando_arrow_builder_init(&stream->builder, fields, columns))
        return mando_store_no_memory(error, "values to be read");
    return mando_arrow_stream_new(fields, columns, &OPERATIONS, stream, stream_out, error);
}

enum mando_status mando_store_values_scan(struct mando_session *session,
                                          const struct mando_scan *scan,
                                          struct ArrowArrayStream *stream_out,
                                          struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    enum mando_status status = mando_store_check(store, error);
    if (status)
        return status;
    struct values *stream = mando_alloc(1, sizeof *stream);
    if (!stream)
        return mando_store_no_memory(error, "values to be read");
    stream->store = store;
    stream->is_seeking = true;
    stream->every_version = scan->every_version;
    stream->from_us = scan->from_us;
    stream->to_us = scan->to_us;
    status = start(stream, scan, stream_out, error);
    if (status) {
        stream->store = NULL;
        free_stream(stream);
        return status;
    }
    store->is_streaming = true;
    return MANDO_OK;
}
