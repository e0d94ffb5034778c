#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

/* Work that is done before this shows nothing. */
#define FIRST_US 500000
#define STEP_US 100000
#define BAR_WIDTH 40
#define WIPE "\r\x1b[K"

static int64_t now_us(void)
{
    return (int64_t)mando_clock_us();
}

void cli_progress_start(struct cli_progress *progress)
{
    *progress = (struct cli_progress){.is_terminal = isatty(STDERR_FILENO) == 1};
    progress->next_us = progress->is_terminal ? now_us() + FIRST_US : 0;
}

static bool is_due(struct cli_progress *progress)
{
    if (!progress->is_terminal || now_us() < progress->next_us)
        return false;
    progress->next_us = now_us() + STEP_US;
    progress->is_shown = true;
    return true;
}

int cli_progress_read(void *context, uint64_t bytes_read)
{
    if (is_due(context))
        (void)fprintf(stderr, WIPE "reading %" PRIu64 " MB", bytes_read / 1000000);
    return 0;
}

static int show_share(struct cli_progress *progress, const char *what, double share)
{
    static const char BAR[] = "########################################";
    if (is_due(progress))
        (void)fprintf(stderr, WIPE "%s [%-*.*s] %3.0f %%", what, BAR_WIDTH,
                      (int)(share * BAR_WIDTH), BAR, 100 * share);
    return 0;
}

int cli_progress_solve(void *context, size_t periods_done, size_t periods)
{
    return show_share(context, "solving", (double)periods_done / (double)periods);
}

int cli_progress_days(void *context, size_t done, size_t all)
{
    return show_share(context, "days", (double)done / (double)all);
}

int cli_progress_copy(void *context, uint64_t done, uint64_t all)
{
    return show_share(context, "copying", done < all ? (double)done / (double)all : 1);
}

void cli_progress_end(struct cli_progress *progress)
{
    if (progress->is_shown)
        (void)fputs(WIPE, stderr);
    progress->is_shown = false;
}
