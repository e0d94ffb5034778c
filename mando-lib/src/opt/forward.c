#include "opt/workspace.h"

/* A change of the state and the money it earns. */
struct trade {
    double stored_mwh, money_eur;
};

static inline double clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/* What a change of the state earns. Where burning does not pay, the trade's own side is the one that
 * earns less: a minimum instead of a branch on what the plan happens to do. */
static inline double money_of(const struct period *period, double stored_mwh)
{
    double as_charge = -period->charge_eur * stored_mwh;
    double as_discharge = -period->discharge_eur * stored_mwh;
    return period->charge_eur >= period->discharge_eur ? smaller(as_charge, as_discharge)
                                                       : greater(as_charge, as_discharge);
}

/* What is withdrawn from the cells where the state falls by so much: the greater of it and 0, but
 * without a branch that tosses a coin. */
static inline double withdrawn_of(double fall_mwh)
{
    return 0.5 * (fabs(fall_mwh) + fall_mwh);
}

/* Charges up to the first level, discharges down to the second, as far as power allows. In minima
 * and maxima alone: which of them binds is a coin toss that no branch could predict. */
static inline double follow_levels(struct levels levels, const struct period *period,
                                   double soc_mwh)
{
    double charged_mwh = smaller(greater(soc_mwh, levels.charge_to_mwh), soc_mwh + period->up_mwh);
    return smaller(charged_mwh, greater(levels.discharge_to_mwh, soc_mwh - period->down_mwh));
}

/* With charging and discharging at once: the part of the two powers that cancels out earns money. */
static struct trade trade_burning(struct levels levels, const struct period *period, double soc_mwh)
{
    bool burns = period->charge_eur < period->discharge_eur;
    double both = burns ? period->up_mwh - period->down_mwh : 0;
    double stored = both;
    if (soc_mwh + both < levels.charge_to_mwh)
        stored = smaller(period->up_mwh, levels.charge_to_mwh - soc_mwh);
    else if (soc_mwh + both > levels.discharge_to_mwh)
        stored = greater(-period->down_mwh, levels.discharge_to_mwh - soc_mwh);
    double up = burns ? smaller(period->up_mwh, period->down_mwh + stored) : greater(stored, 0);
    double down = up - stored;
    return (struct trade){stored, period->discharge_eur * down - period->charge_eur * up};
}

/* Where a search along a curve stands: the best trade so far and the one just reached. */
struct search {
    struct trade best, here;
};

/* A place is better than the best if what it gains is worth the way there: a gain that is rounding
 * must not carry a plan over a plateau. */
static void search_step(struct search *search, double stored_mwh, double gain_eur)
{
    search->here.stored_mwh += stored_mwh;
    search->here.money_eur += gain_eur;
    double way_mwh = fabs(search->here.stored_mwh - search->best.stored_mwh);
    if (search->here.money_eur > search->best.money_eur + TIE_EUR_PER_MWH * way_mwh)
        search->best = search->here;
}

/* The best charge: money_eur holds the gain against staying, the value of the curve included. */
static struct trade best_charge(const struct segment *segments, size_t count, double low_mwh,
                                const struct period *period, double soc_mwh)
{
    double position = low_mwh, reach = soc_mwh + period->up_mwh;
    double forced = greater(low_mwh - soc_mwh, 0);
    struct search search = {.here = {forced, -forced * period->charge_eur}};
    search.best = search.here;
    for (size_t i = 0; i < count && position < reach; i++) {
        double from = greater(position, soc_mwh),
               to = smaller(position + segments[i].length, reach);
        double gain = segments[i].slope - period->charge_eur;
        if (to > from)
            search_step(&search, to - from, gain * (to - from));
        position += segments[i].length;
    }
    return search.best;
}

static struct trade best_discharge(const struct segment *segments, size_t count, double high_mwh,
                                   const struct period *period, double soc_mwh)
{
    double position = high_mwh, reach = soc_mwh - period->down_mwh;
    double forced = greater(soc_mwh - high_mwh, 0);
    struct search search = {.here = {-forced, forced * period->discharge_eur}};
    search.best = search.here;
    for (size_t i = count; i > 0 && position > reach; i--) {
        double length = segments[i - 1].length;
        double from = smaller(position, soc_mwh), to = greater(position - length, reach);
        double gain = period->discharge_eur - segments[i - 1].slope;
        if (from > to)
            search_step(&search, to - from, gain * (from - to));
        position -= length;
    }
    return search.best;
}

/* Of two trades that earn the same but for rounding the one that moves less is better. */
static bool is_better(struct trade a, struct trade b)
{
    double moved_a = fabs(a.stored_mwh), moved_b = fabs(b.stored_mwh);
    double lead_eur = a.money_eur - b.money_eur;
    if (fabs(lead_eur) > TIE_EUR_PER_MWH * (moved_a + moved_b))
        return lead_eur > 0;
    return moved_a < moved_b;
}

/* The state after the best trade on a stored curve. */
static double follow_curve(const struct mando_optimize *w, size_t t, const struct period *period,
                           double soc_mwh)
{
    struct curve_at at = w->curves[t];
    const struct segment *segments = w->stored + at.first;
    double high_mwh = at.low_mwh;
    for (size_t i = 0; i < at.count; i++)
        high_mwh += segments[i].length;
    struct trade up = best_charge(segments, at.count, at.low_mwh, period, soc_mwh);
    struct trade down = best_discharge(segments, at.count, high_mwh, period, soc_mwh);
    bool charges = soc_mwh < at.low_mwh || (soc_mwh <= high_mwh && is_better(up, down));
    double stored_mwh = charges ? up.stored_mwh : down.stored_mwh;
    return clamp(soc_mwh + clamp(stored_mwh, -period->down_mwh, period->up_mwh), at.low_mwh,
                 high_mwh);
}

/* A way forward: the state and the money before period t. */
struct way {
    size_t t;
    double soc_mwh, money_eur, withdrawn_mwh;
    bool has_dust; /* a trade so far was rounding that would add up */
};

/* A trade of a few units in the last place stays: a year of them is nothing. */
static inline bool is_dust(const struct terms *terms, double stored_mwh)
{
    double moved_mwh = fabs(stored_mwh);
    return (moved_mwh <= terms->dust_mwh) & (moved_mwh > 1e-3 * terms->dust_mwh);
}

/* Follows levels as far as there are any, under limits that are the same in all periods. No call in
 * the loop: the state stays in registers. */
static void run_plain(const struct mando_optimize *w, const struct terms *terms, struct way *way,
                      double *soc_mwh_out)
{
    const struct terms k = *terms;
    const struct levels *levels = w->levels;
    double soc_mwh = way->soc_mwh, money_eur = way->money_eur;
    double withdrawn_mwh = way->withdrawn_mwh;
    bool has_dust = way->has_dust;
    size_t t = way->t;
    for (; t < k.periods && !isnan(levels[t].charge_to_mwh); t++) {
        struct period period = period_at(&k, t);
        double before = soc_mwh;
        soc_mwh = follow_levels(levels[t], &period, before);
        money_eur += money_of(&period, soc_mwh - before);
        withdrawn_mwh += withdrawn_of(before - soc_mwh);
        has_dust |= is_dust(&k, soc_mwh - before);
        soc_mwh_out[t] = soc_mwh;
    }
    *way = (struct way){t, soc_mwh, money_eur, withdrawn_mwh, has_dust};
}

/* One period of any kind. */
static void run_any(const struct mando_optimize *w, const struct terms *terms, struct way *way,
                    double *soc_mwh_out)
{
    struct period period = period_for(terms, way->t);
    struct levels levels = w->levels[way->t];
    double before = way->soc_mwh * terms->keep;
    way->soc_mwh = isnan(levels.charge_to_mwh) ? follow_curve(w, way->t, &period, before)
                                               : follow_levels(levels, &period, before);
    way->money_eur += money_of(&period, way->soc_mwh - before);
    way->withdrawn_mwh += withdrawn_of(before - way->soc_mwh);
    way->has_dust |= is_dust(terms, way->soc_mwh - before);
    soc_mwh_out[way->t++] = way->soc_mwh;
}

/* Goes the way once more and rests where a trade was rounding, not intent. */
static void sweep_dust(const struct terms *terms, double soc_start_mwh, struct way *way,
                       double *soc_mwh)
{
    *way = (struct way){.soc_mwh = soc_start_mwh};
    for (; way->t < terms->periods; way->t++) {
        struct period period = period_at(terms, way->t);
        double before = way->soc_mwh * terms->keep;
        if (fabs(soc_mwh[way->t] - before) <= terms->dust_mwh)
            soc_mwh[way->t] = before;
        way->soc_mwh = soc_mwh[way->t];
        way->money_eur += money_of(&period, way->soc_mwh - before);
        way->withdrawn_mwh += withdrawn_of(before - way->soc_mwh);
    }
}

/* One step of a walk that only its end counts. */
static inline void tally_step(struct walk *walk, const struct tally *tally, size_t t,
                              struct period period)
{
    double soc_mwh = follow_levels(tally->levels[t], &period, walk->soc_mwh);
    period.discharge_eur -= tally->price_eur;
    walk->money_eur += money_of(&period, soc_mwh - walk->soc_mwh);
    walk->withdrawn_mwh += withdrawn_of(walk->soc_mwh - soc_mwh);
    walk->soc_mwh = soc_mwh;
}

struct walk optimize_tally(const struct tally *tally, const struct terms *terms)
{
    const struct terms k = *terms;
    struct walk walk = {tally->soc_mwh, 0, 0};
    for (size_t t = 0; t < k.periods; t++)
        tally_step(&walk, tally, t, period_at(&k, t));
    return walk;
}

void optimize_withdrawn(const struct tally tally[WALKS_TOGETHER], const struct terms *terms,
                        double withdrawn_mwh_out[WALKS_TOGETHER])
{
    const struct period period = {.up_mwh = terms->charge_mw * terms->stored_mwh_per_mw,
                                  .down_mwh = terms->discharge_mw * terms->withdrawn_mwh_per_mw};
    const struct levels *levels[WALKS_TOGETHER];
    double soc_mwh[WALKS_TOGETHER], withdrawn_mwh[WALKS_TOGETHER] = {0};
    for (size_t i = 0; i < WALKS_TOGETHER; i++) {
        levels[i] = tally[i].levels;
        soc_mwh[i] = tally[i].soc_mwh;
    }
    for (size_t t = 0; t < terms->periods; t++) {
#pragma GCC unroll 4
        for (size_t i = 0; i < WALKS_TOGETHER; i++) {
            double before = soc_mwh[i];
            soc_mwh[i] = follow_levels(levels[i][t], &period, before);
            withdrawn_mwh[i] += withdrawn_of(before - soc_mwh[i]);
        }
    }
    for (size_t i = 0; i < WALKS_TOGETHER; i++)
        withdrawn_mwh_out[i] = withdrawn_mwh[i];
}

/* What a change of the state means at the grid. Changes that are rounding are no trade, and one that
 * is a limit but for rounding is exactly the limit. */
static inline double power_of(const struct terms *terms, double charge_mw, double discharge_mw,
                              double stored_mwh)
{
    double moved_mwh_per_mw =
        stored_mwh > 0 ? terms->stored_mwh_per_mw : terms->withdrawn_mwh_per_mw;
    double power_mw = -stored_mwh / moved_mwh_per_mw;
    power_mw = power_mw > discharge_mw * (1 - NEAR_LIMIT) ? discharge_mw : power_mw;
    power_mw = power_mw < -charge_mw * (1 - NEAR_LIMIT) ? -charge_mw : power_mw;
    return fabs(stored_mwh) > terms->dust_mwh ? power_mw : 0;
}

static void powers_plain(const struct terms *terms, const double *restrict soc_mwh,
                         double *restrict power_mw)
{
    const struct terms k = *terms;
    power_mw[0] = power_of(&k, k.charge_mw, k.discharge_mw, soc_mwh[0] - k.soc_start_mwh);
    for (size_t t = 1; t < k.periods; t++)
        power_mw[t] = power_of(&k, k.charge_mw, k.discharge_mw, soc_mwh[t] - soc_mwh[t - 1]);
}

static void powers_any(const struct terms *terms, const double *soc_mwh, double *power_mw)
{
    double before = terms->soc_start_mwh;
    for (size_t t = 0; t < terms->periods; t++) {
        struct period period = period_at(terms, t);
        power_mw[t] = power_of(terms, period.charge_mw, period.discharge_mw,
                               soc_mwh[t] - before * terms->keep);
        before = soc_mwh[t];
    }
}

static inline double snap(double level_mwh, double bound_mwh, double dust_mwh)
{
    return fabs(level_mwh - bound_mwh) <= dust_mwh ? bound_mwh : level_mwh;
}

void optimize_snap_levels(const struct terms *terms, struct levels *levels)
{
    if (terms->plain)
        return; /* stacks_seek and stacks_insert have met the bounds already */
    const double low = terms->soc_min_mwh, high = terms->soc_max_mwh, dust = terms->dust_mwh;
    for (size_t t = 0; t < terms->periods; t++) {
        double charge_to = snap(levels[t].charge_to_mwh, low, dust);
        double discharge_to = snap(levels[t].discharge_to_mwh, low, dust);
        levels[t].charge_to_mwh = snap(charge_to, high, dust);
        levels[t].discharge_to_mwh = snap(discharge_to, high, dust);
    }
}

struct walk optimize_walk(struct mando_optimize *w, const struct terms *terms, double soc_start_mwh,
                          double *soc_mwh_out)
{
    struct way way = {.soc_mwh = soc_start_mwh};
    while (way.t < terms->periods) {
        if (terms->plain)
            run_plain(w, terms, &way, soc_mwh_out);
        if (way.t < terms->periods)
            run_any(w, terms, &way, soc_mwh_out);
    }
    if (way.has_dust)
        sweep_dust(terms, soc_start_mwh, &way, soc_mwh_out);
    return (struct walk){way.soc_mwh, way.money_eur, way.withdrawn_mwh};
}

void optimize_powers(const struct terms *terms, const double *soc_mwh, double *power_mw_out)
{
    if (terms->plain)
        powers_plain(terms, soc_mwh, power_mw_out);
    else
        powers_any(terms, soc_mwh, power_mw_out);
}

double optimize_period_money(const struct period *period, double stored_mwh)
{
    return money_of(period, stored_mwh);
}

double optimize_money(const struct terms *terms, const double *soc_mwh)
{
    double before = terms->soc_start_mwh, money_eur = 0;
    for (size_t t = 0; t < terms->periods; t++) {
        struct period period = period_at(terms, t);
        money_eur += money_of(&period, soc_mwh[t] - before * terms->keep);
        before = soc_mwh[t];
    }
    return money_eur + (isnan(terms->soc_end_mwh) ? terms->soc_end_value_eur_per_mwh * before : 0);
}

double optimize_forward(struct mando_optimize *w, const struct terms *terms,
                        const struct mando_optimize_solution *solution)
{
    optimize_snap_levels(terms, w->levels);
    struct walk walk = optimize_walk(w, terms, terms->soc_start_mwh, solution->soc_mwh);
    if (solution->power_mw)
        optimize_powers(terms, solution->soc_mwh, solution->power_mw);
    bool is_free = isnan(terms->soc_end_mwh);
    return walk.money_eur + (is_free ? terms->soc_end_value_eur_per_mwh * walk.soc_mwh : 0);
}

double optimize_forward_burning(struct mando_optimize *w, const struct terms *terms)
{
    double soc_mwh = terms->soc_start_mwh, objective_eur = 0;
    for (size_t t = 0; t < terms->periods; t++) {
        struct period period = period_at(terms, t);
        struct trade trade = trade_burning(w->levels[t], &period, soc_mwh * terms->keep);
        soc_mwh = soc_mwh * terms->keep + trade.stored_mwh;
        objective_eur += trade.money_eur;
        bool burns = period.charge_eur < period.discharge_eur;
        w->directions[t] = !burns                  ? DIRECTION_FREE
                           : trade.stored_mwh >= 0 ? DIRECTION_CHARGE
                                                   : DIRECTION_DISCHARGE;
    }
    return objective_eur
           + (isnan(terms->soc_end_mwh) ? terms->soc_end_value_eur_per_mwh * soc_mwh : 0);
}
