/* service/fingerprint.h: counts and hashes of what a database holds, the same on every backend.
 *
 * A hash is SHA-256 over the parts in the order in which a scan tells them (mando/spi/repository.h). Of a part
 * go in, each number as eight bytes, the lowest first, and each text behind its length, -1 for null:
 * - change: change time, author, reason;
 * - configuration: type, width, knowledge time, change time, unit, time zone, aggregation, the months, days and
 *   microseconds of the resolution, the document;
 * - version: start, end, knowledge time, change time, 2 where it is deleted plus 1 where it has a value, the bits
 *   of a series' double, the bytes of a matrix or a document as a text;
 * - record: change time, row, each column, a number or time behind the length 8. */
#ifndef MANDO_SERVICE_FINGERPRINT_H
#define MANDO_SERVICE_FINGERPRINT_H

#include "base/arena.h"
#include "base/vector.h"
#include "mando/spi/repository.h"

#define FINGERPRINT_BYTES 32
#define FINGERPRINT_KINDS_MAX 8 /* of records */

struct fingerprint_digest {
    uint64_t count; /* of parts; 0: no hash */
    unsigned char hash[FINGERPRINT_BYTES];
};

struct fingerprint_point {
    const char *id;
    struct fingerprint_digest configurations, versions;
};

struct fingerprint { /* zero-initialised is empty; fingerprint_release */
    struct fingerprint_digest changes, records[FINGERPRINT_KINDS_MAX];
    struct mando_vector points; /* of struct fingerprint_point, by id */
    struct mando_arena ids;
};

/* Called after each part; a status ends the reading. */
typedef enum mando_status fingerprint_step(void *context);

/* Reads parts of `kinds` with change times up to until_us. */
enum mando_status fingerprint_read(struct mando_session *session, int64_t until_us, unsigned kinds,
                                   fingerprint_step *step, void *context, struct fingerprint *out,
                                   struct mando_error *error);
void fingerprint_release(struct fingerprint *fingerprint);

/* MANDO_CORRUPT (copy.differs): names the first data point, or else what, in which a copy differs. */
enum mando_status fingerprint_compare(const struct fingerprint *source,
                                      const struct fingerprint *copy, struct mando_error *error);

/* Sums, and a hash over all hashes, as hexadecimal digits. */
struct fingerprint_sum {
    uint64_t configurations, versions, records;
    char hash[2 * FINGERPRINT_BYTES + 1];
};
enum mando_status fingerprint_sum(const struct fingerprint *fingerprint,
                                  struct fingerprint_sum *sum_out, struct mando_error *error);

#endif
