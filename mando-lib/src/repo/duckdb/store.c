/* Transactions, data points and configurations in DuckDB, as repo/store.h asks for them. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "repo/duckdb/session.h"

#define CONFIG_VALUES                                                                              \
    " knowledge, change, unit, time_zone, aggregation, resolution_months, resolution_days,"        \
    " resolution_us, document FROM "
#define CONFIG_OF_ONE                                                                              \
    "SELECT point, ?::VARCHAR, ?::BIGINT, ?::BIGINT," CONFIG_VALUES "configuration WHERE point = " \
    "? AND change <= ?"
#define CONFIG_TYPES "isiittssiiiis"
#define RANGE " WHERE point = ? AND valid_start >= ? AND valid_start < ? AND change <= ?"
#define VERSIONS(table, value)                                                                     \
    "SELECT valid_start, knowledge, change, valid_end, " value ", deleted FROM " table RANGE
#define FORWARDS " ORDER BY valid_start, knowledge, change"
#define BACKWARDS " ORDER BY valid_start DESC, knowledge DESC, change DESC"

/* Columns of a configuration. */
enum {
    CONFIG_POINT,
    CONFIG_ID,
    CONFIG_TYPE,
    CONFIG_WIDTH,
    CONFIG_KNOWLEDGE,
    CONFIG_CHANGE,
    CONFIG_UNIT,
    CONFIG_TIME_ZONE,
    CONFIG_AGGREGATION,
    CONFIG_MONTHS,
    CONFIG_DAYS,
    CONFIG_US,
    CONFIG_DOCUMENT
};

/* Of the versions of each type, as repo/duckdb/session.h says. */
#define VERSIONS_OF(type, table, value)                                                            \
    [DUCK_VERSIONS + (type)-1] = VERSIONS(table, value),                                           \
                     [DUCK_VERSIONS_FORWARDS + (type)-1] = VERSIONS(table, value) FORWARDS,        \
                     [DUCK_VERSIONS_BACKWARDS + (type)-1] = VERSIONS(table, value) BACKWARDS,      \
                     [DUCK_PLACES + (type)-1] =                                                    \
                         "SELECT valid_start, knowledge, change FROM " table RANGE,                \
                     [DUCK_LAST_START + (type)-1] = "SELECT max(valid_start) FROM " table RANGE

static const char *const SQL[DUCK_STATEMENTS] = {
    [DUCK_CHANGE_PUT] = "INSERT INTO change VALUES (?, ?, ?)",
    [DUCK_POINT_FIND] = "SELECT point, type, width FROM point WHERE id = ?",
    [DUCK_POINT_PUT] = "INSERT INTO point VALUES (?, ?, ?, ?)",
    [DUCK_CONFIG] = CONFIG_OF_ONE,
    [DUCK_CONFIG_SORTED] = CONFIG_OF_ONE " ORDER BY knowledge DESC, change DESC",
    [DUCK_CONFIGS] = "SELECT point, id, type, width," CONFIG_VALUES
                     "point JOIN configuration USING (point) WHERE starts_with(id, ?)"
                     " AND change <= ?"
                     " ORDER BY id, knowledge DESC, change DESC",
    [DUCK_CONFIG_PUT] = "INSERT INTO configuration VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    VERSIONS_OF(MANDO_SERIES, "series_value", "value"),
    VERSIONS_OF(MANDO_MATRIX, "matrix_value", "value::DOUBLE[]"),
    VERSIONS_OF(MANDO_DOCUMENT, "document_value", "value"),
    [DUCK_COLUMNS_PUT] = "INSERT INTO series_value SELECT * FROM mando_columns()",
};

struct duck_call duck_call(struct duck_session *session, enum duck_statement name,
                           struct mando_error *error)
{
    struct duck_call call = {.session = session, .error = error};
    duckdb_prepared_statement *statement = &session->statements[name];
    duck_cursors_end(&session->store);
    if (!*statement)
        call.status = duck_prepare(session, session->connection, SQL[name], statement, error);
    call.statement = *statement;
    return call;
}

static enum mando_status newest(struct mando_store *store, int64_t *change_us_out,
                                struct mando_error *error)
{
    struct duck_owner *owner = duck_session_of(store)->owner;
    (void)error;
    (void)pthread_mutex_lock(&owner->mutex);
    *change_us_out = owner->newest_us;
    (void)pthread_mutex_unlock(&owner->mutex);
    return MANDO_OK;
}

static enum mando_status lock(struct mando_store *store, struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    enum mando_status status =
        mando_write_lock_take(&session->owner->write_lock, store, session->owner->path, error);
    if (status)
        return status;
    status = duck_query(session, "BEGIN TRANSACTION", error);
    if (status)
        mando_write_lock_give(&session->owner->write_lock);
    return status;
}

/* What appenders still hold goes into the transaction before it ends, and not into one of its own. */
static void close_appenders(struct duck_session *session)
{
    for (size_t i = 0; i < DUCK_TYPES; i++)
        duck_appender_close(session, &session->values[i]);
    duck_appender_close(session, &session->records);
}

static void rollback(struct mando_store *store)
{
    struct duck_session *session = duck_session_of(store);
    duck_cursors_end(store);
    close_appenders(session);
    (void)duck_query(session, "ROLLBACK", NULL);
    memset(session->points, 0, sizeof session->points); /* some may never have been there */
    mando_write_lock_give(&session->owner->write_lock);
}

static enum mando_status flush(struct duck_session *session, struct mando_error *error)
{
    enum mando_status status = duck_appender_flush(session, &session->records, error);
    for (size_t i = 0; i < DUCK_TYPES && !status; i++)
        status = duck_appender_flush(session, &session->values[i], error);
    return status;
}

/* Reads show nothing newer than newest_us; that of changes, which may, waits for `committing`. */
static enum mando_status commit_and_tell(struct duck_session *session, struct mando_error *error)
{
    struct duck_owner *owner = session->owner;
    (void)pthread_mutex_lock(&owner->committing);
    enum mando_status status = duck_query(session, "COMMIT", error);
    if (!status) {
        (void)pthread_mutex_lock(&owner->mutex);
        owner->newest_us = session->store.transaction.change_us;
        (void)pthread_mutex_unlock(&owner->mutex);
    }
    (void)pthread_mutex_unlock(&owner->committing);
    return status;
}

static enum mando_status commit(struct mando_store *store, struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    struct duck_owner *owner = session->owner;
    enum mando_status status = flush(session, error);
    if (!status) {
        close_appenders(session);
        status = commit_and_tell(session, error);
    }
    if (status) {
        rollback(store);
        return status;
    }
    duck_owner_checkpoint(owner, session->connection);
    mando_write_lock_give(&owner->write_lock);
    return MANDO_OK;
}

static enum mando_status change_put(struct mando_store *store, int64_t change_us,
                                    const char *author, const char *reason,
                                    struct mando_error *error)
{
    struct duck_call call = duck_call(duck_session_of(store), DUCK_CHANGE_PUT, error);
    duck_bind_time(&call, change_us);
    duck_bind_text(&call, author);
    duck_bind_text(&call, reason);
    return duck_execute(&call);
}

static enum mando_status author(struct mando_store *store, int64_t change_us,
                                const char **author_out, struct mando_error *error)
{
    const struct mando_store_transaction *transaction = &store->transaction;
    if (!transaction->is_open || change_us != transaction->change_us)
        return duck_author(duck_session_of(store), change_us, author_out, error);
    *author_out = transaction->author;
    return MANDO_OK;
}

/* Where a data point is kept that was found. */
static struct duck_point *slot_of(struct duck_session *session, const char *id)
{
    size_t hash = 5381;
    for (const char *at = id; *at; at++)
        hash = hash * 33 + (unsigned char)*at;
    return &session->points[hash % DUCK_POINTS];
}

static bool is_type(int64_t type, int64_t width)
{
    return type >= MANDO_SERIES && type <= MANDO_DOCUMENT && width >= 1
           && width <= (type == MANDO_MATRIX ? MANDO_POINT_WIDTH_MAX : 1);
}

static enum mando_status fail_point(struct duck_session *session, struct mando_error *error)
{
    return duck_fail_damaged(session, "a row of its catalog is no data point", error);
}

static enum mando_status read_point(struct duck_session *session, const char *id,
                                    struct mando_store_point *point_out, struct mando_error *error)
{
    bool is_there = false;
    struct duck_cursor *row = &session->cursor;
    struct duck_call call = duck_call(session, DUCK_POINT_FIND, error);
    duck_bind_text(&call, id);
    enum mando_status status = duck_cursor_open(&call, "iii", DUCK_CONFIGURATIONS, row);
    if (!status)
        status = duck_cursor_next(session, row, &is_there, error);
    *point_out = (struct mando_store_point){0};
    if (status || !is_there)
        return status;
    int64_t type = duck_int(row, 1), width = duck_int(row, 2);
    if (is_type(type, width))
        *point_out = (struct mando_store_point){
            .key = duck_int(row, 0), .type = (enum mando_point_type)type, .width = (uint32_t)width};
    else
        status = fail_point(session, error);
    duck_cursors_end(&session->store);
    return status;
}

static enum mando_status point_find(struct mando_store *store, const char *id,
                                    struct mando_store_point *point_out, struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    struct duck_point *slot = slot_of(session, id);
    if (slot->point.key && strcmp(slot->id, id) == 0) {
        *point_out = slot->point;
        return MANDO_OK;
    }
    enum mando_status status = read_point(session, id, point_out, error);
    if (!status && point_out->key && strlen(id) < sizeof slot->id) {
        (void)snprintf(slot->id, sizeof slot->id, "%s", id);
        slot->point = *point_out;
    }
    return status;
}

static enum mando_status point_put(struct mando_store *store, const struct mando_point *point,
                                   int64_t *key_out, struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    struct duck_owner *owner = session->owner;
    (void)pthread_mutex_lock(&owner->mutex);
    int64_t key = ++owner->key_last;
    (void)pthread_mutex_unlock(&owner->mutex);
    struct duck_call call = duck_call(session, DUCK_POINT_PUT, error);
    duck_bind_int(&call, key);
    duck_bind_text(&call, point->id);
    duck_bind_int(&call, point->type);
    duck_bind_int(&call, point->width);
    enum mando_status status = duck_execute(&call);
    if (!status)
        *key_out = key;
    return status;
}

/* What is newer may be committed already, but nobody was told. */
static void bind_newest(struct duck_call *call)
{
    int64_t newest_us = 0;
    if (!call->status)
        call->status = mando_store_newest(&call->session->store, &newest_us, call->error);
    duck_bind_time(call, newest_us);
}

static enum mando_status open_config(struct duck_session *session, enum duck_statement statement,
                                     const char *id, const struct mando_store_point *point,
                                     struct mando_error *error)
{
    struct duck_call call = duck_call(session, statement, error);
    duck_bind_text(&call, id);
    duck_bind_int(&call, point->type);
    duck_bind_int(&call, point->width);
    duck_bind_int(&call, point->key);
    bind_newest(&call);
    return duck_cursor_open(&call, CONFIG_TYPES, DUCK_CONFIGURATIONS, &session->cursor);
}

static enum mando_status seek_config(struct duck_session *session, const char *id,
                                     struct mando_error *error)
{
    static const size_t PLACE[3] = {CONFIG_KNOWLEDGE, CONFIG_CHANGE, CONFIG_CHANGE};
    struct mando_store_point point;
    bool is_ordered = false;
    duck_cursors_end(&session->store);
    enum mando_status status = point_find(&session->store, id, &point, error);
    if (status || point.key == 0)
        return status;
    status = open_config(session, DUCK_CONFIG, id, &point, error);
    if (!status)
        status = duck_cursor_order(session, &session->cursor, PLACE, true, &is_ordered, error);
    return status || is_ordered ? status
                                : open_config(session, DUCK_CONFIG_SORTED, id, &point, error);
}

static enum mando_status configs_seek(struct mando_store *store, const char *id, const char *prefix,
                                      struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    if (id)
        return seek_config(session, id, error);
    struct duck_call call = duck_call(session, DUCK_CONFIGS, error);
    duck_bind_text(&call, prefix);
    bind_newest(&call);
    return duck_cursor_open(&call, CONFIG_TYPES, DUCK_CONFIGURATIONS, &session->cursor);
}

/* False where it is longer than any that was stored. */
static bool copy_text(char *out, size_t size, const struct duck_cursor *row, size_t column)
{
    size_t length;
    const char *text = duck_text(row, column, &length);
    if (length >= size)
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

static bool read_resolution(const struct duck_cursor *row, struct mando_duration *resolution_out)
{
    int64_t months = duck_int(row, CONFIG_MONTHS), days = duck_int(row, CONFIG_DAYS);
    int64_t time_us = duck_int(row, CONFIG_US);
    if (months < 0 || months > INT32_MAX || days < 0 || days > INT32_MAX || time_us < 0)
        return false;
    *resolution_out = (struct mando_duration){
        .months = (int32_t)months, .days = (int32_t)days, .time_us = time_us};
    return true;
}

static bool read_config(const struct duck_cursor *row, struct mando_config *config)
{
    struct mando_point *point = &config->point;
    int64_t type = duck_int(row, CONFIG_TYPE), width = duck_int(row, CONFIG_WIDTH);
    int64_t aggregation = duck_int(row, CONFIG_AGGREGATION);
    config->knowledge_us = duck_int(row, CONFIG_KNOWLEDGE);
    config->change_us = duck_int(row, CONFIG_CHANGE);
    if (!is_type(type, width) || aggregation < 0 || aggregation > MANDO_LAST)
        return false;
    point->type = (enum mando_point_type)type;
    point->width = (uint32_t)width;
    point->aggregation = (enum mando_aggregation)aggregation;
    return copy_text(point->id, sizeof point->id, row, CONFIG_ID)
           && copy_text(point->unit, sizeof point->unit, row, CONFIG_UNIT)
           && copy_text(point->time_zone, sizeof point->time_zone, row, CONFIG_TIME_ZONE)
           && read_resolution(row, &point->resolution);
}

/* The text is closed by a NUL, which DuckDB's is not. */
static enum mando_status keep_document(struct duck_session *session, struct mando_config *config,
                                       struct mando_error *error)
{
    struct mando_text *document = &session->document;
    size_t length;
    if (duck_is_null(&session->cursor, CONFIG_DOCUMENT))
        return MANDO_OK;
    const char *text = duck_text(&session->cursor, CONFIG_DOCUMENT, &length);
    document->length = 0;
    mando_text_append(document, text, length);
    if (document->status) {
        mando_text_release(document); /* the mark of the failure goes with it */
        return mando_store_no_memory(error, "a configuration");
    }
    config->point.document = document->bytes;
    return MANDO_OK;
}

static enum mando_status configs_next(struct mando_store *store, struct mando_config *config_out,
                                      struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    bool is_there = false;
    *config_out = (struct mando_config){0};
    if (session->cursor.kind != DUCK_CONFIGURATIONS)
        return MANDO_OK;
    enum mando_status status = duck_cursor_next(session, &session->cursor, &is_there, error);
    if (status || !is_there)
        return status;
    if (!read_config(&session->cursor, config_out))
        return fail_point(session, error);
    status = keep_document(session, config_out, error);
    if (!status)
        config_out->key = duck_int(&session->cursor, CONFIG_POINT);
    return status;
}

static enum mando_status config_put(struct mando_store *store, const struct mando_config *config,
                                    struct mando_error *error)
{
    const struct mando_point *point = &config->point;
    struct duck_call call = duck_call(duck_session_of(store), DUCK_CONFIG_PUT, error);
    duck_bind_int(&call, config->key);
    duck_bind_time(&call, config->knowledge_us);
    duck_bind_time(&call, config->change_us);
    duck_bind_text(&call, point->unit);
    duck_bind_text(&call, point->time_zone);
    duck_bind_int(&call, point->aggregation);
    duck_bind_int(&call, point->resolution.months);
    duck_bind_int(&call, point->resolution.days);
    duck_bind_int(&call, point->resolution.time_us);
    duck_bind_text(&call, point->document);
    return duck_execute(&call);
}

const struct mando_store_ops duck_store_ops = {
    .newest = newest,
    .lock = lock,
    .commit = commit,
    .rollback = rollback,
    .cursors_end = duck_cursors_end,
    .change_put = change_put,
    .author = author,
    .point_find = point_find,
    .point_put = point_put,
    .configs_seek = configs_seek,
    .configs_next = configs_next,
    .config_put = config_put,
    .versions_seek = duck_versions_seek,
    .versions_next = duck_versions_next,
    .versions_put = duck_versions_put,
    .columns_put = duck_columns_put,
    .record_put = duck_record_put,
    .records_seek = duck_records_seek,
    .records_next = duck_records_next,
};
