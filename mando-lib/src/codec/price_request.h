/* codec/price_request.h: which rows of a file of prices are wanted, and in which resolution. */
#ifndef MANDO_CODEC_PRICE_REQUEST_H
#define MANDO_CODEC_PRICE_REQUEST_H

#include "codec/price_rows.h"
#include "domain/prices.h"
#include "mando/codec.h"

struct mando_price_request {
    const struct mando_prices_options *options; /* borrowed */
    const struct mando_zone *zone;              /* of dates and of cuts; NULL = UTC */
    struct mando_duration resolution;           /* of options->resolution */
};

/* Reads the options; sets the bounds of rows. `zone` is that of options without one.
 * MANDO_INVALID (time.*, duration.format), error->where is the option. */
enum mando_status mando_price_request_take(struct mando_price_request *request,
                                           const struct mando_prices_options *options,
                                           const struct mando_zone *zone,
                                           struct mando_price_rows *rows,
                                           struct mando_error *error);

/* Whether the rows that were read are enough; gives an only row its length.
 * MANDO_INVALID (prices.rows, prices.resolution, time.range). */
enum mando_status mando_price_request_check(const struct mando_price_request *request,
                                            struct mando_price_rows *rows,
                                            struct mando_error *error);

/* Whether rows that were checked must be converted to *resolution_out, which is set only then. */
bool mando_price_request_converts(const struct mando_price_request *request,
                                  const struct mando_price_rows *rows,
                                  struct mando_prices_resolution *resolution_out);

#endif
