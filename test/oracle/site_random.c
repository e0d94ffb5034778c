#include "site_random.h"

#include <math.h>
#include <string.h>

#include "mando/time.h"

static double pick(struct random *random, const double *values, size_t count)
{
    return values[random_below(random, count)];
}
#define PICK(random, ...)                                                                          \
    pick(random, (const double[]){__VA_ARGS__},                                                    \
         sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

/* Powers up to the limit and beyond it at times, slopes of the cells' power falling or rising. */
static void draw_efficiency(struct random *random, double power_mw, bool charges,
                            struct mando_points *points)
{
    double slope = charges ? random_between(random, 0.85, 1) : 1 / random_between(random, 0.85, 1);
    double x = 0, cells = 0;
    points->count = 1 + random_below(random, 4);
    for (size_t i = 0; i < points->count; i++) {
        double step = power_mw / (double)points->count * random_between(random, 0.5, 1.5);
        bool is_last = i + 1 == points->count;
        if (is_last)
            step = fmax(power_mw - x, step) * PICK(random, 1, 1, 1.3);
        x += step;
        cells += slope * step;
        points->x[i] = is_last ? fmax(x, power_mw) : x;
        points->y[i] = charges ? cells / x : x / cells;
        slope *= charges ? random_between(random, 0.6, 1) : random_between(random, 1, 1.6);
    }
}

static void draw_taper(struct random *random, const struct mando_battery *battery, double power_mw,
                       bool charges, struct mando_points *points)
{
    double low = battery->soc_min_mwh, high = battery->soc_max_mwh, knee[2];
    knee[0] = random_between(random, 0.2, 0.6);
    knee[1] = random_between(random, 0.65, 0.95);
    double y[4] = {1.1 * power_mw, power_mw, power_mw * random_between(random, 0.6, 0.95),
                   power_mw * PICK(random, 0, 0.05, 0.3)};
    /* An end at which no power is left is reached in the limit alone: there tolerances decide. */
    if (!isnan(battery->soc_end_mwh))
        y[3] = fmax(y[3], 0.05 * power_mw);
    /* Slopes get steeper on the way to the end that is tapered: concave by construction. */
    double x[4] = {0, knee[0], knee[1], 1}, slope = 0;
    for (int i = 1; i < 4; i++) {
        double own = (y[i] - y[i - 1]) / (x[i] - x[i - 1]);
        slope = fmin(slope, own);
        y[i] = fmax(y[i - 1] + slope * (x[i] - x[i - 1]), 0);
    }
    /* Only the last point can have been cut at 0, which would bend up: then it ends there. */
    points->count = 4;
    for (int i = 0; i < 4; i++) {
        int from = charges ? i : 3 - i;
        double share = charges ? x[from] : 1 - x[from];
        points->x[i] = low + (high - low) * share;
        points->y[i] = y[from];
    }
    points->x[3] = high;
    points->x[0] = low;
}

static bool is_concave(const struct mando_points *points)
{
    for (size_t i = 2; i < points->count; i++) {
        double before =
            (points->y[i - 1] - points->y[i - 2]) / (points->x[i - 1] - points->x[i - 2]);
        double after = (points->y[i] - points->y[i - 1]) / (points->x[i] - points->x[i - 1]);
        if (after > before + 1e-12 * (fabs(after) + fabs(before)))
            return false;
    }
    return true;
}

static void draw_levels(struct random *random, double power_mw, struct mando_points *points)
{
    double level = random_between(random, 0, 5);
    points->count = 1 + random_below(random, 4);
    for (size_t i = 0; i < points->count; i++) {
        points->x[i] = power_mw * (double)(i + 1) / (double)points->count;
        points->y[i] = level;
        level += random_between(random, 0, 15);
    }
    points->x[points->count - 1] = power_mw;
}

static void draw_battery(struct site_random *site, struct random *random)
{
    struct mando_battery *b = &site->battery;
    mando_battery_init(b);
    double capacity_mwh = random_magnitude(random, 1, 100);
    b->soc_min_mwh = random_chance(random, 0.5) ? 0 : capacity_mwh * random_unit(random);
    b->soc_max_mwh = b->soc_min_mwh + capacity_mwh;
    b->power_charge_mw = capacity_mwh / random_magnitude(random, 0.5, 8);
    b->power_discharge_mw = random_chance(random, 0.5)
                                ? b->power_charge_mw
                                : capacity_mwh / random_magnitude(random, 0.5, 8);
    b->efficiency_charge = random_chance(random, 0.3) ? 1 : random_between(random, 0.8, 1);
    b->efficiency_discharge = random_chance(random, 0.3) ? 1 : random_between(random, 0.8, 1);
    b->fee_eur_per_mwh = PICK(random, 0, 0, 0.09, 2);
    b->degradation_eur_per_mwh = PICK(random, 0, 0, 4);
    b->self_discharge_per_h = random_chance(random, 0.7) ? 0 : random_magnitude(random, 1e-5, 0.02);
    b->soc_start_mwh = b->soc_min_mwh + capacity_mwh * PICK(random, 0, 1, 0.5, random_unit(random));
    if (random_chance(random, 0.3))
        b->soc_end_mwh = b->soc_start_mwh;
    else
        b->soc_end_value_eur_per_mwh = PICK(random, 0, 0, 30, 80, -20);
    if (random_chance(random, 0.5))
        draw_efficiency(random, b->power_charge_mw, true, &b->efficiency_charge_by_power);
    if (random_chance(random, 0.5))
        draw_efficiency(random, b->power_discharge_mw, false, &b->efficiency_discharge_by_power);
    if (random_chance(random, 0.4))
        draw_taper(random, b, b->power_charge_mw, true, &b->power_charge_mw_by_soc);
    if (random_chance(random, 0.4))
        draw_taper(random, b, b->power_discharge_mw, false, &b->power_discharge_mw_by_soc);
    if (!is_concave(&b->power_charge_mw_by_soc))
        b->power_charge_mw_by_soc.count = 0;
    if (!is_concave(&b->power_discharge_mw_by_soc))
        b->power_discharge_mw_by_soc.count = 0;
    if (random_chance(random, 0.4))
        draw_levels(random, b->power_discharge_mw, &b->degradation_eur_per_mwh_by_power);
    if (random_chance(random, 0.3))
        b->ramp_mw_per_h_max = b->power_charge_mw * random_magnitude(random, 0.2, 8);
    if (random_chance(random, 0.3))
        b->cycles_per_day_max = random_magnitude(random, 0.1, 2);
    if (random_chance(random, 0.3))
        b->auxiliary_mw = b->power_charge_mw * random_between(random, 0, 0.1);
}

static void draw_prices(struct site_random *site, struct random *random, bool negative)
{
    size_t periods = site->prices.count;
    double level = negative ? random_between(random, -60, 40) : random_between(random, 60, 120);
    double spread = random_chance(random, 0.5) ? 0 : random_magnitude(random, 0.1, 60);
    for (size_t t = 0; t < periods; t++) {
        double sell = level + 60 * sin((double)t * 0.7) + 20 * random_normal(random);
        if (!negative)
            sell = fmax(sell, 3);
        site->sell[t] = random_chance(random, 0.3) ? round(sell) : sell;
        site->buy[t] = site->sell[t] + spread * (random_chance(random, 0.7) ? 1 : 0);
    }
    site->prices.sell_eur_per_mwh = site->sell;
    site->prices.buy_eur_per_mwh = site->buy;
}

/* Limits that some plan keeps: rest, where the connection carries the load. */
static void draw_site(struct site_random *site, struct random *random)
{
    struct mando_battery *b = &site->battery;
    double power_mw = b->power_charge_mw, load_max = 0;
    bool has_pv = random_chance(random, 0.5), has_load = random_chance(random, 0.4);
    for (size_t t = 0; t < site->prices.count; t++) {
        double sun = fmax(0, sin((double)t * 0.4 - 0.5));
        site->pv[t] = 2 * power_mw * sun * random_between(random, 0.7, 1);
        site->load[t] = power_mw * random_between(random, 0, 0.8);
        load_max = fmax(load_max, has_load ? site->load[t] : 0);
        site->charge[t] = random_chance(random, 0.1) ? power_mw * random_unit(random) : NAN;
        site->discharge[t] =
            random_chance(random, 0.1) ? b->power_discharge_mw * random_unit(random) : NAN;
        site->low[t] = NAN;
        site->high[t] =
            random_chance(random, 0.05)
                ? b->soc_start_mwh + (b->soc_max_mwh - b->soc_start_mwh) * random_unit(random)
                : NAN;
    }
    site->prices.pv_mw = has_pv ? site->pv : NULL;
    site->prices.load_mw = has_load ? site->load : NULL;
    if (random_chance(random, 0.3)) {
        site->prices.power_charge_mw_max = site->charge;
        site->prices.power_discharge_mw_max = site->discharge;
        site->prices.soc_max_mwh = site->high;
    }
    if (random_chance(random, 0.4))
        b->import_mw_max =
            load_max + fmax(b->auxiliary_mw, 0) + power_mw * random_between(random, 0, 1);
    if (random_chance(random, 0.4))
        b->export_mw_max = b->power_discharge_mw * random_between(random, 0, 1.5);
}

void site_random_make(struct site_random *site, uint64_t seed, size_t periods_max, double negative)
{
    struct random random = {seed};
    memset(site, 0, sizeof *site);
    site->prices.count = (size_t)random_between(&random, 1, (double)periods_max + 1);
    site->prices.step_us = (int64_t)((double)MANDO_HOUR_US * PICK(&random, 0.25, 0.5, 1, 1));
    site->prices.start_us = 20423 * MANDO_DAY_US + 18 * MANDO_HOUR_US; /* soon it is midnight */
    draw_battery(site, &random);
    draw_prices(site, &random, random_chance(&random, negative));
    draw_site(site, &random);
}

void site_random_spoil(struct site_random *site, uint64_t seed)
{
    struct random random_state = {~seed}, *random = &random_state;
    struct mando_battery *b = &site->battery;
    size_t t = random_below(random, site->prices.count);
    switch (random_below(random, 3)) {
    case 0:
        b->soc_end_value_eur_per_mwh = 0;
        b->soc_end_mwh = b->soc_start_mwh < (b->soc_min_mwh + b->soc_max_mwh) / 2 ? b->soc_max_mwh
                                                                                  : b->soc_min_mwh;
        break;
    case 1:
        site->high[t] = b->soc_min_mwh;
        site->prices.soc_max_mwh = site->high;
        b->soc_start_mwh = b->soc_max_mwh;
        break;
    default:
        site->load[t] = 3 * b->power_charge_mw;
        site->prices.load_mw = site->load;
        b->import_mw_max = b->power_charge_mw;
        break;
    }
}

static void scale_points(struct mando_points *points, double factor_x, double factor_y)
{
    for (size_t i = 0; i < points->count; i++) {
        points->x[i] *= factor_x;
        points->y[i] *= factor_y;
    }
}

void site_random_scale(struct site_random *site, double factor)
{
    struct mando_battery *b = &site->battery;
    double *const numbers[] = {&b->power_charge_mw,  &b->power_discharge_mw, &b->soc_min_mwh,
                               &b->soc_max_mwh,      &b->soc_start_mwh,      &b->soc_end_mwh,
                               &b->import_mw_max,    &b->export_mw_max,      &b->auxiliary_mw,
                               &b->ramp_mw_per_h_max};
    double *const columns[] = {site->charge, site->discharge, site->low,
                               site->high,   site->pv,        site->load};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        *numbers[i] *= factor;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        for (size_t t = 0; t < site->prices.count; t++)
            columns[i][t] *= factor;
    scale_points(&b->efficiency_charge_by_power, factor, 1);
    scale_points(&b->efficiency_discharge_by_power, factor, 1);
    scale_points(&b->degradation_eur_per_mwh_by_power, factor, 1);
    scale_points(&b->power_charge_mw_by_soc, factor, factor);
    scale_points(&b->power_discharge_mw_by_soc, factor, factor);
}

/* Segments of 2a units at the grid that are as many at the cells, then of which two are one (to the
 * cells) or one is two (out of them). */
static void draw_lattice_efficiency(struct random *random, double unit_mw, bool charges,
                                    double *power_mw_out, struct mando_points *points)
{
    double whole = 2 * (double)(1 + random_below(random, 2));
    double halved = 2 * (double)random_below(random, 3);
    double halved_cells = charges ? halved / 2 : halved * 2;
    *power_mw_out = (whole + halved) * unit_mw;
    points->count = 1;
    points->x[0] = whole * unit_mw;
    points->y[0] = 1;
    if (halved > 0) {
        points->count = 2;
        points->x[1] = (whole + halved) * unit_mw;
        points->y[1] = charges ? (whole + halved_cells) / (whole + halved)
                               : (whole + halved) / (whole + halved_cells);
    }
}

static void draw_lattice_site(struct site_random *site, struct random *random, double unit_mw)
{
    struct mando_battery *b = &site->battery;
    b->auxiliary_mw = 2 * unit_mw * PICK(random, 0, 0, 1);
    for (size_t t = 0; t < site->prices.count; t++) {
        site->pv[t] = 2 * unit_mw * (double)random_below(random, 6);
        site->load[t] = 2 * unit_mw * (double)random_below(random, 3);
    }
    site->prices.pv_mw = random_chance(random, 0.6) ? site->pv : NULL;
    site->prices.load_mw = random_chance(random, 0.5) ? site->load : NULL;
    if (random_chance(random, 0.5))
        b->import_mw_max = 2 * unit_mw * (double)(3 + random_below(random, 3));
    if (random_chance(random, 0.5))
        b->export_mw_max = 2 * unit_mw * (double)random_below(random, 5);
}

double site_random_lattice(struct site_random *site, uint64_t seed, bool couples)
{
    struct random random_state = {seed}, *random = &random_state;
    struct mando_battery *b = &site->battery;
    memset(site, 0, sizeof *site);
    mando_battery_init(b);
    double unit_mw = PICK(random, 0.25, 0.5, 1), h = PICK(random, 0.25, 0.5, 1);
    double unit_mwh = unit_mw * h;
    site->prices.count = 1 + random_below(random, 12);
    site->prices.step_us = (int64_t)((double)MANDO_HOUR_US * h);
    int states = 1 + (int)random_below(random, 14);
    b->soc_max_mwh = states * unit_mwh;
    b->soc_start_mwh = (double)random_below(random, (uint64_t)states + 1) * unit_mwh;
    b->efficiency_charge = b->efficiency_discharge = 1;
    draw_lattice_efficiency(random, unit_mw, true, &b->power_charge_mw,
                            &b->efficiency_charge_by_power);
    draw_lattice_efficiency(random, unit_mw, false, &b->power_discharge_mw,
                            &b->efficiency_discharge_by_power);
    b->fee_eur_per_mwh = PICK(random, 0, 0, 1);
    if (random_chance(random, 0.5)) {
        struct mando_points *levels = &b->degradation_eur_per_mwh_by_power;
        levels->count = 2;
        levels->x[0] = unit_mw;
        levels->x[1] = fmax(2 * unit_mw, b->power_discharge_mw);
        levels->y[0] = PICK(random, 0, 2);
        levels->y[1] = PICK(random, 5, 20);
    }
    if (random_chance(random, 0.3))
        b->soc_end_mwh = b->soc_start_mwh;
    else
        b->soc_end_value_eur_per_mwh = PICK(random, 0, 0, 20, -10);
    double depth = PICK(random, 0, 10, 60);
    for (size_t t = 0; t < site->prices.count; t++) {
        site->sell[t] = round(random_between(random, -depth, 60));
        site->buy[t] = site->sell[t] + PICK(random, 0, 0, 10);
    }
    site->prices.sell_eur_per_mwh = site->sell;
    site->prices.buy_eur_per_mwh = site->buy;
    draw_lattice_site(site, random, unit_mw);
    if (couples) {
        b->ramp_mw_per_h_max = (double)(1 + random_below(random, 4)) * unit_mw / h;
        b->power_charge_mw_by_soc =
            (struct mando_points){2, {0, b->soc_max_mwh}, {2 * b->soc_max_mwh / h, unit_mw}};
    }
    return unit_mwh;
}
