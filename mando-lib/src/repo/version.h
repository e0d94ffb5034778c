/* repo/version.h: a version of a value, and the rules about the versions of one valid start.
 *
 * Pure: what a backend stores is judged here, so that no backend has rules of its own. */
#ifndef MANDO_REPO_VERSION_H
#define MANDO_REPO_VERSION_H

#include <stdbool.h>
#include <stddef.h>

#include "mando/point.h"

/* Versions of one data point ascend by (start, knowledge, change), which no two share. */
struct mando_version {
    int64_t start_us, end_us, knowledge_us, change_us; /* a document ends where it starts */
    double number;                                     /* of a series, never -0 */
    const char
        *bytes; /* of a matrix: its doubles, little-endian, NaN is missing; of a document: its
                        * text; borrowed */
    size_t size;
    bool present; /* else the value is known to be missing: number 0, no bytes */
    bool deleted; /* withdrawn; never present */
};

/* Less than, equal to or greater than 0, as memcmp. */
int mando_version_compare(const struct mando_version *a, const struct mando_version *b);

/* Equal in value, end and mark. */
bool mando_version_equals(const struct mando_version *a, const struct mando_version *b);

bool mando_version_is_within(const struct mando_version *version, struct mando_as_of as_of);

enum mando_verdict {
    MANDO_VERDICT_INSERTED,  /* store it: the first of its start */
    MANDO_VERDICT_CORRECTED, /* store it: there were others */
    MANDO_VERDICT_UNCHANGED, /* it says what is stored already */
    MANDO_VERDICT_REPEATED,  /* this transaction has stored the very same */
    MANDO_VERDICT_DUPLICATE  /* this transaction has stored another value in its place: refused */
};

/* What becomes of a row whose change_us is that of its transaction, beside the stored versions of its
 * start, which ascend. is_known: its knowledge time was given, so it is compared with the newest version
 * of the same knowledge time, else with the version that counts. */
enum mando_verdict mando_version_judge(const struct mando_version *versions, size_t count,
                                       const struct mando_version *row, bool is_known);

#endif
