#include "problem_random.h"

#include <string.h>

static double pick(struct random *random, const double *values, size_t count)
{
    return values[random_below(random, count)];
}
#define PICK(random, ...)                                                                          \
    pick(random, (const double[]){__VA_ARGS__},                                                    \
         sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static void draw_length(struct problem_random *r, struct random *random, size_t periods_max)
{
    struct mando_optimize_problem *p = &r->problem;
    static const struct {
        size_t periods;
        double step_h;
    } days[] = {{92, 0.25}, {96, 0.25}, {100, 0.25}, {23, 1}, {24, 1}, {25, 1}};
    size_t day = random_below(random, sizeof days / sizeof *days);
    if (random_chance(random, 0.3) && days[day].periods <= periods_max) {
        p->periods = days[day].periods;
        p->step_h = days[day].step_h;
        return;
    }
    double periods = random_chance(random, 0.5)
                         ? random_magnitude(random, 1, (double)periods_max + 1)
                         : random_between(random, 1, (double)periods_max + 1);
    p->periods = (size_t)periods;
    if (p->periods > periods_max)
        p->periods = periods_max;
    p->step_h = PICK(random, 1.0 / 12, 0.25, 0.5, 1);
}

/* Power far above energy (a capacity full in minutes) to far below (days). */
static void draw_battery(struct problem_random *r, struct random *random)
{
    struct mando_optimize_problem *p = &r->problem;
    double capacity_mwh = random_magnitude(random, 0.1, 1000);
    p->soc_min_mwh = random_chance(random, 0.5) ? 0 : capacity_mwh * random_unit(random);
    p->soc_max_mwh = p->soc_min_mwh + capacity_mwh;
    p->power_charge_mw = capacity_mwh / random_magnitude(random, 0.02, 60);
    p->power_discharge_mw = random_chance(random, 0.5)
                                ? p->power_charge_mw
                                : capacity_mwh / random_magnitude(random, 0.02, 60);
    if (random_chance(random, 0.02))
        p->power_charge_mw = 0;
    if (random_chance(random, 0.02))
        p->power_discharge_mw = 0;
    p->efficiency_charge = random_chance(random, 0.2) ? 1 : random_between(random, 0.5, 1);
    p->efficiency_discharge = random_chance(random, 0.2) ? 1 : random_between(random, 0.5, 1);
    p->fee_eur_per_mwh = PICK(random, 0, 0, 0.09, 1, 5);
    p->degradation_eur_per_mwh = PICK(random, 0, 0, 4, 4, 25);
    p->self_discharge_per_h = random_chance(random, 0.6) ? 0 : random_magnitude(random, 1e-6, 0.2);
    p->soc_start_mwh = p->soc_min_mwh + capacity_mwh * PICK(random, 0, 1, 0.5, random_unit(random));
}

/* As most desks have it: no leak, full after some periods at a power that is always there. */
static void make_plain(struct problem_random *r, struct random *random)
{
    struct mando_optimize_problem *p = &r->problem;
    double capacity_mwh = p->soc_max_mwh - p->soc_min_mwh;
    double charge_mwh = capacity_mwh / random_between(random, 0.5, 10);
    double discharge_mwh = charge_mwh * PICK(random, 1, 1, random_between(random, 0.3, 3));
    p->power_charge_mw = charge_mwh / p->step_h / p->efficiency_charge;
    p->power_discharge_mw = discharge_mwh / p->step_h * p->efficiency_discharge;
    p->self_discharge_per_h = 0;
}

static double day_shape(double hour)
{
    double morning = (hour - 8) / 1.8, noon = (hour - 13) / 2.6, evening = (hour - 19) / 2;
    return 25 * exp(-0.5 * morning * morning) + 45 * exp(-0.5 * evening * evening)
           - 90 * exp(-0.5 * noon * noon);
}

static void draw_prices(struct problem_random *r, struct random *random)
{
    struct mando_optimize_problem *p = &r->problem;
    enum { UNIFORM, DAYS, PLATEAUS, FEW, WALK, DEEP, KINDS };
    uint64_t kind = random_below(random, KINDS);
    double level = random_between(random, -60, 120), noise = random_magnitude(random, 0.5, 40);
    double grain = PICK(random, 0, 0.01, 1, 10), value = level;
    for (size_t t = 0; t < p->periods; t++) {
        double hour = fmod((double)t * p->step_h, 24);
        if (kind == UNIFORM)
            value = random_between(random, level - 100, level + 100);
        else if (kind == DAYS)
            value = level + day_shape(hour) + noise * random_normal(random);
        else if (kind == PLATEAUS)
            value = random_chance(random, 0.2) ? random_between(random, -50, 150) : value;
        else if (kind == FEW)
            value = PICK(random, -20, 0, 20, 40);
        else if (kind == WALK)
            value = level + 0.95 * (value - level) + noise * random_normal(random);
        else
            value = random_chance(random, 0.3) ? random_between(random, -500, 0)
                                               : random_between(random, -50, 200);
        r->sell[t] = grain > 0 ? round(value / grain) * grain : value;
    }
    bool spread = random_chance(random, 0.5);
    double spread_max = random_magnitude(random, 0.01, 50);
    for (size_t t = 0; t < p->periods; t++)
        r->buy[t] = r->sell[t] + (spread ? random_between(random, 0, spread_max) : 0);
    p->sell_eur_per_mwh = r->sell;
    p->buy_eur_per_mwh = spread ? r->buy : r->sell;
}

/* Widens the spread of burning periods beyond the first burning_max, now and then to where storing
 * and taking out comes to exactly nothing but for rounding. */
static void limit_burning(struct problem_random *r, struct random *random, size_t burning_max)
{
    struct mando_optimize_problem *p = &r->problem;
    memcpy(r->buy, p->buy_eur_per_mwh, p->periods * sizeof *r->buy);
    p->buy_eur_per_mwh = r->buy;
    size_t burning = 0;
    bool exactly = random_chance(random, 0.3);
    for (size_t t = 0; t < p->periods; t++) {
        if (!problem_burns(p, t) || burning++ < burning_max)
            continue;
        double even = problem_gain_eur(p, t) * p->efficiency_charge * p->efficiency_discharge
                      - p->fee_eur_per_mwh;
        r->buy[t] = fmax(r->sell[t], even + (exactly ? 0 : random_between(random, 0, 20)));
    }
}

static void draw_power_limits(struct problem_random *r, struct random *random)
{
    struct mando_optimize_problem *p = &r->problem;
    for (size_t t = 0; t < p->periods; t++) {
        r->charge[t] = r->discharge[t] = NAN;
        if (random_chance(random, 0.3))
            r->charge[t] = p->power_charge_mw * PICK(random, 0, 0.5, 2, random_unit(random));
        if (random_chance(random, 0.3))
            r->discharge[t] = p->power_discharge_mw * PICK(random, 0, 0.5, 2, random_unit(random));
    }
    if (random_chance(random, 0.3)) { /* an outage */
        size_t first = random_below(random, p->periods);
        size_t length = 1 + random_below(random, 12);
        for (size_t t = first; t < p->periods && t < first + length; t++)
            r->charge[t] = r->discharge[t] = 0;
    }
    p->power_charge_mw_max = random_chance(random, 0.5) ? r->charge : NULL;
    p->power_discharge_mw_max = random_chance(random, 0.5) ? r->discharge : NULL;
}

static double clamp(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

static void draw_path(struct problem_random *r, struct random *random)
{
    const struct mando_optimize_problem *p = &r->problem;
    double soc_mwh = p->soc_start_mwh, keep = problem_keep(p);
    for (size_t t = 0; t < p->periods; t++) {
        double up = problem_charge_mw(p, t) * p->efficiency_charge * p->step_h;
        double down = problem_discharge_mw(p, t) / p->efficiency_discharge * p->step_h;
        double low = soc_mwh * keep - down, high = soc_mwh * keep + up;
        double aim = random_chance(random, 0.5) ? random_between(random, low, high)
                                                : clamp(soc_mwh, low, high);
        soc_mwh = fmin(fmax(aim, fmin(p->soc_min_mwh, high)), p->soc_max_mwh);
        r->path[t] = fmax(soc_mwh, p->soc_min_mwh);
    }
}

static void draw_energy_limits(struct problem_random *r, struct random *random)
{
    struct mando_optimize_problem *p = &r->problem;
    double capacity_mwh = p->soc_max_mwh - p->soc_min_mwh;
    double share = PICK(random, 0.02, 0.3, 1);
    for (size_t t = 0; t < p->periods; t++) {
        double slack_mwh = capacity_mwh * random_magnitude(random, 0.01, 1);
        r->low[t] = random_chance(random, share) ? r->path[t] - slack_mwh : NAN;
        slack_mwh = capacity_mwh * random_magnitude(random, 0.01, 1);
        r->high[t] = random_chance(random, share) ? r->path[t] + slack_mwh : NAN;
    }
    p->soc_min_mwh_end = random_chance(random, 0.4) ? r->low : NULL;
    p->soc_max_mwh_end = random_chance(random, 0.4) ? r->high : NULL;
}

static void draw_end(struct problem_random *r, struct random *random)
{
    struct mando_optimize_problem *p = &r->problem;
    p->soc_end_mwh = NAN;
    switch (random_below(random, 4)) {
    case 0:
        break;
    case 1:
        p->soc_end_value_eur_per_mwh = PICK(random, -80, -1, 40, 90, 300);
        break;
    case 2:
        p->soc_end_mwh = clamp(r->path[p->periods - 1], p->soc_min_mwh, p->soc_max_mwh);
        break;
    default:
        p->soc_end_mwh = p->soc_start_mwh; /* cannot always be reached */
        break;
    }
}

/* What periods up to t can hold at their end, were every limit but that of period t kept. */
static void reach(const struct mando_optimize_problem *p, size_t t, double *low_out,
                  double *high_out)
{
    double low = p->soc_start_mwh, high = low, keep = problem_keep(p);
    for (size_t i = 0; i <= t; i++) {
        low = low * keep - problem_discharge_mw(p, i) / p->efficiency_discharge * p->step_h;
        high = high * keep + problem_charge_mw(p, i) * p->efficiency_charge * p->step_h;
        if (i < t) {
            low = fmax(low, problem_soc_low_mwh(p, i));
            high = fmin(high, problem_soc_high_mwh(p, i));
        }
    }
    *low_out = fmax(low, p->soc_min_mwh);
    *high_out = fmin(high, p->soc_max_mwh);
}

/* Makes `limit` the only limit of period t in an array that may not be in use yet. */
static void limit_period(const struct mando_optimize_problem *p, const double **limits,
                         double *values, size_t t, double limit)
{
    for (size_t i = 0; *limits != values && i < p->periods; i++)
        values[i] = NAN;
    *limits = values;
    values[t] = limit;
}

void problem_random_spoil(struct problem_random *r, struct random *random)
{
    struct mando_optimize_problem *p = &r->problem;
    size_t t = random_below(random, p->periods);
    double low, high, miss_mwh = (p->soc_max_mwh - p->soc_min_mwh) * 1e-3;
    reach(p, t, &low, &high);
    if (random_chance(random, 0.5) && low - miss_mwh > p->soc_min_mwh) {
        r->low[t] = NAN;
        limit_period(p, &p->soc_max_mwh_end, r->high, t,
                     random_between(random, p->soc_min_mwh, low - miss_mwh));
    } else if (high + miss_mwh < p->soc_max_mwh) {
        r->high[t] = NAN;
        limit_period(p, &p->soc_min_mwh_end, r->low, t,
                     random_between(random, high + miss_mwh, p->soc_max_mwh));
    } else {
        p->soc_end_mwh = random_chance(random, 0.5) ? p->soc_min_mwh : p->soc_max_mwh;
    }
}

void problem_random_make(struct problem_random *r, uint64_t seed, const struct problem_shape *shape)
{
    struct random random = {seed};
    memset(r, 0, sizeof *r);
    bool is_plain = random_chance(&random, 0.3);
    draw_length(r, &random, shape->periods_max);
    draw_battery(r, &random);
    if (is_plain)
        make_plain(r, &random);
    draw_prices(r, &random);
    limit_burning(r, &random, shape->burning_max);
    if (!is_plain)
        draw_power_limits(r, &random);
    draw_path(r, &random);
    if (!is_plain)
        draw_energy_limits(r, &random);
    draw_end(r, &random);
    if (random_chance(&random, shape->infeasible))
        problem_random_spoil(r, &random);
}

static void draw_lattice_limits(struct problem_random *r, struct random *random, double unit_mwh,
                                int empty, int states)
{
    struct mando_optimize_problem *p = &r->problem;
    double charge_mw = unit_mwh / p->efficiency_charge / p->step_h;
    double discharge_mw = unit_mwh * p->efficiency_discharge / p->step_h;
    p->power_charge_mw = charge_mw * (double)random_below(random, 6);
    p->power_discharge_mw = discharge_mw * (double)random_below(random, 6);
    for (size_t t = 0; t < p->periods; t++) {
        r->charge[t] = r->discharge[t] = r->low[t] = r->high[t] = NAN;
        if (random_chance(random, 0.3))
            r->charge[t] = charge_mw * (double)random_below(random, 4);
        if (random_chance(random, 0.3))
            r->discharge[t] = discharge_mw * (double)random_below(random, 4);
        int low = empty + (int)random_below(random, (uint64_t)(states - empty));
        if (random_chance(random, 0.1))
            r->low[t] = low * unit_mwh;
        if (random_chance(random, 0.1))
            r->high[t] = (low + (int)random_below(random, (uint64_t)(states - low))) * unit_mwh;
    }
    p->power_charge_mw_max = random_chance(random, 0.5) ? r->charge : NULL;
    p->power_discharge_mw_max = random_chance(random, 0.5) ? r->discharge : NULL;
    p->soc_min_mwh_end = random_chance(random, 0.3) ? r->low : NULL;
    p->soc_max_mwh_end = random_chance(random, 0.3) ? r->high : NULL;
}

double problem_random_lattice(struct problem_random *r, uint64_t seed)
{
    struct random random_state = {seed}, *random = &random_state;
    struct mando_optimize_problem *p = &r->problem;
    memset(r, 0, sizeof *r);
    double unit_mwh = PICK(random, 0.25, 0.5, 1, 2.5);
    int states = 1 + (int)random_below(random, 30);
    p->periods = (size_t)random_magnitude(random, 1, 100);
    p->step_h = PICK(random, 0.25, 0.5, 1);
    p->efficiency_charge = PICK(random, 1, 0.5, 0.8, 0.95);
    p->efficiency_discharge = PICK(random, 1, 0.5, 0.9, 0.95);
    p->fee_eur_per_mwh = PICK(random, 0, 0, 0, 1);
    p->degradation_eur_per_mwh = PICK(random, 0, 0, 4);
    int empty = (int)random_below(random, (uint64_t)states);
    p->soc_min_mwh = empty * unit_mwh;
    p->soc_max_mwh = states * unit_mwh;
    p->soc_start_mwh =
        (empty + (int)random_below(random, (uint64_t)(states - empty) + 1)) * unit_mwh;
    p->soc_end_mwh = NAN;
    if (random_chance(random, 0.4))
        p->soc_end_mwh =
            (empty + (int)random_below(random, (uint64_t)(states - empty) + 1)) * unit_mwh;
    else
        p->soc_end_value_eur_per_mwh = PICK(random, 0, 0, -10, 20, 40);
    double depth = PICK(random, 0, 5, 30, 100);
    for (size_t t = 0; t < p->periods; t++) {
        r->sell[t] = round(random_between(random, -depth, 40));
        r->buy[t] = r->sell[t] + PICK(random, 0, 0, 1, 5);
    }
    p->sell_eur_per_mwh = r->sell;
    p->buy_eur_per_mwh = random_chance(random, 0.5) ? r->sell : r->buy;
    draw_lattice_limits(r, random, unit_mwh, empty, states);
    return unit_mwh;
}
