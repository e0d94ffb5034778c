/* Statements and their answers: in a pipeline, but for COPY and for texts of several statements. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "repo/postgres/postgres.h"

/* So many statements are sent before their answers are read: these fit into the buffers of a socket, or
 * both sides would wait for each other. */
#define QUEUED_MAX 64

/* Answers later than statement_timeout and this have been lost on their way. */
#define LATE_MS 10000

#define COPY_BYTES 65536

static int limit_ms(const struct postgres_session *session)
{
    uint32_t limit_ms = postgres_repository_of(session)->url.statement_ms;
    return limit_ms ? (int)limit_ms + LATE_MS : POSTGRES_FOREVER;
}

static enum mando_status fail_broken(struct postgres_session *session, struct mando_error *error)
{
    char silence[64];
    if (!session->is_late)
        return postgres_fail_lost(session, PQerrorMessage(session->connection), error);
    (void)snprintf(silence, sizeof silence, "it did not answer within %d s",
                   limit_ms(session) / 1000);
    return postgres_fail_lost(session, silence, error);
}

/* False where the server was silent for longer than a statement may take. */
static bool wait_for(struct postgres_session *session, short events)
{
    int left_ms = limit_ms(session);
    bool is_ready = postgres_wait(session, PQsocket(session->connection), events, &left_ms);
    session->is_late = !is_ready;
    return is_ready;
}

/* Before something is sent: a cancellation that is under way must not meet it. */
static enum mando_status ready(struct postgres_session *session, struct mando_error *error)
{
    if (session->is_broken)
        return fail_broken(session, error);
    (void)pthread_mutex_lock(&session->cancelling);
    enum mando_status status =
        session->is_rolling_back ? MANDO_OK : mando_store_check(&session->store, error);
    (void)pthread_mutex_unlock(&session->cancelling);
    return status;
}

/* Until an answer can be read without waiting. */
static bool wait(struct postgres_session *session)
{
    PGconn *connection = session->connection;
    while (PQisBusy(connection)) {
        if (!wait_for(session, POLLIN))
            return false;
        if (!PQconsumeInput(connection))
            break; /* the next result tells why */
    }
    return true;
}

/* Until all is on its way; what comes meanwhile is taken in, or the server might not read on. False where it
 * cannot be sent. */
static bool send_all(struct postgres_session *session)
{
    PGconn *connection = session->connection;
    int left;
    while ((left = PQflush(connection)) > 0)
        if (!wait_for(session, POLLIN | POLLOUT) || !PQconsumeInput(connection))
            return false;
    return left == 0;
}

/* The next result, NULL between the results of two statements; *is_lost_out where none can come. */
static PGresult *next_result(struct postgres_session *session, bool *is_lost_out)
{
    *is_lost_out = !wait(session);
    PGresult *result = *is_lost_out ? NULL : PQgetResult(session->connection);
    if (!result && PQstatus(session->connection) != CONNECTION_OK)
        *is_lost_out = true;
    return result;
}

static bool is_good(const PGresult *result)
{
    ExecStatusType type = PQresultStatus(result);
    return type == PGRES_COMMAND_OK || type == PGRES_TUPLES_OK;
}

/* Reads the answers of all that was sent, and keeps the last one. The first failure is told: it has made
 * the server pass over what came after it. */
static enum mando_status drain(struct postgres_session *session, PGresult **last_out,
                               struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    PGresult *last = NULL;
    for (bool is_synced = false; !is_synced;) {
        bool is_lost;
        PGresult *result = next_result(session, &is_lost);
        if (is_lost) {
            PQclear(result);
            status = status ? status : fail_broken(session, error);
            session->is_broken = true;
            break;
        }
        is_synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        if (result && is_good(result)) {
            PQclear(last);
            last = result;
            continue;
        }
        if (result && !is_synced && !status && PQresultStatus(result) != PGRES_PIPELINE_ABORTED)
            status = postgres_fail(session, result, error);
        PQclear(result);
    }
    session->queued = 0;
    if (status || !last_out)
        PQclear(last);
    else
        *last_out = last;
    return status;
}

static enum mando_status sync(struct postgres_session *session, PGresult **last_out,
                              struct mando_error *error)
{
    session->sent_ms = mando_clock_ms();
    if (!PQpipelineSync(session->connection) || !send_all(session))
        return fail_broken(session, error);
    return drain(session, last_out, error);
}

static enum mando_status enter_pipeline(struct postgres_session *session, struct mando_error *error)
{
    enum mando_status status = ready(session, error);
    if (status || session->is_in_pipeline)
        return status;
    if (!PQenterPipelineMode(session->connection))
        return fail_broken(session, error);
    session->is_in_pipeline = true;
    return MANDO_OK;
}

static enum mando_status leave_pipeline(struct postgres_session *session, struct mando_error *error)
{
    enum mando_status status = postgres_flush(session, error);
    if (!status)
        status = ready(session, error);
    if (status || !session->is_in_pipeline)
        return status;
    if (!PQexitPipelineMode(session->connection))
        return fail_broken(session, error);
    session->is_in_pipeline = false;
    return MANDO_OK;
}

enum mando_status postgres_flush(struct postgres_session *session, struct mando_error *error)
{
    if (session->queued == 0)
        return MANDO_OK;
    return session->is_broken ? fail_broken(session, error) : sync(session, NULL, error);
}

static void write_name(enum postgres_statement name, char out[16])
{
    (void)snprintf(out, 16, "mando_%d", (int)name);
}

/* Prepares a statement the first time it is used. */
static enum mando_status prepare(struct postgres_session *session, enum postgres_statement name,
                                 const char *sql, struct mando_error *error)
{
    char text[16];
    if (session->is_prepared[name])
        return MANDO_OK;
    write_name(name, text);
    enum mando_status status = postgres_flush(session, error);
    if (status)
        return status;
    if (!PQsendPrepare(session->connection, text, sql, 0, NULL))
        return fail_broken(session, error);
    status = sync(session, NULL, error);
    session->is_prepared[name] = !status;
    return status;
}

static const struct postgres_parameters NONE = {0};

static enum mando_status queued(struct postgres_session *session, bool is_sent,
                                struct mando_error *error)
{
    if (!is_sent)
        return fail_broken(session, error);
    return ++session->queued >= QUEUED_MAX ? postgres_flush(session, error) : MANDO_OK;
}

static bool send(struct postgres_session *session, enum postgres_statement name,
                 const struct postgres_parameters *parameters)
{
    char text[16];
    write_name(name, text);
    return PQsendQueryPrepared(session->connection, text, parameters->count, parameters->values,
                               parameters->lengths, parameters->formats, 1)
           != 0;
}

enum mando_status postgres_queue_as(struct postgres_session *session, enum postgres_statement name,
                                    const char *sql, const struct postgres_parameters *parameters,
                                    struct mando_error *error)
{
    enum mando_status status = enter_pipeline(session, error);
    if (!status)
        status = prepare(session, name, sql, error);
    return status ? status
                  : queued(session, send(session, name, parameters ? parameters : &NONE), error);
}

enum mando_status postgres_queue(struct postgres_session *session, enum postgres_statement name,
                                 const struct postgres_parameters *parameters,
                                 struct mando_error *error)
{
    return postgres_queue_as(session, name, postgres_sql(name), parameters, error);
}

enum mando_status postgres_run(struct postgres_session *session, enum postgres_statement name,
                               const struct postgres_parameters *parameters, PGresult **result_out,
                               struct mando_error *error)
{
    enum mando_status status = enter_pipeline(session, error);
    if (!status)
        status = prepare(session, name, postgres_sql(name), error);
    if (status)
        return status;
    if (!send(session, name, parameters ? parameters : &NONE))
        return fail_broken(session, error);
    return sync(session, result_out, error);
}

static bool send_sql(struct postgres_session *session, const char *sql,
                     const struct postgres_parameters *parameters)
{
    return PQsendQueryParams(session->connection, sql, parameters->count, NULL, parameters->values,
                             parameters->lengths, parameters->formats, 1)
           != 0;
}

enum mando_status postgres_queue_sql(struct postgres_session *session, const char *sql,
                                     const struct postgres_parameters *parameters,
                                     struct mando_error *error)
{
    enum mando_status status = enter_pipeline(session, error);
    return status ? status
                  : queued(session, send_sql(session, sql, parameters ? parameters : &NONE), error);
}

enum mando_status postgres_run_sql(struct postgres_session *session, const char *sql,
                                   const struct postgres_parameters *parameters,
                                   PGresult **result_out, struct mando_error *error)
{
    enum mando_status status = enter_pipeline(session, error);
    if (status)
        return status;
    if (!send_sql(session, sql, parameters ? parameters : &NONE))
        return fail_broken(session, error);
    return sync(session, result_out, error);
}

/* The results of a statement outside of the pipeline, up to the last one. */
static enum mando_status finish(struct postgres_session *session, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    for (;;) {
        bool is_lost;
        PGresult *result = next_result(session, &is_lost);
        if (!status && (is_lost || (result && !is_good(result))))
            status = is_lost ? fail_broken(session, error) : postgres_fail(session, result, error);
        bool is_last = !result;
        PQclear(result);
        if (is_lost)
            session->is_broken = true;
        if (is_lost || is_last)
            return status;
    }
}

enum mando_status postgres_execute(struct postgres_session *session, const char *sql,
                                   struct mando_error *error)
{
    enum mando_status status = leave_pipeline(session, error);
    if (status)
        return status;
    session->sent_ms = mando_clock_ms();
    if (!PQsendQuery(session->connection, sql) || !send_all(session))
        return fail_broken(session, error);
    return finish(session, error);
}

enum mando_status postgres_copy_begin(struct postgres_session *session, const char *sql,
                                      struct mando_error *error)
{
    static const char SIGNATURE[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    enum mando_status status = leave_pipeline(session, error);
    if (status)
        return status;
    session->sent_ms = mando_clock_ms();
    if (!PQsendQuery(session->connection, sql) || !send_all(session))
        return fail_broken(session, error);
    bool is_lost;
    PGresult *result = next_result(session, &is_lost);
    bool is_begun = PQresultStatus(result) == PGRES_COPY_IN;
    if (is_lost)
        status = fail_broken(session, error);
    else if (!is_begun)
        status = postgres_fail(session, result, error);
    PQclear(result);
    if (status && !is_lost)
        (void)finish(session, NULL);
    session->copy.length = 0;
    if (!status)
        mando_text_append(&session->copy, SIGNATURE, sizeof SIGNATURE);
    return status;
}

/* The signature is 11 bytes, then come two numbers of four, both 0. */
_Static_assert(sizeof "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0" == 19, "as long as the header of COPY");

/* Ends a COPY that cannot go on; the statement fails. */
static enum mando_status give_up(struct postgres_session *session, enum mando_status status)
{
    if (PQputCopyEnd(session->connection, "it was given up") < 0 || !send_all(session))
        session->is_broken = true;
    else
        (void)finish(session, NULL);
    return status;
}

static enum mando_status send_rows(struct postgres_session *session, size_t least,
                                   struct mando_error *error)
{
    struct mando_text *copy = &session->copy;
    if (copy->status) {
        mando_text_release(copy); /* the mark of the failure goes with it */
        return give_up(session, mando_store_no_memory(error, "rows to be stored"));
    }
    if (copy->length < least)
        return MANDO_OK;
    /* What is given to libpq is sent before there is more: its buffer stays small. */
    if (PQputCopyData(session->connection, copy->bytes, (int)copy->length) <= 0
        || !send_all(session))
        return fail_broken(session, error);
    copy->length = 0;
    return MANDO_OK;
}

enum mando_status postgres_copy_send(struct postgres_session *session, struct mando_error *error)
{
    return send_rows(session, COPY_BYTES, error);
}

enum mando_status postgres_copy_end(struct postgres_session *session, struct mando_error *error)
{
    mando_text_append(&session->copy, "\377\377", 2);
    enum mando_status status = send_rows(session, 1, error);
    if (status)
        return status;
    session->sent_ms = mando_clock_ms();
    if (PQputCopyEnd(session->connection, NULL) <= 0 || !send_all(session))
        return fail_broken(session, error);
    return finish(session, error);
}
