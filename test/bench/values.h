/* values.h: what the benches of stores do, each with a backend of its own:
 *
 *     bench_<store> insert|bulk|retrieve FOLDER PRICES WAY...
 *
 * Values go into a store and out of it by "service" and by "bare", which is the store's own interface alone,
 * on the same tables with the same settings. insert stores each instance of PRICES, which follows the one
 * before in time, in a transaction of its own, into a store for each way; bulk each as a new data point;
 * retrieve reads each ROUNDS times out of a store that holds them all. Lines as those of bench_solve.c; the
 * answer is of all columns of all rows, and for insert read back.
 *     bench_<store> --versions */
#ifndef BENCH_VALUES_H
#define BENCH_VALUES_H

#include <stdbool.h>

#include "instances.h"
#include "mando/service.h"

#define STEP_US INT64_C(900000000)
#define START_US INT64_C(1577833200000000) /* 2020 begins in Berlin */
#define KNOWN_US INT64_C(1577800000000000)
#define VALUES_URL_SIZE 512

struct values_store {
    char url[VALUES_URL_SIZE];
    int64_t now_us;
    struct mando_service *service;
    void *bare; /* the backend's */
};

/* An instance as columns. */
struct values_batch {
    char id[64];
    int64_t key; /* of the data point, which is the same for both ways */
    size_t count;
    int64_t from_us, to_us;
    int64_t *start_us, *end_us;
    const double *value;
};

/* What rows come to, however they are read. */
struct values_total {
    uint64_t times, changes, rows;
    double value;
};

struct values_backend {
    const char *name;  /* of the program */
    int64_t first_key; /* of a data point that is measured */
    /* Service and bare way have one store open; else each has its own, whatever they read. */
    bool is_shared;
    /* Makes a new store of a name and opens its service with values_open_service, the bare way, or both. */
    void (*open)(struct values_store *store, const char *folder, const char *name, bool is_bare);
    void (*close_bare)(struct values_store *store); /* where it is open */
    /* Before data points are made; may be NULL. */
    void (*prepare)(struct values_store *store, const struct instances *instances);
    void (*insert)(struct values_store *store, const struct values_batch *batch); /* bare */
    struct values_total (*retrieve)(struct values_store *store, const struct values_batch *batch);
    void (*print_versions)(void);
};

extern const struct values_backend BACKEND; /* of the program */

int values_main(int argc, char **argv);

/* The rest is for backends. */

void values_fail(const char *what) __attribute__((noreturn));
void values_check(enum mando_status status, const struct mando_error *error);

/* The path of a new file in the folder; what is there of that name, with these endings, is removed. NULL
 * ends the endings. */
void values_path(const char *folder, const char *name, const char *const *endings, char *path_out,
                 size_t size);

/* Of the store's URL; each run stores the same at the same times. */
void values_open_service(struct values_store *store);
void values_configure(struct values_store *store, const char *id);
void values_insert(struct values_store *store, const struct values_batch *batch);
void values_close(struct values_store *store);

/* Zeroed; free() it. */
void *values_new(size_t size);

void values_print(size_t instance, const char *way, double fresh_us,
                  const struct values_total *total);

#endif
