/* opt/period.h: what one period of a problem means for stored energy.
 *
 * The kernel thinks in MWh at the cells: charging moves the state up at a cost for each stored MWh,
 * discharging moves it down and earns for each withdrawn MWh. */
#ifndef MANDO_OPT_PERIOD_H
#define MANDO_OPT_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

#include "mando/optimize.h"

/* The trade of a period: x in [-down, up] changes the state; x > 0 pays charge_eur * x, x < 0 earns
 * discharge_eur * -x. Burning energy would pay where charge_eur < discharge_eur. */
struct period {
    double charge_eur, discharge_eur; /* EUR per MWh at the cells */
    double up_mwh, down_mwh;
    double charge_mw, discharge_mw; /* the same two limits at the grid */
};

/* The direction a burning period is held to; 0 = none. */
enum direction { DIRECTION_FREE, DIRECTION_CHARGE, DIRECTION_DISCHARGE };

/* What is the same in every period, copied out of a problem so that loops keep it in registers. */
struct terms {
    const double *buy_eur_per_mwh, *sell_eur_per_mwh;
    const double *charge_mw_max, *discharge_mw_max, *soc_min_mwh_end, *soc_max_mwh_end;
    size_t periods;
    double charge_mw, discharge_mw, soc_min_mwh, soc_max_mwh;
    double soc_start_mwh, soc_end_mwh, soc_end_value_eur_per_mwh;
    double stored_mwh_per_mw;    /* h * efficiency_charge */
    double withdrawn_mwh_per_mw; /* h / efficiency_discharge */
    double per_stored;           /* 1 / efficiency_charge */
    double efficiency_discharge;
    double purchase_cost_eur; /* fee per MWh bought */
    double sale_cost_eur;     /* fee and degradation per MWh sold */
    double throughput_eur;    /* price of a MWh withdrawn at the cells, of a limit on cycles */
    const double *throughput_eur_at; /* and that of each period, NULL = none; not where plain */
    const uint8_t *directions;       /* of burning periods, NULL = all free; not where plain */
    double keep;                     /* share of the stored energy that is left after a period */
    double slack_mwh;                /* by which bounds are widened */
    double dust_mwh;                 /* a smaller trade is rounding, not intent */
    bool is_repeated; /* the same prices just before, so that branches are foreseen */
    bool plain; /* limits are the same in all periods and nothing leaks: the loops' short way */
};

static inline double smaller(double a, double b)
{
    return a < b ? a : b;
}

static inline double greater(double a, double b)
{
    return a > b ? a : b;
}

/* How far a bound may be missed before a problem counts as infeasible: as far as the gate forgives. */
static inline double missed_mwh_max(const struct terms *terms)
{
    return greater(1e-9, 10 * terms->dust_mwh);
}

/* The stricter of a limit and a period's own, which NULL and NaN leave as it is. */
static inline double stricter_max(double limit, const double *own, size_t t)
{
    return own && own[t] < limit ? own[t] : limit;
}

static inline double stricter_min(double limit, const double *own, size_t t)
{
    return own && own[t] > limit ? own[t] : limit;
}

static inline struct period period_at(const struct terms *terms, size_t t)
{
    double charge_mw = terms->charge_mw, discharge_mw = terms->discharge_mw;
    double throughput_eur = terms->throughput_eur;
    if (!terms->plain) {
        throughput_eur += terms->throughput_eur_at ? terms->throughput_eur_at[t] : 0;
        charge_mw = stricter_max(charge_mw, terms->charge_mw_max, t);
        discharge_mw = stricter_max(discharge_mw, terms->discharge_mw_max, t);
    }
    return (struct period){
        .charge_eur = (terms->buy_eur_per_mwh[t] + terms->purchase_cost_eur) * terms->per_stored,
        .discharge_eur =
            (terms->sell_eur_per_mwh[t] - terms->sale_cost_eur) * terms->efficiency_discharge
            - throughput_eur,
        .up_mwh = charge_mw * terms->stored_mwh_per_mw,
        .down_mwh = discharge_mw * terms->withdrawn_mwh_per_mw,
        .charge_mw = charge_mw,
        .discharge_mw = discharge_mw,
    };
}

/* A period that is held to one direction is a concave one. */
static inline struct period period_held(struct period period, uint8_t direction)
{
    if (direction == DIRECTION_FREE)
        return period;
    if (direction == DIRECTION_CHARGE) {
        period.down_mwh = period.discharge_mw = 0;
        period.discharge_eur = period.charge_eur;
    } else {
        period.up_mwh = period.charge_mw = 0;
        period.charge_eur = period.discharge_eur;
    }
    return period;
}

/* The period as a solve sees it. */
static inline struct period period_for(const struct terms *terms, size_t t)
{
    struct period period = period_at(terms, t);
    return terms->directions ? period_held(period, terms->directions[t]) : period;
}

/* Bounds of the state at the end of period t. */
static inline double soc_min_at(const struct terms *terms, size_t t)
{
    double low = terms->soc_min_mwh;
    if (!terms->plain)
        low = stricter_min(low, terms->soc_min_mwh_end, t);
    return low - terms->slack_mwh;
}

static inline double soc_max_at(const struct terms *terms, size_t t)
{
    double high = terms->soc_max_mwh;
    if (!terms->plain)
        high = stricter_max(high, terms->soc_max_mwh_end, t);
    return high + terms->slack_mwh;
}

/* A power of two near 1e30: what prices may not reach, so that no sum of money overflows. */
#define PRICE_EUR_PER_MWH_MAX 0x1p100

/* EUR/MWh: a smaller gain is rounding, and there nothing is traded. */
#define TIE_EUR_PER_MWH 1e-11

/* A power nearer to its limit than this share of it is the limit. */
#define NEAR_LIMIT 1e-13

/* Whether all is well but for prices and limits of single periods, which this does not look at. */
bool terms_are_sound(const struct mando_optimize_problem *problem);

/* Checks a problem; error->index is the period of a malformed entry. */
enum mando_status terms_check(const struct mando_optimize_problem *problem,
                              const struct mando_optimize_settings *settings,
                              struct mando_error *error);

/* Derives the terms of a checked problem. */
struct terms terms_of(const struct mando_optimize_problem *problem);

/* The first period that makes a problem infeasible (see optimize.h), or `periods` if none does when
 * every bound may be missed by slack_mwh. */
size_t terms_infeasible_from(const struct terms *terms, double slack_mwh);

#endif
