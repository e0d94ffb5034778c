/* mando/battery.h: a battery's data sheet and the rules of its fields.
 *
 * The fields, their units, defaults and ranges stand in schema/battery.def, once; a field that is
 * absent and has no default is NaN here and null in JSON. Powers are at the grid, energies at the
 * cells, efficiencies one-way.
 *
 * Points make a battery piecewise. efficiency_*_by_power: between points, and from the origin to the
 * first one, the power at the cells is linear in that at the grid; charging it is concave, discharging
 * convex, and the last point reaches power_*_mw. power_*_mw_by_soc: concave from soc_min_mwh to
 * soc_max_mwh, holds at the start and the end of each period, and so throughout it.
 * degradation_eur_per_mwh_by_power: levels that rise, the last one reaches power_discharge_mw. */
#ifndef MANDO_BATTERY_H
#define MANDO_BATTERY_H

#include "mando/error.h"
#include "mando/points.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mando_battery {
#define TEXT_FIELD(name, size, initial, rule, text) char name[size];
#define NUMBER_FIELD(name, unit, initial, rule, low, high, text) double name;
#define POINTS_FIELD(name, unit_x, unit_y, low_x, low_y, high_y, text) struct mando_points name;
#include "schema/battery.def"
#undef TEXT_FIELD
#undef NUMBER_FIELD
#undef POINTS_FIELD
};

/* Every optional field at its default, every required number NaN. */
MANDO_API void mando_battery_init(struct mando_battery *battery_out);

/* Reads a JSON object, the whole of `text` (UTF-8, `length` bytes). `where` names it in errors: a
 * file name. Checks every rule. soc_start_mwh becomes soc_min_mwh where absent.
 * MANDO_INVALID (json.*, field.*, battery.*) with line and column, MANDO_LIMIT, MANDO_NO_MEMORY. */
MANDO_API enum mando_status mando_battery_parse(const char *text, size_t length, const char *where,
                                                struct mando_battery *battery_out,
                                                struct mando_error *error);

/* Checks a battery that was filled by hand; NaN is absent, which a field with a default may not be.
 * MANDO_INVALID (field.*, battery.*); error->where is the JSON pointer of the field. */
MANDO_API enum mando_status mando_battery_check(const struct mando_battery *battery,
                                                struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
