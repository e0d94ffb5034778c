/* support.h: what the tests of the codecs share: files in a scratch folder and gzip. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "check.h"

/* A name in the test program's own folder; the text is static until the next call. */
static inline const char *scratch_path(const char *name)
{
    static char path[512];
    int length =
        snprintf(path, sizeof path, "%s/scratch-%s", BINARY_DIR, strrchr(__BASE_FILE__, '/') + 1);
    (void)mkdir(path, 0755);
    (void)snprintf(path + length, sizeof path - (size_t)length, "/%s", name);
    return path;
}

static inline const char *scratch_file(const char *name, const void *bytes, size_t length)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file))
        abort();
    return path;
}

/* Compresses into a buffer of the caller's, returns the length. */
static inline size_t gzip(const void *bytes, size_t length, unsigned char *out, size_t room)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    stream.next_in = (unsigned char *)(uintptr_t)bytes;
    stream.avail_in = (unsigned)length;
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
        abort();
    size_t written = room - stream.avail_out;
    (void)deflateEnd(&stream);
    return written;
}

#define CHECK_ERROR(error, code_, line_, column_, message_)                                        \
    do {                                                                                           \
        CHECK_TEXT((error).code, code_);                                                           \
        CHECK_TEXT((error).message, message_);                                                     \
        CHECK_EQ((error).line, line_);                                                             \
        CHECK_EQ((error).column, column_);                                                         \
    } while (0)

/* A long path is cut in errors. */
#define CHECK_WHERE(error, path)                                                                   \
    assert_int_equal(strncmp((error).where, path, sizeof(error).where - 1), 0)

#endif
