#include "repo/record_sql.h"

/* "row" is quoted for DuckDB, in which it is a word of its own. */
static void append_names(struct mando_text *sql, const struct mando_record_kind *kind)
{
    mando_text_append_format(sql, "change, \"row\"");
    for (size_t i = 0; i < kind->column_count; i++)
        mando_text_append_format(sql, ", \"%s\"", kind->columns[i].name);
}

void mando_record_sql_insert(struct mando_text *sql, const struct mando_record_kind *kind)
{
    mando_text_append_format(sql, "INSERT INTO \"%s\" (", kind->name);
    append_names(sql, kind);
    mando_text_append_format(sql, ") VALUES ($1, $2");
    for (size_t i = 0; i < kind->column_count; i++)
        mando_text_append_format(sql, ", $%zu", i + 3);
    mando_text_append_format(sql, ")");
}

void mando_record_sql_select(struct mando_text *sql, const struct mando_record_kind *kind,
                             const char *where, const struct mando_predicate *predicates,
                             size_t count, int first)
{
    static const char *const SIGNS[] = {[MANDO_EQUAL] = "=",
                                        [MANDO_LESS] = "<",
                                        [MANDO_LESS_EQUAL] = "<=",
                                        [MANDO_GREATER] = ">",
                                        [MANDO_GREATER_EQUAL] = ">="};
    mando_text_append_format(sql, "SELECT ");
    append_names(sql, kind);
    mando_text_append_format(sql, " FROM \"%s\"%s", kind->name, where);
    for (size_t i = 0; i < count; i++) {
        bool is_change = mando_record_column(kind, predicates[i].field) == kind->column_count;
        mando_text_append_format(sql, " %s \"%s\" %s $%d", i || *where ? "AND" : "WHERE",
                                 is_change ? "change" : predicates[i].field,
                                 SIGNS[predicates[i].compare], first + (int)i);
    }
}
