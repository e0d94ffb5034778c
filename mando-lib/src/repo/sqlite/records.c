/* Records in SQLite. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "repo/record_sql.h"
#include "repo/sqlite/sqlite.h"

/* Prepares what was written. */
static enum mando_status prepare(struct sqlite_session *session, struct mando_text *sql,
                                 sqlite3_stmt **statement, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    if (sql->status)
        status = mando_store_no_memory(error, "records");
    else if (sqlite3_prepare_v2(session->db, sql->bytes, -1, statement, NULL) != SQLITE_OK)
        status = sqlite_fail(session, error);
    mando_text_release(sql);
    return status;
}

/* The statement that puts records of a kind, kept for the next one. */
static enum mando_status prepare_insert(struct sqlite_session *session,
                                        const struct mando_record_kind *kind,
                                        struct mando_error *error)
{
    struct mando_text sql;
    if (session->record_kind == kind && session->record_put)
        return MANDO_OK;
    (void)sqlite3_finalize(session->record_put);
    session->record_put = NULL;
    session->record_kind = kind;
    mando_text_init(&sql, MANDO_RECORD_SQL_MAX);
    mando_record_sql_insert(&sql, kind);
    return prepare(session, &sql, &session->record_put, error);
}

static int bind_value(sqlite3_stmt *statement, int place, enum mando_column_type type,
                      const struct mando_record_value *value)
{
    if (value->is_null)
        return sqlite3_bind_null(statement, place);
    if (type != MANDO_COLUMN_TEXT)
        return sqlite3_bind_int64(statement, place, value->integer);
    return sqlite3_bind_text64(statement, place, value->length ? value->text : "", value->length,
                               SQLITE_STATIC, SQLITE_UTF8);
}

enum mando_status sqlite_record_put(struct mando_store *store, const struct mando_record_kind *kind,
                                    const struct mando_record *record, struct mando_error *error)
{
    struct sqlite_session *session = (struct sqlite_session *)store;
    enum mando_status status = prepare_insert(session, kind, error);
    if (status)
        return status;
    sqlite3_stmt *statement = session->record_put;
    int code = sqlite3_bind_int64(statement, 1, record->change_us);
    if (code == SQLITE_OK)
        code = sqlite3_bind_int64(statement, 2, record->row);
    for (size_t i = 0; i < kind->column_count && code == SQLITE_OK; i++)
        code = bind_value(statement, (int)i + 3, kind->columns[i].type, &record->values[i]);
    if (code != SQLITE_OK || sqlite3_step(statement) != SQLITE_DONE)
        status = sqlite_fail(session, error);
    (void)sqlite3_reset(statement);
    return status;
}

static int bind_predicate(sqlite3_stmt *statement, int place, const struct mando_record_kind *kind,
                          const struct mando_predicate *predicate)
{
    if (mando_record_field_type(kind, predicate->field) == MANDO_COLUMN_TEXT)
        return sqlite3_bind_text(statement, place, predicate->text, -1, SQLITE_TRANSIENT);
    return sqlite3_bind_int64(statement, place, predicate->number);
}

void sqlite_records_end(struct sqlite_session *session)
{
    (void)sqlite3_finalize(session->records);
    session->records = NULL;
}

enum mando_status sqlite_records_seek(struct mando_store *store,
                                      const struct mando_record_kind *kind,
                                      const struct mando_predicate *predicates, size_t count,
                                      struct mando_error *error)
{
    struct sqlite_session *session = (struct sqlite_session *)store;
    struct mando_text sql;
    sqlite_records_end(session);
    mando_text_init(&sql, MANDO_RECORD_SQL_MAX);
    mando_record_sql_select(&sql, kind, "", predicates, count, 1);
    mando_text_append_format(&sql, " ORDER BY change, row");
    enum mando_status status = prepare(session, &sql, &session->records, error);
    session->records_kind = kind;
    for (size_t i = 0; i < count && !status; i++)
        if (bind_predicate(session->records, (int)i + 1, kind, &predicates[i]) != SQLITE_OK)
            status = sqlite_fail(session, error);
    return status;
}

/* A cell of a row; false where none like it was stored. */
static bool read_cell(sqlite3_stmt *row, int place, const struct mando_column *column,
                      struct mando_record_value *value_out)
{
    int type = sqlite3_column_type(row, place);
    *value_out = (struct mando_record_value){.is_null = type == SQLITE_NULL};
    if (type == SQLITE_NULL)
        return !column->is_required;
    if (column->type != MANDO_COLUMN_TEXT) {
        value_out->integer = sqlite3_column_int64(row, place);
        return type == SQLITE_INTEGER;
    }
    value_out->text = (const char *)sqlite3_column_text(row, place);
    value_out->length = (size_t)sqlite3_column_bytes(row, place);
    return type == SQLITE_TEXT && value_out->text;
}

static enum mando_status fail_record(struct sqlite_session *session, struct mando_error *error)
{
    sqlite3_stmt *row = session->records;
    char what[128];
    if (sqlite3_errcode(session->db) == SQLITE_NOMEM)
        return sqlite_fail(session, error);
    (void)snprintf(what, sizeof what, "row %lld of change %lld in %s is no record",
                   (long long)sqlite3_column_int64(row, 1), (long long)sqlite3_column_int64(row, 0),
                   session->records_kind->name);
    return sqlite_fail_damaged(session, what, error);
}

enum mando_status sqlite_records_next(struct mando_store *store, struct mando_record *record_out,
                                      bool *is_there_out, struct mando_error *error)
{
    struct sqlite_session *session = (struct sqlite_session *)store;
    const struct mando_record_kind *kind = session->records_kind;
    *is_there_out = false;
    if (!session->records)
        return MANDO_OK;
    int code = sqlite3_step(session->records);
    if (code != SQLITE_ROW) {
        enum mando_status status = code == SQLITE_DONE ? MANDO_OK : sqlite_fail(session, error);
        sqlite_records_end(session);
        return status;
    }
    *is_there_out = true;
    sqlite3_stmt *row = session->records;
    bool is_sound = sqlite3_column_type(row, 0) == SQLITE_INTEGER
                    && sqlite3_column_type(row, 1) == SQLITE_INTEGER;
    record_out->change_us = sqlite3_column_int64(row, 0);
    record_out->row = sqlite3_column_int64(row, 1);
    for (size_t i = 0; i < kind->column_count && is_sound; i++)
        is_sound = read_cell(row, (int)i + 2, &kind->columns[i], &record_out->values[i]);
    return is_sound ? MANDO_OK : fail_record(session, error);
}
