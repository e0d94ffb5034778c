/* flow/result.h: what a run comes to, in one form: its hash, and how it is stored. */
#ifndef MANDO_FLOW_RESULT_H
#define MANDO_FLOW_RESULT_H

#include "flow/document.h"
#include "mando/flow.h"
#include "mando/ledger.h"

/* The SHA-256 of ids, rows and entries, as text, line by line; times at which a run ran are not in it.
 * MANDO_NO_MEMORY. */
enum mando_status flow_result_hash(const struct flow *flow,
                                   const struct mando_strategy_result *result,
                                   const struct mando_ledger *ledger,
                                   char hash_out[MANDO_RUN_RESULT_SIZE], struct mando_error *error);

/* Whether the data points of the outputs that are there are of the right kind; tells which are missing.
 * MANDO_CONFLICT (flow.output). */
enum mando_status flow_outputs_check(struct mando_service *service, const struct flow *flow,
                                     bool is_missing_out[MANDO_STRATEGY_OUTPUTS_MAX],
                                     struct mando_error *error);

/* Makes the data points that are missing, and stores all outputs. */
enum mando_status flow_outputs_put(struct mando_transaction *transaction, const struct flow *flow,
                                   const struct mando_strategy_result *result,
                                   const bool is_missing[MANDO_STRATEGY_OUTPUTS_MAX],
                                   struct mando_error *error);

#endif
