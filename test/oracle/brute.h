/* brute.h: the best plan on a lattice of stored energy, by trying every step from every state.
 *
 * Exact where start, limits and what each period can charge or discharge at the cells are whole
 * numbers of units and nothing leaks: with the directions fixed a dispatch problem is a flow on a
 * path, and flows between whole bounds have a whole optimum. */
#ifndef ORACLE_BRUTE_H
#define ORACLE_BRUTE_H

#include "problem.h"

struct brute_plan {
    bool feasible;
    double objective_eur;
    double throughput_mwh; /* at the cells, both directions: the least of the best plans */
};

struct brute_plan brute_solve(const struct mando_optimize_problem *problem, double unit_mwh);

#endif
