#include "repo/migration.h"

#include <string.h>

enum mando_status mando_migration_check(const struct mando_migration *ours, int count,
                                        int64_t number, const char *checksum, size_t length,
                                        const char *name, struct mando_error *error)
{
    if (number < 1 || number > count)
        return mando_fail_at(error, MANDO_E_DB_NEW_SCHEMA, name, 0, 0,
                             "%.100s has schema %lld, this program knows %d: use a newer mando",
                             name, (long long)number, count);
    const struct mando_migration *same = &ours[number - 1];
    if (length == strlen(same->checksum) && memcmp(checksum, same->checksum, length) == 0)
        return MANDO_OK;
    return mando_fail_at(error, MANDO_E_DB_EDITED_SCHEMA, name, 0, 0,
                         "migration %s is not the one that was applied to %.100s: one that was "
                         "applied is never edited",
                         same->name, name);
}

enum mando_status mando_migration_fail_old(int count, int applied, const char *name,
                                           struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_DB_OLD_SCHEMA, name, 0, 0,
                         "%.100s has schema %d, this program needs %d: run mando migrate", name,
                         applied, count);
}

enum mando_status mando_migration_fail_foreign(const char *name, struct mando_error *error)
{
    return mando_fail_at(error, MANDO_E_DB_FOREIGN, name, 0, 0,
                         "%.160s is a database of another program", name);
}
