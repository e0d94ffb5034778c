/* Engine v1: retrieve, validate, strategy, gate, insert, send, one after the other. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fail.h"
#include "flow/engine.h"
#include "flow/inputs.h"
#include "flow/record.h"
#include "flow/result.h"
#include "flow/send.h"
#include "mando/gate.h"
#include "service/service.h"

const char *mando_flow_step_name(enum mando_flow_step step)
{
    static const char *const NAMES[MANDO_STEPS] = {"retrieve", "validate", "strategy",
                                                   "gate",     "insert",   "send"};
    return step >= 0 && step < MANDO_STEPS ? NAMES[step] : NULL;
}

enum mando_status flow_running_new(struct mando_service *service, struct flow_running **running_out,
                                   struct mando_error *error)
{
    struct flow_running *running = mando_alloc(1, sizeof *running);
    if (!running)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a run");
    running->service = service;
    *running_out = running;
    return MANDO_OK;
}

void flow_running_free(struct flow_running *running)
{
    if (!running)
        return;
    if (running->result.owned)
        running->flow.decides->release(&running->result);
    mando_ledger_release(&running->ledger);
    mando_arena_release(&running->arena);
    mando_zone_free(running->zone);
    mando_free(running);
}

void flow_running_leave(struct flow_running **running)
{
    flow_running_free(*running);
}

/* Reads the document as it is in force, and what the run is given. */
static enum mando_status prepare(struct flow_running *running, const char *name)
{
    struct mando_run *run = &running->run;
    const struct mando_flow_options *options = running->options;
    const char *text = NULL;
    char id[MANDO_POINT_ID_SIZE];
    struct mando_error problem = {0};
    (void)snprintf(id, sizeof id, "Flow/%.240s", name);
    enum mando_status status =
        flow_document_read(running->service, id, run->start_us, run->as_of.change_us,
                           &running->arena, &text, &problem);
    if (status == MANDO_NOT_FOUND || status == MANDO_INVALID)
        return mando_fail_at(running->error, MANDO_E_FLOW_UNKNOWN, id, 0, 0,
                             "there is no flow \"%.80s\": mando insert Flow/NAME --file stores one",
                             name);
    if (status && running->error)
        *running->error = problem;
    if (!status)
        status = flow_read(text, strlen(text), id, &running->flow, running->error);
    if (!status)
        status = mando_zone_open(running->flow.time_zone, running->service->zone_folder,
                                 &running->zone, running->error);
    if (status)
        return status;
    return flow_parameters_read(&running->flow, options, running->zone, run->start_us,
                                &running->given, run->parameters, running->error);
}

/* When it is decided: at the gate, or now where the gate is still open. */
static enum mando_status set_cut(struct flow_running *running)
{
    struct mando_run *run = &running->run;
    const char *gate = running->flow.gate;
    int64_t gate_us = 0;
    run->from_us = running->given.from_us;
    run->to_us = running->given.to_us;
    if (running->options->as_of_us) {
        run->as_of.knowledge_us = running->options->as_of_us;
        return MANDO_OK;
    }
    enum mando_status status = mando_time_parse_relative(gate, strlen(gate), running->zone,
                                                         run->from_us, &gate_us, running->error);
    run->as_of.knowledge_us = gate_us < run->start_us ? gate_us : run->start_us;
    return status;
}

static enum mando_status retrieve(struct flow_running *running)
{
    const struct flow_cuts cuts = {.day_us = running->run.from_us,
                                   .as_of = running->run.as_of,
                                   .now_us = running->run.start_us,
                                   .zone = running->zone};
    return flow_inputs_read(running->service, &running->flow, &cuts, &running->arena,
                            running->inputs, running->error);
}

static enum mando_status validate(struct flow_running *running)
{
    return flow_outputs_check(running->service, &running->flow, running->is_missing,
                              running->error);
}

static enum mando_status decide(struct flow_running *running)
{
    struct mando_strategy_context context = {.from_us = running->run.from_us,
                                             .to_us = running->run.to_us,
                                             .as_of_us = running->run.as_of.knowledge_us,
                                             .zone = running->zone,
                                             .seed = running->run.seed};
    memcpy(context.inputs, running->inputs, sizeof running->inputs);
    memcpy(context.parameters, running->given.numbers, sizeof running->given.numbers);
    return running->flow.decides->run(&context, &running->result, running->error);
}

/* Looks at the plan once more, as if anybody had made it, books it and takes its hash. */
static enum mando_status pass_gate(struct flow_running *running)
{
    const struct mando_strategy_result *result = &running->result;
    const struct mando_plan *plan = result->plan;
    enum mando_status status = MANDO_OK;
    if (plan) {
        const struct mando_gate_plan checked = {.periods = plan->periods,
                                                .step_h = plan->step_h,
                                                .soc_start_mwh = result->battery->soc_start_mwh,
                                                .soc_end_mwh = NAN,
                                                .power_mw = plan->power_mw,
                                                .soc_mwh = plan->soc_mwh,
                                                .curtailed_mw = plan->curtailed_mw,
                                                .limits = result->prices};
        status = mando_gate_check(result->battery, &checked, running->error);
        running->run.totals = plan->totals;
    }
    if (!status && plan)
        status = mando_ledger_book(&running->flow.accounts, result->battery, result->prices, plan,
                                   running->zone, &running->ledger, running->error);
    return status ? status
                  : flow_result_hash(&running->flow, result, &running->ledger, running->run.result,
                                     running->error);
}

static enum mando_status put_ledger(struct flow_running *running,
                                    struct mando_transaction *transaction)
{
    struct ArrowArrayStream stream = {0};
    if (running->ledger.count == 0)
        return MANDO_OK;
    enum mando_status status = mando_ledger_stream(&running->ledger, running->run.id,
                                                   running->flow.currency, &stream, running->error);
    if (!status) {
        status = mando_transaction_records(transaction, "ledger_entry", &stream, running->error);
        stream.release(&stream);
    }
    return status;
}

/* Stores all that is new; what an earlier run of the day booked is taken back. */
static enum mando_status put_all(struct flow_running *running,
                                 struct mando_transaction *transaction,
                                 const struct mando_run *earlier, struct mando_written *written)
{
    struct mando_error *error = running->error;
    enum mando_status status = MANDO_OK;
    if (earlier->id[0])
        status = flow_ledger_reverse(transaction, earlier->id, running->run.id, error);
    if (!status)
        status = flow_outputs_put(transaction, &running->flow, &running->result,
                                  running->is_missing, error);
    if (!status)
        status = put_ledger(running, transaction);
    if (!status)
        status = flow_record_put(transaction, &running->run, "done", running->options->code, NULL,
                                 service_now_us(running->service), error);
    return status ? status : mando_transaction_commit(transaction, written, error);
}

/* A plan is known from when it is decided; nothing can be known later than now. */
static struct mando_write write_of(const struct flow_running *running)
{
    int64_t now_us = service_now_us(running->service);
    int64_t known_us = running->run.as_of.knowledge_us;
    return (struct mando_write){.reason = running->run.id,
                                .knowledge_us = known_us < now_us ? known_us : now_us};
}

static enum mando_status insert(struct flow_running *running)
{
    const struct mando_write write = write_of(running);
    struct mando_transaction *transaction = NULL;
    struct mando_run earlier = {0};
    struct mando_written written = {0};
    if (running->options->dry_run)
        return MANDO_OK;
    enum mando_status status =
        mando_transaction_begin(running->service, &write, &transaction, running->error);
    if (!status)
        status = flow_record_last(service_session(transaction), running->run.flow,
                                  running->run.from_us, &earlier, running->error);
    bool is_repeat = !status && strcmp(earlier.result, running->run.result) == 0;
    if (!status && is_repeat)
        (void)snprintf(running->run.id, sizeof running->run.id, "%s", earlier.id);
    if (!status && !is_repeat)
        status = put_all(running, transaction, &earlier, &written);
    running->run.changed_us = written.change_us;
    mando_transaction_free(transaction);
    return status;
}

static enum mando_status send(struct flow_running *running)
{
    if (running->options->dry_run)
        return MANDO_OK;
    return flow_send(&running->flow, &running->result, &running->run, running->zone,
                     running->error);
}

static enum mando_status check_time(const struct flow_running *running, enum mando_flow_step step)
{
    const struct mando_flow_options *options = running->options;
    if (options->progress && options->progress(options->progress_context, step))
        return mando_fail(running->error, MANDO_E_CANCELLED, -1, "the run was stopped before %s",
                          mando_flow_step_name(step));
    if (options->deadline_us && service_now_us(running->service) > options->deadline_us)
        return mando_fail(running->error, MANDO_E_FLOW_DEADLINE, -1,
                          "the deadline passed before the step %s", mando_flow_step_name(step));
    return MANDO_OK;
}

static enum mando_status run_steps(struct flow_running *running)
{
    static enum mando_status (*const STEPS[MANDO_STEPS])(struct flow_running *) = {
        retrieve, validate, decide, pass_gate, insert, send};
    enum mando_status status = MANDO_OK;
    for (enum mando_flow_step step = 0; step < MANDO_STEPS && !status; step++) {
        double begun_us = mando_clock_us();
        status = check_time(running, step);
        if (!status)
            status = STEPS[step](running);
        int64_t took_us = (int64_t)(mando_clock_us() - begun_us);
        running->run.step_us[step] = took_us > 0 ? took_us : 1;
    }
    return status;
}

/* The record of a run that failed stands alone; where even that fails nothing more can be told. */
static void record_failure(struct flow_running *running, const struct mando_error *reason)
{
    const struct mando_write write = {.reason = running->run.id};
    struct mando_transaction *transaction = NULL;
    struct mando_error ignored;
    if (running->options->dry_run || running->run.changed_us)
        return;
    enum mando_status status =
        mando_transaction_begin(running->service, &write, &transaction, &ignored);
    if (!status)
        status = flow_record_put(transaction, &running->run, "failed", running->options->code,
                                 reason->message, service_now_us(running->service), &ignored);
    if (!status)
        (void)mando_transaction_commit(transaction, NULL, &ignored);
    mando_transaction_free(transaction);
}

static void name_run(struct mando_run *run, const char *flow)
{
    struct mando_calendar now = mando_zone_calendar(NULL, run->start_us);
    (void)snprintf(run->flow, sizeof run->flow, "%s", flow);
    (void)snprintf(run->id, sizeof run->id, "%.80s-%04d%02d%02dT%02d%02d%02d.%06dZ", flow,
                   (int)now.year, now.month, now.day, now.hour, now.minute, now.second,
                   now.microsecond);
}

enum mando_status flow_execute(struct flow_running *running, const char *name,
                               const struct mando_flow_options *options, struct mando_error *error)
{
    struct mando_error reason = {0};
    running->options = options;
    running->error = &reason;
    enum mando_status status = prepare(running, name);
    bool is_known = !status;
    if (!status)
        status = set_cut(running);
    if (!status)
        status = run_steps(running);
    if (status && is_known)
        record_failure(running, &reason);
    running->error = NULL;
    if (status && error)
        *error = reason;
    return status;
}

enum mando_status flow_start(struct flow_running *running, const char *name,
                             const struct mando_flow_options *options, struct mando_error *error)
{
    struct mando_run *run = &running->run;
    enum mando_status status = MANDO_OK;
    run->start_us = service_now_us(running->service);
    run->seed = options->seed;
    run->as_of.change_us = options->stored_until_us;
    name_run(run, name);
    if (!options->stored_until_us)
        status = mando_service_version(running->service, &run->as_of.change_us, error);
    return status ? status : flow_execute(running, name, options, error);
}

enum mando_status mando_flow_run(struct mando_service *service, const char *name,
                                 const struct mando_flow_options *options,
                                 struct mando_run *run_out, struct mando_error *error)
{
    static const struct mando_flow_options DEFAULTS = {0};
    struct flow_running *running MANDO_CLEANUP(flow_running_leave) = NULL;
    enum mando_status status = flow_running_new(service, &running, error);
    if (!status)
        status = flow_start(running, name, options ? options : &DEFAULTS, error);
    if (!status && run_out)
        *run_out = running->run;
    return status;
}

enum mando_status flow_replay(struct flow_running *running, const struct mando_run *recorded,
                              const struct mando_flow_options *options, struct mando_error *error)
{
    struct mando_flow_options again = options ? *options : (struct mando_flow_options){0};
    struct flow_recorded parameters;
    enum mando_status status = flow_parameters_recorded(recorded, &parameters, error);
    if (status)
        return status;
    running->run = *recorded;
    running->run.result[0] = '\0';
    memset(running->run.step_us, 0, sizeof running->run.step_us);
    again.parameters = parameters.items;
    again.parameter_count = parameters.count;
    again.as_of_us = recorded->as_of.knowledge_us;
    again.dry_run = 1;
    status = flow_execute(running, recorded->flow, &again, error);
    running->options = NULL;
    return status;
}

enum mando_status mando_flow_rerun(struct mando_service *service, const char *id,
                                   const struct mando_flow_options *options,
                                   struct mando_run *recorded_out, struct mando_run *run_out,
                                   struct mando_error *error)
{
    struct flow_running *running MANDO_CLEANUP(flow_running_leave) = NULL;
    struct mando_run recorded;
    enum mando_status status = flow_running_new(service, &running, error);
    if (!status)
        status = mando_run_find(service, id, &recorded, error);
    if (!status)
        status = flow_replay(running, &recorded, options, error);
    if (status)
        return status;
    *run_out = running->run;
    if (recorded_out)
        *recorded_out = recorded;
    return MANDO_OK;
}
