/* codec/file_error.h: what an errno of a file means to the caller. */
#ifndef MANDO_CODEC_FILE_ERROR_H
#define MANDO_CODEC_FILE_ERROR_H

#include "base/fail.h"

/* Fills error with io.not_found, io.denied or io.directory, or `otherwise` (io.read, io.write) and
 * the system's reason, and returns the status. */
enum mando_status mando_fail_file(struct mando_error *error, enum mando_error_code otherwise,
                                  const char *path, int error_number);

#endif
