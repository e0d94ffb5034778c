#include "codec/rows_columns.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"

static const char *const NAMES[ROWS_VALUE] = {[ROWS_ID] = "id",
                                              [ROWS_START] = "start",
                                              [ROWS_END] = "end",
                                              [ROWS_KNOWN] = "known",
                                              [ROWS_DELETED] = "deleted"};

const char *rows_columns_name(const struct rows_columns *columns, size_t field)
{
    if (field < ROWS_VALUE)
        return NAMES[field];
    size_t i = field - ROWS_VALUE;
    if (columns->labels)
        return i < columns->width ? columns->labels[i] : NULL;
    return i > 0 ? NULL : columns->value ? columns->value : "value";
}

static bool is_taken(const struct rows_columns *columns, size_t field)
{
    return !columns->value || field == ROWS_START || field == ROWS_VALUE;
}

static bool is_name(const struct rows_columns *columns, size_t field, const char *name,
                    size_t length)
{
    const char *known = rows_columns_name(columns, field);
    return known && is_taken(columns, field) && strlen(known) == length
           && memcmp(known, name, length) == 0;
}

int rows_columns_find(const struct rows_columns *columns, int likely, const char *name,
                      size_t length)
{
    if (is_name(columns, (size_t)likely, name, length))
        return likely;
    for (size_t field = 0; rows_columns_name(columns, field); field++)
        if (is_name(columns, field, name, length))
            return (int)field;
    return -1;
}

static const char *name_at(const void *context, size_t i)
{
    const struct rows_columns *columns = context;
    if (columns->value)
        i = i == 0 ? ROWS_START : ROWS_VALUE + i - 1;
    return rows_columns_name(columns, i);
}

void rows_columns_explain(const struct rows_columns *columns, const char *name, const char *shown,
                          char message_out[248])
{
    (void)snprintf(message_out, 248, "\"%s\" is no column of rows; the nearest is \"%.80s\"", shown,
                   mando_nearest_of_all(name, name_at, columns));
}
