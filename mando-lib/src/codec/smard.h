/* codec/smard.h: a SMARD download of day-ahead prices, as it comes
 * (codec/smard_cells.h). */

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
