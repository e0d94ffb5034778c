/* codec/duckdb/library.h: libduckdb.so, which is loaded when it is first needed: programs start, and work
 * with other databases, without it. */
#ifndef MANDO_CODEC_DUCKDB_LIBRARY_H
#define MANDO_CODEC_DUCKDB_LIBRARY_H

#include <duckdb.h>

#include "base/fail.h"

/* Deprecated, but what streams a result by another name is not there before version 2. */
typedef duckdb_state duckdb_execute_prepared_streaming_type(duckdb_prepared_statement statement,
                                                            duckdb_result *result_out);

/* What we call, under its name without "duckdb_". */
#define DUCK_FUNCTIONS(FUNCTION)                                                                   \
    FUNCTION(library_version)                                                                      \
    FUNCTION(create_config)                                                                        \
    FUNCTION(set_config)                                                                           \
    FUNCTION(destroy_config)                                                                       \
    FUNCTION(open_ext)                                                                             \
    FUNCTION(close)                                                                                \
    FUNCTION(free)                                                                                 \
    FUNCTION(connect)                                                                              \
    FUNCTION(disconnect)                                                                           \
    FUNCTION(interrupt)                                                                            \
    FUNCTION(query)                                                                                \
    FUNCTION(destroy_result)                                                                       \
    FUNCTION(result_error)                                                                         \
    FUNCTION(result_error_type)                                                                    \
    FUNCTION(prepare)                                                                              \
    FUNCTION(prepare_error)                                                                        \
    FUNCTION(destroy_prepare)                                                                      \
    FUNCTION(bind_int64)                                                                           \
    FUNCTION(bind_timestamp)                                                                       \
    FUNCTION(bind_varchar_length)                                                                  \
    FUNCTION(bind_null)                                                                            \
    FUNCTION(execute_prepared)                                                                     \
    FUNCTION(fetch_chunk)                                                                          \
    FUNCTION(column_count)                                                                         \
    FUNCTION(column_type)                                                                          \
    FUNCTION(create_logical_type)                                                                  \
    FUNCTION(create_list_type)                                                                     \
    FUNCTION(destroy_logical_type)                                                                 \
    FUNCTION(get_type_id)                                                                          \
    FUNCTION(create_data_chunk)                                                                    \
    FUNCTION(destroy_data_chunk)                                                                   \
    FUNCTION(data_chunk_reset)                                                                     \
    FUNCTION(data_chunk_get_size)                                                                  \
    FUNCTION(data_chunk_set_size)                                                                  \
    FUNCTION(data_chunk_get_vector)                                                                \
    FUNCTION(vector_get_data)                                                                      \
    FUNCTION(vector_get_validity)                                                                  \
    FUNCTION(vector_ensure_validity_writable)                                                      \
    FUNCTION(vector_assign_string_element_len)                                                     \
    FUNCTION(list_vector_get_child)                                                                \
    FUNCTION(list_vector_reserve)                                                                  \
    FUNCTION(list_vector_set_size)                                                                 \
    FUNCTION(appender_create_ext)                                                                  \
    FUNCTION(appender_column_count)                                                                \
    FUNCTION(appender_column_type)                                                                 \
    FUNCTION(appender_flush)                                                                       \
    FUNCTION(appender_destroy)                                                                     \
    FUNCTION(appender_end_row)                                                                     \
    FUNCTION(appender_error_data)                                                                  \
    FUNCTION(append_int64)                                                                         \
    FUNCTION(append_double)                                                                        \
    FUNCTION(append_bool)                                                                          \
    FUNCTION(append_timestamp)                                                                     \
    FUNCTION(append_varchar_length)                                                                \
    FUNCTION(append_null)                                                                          \
    FUNCTION(append_data_chunk)                                                                    \
    FUNCTION(create_table_function)                                                                \
    FUNCTION(destroy_table_function)                                                               \
    FUNCTION(table_function_set_name)                                                              \
    FUNCTION(table_function_set_extra_info)                                                        \
    FUNCTION(table_function_set_bind)                                                              \
    FUNCTION(table_function_set_init)                                                              \
    FUNCTION(table_function_set_function)                                                          \
    FUNCTION(register_table_function)                                                              \
    FUNCTION(bind_get_extra_info)                                                                  \
    FUNCTION(bind_add_result_column)                                                               \
    FUNCTION(function_get_extra_info)                                                              \
    FUNCTION(function_set_error)                                                                   \
    FUNCTION(column_name)                                                                          \
    FUNCTION(error_data_error_type)                                                                \
    FUNCTION(error_data_message)                                                                   \
    FUNCTION(destroy_error_data)

struct duck_library {
#define FUNCTION(name) __typeof__(duckdb_##name) *name;
    DUCK_FUNCTIONS(FUNCTION)
#undef FUNCTION
    duckdb_execute_prepared_streaming_type *execute_prepared_streaming;
};

/* The library, loaded once in a process and kept. MANDO_UNSUPPORTED (db.scheme). */
enum mando_status duck_library_load(const struct duck_library **library_out,
                                    struct mando_error *error);

struct duck_settings {
    const char *path;    /* NULL: a database in memory */
    const char *folder;  /* of what memory has no room for; NULL: nothing is put elsewhere */
    const char *allowed; /* one more file that statements may read and write; NULL: none */
};

/* Opens a database that starts no thread: all is done, and called back, by the thread that asks. Its
 * statements reach no other file, no network and no extension from outside; its settings cannot be
 * changed any more. Its log is written into its file when that is asked for, and when it is closed.
 * False: it is not open, and why. */
bool duck_database_open(const struct duck_library *duck, const struct duck_settings *settings,
                        duckdb_database *db_out, char reason_out[256]);

#endif
