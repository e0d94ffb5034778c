/* Clp, through its C interface. */
#include <coin/Clp_C_Interface.h>

#include "base/alloc.h"
#include "opt/lp.h"

/* Of bounds and of reduced costs; the library allows a plan to miss a bound by 1e-9 MWh. */
#define TOLERANCE 1e-9

struct lp {
    Clp_Simplex *clp;
    bool has_basis;
};

bool lp_is_there(void)
{
    return true;
}

struct lp *lp_new(const struct lp_model *model)
{
    struct lp *lp = mando_alloc(1, sizeof *lp);
    if (!lp)
        return NULL;
    lp->clp = Clp_newModel();
    Clp_setLogLevel(lp->clp, 0);
    Clp_loadProblem(lp->clp, model->columns, model->rows, model->starts, model->indices,
                    model->values, model->column_low, model->column_high, model->objective,
                    model->row_low, model->row_high);
    Clp_setPrimalTolerance(lp->clp, TOLERANCE);
    Clp_setDualTolerance(lp->clp, TOLERANCE);
    return lp;
}

void lp_free(struct lp *lp)
{
    if (!lp)
        return;
    Clp_deleteModel(lp->clp);
    mando_free(lp);
}

void lp_set_bounds(struct lp *lp, int column, double low, double high)
{
    Clp_columnLower(lp->clp)[column] = low;
    Clp_columnUpper(lp->clp)[column] = high;
}

static enum lp_answer answer_of(struct lp *lp)
{
    int status = Clp_status(lp->clp);
    return status == 0 ? LP_OPTIMAL : status == 1 ? LP_INFEASIBLE : LP_FAILED;
}

enum lp_answer lp_solve(struct lp *lp)
{
    if (lp->has_basis)
        (void)Clp_dual(lp->clp, 0);
    else
        (void)Clp_initialSolve(lp->clp);
    enum lp_answer answer = answer_of(lp);
    if (answer == LP_FAILED) {
        (void)Clp_primal(lp->clp, 0);
        answer = answer_of(lp);
    }
    lp->has_basis = lp->has_basis || answer == LP_OPTIMAL;
    return answer;
}

struct lp_solution lp_solution(const struct lp *lp)
{
    return (struct lp_solution){Clp_objectiveValue(lp->clp), Clp_primalColumnSolution(lp->clp),
                                Clp_dualRowSolution(lp->clp)};
}
