/* progress.h: a line on standard error while long work runs, only where that is a terminal. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli_progress { /* cli_progress_start first, cli_progress_end last */
    bool is_terminal, is_shown;
    int64_t next_us;
};

void cli_progress_start(struct cli_progress *progress);

/* Callbacks of mando_prices_read, mando_plan_make and mando_service_copy; context is a struct
 * cli_progress. */
int cli_progress_read(void *context, uint64_t bytes_read);
int cli_progress_solve(void *context, size_t periods_done, size_t periods);
int cli_progress_copy(void *context, uint64_t done, uint64_t all);
int cli_progress_days(void *context, size_t done, size_t all);

/* Wipes the line. */
void cli_progress_end(struct cli_progress *progress);

#endif
