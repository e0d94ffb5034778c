/* Versions in and out of DuckDB. */
#include <math.h>
#include <string.h>

#include "base/calendar.h"
#include "repo/duckdb/session.h"

/* A chunk has DUCK_CHUNK_ROWS, but of wide values fewer. */
#define CHUNK_NUMBERS ((size_t)1 << 18)
#define CHUNK_BYTES ((size_t)8 << 20)

/* Against the order most who read want the last version or a few: windows begin short and grow. */
#define WINDOW_FIRST_US MANDO_HOUR_US
#define WINDOW_GROWTH 64

static const struct {
    const char *table, *types;
} TABLES[] = {
    {"series_value", "ittttdb"}, {"matrix_value", "ittttlb"}, {"document_value", "ittttsb"}};

#define VERSION_COLUMNS 7

/* Columns of a version that is read. */
enum { START, KNOWLEDGE, CHANGE, END, VALUE, DELETED };

static size_t place_of(enum mando_point_type type)
{
    return (size_t)type - 1;
}

/* No other times are stored. */
static int64_t within_time(int64_t time_us)
{
    if (time_us < MANDO_TIME_US_MIN)
        return MANDO_TIME_US_MIN;
    return time_us > MANDO_TIME_US_MAX ? MANDO_TIME_US_MAX + 1 : time_us;
}

static const char *const READ_TYPES[] = {"ttttdb", "ttttlb", "ttttsb"};

static enum mando_status seek(struct duck_session *session, enum duck_statement statement,
                              const char *types, int64_t from_us, int64_t to_us,
                              struct mando_error *error)
{
    size_t place = place_of(session->point.type);
    struct duck_call call = duck_call(session, statement + (enum duck_statement)place, error);
    duck_bind_int(&call, session->point.key);
    duck_bind_time(&call, from_us);
    duck_bind_time(&call, to_us);
    duck_bind_time(&call, session->until_us);
    return duck_cursor_open(&call, types, DUCK_VALUES, &session->cursor);
}

/* Where the row of a cursor stands in the order of versions. */
static struct mando_version place_at(const struct duck_cursor *cursor, size_t row)
{
    return (struct mando_version){.start_us = ((const int64_t *)cursor->data[START])[row],
                                  .knowledge_us = ((const int64_t *)cursor->data[KNOWLEDGE])[row],
                                  .change_us = ((const int64_t *)cursor->data[CHANGE])[row]};
}

/* Whether what is read as it was stored comes in order. */
static enum mando_status check_order(struct duck_session *session, int64_t from_us, int64_t to_us,
                                     bool *is_in_order_out, struct mando_error *error)
{
    struct duck_cursor *cursor = &session->cursor;
    struct mando_version last = {.start_us = INT64_MIN};
    bool is_there = true;
    enum mando_status status = seek(session, DUCK_PLACES, "ttt", from_us, to_us, error);
    *is_in_order_out = true;
    while (!status && is_there && *is_in_order_out) {
        status = duck_cursor_next(session, cursor, &is_there, error);
        for (size_t row = 0; !status && is_there && row < cursor->row_count; row++) {
            struct mando_version version = place_at(cursor, row);
            *is_in_order_out = *is_in_order_out && mando_version_compare(&last, &version) < 0;
            last = version;
        }
        cursor->row = cursor->row_count; /* on with the next chunk */
    }
    duck_cursors_end(&session->store);
    return status;
}

/* Opens the cursor over a range. To sort is dear, so it is left to DuckDB only where it must be: a few
 * versions are sorted here, and many are mostly stored in their order. What another thread commits between
 * the statements is in none of them. */
static enum mando_status open_range(struct duck_session *session, bool backwards, int64_t from_us,
                                    int64_t to_us, struct mando_error *error)
{
    static const size_t PLACE[3] = {START, KNOWLEDGE, CHANGE};
    const char *types = READ_TYPES[place_of(session->point.type)];
    bool is_in_order = false;
    session->last = (struct mando_version){.start_us = INT64_MIN};
    enum mando_status status = seek(session, DUCK_VERSIONS, types, from_us, to_us, error);
    if (!status)
        status =
            duck_cursor_order(session, &session->cursor, PLACE, backwards, &is_in_order, error);
    if (status || is_in_order)
        return status;
    if (backwards)
        return seek(session, DUCK_VERSIONS_BACKWARDS, types, from_us, to_us, error);
    status = check_order(session, from_us, to_us, &is_in_order, error);
    return status ? status
                  : seek(session, is_in_order ? DUCK_VERSIONS : DUCK_VERSIONS_FORWARDS, types,
                         from_us, to_us, error);
}

/* The last start of the range, where there is one. */
static enum mando_status find_last_start(struct duck_session *session, bool *is_there_out,
                                         int64_t *start_us_out, struct mando_error *error)
{
    struct duck_cursor *row = &session->cursor;
    enum mando_status status =
        seek(session, DUCK_LAST_START, "t", session->from_us, session->to_us, error);
    if (!status)
        status = duck_cursor_next(session, row, is_there_out, error);
    *is_there_out = !status && *is_there_out && !duck_is_null(row, 0);
    if (*is_there_out)
        *start_us_out = duck_int(row, 0);
    duck_cursors_end(&session->store);
    return status;
}

/* Opens the cursor over the next window before what was read; without one where nothing is left. */
static enum mando_status seek_window(struct duck_session *session, struct mando_error *error)
{
    int64_t to_us = session->to_us;
    int64_t left_us = to_us - session->from_us, length_us = session->window_us;
    if (left_us <= 0)
        return MANDO_OK;
    session->to_us = length_us < left_us ? to_us - length_us : session->from_us;
    if (session->window_us < MANDO_TIME_US_MAX / WINDOW_GROWTH)
        session->window_us *= WINDOW_GROWTH;
    return open_range(session, true, session->to_us, to_us, error);
}

/* Mostly the last hour has a start. Where it has none, the next window ends with the last one there is. */
static enum mando_status skip_gap(struct duck_session *session, struct mando_error *error)
{
    bool is_there = false;
    int64_t last_us = 0;
    enum mando_status status = find_last_start(session, &is_there, &last_us, error);
    session->to_us = is_there ? last_us + 1 : session->from_us;
    return status ? status : seek_window(session, error);
}

enum mando_status duck_versions_seek(struct mando_store *store,
                                     const struct mando_store_point *point, int64_t from_us,
                                     int64_t to_us, bool backwards, struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    duck_cursors_end(store);
    session->point = *point;
    session->from_us = within_time(from_us);
    session->to_us = within_time(to_us);
    session->window_us = backwards ? WINDOW_FIRST_US : 0;
    enum mando_status status = mando_store_newest(store, &session->until_us, error);
    if (!status)
        status = duck_appender_flush(session, &session->values[place_of(point->type)], error);
    if (status)
        return status;
    return backwards ? seek_window(session, error)
                     : open_range(session, false, session->from_us, session->to_us, error);
}

static enum mando_status fail_version(struct duck_session *session, struct mando_error *error)
{
    return duck_fail_damaged(session, "a row of its values is no version of one", error);
}

/* Numbers of a list, none of which may be null. */
static bool read_numbers(const struct duck_session *session, struct mando_version *version)
{
    const struct duck_library *duck = session->duck;
    const struct duck_cursor *cursor = &session->cursor;
    const duckdb_list_entry *entry = &((const duckdb_list_entry *)cursor->data[VALUE])[cursor->row];
    duckdb_vector child = duck->list_vector_get_child(cursor->columns[VALUE]);
    const double *numbers = duck->vector_get_data(child);
    const uint64_t *validity = duck->vector_get_validity(child);
    for (uint64_t i = entry->offset; validity && i < entry->offset + entry->length; i++)
        if (!(validity[i / 64] >> (i % 64) & 1))
            return false;
    version->bytes = (const char *)&numbers[entry->offset];
    version->size = entry->length * sizeof *numbers;
    return entry->length == session->point.width;
}

static bool read_value(const struct duck_session *session, struct mando_version *version)
{
    const struct duck_cursor *cursor = &session->cursor;
    switch (session->point.type) {
    case MANDO_MATRIX:
        return read_numbers(session, version);
    case MANDO_DOCUMENT:
        version->bytes = duck_text(cursor, VALUE, &version->size);
        return true;
    case MANDO_SERIES:
        break;
    }
    version->number = ((const double *)cursor->data[VALUE])[cursor->row];
    return isfinite(version->number);
}

static bool has_times(const struct mando_version *version)
{
    return mando_time_is_valid(version->start_us) && mando_time_is_valid(version->knowledge_us)
           && mando_time_is_valid(version->change_us) && mando_time_is_valid(version->end_us)
           && version->end_us >= version->start_us;
}

/* A stream that is not sorted is trusted to come as it has come before, and looked at. */
static bool ascends(struct duck_session *session, const struct mando_version *version)
{
    if (session->window_us)
        return true;
    bool ascends = mando_version_compare(&session->last, version) < 0;
    session->last = *version;
    return ascends;
}

static enum mando_status read_version(struct duck_session *session,
                                      struct mando_version *version_out, bool *is_there_out,
                                      struct mando_error *error)
{
    const struct duck_cursor *cursor = &session->cursor;
    enum mando_status status = duck_cursor_next(session, &session->cursor, is_there_out, error);
    if (status || !*is_there_out)
        return status;
    *version_out = (struct mando_version){.start_us = duck_int(cursor, START),
                                          .knowledge_us = duck_int(cursor, KNOWLEDGE),
                                          .change_us = duck_int(cursor, CHANGE),
                                          .end_us = duck_int(cursor, END),
                                          .present = !duck_is_null(cursor, VALUE),
                                          .deleted = duck_bool(cursor, DELETED)};
    bool is_sound = has_times(version_out) && ascends(session, version_out)
                    && (!version_out->present || read_value(session, version_out));
    return is_sound ? MANDO_OK : fail_version(session, error);
}

enum mando_status duck_versions_next(struct mando_store *store, struct mando_version *version_out,
                                     bool *is_there_out, struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    enum mando_status status = MANDO_OK;
    *is_there_out = false;
    while (!status && !*is_there_out && session->cursor.kind == DUCK_VALUES) {
        status = read_version(session, version_out, is_there_out, error);
        if (!status && !*is_there_out && session->window_us)
            status = skip_gap(session, error);
    }
    return status;
}

/* Rows that are being written into a chunk. */
struct writer {
    struct duck_session *session;
    duckdb_data_chunk chunk;
    duckdb_vector value;
    int64_t *points, *starts, *knowledges, *changes, *ends;
    void *values;
    bool *deleted;
    uint64_t *validity; /* NULL until a value is missing */
    size_t count, count_max;
    size_t size; /* of a matrix the numbers, of documents the bytes */
};

static enum mando_status make_chunk(struct duck_session *session, enum mando_point_type type,
                                    struct mando_error *error)
{
    static const duckdb_type VALUES[] = {DUCKDB_TYPE_DOUBLE, DUCKDB_TYPE_DOUBLE,
                                         DUCKDB_TYPE_VARCHAR};
    const struct duck_library *duck = session->duck;
    size_t place = place_of(type);
    if (session->chunks[place])
        return MANDO_OK;
    duckdb_logical_type number = duck->create_logical_type(DUCKDB_TYPE_BIGINT);
    duckdb_logical_type time = duck->create_logical_type(DUCKDB_TYPE_TIMESTAMP);
    duckdb_logical_type truth = duck->create_logical_type(DUCKDB_TYPE_BOOLEAN);
    duckdb_logical_type plain = duck->create_logical_type(VALUES[place]);
    duckdb_logical_type list = duck->create_list_type(plain);
    duckdb_logical_type types[VERSION_COLUMNS] = {
        number, time, time, time, time, type == MANDO_MATRIX ? list : plain, truth};
    session->chunks[place] = duck->create_data_chunk(types, VERSION_COLUMNS);
    duck->destroy_logical_type(&number);
    duck->destroy_logical_type(&time);
    duck->destroy_logical_type(&truth);
    duck->destroy_logical_type(&plain);
    duck->destroy_logical_type(&list);
    return session->chunks[place] ? MANDO_OK : mando_store_no_memory(error, "values");
}

static void *column(struct writer *writer, size_t place)
{
    const struct duck_library *duck = writer->session->duck;
    return duck->vector_get_data(duck->data_chunk_get_vector(writer->chunk, place));
}

static void begin_chunk(struct writer *writer)
{
    const struct duck_library *duck = writer->session->duck;
    duck->data_chunk_reset(writer->chunk);
    writer->points = column(writer, 0);
    writer->starts = column(writer, 1);
    writer->knowledges = column(writer, 2);
    writer->changes = column(writer, 3);
    writer->ends = column(writer, 4);
    writer->values = column(writer, 5);
    writer->deleted = column(writer, 6);
    writer->value = duck->data_chunk_get_vector(writer->chunk, 5);
    writer->validity = NULL;
    writer->count = writer->size = 0;
}

static enum mando_status send_chunk(struct writer *writer, struct duck_appender *appender,
                                    struct mando_error *error)
{
    struct duck_session *session = writer->session;
    if (writer->count == 0)
        return MANDO_OK;
    session->duck->data_chunk_set_size(writer->chunk, writer->count);
    appender->has_rows = true;
    if (session->duck->append_data_chunk(appender->appender, writer->chunk) != DuckDBSuccess)
        return duck_appender_fail(session, appender, error);
    begin_chunk(writer);
    return MANDO_OK;
}

static void write_null(struct writer *writer)
{
    const struct duck_library *duck = writer->session->duck;
    if (!writer->validity) {
        duck->vector_ensure_validity_writable(writer->value);
        writer->validity = duck->vector_get_validity(writer->value);
    }
    writer->validity[writer->count / 64] &= ~(UINT64_C(1) << (writer->count % 64));
}

static bool write_numbers(struct writer *writer, const struct mando_version *version)
{
    const struct duck_library *duck = writer->session->duck;
    size_t count = version->size / sizeof(double);
    ((duckdb_list_entry *)writer->values)[writer->count] =
        (duckdb_list_entry){.offset = writer->size, .length = count};
    if (duck->list_vector_reserve(writer->value, writer->size + count) != DuckDBSuccess
        || duck->list_vector_set_size(writer->value, writer->size + count) != DuckDBSuccess)
        return false;
    double *numbers = duck->vector_get_data(duck->list_vector_get_child(writer->value));
    memcpy(&numbers[writer->size], version->bytes, version->size);
    writer->size += count;
    return true;
}

static bool write_value(struct writer *writer, enum mando_point_type type,
                        const struct mando_version *version)
{
    if (type == MANDO_MATRIX && version->present)
        return write_numbers(writer, version);
    if (type == MANDO_MATRIX) /* the bounds of a missing list are looked at, too */
        ((duckdb_list_entry *)writer->values)[writer->count] =
            (duckdb_list_entry){.offset = writer->size};
    if (type == MANDO_SERIES)
        ((double *)writer->values)[writer->count] = version->number;
    if (!version->present)
        write_null(writer);
    else if (type == MANDO_DOCUMENT) {
        writer->session->duck->vector_assign_string_element_len(
            writer->value, writer->count, version->size ? version->bytes : "", version->size);
        writer->size += version->size;
    }
    return true;
}

static bool write_version(struct writer *writer, const struct mando_store_point *point,
                          const struct mando_version *version)
{
    size_t row = writer->count;
    writer->points[row] = point->key;
    writer->starts[row] = version->start_us;
    writer->knowledges[row] = version->knowledge_us;
    writer->changes[row] = version->change_us;
    writer->ends[row] = version->end_us;
    writer->deleted[row] = version->deleted;
    if (!write_value(writer, point->type, version))
        return false;
    writer->count++;
    return true;
}

static bool is_full(const struct writer *writer, enum mando_point_type type)
{
    return writer->count == writer->count_max
           || (type == MANDO_DOCUMENT && writer->size >= CHUNK_BYTES);
}

enum mando_status duck_versions_put(struct mando_store *store,
                                    const struct mando_store_point *point,
                                    const struct mando_version *versions, size_t count,
                                    struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    size_t place = place_of(point->type), numbers_max = CHUNK_NUMBERS / point->width;
    struct duck_appender *appender = &session->values[place];
    duck_cursors_end(store);
    enum mando_status status =
        duck_appender_open(session, appender, TABLES[place].table, TABLES[place].types, error);
    if (!status)
        status = make_chunk(session, point->type, error);
    if (status)
        return status;
    struct writer writer = {.session = session,
                            .chunk = session->chunks[place],
                            .count_max =
                                numbers_max < DUCK_CHUNK_ROWS ? numbers_max : DUCK_CHUNK_ROWS};
    begin_chunk(&writer);
    for (size_t i = 0; i < count && !status; i++) {
        if (!write_version(&writer, point, &versions[i]))
            status = mando_store_no_memory(error, "values");
        else if (is_full(&writer, point->type))
            status = send_chunk(&writer, appender, error);
    }
    return status ? status : send_chunk(&writer, appender, error);
}
