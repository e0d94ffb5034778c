/* library_refusals.h: errors that only a caller of the library can meet. */
#ifndef LIBRARY_REFUSALS_H
#define LIBRARY_REFUSALS_H

#include "mando.h"

struct refusal {
    const char *name;
    enum mando_status (*provoke)(struct mando_error *error);
};

/* Those of streams, rows and data points; a row without a name ends them. */
extern const struct refusal DATA_REFUSALS[];

/* Those of repositories. */
extern const struct refusal STORE_REFUSALS[];

/* Those of services. */
extern const struct refusal SERVICE_REFUSALS[];

#endif
