/* service/copy_plan.h: where a copy is cut into transactions. */
#ifndef MANDO_SERVICE_COPY_PLAN_H
#define MANDO_SERVICE_COPY_PLAN_H

#include <stdbool.h>

#include "base/vector.h"
#include "mando/spi/repository.h"

/* Changes that follow each other; with all that was stored with them they are so many parts. */
struct copy_span {
    int64_t last_us;
    uint64_t changes, parts;
};

/* However many changes there are, there are few spans: where they become too many, each two are joined. */
struct copy_plan { /* copy_plan_release */
    struct mando_vector spans;
    uint64_t changes_each;        /* in a span */
    int64_t after_us, until_us;   /* of what is to be copied */
    uint64_t parts, parts_before; /* to be copied; that are there already */
    size_t at;                    /* the next span */
    struct mando_error *error;
};

enum mando_status copy_plan_read(struct copy_plan *plan, struct mando_session *session,
                                 int64_t after_us, int64_t until_us, struct mando_error *error);
void copy_plan_release(struct copy_plan *plan);

/* The last change of the next transaction, which is of about parts_max parts; false at the end. */
bool copy_plan_next(struct copy_plan *plan, uint64_t parts_max, int64_t *last_us_out);

#endif
