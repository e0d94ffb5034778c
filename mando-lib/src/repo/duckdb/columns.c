/* Columns into a table of values: a table function gives them as DuckDB asks for them. An appender would copy them twice
 * more. */
#include <string.h>

#include "repo/duckdb/session.h"

/* As the table has them. */
static const struct {
    const char *name;
    duckdb_type type;
} COLUMNS[] = {{"point", DUCKDB_TYPE_BIGINT},        {"valid_start", DUCKDB_TYPE_TIMESTAMP},
               {"knowledge", DUCKDB_TYPE_TIMESTAMP}, {"change", DUCKDB_TYPE_TIMESTAMP},
               {"valid_end", DUCKDB_TYPE_TIMESTAMP}, {"value", DUCKDB_TYPE_DOUBLE},
               {"deleted", DUCKDB_TYPE_BOOLEAN}};

enum { POINT, START, KNOWLEDGE, CHANGE, END, VALUE, DELETED, COLUMN_COUNT };

static const struct duck_library *library(void)
{
    const struct duck_library *duck = NULL; /* it is loaded, or nobody would call back */
    (void)duck_library_load(&duck, NULL);
    return duck;
}

static void tell_columns(duckdb_bind_info info)
{
    const struct duck_library *duck = library();
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        duckdb_logical_type type = duck->create_logical_type(COLUMNS[i].type);
        duck->bind_add_result_column(info, COLUMNS[i].name, type);
        duck->destroy_logical_type(&type);
    }
}

/* Nothing is to be prepared, but DuckDB wants to be told so. */
static void prepare(duckdb_init_info info)
{
    (void)info;
}

static void set_all(int64_t *values, int64_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = value;
}

static void set_missing(const struct duck_library *duck, duckdb_vector vector,
                        const struct mando_columns *columns, size_t row, size_t count)
{
    duck->vector_ensure_validity_writable(vector);
    uint64_t *validity = duck->vector_get_validity(vector);
    for (size_t i = 0; i < count; i++)
        if (!mando_bit(columns->present, row + i, 1))
            validity[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

/* Fills a chunk; one without rows is the end. */
static void fill(duckdb_function_info info, duckdb_data_chunk chunk)
{
    const struct duck_library *duck = library();
    struct duck_put *put = duck->function_get_extra_info(info);
    const struct mando_columns *columns = put->columns;
    size_t row = put->row, left = columns->count - row;
    size_t count = left < DUCK_CHUNK_ROWS ? left : DUCK_CHUNK_ROWS;
    void *data[COLUMN_COUNT];
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        data[i] = duck->vector_get_data(duck->data_chunk_get_vector(chunk, i));
    set_all(data[POINT], put->key, count);
    memcpy(data[START], columns->start_us + row, count * sizeof *columns->start_us);
    memcpy(data[KNOWLEDGE], columns->knowledge_us + row, count * sizeof *columns->knowledge_us);
    set_all(data[CHANGE], columns->change_us, count);
    memcpy(data[END], columns->end_us + row, count * sizeof *columns->end_us);
    memcpy(data[VALUE], columns->number + row, count * sizeof *columns->number);
    memset(data[DELETED], 0, count * sizeof(bool));
    if (columns->present.bytes)
        set_missing(duck, duck->data_chunk_get_vector(chunk, VALUE), columns, row, count);
    duck->data_chunk_set_size(chunk, count);
    put->row += count;
}

bool duck_columns_register(const struct duck_library *duck, duckdb_connection connection,
                           struct duck_put *put)
{
    duckdb_table_function function = duck->create_table_function();
    duck->table_function_set_name(function, "mando_columns");
    duck->table_function_set_extra_info(function, put, NULL);
    duck->table_function_set_bind(function, tell_columns);
    duck->table_function_set_init(function, prepare);
    duck->table_function_set_function(function, fill);
    bool is_done = duck->register_table_function(connection, function) == DuckDBSuccess;
    duck->destroy_table_function(&function);
    return is_done;
}

/* The lookup beside them has compared the types of the table, which DuckDB would cast to in silence. */
enum mando_status duck_columns_put(struct mando_store *store, const struct mando_store_point *point,
                                   const struct mando_columns *columns, struct mando_error *error)
{
    struct duck_session *session = duck_session_of(store);
    struct duck_appender *appender = &session->values[MANDO_SERIES - 1];
    enum mando_status status = duck_appender_flush(session, appender, error);
    if (status)
        return status;
    session->owner->put = (struct duck_put){.columns = columns, .key = point->key};
    struct duck_call call = duck_call(session, DUCK_COLUMNS_PUT, error);
    return duck_execute(&call);
}
