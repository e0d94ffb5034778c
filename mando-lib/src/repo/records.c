/* Records in and out: append-only tables, as streams of their columns. */
#include <inttypes.h>
#include <string.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "repo/record.h"
#include "repo/store.h"

#define BATCH_ROWS 16384
#define BATCH_BYTES ((size_t)8 << 20)

static const char *const FORMATS[] = {
    [MANDO_COLUMN_TEXT] = "u", [MANDO_COLUMN_INTEGER] = "l", [MANDO_COLUMN_TIME] = "tsu:UTC"};

/* Where each column of a kind stands in a stream; -1 where it is left out. */
struct mapping {
    const struct mando_record_kind *kind;
    int64_t children[MANDO_RECORD_COLUMNS_MAX];
};

static enum mando_status map_child(struct mapping *mapping, const struct ArrowSchema *child,
                                   int64_t index, struct mando_error *error)
{
    const struct mando_record_kind *kind = mapping->kind;
    const char *name = child->name ? child->name : "";
    size_t column = mando_record_column(kind, name);
    if (column == kind->column_count)
        return mando_fail(error, MANDO_E_RECORDS_COLUMN, -1, "\"%.80s\" is no column of %s", name,
                          kind->name);
    if (mapping->children[column] >= 0)
        return mando_fail(error, MANDO_E_RECORDS_COLUMN, -1, "column %s of %s is given twice", name,
                          kind->name);
    const char *format = FORMATS[kind->columns[column].type];
    if (strcmp(child->format, format) != 0)
        return mando_fail(error, MANDO_E_RECORDS_COLUMN, -1,
                          "column %s of %s has the Arrow type \"%.40s\"; it must be \"%s\"", name,
                          kind->name, child->format, format);
    mapping->children[column] = index;
    return MANDO_OK;
}

static enum mando_status map_columns(struct mapping *mapping, const struct ArrowSchema *schema,
                                     struct mando_error *error)
{
    const struct mando_record_kind *kind = mapping->kind;
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < MANDO_RECORD_COLUMNS_MAX; i++)
        mapping->children[i] = -1;
    for (int64_t i = 0; i < schema->n_children && !status; i++)
        status = map_child(mapping, schema->children[i], i, error);
    for (size_t i = 0; i < kind->column_count && !status; i++)
        if (kind->columns[i].is_required && mapping->children[i] < 0)
            status = mando_fail(error, MANDO_E_RECORDS_COLUMN, -1,
                                "column %s of %s is missing; it is required", kind->columns[i].name,
                                kind->name);
    return status;
}

static bool is_valid(const struct ArrowArray *array, int64_t i)
{
    const uint8_t *bits = array->buffers[0];
    return !bits || (bits[i / 8] >> (i % 8) & 1);
}

/* Cell i of a column, whose array is checked; what it has is borrowed. */
static struct mando_record_value read_cell(const struct ArrowArray *array, int64_t i,
                                           enum mando_column_type type)
{
    int64_t at = array->offset + i;
    if (!is_valid(array, at))
        return (struct mando_record_value){.is_null = true};
    if (type != MANDO_COLUMN_TEXT)
        return (struct mando_record_value){.integer = ((const int64_t *)array->buffers[1])[at]};
    const int32_t *offsets = array->buffers[1];
    size_t length = (size_t)(offsets[at + 1] - offsets[at]);
    /* Where all are empty there may be no bytes at all. */
    const char *text = length ? (const char *)array->buffers[2] + offsets[at] : "";
    return (struct mando_record_value){.text = text, .length = length};
}

static enum mando_status take_record(const struct mapping *mapping, const struct ArrowArray *batch,
                                     int64_t row, struct mando_record *record,
                                     struct mando_error *error)
{
    const struct mando_record_kind *kind = mapping->kind;
    for (size_t i = 0; i < kind->column_count; i++) {
        const struct mando_column *column = &kind->columns[i];
        struct mando_record_value *value = &record->values[i];
        *value = (struct mando_record_value){.is_null = true};
        if (mapping->children[i] >= 0 && is_valid(batch, batch->offset + row))
            *value =
                read_cell(batch->children[mapping->children[i]], batch->offset + row, column->type);
        if (value->is_null && column->is_required)
            return mando_fail(error, MANDO_E_RECORDS_VALUE, row, "%s of a %s is null", column->name,
                              kind->name);
        if (!value->is_null && value->length && memchr(value->text, '\0', value->length))
            return mando_fail(error, MANDO_E_RECORDS_VALUE, row, "%s of a %s holds a NUL character",
                              column->name, kind->name);
    }
    return MANDO_OK;
}

static enum mando_status put_batch(struct mando_store *store, const struct mapping *mapping,
                                   const struct ArrowArray *batch, struct mando_error *error)
{
    struct mando_store_transaction *transaction = &store->transaction;
    struct mando_record record = {.change_us = transaction->change_us};
    enum mando_status status = batch->length ? mando_store_touch(store, error) : MANDO_OK;
    for (int64_t row = 0; row < batch->length && !status; row++) {
        status = take_record(mapping, batch, row, &record, error);
        record.row = (int64_t)transaction->written.records++;
        if (!status)
            status = store->ops->record_put(store, mapping->kind, &record, error);
        if (!status)
            status = mando_store_check(store, error);
    }
    return status;
}

static enum mando_status put_stream(struct mando_store *store, const struct mando_record_kind *kind,
                                    struct ArrowArrayStream *stream, struct mando_error *error)
{
    struct mapping mapping = {.kind = kind};
    struct ArrowSchema schema MANDO_CLEANUP(mando_arrow_schema_release) = {0};
    enum mando_status status = mando_arrow_stream_schema(stream, &schema, error);
    if (!status)
        status = map_columns(&mapping, &schema, error);
    int64_t first = 0, length = 0;
    do {
        struct ArrowArray batch MANDO_CLEANUP(mando_arrow_array_release) = {0};
        if (!status)
            status = mando_arrow_stream_next(stream, &schema, &batch, error);
        length = batch.release ? batch.length : -1;
        if (!status && batch.release)
            status = put_batch(store, &mapping, &batch, error);
        if (status && error && error->index >= 0)
            error->index += first;
        first += length;
    } while (!status && length >= 0);
    return status;
}

enum mando_status mando_store_records_put(struct mando_session *session,
                                          const struct mando_record_kind *kind,
                                          struct ArrowArrayStream *stream,
                                          struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    enum mando_status status = mando_store_writing(store, error);
    if (!status)
        status = put_stream(store, kind, stream, error);
    return mando_store_wrote(store, status);
}

struct source {
    struct mando_store *store; /* NULL where the stream was not given out */
    const struct mando_record_kind *kind;
    struct mando_predicate *predicates; /* with their texts in the arena */
    size_t predicate_count;
    int64_t newest_us;
    struct mando_arena arena;
    struct mando_arrow_builder builder;
};

static void free_source(void *state)
{
    struct source *source = state;
    if (source->store) {
        source->store->ops->cursors_end(source->store);
        source->store->is_streaming = false;
    }
    mando_arrow_builder_release(&source->builder);
    mando_arena_release(&source->arena);
    mando_free(source);
}

static void push(struct source *source, const struct mando_record *record, size_t *bytes)
{
    const struct mando_record_kind *kind = source->kind;
    for (size_t i = 0; i < kind->column_count; i++) {
        const struct mando_record_value *value = &record->values[i];
        if (value->is_null)
            mando_arrow_push_null(&source->builder, i);
        else if (kind->columns[i].type == MANDO_COLUMN_TEXT)
            mando_arrow_push_text(&source->builder, i, value->text, value->length);
        else
            mando_arrow_push_int(&source->builder, i, value->integer);
        *bytes += value->length;
    }
    mando_arrow_push_int(&source->builder, kind->column_count, record->change_us);
    mando_arrow_push_int(&source->builder, kind->column_count + 1, record->row);
}

static enum mando_status next_batch(void *state, struct ArrowArray *batch_out,
                                    struct mando_error *error)
{
    struct source *source = state;
    struct mando_store *store = source->store;
    struct mando_record record;
    size_t bytes = 0;
    bool is_there = true;
    enum mando_status status = mando_store_check(store, error);
    while (!status && is_there && bytes < BATCH_BYTES
           && mando_arrow_builder_count(&source->builder) < BATCH_ROWS) {
        status = store->ops->records_next(store, &record, &is_there, error);
        /* What was committed after the call is not shown. */
        if (!status && is_there && record.change_us <= source->newest_us
            && mando_record_passes(source->kind, &record, source->predicates,
                                   source->predicate_count))
            push(source, &record, &bytes);
    }
    if (!status && !mando_arrow_builder_is_empty(&source->builder))
        status = mando_arrow_builder_take(&source->builder, batch_out, error);
    return status;
}

static enum mando_status copy_predicates(struct source *source,
                                         const struct mando_predicate *predicates, size_t count,
                                         struct mando_error *error)
{
    source->predicates = mando_arena_alloc(&source->arena, count + 1, sizeof *predicates);
    if (!source->predicates)
        return mando_store_no_memory(error, "records to be read");
    for (size_t i = 0; i < count; i++) {
        struct mando_predicate *copy = &source->predicates[i];
        size_t column = 0, size = predicates[i].text ? strlen(predicates[i].text) + 1 : 0;
        enum mando_status status =
            mando_record_field(source->kind, predicates[i].field, &column, error);
        if (status)
            return status;
        *copy = predicates[i];
        copy->field =
            column < source->kind->column_count ? source->kind->columns[column].name : "changed";
        char *text = mando_arena_alloc(&source->arena, size + 1, 1);
        if (!text)
            return mando_store_no_memory(error, "records to be read");
        if (size)
            memcpy(text, predicates[i].text, size);
        copy->text = text;
    }
    source->predicate_count = count;
    return MANDO_OK;
}

static void name_fields(const struct mando_record_kind *kind, struct mando_arrow_field *fields)
{
    size_t count = mando_record_fields(kind, fields);
    fields[count] = (struct mando_arrow_field){.name = "changed", .type = MANDO_ARROW_TIME};
    fields[count + 1] = (struct mando_arrow_field){.name = "row", .type = MANDO_ARROW_INT64};
}

static enum mando_status start(struct source *source, const struct mando_predicate *predicates,
                               size_t count, struct ArrowArrayStream *stream_out,
                               struct mando_error *error)
{
    static const struct mando_arrow_source OPERATIONS = {next_batch, free_source};
    struct mando_arrow_field fields[MANDO_RECORD_COLUMNS_MAX + 2];
    struct mando_store *store = source->store;
    size_t columns = source->kind->column_count + 2;
    enum mando_status status = copy_predicates(source, predicates, count, error);
    if (!status)
        status = mando_store_newest(store, &source->newest_us, error);
    if (!status)
        status = store->ops->records_seek(store, source->kind, source->predicates,
                                          source->predicate_count, error);
    if (status)
        return status;
    name_fields(source->kind, fields);
    if (mando_arrow_builder_init(&source->builder, fields, columns))
        return mando_store_no_memory(error, "records to be read");
    return mando_arrow_stream_new(fields, columns, &OPERATIONS, source, stream_out, error);
}

enum mando_status mando_store_records_scan(struct mando_session *session,
                                           const struct mando_record_kind *kind,
                                           const struct mando_predicate *predicates, size_t count,
                                           struct ArrowArrayStream *stream_out,
                                           struct mando_error *error)
{
    struct mando_store *store = mando_store_of(session);
    enum mando_status status = mando_store_check(store, error);
    if (status)
        return status;
    struct source *source = mando_alloc(1, sizeof *source);
    if (!source)
        return mando_store_no_memory(error, "records to be read");
    *source = (struct source){.store = store, .kind = kind};
    status = start(source, predicates, count, stream_out, error);
    if (status) {
        store->ops->cursors_end(store);
        source->store = NULL;
        free_source(source);
        return status;
    }
    store->is_streaming = true;
    return MANDO_OK;
}
