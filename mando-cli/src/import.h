/* import.h: what the parts of `mando import` share. */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include <glob.h>

#include "import_held.h"
#include "progress.h"
#include "store.h"

enum source { SOURCE_PRICES, SOURCE_VALUES, SOURCE_SMARD, SOURCES };

/* A data point that rows of a file go to. */
struct target {
    struct mando_point point;
    struct mando_duration step;        /* of these rows, once it is decided */
    struct mando_zone *zone;           /* its own */
    int64_t first_us, first_length_us; /* of its first row; the length only where it has an end */
    int32_t place;                     /* in the transaction at hand */
    bool is_new, is_decided, has_first, has_length;
    bool is_guessed; /* the step is that between two rows */
};

/* One run of the command, over all its files. */
struct import {
    const struct cli *cli;
    struct mando_service *service;
    enum source source;
    enum mando_aggregation aggregation;
    struct cli_progress progress;
    struct cli_known known;
    struct target *targets;
    size_t target_count, target_capacity;
    const char **names; /* of targets that a transaction names; room for all */
    int32_t places[BATCH_ROWS];
    struct held_rows held; /* whole batches that wait for the step of a data point */
    int64_t ends_us[BATCH_ROWS], knowledge_us[BATCH_ROWS];
    uint64_t read;
    struct mando_written written;
};

/* import_files.c */

struct import_files {
    const char **paths;
    size_t count;
    glob_t found; /* holds the names */
};

/* The files of the arguments: a folder stands for those in it whose names tell a format, what is no file and
 * has *, ? or [ for what it fits, both in the order of names. What is found is to be released after
 * a failure, too. MANDO_NOT_FOUND (io.not_found), MANDO_NO_MEMORY. */
enum mando_status import_files_find(const struct import *import, struct import_files *files_out,
                                    struct mando_error *error);
void import_files_release(struct import_files *files);

/* import_flags.c */

const char *import_flag(const struct import *import, const char *name);

/* The zone of new data points; NULL = UTC. */
const char *import_zone_name(const struct import *import);

/* Whether the rows are instants by --resolution none. */
bool import_is_irregular(const struct import *import);

/* --resolution, which is given and not none. MANDO_INVALID (duration.format, usage.value). */
enum mando_status import_read_resolution(const struct import *import, struct mando_duration *step,
                                         struct mando_error *error);

enum mando_status import_read_flags(struct import *import, struct mando_error *error);

/* import_points.c */

/* Looks up, or prepares, a data point that a file names, and checks what the file tells of it: what
 * options.point of a reader of rows is for; `context` is the import. */
enum mando_status import_point_take(void *context, const struct mando_rows_point *told,
                                    const struct mando_zone **zone_out, struct mando_error *error);
void import_points_forget(struct import *import);

/* Takes the step of each data point from its first two different starts; whether those of all that have
 * rows are decided. */
bool import_steps_find(struct import *import, const struct mando_rows *rows);

/* Decides what the rows have left open: one start has the usual step of its data point, in a new one the
 * length that it gives itself. MANDO_INVALID (usage.missing); error->index is the target. */
enum mando_status import_steps_end(struct import *import, struct mando_error *error);

#endif
