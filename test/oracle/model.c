#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool needs_binary(const struct mando_optimize_problem *problem, size_t t)
{
    return problem_burns(problem, t) && problem_charge_mw(problem, t) > 0
           && problem_discharge_mw(problem, t) > 0;
}

static void allocate(struct model *model)
{
    size_t columns = (size_t)model->columns, rows = (size_t)model->rows;
    size_t values = 4 * columns, doubles = 3 * columns + 2 * rows + values;
    size_t integers = columns + 1 + values + (size_t)model->binaries;
    model->memory = calloc(1, doubles * sizeof(double) + integers * sizeof(int));
    if (!model->memory) {
        (void)fprintf(stderr, "no memory for a model\n");
        exit(1);
    }
    model->objective = model->memory;
    model->column_low = model->objective + columns;
    model->column_high = model->column_low + columns;
    model->row_low = model->column_high + columns;
    model->row_high = model->row_low + rows;
    model->values = model->row_high + rows;
    model->starts = (int *)(model->values + values);
    model->indices = model->starts + columns + 1;
    model->binary_periods = model->indices + values;
}

static void set_column(struct model *model, int column, double low, double high, double objective)
{
    model->column_low[column] = low;
    model->column_high[column] = high;
    model->objective[column] = objective;
    model->starts[column + 1] = model->starts[column];
}

/* Adds a value to the column that was set last. */
static void add_value(struct model *model, int column, int row, double value)
{
    int at = model->starts[column + 1]++;
    model->indices[at] = row;
    model->values[at] = value;
}

/* The most that period t can charge or discharge without the other: a tight bound for a binary. */
static double charge_bound_mw(const struct mando_optimize_problem *problem, size_t t)
{
    double soc_mwh = t ? problem_soc_low_mwh(problem, t - 1) : problem->soc_start_mwh;
    double room_mwh = problem_soc_high_mwh(problem, t) - soc_mwh * problem_keep(problem);
    return fmax(0, fmin(problem_charge_mw(problem, t),
                        room_mwh / (problem->efficiency_charge * problem->step_h)));
}

static double discharge_bound_mw(const struct mando_optimize_problem *problem, size_t t)
{
    double soc_mwh = t ? problem_soc_high_mwh(problem, t - 1) : problem->soc_start_mwh;
    double stored_mwh = soc_mwh * problem_keep(problem) - problem_soc_low_mwh(problem, t);
    return fmax(0, fmin(problem_discharge_mw(problem, t),
                        stored_mwh * problem->efficiency_discharge / problem->step_h));
}

/* The rows of the limits on throughput that hold period t: one of a day, one of a year. */
static void add_limits(const struct mando_optimize_problem *problem, struct model *model,
                       int column, size_t t, double withdrawn)
{
    int row = (int)problem->periods + 2 * model->binaries;
    const struct mando_optimize_limit *lists[] = {problem->day_limits, problem->year_limits};
    const size_t counts[] = {problem->day_limit_count, problem->year_limit_count};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < counts[k]; i++, row++) {
            const struct mando_optimize_limit *limit = &lists[k][i];
            model->row_low[row] = -INFINITY;
            model->row_high[row] = limit->withdrawn_mwh_max;
            if (t >= limit->first && t < limit->first + limit->periods)
                add_value(model, column, row, withdrawn);
        }
}

static void add_flows(const struct mando_optimize_problem *problem, struct model *model)
{
    int periods = (int)problem->periods;
    double charged = problem->efficiency_charge * problem->step_h;
    double discharged = problem->step_h / problem->efficiency_discharge;
    for (int side = 0; side < 2; side++) {
        int row = periods + side, binary = 0;
        for (int t = 0; t < periods; t++) {
            size_t i = (size_t)t;
            int column = side * periods + t;
            if (side == 0)
                set_column(model, column, 0, problem_charge_mw(problem, i),
                           problem_cost_eur(problem, i) * problem->step_h);
            else
                set_column(model, column, 0, problem_discharge_mw(problem, i),
                           -problem_gain_eur(problem, i) * problem->step_h);
            add_value(model, column, t, side == 0 ? -charged : discharged);
            if (binary < model->binaries && model->binary_periods[binary] == t)
                add_value(model, column, row + 2 * binary++, 1);
            if (side == 1)
                add_limits(problem, model, column, i, discharged);
        }
    }
}

static void add_energies(const struct mando_optimize_problem *problem, struct model *model)
{
    int periods = (int)problem->periods;
    for (int t = 0; t < periods; t++) {
        int column = 2 * periods + t;
        set_column(model, column, problem_soc_low_mwh(problem, (size_t)t),
                   problem_soc_high_mwh(problem, (size_t)t), 0);
        add_value(model, column, t, 1);
        if (t + 1 < periods)
            add_value(model, column, t + 1, -problem_keep(problem));
    }
    int last = 3 * periods - 1;
    model->row_low[0] = model->row_high[0] = problem->soc_start_mwh * problem_keep(problem);
    if (isnan(problem->soc_end_mwh)) {
        model->objective[last] = -problem->soc_end_value_eur_per_mwh;
    } else {
        model->column_low[last] = fmax(model->column_low[last], problem->soc_end_mwh);
        model->column_high[last] = fmin(model->column_high[last], problem->soc_end_mwh);
    }
}

/* charge <= bound * binary and discharge <= bound * (1 - binary) */
static void add_binaries(const struct mando_optimize_problem *problem, struct model *model)
{
    int periods = (int)problem->periods;
    for (int k = 0; k < model->binaries; k++) {
        size_t t = (size_t)model->binary_periods[k];
        int row = periods + 2 * k;
        double discharge_mw = discharge_bound_mw(problem, t);
        set_column(model, 3 * periods + k, 0, 1, 0);
        add_value(model, 3 * periods + k, row, -charge_bound_mw(problem, t));
        add_value(model, 3 * periods + k, row + 1, discharge_mw);
        model->row_low[row] = model->row_low[row + 1] = -INFINITY;
        model->row_high[row] = 0;
        model->row_high[row + 1] = discharge_mw;
    }
}

void model_build(const struct mando_optimize_problem *problem, enum model_rules rules,
                 struct model *model)
{
    memset(model, 0, sizeof *model);
    for (size_t t = 0; rules == MODEL_NEVER_BOTH && t < problem->periods; t++)
        model->binaries += needs_binary(problem, t);
    model->columns = 3 * (int)problem->periods + model->binaries;
    model->rows = (int)(problem->periods + problem->day_limit_count + problem->year_limit_count)
                  + 2 * model->binaries;
    allocate(model);
    for (int t = 0, k = 0; k < model->binaries; t++)
        if (needs_binary(problem, (size_t)t))
            model->binary_periods[k++] = t;
    add_flows(problem, model);
    add_energies(problem, model);
    add_binaries(problem, model);
}

void model_use_cells(struct model *model)
{
    int flows = 2 * (model->columns - model->binaries) / 3;
    for (int j = 0; j < flows; j++) {
        double cells_mwh = fabs(model->values[model->starts[j]]); /* of a MW for the period */
        for (int k = model->starts[j]; k < model->starts[j + 1]; k++)
            model->values[k] /= cells_mwh;
        model->objective[j] /= cells_mwh;
        model->column_high[j] *= cells_mwh;
    }
}

void model_release(struct model *model)
{
    free(model->memory);
    memset(model, 0, sizeof *model);
}
