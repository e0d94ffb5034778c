/* repo/catalog_columns.h: the columns of the stream of points_find. */
#ifndef MANDO_REPO_CATALOG_COLUMNS_H
#define MANDO_REPO_CATALOG_COLUMNS_H

#include "arrow/field.h"

enum catalog_column {
    CATALOG_ID,
    CATALOG_TYPE,
    CATALOG_UNIT,
    CATALOG_RESOLUTION, /* null: irregular */
    CATALOG_TIME_ZONE,
    CATALOG_AGGREGATION,
    CATALOG_WIDTH,
    CATALOG_DOCUMENT, /* null: none */
    CATALOG_KNOWN,
    CATALOG_CHANGED,
    CATALOG_COLUMNS
};

extern const struct mando_arrow_field CATALOG_FIELDS[CATALOG_COLUMNS];

#endif
