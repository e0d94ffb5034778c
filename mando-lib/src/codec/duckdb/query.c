#include "codec/duckdb/query.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

/* Only the first line, for the next ones show the statement. */
bool duck_query_fail(struct duck_query *query, const char *reason)
{
    reason = reason ? reason : "DuckDB does not say why";
    (void)snprintf(query->reason, sizeof query->reason, "%.*s", (int)strcspn(reason, "\n"), reason);
    return false;
}

void duck_table_release(struct duck_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        mando_free(table->columns[i].name);
    mando_free(table->columns);
    *table = (struct duck_table){0};
}

bool duck_table_init(struct duck_table *table, size_t column_count)
{
    duck_table_release(table);
    table->columns = mando_alloc(column_count + 1, sizeof *table->columns);
    table->column_count = table->columns ? column_count : 0;
    return table->columns != NULL;
}

bool duck_query_open(struct duck_query *query, const struct duck_library *duck, const char *path)
{
    const struct duck_settings settings = {.allowed = path};
    query->duck = duck;
    if (!duck_database_open(duck, &settings, &query->db, query->reason))
        return false;
    return duck->connect(query->db, &query->connection) == DuckDBSuccess
           || duck_query_fail(query, NULL);
}

static void end_result(struct duck_query *query)
{
    if (query->chunk)
        query->duck->destroy_data_chunk(&query->chunk);
    if (query->has_result)
        query->duck->destroy_result(&query->result);
    query->has_result = query->is_at_end = false;
    query->duck->destroy_prepare(&query->statement);
    query->statement = NULL;
}

static bool take_columns(struct duck_query *query)
{
    const struct duck_library *duck = query->duck;
    if (!duck_table_init(&query->table, duck->column_count(&query->result)))
        return duck_query_fail(query, "Out of memory");
    for (size_t i = 0; i < query->table.column_count; i++) {
        struct duck_column *column = &query->table.columns[i];
        const char *name = duck->column_name(&query->result, i);
        size_t size = strlen(name) + 1;
        column->type = duck->column_type(&query->result, i);
        column->name = mando_alloc(size, 1);
        if (!column->name)
            return duck_query_fail(query, "Out of memory");
        memcpy(column->name, name, size);
    }
    return true;
}

bool duck_query_run(struct duck_query *query, const char *sql)
{
    const struct duck_library *duck = query->duck;
    if (query->child)
        return duck_child_run(query, sql);
    end_result(query);
    if (duck->prepare(query->connection, sql, &query->statement) != DuckDBSuccess)
        return duck_query_fail(query, duck->prepare_error(query->statement));
    query->has_result = true;
    if (duck->execute_prepared_streaming(query->statement, &query->result) != DuckDBSuccess)
        return duck_query_fail(query, duck->result_error(&query->result));
    return take_columns(query);
}

bool duck_query_next(struct duck_query *query)
{
    const struct duck_library *duck = query->duck;
    struct duck_table *table = &query->table;
    if (query->child)
        return duck_child_next(query);
    if (query->chunk)
        duck->destroy_data_chunk(&query->chunk);
    table->row_count = 0;
    if (query->is_at_end) /* it may not be asked again */
        return true;
    query->chunk = duck->fetch_chunk(query->result);
    query->is_at_end = !query->chunk;
    if (!query->chunk) {
        const char *reason = duck->result_error(&query->result);
        return !reason || duck_query_fail(query, reason);
    }
    table->row_count = duck->data_chunk_get_size(query->chunk);
    for (size_t i = 0; i < table->column_count; i++) {
        duckdb_vector vector = duck->data_chunk_get_vector(query->chunk, i);
        table->columns[i].data = duck->vector_get_data(vector);
        table->columns[i].validity = duck->vector_get_validity(vector);
    }
    return true;
}

void duck_query_close(struct duck_query *query)
{
    if (query->child)
        duck_child_close(query->child);
    if (query->connection) {
        end_result(query);
        query->duck->disconnect(&query->connection);
    }
    if (query->db)
        query->duck->close(&query->db);
    duck_table_release(&query->table);
    *query = (struct duck_query){0};
}
