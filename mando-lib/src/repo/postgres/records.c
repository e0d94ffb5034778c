/* Records in PostgreSQL: read in chunks, each from behind the last one. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "repo/postgres/postgres.h"
#include "repo/record_sql.h"

#define CHUNK_ROWS 1024

static enum mando_status check_time(const struct mando_record_kind *kind, size_t column,
                                    const struct mando_record_value *value,
                                    struct mando_error *error)
{
    if (value->is_null || kind->columns[column].type != MANDO_COLUMN_TIME
        || value->integer >= POSTGRES_TIME_US_MIN)
        return MANDO_OK;
    return mando_fail(
        error, MANDO_E_RECORDS_VALUE, -1,
        "%s of a %s is earlier than 4714 BC, the first time that PostgreSQL can store",
        kind->columns[column].name, kind->name);
}

static void add_value(struct postgres_parameters *parameters, enum mando_column_type type,
                      const struct mando_record_value *value)
{
    if (value->is_null)
        postgres_add_null(parameters);
    else if (type == MANDO_COLUMN_TEXT)
        postgres_add_bytes(parameters, value->text, value->length);
    else if (type == MANDO_COLUMN_TIME)
        postgres_add_time(parameters, value->integer);
    else
        postgres_add_int(parameters, value->integer);
}

static enum mando_status queue_insert(struct postgres_session *session,
                                      const struct mando_record_kind *kind,
                                      const struct postgres_parameters *parameters,
                                      struct mando_error *error)
{
    int place = 0;
    struct mando_text sql MANDO_CLEANUP(mando_text_release);
    mando_text_init(&sql, MANDO_RECORD_SQL_MAX);
    while (mando_record_kind_at((size_t)place) != kind)
        place++;
    assert(place < POSTGRES_KINDS_MAX);
    enum postgres_statement name = (enum postgres_statement)(STATEMENT_RECORD_PUT + place);
    if (!session->is_prepared[name])
        mando_record_sql_insert(&sql, kind);
    return sql.status ? mando_store_no_memory(error, "records")
                      : postgres_queue_as(session, name, sql.bytes, parameters, error);
}

enum mando_status postgres_record_put(struct mando_store *store,
                                      const struct mando_record_kind *kind,
                                      const struct mando_record *record, struct mando_error *error)
{
    struct postgres_session *session = (struct postgres_session *)store;
    struct postgres_parameters parameters = {.count = 0};
    enum mando_status status = MANDO_OK;
    postgres_add_time(&parameters, record->change_us);
    postgres_add_int(&parameters, record->row);
    for (size_t i = 0; i < kind->column_count && !status; i++) {
        status = check_time(kind, i, &record->values[i], error);
        add_value(&parameters, kind->columns[i].type, &record->values[i]);
    }
    return status ? status : queue_insert(session, kind, &parameters, error);
}

void postgres_records_end(struct postgres_session *session)
{
    postgres_clear(&session->records);
    session->records_kind = NULL;
}

/* Reads what comes after the last record. */
static enum mando_status read_chunk(struct postgres_session *session, struct mando_error *error)
{
    struct postgres_parameters *parameters = &session->record_parameters;
    int count = parameters->count;
    parameters->count = 0;
    postgres_add_time(parameters, session->record_change_us);
    postgres_add_int(parameters, session->record_at);
    parameters->count = count;
    postgres_clear(&session->records);
    session->record_row = 0;
    return postgres_run_sql(session, session->records_sql.bytes, parameters, &session->records,
                            error);
}

static void add_predicate(struct postgres_parameters *parameters,
                          const struct mando_record_kind *kind,
                          const struct mando_predicate *predicate)
{
    enum mando_column_type type = mando_record_field_type(kind, predicate->field);
    if (type == MANDO_COLUMN_TIME)
        postgres_add_time(parameters, predicate->number);
    else if (type == MANDO_COLUMN_TEXT)
        postgres_add_text(parameters, predicate->text);
    else
        postgres_add_int(parameters, predicate->number);
}

enum mando_status postgres_records_seek(struct mando_store *store,
                                        const struct mando_record_kind *kind,
                                        const struct mando_predicate *predicates, size_t count,
                                        struct mando_error *error)
{
    struct postgres_session *session = (struct postgres_session *)store;
    struct postgres_parameters *parameters = &session->record_parameters;
    /* The rest is filtered by whoever asks. */
    if (count > POSTGRES_PARAMETERS_MAX - 2)
        count = POSTGRES_PARAMETERS_MAX - 2;
    postgres_records_end(session);
    session->records_kind = kind;
    session->records_sql.length = 0;
    /* $1 and $2 are the place of the last record that was read. */
    mando_record_sql_select(&session->records_sql, kind, " WHERE (change, row) > ($1, $2)",
                            predicates, count, 3);
    mando_text_append_format(&session->records_sql, " ORDER BY change, row LIMIT %d", CHUNK_ROWS);
    if (session->records_sql.status) {
        mando_text_release(&session->records_sql); /* the mark of the failure goes with it */
        return mando_store_no_memory(error, "records");
    }
    parameters->count = 2;
    for (size_t i = 0; i < count; i++)
        add_predicate(parameters, kind, &predicates[i]);
    session->record_change_us = INT64_MIN;
    session->record_at = 0;
    return read_chunk(session, error);
}

/* A cell of a row; false where none like it was stored. */
static bool read_cell(const PGresult *rows, int row, int place, const struct mando_column *column,
                      struct mando_record_value *value_out)
{
    *value_out = (struct mando_record_value){.is_null = PQgetisnull(rows, row, place)};
    if (value_out->is_null)
        return !column->is_required;
    if (column->type == MANDO_COLUMN_TEXT) {
        value_out->text = PQgetvalue(rows, row, place);
        value_out->length = (size_t)PQgetlength(rows, row, place);
    } else if (column->type == MANDO_COLUMN_TIME)
        value_out->integer = postgres_get_time(rows, row, place);
    else
        value_out->integer = postgres_get_int(rows, row, place);
    return true;
}

static enum mando_status read_record(struct postgres_session *session, int row,
                                     struct mando_record *record_out, struct mando_error *error)
{
    const struct mando_record_kind *kind = session->records_kind;
    const PGresult *rows = session->records;
    bool is_sound = true;
    record_out->change_us = session->record_change_us = postgres_get_time(rows, row, 0);
    record_out->row = session->record_at = postgres_get_int(rows, row, 1);
    for (size_t i = 0; i < kind->column_count && is_sound; i++)
        is_sound = read_cell(rows, row, (int)i + 2, &kind->columns[i], &record_out->values[i]);
    if (is_sound)
        return MANDO_OK;
    char what[96];
    (void)snprintf(what, sizeof what, "row %lld of a change in %.40s is no record",
                   (long long)record_out->row, kind->name);
    return postgres_fail_damaged(session, what, error);
}

enum mando_status postgres_records_next(struct mando_store *store, struct mando_record *record_out,
                                        bool *is_there_out, struct mando_error *error)
{
    struct postgres_session *session = (struct postgres_session *)store;
    enum mando_status status = MANDO_OK;
    *is_there_out = false;
    if (!session->records)
        return MANDO_OK;
    /* A chunk that is not full is the last. */
    if (session->record_row == PQntuples(session->records) && session->record_row == CHUNK_ROWS)
        status = read_chunk(session, error);
    if (status || session->record_row == PQntuples(session->records)) {
        postgres_records_end(session);
        return status;
    }
    *is_there_out = true;
    return read_record(session, session->record_row++, record_out, error);
}
