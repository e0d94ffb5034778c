/* domain/document_schema.h: the keywords of JSON schema that there are. */
#ifndef MANDO_DOMAIN_DOCUMENT_SCHEMA_H
#define MANDO_DOMAIN_DOCUMENT_SCHEMA_H

#include "base/json.h"

enum schema_keyword {
    SCHEMA_TYPE,
    SCHEMA_REQUIRED,
    SCHEMA_PROPERTIES,
    SCHEMA_ADDITIONAL,
    SCHEMA_ENUM,
    SCHEMA_CONST,
    SCHEMA_MINIMUM,
    SCHEMA_MAXIMUM,
    SCHEMA_ITEMS,
    SCHEMA_MIN_ITEMS,
    SCHEMA_MAX_ITEMS,
    SCHEMA_KEYWORDS
};

/* SCHEMA_KEYWORDS where it is none. */
enum schema_keyword schema_keyword_of(yyjson_val *key);

#endif
