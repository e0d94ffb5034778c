/* codec/price_rows.h: the rows of a price file or a SMARD download become a price series.
 *
 * Rows come in one by one; their order and step are checked, those in the wanted range are kept. */
#ifndef MANDO_CODEC_PRICE_ROWS_H
#define MANDO_CODEC_PRICE_ROWS_H

#include "codec/csv.h"
#include "mando/prices.h"

/* What a column of numbers is. A file has PRICE, or BUY and SELL. */
enum mando_price_column {
    MANDO_PRICE,
    MANDO_PRICE_BUY,
    MANDO_PRICE_SELL,
    MANDO_PRICE_CHARGE_MAX,
    MANDO_PRICE_DISCHARGE_MAX,
    MANDO_PRICE_SOC_MIN,
    MANDO_PRICE_SOC_MAX,
    MANDO_PRICE_PV,
    MANDO_PRICE_LOAD,
    MANDO_PRICE_COLUMNS
};

struct mando_price_rows {
    const char *name;       /* what errors call the file */
    uint64_t rows_max;      /* io.limit beyond */
    int64_t from_us, to_us; /* rows with from <= start < to are kept */
    bool has_column[MANDO_PRICE_COLUMNS];

    uint64_t rows; /* in the file so far, kept or not */
    int64_t first_us, last_us, step_us;
    uint64_t index_first; /* of the first kept row */
    size_t kept, capacity;
    double *values; /* one column of `capacity` after the other, those of has_column in order */
};

/* Takes the start of the next row: MANDO_INVALID (prices.order, .duplicate, .step), MANDO_LIMIT. */
enum mando_status mando_price_rows_start(struct mando_price_rows *rows, int64_t start_us,
                                         const struct mando_csv_cell *cell,
                                         struct mando_error *error);

/* Whether the row that was started last is wanted. */
bool mando_price_rows_keeps(const struct mando_price_rows *rows);

/* Keeps the row that was started last; values has the columns of has_column set.
 * MANDO_NO_MEMORY. */
enum mando_status mando_price_rows_keep(struct mando_price_rows *rows,
                                        const double values[MANDO_PRICE_COLUMNS],
                                        struct mando_error *error);

/* Hands the kept rows over as a series, which mando_prices_release frees. At least one was kept. */
void mando_price_rows_take(struct mando_price_rows *rows, struct mando_prices *prices_out);

void mando_price_rows_release(struct mando_price_rows *rows);

#endif
