/* All changes of a schema, and what was stored with each: one cursor, so that it is one moment. */
#include <assert.h>

#include "base/alloc.h"
#include "repo/postgres/postgres.h"

#define SQL_LENGTH_MAX 8192
#define DECLARE "DECLARE changes NO SCROLL CURSOR FOR "

/* What a row of the cursor tells. */
enum { A_CHANGE, A_VERSION, A_CONFIGURATION, A_RECORD };

static void write_part(struct mando_text *sql, int what, const char *table)
{
    mando_text_append_format(sql,
                             " UNION ALL SELECT %d, change, NULL, NULL, count(*) FROM \"%s\""
                             " GROUP BY change",
                             what, table);
}

static void write_changes(struct mando_text *sql)
{
    mando_text_append_format(sql,
                             DECLARE "SELECT %d, change, author, reason, 0::bigint FROM change"
                                     " WHERE change > $1 AND change <= $2 ORDER BY change",
                             A_CHANGE);
}

static void write_all(struct mando_text *sql)
{
    const struct mando_record_kind *kind;
    mando_text_append_format(sql,
                             DECLARE "SELECT * FROM"
                                     " (SELECT %d, change, author, reason, 0::bigint FROM change",
                             A_CHANGE);
    write_part(sql, A_VERSION, "value");
    write_part(sql, A_CONFIGURATION, "configuration");
    for (size_t i = 0; (kind = mando_record_kind_at(i)); i++)
        write_part(sql, A_RECORD, kind->name);
    mando_text_append_format(sql, ") AS parts (what, change) ORDER BY what, change");
}

static enum mando_status tell_row(const PGresult *rows, int row, mando_change_take *take,
                                  void *context)
{
    int64_t what = postgres_get_int(rows, row, 0);
    uint64_t count = (uint64_t)postgres_get_int(rows, row, 4);
    struct mando_change change = {.change_us = postgres_get_time(rows, row, 1),
                                  .versions = what == A_VERSION ? count : 0,
                                  .configurations = what == A_CONFIGURATION ? count : 0,
                                  .records = what == A_RECORD ? count : 0};
    if (what == A_CHANGE) {
        change.author = PQgetvalue(rows, row, 2);
        change.reason = PQgetvalue(rows, row, 3);
    }
    return take(context, &change);
}

static enum mando_status tell_rows(struct postgres_session *session, mando_change_take *take,
                                   void *context, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    for (bool is_there = true; is_there && !status;) {
        PGresult *rows MANDO_CLEANUP(postgres_clear) = NULL;
        status = postgres_run_sql(session, "FETCH 4096 FROM changes", NULL, &rows, error);
        int count = status ? 0 : PQntuples(rows);
        is_there = count > 0;
        for (int row = 0; row < count && !status; row++)
            status = tell_row(rows, row, take, context);
    }
    return status;
}

/* Here tables are read whole. */
static enum mando_status declare(struct postgres_session *session,
                                 const struct mando_change_range *range, struct mando_error *error)
{
    struct mando_text sql MANDO_CLEANUP(mando_text_release);
    struct postgres_parameters parameters = {.count = 0};
    mando_text_init(&sql, SQL_LENGTH_MAX);
    if (range) {
        write_changes(&sql);
        postgres_add_time(&parameters, range->after_us);
        postgres_add_time(&parameters, range->until_us);
    } else
        write_all(&sql);
    if (sql.status)
        return mando_store_no_memory(error, "changes");
    enum mando_status status =
        postgres_queue_sql(session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, error);
    if (!status)
        status = postgres_queue_sql(session, "SET LOCAL enable_seqscan = on", NULL, error);
    return status ? status : postgres_run_sql(session, sql.bytes, &parameters, NULL, error);
}

enum mando_status postgres_changes_scan(struct mando_session *session,
                                        const struct mando_change_range *range,
                                        mando_change_take *take, void *context,
                                        struct mando_error *error)
{
    struct postgres_session *own = (struct postgres_session *)session;
    assert(!own->is_in_transaction);
    own->is_in_transaction = true;
    enum mando_status status = declare(own, range, error);
    if (!status)
        status = tell_rows(own, take, context, error);
    postgres_store_rollback(&own->store);
    return status;
}
