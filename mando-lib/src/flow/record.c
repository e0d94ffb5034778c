#include "flow/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/text.h"
#include "schema/ledger_columns.h"
#include "schema/record.h"
#include "service/service.h"

/* The columns of schema/run.def, then when a record was stored. */
enum run_column {
#define TEXT_COLUMN(name, rule, text) RUN_##name,
#define INTEGER_COLUMN(name, unit, rule, text) RUN_##name,
#define TIME_COLUMN(name, rule, text) RUN_##name,
#include "schema/run.def"
#undef TEXT_COLUMN
#undef INTEGER_COLUMN
#undef TIME_COLUMN
    RUN_changed,
    RUN_COLUMNS
};

static enum mando_status fail_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a record of a run");
}

static void push_text(struct mando_arrow_builder *builder, size_t column, const char *text)
{
    if (text && *text)
        mando_arrow_push_text(builder, column, text, strlen(text));
    else
        mando_arrow_push_null(builder, column);
}

static void push_cell(struct mando_arrow_builder *builder, size_t column,
                      const struct mando_record_cell *cell)
{
    if (cell->is_null)
        mando_arrow_push_null(builder, column);
    else if (cell->text)
        mando_arrow_push_text(builder, column, cell->text, cell->length);
    else
        mando_arrow_push_int(builder, column, cell->integer);
}

/* Microseconds of the steps that a run has come to. */
static void write_steps(struct mando_text *text, const struct mando_run *run)
{
    mando_text_append(text, "{", 1);
    for (enum mando_flow_step step = 0; step < MANDO_STEPS; step++)
        if (run->step_us[step])
            mando_text_append_format(text, "%s\"%s\":%" PRId64, text->length > 1 ? "," : "",
                                     mando_flow_step_name(step), run->step_us[step]);
    mando_text_append(text, "}", 1);
}

enum mando_status flow_record_put(struct mando_transaction *transaction,
                                  const struct mando_run *run, const char *state, const char *code,
                                  const char *message, int64_t end_us, struct mando_error *error)
{
    struct mando_arrow_builder builder MANDO_CLEANUP(mando_arrow_builder_release) = {0};
    struct ArrowArrayStream stream MANDO_CLEANUP(mando_arrow_stream_release) = {0};
    struct mando_text steps MANDO_CLEANUP(mando_text_release);
    struct mando_arrow_field fields[MANDO_RECORD_COLUMNS_MAX];
    size_t count = mando_record_fields(mando_record_kind_find("run"), fields);
    mando_text_init(&steps, SIZE_MAX);
    write_steps(&steps, run);
    if (steps.status || mando_arrow_builder_init(&builder, fields, count))
        return fail_memory(error);
    push_text(&builder, RUN_id, run->id);
    push_text(&builder, RUN_flow, run->flow);
    push_text(&builder, RUN_flow_version, "v1");
    push_text(&builder, RUN_state, state);
    mando_arrow_push_int(&builder, RUN_start, run->start_us);
    mando_arrow_push_int(&builder, RUN_end, end_us);
    mando_arrow_push_int(&builder, RUN_as_of, run->as_of.knowledge_us);
    mando_arrow_push_int(&builder, RUN_stored_until, run->as_of.change_us);
    push_text(&builder, RUN_parameters, run->parameters);
    push_text(&builder, RUN_code, code);
    mando_arrow_push_int(&builder, RUN_seed, (int64_t)run->seed);
    push_text(&builder, RUN_message, message);
    mando_arrow_push_int(&builder, RUN_delivery_start, run->from_us);
    mando_arrow_push_int(&builder, RUN_delivery_end, run->to_us);
    push_text(&builder, RUN_result, run->result);
    push_text(&builder, RUN_steps, steps.bytes);
    enum mando_status status = mando_arrow_stream_of(fields, &builder, &stream, error);
    return status ? status : mando_transaction_records(transaction, "run", &stream, error);
}

static void copy_text(const struct mando_record_cell *cell, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", (int)cell->length, cell->text ? cell->text : "");
}

static enum mando_status read_steps(const struct mando_record_cell *cell, struct mando_run *run,
                                    struct mando_error *error)
{
    struct mando_json json;
    if (cell->is_null)
        return MANDO_OK;
    enum mando_status status =
        mando_json_parse(cell->text, cell->length, SIZE_MAX, run->id, &json, error);
    if (status)
        return status;
    for (enum mando_flow_step step = 0; step < MANDO_STEPS; step++)
        run->step_us[step] = yyjson_get_sint(
            yyjson_obj_get(yyjson_doc_get_root(json.doc), mando_flow_step_name(step)));
    mando_json_release(&json);
    return MANDO_OK;
}

static enum mando_status read_run(const struct mando_record_cell *cells, struct mando_run *run_out,
                                  struct mando_error *error)
{
    struct mando_run run = {
        .as_of = {cells[RUN_as_of].integer, cells[RUN_stored_until].integer},
        .seed = (uint64_t)cells[RUN_seed].integer,
        .from_us = cells[RUN_delivery_start].integer,
        .to_us = cells[RUN_delivery_end].integer,
        .start_us = cells[RUN_start].integer,
        .changed_us = cells[RUN_changed].integer,
    };
    copy_text(&cells[RUN_id], run.id, sizeof run.id);
    copy_text(&cells[RUN_flow], run.flow, sizeof run.flow);
    copy_text(&cells[RUN_parameters], run.parameters, sizeof run.parameters);
    copy_text(&cells[RUN_result], run.result, sizeof run.result);
    enum mando_status status = read_steps(&cells[RUN_steps], &run, error);
    if (!status)
        *run_out = run;
    return status;
}

/* The last of the records of runs that are done. */
static enum mando_status take_last(struct mando_records *records, struct mando_run *run_out,
                                   struct mando_error *error)
{
    struct mando_record_cell cells[RUN_COLUMNS];
    int is_there = 1;
    enum mando_status status = MANDO_OK;
    while (!status && is_there) {
        status = mando_records_next(records, RUN_COLUMNS, cells, &is_there, error);
        const struct mando_record_cell *state = &cells[RUN_state];
        bool is_done = !status && is_there && state->length == strlen("done")
                       && memcmp(state->text, "done", state->length) == 0;
        if (is_done)
            status = read_run(cells, run_out, error);
    }
    return status;
}

enum mando_status flow_record_last(struct mando_session *session, const char *flow, int64_t from_us,
                                   struct mando_run *run_out, struct mando_error *error)
{
    const struct mando_predicate wanted[] = {{"flow", MANDO_EQUAL, .text = flow},
                                             {"delivery_start", MANDO_EQUAL, .number = from_us}};
    struct mando_records records MANDO_CLEANUP(mando_records_release) = {0};
    *run_out = (struct mando_run){0};
    enum mando_status status = session->repository->ops->records_scan(
        session, mando_record_kind_find("run"), wanted, 2, &records.stream, error);
    return status ? status : take_last(&records, run_out, error);
}

enum mando_status mando_run_find(struct mando_service *service, const char *id,
                                 struct mando_run *run_out, struct mando_error *error)
{
    const struct mando_predicate wanted = {"id", MANDO_EQUAL, .text = id};
    struct mando_records records MANDO_CLEANUP(mando_records_release) = {0};
    struct mando_run run = {0};
    enum mando_status status =
        mando_service_records(service, "run", &wanted, 1, &records.stream, error);
    if (!status)
        status = take_last(&records, &run, error);
    if (status)
        return status;
    if (!run.id[0])
        return mando_fail_at(error, MANDO_E_RUN_UNKNOWN, id, 0, 0,
                             "there is no run of this name that was done");
    *run_out = run;
    return MANDO_OK;
}

/* Copies the entries of a run with their amounts turned around: they stay that run's, which then adds up to
 * nothing. */
static enum mando_status copy_reversed(struct mando_records *records, const char *by_run,
                                       struct mando_arrow_builder *builder,
                                       struct mando_error *error)
{
    struct mando_record_cell cells[LEDGER_COLUMNS];
    int is_there = 1;
    for (;;) {
        char transaction[2 * MANDO_RUN_ID_SIZE + 16];
        enum mando_status status =
            mando_records_next(records, LEDGER_COLUMNS, cells, &is_there, error);
        if (status || !is_there)
            return status;
        int length =
            snprintf(transaction, sizeof transaction, "%.120s/reverses/%.*s", by_run,
                     (int)cells[LEDGER_transaction].length, cells[LEDGER_transaction].text);
        cells[LEDGER_transaction] =
            (struct mando_record_cell){.text = transaction, .length = (size_t)length};
        cells[LEDGER_amount].integer = -cells[LEDGER_amount].integer;
        for (size_t i = 0; i < LEDGER_COLUMNS; i++)
            push_cell(builder, i, &cells[i]);
    }
}

enum mando_status flow_ledger_reverse(struct mando_transaction *transaction, const char *run,
                                      const char *by_run, struct mando_error *error)
{
    const struct mando_record_kind *kind = mando_record_kind_find("ledger_entry");
    const struct mando_predicate wanted = {"run", MANDO_EQUAL, .text = run};
    struct mando_session *session = service_session(transaction);
    struct mando_arrow_builder builder MANDO_CLEANUP(mando_arrow_builder_release) = {0};
    struct ArrowArrayStream stream MANDO_CLEANUP(mando_arrow_stream_release) = {0};
    struct mando_records records MANDO_CLEANUP(mando_records_release) = {0};
    struct mando_arrow_field fields[MANDO_RECORD_COLUMNS_MAX];
    size_t count = mando_record_fields(kind, fields);
    if (mando_arrow_builder_init(&builder, fields, count))
        return fail_memory(error);
    enum mando_status status =
        session->repository->ops->records_scan(session, kind, &wanted, 1, &records.stream, error);
    if (!status)
        status = copy_reversed(&records, by_run, &builder, error);
    mando_records_release(&records); /* before the session writes */
    if (!status && mando_arrow_builder_is_empty(&builder))
        return MANDO_OK;
    if (!status)
        status = mando_arrow_stream_of(fields, &builder, &stream, error);
    return status ? status : mando_transaction_records(transaction, "ledger_entry", &stream, error);
}
