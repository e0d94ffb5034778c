#include "repo/record.h"

#include <string.h>

enum mando_status mando_record_field(const struct mando_record_kind *kind, const char *field,
                                     size_t *column_out, struct mando_error *error)
{
    size_t column = mando_record_column(kind, field);
    if (column == kind->column_count && strcmp(field, "changed") != 0)
        return mando_fail(error, MANDO_E_RECORDS_COLUMN, -1, "\"%.80s\" is no column of %s", field,
                          kind->name);
    *column_out = column;
    return MANDO_OK;
}

enum mando_column_type mando_record_field_type(const struct mando_record_kind *kind,
                                               const char *field)
{
    size_t column = mando_record_column(kind, field);
    return column < kind->column_count ? kind->columns[column].type : MANDO_COLUMN_TIME;
}

static int compare_texts(const struct mando_record_value *value, const char *text)
{
    size_t length = strlen(text);
    size_t common = value->length < length ? value->length : length;
    int order = common ? memcmp(value->text, text, common) : 0;
    return order ? order : (value->length > length) - (value->length < length);
}

static bool fits(enum mando_compare compare, int order)
{
    switch (compare) {
    case MANDO_EQUAL:
        return order == 0;
    case MANDO_LESS:
        return order < 0;
    case MANDO_LESS_EQUAL:
        return order <= 0;
    case MANDO_GREATER:
        return order > 0;
    case MANDO_GREATER_EQUAL:
        return order >= 0;
    }
    return false;
}

static bool passes(const struct mando_record_kind *kind, const struct mando_record *record,
                   const struct mando_predicate *predicate)
{
    size_t column = mando_record_column(kind, predicate->field);
    const struct mando_record_value change = {.integer = record->change_us};
    const struct mando_record_value *value =
        column < kind->column_count ? &record->values[column] : &change;
    if (value->is_null)
        return false;
    if (mando_record_field_type(kind, predicate->field) == MANDO_COLUMN_TEXT)
        return fits(predicate->compare, compare_texts(value, predicate->text));
    return fits(predicate->compare,
                (value->integer > predicate->number) - (value->integer < predicate->number));
}

bool mando_record_passes(const struct mando_record_kind *kind, const struct mando_record *record,
                         const struct mando_predicate *predicates, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!passes(kind, record, &predicates[i]))
            return false;
    return true;
}
