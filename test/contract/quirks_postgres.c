/* A server of the program's own; each place is a schema. */
#include <stdio.h>

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

const struct quirks QUIRKS = {
    .name = "postgres", .new_url = new_url, .open = mando_repository_open};
