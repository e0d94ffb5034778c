/* Records in DuckDB: appended, and read by a statement that is kept. */
#include <string.h>

#include "repo/duckdb/session.h"
#include "repo/record_sql.h"

static void write_types(const struct mando_record_kind *kind, char types[DUCK_COLUMNS_MAX + 1])
{
    static const char LETTERS[] = {
        [MANDO_COLUMN_TEXT] = 's', [MANDO_COLUMN_INTEGER] = 'i', [MANDO_COLUMN_TIME] = 't'};
    types[0] = 't';
    types[1] = 'i';
    for (size_t i = 0; i < kind->column_count; i++)
        types[i + 2] = LETTERS[kind->columns[i].type];
    types[kind->column_count + 2] = '\0';
}

static duckdb_state append_value(const struct duck_library *duck, duckdb_appender appender,
                                 enum mando_column_type type,
                                 const struct mando_record_value *value)
{
    if (value->is_null)
        return duck->append_null(appender);
    if (type == MANDO_COLUMN_TEXT)
        return duck->append_varchar_length(appender, value->length ? value->text : "",
                                           value->length);
    if (type == MANDO_COLUMN_TIME)
        return duck->append_timestamp(appender, (duckdb_timestamp){value->integer});
    return duck->append_int64(appender, value->integer);
}

enum mando_status duck_record_put(struct mando_store *store, const struct mando_record_kind *kind,
                                  const struct mando_record *record, struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    struct duck_appender *open = &session->records;
    const struct duck_library *duck = session->duck;
    char types[DUCK_COLUMNS_MAX + 1];
    duck_cursors_end(store);
    write_types(kind, types);
    enum mando_status status = MANDO_OK;
    if (open->appender && strcmp(open->table, kind->name) != 0)
        status = duck_appender_flush(session, open, error);
    if (!status)
        status = duck_appender_open(session, open, kind->name, types, error);
    if (status)
        return status;
    duckdb_appender appender = open->appender;
    duckdb_state state = duck->append_timestamp(appender, (duckdb_timestamp){record->change_us});
    if (state == DuckDBSuccess)
        state = duck->append_int64(appender, record->row);
    for (size_t i = 0; i < kind->column_count && state == DuckDBSuccess; i++)
        state = append_value(duck, appender, kind->columns[i].type, &record->values[i]);
    if (state == DuckDBSuccess)
        state = duck->appender_end_row(appender);
    open->has_rows = true;
    return state == DuckDBSuccess ? MANDO_OK : duck_appender_fail(session, open, error);
}

static void bind_predicate(struct duck_call *call, const struct mando_record_kind *kind,
                           const struct mando_predicate *predicate)
{
    enum mando_column_type type = mando_record_field_type(kind, predicate->field);
    if (type == MANDO_COLUMN_TEXT)
        duck_bind_text(call, predicate->text);
    else if (type == MANDO_COLUMN_TIME)
        duck_bind_time(call, predicate->number);
    else
        duck_bind_int(call, predicate->number);
}

/* The statement that reads records, which is kept as long as the same is asked. */
static enum mando_status prepare_select(struct duck_session *session,
                                        const struct mando_record_kind *kind,
                                        const struct mando_predicate *predicates, size_t count,
                                        struct mando_error *error)
{
    struct mando_text sql, *before = &session->records_sql;
    mando_text_init(&sql, MANDO_RECORD_SQL_MAX);
    mando_record_sql_select(&sql, kind, "", predicates, count, 1);
    if (sql.status) {
        mando_text_release(&sql);
        return mando_store_no_memory(error, "records");
    }
    bool is_same = session->records_read && before->length == sql.length
                   && memcmp(before->bytes, sql.bytes, sql.length) == 0;
    mando_text_release(is_same ? &sql : before);
    if (is_same)
        return MANDO_OK;
    *before = sql;
    session->duck->destroy_prepare(&session->records_read);
    session->records_read = NULL;
    return duck_prepare(session, session->connection, sql.bytes, &session->records_read, error);
}

enum mando_status duck_records_seek(struct mando_store *store, const struct mando_record_kind *kind,
                                    const struct mando_predicate *predicates, size_t count,
                                    struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    char types[DUCK_COLUMNS_MAX + 1];
    duck_cursors_end(store);
    session->records_kind = kind;
    session->record_change_us = session->record_row = INT64_MIN;
    enum mando_status status = duck_appender_flush(session, &session->records, error);
    if (!status)
        status = prepare_select(session, kind, predicates, count, error);
    struct duck_call call = {
        .session = session, .statement = session->records_read, .error = error, .status = status};
    for (size_t i = 0; i < count; i++)
        bind_predicate(&call, kind, &predicates[i]);
    write_types(kind, types);
    return duck_cursor_open(&call, types, DUCK_RECORDS, &session->cursor);
}

/* A cell of a row; false where none like it was stored. */
static bool read_cell(const struct duck_cursor *row, size_t place,
                      const struct mando_column *column, struct mando_record_value *value_out)
{
    *value_out = (struct mando_record_value){.is_null = duck_is_null(row, place)};
    if (value_out->is_null)
        return !column->is_required;
    if (column->type == MANDO_COLUMN_TEXT)
        value_out->text = duck_text(row, place, &value_out->length);
    else
        value_out->integer = duck_int(row, place);
    return true;
}

enum mando_status duck_records_next(struct mando_store *store, struct mando_record *record_out,
                                    bool *is_there_out, struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    const struct duck_cursor *row = &session->cursor;
    const struct mando_record_kind *kind = session->records_kind;
    *is_there_out = false;
    if (row->kind != DUCK_RECORDS)
        return MANDO_OK;
    enum mando_status status = duck_cursor_next(session, &session->cursor, is_there_out, error);
    if (status || !*is_there_out)
        return status;
    record_out->change_us = duck_int(row, 0);
    record_out->row = duck_int(row, 1);
    /* They were stored in their order. */
    bool is_sound = session->record_change_us < record_out->change_us
                    || (session->record_change_us == record_out->change_us
                        && session->record_row < record_out->row);
    session->record_change_us = record_out->change_us;
    session->record_row = record_out->row;
    for (size_t i = 0; i < kind->column_count && is_sound; i++)
        is_sound = read_cell(row, i + 2, &kind->columns[i], &record_out->values[i]);
    return is_sound ? MANDO_OK : duck_fail_damaged(session, "a row is no record", error);
}
