#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/scan.h"
#include "base/zone.h"

#define SYSTEM_FOLDER "/usr/share/zoneinfo"
#define PATH_SIZE 4096

static bool is_name_byte(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')
           || (byte >= '0' && byte <= '9') || byte == '_' || byte == '+' || byte == '-';
}

/* Segments joined by "/", without a dot: a name cannot leave the folder. */
static bool is_zone_name(const char *name)
{
    char before = '/';
    for (; *name; before = *name++)
        if (!is_name_byte(*name) && (*name != '/' || before == '/'))
            return false;
    return before != '/';
}

static enum mando_status fail_unknown(const char *name, const char *reason,
                                      struct mando_error *error)
{
    char quote[MANDO_QUOTE_SIZE];
    struct mando_scan scan = mando_scan_start(name, strlen(name));
    mando_scan_quote(&scan, quote);
    return mando_fail_at(error, MANDO_E_ZONE_UNKNOWN, quote, 0, 0,
                         "\"%s\" is no known time zone: %s", quote, reason);
}

static void close_file(const int *file)
{
    if (*file >= 0)
        (void)close(*file);
}

/* Reads up to size bytes; fewer only at the end of the file. */
static bool read_all(int file, unsigned char *bytes_out, size_t size, size_t *size_out)
{
    size_t total = 0;
    while (total < size) {
        ssize_t count = read(file, bytes_out + total, size - total);
        if (count < 0 && errno != EINTR)
            return false;
        if (count == 0)
            break;
        total += count > 0 ? (size_t)count : 0;
    }
    *size_out = total;
    return true;
}

static void free_bytes(unsigned char **bytes)
{
    mando_free(*bytes);
}

static enum mando_status read_zone(int file, const char *name, struct mando_zone **zone_out,
                                   struct mando_error *error)
{
    MANDO_CLEANUP(free_bytes) unsigned char *bytes = mando_alloc(MANDO_ZONE_BYTES_MAX + 1, 1);
    size_t size;
    if (!bytes)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is not enough memory for a time zone");
    if (!read_all(file, bytes, MANDO_ZONE_BYTES_MAX + 1, &size))
        return mando_fail_at(error, MANDO_E_ZONE_CORRUPT, name, 0, 0,
                             "the time-zone file of %s cannot be read: %s", name, strerror(errno));
    if (size > MANDO_ZONE_BYTES_MAX)
        return mando_fail_at(error, MANDO_E_ZONE_CORRUPT, name, 0, 0,
                             "the time-zone file of %s is larger than %d bytes", name,
                             MANDO_ZONE_BYTES_MAX);
    return mando_zone_read(name, bytes, size, zone_out, error);
}

static enum mando_status open_file(const char *name, const char *folder,
                                   struct mando_zone **zone_out, struct mando_error *error)
{
    char path[PATH_SIZE], reason[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return fail_unknown(name, "its path is too long", error);
    /* Not blocking: a pipe in place of a file must not hold us up. */
    MANDO_CLEANUP(close_file) int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (file < 0 || fstat(file, &info) < 0 || !S_ISREG(info.st_mode)) {
        (void)snprintf(reason, sizeof reason, "%s has no such file that can be read", folder);
        return fail_unknown(name, reason, error);
    }
    return read_zone(file, name, zone_out, error);
}

static enum mando_status open_utc(const char *name, struct mando_zone **zone_out,
                                  struct mando_error *error)
{
    struct mando_zone_span *spans;
    struct mando_zone *zone = mando_zone_new(name, 1, &spans);
    if (!zone)
        return mando_fail(error, MANDO_E_MEMORY, -1, "there is not enough memory for a time zone");
    spans[0].start_us = INT64_MIN;
    *zone_out = zone;
    return MANDO_OK;
}

enum mando_status mando_zone_open(const char *name, const char *folder,
                                  struct mando_zone **zone_out, struct mando_error *error)
{
    if (strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0)
        return open_utc(name, zone_out, error);
    if (!is_zone_name(name))
        return fail_unknown(name, "names look like \"Europe/Berlin\"", error);
    return open_file(name, folder ? folder : SYSTEM_FOLDER, zone_out, error);
}
