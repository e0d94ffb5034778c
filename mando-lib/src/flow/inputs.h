/* flow/inputs.h: what a strategy gets, read under both cuts. */
#ifndef MANDO_FLOW_INPUTS_H
#define MANDO_FLOW_INPUTS_H

#include "base/arena.h"
#include "flow/document.h"
#include "mando/service.h"

/* When and of which state of the database a run reads. */
struct flow_cuts {
    int64_t day_us; /* the start of the delivery day: D */
    struct mando_as_of as_of;
    int64_t now_us; /* documents are those in force then */
    const struct mando_zone *zone;
};

/* Reads one document as it is in force at now_us, among what was stored by change_us; the text lies in the arena.
 * MANDO_NOT_FOUND (point.unknown, flow.input: it has none), MANDO_INVALID (values.type), MANDO_NO_MEMORY. */
enum mando_status flow_document_read(struct mando_service *service, const char *id, int64_t now_us,
                                     int64_t change_us, struct mando_arena *arena,
                                     const char **text_out, struct mando_error *error);

/* Reads a series; what *data_out points to lies in the arena, and is_there tells whether there is any. */
enum mando_status flow_series_read(struct mando_service *service, const struct flow_input *input,
                                   const struct mando_strategy_input *kind,
                                   const struct flow_cuts *cuts, struct mando_arena *arena,
                                   struct mando_strategy_data *data_out, struct mando_error *error);

/* Fills context->inputs; what they point to lies in the arena. A cut that an input names holds where it is earlier than the
 * run's. MANDO_NOT_FOUND (point.unknown, flow.input), MANDO_INVALID (values.type, time.*), MANDO_NO_MEMORY. */
enum mando_status flow_inputs_read(struct mando_service *service, const struct flow *flow,
                                   const struct flow_cuts *cuts, struct mando_arena *arena,
                                   struct mando_strategy_data inputs_out[MANDO_STRATEGY_INPUTS_MAX],
                                   struct mando_error *error);

#endif
