/* problem_random.h: random dispatch problems with every option mixed. A seed is a problem. */
#ifndef ORACLE_PROBLEM_RANDOM_H
#define ORACLE_PROBLEM_RANDOM_H

#include "problem.h"
#include "random.h"

#define PROBLEM_PERIODS_MAX 400

struct problem_random {
    struct mando_optimize_problem problem; /* points into the arrays below */
    double buy[PROBLEM_PERIODS_MAX], sell[PROBLEM_PERIODS_MAX];
    double charge[PROBLEM_PERIODS_MAX], discharge[PROBLEM_PERIODS_MAX];
    double low[PROBLEM_PERIODS_MAX], high[PROBLEM_PERIODS_MAX];
    double path[PROBLEM_PERIODS_MAX]; /* energies of some plan; limits are drawn around it */
};

struct problem_shape {
    size_t periods_max; /* at most PROBLEM_PERIODS_MAX */
    size_t burning_max; /* periods in which burning energy would pay, at most */
    double infeasible;  /* share of the problems that are spoilt on purpose */
};

void problem_random_make(struct problem_random *random_problem, uint64_t seed,
                         const struct problem_shape *shape);

/* Everything is a whole number of units, nothing leaks: brute.h. Returns the unit, MWh. */
double problem_random_lattice(struct problem_random *random_problem, uint64_t seed);

/* Makes one period, or the end, impossible by at least a thousandth of the capacity. */
void problem_random_spoil(struct problem_random *random_problem, struct random *random);

#endif
