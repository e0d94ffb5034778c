/* codec/smard.h: a SMARD download of day-ahead prices, as it comes.
 *
 * `Datum von`, `Datum bis`, then one column for each bidding zone; German local time without an
 * offset. Semicolons with a decimal comma (and thousands points) or decimal point, or commas with a
 * decimal point: one per file. The autumn hour stands twice, so that order decides; `Datum bis` is
 * wrong on spring days and not read; `-` is no value. */
#ifndef MANDO_CODEC_SMARD_H
#define MANDO_CODEC_SMARD_H

#include "codec/price_rows.h"

/* Reads header and rows. `column` is a header up to " [" or the id of its zone ("DE-LU"); berlin is
 * the zone of the times.
 * MANDO_INVALID (csv.*, prices.*, smard.column, time.*) and the statuses of mando_csv_next. */
enum mando_status mando_smard_read(struct mando_csv *csv, const char *column,
                                   const struct mando_zone *berlin, struct mando_price_rows *rows,
                                   struct mando_error *error);

#endif
