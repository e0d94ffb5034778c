/* mando/gate.h: the feasibility gate. Every plan and, later, every order passes through it.
 *
 * It trusts nothing: it replays the powers against the battery and compares. Positive power
 * discharges; energies are at the cells. Pure: allocates nothing, any thread. */
#ifndef MANDO_GATE_H
#define MANDO_GATE_H

#include "mando/battery.h"
#include "mando/optimize.h"
#include "mando/prices.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bounds may be missed by less than this, MWh (and MWh per step for powers): rounding only. Above
 * 1,000 MWh rounding is more: there it is 1e-12 of soc_max_mwh. */
#define MANDO_GATE_SLACK_MWH 1e-9

struct mando_gate_plan {
    size_t periods;
    double step_h;
    double soc_start_mwh; /* within the battery's limits */
    double soc_end_mwh;   /* the plan must end here within end_slack_mwh; NaN = free */
    double end_slack_mwh; /* 0 but for a plan in lots, which may miss by less than one lot */
    const double *power_mw;
    const double *soc_mwh; /* as the plan claims, compared with the replay; NULL = not compared */
    const double *curtailed_mw;        /* of the PV; NULL = as little as the connection needs */
    const struct mando_prices *limits; /* limits, PV and load of every period; NULL = none */
    size_t limits_first; /* the period of `limits` that belongs to period 0 of the plan */
    /* Limits on what may be withdrawn at the cells: two lists, of days and of years. */
    const struct mando_optimize_limit *throughput[2];
    size_t throughput_count[2];
};

/* MANDO_OK if the plan can be run.
 * MANDO_INVALID    gate.value; field.*, battery.* of the battery
 * MANDO_INFEASIBLE gate.power, gate.ramp, gate.connection, gate.soc, gate.energy, gate.end,
 *                  gate.cycles;
 *                  error->index is the first period that breaks a limit. */
MANDO_API enum mando_status mando_gate_check(const struct mando_battery *battery,
                                             const struct mando_gate_plan *plan,
                                             struct mando_error *error);

#ifdef __cplusplus
}
#endif

#endif
