#include "flow/result.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arrow/array.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "mando/rows.h"
#include "service/digest.h"

static enum mando_status fail_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for the result of a flow");
}

static bool is_stored(const struct flow *flow, const struct mando_strategy_result *result,
                      size_t output)
{
    return flow->outputs[output][0] && (result->series[output] || result->documents[output]);
}

static void append_series(struct mando_text *text, const struct mando_strategy_result *result,
                          const double *values)
{
    for (size_t t = 0; t < result->count; t++) {
        int64_t start_us = result->start_us + (int64_t)t * result->step_us;
        mando_text_append_format(text, "%" PRId64 " %" PRId64 " ", start_us,
                                 start_us + result->step_us);
        if (isnan(values[t]))
            mando_text_append(text, "-", 1);
        else
            mando_text_append_number(text, values[t]);
        mando_text_append(text, "\n", 1);
    }
}

static void append_ledger(struct mando_text *text, const struct mando_ledger *ledger)
{
    for (size_t i = 0; i < ledger->count; i++) {
        const struct mando_ledger_entry *entry = &ledger->entries[i];
        mando_text_append_format(text, "%" PRIu32 " %s %" PRId64 " %d %" PRId64 " %" PRId64 "\n",
                                 entry->transaction, entry->account, entry->amount_micro,
                                 entry->is_imputed, entry->start_us, entry->end_us);
    }
}

enum mando_status flow_result_hash(const struct flow *flow,
                                   const struct mando_strategy_result *result,
                                   const struct mando_ledger *ledger,
                                   char hash_out[MANDO_RUN_RESULT_SIZE], struct mando_error *error)
{
    struct mando_text text MANDO_CLEANUP(mando_text_release);
    mando_text_init(&text, SIZE_MAX);
    for (size_t i = 0; i < flow->decides->output_count; i++) {
        if (!is_stored(flow, result, i))
            continue;
        mando_text_append_format(&text, "%s\n", flow->outputs[i]);
        if (result->series[i])
            append_series(&text, result, result->series[i]);
        else
            mando_text_append_format(&text, "%s\n", result->documents[i]);
    }
    append_ledger(&text, ledger);
    bool is_done =
        !text.status && service_digest(text.bytes ? text.bytes : "", text.length, hash_out);
    return is_done ? MANDO_OK : fail_memory(error);
}

static enum mando_status check_output(const struct flow *flow, size_t i,
                                      const struct mando_point *point, struct mando_error *error)
{
    const struct mando_strategy_output *output = &flow->decides->outputs[i];
    if (point->type != output->type)
        return mando_fail_at(error, MANDO_E_FLOW_OUTPUT, point->id, 0, 0,
                             "the data point is a %s; the output %s is a %s",
                             mando_point_type_name(point->type), output->name,
                             mando_point_type_name(output->type));
    if (output->type == MANDO_SERIES && strcmp(point->unit, output->unit) != 0)
        return mando_fail_at(error, MANDO_E_FLOW_OUTPUT, point->id, 0, 0,
                             "the unit of the data point is \"%s\"; that of the output %s is %s",
                             point->unit, output->name, output->unit);
    return MANDO_OK;
}

enum mando_status flow_outputs_check(struct mando_service *service, const struct flow *flow,
                                     bool is_missing_out[MANDO_STRATEGY_OUTPUTS_MAX],
                                     struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < flow->decides->output_count && !status; i++) {
        struct mando_catalog catalog MANDO_CLEANUP(mando_catalog_release) = {0};
        struct mando_query query = MANDO_QUERY_DEFAULT;
        const char *id = flow->outputs[i];
        query.patterns = &id;
        query.pattern_count = 1;
        is_missing_out[i] = false;
        if (!*id)
            continue;
        status = mando_service_catalog(service, &query, &catalog, error);
        is_missing_out[i] = status == MANDO_NOT_FOUND;
        if (is_missing_out[i])
            status = MANDO_OK;
        else if (!status)
            status = check_output(flow, i, &catalog.items[0].point, error);
    }
    return status;
}

static enum mando_status configure(struct mando_transaction *transaction, const struct flow *flow,
                                   size_t i, int64_t step_us, struct mando_error *error)
{
    const struct mando_strategy_output *output = &flow->decides->outputs[i];
    struct mando_point point = {
        .type = output->type, .aggregation = output->aggregation, .width = 1};
    (void)snprintf(point.id, sizeof point.id, "%s", flow->outputs[i]);
    (void)snprintf(point.unit, sizeof point.unit, "%s", output->unit);
    (void)snprintf(point.time_zone, sizeof point.time_zone, "%s", flow->time_zone);
    if (output->type == MANDO_SERIES)
        point.resolution.time_us = step_us;
    return mando_transaction_configure(transaction, &point, 1, error);
}

/* Rows of a series, or of one document from the start on. */
struct output_rows {
    int64_t *start_us, *end_us;
    uint8_t *present;
    int32_t offsets[2];
};

static bool make_rows(const struct mando_strategy_result *result, struct output_rows *rows)
{
    rows->start_us = mando_alloc(result->count + 1, sizeof *rows->start_us);
    rows->end_us = mando_alloc(result->count + 1, sizeof *rows->end_us);
    rows->present = mando_alloc(result->count / 8 + 1, 1);
    if (!rows->start_us || !rows->end_us || !rows->present)
        return false;
    rows->start_us[0] = result->start_us;
    for (size_t t = 0; t < result->count; t++) {
        rows->start_us[t] = result->start_us + (int64_t)t * result->step_us;
        rows->end_us[t] = rows->start_us[t] + result->step_us;
    }
    return true;
}

static void free_rows(struct output_rows *rows)
{
    mando_free(rows->start_us);
    mando_free(rows->end_us);
    mando_free(rows->present);
}

static struct mando_rows series_rows(const struct mando_strategy_result *result, size_t output,
                                     struct output_rows *room)
{
    const double *values = result->series[output];
    memset(room->present, 0, result->count / 8 + 1);
    for (size_t t = 0; t < result->count; t++)
        if (!isnan(values[t]))
            room->present[t / 8] |= (uint8_t)(1u << (t % 8));
    return (struct mando_rows){.count = result->count,
                               .type = MANDO_SERIES,
                               .width = 1,
                               .valid_start_us = room->start_us,
                               .valid_end_us = room->end_us,
                               .value = values,
                               .present = {room->present, 0}};
}

static struct mando_rows document_rows(const char *text, struct output_rows *room)
{
    room->offsets[1] = (int32_t)strlen(text);
    return (struct mando_rows){.count = 1,
                               .type = MANDO_DOCUMENT,
                               .width = 1,
                               .valid_start_us = room->start_us,
                               .document = {.offsets = room->offsets, .bytes = text}};
}

static enum mando_status put(struct mando_transaction *transaction, const char *id,
                             const struct mando_rows *rows, struct mando_error *error)
{
    struct ArrowArrayStream stream MANDO_CLEANUP(mando_arrow_stream_release) = {0};
    enum mando_status status = mando_rows_stream(rows, &stream, error);
    return status ? status : mando_transaction_values(transaction, &id, 1, &stream, error);
}

enum mando_status flow_outputs_put(struct mando_transaction *transaction, const struct flow *flow,
                                   const struct mando_strategy_result *result,
                                   const bool is_missing[MANDO_STRATEGY_OUTPUTS_MAX],
                                   struct mando_error *error)
{
    struct output_rows room MANDO_CLEANUP(free_rows) = {0};
    enum mando_status status = make_rows(result, &room) ? MANDO_OK : fail_memory(error);
    for (size_t i = 0; i < flow->decides->output_count && !status; i++) {
        if (!is_stored(flow, result, i))
            continue;
        if (is_missing[i])
            status = configure(transaction, flow, i, result->step_us, error);
        struct mando_rows rows = result->series[i] ? series_rows(result, i, &room)
                                                   : document_rows(result->documents[i], &room);
        if (!status)
            status = put(transaction, flow->outputs[i], &rows, error);
    }
    return status;
}
