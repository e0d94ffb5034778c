#include "opt/price.h"

/* A hull that lifts a value by less than this is the value. */
#define SAME_EUR 1e-9

/* Two prices, or two values, that differ by less than this share are the same. */
#define SAME 1e-12

/* What a value may be rounded by. */
#define ROUNDING 1e-14

static const double *from(const double *values, size_t first)
{
    return values ? values + first : NULL;
}

struct terms terms_slice(const struct terms *terms, size_t first, size_t periods)
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

bool block_is_limited(const struct block *block)
{
    return block->limit_mwh < INFINITY;
}

bool keep_stacks(struct mando_optimize *w, struct curve *out, bool *is_hull)
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

double terms_throughput_mwh(const struct terms *terms, double soc_mwh, const double *states)
{
    double sum = 0;
    for (size_t t = 0; t < terms->periods; t++) {
        double before = soc_mwh * terms->keep;
        sum += greater(before - states[t], 0);
        soc_mwh = states[t];
    }
    return sum;
}

/* Terms without prices of throughput. */
static struct terms terms_unpriced(const struct terms *terms)
{
    struct terms unpriced = *terms;
    unpriced.throughput_eur = 0;
    unpriced.throughput_eur_at = NULL;
    return unpriced;
}

static bool burns_unpriced(const struct terms *unpriced, size_t t)
{
    struct period period = period_at(unpriced, t);
    return period.charge_eur < period.discharge_eur;
}

bool period_burns(const struct terms *terms, size_t t)
{
    struct terms unpriced = terms_unpriced(terms);
    return burns_unpriced(&unpriced, t);
}

static bool is_free(const struct terms *terms, size_t t)
{
    return !terms->directions || terms->directions[t] == DIRECTION_FREE;
}

bool burning_may_pay(const struct terms *terms)
{
    struct terms unpriced = terms_unpriced(terms);
    for (size_t t = 0; t < terms->periods; t++)
        if (burns_unpriced(&unpriced, t) && is_free(terms, t))
            return true;
    return false;
}

double path_stored_mwh(const struct terms *terms, double soc_mwh, const double *states, size_t t)
{
    double before = t > 0 ? states[t - 1] : soc_mwh;
    return states[t] - before * terms->keep;
}

static bool is_free_to_burn(const struct terms *terms, size_t t)
{
    return is_free(terms, t) && period_burns(terms, t);
}

size_t period_of_parting(const struct terms *terms, struct path a, struct path b)
{
    for (size_t t = 0; t < terms->periods; t++) {
        double x = path_stored_mwh(terms, a.soc_mwh, a.states, t);
        double y = path_stored_mwh(terms, b.soc_mwh, b.states, t);
        if (x * y < 0 && is_free_to_burn(terms, t))
            return t;
    }
    return terms->periods;
}

size_t period_of_trade(const struct terms *terms, struct path path)
{
    size_t found = terms->periods;
    for (size_t t = 0; t < terms->periods; t++) {
        bool trades = path_stored_mwh(terms, path.soc_mwh, path.states, t) != 0;
        if ((trades || found == terms->periods) && is_free_to_burn(terms, t))
            found = t;
    }
    return found;
}

static struct cut cut_of(const struct block *block, double price_eur, struct walk walk)
{
    double limit_mwh = block_is_limited(block) ? block->limit_mwh : 0;
    return (struct cut){
        price_eur,
        walk.money_eur + curve_value_eur(&block[1].value, walk.soc_mwh) + price_eur * limit_mwh,
        block->limit_mwh - walk.withdrawn_mwh,
        SIZE_MAX,
    };
}

/* Follows a price from a state and tells the cut; states NULL = only that. */
static struct cut walk_price(const struct solver *s, const struct block *block,
                             const struct priced *priced, double soc_mwh, double *states)
{
    struct terms terms = terms_slice(s->terms, block->first, block->periods);
    terms.throughput_eur = block->year_price_eur;
    if (!states && priced->has_levels) {
        const struct tally tally = {priced->levels, priced->price_eur, soc_mwh};
        return cut_of(block, priced->price_eur, optimize_tally(&tally, &terms));
    }
    terms.throughput_eur += priced->price_eur;
    aim(s, priced);
    struct walk walk = optimize_walk(s->w, &terms, soc_mwh, states ? states : s->c->walked_mwh[3]);
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

struct cut cut_at(const struct solver *s, const struct block *block, const struct priced *priced,
                  double soc_mwh, double *states)
{
    double low_mwh, high_mwh;
    if (!priced->is_hull)
        return walk_price(s, block, priced, soc_mwh, states);
    ends_around(&priced->value, soc_mwh, &low_mwh, &high_mwh);
    struct cut low = walk_price(s, block, priced, low_mwh, states);
    double *high_states = states ? s->c->walked_mwh[4] : NULL;
    struct cut high = walk_price(s, block, priced, high_mwh, high_states);
    double share = high_mwh > low_mwh ? (soc_mwh - low_mwh) / (high_mwh - low_mwh) : 0;
    if (states) {
        struct terms terms = terms_slice(s->terms, block->first, block->periods);
        low.parting = period_of_parting(&terms, (struct path){low_mwh, states},
                                        (struct path){high_mwh, high_states});
    }
    for (size_t t = 0; states && t < block->periods; t++)
        states[t] += share * (high_states[t] - states[t]);
    low.value_eur += share * (high.value_eur - low.value_eur);
    if (block_is_limited(block)) /* else both are infinite */
        low.slope_mwh += share * (high.slope_mwh - low.slope_mwh);
    return low;
}

static struct cut cut_on_curve(const struct block *block, const struct priced *priced,
                               double soc_mwh, double withdrawn_mwh)
{
    return (struct cut){priced->price_eur, curve_value_eur(&priced->value, soc_mwh),
                        block->limit_mwh - withdrawn_mwh, SIZE_MAX};
}

/* Where two values cross, moved into the states that count. */
static double crossing_within(const struct priced *low, const struct priced *high,
                              struct state_range window)
{
    double cross_mwh = curve_crossing_mwh(&low->value, &high->value);
    return greater(smaller(cross_mwh, window.high_mwh), window.low_mwh);
}

void find_crossings(const struct solver *s, const struct block *block, struct state_range window,
                    struct priced *priced, size_t count)
{
    double known_mwh = crossing_within(&priced[0], &priced[1], window);
    if (priced[0].cut_mwh == known_mwh && priced[1].cut_mwh == known_mwh) {
        priced[0].has_crossing = true;
        priced[0].crossing = (struct crossing){known_mwh, priced[0].cut, priced[1].cut};
        return;
    }
    bool all_have_levels = true;
    struct tally tally[WALKS_TOGETHER];
    double withdrawn_mwh[WALKS_TOGETHER];
    size_t pairs = count > 2 && !priced[1].has_crossing ? 2 : 1;
    for (size_t i = 0; i < WALKS_TOGETHER; i++) {
        struct priced *low = &priced[i / 2 % pairs];
        const struct priced *one = &low[i % 2];
        if (i % 2 == 0)
            low->crossing.soc_mwh = crossing_within(&low[0], &low[1], window);
        tally[i] = (struct tally){one->levels, one->price_eur, low->crossing.soc_mwh};
        all_have_levels = all_have_levels && one->has_levels;
    }
    if (all_have_levels) {
        struct terms terms = terms_slice(s->terms, block->first, block->periods);
        optimize_withdrawn(tally, &terms, withdrawn_mwh);
    }
    for (size_t i = 0; i < pairs; i++) {
        struct priced *low = &priced[i];
        struct crossing *at = &low->crossing;
        low->has_crossing = true;
        at->low = all_have_levels ? cut_on_curve(block, low, at->soc_mwh, withdrawn_mwh[2 * i])
                                  : cut_at(s, block, low, at->soc_mwh, NULL);
        at->high = all_have_levels
                       ? cut_on_curve(block, low + 1, at->soc_mwh, withdrawn_mwh[2 * i + 1])
                       : cut_at(s, block, low + 1, at->soc_mwh, NULL);
    }
}

/* Keeps the value before a block, which the stacks hold; where it is concave and nobody wants it,
 * only its low end. */
static bool keep_value(struct mando_optimize *w, bool is_wanted, struct priced *priced)
{
    if (is_wanted || !priced->is_concave)
        return keep_stacks(w, &priced->value, &priced->is_hull);
    priced->value = (struct curve){.low_mwh = w->stacks.low_mwh};
    priced->is_hull = false;
    return true;
}

/* Whether there is a plan from a state, the horizon's first. */
static bool is_reached(const struct stacks *stacks, double soc_mwh, double dust_mwh)
{
    return soc_mwh >= stacks->low_mwh - dust_mwh && soc_mwh <= stacks->high_mwh + dust_mwh;
}

enum backward price_block(const struct solver *s, const struct block *block, double price_eur,
                          double soc_mwh, bool keeps_value, struct priced *priced)
{
    struct mando_optimize *w = s->w;
    struct terms terms = terms_slice(s->terms, block->first, block->periods);
    terms.throughput_eur = block->year_price_eur + price_eur;
    terms.is_repeated = true;
    size_t nonconcave = w->periods_nonconcave;
    priced->price_eur = price_eur;
    aim(s, priced);
    stacks_load(&w->stacks, &block[1].value, terms.dust_mwh);
    enum backward result = optimize_run_back(w, &terms, SOLVE_EXACT);
    if (result != BACKWARD_DONE)
        return result;
    if (block->first > 0 ? !optimize_clip(&w->stacks, soc_min_at(s->terms, block->first - 1),
                                          soc_max_at(s->terms, block->first - 1), terms.dust_mwh)
                         : !is_reached(&w->stacks, soc_mwh, terms.dust_mwh))
        return BACKWARD_BROKEN;
    priced->is_concave = w->periods_nonconcave == nonconcave;
    priced->has_levels = terms.plain && priced->is_concave;
    priced->has_crossing = priced->rests = false;
    soc_mwh = greater(smaller(soc_mwh, w->stacks.high_mwh), w->stacks.low_mwh);
    if (!keep_value(w, keeps_value, priced))
        return BACKWARD_FULL;
    priced->cut = cut_at(s, block, priced, soc_mwh, NULL);
    priced->cut_mwh = soc_mwh;
    if (keeps_value) {
        priced->value.value_eur = 0;
        priced->value.value_eur = priced->cut.value_eur - curve_value_eur(&priced->value, soc_mwh);
    }
    return BACKWARD_DONE;
}

/* What energy is worth in a block at most, and at least, and discharging alone. */
struct worth {
    double most, least, least_discharged;
};

static struct worth worth_in(const struct solver *s, const struct block *block, struct terms *terms)
{
    struct worth worth = {-INFINITY, INFINITY, INFINITY};
    const struct curve *after = &block[1].value;
    *terms = terms_slice(s->terms, block->first, block->periods);
    terms->throughput_eur = block->year_price_eur;
    for (size_t t = 0; t < terms->periods; t++) {
        struct period period = period_at(terms, t);
        worth.most = greater(worth.most, period.discharge_eur);
        worth.least = smaller(worth.least, period.charge_eur);
        worth.least_discharged = smaller(worth.least_discharged, period.discharge_eur);
    }
    for (size_t i = 0; i < after->count; i++)
        worth.least = smaller(worth.least, after->segments[i].slope);
    return worth;
}

double price_of_rest(const struct solver *s, const struct block *block)
{
    struct terms terms;
    struct worth worth = worth_in(s, block, &terms);
    /* Energy that is paid for being taken leaks before it must be given back. */
    double left = 1;
    for (size_t t = 0; t < block->periods; t++)
        left *= terms.keep;
    double lead = worth.most - (worth.least < 0 ? worth.least / left : worth.least * left);
    return greater(lead, 0) + 1;
}

double price_of_no_trade(const struct terms *terms)
{
    double most = 0, least = terms->soc_end_value_eur_per_mwh;
    for (size_t t = 0; t < terms->periods; t++) {
        struct period period = period_at(terms, t);
        most = greater(most, period.discharge_eur);
        least = smaller(least, period.charge_eur);
    }
    return most - smaller(least, 0) + 1;
}

double price_of_leaking(const struct solver *s, const struct block *block)
{
    struct terms terms;
    struct worth worth = worth_in(s, block, &terms);
    double lead = worth.most - terms.keep * worth.least_discharged;
    return terms.keep < 1 ? greater(lead, 0) / (1 - terms.keep) + 1 : 0;
}

double cut_meeting_price(struct cut low, struct cut high)
{
    double rise = low.value_eur - high.value_eur - low.slope_mwh * low.price_eur
                  + high.slope_mwh * high.price_eur;
    return rise / (high.slope_mwh - low.slope_mwh);
}

double cut_line_eur(struct cut cut, double price_eur)
{
    return cut.value_eur + (price_eur - cut.price_eur) * cut.slope_mwh;
}

bool cut_is_between(double price_eur, struct cut low, struct cut high)
{
    double margin = SAME * (1 + fabs(price_eur));
    return low.slope_mwh < 0 && high.slope_mwh > 0 && price_eur > low.price_eur + margin
           && price_eur < high.price_eur - margin;
}

double cut_share_of_low(struct cut low, struct cut high)
{
    return high.slope_mwh / (high.slope_mwh - low.slope_mwh);
}

double same_eur(double value_eur)
{
    return SAME * (1 + fabs(value_eur));
}

double rounding_eur(double value_eur)
{
    return ROUNDING * (1 + fabs(value_eur));
}
