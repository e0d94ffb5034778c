/* flow/record.h: records of runs. */
#ifndef MANDO_FLOW_RECORD_H
#define MANDO_FLOW_RECORD_H

#include "mando/flow.h"
#include "mando/spi/repository.h"

/* Appends a record of a run in the transaction: "done", or "failed" with a message. `code` may be NULL. */
enum mando_status flow_record_put(struct mando_transaction *transaction,
                                  const struct mando_run *run, const char *state, const char *code,
                                  const char *message, int64_t end_us, struct mando_error *error);

/* The last record of a flow's run for a day that is done, as the session sees it; *run_out->id is "" where there
 * is none. */
enum mando_status flow_record_last(struct mando_session *session, const char *flow, int64_t from_us,
                                   struct mando_run *run_out, struct mando_error *error);

/* Appends the opposite of all that a run booked, as entries of that run in transactions named after the one
 * that takes its place. */
enum mando_status flow_ledger_reverse(struct mando_transaction *transaction, const char *run,
                                      const char *by_run, struct mando_error *error);

#endif
