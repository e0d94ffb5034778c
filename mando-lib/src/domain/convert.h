/* domain/convert.h: values of intervals as values of periods: the one implementation of a change of
 * resolution.
 *
 * Rows of one data point go in, ascending by start; rows of periods come out, ascending. Both are
 * columns, batch by batch. A period has the aggregate of the intervals in it, a mean weighted by their
 * lengths; a period inside an interval has its value, an equal part of it for a sum. Instants weigh the
 * same; where there is an interval they do not count. */
#ifndef MANDO_DOMAIN_CONVERT_H
#define MANDO_DOMAIN_CONVERT_H

#include "domain/periods.h"
#include "mando/rows.h"

struct mando_convert_rule {
    struct mando_periods periods;
    enum mando_aggregation aggregation;
    bool partial; /* a result although not all of a period has a value */
    int64_t from_us,
        to_us;      /* periods that start there; what does not touch them is not looked at */
    uint32_t width; /* numbers of a value */
};

/* Periods that came out; the arrays are the caller's and have room for `capacity` of them. */
struct mando_converted {
    size_t count, capacity;
    int64_t *start_us, *end_us;
    int64_t *knowledge_us, *change_us; /* the latest of the sources; may be NULL */
    double *value;                     /* width a row; NaN is missing */
};

/* What the values of one column in a period come to. Of equal lengths the plain sum is enough. */
struct mando_convert_sum {
    double sum;      /* of all, or of those since the length last changed */
    double weighted; /* of those before, times their lengths */
    double least, most, first, last;
    int64_t length_us; /* of those in `sum` */
    int64_t covered_us;
    int64_t count;
    bool is_weighted, is_missing;
};

struct mando_convert {
    struct mando_convert_rule rule;
    int64_t start_us, end_us; /* the period that is open, else the last one */
    int64_t last_end_us;      /* of all intervals so far */
    int64_t knowledge_us, change_us;
    bool is_open, has_interval;
    int64_t spread_from_us, spread_to_us; /* what is left of an interval that is being spread */
    struct mando_convert_sum *sums;       /* width of them */
    double *numbers;                      /* of each period of that interval */
};

/* Starts on a data point. MANDO_NO_MEMORY. The struct is zeroed, or was used for another data point
 * before. */
enum mando_status mando_convert_start(struct mando_convert *convert,
                                      const struct mando_convert_rule *rule,
                                      struct mando_error *error);
void mando_convert_release(struct mando_convert *convert); /* zeroed is fine */

/* Takes rows from *row on, before `to`, until they are used up or `out` is full; *row is where it goes
 * on. Rows have an end; none is deleted.
 * MANDO_INVALID (values.resolution: an interval does not fit whole; values.overlap). */
enum mando_status mando_convert_rows(struct mando_convert *convert, const struct mando_rows *rows,
                                     size_t *row, size_t to, struct mando_converted *out,
                                     struct mando_error *error);

/* After the last row: gives out what is left; false where `out` was full before all was given. */
bool mando_convert_finish(struct mando_convert *convert, struct mando_converted *out);

/* The mean of `count` values of equal lengths, as a conversion makes it. */
double mando_convert_mean(const double *values, size_t count);

#endif
