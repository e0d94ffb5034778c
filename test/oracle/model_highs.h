/* model_highs.h: models through HiGHS, on one thread. Built where highsbox is installed. */
#ifndef ORACLE_MODEL_HIGHS_H
#define ORACLE_MODEL_HIGHS_H

#include <stdbool.h>

#include "model.h"

/* A HiGHS of its own, NULL where there is no memory: each model that it loads starts cold. */
void *highs_open(bool presolve);
void highs_close(void *highs);

/* Loads and solves a model, with its binaries where it has some. */
enum model_answer highs_solve(void *highs, const struct model *model, double *objective_out);

/* Takes over the objective alone and goes on from the last solution of a model of the same rows. */
enum model_answer highs_solve_again(void *highs, const struct model *model, double *objective_out);

/* Of the branching of the last model that had binaries. */
long long highs_nodes(const void *highs);

/* For instance "1.15.1". */
const char *highs_version(void);

#endif
