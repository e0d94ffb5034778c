/* opt/curve.h: a continuous piecewise linear function of stored energy, concave or not.
 *
 * Segments run from low to high energy; they hold lengths rather than positions, so that shifting a
 * stretch costs nothing. This carries the value function while prices are so negative that burning
 * energy would pay; README.md in this folder has the mathematics. */
#ifndef MANDO_OPT_CURVE_H
#define MANDO_OPT_CURVE_H

#include <stdbool.h>
#include <stddef.h>

struct segment {
    double slope, length; /* EUR/MWh, MWh */
};

struct curve {
    struct segment *segments; /* room for `capacity`, borrowed */
    size_t count, capacity;
    double low_mwh;   /* where it starts */
    double value_eur; /* its value there, but for a constant that all curves of a solve share */
};

/* W(s) = max of V(s + x) - slope * x over x in [0, length] (a charge), whose start lies `length`
 * below V's; with x in [-length, 0] (a discharge) the start is V's: the segments are the same.
 * Fills out's segments and count; false where its capacity does not suffice. */
bool curve_widen(const struct curve *in, double slope, double length, struct curve *out);

/* V(s) = max of f(x) + V(s + x) for a trade f that costs charge.slope for each MWh up, as far as
 * charge.length, and earns discharge.slope for each MWh down, but never both. Where f is concave one
 * widening follows the other, else the greater of the two counts. up and down are scratch; false
 * where one of the three has too little capacity. */
bool curve_trade(const struct curve *in, struct segment charge, struct segment discharge,
                 struct curve *up, struct curve *down, struct curve *out);

/* The greater of two curves where both are, else the one that is. a starts first, b ends last, and
 * where only one is defined they meet. */
bool curve_max(const struct curve *a, const struct curve *b, struct curve *out);

/* Divides every energy by keep and multiplies every slope by it. */
void curve_scale(struct curve *curve, double keep);

/* Cuts the curve to [low, high], of which it covers some. */
void curve_clip(struct curve *curve, double low_mwh, double high_mwh);

double curve_high_mwh(const struct curve *curve);

/* The value at a place of the curve, which is moved to the nearer end where it lies outside. */
double curve_value_eur(const struct curve *curve, double mwh);

/* The concave hull, in place: the least concave curve that is nowhere below. Returns by how much a
 * place was lifted at most, of those that are no longer a corner. */
double curve_hull(struct curve *curve);

/* Copies the part from low to high to the end of out, which ends at low; false where its capacity
 * does not suffice. */
bool curve_append_part(const struct curve *curve, double low_mwh, double high_mwh,
                       struct curve *out);

/* Where the lead of a over b, two curves with the same ends, turns from less than 0 to 0 or more; an
 * end where it does not turn. */
double curve_crossing_mwh(const struct curve *a, const struct curve *b);

/* True where slopes never rise, but for rounding. */
bool curve_is_concave(const struct curve *curve);

#endif
