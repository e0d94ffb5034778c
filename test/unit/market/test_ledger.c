#include "mando/ledger.h"

#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "mando/records.h"
#include "random.h"

#define DAYS 9
#define PERIODS (24 * DAYS)

static double prices[PERIODS];

static struct mando_battery battery(void)
{
    struct mando_battery battery;
    mando_battery_init(&battery);
    battery.power_charge_mw = battery.power_discharge_mw = 10;
    battery.soc_max_mwh = 20;
    battery.soc_start_mwh = 0;
    battery.efficiency_charge = battery.efficiency_discharge = 0.95;
    battery.fee_eur_per_mwh = 0.09;
    battery.degradation_eur_per_mwh = 4;
    return battery;
}

/* A plan of some days at random prices with three decimals, some below zero, and its books. */
struct booked {
    struct mando_battery battery;
    struct mando_prices prices;
    struct mando_plan *plan;
    struct mando_accounts accounts;
    struct mando_ledger ledger;
    struct mando_zone *zone;
};

static void book(struct booked *booked, uint64_t seed, size_t periods)
{
    struct random random = {seed};
    struct mando_error error = {0};
    for (size_t t = 0; t < periods; t++)
        prices[t] = floor(random_between(&random, -60000, 150000)) / 1000;
    *booked = (struct booked){.battery = battery(),
                              .prices = {.count = periods,
                                         .start_us = INT64_C(1743202800000000), /* 2025-03-29 CET */
                                         .step_us = MANDO_HOUR_US,
                                         .buy_eur_per_mwh = prices,
                                         .sell_eur_per_mwh = prices}};
    CHECK_EQ(mando_zone_open("Europe/Berlin", NULL, &booked->zone, NULL), MANDO_OK);
    mando_accounts_init(&booked->accounts);
    CHECK_EQ(mando_accounts_check(&booked->accounts, &error), MANDO_OK);
    CHECK_EQ(mando_plan_make(&booked->battery, &booked->prices, NULL, &booked->plan, &error),
             MANDO_OK);
    CHECK_EQ(mando_ledger_book(&booked->accounts, &booked->battery, &booked->prices, booked->plan,
                               booked->zone, &booked->ledger, &error),
             MANDO_OK);
}

static void release(struct booked *booked)
{
    mando_ledger_release(&booked->ledger);
    mando_plan_free(booked->plan);
    mando_zone_free(booked->zone);
}

/* What all entries of an account add up to, of those with from_us <= start < to_us. */
static int64_t balance(const struct mando_ledger *ledger, const char *account, int64_t from_us,
                       int64_t to_us)
{
    int64_t micro = 0;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct mando_ledger_entry *entry = &ledger->entries[i];
        if (strcmp(entry->account, account) == 0 && entry->start_us >= from_us
            && entry->start_us < to_us)
            micro += entry->amount_micro;
    }
    return micro;
}

TEST(entries_of_each_transaction_add_up_to_zero)
{
    struct booked booked;
    book(&booked, 1, PERIODS);
    const struct mando_ledger *ledger = &booked.ledger;
    CHECK(ledger->count > 100);
    for (size_t i = 0; i < ledger->count; i += 2) {
        const struct mando_ledger_entry *first = &ledger->entries[i], *second = first + 1;
        CHECK_EQ(first->transaction, i / 2);
        CHECK_EQ(second->transaction, i / 2);
        CHECK_EQ(first->amount_micro, -second->amount_micro);
        CHECK_EQ(first->start_us, second->start_us);
        CHECK_EQ(first->end_us, first->start_us + MANDO_HOUR_US);
        CHECK_EQ(first->is_imputed, second->is_imputed);
    }
    release(&booked);
}

TEST(a_day_is_booked_to_the_millionth_of_what_it_earns)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct booked booked;
        book(&booked, seed, PERIODS);
        size_t t = 0;
        for (int32_t day = 0; t < PERIODS; day++) {
            int64_t from_us = mando_zone_day_start_us(booked.zone, booked.prices.start_us, day);
            int64_t to_us = mando_zone_day_start_us(booked.zone, booked.prices.start_us, day + 1);
            size_t count = (size_t)((to_us - from_us) / MANDO_HOUR_US);
            count = count < PERIODS - t ? count : PERIODS - t;
            struct mando_plan_totals totals =
                mando_plan_sum(booked.plan, &booked.battery, &booked.prices, t, count);
            CHECK_EQ(balance(&booked.ledger, booked.accounts.fees, from_us, to_us),
                     (int64_t)rint(totals.fee_eur * 1e6));
            CHECK_EQ(balance(&booked.ledger, booked.accounts.degradation, from_us, to_us),
                     (int64_t)rint(totals.degradation_eur * 1e6));
            CHECK_NEAR((double)balance(&booked.ledger, booked.accounts.market, from_us, to_us)
                           / 1e6,
                       totals.revenue_eur - totals.fee_eur, 1.6e-6);
            t += count;
        }
        CHECK_NEAR(
            -1e-6
                * (double)(balance(&booked.ledger, booked.accounts.sales, 0, INT64_MAX)
                           + balance(&booked.ledger, booked.accounts.purchases, 0, INT64_MAX)
                           + balance(&booked.ledger, booked.accounts.fees, 0, INT64_MAX)
                           + balance(&booked.ledger, booked.accounts.degradation, 0, INT64_MAX)),
            booked.plan->totals.objective_eur, 2e-6 * DAYS);
        release(&booked);
    }
}

TEST(each_period_is_booked_but_for_the_remainder_in_the_last)
{
    struct booked booked;
    book(&booked, 7, 24);
    const struct mando_ledger *ledger = &booked.ledger;
    size_t last = 0;
    for (size_t i = 0; i < ledger->count; i++)
        if (strcmp(ledger->entries[i].account, booked.accounts.fees) == 0)
            last = i;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct mando_ledger_entry *entry = &ledger->entries[i];
        size_t t = (size_t)((entry->start_us - booked.prices.start_us) / MANDO_HOUR_US);
        double fee_eur = fabs(booked.plan->power_mw[t]) * 0.09;
        if (strcmp(entry->account, booked.accounts.fees) == 0 && i != last)
            CHECK_EQ(entry->amount_micro, (int64_t)rint(fee_eur * 1e6));
    }
    release(&booked);
}

TEST(what_sells_at_a_negative_price_is_a_negative_sale)
{
    struct booked booked;
    struct mando_error error = {0};
    struct mando_ledger ledger = {0};
    book(&booked, 3, 4);
    double power[4] = {1, -1, 0, 0}, price[4] = {-10, -20, 5, 5}, soc[4] = {0};
    struct mando_plan plan = *booked.plan;
    struct mando_prices four = booked.prices;
    plan.power_mw = power;
    plan.soc_mwh = soc;
    four.buy_eur_per_mwh = four.sell_eur_per_mwh = price;
    CHECK_EQ(
        mando_ledger_book(&booked.accounts, &booked.battery, &four, &plan, NULL, &ledger, &error),
        MANDO_OK);
    CHECK_EQ(balance(&ledger, booked.accounts.sales, 0, INT64_MAX), 10000000);
    CHECK_EQ(balance(&ledger, booked.accounts.purchases, 0, INT64_MAX), -20000000);
    CHECK_EQ(balance(&ledger, booked.accounts.fees, 0, INT64_MAX), 180000);
    CHECK_EQ(balance(&ledger, booked.accounts.market, 0, INT64_MAX), 9820000);
    CHECK_EQ(balance(&ledger, booked.accounts.wear, 0, INT64_MAX), -4000000);
    price[0] = 2e9;
    mando_ledger_release(&ledger);
    CHECK_EQ(
        mando_ledger_book(&booked.accounts, &booked.battery, &four, &plan, NULL, &ledger, &error),
        MANDO_LIMIT);
    CHECK_TEXT(error.code, "ledger.amount");
    CHECK_EQ(error.index, 0);
    CHECK_EQ(ledger.count, 0);
    release(&booked);
}

TEST(accounts_that_are_the_same_or_no_ids_are_refused)
{
    struct mando_accounts accounts;
    struct mando_error error = {0};
    mando_accounts_init(&accounts);
    strcpy(accounts.fees, accounts.sales);
    CHECK_EQ(mando_accounts_check(&accounts, &error), MANDO_INVALID);
    CHECK_TEXT(error.where, "/fees");
    mando_accounts_init(&accounts);
    strcpy(accounts.wear, "no account");
    CHECK_EQ(mando_accounts_check(&accounts, &error), MANDO_INVALID);
    CHECK_TEXT(error.where, "/wear");
}

TEST(entries_become_records)
{
    struct booked booked;
    struct mando_error error = {0};
    struct mando_records records = {0};
    struct mando_record_cell cells[8];
    int is_there = 1;
    size_t count = 0;
    book(&booked, 5, 24);
    CHECK_EQ(mando_ledger_stream(&booked.ledger, "run-1", "EUR", &records.stream, &error),
             MANDO_OK);
    while (!mando_records_next(&records, 8, cells, &is_there, &error) && is_there) {
        CHECK_EQ(cells[2].integer, booked.ledger.entries[count].amount_micro);
        CHECK_EQ(cells[5].integer, booked.ledger.entries[count].start_us);
        CHECK(cells[7].length == 5 && memcmp(cells[7].text, "run-1", 5) == 0);
        if (count == 2)
            CHECK(cells[0].length == 7 && memcmp(cells[0].text, "run-1/1", 7) == 0);
        count++;
    }
    CHECK_EQ(count, booked.ledger.count);
    mando_records_release(&records);
    release(&booked);
}
