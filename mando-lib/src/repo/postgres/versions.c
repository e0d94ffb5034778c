/* Versions out of PostgreSQL, in order, and into it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/calendar.h"
#include "repo/postgres/postgres.h"

#define CHUNK_ROWS_FIRST_BACKWARDS 16 /* nearly always one version is asked for */
#define CHUNK_ROWS 8192
#define CHUNK_BYTES ((size_t)4 << 20) /* of matrices */
#define CHUNK_DOCUMENTS 64

/* A part meets a few partitions, for each costs time; one after a part with few rows is longer. */
#define WINDOW_US (62 * MANDO_DAY_US)
#define WINDOW_GROWTH 4
#define WINDOW_US_MAX (36525 * MANDO_DAY_US)

/* Fewer rows are not worth a COPY. */
#define COPY_ROWS_MIN 16

#define TYPE_NUMBER 701

static struct postgres_session *session_of(struct mando_store *store)
{
    return (struct postgres_session *)store;
}

void postgres_versions_end(struct postgres_session *session)
{
    struct postgres_versions *versions = &session->versions;
    postgres_clear(&versions->rows);
    versions->is_open = false;
}

void postgres_versions_release(struct postgres_session *session)
{
    postgres_versions_end(session);
    mando_free(session->versions.numbers);
}

static int rows_of_chunk(const struct mando_store_point *point)
{
    if (point->type == MANDO_DOCUMENT)
        return CHUNK_DOCUMENTS;
    size_t rows = CHUNK_BYTES / ((size_t)point->width * POSTGRES_ARRAY_ITEM) + 1;
    return rows < CHUNK_ROWS ? (int)rows : CHUNK_ROWS;
}

enum mando_status postgres_versions_seek(struct mando_store *store,
                                         const struct mando_store_point *point, int64_t from_us,
                                         int64_t to_us, bool is_backwards,
                                         struct mando_error *error)
{
    struct postgres_session *session = session_of(store);
    struct postgres_versions *versions = &session->versions;
    (void)error;
    postgres_versions_end(session);
    versions->is_open = from_us < to_us;
    versions->is_backwards = is_backwards;
    versions->is_changed = false;
    versions->point = *point;
    versions->from_us = from_us;
    versions->to_us = to_us;
    versions->part_from_us = versions->part_to_us = 0;
    versions->window_us = WINDOW_US;
    versions->chunk_rows = is_backwards ? CHUNK_ROWS_FIRST_BACKWARDS : rows_of_chunk(point);
    return MANDO_OK;
}

enum mando_status postgres_versions_changed_seek(struct mando_store *store,
                                                 const struct mando_store_point *point,
                                                 const struct mando_change_range *range,
                                                 struct mando_error *error)
{
    struct postgres_versions *versions = &session_of(store)->versions;
    enum mando_status status =
        postgres_versions_seek(store, point, INT64_MIN, INT64_MAX, false, error);
    versions->is_changed = true;
    versions->changed = *range;
    return status;
}

static bool has_part(const struct postgres_versions *versions)
{
    return versions->part_from_us < versions->part_to_us;
}

/* Where a part that begins at from_us ends: a window on, as only the months have many partitions. */
static int64_t end_of_part(const struct postgres_session *session, int64_t from_us)
{
    int64_t first_us = session->month_first_us, window_us = session->versions.window_us;
    int64_t start_us = from_us > first_us ? from_us : first_us;
    return session->month_end_us - start_us <= window_us ? INT64_MAX : start_us + window_us;
}

/* The same against the order. */
static int64_t start_of_part(const struct postgres_session *session, int64_t to_us)
{
    int64_t end_us = session->month_end_us, window_us = session->versions.window_us;
    end_us = to_us < end_us ? to_us : end_us;
    return end_us - session->month_first_us <= window_us ? INT64_MIN : end_us - window_us;
}

/* Takes the next part off the range; false at its end. */
static bool next_part(struct postgres_session *session)
{
    struct postgres_versions *versions = &session->versions;
    if (versions->from_us >= versions->to_us)
        return false;
    versions->part_from_us = versions->from_us;
    versions->part_to_us = versions->to_us;
    if (versions->is_backwards) {
        int64_t start_us = start_of_part(session, versions->to_us);
        versions->part_from_us = start_us > versions->from_us ? start_us : versions->from_us;
        versions->to_us = versions->part_from_us;
    } else {
        int64_t end_us = end_of_part(session, versions->from_us);
        versions->part_to_us = end_us < versions->to_us ? end_us : versions->to_us;
        versions->from_us = versions->part_to_us;
    }
    versions->start_us = versions->is_backwards ? versions->part_to_us : versions->part_from_us;
    versions->knowledge_us = versions->change_us = INT64_MIN;
    versions->part_rows = 0;
    return true;
}

/* A chunk that is not full is the part's last. */
static void end_part(struct postgres_versions *versions)
{
    versions->part_from_us = versions->part_to_us;
    if (versions->part_rows < CHUNK_ROWS / WINDOW_GROWTH
        && versions->window_us < WINDOW_US_MAX / WINDOW_GROWTH)
        versions->window_us *= WINDOW_GROWTH;
}

static enum mando_status read_chunk(struct postgres_session *session, struct mando_error *error)
{
    struct postgres_versions *versions = &session->versions;
    struct postgres_parameters parameters = {.count = 0};
    int first = versions->is_backwards ? STATEMENT_VERSIONS_BACKWARDS
                : versions->is_changed ? STATEMENT_VERSIONS_CHANGED
                                       : STATEMENT_VERSIONS;
    postgres_add_int(&parameters, versions->point.key);
    postgres_add_time(&parameters, versions->part_from_us);
    postgres_add_time(&parameters, versions->part_to_us);
    postgres_add_time(&parameters, versions->start_us);
    postgres_add_time(&parameters, versions->knowledge_us);
    postgres_add_time(&parameters, versions->change_us);
    postgres_add_int(&parameters, versions->chunk_rows);
    if (versions->is_changed) {
        postgres_add_time(&parameters, versions->changed.after_us);
        postgres_add_time(&parameters, versions->changed.until_us);
    }
    postgres_clear(&versions->rows);
    versions->row = 0;
    enum mando_status status = postgres_run(
        session, (enum postgres_statement)(first + (int)versions->point.type - MANDO_SERIES),
        &parameters, &versions->rows, error);
    if (status)
        return status;
    int rows = PQntuples(versions->rows), chunk_rows = versions->chunk_rows;
    versions->part_rows += rows;
    versions->chunk_rows = rows_of_chunk(&versions->point);
    if (rows < chunk_rows)
        end_part(versions);
    return MANDO_OK;
}

static enum mando_status fail_version(const struct postgres_session *session,
                                      struct mando_error *error)
{
    return postgres_fail_damaged(session, "a row of its values is no version of one", error);
}

/* The doubles of a matrix, as they stand in memory. */
static enum mando_status read_matrix(struct postgres_session *session, const char *array,
                                     size_t length, struct mando_version *version,
                                     struct mando_error *error)
{
    struct postgres_versions *versions = &session->versions;
    size_t width = versions->point.width, size = width * sizeof(double);
    if (length != POSTGRES_ARRAY_HEADER + width * POSTGRES_ARRAY_ITEM
        || postgres_read_32(array) != 1 || postgres_read_32(array + 12) != width)
        return fail_version(session, error);
    if (versions->numbers_size < size) {
        double *numbers = mando_realloc(versions->numbers, size, 1);
        if (!numbers)
            return mando_store_no_memory(error, "a value");
        versions->numbers = numbers;
        versions->numbers_size = size;
    }
    for (size_t i = 0; i < width; i++) {
        uint64_t bits =
            postgres_read_64(array + POSTGRES_ARRAY_HEADER + i * POSTGRES_ARRAY_ITEM + 4);
        memcpy(&versions->numbers[i], &bits, sizeof bits);
    }
    version->bytes = (const char *)versions->numbers;
    version->size = size;
    return MANDO_OK;
}

static enum mando_status read_value(struct postgres_session *session, int row,
                                    struct mando_version *version, struct mando_error *error)
{
    const PGresult *rows = session->versions.rows;
    if (session->versions.point.type == MANDO_SERIES) {
        version->number = postgres_get_number(rows, row, POSTGRES_VERSION_VALUE);
        return isfinite(version->number) ? MANDO_OK : fail_version(session, error);
    }
    const char *bytes = PQgetvalue(rows, row, POSTGRES_VERSION_VALUE);
    size_t length = (size_t)PQgetlength(rows, row, POSTGRES_VERSION_VALUE);
    if (session->versions.point.type == MANDO_MATRIX)
        return read_matrix(session, bytes, length, version, error);
    version->bytes = bytes;
    version->size = length;
    return MANDO_OK;
}

static bool has_times(const struct mando_version *version)
{
    return mando_time_is_valid(version->start_us) && mando_time_is_valid(version->knowledge_us)
           && mando_time_is_valid(version->change_us) && mando_time_is_valid(version->end_us)
           && version->end_us >= version->start_us;
}

static enum mando_status read_version(struct postgres_session *session, int row,
                                      struct mando_version *version_out, struct mando_error *error)
{
    struct postgres_versions *versions = &session->versions;
    const PGresult *rows = versions->rows;
    *version_out = (struct mando_version){
        .start_us = postgres_get_time(rows, row, POSTGRES_VERSION_START),
        .knowledge_us = postgres_get_time(rows, row, POSTGRES_VERSION_KNOWLEDGE),
        .change_us = postgres_get_time(rows, row, POSTGRES_VERSION_CHANGE),
        .end_us = postgres_get_time(rows, row, POSTGRES_VERSION_END),
        .present = !PQgetisnull(rows, row, POSTGRES_VERSION_VALUE),
        .deleted = postgres_get_bool(rows, row, POSTGRES_VERSION_DELETED)};
    versions->start_us = version_out->start_us;
    versions->knowledge_us = version_out->knowledge_us;
    versions->change_us = version_out->change_us;
    if (!has_times(version_out))
        return fail_version(session, error);
    return version_out->present ? read_value(session, row, version_out, error) : MANDO_OK;
}

enum mando_status postgres_versions_next(struct mando_store *store,
                                         struct mando_version *version_out, bool *is_there_out,
                                         struct mando_error *error)
{
    struct postgres_session *session = session_of(store);
    struct postgres_versions *versions = &session->versions;
    enum mando_status status = MANDO_OK;
    *is_there_out = false;
    while (!status && versions->is_open
           && (!versions->rows || versions->row == PQntuples(versions->rows))) {
        if (has_part(versions) || next_part(session))
            status = read_chunk(session, error);
        else
            postgres_versions_end(session);
    }
    if (status || !versions->is_open) {
        postgres_versions_end(session);
        return status;
    }
    *is_there_out = true;
    return read_version(session, versions->row++, version_out, error);
}

/* An array as the server takes it, in the session's buffer. */
static void append_array(struct mando_text *out, const struct mando_version *version)
{
    const double *numbers = (const double *)(const void *)version->bytes;
    uint32_t width = (uint32_t)(version->size / sizeof *numbers);
    char header[POSTGRES_ARRAY_HEADER], item[POSTGRES_ARRAY_ITEM];
    postgres_write_array(header, TYPE_NUMBER, width);
    mando_text_append(out, header, sizeof header);
    postgres_write_32(item, sizeof(double));
    for (uint32_t i = 0; i < width; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        postgres_write_64(item + 4, bits);
        mando_text_append(out, item, sizeof item);
    }
}

static char *put_field(char *out, int64_t value)
{
    postgres_write_32(out, 8);
    postgres_write_64(out + 4, (uint64_t)value);
    return out + 12;
}

/* The fields of a row in COPY, but for the value. */
#define ROW_BYTES (2 + 5 * 12 + 5)

static void append_row(struct mando_text *out, const struct mando_store_point *point,
                       const struct mando_version *version)
{
    char bytes[ROW_BYTES + 12] = {0, 7}, *at = bytes + 2;
    at = put_field(at, point->key);
    at = put_field(at, postgres_time_of(version->start_us));
    at = put_field(at, postgres_time_of(version->knowledge_us));
    at = put_field(at, postgres_time_of(version->change_us));
    at = put_field(at, postgres_time_of(version->end_us));
    postgres_write_32(at, 1);
    at[4] = (char)version->deleted;
    at += 5;
    if (!version->present) {
        postgres_write_32(at, UINT32_MAX);
        mando_text_append(out, bytes, ROW_BYTES + 4);
        return;
    }
    if (point->type == MANDO_SERIES) {
        int64_t bits;
        memcpy(&bits, &version->number, sizeof bits);
        (void)put_field(at, bits);
        mando_text_append(out, bytes, sizeof bytes);
        return;
    }
    bool is_matrix = point->type == MANDO_MATRIX;
    size_t length =
        is_matrix ? POSTGRES_ARRAY_HEADER + version->size / sizeof(double) * POSTGRES_ARRAY_ITEM
                  : version->size;
    postgres_write_32(at, (uint32_t)length);
    mando_text_append(out, bytes, ROW_BYTES + 4);
    if (is_matrix)
        append_array(out, version);
    else if (version->size)
        mando_text_append(out, version->bytes, version->size);
}

static enum mando_status copy_into(struct postgres_session *session, const char *table,
                                   const struct mando_store_point *point,
                                   const struct mando_version *versions, size_t count,
                                   struct mando_error *error)
{
    static const char *const COLUMNS[] = {
        [MANDO_SERIES] = "number", [MANDO_MATRIX] = "numbers", [MANDO_DOCUMENT] = "document"};
    char sql[192];
    (void)snprintf(sql, sizeof sql,
                   "COPY %s (point, valid_start, knowledge, change, valid_end, deleted, %s)"
                   " FROM STDIN (FORMAT binary)",
                   table, COLUMNS[point->type]);
    enum mando_status status = postgres_copy_begin(session, sql, error);
    if (status)
        return status;
    for (size_t i = 0; i < count && !status; i++) {
        append_row(&session->copy, point, &versions[i]);
        status = postgres_copy_send(session, error);
    }
    return status ? status : postgres_copy_end(session, error);
}

/* The server takes many rows of a month quicker straight into their partition. */
static enum mando_status copy_versions(struct postgres_session *session,
                                       const struct mando_store_point *point,
                                       const struct mando_version *versions, size_t count,
                                       struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    char table[32];
    for (size_t from = 0, to = 0; from < count && !status; from = to) {
        size_t run = postgres_month_run(&versions[from], count - from, table);
        if (run >= POSTGRES_MONTH_ROWS_MIN) {
            to = from + run;
            status = copy_into(session, table, point, &versions[from], run, error);
            continue;
        }
        while (to < count && run < POSTGRES_MONTH_ROWS_MIN) {
            to += run ? run : 1;
            run = to < count ? postgres_month_run(&versions[to], count - to, table) : 0;
        }
        status = copy_into(session, "value", point, &versions[from], to - from, error);
    }
    return status;
}

static enum mando_status add_value(struct postgres_session *session,
                                   struct postgres_parameters *parameters,
                                   enum mando_point_type type, const struct mando_version *version,
                                   struct mando_error *error)
{
    session->copy.length = 0;
    if (!version->present)
        postgres_add_null(parameters);
    else if (type == MANDO_SERIES)
        postgres_add_number(parameters, version->number);
    else if (type == MANDO_DOCUMENT)
        postgres_add_bytes(parameters, version->bytes, version->size);
    else {
        append_array(&session->copy, version);
        postgres_add_bytes(parameters, session->copy.bytes, session->copy.length);
    }
    if (!session->copy.status)
        return MANDO_OK;
    mando_text_release(&session->copy); /* the mark of the failure goes with it */
    return mando_store_no_memory(error, "a value");
}

static enum mando_status put_version(struct postgres_session *session,
                                     const struct mando_store_point *point,
                                     const struct mando_version *version, struct mando_error *error)
{
    struct postgres_parameters parameters = {.count = 0};
    postgres_add_int(&parameters, point->key);
    postgres_add_time(&parameters, version->start_us);
    postgres_add_time(&parameters, version->knowledge_us);
    postgres_add_time(&parameters, version->change_us);
    postgres_add_time(&parameters, version->end_us);
    postgres_add_bool(&parameters, version->deleted);
    enum mando_status status = add_value(session, &parameters, point->type, version, error);
    int statement = STATEMENT_VERSION_PUT + (int)point->type - MANDO_SERIES;
    return status ? status
                  : postgres_queue(session, (enum postgres_statement)statement, &parameters, error);
}

enum mando_status postgres_versions_put(struct mando_store *store,
                                        const struct mando_store_point *point,
                                        const struct mando_version *versions, size_t count,
                                        struct mando_error *error)
{
    struct postgres_session *session = session_of(store);
    store->ops->cursors_end(store);
    enum mando_status status = postgres_months_make(session, versions, count, error);
    if (status)
        return status;
    if (count >= COPY_ROWS_MIN)
        return copy_versions(session, point, versions, count, error);
    for (size_t i = 0; i < count && !status; i++)
        status = put_version(session, point, &versions[i], error);
    return status;
}
