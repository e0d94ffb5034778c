#include "model_lp.h"

#include <coin/Clp_C_Interface.h>
#include <glpk.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum model_answer model_clp(const struct model *model, enum model_method method, double tolerance,
                            double *objective_out)
{
    Clp_Simplex *clp = Clp_newModel();
    Clp_setLogLevel(clp, 0);
    if (tolerance > 0) {
        Clp_setPrimalTolerance(clp, tolerance);
        Clp_setDualTolerance(clp, tolerance);
    }
    Clp_loadProblem(clp, model->columns, model->rows, model->starts, model->indices, model->values,
                    model->column_low, model->column_high, model->objective, model->row_low,
                    model->row_high);
    if (method == MODEL_DUAL)
        (void)Clp_dual(clp, 0);
    else
        (void)Clp_primal(clp, 0);
    int status = Clp_status(clp);
    if (status == 0)
        *objective_out = -Clp_objectiveValue(clp);
    Clp_deleteModel(clp);
    return status == 0 ? MODEL_OPTIMAL : status == 1 ? MODEL_INFEASIBLE : MODEL_UNSOLVED;
}

static int glpk_bounds(double low, double high)
{
    if (low == high)
        return GLP_FX;
    if (isinf(low))
        return GLP_UP;
    return isinf(high) ? GLP_LO : GLP_DB;
}

static void glpk_load(glp_prob *glpk, const struct model *model)
{
    glp_add_rows(glpk, model->rows);
    glp_add_cols(glpk, model->columns);
    for (int i = 0; i < model->rows; i++)
        glp_set_row_bnds(glpk, i + 1, glpk_bounds(model->row_low[i], model->row_high[i]),
                         model->row_low[i], model->row_high[i]);
    for (int j = 0; j < model->columns; j++) {
        int rows[8], count = 0;
        double values[8];
        for (int k = model->starts[j]; k < model->starts[j + 1]; k++) {
            rows[++count] = model->indices[k] + 1;
            values[count] = model->values[k];
        }
        glp_set_mat_col(glpk, j + 1, count, rows, values);
        glp_set_obj_coef(glpk, j + 1, model->objective[j]);
        glp_set_col_bnds(glpk, j + 1, glpk_bounds(model->column_low[j], model->column_high[j]),
                         model->column_low[j], model->column_high[j]);
    }
}

enum model_answer model_glpk(const struct model *model, double *objective_out)
{
    glp_smcp settings;
    glp_init_smcp(&settings);
    settings.msg_lev = GLP_MSG_OFF;
    settings.meth = GLP_DUALP;
    settings.tol_bnd = settings.tol_dj = MODEL_TOLERANCE;
    glp_prob *glpk = glp_create_prob();
    glpk_load(glpk, model);
    int failure = glp_simplex(glpk, &settings), status = glp_get_status(glpk);
    enum model_answer answer = MODEL_UNSOLVED;
    if (!failure && status == GLP_OPT) {
        *objective_out = -glp_get_obj_val(glpk);
        answer = MODEL_OPTIMAL;
    } else if (!failure && (status == GLP_NOFEAS || status == GLP_INFEAS)) {
        answer = status == GLP_NOFEAS ? MODEL_INFEASIBLE : MODEL_UNSOLVED;
    }
    glp_delete_prob(glpk);
    return answer;
}

static enum model_answer clp_either(const struct model *model, double *objective_out)
{
    enum model_answer answer = model_clp(model, MODEL_DUAL, MODEL_TOLERANCE, objective_out);
    return answer == MODEL_UNSOLVED ? model_clp(model, MODEL_PRIMAL, MODEL_TOLERANCE, objective_out)
                                    : answer;
}

enum model_answer model_lp(const struct mando_optimize_problem *problem, double *objective_out)
{
    struct model model;
    model_build(problem, MODEL_BURNING, &model);
    enum model_answer answer = clp_either(&model, objective_out);
    model_release(&model);
    return answer;
}

enum model_answer model_feasible(const struct mando_optimize_problem *problem)
{
    struct model model;
    double objective;
    model_build(problem, MODEL_BURNING, &model);
    memset(model.objective, 0, (size_t)model.columns * sizeof *model.objective);
    enum model_answer answer = clp_either(&model, &objective);
    model_release(&model);
    return answer;
}
