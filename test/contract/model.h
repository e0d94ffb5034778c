/* model.h: what a repository must answer, by obvious code: a flat list of all versions. */
#ifndef MODEL_H
#define MODEL_H

#include "cells.h"
#include "mando/spi/repository.h"

#define MODEL_POINTS 4

struct model {
    int64_t newest;
    int64_t step[MODEL_POINTS]; /* the resolution of each data point */
    struct cells all;
    /* The transaction. */
    int64_t now, change, knowledge;
    bool is_known;
    char author[16];
    size_t count_before;    /* versions of `all` that are older */
    struct cells unchanged; /* rows that were not stored */
    struct mando_written written;
};

void model_begin(struct model *model, int64_t now, int64_t knowledge, const char *author);
/* Rows of one batch. After a failure the transaction can only be rolled back. */
enum mando_status model_put(struct model *model, const struct cell *rows, size_t count);
enum mando_status model_commit(struct model *model, struct mando_written *written_out);
void model_rollback(struct model *model);

/* What counts of a data point, or every version; ascending. */
void model_read(const struct model *model, int point, int64_t from, int64_t to,
                struct mando_as_of as_of, bool every_version, struct cells *out);

#endif
