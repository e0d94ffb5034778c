#include "codec/csv.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/utf8.h"

#define PIECE_BYTES ((size_t)64 * 1024)
#define SHOWN_BYTES                                                                                \
    (MANDO_CSV_SHOWN_SIZE - 8) /* leaves room for the end of a character, dots, NUL */

/* What a byte means to the scanner; one look-up tells the plain ones, which are nearly all. */
enum class { PLAIN, SEPARATOR, LINE_FEED, CARRIAGE_RETURN, QUOTE, NUL, HIGH };

enum scan { DONE, NEED_MORE, FAILED };

struct mando_csv_state {
    struct mando_input *input;
    size_t piece;
    size_t begin, end;        /* of the bytes that were read and not yet handed out */
    bool ended;               /* the input has no more than these */
    bool in_quote;            /* where the scan ran out of bytes */
    size_t columns;           /* 0 before the header */
    enum mando_status status; /* of the scan that failed */

    /* The scan: the next byte, its line, and what turns a byte's place into a column. */
    const char *at, *limit;
    int64_t line;
    const char *line_start;
    int64_t continuations; /* UTF-8 bytes of this line that begin no character */

    unsigned char classes[256];
    struct mando_csv_cell cells[MANDO_CSV_CELLS_MAX];
    char bytes[MANDO_CSV_LINE_BYTES_MAX + 1]; /* a NUL follows the last one */
};

static enum class class_of(const struct mando_csv_state *state, const char *at) {
    return (enum class)state->classes[(unsigned char)*at];
}

static int64_t column_of(const struct mando_csv_state *state, const char *at)
{
    return at - state->line_start - state->continuations + 1;
}

/* Makes room and reads on until there is a good piece more or the input ends. */
static enum mando_status fill(struct mando_csv *csv, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    memmove(state->bytes, state->bytes + state->begin, state->end - state->begin);
    state->end -= state->begin;
    state->begin = 0;
    size_t room = MANDO_CSV_LINE_BYTES_MAX - state->end;
    if (room == 0)
        return mando_fail_at(error, MANDO_E_CSV_LINE, csv->name, state->line, 1,
                             "line %lld is longer than %d bytes%s", (long long)state->line,
                             MANDO_CSV_LINE_BYTES_MAX,
                             state->in_quote ? ", or a quote in it is never closed" : "");
    size_t target = state->end + (room < state->piece ? room : state->piece);
    while (state->end < target && !state->ended) {
        size_t length = 0;
        enum mando_status status = mando_input_read(state->input, state->bytes + state->end,
                                                    target - state->end, &length, error);
        if (status)
            return status;
        state->end += length;
        state->ended = length == 0;
    }
    state->bytes[state->end] = '\0';
    return MANDO_OK;
}

enum mando_status mando_csv_open(struct mando_csv *csv_out, struct mando_input *input, size_t piece,
                                 struct mando_error *error)
{
    *csv_out = (struct mando_csv){.separator = ',', .name = mando_input_name(input)};
    csv_out->state = mando_alloc(1, sizeof *csv_out->state);
    if (!csv_out->state)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read %s",
                          csv_out->name);
    struct mando_csv_state *state = csv_out->state;
    state->input = input;
    state->piece = piece ? piece : PIECE_BYTES;
    state->line = 1;
    csv_out->cells = state->cells;
    enum mando_status status = fill(csv_out, error);
    if (!status && mando_csv_begins_with(csv_out, "\xEF\xBB\xBF"))
        state->begin = 3;
    return status;
}

void mando_csv_release(struct mando_csv *csv)
{
    mando_free(csv->state);
    *csv = (struct mando_csv){0};
}

bool mando_csv_begins_with(const struct mando_csv *csv, const char *text)
{
    const struct mando_csv_state *state = csv->state;
    size_t length = strlen(text);
    return state->end - state->begin >= length
           && memcmp(state->bytes + state->begin, text, length) == 0;
}

static void classify(struct mando_csv_state *state, char separator)
{
    memset(state->classes, PLAIN, sizeof state->classes);
    memset(state->classes + 0x80, HIGH, 0x80);
    state->classes[0] = NUL;
    state->classes['\n'] = LINE_FEED;
    state->classes['\r'] = CARRIAGE_RETURN;
    state->classes['"'] = QUOTE;
    state->classes[(unsigned char)separator] = SEPARATOR;
}

static enum scan fail_here(struct mando_csv *csv, enum mando_error_code code, const char *message,
                           struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    state->status = mando_fail_at(error, code, csv->name, state->line, column_of(state, state->at),
                                  "%s", message);
    return FAILED;
}

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* The length of the UTF-8 character that begins here, or 0 where there is none. */
static size_t utf8_length(const char *at, const char *limit)
{
    unsigned char lead = (unsigned char)*at;
    size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if ((size_t)(limit - at) < length || mando_utf8_valid(at, length) < length)
        return 0;
    return length;
}

/* Steps over a character of several bytes. */
static enum scan scan_high(struct mando_csv *csv, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    size_t length = utf8_length(state->at, state->limit);
    if (length == 0 && state->limit - state->at < 4 && !state->ended)
        return NEED_MORE;
    if (length == 0)
        return fail_here(csv, MANDO_E_TEXT_UTF8, "the text is not UTF-8 here", error);
    state->at += length;
    state->continuations += (int64_t)length - 1;
    return DONE;
}

/* At a NUL, which is a byte of the input or the end of what was read. */
static enum scan scan_nul(struct mando_csv *csv, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    if (state->at < state->limit)
        return fail_here(csv, MANDO_E_TEXT_NUL, "the text holds a NUL byte here", error);
    return state->ended ? DONE : NEED_MORE;
}

/* Up to the separator, the line end or the end of the input; a lone CR is a character. */
static enum scan scan_plain(struct mando_csv *csv, struct mando_csv_cell *cell,
                            struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    enum scan result = DONE;
    while (result == DONE) {
        const char *at = state->at;
        while (state->classes[(unsigned char)*at] == PLAIN)
            at++;
        state->at = at;
        cell->length = (size_t)(at - cell->text);
        switch (class_of(state, at)) {
        case CARRIAGE_RETURN:
            if (at[1] == '\n')
                return DONE;
            if (at + 1 == state->limit && !state->ended)
                return NEED_MORE;
            state->at++;
            break;
        case QUOTE:
            return fail_here(csv, MANDO_E_CSV_QUOTE, "a quote stands inside a cell without quotes",
                             error);
        case NUL:
            result = scan_nul(csv, error);
            if (result == DONE)
                return DONE;
            break;
        case HIGH:
            result = scan_high(csv, error);
            break;
        default:
            return DONE;
        }
    }
    return result;
}

/* A closing quote must be followed by a separator, a line end or the end of the input. */
static enum scan scan_after_quote(struct mando_csv *csv, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    const char *at = state->at;
    enum class class = class_of(state, at);
    if (class == SEPARATOR || class == LINE_FEED || (class == CARRIAGE_RETURN && at[1] == '\n'))
        return DONE;
    if (class == NUL)
        return scan_nul(csv, error);
    if (class == CARRIAGE_RETURN && at + 1 == state->limit && !state->ended)
        return NEED_MORE;
    return fail_here(csv, MANDO_E_CSV_QUOTE, "something follows the closing quote of a cell",
                     error);
}

static enum scan fail_open_quote(struct mando_csv *csv, const struct mando_csv_cell *cell,
                                 struct mando_error *error)
{
    csv->state->status = mando_fail_at(error, MANDO_E_CSV_QUOTE, csv->name, cell->line,
                                       cell->column - 1, "the quote here is never closed");
    return FAILED;
}

/* From behind the opening quote to behind the closing one; doubled quotes stay for now, since the
 * scan may have to begin again. */
static enum scan scan_quoted(struct mando_csv *csv, struct mando_csv_cell *cell,
                             struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    enum scan result = DONE;
    state->in_quote = true;
    while (result == DONE) {
        const char *at = state->at;
        switch (class_of(state, at)) {
        case QUOTE:
            if (at + 1 == state->limit && !state->ended)
                return NEED_MORE;
            state->at++;
            if (at[1] != '"') {
                cell->length = (size_t)(at - cell->text);
                state->in_quote = false;
                return scan_after_quote(csv, error);
            }
            cell->escaped = true;
            state->at++;
            break;
        case LINE_FEED:
            state->at++;
            state->line++;
            state->line_start = state->at;
            state->continuations = 0;
            break;
        case NUL:
            result = scan_nul(csv, error);
            if (result == DONE)
                return fail_open_quote(csv, cell, error);
            break;
        case HIGH:
            result = scan_high(csv, error);
            break;
        default:
            state->at++;
        }
    }
    return result;
}

static enum scan scan_cell(struct mando_csv *csv, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    struct mando_csv_cell *cell = &state->cells[csv->cell_count++];
    bool quoted = class_of(state, state->at) == QUOTE;
    state->at += quoted;
    *cell = (struct mando_csv_cell){
        .text = state->at, .line = state->line, .column = column_of(state, state->at)};
    return quoted ? scan_quoted(csv, cell, error) : scan_plain(csv, cell, error);
}

/* At the first byte of a cell that is one too many. */
static enum scan fail_too_many(struct mando_csv *csv, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    enum mando_error_code code = state->columns ? MANDO_E_CSV_CELLS : MANDO_E_CSV_HEADER;
    state->status = mando_fail_at(error, code, csv->name, state->line, column_of(state, state->at),
                                  "the row has more than the %zu cells that %s", csv->cell_count,
                                  state->columns ? "the header has" : "a header may have");
    return FAILED;
}

/* Reads cells up to the line end, from the first unread byte on. */
static enum scan scan_row(struct mando_csv *csv, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    size_t cells_max = state->columns ? state->columns : MANDO_CSV_CELLS_MAX;
    state->at = state->line_start = state->bytes + state->begin;
    state->limit = state->bytes + state->end;
    state->continuations = 0;
    csv->cell_count = 0;
    for (;;) {
        enum scan result = scan_cell(csv, error);
        if (result != DONE)
            return result;
        if (class_of(state, state->at) != SEPARATOR)
            return DONE;
        state->at++;
        if (csv->cell_count == cells_max)
            return fail_too_many(csv, error);
    }
}

/* The row in one piece, whatever it takes to read. */
static enum mando_status read_row(struct mando_csv *csv, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    int64_t line = state->line;
    state->in_quote = false;
    for (;;) {
        enum scan result = scan_row(csv, error);
        if (result == FAILED)
            return state->status;
        if (result == DONE)
            return MANDO_OK;
        state->line = line;
        enum mando_status status = fill(csv, error);
        if (status)
            return status;
    }
}

static void unescape(struct mando_csv_state *state, struct mando_csv_cell *cell)
{
    char *text = state->bytes + (cell->text - state->bytes);
    size_t length = 0;
    for (size_t i = 0; i < cell->length; i++) {
        text[length++] = text[i];
        i += text[i] == '"'; /* the second of a pair */
    }
    cell->length = length;
    cell->escaped = false;
}

/* Steps behind the line end at which the scan stopped. */
static void finish_row(struct mando_csv *csv)
{
    struct mando_csv_state *state = csv->state;
    if (*state->at == '\r')
        state->at++;
    if (*state->at == '\n') {
        state->at++;
        state->line++;
    }
    state->begin = (size_t)(state->at - state->bytes);
    for (size_t i = 0; i < csv->cell_count; i++)
        if (state->cells[i].escaped)
            unescape(state, &state->cells[i]);
}

/* Whether all was handed out. */
static enum mando_status at_end(struct mando_csv *csv, bool *at_end_out, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    enum mando_status status = MANDO_OK;
    if (state->begin == state->end && !state->ended)
        status = fill(csv, error);
    *at_end_out = state->begin == state->end;
    return status;
}

static bool is_empty_line(const struct mando_csv *csv)
{
    const struct mando_csv_cell *cell = csv->cells;
    return csv->cell_count == 1 && cell->length == 0 && cell->column == 1;
}

static enum mando_status check_header(struct mando_csv *csv, struct mando_error *error)
{
    bool ended;
    csv->state->columns = csv->cell_count;
    if (!is_empty_line(csv))
        return MANDO_OK;
    enum mando_status status = at_end(csv, &ended, error);
    if (!status && ended)
        status = mando_fail_at(error, MANDO_E_CSV_EMPTY, csv->name, 1, 1, "the file is empty");
    else if (!status)
        status = mando_fail_at(error, MANDO_E_CSV_HEADER, csv->name, 1, 1,
                               "the first line is empty: the header must stand there");
    return status;
}

/* One empty line is a row only where something follows it: then it is one that has no cells. */
static enum mando_status check_row(struct mando_csv *csv, struct mando_error *error)
{
    const struct mando_csv_state *state = csv->state;
    if (is_empty_line(csv)) {
        int64_t line = csv->cells->line;
        bool ended;
        enum mando_status status = at_end(csv, &ended, error);
        if (!status && !ended)
            status = mando_fail_at(error, MANDO_E_CSV_CELLS, csv->name, line, 1,
                                   "an empty line stands before the end of the file");
        csv->cell_count = 0;
        return status;
    }
    if (csv->cell_count == state->columns)
        return MANDO_OK;
    const struct mando_csv_cell *last = &csv->cells[csv->cell_count - 1];
    return mando_fail_at(error, MANDO_E_CSV_CELLS, csv->name, last->line, last->column,
                         "the row ends here, after %zu of the %zu cells of the header",
                         csv->cell_count, state->columns);
}

enum mando_status mando_csv_next(struct mando_csv *csv, struct mando_error *error)
{
    struct mando_csv_state *state = csv->state;
    bool ended;
    enum mando_status status = at_end(csv, &ended, error);
    if (status)
        return status;
    csv->cell_count = 0;
    if (ended)
        return state->columns
                   ? MANDO_OK
                   : mando_fail_at(error, MANDO_E_CSV_EMPTY, csv->name, 1, 1, "the file is empty");
    if (state->columns == 0)
        classify(state, csv->separator);
    status = read_row(csv, error);
    if (status)
        return status;
    finish_row(csv);
    return state->columns ? check_row(csv, error) : check_header(csv, error);
}

const char *mando_csv_show(const struct mando_csv_cell *cell, char text_out[MANDO_CSV_SHOWN_SIZE])
{
    size_t length = 0;
    for (; length < cell->length; length++) {
        unsigned char byte = (unsigned char)cell->text[length];
        if (length >= SHOWN_BYTES && !is_continuation(byte))
            break;
        text_out[length] = byte < 0x20 || byte == 0x7F ? '?' : (char)byte;
    }
    memcpy(text_out + length, length < cell->length ? "..." : "", length < cell->length ? 4 : 1);
    return text_out;
}

enum mando_status mando_csv_place(const struct mando_csv *csv, const struct mando_csv_cell *cell,
                                  enum mando_status status, struct mando_error *error)
{
    int64_t offset = error && error->column > 0 ? error->column - 1 : 0;
    mando_fail_place(error, csv->name, cell->line, cell->column + offset);
    return status;
}

bool mando_csv_cell_is(const struct mando_csv_cell *cell, const char *text)
{
    return cell->length == strlen(text) && memcmp(cell->text, text, cell->length) == 0;
}
