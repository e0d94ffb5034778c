/* file.h: a new database in a file, and what is asked of it. file_suite.c has what every such backend
 * meets, and asks nothing about one but its quirks; test_<backend>.c has the rest. */
#ifndef FILE_H
#define FILE_H

#include "check.h"
#include "mando/rows.h"
#include "repo/repository.h"
#include "schema/record.h"

#define NOON INT64_C(1764590400000000) /* 2025-12-01T12:00:00Z */
#define ID "Market/Price"

struct quirks {
    const char *scheme;
    const char *const *endings; /* of the files beside a database; NULL ends them, and the next */
    const char *const *damages; /* statements after which what was stored could not have been */
    const char *types[MANDO_COLUMN_TIME + 1]; /* of the columns of records */
    /* Runs statements as another program would, which no lock of ours keeps out, and writes the first cell
     * of their last answer. */
    bool (*run_sql)(const char *sql, char *cell_out, size_t size);
};

extern const struct quirks QUIRKS; /* of the program's backend */

struct store {
    struct mando_repository *repository;
    struct mando_session *session;
    struct mando_error error;
};

extern char file_folder[64], file_path[80], file_url[128]; /* of the newest file */

/* Names a file that is not there, in a folder of its own, where anybody may write. */
void file_new(void);
void file_remove(const char *ending);
/* With what stands beside it and beside file_path.moved, which may be there too. */
void file_remove_all(void);
void file_run_sql(const char *sql);

/* On failure nothing is open. Its clock stands at NOON. */
enum mando_status store_open(struct store *store, bool may_create, bool may_migrate);
enum mando_status store_open_at(const char *url, struct store *store, bool may_create,
                                bool may_migrate);
void store_close(struct store *store);

/* One transaction with a data point and its rows. */
enum mando_status store_put(struct store *store, const struct mando_point *point,
                            const struct mando_rows *rows);

/* The series ID is `value` at NOON. */
enum mando_status store_insert(struct store *store, double value);

/* Reads all there is of a data point; *value_out is its last number. */
enum mando_status store_read(struct store *store, const char *id, bool every_version,
                             double *value_out);
enum mando_status store_read_value(struct store *store, double *value_out); /* of ID */

#endif
