/* place.h: a repository of the program's backend, with a clock that the test owns. */
#ifndef PLACE_H
#define PLACE_H

#include "cells.h"
#include "quirks.h"
#include "wrapper.h"

#define NOON 1764590400000000 /* 2025-12-01T12:00:00Z */
#define HOUR MANDO_HOUR_US

static const struct mando_as_of EVERYTHING = {MANDO_FOREVER, MANDO_FOREVER};

struct place {
    char url[256];
    int64_t now;
    struct mando_repository *repository;
    struct mando_session *session;
    struct mando_error error; /* of the last call that failed */
};

void place_open(struct place *place); /* new and empty, at NOON */

/* The same inside a wrapper; hooks must outlive it. */
void place_open_in(struct place *place, const struct wrapper_hooks *hooks);

void place_close(struct place *place);

/* A series, an hour long, or what `type` says; a matrix has CELL_NUMBERS labels. */
void place_point(struct place *place, const char *id, enum mando_point_type type);

enum mando_status place_begin(struct place *place, int64_t knowledge);
enum mando_status place_put(struct place *place, const char *const *ids, size_t id_count,
                            enum mando_point_type type, const struct cell *rows, size_t count);
enum mando_status place_commit(struct place *place, struct mando_written *written_out);
void place_rollback(struct place *place);

/* One transaction with rows of the series `id`. */
enum mando_status place_insert(struct place *place, const char *id, const struct cell *rows,
                               size_t count, struct mando_written *written_out);

enum mando_status place_scan(struct place *place, const struct mando_scan *scan,
                             struct cells *cells_out);

#endif
