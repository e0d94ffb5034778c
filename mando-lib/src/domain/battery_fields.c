#include "domain/battery_fields.h"

#include <math.h>

#include "mando/battery.h"

#define FROM(bound) bound, MANDO_BOUND_CLOSED
#define ABOVE(bound) bound, MANDO_BOUND_OPEN
#define TO(bound) bound, MANDO_BOUND_CLOSED
#define BELOW(bound) bound, MANDO_BOUND_OPEN
#define ANY 0, MANDO_BOUND_NONE

static const struct mando_field FIELDS[] = {
#define TEXT_FIELD(field, bytes, start, presence, about)                                           \
    MANDO_TEXT_FIELD(struct mando_battery, field, bytes, start, presence, about),
#define NUMBER_FIELD(field, measure, start, presence, least, most, about)                          \
    MANDO_NUMBER_FIELD(struct mando_battery, field, measure, start, presence, about,               \
                       .low = {least}, .high = {most}),
#define POINTS_FIELD(field, measure_x, measure, least_x, least, most, about)                       \
    {.name = #field,                                                                               \
     .unit = measure,                                                                              \
     .text = about,                                                                                \
     .type = MANDO_FIELD_POINTS,                                                                   \
     .rule = MANDO_FIELD_OPTIONAL,                                                                 \
     .offset = offsetof(struct mando_battery, field),                                              \
     .size = sizeof(struct mando_points),                                                          \
     .low = {least},                                                                               \
     .high = {most},                                                                               \
     .low_x = {least_x}},
#include "schema/battery.def"
#undef TEXT_FIELD
#undef NUMBER_FIELD
#undef POINTS_FIELD
};

const struct mando_entity mando_entity_battery = {
    .name = "battery", .fields = FIELDS, .field_count = sizeof FIELDS / sizeof *FIELDS};
