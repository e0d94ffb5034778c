#include "codec/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "codec/file_error.h"
#include "codec/gzip.h"

#define BUFFER_SIZE ((size_t)64 * 1024)
#define NAMES_TRIED 100

struct mando_output {
    const char *name; /* what errors call it */
    int fd;           /* -1: none */
    bool fd_owned;    /* standard output is not */
    bool gzip;
    z_stream stream;
    char target[PATH_MAX];    /* the file to be, links resolved */
    char temporary[PATH_MAX]; /* "" where the target is written itself */
    size_t length;
    char buffer[BUFFER_SIZE];
    char packed[BUFFER_SIZE];
};

static enum mando_status fail_write(const struct mando_output *output, struct mando_error *error)
{
    return mando_fail_file(error, MANDO_E_IO_WRITE, output->name, errno);
}

/* A name that no one else has, in the folder of the target so that it can be renamed. */
static bool name_temporary(struct mando_output *output, int attempt)
{
    struct timespec now = {0};
    const char *slash = strrchr(output->target, '/');
    int folder = slash ? (int)(slash - output->target) + 1 : 0;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    int length =
        snprintf(output->temporary, sizeof output->temporary, "%.*s.mando-%ld-%lx-%d.tmp", folder,
                 output->target, (long)getpid(), (unsigned long)now.tv_nsec, attempt);
    return length > 0 && (size_t)length < sizeof output->temporary;
}

static enum mando_status open_temporary(struct mando_output *output, mode_t mode,
                                        struct mando_error *error)
{
    errno = EEXIST;
    for (int i = 0; output->fd < 0 && errno == EEXIST && i < NAMES_TRIED; i++) {
        if (name_temporary(output, i))
            output->fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        else
            errno = ENAMETOOLONG;
    }
    if (output->fd >= 0)
        return MANDO_OK;
    output->temporary[0] = '\0';
    return fail_write(output, error);
}

/* Opens what stands at the target, which tells whether it may be written. A file is replaced, with
 * its permissions, anything else is written. */
static enum mando_status open_target(struct mando_output *output, struct mando_error *error)
{
    struct stat file;
    output->fd = open(output->target, O_WRONLY | O_CLOEXEC);
    if (output->fd < 0 && errno == ENOENT)
        return open_temporary(output, 0666, error);
    if (output->fd < 0 || fstat(output->fd, &file) < 0)
        return fail_write(output, error);
    if (!S_ISREG(file.st_mode))
        return MANDO_OK;
    (void)close(output->fd);
    output->fd = -1;
    enum mando_status status = open_temporary(output, 0600, error);
    if (!status && fchmod(output->fd, file.st_mode & 0777) < 0)
        status = fail_write(output, error);
    return status;
}

static enum mando_status open_path(struct mando_output *output, const char *path,
                                   struct mando_error *error)
{
    if (strcmp(path, "-") == 0) {
        output->fd = STDOUT_FILENO;
        return MANDO_OK;
    }
    output->fd_owned = true;
    if (!realpath(path, output->target)) {
        size_t length = strlen(path);
        errno = ENAMETOOLONG;
        if (length >= sizeof output->target)
            return fail_write(output, error);
        memcpy(output->target, path, length + 1);
    }
    return open_target(output, error);
}

static enum mando_status start_gzip(struct mando_output *output, struct mando_error *error)
{
    mando_gzip_prepare(&output->stream);
    if (deflateInit2(&output->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MANDO_GZIP_WINDOW_BITS, 8,
                     Z_DEFAULT_STRATEGY)
        != Z_OK)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to compress %s",
                          output->name);
    output->gzip = true;
    return MANDO_OK;
}

enum mando_status mando_output_open(const char *path, bool gzip, struct mando_output **output_out,
                                    struct mando_error *error)
{
    const char *name = strcmp(path, "-") == 0 ? "standard output" : path;
    struct mando_output *output = mando_alloc(1, sizeof *output);
    if (!output)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to write %s", name);
    output->name = name;
    output->fd = -1;
    enum mando_status status = gzip ? start_gzip(output, error) : MANDO_OK;
    if (!status)
        status = open_path(output, path, error);
    if (status)
        mando_output_free(output);
    else
        *output_out = output;
    return status;
}

static enum mando_status write_fd(struct mando_output *output, const char *bytes, size_t length,
                                  struct mando_error *error)
{
    while (length > 0) {
        ssize_t written = write(output->fd, bytes, length);
        if (written < 0 && errno != EINTR)
            return fail_write(output, error);
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return MANDO_OK;
}

static enum mando_status write_packed(struct mando_output *output, int flush,
                                      struct mando_error *error)
{
    z_stream *stream = &output->stream;
    enum mando_status status = MANDO_OK;
    stream->next_in = (unsigned char *)output->buffer;
    stream->avail_in = (unsigned)output->length;
    do {
        stream->next_out = (unsigned char *)output->packed;
        stream->avail_out = BUFFER_SIZE;
        (void)deflate(stream, flush); /* cannot fail on a stream that was started */
        status = write_fd(output, output->packed, BUFFER_SIZE - stream->avail_out, error);
    } while (!status && stream->avail_out == 0);
    return status;
}

static enum mando_status flush_buffer(struct mando_output *output, bool last,
                                      struct mando_error *error)
{
    enum mando_status status = output->gzip
                                   ? write_packed(output, last ? Z_FINISH : Z_NO_FLUSH, error)
                                   : write_fd(output, output->buffer, output->length, error);
    output->length = 0;
    return status;
}

enum mando_status mando_output_write(struct mando_output *output, const char *bytes, size_t length,
                                     struct mando_error *error)
{
    while (length > 0) {
        size_t room = BUFFER_SIZE - output->length;
        size_t part = length < room ? length : room;
        memcpy(output->buffer + output->length, bytes, part);
        output->length += part;
        bytes += part;
        length -= part;
        if (output->length < BUFFER_SIZE)
            break;
        enum mando_status status = flush_buffer(output, false, error);
        if (status)
            return status;
    }
    return MANDO_OK;
}

enum mando_status mando_output_finish(struct mando_output *output, struct mando_error *error)
{
    enum mando_status status = flush_buffer(output, true, error);
    if (status || !output->fd_owned)
        return status;
    bool is_file = output->temporary[0] != '\0';
    if (is_file && fsync(output->fd) < 0)
        return fail_write(output, error);
    int closed = close(output->fd);
    output->fd = -1;
    if (closed < 0 || (is_file && rename(output->temporary, output->target) < 0))
        return fail_write(output, error);
    output->temporary[0] = '\0';
    return MANDO_OK;
}

void mando_output_free(struct mando_output *output)
{
    if (!output)
        return;
    if (output->gzip)
        (void)deflateEnd(&output->stream);
    if (output->fd >= 0 && output->fd_owned)
        (void)close(output->fd);
    if (output->temporary[0])
        (void)unlink(output->temporary);
    mando_free(output);
}
