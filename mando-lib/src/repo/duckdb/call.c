/* Statements, cursors and appenders: DuckDB's calls with our errors. */
#include <string.h>

#include "repo/duckdb/session.h"

enum mando_status duck_session_fail(struct duck_session *session, duckdb_error_type type,
                                    const char *message, struct mando_error *error)
{
    if (session->store.transaction.is_open)
        session->store.transaction.has_failed = true;
    if (duck_is_fatal(type))
        duck_owner_break(session->owner);
    enum mando_status status = mando_store_check(&session->store, error);
    return status ? status : duck_fail(session->owner->path, type, message, error);
}

enum mando_status duck_fail_damaged(struct duck_session *session, const char *what,
                                    struct mando_error *error)
{
    const char *path = session->owner->path;
    return mando_fail_at(error, MANDO_E_DB_CORRUPT, path, 0, 0, "%.120s is damaged: %.100s", path,
                         what);
}

static enum mando_status fail_result(struct duck_session *session, duckdb_result *result,
                                     struct mando_error *error)
{
    const struct duck_library *duck = session->duck;
    return duck_session_fail(session, duck->result_error_type(result), duck->result_error(result),
                             error);
}

enum mando_status duck_query(struct duck_session *session, const char *sql,
                             struct mando_error *error)
{
    duckdb_result result;
    enum mando_status status = MANDO_OK;
    duck_cursors_end(&session->store);
    if (session->duck->query(session->connection, sql, &result) != DuckDBSuccess)
        status = fail_result(session, &result, error);
    session->duck->destroy_result(&result);
    return status;
}

enum mando_status duck_prepare(struct duck_session *session, duckdb_connection connection,
                               const char *sql, duckdb_prepared_statement *statement_out,
                               struct mando_error *error)
{
    const struct duck_library *duck = session->duck;
    if (duck->prepare(connection, sql, statement_out) == DuckDBSuccess)
        return MANDO_OK;
    enum mando_status status = duck_session_fail(session, DUCKDB_ERROR_CATALOG,
                                                 duck->prepare_error(*statement_out), error);
    duck->destroy_prepare(statement_out);
    *statement_out = NULL;
    return status;
}

static void bound(struct duck_call *call, duckdb_state state)
{
    if (state != DuckDBSuccess)
        call->status = mando_store_no_memory(call->error, "a statement");
}

void duck_bind_int(struct duck_call *call, int64_t value)
{
    if (!call->status)
        bound(call, call->session->duck->bind_int64(call->statement, ++call->place, value));
}

void duck_bind_time(struct duck_call *call, int64_t time_us)
{
    if (!call->status)
        bound(call, call->session->duck->bind_timestamp(call->statement, ++call->place,
                                                        (duckdb_timestamp){time_us}));
}

void duck_bind_text(struct duck_call *call, const char *text)
{
    const struct duck_library *duck = call->session->duck;
    if (call->status)
        return;
    uint64_t place = ++call->place;
    bound(call, text ? duck->bind_varchar_length(call->statement, place, text, strlen(text))
                     : duck->bind_null(call->statement, place));
}

enum mando_status duck_execute(struct duck_call *call)
{
    const struct duck_library *duck = call->session->duck;
    duckdb_result result;
    if (call->status)
        return call->status;
    if (duck->execute_prepared(call->statement, &result) != DuckDBSuccess)
        call->status = fail_result(call->session, &result, call->error);
    duck->destroy_result(&result);
    return call->status;
}

static duckdb_type type_of(char letter)
{
    switch (letter) {
    case 'i':
        return DUCKDB_TYPE_BIGINT;
    case 't':
        return DUCKDB_TYPE_TIMESTAMP;
    case 's':
        return DUCKDB_TYPE_VARCHAR;
    case 'd':
        return DUCKDB_TYPE_DOUBLE;
    case 'l':
        return DUCKDB_TYPE_LIST;
    default:
        return DUCKDB_TYPE_BOOLEAN;
    }
}

/* What is read without a look at its type must be of it. */
static bool has_types(const struct duck_library *duck, duckdb_result *result, const char *types)
{
    size_t count = strlen(types);
    bool has_types = duck->column_count(result) == count && count <= DUCK_COLUMNS_MAX;
    for (size_t i = 0; i < count && has_types; i++)
        has_types = duck->column_type(result, i) == type_of(types[i]);
    return has_types;
}

enum mando_status duck_cursor_open(struct duck_call *call, const char *types,
                                   enum duck_cursor_kind kind, struct duck_cursor *cursor)
{
    struct duck_session *session = call->session;
    const struct duck_library *duck = session->duck;
    if (call->status)
        return call->status;
    cursor->kind = kind;
    cursor->chunk = NULL;
    cursor->row = cursor->row_count = cursor->at = 0;
    cursor->column_count = strlen(types);
    cursor->is_ordered = false;
    if (duck->execute_prepared_streaming(call->statement, &cursor->result) != DuckDBSuccess)
        call->status = fail_result(session, &cursor->result, call->error);
    else if (!has_types(duck, &cursor->result, types))
        call->status = duck_fail_damaged(session, "a column has another type", call->error);
    if (call->status)
        duck_cursor_close(session, cursor);
    return call->status;
}

void duck_cursor_close(struct duck_session *session, struct duck_cursor *cursor)
{
    if (cursor->kind == DUCK_NO_CURSOR)
        return;
    if (cursor->chunk)
        session->duck->destroy_data_chunk(&cursor->chunk);
    session->duck->destroy_result(&cursor->result);
    cursor->kind = DUCK_NO_CURSOR;
}

void duck_cursors_end(struct mando_store *store)
{
    struct duck_session *session = duck_session_of(store);
    duck_cursor_close(session, &session->cursor);
}

static void look_at_chunk(const struct duck_library *duck, struct duck_cursor *cursor)
{
    cursor->row = 0;
    cursor->row_count = duck->data_chunk_get_size(cursor->chunk);
    for (size_t i = 0; i < cursor->column_count; i++) {
        cursor->columns[i] = duck->data_chunk_get_vector(cursor->chunk, i);
        cursor->data[i] = duck->vector_get_data(cursor->columns[i]);
        cursor->validity[i] = duck->vector_get_validity(cursor->columns[i]);
    }
}

/* The next chunk that has rows; none at the end. */
static enum mando_status fetch(struct duck_session *session, struct duck_cursor *cursor,
                               struct mando_error *error)
{
    const struct duck_library *duck = session->duck;
    do {
        if (cursor->chunk)
            duck->destroy_data_chunk(&cursor->chunk);
        enum mando_status status = mando_store_check(&session->store, error);
        if (status)
            return status;
        cursor->row_count = 0;
        cursor->chunk = duck->fetch_chunk(cursor->result);
        if (!cursor->chunk)
            return duck->result_error(&cursor->result)
                       ? fail_result(session, &cursor->result, error)
                       : MANDO_OK;
        look_at_chunk(duck, cursor);
    } while (cursor->row_count == 0);
    return MANDO_OK;
}

/* By three columns, as memcmp. */
static int compare_rows(const struct duck_cursor *cursor, const size_t columns[3], size_t a,
                        size_t b)
{
    int order = 0;
    for (size_t i = 0; i < 3 && order == 0; i++) {
        const int64_t *numbers = cursor->data[columns[i]];
        order = (numbers[a] > numbers[b]) - (numbers[a] < numbers[b]);
    }
    return order;
}

/* Mostly they are in order already, or near. */
static void order_chunk(struct duck_cursor *cursor, const size_t columns[3], bool backwards)
{
    size_t count = cursor->row_count;
    for (size_t row = 0; row < count; row++) {
        size_t place = row;
        for (; place > 0 && compare_rows(cursor, columns, cursor->order[place - 1], row) > 0;
             place--)
            cursor->order[place] = cursor->order[place - 1];
        cursor->order[place] = (uint16_t)row;
    }
    for (size_t i = 0; backwards && i < count / 2; i++) {
        uint16_t swapped = cursor->order[i];
        cursor->order[i] = cursor->order[count - 1 - i];
        cursor->order[count - 1 - i] = swapped;
    }
}

enum mando_status duck_cursor_order(struct duck_session *session, struct duck_cursor *cursor,
                                    const size_t columns[3], bool backwards, bool *is_ordered_out,
                                    struct mando_error *error)
{
    enum mando_status status = fetch(session, cursor, error);
    duckdb_data_chunk first = cursor->chunk;
    *is_ordered_out = false;
    if (!status && first) {
        cursor->chunk = NULL;
        status = fetch(session, cursor, error);
    }
    if (!status && !cursor->chunk) {
        cursor->chunk = first;
        if (first)
            look_at_chunk(session->duck, cursor);
        order_chunk(cursor, columns, backwards);
        *is_ordered_out = cursor->is_ordered = true;
        return MANDO_OK;
    }
    if (first && first != cursor->chunk)
        session->duck->destroy_data_chunk(&first);
    duck_cursor_close(session, cursor);
    return status;
}

/* Goes to the next row of an ordered chunk; false behind the last. */
static bool step(struct duck_cursor *cursor)
{
    if (cursor->at == cursor->row_count)
        return false;
    cursor->row = cursor->order[cursor->at++];
    return true;
}

enum mando_status duck_cursor_next(struct duck_session *session, struct duck_cursor *cursor,
                                   bool *is_there_out, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    *is_there_out = false;
    if (cursor->kind == DUCK_NO_CURSOR)
        return MANDO_OK;
    if (cursor->is_ordered)
        *is_there_out = step(cursor);
    else {
        if (++cursor->row >= cursor->row_count)
            status = fetch(session, cursor, error);
        *is_there_out = !status && cursor->row_count > 0;
    }
    if (!*is_there_out)
        duck_cursor_close(session, cursor);
    return status;
}

enum mando_status duck_appender_fail(struct duck_session *session,
                                     const struct duck_appender *appender,
                                     struct mando_error *error)
{
    const struct duck_library *duck = session->duck;
    duckdb_error_data data = duck->appender_error_data(appender->appender);
    enum mando_status status = duck_session_fail(session, duck->error_data_error_type(data),
                                                 duck->error_data_message(data), error);
    duck->destroy_error_data(&data);
    return status;
}

/* DuckDB would cast in silence. */
static bool appender_has_types(const struct duck_library *duck, duckdb_appender appender,
                               const char *types)
{
    size_t count = strlen(types);
    bool has_types = duck->appender_column_count(appender) == count;
    for (size_t i = 0; i < count && has_types; i++) {
        duckdb_logical_type type = duck->appender_column_type(appender, i);
        has_types = duck->get_type_id(type) == type_of(types[i]);
        duck->destroy_logical_type(&type);
    }
    return has_types;
}

enum mando_status duck_appender_open(struct duck_session *session, struct duck_appender *appender,
                                     const char *table, const char *types,
                                     struct mando_error *error)
{
    const struct duck_library *duck = session->duck;
    enum mando_status status = MANDO_OK;
    if (appender->appender && strcmp(appender->table, table) == 0)
        return MANDO_OK;
    duck_appender_close(session, appender);
    appender->table = table;
    if (duck->appender_create_ext(session->connection, NULL, NULL, table, &appender->appender)
        != DuckDBSuccess)
        status = duck_appender_fail(session, appender, error);
    else if (!appender_has_types(duck, appender->appender, types))
        status = duck_fail_damaged(session, "a column has another type", error);
    if (status)
        duck_appender_close(session, appender);
    return status;
}

enum mando_status duck_appender_flush(struct duck_session *session, struct duck_appender *appender,
                                      struct mando_error *error)
{
    if (!appender->has_rows)
        return MANDO_OK;
    appender->has_rows = false;
    duck_cursors_end(&session->store);
    return session->duck->appender_flush(appender->appender) == DuckDBSuccess
               ? MANDO_OK
               : duck_appender_fail(session, appender, error);
}

void duck_appender_close(struct duck_session *session, struct duck_appender *appender)
{
    if (appender->appender)
        (void)session->duck->appender_destroy(&appender->appender);
    *appender = (struct duck_appender){0};
}
