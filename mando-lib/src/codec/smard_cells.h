/* codec/smard_cells.h: what the cells of a SMARD download of day-ahead prices say.
 *
 * `Datum von`, `Datum bis`, then one column for each bidding zone; German local time without an
 * offset. Semicolons with a decimal comma (and thousands points) or decimal point, or commas with a
 * decimal point: one per file. The autumn hour stands twice, so that order decides; `Datum bis` is
 * wrong on spring days and not read; `-` is no value. */
#ifndef MANDO_CODEC_SMARD_CELLS_H
#define MANDO_CODEC_SMARD_CELLS_H

#include "codec/csv.h"
#include "mando/time.h"

#define MANDO_SMARD_PLACE_FIRST 2 /* of the prices, after the two times */

/* A row of assets/smard/columns.csv. */
struct mando_smard_column {
    const char *name; /* its header up to " [" */
    const char *zone; /* "DE-LU" */
    const char *id;   /* of its data point; "" = none */
};

struct mando_smard_cells { /* the first two are borrowed and set by the caller */
    struct mando_csv *csv;
    const struct mando_zone *berlin;
    bool has_last;
    int64_t last_us; /* the start of the row before */
    char decimal;    /* the file's decimal sign; 0 until a number shows it */
};

/* Whether a file begins as a SMARD download; sets its separator. Before the first row. */
bool mando_smard_begins(struct mando_csv *csv);

/* Reads the first row. MANDO_INVALID (csv.*) and the statuses of mando_csv_next. */
enum mando_status mando_smard_read_header(struct mando_smard_cells *cells,
                                          struct mando_error *error);

/* The known column that a cell of the header names; NULL where it is none. */
const struct mando_smard_column *mando_smard_column_of(const struct mando_csv_cell *header);

/* Finds the place of a column in the header, given by its name or zone; NULL is refused.
 * MANDO_INVALID (smard.column). */
enum mando_status mando_smard_find(const struct mando_smard_cells *cells, const char *column,
                                   size_t *place_out, struct mando_error *error);

/* A column of the header has prices in EUR/MWh: MANDO_INVALID (smard.column). */
enum mando_status mando_smard_check_unit(const struct mando_smard_cells *cells, size_t place,
                                         struct mando_error *error);

/* The start of the row at hand; of a local time that is there twice the earlier instant, the later one
 * after the row of the earlier. MANDO_INVALID (time.*). */
enum mando_status mando_smard_read_start(struct mando_smard_cells *cells, int64_t *start_us_out,
                                         struct mando_error *error);

/* A price of the row at hand; *there_out is false where there is none. MANDO_INVALID (csv.number). */
enum mando_status mando_smard_read_price(struct mando_smard_cells *cells, size_t place,
                                         double *price_out, bool *there_out,
                                         struct mando_error *error);

#endif
