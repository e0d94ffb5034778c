/* opt/values.h: the value of stored energy at the end of every period, kept to be looked up.
 *
 * The exact value function of the problem whose power limits are cut down to lots, but whose trades
 * are not: no plan in lots earns more from any state. Where memory ends, curves are made coarser and
 * higher, so that this stays true. A long horizon is kept in blocks, each made again when needed. */
#ifndef MANDO_OPT_VALUES_H
#define MANDO_OPT_VALUES_H

#include "opt/curve.h"
#include "opt/lot.h"

/* A curve in a pool of segments. */
struct value_at {
    double low_mwh, value_eur;
    size_t first, count;
};

/* The end of a block: the value at the end of `period`. */
struct value_block {
    size_t period;
    struct value_at value;
};

struct values {
    struct segment *pool, *saved, *scratch[3];
    size_t pool_size, saved_size, segments_max;
    size_t used, saved_used;
    struct value_at *at; /* of periods [first, end), the block in the pool */
    size_t first, end;
    struct value_block *blocks; /* from the last to the first */
    size_t block_count;
};

/* What a search of plans needs: curves of so many segments, blocks of so many. */
#define VALUES_CURVE_SEGMENTS ((size_t)4096)
#define VALUES_POOL_SEGMENTS ((size_t)1 << 20)

/* Allocates for horizons of at most `periods`, curves of at most curve_segments (16 at least) and a
 * pool for four of them at least; false without memory. values_release in any case. */
bool values_setup(struct values *values, size_t periods, size_t curve_segments,
                  size_t pool_segments);
void values_release(struct values *values);

/* Goes back through the whole horizon; *bound_out is the value at the start. False where there is
 * no plan, even with parts of lots. */
bool values_fill(struct values *values, const struct lot_terms *lots, double *bound_eur_out);

/* The value at the end of period t, borrowed until the next call. */
struct curve values_at(struct values *values, const struct lot_terms *lots, size_t t);

/* A curve's value at an energy, which is taken to its nearest end where it lies beyond. */
double curve_value(const struct curve *curve, double mwh);

#endif
