/* domain/battery_fields.h: the rows of schema/battery.def as descriptors of struct mando_battery. */
#ifndef MANDO_DOMAIN_BATTERY_FIELDS_H
#define MANDO_DOMAIN_BATTERY_FIELDS_H

#include "schema/entity.h"

extern const struct mando_entity mando_entity_battery;

#endif
