#include "opt/block_value.h"

#include <string.h>

#include "opt/price_search.h"

/* The share of what a limit is worth at most that a rough value may be too high by. */
#define ROUGH 0.01

/* Slopes that differ by less are the same: a year of such differences is no money. */
#define SAME_SLOPE_EUR_PER_MWH 1e-9

static const struct state_range ALL_STATES = {-INFINITY, INFINITY};

/* Which prices are looked for: those that lower the value of a state in the window by more than a
 * tolerance. */
struct finding {
    struct state_range window;
    double tolerance_eur;
};

/* Looks for prices between those of the pairs of neighbours until none lowers the least value: at
 * the state where two neighbours' values are equal, the price at which their cuts meet would. */
static enum backward find_prices(const struct solver *s, const struct block *block,
                                 struct finding finding, size_t *count)
{
    struct priced *priced = s->c->priced;
    for (size_t i = 0; i + 1 < *count;) {
        struct priced *low = &priced[i], *next = &priced[*count];
        if (!low->has_crossing)
            find_crossings(s, block, finding.window, low, *count - i);
        struct cut low_cut = low->crossing.low, high_cut = low->crossing.high;
        double price_eur = cut_meeting_price(low_cut, high_cut);
        double known_eur = smaller(low_cut.value_eur, high_cut.value_eur);
        double line_eur = cut_line_eur(low_cut, price_eur), same = same_eur(known_eur);
        if (!cut_is_between(price_eur, low_cut, high_cut)
            || line_eur >= known_eur - greater(same, finding.tolerance_eur)) {
            i++;
            continue;
        }
        if (*count + 1 == PRICES_MAX) /* that will do: too high a value is a bound still */
            return BACKWARD_DONE;
        enum backward result = price_block(s, block, price_eur, low->crossing.soc_mwh, true,
                                           room_for_price(s, block, *count));
        if (result != BACKWARD_DONE)
            return result;
        low->has_crossing = false;
        double lead_eur = fabs(low_cut.value_eur - high_cut.value_eur);
        /* Three equal values of a convex function: it is level between the two prices. */
        if (lead_eur <= same && next->cut.value_eur >= known_eur - same)
            i++;
        else
            insert_priced(priced, (*count)++, i + 1);
    }
    return BACKWARD_DONE;
}

/* Of curves of one point, which cross nowhere, whether the later is not the lower one. */
static bool is_point_above(const struct curve *later, const struct curve *before)
{
    return later->count == 0 && later->value_eur >= before->value_eur;
}

/* The least of the priced values as one curve, and from which state on each price is it. */
static bool least_of(const struct priced *priced, size_t count, struct curve *value,
                     struct curve *prices)
{
    prices->count = 0;
    for (size_t i = 0; i < count; i++) {
        double from_mwh = priced[i].value.low_mwh;
        bool is_lower = true;
        while (prices->count > 0) {
            const struct segment *last = &prices->segments[prices->count - 1];
            size_t before = 0;
            while (priced[before].price_eur != last->slope)
                before++;
            is_lower = !is_point_above(&priced[i].value, &priced[before].value);
            if (!is_lower)
                break;
            from_mwh = curve_crossing_mwh(&priced[before].value, &priced[i].value);
            if (from_mwh > last->length)
                break;
            from_mwh = priced[i].value.low_mwh;
            prices->count--;
        }
        if (!is_lower)
            continue;
        if (prices->count == prices->capacity)
            return false;
        prices->segments[prices->count++] = (struct segment){priced[i].price_eur, from_mwh};
    }
    const double high_mwh = curve_high_mwh(&priced[0].value);
    value->count = 0;
    value->low_mwh = priced[0].value.low_mwh;
    for (size_t k = 0, i = 0; k < prices->count; k++) {
        while (priced[i].price_eur != prices->segments[k].slope)
            i++;
        double to_mwh = k + 1 < prices->count ? prices->segments[k + 1].length : high_mwh;
        if (k == 0)
            value->value_eur = priced[i].value.value_eur;
        if (!curve_append_part(&priced[i].value, prices->segments[k].length, to_mwh, value))
            return false;
    }
    return true;
}

/* Copies a curve from scratch to the stored segments. */
static bool keep_stored(struct mando_optimize *w, const struct curve *curve, struct curve *out)
{
    struct curve room = optimize_room_for_curve(w);
    if (curve->count > room.capacity)
        return false;
    memcpy(room.segments, curve->segments, curve->count * sizeof *curve->segments);
    *out = *curve;
    out->segments = room.segments;
    w->stored_count += curve->count;
    return true;
}

/* The states that a block's least throughput allows: it rises with the state. */
static enum backward cut_to_feasible(const struct solver *s, struct block *block, size_t count)
{
    struct priced *least = &s->c->priced[count - 1];
    double low = least->value.low_mwh, high = curve_high_mwh(&least->value);
    if (cut_at(s, block, least, high, NULL).slope_mwh >= -same_mwh(s->terms))
        return BACKWARD_DONE;
    if (cut_at(s, block, least, low, NULL).slope_mwh < -same_mwh(s->terms))
        return BACKWARD_BROKEN;
    for (int i = 0; i < 100 && high - low > 0; i++) {
        double middle = low + (high - low) / 2;
        if (cut_at(s, block, least, middle, NULL).slope_mwh < -same_mwh(s->terms))
            high = middle;
        else
            low = middle;
    }
    block->is_cut = true;
    for (size_t i = 0; i < count; i++)
        curve_clip(&s->c->priced[i].value, s->c->priced[i].value.low_mwh, low);
    return BACKWARD_DONE;
}

/* The prices of a block for all states: those at which its value is the least for some. Roughly: but
 * for those that lower it by less than a share of what the limit is worth at most. */
static enum backward price_all_states(const struct solver *s, struct block *block, bool is_rough,
                                      size_t *count)
{
    struct priced *priced = s->c->priced;
    *count = 1;
    clear_rooms(s);
    block->rest_eur = 0;
    block->is_cut = block->is_searched = false;
    enum backward result = price_block(s, block, 0, INFINITY, true, room_for_price(s, block, 0));
    if (result != BACKWARD_DONE || !block_is_limited(block)
        || priced[0].cut.slope_mwh >= -same_mwh(s->terms))
        return result;
    result = price_rest(s, block, INFINITY, true, room_for_price(s, block, 1));
    *count = 2;
    if (result == BACKWARD_DONE)
        result = cut_to_feasible(s, block, *count);
    double tolerance_eur = is_rough ? ROUGH * block->rest_eur * block->limit_mwh : 0;
    return result == BACKWARD_DONE
               ? find_prices(s, block, (struct finding){ALL_STATES, tolerance_eur}, count)
               : result;
}

/* Whether a value that is exact for some states alone will do: where the limit can be kept from every
 * state. */
static bool can_be_searched(const struct solver *s, const struct block *block)
{
    return block_is_limited(block) && block_can_rest(s, block, soc_min_at(s->terms, block->first))
           && block_can_rest(s, block, soc_max_at(s->terms, block->first));
}

/* Adds a price to a row of those that rise, unless it is there. */
static enum backward add_price(const struct solver *s, const struct block *block, double price_eur,
                               double soc_mwh, size_t *count)
{
    struct priced *priced = s->c->priced;
    size_t at = 0;
    while (at < *count && priced[at].price_eur < price_eur)
        at++;
    if (at < *count && priced[at].price_eur == price_eur)
        return BACKWARD_DONE;
    if (*count + 1 == PRICES_MAX)
        return BACKWARD_FULL;
    if (at > 0)
        priced[at - 1].has_crossing = false;
    enum backward result =
        price_block(s, block, price_eur, soc_mwh, true, room_for_price(s, block, *count));
    if (result == BACKWARD_DONE)
        insert_priced(priced, (*count)++, at);
    return result;
}

/* The throughput beyond the limit at a state. */
static double excess_mwh(const struct solver *s, const struct block *block,
                         const struct priced *one, double soc_mwh)
{
    return one->cut_mwh == soc_mwh ? -one->cut.slope_mwh
                                   : -cut_at(s, block, one, soc_mwh, NULL).slope_mwh;
}

/* Adds prices below those of a row, until the least withdraws too much at a state or nothing is less. */
static enum backward go_below(const struct solver *s, struct block *block, double soc_mwh,
                              size_t *count)
{
    const struct priced *priced = s->c->priced;
    double next_eur = block->searched.known[0].slope;
    enum backward result = BACKWARD_DONE;
    while (result == BACKWARD_DONE && priced[0].price_eur > 0
           && excess_mwh(s, block, &priced[0], soc_mwh) < -same_mwh(s->terms)) {
        result = add_price(s, block, next_eur < priced[0].price_eur ? next_eur : 0, soc_mwh, count);
        next_eur = 0;
    }
    return result;
}

/* The same above: until the greatest does not withdraw too much, or all rests. */
static enum backward go_above(const struct solver *s, struct block *block, double soc_mwh,
                              size_t *count)
{
    const struct searched *at = &block->searched;
    const struct priced *priced = s->c->priced;
    double next_eur = at->known[at->known_count - 1].slope, rest_eur = INFINITY;
    enum backward result = BACKWARD_DONE;
    while (result == BACKWARD_DONE && priced[*count - 1].price_eur < rest_eur
           && excess_mwh(s, block, &priced[*count - 1], soc_mwh) > same_mwh(s->terms)) {
        if (!(next_eur > priced[*count - 1].price_eur))
            next_eur = rest_eur = price_of_rest(s, block);
        if (next_eur > priced[*count - 1].price_eur)
            result = add_price(s, block, next_eur, soc_mwh, count);
    }
    return result;
}

/* The prices of a block for the states of its window, and the plan from the likely one. */
static enum backward price_window(const struct solver *s, struct block *block, size_t *count)
{
    struct searched *at = &block->searched;
    const struct curve known = {.segments = at->known, .count = at->known_count};
    const struct price_guess guess = {&known, at->likely};
    struct price_search search = {
        .soc_mwh = at->likely_mwh, .keeps_values = true, .meets_max = PRICE_MEETS_MAX};
    enum backward result = price_search(s, block, guess, &search);
    if (result != BACKWARD_DONE)
        return result;
    block->is_searched = true;
    price_plan_keep(s, block, &search);
    *count = search.count - s->c->priced[search.count - 1].rests;
    if (!(at->window.low_mwh < at->window.high_mwh))
        return BACKWARD_DONE; /* the likely state is the only one */
    for (size_t i = 1; i + 1 < at->known_count && result == BACKWARD_DONE; i++)
        result = add_price(s, block, at->known[i].slope, at->likely_mwh, count);
    if (result == BACKWARD_DONE)
        result = go_below(s, block, at->window.low_mwh, count);
    if (result == BACKWARD_DONE)
        result = go_above(s, block, at->window.high_mwh, count);
    return result == BACKWARD_DONE ? find_prices(s, block, (struct finding){at->window, 0}, count)
                                   : result;
}

enum backward block_value_solve(struct solver *s, struct block *block, enum way_back way)
{
    struct mando_optimize *w = s->w;
    size_t mark = w->stored_count, count;
    enum backward result = way == BACK_TO_WINDOWS && can_be_searched(s, block)
                               ? price_window(s, block, &count)
                               : price_all_states(s, block, way == BACK_ROUGHLY, &count);
    if (result != BACKWARD_DONE)
        return result;
    struct curve value = {.segments = w->scratch[0], .capacity = w->settings.segments_max};
    struct curve prices = {.segments = w->scratch[1], .capacity = w->settings.segments_max};
    if (!least_of(s->c->priced, count, &value, &prices))
        return BACKWARD_FULL;
    w->stored_count = mark;
    block->offset_eur = value.value_eur;
    value.value_eur = 0;
    return keep_stored(w, &value, &block->value) && keep_stored(w, &prices, &block->prices)
               ? BACKWARD_DONE
               : BACKWARD_FULL;
}

/* Whether two curves have the same slopes between two states, and just beside them. */
static bool curves_are_parallel(const struct curve *a, const struct curve *b,
                                struct state_range range, double near_mwh)
{
    double from_mwh = range.low_mwh - 2 * near_mwh, to_mwh = range.high_mwh + 2 * near_mwh;
    double a_end = a->low_mwh, b_end = b->low_mwh, start = greater(a_end, b_end);
    size_t i = 0, j = 0;
    if (fabs(a_end - b_end) > near_mwh || fabs(curve_high_mwh(a) - curve_high_mwh(b)) > near_mwh)
        return false;
    if (a->count == 0 || b->count == 0)
        return a->count == b->count;
    a_end += a->segments[0].length;
    b_end += b->segments[0].length;
    for (;;) {
        double end = smaller(a_end, b_end);
        bool is_within = smaller(end, to_mwh) - greater(start, from_mwh) > near_mwh;
        if (is_within && fabs(a->segments[i].slope - b->segments[j].slope) > SAME_SLOPE_EUR_PER_MWH)
            return false;
        bool a_ends = a_end <= end + near_mwh, b_ends = b_end <= end + near_mwh;
        if (start > to_mwh || (a_ends && i + 1 == a->count) || (b_ends && j + 1 == b->count))
            return true;
        start = end;
        if (a_ends)
            a_end += a->segments[++i].length;
        if (b_ends)
            b_end += b->segments[++j].length;
    }
}

bool block_value_keep(struct solver *s, struct block *block)
{
    const struct curve value = block->value, prices = block->prices;
    const struct curve *after = &block[1].value, *before = &block[1].value_before;
    const struct state_range ends = block->searched.ends;
    if (block->searched.has_moved)
        return false;
    if (!block[1].is_kept) {
        if (!block->is_searched || !curves_are_parallel(after, before, ends, corner_mwh(s->terms)))
            return false;
        block->offset_eur +=
            curve_value_eur(after, ends.low_mwh) - curve_value_eur(before, ends.low_mwh);
    }
    return keep_stored(s->w, &value, &block->value) && keep_stored(s->w, &prices, &block->prices);
}
