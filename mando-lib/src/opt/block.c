#include "opt/block.h"

#include "opt/block_value.h"
#include "opt/price_search.h"

/* Rounds of values for the states in windows, after which they are found for all states. */
#define ROUNDS_MAX 16

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

/* Notes the period to branch on, in the block that falls furthest behind its bound. */
static void note_gap(struct solver *s, const struct block *block, struct path plan,
                     double bound_eur, const struct mixture *mixture)
{
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
    size_t t = period_of_parting(&terms, (struct path){plan.soc_mwh, mixture->low_states},
                                 (struct path){plan.soc_mwh, mixture->high_states});
    if (t >= block->periods)
        t = mixture->low.parting < mixture->high.parting ? mixture->low.parting
                                                         : mixture->high.parting;
    if (t >= block->periods)
        t = period_of_trade(&terms, plan);
    if (gap_eur > s->gap_eur && t < block->periods) {
        s->gap_eur = gap_eur;
        s->gap_period = block->first + t;
    }
}

/* Makes a state the likely one and the window hold it; notes the prices near both. */
static void move_window(const struct solver *s, struct block *block, double soc_mwh, bool is_first)
{
    struct searched *at = &block->searched;
    at->has_moved = is_first || fabs(soc_mwh - at->likely_mwh) > s->terms->dust_mwh;
    if (!at->has_moved)
        return;
    at->likely_mwh = soc_mwh;
    at->window.low_mwh = is_first ? soc_mwh : smaller(at->window.low_mwh, soc_mwh);
    at->window.high_mwh = is_first ? soc_mwh : greater(at->window.high_mwh, soc_mwh);
    ptrdiff_t low = price_index(block, at->window.low_mwh), likely = price_index(block, soc_mwh);
    ptrdiff_t high = price_index(block, at->window.high_mwh);
    const ptrdiff_t places[KNOWN_MAX] = {low - 1, low, likely, high, high + 1};
    at->known_count = 0;
    for (size_t i = 0; i < KNOWN_MAX; i++) {
        double price_eur = listed_price(block, places[i]);
        if (at->known_count == 0 || price_eur > at->known[at->known_count - 1].slope)
            at->known[at->known_count++].slope = price_eur;
        if (places[i] == likely)
            at->likely = at->known_count - 1;
    }
}

static bool is_likely(const struct solver *s, const struct block *block, double soc_mwh)
{
    return fabs(soc_mwh - block->searched.likely_mwh) <= s->terms->dust_mwh;
}

/* Whether no price lowers the value of any state. */
static bool is_price_free(const struct block *block)
{
    return block->prices.count == 1 && block->prices.segments[0].slope == 0;
}

/* Whether the value before a block is exact at a state. */
static bool is_exact_at(const struct solver *s, const struct block *block, enum way_back way,
                        double soc_mwh)
{
    const struct state_range window = block->searched.window;
    if (!block->is_searched)
        return way != BACK_ROUGHLY || is_price_free(block);
    return is_likely(s, block, soc_mwh)
           || (!block->is_kept && soc_mwh >= window.low_mwh && soc_mwh <= window.high_mwh);
}

/* Follows a block from a state at which its value is not exact, so that the plan is but a guess: one
 * between those of two listed prices. */
static enum backward follow_roughly(const struct solver *s, struct block *block, double soc_mwh,
                                    double *states_out)
{
    struct price_guess guess = {&block->prices, (size_t)price_index(block, soc_mwh)};
    struct price_search search = {.soc_mwh = soc_mwh};
    enum backward result = price_search(s, block, guess, &search);
    if (result == BACKWARD_DONE)
        (void)price_mix(s, block, &s->c->priced[search.low], &s->c->priced[search.high], soc_mwh,
                        states_out);
    return result;
}

/* Follows a block from a state: fills its states, its price and the value at the state. */
static enum backward follow_block(struct solver *s, struct block *block, double soc_mwh,
                                  double *states_out, double *value_eur_out)
{
    struct priced plans[2], *low = &plans[0], *high = &plans[1];
    if (block->is_searched && is_likely(s, block, soc_mwh)) {
        price_plan_load(s, block, plans);
        high = block->searched.is_one ? low : high;
        block->price_eur = block->searched.price_eur;
        *value_eur_out = curve_value_eur(&block->value, soc_mwh);
    } else {
        struct price_guess guess = {&block->prices, (size_t)price_index(block, soc_mwh)};
        struct price_search search = {.soc_mwh = soc_mwh, .meets_max = PRICE_MEETS_MAX};
        enum backward result = price_search(s, block, guess, &search);
        if (result != BACKWARD_DONE)
            return result;
        low = &s->c->priced[search.low];
        high = &s->c->priced[search.high];
        block->price_eur = search.price_eur;
        *value_eur_out = search.value_eur;
    }
    const struct mixture mixture = price_mix(s, block, low, high, soc_mwh, states_out);
    block->searched.ends = mixture.ends;
    if (!low->is_concave || !high->is_concave)
        note_gap(s, block, (struct path){soc_mwh, states_out}, *value_eur_out, &mixture);
    return BACKWARD_DONE;
}

/* Room for what a round stores: all of it, or half where the next looks at what this one stored. */
static void start_storing(struct solver *s, enum way_back way)
{
    const size_t half = s->w->settings.segments_stored / 2;
    bool is_upper = way != BACK_TO_ALL_STATES && s->w->stored_end == half;
    s->w->stored_count = is_upper ? half : 0;
    s->w->stored_end =
        is_upper || way == BACK_TO_ALL_STATES ? s->w->settings.segments_stored : half;
    s->w->periods_nonconcave = s->w->segments_peak = 0;
}

/* The value after the last block. */
static enum backward start_at_end(struct solver *s, enum way_back way)
{
    struct block *end = &s->c->blocks[s->c->block_count];
    bool is_hull;
    start_storing(s, way);
    if (!optimize_start_at_end(s->w, s->terms))
        return BACKWARD_BROKEN;
    if (!keep_stacks(s->w, &end->value, &is_hull))
        return BACKWARD_FULL;
    end->is_kept = true;
    bool is_free = isnan(s->terms->soc_end_mwh);
    s->offset_eur = is_free ? s->terms->soc_end_value_eur_per_mwh * end->value.low_mwh : 0;
    return BACKWARD_DONE;
}

/* Back through all blocks but the first, whose state is known. */
static enum backward go_back(struct solver *s, enum way_back way, bool may_keep)
{
    enum backward result = start_at_end(s, way);
    for (size_t i = s->c->block_count; i-- > 1 && result == BACKWARD_DONE;) {
        struct block *block = &s->c->blocks[i];
        block->value_before = block->value;
        block->is_kept = may_keep && block_value_keep(s, block);
        if (!block->is_kept)
            result = block_value_solve(s, block, way);
        s->offset_eur += block->offset_eur;
    }
    return result;
}

/* Forward through all blocks; tells whether the value is exact wherever the plan comes: then it is the
 * best. */
static enum backward go_forward(struct solver *s, enum way_back way, double *states,
                                double *bound_eur, bool *is_exact)
{
    enum backward result = BACKWARD_DONE;
    double soc_mwh = s->terms->soc_start_mwh, value_eur = 0;
    s->gap_eur = 0;
    s->gap_period = s->terms->periods;
    *is_exact = true;
    for (size_t i = 0; i < s->c->block_count && result == BACKWARD_DONE; i++) {
        struct block *block = &s->c->blocks[i];
        double *block_states = states + block->first;
        if (i == 0) {
            result = follow_block(s, block, soc_mwh, block_states, &value_eur);
            *bound_eur = s->offset_eur + value_eur;
        } else if (!is_exact_at(s, block, way, soc_mwh)) {
            *is_exact = false;
            result = follow_roughly(s, block, soc_mwh, block_states);
        } else if (!block->is_kept || !block->is_searched) {
            result = follow_block(s, block, soc_mwh, block_states, &value_eur);
        }
        if (way != BACK_TO_ALL_STATES)
            move_window(s, block, soc_mwh, way == BACK_ROUGHLY);
        soc_mwh = block_states[block->periods - 1];
    }
    return result;
}

/* One round back and forward. */
static enum backward run_round(struct solver *s, enum way_back way, bool may_keep, double *states,
                               double *bound_eur, bool *is_exact)
{
    enum backward result = go_back(s, way, may_keep);
    return result == BACKWARD_DONE ? go_forward(s, way, states, bound_eur, is_exact) : result;
}

/* Whether a plan earns its bound: rounding may have hidden what a round should have seen. */
static bool is_proven(const struct solver *s, const double *states, double bound_eur)
{
    double money_eur = optimize_money(s->terms, states);
    for (size_t i = 0; i < s->c->block_count; i++) {
        const struct block *block = &s->c->blocks[i];
        double soc_mwh = block->first > 0 ? states[block->first - 1] : s->terms->soc_start_mwh;
        if (block->year_price_eur == 0)
            continue;
        const struct terms terms = terms_slice(s->terms, block->first, block->periods);
        money_eur -=
            block->year_price_eur * terms_throughput_mwh(&terms, soc_mwh, states + block->first);
    }
    return bound_eur - money_eur <= 1e-10 * greater(1, fabs(bound_eur));
}

enum backward blocks_solve(struct solver *s, double *states, double *bound_eur)
{
    bool is_exact = false;
    enum backward result = BACKWARD_DONE;
    for (int round = 0; round < ROUNDS_MAX && !is_exact && result == BACKWARD_DONE; round++) {
        if (round == 0 && burning_may_pay(s->terms))
            break;
        enum way_back way = round == 0 ? BACK_ROUGHLY : BACK_TO_WINDOWS;
        result = run_round(s, way, round > 1, states, bound_eur, &is_exact);
    }
    is_exact = is_exact && is_proven(s, states, *bound_eur);
    if (result == BACKWARD_FULL || (result == BACKWARD_DONE && !is_exact))
        result = run_round(s, BACK_TO_ALL_STATES, false, states, bound_eur, &is_exact);
    return result;
}

/* A limit that not even full power all along would fill is none. */
static double limit_of(const struct mando_optimize_problem *p,
                       const struct mando_optimize_limit *limit)
{
    double full_mwh =
        (double)limit->periods * p->step_h * p->power_discharge_mw / p->efficiency_discharge;
    return limit->withdrawn_mwh_max < full_mwh ? limit->withdrawn_mwh_max : INFINITY;
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
            block->limit_mwh = limit_of(p, &p->day_limits[day]);
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
