/* Rows of Parquet files. DuckDB gets the file by its descriptor: a name with a star is one file, and nothing
 * else can be reached. */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/calendar.h"
#include "base/fail.h"
#include "codec/duckdb/nanoseconds.h"
#include "codec/duckdb/query.h"
#include "codec/file_error.h"
#include "codec/parquet.h"

#define SQL_LENGTH_MAX ((size_t)1 << 20)
#define NS_PER_US 1000
#define NS_PER_SECOND INT64_C(1000000000)

struct rows_parquet {
    struct duck_query query;
    FILE *copy; /* of what has no descriptor of its own or must be changed; NULL = none */
    char path[32];
    int file;
    bool is_odd;                   /* the chunk has to be read row by row */
    int *fields;                   /* enum rows_field of each column */
    size_t column_count, id_place; /* SIZE_MAX = there is no id */
    size_t row;                    /* of those at hand */
    int64_t line;                  /* of the file, from 1 */
    uint64_t bytes, size, rows;    /* handed out; of the file, as far as they are known */
    int64_t times_us[ROWS_DELETED][DUCK_QUERY_ROWS]; /* of columns of nanoseconds, by field */
};

/* What DuckDB says of a file, which it knows by a descriptor. */
static enum mando_status fail_file(const struct mando_rows_reader *reader,
                                   struct rows_parquet *self, struct mando_error *error)
{
    const char *name = mando_input_name(reader->input);
    char *line = self->query.reason, *path = strstr(line, self->path);
    if (self->query.has_died)
        return mando_fail_at(error, MANDO_E_IO_READ, name, 0, 0, "%.120s could not be read: %.100s",
                             name, line);
    if (strstr(line, "ut of Memory") || strstr(line, "ut of memory"))
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read %.120s", name);
    return mando_fail_at(error, MANDO_E_IO_FORMAT, name, 0, 0,
                         "it is no Parquet file or is damaged: %.*s%.60s%s",
                         path ? (int)(path - line) : (int)strlen(line), line, path ? name : "",
                         path ? path + strlen(self->path) : "");
}

MANDO_PRINTF(5, 6)
static enum mando_status fail_cell(const struct mando_rows_reader *reader, int64_t line,
                                   enum mando_error_code code, struct mando_error *error,
                                   const char *format, ...)
{
    char message[200];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return mando_fail_at(error, code, mando_input_name(reader->input), line, 0, "%s", message);
}

/* A copy of a pipe, of memory, of what gzip holds, of times in nanoseconds. */
static enum mando_status copy_input(struct mando_rows_reader *reader, struct rows_parquet *self,
                                    struct mando_error *error)
{
    char bytes[65536];
    size_t length = 0;
    self->copy = tmpfile();
    if (!self->copy)
        return mando_fail(error, MANDO_E_IO_WRITE, -1, "a temporary file cannot be made");
    do {
        enum mando_status status =
            mando_input_read(reader->input, bytes, sizeof bytes, &length, error);
        if (status)
            return status;
        if (fwrite(bytes, 1, length, self->copy) < length)
            break;
    } while (length > 0);
    if (fflush(self->copy) == 0 && !ferror(self->copy))
        return MANDO_OK;
    return mando_fail(error, MANDO_E_IO_WRITE, -1, "a temporary file cannot be written");
}

static void set_file(struct rows_parquet *self, int file)
{
    self->file = file;
    (void)snprintf(self->path, sizeof self->path, "/proc/self/fd/%d", file);
}

static enum mando_status open_file(struct mando_rows_reader *reader, struct rows_parquet *self,
                                   struct mando_error *error)
{
    struct stat info;
    int file = mando_input_file(reader->input);
    if (file < 0) {
        enum mando_status status = copy_input(reader, self, error);
        if (status)
            return status;
        file = fileno(self->copy);
    }
    if (fstat(file, &info) == 0)
        self->size = (uint64_t)info.st_size;
    set_file(self, file);
    return MANDO_OK;
}

static enum mando_status open_database(struct mando_rows_reader *reader, struct rows_parquet *self,
                                       struct mando_error *error)
{
    const struct duck_library *duck;
    enum mando_status status = duck_library_load(&duck, error);
    if (status)
        return status;
    bool is_open = reader->options.in_child
                       ? duck_query_open_child(&self->query, duck, self->path, self->file)
                       : duck_query_open(&self->query, duck, self->path);
    return is_open ? MANDO_OK : fail_file(reader, self, error);
}

static enum mando_status run(struct mando_rows_reader *reader, struct rows_parquet *self,
                             const char *sql, struct mando_error *error)
{
    return duck_query_run(&self->query, sql) ? MANDO_OK : fail_file(reader, self, error);
}

/* Numbers are converted, all else is of its type. */
static bool takes(const struct mando_rows_reader *reader, int field, duckdb_type type)
{
    switch (field) {
    case ROWS_ID:
        return type == DUCKDB_TYPE_VARCHAR;
    case ROWS_START:
    case ROWS_END:
    case ROWS_KNOWN:
        return type == DUCKDB_TYPE_TIMESTAMP_TZ;
    case ROWS_DELETED:
        return type == DUCKDB_TYPE_BOOLEAN;
    default:
        break;
    }
    if (reader->options.type == MANDO_DOCUMENT)
        return type == DUCKDB_TYPE_VARCHAR;
    return (type >= DUCKDB_TYPE_TINYINT && type <= DUCKDB_TYPE_DOUBLE)
           || type == DUCKDB_TYPE_DECIMAL;
}

static enum mando_status fail_type(const struct mando_rows_reader *reader, int field,
                                   struct mando_error *error)
{
    static const char *const WANTED[] = {[ROWS_ID] = "texts",
                                         [ROWS_START] = "times with a zone (UTC)",
                                         [ROWS_END] = "times with a zone (UTC)",
                                         [ROWS_KNOWN] = "times with a zone (UTC)",
                                         [ROWS_DELETED] = "booleans"};
    return fail_cell(reader, 0, MANDO_E_ROWS_CELL, error, "column %.80s must hold %s",
                     rows_columns_name(&reader->columns, (size_t)field),
                     field < ROWS_VALUE                       ? WANTED[field]
                     : reader->options.type == MANDO_DOCUMENT ? "texts"
                                                              : "numbers");
}

/* Which field a column of the file is. */
static enum mando_status find_field(const struct mando_rows_reader *reader,
                                    struct rows_parquet *self, size_t place,
                                    struct mando_error *error)
{
    char message[248], shown[64];
    const struct duck_column *column = &self->query.table.columns[place];
    const char *name = column->name;
    int likely = place ? self->fields[place - 1] + 1 : ROWS_START;
    int field = rows_columns_find(&reader->columns, likely, name, strlen(name));
    if (field < 0) {
        (void)snprintf(shown, sizeof shown, "%s", name);
        rows_columns_explain(&reader->columns, shown, shown, message);
        return fail_cell(reader, 0, MANDO_E_ROWS_CELL, error, "%.190s", message);
    }
    for (size_t i = 0; i < place; i++)
        if (self->fields[i] == field)
            return fail_cell(reader, 0, MANDO_E_ROWS_CELL, error, "column %.80s is there twice",
                             name);
    if (!takes(reader, field, column->type))
        return fail_type(reader, field, error);
    self->fields[place] = field;
    if (field == ROWS_ID)
        self->id_place = place;
    return MANDO_OK;
}

static bool has_field(const struct rows_parquet *self, int field)
{
    for (size_t i = 0; i < self->column_count; i++)
        if (self->fields[i] == field)
            return true;
    return false;
}

static enum mando_status check_fields(const struct mando_rows_reader *reader,
                                      const struct rows_parquet *self, struct mando_error *error)
{
    for (int field = 0; rows_columns_name(&reader->columns, (size_t)field); field++) {
        bool may_lack = field == ROWS_ID
                            ? rows_reader_may_lack_id(reader)
                            : field == ROWS_END || field == ROWS_KNOWN || field == ROWS_DELETED;
        if (!may_lack && !has_field(self, field))
            return fail_cell(reader, 0, MANDO_E_ROWS_CELL, error, "column %.80s is missing",
                             rows_columns_name(&reader->columns, (size_t)field));
    }
    return MANDO_OK;
}

static enum mando_status read_header(struct mando_rows_reader *reader, struct rows_parquet *self,
                                     struct mando_error *error)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT * FROM read_parquet('%s') LIMIT 0", self->path);
    enum mando_status status = run(reader, self, sql, error);
    if (status)
        return status;
    self->column_count = self->query.table.column_count;
    self->fields = mando_alloc(self->column_count + 1, sizeof *self->fields);
    if (!self->fields)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read rows");
    for (size_t i = 0; i < self->column_count && !status; i++)
        status = find_field(reader, self, i, error);
    return status ? status : check_fields(reader, self, error);
}

/* Times in nanoseconds are read from a copy that lets DuckDB read them whole; that they have a zone is known by now. */
static enum mando_status keep_nanoseconds(struct mando_rows_reader *reader,
                                          struct rows_parquet *self, struct mando_error *error)
{
    bool are_there = false;
    enum mando_status status = nanoseconds_find(self->file, &are_there, error);
    if (status || !are_there)
        return status;
    duck_query_close(&self->query);
    if (!self->copy)
        status = copy_input(reader, self, error);
    if (status)
        return status;
    set_file(self, fileno(self->copy));
    status = nanoseconds_hide_zone(self->file, error);
    return status ? status : open_database(reader, self, error);
}

static void append_name(struct mando_text *sql, const char *name)
{
    mando_text_append(sql, "\"", 1);
    for (; *name; name++)
        mando_text_append(sql, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
    mando_text_append(sql, "\"", 1);
}

static enum mando_status select_rows(struct mando_rows_reader *reader, struct rows_parquet *self,
                                     struct mando_error *error)
{
    MANDO_CLEANUP(mando_text_release) struct mando_text sql;
    mando_text_init(&sql, SQL_LENGTH_MAX);
    for (size_t i = 0; i < self->column_count; i++) {
        int field = self->fields[i];
        mando_text_append_format(&sql, i ? ", " : "SELECT ");
        append_name(&sql, rows_columns_name(&reader->columns, (size_t)field));
        if (field >= ROWS_VALUE && reader->options.type != MANDO_DOCUMENT)
            mando_text_append_format(&sql, "::DOUBLE");
    }
    mando_text_append_format(&sql, " FROM read_parquet('%s')", self->path);
    return sql.status ? mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read rows")
                      : run(reader, self, sql.bytes, error);
}

/* For progress alone. */
static void count_rows(struct rows_parquet *self)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql, "SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata('%s')",
                   self->path);
    if (!duck_query_run(&self->query, sql) || !duck_query_next(&self->query)
        || self->query.table.row_count != 1)
        return;
    const int64_t *rows = self->query.table.columns[0].data;
    self->rows = *rows > 0 ? (uint64_t)*rows : 0;
}

static enum mando_status open_parquet(struct mando_rows_reader *reader, void *of,
                                      struct mando_error *error)
{
    struct rows_parquet *self = of;
    self->id_place = SIZE_MAX;
    enum mando_status status = open_file(reader, self, error);
    if (!status)
        status = open_database(reader, self, error);
    if (!status)
        status = read_header(reader, self, error);
    if (!status)
        status = keep_nanoseconds(reader, self, error);
    if (!status && reader->options.progress)
        count_rows(self);
    return status ? status : select_rows(reader, self, error);
}

static bool is_null(const struct rows_parquet *self, size_t place)
{
    const uint64_t *validity = self->query.table.columns[place].validity;
    return validity && !(validity[self->row / 64] >> (self->row % 64) & 1);
}

static const void *data_of(const struct rows_parquet *self, size_t place)
{
    return self->query.table.columns[place].data;
}

static const char *text_of(struct rows_parquet *self, size_t place, size_t *length_out)
{
    const duckdb_string_t *text = &((const duckdb_string_t *)data_of(self, place))[self->row];
    *length_out = text->value.inlined.length;
    self->bytes += *length_out;
    return *length_out <= sizeof text->value.inlined.inlined ? text->value.inlined.inlined
                                                             : text->value.pointer.ptr;
}

static bool are_nanoseconds(const struct rows_parquet *self, size_t place)
{
    return self->query.table.columns[place].type == DUCKDB_TYPE_TIMESTAMP_NS;
}

static enum mando_status fail_finer(const struct mando_rows_reader *reader,
                                    const struct rows_parquet *self, int field, int64_t time_ns,
                                    struct mando_error *error)
{
    char text[MANDO_TIME_TEXT_SIZE];
    int64_t second = time_ns / NS_PER_SECOND - (time_ns % NS_PER_SECOND < 0);
    mando_time_format(second * MANDO_SECOND_US, text);
    return fail_cell(reader, self->line, MANDO_E_TIME_FORMAT, error,
                     "%s %.19s.%09dZ is finer than a microsecond: a time has at most six decimals",
                     rows_columns_name(&reader->columns, (size_t)field), text,
                     (int)(time_ns - second * NS_PER_SECOND));
}

static enum mando_status read_time(struct mando_rows_reader *reader,
                                   const struct rows_parquet *self, size_t place,
                                   struct mando_error *error)
{
    int field = self->fields[place];
    int64_t time_us = ((const int64_t *)data_of(self, place))[self->row];
    if (are_nanoseconds(self, place)) {
        if (time_us % NS_PER_US)
            return fail_finer(reader, self, field, time_us, error);
        time_us /= NS_PER_US;
    }
    if (!mando_time_is_valid(time_us))
        return fail_cell(reader, self->line, MANDO_E_TIME_RANGE, error,
                         "%s is outside the years 1 to 9999",
                         rows_columns_name(&reader->columns, (size_t)field));
    rows_batch_set_time(&reader->batch, (enum rows_field)field, time_us);
    return MANDO_OK;
}

static enum mando_status read_value(struct mando_rows_reader *reader, struct rows_parquet *self,
                                    size_t place, struct mando_error *error)
{
    int field = self->fields[place];
    if (reader->options.type == MANDO_DOCUMENT) {
        size_t length;
        const char *text = text_of(self, place, &length);
        enum mando_status status = rows_reader_take_document(reader, text, length, error);
        if (status == MANDO_INVALID && error)
            mando_fail_place(error, mando_input_name(reader->input), self->line, 0);
        return status;
    }
    double number = ((const double *)data_of(self, place))[self->row];
    if (!isfinite(number))
        return fail_cell(reader, self->line, MANDO_E_ROWS_NUMBER, error, "%.80s is not finite",
                         rows_columns_name(&reader->columns, (size_t)field));
    rows_batch_set_number(&reader->batch, (size_t)(field - ROWS_VALUE), number);
    return MANDO_OK;
}

static enum mando_status read_id(struct mando_rows_reader *reader, struct rows_parquet *self,
                                 size_t place, struct mando_error *error)
{
    size_t length;
    const char *id = text_of(self, place, &length);
    enum mando_status status = rows_reader_take_id(reader, id, length, error);
    if (rows_reader_lacks_place(status, error))
        mando_fail_place(error, mando_input_name(reader->input), self->line, 0);
    return status;
}

static enum mando_status read_cell(struct mando_rows_reader *reader, struct rows_parquet *self,
                                   size_t place, struct mando_error *error)
{
    int field = self->fields[place];
    if (is_null(self, place))
        return field == ROWS_START || (field == ROWS_ID && !rows_reader_may_lack_id(reader))
                   ? fail_cell(reader, self->line, MANDO_E_ROWS_CELL, error,
                               "%s is null; every row needs one",
                               rows_columns_name(&reader->columns, (size_t)field))
                   : MANDO_OK;
    switch (field) {
    case ROWS_ID:
        return read_id(reader, self, place, error);
    case ROWS_START:
    case ROWS_END:
    case ROWS_KNOWN:
        return read_time(reader, self, place, error);
    case ROWS_DELETED:
        if (((const unsigned char *)data_of(self, place))[self->row])
            rows_batch_set_deleted(&reader->batch);
        return MANDO_OK;
    default:
        return read_value(reader, self, place, error);
    }
}

static enum mando_status read_row(struct mando_rows_reader *reader, struct rows_parquet *self,
                                  struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    self->line++;
    self->bytes += self->column_count * sizeof(int64_t);
    rows_batch_set_point(&reader->batch, 0);
    if (self->id_place != SIZE_MAX)
        status = read_cell(reader, self, self->id_place, error);
    for (size_t i = 0; i < self->column_count && !status; i++)
        if (i != self->id_place)
            status = read_cell(reader, self, i, error);
    self->row++;
    return status ? status : rows_reader_end_row(reader, self->line, 0, error);
}

static bool are_times(const int64_t *times_us, size_t count)
{
    bool are_valid = true;
    for (size_t i = 0; i < count; i++)
        are_valid &= mando_time_is_valid(times_us[i]);
    return are_valid;
}

/* Columns of a part of the chunk that nothing is wrong with. */
struct part {
    const int64_t *times_us[ROWS_DELETED]; /* by field; NULL = not there */
    const double *numbers;
    size_t count;
};

/* False where one is finer. */
static bool to_microseconds(const int64_t *times_ns, size_t count, int64_t *times_us_out)
{
    bool are_whole = true;
    for (size_t i = 0; i < count; i++) {
        times_us_out[i] = times_ns[i] / NS_PER_US;
        are_whole &= times_us_out[i] * NS_PER_US == times_ns[i];
    }
    return are_whole;
}

static bool look_at_column(struct rows_parquet *self, size_t place, struct part *part)
{
    int field = self->fields[place];
    if (self->query.table.columns[place].validity || field == ROWS_ID || field == ROWS_DELETED)
        return false;
    if (field >= ROWS_VALUE) {
        bool are_finite = true;
        part->numbers = (const double *)data_of(self, place) + self->row;
        for (size_t i = 0; i < part->count; i++)
            are_finite &= isfinite(part->numbers[i]) != 0;
        return are_finite;
    }
    const int64_t *times = (const int64_t *)data_of(self, place) + self->row;
    part->times_us[field] = times;
    if (are_nanoseconds(self, place)) {
        part->times_us[field] = self->times_us[field];
        return to_microseconds(times, part->count, self->times_us[field]);
    }
    return are_times(times, part->count);
}

/* Takes what is left of the chunk at once where it is plain: a series, nothing missing, nothing wrong. What it leaves
 * is read row by row, and its faults with their places. */
static bool read_part(struct mando_rows_reader *reader, struct rows_parquet *self)
{
    struct rows_batch *batch = &reader->batch;
    size_t room = batch->capacity - batch->count, left = self->query.table.row_count - self->row;
    struct part part = {.count = left < room ? left : room};
    bool is_plain = batch->type == MANDO_SERIES
                    && reader->rows + batch->count + part.count <= reader->options.rows_max;
    for (size_t i = 0; i < self->column_count && is_plain; i++)
        is_plain = look_at_column(self, i, &part);
    const int64_t *end_us = part.times_us[ROWS_END];
    for (size_t i = 0; i < part.count && is_plain && end_us; i++)
        is_plain = end_us[i] >= part.times_us[ROWS_START][i];
    if (!is_plain)
        return false;
    rows_batch_add(batch, part.count, part.times_us[ROWS_START], end_us, part.times_us[ROWS_KNOWN],
                   part.numbers, self->line + 1);
    self->line += (int64_t)part.count;
    self->row += part.count;
    self->bytes += part.count * self->column_count * sizeof(int64_t);
    return true;
}

static enum mando_status check_limits(const struct mando_rows_reader *reader,
                                      const struct rows_parquet *self, struct mando_error *error)
{
    const struct mando_rows_options *options = &reader->options;
    uint64_t bytes_max = options->bytes_max ? options->bytes_max : MANDO_INPUT_BYTES_MAX;
    double share = self->rows ? (double)self->line / (double)self->rows : 0;
    if (self->bytes > bytes_max)
        return fail_cell(reader, self->line, MANDO_E_IO_LIMIT, error,
                         "there are more bytes than the limit of %" PRIu64, bytes_max);
    if (options->progress
        && options->progress(options->progress_context, (uint64_t)(share * (double)self->size)))
        return fail_cell(reader, self->line, MANDO_E_CANCELLED, error,
                         "the caller stopped reading after %" PRId64 " rows", self->line);
    return MANDO_OK;
}

/* The next chunk; no rows at the end. */
static enum mando_status fetch(struct mando_rows_reader *reader, struct rows_parquet *self,
                               struct mando_error *error)
{
    enum mando_status status = check_limits(reader, self, error);
    self->row = 0;
    self->is_odd = false;
    if (!status && !duck_query_next(&self->query))
        status = fail_file(reader, self, error);
    return status;
}

static enum mando_status fill_parquet(struct mando_rows_reader *reader, void *of,
                                      struct mando_error *error)
{
    struct rows_parquet *self = of;
    enum mando_status status = MANDO_OK;
    while (!status && !rows_batch_is_full(&reader->batch)) {
        if (self->row == self->query.table.row_count) {
            status = fetch(reader, self, error);
            if (status || self->query.table.row_count == 0)
                return status;
        }
        if (!self->is_odd && read_part(reader, self))
            continue;
        self->is_odd = true;
        status = read_row(reader, self, error);
    }
    return status;
}

static void close_parquet(void *of)
{
    struct rows_parquet *self = of;
    duck_query_close(&self->query);
    if (self->copy)
        (void)fclose(self->copy);
    mando_free(self->fields);
}

const struct rows_format rows_format_parquet = {sizeof(struct rows_parquet), open_parquet,
                                                fill_parquet, close_parquet, NULL};
