/* A server of the program's own; each place is a schema. */
#include <stdio.h>
#include <stdlib.h>

#include "postgres_server.h"
#include "quirks.h"

static void new_url(char *url_out, size_t size)
{
    static int count;
    char schema[32];
    if (count == 0)
        postgres_server_start(false);
    (void)snprintf(schema, sizeof schema, "place_%d", ++count);
    postgres_server_url(schema, "", url_out, size);
}

/* Before any test: the whole program is left out. */
__attribute__((constructor)) static void skip(void)
{
    if (postgres_server_is_skipped())
        exit(0);
}

const struct quirks QUIRKS = {
    .name = "postgres", .new_url = new_url, .open = mando_repository_open};
