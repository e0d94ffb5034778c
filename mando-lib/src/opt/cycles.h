/* opt/cycles.h: limits on throughput, solved by their prices.
 *
 * A limit of L MWh on what a block of periods withdraws has a price: with each withdrawn MWh charged
 * that much more, the block is a problem without a limit, and the value of its state before is
 *   V(s) = min over prices >= 0 of V_price(s) + price * L,
 * exactly, while the problem is concave. README.md tells how the whole function is found. */
#ifndef MANDO_OPT_CYCLES_H
#define MANDO_OPT_CYCLES_H

#include "opt/workspace.h"

/* Prices of one block that are looked at, at most. */
#define PRICES_MAX 512

/* Limits of calendar years in one horizon: each is a search around those after it. */
#define YEARS_MAX 8

/* Nodes of a branching; where they do not suffice a proven gap is left. */
#define NODES_MAX 2048

#define NO_LIMIT SIZE_MAX

/* A block of periods with one limit, or without. */
struct block {
    size_t first, periods;
    double limit_mwh; /* INFINITY = none */
    size_t limit;     /* its number among the day limits */
    size_t year;      /* and that of its year's, NO_LIMIT = none */
    double year_price_eur;
    double price_eur;  /* the one of the plan */
    double offset_eur; /* what was taken out of value */
    /* The value of the state before the block, and its prices: slope is a price, length the state
     * from which on it is the one. Both lie among the workspace's stored segments. */
    struct curve value, prices;
};

/* A block at one price. */
struct priced {
    double price_eur;
    struct curve value; /* price * limit included; concave */
    bool is_hull;       /* it is above the value in places */
    bool has_levels;    /* for all periods, and limits are plain */
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

/* Room for solving blocks. */
struct cycles {
    struct block *blocks; /* 2 * limits_max + 2 */
    size_t block_count;
    struct priced priced[PRICES_MAX];
    struct levels *levels;   /* PRICES_MAX * limit_periods_max */
    struct curve_at *curves; /* the same */
    double *walked_mwh[5];   /* periods_max, states of walks; of the last two only the ends count */
    double *year_states[2 * YEARS_MAX], *price_at; /* periods_max */
    struct node *nodes;                            /* NODES_MAX */
    size_t node_count;
    double *node_states[2]; /* periods_max */
    uint8_t *held;          /* periods_max, directions of a node */
};

/* Solves a problem that has limits: fills solution (soc_mwh is not NULL), the objective and the bound
 * of info, and leaves levels for water values, with the price of each period in cycles->price_at. */
enum backward cycles_solve(struct mando_optimize *workspace, const struct terms *terms,
                           const struct mando_optimize_problem *problem,
                           const struct mando_optimize_solution *solution,
                           struct mando_optimize_info *info);

#endif
