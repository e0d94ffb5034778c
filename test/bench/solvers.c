#include "solvers.h"

#include <coin/Cbc_C_Interface.h>
#include <coin/Clp_C_Interface.h>
#include <glpk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "model_lp.h"
#include "model_milp.h"
#ifdef MANDO_HIGHS
#include "model_highs.h"
#endif

#define CBC_SECONDS 60

struct ours {
    struct mando_optimize *workspace;
    struct mando_optimize_solution solution; /* power and state of charge are asked for */
};

static void close_ours(void *state)
{
    struct ours *ours = state;
    mando_optimize_free(ours->workspace);
    free(ours->solution.power_mw);
    free(ours->solution.soc_mwh);
    free(ours);
}

static void *open_ours(const struct task *task)
{
    struct ours *ours = calloc(1, sizeof *ours);
    if (!ours)
        return NULL;
    ours->solution.power_mw = bench_doubles(task->problem.periods);
    ours->solution.soc_mwh = bench_doubles(task->problem.periods);
    if (mando_optimize_setup(NULL, &ours->workspace, NULL) == MANDO_OK)
        return ours;
    close_ours(ours);
    return NULL;
}

static enum model_answer solve_ours(void *state, const struct task *task, struct found *found_out)
{
    struct ours *ours = state;
    struct mando_optimize_info info;
    if (mando_optimize_solve(ours->workspace, &task->problem, &ours->solution, &info, NULL)
            != MANDO_OK
        || !info.optimal)
        return MODEL_UNSOLVED;
    long long nodes = info.method == MANDO_METHOD_BRANCH ? (long long)info.nodes : -1;
    *found_out = (struct found){info.objective_eur, nodes};
    return MODEL_OPTIMAL;
}

static enum model_answer solve_clp_dual(void *state, const struct task *task,
                                        struct found *found_out)
{
    (void)state;
    return model_clp(&task->lp, MODEL_DUAL, 0, &found_out->objective_eur);
}

static enum model_answer solve_clp_primal(void *state, const struct task *task,
                                          struct found *found_out)
{
    (void)state;
    return model_clp(&task->lp, MODEL_PRIMAL, 0, &found_out->objective_eur);
}

/* One model for all instances: another objective, and on from the last basis, which stays feasible. */
static void *open_clp_warm(const struct task *task)
{
    Clp_Simplex *clp = Clp_newModel();
    const struct model *model = &task->lp;
    Clp_setLogLevel(clp, 0);
    Clp_loadProblem(clp, model->columns, model->rows, model->starts, model->indices, model->values,
                    model->column_low, model->column_high, model->objective, model->row_low,
                    model->row_high);
    (void)Clp_dual(clp, 0);
    return clp;
}

static enum model_answer solve_clp_warm(void *state, const struct task *task,
                                        struct found *found_out)
{
    Clp_chgObjCoefficients(state, task->lp.objective);
    (void)Clp_primal(state, 0);
    if (Clp_status(state) != 0)
        return MODEL_UNSOLVED;
    found_out->objective_eur = -Clp_objectiveValue(state);
    return MODEL_OPTIMAL;
}

static void close_clp(void *state)
{
    Clp_deleteModel(state);
}

static enum model_answer solve_glpk(void *state, const struct task *task, struct found *found_out)
{
    (void)state;
    return model_glpk(&task->lp, &found_out->objective_eur);
}

static enum model_answer solve_cbc(void *state, const struct task *task, struct found *found_out)
{
    (void)state;
    return model_cbc(&task->milp, CBC_SECONDS, &found_out->objective_eur);
}

#ifdef MANDO_HIGHS
static void *open_highs(const struct task *task)
{
    (void)task;
    return highs_open(true);
}

static void *open_highs_plain(const struct task *task)
{
    (void)task;
    return highs_open(false);
}

static enum model_answer solve_highs(void *state, const struct task *task, struct found *found_out)
{
    return highs_solve(state, &task->lp, &found_out->objective_eur);
}

static enum model_answer solve_highs_mip(void *state, const struct task *task,
                                         struct found *found_out)
{
    enum model_answer answer = highs_solve(state, &task->milp, &found_out->objective_eur);
    found_out->nodes = highs_nodes(state);
    return answer;
}

/* Presolve would throw away the basis. */
static void *open_highs_warm(const struct task *task)
{
    double objective;
    void *highs = highs_open(false);
    if (highs)
        (void)highs_solve(highs, &task->lp, &objective);
    return highs;
}

static enum model_answer solve_highs_warm(void *state, const struct task *task,
                                          struct found *found_out)
{
    return highs_solve_again(state, &task->lp, &found_out->objective_eur);
}
#endif

static const struct solver solvers[] = {
    {"mando", false, open_ours, solve_ours, close_ours},
    {"clp_dual", false, NULL, solve_clp_dual, NULL},
    {"clp_primal", false, NULL, solve_clp_primal, NULL},
    {"clp_warm", false, open_clp_warm, solve_clp_warm, close_clp},
    {"glpk", false, NULL, solve_glpk, NULL},
    {"cbc", true, NULL, solve_cbc, NULL},
#ifdef MANDO_HIGHS
    {"highs", false, open_highs, solve_highs, highs_close},
    {"highs_no_presolve", false, open_highs_plain, solve_highs, highs_close},
    {"highs_warm", false, open_highs_warm, solve_highs_warm, highs_close},
    {"highs_mip", true, open_highs, solve_highs_mip, highs_close},
#endif
};

const struct solver *solver_named(const char *name)
{
    for (size_t i = 0; i < sizeof solvers / sizeof *solvers; i++)
        if (strcmp(solvers[i].name, name) == 0)
            return &solvers[i];
    return NULL;
}

void solvers_print_versions(void)
{
    (void)printf("{\"Clp\": \"%s\", \"Cbc\": \"%s\", \"GLPK\": \"%s\"", Clp_Version(),
                 Cbc_getVersion(), glp_version());
#ifdef MANDO_HIGHS
    (void)printf(", \"HiGHS\": \"%s\"", highs_version());
#endif
    (void)printf("}\n");
}
