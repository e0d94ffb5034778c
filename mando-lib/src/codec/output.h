/* codec/output.h: a stream of bytes to a file or standard output, plain or gzip.
 *
 * A file is there whole or not at all: it is written beside its name, synced and renamed. A symbolic
 * link is followed; a device or pipe is written as it is. */
#ifndef MANDO_CODEC_OUTPUT_H
#define MANDO_CODEC_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "mando/error.h"

struct mando_output;

/* Opens `path`, "-" for standard output; the path is borrowed until the output is freed.
 * MANDO_NOT_FOUND, MANDO_DENIED, MANDO_INVALID (io.directory), MANDO_IO, MANDO_NO_MEMORY. */
enum mando_status mando_output_open(const char *path, bool gzip, struct mando_output **output_out,
                                    struct mando_error *error);

/* MANDO_IO (io.write), MANDO_NO_MEMORY; then the output can only be freed. */
enum mando_status mando_output_write(struct mando_output *output, const char *bytes, size_t length,
                                     struct mando_error *error);

/* Writes what is left and puts the file in its place. Statuses as mando_output_write. */
enum mando_status mando_output_finish(struct mando_output *output, struct mando_error *error);

/* Without mando_output_finish before it, nothing is left behind. */
void mando_output_free(struct mando_output *output);

#endif
