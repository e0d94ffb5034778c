/* domain/document.h: JSON documents and the JSON schema that they must fit.
 *
 * Of JSON schema these keywords, each as in its 2020-12 draft: type required properties
 * additionalProperties enum const minimum maximum items minItems maxItems. A schema with another one
 * is refused, so that no rule is silently not kept. Numbers are equal where their values are. */
#ifndef MANDO_DOMAIN_DOCUMENT_H
#define MANDO_DOMAIN_DOCUMENT_H

#include "base/json.h"

/* Whether `schema`, a value of `json`, is a schema. MANDO_INVALID (field.unknown, field.type,
 * field.range, field.duplicate), at the place in json. */
enum mando_status document_check_schema(const struct mando_json *json, yyjson_val *schema,
                                        struct mando_error *error);

/* Whether `value`, of `json`, fits a schema that was checked. MANDO_INVALID (document.schema, or
 * field.duplicate: an object has a member twice), at the place in json. */
enum mando_status document_check(yyjson_val *schema, const struct mando_json *json,
                                 yyjson_val *value, struct mando_error *error);

#endif
