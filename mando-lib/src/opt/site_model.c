#include "opt/site_model.h"

#include <math.h>

#include "domain/leak.h"

static double own_limit(const struct site_problem *problem, const double *limits, size_t t)
{
    return limits ? limits[problem->first + t] : NAN;
}

double site_soc_min_mwh(const struct site_problem *problem, size_t t)
{
    return fmax(problem->battery->soc_min_mwh, own_limit(problem, problem->prices->soc_min_mwh, t));
}

double site_soc_max_mwh(const struct site_problem *problem, size_t t)
{
    return fmin(problem->battery->soc_max_mwh, own_limit(problem, problem->prices->soc_max_mwh, t));
}

/* Energies that the battery can hold at the start of period t. */
static double start_min_mwh(const struct site_problem *problem, size_t t)
{
    return t == 0 ? problem->soc_start_mwh : site_soc_min_mwh(problem, t - 1);
}

static double start_max_mwh(const struct site_problem *problem, size_t t)
{
    return t == 0 ? problem->soc_start_mwh : site_soc_max_mwh(problem, t - 1);
}

double site_charge_mw_max(const struct site_model *model, size_t t)
{
    const struct site_problem *problem = model->problem;
    const struct mando_battery *battery = problem->battery;
    size_t i = problem->first + t;
    double room_mwh = site_soc_max_mwh(problem, t) - model->keep * start_min_mwh(problem, t);
    double limit_mw =
        fmin(battery->power_charge_mw, own_limit(problem, problem->prices->power_charge_mw_max, t));
    limit_mw = fmin(limit_mw, battery->import_mw_max + asset_pv_mw(problem->prices, i)
                                  - asset_load_mw(battery, problem->prices, i));
    limit_mw =
        fmin(limit_mw, asset_power_mw(&model->charging, fmax(room_mwh, 0) / problem->step_h));
    return fmax(limit_mw, 0);
}

double site_discharge_mw_max(const struct site_model *model, size_t t)
{
    const struct site_problem *problem = model->problem;
    const struct mando_battery *battery = problem->battery;
    size_t i = problem->first + t;
    double held_mwh = model->keep * start_max_mwh(problem, t) - site_soc_min_mwh(problem, t);
    double limit_mw = fmin(battery->power_discharge_mw,
                           own_limit(problem, problem->prices->power_discharge_mw_max, t));
    limit_mw = fmin(limit_mw, battery->export_mw_max + asset_load_mw(battery, problem->prices, i));
    return fmin(limit_mw, asset_power_mw(&model->discharging, fmax(held_mwh, 0) / problem->step_h));
}

static int taper_lines(const struct mando_points *taper)
{
    return taper->count ? (int)taper->count - 1 : 0;
}

/* Rows of a period: energy balance, connection, sum of weights, room and reserve, then those that not
 * all have. What is charged must find room beside all that is held, and what is discharged must be
 * held, whatever the period does at once: without these two rows a full battery burns in the programme
 * as well as one half full, and branching takes long to see that it cannot. */
enum { BALANCE, CONNECTION, WEIGHTS, ROOM, RESERVE, ROWS_OF_ALL };

static void lay_out(struct site_model *model)
{
    const struct mando_battery *battery = model->problem->battery;
    model->rest = (int)model->charging.count;
    model->points = model->soc = model->rest + 1 + (int)model->discharging.count;
    model->period_columns = model->soc + 4;
    int rows = ROWS_OF_ALL;
    model->charge_taper = rows;
    rows += 2 * taper_lines(&battery->power_charge_mw_by_soc);
    model->discharge_taper = rows;
    rows += 2 * taper_lines(&battery->power_discharge_mw_by_soc);
    model->ramp = isnan(battery->ramp_mw_per_h_max) ? -1 : rows++;
    model->period_rows = rows;
}

static bool allocate(struct site_model *model, struct mando_arena *arena)
{
    size_t columns = (size_t)model->lp.columns, rows = (size_t)model->lp.rows;
    /* No column has entries in more rows than those of its own period and three of the next, and of two limits. */
    size_t entries = columns * ((size_t)model->period_rows + 5);
    model->point_mw = mando_arena_alloc(arena, columns, sizeof(double));
    model->objective = mando_arena_alloc(arena, columns, sizeof(double));
    model->column_low = mando_arena_alloc(arena, columns, sizeof(double));
    model->column_high = mando_arena_alloc(arena, columns, sizeof(double));
    model->row_low = mando_arena_alloc(arena, rows, sizeof(double));
    model->row_high = mando_arena_alloc(arena, rows, sizeof(double));
    model->starts = mando_arena_alloc(arena, columns + 1, sizeof(int));
    model->indices = mando_arena_alloc(arena, entries, sizeof(int));
    model->values = mando_arena_alloc(arena, entries, sizeof(double));
    return model->point_mw && model->objective && model->column_low && model->column_high
           && model->row_low && model->row_high && model->starts && model->indices && model->values;
}

static void append_entry(struct site_model *model, int row, double value)
{
    model->indices[model->starts[model->lp.columns]] = row;
    model->values[model->starts[model->lp.columns]++] = value;
}

/* An entry of the last column in a row of a period; periods past the horizon have none. */
static void add_entry(struct site_model *model, int row, double value)
{
    if (row < model->limit_rows[0] && value != 0)
        append_entry(model, row, value);
}

/* What is withdrawn in period t counts in a limit of each list, if one holds the period. */
static void add_limit_entries(struct site_model *model, size_t t, double withdrawn_mwh)
{
    const struct site_problem *problem = model->problem;
    for (int list = 0; list < 2 && withdrawn_mwh > 0; list++) {
        const struct mando_optimize_limit *limits = problem->limits[list];
        size_t low = 0, high = problem->limit_counts[list];
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (limits[middle].first + limits[middle].periods <= t)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < problem->limit_counts[list] && limits[low].first <= t)
            append_entry(model, model->limit_rows[list] + (int)low, withdrawn_mwh);
    }
}

/* Ends the columns so far and begins the next one. */
static int begin_column(struct site_model *model, double low, double high, double objective)
{
    int column = model->lp.columns++;
    model->starts[model->lp.columns] = model->starts[column];
    model->column_low[column] = low;
    model->column_high[column] = high;
    model->objective[column] = model->is_free_of_charge ? 0 : objective;
    return column;
}

/* A direction's part in the rows of its tapers, which come in pairs: start and end of the period. */
static void add_taper_entries(struct site_model *model, int row, const struct mando_points *taper,
                              double power_mw)
{
    for (int i = 0; i < 2 * taper_lines(taper); i++)
        add_entry(model, row + i, power_mw);
}

/* EUR/MWh that any trade is charged, so that what gains nothing is left; too little to be seen in what
 * a plan earns, enough for a solver to see. */
#define TRADE_EUR_PER_MWH 1e-8

/* The weight of a battery power, positive discharging; one past the period's limit has none. */
static void add_weight(struct site_model *model, size_t t, double power_mw, bool is_open)
{
    const struct mando_battery *battery = model->problem->battery;
    double h = model->problem->step_h;
    double charge_mw = fmax(-power_mw, 0), discharge_mw = fmax(power_mw, 0);
    int row = (int)t * model->period_rows, next = row + model->period_rows;
    double cost_eur_per_h = asset_ageing_eur_per_h(&model->discharging, discharge_mw)
                            + TRADE_EUR_PER_MWH * fabs(power_mw);
    int column = begin_column(model, 0, is_open, h * cost_eur_per_h);
    model->point_mw[column] = power_mw;
    add_entry(model, row + BALANCE,
              h
                  * (asset_cells_mw(&model->discharging, discharge_mw)
                     - asset_cells_mw(&model->charging, charge_mw)));
    add_entry(model, row + CONNECTION, -power_mw);
    add_entry(model, row + WEIGHTS, 1);
    add_entry(model, row + ROOM, h * asset_cells_mw(&model->charging, charge_mw));
    add_entry(model, row + RESERVE, -h * asset_cells_mw(&model->discharging, discharge_mw));
    add_taper_entries(model, row + model->charge_taper, &battery->power_charge_mw_by_soc,
                      charge_mw);
    add_taper_entries(model, row + model->discharge_taper, &battery->power_discharge_mw_by_soc,
                      discharge_mw);
    if (model->ramp >= 0) {
        add_entry(model, row + model->ramp, power_mw);
        add_entry(model, next + model->ramp, -power_mw);
    }
    add_limit_entries(model, t, h * asset_cells_mw(&model->discharging, discharge_mw));
}

/* The end of segment k, cut at a limit. Only the first that reaches it is needed. */
static double segment_end_mw(const struct asset_curve *curve, size_t k, double limit_mw)
{
    return fmin(curve->to_mw[k], limit_mw);
}

static bool is_needed(const struct asset_curve *curve, size_t k, double limit_mw)
{
    return limit_mw > 0 && (k == 0 || curve->to_mw[k - 1] < limit_mw);
}

static void add_weights(struct site_model *model, size_t t)
{
    double charge_mw = site_charge_mw_max(model, t);
    double discharge_mw = site_discharge_mw_max(model, t);
    for (size_t k = model->charging.count; k-- > 0;)
        add_weight(model, t, -segment_end_mw(&model->charging, k, charge_mw),
                   is_needed(&model->charging, k, charge_mw));
    add_weight(model, t, 0, true);
    for (size_t k = 0; k < model->discharging.count; k++)
        add_weight(model, t, segment_end_mw(&model->discharging, k, discharge_mw),
                   is_needed(&model->discharging, k, discharge_mw));
}

/* The energy's part in the taper rows: its own period's second ones, the next one's first ones. */
static void add_soc_taper_entries(struct site_model *model, int row,
                                  const struct mando_points *taper)
{
    for (int i = 0; i < taper_lines(taper); i++) {
        double slope = (taper->y[i + 1] - taper->y[i]) / (taper->x[i + 1] - taper->x[i]);
        add_entry(model, row + 2 * i + 1, -slope);
        add_entry(model, row + model->period_rows + 2 * i, -slope);
    }
}

static void add_soc(struct site_model *model, size_t t)
{
    const struct site_problem *problem = model->problem;
    const struct mando_battery *battery = problem->battery;
    double low = site_soc_min_mwh(problem, t), high = site_soc_max_mwh(problem, t), value_eur = 0;
    bool is_last = t + 1 == problem->periods;
    if (is_last && isnan(problem->soc_end_mwh))
        value_eur = battery->soc_end_value_eur_per_mwh;
    if (is_last && !isnan(problem->soc_end_mwh)) {
        low = fmax(low, problem->soc_end_mwh);
        high = fmin(high, problem->soc_end_mwh);
    }
    int row = (int)t * model->period_rows;
    (void)begin_column(model, low, high, -value_eur);
    add_entry(model, row + BALANCE, 1);
    add_entry(model, row + model->period_rows + BALANCE, -model->keep);
    add_entry(model, row + model->period_rows + ROOM, model->keep);
    add_entry(model, row + model->period_rows + RESERVE, model->keep);
    add_soc_taper_entries(model, row + model->charge_taper, &battery->power_charge_mw_by_soc);
    add_soc_taper_entries(model, row + model->discharge_taper, &battery->power_discharge_mw_by_soc);
}

static void add_connection(struct site_model *model, size_t t)
{
    const struct site_problem *problem = model->problem;
    const struct mando_battery *battery = problem->battery;
    const struct mando_prices *prices = problem->prices;
    size_t i = problem->first + t;
    double h = problem->step_h, fee = battery->fee_eur_per_mwh;
    double pv_mw = asset_pv_mw(prices, i), load_mw = asset_load_mw(battery, prices, i);
    int row = (int)t * model->period_rows + CONNECTION;
    /* Where both cost the same, a solver may export what it imports: no more than there can be. */
    (void)begin_column(model, 0,
                       fmin(battery->export_mw_max, site_discharge_mw_max(model, t) + pv_mw),
                       -h * (prices->sell_eur_per_mwh[i] - fee));
    add_entry(model, row, 1);
    (void)begin_column(model, 0,
                       fmin(battery->import_mw_max, site_charge_mw_max(model, t) + load_mw),
                       h * (prices->buy_eur_per_mwh[i] + fee));
    add_entry(model, row, -1);
    (void)begin_column(model, 0, pv_mw, 0);
    add_entry(model, row, 1);
}

static void bound_row(struct site_model *model, int row, double low, double high)
{
    model->row_low[row] = low;
    model->row_high[row] = high;
}

/* Power less slope * energy stays below where the taper's line meets no energy. */
static void bound_taper(struct site_model *model, size_t t, int row,
                        const struct mando_points *taper)
{
    for (int i = 0; i < taper_lines(taper); i++) {
        double slope = (taper->y[i + 1] - taper->y[i]) / (taper->x[i + 1] - taper->x[i]);
        double most = taper->y[i] - slope * taper->x[i];
        double start = t == 0 ? slope * model->problem->soc_start_mwh : 0;
        bound_row(model, row + 2 * i, -INFINITY, most + start);
        bound_row(model, row + 2 * i + 1, -INFINITY, most);
    }
}

static void bound_rows(struct site_model *model, size_t t)
{
    const struct site_problem *problem = model->problem;
    const struct mando_battery *battery = problem->battery;
    size_t i = problem->first + t;
    int row = (int)t * model->period_rows;
    double start_mwh = t == 0 ? model->keep * problem->soc_start_mwh : 0;
    double others_mw = asset_pv_mw(problem->prices, i) - asset_load_mw(battery, problem->prices, i);
    bound_row(model, row + BALANCE, start_mwh, start_mwh);
    bound_row(model, row + CONNECTION, others_mw, others_mw);
    bound_row(model, row + WEIGHTS, 1, 1);
    bound_row(model, row + ROOM, -INFINITY,
              fmax(site_soc_max_mwh(problem, t), model->keep * start_max_mwh(problem, t))
                  - start_mwh);
    bound_row(model, row + RESERVE,
              fmin(site_soc_min_mwh(problem, t), model->keep * start_min_mwh(problem, t))
                  - start_mwh,
              INFINITY);
    bound_taper(model, t, row + model->charge_taper, &battery->power_charge_mw_by_soc);
    bound_taper(model, t, row + model->discharge_taper, &battery->power_discharge_mw_by_soc);
    if (model->ramp >= 0) {
        double ramp_mw = t == 0 ? INFINITY : battery->ramp_mw_per_h_max * problem->step_h;
        bound_row(model, row + model->ramp, -ramp_mw, ramp_mw);
    }
}

/* A solver's tolerances are absolute: those of a battery of kilowatts must not be those of one of
 * megawatts. Of a large one they may not be more than what the gate allows it. */
static double unit_mw(const struct mando_battery *battery)
{
    double power_mw = fmax(battery->power_charge_mw, battery->power_discharge_mw);
    return fmin(power_mw, fmax(1, 1e-3 * battery->soc_max_mwh));
}

/* Weights have no unit. */
static void scale_rows(struct site_model *model)
{
    for (int i = 0; i < model->starts[model->lp.columns]; i++) {
        int row = model->indices[i];
        if (row >= model->limit_rows[0] || row % model->period_rows != WEIGHTS)
            model->values[i] /= model->unit;
    }
    for (int row = 0; row < model->lp.rows; row++)
        if (row >= model->limit_rows[0] || row % model->period_rows != WEIGHTS) {
            model->row_low[row] /= model->unit;
            model->row_high[row] /= model->unit;
        }
    for (int j = 0; j < model->lp.columns; j++)
        model->objective[j] /= model->unit;
}

bool site_model_build(const struct site_problem *problem, bool is_free_of_charge,
                      struct mando_arena *arena, struct site_model *model_out)
{
    struct site_model *model = model_out;
    *model = (struct site_model){
        .problem = problem,
        .charging = asset_charging(problem->battery),
        .discharging = asset_discharging(problem->battery),
        .keep = mando_kept_share(problem->battery->self_discharge_per_h, problem->step_h),
        .unit = unit_mw(problem->battery),
        .is_free_of_charge = is_free_of_charge,
    };
    lay_out(model);
    model->lp.columns = (int)problem->periods * model->period_columns;
    model->limit_rows[0] = (int)problem->periods * model->period_rows;
    model->limit_rows[1] = model->limit_rows[0] + (int)problem->limit_counts[0];
    model->lp.rows = model->limit_rows[1] + (int)problem->limit_counts[1];
    if (!allocate(model, arena))
        return false;
    model->lp.columns = 0;
    for (size_t t = 0; t < problem->periods; t++) {
        add_weights(model, t);
        add_soc(model, t);
        add_connection(model, t);
        bound_rows(model, t);
    }
    for (int list = 0; list < 2; list++)
        for (size_t i = 0; i < problem->limit_counts[list]; i++)
            bound_row(model, model->limit_rows[list] + (int)i, -INFINITY,
                      problem->limits[list][i].withdrawn_mwh_max);
    scale_rows(model);
    model->lp.objective = model->objective;
    model->lp.column_low = model->column_low;
    model->lp.column_high = model->column_high;
    model->lp.row_low = model->row_low;
    model->lp.row_high = model->row_high;
    model->lp.starts = model->starts;
    model->lp.indices = model->indices;
    model->lp.values = model->values;
    return true;
}
