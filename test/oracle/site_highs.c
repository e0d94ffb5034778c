#include "site_highs.h"

#include <math.h>
#include <stdlib.h>

#include "mando/time.h"

#define SITE_HIGHS_PERIODS_MAX 400

#ifdef HAVE_HIGHS

#include <interfaces/highs_c_api.h>

/* A model that grows by columns and rows; rows hold their entries one after the other. */
struct milp {
    int columns, rows, entries, room;
    double *objective, *low, *high, *row_low, *row_high, *values;
    int *integral, *starts, *indices;
};

static void *grown(void *block, int count, size_t size)
{
    void *larger = realloc(block, (size_t)count * size);
    if (!larger)
        abort();
    return larger;
}

static void reserve(struct milp *m, int room)
{
    m->room = room;
    m->objective = grown(m->objective, room, sizeof(double));
    m->low = grown(m->low, room, sizeof(double));
    m->high = grown(m->high, room, sizeof(double));
    m->row_low = grown(m->row_low, room, sizeof(double));
    m->row_high = grown(m->row_high, room, sizeof(double));
    m->values = grown(m->values, room, sizeof(double));
    m->integral = grown(m->integral, room, sizeof(int));
    m->starts = grown(m->starts, room + 1, sizeof(int));
    m->indices = grown(m->indices, room, sizeof(int));
}

static int column(struct milp *m, double low, double high, double objective, bool integral)
{
    if (m->columns + 1 >= m->room)
        reserve(m, 2 * m->room + 64);
    int j = m->columns++;
    m->low[j] = low;
    m->high[j] = high;
    m->objective[j] = objective;
    m->integral[j] = integral;
    return j;
}

static void begin_row(struct milp *m, double low, double high)
{
    if (m->rows + 1 >= m->room)
        reserve(m, 2 * m->room + 64);
    m->starts[m->rows] = m->entries;
    m->row_low[m->rows] = low;
    m->row_high[m->rows++] = high;
}

static void entry(struct milp *m, int j, double value)
{
    if (m->entries + 1 >= m->room)
        reserve(m, 2 * m->room + 64);
    m->indices[m->entries] = j;
    m->values[m->entries++] = value;
}

static void release(struct milp *m)
{
    free(m->objective);
    free(m->low);
    free(m->high);
    free(m->row_low);
    free(m->row_high);
    free(m->values);
    free(m->integral);
    free(m->starts);
    free(m->indices);
}

/* Splits the power column into segments that end at x, filled in order; writes their columns. */
static void split(struct milp *m, int power, double power_max, const struct mando_points *points,
                  int *columns_out)
{
    double from = 0;
    for (size_t k = 0; k < points->count; k++) {
        bool is_last = k + 1 == points->count;
        double width = (is_last ? fmax(points->x[k], power_max) : points->x[k]) - from;
        columns_out[k] = column(m, 0, width, 0, false);
        if (k > 0) {
            int full = column(m, 0, 1, 0, true); /* the segment before is full */
            begin_row(m, 0, INFINITY);
            entry(m, columns_out[k - 1], 1);
            entry(m, full, -(from - (k > 1 ? points->x[k - 2] : 0)));
            begin_row(m, -INFINITY, 0);
            entry(m, columns_out[k], 1);
            entry(m, full, -width);
        }
        from = points->x[k];
    }
    begin_row(m, 0, 0);
    entry(m, power, 1);
    for (size_t k = 0; k < points->count; k++)
        entry(m, columns_out[k], -1);
}

struct site {
    const struct mando_battery *b;
    const struct mando_prices *p;
    double h;
    struct milp m;
    int soc_before, charge_before, discharge_before; /* of the period before, -1 = none */
    int withdrawn[SITE_HIGHS_PERIODS_MAX];           /* MWh at the cells in each period */
};

/* The energy of a direction in the balance row that was begun. */
struct flow {
    int power;
    size_t count; /* of segments; 0 = one efficiency */
    int segments[MANDO_POINTS_MAX];
};

static void balance_entries(struct site *s, const struct flow *flow,
                            const struct mando_points *points, double efficiency, bool charges)
{
    double constant = charges ? -efficiency * s->h : s->h / efficiency;
    if (flow->count == 0)
        entry(&s->m, flow->power, constant);
    double x = 0, cells = 0;
    for (size_t k = 0; k < flow->count; k++) {
        double to = charges ? points->x[k] * points->y[k] : points->x[k] / points->y[k];
        entry(&s->m, flow->segments[k], constant * (to - cells) / (points->x[k] - x));
        x = points->x[k];
        cells = to;
    }
}

static struct flow add_direction(struct site *s, size_t t, int charging, bool charges)
{
    const struct mando_battery *b = s->b;
    const double *limits = charges ? s->p->power_charge_mw_max : s->p->power_discharge_mw_max;
    double most = charges ? b->power_charge_mw : b->power_discharge_mw;
    if (limits && limits[t] < most)
        most = limits[t];
    const struct mando_points *points =
        charges ? &b->efficiency_charge_by_power : &b->efficiency_discharge_by_power;
    struct flow flow = {.count = points->count};
    double cost = charges ? 0 : -s->h * b->degradation_eur_per_mwh;
    flow.power = column(&s->m, 0, most, cost, false);
    begin_row(&s->m, -INFINITY, charges ? 0 : most); /* never both */
    entry(&s->m, flow.power, 1);
    entry(&s->m, charging, charges ? -most : most);
    if (points->count)
        split(&s->m, flow.power, most, points, flow.segments);
    return flow;
}

static void add_levels(struct site *s, int discharge)
{
    const struct mando_points *levels = &s->b->degradation_eur_per_mwh_by_power;
    int segments[MANDO_POINTS_MAX];
    if (levels->count == 0)
        return;
    split(&s->m, discharge, s->b->power_discharge_mw, levels, segments);
    for (size_t k = 0; k < levels->count; k++)
        s->m.objective[segments[k]] = -s->h * levels->y[k];
}

/* power <= taper(energy); soc is a column, or -1 for the energy at the start. */
static void add_taper(struct site *s, int power, int soc, const struct mando_points *taper)
{
    for (size_t i = 0; i + 1 < taper->count; i++) {
        double slope = (taper->y[i + 1] - taper->y[i]) / (taper->x[i + 1] - taper->x[i]);
        double most = taper->y[i] - slope * taper->x[i];
        begin_row(&s->m, -INFINITY, most + (soc < 0 ? slope * s->b->soc_start_mwh : 0));
        entry(&s->m, power, 1);
        if (soc >= 0)
            entry(&s->m, soc, -slope);
    }
}

static int add_soc(struct site *s, size_t t)
{
    const struct mando_battery *b = s->b;
    double low = b->soc_min_mwh, high = b->soc_max_mwh, value = 0;
    if (s->p->soc_min_mwh && s->p->soc_min_mwh[t] > low)
        low = s->p->soc_min_mwh[t];
    if (s->p->soc_max_mwh && s->p->soc_max_mwh[t] < high)
        high = s->p->soc_max_mwh[t];
    if (t + 1 == s->p->count && isnan(b->soc_end_mwh))
        value = b->soc_end_value_eur_per_mwh;
    if (t + 1 == s->p->count && !isnan(b->soc_end_mwh)) {
        low = fmax(low, b->soc_end_mwh);
        high = fmin(high, b->soc_end_mwh);
    }
    return column(&s->m, low, high, value, false);
}

static void add_ramp(struct site *s, int charge, int discharge)
{
    double most = s->b->ramp_mw_per_h_max * s->h;
    if (isnan(most) || s->charge_before < 0)
        return;
    begin_row(&s->m, -most, most);
    entry(&s->m, discharge, 1);
    entry(&s->m, charge, -1);
    entry(&s->m, s->discharge_before, -1);
    entry(&s->m, s->charge_before, 1);
}

static void add_connection(struct site *s, size_t t, int charge, int discharge)
{
    const struct mando_battery *b = s->b;
    double pv = s->p->pv_mw ? s->p->pv_mw[t] : 0;
    double load = fmax(b->auxiliary_mw, 0) + (s->p->load_mw ? s->p->load_mw[t] : 0);
    double import_max = isnan(b->import_mw_max) ? INFINITY : b->import_mw_max;
    double export_max = isnan(b->export_mw_max) ? INFINITY : b->export_mw_max;
    int used = column(&s->m, 0, pv, 0, false);
    int bought = column(&s->m, 0, import_max,
                        -s->h * (s->p->buy_eur_per_mwh[t] + b->fee_eur_per_mwh), false);
    int sold = column(&s->m, 0, export_max, s->h * (s->p->sell_eur_per_mwh[t] - b->fee_eur_per_mwh),
                      false);
    begin_row(&s->m, load, load);
    entry(&s->m, used, 1);
    entry(&s->m, bought, 1);
    entry(&s->m, discharge, 1);
    entry(&s->m, charge, -1);
    entry(&s->m, sold, -1);
}

static void add_period(struct site *s, size_t t)
{
    const struct mando_battery *b = s->b;
    double keep = pow(1 - b->self_discharge_per_h, s->h);
    int charging = column(&s->m, 0, 1, 0, true);
    struct flow charge = add_direction(s, t, charging, true);
    struct flow discharge = add_direction(s, t, charging, false);
    add_levels(s, discharge.power);
    int soc = add_soc(s, t);
    double start = s->soc_before < 0 ? keep * b->soc_start_mwh : 0;
    begin_row(&s->m, start, start);
    entry(&s->m, soc, 1);
    if (s->soc_before >= 0)
        entry(&s->m, s->soc_before, -keep);
    balance_entries(s, &charge, &b->efficiency_charge_by_power, b->efficiency_charge, true);
    int withdrawn = s->withdrawn[t] = column(&s->m, 0, INFINITY, 0, false);
    entry(&s->m, withdrawn, 1);
    begin_row(&s->m, 0, 0);
    entry(&s->m, withdrawn, -1);
    balance_entries(s, &discharge, &b->efficiency_discharge_by_power, b->efficiency_discharge,
                    false);
    add_taper(s, charge.power, s->soc_before, &b->power_charge_mw_by_soc);
    add_taper(s, charge.power, soc, &b->power_charge_mw_by_soc);
    add_taper(s, discharge.power, s->soc_before, &b->power_discharge_mw_by_soc);
    add_taper(s, discharge.power, soc, &b->power_discharge_mw_by_soc);
    add_ramp(s, charge.power, discharge.power);
    add_connection(s, t, charge.power, discharge.power);
    s->soc_before = soc;
    s->charge_before = charge.power;
    s->discharge_before = discharge.power;
}

/* A limit for each day of UTC. */
static void add_cycles(struct site *s)
{
    const struct mando_battery *b = s->b;
    int64_t day = -1;
    for (size_t t = 0; t < s->p->count && !isnan(b->cycles_per_day_max); t++) {
        int64_t own = (s->p->start_us + (int64_t)t * s->p->step_us) / MANDO_DAY_US;
        if (own != day)
            begin_row(&s->m, -INFINITY, b->cycles_per_day_max * (b->soc_max_mwh - b->soc_min_mwh));
        entry(&s->m, s->withdrawn[t], 1);
        day = own;
    }
}

static void *load(const struct milp *m, bool integral)
{
    void *highs = Highs_create();
    (void)Highs_setBoolOptionValue(highs, "output_flag", 0);
    (void)Highs_setIntOptionValue(highs, "threads", 1);
    (void)Highs_setDoubleOptionValue(highs, "time_limit", 30);
    /* A third of the time on problems as small as these, which are solved without. */
    (void)Highs_setBoolOptionValue(highs, "mip_heuristic_run_feasibility_jump", 0);
    (void)Highs_setDoubleOptionValue(highs, "mip_rel_gap", 0);
    (void)Highs_setDoubleOptionValue(highs, "mip_abs_gap", 1e-9);
    (void)Highs_setDoubleOptionValue(highs, "mip_feasibility_tolerance", 1e-9);
    (void)Highs_setDoubleOptionValue(highs, "primal_feasibility_tolerance", 1e-9);
    (void)Highs_setDoubleOptionValue(highs, "dual_feasibility_tolerance", 1e-9);
    const int *integrality = integral ? m->integral : NULL;
    (void)Highs_passMip(highs, m->columns, m->rows, m->entries, 2, -1, 0, m->objective, m->low,
                        m->high, m->row_low, m->row_high, m->starts, m->indices, m->values,
                        integrality);
    (void)Highs_run(highs);
    return highs;
}

static enum model_answer answer_of(const void *highs)
{
    int status = Highs_getModelStatus(highs);
    return status == kHighsModelStatusOptimal      ? MODEL_OPTIMAL
           : status == kHighsModelStatusInfeasible ? MODEL_INFEASIBLE
                                                   : MODEL_UNSOLVED;
}

/* The MILP chooses the binaries, an LP with these fixed gives the value. */
static enum model_answer solve(struct milp *m, double *objective_out)
{
    void *highs = load(m, true);
    enum model_answer answer = answer_of(highs);
    double *values = grown(NULL, m->columns, sizeof *values);
    if (answer == MODEL_OPTIMAL)
        (void)Highs_getSolution(highs, values, NULL, NULL, NULL);
    Highs_destroy(highs);
    for (int j = 0; answer == MODEL_OPTIMAL && j < m->columns; j++)
        if (m->integral[j])
            m->low[j] = m->high[j] = round(values[j]);
    free(values);
    if (answer != MODEL_OPTIMAL)
        return answer;
    highs = load(m, false);
    answer = answer_of(highs);
    *objective_out = Highs_getObjectiveValue(highs);
    Highs_destroy(highs);
    return answer == MODEL_OPTIMAL ? MODEL_OPTIMAL : MODEL_UNSOLVED;
}

bool site_highs_is_there(void)
{
    return true;
}

enum model_answer site_highs(const struct mando_battery *battery, const struct mando_prices *prices,
                             double *objective_out)
{
    struct site site = {.b = battery,
                        .p = prices,
                        .h = (double)prices->step_us / (double)MANDO_HOUR_US,
                        .soc_before = -1,
                        .charge_before = -1};
    reserve(&site.m, 1024);
    for (size_t t = 0; t < prices->count; t++)
        add_period(&site, t);
    add_cycles(&site);
    enum model_answer answer = solve(&site.m, objective_out);
    release(&site.m);
    return answer;
}

#else

bool site_highs_is_there(void)
{
    return false;
}

enum model_answer site_highs(const struct mando_battery *battery, const struct mando_prices *prices,
                             double *objective_out)
{
    (void)battery;
    (void)prices;
    (void)objective_out;
    return MODEL_UNSOLVED;
}

#endif
