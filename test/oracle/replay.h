/* replay.h: a plan run through the physics of mando/optimize.h, trusting nothing. */
#ifndef ORACLE_REPLAY_H
#define ORACLE_REPLAY_H

#include "problem.h"

struct replay {
    double money_eur;      /* with the value of what is left */
    double throughput_mwh; /* at the cells, both directions */
    double worst_mwh;      /* the largest miss of a limit or of the claimed energies */
    size_t worst_period;   /* and where */
};

/* Missed limits of power count as the energy of the period. NaN anywhere gives an infinite miss. */
struct replay replay_plan(const struct mando_optimize_problem *problem, const double *power_mw,
                          const double *soc_mwh);

#endif
