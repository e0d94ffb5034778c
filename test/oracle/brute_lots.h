/* brute_lots.h: the best plan in whole lots, by going from every state that can be reached to every
 * other, with nothing cut off. */
#ifndef ORACLE_BRUTE_LOTS_H
#define ORACLE_BRUTE_LOTS_H

#include "problem.h"

struct brute_lots {
    bool feasible;
    size_t
        broken; /* infeasible: the first period that nothing gets through, the last for the end */
    double objective_eur; /* with the value of what is left, or what a missed end costs */
    size_t states_peak;   /* SIZE_MAX: more than fit, and no answer */
};

/* A fixed end may be missed by less than one lot for one period: missing energy costs twice the
 * highest price of the horizon at the cells, and what is left over twice what one would be paid. */
struct brute_lots brute_lots_solve(const struct mando_optimize_problem *problem, double lot_mw);

/* What a plan that ends with so much energy has on top of its money; -INFINITY where it must not. */
double brute_lots_end_eur(const struct mando_optimize_problem *problem, double lot_mw,
                          double soc_mwh);

#endif
