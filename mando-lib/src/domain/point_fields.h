/* domain/point_fields.h: a configuration as it is written, field by field of schema/point.def. */
#ifndef MANDO_DOMAIN_POINT_FIELDS_H
#define MANDO_DOMAIN_POINT_FIELDS_H

#include "schema/entity.h"

struct point_fields {
#define TEXT_FIELD(name, size, initial, rule, text) char name[size];
#define JSON_FIELD(name, kind, text) yyjson_val *name;
#include "schema/point.def"
#undef TEXT_FIELD
#undef JSON_FIELD
};

extern const struct mando_entity mando_entity_point;

#endif
