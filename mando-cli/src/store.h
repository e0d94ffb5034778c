/* store.h: what the commands over a database share. */
#ifndef CLI_STORE_H
#define CLI_STORE_H

#include "cli.h"
#include "mando/codec.h"
#include "mando/rows.h"
#include "mando/service.h"

/* Opens the database of --db; only commands that write may make one. *service_out is the caller's.
 * The statuses of mando_service_open. */
enum mando_status cli_service_open(const struct cli *cli, bool may_create,
                                   struct mando_service **service_out, struct mando_error *error);

/* What mando_service_open is to be told. */
struct mando_service_options cli_service_options(const struct cli *cli, bool may_create);

/* Reads a time on the command line: ISO 8601 or relative to now. A date alone and days are those of
 * `zone`, NULL = UTC. Leaves *time_us_out where the flag was not given; error->where is the flag. */
enum mando_status cli_flag_time(const struct cli *cli, const char *name,
                                const struct mando_zone *zone, int64_t *time_us_out,
                                struct mando_error *error);

/* Whether --resolution, where it is given, names periods that values can be converted to; error->where
 * is the flag. MANDO_INVALID (duration.format, values.resolution). */
enum mando_status cli_flag_resolution_check(const struct cli *cli, struct mando_error *error);

/* What a reader of rows gives at once, at most. */
#define BATCH_ROWS 10000

/* When rows without a knowledge time of their own became known, by --known-at. */
struct cli_known {
    const char *text; /* NULL: not given, they are known now */
    int64_t now_us;
};

/* MANDO_INVALID (time.*); error->where is the flag. */
enum mando_status cli_known_read(const struct cli *cli, struct cli_known *known_out,
                                 struct mando_error *error);

/* When row i became known, where the flag is given: by itself, else by the flag in the zone of its data
 * point, NULL = UTC. In the flag D is the day in which the row starts. MANDO_INVALID (time.*). */
enum mando_status cli_known_row(const struct cli_known *known, const struct mando_rows *rows,
                                size_t i, const struct mando_zone *zone, int64_t *known_us_out,
                                struct mando_error *error);

/* Whether a file gives values in another unit than the data point's. MANDO_INVALID (values.type). */
enum mando_status cli_unit_check(const struct mando_rows_point *told,
                                 const struct mando_point *point, struct mando_error *error);

/* A duration that is not zero, which stands for irregular. */
bool cli_is_length(struct mando_duration step);
bool cli_is_step(struct mando_duration a, struct mando_duration b);

/* Whether the times on the command line can be read, which is wrong usage before anything is opened. */
enum mando_status cli_flag_times_check(const struct cli *cli, struct mando_error *error);

/* The format of a name that a flag has. MANDO_INVALID (usage.flag). */
enum mando_status cli_format_named(const char *flag, const char *name,
                                   enum mando_rows_format *format_out, struct mando_error *error);

/* The format of rows that --format, --json or the extension of a path name, in this order; else
 * `otherwise`. path may be NULL. MANDO_INVALID (io.format). */
enum mando_status cli_rows_format(const struct cli *cli, const char *path,
                                  enum mando_rows_format otherwise,
                                  enum mando_rows_format *format_out, struct mando_error *error);

/* The format of rows that the extension of a path names; "-" is CSV. MANDO_INVALID (io.format). */
enum mando_status cli_path_format(const char *path, enum mando_rows_format *format_out,
                                  struct mando_error *error);

/* Prints what a write did, one `name value` a line or as a JSON object; read = rows that were read. */
int cli_print_written(const struct cli *cli, uint64_t read, const struct mando_written *written);

/* The microseconds of now. */
int64_t cli_now_us(void);

#endif
