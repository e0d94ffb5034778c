#include "codec/lines.h"

#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

struct mando_lines_state {
    struct mando_input *input;
    size_t begin, end; /* of the bytes that were read and not yet handed out */
    bool ended;        /* the input has no more than these */
    char bytes[MANDO_LINE_BYTES_MAX];
};

enum mando_status mando_lines_open(struct mando_lines *lines_out, struct mando_input *input,
                                   struct mando_error *error)
{
    *lines_out = (struct mando_lines){.state = mando_alloc(1, sizeof *lines_out->state)};
    if (!lines_out->state)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read %s",
                          mando_input_name(input));
    lines_out->state->input = input;
    return MANDO_OK;
}

void mando_lines_release(struct mando_lines *lines)
{
    mando_free(lines->state);
    *lines = (struct mando_lines){0};
}

/* Makes room and reads once. */
static enum mando_status fill(struct mando_lines *lines, struct mando_error *error)
{
    struct mando_lines_state *state = lines->state;
    size_t length = 0;
    memmove(state->bytes, state->bytes + state->begin, state->end - state->begin);
    state->end -= state->begin;
    state->begin = 0;
    if (state->end == MANDO_LINE_BYTES_MAX)
        return mando_fail_at(error, MANDO_E_JSON_SIZE, mando_input_name(state->input),
                             lines->line + 1, 1, "line %lld is longer than %zu bytes",
                             (long long)lines->line + 1, MANDO_LINE_BYTES_MAX);
    enum mando_status status = mando_input_read(state->input, state->bytes + state->end,
                                                MANDO_LINE_BYTES_MAX - state->end, &length, error);
    state->end += length;
    state->ended = !status && length == 0;
    return status;
}

static void hand_out(struct mando_lines *lines, size_t length, size_t ending)
{
    struct mando_lines_state *state = lines->state;
    lines->text = state->bytes + state->begin;
    lines->length = length > 0 && lines->text[length - 1] == '\r' ? length - 1 : length;
    lines->line++;
    state->begin += length + ending;
}

enum mando_status mando_lines_next(struct mando_lines *lines, struct mando_error *error)
{
    struct mando_lines_state *state = lines->state;
    size_t seen = 0;
    lines->text = NULL;
    for (;;) {
        const char *start = state->bytes + state->begin;
        size_t length = state->end - state->begin;
        const char *feed = memchr(start + seen, '\n', length - seen);
        if (feed) {
            hand_out(lines, (size_t)(feed - start), 1);
            return MANDO_OK;
        }
        if (state->ended) {
            if (length > 0)
                hand_out(lines, length, 0);
            return MANDO_OK;
        }
        seen = length;
        enum mando_status status = fill(lines, error);
        if (status)
            return status;
    }
}
