/* base/nearest.h: the name that was probably meant, for errors about unknown names. */
#ifndef MANDO_BASE_NEAREST_H
#define MANDO_BASE_NEAREST_H

#include <stddef.h>

/* The name with the least edit distance to `given` (case folded, the first of equals), or NULL where
 * more than half of the longer of the two differs: no likely slip. name_at(context, i) gives name i,
 * NULL ends. */
const char *mando_nearest(const char *given, const char *(*name_at)(const void *context, size_t i),
                          const void *context);

/* The same however far it is; NULL only where there is no name at all. */
const char *mando_nearest_of_all(const char *given,
                                 const char *(*name_at)(const void *context, size_t i),
                                 const void *context);

#endif
