/* schema/record.h: the kinds of records: append-only typed tables, each named by a .def list. */
#ifndef MANDO_SCHEMA_RECORD_H
#define MANDO_SCHEMA_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "arrow/field.h"

enum mando_column_type {
    MANDO_COLUMN_TEXT,
    MANDO_COLUMN_INTEGER,
    MANDO_COLUMN_TIME /* microseconds UTC */
};

struct mando_column {
    const char *name, *unit, *text;
    enum mando_column_type type;
    bool is_required; /* never null */
};

/* At most so many columns. */
#define MANDO_RECORD_COLUMNS_MAX 32

struct mando_record_kind {
    const char *name;
    const struct mando_column *columns;
    size_t column_count;
};

/* run, ledger_entry and audit; NULL from their number on. */
const struct mando_record_kind *mando_record_kind_at(size_t i);

/* NULL where there is none. */
const struct mando_record_kind *mando_record_kind_find(const char *name);

/* The columns as those of batches, whose names are the kind's; answers how many there are. */
size_t mando_record_fields(const struct mando_record_kind *kind,
                           struct mando_arrow_field fields_out[MANDO_RECORD_COLUMNS_MAX]);

/* The place of a column; column_count where there is none. */
size_t mando_record_column(const struct mando_record_kind *kind, const char *name);

#endif
