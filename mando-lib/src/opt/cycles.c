#include "opt/cycles.h"

#include <string.h>

/* Throughput within this of its limit keeps and fills it. */
#define SAME_MWH 1e-10

/* A hull that lifts a value by less than this is the value. */
#define SAME_EUR 1e-9

/* Two prices, or two values, that differ by less than this share are the same. */
#define SAME 1e-11

/* What is the same for all blocks of a solve. */
struct solver {
    struct mando_optimize *w;
    struct cycles *c;
    const struct terms *terms; /* of the whole horizon */
    double offset_eur;         /* what was taken out of the values of blocks */
    const struct mando_optimize_limit *years;
    size_t year_count;
    double gap_eur; /* the largest of a block, and where to branch on it */
    size_t gap_period;
};

/* What a price means at one state: the value there and how it changes with the price. */
struct cut {
    double price_eur;
    double value_eur, slope_mwh; /* slope: limit - throughput */
};

static const double *from(const double *values, size_t first)
{
    return values ? values + first : NULL;
}

/* The terms of some periods alone. */
static struct terms slice(const struct terms *terms, size_t first, size_t periods)
{
    struct terms part = *terms;
    part.buy_eur_per_mwh += first;
    part.sell_eur_per_mwh += first;
    part.charge_mw_max = from(terms->charge_mw_max, first);
    part.discharge_mw_max = from(terms->discharge_mw_max, first);
    part.soc_min_mwh_end = from(terms->soc_min_mwh_end, first);
    part.soc_max_mwh_end = from(terms->soc_max_mwh_end, first);
    part.throughput_eur_at = from(terms->throughput_eur_at, first);
    part.periods = periods;
    part.directions = NULL;
    for (size_t t = first; terms->directions && t < first + periods; t++)
        if (terms->directions[t] != DIRECTION_FREE) {
            part.directions = terms->directions + first;
            part.plain = false;
        }
    return part;
}

static bool is_limited(const struct block *block)
{
    return block->limit_mwh < INFINITY;
}

/* Copies the stacks into the stored segments, as a concave curve; tells whether a hull was taken. */
static bool store_stacks(struct mando_optimize *w, struct curve *out, bool *is_hull)
{
    *out = optimize_room_for_curve(w);
    stacks_settle(&w->stacks);
    if (!stacks_store(&w->stacks, out))
        return false;
    *is_hull = curve_hull(out) > SAME_EUR;
    w->stored_count = (size_t)(out->segments - w->stored) + out->count;
    return true;
}

static void aim(const struct solver *s, const struct priced *priced)
{
    s->w->levels = priced->levels;
    s->w->curves = priced->curves;
}

/* The withdrawn energy of a path of states. */
static double throughput_mwh(const struct terms *terms, double soc_mwh, const double *states)
{
    double sum = 0;
    for (size_t t = 0; t < terms->periods; t++) {
        double before = soc_mwh * terms->keep;
        sum += greater(before - states[t], 0);
        soc_mwh = states[t];
    }
    return sum;
}

static struct cut cut_of(const struct block *block, double price_eur, struct walk walk)
{
    double limit_mwh = is_limited(block) ? block->limit_mwh : 0;
    return (struct cut){
        price_eur,
        walk.money_eur + curve_value_eur(&block[1].value, walk.soc_mwh) + price_eur * limit_mwh,
        block->limit_mwh - walk.withdrawn_mwh,
    };
}

/* Follows a price from a state and tells the cut. */
static struct cut walk_price(const struct solver *s, const struct block *block,
                             const struct priced *priced, double soc_mwh, double *states)
{
    struct terms terms = slice(s->terms, block->first, block->periods);
    terms.throughput_eur = block->year_price_eur + priced->price_eur;
    aim(s, priced);
    struct walk walk = optimize_walk(s->w, &terms, soc_mwh, states);
    return cut_of(block, priced->price_eur, walk);
}

/* The ends of the segment of a curve that holds a place. */
static void ends_around(const struct curve *curve, double mwh, double *low_mwh, double *high_mwh)
{
    size_t i = 0;
    *low_mwh = curve->low_mwh;
    *high_mwh = curve->low_mwh + (curve->count > 0 ? curve->segments[0].length : 0);
    while (*high_mwh < mwh && i + 1 < curve->count) {
        *low_mwh = *high_mwh;
        *high_mwh += curve->segments[++i].length;
    }
}

/* The cut of a price at a state. Inside a segment of a hull it is that of the mixture of the plans
 * from its ends, which lie on the value itself. */
static struct cut cut_at(const struct solver *s, const struct block *block,
                         const struct priced *priced, double soc_mwh, double *states)
{
    double low_mwh, high_mwh;
    if (!priced->is_hull)
        return walk_price(s, block, priced, soc_mwh, states);
    ends_around(&priced->value, soc_mwh, &low_mwh, &high_mwh);
    struct cut low = walk_price(s, block, priced, low_mwh, states);
    double *high_states = s->c->walked_mwh[4];
    struct cut high = walk_price(s, block, priced, high_mwh, high_states);
    double share = high_mwh > low_mwh ? (soc_mwh - low_mwh) / (high_mwh - low_mwh) : 0;
    for (size_t t = 0; t < block->periods; t++)
        states[t] += share * (high_states[t] - states[t]);
    low.value_eur += share * (high.value_eur - low.value_eur);
    low.slope_mwh += share * (high.slope_mwh - low.slope_mwh);
    return low;
}

/* The cuts of two prices at a state. */
static void cuts_at(const struct solver *s, const struct block *block, const struct priced *low,
                    const struct priced *high, double soc_mwh, struct cut cuts_out[2])
{
    const struct priced *both[] = {low, high};
    if (!low->has_levels || !high->has_levels) {
        for (int i = 0; i < 2; i++)
            cuts_out[i] = cut_at(s, block, both[i], soc_mwh, s->c->walked_mwh[3]);
        return;
    }
    struct terms terms = slice(s->terms, block->first, block->periods);
    struct tally tally[2];
    struct walk walks[2];
    terms.throughput_eur = block->year_price_eur;
    for (int i = 0; i < 2; i++)
        tally[i] = (struct tally){both[i]->levels, both[i]->price_eur, soc_mwh};
    optimize_tally(tally, &terms, 2, walks);
    for (int i = 0; i < 2; i++)
        cuts_out[i] = cut_of(block, both[i]->price_eur, walks[i]);
}

/* Goes back through a block at a price, then forward from a state, or the nearest that it has: the
 * cut there also tells the height of the value, of which the way back knows only the slopes. */
static enum backward price_block(const struct solver *s, const struct block *block,
                                 double price_eur, double soc_mwh, struct priced *priced,
                                 double *states, struct cut *cut)
{
    struct mando_optimize *w = s->w;
    struct terms terms = slice(s->terms, block->first, block->periods);
    terms.throughput_eur = block->year_price_eur + price_eur;
    size_t nonconcave = w->periods_nonconcave;
    priced->price_eur = price_eur;
    aim(s, priced);
    stacks_load(&w->stacks, &block[1].value, terms.dust_mwh);
    enum backward result = optimize_run_back(w, &terms, SOLVE_EXACT);
    if (result != BACKWARD_DONE)
        return result;
    if (block->first > 0
        && !optimize_clip(&w->stacks, soc_min_at(s->terms, block->first - 1),
                          soc_max_at(s->terms, block->first - 1), terms.dust_mwh))
        return BACKWARD_BROKEN;
    priced->has_levels = terms.plain && w->periods_nonconcave == nonconcave;
    if (!store_stacks(w, &priced->value, &priced->is_hull))
        return BACKWARD_FULL;
    optimize_snap_levels(&terms, priced->levels);
    soc_mwh = greater(smaller(soc_mwh, curve_high_mwh(&priced->value)), priced->value.low_mwh);
    *cut = cut_at(s, block, priced, soc_mwh, states);
    priced->value.value_eur = 0;
    priced->value.value_eur = cut->value_eur - curve_value_eur(&priced->value, soc_mwh);
    return BACKWARD_DONE;
}

/* A price at which nothing is discharged that need not be. */
static double price_of_rest(const struct solver *s, const struct block *block)
{
    struct terms terms = slice(s->terms, block->first, block->periods);
    terms.throughput_eur = block->year_price_eur;
    double worth_most = -INFINITY, worth_least = INFINITY;
    for (size_t t = 0; t < block->periods; t++) {
        struct period period = period_at(&terms, t);
        worth_most = greater(worth_most, period.discharge_eur);
        worth_least = smaller(worth_least, period.charge_eur);
    }
    const struct curve *after = &block[1].value;
    for (size_t i = 0; i < after->count; i++)
        worth_least = smaller(worth_least, after->segments[i].slope);
    /* Energy that is paid for being taken leaks before it must be given back. */
    double left = 1;
    for (size_t t = 0; t < block->periods; t++)
        left *= terms.keep;
    double lead = worth_most - (worth_least < 0 ? worth_least / left : worth_least * left);
    return greater(lead, 0) + 1;
}

/* The price at which two cuts meet. */
static double meeting_price(struct cut low, struct cut high)
{
    double rise = low.value_eur - high.value_eur - low.slope_mwh * low.price_eur
                  + high.slope_mwh * high.price_eur;
    return rise / (high.slope_mwh - low.slope_mwh);
}

static bool is_between(double price_eur, struct cut low, struct cut high)
{
    double margin = SAME * (1 + fabs(high.price_eur));
    return price_eur > low.price_eur + margin && price_eur < high.price_eur - margin;
}

/* How much of low a mixture with high takes to fill the limit. */
static double share_of_low(struct cut low, struct cut high)
{
    return high.slope_mwh / (high.slope_mwh - low.slope_mwh);
}

static double same_eur(double value_eur)
{
    return SAME * (1 + fabs(value_eur));
}

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
    double *states = s->c->walked_mwh[3];
    for (size_t i = 0; i + 1 < *count;) {
        struct priced *low = &priced[i], *high = &priced[i + 1], *next = &priced[*count];
        double soc_mwh = curve_crossing_mwh(&low->value, &high->value);
        struct cut cuts[2];
        cuts_at(s, block, low, high, soc_mwh, cuts);
        struct cut low_cut = cuts[0], high_cut = cuts[1];
        double price_eur = meeting_price(low_cut, high_cut);
        if (low_cut.slope_mwh >= -SAME_MWH || high_cut.slope_mwh <= SAME_MWH
            || !is_between(price_eur, low_cut, high_cut)) {
            i++;
            continue;
        }
        if (*count + 1 == PRICES_MAX) {
            return BACKWARD_FULL;
        }
        struct cut cut;
        enum backward result = price_block(s, block, price_eur, soc_mwh, next, states, &cut);
        if (result != BACKWARD_DONE)
            return result;
        double known_eur = smaller(low_cut.value_eur, high_cut.value_eur);
        double lead_eur = fabs(low_cut.value_eur - high_cut.value_eur), same = same_eur(known_eur);
        /* Three equal values of a convex function: it is level between the two prices. */
        if (lead_eur <= same && cut.value_eur >= known_eur - same)
            i++;
        else
            insert_priced(priced, (*count)++, i + 1);
    }
    return BACKWARD_DONE;
}

/* The least of the priced values as one curve, and from which state on each price is it. */
static bool least_of(const struct priced *priced, size_t count, struct curve *value,
                     struct curve *prices)
{
    prices->count = 0;
    for (size_t i = 0; i < count; i++) {
        double from_mwh = priced[i].value.low_mwh;
        while (prices->count > 0) {
            const struct segment *last = &prices->segments[prices->count - 1];
            size_t before = 0;
            while (priced[before].price_eur != last->slope)
                before++;
            from_mwh = curve_crossing_mwh(&priced[before].value, &priced[i].value);
            if (from_mwh > last->length)
                break;
            from_mwh = priced[i].value.low_mwh;
            prices->count--;
        }
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
static enum backward cut_to_feasible(const struct solver *s, const struct block *block,
                                     size_t count)
{
    struct priced *least = &s->c->priced[count - 1];
    double low = least->value.low_mwh, high = curve_high_mwh(&least->value);
    double *states = s->c->walked_mwh[3];
    if (cut_at(s, block, least, high, states).slope_mwh >= -SAME_MWH)
        return BACKWARD_DONE;
    if (cut_at(s, block, least, low, states).slope_mwh < -SAME_MWH)
        return BACKWARD_BROKEN;
    for (int i = 0; i < 100 && high - low > 0; i++) {
        double middle = low + (high - low) / 2;
        if (cut_at(s, block, least, middle, states).slope_mwh < -SAME_MWH)
            high = middle;
        else
            low = middle;
    }
    for (size_t i = 0; i < count; i++)
        curve_clip(&s->c->priced[i].value, s->c->priced[i].value.low_mwh, low);
    return BACKWARD_DONE;
}

/* Room for one price. A block without a limit has only one, and may be as long as the horizon. */
static struct priced *room_for_price(const struct solver *s, const struct block *block, size_t i)
{
    struct priced *priced = &s->c->priced[i];
    size_t at = is_limited(block) ? i * s->w->settings.limit_periods_max : block->first;
    priced->levels = (is_limited(block) ? s->c->levels : s->w->own_levels) + at;
    priced->curves = (is_limited(block) ? s->c->curves : s->w->own_curves) + at;
    return priced;
}

/* The value before a block from that after it. */
static enum backward solve_block(struct solver *s, struct block *block)
{
    struct mando_optimize *w = s->w;
    struct priced *priced = s->c->priced;
    size_t mark = w->stored_count, count = 1;
    for (size_t i = 0; i < (is_limited(block) ? PRICES_MAX : 1); i++)
        (void)room_for_price(s, block, i);
    double *states = s->c->walked_mwh[3];
    struct cut cut;
    enum backward result = price_block(s, block, 0, INFINITY, &priced[0], states, &cut);
    if (result == BACKWARD_DONE && is_limited(block)) {
        if (cut.slope_mwh < -SAME_MWH) {
            double rest_eur = price_of_rest(s, block);
            result = price_block(s, block, rest_eur, INFINITY, &priced[1], states, &cut);
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
    block->offset_eur = value.value_eur;
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
static bool is_settled(const struct tried *tried)
{
    return fabs(tried->cut.slope_mwh) <= SAME_MWH
           || (tried->cut.slope_mwh > 0 && tried->priced->price_eur == 0);
}

/* A listed price; beside the list the least price there is, and one at which all rests. */
static double listed_price(const struct solver *s, const struct block *block, ptrdiff_t i)
{
    if (i < 0)
        return 0;
    if ((size_t)i >= block->prices.count)
        return price_of_rest(s, block);
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
    enum backward result = try_price(s, block, soc_mwh, listed_price(s, block, i), low);
    *settled = is_settled(low) ? low : NULL;
    if (result != BACKWARD_DONE || *settled)
        return result;
    bool too_much = low->cut.slope_mwh < 0;
    if (!too_much)
        swap(low, high);
    struct tried *near = too_much ? low : high, *other = too_much ? high : low;
    for (;;) {
        i += too_much ? 1 : -1;
        result = try_price(s, block, soc_mwh, listed_price(s, block, i), other);
        bool is_bracketed = (other->cut.slope_mwh < 0) != too_much;
        bool is_last = i < 0 || i >= count;
        if (is_settled(other) || (is_last && !is_bracketed))
            *settled = other;
        if (result != BACKWARD_DONE || *settled || is_bracketed)
            return result;
        swap(near, other);
    }
}

/* The block's plan from a state: at the price at which low's and high's cuts meet both are best, and
 * so is each mixture of them; the one that fills the limit is the plan. */
static enum backward mix(const struct solver *s, const struct block *block, double soc_mwh,
                         struct tried tried[3], const struct tried **chosen, double *states_out)
{
    struct tried *low = &tried[0], *high = &tried[1], *next = &tried[2];
    *chosen = low;
    for (int i = 0; i < 200; i++) {
        double price_eur = meeting_price(low->cut, high->cut);
        if (!is_between(price_eur, low->cut, high->cut))
            break;
        enum backward result = try_price(s, block, soc_mwh, price_eur, next);
        if (result != BACKWARD_DONE)
            return result;
        double line_eur =
            low->cut.value_eur + (price_eur - low->cut.price_eur) * low->cut.slope_mwh;
        if (next->cut.value_eur <= line_eur + same_eur(line_eur)) {
            *chosen = next;
            break;
        }
        swap(next, next->cut.slope_mwh < 0 ? low : high);
    }
    double share = share_of_low(low->cut, high->cut);
    for (size_t t = 0; t < block->periods; t++)
        states_out[t] = share * low->states[t] + (1 - share) * high->states[t];
    return BACKWARD_DONE;
}

/* Whether burning would pay in a period, whatever throughput costs. */
static bool burns(const struct terms *terms, size_t t)
{
    struct terms free_terms = *terms;
    free_terms.throughput_eur = 0;
    free_terms.throughput_eur_at = NULL;
    struct period period = period_at(&free_terms, t);
    return period.charge_eur < period.discharge_eur;
}

static double stored_mwh(const struct terms *terms, double soc_mwh, const double *states, size_t t)
{
    double before = t > 0 ? states[t - 1] : soc_mwh;
    return states[t] - before * terms->keep;
}

/* The first free burning period in which two plans go opposite ways; else the last in which the first
 * of them trades, else the end. */
static size_t where_they_part(const struct terms *terms, double soc_mwh, const double *a,
                              const double *b)
{
    size_t found = terms->periods;
    for (size_t t = 0; t < terms->periods; t++) {
        bool is_free = !terms->directions || terms->directions[t] == DIRECTION_FREE;
        if (!is_free || !burns(terms, t))
            continue;
        double x = stored_mwh(terms, soc_mwh, a, t), y = stored_mwh(terms, soc_mwh, b, t);
        if (x * y < 0)
            return t;
        if (x != 0 || y != 0 || found == terms->periods)
            found = t;
    }
    return found;
}

/* Notes the period to branch on, in the block that falls furthest behind its bound. */
static void note_gap(struct solver *s, const struct block *block, double soc_mwh,
                     const double *states, const struct tried *low, const struct tried *high)
{
    struct terms terms = slice(s->terms, block->first, block->periods);
    terms.throughput_eur = block->year_price_eur + block->price_eur;
    double money_eur = 0;
    for (size_t t = 0; t < block->periods; t++) {
        struct period period = period_at(&terms, t);
        double moved = stored_mwh(&terms, soc_mwh, states, t);
        money_eur += optimize_period_money(&period, moved);
    }
    double price_eur = is_limited(block) ? block->price_eur * block->limit_mwh : 0;
    double end_mwh = states[block->periods - 1];
    double gap_eur = block->offset_eur + curve_value_eur(&block->value, soc_mwh) - money_eur
                     - price_eur - curve_value_eur(&block[1].value, end_mwh);
    size_t t = where_they_part(&terms, soc_mwh, low->states, high->states);
    if (gap_eur > s->gap_eur && t < block->periods) {
        s->gap_eur = gap_eur;
        s->gap_period = block->first + t;
    }
}

/* Follows a block from a state: fills its states, its price, and levels for water values. */
static enum backward follow_block(struct solver *s, struct block *block, double soc_mwh,
                                  double *states_out)
{
    struct tried tried[3], *low = &tried[0], *high = &tried[1];
    for (size_t i = 0; i < 3; i++)
        tried[i] =
            (struct tried){.priced = room_for_price(s, block, i), .states = s->c->walked_mwh[i]};
    const struct tried *chosen;
    enum backward result = bracket(s, block, soc_mwh, low, high, &chosen);
    if (result == BACKWARD_DONE && !chosen)
        result = mix(s, block, soc_mwh, tried, &chosen, states_out);
    else if (result == BACKWARD_DONE)
        memcpy(states_out, chosen->states, block->periods * sizeof(double));
    if (result != BACKWARD_DONE)
        return result;
    block->price_eur = chosen->priced->price_eur;
    note_gap(s, block, soc_mwh, states_out, low, chosen == low ? high : chosen);
    memmove(s->w->own_levels + block->first, chosen->priced->levels,
            block->periods * sizeof(struct levels));
    memmove(s->w->own_curves + block->first, chosen->priced->curves,
            block->periods * sizeof(struct curve_at));
    return BACKWARD_DONE;
}

/* Back and forth through all blocks; fills the states and tells the bound. */
static enum backward solve_blocks(struct solver *s, double *states, double *bound_eur)
{
    struct mando_optimize *w = s->w;
    struct cycles *c = s->c;
    w->stored_count = w->periods_nonconcave = w->segments_peak = 0;
    s->offset_eur = 0;
    if (!optimize_start_at_end(w, s->terms))
        return BACKWARD_BROKEN;
    struct curve *end = &c->blocks[c->block_count].value;
    bool is_hull;
    if (!store_stacks(w, end, &is_hull))
        return BACKWARD_FULL;
    bool is_free = isnan(s->terms->soc_end_mwh);
    s->offset_eur = is_free ? s->terms->soc_end_value_eur_per_mwh * end->low_mwh : 0;
    for (size_t i = c->block_count; i-- > 0;) {
        enum backward result = solve_block(s, &c->blocks[i]);
        if (result != BACKWARD_DONE)
            return result;
    }
    s->gap_eur = 0;
    s->gap_period = s->terms->periods;
    double soc_mwh = s->terms->soc_start_mwh;
    const struct curve *start = &c->blocks[0].value;
    if (soc_mwh < start->low_mwh - s->terms->dust_mwh
        || soc_mwh > curve_high_mwh(start) + s->terms->dust_mwh)
        return BACKWARD_BROKEN;
    *bound_eur = s->offset_eur + curve_value_eur(start, soc_mwh);
    for (size_t i = 0; i < c->block_count; i++) {
        struct block *block = &c->blocks[i];
        enum backward result = follow_block(s, block, soc_mwh, states + block->first);
        if (result != BACKWARD_DONE)
            return result;
        soc_mwh = states[block->first + block->periods - 1];
    }
    return BACKWARD_DONE;
}

/* Splits the horizon into blocks at the ends of limits; the last one, of no periods, is its end. */
static size_t split(const struct mando_optimize_problem *p, struct block *blocks)
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
        block->periods = end - t;
    }
    blocks[count] = (struct block){.first = p->periods};
    return count;
}

static double year_throughput_mwh(const struct solver *s, size_t year, const double *states)
{
    double sum = 0;
    for (size_t i = 0; i < s->c->block_count; i++) {
        const struct block *block = &s->c->blocks[i];
        const struct terms terms = slice(s->terms, block->first, block->periods);
        double before = block->first > 0 ? states[block->first - 1] : s->terms->soc_start_mwh;
        if (block->year == year)
            sum += throughput_mwh(&terms, before, states + block->first);
    }
    return sum;
}

static enum backward solve_years(struct solver *s, size_t year, double *states, double *bound_eur);

/* Solves with the limits of later years at a price of this one's. */
static enum backward try_year(struct solver *s, size_t year, double price_eur, double *states,
                              struct cut *cut)
{
    double limit_mwh = s->years[year].withdrawn_mwh_max;
    for (size_t i = 0; i < s->c->block_count; i++)
        if (s->c->blocks[i].year == year)
            s->c->blocks[i].year_price_eur = price_eur;
    cut->price_eur = price_eur;
    enum backward result = solve_years(s, year + 1, states, &cut->value_eur);
    cut->value_eur += price_eur * limit_mwh;
    cut->slope_mwh = limit_mwh - year_throughput_mwh(s, year, states);
    return result;
}

/* A price at which no period discharges that need not. */
static double price_of_no_trade(const struct terms *terms)
{
    double most = 0, least = terms->soc_end_value_eur_per_mwh;
    for (size_t t = 0; t < terms->periods; t++) {
        struct period period = period_at(terms, t);
        most = greater(most, period.discharge_eur);
        least = smaller(least, period.charge_eur);
    }
    return most - smaller(least, 0) + 1;
}

/* The search of mix() for a year, around the whole solve: limits of several years lie inside each
 * other. */
static enum backward solve_years(struct solver *s, size_t year, double *states, double *bound_eur)
{
    if (year == s->year_count)
        return solve_blocks(s, states, bound_eur);
    double *low_states = s->c->year_states[2 * year],
           *high_states = s->c->year_states[2 * year + 1];
    size_t bytes = s->terms->periods * sizeof(double);
    struct cut low, high, next;
    enum backward result = try_year(s, year, 0, low_states, &low);
    if (result == BACKWARD_DONE && low.slope_mwh >= -SAME_MWH) {
        memcpy(states, low_states, bytes);
        *bound_eur = low.value_eur;
        return result;
    }
    /* Where energy that is paid for being taken leaks, discharging can pay at more than the first. */
    double rest_eur = price_of_no_trade(s->terms);
    high.slope_mwh = -INFINITY;
    for (int i = 0; i < 20 && result == BACKWARD_DONE && high.slope_mwh < -SAME_MWH; i++) {
        result = try_year(s, year, rest_eur, high_states, &high);
        rest_eur *= 8;
    }
    if (result == BACKWARD_DONE && high.slope_mwh < -SAME_MWH)
        return BACKWARD_BROKEN;
    *bound_eur = smaller(low.value_eur, high.value_eur);
    for (int i = 0; i < 200 && result == BACKWARD_DONE; i++) {
        double price_eur = meeting_price(low, high);
        if (!is_between(price_eur, low, high))
            break;
        double line_eur = low.value_eur + (price_eur - low.price_eur) * low.slope_mwh;
        result = try_year(s, year, price_eur, states, &next);
        *bound_eur = smaller(*bound_eur, next.value_eur);
        if (result != BACKWARD_DONE || fabs(next.slope_mwh) <= SAME_MWH)
            return result;
        if (next.value_eur <= line_eur + same_eur(line_eur))
            break;
        memcpy(next.slope_mwh < 0 ? low_states : high_states, states, bytes);
        *(next.slope_mwh < 0 ? &low : &high) = next;
    }
    double share = share_of_low(low, high);
    for (size_t t = 0; t < s->terms->periods; t++)
        states[t] = share * low_states[t] + (1 - share) * high_states[t];
    return result;
}

static void fill_limits(const struct solver *s, const struct mando_optimize_solution *solution)
{
    double *at = s->c->price_at;
    for (size_t i = 0; i < s->c->block_count; i++) {
        const struct block *block = &s->c->blocks[i];
        for (size_t t = block->first; t < block->first + block->periods; t++)
            at[t] = block->price_eur + block->year_price_eur;
        if (solution->day_limit_eur_per_mwh && block->limit != NO_LIMIT)
            solution->day_limit_eur_per_mwh[block->limit] = block->price_eur;
        if (solution->year_limit_eur_per_mwh && block->year != NO_LIMIT)
            solution->year_limit_eur_per_mwh[block->year] = block->year_price_eur;
    }
}

/* The directions of a node, from its own to the root's. */
static void hold_directions(const struct cycles *c, size_t node, uint8_t *directions,
                            size_t periods)
{
    memset(directions, DIRECTION_FREE, periods);
    for (size_t i = node; i > 0; i = c->nodes[i].parent)
        directions[c->nodes[i].held_period] = c->nodes[i].held;
}

/* The best plan so far. */
struct best {
    double objective_eur;
    double *states;
};

static void keep_better(const struct solver *s, const double *states, struct best *best)
{
    double objective_eur = optimize_money(s->terms, states);
    if (objective_eur <= best->objective_eur)
        return;
    best->objective_eur = objective_eur;
    memcpy(best->states, states, s->terms->periods * sizeof *states);
}

/* Each burning period in the direction a path of states takes: a concave problem, whose plan is one. */
static enum backward solve_held(struct solver *s, const double *path, double *states,
                                struct best *best)
{
    const struct terms *before = s->terms;
    struct terms held = *before;
    double ignored;
    for (size_t t = 0; t < held.periods; t++) {
        bool charges = stored_mwh(&held, held.soc_start_mwh, path, t) >= 0;
        s->w->directions[t] = !burns(&held, t) ? DIRECTION_FREE
                              : charges        ? DIRECTION_CHARGE
                                               : DIRECTION_DISCHARGE;
    }
    held.directions = s->w->directions;
    s->terms = &held;
    enum backward result = solve_years(s, 0, states, &ignored);
    s->terms = before;
    if (result == BACKWARD_DONE)
        keep_better(s, states, best);
    return result;
}

static double same_plan_eur(const struct best *best)
{
    return 1e-9 * greater(1, fabs(best->objective_eur));
}

/* Bounds a node and tries the plans it suggests. BACKWARD_BROKEN is a node without a plan. */
static enum backward solve_node(struct solver *s, struct node *node, struct best *best)
{
    double *states = s->c->node_states[0], *held_states = s->c->node_states[1];
    enum backward result = solve_years(s, 0, states, &node->bound_eur);
    node->period = s->gap_period;
    if (result != BACKWARD_DONE)
        return result;
    keep_better(s, states, best);
    if (node->bound_eur - best->objective_eur <= same_plan_eur(best))
        return BACKWARD_DONE;
    result = solve_held(s, states, held_states, best);
    return result == BACKWARD_FULL ? result : BACKWARD_DONE;
}

/* The open node of the highest bound; nodes that were branched on have none. */
static size_t highest(const struct cycles *c)
{
    size_t at = 0;
    for (size_t i = 1; i < c->node_count; i++)
        if (c->nodes[i].bound_eur > c->nodes[at].bound_eur)
            at = i;
    return at;
}

static enum backward branch(struct solver *s, struct best *best, double *bound_eur)
{
    struct cycles *c = s->c;
    const struct terms *before = s->terms;
    for (;;) {
        size_t at = highest(c);
        struct node *node = &c->nodes[at];
        *bound_eur = node->bound_eur;
        if (*bound_eur - best->objective_eur <= same_plan_eur(best)
            || node->period >= before->periods || c->node_count + 2 > NODES_MAX)
            return BACKWARD_DONE;
        for (int side = 0; side < 2; side++) {
            struct node *child = &c->nodes[c->node_count];
            *child = (struct node){.parent = at,
                                   .held_period = node->period,
                                   .held = side ? DIRECTION_DISCHARGE : DIRECTION_CHARGE};
            hold_directions(c, at, c->held, before->periods);
            c->held[child->held_period] = child->held;
            struct terms terms = *before;
            terms.directions = c->held;
            s->terms = &terms;
            enum backward result = solve_node(s, child, best);
            s->terms = before;
            if (result == BACKWARD_FULL)
                return result;
            if (result == BACKWARD_BROKEN)
                child->bound_eur = -INFINITY;
            child->bound_eur = smaller(child->bound_eur, node->bound_eur);
            c->node_count++;
        }
        node->bound_eur = -INFINITY;
    }
}

enum backward cycles_solve(struct mando_optimize *w, const struct terms *terms,
                           const struct mando_optimize_problem *problem,
                           const struct mando_optimize_solution *solution,
                           struct mando_optimize_info *info)
{
    struct cycles *c = w->cycles;
    struct solver s = {.w = w,
                       .c = c,
                       .terms = terms,
                       .years = problem->year_limits,
                       .year_count = problem->year_limit_count};
    struct best best = {-INFINITY, solution->soc_mwh};
    c->block_count = split(problem, c->blocks);
    c->node_count = 1;
    enum backward result = solve_node(&s, &c->nodes[0], &best);
    info->bound_eur = c->nodes[0].bound_eur;
    s.terms = terms;
    if (result == BACKWARD_DONE)
        result = branch(&s, &best, &info->bound_eur);
    info->nodes = c->node_count - 1;
    w->levels = w->own_levels;
    w->curves = w->own_curves;
    if (result != BACKWARD_DONE)
        return result;
    fill_limits(&s, solution);
    if (solution->power_mw)
        optimize_powers(terms, solution->soc_mwh, solution->power_mw);
    info->objective_eur = best.objective_eur;
    return BACKWARD_DONE;
}
