#include "mando/ledger.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "base/vector.h"
#include "schema/ledger_columns.h"
#include "schema/record.h"

#define MICRO 1e6

/* Thousands of periods of such amounts add up without an overflow. */
#define AMOUNT_EUR_MAX 1e9

/* What a period may owe or be owed for. */
enum item { ITEM_SALE, ITEM_PURCHASE, ITEM_FEE, ITEM_DEGRADATION, ITEM_COUNT };

/* Euros that an item earns in a period; a cost is below 0. */
struct earned {
    double eur[ITEM_COUNT];
};

/* An item while a day is booked. */
struct day_item {
    double eur;    /* so far */
    int64_t micro; /* booked so far */
    bool is_booked;
    size_t last; /* place of its last transaction among the entries */
};

struct booking {
    const struct mando_accounts *accounts;
    const struct mando_battery *battery;
    const struct mando_prices *prices;
    const struct mando_plan *plan;
    struct mando_vector entries;
    uint32_t transactions;
    struct mando_error *error;
};

/* The account of an item, and the one that answers for it. */
static void accounts_of(const struct mando_accounts *accounts, enum item item, const char **own,
                        const char **other)
{
    const char *const own_accounts[ITEM_COUNT] = {[ITEM_SALE] = accounts->sales,
                                                  [ITEM_PURCHASE] = accounts->purchases,
                                                  [ITEM_FEE] = accounts->fees,
                                                  [ITEM_DEGRADATION] = accounts->degradation};
    *own = own_accounts[item];
    *other = item == ITEM_DEGRADATION ? accounts->wear : accounts->market;
}

static struct earned earned_in(const struct booking *booking, size_t t)
{
    const struct mando_plan *plan = booking->plan;
    struct mando_plan_totals totals = mando_plan_sum(plan, booking->battery, booking->prices, t, 1);
    double power_mw = plan->grid_mw ? plan->grid_mw[t] : plan->power_mw[t];
    return (struct earned){{[ITEM_SALE] = power_mw > 0 ? totals.revenue_eur : 0,
                            [ITEM_PURCHASE] = power_mw < 0 ? totals.revenue_eur : 0,
                            [ITEM_FEE] = -totals.fee_eur,
                            [ITEM_DEGRADATION] = -totals.degradation_eur}};
}

static enum mando_status push(struct booking *booking, const struct mando_ledger_entry *entry)
{
    if (!mando_vector_push(&booking->entries, entry))
        return MANDO_OK;
    return mando_fail(booking->error, MANDO_E_MEMORY, -1, "there is no memory for a ledger");
}

/* Books one transaction: what is earned is a credit of the item and a debit of the other account. */
static enum mando_status book(struct booking *booking, enum item item, size_t t, int64_t micro)
{
    const struct mando_plan *plan = booking->plan;
    struct mando_ledger_entry entry = {.transaction = booking->transactions++,
                                       .is_imputed = item == ITEM_DEGRADATION,
                                       .start_us = plan->start_us + (int64_t)t * plan->step_us};
    const char *own, *other;
    accounts_of(booking->accounts, item, &own, &other);
    entry.end_us = entry.start_us + plan->step_us;
    entry.account = other;
    entry.amount_micro = micro;
    enum mando_status status = push(booking, &entry);
    entry.account = own;
    entry.amount_micro = -micro;
    return status ? status : push(booking, &entry);
}

static enum mando_status book_item(struct booking *booking, enum item item, size_t t, double eur,
                                   struct day_item *day)
{
    if (eur == 0)
        return MANDO_OK;
    day->eur += eur;
    if (!(fabs(eur) <= AMOUNT_EUR_MAX))
        return mando_fail(booking->error, MANDO_E_LEDGER_AMOUNT, (int64_t)t,
                          "an amount of %.6g EUR in one period is more than can be booked, %.0f",
                          eur, AMOUNT_EUR_MAX);
    int64_t micro = (int64_t)rint(eur * MICRO);
    day->micro += micro;
    day->is_booked = true;
    day->last = booking->entries.count;
    return book(booking, item, t, micro);
}

/* What the periods of a day do not add up to belongs to the last one. */
static void settle_day(struct booking *booking, struct day_item *days)
{
    struct mando_ledger_entry *entries = booking->entries.items;
    for (size_t item = 0; item < ITEM_COUNT; item++) {
        struct day_item *day = &days[item];
        int64_t remainder = (int64_t)rint(day->eur * MICRO) - day->micro;
        if (day->is_booked) {
            entries[day->last].amount_micro += remainder;
            entries[day->last + 1].amount_micro -= remainder;
        }
        *day = (struct day_item){0};
    }
}

static enum mando_status book_all(struct booking *booking, const struct mando_zone *zone)
{
    const struct mando_plan *plan = booking->plan;
    struct day_item days[ITEM_COUNT] = {{0}};
    enum mando_status status = MANDO_OK;
    int64_t day_end_us = INT64_MIN;
    for (size_t t = 0; t < plan->periods && !status; t++) {
        int64_t start_us = plan->start_us + (int64_t)t * plan->step_us;
        if (start_us >= day_end_us) {
            settle_day(booking, days);
            day_end_us = mando_zone_day_start_us(zone, start_us, 1);
        }
        struct earned earned = earned_in(booking, t);
        for (enum item item = 0; item < ITEM_COUNT && !status; item++)
            status = book_item(booking, item, t, earned.eur[item], &days[item]);
    }
    if (!status)
        settle_day(booking, days);
    return status;
}

enum mando_status mando_ledger_book(const struct mando_accounts *accounts,
                                    const struct mando_battery *battery,
                                    const struct mando_prices *prices,
                                    const struct mando_plan *plan, const struct mando_zone *zone,
                                    struct mando_ledger *ledger_out, struct mando_error *error)
{
    struct booking booking = {accounts, battery, prices, plan, .error = error};
    mando_vector_init(&booking.entries, sizeof(struct mando_ledger_entry), SIZE_MAX);
    enum mando_status status = book_all(&booking, zone);
    if (status) {
        mando_vector_release(&booking.entries);
        return status;
    }
    *ledger_out = (struct mando_ledger){.count = booking.entries.count,
                                        .entries = booking.entries.items,
                                        .owned = booking.entries.items};
    return MANDO_OK;
}

void mando_ledger_release(struct mando_ledger *ledger)
{
    if (!ledger)
        return;
    mando_free(ledger->owned);
    *ledger = (struct mando_ledger){0};
}

static void push_entry(struct mando_arrow_builder *builder, const struct mando_ledger_entry *entry,
                       const char *run, const char *currency)
{
    char transaction[256];
    int length =
        snprintf(transaction, sizeof transaction, "%.200s/%" PRIu32, run, entry->transaction);
    mando_arrow_push_text(builder, LEDGER_transaction, transaction, (size_t)length);
    mando_arrow_push_text(builder, LEDGER_account, entry->account, strlen(entry->account));
    mando_arrow_push_int(builder, LEDGER_amount, entry->amount_micro);
    mando_arrow_push_text(builder, LEDGER_currency, currency, strlen(currency));
    const char *kind = entry->is_imputed ? "imputed" : "cash";
    mando_arrow_push_text(builder, LEDGER_kind, kind, strlen(kind));
    mando_arrow_push_int(builder, LEDGER_start, entry->start_us);
    mando_arrow_push_int(builder, LEDGER_end, entry->end_us);
    mando_arrow_push_text(builder, LEDGER_run, run, strlen(run));
}

enum mando_status mando_ledger_stream(const struct mando_ledger *ledger, const char *run,
                                      const char *currency, struct ArrowArrayStream *stream_out,
                                      struct mando_error *error)
{
    struct mando_arrow_builder builder MANDO_CLEANUP(mando_arrow_builder_release) = {0};
    struct mando_arrow_field fields[MANDO_RECORD_COLUMNS_MAX];
    size_t count = mando_record_fields(mando_record_kind_find("ledger_entry"), fields);
    if (mando_arrow_builder_init(&builder, fields, count))
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory for a ledger");
    for (size_t i = 0; i < ledger->count; i++)
        push_entry(&builder, &ledger->entries[i], run, currency);
    return mando_arrow_stream_of(fields, &builder, stream_out, error);
}
