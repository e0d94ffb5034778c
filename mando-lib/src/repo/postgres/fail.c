/* What went wrong, told in whole sentences: never with a password, which no message of libpq or of the
 * server repeats. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fail.h"
#include "repo/postgres/postgres.h"

/* The first line of a text, as far as there is room. */
static void first_line(const char *text, char *out, size_t size)
{
    (void)snprintf(out, size, "%.*s", (int)strcspn(text, "\n"), text);
}

enum mando_status postgres_fail_lost(struct postgres_session *session, const char *reason,
                                     struct mando_error *error)
{
    char line[100];
    const char *name = postgres_name(session);
    session->is_broken = true;
    enum mando_status status = mando_store_check(&session->store, error);
    if (status)
        return status;
    first_line(reason, line, sizeof line);
    return mando_fail_at(error, MANDO_E_DB_IO, name, 0, 0, "the connection to %.100s was lost: %s",
                         name, *line ? line : "the server has closed it");
}

enum mando_status postgres_fail_damaged(const struct postgres_session *session, const char *what,
                                        struct mando_error *error)
{
    const char *name = postgres_name(session);
    return mando_fail_at(error, MANDO_E_DB_CORRUPT, name, 0, 0, "%.110s is damaged: %.110s", name,
                         what);
}

/* The caller's word, the limit of a statement, or someone else at the server. */
static enum mando_status fail_stopped(struct postgres_session *session, struct mando_error *error)
{
    const char *name = postgres_name(session);
    uint32_t limit_ms = postgres_repository_of(session)->url.statement_ms;
    enum mando_status status = mando_store_check(&session->store, error);
    if (status)
        return status;
    if (limit_ms && mando_clock_ms() - session->sent_ms >= limit_ms)
        return mando_fail_at(error, MANDO_E_DB_BUSY, name, 0, 0,
                             "a statement took %.100s longer than statement_timeout, %u ms", name,
                             (unsigned)limit_ms);
    return mando_fail_at(error, MANDO_E_CANCELLED, name, 0, 0,
                         "a statement was stopped at the server of %.110s", name);
}

static enum mando_status fail_denied(const struct postgres_session *session, const char *reason,
                                     struct mando_error *error)
{
    const char *name = postgres_name(session);
    return mando_fail_at(error, MANDO_E_DB_DENIED, name, 0, 0,
                         "the server of %.100s does not permit this: %.100s", name, reason);
}

static bool is_class(const char *state, const char *class)
{
    return strncmp(state, class, 2) == 0;
}

static enum mando_status fail_resources(const struct postgres_session *session, const char *state,
                                        const char *reason, struct mando_error *error)
{
    const char *name = postgres_name(session);
    if (strcmp(state, "53100") == 0)
        return mando_fail_at(error, MANDO_E_DB_FULL, name, 0, 0,
                             "there is no room for %.100s: %.100s; nothing was stored", name,
                             reason);
    return mando_fail_at(error, MANDO_E_DB_IO, name, 0, 0,
                         "the server of %.100s has too little: %.90s", name, reason);
}

static enum mando_status fail_state(struct postgres_session *session, const char *state,
                                    const char *reason, struct mando_error *error)
{
    const char *name = postgres_name(session);
    if (strcmp(state, "57014") == 0)
        return fail_stopped(session, error);
    if (is_class(state, "08") || strncmp(state, "57P", 3) == 0 || strcmp(state, "25P03") == 0)
        return postgres_fail_lost(session, reason, error);
    if (is_class(state, "53"))
        return fail_resources(session, state, reason, error);
    if (strcmp(state, "55P03") == 0 || is_class(state, "40"))
        return mando_fail_at(error, MANDO_E_DB_BUSY, name, 0, 0,
                             "another process or session holds the write lock or a table of "
                             "%.100s; it was waited for %u ms",
                             name, (unsigned)session->store.session.repository->wait_ms);
    if (is_class(state, "28") || strcmp(state, "42501") == 0 || strcmp(state, "25006") == 0)
        return fail_denied(session, reason, error);
    if (strcmp(state, "22021") == 0 || strcmp(state, "22P05") == 0)
        return mando_fail_at(error, MANDO_E_TEXT_UTF8, name, 0, 0,
                             "a text cannot be stored in %.100s: %.100s", name, reason);
    if (is_class(state, "58") || is_class(state, "54") || strcmp(state, "XX000") == 0)
        return mando_fail_at(error, MANDO_E_DB_IO, name, 0, 0,
                             "the server of %.100s failed: %.110s", name, reason);
    /* Every statement fits the schema that the migrations have made. */
    return postgres_fail_damaged(session, reason, error);
}

enum mando_status postgres_fail(struct postgres_session *session, const PGresult *result,
                                struct mando_error *error)
{
    char line[128];
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *reason = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (!state && result && strstr(PQresultErrorMessage(result), "out of memory"))
        return mando_store_no_memory(error, "an answer of the database");
    if (!state || PQstatus(session->connection) != CONNECTION_OK)
        return postgres_fail_lost(session, reason ? reason : PQerrorMessage(session->connection),
                                  error);
    first_line(reason ? reason : "", line, sizeof line);
    return fail_state(session, state, line, error);
}
