/* base/json.h: JSON texts over yyjson, with limits and with the position of every value.
 *
 * A text is RFC 8259 to the letter, UTF-8; a byte order mark before it is skipped. NaN, infinities
 * and numbers too large for a double are refused. Members of an object keep their order and may
 * repeat a name: whoever reads an object decides. Lines and columns count from 1, columns in
 * characters. */
#ifndef MANDO_BASE_JSON_H
#define MANDO_BASE_JSON_H

#include <yyjson.h>

#include "base/text.h"
#include "mando/error.h"

#define MANDO_JSON_DEPTH_MAX 64 /* objects and arrays inside each other */

struct mando_json {
    const char *text; /* borrowed, without its byte order mark */
    size_t length;
    const char *where; /* borrowed: the file, for errors; NULL: they have a JSON pointer instead */
    yyjson_doc *doc;
};

struct mando_json_place {
    int64_t line, column;
};

/* Parses the whole of text, which must outlive *json_out. The caller's, mando_json_release.
 * MANDO_INVALID (text.utf8, text.nul, json.syntax), MANDO_LIMIT (json.depth, json.size),
 * MANDO_NO_MEMORY. */
enum mando_status mando_json_parse(const char *text, size_t length, size_t length_max,
                                   const char *where, struct mando_json *json_out,
                                   struct mando_error *error);
void mando_json_release(struct mando_json *json);

/* Where a value, or the key of a member, starts in the text. Walks the text: for errors only. */
struct mando_json_place mando_json_locate(const struct mando_json *json, yyjson_val *value);

/* The source text of a value, cut where it is long or holds more than one line. */
#define MANDO_JSON_EXCERPT_SIZE 48
void mando_json_excerpt(const struct mando_json *json, yyjson_val *value,
                        char text_out[MANDO_JSON_EXCERPT_SIZE]);

/* The JSON pointer of a value, or of the member that a key begins; cut where it is long. */
#define MANDO_JSON_POINTER_SIZE 160
void mando_json_pointer(const struct mando_json *json, yyjson_val *value,
                        char pointer_out[MANDO_JSON_POINTER_SIZE]);

/* The value as a text without blanks, its members in their order. */
void mando_json_append(struct mando_text *text, yyjson_val *value);

/* Turns an error whose `where` is a JSON pointer into one at that value's place in the text; a
 * value that is not there is placed at `root`, an object or array of the document. Without a file
 * the pointer stays. */
void mando_json_place_error(const struct mando_json *json, yyjson_val *root,
                            struct mando_error *error);

#endif
