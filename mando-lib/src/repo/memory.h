/* repo/memory.h: the backend `memory:`, empty each time it is opened, gone when it is closed. */
#ifndef MANDO_REPO_MEMORY_H
#define MANDO_REPO_MEMORY_H

#include "mando/spi/repository.h"

extern const struct mando_repository_ops mando_memory_ops;

#endif
