/* schema/points.h: fields that are lists of points, [[x, y], ...]. */
#ifndef MANDO_SCHEMA_POINTS_H
#define MANDO_SCHEMA_POINTS_H

#include "schema/entity.h"

/* Reads an array of 1 to MANDO_POINTS_MAX pairs of numbers.
 * MANDO_INVALID (field.type, field.range), at the place in the text. */
enum mando_status schema_points_read(const struct mando_field *field, const struct mando_json *json,
                                     yyjson_val *value, void *record, struct mando_error *error);

/* Not too many, every number within its bounds, x rising. MANDO_INVALID (field.range);
 * error->where is the JSON pointer of the number. */
enum mando_status schema_points_check(const struct mando_field *field, const void *record,
                                      struct mando_error *error);

#endif
