#include "codec/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/text.h"
#include "codec/file_error.h"
#include "codec/gzip.h"
#include "mando/codec.h"

#define CHUNK_SIZE (64 * 1024)

struct mando_input {
    const char *name;
    int fd;        /* -1: memory */
    bool fd_owned; /* standard input is not */
    const char *memory, *memory_end;
    struct mando_input_options options;
    uint64_t source_bytes, bytes; /* taken from the source, handed out */
    bool gzip, in_member;
    z_stream stream;
    size_t begin, end; /* of what was read ahead */
    char ahead[CHUNK_SIZE];
};

static enum mando_status read_fd(struct mando_input *input, char *bytes, size_t size,
                                 size_t *length_out, struct mando_error *error)
{
    ssize_t length;
    do
        length = read(input->fd, bytes, size);
    while (length < 0 && errno == EINTR);
    if (length < 0)
        return mando_fail_file(error, MANDO_E_IO_READ, input->name, errno);
    *length_out = (size_t)length;
    return MANDO_OK;
}

static void read_memory(struct mando_input *input, char *bytes, size_t size, size_t *length_out)
{
    size_t left = (size_t)(input->memory_end - input->memory);
    *length_out = left < size ? left : size;
    if (*length_out)
        memcpy(bytes, input->memory, *length_out);
    input->memory += *length_out;
}

/* The bytes as they stand in the source. */
static enum mando_status read_source(struct mando_input *input, char *bytes, size_t size,
                                     size_t *length_out, struct mando_error *error)
{
    if (input->fd < 0) {
        read_memory(input, bytes, size, length_out);
    } else {
        enum mando_status status = read_fd(input, bytes, size, length_out, error);
        if (status)
            return status;
    }
    input->source_bytes += *length_out;
    const struct mando_input_options *options = &input->options;
    if (options->progress && options->progress(options->progress_context, input->source_bytes))
        return mando_fail_at(error, MANDO_E_CANCELLED, input->name, 0, 0,
                             "the caller stopped reading after %" PRIu64 " bytes",
                             input->source_bytes);
    return MANDO_OK;
}

/* Appends what the source gives to the bytes read ahead; *length_out 0 = its end. */
static enum mando_status read_ahead(struct mando_input *input, size_t *length_out,
                                    struct mando_error *error)
{
    if (input->begin == input->end)
        input->begin = input->end = 0;
    enum mando_status status =
        read_source(input, input->ahead + input->end, CHUNK_SIZE - input->end, length_out, error);
    if (!status)
        input->end += *length_out;
    return status;
}

static enum mando_status start_gzip(struct mando_input *input, struct mando_error *error)
{
    mando_gzip_prepare(&input->stream);
    if (inflateInit2(&input->stream, MANDO_GZIP_WINDOW_BITS) != Z_OK)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to expand %s",
                          input->name);
    input->gzip = true;
    return MANDO_OK;
}

static enum mando_status detect_gzip(struct mando_input *input, struct mando_error *error)
{
    size_t length = 1;
    while (length > 0 && input->end < 2) {
        enum mando_status status = read_ahead(input, &length, error);
        if (status)
            return status;
    }
    if (input->end >= 2 && memcmp(input->ahead, "\x1f\x8b", 2) == 0)
        return start_gzip(input, error);
    return MANDO_OK;
}

/* An input without its source; the caller sets that. */
static struct mando_input *input_new(const char *name, const struct mando_input_options *options)
{
    struct mando_input *input = mando_alloc(1, sizeof *input);
    if (!input)
        return NULL;
    input->fd = -1;
    input->name = name;
    if (options)
        input->options = *options;
    if (input->options.bytes_max == 0)
        input->options.bytes_max = MANDO_INPUT_BYTES_MAX;
    return input;
}

/* Hands an input out once it has shown what it is; frees it otherwise. */
static enum mando_status input_start(struct mando_input *input, struct mando_input **input_out,
                                     struct mando_error *error)
{
    enum mando_status status = detect_gzip(input, error);
    if (status)
        mando_input_free(input);
    else
        *input_out = input;
    return status;
}

static enum mando_status open_path(struct mando_input *input, const char *path,
                                   struct mando_error *error)
{
    struct stat file;
    input->fd_owned = strcmp(path, "-") != 0;
    input->fd = input->fd_owned ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (input->fd < 0 || fstat(input->fd, &file) < 0)
        return mando_fail_file(error, MANDO_E_IO_READ, input->name, errno);
    if (S_ISDIR(file.st_mode))
        return mando_fail_file(error, MANDO_E_IO_READ, input->name, EISDIR);
    return MANDO_OK;
}

enum mando_status mando_input_open(const char *path, const struct mando_input_options *options,
                                   struct mando_input **input_out, struct mando_error *error)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    struct mando_input *input = input_new(name, options);
    if (!input)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read %s", name);
    enum mando_status status = open_path(input, path, error);
    if (status) {
        mando_input_free(input);
        return status;
    }
    return input_start(input, input_out, error);
}

enum mando_status mando_input_open_memory(const void *bytes, size_t length, const char *name,
                                          const struct mando_input_options *options,
                                          struct mando_input **input_out, struct mando_error *error)
{
    struct mando_input *input = input_new(name, options);
    if (!input)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read %s", name);
    input->memory = bytes;
    input->memory_end = input->memory + length;
    return input_start(input, input_out, error);
}

void mando_input_free(struct mando_input *input)
{
    if (!input)
        return;
    if (input->gzip)
        (void)inflateEnd(&input->stream);
    if (input->fd >= 0 && input->fd_owned)
        (void)close(input->fd);
    mando_free(input);
}

int mando_input_file(const struct mando_input *input)
{
    struct stat file;
    bool is_plain = input->fd >= 0 && !input->gzip && fstat(input->fd, &file) == 0;
    return is_plain && S_ISREG(file.st_mode) ? input->fd : -1;
}

const char *mando_input_name(const struct mando_input *input)
{
    return input->name;
}

static enum mando_status read_plain(struct mando_input *input, char *bytes, size_t size,
                                    size_t *length_out, struct mando_error *error)
{
    size_t ahead = input->end - input->begin;
    if (ahead == 0)
        return read_source(input, bytes, size, length_out, error);
    *length_out = ahead < size ? ahead : size;
    memcpy(bytes, input->ahead + input->begin, *length_out);
    input->begin += *length_out;
    return MANDO_OK;
}

/* Expands what was read ahead, up to the end of a member or of the room. */
static enum mando_status expand(struct mando_input *input, struct mando_error *error)
{
    z_stream *stream = &input->stream;
    if (!input->in_member)
        (void)inflateReset(stream);
    input->in_member = true;
    stream->next_in = (unsigned char *)input->ahead + input->begin;
    stream->avail_in = (unsigned)(input->end - input->begin);
    int result = inflate(stream, Z_NO_FLUSH);
    input->begin = input->end - stream->avail_in;
    if (result == Z_STREAM_END)
        input->in_member = false;
    else if (result == Z_MEM_ERROR)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to expand %s",
                          input->name);
    else if (result != Z_OK)
        return mando_fail_at(error, MANDO_E_GZIP_CORRUPT, input->name, 0, 0,
                             "the gzip data are damaged: %s",
                             stream->msg ? stream->msg : "an unknown method");
    return MANDO_OK;
}

static enum mando_status read_gzip(struct mando_input *input, char *bytes, size_t size,
                                   size_t *length_out, struct mando_error *error)
{
    z_stream *stream = &input->stream;
    unsigned room = size < CHUNK_SIZE ? (unsigned)size : CHUNK_SIZE;
    stream->next_out = (unsigned char *)bytes;
    stream->avail_out = room;
    while (stream->avail_out == room) {
        size_t length = 1;
        enum mando_status status = MANDO_OK;
        if (input->begin == input->end)
            status = read_ahead(input, &length, error);
        if (!status && length == 0)
            break;
        if (!status)
            status = expand(input, error);
        if (status)
            return status;
    }
    *length_out = room - stream->avail_out;
    if (*length_out == 0 && input->in_member)
        return mando_fail_at(error, MANDO_E_GZIP_TRUNCATED, input->name, 0, 0,
                             "the gzip data end after %" PRIu64 " bytes, before their own end",
                             input->source_bytes);
    return MANDO_OK;
}

enum mando_status mando_input_read(struct mando_input *input, char *bytes_out, size_t size,
                                   size_t *length_out, struct mando_error *error)
{
    size_t length = 0;
    enum mando_status status = input->gzip ? read_gzip(input, bytes_out, size, &length, error)
                                           : read_plain(input, bytes_out, size, &length, error);
    if (status)
        return status;
    input->bytes += length;
    if (input->bytes > input->options.bytes_max)
        return mando_fail_at(error, MANDO_E_IO_LIMIT, input->name, 0, 0,
                             "the input expands to more than the limit of %" PRIu64 " bytes",
                             input->options.bytes_max);
    *length_out = length;
    return MANDO_OK;
}

static void free_input(struct mando_input **input)
{
    mando_input_free(*input);
}

static enum mando_status read_all(struct mando_input *input, struct mando_text *text,
                                  struct mando_error *error)
{
    char bytes[CHUNK_SIZE];
    size_t length = 0;
    do {
        enum mando_status status = mando_input_read(input, bytes, sizeof bytes, &length, error);
        if (status)
            return status;
        mando_text_append(text, bytes, length);
    } while (length > 0 && !text->status);
    if (text->status)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read %s", input->name);
    return MANDO_OK;
}

enum mando_status mando_file_read(const char *path, uint64_t bytes_max, char **text_out,
                                  size_t *length_out, struct mando_error *error)
{
    MANDO_CLEANUP(free_input) struct mando_input *input = NULL;
    MANDO_CLEANUP(mando_text_release) struct mando_text text;
    mando_text_init(&text, SIZE_MAX);
    const struct mando_input_options options = {.bytes_max = bytes_max};
    enum mando_status status = mando_input_open(path, &options, &input, error);
    if (!status)
        status = read_all(input, &text, error);
    if (status)
        return status;
    *text_out = text.bytes;
    *length_out = text.length;
    text.bytes = NULL;
    return MANDO_OK;
}

void mando_text_free(char *text)
{
    mando_free(text);
}
