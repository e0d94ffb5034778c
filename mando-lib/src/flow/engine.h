/* flow/engine.h: a run while it runs, and what is left of it. */
#ifndef MANDO_FLOW_ENGINE_H
#define MANDO_FLOW_ENGINE_H

#include "base/arena.h"
#include "flow/document.h"
#include "flow/parameters.h"
#include "mando/flow.h"
#include "mando/ledger.h"

struct flow_running {
    struct mando_service *service;
    const struct mando_flow_options *options;
    struct mando_run run;
    struct flow flow;
    struct flow_given given;
    struct mando_zone *zone;
    struct mando_arena arena;
    struct mando_strategy_data inputs[MANDO_STRATEGY_INPUTS_MAX];
    bool is_missing[MANDO_STRATEGY_OUTPUTS_MAX];
    struct mando_strategy_result result;
    struct mando_ledger ledger;
    struct mando_error *error;
};

/* A run that nothing was done of yet. MANDO_NO_MEMORY. */
enum mando_status flow_running_new(struct mando_service *service, struct flow_running **running_out,
                                   struct mando_error *error);
void flow_running_free(struct flow_running *running);   /* NULL is fine */
void flow_running_leave(struct flow_running **running); /* for MANDO_CLEANUP */

/* Runs a flow under the cuts of running->run; a knowledge time of 0 is the gate's. Inputs, result and ledger stay until
 * it is freed. */
enum mando_status flow_execute(struct flow_running *running, const char *name,
                               const struct mando_flow_options *options, struct mando_error *error);

/* Runs a flow now, under the cuts that the options name. */
enum mando_status flow_start(struct flow_running *running, const char *name,
                             const struct mando_flow_options *options, struct mando_error *error);

/* Runs a recorded run again; stores and sends nothing. */
enum mando_status flow_replay(struct flow_running *running, const struct mando_run *recorded,
                              const struct mando_flow_options *options, struct mando_error *error);

#endif
