/* repo/sqlite.h: the backend `sqlite:FILE`, where it is built in. */
#ifndef MANDO_REPO_SQLITE_H
#define MANDO_REPO_SQLITE_H

#include "mando/spi/repository.h"

#ifdef MANDO_SQLITE
extern const struct mando_repository_ops mando_sqlite_ops;

/* Writes a copy of the whole database as it is now into a new file, whole or not at all, while others
 * read and write. Not in a transaction. MANDO_UNSUPPORTED (db.scheme: another backend),
 * MANDO_IO (io.write: the file is there, or cannot be made; db.*), MANDO_NO_MEMORY. */
enum mando_status mando_sqlite_backup(struct mando_session *session, const char *path,
                                      struct mando_error *error);

/* Reads the whole database and checks that it is one; *has_wal_out is whether readers and a writer can
 * work on it at once. Does nothing with another backend. MANDO_CORRUPT (db.corrupt). */
enum mando_status mando_sqlite_check(struct mando_session *session, int *has_wal_out,
                                     struct mando_error *error);

/* The number of the newest migration. */
int mando_sqlite_schema(void);

#define MANDO_SQLITE_OPS (&mando_sqlite_ops)
#else
#define MANDO_SQLITE_OPS NULL
#endif

#endif
