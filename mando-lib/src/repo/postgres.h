/* repo/postgres.h: the backend `postgres://...`, where it is built in. */
#ifndef MANDO_REPO_POSTGRES_H
#define MANDO_REPO_POSTGRES_H

#include "mando/spi/repository.h"

#ifdef MANDO_POSTGRES
extern const struct mando_repository_ops mando_postgres_ops;

/* The number of the newest migration. */
int mando_postgres_schema(void);

#define MANDO_POSTGRES_OPS (&mando_postgres_ops)
#else
#define MANDO_POSTGRES_OPS NULL
#endif

#endif
