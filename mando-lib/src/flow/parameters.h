/* flow/parameters.h: what a run is given: the delivery day, and numbers. */
#ifndef MANDO_FLOW_PARAMETERS_H
#define MANDO_FLOW_PARAMETERS_H

#include "flow/document.h"
#include "mando/flow.h"

struct flow_given {
    int64_t from_us, to_us; /* the delivery day */
    double numbers[MANDO_STRATEGY_PARAMETERS_MAX];
};

/* Reads parameters; those that are not given have the flow's values. Also writes all of them as a JSON object.
 * MANDO_INVALID (flow.parameter, time.*). */
enum mando_status
flow_parameters_read(const struct flow *flow, const struct mando_flow_options *options,
                     const struct mando_zone *zone, int64_t now_us, struct flow_given *given_out,
                     char text_out[MANDO_RUN_PARAMETERS_SIZE], struct mando_error *error);

#define FLOW_GIVEN_MAX (MANDO_STRATEGY_PARAMETERS_MAX + 1)

/* Parameters as a record holds them. */
struct flow_recorded {
    size_t count;
    struct mando_flow_parameter items[FLOW_GIVEN_MAX];
    char names[FLOW_GIVEN_MAX][64], values[FLOW_GIVEN_MAX][40];
};

/* Reads back what flow_parameters_read wrote. MANDO_CORRUPT (db.corrupt). */
enum mando_status flow_parameters_recorded(const struct mando_run *run,
                                           struct flow_recorded *recorded_out,
                                           struct mando_error *error);

#endif
