/* mando/flow.h: a desk's daily work as a document: inputs as they were known, a plan, checks, results stored
 * whole, money booked, and the same bytes when it is repeated.
 *
 * A flow is a StaticData document under the id Flow/<name>, whose fields schema/flow.def names. One run is for
 * one delivery day. Engine v1 is one straight line of steps: retrieve, validate, strategy, gate, insert, send.
 * What a run stores - series, documents, ledger, the record of the run - is one transaction. */
#ifndef MANDO_FLOW_H
#define MANDO_FLOW_H

#include "mando/plan.h"
#include "mando/service.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MANDO_RUN_ID_SIZE 128
#define MANDO_RUN_RESULT_SIZE 65 /* 64 hexadecimal digits and a NUL */
#define MANDO_RUN_PARAMETERS_SIZE 1024

enum mando_flow_step {
    MANDO_STEP_RETRIEVE,
    MANDO_STEP_VALIDATE,
    MANDO_STEP_STRATEGY,
    MANDO_STEP_GATE,
    MANDO_STEP_INSERT,
    MANDO_STEP_SEND,
    MANDO_STEPS
};

/* "retrieve", "validate", ...; NULL for a number that is no step. */
MANDO_API const char *mando_flow_step_name(enum mando_flow_step step);

/* A value that a run is given: `day`, the delivery day (YYYY-MM-DD, D, D+1; default D+1), or a parameter of the flow. */
struct mando_flow_parameter {
    const char *name, *value;
};

/* Zeroed is the default. Borrowed until the call returns. */
struct mando_flow_options {
    const struct mando_flow_parameter *parameters;
    size_t parameter_count;
    int64_t
        as_of_us; /* what was known then; 0 = at the gate of the flow, or now where that is later */
    int64_t stored_until_us; /* what was stored then; 0 = all that is stored */
    uint64_t seed;
    int dry_run;      /* nothing is stored or sent */
    const char *code; /* the commit of the program, for the record; NULL = none */
    int64_t
        deadline_us; /* a step that would begin later does not; 0 = none. MANDO_TIMEOUT (flow.deadline) */
    /* Called before each step; a result other than 0 cancels: nothing is stored. */
    int (*progress)(void *context, enum mando_flow_step step);
    void *progress_context;
};

/* A run, as it was or as its record tells. */
struct mando_run {
    char id[MANDO_RUN_ID_SIZE], flow[MANDO_POINT_ID_SIZE];
    int64_t from_us, to_us; /* the delivery day */
    struct mando_as_of as_of;
    char parameters[MANDO_RUN_PARAMETERS_SIZE]; /* a JSON object, defaults included */
    uint64_t seed;
    char result[MANDO_RUN_RESULT_SIZE]; /* SHA-256 of what it stores */
    int64_t start_us;
    int64_t step_us[MANDO_STEPS]; /* how long each step took; 0 = not come to */
    int64_t changed_us;           /* of its transaction; 0 = nothing was stored */
    struct mando_plan_totals totals;
};

/* Checks a flow document: its fields, and that the strategy knows its inputs, parameters and outputs.
 * `where` names it in errors, NULL: they have a JSON pointer. MANDO_INVALID (json.*, field.*, point.id,
 * flow.engine, flow.strategy), MANDO_NOT_FOUND (zone.unknown), MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_flow_check(const char *text, size_t length, const char *where,
                                             const char *zone_folder, struct mando_error *error);

/* Runs Flow/<name> for a delivery day. Data points that an output names and that are not there are made.
 * A run that fails stores nothing but its record, with the state failed.
 * MANDO_NOT_FOUND (flow.unknown, point.unknown, flow.input: an input has no values), MANDO_INVALID (flow.*, field.*,
 * time.*, prices.*, values.*), MANDO_INFEASIBLE (optimize.*, gate.*), MANDO_CANCELLED (cancelled), MANDO_TIMEOUT (flow.deadline), and what a
 * write answers. */
MANDO_API enum mando_status mando_flow_run(struct mando_service *service, const char *name,
                                           const struct mando_flow_options *options,
                                           struct mando_run *run_out, struct mando_error *error);

/* Runs a run again as it was: the same document, inputs by both cuts, parameters and seed. Stores and sends
 * nothing. run_out->result is then to be compared with that of the record, which *recorded_out, if not NULL, tells.
 * MANDO_NOT_FOUND (run.unknown), and as mando_flow_run. */
MANDO_API enum mando_status mando_flow_rerun(struct mando_service *service, const char *run,
                                             const struct mando_flow_options *options,
                                             struct mando_run *recorded_out,
                                             struct mando_run *run_out, struct mando_error *error);

/* The record of a run that was done. MANDO_NOT_FOUND (run.unknown). */
MANDO_API enum mando_status mando_run_find(struct mando_service *service, const char *id,
                                           struct mando_run *run_out, struct mando_error *error);

/* Why the battery does what it does in a period. Energies are at the cells. */
struct mando_flow_explanation {
    int64_t start_us, end_us;
    double price_eur_per_mwh, power_mw, profit_eur;
    double soc_before_mwh, soc_after_mwh;
    double water_value_eur_per_mwh; /* at the end of the period; NaN at a fixed end */
    /* What one MWh more at the cells would cost to charge, and what one less would earn when it is discharged; fees, losses and ageing
     * included. */
    double charge_eur_per_mwh, discharge_eur_per_mwh;
    int is_at_power_limit, is_full,
        is_empty; /* what binds: the power of the period, the energy at its end */
};

/* Replays a run and tells of the period that holds at_us.
 * MANDO_NOT_FOUND (run.unknown), MANDO_INVALID (time.range: the run has no such period, or planned nothing), and as
 * mando_flow_run. */
MANDO_API enum mando_status mando_flow_explain(struct mando_service *service, const char *run,
                                               int64_t at_us,
                                               struct mando_flow_explanation *explanation_out,
                                               struct mando_error *error);

/* One value in which two runs differ; NaN where one of them has none. */
struct mando_flow_difference {
    const char *kind, *name; /* "input" or "output", by the strategy's names */
    int64_t start_us;
    double before, after;
    const char *text_before, *text_after; /* of documents, else NULL */
};

/* Replays two runs and tells `take` each value in which they differ, inputs first, by name and start.
 * *count_out is how many there are. MANDO_NOT_FOUND (run.unknown), MANDO_INVALID (flow.strategy: the runs are of different strategies),
 * and as mando_flow_run. */
MANDO_API enum mando_status
mando_flow_diff(struct mando_service *service, const char *before, const char *after,
                void (*take)(void *context, const struct mando_flow_difference *difference),
                void *context, size_t *count_out, struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
