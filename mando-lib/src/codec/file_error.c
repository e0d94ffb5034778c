#include "codec/file_error.h"

#include <errno.h>
#include <string.h>

enum mando_status mando_fail_file(struct mando_error *error, enum mando_error_code otherwise,
                                  const char *path, int error_number)
{
    char reason[96];
    switch (error_number) {
    case ENOENT:
    case ENOTDIR:
        return mando_fail_at(error, MANDO_E_IO_NOT_FOUND, path, 0, 0,
                             "there is no such file or folder");
    case EACCES:
    case EPERM:
    case EROFS:
        return mando_fail_at(error, MANDO_E_IO_DENIED, path, 0, 0,
                             "the system does not permit this user to open it");
    case EISDIR:
        return mando_fail_at(error, MANDO_E_IO_DIRECTORY, path, 0, 0,
                             "a folder stands where a file is needed");
    default:
        if (strerror_r(error_number, reason, sizeof reason) != 0)
            reason[0] = '\0';
        return mando_fail_at(error, otherwise, path, 0, 0, "%s failed: %s",
                             otherwise == MANDO_E_IO_WRITE ? "writing" : "reading", reason);
    }
}
