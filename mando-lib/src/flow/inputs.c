#include "flow/inputs.h"

#include <math.h>
#include <string.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/vector.h"
#include "mando/rows.h"

/* One input while it is read. */
struct reading {
    struct mando_service *service;
    const char *id;
    enum mando_point_type type;
    const char *unit;
    struct mando_query query;
    struct mando_arena *arena;
    struct mando_vector starts_us, ends_us, values; /* of a series */
    char *document;                                 /* of a document: the newest so far */
    struct mando_error *error;
};

static enum mando_status fail_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the inputs of a flow");
}

static enum mando_status check_point(const struct reading *reading, const struct mando_point *point)
{
    if (point->type != reading->type)
        return mando_fail_at(reading->error, MANDO_E_VALUES_TYPE, reading->id, 0, 0,
                             "the data point is a %s; the flow needs a %s",
                             mando_point_type_name(point->type),
                             mando_point_type_name(reading->type));
    if (reading->type == MANDO_SERIES && strcmp(point->unit, reading->unit) != 0)
        return mando_fail_at(reading->error, MANDO_E_VALUES_TYPE, reading->id, 0, 0,
                             "the unit of the data point is \"%s\"; the flow needs %s", point->unit,
                             reading->unit);
    return MANDO_OK;
}

static enum mando_status take_document(struct reading *reading, const struct mando_rows *rows,
                                       size_t row)
{
    size_t length = mando_texts_length(rows->document, row);
    if (!mando_rows_is_present(rows, row))
        return MANDO_OK;
    reading->document = mando_arena_alloc(reading->arena, length + 1, 1);
    if (!reading->document)
        return fail_memory(reading->error);
    memcpy(reading->document, mando_texts_at(rows->document, row), length);
    return MANDO_OK;
}

static enum mando_status take_value(struct reading *reading, const struct mando_rows *rows,
                                    size_t row)
{
    double value = mando_rows_number(rows, row, 0);
    return mando_vector_push(&reading->starts_us, &rows->valid_start_us[row])
                   || mando_vector_push(&reading->ends_us, &rows->valid_end_us[row])
                   || mando_vector_push(&reading->values, &value)
               ? fail_memory(reading->error)
               : MANDO_OK;
}

static enum mando_status take_rows(struct reading *reading, struct ArrowArrayStream *stream)
{
    struct mando_rows rows MANDO_CLEANUP(mando_rows_release) = {0};
    enum mando_status status;
    do {
        status = mando_rows_next(stream, &rows, reading->error);
        for (size_t i = 0; !status && i < rows.count; i++)
            status = reading->type == MANDO_DOCUMENT ? take_document(reading, &rows, i)
                                                     : take_value(reading, &rows, i);
    } while (!status && rows.count > 0);
    return status;
}

static enum mando_status read_point(struct reading *reading)
{
    struct mando_catalog catalog MANDO_CLEANUP(mando_catalog_release) = {0};
    struct ArrowArrayStream stream MANDO_CLEANUP(mando_arrow_stream_release) = {0};
    reading->query.patterns = &reading->id;
    reading->query.pattern_count = 1;
    enum mando_status status = mando_service_retrieve(reading->service, &reading->query, &catalog,
                                                      &stream, reading->error);
    if (!status)
        status = check_point(reading, &catalog.items[0].point);
    return status ? status : take_rows(reading, &stream);
}

/* Copies a vector into the arena and releases it; NULL without memory. */
static const void *keep(struct mando_arena *arena, struct mando_vector *vector)
{
    void *items = mando_arena_alloc(arena, vector->count + 1, vector->item_size);
    if (items && vector->count)
        memcpy(items, vector->items, vector->count * vector->item_size);
    mando_vector_release(vector);
    return items;
}

static enum mando_status keep_series(struct reading *reading, struct mando_strategy_data *data_out)
{
    data_out->count = reading->values.count;
    data_out->start_us = keep(reading->arena, &reading->starts_us);
    data_out->end_us = keep(reading->arena, &reading->ends_us);
    data_out->value = keep(reading->arena, &reading->values);
    data_out->is_there = data_out->count > 0;
    return data_out->start_us && data_out->end_us && data_out->value ? MANDO_OK
                                                                     : fail_memory(reading->error);
}

enum mando_status flow_document_read(struct mando_service *service, const char *id, int64_t now_us,
                                     int64_t change_us, struct mando_arena *arena,
                                     const char **text_out, struct mando_error *error)
{
    struct reading reading = {.service = service,
                              .id = id,
                              .type = MANDO_DOCUMENT,
                              .query = MANDO_QUERY_DEFAULT,
                              .arena = arena,
                              .error = error};
    reading.query.to_us = now_us == INT64_MAX ? now_us : now_us + 1;
    reading.query.as_of.change_us = change_us;
    enum mando_status status = read_point(&reading);
    if (status)
        return status;
    if (!reading.document)
        return mando_fail_at(error, MANDO_E_FLOW_INPUT, id, 0, 0,
                             "the data point has no document that is in force");
    *text_out = reading.document;
    return MANDO_OK;
}

static enum mando_status read_time(const struct flow_cuts *cuts, const char *text,
                                   int64_t *time_us_out, struct mando_error *error)
{
    return mando_time_parse_relative(text, strlen(text), cuts->zone, cuts->day_us, time_us_out,
                                     error);
}

enum mando_status flow_series_read(struct mando_service *service, const struct flow_input *input,
                                   const struct mando_strategy_input *kind,
                                   const struct flow_cuts *cuts, struct mando_arena *arena,
                                   struct mando_strategy_data *data_out, struct mando_error *error)
{
    struct reading reading = {.service = service,
                              .id = input->id,
                              .type = kind->type,
                              .unit = kind->unit,
                              .query = MANDO_QUERY_DEFAULT,
                              .arena = arena,
                              .error = error};
    int64_t own_cut_us = MANDO_FOREVER;
    mando_vector_init(&reading.starts_us, sizeof(int64_t), SIZE_MAX);
    mando_vector_init(&reading.ends_us, sizeof(int64_t), SIZE_MAX);
    mando_vector_init(&reading.values, sizeof(double), SIZE_MAX);
    enum mando_status status = read_time(cuts, input->from, &reading.query.from_us, error);
    if (!status)
        status = read_time(cuts, input->to, &reading.query.to_us, error);
    if (!status && input->as_of[0])
        status = read_time(cuts, input->as_of, &own_cut_us, error);
    reading.query.as_of = cuts->as_of;
    if (own_cut_us < cuts->as_of.knowledge_us)
        reading.query.as_of.knowledge_us = own_cut_us;
    if (!status)
        status = read_point(&reading);
    if (!status)
        status = keep_series(&reading, data_out);
    mando_vector_release(&reading.starts_us);
    mando_vector_release(&reading.ends_us);
    mando_vector_release(&reading.values);
    return status;
}

static enum mando_status fail_empty(const struct flow_input *input, const char *name,
                                    const struct flow_cuts *cuts, struct mando_error *error)
{
    char known[MANDO_TIME_TEXT_SIZE] = "now";
    if (cuts->as_of.knowledge_us != MANDO_FOREVER)
        mando_time_format(cuts->as_of.knowledge_us, known);
    return mando_fail_at(error, MANDO_E_FLOW_INPUT, input->id, 0, 0,
                         "nothing of the input %s from %s to %s was known at %s", name, input->from,
                         input->to, known);
}

enum mando_status flow_inputs_read(struct mando_service *service, const struct flow *flow,
                                   const struct flow_cuts *cuts, struct mando_arena *arena,
                                   struct mando_strategy_data inputs_out[MANDO_STRATEGY_INPUTS_MAX],
                                   struct mando_error *error)
{
    const struct mando_strategy *strategy = flow->decides;
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < strategy->input_count && !status; i++) {
        const struct flow_input *input = &flow->inputs[i];
        struct mando_strategy_data data = {0};
        if (input->id[0] && strategy->inputs[i].type == MANDO_DOCUMENT) {
            status = flow_document_read(service, input->id, cuts->now_us, cuts->as_of.change_us,
                                        arena, &data.document, error);
            data.is_there = 1;
        } else if (input->id[0]) {
            status =
                flow_series_read(service, input, &strategy->inputs[i], cuts, arena, &data, error);
            if (!status && !data.is_there && !strategy->inputs[i].is_optional)
                status = fail_empty(input, strategy->inputs[i].name, cuts, error);
        }
        inputs_out[i] = data;
    }
    return status;
}
