/* domain/asset.h: what the curves of a battery say, and what its connection carries.
 *
 * Pure functions of a checked battery; prices may be NULL, as without PV and load. Powers are at the
 * grid unless they are said to be at the cells; a power a rounding error past the end of a curve lies
 * on its last segment. */
#ifndef MANDO_DOMAIN_ASSET_H
#define MANDO_DOMAIN_ASSET_H

#include <stdbool.h>

#include "mando/battery.h"
#include "mando/prices.h"

#define ASSET_SEGMENTS_MAX (2 * MANDO_POINTS_MAX + 1)

/* Power in one direction from 0 on, in segments that are filled in order. */
struct asset_curve {
    size_t count;
    double to_mw[ASSET_SEGMENTS_MAX];      /* end of the segment; the last one may be infinite */
    double cells[ASSET_SEGMENTS_MAX];      /* MW at the cells per MW: falls charging, else rises */
    double ageing_eur[ASSET_SEGMENTS_MAX]; /* EUR/MWh at the grid, rises */
};

struct asset_curve asset_charging(const struct mando_battery *battery);
struct asset_curve asset_discharging(const struct mando_battery *battery);

double asset_cells_mw(const struct asset_curve *curve, double power_mw);
double asset_power_mw(const struct asset_curve *curve, double cells_mw); /* the inverse */
double asset_ageing_eur_per_h(const struct asset_curve *curve, double power_mw);

/* A concave function: the least of its lines, of which NULL and no points have none (INFINITY). */
double asset_taper_mw(const struct mando_points *taper, double soc_mwh);

/* Whether a plan needs more than one efficiency, one cost and the battery's own connection. */
bool asset_is_piecewise(const struct mando_battery *battery, const struct mando_prices *prices);

/* Something other than the battery is at the connection. */
bool asset_has_site(const struct mando_battery *battery, const struct mando_prices *prices);

/* What else the connection carries in period t: PV before curtailment; load and auxiliary_mw. */
double asset_pv_mw(const struct mando_prices *prices, size_t t);
double asset_load_mw(const struct mando_battery *battery, const struct mando_prices *prices,
                     size_t t);

struct asset_flow {
    double grid_mw;      /* export is positive */
    double curtailed_mw; /* of the PV */
};

/* What the connection carries in period t when the battery has power_mw: the PV is curtailed where
 * that pays or the connection needs it, and no more. Its limits may still be missed. */
struct asset_flow asset_flow_at(const struct mando_battery *battery,
                                const struct mando_prices *prices, size_t t, double power_mw);

#endif
