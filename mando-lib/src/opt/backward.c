#include "opt/slots.h"
#include "opt/workspace.h"

/* True where [low, high] and a period's bounds have nothing in common but for rounding. */
static bool is_apart(double low_mwh, double high_mwh, double soc_min_mwh, double soc_max_mwh,
                     double dust_mwh)
{
    return low_mwh > soc_max_mwh + dust_mwh || high_mwh < soc_min_mwh - dust_mwh
           || soc_min_mwh > soc_max_mwh;
}

bool optimize_clip(struct stacks *stacks, double low, double high, double dust_mwh)
{
    if (is_apart(stacks->low_mwh, stacks->high_mwh, low, high, dust_mwh))
        return false;
    low = smaller(low, stacks->high_mwh);
    high = greater(high, stacks->low_mwh);
    if (stacks->low_mwh < low)
        stacks_cut_low(stacks, low);
    if (stacks->high_mwh > high)
        stacks_cut_high(stacks, high);
    return true;
}

static bool clip_stacks(struct stacks *stacks, const struct terms *terms, size_t t)
{
    return optimize_clip(stacks, soc_min_at(terms, t), soc_max_at(terms, t), terms->dust_mwh);
}

static bool clip_curve(struct curve *curve, const struct terms *terms, size_t t)
{
    double low = soc_min_at(terms, t), high = soc_max_at(terms, t);
    double curve_high = curve_high_mwh(curve);
    if (is_apart(curve->low_mwh, curve_high, low, high, terms->dust_mwh))
        return false;
    curve_clip(curve, smaller(low, curve_high), greater(high, curve->low_mwh));
    return true;
}

bool optimize_start_at_end(struct mando_optimize *w, const struct terms *terms)
{
    double low = soc_min_at(terms, terms->periods - 1),
           high = soc_max_at(terms, terms->periods - 1);
    if (!isnan(terms->soc_end_mwh)) {
        if (is_apart(terms->soc_end_mwh, terms->soc_end_mwh, low, high, terms->dust_mwh))
            return false;
        low = terms->soc_end_mwh - terms->slack_mwh;
        high = terms->soc_end_mwh + terms->slack_mwh;
    }
    if (low > high)
        return false;
    stacks_reset(&w->stacks, low, terms->dust_mwh);
    w->stacks.high_mwh = high;
    *++w->stacks.right.top = (struct segment){terms->soc_end_value_eur_per_mwh, high - low};
    return true;
}

/* Goes back from period *t - 1 while the value stays concave; *t becomes the number of periods that
 * are still ahead. For limits of single periods, leaks, and solves that are not exact. */
static bool run_any(struct mando_optimize *w, const struct terms *terms, enum solve solve,
                    size_t *t)
{
    const struct bounds none = {-INFINITY, INFINITY, 0}; /* every step is cut by clip_stacks */
    struct stacks *stacks = &w->stacks;
    for (; *t > 0; --*t) {
        struct period period = period_for(terms, *t - 1);
        struct segment first = {period.charge_eur, period.up_mwh};
        struct segment second = {period.discharge_eur, period.down_mwh};
        bool burns = first.slope < second.slope;
        if (burns && solve == SOLVE_EXACT)
            break;
        if (burns) {
            struct segment charge = first;
            first = second;
            second = charge;
        }
        w->levels[*t - 1] = stacks_step(stacks, first, second, period.up_mwh, none);
        stacks->gap_mwh += first.length - period.up_mwh;
        if (terms->keep < 1)
            stacks_scale(stacks, terms->keep);
        if (*t > 1 && !clip_stacks(stacks, terms, *t - 2))
            return false;
        stacks_even_out(stacks);
    }
    return true;
}

/* The same for limits that are the same in all periods: the loop that a desk runs all day, in slots
 * where they have room and the processor has not just seen these prices. The state is in copies that no
 * store through a pointer can reach. */
static void run_plain(struct mando_optimize *w, const struct terms *terms, size_t *t)
{
    if (!terms->is_repeated)
        *t = slots_run(&w->stacks, terms, w->levels, *t);
    const struct terms k = *terms;
    const struct bounds bounds = {k.soc_min_mwh - k.slack_mwh, k.soc_max_mwh + k.slack_mwh,
                                  k.dust_mwh};
    struct segment charge = {0, k.charge_mw * k.stored_mwh_per_mw};
    struct segment discharge = {0, k.discharge_mw * k.withdrawn_mwh_per_mw};
    struct stacks stacks = w->stacks;
    struct levels *levels = w->levels;
    size_t ahead = *t;
    for (; ahead > 0; ahead--) {
        struct period period = period_at(&k, ahead - 1);
        charge.slope = period.charge_eur;
        discharge.slope = period.discharge_eur;
        if (charge.slope < discharge.slope)
            break;
        stacks.low_mwh = greater(stacks.low_mwh, bounds.low_mwh);
        stacks.high_mwh = smaller(stacks.high_mwh, bounds.high_mwh);
        levels[ahead - 1] = stacks_step(&stacks, charge, discharge, charge.length, bounds);
    }
    if (ahead > 0) {
        stacks.low_mwh = greater(stacks.low_mwh, bounds.low_mwh);
        stacks.high_mwh = smaller(stacks.high_mwh, bounds.high_mwh);
    }
    w->stacks = stacks;
    *t = ahead;
}

static bool trade_before(struct mando_optimize *w, const struct curve *in, struct period period,
                         struct curve *out)
{
    struct curve up = {.segments = w->scratch[0], .capacity = w->settings.segments_max};
    struct curve down = {.segments = w->scratch[1], .capacity = w->settings.segments_max};
    w->periods_nonconcave += period.charge_eur < period.discharge_eur;
    return curve_trade(in, (struct segment){period.charge_eur, period.up_mwh},
                       (struct segment){period.discharge_eur, period.down_mwh}, &up, &down, out);
}

struct curve optimize_room_for_curve(const struct mando_optimize *w)
{
    size_t room = w->stored_end - w->stored_count;
    return (struct curve){.segments = w->stored + w->stored_count,
                          .capacity =
                              room < w->settings.segments_max ? room : w->settings.segments_max};
}

static void keep_curve(struct mando_optimize *w, const struct curve *curve, size_t t)
{
    size_t first = (size_t)(curve->segments - w->stored);
    w->curves[t] = (struct curve_at){curve->low_mwh, (uint32_t)first, (uint32_t)curve->count};
    w->levels[t].charge_to_mwh = NAN;
    w->stored_count = first + curve->count;
    if (curve->count > w->segments_peak)
        w->segments_peak = curve->count;
}

/* Goes back from period *t - 1 until the value is concave again. */
static enum backward run_curves(struct mando_optimize *w, const struct terms *terms, size_t *t)
{
    struct curve curve = optimize_room_for_curve(w);
    stacks_settle(&w->stacks);
    if (!stacks_store(&w->stacks, &curve))
        return BACKWARD_FULL;
    do {
        keep_curve(w, &curve, *t - 1);
        struct curve before = optimize_room_for_curve(w);
        if (!trade_before(w, &curve, period_for(terms, *t - 1), &before))
            return BACKWARD_FULL;
        if (terms->keep < 1)
            curve_scale(&before, terms->keep);
        *t -= 1;
        if (*t > 0 && !clip_curve(&before, terms, *t - 1))
            return BACKWARD_BROKEN;
        curve = before;
    } while (*t > 0 && !curve_is_concave(&curve));
    if (*t > 0)
        keep_curve(w, &curve, *t - 1);
    stacks_load(&w->stacks, &curve, terms->dust_mwh);
    return BACKWARD_DONE;
}

enum backward optimize_run_back(struct mando_optimize *w, const struct terms *terms,
                                enum solve solve)
{
    size_t t = terms->periods;
    while (t > 0) {
        if (terms->plain && solve == SOLVE_EXACT)
            run_plain(w, terms, &t);
        else if (!run_any(w, terms, solve, &t))
            return BACKWARD_BROKEN;
        enum backward result = t > 0 ? run_curves(w, terms, &t) : BACKWARD_DONE;
        if (result != BACKWARD_DONE)
            return result;
    }
    return BACKWARD_DONE;
}

enum backward optimize_backward(struct mando_optimize *w, const struct terms *terms,
                                enum solve solve)
{
    w->stored_count = w->periods_nonconcave = w->segments_peak = 0;
    w->stored_end = w->settings.segments_stored;
    if (!optimize_start_at_end(w, terms))
        return BACKWARD_BROKEN;
    enum backward result = optimize_run_back(w, terms, solve);
    if (result != BACKWARD_DONE)
        return result;
    double start = terms->soc_start_mwh, slack = terms->dust_mwh;
    bool is_reached = start >= w->stacks.low_mwh - slack && start <= w->stacks.high_mwh + slack;
    return is_reached ? BACKWARD_DONE : BACKWARD_BROKEN;
}
