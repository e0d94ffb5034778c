#include "codec/duckdb/nanoseconds.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"

/* A Parquet file ends with its description in Thrift's compact form, the length of that in four bytes, and "PAR1". */
#define END_BYTES 8

/* The description of such a column: logical type 8, a time, whose isAdjustedToUTC is true and whose unit is 3. The same
 * bytes in a statistic or a note of the writer's do no harm: nobody reads these. */
static const unsigned char MARK[] = {0x8c, 0x11, 0x1c, 0x3c, 0, 0, 0, 0};
#define FLAG_AT 1
#define FLAG_FALSE 0x12

struct description {
    unsigned char *bytes; /* NULL = it is no Parquet file */
    size_t length;
    off_t start;
};

static void release(struct description *description)
{
    mando_free(description->bytes);
}

static bool read_at(int file, void *bytes, size_t length, off_t at)
{
    unsigned char *to = bytes;
    while (length > 0) {
        ssize_t count = pread(file, to, length, at);
        if (count <= 0)
            return false;
        to += count;
        at += count;
        length -= (size_t)count;
    }
    return true;
}

static enum mando_status fail_read(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_IO_READ, -1, "the end of a Parquet file cannot be read");
}

static enum mando_status read_description(int file, struct description *out,
                                          struct mando_error *error)
{
    struct stat info;
    unsigned char end[END_BYTES];
    if (fstat(file, &info) != 0)
        return fail_read(error);
    if (info.st_size < END_BYTES)
        return MANDO_OK;
    if (!read_at(file, end, END_BYTES, info.st_size - END_BYTES))
        return fail_read(error);
    size_t length = 0;
    for (size_t i = 0; i < 4; i++)
        length |= (size_t)end[i] << 8 * i;
    if (memcmp(end + 4, "PAR1", 4) != 0 || (off_t)length > info.st_size - END_BYTES)
        return MANDO_OK;
    out->bytes = mando_alloc(length + 1, 1);
    if (!out->bytes)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to read rows");
    out->length = length;
    out->start = info.st_size - END_BYTES - (off_t)length;
    return read_at(file, out->bytes, length, out->start) ? MANDO_OK : fail_read(error);
}

/* The next mark from `at` on; the length where there is none. */
static size_t find_mark(const struct description *description, size_t at)
{
    while (at + sizeof MARK <= description->length
           && memcmp(description->bytes + at, MARK, sizeof MARK) != 0)
        at++;
    return at + sizeof MARK <= description->length ? at : description->length;
}

enum mando_status nanoseconds_find(int file, bool *are_there_out, struct mando_error *error)
{
    struct description description MANDO_CLEANUP(release) = {0};
    enum mando_status status = read_description(file, &description, error);
    if (!status)
        *are_there_out = find_mark(&description, 0) < description.length;
    return status;
}

enum mando_status nanoseconds_hide_zone(int file, struct mando_error *error)
{
    static const unsigned char FLAG = FLAG_FALSE;
    struct description description MANDO_CLEANUP(release) = {0};
    enum mando_status status = read_description(file, &description, error);
    for (size_t at = find_mark(&description, 0); !status && at < description.length;
         at = find_mark(&description, at + 1))
        if (pwrite(file, &FLAG, 1, description.start + (off_t)at + FLAG_AT) != 1)
            status = mando_fail(error, MANDO_E_IO_WRITE, -1, "a temporary file cannot be written");
    return status;
}
