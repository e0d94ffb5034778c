#include "codec/gzip.h"

#include "base/alloc.h"

static void *zlib_alloc(void *context, unsigned count, unsigned size)
{
    (void)context;
    return mando_alloc(count, size);
}

static void zlib_free(void *context, void *block)
{
    (void)context;
    mando_free(block);
}

void mando_gzip_prepare(z_stream *stream)
{
    stream->zalloc = zlib_alloc;
    stream->zfree = zlib_free;
}
