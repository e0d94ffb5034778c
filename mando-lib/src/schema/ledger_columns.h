/* schema/ledger_columns.h: the places of the columns of schema/ledger_entry.def. */
#ifndef MANDO_SCHEMA_LEDGER_COLUMNS_H
#define MANDO_SCHEMA_LEDGER_COLUMNS_H

enum ledger_column {
#define TEXT_COLUMN(name, rule, text) LEDGER_##name,
#define INTEGER_COLUMN(name, unit, rule, text) LEDGER_##name,
#define TIME_COLUMN(name, rule, text) LEDGER_##name,
#include "schema/ledger_entry.def"
#undef TEXT_COLUMN
#undef INTEGER_COLUMN
#undef TIME_COLUMN
    LEDGER_COLUMNS
};

#endif
