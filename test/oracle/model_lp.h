/* model_lp.h: models without their binaries through Clp and GLPK. */
#ifndef ORACLE_MODEL_LP_H
#define ORACLE_MODEL_LP_H

#include "model.h"

#define MODEL_TOLERANCE 1e-9 /* of comparisons; the solvers' own is 1e-7 */

enum model_method { MODEL_DUAL, MODEL_PRIMAL };

/* Writes the maximum where the answer is MODEL_OPTIMAL. MODEL_UNSOLVED is the solver's failure and
 * says nothing about the problem. Clp's tolerances are `tolerance`, 0 = its own. */
enum model_answer model_clp(const struct model *model, enum model_method method, double tolerance,
                            double *objective_out);
enum model_answer model_glpk(const struct model *model, double *objective_out);

/* The LP of a problem by Clp, by the second method where the first gives up. */
enum model_answer model_lp(const struct mando_optimize_problem *problem, double *objective_out);

/* Whether any plan keeps all limits; prices do not matter. */
enum model_answer model_feasible(const struct mando_optimize_problem *problem);

#endif
