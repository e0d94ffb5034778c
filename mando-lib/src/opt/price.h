/* opt/price.h: a block of periods at a price of throughput.
 *
 * A limit of L MWh on what a block withdraws has a price: with each withdrawn MWh charged that much
 * more, the block is a problem without a limit, and the value of its state before is
 *   V(s) = min over prices >= 0 of V_price(s) + price * L,
 * exactly, while the problem is concave. README.md tells how the whole function is found. */
#ifndef MANDO_OPT_PRICE_H
#define MANDO_OPT_PRICE_H

#include "opt/marginal.h"
#include "opt/workspace.h"

/* Prices of one block that are looked at, at most. */
#define PRICES_MAX 512

/* Nodes of a branching; where they do not suffice a proven gap is left. */
#define NODES_MAX 2048

#define NO_LIMIT SIZE_MAX

#define KNOWN_MAX 5

/* The states that count. */
struct state_range {
    double low_mwh, high_mwh;
};

/* Of a block whose value is exact for some states alone. */
struct searched {
    struct state_range window;       /* these; elsewhere the value is no lower than exact */
    double likely_mwh;               /* the state that a plan is likely to have, in the window */
    struct segment known[KNOWN_MAX]; /* prices to begin with, slope = price, rising */
    size_t known_count, likely;      /* which of them is that of the likely state */
    double price_eur, low_eur, high_eur; /* its price, and those of the two plans that are best */
    bool is_one, high_rests;             /* whether the plan is low's; whether high's is to rest */
    bool has_moved;                      /* the likely state, in the last round */
    struct state_range ends;             /* where the two plans end */
};

/* A block of periods with one limit, or without. */
struct block {
    size_t first, periods;
    double limit_mwh; /* INFINITY = none */
    size_t limit;     /* its number among the day limits */
    size_t year;      /* and that of its year's, NO_LIMIT = none */
    double year_price_eur;
    double price_eur; /* the one of the plan */
    double rest_eur;  /* one that keeps the limit from each state from which it can be kept */
    /* The value of the state before the block, and its prices: slope is a price, length the state
     * from which on it is the one. Both lie among the workspace's stored segments. The first block
     * has neither: its state is known. */
    struct curve value, prices;
    bool is_cut;               /* from higher states the limit cannot be kept */
    double offset_eur;         /* what was taken out of the value */
    struct marginal worth;     /* of a MWh at its start, as far as the blocks before tell */
    struct curve value_before; /* in the round before */
    bool is_kept;              /* as it was in the round before */
    bool is_searched;          /* the value is exact for some states alone: */
    struct searched searched;
};

/* What a price means at one state: the value there and how it changes with the price. */
struct cut {
    double price_eur;
    double value_eur, slope_mwh; /* slope: limit - throughput */
    size_t
        parting; /* where the plans from a hull's ends part; from the block's periods on: nowhere */
};

/* Where the value of a price and that of the next one are equal. */
struct crossing {
    double soc_mwh;
    struct cut low, high;
};

/* A block at one price. */
struct priced {
    double price_eur;
    struct curve value; /* price * limit included; concave */
    bool is_concave;    /* as it is: no period in which burning would pay */
    bool is_hull;       /* it is above the value in places */
    bool has_levels;    /* for all periods, and limits are plain */
    bool has_crossing;  /* with the one that follows in a row of prices */
    bool rests;     /* no price but a bound: the plan that rests all along. No value, no levels */
    struct cut cut; /* at the state that it was priced for */
    double cut_mwh;
    struct crossing crossing;
    struct levels *levels;
    struct curve_at *curves;
};

/* A node of the branching: its parent's directions and one more. */
struct node {
    double bound_eur;
    size_t parent, held_period;
    size_t period; /* to branch on; the number of periods where there is none */
    uint8_t held;  /* the direction of held_period */
};

/* Periods in which a MWh is worth the same. From the worths of discharging the price of the limit is still
 * to be taken. */
struct stretch {
    struct trade_worth worth;
    double keep;                /* of a MWh through it */
    bool ends_full, ends_empty; /* at a bound of the battery */
    bool may_burn;              /* it rests, though burning would pay without a price */
};

/* Room for solving blocks. */
struct cycles {
    struct block *blocks; /* 2 * limits_max + 2 */
    size_t block_count;
    struct priced priced[PRICES_MAX];
    size_t room_count;          /* of those that have levels and curves */
    struct levels *levels;      /* PRICES_MAX * limit_periods_max */
    struct curve_at *curves;    /* the same */
    struct levels *kept_levels; /* 2 * periods_max, of the plans that searched blocks keep */
    double *walked_mwh[5]; /* periods_max, states of walks; of the last two only the ends count */
    struct stretch *stretches; /* periods_max, of the block at hand */
    double *price_at;          /* periods_max, of throughput in the plan */
    /* periods_max each: the search of each year lies around those of the years after it. */
    double *year_states[2 * MANDO_OPTIMIZE_YEAR_LIMITS_MAX];
    struct node *nodes; /* NODES_MAX */
    size_t node_count;
    double *node_states[2]; /* periods_max */
    uint8_t *held;          /* periods_max, directions of a node */
    uint8_t *best_held;     /* periods_max, of the best plan */
};

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

/* A state and those that a plan leads to from it. */
struct path {
    double soc_mwh;
    const double *states;
};

/* Throughput within this of its limit keeps and fills it. Of a small battery it is a share, else a
 * plan would be paid for what it withdraws beyond the limit. */
static inline double same_mwh(const struct terms *terms)
{
    return greater(smaller(1e-10, 100 * terms->dust_mwh), terms->dust_mwh);
}

/* The terms of some periods alone. */
struct terms terms_slice(const struct terms *terms, size_t first, size_t periods);

bool block_is_limited(const struct block *block);

/* Copies the stacks into the stored segments, as a concave curve; tells whether a hull was taken. */
bool keep_stacks(struct mando_optimize *w, struct curve *out, bool *is_hull);

/* Whether burning would pay in some period that is free in its direction. */
bool burning_may_pay(const struct terms *terms);

/* Whether burning would pay in a period, whatever throughput costs. */
bool period_burns(const struct terms *terms, size_t t);

double path_stored_mwh(const struct terms *terms, double soc_mwh, const double *states, size_t t);

/* The first burning period, free in its direction, in which two plans go opposite ways; the number of
 * periods without one. */
size_t period_of_parting(const struct terms *terms, struct path a, struct path b);

/* The last such period in which a plan trades, else the first one there is. */
size_t period_of_trade(const struct terms *terms, struct path path);

/* The withdrawn energy of a path of states. */
double terms_throughput_mwh(const struct terms *terms, double soc_mwh, const double *states);

/* The cut of a price at a state. Inside a segment of a hull it is that of the mixture of the plans
 * from its ends, which lie on the value itself. Fills the states of the plan, where they are wanted: states NULL = not. */
struct cut cut_at(const struct solver *s, const struct block *block, const struct priced *priced,
                  double soc_mwh, double *states);

/* Finds the crossing of the first of `count` prices in a row, and that of the second where it has none
 * yet: two and more. Their values are whole. A crossing outside of the window is moved to its end. */
void find_crossings(const struct solver *s, const struct block *block, struct state_range window,
                    struct priced *priced, size_t count);

/* Goes back through a block at a price, then forward from a state, or the nearest that it has: the
 * cut there also tells the height of the value, of which the way back knows only the slopes. Only
 * where the value is kept, or is a hull, it is more than its low end. The first block is BACKWARD_BROKEN
 * where it has no plan from the state. */
enum backward price_block(const struct solver *s, const struct block *block, double price_eur,
                          double soc_mwh, bool keeps_value, struct priced *priced);

/* A price at which nothing is discharged that can be kept, or need not have been charged. */
double price_of_rest(const struct solver *s, const struct block *block);

/* A price at which no period of terms discharges that need not. */
double price_of_no_trade(const struct terms *terms);

/* A price at which what must be discharged leaks for as long as it can: of E MWh that wait a period
 * only keep * E are withdrawn, which saves price * (1 - keep) * E. 0 where nothing leaks. */
double price_of_leaking(const struct solver *s, const struct block *block);

/* The price at which two cuts meet. */
double cut_meeting_price(struct cut low, struct cut high);

/* The tangent of a cut: no value at that price is below it. */
double cut_line_eur(struct cut cut, double price_eur);

/* Whether a lower value may lie at a price: cuts fall to it from both sides. */
bool cut_is_between(double price_eur, struct cut low, struct cut high);

/* How much of low a mixture with high takes to fill the limit. */
double cut_share_of_low(struct cut low, struct cut high);

double same_eur(double value_eur);

/* Hardly more than the rounding of a value: plans that are best but for more than that do not agree on
 * what energy is worth when they are mixed. */
double rounding_eur(double value_eur);

#endif
