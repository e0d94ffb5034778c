/* codec/rows_json.h: values of rows that are JSON values. */
#ifndef MANDO_CODEC_ROWS_JSON_H
#define MANDO_CODEC_ROWS_JSON_H

#include "base/json.h"
#include "codec/rows_reader.h"

/* Takes one value for a field of the row at hand, ROWS_ID among them; null is absent or missing.
 * MANDO_INVALID (field.type, rows.cell, time.*, point.id) at the place in json, MANDO_LIMIT,
 * MANDO_NO_MEMORY. */
enum mando_status rows_json_take(struct mando_rows_reader *reader, const struct mando_json *json,
                                 int field, yyjson_val *value, struct mando_error *error);

/* The field of a member's key, behind the one that was found last where the order is kept; an error
 * where it is none, or `seen` has it; seen has a byte for each field. MANDO_INVALID (field.unknown,
 * field.duplicate). */
enum mando_status rows_json_find(const struct mando_rows_reader *reader,
                                 const struct mando_json *json, yyjson_val *key, bool *seen,
                                 int *field, struct mando_error *error);

/* Whether all fields that a row must have were seen; `holder` is the object that lacks one.
 * MANDO_INVALID (field.missing). */
enum mando_status rows_json_check(const struct mando_rows_reader *reader,
                                  const struct mando_json *json, yyjson_val *holder,
                                  const bool *seen, struct mando_error *error);

/* Gives an error about a value its place, unless it has one; the status is the answer. */
enum mando_status rows_json_place(const struct mando_json *json, yyjson_val *value,
                                  enum mando_status status, struct mando_error *error);

/* Room for `seen`. */
size_t rows_json_field_count(const struct mando_rows_reader *reader);

#endif
