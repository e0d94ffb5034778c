/* fixture.h: what the public functions are called on, made anew for each call, and files. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include "mando.h"

/* Objects that a call consumes are set to NULL (or cleared) by it. */
struct fixture {
    struct mando_battery battery;
    double price[4];
    struct mando_prices prices; /* on price */
    struct mando_prices read;   /* from a file */
    struct mando_zone *zone;
    struct mando_optimize *workspace;
    struct mando_batch *batch;
    struct mando_optimize_problem problem;
    struct mando_plan *plan;
    struct mando_paths paths; /* from a file */
    struct mando_paths_worth *worth;
    struct mando_rows_reader *reader; /* before its first row */
    struct mando_service *service;    /* in memory, with a series "a" of two rows */
    struct mando_service *file;       /* the same, without the series */
    char *text;
};

void fixture_make(struct fixture *fixture);
void fixture_release(struct fixture *fixture);

enum fixture_file {
    BATTERY_FILE,
    BATTERY_GZIP,
    PRICES_FILE,
    PRICES_GZIP,
    SMARD_FILE,
    PATHS_FILE,
    PATHS_GZIP,
    ROWS_FILE,
    ROWS_IDS_FILE,
    SCHEDULE_FILE,
    SCHEDULE_GZIP,
    DATABASE_FILE,
    BACKUP_FILE,
    FILES
};

/* A folder of their own, made by files_make and gone after files_remove. */
void files_make(void);
void files_remove(void);
const char *file_path(enum fixture_file file);

/* "sqlite:" and the path of a file. */
#define FIXTURE_URL_SIZE 80
void file_url(enum fixture_file file, char url_out[FIXTURE_URL_SIZE]);

/* Ends the program with a message unless the call succeeded. */
void must(int truth, const char *what);

#endif
