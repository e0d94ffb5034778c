#include "opt/curve.h"

#include "check.h"

#define ROOM 512

static uint64_t seed;

static double uniform(double low, double high)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return low + (high - low) * ((double)(seed >> 11) * 0x1p-53);
}

static double value_at(const struct curve *curve, double mwh)
{
    double value = curve->value_eur, place = curve->low_mwh;
    if (mwh < place - 1e-9)
        return -INFINITY;
    for (size_t i = 0; i < curve->count && place < mwh; i++) {
        double length = fmin(curve->segments[i].length, mwh - place);
        value += curve->segments[i].slope * length;
        place += curve->segments[i].length;
    }
    return mwh > place + 1e-9 ? -INFINITY : value;
}

static void make_random(struct curve *curve, struct segment *segments)
{
    *curve = (struct curve){.segments = segments,
                            .count = (size_t)uniform(1, 12),
                            .capacity = ROOM,
                            .low_mwh = uniform(-2, 2),
                            .value_eur = uniform(-10, 10)};
    for (size_t i = 0; i < curve->count; i++)
        segments[i] =
            (struct segment){rint(uniform(-8, 8)), uniform(0, 1) < 0.5 ? 1 : uniform(0, 2)};
}

/* max of V(y) - slope * (y - s) over y in [from, to], at V's breakpoints and the window's ends. */
static double window_max(const struct curve *curve, double slope, double s, double from, double to)
{
    double best = -INFINITY, place = curve->low_mwh, high = curve_high_mwh(curve);
    from = fmax(from, place);
    to = fmin(to, high);
    if (from > to + 1e-12)
        return -INFINITY;
    best = fmax(value_at(curve, from) - slope * (from - s), value_at(curve, to) - slope * (to - s));
    for (size_t i = 0; i < curve->count; i++) {
        place += curve->segments[i].length;
        if (place > from && place < to)
            best = fmax(best, value_at(curve, place) - slope * (place - s));
    }
    return best;
}

static void check_widening(const struct curve *in, double slope, double length)
{
    struct segment segments[ROOM];
    struct curve out = {.segments = segments, .capacity = ROOM};
    CHECK(curve_widen(in, slope, length, &out));
    CHECK_NEAR(curve_high_mwh(&out) - out.low_mwh, curve_high_mwh(in) - in->low_mwh + length, 1e-9);
    for (int up = 0; up < 2; up++) {
        out.low_mwh = in->low_mwh - (up ? length : 0);
        out.value_eur = in->value_eur - (up ? slope * length : 0);
        double high = curve_high_mwh(&out);
        for (int i = 0; i <= 60; i++) {
            double s = out.low_mwh + (high - out.low_mwh) * i / 60;
            double expected = up ? window_max(in, slope, s, s, s + length)
                                 : window_max(in, slope, s, s - length, s);
            CHECK_NEAR(value_at(&out, s), expected, 1e-9);
        }
    }
}

TEST(curve_widening_is_the_best_of_a_sliding_window)
{
    seed = 88172645463325252U;
    for (int i = 0; i < 3000; i++) {
        struct segment segments[ROOM];
        struct curve curve;
        make_random(&curve, segments);
        check_widening(&curve, rint(uniform(-9, 9)), uniform(0, 1) < 0.3 ? 1 : uniform(0, 5));
    }
}

TEST(curve_widening_swallows_a_summit_between_two_higher_ones)
{
    struct segment segments[] = {{5, 1}, {-5, 1}, {2, 1}, {-2, 1}, {6, 1}, {-6, 1}};
    struct curve curve = {.segments = segments, .count = 6, .capacity = 6};
    check_widening(&curve, 0, 0.5);
    check_widening(&curve, 0, 3);
    check_widening(&curve, 0, 30);
}

TEST(curve_widening_needs_room_for_its_flats)
{
    struct segment segments[] = {{5, 1}, {-5, 1}, {2, 1}, {-2, 1}}, few[3];
    const struct curve curve = {.segments = segments, .count = 4, .capacity = 4};
    struct curve out = {.segments = few, .capacity = 3};
    CHECK(!curve_widen(&curve, 0, 0.1, &out));
}

TEST(curve_max_is_the_greater_of_two_wherever_one_is_defined)
{
    seed = 362436069U;
    for (int i = 0; i < 3000; i++) {
        struct segment segments[ROOM], up_segments[ROOM], down_segments[ROOM], out_segments[ROOM];
        struct curve in, up = {.segments = up_segments, .capacity = ROOM};
        struct curve down = {.segments = down_segments, .capacity = ROOM};
        struct curve out = {.segments = out_segments, .capacity = ROOM};
        make_random(&in, segments);
        double a = rint(uniform(-9, 5)), b = a + uniform(0.5, 4);
        double charge = uniform(0, 3), discharge = uniform(0, 3);
        CHECK(curve_widen(&in, a, charge, &up) && curve_widen(&in, b, discharge, &down));
        up.low_mwh = in.low_mwh - charge;
        up.value_eur = in.value_eur - a * charge;
        down.low_mwh = in.low_mwh;
        down.value_eur = in.value_eur;
        CHECK(curve_max(&up, &down, &out));
        CHECK_NEAR(curve_high_mwh(&out), curve_high_mwh(&down), 1e-9);
        for (int k = 0; k <= 60; k++) {
            double s = out.low_mwh + (curve_high_mwh(&out) - out.low_mwh) * k / 60;
            CHECK_NEAR(value_at(&out, s), fmax(value_at(&up, s), value_at(&down, s)), 1e-9);
        }
    }
}

TEST(curve_clip_keeps_the_values_inside)
{
    seed = 521288629U;
    for (int i = 0; i < 2000; i++) {
        struct segment segments[ROOM], copy_segments[ROOM];
        struct curve curve, copy;
        make_random(&curve, segments);
        copy = curve;
        copy.segments = copy_segments;
        memcpy(copy_segments, segments, sizeof segments);
        double high = curve_high_mwh(&curve), cut = uniform(curve.low_mwh, high);
        double low = uniform(curve.low_mwh - 1, cut), end = uniform(cut, high + 1);
        curve_clip(&curve, low, end);
        CHECK_NEAR(curve.low_mwh, fmax(copy.low_mwh, low), 0);
        CHECK_NEAR(curve_high_mwh(&curve), fmin(high, end), 1e-9);
        CHECK_NEAR(value_at(&curve, cut), value_at(&copy, cut), 1e-9);
    }
}

TEST(curve_clip_leaves_a_point_with_its_value)
{
    struct segment segments[] = {{3, 2}, {-1, 2}};
    struct curve curve = {.segments = segments, .count = 2, .capacity = 2};
    curve_clip(&curve, 3, 3);
    CHECK_EQ(curve.count, 0);
    CHECK_NEAR(curve.low_mwh, 3, 0);
    CHECK_NEAR(curve.value_eur, 5, 1e-12);
}

TEST(curve_is_concave_where_slopes_never_rise)
{
    struct segment segments[] = {{3, 2}, {3, 1}, {-1, 2}};
    struct curve curve = {.segments = segments, .count = 3, .capacity = 3};
    CHECK(curve_is_concave(&curve));
    segments[1].slope = 3 + 1e-12;
    CHECK(curve_is_concave(&curve));
    segments[1].slope = 3.1;
    CHECK(!curve_is_concave(&curve));
    curve_scale(&curve, 0.5);
    CHECK_NEAR(curve.segments[0].slope, 1.5, 0);
    CHECK_NEAR(curve.segments[0].length, 4, 0);
}
