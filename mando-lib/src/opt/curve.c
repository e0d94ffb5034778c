#include "opt/curve.h"

#include <math.h>

#include "opt/period.h"

/* Appends a segment, or lengthens the last where the slope is the same. */
static bool append(struct curve *out, double slope, double length)
{
    if (length <= 0)
        return true;
    if (out->count > 0 && out->segments[out->count - 1].slope == slope) {
        out->segments[out->count - 1].length += length;
        return true;
    }
    if (out->count == out->capacity)
        return false;
    out->segments[out->count++] = (struct segment){slope, length};
    return true;
}

/* How far a valley of V(y) - slope * y is filled. */
struct valley {
    double slope;  /* of the trade */
    double unused; /* energy still to be cut away */
};

/* Cuts the lowest part of a valley, whose left side lies on out and whose right side is the rising
 * segment `right`: both sides lose what lies below one level, `unused` in all. */
static void valley_cut(struct valley *valley, struct curve *out, struct segment *right)
{
    double rise = right->slope - valley->slope;
    while (valley->unused > 0 && right->length > 0 && out->count > 0) {
        struct segment *left = &out->segments[out->count - 1];
        double fall = valley->slope - left->slope;
        if (fall <= 0) { /* the flat of a summit no higher than this level */
            double cut = smaller(left->length, valley->unused);
            left->length -= cut;
            valley->unused -= cut;
        } else {
            double level_cut = valley->unused / (1 / fall + 1 / rise);
            double level = smaller(level_cut, smaller(left->length * fall, right->length * rise));
            bool left_ends = level == left->length * fall,
                 right_ends = level == right->length * rise;
            left->length = left_ends ? 0 : left->length - level / fall;
            right->length = right_ends ? 0 : right->length - level / rise;
            valley->unused =
                level == level_cut ? 0 : valley->unused - level * (1 / fall + 1 / rise);
        }
        if (left->length <= 0)
            out->count--;
    }
}

/* A summit becomes a flat of `length`, less what the valley before it could not cut elsewhere. */
static bool append_summit(struct curve *out, struct valley *valley, double length)
{
    double left = length - valley->unused;
    valley->unused = 0;
    return append(out, valley->slope, left);
}

bool curve_widen(const struct curve *in, double slope, double length, struct curve *out)
{
    double tie = slope + TIE_EUR_PER_MWH;
    struct valley valley = {.slope = slope};
    bool rising = true; /* before the start all is lower */
    out->count = 0;
    for (size_t i = 0; i < in->count; i++) {
        struct segment segment = in->segments[i];
        bool rises = segment.slope > tie;
        if (!rises && rising && !append_summit(out, &valley, length))
            return false;
        if (rises && !rising)
            valley.unused = length;
        if (rises)
            valley_cut(&valley, out, &segment);
        if (!append(out, segment.slope, segment.length))
            return false;
        rising = rises;
    }
    return !rising || append_summit(out, &valley, length);
}

/* A place on a curve: `left` of its current segment is still ahead. */
struct walk_along {
    const struct curve *curve;
    size_t next;
    struct segment current;
};

static bool walk_load(struct walk_along *walk)
{
    while (walk->current.length <= 0 && walk->next < walk->curve->count)
        walk->current = walk->curve->segments[walk->next++];
    return walk->current.length > 0;
}

static bool walk_copy(struct walk_along *walk, double length, struct curve *out)
{
    while (length > 0 && walk_load(walk)) {
        double step = smaller(length, walk->current.length);
        if (!append(out, walk->current.slope, step))
            return false;
        walk->current.length -= step;
        length -= step;
    }
    return true;
}

/* Appends the greater of two lines over `length`, a leading b by *lead at its start. */
static bool append_greater(struct curve *out, double slope_a, double slope_b, double length,
                           double *lead)
{
    double end = *lead + (slope_a - slope_b) * length;
    double first = *lead >= 0 ? slope_a : slope_b, last = end >= 0 ? slope_a : slope_b;
    double crossing = length;
    if ((*lead >= 0) != (end >= 0))
        crossing = smaller(length, *lead / (slope_b - slope_a));
    *lead = end;
    return append(out, first, crossing) && append(out, last, length - crossing);
}

bool curve_max(const struct curve *a, const struct curve *b, struct curve *out)
{
    struct walk_along at_a = {.curve = a}, at_b = {.curve = b};
    out->count = 0;
    out->low_mwh = a->low_mwh;
    out->value_eur = a->value_eur;
    double value_a = a->value_eur, before = b->low_mwh - a->low_mwh;
    if (!walk_copy(&at_a, before, out))
        return false;
    for (size_t i = 0; i < out->count; i++)
        value_a += out->segments[i].slope * out->segments[i].length;
    double lead = greater(value_a - b->value_eur, 0);
    while (walk_load(&at_a) && walk_load(&at_b)) {
        double length = smaller(at_a.current.length, at_b.current.length);
        if (!append_greater(out, at_a.current.slope, at_b.current.slope, length, &lead))
            return false;
        at_a.current.length -= length;
        at_b.current.length -= length;
    }
    return walk_copy(&at_b, INFINITY, out);
}

bool curve_trade(const struct curve *in, struct segment charge, struct segment discharge,
                 struct curve *up, struct curve *down, struct curve *out)
{
    if (!curve_widen(in, charge.slope, charge.length, up))
        return false;
    up->low_mwh = in->low_mwh - charge.length;
    up->value_eur = in->value_eur - charge.slope * charge.length;
    if (charge.slope >= discharge.slope) {
        out->low_mwh = up->low_mwh;
        out->value_eur = up->value_eur;
        return curve_widen(up, discharge.slope, discharge.length, out);
    }
    down->low_mwh = in->low_mwh;
    down->value_eur = in->value_eur;
    return curve_widen(in, discharge.slope, discharge.length, down) && curve_max(up, down, out);
}

void curve_scale(struct curve *curve, double keep)
{
    for (size_t i = 0; i < curve->count; i++) {
        curve->segments[i].slope *= keep;
        curve->segments[i].length /= keep;
    }
    curve->low_mwh /= keep;
}

double curve_high_mwh(const struct curve *curve)
{
    double high_mwh = curve->low_mwh;
    for (size_t i = 0; i < curve->count; i++)
        high_mwh += curve->segments[i].length;
    return high_mwh;
}

void curve_clip(struct curve *curve, double low_mwh, double high_mwh)
{
    double excess = low_mwh - curve->low_mwh;
    size_t gone = 0;
    for (; excess > 0 && gone < curve->count; gone++) {
        struct segment *segment = &curve->segments[gone];
        double cut = smaller(excess, segment->length);
        curve->value_eur += cut * segment->slope;
        segment->length -= cut;
        excess -= cut;
        if (segment->length > 0)
            break;
    }
    curve->segments += gone;
    curve->count -= gone;
    curve->capacity -= gone;
    curve->low_mwh = greater(curve->low_mwh, low_mwh);
    double left = high_mwh - curve->low_mwh;
    size_t kept = 0;
    while (kept < curve->count && left > 0) {
        curve->segments[kept].length = smaller(curve->segments[kept].length, left);
        left -= curve->segments[kept++].length;
    }
    curve->count = kept;
}

bool curve_is_concave(const struct curve *curve)
{
    for (size_t i = 1; i < curve->count; i++)
        if (curve->segments[i].slope > curve->segments[i - 1].slope + TIE_EUR_PER_MWH)
            return false;
    return true;
}

double curve_value_eur(const struct curve *curve, double mwh)
{
    double value_eur = curve->value_eur, left_mwh = mwh - curve->low_mwh;
    for (size_t i = 0; i < curve->count && left_mwh > 0; i++) {
        double length = smaller(curve->segments[i].length, left_mwh);
        value_eur += curve->segments[i].slope * length;
        left_mwh -= length;
    }
    return value_eur;
}

double curve_hull(struct curve *curve)
{
    size_t kept = 0;
    double lift_eur = 0;
    for (size_t i = 0; i < curve->count; i++) {
        struct segment next = curve->segments[i];
        if (next.length <= 0)
            continue;
        while (kept > 0 && curve->segments[kept - 1].slope <= next.slope) {
            struct segment last = curve->segments[--kept];
            double length = last.length + next.length;
            double slope =
                last.slope * (last.length / length) + next.slope * (next.length / length);
            lift_eur = greater(lift_eur, (slope - last.slope) * last.length);
            next = (struct segment){slope, length};
        }
        curve->segments[kept++] = next;
    }
    curve->count = kept;
    return lift_eur;
}

bool curve_append_part(const struct curve *curve, double low_mwh, double high_mwh,
                       struct curve *out)
{
    double place_mwh = curve->low_mwh;
    for (size_t i = 0; i < curve->count && place_mwh < high_mwh; i++) {
        double end_mwh = place_mwh + curve->segments[i].length;
        double from = greater(place_mwh, low_mwh), to = smaller(end_mwh, high_mwh);
        if (to > from && !append(out, curve->segments[i].slope, to - from))
            return false;
        place_mwh = end_mwh;
    }
    return true;
}

double curve_crossing_mwh(const struct curve *a, const struct curve *b)
{
    struct walk_along at_a = {.curve = a}, at_b = {.curve = b};
    double lead_eur = a->value_eur - b->value_eur, place_mwh = a->low_mwh;
    while (lead_eur < 0 && walk_load(&at_a) && walk_load(&at_b)) {
        double length = smaller(at_a.current.length, at_b.current.length);
        double slope = at_a.current.slope - at_b.current.slope;
        double end_eur = lead_eur + slope * length;
        if (end_eur >= 0)
            return place_mwh + smaller(-lead_eur / slope, length);
        lead_eur = end_eur;
        place_mwh += length;
        at_a.current.length -= length;
        at_b.current.length -= length;
    }
    return place_mwh;
}
