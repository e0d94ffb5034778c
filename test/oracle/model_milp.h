/* model_milp.h: the exact problem, never both, with binaries through Cbc. */
#ifndef ORACLE_MODEL_MILP_H
#define ORACLE_MODEL_MILP_H

#include "model.h"

/* Cbc alone, model loading included: what a benchmark times. The value is exact only up to Cbc's
 * integer tolerance. */
enum model_answer model_cbc(const struct model *model, double seconds_max, double *objective_out);

/* The maximum: Cbc chooses the directions, then an LP with these directions fixed gives the value. */
enum model_answer model_milp(const struct mando_optimize_problem *problem, double *objective_out);

#endif
