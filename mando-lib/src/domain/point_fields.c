#include "domain/point_fields.h"

static const struct mando_field FIELDS[] = {
#define TEXT_FIELD(field, bytes, start, presence, about)                                           \
    MANDO_TEXT_FIELD(struct point_fields, field, bytes, start, presence, about),
#define JSON_FIELD(field, kind, about) MANDO_JSON_FIELD(struct point_fields, field, about),
#include "schema/point.def"
#undef TEXT_FIELD
#undef JSON_FIELD
};

const struct mando_entity mando_entity_point = {
    .name = "configuration", .fields = FIELDS, .field_count = sizeof FIELDS / sizeof *FIELDS};
