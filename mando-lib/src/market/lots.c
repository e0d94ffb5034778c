#include "market/lots.h"

#include <math.h>
#include <stdbool.h>

#include "base/fail.h"
#include "domain/leak.h"

/* A limit this near below a multiple of a lot is that multiple: 0.3 holds three lots of 0.1. */
#define NEAR_LOT 1e-9

static double whole_lots(double power_mw, double lot_mw)
{
    return floor(power_mw / lot_mw + NEAR_LOT) * lot_mw;
}

struct mando_optimize_problem mando_lots_problem(const struct mando_optimize_problem *problem,
                                                 double lot_mw, const struct mando_lots_room *room)
{
    struct mando_optimize_problem lots = *problem;
    for (size_t t = 0; t < problem->periods; t++) {
        double charge = problem->power_charge_mw, discharge = problem->power_discharge_mw;
        if (problem->power_charge_mw_max)
            charge = fmin(charge, problem->power_charge_mw_max[t]);
        if (problem->power_discharge_mw_max)
            discharge = fmin(discharge, problem->power_discharge_mw_max[t]);
        room->charge_mw_max[t] = whole_lots(charge, lot_mw);
        room->discharge_mw_max[t] = whole_lots(discharge, lot_mw);
    }
    lots.power_charge_mw_max = room->charge_mw_max;
    lots.power_discharge_mw_max = room->discharge_mw_max;
    return lots;
}

/* What one lot for one period moves at the cells. */
struct lot {
    double power_mw, stored_mwh, withdrawn_mwh;
};

static struct lot lot_of(const struct mando_optimize_problem *p, double lot_mw)
{
    return (struct lot){lot_mw, lot_mw * p->step_h * p->efficiency_charge,
                        lot_mw * p->step_h / p->efficiency_discharge};
}

double mando_lots_end_slack_mwh(const struct mando_optimize_problem *problem, double lot_mw)
{
    return lot_of(problem, lot_mw).withdrawn_mwh;
}

static double tighter_low(const struct mando_optimize_problem *p, size_t t)
{
    return fmax(p->soc_min_mwh, p->soc_min_mwh_end ? p->soc_min_mwh_end[t] : NAN);
}

static double tighter_high(const struct mando_optimize_problem *p, size_t t)
{
    return fmin(p->soc_max_mwh, p->soc_max_mwh_end ? p->soc_max_mwh_end[t] : NAN);
}

/* Fills the range of energies at the end of each period from which whole powers reach the end; a
 * fixed end is a range of less than one lot to each side. */
static void fill_ranges(const struct mando_optimize_problem *p, struct lot lot, double keep,
                        const struct mando_lots_room *room)
{
    double low = -INFINITY, high = INFINITY;
    if (!isnan(p->soc_end_mwh)) {
        low = p->soc_end_mwh - lot.stored_mwh * (1 - NEAR_LOT);
        high = p->soc_end_mwh + lot.withdrawn_mwh * (1 - NEAR_LOT);
    }
    for (size_t t = p->periods; t-- > 0;) {
        low = room->low_mwh[t] = fmax(low, tighter_low(p, t));
        high = room->high_mwh[t] = fmin(high, tighter_high(p, t));
        low = (low - room->charge_mw_max[t] / lot.power_mw * lot.stored_mwh) / keep;
        high = (high + room->discharge_mw_max[t] / lot.power_mw * lot.withdrawn_mwh) / keep;
    }
}

/* The state after `lots` > 0 sold or < 0 bought. */
static double state_after(struct lot lot, double soc_mwh, double lots)
{
    return soc_mwh - lots * (lots > 0 ? lot.withdrawn_mwh : lot.stored_mwh);
}

/* Lots that bring soc_mwh to a target: whole, without passing it, unless that leaves [low, high]. */
static double choose_lots(struct lot lot, double soc_mwh, double target_mwh, double low_mwh,
                          double high_mwh)
{
    double wanted_mwh = soc_mwh - target_mwh;
    double lots = trunc(wanted_mwh / (wanted_mwh > 0 ? lot.withdrawn_mwh : lot.stored_mwh)
                        + (wanted_mwh > 0 ? NEAR_LOT : -NEAR_LOT));
    if (state_after(lot, soc_mwh, lots) > high_mwh)
        lots = ceil((soc_mwh - high_mwh) / (soc_mwh > high_mwh ? lot.withdrawn_mwh : lot.stored_mwh)
                    - NEAR_LOT);
    if (state_after(lot, soc_mwh, lots) < low_mwh)
        lots = -ceil((low_mwh - soc_mwh) / (soc_mwh < low_mwh ? lot.stored_mwh : lot.withdrawn_mwh)
                     - NEAR_LOT);
    return lots;
}

enum mando_status mando_lots_follow(const struct mando_optimize_problem *p, double lot_mw,
                                    const struct mando_lots_room *room, double *power_mw_out,
                                    double *soc_mwh_out, struct mando_error *error)
{
    struct lot lot = lot_of(p, lot_mw);
    double keep = mando_kept_share(p->self_discharge_per_h, p->step_h);
    double soc_mwh = p->soc_start_mwh, slack_mwh = 1e-10;
    fill_ranges(p, lot, keep, room);
    for (size_t t = 0; t < p->periods; t++) {
        double low = room->low_mwh[t], high = room->high_mwh[t];
        double lots = choose_lots(lot, soc_mwh * keep, room->exact_soc_mwh[t], low, high);
        lots = fmin(lots, rint(room->discharge_mw_max[t] / lot_mw));
        lots = fmax(lots, -rint(room->charge_mw_max[t] / lot_mw));
        soc_mwh = state_after(lot, soc_mwh * keep, lots);
        if (!(soc_mwh >= low - slack_mwh && soc_mwh <= high + slack_mwh))
            return mando_fail(error, MANDO_E_OPTIMIZE_INFEASIBLE, (int64_t)t,
                              "no plan in lots of %.9g MW was found that keeps all limits", lot_mw);
        power_mw_out[t] = lots * lot_mw;
        soc_mwh_out[t] = soc_mwh;
    }
    return MANDO_OK;
}
