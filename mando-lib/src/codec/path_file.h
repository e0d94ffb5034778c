/* codec/path_file.h: a matrix of price paths as CSV.
 *
 * Header `start,LABEL,LABEL,...`; each column after the first is one path in EUR/MWh, each row one
 * period. */
#ifndef MANDO_CODEC_PATH_FILE_H
#define MANDO_CODEC_PATH_FILE_H

#include "codec/price_rows.h"

/* What was read: the prices of the kept rows row by row, `paths` in each; mando_path_file_release. */
struct mando_path_file {
    size_t paths, capacity; /* rows that `values` has room for */
    double *values;
    char **labels; /* one block: pointers, then the texts */
};

/* Reads header and rows; only the bounds and counts of `rows` are used, not its values. `zone` is that
 * of a date alone. MANDO_INVALID (csv.*, prices.*, time.*), MANDO_NO_MEMORY, and the statuses of
 * mando_csv_next. */
enum mando_status mando_path_file_read(struct mando_csv *csv, const struct mando_zone *zone,
                                       struct mando_price_rows *rows,
                                       struct mando_path_file *file_out, struct mando_error *error);

void mando_path_file_release(struct mando_path_file *file); /* a zeroed struct is fine */

#endif
