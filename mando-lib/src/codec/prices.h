/* codec/prices.h: prices from any input; mando_prices_read is this over a file. */
#ifndef MANDO_CODEC_PRICES_H
#define MANDO_CODEC_PRICES_H

#include "codec/input.h"
#include "mando/codec.h"

/* Reads an input to its end; it stays the caller's. Statuses as mando_prices_read. */
enum mando_status mando_prices_read_input(struct mando_input *input,
                                          const struct mando_prices_options *options,
                                          struct mando_prices *prices_out,
                                          struct mando_error *error);

#endif
