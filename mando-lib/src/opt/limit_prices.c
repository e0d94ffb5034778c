#include "opt/limit_prices.h"

/* Worths of a MWh that differ by less are the same. */
#define SAME_EUR_PER_MWH 1e-8

/* Moves that are smaller shares of the battery than this may be a plan's rounding. */
#define ROUNDED 1e-3

/* No price is looked for above so many times the one at which nothing is traded. */
#define HIGHEST 16

static const struct marginal ANY_WORTH = {-INFINITY, INFINITY};

/* A worth that depends on the price of a limit: eur + per_price * price. */
struct line {
    double eur, per_price;
};

/* What a MWh is worth at a state, as far as the periods before and a price tell. */
struct span {
    struct line least, most;
};

/* A block as its plan goes through it. */
struct passage {
    struct terms terms; /* without the price of its limit */
    double soc_mwh;
    const double *states;
    const struct stretch *stretches;
    size_t count;
    double near_mwh;     /* states and moves nearer to each other than this are the same */
    double unfilled_mwh; /* what is left of the limit */
    double filled_mwh;   /* so much may be left of a limit that is filled: else its price is 0 */
    struct marginal in, after; /* worths before and behind it, as far as other blocks tell */
};

static double line_at(struct line line, double price_eur)
{
    return line.per_price != 0 ? line.eur + line.per_price * price_eur : line.eur;
}

static struct span span_of(struct marginal range, double per_price)
{
    return (struct span){{range.least_eur, per_price}, {range.most_eur, per_price}};
}

static void tighten(struct span *span, struct span other, double price_eur)
{
    if (line_at(other.least, price_eur) > line_at(span->least, price_eur))
        span->least = other.least;
    if (line_at(other.most, price_eur) < line_at(span->most, price_eur))
        span->most = other.most;
}

static struct stretch stretch_of(const struct terms *terms, size_t t, double moved_mwh,
                                 double near_mwh)
{
    const struct period period = period_for(terms, t);
    bool rests = fabs(moved_mwh) <= near_mwh;
    return (struct stretch){
        .worth = marginal_of_trade(&period, moved_mwh, near_mwh),
        .keep = terms->keep,
        .may_burn = rests && period.charge_eur < period.discharge_eur - SAME_EUR_PER_MWH};
}

/* Periods in which a MWh is worth the same become one. */
static size_t stretches_of(const struct passage *p, struct stretch *stretches)
{
    double soc_mwh = p->soc_mwh;
    size_t count = 0;
    bool goes_on = false;
    for (size_t t = 0; t < p->terms.periods; t++) {
        double moved_mwh = p->states[t] - soc_mwh * p->terms.keep;
        struct stretch one = stretch_of(&p->terms, t, moved_mwh, p->near_mwh);
        soc_mwh = p->states[t];
        one.ends_full = soc_mwh >= soc_max_at(&p->terms, t) - p->near_mwh;
        one.ends_empty = soc_mwh <= soc_min_at(&p->terms, t) + p->near_mwh;
        bool joins = goes_on && !one.may_burn && one.keep == 1;
        if (joins) {
            one.worth.charge = marginal_both(one.worth.charge, stretches[count - 1].worth.charge);
            one.worth.discharge =
                marginal_both(one.worth.discharge, stretches[count - 1].worth.discharge);
        }
        count += !joins;
        stretches[count - 1] = one;
        goes_on = !one.may_burn && !one.ends_full && !one.ends_empty;
    }
    return count;
}

static bool burns_at(const struct stretch *at, double price_eur)
{
    return at->may_burn
           && at->worth.charge.most_eur
                  < at->worth.discharge.least_eur - price_eur - SAME_EUR_PER_MWH;
}

/* What a bound holds back is worth more, or less, behind it. */
static struct marginal worth_behind(const struct stretch *at, struct marginal worth)
{
    return (struct marginal){at->ends_empty ? -INFINITY : worth.least_eur,
                             at->ends_full ? INFINITY : worth.most_eur};
}

static struct marginal worth_ahead(const struct stretch *at, struct marginal worth)
{
    return (struct marginal){at->ends_full ? -INFINITY : worth.least_eur,
                             at->ends_empty ? INFINITY : worth.most_eur};
}

/* Tightens by what a stretch leaves at a price, unless at it burning would pay where the plan rests: no
 * worth tells it to. */
static void pass(struct span *span, const struct stretch *at, double price_eur)
{
    span->least = (struct line){span->least.eur / at->keep, span->least.per_price / at->keep};
    span->most = (struct line){span->most.eur / at->keep, span->most.per_price / at->keep};
    if (burns_at(at, price_eur))
        return;
    tighten(span, span_of(at->worth.charge, 0), price_eur);
    tighten(span, span_of(at->worth.discharge, -1), price_eur);
}

/* Whether worths are left at a price; else by how much they miss each other. */
static bool is_there(struct span span, double price_eur, struct line *missed)
{
    double least_eur = line_at(span.least, price_eur), most_eur = line_at(span.most, price_eur);
    *missed =
        (struct line){span.least.eur - span.most.eur, span.least.per_price - span.most.per_price};
    return least_eur - most_eur <= SAME_EUR_PER_MWH * (1 + fabs(most_eur));
}

/* Carries the worths through a block at a price, to those of its last period, before a bound there
 * counts; false where none are left. */
static bool carry(const struct passage *p, double price_eur, struct span *end, struct line *missed)
{
    struct span span = span_of(p->in, 0);
    for (size_t i = 0; i < p->count; i++) {
        const struct stretch *at = &p->stretches[i];
        pass(&span, at, price_eur);
        if (!is_there(span, price_eur, missed))
            return false;
        if (i + 1 < p->count && at->ends_full)
            span.most = (struct line){INFINITY, 0};
        if (i + 1 < p->count && at->ends_empty)
            span.least = (struct line){-INFINITY, 0};
    }
    *end = span;
    tighten(&span, span_of(worth_ahead(&p->stretches[p->count - 1], p->after), 0), price_eur);
    return is_there(span, price_eur, missed);
}

/* Goes from a price at which worths miss each other to the next at which these do not, until none do: up
 * or down; false where that leads nowhere. Each step is a line that every price must keep to. */
static bool approach(const struct passage *p, double sign, double *price_eur)
{
    struct span end;
    struct line missed;
    for (int i = 0; i < 200; i++) {
        if (carry(p, *price_eur, &end, &missed))
            return true;
        double next_eur = -missed.eur / missed.per_price;
        if (!(missed.per_price * sign < 0) || !((next_eur - *price_eur) * sign > 0))
            return false;
        *price_eur = next_eur;
    }
    return false;
}

static void look(struct passage *p, struct stretch *stretches, double near_mwh)
{
    p->near_mwh = near_mwh;
    p->count = stretches_of(p, stretches);
    p->stretches = stretches;
}

static bool is_filled(const struct passage *p)
{
    return p->unfilled_mwh <= p->filled_mwh;
}

/* The prices at which a plan is best, given what a MWh is worth at both ends. A mixture of plans moves
 * a little where it need not, or leaves a little of the limit, within the rounding of their values: where
 * worths miss each other, that does not count. Where nothing helps, the known price. */
static struct marginal price_range(const struct solver *s, struct passage *p, double known_eur,
                                   double highest_eur)
{
    const double most_mwh = ROUNDED * (s->terms->soc_max_mwh - s->terms->soc_min_mwh);
    if (!is_filled(p))
        known_eur = 0;
    for (;;) {
        struct marginal range = {0, is_filled(p) ? highest_eur : 0};
        if (approach(p, 1, &range.least_eur) && approach(p, -1, &range.most_eur)) {
            range.most_eur = greater(range.least_eur, range.most_eur);
            return range;
        }
        if (p->near_mwh >= most_mwh)
            return (struct marginal){known_eur, known_eur};
        p->filled_mwh = p->near_mwh;
        look(p, s->c->stretches, 4 * p->near_mwh);
    }
}

/* The range that the worths at the end have over all prices of a range. */
static struct marginal end_range(const struct passage *p, struct marginal prices)
{
    struct span at_most = span_of(p->in, 0), at_least = at_most;
    struct line missed;
    (void)carry(p, prices.most_eur, &at_most, &missed);
    (void)carry(p, prices.least_eur, &at_least, &missed);
    return (struct marginal){line_at(at_most.least, prices.most_eur),
                             line_at(at_least.most, prices.least_eur)};
}

static struct passage passage_of(const struct solver *s, const struct block *block,
                                 const double *soc_mwh)
{
    struct passage p = {.terms = terms_slice(s->terms, block->first, block->periods),
                        .soc_mwh =
                            block->first > 0 ? soc_mwh[block->first - 1] : s->terms->soc_start_mwh,
                        .states = soc_mwh + block->first,
                        .in = block->worth,
                        .after = ANY_WORTH,
                        .filled_mwh = 100 * same_mwh(s->terms)};
    p.terms.throughput_eur = block->year_price_eur;
    p.unfilled_mwh = block->limit_mwh - terms_throughput_mwh(&p.terms, p.soc_mwh, p.states);
    look(&p, s->c->stretches, corner_mwh(s->terms));
    return p;
}

/* What a MWh is worth at a block's start, at its price and what it is worth at the end. */
static struct marginal worth_before(const struct passage *p, double price_eur)
{
    struct marginal worth = p->after;
    for (size_t i = p->count; i-- > 0;) {
        const struct stretch *at = &p->stretches[i];
        const struct marginal discharge = {at->worth.discharge.least_eur - price_eur,
                                           at->worth.discharge.most_eur - price_eur};
        worth = worth_ahead(at, worth);
        if (!burns_at(at, price_eur))
            worth = marginal_within(worth, marginal_both(at->worth.charge, discharge));
        worth = (struct marginal){worth.least_eur * at->keep, worth.most_eur * at->keep};
    }
    return marginal_within(p->in, worth);
}

/* One of a range. */
static struct marginal one_of(struct marginal range)
{
    double eur = isfinite(range.least_eur) && isfinite(range.most_eur)
                     ? range.least_eur + (range.most_eur - range.least_eur) / 2
                 : isfinite(range.least_eur) ? range.least_eur
                 : isfinite(range.most_eur)  ? range.most_eur
                                             : 0;
    return (struct marginal){eur, eur};
}

/* On the way forward each block learns which worths its plan and those before leave at its start. */
static void go_forward(const struct solver *s, const double *soc_mwh, double highest_eur)
{
    struct marginal worth = ANY_WORTH;
    for (size_t i = 0; i < s->c->block_count; i++) {
        struct block *block = &s->c->blocks[i];
        block->worth = worth;
        struct passage p = passage_of(s, block, soc_mwh);
        struct marginal prices = price_range(s, &p, block->price_eur, highest_eur);
        worth = worth_behind(&p.stretches[p.count - 1], end_range(&p, prices));
    }
}

void limit_prices_choose(const struct solver *s, const double *soc_mwh)
{
    struct marginal worth = marginal_at_end(s->terms);
    const double highest_eur = HIGHEST * price_of_no_trade(s->terms);
    go_forward(s, soc_mwh, highest_eur);
    for (size_t i = s->c->block_count; i-- > 0;) {
        struct block *block = &s->c->blocks[i];
        struct passage p = passage_of(s, block, soc_mwh);
        p.after = worth;
        struct marginal prices = price_range(s, &p, block->price_eur, highest_eur);
        block->price_eur = marginal_nearest(prices, block->price_eur);
        worth = one_of(worth_before(&p, block->price_eur));
    }
}
