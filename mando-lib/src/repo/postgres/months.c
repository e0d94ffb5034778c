/* A partition for each month that has values. Whoever holds the write lock makes it, in its transaction;
 * readers are not kept waiting: a new table is attached, and only that one is locked. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/calendar.h"
#include "repo/postgres/postgres.h"

#define YEAR_FIRST 2000

struct month {
    int number; /* from 0 = January 2000 */
    int64_t from_us, to_us;
};

static int64_t start_of(int number)
{
    return mando_calendar_day(YEAR_FIRST + number / 12, number % 12 + 1, 1) * MANDO_DAY_US;
}

/* False where it has no partition of its own. */
static bool month_of(int64_t time_us, struct month *month_out)
{
    struct mando_calendar date = mando_calendar_of(time_us);
    int number = (date.year - YEAR_FIRST) * 12 + date.month - 1;
    if (number < 0 || number >= POSTGRES_MONTHS)
        return false;
    *month_out = (struct month){number, start_of(number), start_of(number + 1)};
    return true;
}

static bool is_known(const struct postgres_session *session, const struct month *month)
{
    return session->months[month->number / 64] >> (month->number % 64) & 1;
}

static void note(struct postgres_session *session, const struct month *month)
{
    session->months[month->number / 64] |= UINT64_C(1) << (month->number % 64);
    if (session->month_end_us == 0 || month->from_us < session->month_first_us)
        session->month_first_us = month->from_us;
    if (month->to_us > session->month_end_us)
        session->month_end_us = month->to_us;
}

/* Once in a transaction, for the first rows of a month that is not known. */
static enum mando_status read_months(struct postgres_session *session, struct mando_error *error)
{
    PGresult *result = NULL;
    struct month month;
    if (session->has_read_months)
        return MANDO_OK;
    enum mando_status status = postgres_run(session, STATEMENT_MONTHS, NULL, &result, error);
    for (int row = 0; !status && row < PQntuples(result); row++)
        if (month_of(postgres_get_time(result, row, 0), &month))
            note(session, &month);
    PQclear(result);
    session->has_read_months = !status;
    return status;
}

static void name_table(const struct month *month, char table_out[32])
{
    (void)snprintf(table_out, 32, "value_%04d_%02d", YEAR_FIRST + month->number / 12,
                   month->number % 12 + 1);
}

size_t postgres_month_run(const struct mando_version *versions, size_t count, char table_out[32])
{
    struct month month;
    if (!month_of(versions[0].start_us, &month))
        return 0;
    name_table(&month, table_out);
    size_t run = 1;
    while (run < count && versions[run].start_us < month.to_us)
        run++;
    return run;
}

static enum mando_status make(struct postgres_session *session, const struct month *month,
                              struct mando_error *error)
{
    char from[MANDO_TIME_TEXT_SIZE], to[MANDO_TIME_TEXT_SIZE], sql[512], table[32];
    mando_time_format(month->from_us, from);
    mando_time_format(month->to_us, to);
    name_table(month, table);
    (void)snprintf(sql, sizeof sql,
                   "CREATE TABLE %s (LIKE value INCLUDING ALL);"
                   "ALTER TABLE value ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s');"
                   "INSERT INTO value_month VALUES ('%s')",
                   table, table, from, to, from);
    enum mando_status status = postgres_execute(session, sql, error);
    if (status)
        return status;
    session->has_made_month = true;
    note(session, month);
    return MANDO_OK;
}

enum mando_status postgres_months_make(struct postgres_session *session,
                                       const struct mando_version *versions, size_t count,
                                       struct mando_error *error)
{
    struct month month = {.from_us = INT64_MAX, .to_us = INT64_MAX};
    enum mando_status status = MANDO_OK;
    /* One may have been detached meanwhile: what goes straight into it would vanish. */
    if (count >= POSTGRES_MONTH_ROWS_MIN && !session->has_read_months)
        memset(session->months, 0, sizeof session->months);
    for (size_t i = 0; i < count && !status; i++) {
        int64_t start_us = versions[i].start_us;
        if ((start_us >= month.from_us && start_us < month.to_us) || !month_of(start_us, &month)
            || is_known(session, &month))
            continue;
        status = read_months(session, error);
        if (!status && !is_known(session, &month))
            status = make(session, &month, error);
    }
    return status;
}
