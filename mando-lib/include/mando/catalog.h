/* mando/catalog.h: data points with their configurations. */
#ifndef MANDO_CATALOG_H
#define MANDO_CATALOG_H

#include "mando/point.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mando_catalog_item {
    struct mando_point point;
    int64_t knowledge_us, change_us; /* of the configuration */
};

struct mando_catalog {
    size_t count;
    const struct mando_catalog_item *items;
    void *owned; /* the memory of it all; NULL = another's */
};

/* Frees what was filled and clears the struct. A cleared struct and NULL are fine. */
MANDO_API void mando_catalog_release(struct mando_catalog *catalog);

#ifdef __cplusplus
}
#endif

#endif
