/* A connection: made within a time, waiting where the server cannot take it at this moment. */
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "repo/postgres/postgres.h"

#define OPTIONS_MAX 80
#define REACH_MS 10000 /* until the host takes the connection */
#define LOGIN_MS 30000 /* from then on: a busy server is slower than a network */
#define SLICE_MS 1000
#define KEY_SIZE 1200 /* a path, as long as libpq takes one */
#define PAUSE_MS_FIRST 20
#define PAUSE_MS_MAX 500

static bool wait_once(const struct postgres_session *session, int fd, short events, int timeout_ms)
{
    const struct mando_repository *repository = session->store.session.repository;
    if (repository->wait)
        return repository->wait(repository->wait_context, fd, events, timeout_ms) != 0;
    struct pollfd socket = {.fd = fd, .events = events};
    return poll(&socket, 1, timeout_ms) != 0; /* a failure is found by who reads */
}

/* In slices, each of which counts as no more than it is long: where this process was stopped, or did not get
 * to run, the other side's silence is not known. The last one looks whether there is something by now. */
bool postgres_wait(const struct postgres_session *session, int fd, short events, int *left_ms)
{
    if (*left_ms == POSTGRES_FOREVER)
        return wait_once(session, fd, events, -1);
    for (;;) {
        int slice_ms = *left_ms < SLICE_MS ? *left_ms : SLICE_MS;
        int64_t start_ms = mando_clock_ms();
        bool is_ready = wait_once(session, fd, events, slice_ms);
        int64_t waited_ms = mando_clock_ms() - start_ms;
        *left_ms -= is_ready && waited_ms < slice_ms ? (int)waited_ms : slice_ms;
        if (is_ready || *left_ms <= 0)
            return is_ready;
    }
}

/* The parameters of libpq: those of the URL after ours, which it may so override. */
struct keywords {
    const char *names[OPTIONS_MAX + 1], *values[OPTIONS_MAX + 1];
    int count;
};

static void add(struct keywords *keywords, const char *name, const char *value)
{
    if (keywords->count == OPTIONS_MAX)
        return;
    keywords->names[keywords->count] = name;
    keywords->values[keywords->count++] = value;
}

/* What stands behind the first elements of a list; one that has a single element is for all hosts. */
static const char *behind(const char *list, int elements)
{
    if (!strchr(list, ','))
        return list;
    for (; elements > 0 && *list; elements--)
        list += strcspn(list, ",") + (strchr(list, ',') != NULL);
    return list;
}

static bool is_of_hosts(const char *keyword)
{
    return strcmp(keyword, "host") == 0 || strcmp(keyword, "hostaddr") == 0
           || strcmp(keyword, "port") == 0;
}

/* A peer that has vanished is noticed in half a minute. */
static void fill(struct keywords *keywords, const struct postgres_repository *repository,
                 int hosts_silent)
{
    add(keywords, "fallback_application_name", "mando");
    add(keywords, "keepalives_idle", "10");
    add(keywords, "keepalives_interval", "5");
    add(keywords, "keepalives_count", "4");
    add(keywords, "tcp_user_timeout", "30000");
    for (const PQconninfoOption *option = repository->url.options; option->keyword; option++)
        if (option->val)
            add(keywords, option->keyword,
                is_of_hosts(option->keyword) ? behind(option->val, hosts_silent) : option->val);
    add(keywords, "client_encoding", "UTF8");
}

/* The state in "FATAL:  57P03: the database system is starting up"; "" where the server said none. libpq
 * has no other way to tell why a connection failed. */
static void read_state(const char *message, char state[6])
{
    state[0] = '\0';
    for (const char *at = strstr(message, ":  "); at; at = strstr(at + 1, ":  "))
        if (strspn(at + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5 && at[8] == ':') {
            memcpy(state, at + 3, 5);
            state[5] = '\0';
            return;
        }
}

/* Without "FATAL:  28P01: " and what follows the first line; a private key is called by its parameter, for
 * where it lies is no matter of who reads errors. */
static void write_reason(PGconn *connection, const char *message, const char *state, char *out,
                         size_t size)
{
    char key[KEY_SIZE];
    PQconninfoOption *options = PQconninfo(connection);
    int key_length = snprintf(key, sizeof key, "\"%s\"", postgres_option(options, "sslkey"));
    const char *at = *state ? strstr(message, state) : NULL;
    message = at && strlen(at) > 7 ? at + 7 : message;
    int length = (int)strcspn(message, "\n");
    bool is_told = key_length > 2 && key_length < KEY_SIZE;
    const char *place = is_told ? strstr(message, key) : NULL;
    if (place && place + key_length <= message + length)
        (void)snprintf(out, size, "%.*sof sslkey%.*s", (int)(place - message), message,
                       length - (int)(place - message) - key_length, place + key_length);
    else
        (void)snprintf(out, size, "%.*s", length, message);
    PQconninfoFree(options);
}

static enum mando_status fail_reached(const struct postgres_session *session, const char *state,
                                      const char *reason, struct mando_error *error)
{
    const char *name = postgres_name(session);
    if (strncmp(state, "28", 2) == 0 || strcmp(state, "42501") == 0)
        return mando_fail_at(error, MANDO_E_DB_DENIED, name, 0, 0,
                             "the server of %.100s does not let us in: %s", name, reason);
    if (strcmp(state, "3D000") == 0)
        return mando_fail_at(error, MANDO_E_DB_NOT_FOUND, name, 0, 0,
                             "there is no database %.100s on the server: %s", name, reason);
    if (strcmp(state, "53300") == 0)
        return mando_fail_at(error, MANDO_E_DB_SESSIONS, name, 0, 0,
                             "the server of %.100s takes no more connections: %s", name, reason);
    return mando_fail_at(error, MANDO_E_DB_IO, name, 0, 0, "%.100s cannot be connected to: %s",
                         name, reason);
}

/* One that starts or is full is waited for; one that answered before may come back. */
static bool may_come(const struct postgres_session *session, const char *state)
{
    const struct postgres_repository *repository = postgres_repository_of(session);
    if (strcmp(state, "57P03") == 0 || strcmp(state, "53300") == 0)
        return true;
    return *state == '\0' && atomic_load(&repository->was_reached);
}

/* A library prints nothing: not what the server says beside its answers either. */
static void drop_notice(void *context, const PGresult *notice)
{
    (void)context;
    (void)notice;
}

/* What connect_timeout of the URL says; 0 where it says nothing. */
static int connect_ms(const struct postgres_repository *repository)
{
    const char *text = postgres_option(repository->url.options, "connect_timeout");
    long seconds = strtol(text, NULL, 10);
    if (*text == '\0')
        return 0;
    return seconds > 0 && seconds < INT_MAX / 1000 ? 1000 * (int)seconds : POSTGRES_FOREVER;
}

/* Until it is connected or refused; else *silent_ms_out is how long there was no answer. */
static bool finish(const struct postgres_session *session, PGconn *connection, int *silent_ms_out)
{
    int limit_ms = connect_ms(postgres_repository_of(session));
    bool is_limited = limit_ms != 0, is_reached = false;
    int left_ms = limit_ms = is_limited ? limit_ms : REACH_MS;
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
        short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        if (!is_limited && !is_reached && PQstatus(connection) != CONNECTION_STARTED) {
            is_reached = true;
            left_ms = limit_ms = LOGIN_MS;
        }
        if (!postgres_wait(session, PQsocket(connection), events, &left_ms)) {
            *silent_ms_out = limit_ms;
            return false;
        }
        next = PQconnectPoll(connection);
    }
    return true;
}

/* The hosts up to the one that was tried last; 0 where none is behind it. */
static int count_tried(const struct postgres_session *session, PGconn *connection, int hosts_silent)
{
    const PQconninfoOption *options = postgres_repository_of(session)->url.options;
    const char *list = postgres_option(options, "host"), *last = PQhost(connection);
    list = behind(*list ? list : postgres_option(options, "hostaddr"), hosts_silent);
    while (last && *list) {
        size_t length = strcspn(list, ",");
        hosts_silent++;
        if (length == strlen(last) && strncmp(list, last, length) == 0)
            return list[length] ? hosts_silent : 0;
        list += length + (list[length] == ',');
    }
    return 0;
}

/* Behind the first hosts of the URL, which did not answer; *hosts_silent is 0 where there is no other to try. */
static enum mando_status connect_behind(struct postgres_session *session, int *hosts_silent,
                                        bool *may_come_out, struct mando_error *error)
{
    struct keywords keywords = {.count = 0};
    char state[6], silence[64], reason[256];
    int silent_ms = 0;
    fill(&keywords, postgres_repository_of(session), *hosts_silent);
    *may_come_out = false;
    PGconn *connection = PQconnectStartParams(keywords.names, keywords.values, 0);
    if (!connection)
        return mando_store_no_memory(error, "a connection");
    (void)PQsetErrorVerbosity(connection, PQERRORS_VERBOSE); /* to learn the state */
    (void)PQsetNoticeReceiver(connection, drop_notice, NULL);
    bool is_over =
        PQstatus(connection) == CONNECTION_BAD || finish(session, connection, &silent_ms);
    if (PQstatus(connection) == CONNECTION_OK) {
        (void)PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
        session->connection = connection;
        return PQsetnonblocking(connection, 1) == 0 ? MANDO_OK
                                                    : mando_store_no_memory(error, "a connection");
    }
    (void)snprintf(silence, sizeof silence, "it did not answer within %d s", silent_ms / 1000);
    const char *message = is_over ? PQerrorMessage(connection) : silence;
    read_state(message, state);
    *may_come_out = is_over && may_come(session, state);
    write_reason(connection, message, state, reason, sizeof reason);
    enum mando_status status = fail_reached(session, state, reason, error);
    *hosts_silent = is_over ? 0 : count_tried(session, connection, *hosts_silent);
    PQfinish(connection);
    return status;
}

/* libpq tries each host of the URL, but a silent one it leaves to whoever does the waiting. */
static enum mando_status connect_once(struct postgres_session *session, bool *may_come_out,
                                      struct mando_error *error)
{
    int hosts_silent = 0;
    enum mando_status status;
    do
        status = connect_behind(session, &hosts_silent, may_come_out, error);
    while (status && hosts_silent);
    return status;
}

/* Plans: every statement has an index to walk; the tables' statistics may be older than they are. A
 * temporary table of the same name is not taken for ours. */
static enum mando_status set_up(struct postgres_session *session, struct mando_error *error)
{
    const struct postgres_repository *repository = postgres_repository_of(session);
    struct mando_text sql MANDO_CLEANUP(mando_text_release);
    mando_text_init(&sql, 4096);
    mando_text_append_format(
        &sql,
        "SET search_path TO %s, pg_temp; SET lock_timeout = %u; SET statement_timeout = %u;"
        "SET timezone = 'UTC'; SET jit = off;"
        "SET enable_seqscan = off; SET enable_bitmapscan = off;"
        "SET max_parallel_workers_per_gather = 0",
        repository->quoted_schema, (unsigned)repository->repository.wait_ms,
        (unsigned)repository->url.statement_ms);
    if (sql.status)
        return mando_store_no_memory(error, "a connection");
    return postgres_execute(session, sql.bytes, error);
}

/* One whose connection is lost again before it can be used begins anew. */
static enum mando_status open_once(struct postgres_session *session, bool *may_come_out,
                                   struct mando_error *error)
{
    struct postgres_repository *repository =
        (struct postgres_repository *)session->store.session.repository;
    enum mando_status status = connect_once(session, may_come_out, error);
    if (status)
        return status;
    atomic_store(&repository->was_reached, true);
    session->canceller = PQgetCancel(session->connection);
    if (!session->canceller)
        status = mando_store_no_memory(error, "a connection");
    if (!status)
        status = set_up(session, error);
    if (!status)
        status = postgres_schema_check(session, error);
    if (!status)
        return MANDO_OK;
    *may_come_out = session->is_broken;
    postgres_disconnect(session);
    return status;
}

enum mando_status postgres_connect(struct postgres_session *session, struct mando_error *error)
{
    int64_t deadline_ms = mando_clock_ms() + session->store.session.repository->wait_ms;
    int64_t pause_ms = PAUSE_MS_FIRST;
    for (;;) {
        bool may_come;
        enum mando_status status = open_once(session, &may_come, error);
        if (!status || !may_come || mando_clock_ms() + pause_ms >= deadline_ms)
            return status;
        (void)wait_once(session, -1, 0, (int)pause_ms);
        pause_ms = 2 * pause_ms < PAUSE_MS_MAX ? 2 * pause_ms : PAUSE_MS_MAX;
    }
}

void postgres_disconnect(struct postgres_session *session)
{
    PQfreeCancel(session->canceller);
    PQfinish(session->connection);
    session->canceller = NULL;
    session->connection = NULL;
    session->is_broken = session->is_late = false;
    session->is_in_pipeline = session->is_in_transaction = false;
    session->queued = 0;
    memset(session->is_prepared, 0, sizeof session->is_prepared);
}
