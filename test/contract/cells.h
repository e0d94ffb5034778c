/* cells.h: versions of values in the plainest form, as tests write and compare them. */
#ifndef CELLS_H
#define CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "mando/arrow.h"
#include "mando/error.h"
#include "mando/point.h"

#define CELL_NUMBERS 3 /* of a matrix */
#define CELLS_MAX 4096

struct cell {
    int point; /* in the ids of the call */
    int64_t start, end, known, changed;
    bool has_end, has_known; /* of a row to be put */
    bool present, deleted;
    double number[CELL_NUMBERS]; /* NAN is missing */
    char text[16], author[16];
};

struct cells {
    size_t count;
    struct cell items[CELLS_MAX];
};

/* A value stream of rows in batches of batch_rows. */
void cells_stream(const struct cell *cells, size_t count, enum mando_point_type type,
                  size_t batch_rows, struct ArrowArrayStream *stream_out);

/* Appends the rows of a stream, which is released. */
enum mando_status cells_read(struct ArrowArrayStream *stream, struct cells *cells,
                             struct mando_error *error);

bool cells_same_value(const struct cell *a, const struct cell *b);

/* Fails the test where two lists differ, and shows where. with_author: in history. */
void cells_check(const struct cells *actual, const struct cells *expected, bool with_author,
                 const char *what);

void cells_print(const struct cell *cell);

#endif
