/* quirks.h: how a backend differs from the others; the suite asks nothing else about it. */
#ifndef QUIRKS_H
#define QUIRKS_H

#include "repo/repository.h"

struct quirks {
    const char *name;
    /* The URL of a place that is new and empty each time. */
    void (*new_url)(char *url_out, size_t size);
    enum mando_status (*open)(const char *url, const struct mando_repository_options *options,
                              struct mando_repository **repository_out, struct mando_error *error);
    bool is_wrapped; /* what a stream failed with is not told */
};

extern const struct quirks QUIRKS; /* of the program's backend */

#endif
