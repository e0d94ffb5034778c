#include "schema/record.h"

#include <string.h>

#define RULE_REQUIRED true
#define RULE_OPTIONAL false
#define TEXT_COLUMN(name, rule, text) {#name, "", text, MANDO_COLUMN_TEXT, RULE_##rule},
#define INTEGER_COLUMN(name, unit, rule, text)                                                     \
    {#name, unit, text, MANDO_COLUMN_INTEGER, RULE_##rule},
#define TIME_COLUMN(name, rule, text) {#name, "", text, MANDO_COLUMN_TIME, RULE_##rule},

static const struct mando_column RUN[] = {
#include "schema/run.def"
};
static const struct mando_column LEDGER_ENTRY[] = {
#include "schema/ledger_entry.def"
};
static const struct mando_column AUDIT[] = {
#include "schema/audit.def"
};

#define KIND(name, columns)                                                                        \
    {                                                                                              \
        name, columns, sizeof(columns) / sizeof *(columns)                                         \
    }

static const struct mando_record_kind KINDS[] = {
    KIND("run", RUN), KIND("ledger_entry", LEDGER_ENTRY), KIND("audit", AUDIT)};

#define KIND_COUNT (sizeof KINDS / sizeof *KINDS)

const struct mando_record_kind *mando_record_kind_at(size_t i)
{
    return i < KIND_COUNT ? &KINDS[i] : NULL;
}

const struct mando_record_kind *mando_record_kind_find(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    return NULL;
}

size_t mando_record_column(const struct mando_record_kind *kind, const char *name)
{
    size_t i = 0;
    while (i < kind->column_count && strcmp(kind->columns[i].name, name) != 0)
        i++;
    return i;
}

size_t mando_record_fields(const struct mando_record_kind *kind,
                           struct mando_arrow_field fields_out[MANDO_RECORD_COLUMNS_MAX])
{
    static const enum mando_arrow_type TYPES[] = {[MANDO_COLUMN_TEXT] = MANDO_ARROW_TEXT,
                                                  [MANDO_COLUMN_INTEGER] = MANDO_ARROW_INT64,
                                                  [MANDO_COLUMN_TIME] = MANDO_ARROW_TIME};
    for (size_t i = 0; i < kind->column_count; i++)
        fields_out[i] = (struct mando_arrow_field){.name = kind->columns[i].name,
                                                   .type = TYPES[kind->columns[i].type],
                                                   .nullable = !kind->columns[i].is_required};
    return kind->column_count;
}
