/* Versions in and out of SQLite, as repo/store.h asks for them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/calendar.h"
#include "repo/sqlite/sqlite.h"

#define CONFIG_COLUMNS                                                                             \
    "SELECT point, id, type, width, knowledge, change, unit, time_zone, aggregation,"              \
    " resolution_months, resolution_days, resolution_us, document"                                 \
    " FROM point JOIN configuration USING (point) WHERE "
#define VERSION_COLUMNS                                                                            \
    "SELECT valid_start, knowledge, change, valid_end, value, deleted FROM value WHERE point = ?"
#define VERSION_RANGE VERSION_COLUMNS " AND valid_start >= ? AND valid_start < ? ORDER BY "

/* Places in VERSION_COLUMNS. */
enum {
    VERSION_START,
    VERSION_KNOWLEDGE,
    VERSION_CHANGE,
    VERSION_END,
    VERSION_VALUE,
    VERSION_DELETED
};

/* Stands behind every id that begins with what is before it: no id has this character. */
#define ABOVE_IDS "~"

static const char *const SQL[STATEMENTS] = {
    [STATEMENT_NEWEST] = "SELECT max(change) FROM change",
    [STATEMENT_LOCK] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_CHANGE_PUT] = "INSERT INTO change VALUES (?, ?, ?)",
    [STATEMENT_AUTHOR] = "SELECT author FROM change WHERE change = ?",
    [STATEMENT_POINT_FIND] = "SELECT point, type, width FROM point WHERE id = ?",
    [STATEMENT_POINT_PUT] = "INSERT INTO point (id, type, width) VALUES (?, ?, ?)",
    [STATEMENT_CONFIG] = CONFIG_COLUMNS "id = ? ORDER BY knowledge DESC, change DESC",
    [STATEMENT_CONFIGS] =
        CONFIG_COLUMNS "id >= ? AND id < ? ORDER BY id, knowledge DESC, change DESC",
    [STATEMENT_CONFIG_PUT] = "INSERT INTO configuration VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [STATEMENT_VERSIONS] = VERSION_RANGE "valid_start, knowledge, change",
    [STATEMENT_VERSIONS_CHANGED] =
        VERSION_COLUMNS " AND change > ? AND change <= ? ORDER BY valid_start, knowledge, change",
    [STATEMENT_VERSIONS_BACKWARDS] = VERSION_RANGE "valid_start DESC, knowledge DESC, change DESC",
    [STATEMENT_VERSION_PUT] = "INSERT INTO value VALUES (?, ?, ?, ?, ?, ?, ?)",
};

static struct sqlite_session *session_of(struct mando_store *store)
{
    return (struct sqlite_session *)store;
}

/* A kept statement that takes values and is then stepped; the first failure is kept. */
struct call {
    struct sqlite_session *session;
    sqlite3_stmt *statement;
    int code;
};

static struct call call(struct mando_store *store, enum sqlite_statement name)
{
    struct call call = {.session = session_of(store)};
    sqlite3_stmt **statement = &call.session->statements[name];
    if (*statement)
        (void)sqlite3_reset(*statement);
    else
        call.code = sqlite3_prepare_v3(call.session->db, SQL[name], -1, SQLITE_PREPARE_PERSISTENT,
                                       statement, NULL);
    call.statement = *statement;
    return call;
}

static void bind_int(struct call *call, int column, int64_t value)
{
    if (call->code == SQLITE_OK)
        call->code = sqlite3_bind_int64(call->statement, column, value);
}

/* NULL is null. */
static void bind_text(struct call *call, int column, const char *text)
{
    if (call->code == SQLITE_OK)
        call->code = sqlite3_bind_text(call->statement, column, text, -1, SQLITE_STATIC);
}

static enum mando_status end(struct call *call, int expected, struct mando_error *error)
{
    enum mando_status status =
        call->code == expected ? MANDO_OK : sqlite_fail(call->session, error);
    (void)sqlite3_reset(call->statement);
    return status;
}

/* Runs a statement without results. */
static enum mando_status run(struct call *call, struct mando_error *error)
{
    if (call->code == SQLITE_OK)
        call->code = sqlite3_step(call->statement);
    return end(call, SQLITE_DONE, error);
}

enum mando_status sqlite_run(struct sqlite_session *session, enum sqlite_statement name,
                             struct mando_error *error)
{
    struct call statement = call(&session->store, name);
    return run(&statement, error);
}

/* Steps a cursor; at its end and after a failure it is reset and gone: stepped again, it would begin
 * anew. */
static enum mando_status next(struct sqlite_session *session, sqlite3_stmt **cursor,
                              bool *is_there_out, struct mando_error *error)
{
    *is_there_out = false;
    if (!*cursor)
        return MANDO_OK;
    struct call step = {.session = session, .statement = *cursor, .code = sqlite3_step(*cursor)};
    *is_there_out = step.code == SQLITE_ROW;
    if (*is_there_out)
        return MANDO_OK;
    *cursor = NULL;
    return end(&step, SQLITE_DONE, error);
}

static enum mando_status newest(struct mando_store *store, int64_t *change_us_out,
                                struct mando_error *error)
{
    struct call read = call(store, STATEMENT_NEWEST);
    if (read.code == SQLITE_OK)
        read.code = sqlite3_step(read.statement);
    if (read.code == SQLITE_ROW)
        *change_us_out = sqlite3_column_int64(read.statement, 0); /* null is 0 */
    return end(&read, SQLITE_ROW, error);
}

static void cursors_end(struct mando_store *store)
{
    struct sqlite_session *session = session_of(store);
    (void)sqlite3_reset(session->configs);
    (void)sqlite3_reset(session->versions);
    session->configs = session->versions = NULL;
    sqlite_records_end(session);
}

static enum mando_status lock(struct mando_store *store, struct mando_error *error)
{
    return sqlite_run(session_of(store), STATEMENT_LOCK, error);
}

/* After some failures SQLite has rolled back already. */
void sqlite_store_rollback(struct mando_store *store)
{
    struct sqlite_session *session = session_of(store);
    cursors_end(store);
    session->has_author = false; /* its change may be gone */
    if (!sqlite3_get_autocommit(session->db))
        (void)sqlite_run(session, STATEMENT_ROLLBACK, NULL);
}

static enum mando_status commit(struct mando_store *store, struct mando_error *error)
{
    cursors_end(store);
    enum mando_status status = sqlite_run(session_of(store), STATEMENT_COMMIT, error);
    if (status)
        sqlite_store_rollback(store);
    return status;
}

static enum mando_status change_put(struct mando_store *store, int64_t change_us,
                                    const char *author, const char *reason,
                                    struct mando_error *error)
{
    struct call put = call(store, STATEMENT_CHANGE_PUT);
    bind_int(&put, 1, change_us);
    bind_text(&put, 2, author);
    bind_text(&put, 3, reason);
    return run(&put, error);
}

/* The text is copied: a statement that stayed where it is would hold the session at what it sees now. */
static enum mando_status keep_author(struct sqlite_session *session, sqlite3_stmt *row,
                                     struct mando_error *error)
{
    const char *text = (const char *)sqlite3_column_text(row, 0);
    session->author.length = 0;
    if (text)
        mando_text_append(&session->author, text, strlen(text));
    if (text && !session->author.status)
        return MANDO_OK;
    mando_text_release(&session->author); /* the mark of the failure goes with it */
    return mando_store_no_memory(error, "the name of an author");
}

static enum mando_status read_author(struct mando_store *store, int64_t change_us,
                                     struct mando_error *error)
{
    struct call read = call(store, STATEMENT_AUTHOR);
    bind_int(&read, 1, change_us);
    if (read.code == SQLITE_OK)
        read.code = sqlite3_step(read.statement);
    enum mando_status status = MANDO_OK;
    if (read.code == SQLITE_ROW)
        status = keep_author(read.session, read.statement, error);
    else if (read.code == SQLITE_DONE)
        status = sqlite_fail_damaged(read.session, "a change has no author", error);
    else
        return end(&read, SQLITE_ROW, error);
    (void)sqlite3_reset(read.statement);
    return status;
}

static enum mando_status author(struct mando_store *store, int64_t change_us,
                                const char **author_out, struct mando_error *error)
{
    struct sqlite_session *session = session_of(store);
    if (!session->has_author || session->author_change_us != change_us) {
        session->has_author = false;
        enum mando_status status = read_author(store, change_us, error);
        if (status)
            return status;
        session->has_author = true;
        session->author_change_us = change_us;
    }
    *author_out = session->author.bytes;
    return MANDO_OK;
}

/* Type and width as they stand in two columns; false where no data point has them. */
static bool read_type(sqlite3_stmt *row, int column, enum mando_point_type *type_out,
                      uint32_t *width_out)
{
    int64_t type = sqlite3_column_int64(row, column), width = sqlite3_column_int64(row, column + 1);
    if (type < MANDO_SERIES || type > MANDO_DOCUMENT || width < 1
        || width > (type == MANDO_MATRIX ? MANDO_POINT_WIDTH_MAX : 1))
        return false;
    *type_out = (enum mando_point_type)type;
    *width_out = (uint32_t)width;
    return true;
}

/* A text may also be missing for want of memory. */
static enum mando_status fail_point(struct sqlite_session *session, struct mando_error *error)
{
    if (sqlite3_errcode(session->db) == SQLITE_NOMEM)
        return sqlite_fail(session, error);
    return sqlite_fail_damaged(session, "a row of its catalog is no data point", error);
}

static enum mando_status point_find(struct mando_store *store, const char *id,
                                    struct mando_store_point *point_out, struct mando_error *error)
{
    struct call read = call(store, STATEMENT_POINT_FIND);
    bind_text(&read, 1, id);
    if (read.code == SQLITE_OK)
        read.code = sqlite3_step(read.statement);
    *point_out = (struct mando_store_point){0};
    if (read.code == SQLITE_DONE)
        return end(&read, SQLITE_DONE, error);
    if (read.code != SQLITE_ROW)
        return end(&read, SQLITE_ROW, error);
    enum mando_status status = MANDO_OK;
    if (read_type(read.statement, 1, &point_out->type, &point_out->width))
        point_out->key = sqlite3_column_int64(read.statement, 0);
    else
        status = fail_point(read.session, error);
    (void)sqlite3_reset(read.statement);
    return status;
}

static enum mando_status point_put(struct mando_store *store, const struct mando_point *point,
                                   int64_t *key_out, struct mando_error *error)
{
    struct call put = call(store, STATEMENT_POINT_PUT);
    bind_text(&put, 1, point->id);
    bind_int(&put, 2, point->type);
    bind_int(&put, 3, point->width);
    enum mando_status status = run(&put, error);
    if (!status)
        *key_out = sqlite3_last_insert_rowid(session_of(store)->db);
    return status;
}

static enum mando_status configs_seek(struct mando_store *store, const char *id, const char *prefix,
                                      struct mando_error *error)
{
    struct sqlite_session *session = session_of(store);
    (void)sqlite3_reset(session->configs);
    struct call seek = call(store, id ? STATEMENT_CONFIG : STATEMENT_CONFIGS);
    session->configs = seek.statement;
    if (seek.code == SQLITE_OK)
        seek.code = sqlite3_bind_text(seek.statement, 1, id ? id : prefix, -1, SQLITE_TRANSIENT);
    if (seek.code == SQLITE_OK && !id) {
        char end_of_range[MANDO_POINT_ID_SIZE + 1];
        (void)snprintf(end_of_range, sizeof end_of_range, "%s" ABOVE_IDS, prefix);
        seek.code = sqlite3_bind_text(seek.statement, 2, end_of_range, -1, SQLITE_TRANSIENT);
    }
    return seek.code == SQLITE_OK ? MANDO_OK : sqlite_fail(session, error);
}

/* False where there is none, or it is longer than any that was stored. */
static bool copy_text(char *out, size_t size, sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    (void)snprintf(out, size, "%s", text ? text : "");
    return text && strlen(text) < size;
}

static bool read_resolution(sqlite3_stmt *row, int column, struct mando_duration *resolution_out)
{
    int64_t months = sqlite3_column_int64(row, column),
            days = sqlite3_column_int64(row, column + 1);
    int64_t time_us = sqlite3_column_int64(row, column + 2);
    if (months < 0 || months > INT32_MAX || days < 0 || days > INT32_MAX || time_us < 0)
        return false;
    *resolution_out = (struct mando_duration){
        .months = (int32_t)months, .days = (int32_t)days, .time_us = time_us};
    return true;
}

static bool read_point(sqlite3_stmt *row, struct mando_point *point)
{
    int64_t aggregation = sqlite3_column_int64(row, 8);
    point->aggregation = (enum mando_aggregation)aggregation;
    point->document = (const char *)sqlite3_column_text(row, 12);
    return aggregation >= 0 && aggregation <= MANDO_LAST
           && copy_text(point->id, sizeof point->id, row, 1)
           && read_type(row, 2, &point->type, &point->width)
           && copy_text(point->unit, sizeof point->unit, row, 6)
           && copy_text(point->time_zone, sizeof point->time_zone, row, 7)
           && read_resolution(row, 9, &point->resolution)
           && (point->document || sqlite3_column_type(row, 12) == SQLITE_NULL);
}

static enum mando_status configs_next(struct mando_store *store, struct mando_config *config_out,
                                      struct mando_error *error)
{
    struct sqlite_session *session = session_of(store);
    sqlite3_stmt *row = session->configs;
    bool is_there;
    enum mando_status status = next(session, &session->configs, &is_there, error);
    *config_out = (struct mando_config){0};
    if (status || !is_there)
        return status;
    config_out->knowledge_us = sqlite3_column_int64(row, 4);
    config_out->change_us = sqlite3_column_int64(row, 5);
    if (!read_point(row, &config_out->point))
        return fail_point(session, error);
    config_out->key = sqlite3_column_int64(row, 0);
    return MANDO_OK;
}

static enum mando_status config_put(struct mando_store *store, const struct mando_config *config,
                                    struct mando_error *error)
{
    const struct mando_point *point = &config->point;
    cursors_end(store);
    struct call put = call(store, STATEMENT_CONFIG_PUT);
    bind_int(&put, 1, config->key);
    bind_int(&put, 2, config->knowledge_us);
    bind_int(&put, 3, config->change_us);
    bind_text(&put, 4, point->unit);
    bind_text(&put, 5, point->time_zone);
    bind_int(&put, 6, point->aggregation);
    bind_int(&put, 7, point->resolution.months);
    bind_int(&put, 8, point->resolution.days);
    bind_int(&put, 9, point->resolution.time_us);
    bind_text(&put, 10, point->document);
    return run(&put, error);
}

/* Opens the cursor of versions by one of its statements, all of which take a data point and two times. */
static enum mando_status open_versions(struct mando_store *store, enum sqlite_statement name,
                                       const struct mando_store_point *point, int64_t first_us,
                                       int64_t second_us, struct mando_error *error)
{
    struct sqlite_session *session = session_of(store);
    (void)sqlite3_reset(session->versions);
    struct call seek = call(store, name);
    session->versions = seek.statement;
    session->point = *point;
    bind_int(&seek, 1, point->key);
    bind_int(&seek, 2, first_us);
    bind_int(&seek, 3, second_us);
    return seek.code == SQLITE_OK ? MANDO_OK : sqlite_fail(session, error);
}

static enum mando_status versions_seek(struct mando_store *store,
                                       const struct mando_store_point *point, int64_t from_us,
                                       int64_t to_us, bool backwards, struct mando_error *error)
{
    return open_versions(store, backwards ? STATEMENT_VERSIONS_BACKWARDS : STATEMENT_VERSIONS,
                         point, from_us, to_us, error);
}

static enum mando_status versions_changed_seek(struct mando_store *store,
                                               const struct mando_store_point *point,
                                               const struct mando_change_range *range,
                                               struct mando_error *error)
{
    return open_versions(store, STATEMENT_VERSIONS_CHANGED, point, range->after_us, range->until_us,
                         error);
}

/* The doubles of a matrix where a double may stand: blobs lie at any address. */
static const char *align(struct sqlite_session *session, const void *blob, size_t size)
{
    if ((uintptr_t)blob % sizeof(double) == 0)
        return blob;
    if (session->aligned_size < size) {
        double *aligned = mando_realloc(session->aligned, size, 1);
        if (!aligned)
            return NULL;
        session->aligned = aligned;
        session->aligned_size = size;
    }
    memcpy(session->aligned, blob, size);
    return (const char *)session->aligned;
}

static enum mando_status fail_version(struct sqlite_session *session, struct mando_error *error)
{
    return sqlite_fail_damaged(session, "a row of its values is no version of one", error);
}

static enum mando_status read_bytes(struct sqlite_session *session, int type,
                                    struct mando_version *version, struct mando_error *error)
{
    sqlite3_stmt *row = session->versions;
    bool is_matrix = session->point.type == MANDO_MATRIX;
    if (type != (is_matrix ? SQLITE_BLOB : SQLITE_TEXT))
        return fail_version(session, error);
    version->bytes = is_matrix ? (const char *)sqlite3_column_blob(row, VERSION_VALUE)
                               : (const char *)sqlite3_column_text(row, VERSION_VALUE);
    version->size = (size_t)sqlite3_column_bytes(row, VERSION_VALUE);
    if (is_matrix) {
        if (version->size != session->point.width * sizeof(double))
            return fail_version(session, error);
        version->bytes = align(session, version->bytes, version->size);
    }
    return version->bytes || version->size == 0 ? MANDO_OK
                                                : mando_store_no_memory(error, "a value");
}

static enum mando_status read_value(struct sqlite_session *session, int type,
                                    struct mando_version *version, struct mando_error *error)
{
    if (session->point.type != MANDO_SERIES)
        return read_bytes(session, type, version, error);
    version->number = sqlite3_column_double(session->versions, VERSION_VALUE);
    return type == SQLITE_FLOAT && isfinite(version->number) ? MANDO_OK
                                                             : fail_version(session, error);
}

static bool has_times(const struct mando_version *version)
{
    return mando_time_is_valid(version->start_us) && mando_time_is_valid(version->knowledge_us)
           && mando_time_is_valid(version->change_us) && mando_time_is_valid(version->end_us)
           && version->end_us >= version->start_us;
}

static enum mando_status versions_next(struct mando_store *store, struct mando_version *version_out,
                                       bool *is_there_out, struct mando_error *error)
{
    struct sqlite_session *session = session_of(store);
    sqlite3_stmt *row = session->versions;
    enum mando_status status = next(session, &session->versions, is_there_out, error);
    if (status || !*is_there_out)
        return status;
    int type = sqlite3_column_type(row, VERSION_VALUE);
    *version_out =
        (struct mando_version){.start_us = sqlite3_column_int64(row, VERSION_START),
                               .knowledge_us = sqlite3_column_int64(row, VERSION_KNOWLEDGE),
                               .change_us = sqlite3_column_int64(row, VERSION_CHANGE),
                               .end_us = sqlite3_column_int64(row, VERSION_END),
                               .present = type != SQLITE_NULL,
                               .deleted = sqlite3_column_int(row, VERSION_DELETED) != 0};
    if (!has_times(version_out))
        return fail_version(session, error);
    return version_out->present ? read_value(session, type, version_out, error) : MANDO_OK;
}

static void bind_value(struct call *put, enum mando_point_type type,
                       const struct mando_version *version)
{
    if (put->code != SQLITE_OK)
        return;
    /* An empty text is no null. */
    const char *bytes = version->size ? version->bytes : "";
    if (!version->present)
        put->code = sqlite3_bind_null(put->statement, 6);
    else if (type == MANDO_SERIES)
        put->code = sqlite3_bind_double(put->statement, 6, version->number);
    else if (type == MANDO_MATRIX)
        put->code = sqlite3_bind_blob64(put->statement, 6, bytes, version->size, SQLITE_STATIC);
    else
        put->code = sqlite3_bind_text64(put->statement, 6, bytes, version->size, SQLITE_STATIC,
                                        SQLITE_UTF8);
}

static enum mando_status version_put(struct call *put, enum mando_point_type type,
                                     const struct mando_version *version, struct mando_error *error)
{
    bind_int(put, 2, version->start_us);
    bind_int(put, 3, version->knowledge_us);
    bind_int(put, 4, version->change_us);
    bind_int(put, 5, version->end_us);
    bind_value(put, type, version);
    bind_int(put, 7, version->deleted);
    enum mando_status status = run(put, error);
    put->code = SQLITE_OK;
    return status;
}

static enum mando_status versions_put(struct mando_store *store,
                                      const struct mando_store_point *point,
                                      const struct mando_version *versions, size_t count,
                                      struct mando_error *error)
{
    cursors_end(store);
    struct call put = call(store, STATEMENT_VERSION_PUT);
    bind_int(&put, 1, point->key);
    enum mando_status status = MANDO_OK;
    for (size_t i = 0; i < count && !status; i++)
        status = version_put(&put, point->type, &versions[i], error);
    return status;
}

const struct mando_store_ops sqlite_store_ops = {
    .newest = newest,
    .lock = lock,
    .commit = commit,
    .rollback = sqlite_store_rollback,
    .cursors_end = cursors_end,
    .change_put = change_put,
    .author = author,
    .point_find = point_find,
    .point_put = point_put,
    .configs_seek = configs_seek,
    .configs_next = configs_next,
    .config_put = config_put,
    .versions_seek = versions_seek,
    .versions_changed_seek = versions_changed_seek,
    .versions_next = versions_next,
    .versions_put = versions_put,
    .record_put = sqlite_record_put,
    .records_seek = sqlite_records_seek,
    .records_next = sqlite_records_next,
};
