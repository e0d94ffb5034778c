/* stored_prices.h: the prices of a plan from a data point of the database. */
#ifndef CLI_STORED_PRICES_H
#define CLI_STORED_PRICES_H

#include "cli.h"
#include "optimize.h"

/* Whether --prices means a data point: no file is there, and the text is an id and no name of a file
 * of prices. */
bool cli_prices_are_stored(const char *prices);

/* Fills job->prices and job->as_of from the data point job->prices_path within --from, --to, --as-of and
 * --stored-until; their dates are those of job->zone, else of the data point's zone. Returns the exit
 * status, after it reported what went wrong. */
int cli_stored_prices_read(const struct cli *cli, struct cli_optimize *job);

#endif
