/* repo/migration.h: the schemas of databases: numbered migrations, each applied once and then never edited. */
#ifndef MANDO_REPO_MIGRATION_H
#define MANDO_REPO_MIGRATION_H

#include "base/fail.h"

/* Of a backend, the first with number 1; MIGRATIONS in <BACKEND_migrations.h>. */
struct mando_migration {
    int number;
    const char *name, *checksum, *sql;
};

#define MIGRATION_COUNT ((int)(sizeof MIGRATIONS / sizeof *MIGRATIONS))

/* Compares one that was applied to the database `name` with ours of that number.
 * MANDO_CONFLICT (db.new_schema, db.edited_schema). */
enum mando_status mando_migration_check(const struct mando_migration *ours, int count,
                                        int64_t number, const char *checksum, size_t length,
                                        const char *name, struct mando_error *error);

/* Not all of ours are applied. MANDO_CONFLICT (db.old_schema). */
enum mando_status mando_migration_fail_old(int count, int applied, const char *name,
                                           struct mando_error *error);

/* There are tables, but none of ours. MANDO_CONFLICT (db.foreign). */
enum mando_status mando_migration_fail_foreign(const char *name, struct mando_error *error);

#endif
