/* repo/sqlite.h: the backend `sqlite:FILE`, where it is built in. */
#ifndef MANDO_REPO_SQLITE_H
#define MANDO_REPO_SQLITE_H

#include "mando/spi/repository.h"

#ifdef MANDO_SQLITE
extern const struct mando_repository_ops mando_sqlite_ops;
#define MANDO_SQLITE_OPS (&mando_sqlite_ops)
#else
#define MANDO_SQLITE_OPS NULL
#endif

#endif
