#include "opt/block.h"

#include <string.h>

/* Puts the last of count + 1 priced to place at, without losing any one's room. */
static void insert_priced(struct priced *priced, size_t count, size_t at)
{
    struct priced last = priced[count];
    memmove(priced + at + 1, priced + at, (count - at) * sizeof *priced);
    priced[at] = last;
}

/* Looks for prices between those of the pairs of neighbours until none lowers the least value: at
 * the state where two neighbours' values are equal, the price at which their cuts meet would. */
static enum backward find_prices(const struct solver *s, const struct block *block, size_t *count)
{
    struct priced *priced = s->c->priced;
    for (size_t i = 0; i + 1 < *count;) {
        struct priced *low = &priced[i], *next = &priced[*count];
        if (!low->has_crossing)
            find_crossings(s, block, low, *count - i);
        struct cut low_cut = low->crossing.low, high_cut = low->crossing.high;
        double price_eur = cut_meeting_price(low_cut, high_cut);
        double known_eur = smaller(low_cut.value_eur, high_cut.value_eur);
        double line_eur = cut_line_eur(low_cut, price_eur), same = same_eur(known_eur);
        if (!cut_is_between(price_eur, low_cut, high_cut) || line_eur >= known_eur - same) {
            i++;
            continue;
        }
        if (*count + 1 == PRICES_MAX) {
            return BACKWARD_FULL;
        }
        struct cut cut;
        enum backward result =
            price_block(s, block, price_eur, low->crossing.soc_mwh, next, NULL, &cut);
        if (result != BACKWARD_DONE)
            return result;
        low->has_crossing = false;
        double lead_eur = fabs(low_cut.value_eur - high_cut.value_eur);
        /* Three equal values of a convex function: it is level between the two prices. */
        if (lead_eur <= same && cut.value_eur >= known_eur - same)
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

/* Prices a block at the least of some prices that keeps the limit from a state; else at one at which
 * as little is discharged as can be. */
static enum backward price_rest(const struct solver *s, struct block *block, double soc_mwh,
                                struct priced *priced, double *states, struct cut *cut)
{
    const double most_eur = price_of_leaking(s, block);
    block->rest_eur = price_of_rest(s, block);
    for (;;) {
        enum backward result = price_block(s, block, block->rest_eur, soc_mwh, priced, states, cut);
        if (result != BACKWARD_DONE || cut->slope_mwh >= -same_mwh(s->terms)
            || block->rest_eur >= most_eur)
            return result;
        block->rest_eur = smaller(block->rest_eur * 16, most_eur);
    }
}

/* Room for one price. A block without a limit has only one, and may be as long as the horizon. */
static struct priced *room_for_price(const struct solver *s, const struct block *block, size_t i)
{
    struct priced *priced = &s->c->priced[i];
    size_t at = block_is_limited(block) ? i * s->w->settings.limit_periods_max : block->first;
    priced->levels = (block_is_limited(block) ? s->c->levels : s->w->own_levels) + at;
    priced->curves = (block_is_limited(block) ? s->c->curves : s->w->own_curves) + at;
    return priced;
}

/* The value before a block from that after it. */
static enum backward solve_block(struct solver *s, struct block *block)
{
    struct mando_optimize *w = s->w;
    struct priced *priced = s->c->priced;
    size_t mark = w->stored_count, count = 1;
    block->rest_eur = 0;
    block->is_cut = false;
    for (size_t i = 0; i < (block_is_limited(block) ? PRICES_MAX : 1); i++)
        (void)room_for_price(s, block, i);
    struct cut cut;
    enum backward result = price_block(s, block, 0, INFINITY, &priced[0], NULL, &cut);
    if (result == BACKWARD_DONE && block_is_limited(block)) {
        if (cut.slope_mwh < -same_mwh(s->terms)) {
            result = price_rest(s, block, INFINITY, &priced[1], NULL, &cut);
            count = 2;
            if (result == BACKWARD_DONE)
                result = cut_to_feasible(s, block, count);
            if (result == BACKWARD_DONE)
                result = find_prices(s, block, &count);
        }
    }
    if (result != BACKWARD_DONE)
        return result;
    struct curve value = {.segments = w->scratch[0], .capacity = w->settings.segments_max};
    struct curve prices = {.segments = w->scratch[1], .capacity = w->settings.segments_max};
    if (!least_of(priced, count, &value, &prices))
        return BACKWARD_FULL;
    w->stored_count = mark;
    s->offset_eur += value.value_eur;
    value.value_eur = 0;
    return keep_stored(w, &value, &block->value) && keep_stored(w, &prices, &block->prices)
               ? BACKWARD_DONE
               : BACKWARD_FULL;
}

/* A price tried at the state a plan has reached. */
struct tried {
    struct priced *priced;
    struct cut cut;
    double *states;
};

static enum backward try_price(const struct solver *s, const struct block *block, double soc_mwh,
                               double price_eur, struct tried *tried)
{
    return price_block(s, block, price_eur, soc_mwh, tried->priced, tried->states, &tried->cut);
}

static void swap(struct tried *a, struct tried *b)
{
    struct tried c = *a;
    *a = *b;
    *b = c;
}

/* Whether a price is the block's: its throughput fills the limit, or keeps it for nothing. */
static bool is_settled(const struct solver *s, const struct tried *tried)
{
    return fabs(tried->cut.slope_mwh) <= same_mwh(s->terms)
           || (tried->cut.slope_mwh > 0 && tried->priced->price_eur == 0);
}

/* A listed price; beside the list the least price there is, and one at which all rests. */
static double listed_price(const struct block *block, ptrdiff_t i)
{
    if (i < 0)
        return 0;
    if ((size_t)i >= block->prices.count)
        return block->rest_eur;
    return block->prices.segments[i].slope;
}

/* The listed price of a state. */
static ptrdiff_t price_index(const struct block *block, double soc_mwh)
{
    size_t i = 0;
    while (i + 1 < block->prices.count && block->prices.segments[i + 1].length <= soc_mwh)
        i++;
    return (ptrdiff_t)i;
}

/* Finds two prices at a state, of which low withdraws more than the limit and high less, in the list
 * near the state's own; or one that is settled. */
static enum backward bracket(const struct solver *s, const struct block *block, double soc_mwh,
                             struct tried *low, struct tried *high, const struct tried **settled)
{
    ptrdiff_t i = price_index(block, soc_mwh), count = (ptrdiff_t)block->prices.count;
    enum backward result = try_price(s, block, soc_mwh, listed_price(block, i), low);
    *settled = is_settled(s, low) ? low : NULL;
    if (result != BACKWARD_DONE || *settled)
        return result;
    bool too_much = low->cut.slope_mwh < 0;
    if (!too_much)
        swap(low, high);
    struct tried *near = too_much ? low : high, *other = too_much ? high : low;
    for (;;) {
        i += too_much ? 1 : -1;
        result = try_price(s, block, soc_mwh, listed_price(block, i), other);
        bool is_bracketed = (other->cut.slope_mwh < 0) != too_much;
        bool is_last = i < 0 || i >= count;
        if (is_settled(s, other) || (is_last && !is_bracketed))
            *settled = other;
        if (result != BACKWARD_DONE || *settled || is_bracketed)
            return result;
        swap(near, other);
    }
}

/* To rest all along is a plan, where it may; at no price is a value below that plan's. So it bounds
 * the price, at the latest where it earns what low does without one. */
static bool can_rest(const struct solver *s, const struct block *block, double soc_mwh,
                     const struct tried *low, struct tried *high)
{
    const struct curve *after = &block[1].value;
    double high_mwh = curve_high_mwh(after);
    if (!s->terms->plain || !(block->limit_mwh > same_mwh(s->terms)) || soc_mwh < after->low_mwh
        || soc_mwh > high_mwh)
        return false;
    double rest_eur = curve_value_eur(after, soc_mwh);
    double price_eur = greater(low->cut.value_eur - rest_eur, 0) / block->limit_mwh + 1;
    high->priced->price_eur = price_eur;
    high->priced->is_concave = true;
    high->cut = (struct cut){price_eur, rest_eur + price_eur * block->limit_mwh, block->limit_mwh,
                             SIZE_MAX};
    for (size_t t = 0; t < block->periods; t++)
        high->states[t] = soc_mwh;
    return true;
}

/* The same for the first block, which has no list. */
static enum backward bracket_first(const struct solver *s, struct block *block, double soc_mwh,
                                   struct tried *low, struct tried *high,
                                   const struct tried **settled)
{
    enum backward result = try_price(s, block, soc_mwh, 0, low);
    *settled = is_settled(s, low) ? low : NULL;
    if (result != BACKWARD_DONE || *settled || can_rest(s, block, soc_mwh, low, high))
        return result;
    result = price_rest(s, block, soc_mwh, high->priced, high->states, &high->cut);
    *settled = is_settled(s, high) ? high : NULL;
    if (result == BACKWARD_DONE && high->cut.slope_mwh < -same_mwh(s->terms))
        return BACKWARD_BROKEN;
    return result;
}

/* The block's plan from a state: at the price at which low's and high's cuts meet both are best, and
 * so is each mixture of them; the one that fills the limit is the plan. */
static enum backward mix(const struct solver *s, const struct block *block, double soc_mwh,
                         struct tried tried[3], const struct tried **chosen, double *states_out)
{
    struct tried *low = &tried[0], *high = &tried[1], *next = &tried[2];
    *chosen = NULL;
    for (int i = 0; i < 200; i++) {
        double price_eur = cut_meeting_price(low->cut, high->cut);
        if (!cut_is_between(price_eur, low->cut, high->cut))
            break;
        enum backward result = try_price(s, block, soc_mwh, price_eur, next);
        if (result != BACKWARD_DONE)
            return result;
        double line_eur = cut_line_eur(low->cut, price_eur);
        if (next->cut.value_eur <= line_eur + same_eur(line_eur)) {
            *chosen = next;
            break;
        }
        swap(next, next->cut.slope_mwh < 0 ? low : high);
    }
    if (!*chosen) /* one of the two has the least value that there is */
        *chosen = low->cut.value_eur < high->cut.value_eur ? low : high;
    double share = cut_share_of_low(low->cut, high->cut);
    for (size_t t = 0; t < block->periods; t++)
        states_out[t] = share * low->states[t] + (1 - share) * high->states[t];
    return BACKWARD_DONE;
}

/* Notes the period to branch on, in the block that falls furthest behind its bound. */
static void note_gap(struct solver *s, const struct block *block, struct path plan,
                     double bound_eur, const struct tried *low, const struct tried *high)
{
    if (low->priced->is_concave && high->priced->is_concave)
        return;
    struct terms terms = terms_slice(s->terms, block->first, block->periods);
    terms.throughput_eur = block->year_price_eur;
    double money_eur = 0;
    for (size_t t = 0; t < block->periods; t++) {
        struct period period = period_at(&terms, t);
        double moved = path_stored_mwh(&terms, plan.soc_mwh, plan.states, t);
        money_eur += optimize_period_money(&period, moved);
    }
    double end_mwh = plan.states[block->periods - 1];
    double gap_eur = bound_eur - money_eur - curve_value_eur(&block[1].value, end_mwh);
    size_t t = period_of_parting(&terms, (struct path){plan.soc_mwh, low->states},
                                 (struct path){plan.soc_mwh, high->states});
    if (t >= block->periods)
        t = low->cut.parting < high->cut.parting ? low->cut.parting : high->cut.parting;
    if (t >= block->periods)
        t = period_of_trade(&terms, plan);
    if (gap_eur > s->gap_eur && t < block->periods) {
        s->gap_eur = gap_eur;
        s->gap_period = block->first + t;
    }
}

/* The price of a block's list that fits what a MWh more is worth before it, at a state at which it is
 * worth something between `at`. Where one price takes over from another both are best, and so is each
 * between them, whose part is that of the worth between the slopes on the two sides. */
static double fitting_price(const struct block *block, double soc_mwh, double near_mwh,
                            struct marginal at, double worth_eur)
{
    const struct segment *prices = block->prices.segments;
    double low_eur = prices[price_index(block, soc_mwh - near_mwh)].slope;
    double high_eur = prices[price_index(block, soc_mwh + near_mwh)].slope;
    double share = (at.most_eur - worth_eur) / (at.most_eur - at.least_eur);
    bool is_corner = isfinite(at.most_eur - at.least_eur) && at.most_eur > at.least_eur;
    return is_corner ? low_eur + share * (high_eur - low_eur) : low_eur;
}

/* Where the state is the highest from which the limit can be kept, any price above the list's is best
 * as well: finds the one at which a MWh more is worth what it is. */
static enum backward price_above_list(const struct solver *s, const struct block *block,
                                      double soc_mwh, double worth_eur, struct priced *priced,
                                      double *price_eur)
{
    double before_eur = 0, before_worth_eur = 0;
    for (int i = 0; i < 20; i++) {
        struct cut cut;
        enum backward result = price_block(s, block, *price_eur, soc_mwh, priced, NULL, &cut);
        if (result != BACKWARD_DONE)
            return result;
        struct marginal at = marginal_of(&priced->value, soc_mwh, corner_mwh(s->terms));
        double near_eur = marginal_nearest(at, worth_eur), lead_eur = near_eur - worth_eur;
        if (fabs(lead_eur) <= same_eur(worth_eur))
            break;
        double fall = i > 0 ? (before_worth_eur - near_eur) / (*price_eur - before_eur) : 1;
        before_eur = *price_eur;
        before_worth_eur = near_eur;
        *price_eur += lead_eur / (fall > 0 ? fall : 1);
    }
    return BACKWARD_DONE;
}

/* Chooses among the prices that are best at a block's state one that agrees with what a MWh more is
 * worth to the blocks before it: so the prices of all blocks together are a solution of the dual. */
static enum backward agree_on_price(struct solver *s, struct block *block, double soc_mwh,
                                    struct priced *room)
{
    double near_mwh = corner_mwh(s->terms);
    struct marginal at = marginal_of(&block->value, soc_mwh, near_mwh);
    struct marginal agreed = marginal_within(s->marginal, at);
    double worth_eur = isfinite(agreed.most_eur) ? agreed.most_eur : agreed.least_eur;
    if (!isfinite(worth_eur))
        return BACKWARD_DONE; /* one state alone: any price will do */
    s->marginal = (struct marginal){worth_eur, worth_eur};
    block->price_eur = fitting_price(block, soc_mwh, near_mwh, at, worth_eur);
    bool is_highest = soc_mwh > curve_high_mwh(&block->value) - near_mwh;
    return block->is_cut && is_highest && worth_eur < at.most_eur
               ? price_above_list(s, block, soc_mwh, worth_eur, room, &block->price_eur)
               : BACKWARD_DONE;
}

/* Follows a block from a state: fills its states, its price and the value at the state. */
static enum backward follow_block(struct solver *s, struct block *block, double soc_mwh,
                                  double *states_out, double *value_eur_out)
{
    struct tried tried[3], *low = &tried[0], *high = &tried[1];
    for (size_t i = 0; i < 3; i++)
        tried[i] =
            (struct tried){.priced = room_for_price(s, block, i), .states = s->c->walked_mwh[i]};
    const struct tried *chosen;
    enum backward result = block->first > 0 ? bracket(s, block, soc_mwh, low, high, &chosen)
                                            : bracket_first(s, block, soc_mwh, low, high, &chosen);
    const struct tried *settled = chosen;
    if (result == BACKWARD_DONE && !chosen)
        result = mix(s, block, soc_mwh, tried, &chosen, states_out);
    else if (result == BACKWARD_DONE)
        memcpy(states_out, chosen->states, block->periods * sizeof(double));
    if (result != BACKWARD_DONE)
        return result;
    block->price_eur = chosen->priced->price_eur;
    *value_eur_out = chosen->cut.value_eur;
    note_gap(s, block, (struct path){soc_mwh, states_out}, *value_eur_out, settled ? settled : low,
             settled ? settled : high);
    if (block->first > 0)
        result = agree_on_price(s, block, soc_mwh, tried[2].priced);
    struct terms terms = terms_slice(s->terms, block->first, block->periods);
    terms.throughput_eur = block->year_price_eur + block->price_eur;
    if (block[1].first < s->terms->periods)
        s->marginal = marginal_after(&terms, soc_mwh, states_out, s->marginal);
    return result;
}

/* The value after the last block. */
static enum backward start_at_end(struct solver *s)
{
    struct curve *end = &s->c->blocks[s->c->block_count].value;
    bool is_hull;
    s->w->stored_count = s->w->periods_nonconcave = s->w->segments_peak = 0;
    if (!optimize_start_at_end(s->w, s->terms))
        return BACKWARD_BROKEN;
    if (!keep_stacks(s->w, end, &is_hull))
        return BACKWARD_FULL;
    bool is_free = isnan(s->terms->soc_end_mwh);
    s->offset_eur = is_free ? s->terms->soc_end_value_eur_per_mwh * end->low_mwh : 0;
    return BACKWARD_DONE;
}

enum backward blocks_solve(struct solver *s, double *states, double *bound_eur)
{
    struct cycles *c = s->c;
    enum backward result = start_at_end(s);
    for (size_t i = c->block_count; i-- > 1 && result == BACKWARD_DONE;)
        result = solve_block(s, &c->blocks[i]);
    s->marginal = (struct marginal){-INFINITY, INFINITY};
    s->gap_eur = 0;
    s->gap_period = s->terms->periods;
    double soc_mwh = s->terms->soc_start_mwh;
    for (size_t i = 0; i < c->block_count && result == BACKWARD_DONE; i++) {
        struct block *block = &c->blocks[i];
        double value_eur = 0;
        result = follow_block(s, block, soc_mwh, states + block->first, &value_eur);
        if (i == 0)
            *bound_eur = s->offset_eur + value_eur;
        soc_mwh = states[block->first + block->periods - 1];
    }
    return result;
}

size_t blocks_split(const struct mando_optimize_problem *p, struct block *blocks)
{
    size_t count = 0, day = 0, year = 0;
    for (size_t t = 0; t < p->periods; t += blocks[count++].periods) {
        while (day < p->day_limit_count
               && p->day_limits[day].first + p->day_limits[day].periods <= t)
            day++;
        while (year < p->year_limit_count
               && p->year_limits[year].first + p->year_limits[year].periods <= t)
            year++;
        struct block *block = &blocks[count];
        *block =
            (struct block){.first = t, .limit_mwh = INFINITY, .limit = NO_LIMIT, .year = NO_LIMIT};
        size_t end = p->periods;
        if (day < p->day_limit_count && p->day_limits[day].first <= t) {
            block->limit = day;
            block->limit_mwh = p->day_limits[day].withdrawn_mwh_max;
            end = t + p->day_limits[day].periods;
        } else if (day < p->day_limit_count) {
            end = p->day_limits[day].first;
        }
        if (year < p->year_limit_count && p->year_limits[year].first <= t) {
            block->year = year;
            size_t year_end = p->year_limits[year].first + p->year_limits[year].periods;
            end = end < year_end ? end : year_end;
        } else if (year < p->year_limit_count && p->year_limits[year].first < end) {
            end = p->year_limits[year].first;
        }
        block->periods = (end < p->periods ? end : p->periods) - t;
    }
    blocks[count] = (struct block){.first = p->periods};
    return count;
}
