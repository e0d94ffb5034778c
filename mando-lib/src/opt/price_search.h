/* opt/price_search.h: the price of a block's limit at one state, and the plan from there.
 *
 * The value of a state is convex in the price. Of two prices, of which one withdraws more than the
 * limit and the other less, the cuts meet at a third; where the value there is on both, the plans of
 * the two are best at it, and so is the mixture of them that fills the limit. */
#ifndef MANDO_OPT_PRICE_SEARCH_H
#define MANDO_OPT_PRICE_SEARCH_H

#include "opt/price.h"

/* Prices tried between two, at most: a search that ends with fewer is but a guess. */
#define PRICE_MEETS_MAX 200

/* Prices tried at a state: the first `count` priced of the workspace, rising. */
struct price_search {
    double soc_mwh;
    bool keeps_values; /* of all tried prices, for all states */
    int meets_max;
    size_t count;
    size_t low, high; /* whose plans are best at the price; the same where one alone is the plan */
    double price_eur, value_eur;
};

/* Where a search begins: rising prices, slope = price, of which one is likely, by place. */
struct price_guess {
    const struct curve *prices;
    size_t likely;
};

/* Room for the i-th price of a block: the next, or one that is there already, since prices keep their
 * rooms when they change places. */
struct priced *room_for_price(const struct solver *s, const struct block *block, size_t i);

/* Gives all rooms back, before another block or search. */
void clear_rooms(const struct solver *s);

/* Puts the last of count + 1 priced to place at, without losing any one's room. */
void insert_priced(struct priced *priced, size_t count, size_t at);

/* Finds the price at search->soc_mwh. */
enum backward price_search(const struct solver *s, struct block *block, struct price_guess guess,
                           struct price_search *search);

/* Whether to rest all along is a plan from a state. */
bool block_can_rest(const struct solver *s, const struct block *block, double soc_mwh);

/* Prices a block at the least of some prices that keeps the limit from a state; else at one at which
 * as little is discharged as can be. */
enum backward price_rest(const struct solver *s, struct block *block, double soc_mwh,
                         bool keeps_value, struct priced *priced);

/* Two plans that are best at one price: their cuts, their states, and where they end. */
struct mixture {
    struct cut low, high;
    const double *low_states, *high_states;
    struct state_range ends;
};

/* Fills the states of the mixture of two prices' plans that fills the limit; low == high: of the one. */
struct mixture price_mix(const struct solver *s, const struct block *block,
                         const struct priced *low, const struct priced *high, double soc_mwh,
                         double *states_out);

/* Keeps the plans that a search has found for a block, and gives them back. Concave blocks only. */
void price_plan_keep(const struct solver *s, struct block *block,
                     const struct price_search *search);
void price_plan_load(const struct solver *s, const struct block *block, struct priced plans_out[2]);

#endif
