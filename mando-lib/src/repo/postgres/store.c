/* Data points, configurations and transactions in PostgreSQL, as repo/store.h asks for them. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/calendar.h"
#include "repo/postgres/postgres.h"

#define CONFIG_COLUMNS                                                                             \
    "SELECT point, id, type, width, knowledge, change, unit, time_zone, aggregation,"              \
    " resolution_months, resolution_days, resolution_us, document"                                 \
    " FROM point JOIN configuration USING (point) WHERE "

/* $2 and $3 are a part of the range; what was read already is skipped by its place in the order. */
#define VERSIONS(column, comparison, more, order)                                                  \
    "SELECT valid_start, knowledge, change, valid_end, deleted, " column " FROM value"             \
    " WHERE point = $1 AND valid_start >= $2 AND valid_start < $3"                                 \
    " AND (valid_start, knowledge, change) " comparison " ($4, $5, $6)" more                       \
    " ORDER BY valid_start" order ", knowledge" order ", change" order " LIMIT $7"
#define VERSIONS_FORWARDS(column) VERSIONS(column, ">", "", "")
#define VERSIONS_BACKWARDS(column) VERSIONS(column, "<", "", " DESC")
#define VERSIONS_CHANGED(column) VERSIONS(column, ">", " AND change > $8 AND change <= $9", "")
#define VERSION_PUT(column)                                                                        \
    "INSERT INTO value (point, valid_start, knowledge, change, valid_end, deleted, " column ")"    \
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"

/* Stands behind every id that begins with what is before it: no id has this character. */
#define ABOVE_IDS "~"

/* The write lock is named by the table: it is the schema's own, and no other program's. */
static const char *const SQL[STATEMENTS] = {
    [STATEMENT_BEGIN] = "BEGIN ISOLATION LEVEL READ COMMITTED",
    [STATEMENT_LOCK] = "SELECT pg_advisory_xact_lock(1296125540, 'change'::regclass::oid::integer)",
    [STATEMENT_NEWEST] = "SELECT max(change), (SELECT min(month) FROM value_month),"
                         " (SELECT max(month) FROM value_month),"
                         " current_setting('transaction_read_only') = 'off'"
                         " AND has_table_privilege('change', 'INSERT') FROM change",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_CHANGE_PUT] = "INSERT INTO change VALUES ($1, $2, $3)",
    [STATEMENT_AUTHORS] =
        "SELECT change, author FROM change WHERE change = ANY($1) ORDER BY change",
    [STATEMENT_POINT_FIND] = "SELECT point, type, width FROM point WHERE id = $1",
    [STATEMENT_POINT_PUT] =
        "INSERT INTO point (id, type, width) VALUES ($1, $2, $3) RETURNING point",
    [STATEMENT_CONFIG] = CONFIG_COLUMNS "id = $1 ORDER BY knowledge DESC, change DESC",
    [STATEMENT_CONFIGS] =
        CONFIG_COLUMNS "id >= $1 AND id < $2 ORDER BY id, knowledge DESC, change DESC",
    [STATEMENT_CONFIG_PUT] =
        "INSERT INTO configuration VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    [STATEMENT_MONTHS] = "SELECT month FROM value_month",
    [STATEMENT_VERSIONS] = VERSIONS_FORWARDS("number"),
    [STATEMENT_VERSIONS + 1] = VERSIONS_FORWARDS("numbers"),
    [STATEMENT_VERSIONS + 2] = VERSIONS_FORWARDS("document"),
    [STATEMENT_VERSIONS_BACKWARDS] = VERSIONS_BACKWARDS("number"),
    [STATEMENT_VERSIONS_BACKWARDS + 1] = VERSIONS_BACKWARDS("numbers"),
    [STATEMENT_VERSIONS_BACKWARDS + 2] = VERSIONS_BACKWARDS("document"),
    [STATEMENT_VERSIONS_CHANGED] = VERSIONS_CHANGED("number"),
    [STATEMENT_VERSIONS_CHANGED + 1] = VERSIONS_CHANGED("numbers"),
    [STATEMENT_VERSIONS_CHANGED + 2] = VERSIONS_CHANGED("document"),
    [STATEMENT_VERSION_PUT] = VERSION_PUT("number"),
    [STATEMENT_VERSION_PUT + 1] = VERSION_PUT("numbers"),
    [STATEMENT_VERSION_PUT + 2] = VERSION_PUT("document"),
};

const char *postgres_sql(enum postgres_statement name)
{
    return SQL[name];
}

static struct postgres_session *session_of(struct mando_store *store)
{
    return (struct postgres_session *)store;
}

/* Null is 0: there was no change yet, or no month has rows. */
static int64_t get_time_or_0(const PGresult *result, int column)
{
    return PQgetisnull(result, 0, column) ? 0 : postgres_get_time(result, 0, column);
}

static int64_t month_after(int64_t month_us)
{
    struct mando_calendar date = mando_calendar_of(month_us);
    return mando_calendar_day(date.year + date.month / 12, date.month % 12 + 1, 1) * MANDO_DAY_US;
}

/* What the newest change is, and which months have partitions: rows in others are newer still. */
static enum mando_status read_newest(struct postgres_session *session, bool *may_write_out,
                                     struct mando_error *error)
{
    PGresult *result MANDO_CLEANUP(postgres_clear) = NULL;
    enum mando_status status = postgres_run(session, STATEMENT_NEWEST, NULL, &result, error);
    if (status)
        return status;
    session->newest_us = get_time_or_0(result, 0);
    session->month_first_us = get_time_or_0(result, 1);
    session->month_end_us = PQgetisnull(result, 0, 2) ? 0 : month_after(get_time_or_0(result, 2));
    *may_write_out = postgres_get_bool(result, 0, 3);
    return MANDO_OK;
}

static enum mando_status newest(struct mando_store *store, int64_t *change_us_out,
                                struct mando_error *error)
{
    struct postgres_session *session = session_of(store);
    bool may_write;
    enum mando_status status =
        session->has_newest ? MANDO_OK : read_newest(session, &may_write, error);
    session->has_newest = false;
    if (!status)
        *change_us_out = session->newest_us;
    return status;
}

static void cursors_end(struct mando_store *store)
{
    struct postgres_session *session = session_of(store);
    postgres_clear(&session->configs);
    postgres_versions_end(session);
    postgres_records_end(session);
}

static enum mando_status begin(struct postgres_session *session, struct mando_error *error)
{
    bool may_write = false;
    enum mando_status status = postgres_queue(session, STATEMENT_BEGIN, NULL, error);
    if (!status)
        status = postgres_queue(session, STATEMENT_LOCK, NULL, error);
    /* A statement of its own, so that it sees what was committed before the lock came. */
    if (!status)
        status = read_newest(session, &may_write, error);
    if (!status && !may_write)
        status = mando_fail_at(error, MANDO_E_DB_DENIED, postgres_name(session), 0, 0,
                               "the database %.160s may only be read", postgres_name(session));
    return status;
}

static enum mando_status lock(struct mando_store *store, struct mando_error *error)
{
    struct postgres_session *session = session_of(store);
    session->is_in_transaction = true;
    session->has_read_months = false;
    enum mando_status status = begin(session, error);
    if (status)
        postgres_store_rollback(store);
    session->has_newest = !status;
    return status;
}

static bool is_idle(const struct postgres_session *session)
{
    return PQtransactionStatus(session->connection) == PQTRANS_IDLE;
}

/* A cancellation may meet the first attempt. */
static void roll_back(struct postgres_session *session)
{
    session->is_rolling_back = true;
    for (int i = 0; i < 2 && !session->is_broken; i++) {
        (void)postgres_flush(session, NULL);
        if (is_idle(session))
            break;
        (void)postgres_run(session, STATEMENT_ROLLBACK, NULL, NULL, NULL);
    }
    session->is_rolling_back = false;
    if (!is_idle(session))
        session->is_broken = true;
}

void postgres_store_rollback(struct mando_store *store)
{
    struct postgres_session *session = session_of(store);
    cursors_end(store);
    postgres_authors_end(session); /* their change may be gone */
    if (!session->is_in_transaction)
        return;
    roll_back(session);
    session->is_in_transaction = false;
    if (session->has_made_month) /* it is gone with the transaction */
        memset(session->months, 0, sizeof session->months);
    session->has_made_month = false;
}

/* Where the connection went while the server committed, it may have done so. */
static enum mando_status fail_commit(const struct postgres_session *session,
                                     enum mando_status status, struct mando_error *error)
{
    const char *name = postgres_name(session);
    if (!session->is_broken)
        return status;
    return mando_fail_at(error, MANDO_E_DB_IO, name, 0, 0,
                         "the connection to %.90s was lost while a transaction was committed: "
                         "whether it is stored is not known, and storing it again does no harm",
                         name);
}

static enum mando_status commit(struct mando_store *store, struct mando_error *error)
{
    struct postgres_session *session = session_of(store);
    PGresult *result MANDO_CLEANUP(postgres_clear) = NULL;
    cursors_end(store);
    enum mando_status status = postgres_run(session, STATEMENT_COMMIT, NULL, &result, error);
    if (!status && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        status = postgres_fail_damaged(session, "it rolled back what it should commit", error);
    if (status) {
        status = fail_commit(session, status, error);
        postgres_store_rollback(store);
        return status;
    }
    session->is_in_transaction = session->has_made_month = false;
    return MANDO_OK;
}

static enum mando_status change_put(struct mando_store *store, int64_t change_us,
                                    const char *author, const char *reason,
                                    struct mando_error *error)
{
    struct postgres_parameters parameters = {.count = 0};
    postgres_add_time(&parameters, change_us);
    postgres_add_text(&parameters, author);
    postgres_add_text(&parameters, reason);
    return postgres_queue(session_of(store), STATEMENT_CHANGE_PUT, &parameters, error);
}

static enum mando_status fail_point(const struct postgres_session *session,
                                    struct mando_error *error)
{
    return postgres_fail_damaged(session, "a data point has a configuration that is none", error);
}

static bool read_type(const PGresult *result, int row, int column, enum mando_point_type *type_out,
                      uint32_t *width_out)
{
    int64_t type = postgres_get_int(result, row, column);
    int64_t width = postgres_get_int(result, row, column + 1);
    *type_out = (enum mando_point_type)type;
    *width_out = (uint32_t)width;
    return type >= MANDO_SERIES && type <= MANDO_DOCUMENT && width > 0;
}

static enum mando_status point_find(struct mando_store *store, const char *id,
                                    struct mando_store_point *point_out, struct mando_error *error)
{
    struct postgres_session *session = session_of(store);
    PGresult *result MANDO_CLEANUP(postgres_clear) = NULL;
    struct postgres_parameters parameters = {.count = 0};
    postgres_add_text(&parameters, id);
    enum mando_status status =
        postgres_run(session, STATEMENT_POINT_FIND, &parameters, &result, error);
    if (status)
        return status;
    *point_out = (struct mando_store_point){0};
    if (PQntuples(result) == 0)
        return MANDO_OK;
    if (!read_type(result, 0, 1, &point_out->type, &point_out->width))
        return fail_point(session, error);
    point_out->key = postgres_get_int(result, 0, 0);
    return MANDO_OK;
}

static enum mando_status point_put(struct mando_store *store, const struct mando_point *point,
                                   int64_t *key_out, struct mando_error *error)
{
    PGresult *result MANDO_CLEANUP(postgres_clear) = NULL;
    struct postgres_parameters parameters = {.count = 0};
    postgres_add_text(&parameters, point->id);
    postgres_add_int4(&parameters, (int32_t)point->type);
    postgres_add_int4(&parameters, (int32_t)point->width);
    enum mando_status status =
        postgres_run(session_of(store), STATEMENT_POINT_PUT, &parameters, &result, error);
    if (!status)
        *key_out = postgres_get_int(result, 0, 0);
    return status;
}

static enum mando_status configs_seek(struct mando_store *store, const char *id, const char *prefix,
                                      struct mando_error *error)
{
    struct postgres_session *session = session_of(store);
    struct postgres_parameters parameters = {.count = 0};
    char end_of_range[MANDO_POINT_ID_SIZE + 1];
    postgres_clear(&session->configs);
    session->config_row = 0;
    postgres_add_text(&parameters, id ? id : prefix);
    if (!id) {
        (void)snprintf(end_of_range, sizeof end_of_range, "%s" ABOVE_IDS, prefix);
        postgres_add_text(&parameters, end_of_range);
    }
    return postgres_run(session, id ? STATEMENT_CONFIG : STATEMENT_CONFIGS, &parameters,
                        &session->configs, error);
}

/* False where it is longer than any that was stored. */
static bool copy_text(char *out, size_t size, const PGresult *result, int row, int column)
{
    (void)snprintf(out, size, "%s", PQgetvalue(result, row, column));
    return (size_t)PQgetlength(result, row, column) < size;
}

static bool read_resolution(const PGresult *result, int row, int column,
                            struct mando_duration *resolution_out)
{
    int64_t months = postgres_get_int(result, row, column);
    int64_t days = postgres_get_int(result, row, column + 1);
    *resolution_out = (struct mando_duration){.months = (int32_t)months,
                                              .days = (int32_t)days,
                                              .time_us = postgres_get_int(result, row, column + 2)};
    return months >= 0 && days >= 0 && resolution_out->time_us >= 0;
}

static bool read_point(const PGresult *result, int row, struct mando_point *point)
{
    int64_t aggregation = postgres_get_int(result, row, 8);
    point->aggregation = (enum mando_aggregation)aggregation;
    point->document = PQgetisnull(result, row, 12) ? NULL : PQgetvalue(result, row, 12);
    return aggregation >= 0 && aggregation <= MANDO_LAST
           && copy_text(point->id, sizeof point->id, result, row, 1)
           && read_type(result, row, 2, &point->type, &point->width)
           && copy_text(point->unit, sizeof point->unit, result, row, 6)
           && copy_text(point->time_zone, sizeof point->time_zone, result, row, 7)
           && read_resolution(result, row, 9, &point->resolution);
}

static enum mando_status configs_next(struct mando_store *store, struct mando_config *config_out,
                                      struct mando_error *error)
{
    struct postgres_session *session = session_of(store);
    const PGresult *result = session->configs;
    *config_out = (struct mando_config){0};
    if (!result || session->config_row == PQntuples(result))
        return MANDO_OK;
    int row = session->config_row++;
    config_out->knowledge_us = postgres_get_time(result, row, 4);
    config_out->change_us = postgres_get_time(result, row, 5);
    if (!read_point(result, row, &config_out->point))
        return fail_point(session, error);
    config_out->key = postgres_get_int(result, row, 0);
    return MANDO_OK;
}

static enum mando_status config_put(struct mando_store *store, const struct mando_config *config,
                                    struct mando_error *error)
{
    const struct mando_point *point = &config->point;
    struct postgres_parameters parameters = {.count = 0};
    cursors_end(store);
    postgres_add_int(&parameters, config->key);
    postgres_add_time(&parameters, config->knowledge_us);
    postgres_add_time(&parameters, config->change_us);
    postgres_add_text(&parameters, point->unit);
    postgres_add_text(&parameters, point->time_zone);
    postgres_add_int4(&parameters, (int32_t)point->aggregation);
    postgres_add_int4(&parameters, point->resolution.months);
    postgres_add_int4(&parameters, point->resolution.days);
    postgres_add_int(&parameters, point->resolution.time_us);
    postgres_add_text(&parameters, point->document);
    return postgres_queue(session_of(store), STATEMENT_CONFIG_PUT, &parameters, error);
}

const struct mando_store_ops postgres_store_ops = {
    .newest = newest,
    .lock = lock,
    .commit = commit,
    .rollback = postgres_store_rollback,
    .cursors_end = cursors_end,
    .change_put = change_put,
    .author = postgres_author,
    .point_find = point_find,
    .point_put = point_put,
    .configs_seek = configs_seek,
    .configs_next = configs_next,
    .config_put = config_put,
    .versions_seek = postgres_versions_seek,
    .versions_changed_seek = postgres_versions_changed_seek,
    .versions_next = postgres_versions_next,
    .versions_put = postgres_versions_put,
    .record_put = postgres_record_put,
    .records_seek = postgres_records_seek,
    .records_next = postgres_records_next,
};
