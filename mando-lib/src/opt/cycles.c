#include "opt/cycles.h"

#include <string.h>

#include "opt/block.h"
#include "opt/limit_prices.h"

static double year_throughput_mwh(const struct solver *s, size_t year, const double *states)
{
    double sum = 0;
    for (size_t i = 0; i < s->c->block_count; i++) {
        const struct block *block = &s->c->blocks[i];
        const struct terms terms = terms_slice(s->terms, block->first, block->periods);
        double before = block->first > 0 ? states[block->first - 1] : s->terms->soc_start_mwh;
        if (block->year == year)
            sum += terms_throughput_mwh(&terms, before, states + block->first);
    }
    return sum;
}

static enum backward years_solve(struct solver *s, size_t year, double *states, double *bound_eur);

/* Solves with the limits of later years at a price of this one's. */
static enum backward try_year(struct solver *s, size_t year, double price_eur, double *states,
                              struct cut *cut)
{
    double limit_mwh = s->years[year].withdrawn_mwh_max;
    for (size_t i = 0; i < s->c->block_count; i++)
        if (s->c->blocks[i].year == year)
            s->c->blocks[i].year_price_eur = price_eur;
    cut->price_eur = price_eur;
    enum backward result = years_solve(s, year + 1, states, &cut->value_eur);
    cut->value_eur += price_eur * limit_mwh;
    cut->slope_mwh = limit_mwh - year_throughput_mwh(s, year, states);
    return result;
}

/* The search of a block's price for a year, around the whole solve: limits of several years lie inside each
 * other. */
static enum backward years_solve(struct solver *s, size_t year, double *states, double *bound_eur)
{
    if (year == s->year_count)
        return blocks_solve(s, states, bound_eur);
    double *low_states = s->c->year_states[2 * year],
           *high_states = s->c->year_states[2 * year + 1];
    size_t bytes = s->terms->periods * sizeof(double);
    struct cut low, high, next;
    enum backward result = try_year(s, year, 0, low_states, &low);
    if (result == BACKWARD_DONE && low.slope_mwh >= -same_mwh(s->terms)) {
        memcpy(states, low_states, bytes);
        *bound_eur = low.value_eur;
        return result;
    }
    /* Where energy that is paid for being taken leaks, discharging can pay at more than the first. */
    double rest_eur = price_of_no_trade(s->terms);
    high.slope_mwh = -INFINITY;
    for (int i = 0; i < 20 && result == BACKWARD_DONE && high.slope_mwh < -same_mwh(s->terms);
         i++) {
        result = try_year(s, year, rest_eur, high_states, &high);
        rest_eur *= 8;
    }
    if (result == BACKWARD_DONE && high.slope_mwh < -same_mwh(s->terms))
        return BACKWARD_BROKEN;
    *bound_eur = smaller(low.value_eur, high.value_eur);
    bool is_least = false; /* whether the last price tried is the one of the bound */
    for (int i = 0; i < 200 && result == BACKWARD_DONE; i++) {
        double price_eur = cut_meeting_price(low, high);
        if (!cut_is_between(price_eur, low, high))
            break;
        double line_eur = cut_line_eur(low, price_eur);
        result = try_year(s, year, price_eur, states, &next);
        *bound_eur = smaller(*bound_eur, next.value_eur);
        if (result != BACKWARD_DONE || fabs(next.slope_mwh) <= same_mwh(s->terms))
            return result;
        is_least = next.value_eur <= line_eur + rounding_eur(line_eur);
        if (is_least)
            break;
        memcpy(next.slope_mwh < 0 ? low_states : high_states, states, bytes);
        *(next.slope_mwh < 0 ? &low : &high) = next;
    }
    if (result == BACKWARD_DONE && !is_least) {
        double least_eur = low.value_eur < high.value_eur ? low.price_eur : high.price_eur;
        result = try_year(s, year, least_eur, states, &next);
    }
    if (result != BACKWARD_DONE)
        return result;
    size_t part = period_of_parting(s->terms, (struct path){s->terms->soc_start_mwh, low_states},
                                    (struct path){s->terms->soc_start_mwh, high_states});
    if (part < s->terms->periods)
        s->gap_period = part;
    double share = cut_share_of_low(low, high);
    for (size_t t = 0; t < s->terms->periods; t++)
        states[t] = share * low_states[t] + (1 - share) * high_states[t];
    return result;
}

/* For the best plan, in the directions of its problem. */
static void choose_prices(struct solver *s, const struct terms *terms, const double *states)
{
    struct terms held = *terms;
    held.directions = s->c->best_held;
    s->terms = &held;
    limit_prices_choose(s, states);
    s->terms = terms;
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

/* What the prices of limits prove: a battery without limits that pays them earns no less than one that
 * keeps the limits, but for what these are worth. */
static double bound_by_prices(const struct solver *s)
{
    struct terms priced = *s->terms;
    priced.throughput_eur_at = s->c->price_at;
    priced.plain = false;
    if (optimize_backward(s->w, &priced, SOLVE_EXACT) != BACKWARD_DONE)
        return INFINITY;
    const struct mando_optimize_solution ignored = {.soc_mwh = s->c->node_states[0]};
    double bound_eur = optimize_forward(s->w, &priced, &ignored);
    size_t year = NO_LIMIT;
    for (size_t i = 0; i < s->c->block_count; i++) {
        const struct block *block = &s->c->blocks[i];
        if (block_is_limited(block))
            bound_eur += block->price_eur * block->limit_mwh;
        if (block->year != NO_LIMIT && block->year != year)
            bound_eur += block->year_price_eur * s->years[block->year].withdrawn_mwh_max;
        year = block->year;
    }
    return bound_eur;
}

/* The directions of a node, from its own to the root's. */
static void hold_directions(const struct cycles *c, size_t node, uint8_t *directions,
                            size_t periods)
{
    memset(directions, DIRECTION_FREE, periods);
    for (size_t i = node; i > 0; i = c->nodes[i].parent)
        directions[c->nodes[i].held_period] = c->nodes[i].held;
}

/* The best plan so far, and the directions that its problem held. */
struct best {
    double objective_eur;
    double *states;
    uint8_t *directions;
    bool is_last; /* its levels and prices are those in the workspace */
};

static void keep_better(const struct solver *s, const double *states, struct best *best)
{
    const struct terms *terms = s->terms;
    double objective_eur = optimize_money(terms, states);
    if (objective_eur <= best->objective_eur)
        return;
    best->objective_eur = objective_eur;
    best->is_last = true;
    memcpy(best->states, states, terms->periods * sizeof *states);
    if (terms->directions)
        memcpy(best->directions, terms->directions, terms->periods);
    else
        memset(best->directions, DIRECTION_FREE, terms->periods);
}

/* Solves with the directions of the solver's terms. */
static enum backward solve_directions(struct solver *s, double *states, double *bound_eur,
                                      struct best *best)
{
    best->is_last = false;
    enum backward result = years_solve(s, 0, states, bound_eur);
    if (result == BACKWARD_DONE)
        keep_better(s, states, best);
    return result;
}

/* Each burning period in the direction a path of states takes: a concave problem, whose plan is one. */
static enum backward solve_held(struct solver *s, const double *path, double *states,
                                struct best *best)
{
    const struct terms *before = s->terms;
    struct terms held = *before;
    double ignored;
    for (size_t t = 0; t < held.periods; t++) {
        bool charges = path_stored_mwh(&held, held.soc_start_mwh, path, t) >= 0;
        s->w->directions[t] = !period_burns(&held, t) ? DIRECTION_FREE
                              : charges               ? DIRECTION_CHARGE
                                                      : DIRECTION_DISCHARGE;
    }
    held.directions = s->w->directions;
    s->terms = &held;
    enum backward result = solve_directions(s, states, &ignored, best);
    s->terms = before;
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
    const struct terms *terms = s->terms;
    enum backward result = solve_directions(s, states, &node->bound_eur, best);
    if (result != BACKWARD_DONE)
        return result;
    node->period = s->gap_period < terms->periods
                       ? s->gap_period
                       : period_of_trade(terms, (struct path){terms->soc_start_mwh, states});
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

static bool limits_kept(const struct terms *terms, const struct mando_optimize_limit *limits,
                        size_t count, const double *states)
{
    for (size_t i = 0; i < count; i++) {
        size_t first = limits[i].first;
        const struct terms part = terms_slice(terms, first, limits[i].periods);
        double before = first > 0 ? states[first - 1] : terms->soc_start_mwh;
        if (terms_throughput_mwh(&part, before, states + first)
            > limits[i].withdrawn_mwh_max + same_mwh(terms))
            return false;
    }
    return true;
}

bool cycles_kept(const struct terms *terms, const struct mando_optimize_problem *problem,
                 const double *states)
{
    return limits_kept(terms, problem->day_limits, problem->day_limit_count, states)
           && limits_kept(terms, problem->year_limits, problem->year_limit_count, states);
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
    struct best best = {-INFINITY, solution->soc_mwh, c->best_held, false};
    c->block_count = blocks_split(problem, c->blocks);
    c->node_count = 1;
    enum backward result = solve_node(&s, &c->nodes[0], &best);
    info->bound_eur = c->nodes[0].bound_eur;
    s.terms = terms;
    if (result == BACKWARD_DONE)
        result = branch(&s, &best, &info->bound_eur);
    info->nodes = c->node_count - 1;
    if (result == BACKWARD_DONE && !best.is_last) {
        struct terms held = *terms;
        double ignored;
        held.directions = best.directions;
        s.terms = &held;
        result = years_solve(&s, 0, c->node_states[0], &ignored);
    }
    w->levels = w->own_levels;
    w->curves = w->own_curves;
    if (result != BACKWARD_DONE)
        return result;
    s.terms = terms;
    bool is_proven = info->bound_eur - best.objective_eur <= same_eur(best.objective_eur);
    if (solution->day_limit_eur_per_mwh || solution->water_value_eur_per_mwh || !is_proven)
        choose_prices(&s, terms, solution->soc_mwh);
    fill_limits(&s, solution);
    if (!is_proven)
        info->bound_eur = smaller(info->bound_eur, bound_by_prices(&s));
    if (solution->power_mw)
        optimize_powers(terms, solution->soc_mwh, solution->power_mw);
    info->objective_eur = best.objective_eur;
    return BACKWARD_DONE;
}
