#include "opt/values.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool values_setup(struct values *v, size_t periods, size_t curve_segments, size_t pool_segments)
{
    v->segments_max = least(curve_segments, 4 * periods + 12);
    v->pool_size = least(pool_segments, (periods + 3) * v->segments_max);
    /* A block is cut when no longest curve fits any more. */
    size_t blocks_max = periods / (v->pool_size / v->segments_max - 2) + 2;
    v->saved_size = blocks_max * v->segments_max;
    v->pool = mando_alloc(v->pool_size, sizeof *v->pool);
    v->saved = mando_alloc(v->saved_size, sizeof *v->saved);
    v->at = mando_alloc(periods, sizeof *v->at);
    v->blocks = mando_alloc(blocks_max, sizeof *v->blocks);
    bool is_there = v->pool && v->saved && v->at && v->blocks;
    for (int i = 0; i < 3; i++) {
        v->scratch[i] = mando_alloc(v->segments_max, sizeof(struct segment));
        is_there = is_there && v->scratch[i];
    }
    return is_there;
}

void values_release(struct values *v)
{
    mando_free(v->pool);
    mando_free(v->saved);
    mando_free(v->at);
    mando_free(v->blocks);
    for (int i = 0; i < 3; i++)
        mando_free(v->scratch[i]);
}

/* Halves a curve from above: two neighbours become one as steep as the steeper. */
static void coarsen(struct curve *curve)
{
    size_t count = 0;
    for (size_t i = 0; i < curve->count; i += 2) {
        struct segment both = curve->segments[i];
        if (i + 1 < curve->count) {
            both.slope = greater(both.slope, curve->segments[i + 1].slope);
            both.length += curve->segments[i + 1].length;
        }
        curve->segments[count++] = both;
    }
    curve->count = count;
}

/* The value before the trade of period t in parts of lots; `after` may be made coarser. */
static void trade_before(struct values *v, const struct lot_terms *lots, size_t t,
                         struct curve *after, struct curve *out)
{
    struct curve up = {.segments = v->scratch[0], .capacity = v->segments_max};
    struct curve down = {.segments = v->scratch[1], .capacity = v->segments_max};
    struct period period = period_at(&lots->terms, t);
    struct lot_period trade = lot_period_at(lots, t);
    struct segment charge = {period.charge_eur, trade.charge_lots * lots->stored_mwh};
    struct segment discharge = {period.discharge_eur, trade.discharge_lots * lots->withdrawn_mwh};
    while (!curve_trade(after, charge, discharge, &up, &down, out))
        coarsen(after);
    if (lots->terms.keep < 1)
        curve_scale(out, lots->terms.keep);
}

static bool clip(struct curve *curve, const struct terms *terms, size_t t)
{
    double low = soc_min_at(terms, t), high = soc_max_at(terms, t);
    if (low > high || curve->low_mwh > high || curve_high_mwh(curve) < low)
        return false;
    curve_clip(curve, low, high);
    return true;
}

/* The value of what is left at the end. */
static bool end_value(const struct lot_terms *lots, struct curve *curve)
{
    const struct terms *terms = &lots->terms;
    double end = terms->soc_end_mwh;
    if (isnan(end)) {
        double low = soc_min_at(terms, terms->periods - 1);
        double high = soc_max_at(terms, terms->periods - 1);
        curve->segments[0] = (struct segment){terms->soc_end_value_eur_per_mwh, high - low};
        curve->count = 1;
        curve->low_mwh = low;
        curve->value_eur = terms->soc_end_value_eur_per_mwh * low;
        return low <= high;
    }
    double below = lots->stored_mwh * (1 - NEAR_LOT), above = lots->withdrawn_mwh * (1 - NEAR_LOT);
    curve->segments[0] = (struct segment){lots->missing_end_eur, below};
    curve->segments[1] = (struct segment){lots->beyond_end_eur, above};
    curve->count = 2;
    curve->low_mwh = end - below;
    curve->value_eur = -lots->missing_end_eur * below;
    return clip(curve, terms, terms->periods - 1);
}

static struct curve room(const struct values *v)
{
    return (struct curve){.segments = v->pool + v->used, .capacity = v->segments_max};
}

static void keep(struct values *v, const struct curve *curve, size_t t)
{
    size_t first = (size_t)(curve->segments - v->pool);
    v->at[t] = (struct value_at){curve->low_mwh, curve->value_eur, first, curve->count};
    v->used = first + curve->count;
    v->first = t;
}

static struct curve kept(const struct values *v, size_t t)
{
    struct value_at at = v->at[t];
    return (struct curve){v->pool + at.first, at.count, at.count, at.low_mwh, at.value_eur};
}

/* The value at the end of period t becomes the last of a new block. */
static void begin_block(struct values *v, size_t t)
{
    struct curve curve = kept(v, t);
    struct value_at value = {curve.low_mwh, curve.value_eur, v->saved_used, curve.count};
    memcpy(v->saved + v->saved_used, curve.segments, curve.count * sizeof(struct segment));
    memmove(v->pool, curve.segments, curve.count * sizeof(struct segment));
    v->blocks[v->block_count++] = (struct value_block){t, value};
    v->saved_used += curve.count;
    curve.segments = v->pool;
    keep(v, &curve, t);
    v->end = t + 1;
}

/* Goes back from the first value in the pool to that of period `first`. */
static bool go_back(struct values *v, const struct lot_terms *lots, size_t first)
{
    for (size_t t = v->first; t > first; t--) {
        if (v->pool_size - v->used < v->segments_max)
            begin_block(v, t);
        struct curve after = kept(v, t), before = room(v);
        trade_before(v, lots, t, &after, &before);
        v->at[t].count = after.count;
        if (!clip(&before, &lots->terms, t - 1))
            return false;
        keep(v, &before, t - 1);
    }
    return true;
}

bool values_fill(struct values *v, const struct lot_terms *lots, double *bound_eur_out)
{
    size_t last = lots->terms.periods - 1;
    v->used = v->saved_used = v->block_count = 0;
    struct curve curve = room(v);
    if (!end_value(lots, &curve))
        return false;
    keep(v, &curve, last);
    begin_block(v, last);
    if (!go_back(v, lots, 0))
        return false;
    struct curve after = kept(v, 0);
    struct curve start = {.segments = v->scratch[2], .capacity = v->segments_max};
    trade_before(v, lots, 0, &after, &start);
    v->at[0].count = after.count;
    double soc_mwh = lots->terms.soc_start_mwh;
    *bound_eur_out = curve_value(&start, soc_mwh);
    return soc_mwh >= start.low_mwh - lots->terms.slack_mwh
           && soc_mwh <= curve_high_mwh(&start) + lots->terms.slack_mwh;
}

/* Blocks end where the way back cut them, so that each fits into the pool again. */
static void load(struct values *v, const struct lot_terms *lots, size_t t)
{
    size_t i = v->block_count;
    while (v->blocks[i - 1].period < t)
        i--;
    struct value_at value = v->blocks[i - 1].value;
    size_t first = i < v->block_count ? v->blocks[i].period + 1 : 0;
    struct curve curve = {v->pool, value.count, value.count, value.low_mwh, value.value_eur};
    memcpy(v->pool, v->saved + value.first, value.count * sizeof(struct segment));
    v->used = 0;
    keep(v, &curve, v->blocks[i - 1].period);
    v->end = v->blocks[i - 1].period + 1;
    (void)go_back(v, lots, first); /* as it went the first time */
}

struct curve values_at(struct values *v, const struct lot_terms *lots, size_t t)
{
    if (t < v->first || t >= v->end)
        load(v, lots, t);
    return kept(v, t);
}

double curve_value(const struct curve *curve, double mwh)
{
    double value_eur = curve->value_eur, position = curve->low_mwh;
    for (size_t i = 0; i < curve->count && position < mwh; i++) {
        double length = smaller(curve->segments[i].length, mwh - position);
        value_eur += curve->segments[i].slope * length;
        position += curve->segments[i].length;
    }
    return value_eur;
}
