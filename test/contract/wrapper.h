/* wrapper.h: a repository that holds another one and lets a test look at each call, or fail it. */
#ifndef WRAPPER_H
#define WRAPPER_H

#include <stdio.h>

#include "repo/repository.h"

enum wrapper_call {
    CALL_SESSION_OPEN,
    CALL_MIGRATE,
    CALL_VERSION,
    CALL_BEGIN,
    CALL_COMMIT,
    CALL_POINTS_PUT,
    CALL_POINTS_FIND,
    CALL_VALUES_PUT,
    CALL_VALUES_SCAN,
    CALL_RECORDS_PUT,
    CALL_RECORDS_SCAN,
    CALL_CHANGES_SCAN,
    CALL_PARTS_SCAN,
    CALL_RESTORE_BEGIN,
    CALL_RESTORE,
    CALL_NEXT, /* of a stream */
    CALLS
};

/* Called around each call. A status of `before` other than MANDO_OK is the call's, which then is not
 * made; the transaction it belongs to can only be rolled back. */
struct wrapper_hooks {
    enum mando_status (*before)(void *context, enum wrapper_call call, struct mando_error *error);
    void (*after)(void *context, enum wrapper_call call, enum mando_status status, double us);
    void *context;
};

/* Opens `url` by `open` inside a wrapper. hooks must outlive it. */
typedef enum mando_status wrapper_open_inner(const char *url,
                                             const struct mando_repository_options *options,
                                             struct mando_repository **repository_out,
                                             struct mando_error *error);
enum mando_status wrapper_open(wrapper_open_inner *open, const char *url,
                               const struct mando_repository_options *options,
                               const struct wrapper_hooks *hooks,
                               struct mando_repository **repository_out, struct mando_error *error);

/* trace: counts, times and perhaps logs each call. */
struct trace {
    size_t counts[CALLS], failed[CALLS];
    double us[CALLS];
    FILE *log; /* NULL: none */
};
struct wrapper_hooks trace_hooks(struct trace *trace);

/* fault: the call after `left` others fails, once; negative: none. */
struct fault {
    int64_t left;
    enum wrapper_call failed; /* the one that did; CALLS before */
};
struct wrapper_hooks fault_hooks(struct fault *fault);

#endif
