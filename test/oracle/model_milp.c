#include "model_milp.h"

#include <coin/Cbc_C_Interface.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model_lp.h"

#define SECONDS_MAX 20
#define BINARIES_MAX 512

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

/* Keeps the directions that Cbc chose, 1 for charging. */
static void fix_directions(struct model *model, const char *charging)
{
    int periods = (model->columns - model->binaries) / 3;
    for (int k = 0; k < model->binaries; k++) {
        int column = 3 * periods + k, t = model->binary_periods[k];
        model->column_low[column] = model->column_high[column] = charging[k];
        model->column_high[charging[k] ? periods + t : t] = 0;
    }
}

/* In the child: writes the answer and the directions, a byte each. */
static void write_directions(const struct model *model, int pipe_end)
{
    char bytes[1 + BINARIES_MAX];
    Cbc_Model *cbc = cbc_load(model, SECONDS_MAX);
    (void)Cbc_solve(cbc);
    bytes[0] = (char)cbc_answer(cbc);
    const double *solution = Cbc_getColSolution(cbc);
    for (int k = 0; bytes[0] == MODEL_OPTIMAL && k < model->binaries; k++)
        bytes[1 + k] = (char)lround(solution[model->columns - model->binaries + k]);
    size_t size = 1 + (size_t)model->binaries;
    _exit(write(pipe_end, bytes, size) == (ssize_t)size ? 0 : 1);
}

/* Cbc in a process of its own: now and then an assertion of Clp's ends it, and that is no answer. */
static enum model_answer choose_directions(const struct model *model, char *charging)
{
    char bytes[1 + BINARIES_MAX];
    int ends[2], status = 1;
    size_t size = 1 + (size_t)model->binaries;
    if (size > sizeof bytes || pipe(ends) != 0)
        return MODEL_UNSOLVED;
    pid_t child = fork();
    if (child == 0)
        write_directions(model, ends[1]);
    (void)close(ends[1]);
    ssize_t got = child > 0 ? read(ends[0], bytes, size) : -1;
    (void)close(ends[0]);
    if (child > 0)
        (void)waitpid(child, &status, 0);
    if (got != (ssize_t)size || status != 0)
        return MODEL_UNSOLVED;
    memcpy(charging, bytes + 1, size - 1);
    return (enum model_answer)bytes[0];
}

enum model_answer model_milp(const struct mando_optimize_problem *problem, double *objective_out)
{
    struct model model;
    char charging[BINARIES_MAX];
    model_build(problem, MODEL_NEVER_BOTH, &model);
    if (model.binaries == 0) {
        model_release(&model);
        return model_lp(problem, objective_out);
    }
    enum model_answer answer = choose_directions(&model, charging);
    if (answer == MODEL_OPTIMAL) {
        fix_directions(&model, charging);
        answer = model_clp(&model, MODEL_DUAL, MODEL_TOLERANCE, objective_out);
        if (answer != MODEL_OPTIMAL)
            answer = MODEL_UNSOLVED;
    }
    model_release(&model);
    return answer;
}
