/* optimize.h: what `mando optimize` read and found, for those who print it. */
#ifndef CLI_OPTIMIZE_H
#define CLI_OPTIMIZE_H

#include "assumed.h"
#include "mando/plan.h"

struct cli_optimize {
    const char *battery_path, *prices_path, *schedule_path; /* the last may be NULL */
    struct mando_battery battery;
    struct cli_assumed assumed;
    struct mando_prices prices;
    struct mando_zone *zone; /* NULL = none was given */
    enum mando_horizon horizon;
    double lot_mw; /* 0 = none */
    struct mando_plan *plan;
};

const char *cli_method_name(enum mando_optimize_method method); /* "concave", "pieces" */

/* The document of contracts section 3 on standard output. MANDO_NO_MEMORY. */
enum mando_status cli_optimize_print_json(const struct cli_optimize *job);

/* Tables for people: the header, days, weeks, totals. MANDO_NO_MEMORY. */
enum mando_status cli_optimize_print_table(const struct cli_optimize *job);

#endif
