/* mando/ledger.h: what a schedule earns, booked twice.
 *
 * Amounts are integers of 1e-6 of a currency; above 0 is a debit. The entries of a transaction add up to
 * zero. Cash is what is paid; imputed is what only a calculation costs. */
#ifndef MANDO_LEDGER_H
#define MANDO_LEDGER_H

#include "mando/accounts.h"
#include "mando/arrow.h"
#include "mando/plan.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MANDO_CURRENCY_SIZE 4 /* of ISO 4217, with the NUL */

struct mando_ledger_entry {
    uint32_t transaction; /* entries of one stand beside each other; from 0 without a gap */
    int is_imputed;       /* else cash */
    const char *account;  /* one of the accounts that were given */
    int64_t amount_micro; /* 1e-6 of the currency */
    int64_t start_us, end_us;
};

struct mando_ledger {
    size_t count;
    const struct mando_ledger_entry *entries; /* in the order of their periods */
    void *owned;
};

/* Frees what was filled and clears the struct. A cleared struct and NULL are fine. */
MANDO_API void mando_ledger_release(struct mando_ledger *ledger);

/* Books the money of a plan, period by period: sale or purchase and fee against the market, ageing against
 * its provision. A sale at a negative price is a negative sale. Nothing is booked that is 0. The end value of the energy left is no money and is not booked.
 *
 * Each amount is rounded half to even. The amounts of an item (sales, purchases, fees, degradation) over the
 * periods of a delivery day of `zone` (NULL = UTC) add up to the rounded amount of the day: the last period of the day that has
 * the item takes the remainder. So a year drifts by no more than half a millionth a day and item.
 *
 * Fills *ledger_out, which borrows `accounts`; mando_ledger_release.
 * MANDO_LIMIT (ledger.amount: an amount of a period is above a billion of the currency; error->index is the period), MANDO_NO_MEMORY. */
MANDO_API enum mando_status
mando_ledger_book(const struct mando_accounts *accounts, const struct mando_battery *battery,
                  const struct mando_prices *prices, const struct mando_plan *plan,
                  const struct mando_zone *zone, struct mando_ledger *ledger_out,
                  struct mando_error *error);

/* The entries as records of the kind ledger_entry, for mando_transaction_records: transactions are named
 * RUN/NUMBER. The stream is the caller's, and owns all that it holds.
 * MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_ledger_stream(const struct mando_ledger *ledger, const char *run,
                                                const char *currency,
                                                struct ArrowArrayStream *stream_out,
                                                struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
