/* codec/lines.h: an input line by line, in constant memory. */
#ifndef MANDO_CODEC_LINES_H
#define MANDO_CODEC_LINES_H

#include "codec/input.h"

#define MANDO_LINE_BYTES_MAX ((size_t)2 << 20)

struct mando_lines_state;

struct mando_lines {
    const char *text; /* without its line end; NULL behind the last one */
    size_t length;
    int64_t line; /* from 1 */
    struct mando_lines_state *state;
};

/* Starts on an input, which is borrowed until mando_lines_release; that is needed also after a failure.
 * MANDO_NO_MEMORY. */
enum mando_status mando_lines_open(struct mando_lines *lines_out, struct mando_input *input,
                                   struct mando_error *error);
void mando_lines_release(struct mando_lines *lines); /* a zeroed struct is fine */

/* The next line, valid until the one after it; a line ends with LF or CRLF, the last one perhaps with
 * nothing. MANDO_LIMIT (json.size) and the statuses of mando_input_read. */
enum mando_status mando_lines_next(struct mando_lines *lines, struct mando_error *error);

#endif
