/* codec/csv.h: a streaming reader of CSV (RFC 4180) that knows where every cell stands.
 *
 * UTF-8 with or without a byte-order mark, LF or CRLF, one separator, cells quoted or not, as many
 * cells in each row as in the first, at most one empty line and that at the end. Nothing is
 * allocated after mando_csv_open; memory is constant whatever the input. */
#ifndef MANDO_CODEC_CSV_H
#define MANDO_CODEC_CSV_H

#include <stdbool.h>

#include "codec/input.h"

#define MANDO_CSV_LINE_BYTES_MAX (1 << 20) /* of a row with its line end */
#define MANDO_CSV_CELLS_MAX 16384

/* Room for what mando_csv_show writes. */
#define MANDO_CSV_SHOWN_SIZE 48

struct mando_csv_cell {
    const char *text; /* without its quotes; not ended by a NUL */
    size_t length;
    int64_t line, column; /* of the first character of text, from 1; columns count characters */
    bool escaped;         /* for the reader: doubled quotes are still in the text */
};

/* The caller sets the separator before the first row; the rest is the reader's. */
struct mando_csv {
    char separator;                     /* a comma unless the caller says otherwise */
    const char *name;                   /* what errors call the input */
    const struct mando_csv_cell *cells; /* the row, valid until the next one is read */
    size_t cell_count;                  /* 0 = there are no more rows */
    struct mando_csv_state *state;
};

/* Starts on an input, which is borrowed until mando_csv_release. *csv_out needs that also after a
 * failure. It is read in pieces of `piece` bytes, 0 = 64 KiB; tests make them small.
 * The statuses of mando_input_read, MANDO_NO_MEMORY. */
enum mando_status mando_csv_open(struct mando_csv *csv_out, struct mando_input *input, size_t piece,
                                 struct mando_error *error);
void mando_csv_release(struct mando_csv *csv); /* a zeroed struct is fine */

/* Whether the first piece begins with these bytes; for use before the first row. */
bool mando_csv_begins_with(const struct mando_csv *csv, const char *text);

/* Reads the next row into cells and cell_count; the first is the header.
 * MANDO_INVALID (csv.empty, csv.header, csv.cells, csv.quote, text.*), MANDO_LIMIT (csv.line,
 * io.limit) and the statuses of mando_input_read. */
enum mando_status mando_csv_next(struct mando_csv *csv, struct mando_error *error);

/* The cell as errors show it: cut after 40 bytes, control characters as
 * question marks. */
const char *mando_csv_show(const struct mando_csv_cell *cell, char text_out[MANDO_CSV_SHOWN_SIZE]);

/* Completes an error about the text of a cell, whose column counts from its first character: adds
 * where the cell stands. Returns `status`. */
enum mando_status mando_csv_place(const struct mando_csv *csv, const struct mando_csv_cell *cell,
                                  enum mando_status status, struct mando_error *error);

bool mando_csv_cell_is(const struct mando_csv_cell *cell, const char *text);

#endif
