/* store.h: a database, in SQLite, DuckDB (STORE_SCHEME) or PostgreSQL, and batches of rows that tell which batch they belong to. */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>

#include "repo/repository.h"

#define NOON INT64_C(1764590400000000) /* 2025-12-01T12:00:00Z */

struct store {
    struct mando_repository *repository;
    struct mando_session *session;
    struct mando_error error;
};

/* Opens or makes the database of a file, or of a URL that names a server; on failure nothing is open. */
enum mando_status store_open(struct store *store, const char *path, uint32_t wait_ms);
void store_close(struct store *store);

/* One transaction: `rows` rows of the series `id`, which is made where it is missing, and the record of a
 * run. Those of batch b start at NOON + b hours, a microsecond apart, and have the value b. */
enum mando_status store_batch(struct store *store, const char *id, int64_t batch, size_t rows,
                              struct mando_written *written_out);

/* How many rows of each batch are there: counts has room for `batches`; the rest must be none. */
enum mando_status store_count(struct store *store, const char *id, size_t *counts, size_t batches);

/* Fails the test where the run of a batch is not there, or is. */
void store_check_run(struct store *store, int64_t batch, bool is_there);

/* Fails the test where SQLite finds its file damaged. */
void store_check_file(const char *path);

/* Removes a database and what stands beside it. */
void store_remove(const char *path);

#endif
