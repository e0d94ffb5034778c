/* json.h: writes one JSON document, ", " and ": " apart, in the order of the calls. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

struct cli_json { /* cli_json_init first, cli_json_end last */
    struct mando_text text;
    bool needs_comma;
};

void cli_json_init(struct cli_json *json);

/* Every call below takes the member's name, NULL inside an array and for the document itself. */
void cli_json_open(struct cli_json *json, const char *name, char bracket);      /* '{' or '[' */
void cli_json_close(struct cli_json *json, char bracket);                       /* '}' or ']' */
void cli_json_text(struct cli_json *json, const char *name, const char *value); /* NULL = null */
void cli_json_number(struct cli_json *json, const char *name, double value);    /* NaN = null */
void cli_json_count(struct cli_json *json, const char *name, int64_t value);
void cli_json_truth(struct cli_json *json, const char *name, bool value);

/* Writes the document and a line feed to the stream and frees it. MANDO_NO_MEMORY: then nothing was
 * written. What the stream did is the stream's to tell. */
enum mando_status cli_json_end(struct cli_json *json, FILE *stream);

#endif
