#include "model_highs.h"

#include <interfaces/highs_c_api.h>
#include <stdlib.h>

/* Its own integrality tolerance of 1e-6 would show in the money of a day. */
#define INTEGRALITY 1e-9

void *highs_open(bool presolve)
{
    void *highs = Highs_create();
    if (!highs)
        return NULL;
    (void)Highs_setBoolOptionValue(highs, "output_flag", 0);
    (void)Highs_setIntOptionValue(highs, "threads", 1);
    (void)Highs_setStringOptionValue(highs, "parallel", "off");
    (void)Highs_setStringOptionValue(highs, "presolve", presolve ? "on" : "off");
    (void)Highs_setDoubleOptionValue(highs, "mip_rel_gap", 0);
    (void)Highs_setDoubleOptionValue(highs, "mip_abs_gap", 0);
    (void)Highs_setDoubleOptionValue(highs, "mip_feasibility_tolerance", INTEGRALITY);
    return highs;
}

void highs_close(void *highs)
{
    if (highs)
        Highs_destroy(highs);
}

static HighsInt load_with_binaries(void *highs, const struct model *model)
{
    HighsInt *kinds = calloc((size_t)model->columns, sizeof *kinds);
    if (!kinds)
        return kHighsStatusError;
    for (int j = model->columns - model->binaries; j < model->columns; j++)
        kinds[j] = kHighsVarTypeInteger;
    HighsInt status =
        Highs_passMip(highs, model->columns, model->rows, model->starts[model->columns],
                      kHighsMatrixFormatColwise, kHighsObjSenseMinimize, 0, model->objective,
                      model->column_low, model->column_high, model->row_low, model->row_high,
                      model->starts, model->indices, model->values, kinds);
    free(kinds);
    return status;
}

static HighsInt load(void *highs, const struct model *model)
{
    if (model->binaries > 0)
        return load_with_binaries(highs, model);
    return Highs_passLp(highs, model->columns, model->rows, model->starts[model->columns],
                        kHighsMatrixFormatColwise, kHighsObjSenseMinimize, 0, model->objective,
                        model->column_low, model->column_high, model->row_low, model->row_high,
                        model->starts, model->indices, model->values);
}

static enum model_answer run(void *highs, double *objective_out)
{
    if (Highs_run(highs) == kHighsStatusError)
        return MODEL_UNSOLVED;
    HighsInt status = Highs_getModelStatus(highs);
    if (status == kHighsModelStatusInfeasible)
        return MODEL_INFEASIBLE;
    if (status != kHighsModelStatusOptimal)
        return MODEL_UNSOLVED;
    *objective_out = -Highs_getObjectiveValue(highs);
    return MODEL_OPTIMAL;
}

enum model_answer highs_solve(void *highs, const struct model *model, double *objective_out)
{
    if (load(highs, model) == kHighsStatusError)
        return MODEL_UNSOLVED;
    return run(highs, objective_out);
}

enum model_answer highs_solve_again(void *highs, const struct model *model, double *objective_out)
{
    if (Highs_changeColsCostByRange(highs, 0, model->columns - 1, model->objective)
        == kHighsStatusError)
        return MODEL_UNSOLVED;
    return run(highs, objective_out);
}

long long highs_nodes(const void *highs)
{
    int64_t nodes = -1;
    (void)Highs_getInt64InfoValue(highs, "mip_node_count", &nodes);
    return nodes;
}

const char *highs_version(void)
{
    return Highs_version();
}
