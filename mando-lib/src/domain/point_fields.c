#include "domain/point_fields.h"

static const struct mando_field FIELDS[] = {
#define TEXT_FIELD(field, bytes, start, presence, about)                                           \
    {.name = #field,                                                                               \
     .unit = "",                                                                                   \
     .text = about,                                                                                \
     .type = MANDO_FIELD_TEXT,                                                                     \
     .rule = MANDO_FIELD_##presence,                                                               \
     .offset = offsetof(struct point_fields, field),                                               \
     .size = bytes,                                                                                \
     .initial_text = start},
#define JSON_FIELD(field, kind, about)                                                             \
    {.name = #field,                                                                               \
     .unit = "",                                                                                   \
     .text = about,                                                                                \
     .type = MANDO_FIELD_JSON,                                                                     \
     .rule = MANDO_FIELD_OPTIONAL,                                                                 \
     .offset = offsetof(struct point_fields, field),                                               \
     .size = sizeof(yyjson_val *)},
#include "schema/point.def"
#undef TEXT_FIELD
#undef JSON_FIELD
};

const struct mando_entity mando_entity_point = {
    .name = "configuration", .fields = FIELDS, .field_count = sizeof FIELDS / sizeof *FIELDS};
