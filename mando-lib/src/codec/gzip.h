/* codec/gzip.h: what reading and writing gzip share. */
#ifndef MANDO_CODEC_GZIP_H
#define MANDO_CODEC_GZIP_H

#include <zlib.h>

#define MANDO_GZIP_WINDOW_BITS                                                                     \
    (15 + 16) /* the largest window, in a gzip wrapper with its checksum */

/* Makes a stream that is not started yet allocate through base/alloc.h. */
void mando_gzip_prepare(z_stream *stream);

#endif
