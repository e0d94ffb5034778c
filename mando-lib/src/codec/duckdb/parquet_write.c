/* Rows as a Parquet file: DuckDB copies from a table function of ours, which walks their source. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/duckdb/library.h"
#include "codec/parquet.h"

#define CHUNK_ROWS 2048

struct source {
    const struct duck_library *duck;
    struct rows_writer writer; /* its options and columns */
    const struct rows_source *from;
    struct mando_rows rows;
    size_t row;   /* of the rows, to be written next */
    bool is_done; /* the source has ended */
    enum mando_status status;
    struct mando_error error; /* what the source failed with */
};

/* A column of the chunk that is filled. */
struct target {
    const struct duck_library *duck;
    duckdb_vector vector;
    void *data;
    uint64_t *validity; /* NULL until something is null */
};

static void set_null(struct target *target, size_t row)
{
    if (!target->validity) {
        target->duck->vector_ensure_validity_writable(target->vector);
        target->validity = target->duck->vector_get_validity(target->vector);
    }
    target->validity[row / 64] &= ~(UINT64_C(1) << (row % 64));
}

static void set_text(const struct target *target, size_t row, const char *text, size_t length)
{
    target->duck->vector_assign_string_element_len(target->vector, row, length ? text : "", length);
}

static void set_time(struct target *target, size_t row, const int64_t *times, size_t from,
                     bool is_there)
{
    ((int64_t *)target->data)[row] = is_there ? times[from] : 0;
    if (!is_there)
        set_null(target, row);
}

static void set_value(struct target *target, size_t row, const struct mando_rows *rows, size_t from,
                      size_t column)
{
    if (rows->type == MANDO_DOCUMENT) {
        if (mando_rows_is_present(rows, from))
            set_text(target, row, mando_texts_at(rows->document, from),
                     mando_texts_length(rows->document, from));
        else
            set_null(target, row);
        return;
    }
    double number = mando_rows_number(rows, from, column);
    ((double *)target->data)[row] = isnan(number) ? 0 : number;
    if (isnan(number))
        set_null(target, row);
}

static void set_cell(const struct source *source, struct target *target, size_t row, size_t from,
                     enum rows_part part, size_t column)
{
    const struct mando_rows *rows = &source->rows;
    const char *id;
    switch (part) {
    case ROWS_PART_ID:
        id = source->writer.options->points[rows->point ? rows->point[from] : 0].id;
        set_text(target, row, id, strlen(id));
        break;
    case ROWS_PART_START:
        set_time(target, row, rows->valid_start_us, from, true);
        break;
    case ROWS_PART_END:
        set_time(target, row, rows->valid_end_us, from, mando_rows_has_end(rows, from));
        break;
    case ROWS_PART_KNOWN:
        set_time(target, row, rows->knowledge_us, from, mando_rows_is_known(rows, from));
        break;
    case ROWS_PART_CHANGED:
        set_time(target, row, rows->change_us, from, rows->change_us != NULL);
        break;
    case ROWS_PART_AUTHOR:
        if (rows->author.offsets)
            set_text(target, row, mando_texts_at(rows->author, from),
                     mando_texts_length(rows->author, from));
        else
            set_null(target, row);
        break;
    case ROWS_PART_DELETED:
        ((bool *)target->data)[row] = mando_rows_is_deleted(rows, from);
        break;
    default:
        set_value(target, row, rows, from, column);
    }
}

static size_t cells_of(const struct source *source, enum rows_part part)
{
    if (!rows_writer_has(&source->writer, part))
        return 0;
    return part == ROWS_PART_VALUE ? source->writer.width : 1;
}

/* Fills a part of the chunk, from its row `row` on, column by column. */
static void set_rows(struct source *source, duckdb_data_chunk chunk, size_t row, size_t count)
{
    const struct duck_library *duck = source->duck;
    size_t place = 0;
    for (int part = 0; part < ROWS_PARTS; part++)
        for (size_t i = 0; i < cells_of(source, (enum rows_part)part); i++) {
            struct target target = {.duck = duck,
                                    .vector = duck->data_chunk_get_vector(chunk, place++)};
            target.data = duck->vector_get_data(target.vector);
            for (size_t j = 0; j < count; j++)
                set_cell(source, &target, row + j, source->row + j, (enum rows_part)part, i);
        }
}

/* Whether there are rows to be written: those at hand, else the next ones. */
static bool next_rows(struct source *source)
{
    if (source->row < source->rows.count || source->is_done)
        return !source->is_done;
    source->row = 0;
    source->status = source->from->next(source->from->context, &source->rows, &source->error);
    if (!source->status)
        source->status = rows_writer_check(&source->writer, &source->rows, &source->error);
    source->is_done = source->status || source->rows.count == 0;
    return !source->is_done;
}

/* Fills a chunk; one without rows is the end. */
static void fill(duckdb_function_info info, duckdb_data_chunk chunk)
{
    const struct duck_library *duck = NULL; /* it stands in what we are to be given */
    if (duck_library_load(&duck, NULL))
        return;
    struct source *source = duck->function_get_extra_info(info);
    size_t count = 0;
    while (count < CHUNK_ROWS && next_rows(source)) {
        size_t left = source->rows.count - source->row, room = CHUNK_ROWS - count;
        size_t part = left < room ? left : room;
        set_rows(source, chunk, count, part);
        source->row += part;
        count += part;
    }
    if (source->status)
        duck->function_set_error(info, "the source of rows failed");
    duck->data_chunk_set_size(chunk, source->status ? 0 : count);
}

static bool is_of_documents(const struct source *source)
{
    const struct mando_rows_write_options *options = source->writer.options;
    return source->rows.count     ? source->rows.type == MANDO_DOCUMENT
           : options->point_count ? options->points[0].type == MANDO_DOCUMENT
                                  : false;
}

static duckdb_type type_of(const struct source *source, enum rows_part part)
{
    switch (part) {
    case ROWS_PART_ID:
    case ROWS_PART_AUTHOR:
        return DUCKDB_TYPE_VARCHAR;
    case ROWS_PART_DELETED:
        return DUCKDB_TYPE_BOOLEAN;
    case ROWS_PART_VALUE:
        return is_of_documents(source) ? DUCKDB_TYPE_VARCHAR : DUCKDB_TYPE_DOUBLE;
    default:
        return DUCKDB_TYPE_TIMESTAMP_TZ;
    }
}

static void tell_columns(duckdb_bind_info info)
{
    const struct duck_library *duck = NULL;
    if (duck_library_load(&duck, NULL))
        return;
    const struct source *source = duck->bind_get_extra_info(info);
    for (int part = 0; part < ROWS_PARTS; part++)
        for (size_t i = 0; i < cells_of(source, (enum rows_part)part); i++) {
            duckdb_logical_type type =
                duck->create_logical_type(type_of(source, (enum rows_part)part));
            duck->bind_add_result_column(
                info, rows_writer_name(&source->writer, (enum rows_part)part, i), type);
            duck->destroy_logical_type(&type);
        }
}

/* Nothing is to be prepared, but DuckDB wants to be told so. */
static void prepare(duckdb_init_info info)
{
    (void)info;
}

static bool add_function(const struct duck_library *duck, duckdb_connection connection,
                         struct source *source)
{
    duckdb_table_function function = duck->create_table_function();
    duck->table_function_set_name(function, "mando_rows");
    duck->table_function_set_extra_info(function, source, NULL);
    duck->table_function_set_bind(function, tell_columns);
    duck->table_function_set_init(function, prepare);
    duck->table_function_set_function(function, fill);
    bool is_added = duck->register_table_function(connection, function) == DuckDBSuccess;
    duck->destroy_table_function(&function);
    return is_added;
}

static enum mando_status fail(const char *reason, struct mando_error *error)
{
    if (strstr(reason, "ut of Memory") || strstr(reason, "ut of memory"))
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to write Parquet");
    return mando_fail(error, MANDO_E_IO_WRITE, -1, "Parquet cannot be written: %.180s", reason);
}

/* As Parquet calls it; NULL where it has none of the name. */
static const char *codec_of(const char *compression)
{
    static const char *const CODECS[][2] = {{"zstd", "zstd"},
                                            {"none", "uncompressed"},
                                            {"lz4", "lz4_raw"},
                                            {"snappy", "snappy"},
                                            {"deflate", "gzip"}};
    for (size_t i = 0; compression && i < sizeof CODECS / sizeof *CODECS; i++)
        if (strcmp(compression, CODECS[i][0]) == 0)
            return CODECS[i][1];
    return compression ? NULL : "zstd";
}

/* The whole file, to `path`. */
static enum mando_status copy(struct source *source, duckdb_connection connection, const char *path,
                              struct mando_error *error)
{
    const struct duck_library *duck = source->duck;
    char sql[256];
    duckdb_result result;
    (void)snprintf(sql, sizeof sql,
                   "COPY (SELECT * FROM mando_rows()) TO '%s' (FORMAT parquet, COMPRESSION %s,"
                   " ROW_GROUP_SIZE 122880, USE_TMP_FILE false)",
                   path, codec_of(source->writer.options->compression));
    if (!add_function(duck, connection, source))
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to write Parquet");
    enum mando_status status = MANDO_OK;
    if (duck->query(connection, sql, &result) != DuckDBSuccess)
        status = fail(duck->result_error(&result), error);
    duck->destroy_result(&result);
    if (source->status && error)
        *error = source->error;
    return source->status ? source->status : status;
}

/* By the caller's own thread, which alone may walk the source. */
static enum mando_status write_file(struct source *source, const char *path,
                                    struct mando_error *error)
{
    const struct duck_library *duck = source->duck;
    const struct duck_settings settings = {.allowed = path};
    char reason[256];
    duckdb_database db = NULL;
    duckdb_connection connection = NULL;
    if (!duck_database_open(duck, &settings, &db, reason))
        return fail(reason, error);
    enum mando_status status =
        duck->connect(db, &connection) == DuckDBSuccess
            ? copy(source, connection, path, error)
            : mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to write Parquet");
    if (connection)
        duck->disconnect(&connection);
    duck->close(&db);
    return status;
}

static enum mando_status hand_on(FILE *file,
                                 int (*write)(void *context, const char *bytes, size_t length),
                                 void *context, struct mando_error *error)
{
    char bytes[65536];
    size_t length;
    rewind(file);
    while ((length = fread(bytes, 1, sizeof bytes, file)) > 0)
        if (write(context, bytes, length))
            return mando_fail(error, MANDO_E_CANCELLED, -1, "the writing of rows was cancelled");
    return ferror(file) ? mando_fail(error, MANDO_E_IO_READ, -1,
                                     "the temporary file of Parquet cannot be read")
                        : MANDO_OK;
}

enum mando_status rows_write_parquet(int (*write)(void *context, const char *bytes, size_t length),
                                     void *context, const struct rows_source *from,
                                     const struct mando_rows_write_options *options,
                                     struct mando_error *error)
{
    char path[32];
    struct source source = {
        .from = from,
        .writer = {.options = options, .width = options->labels ? options->width : 1}};
    if (!codec_of(options->compression))
        return mando_fail(
            error, MANDO_E_IO_FORMAT, -1,
            "\"%.40s\" is no compression of Parquet: none, lz4, zstd, snappy or deflate",
            options->compression);
    enum mando_status status = duck_library_load(&source.duck, error);
    if (!status) /* the columns depend on the type of the values */
        status = from->next(from->context, &source.rows, error);
    if (!status)
        status = rows_writer_check(&source.writer, &source.rows, error);
    source.is_done = source.rows.count == 0;
    if (status)
        return status;
    FILE *file = tmpfile();
    if (file) {
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(file));
        status = write_file(&source, path, error);
        if (!status)
            status = hand_on(file, write, context, error);
        (void)fclose(file);
    } else
        status = mando_fail(error, MANDO_E_IO_WRITE, -1, "a temporary file cannot be made");
    return status;
}
