/* codec/price_file.h: the project's own price file.
 *
 * Header `start,price_eur_per_mwh` or `start,buy_eur_per_mwh,sell_eur_per_mwh`, then any of the
 * limits of a period in any order. */
#ifndef MANDO_CODEC_PRICE_FILE_H
#define MANDO_CODEC_PRICE_FILE_H

#include "codec/price_rows.h"

/* Reads header and rows; `zone` is that of a date alone.
 * MANDO_INVALID (csv.*, prices.*, time.*) and the statuses of mando_csv_next. */
enum mando_status mando_price_file_read(struct mando_csv *csv, const struct mando_zone *zone,
                                        struct mando_price_rows *rows, struct mando_error *error);

#endif
