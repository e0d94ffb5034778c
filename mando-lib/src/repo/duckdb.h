/* repo/duckdb.h: the backend `duckdb:FILE`, where it is built in. */
#ifndef MANDO_REPO_DUCKDB_H
#define MANDO_REPO_DUCKDB_H

#include "mando/spi/repository.h"

#ifdef MANDO_DUCKDB
extern const struct mando_repository_ops mando_duckdb_ops;

#define MANDO_DUCKDB_OPS (&mando_duckdb_ops)
#else
#define MANDO_DUCKDB_OPS NULL
#endif

#endif
