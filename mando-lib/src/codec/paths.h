/* codec/paths.h: price paths from any input; mando_paths_read is this over a file. */
#ifndef MANDO_CODEC_PATHS_H
#define MANDO_CODEC_PATHS_H

#include "codec/input.h"
#include "mando/codec.h"

/* Reads an input to its end; it stays the caller's. Statuses as mando_paths_read. */
enum mando_status mando_paths_read_input(struct mando_input *input,
                                         const struct mando_prices_options *options,
                                         struct mando_paths *paths_out, struct mando_error *error);

#endif
