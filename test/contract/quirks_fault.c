/* The wrapper that fails calls, here never: it must change nothing else. */
#include <stdio.h>

#include "quirks.h"
#include "wrapper.h"

static void new_url(char *url_out, size_t size)
{
    (void)snprintf(url_out, size, "memory:");
}

static enum mando_status open(const char *url, const struct mando_repository_options *options,
                              struct mando_repository **repository_out, struct mando_error *error)
{
    static struct fault fault = {.left = -1};
    static struct wrapper_hooks hooks;
    hooks = fault_hooks(&fault);
    return wrapper_open(mando_repository_open, url, options, &hooks, repository_out, error);
}

const struct quirks QUIRKS = {
    .name = "fault", .new_url = new_url, .open = open, .is_wrapped = true};
