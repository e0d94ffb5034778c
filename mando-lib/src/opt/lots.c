#include "opt/lots.h"

#include <math.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "opt/search.h"

struct mando_lots {
    size_t periods_max;
    struct values values;
    struct search_room room;
    int32_t *lots, *trial; /* of the best plan; of a search */
};

/* Work that a solve may take, labels made: for each period, and in all. */
#define WORK_PER_PERIOD 20000
#define WORK_MIN 1000000
#define WORK_MAX 20000000

/* One search after the other: ever more labels, and cells so fine that they hardly matter but keep
 * near copies of one state from filling all room. In between one goes over the whole range of energies
 * in coarse cells; the last gives up nothing but what there is no room for. */
static const struct stage {
    uint32_t labels;
    double cells_per_lot;
} STAGES[] = {
    {1, 4}, {8, 16}, {64, 64}, {128, 4}, {512, 256}, {4096, 1024}, {UINT32_MAX, INFINITY}};

#define STAGE_COUNT (sizeof STAGES / sizeof *STAGES)

enum mando_status mando_lots_setup(size_t periods_max, struct mando_lots **workspace_out,
                                   struct mando_error *error)
{
    struct mando_lots *w = mando_alloc(1, sizeof *w);
    bool is_there =
        w && values_setup(&w->values, periods_max, VALUES_CURVE_SEGMENTS, VALUES_POOL_SEGMENTS)
        && search_setup(&w->room, periods_max, w->values.segments_max);
    if (is_there) {
        w->periods_max = periods_max;
        w->lots = mando_alloc(periods_max, sizeof *w->lots);
        w->trial = mando_alloc(periods_max, sizeof *w->trial);
    }
    if (!is_there || !w->lots || !w->trial) {
        mando_lots_free(w);
        return mando_fail(error, MANDO_E_MEMORY, -1,
                          "there is no memory for a plan in lots of %zu periods", periods_max);
    }
    *workspace_out = w;
    return MANDO_OK;
}

void mando_lots_free(struct mando_lots *w)
{
    if (!w)
        return;
    values_release(&w->values);
    search_release(&w->room);
    mando_free(w->lots);
    mando_free(w->trial);
    mando_free(w);
}

/* A missed end costs twice the highest price of the horizon, or what one is paid at twice the lowest:
 * where prices are even the nearer end is taken, and no price makes missing it a trade. */
static struct lot_terms lot_terms_of(const struct mando_optimize_problem *problem, double lot_mw)
{
    struct lot_terms lots = {.terms = terms_of(problem), .lot_mw = lot_mw};
    lots.same_mwh = same_state_mwh(&lots.terms);
    lots.terms.slack_mwh = lots_slack_mwh(&lots.terms);
    lots.stored_mwh = lot_mw * lots.terms.stored_mwh_per_mw;
    lots.withdrawn_mwh = lot_mw * lots.terms.withdrawn_mwh_per_mw;
    for (size_t t = 0; t < problem->periods; t++) {
        struct period period = period_at(&lots.terms, t);
        lots.missing_end_eur =
            fmax(lots.missing_end_eur, fmax(period.charge_eur, period.discharge_eur));
        lots.beyond_end_eur =
            fmin(lots.beyond_end_eur, fmin(period.charge_eur, period.discharge_eur));
        lots.burning_periods += period.charge_eur < period.discharge_eur;
    }
    lots.missing_end_eur *= 2;
    lots.beyond_end_eur *= 2;
    return lots;
}

double mando_lots_end_slack_mwh(const struct mando_optimize_problem *problem, double lot_mw)
{
    return terms_of(problem).withdrawn_mwh_per_mw * lot_mw;
}

/* The first period that lots do not get through when the end is free. Where there are more states than
 * fit, those that stay are spread over all energies. */
static size_t broken_period(struct mando_lots *w, const struct lot_terms *lots)
{
    size_t periods = lots->terms.periods, ended = 0;
    uint32_t most = search_labels_max(&w->room, periods);
    double range_mwh = lots->terms.soc_max_mwh - lots->terms.soc_min_mwh;
    const double cells_mwh[] = {lots->same_mwh, fmax(4 * range_mwh / most, lots->same_mwh)};
    bool is_known = false;
    for (int i = 0; i < 2 && !is_known; i++) {
        struct search search = {.lots = lots,
                                .known_eur = -INFINITY,
                                .known_rank_eur = -INFINITY,
                                .labels_max = most,
                                .cell_mwh = cells_mwh[i],
                                .work_max = WORK_MAX};
        is_known = search_run(&search, &w->room, w->trial) || isinf(search.missed_eur);
        ended = search.ended > ended ? search.ended : ended;
    }
    return ended < periods ? ended : periods - 1;
}

/* Names the period that breaks a problem. */
static enum mando_status fail_infeasible(struct mando_lots *w, const struct lot_terms *lots,
                                         bool is_proven, struct mando_error *error)
{
    size_t t = broken_period(w, lots);
    if (!is_proven)
        return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)t,
                          "no plan in lots of %.9g MW was found that keeps all limits",
                          lots->lot_mw);
    return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)t,
                      "no plan in lots of %.9g MW keeps all limits", lots->lot_mw);
}

/* Searches until a stage proves the best plan or the work is done. */
static void search_all(struct mando_lots *w, const struct lot_terms *lots,
                       struct mando_optimize_info *info)
{
    size_t periods = lots->terms.periods;
    uint32_t most = search_labels_max(&w->room, periods);
    double work = fmax(WORK_MIN, fmin(WORK_MAX, (double)WORK_PER_PERIOD * (double)periods));
    double work_left = work;
    struct search search = {
        .lots = lots, .values = &w->values, .known_eur = -INFINITY, .known_rank_eur = -INFINITY};
    bool goes_on = true;
    for (size_t i = 0; i < STAGE_COUNT && goes_on; i++) {
        search.labels_max = STAGES[i].labels < most ? STAGES[i].labels : most;
        search.cell_mwh = fmax(lots->withdrawn_mwh / STAGES[i].cells_per_lot, lots->same_mwh);
        search.work_max = work_left;
        if (search_run(&search, &w->room, w->trial)) {
            int32_t *better = w->trial;
            w->trial = w->lots;
            w->lots = better;
            info->objective_eur = search.known_eur;
        }
        info->bound_eur = fmin(info->bound_eur, fmax(search.known_eur, search.missed_eur));
        info->optimal = info->bound_eur <= info->objective_eur + SAME_EUR;
        work_left -= search.work;
        goes_on = !info->optimal && work_left > work / 4;
    }
    if (info->optimal)
        info->bound_eur = info->objective_eur;
    info->method = info->periods_nonconcave > 0 ? MANDO_METHOD_PIECES : MANDO_METHOD_CONCAVE;
}

/* Right-hand derivative, left-hand where no more fits, NaN where nothing else does. */
static double slope_at(const struct curve *curve, double soc_mwh, double same_mwh)
{
    double position = curve->low_mwh;
    for (size_t i = 0; i < curve->count; i++) {
        position += curve->segments[i].length;
        if (soc_mwh + same_mwh < position)
            return curve->segments[i].slope;
    }
    return curve->count > 0 ? curve->segments[curve->count - 1].slope : NAN;
}

static void write_solution(struct mando_lots *w, const struct lot_terms *lots,
                           const struct mando_optimize_solution *solution)
{
    double soc_mwh = lots->terms.soc_start_mwh;
    size_t periods = lots->terms.periods;
    for (size_t t = 0; t < periods; t++) {
        int32_t traded = w->lots[t];
        soc_mwh = soc_mwh * lots->terms.keep
                  - traded * (traded > 0 ? lots->withdrawn_mwh : lots->stored_mwh);
        if (solution->power_mw)
            solution->power_mw[t] = traded * lots->lot_mw;
        if (solution->soc_mwh)
            solution->soc_mwh[t] = soc_mwh;
        if (!solution->water_value_eur_per_mwh)
            continue;
        struct curve curve = values_at(&w->values, lots, t);
        bool is_fixed = t + 1 == periods && !isnan(lots->terms.soc_end_mwh);
        solution->water_value_eur_per_mwh[t] =
            is_fixed ? NAN : slope_at(&curve, soc_mwh, lots->same_mwh);
    }
}

enum mando_status mando_lots_solve(struct mando_lots *w,
                                   const struct mando_optimize_problem *problem, double lot_mw,
                                   const struct mando_optimize_solution *solution,
                                   struct mando_optimize_info *info, struct mando_error *error)
{
    const struct mando_optimize_settings settings = {.periods_max = w->periods_max};
    enum mando_status status = terms_check(problem, &settings, error);
    if (status != MANDO_OK)
        return status;
    double power_mw = fmax(problem->power_charge_mw, problem->power_discharge_mw);
    if (!(lot_mw > 0 && power_mw / lot_mw < 1e9))
        return mando_fail(error, MANDO_E_OPTIMIZE_PROBLEM, -1,
                          "a lot of %.9g MW is too small for a power of %.9g MW", lot_mw, power_mw);
    struct lot_terms lots = lot_terms_of(problem, lot_mw);
    struct mando_optimize_info result = {.objective_eur = -INFINITY,
                                         .periods_nonconcave = lots.burning_periods};
    if (!values_fill(&w->values, &lots, &result.bound_eur))
        return fail_infeasible(w, &lots, true, error);
    search_all(w, &lots, &result);
    if (isinf(result.objective_eur))
        return fail_infeasible(w, &lots, result.bound_eur == -INFINITY, error);
    if (solution)
        write_solution(w, &lots, solution);
    if (info)
        *info = result;
    return MANDO_OK;
}
