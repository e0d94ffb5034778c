/* codec/input.h: a stream of bytes from a file, standard input or memory, plain or gzip.
 *
 * gzip is told by its first two bytes, never by a name; several members count as one stream. Memory
 * is constant whatever the size of the input. */
#ifndef MANDO_CODEC_INPUT_H
#define MANDO_CODEC_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "mando/error.h"

struct mando_input;

#define MANDO_INPUT_BYTES_MAX (UINT64_C(4) << 30) /* where no other is given */

struct mando_input_options {
    uint64_t bytes_max; /* expanded; 0 = 4 GiB */
    /* Called after each piece with the bytes taken from the source, not expanded; a result other
     * than 0 cancels. */
    int (*progress)(void *context, uint64_t bytes_read);
    void *progress_context;
};

/* Opens the file at `path`, "-" for standard input. options NULL = defaults. The path is borrowed
 * until the input is freed.
 * MANDO_NOT_FOUND, MANDO_DENIED, MANDO_INVALID (io.directory), MANDO_IO, MANDO_NO_MEMORY. */
enum mando_status mando_input_open(const char *path, const struct mando_input_options *options,
                                   struct mando_input **input_out, struct mando_error *error);

/* The same over bytes that are borrowed until the input is freed; `name` stands for the path. */
enum mando_status mando_input_open_memory(const void *bytes, size_t length, const char *name,
                                          const struct mando_input_options *options,
                                          struct mando_input **input_out,
                                          struct mando_error *error);
void mando_input_free(struct mando_input *input);

/* The descriptor of a plain file, which may be opened anew and read anywhere; -1 of all else. */
int mando_input_file(const struct mando_input *input);

/* What errors call it: the path, or "standard input". */
const char *mando_input_name(const struct mando_input *input);

/* Reads 1 to `size` expanded bytes; *length_out is 0 at the end only.
 * MANDO_IO (io.read), MANDO_LIMIT (io.limit), MANDO_CORRUPT (gzip.*), MANDO_CANCELLED. */
enum mando_status mando_input_read(struct mando_input *input, char *bytes_out, size_t size,
                                   size_t *length_out, struct mando_error *error);

#endif
