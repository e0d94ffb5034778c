#include "domain/asset.h"

#include <math.h>

/* Power at the cells at the i-th point of an efficiency, as a multiple of that with none. */
static double cells_at(const struct mando_points *shares, size_t i, bool charges)
{
    double power_mw = shares->x[i], share = shares->y[i];
    return charges ? power_mw * share : power_mw / share;
}

/* Slope of the segment that begins at from_mw; 1 without points. */
static double slope_from(const struct mando_points *shares, double from_mw, bool charges)
{
    size_t i = 0;
    if (shares->count == 0)
        return 1;
    while (i + 1 < shares->count && shares->x[i] <= from_mw)
        i++;
    if (i == 0)
        return cells_at(shares, 0, charges) / shares->x[0];
    return (cells_at(shares, i, charges) - cells_at(shares, i - 1, charges))
           / (shares->x[i] - shares->x[i - 1]);
}

static double level_from(const struct mando_points *levels, double from_mw)
{
    size_t i = 0;
    while (i + 1 < levels->count && levels->x[i] <= from_mw)
        i++;
    return levels->count ? levels->y[i] : 0;
}

static double next_x(const struct mando_points *points, double from_mw)
{
    size_t i = 0;
    while (i < points->count && points->x[i] <= from_mw)
        i++;
    return i < points->count ? points->x[i] : INFINITY;
}

/* Cuts the powers at the points of both lists; the last segment never ends. */
static struct asset_curve curve_of(const struct mando_points *shares,
                                   const struct mando_points *levels, bool charges)
{
    struct asset_curve curve = {0};
    double from_mw = 0;
    do {
        double to_mw = fmin(next_x(shares, from_mw), next_x(levels, from_mw));
        size_t k = curve.count++;
        curve.to_mw[k] = to_mw;
        curve.cells[k] = slope_from(shares, from_mw, charges);
        curve.ageing_eur[k] = level_from(levels, from_mw);
        from_mw = to_mw;
    } while (isfinite(from_mw) && curve.count < ASSET_SEGMENTS_MAX);
    /* What lies past the last point is rounding: it belongs to the segment before. */
    if (curve.count > 1)
        curve.to_mw[--curve.count - 1] = INFINITY;
    return curve;
}

struct asset_curve asset_charging(const struct mando_battery *battery)
{
    static const struct mando_points NONE = {0};
    struct asset_curve curve = curve_of(&battery->efficiency_charge_by_power, &NONE, true);
    for (size_t k = 0; k < curve.count; k++)
        curve.cells[k] *= battery->efficiency_charge;
    return curve;
}

struct asset_curve asset_discharging(const struct mando_battery *battery)
{
    struct asset_curve curve = curve_of(&battery->efficiency_discharge_by_power,
                                        &battery->degradation_eur_per_mwh_by_power, false);
    for (size_t k = 0; k < curve.count; k++) {
        curve.cells[k] /= battery->efficiency_discharge;
        curve.ageing_eur[k] += battery->degradation_eur_per_mwh;
    }
    return curve;
}

/* Sum over the segments of their slopes times the power that lies in them. */
static double sum_slopes(const struct asset_curve *curve, const double *slopes, double power_mw)
{
    double sum = 0, from_mw = 0;
    for (size_t k = 0; k < curve->count && power_mw > from_mw; k++) {
        sum += slopes[k] * (fmin(power_mw, curve->to_mw[k]) - from_mw);
        from_mw = curve->to_mw[k];
    }
    return sum;
}

double asset_cells_mw(const struct asset_curve *curve, double power_mw)
{
    return sum_slopes(curve, curve->cells, power_mw);
}

double asset_ageing_eur_per_h(const struct asset_curve *curve, double power_mw)
{
    return sum_slopes(curve, curve->ageing_eur, power_mw);
}

double asset_power_mw(const struct asset_curve *curve, double cells_mw)
{
    double from_mw = 0;
    size_t k = 0;
    while (k + 1 < curve->count && cells_mw > curve->cells[k] * (curve->to_mw[k] - from_mw)) {
        cells_mw -= curve->cells[k] * (curve->to_mw[k] - from_mw);
        from_mw = curve->to_mw[k++];
    }
    return from_mw + cells_mw / curve->cells[k];
}

double asset_taper_mw(const struct mando_points *taper, double soc_mwh)
{
    double least_mw = INFINITY;
    for (size_t i = 1; taper && i < taper->count; i++) {
        double slope = (taper->y[i] - taper->y[i - 1]) / (taper->x[i] - taper->x[i - 1]);
        least_mw = fmin(least_mw, taper->y[i] + slope * (soc_mwh - taper->x[i]));
    }
    return least_mw;
}

bool asset_has_site(const struct mando_battery *battery, const struct mando_prices *prices)
{
    return battery->auxiliary_mw > 0 || (prices && (prices->pv_mw || prices->load_mw));
}

bool asset_is_piecewise(const struct mando_battery *battery, const struct mando_prices *prices)
{
    return asset_has_site(battery, prices) || !isnan(battery->ramp_mw_per_h_max)
           || battery->efficiency_charge_by_power.count
           || battery->efficiency_discharge_by_power.count || battery->power_charge_mw_by_soc.count
           || battery->power_discharge_mw_by_soc.count
           || battery->degradation_eur_per_mwh_by_power.count;
}

double asset_pv_mw(const struct mando_prices *prices, size_t t)
{
    return prices && prices->pv_mw ? prices->pv_mw[t] : 0;
}

double asset_load_mw(const struct mando_battery *battery, const struct mando_prices *prices,
                     size_t t)
{
    double load_mw = prices && prices->load_mw ? prices->load_mw[t] : 0;
    return load_mw + fmax(battery->auxiliary_mw, 0);
}

/* The curtailment that brings net_mw to a value, as far as there is PV. */
static double curtail_to(double net_mw, double target_mw, double pv_mw)
{
    return fmin(fmax(net_mw - target_mw, 0), pv_mw);
}

struct asset_flow asset_flow_at(const struct mando_battery *battery,
                                const struct mando_prices *prices, size_t t, double power_mw)
{
    double pv_mw = asset_pv_mw(prices, t);
    double net_mw = power_mw + pv_mw - asset_load_mw(battery, prices, t);
    double target_mw = INFINITY;
    if (prices->sell_eur_per_mwh[t] - battery->fee_eur_per_mwh < 0)
        target_mw = 0;
    if (prices->buy_eur_per_mwh[t] + battery->fee_eur_per_mwh < 0)
        target_mw = -fmin(battery->import_mw_max, INFINITY);
    target_mw = fmin(target_mw, battery->export_mw_max);
    double curtailed_mw = curtail_to(net_mw, target_mw, pv_mw);
    return (struct asset_flow){net_mw - curtailed_mw, curtailed_mw};
}
