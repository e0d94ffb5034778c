#include "quirks.h"

#include <stdio.h>

static void new_url(char *url_out, size_t size)
{
    (void)snprintf(url_out, size, "memory:");
}

const struct quirks QUIRKS = {.name = "memory", .new_url = new_url, .open = mando_repository_open};
