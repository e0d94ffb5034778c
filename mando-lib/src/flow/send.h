/* flow/send.h: what leaves when all is stored. */
#ifndef MANDO_FLOW_SEND_H
#define MANDO_FLOW_SEND_H

#include "flow/document.h"
#include "mando/flow.h"

/* Writes each output that is to be sent into its file, whole or not at all. MANDO_IO, MANDO_DENIED, MANDO_NOT_FOUND (io.*). */
enum mando_status flow_send(const struct flow *flow, const struct mando_strategy_result *result,
                            const struct mando_run *run, const struct mando_zone *zone,
                            struct mando_error *error);

#endif
