/* optimize.h: what `mando optimize` read and found, for those who print it. */
#ifndef CLI_OPTIMIZE_H
#define CLI_OPTIMIZE_H

#include "assumed.h"
#include "json.h"
#include "mando/paths.h"
#include "mando/point.h"
#include "table.h"

struct cli_optimize {
    const char *battery_path;
    const char *prices_path, *paths_path; /* one of them; the other is NULL */
    const char *schedule_path;            /* may be NULL */
    bool is_stored;                       /* prices_path is a data point of the database */
    struct mando_as_of as_of;             /* its cuts */
    struct mando_battery battery;
    struct cli_assumed assumed;
    struct mando_prices prices; /* of prices_path */
    struct mando_paths paths;   /* of paths_path */
    struct mando_zone *zone;    /* NULL = none was given */
    enum mando_horizon horizon;
    double lot_mw;                   /* 0 = none */
    struct mando_plan *plan;         /* on prices */
    struct mando_paths_worth *worth; /* on paths */
};

/* What a plan and a worth have in common. */
struct cli_optimize_scope {
    size_t periods, horizon_count;
    int64_t start_us, step_us;
};

struct cli_optimize_scope cli_optimize_scope(const struct cli_optimize *job);

const char *cli_method_name(enum mando_optimize_method method); /* "concave", "pieces" */

/* The document of contracts section 3 on standard output. MANDO_NO_MEMORY. */
enum mando_status cli_optimize_print_json(const struct cli_optimize *job);

/* Tables for people: the header, days, weeks, totals. MANDO_NO_MEMORY. */
enum mando_status cli_optimize_print_table(const struct cli_optimize *job);

/* The same for price paths. MANDO_NO_MEMORY. */
enum mando_status cli_paths_print_json(const struct cli_optimize *job);
enum mando_status cli_paths_print_table(const struct cli_optimize *job);

/* Their parts: members of the document that tell what was solved; rows of a table with two columns,
 * with times in `zone`; an amount as printed with two decimals. */
void cli_optimize_scope_json(struct cli_json *json, const struct cli_optimize *job);
void cli_optimize_scope_rows(struct cli_table *table, const struct cli_optimize *job,
                             const struct mando_zone *zone);
double cli_hundredths(double value);

#endif
