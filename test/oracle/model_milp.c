#include "model_milp.h"

#include <coin/Cbc_C_Interface.h>
#include <math.h>
#include <stdio.h>

#include "model_lp.h"

#define SECONDS_MAX 20

static Cbc_Model *cbc_load(const struct model *model, double seconds_max)
{
    char seconds[32];
    (void)snprintf(seconds, sizeof seconds, "%g", seconds_max);
    Cbc_Model *cbc = Cbc_newModel();
    Cbc_loadProblem(cbc, model->columns, model->rows, model->starts, model->indices, model->values,
                    model->column_low, model->column_high, model->objective, model->row_low,
                    model->row_high);
    for (int j = model->columns - model->binaries; j < model->columns; j++)
        Cbc_setInteger(cbc, j);
    Cbc_setLogLevel(cbc, 0);
    Cbc_setParameter(cbc, "log", "0");
    Cbc_setParameter(cbc, "sec", seconds);
    Cbc_setParameter(cbc, "ratio", "0");
    Cbc_setParameter(cbc, "allow", "0");
    Cbc_setParameter(cbc, "increment", "1e-9"); /* else it may stop 1e-5 short; faster, too */
    return cbc;
}

static enum model_answer cbc_answer(Cbc_Model *cbc)
{
    if (Cbc_isProvenInfeasible(cbc))
        return MODEL_INFEASIBLE;
    return Cbc_isProvenOptimal(cbc) ? MODEL_OPTIMAL : MODEL_UNSOLVED;
}

enum model_answer model_cbc(const struct model *model, double seconds_max, double *objective_out)
{
    Cbc_Model *cbc = cbc_load(model, seconds_max);
    (void)Cbc_solve(cbc);
    enum model_answer answer = cbc_answer(cbc);
    if (answer == MODEL_OPTIMAL)
        *objective_out = -Cbc_getObjValue(cbc);
    Cbc_deleteModel(cbc);
    return answer;
}

/* Keeps the direction that the binaries of a solution chose. */
static void fix_directions(struct model *model, const double *solution)
{
    int periods = (model->columns - model->binaries) / 3;
    for (int k = 0; k < model->binaries; k++) {
        int column = 3 * periods + k, t = model->binary_periods[k];
        double charging = round(solution[column]);
        model->column_low[column] = model->column_high[column] = charging;
        model->column_high[charging > 0 ? periods + t : t] = 0;
    }
}

enum model_answer model_milp(const struct mando_optimize_problem *problem, double *objective_out)
{
    struct model model;
    model_build(problem, MODEL_NEVER_BOTH, &model);
    if (model.binaries == 0) {
        model_release(&model);
        return model_lp(problem, objective_out);
    }
    Cbc_Model *cbc = cbc_load(&model, SECONDS_MAX);
    (void)Cbc_solve(cbc);
    enum model_answer answer = cbc_answer(cbc);
    if (answer == MODEL_OPTIMAL) {
        fix_directions(&model, Cbc_getColSolution(cbc));
        answer = model_clp(&model, MODEL_DUAL, MODEL_TOLERANCE, objective_out);
        if (answer != MODEL_OPTIMAL)
            answer = MODEL_UNSOLVED;
    }
    Cbc_deleteModel(cbc);
    model_release(&model);
    return answer;
}
