#include "opt/price_search.h"

#include <string.h>

void clear_rooms(const struct solver *s)
{
    s->c->room_count = 0;
}

struct priced *room_for_price(const struct solver *s, const struct block *block, size_t i)
{
    struct priced *priced = &s->c->priced[i];
    if (i < s->c->room_count)
        return priced;
    size_t at = block_is_limited(block) ? i * s->w->settings.limit_periods_max : block->first;
    priced->levels = (block_is_limited(block) ? s->c->levels : s->w->own_levels) + at;
    priced->curves = (block_is_limited(block) ? s->c->curves : s->w->own_curves) + at;
    s->c->room_count = i + 1;
    return priced;
}

void insert_priced(struct priced *priced, size_t count, size_t at)
{
    struct priced last = priced[count];
    memmove(priced + at + 1, priced + at, (count - at) * sizeof *priced);
    priced[at] = last;
}

/* Whether a price is the block's: its throughput fills the limit, or keeps it for nothing. */
static bool is_settled(const struct solver *s, const struct priced *tried)
{
    return fabs(tried->cut.slope_mwh) <= same_mwh(s->terms)
           || (tried->cut.slope_mwh > 0 && tried->price_eur == 0);
}

static void settle(const struct solver *s, struct price_search *search, size_t at)
{
    search->low = search->high = at;
    search->price_eur = s->c->priced[at].price_eur;
    search->value_eur = s->c->priced[at].cut.value_eur;
}

/* Tries a price, which belongs at a place of those that rise. */
static enum backward try_price(const struct solver *s, const struct block *block, double price_eur,
                               struct price_search *search, size_t at)
{
    if (search->count + 1 == PRICES_MAX)
        return BACKWARD_FULL;
    struct priced *priced = room_for_price(s, block, search->count);
    enum backward result =
        price_block(s, block, price_eur, search->soc_mwh, search->keeps_values, priced);
    if (result == BACKWARD_DONE)
        insert_priced(s->c->priced, search->count++, at);
    return result;
}

bool block_can_rest(const struct solver *s, const struct block *block, double soc_mwh)
{
    const struct curve *after = &block[1].value;
    const double near_mwh = s->terms->dust_mwh;
    return s->terms->plain && block->limit_mwh > same_mwh(s->terms)
           && soc_mwh >= after->low_mwh - near_mwh && soc_mwh <= curve_high_mwh(after) + near_mwh;
}

/* At no price is a value below that of resting. So it bounds the price, at the latest where it earns
 * what another does without one. */
static void add_resting(const struct solver *s, const struct block *block,
                        struct price_search *search)
{
    struct priced *resting = room_for_price(s, block, search->count);
    double known_eur = s->c->priced[search->count - 1].cut.value_eur;
    double rest_eur = curve_value_eur(&block[1].value, search->soc_mwh);
    resting->price_eur = greater(known_eur - rest_eur, 0) / block->limit_mwh + 1;
    resting->is_concave = resting->rests = true;
    resting->has_crossing = false;
    resting->cut =
        (struct cut){resting->price_eur, rest_eur + resting->price_eur * block->limit_mwh,
                     block->limit_mwh, SIZE_MAX};
    search->count++;
}

enum backward price_rest(const struct solver *s, struct block *block, double soc_mwh,
                         bool keeps_value, struct priced *priced)
{
    const double most_eur = price_of_leaking(s, block);
    block->rest_eur = price_of_rest(s, block);
    for (;;) {
        enum backward result = price_block(s, block, block->rest_eur, soc_mwh, keeps_value, priced);
        if (result != BACKWARD_DONE || priced->cut.slope_mwh >= -same_mwh(s->terms)
            || block->rest_eur >= most_eur)
            return result;
        block->rest_eur = smaller(block->rest_eur * 16, most_eur);
    }
}

/* A price above all others: one at which all rests. The first block may have no plan that keeps the
 * limit from its state; others' values tell from which states they have. */
static enum backward try_rest(const struct solver *s, struct block *block,
                              struct price_search *search)
{
    if (block_can_rest(s, block, search->soc_mwh)) {
        add_resting(s, block, search);
        return BACKWARD_DONE;
    }
    if (block->first > 0 && block->rest_eur > s->c->priced[search->count - 1].price_eur)
        return try_price(s, block, block->rest_eur, search, search->count);
    struct priced *priced = room_for_price(s, block, search->count);
    enum backward result = price_rest(s, block, search->soc_mwh, search->keeps_values, priced);
    if (result != BACKWARD_DONE)
        return result;
    search->count++;
    bool is_missed = priced->cut.slope_mwh < -same_mwh(s->terms);
    return block->first == 0 && is_missed ? BACKWARD_BROKEN : BACKWARD_DONE;
}

/* Tries the likely price and its neighbours until one of two withdraws more than the limit and the
 * other less; beside the list are the least price there is, and one at which all rests. */
static enum backward bracket(const struct solver *s, struct block *block, struct price_guess guess,
                             struct price_search *search, bool *is_done)
{
    const struct segment *prices = guess.prices->segments;
    ptrdiff_t i = (ptrdiff_t)guess.likely, count = (ptrdiff_t)guess.prices->count;
    double first_eur = count > 0 ? prices[i].slope : 0;
    enum backward result = try_price(s, block, first_eur, search, 0);
    if (result != BACKWARD_DONE)
        return result;
    bool too_much = s->c->priced[0].cut.slope_mwh < 0;
    size_t at = 0;
    *is_done = is_settled(s, &s->c->priced[0]);
    for (bool is_bracketed = false; !*is_done && !is_bracketed;) {
        i += too_much ? 1 : -1;
        at = too_much ? search->count : 0;
        bool is_last = i < 0 || i >= count;
        if (is_last && too_much)
            result = try_rest(s, block, search);
        else
            result = try_price(s, block, is_last ? 0 : prices[i].slope, search, at);
        if (result != BACKWARD_DONE)
            return result;
        const struct priced *tried = &s->c->priced[at];
        is_bracketed = (tried->cut.slope_mwh < 0) != too_much;
        *is_done = is_settled(s, tried) || (is_last && !is_bracketed);
    }
    if (*is_done)
        settle(s, search, at);
    else
        search->low = too_much ? at - 1 : at;
    return BACKWARD_DONE;
}

/* Tries the price at which the cuts of low and of the price above it meet, until the value there is
 * on both: then both are best at it, and so is each mixture of them. */
static enum backward meet(const struct solver *s, const struct block *block,
                          struct price_search *search)
{
    const struct priced *row = s->c->priced;
    for (int i = 0; i < search->meets_max; i++) {
        const struct cut low = row[search->low].cut;
        double price_eur = cut_meeting_price(low, row[search->low + 1].cut);
        if (!cut_is_between(price_eur, low, row[search->low + 1].cut))
            break;
        enum backward result = try_price(s, block, price_eur, search, search->low + 1);
        if (result != BACKWARD_DONE)
            return result;
        const struct cut next = row[search->low + 1].cut;
        double line_eur = cut_line_eur(low, price_eur);
        if (next.value_eur <= line_eur + rounding_eur(line_eur)) {
            settle(s, search, search->low + 1);
            search->low--;
            search->high++;
            return BACKWARD_DONE;
        }
        search->low += next.slope_mwh < 0;
    }
    /* One of the two has the least value that there is. */
    size_t low = search->low;
    settle(s, search, row[low].cut.value_eur < row[low + 1].cut.value_eur ? low : low + 1);
    search->low = low;
    search->high = low + 1;
    return BACKWARD_DONE;
}

enum backward price_search(const struct solver *s, struct block *block, struct price_guess guess,
                           struct price_search *search)
{
    bool is_done = false;
    search->count = 0;
    clear_rooms(s);
    enum backward result = bracket(s, block, guess, search, &is_done);
    return result == BACKWARD_DONE && !is_done ? meet(s, block, search) : result;
}

/* Fills the states of one price's plan. */
static struct cut lay(const struct solver *s, const struct block *block,
                      const struct priced *priced, double soc_mwh, double *states)
{
    if (!priced->rests) {
        const struct terms terms = terms_slice(s->terms, block->first, block->periods);
        optimize_snap_levels(&terms, priced->levels);
        return cut_at(s, block, priced, soc_mwh, states);
    }
    for (size_t t = 0; t < block->periods; t++)
        states[t] = soc_mwh;
    return (struct cut){priced->price_eur, 0, block->limit_mwh, SIZE_MAX};
}

struct mixture price_mix(const struct solver *s, const struct block *block,
                         const struct priced *low, const struct priced *high, double soc_mwh,
                         double *states_out)
{
    double *low_states = s->c->walked_mwh[0], *high_states = s->c->walked_mwh[1];
    struct cut low_cut = lay(s, block, low, soc_mwh, low_states), high_cut = low_cut;
    double share = 1;
    if (low == high) {
        high_states = low_states;
    } else {
        high_cut = lay(s, block, high, soc_mwh, high_states);
        share = greater(smaller(cut_share_of_low(low_cut, high_cut), 1), 0);
    }
    for (size_t t = 0; t < block->periods; t++)
        states_out[t] = share * low_states[t] + (1 - share) * high_states[t];
    double low_end = low_states[block->periods - 1], high_end = high_states[block->periods - 1];
    return (struct mixture){low_cut,
                            high_cut,
                            low_states,
                            high_states,
                            {smaller(low_end, high_end), greater(low_end, high_end)}};
}

static struct levels *plan_levels(const struct solver *s, const struct block *block, size_t i)
{
    return s->c->kept_levels + 2 * block->first + i * block->periods;
}

static void keep_levels(const struct solver *s, const struct block *block,
                        const struct priced *priced, size_t i)
{
    if (!priced->rests)
        memcpy(plan_levels(s, block, i), priced->levels, block->periods * sizeof *priced->levels);
}

void price_plan_keep(const struct solver *s, struct block *block, const struct price_search *search)
{
    const struct priced *low = &s->c->priced[search->low], *high = &s->c->priced[search->high];
    struct searched *at = &block->searched;
    at->price_eur = search->price_eur;
    at->low_eur = low->price_eur;
    at->high_eur = high->price_eur;
    at->is_one = low == high;
    at->high_rests = high->rests;
    keep_levels(s, block, low, 0);
    if (!at->is_one)
        keep_levels(s, block, high, 1);
}

void price_plan_load(const struct solver *s, const struct block *block, struct priced plans_out[2])
{
    const struct searched *at = &block->searched;
    plans_out[0] = (struct priced){
        .price_eur = at->low_eur, .is_concave = true, .levels = plan_levels(s, block, 0)};
    plans_out[1] = (struct priced){.price_eur = at->high_eur,
                                   .is_concave = true,
                                   .rests = at->high_rests,
                                   .levels = plan_levels(s, block, 1)};
}
