/* opt/batch_kernel.h: the kernel over lanes, compiled once for each kind of vector.
 *
 * The file that includes this defines LANES, BATCH_KERNEL, the types lanes, a vector of doubles with
 * the compiler's operators, and lanes_mask, which has & and |, and of the operations lanes_* those
 * that the compiler has no operator for.
 *
 * A value function is a list of slots, slopes falling from low to high energy, each with the energy
 * at which its segment ends. The segments of a lane need not fill the list: those in front that lie
 * at the low end of the function, and those behind at its high end, are empty and do no harm. A
 * period moves the segments steeper than its charge down and puts the charge behind them, then moves
 * those flatter than its discharge up and puts the discharge before them. README.md has the proof. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "opt/batch_lanes.h"
#include "opt/period.h"

/* With more empty slots than these in front of a lane one is dropped there: each that stays costs a
 * lane's share of a step. */
#define EMPTY_HEADS_MAX 3

/* The list of slots of a group, from row `first` on, and the ends of the function. */
struct list {
    size_t first, count;
    lanes low_mwh, high_mwh;
};

/* What is the same in all periods. */
struct limits {
    lanes up_mwh, down_mwh, soc_min_mwh, soc_max_mwh;
};

/* What a period does to the list needs its prices and answers its levels. */
struct lanes_period {
    lanes charge_eur, discharge_eur, charge_to_mwh, discharge_to_mwh;
};

static inline lanes lanes_load(const double *from)
{
    lanes a;
    memcpy(&a, from, sizeof a);
    return a;
}

static inline void lanes_store(double *to, lanes a)
{
    memcpy(to, &a, sizeof a);
}

static inline lanes lanes_all(double value)
{
    return (lanes){0} + value;
}

static inline bool lanes_any(lanes_mask mask)
{
    return lanes_bits(mask) != 0;
}

static inline lanes lanes_magnitude(lanes a)
{
    return lanes_greater(a, -a);
}

static inline double *row(double *rows, size_t i)
{
    return rows + i * LANES;
}

/* Slopes on a grid of 2^-33 EUR/MWh: those that differ at all differ by more than a tie, so that ties are
 * transitive, and how many empty slots there are makes no difference. Above 2^18 EUR/MWh the grid is
 * that of doubles. */
static inline lanes lanes_on_grid(lanes slope_eur)
{
    const lanes coarse = lanes_all(0x1.8p19);
    return (slope_eur + coarse) - coarse;
}

/* Turns the price arrays of the lanes into rows. */
static void gather_prices(const double *const *prices, size_t periods, double *rows)
{
    for (size_t t = 0; t < periods; t++)
        for (size_t i = 0; i < LANES; i++)
            row(rows, t)[i] = prices[i][t];
}

static bool has_one_price(const struct batch_group *group)
{
    bool is_one = true;
    for (size_t i = 0; i < LANES; i++)
        is_one = is_one && group->buy_eur_per_mwh[i] == group->sell_eur_per_mwh[i];
    return is_one;
}

/* Fills the rows of what charging costs and discharging earns; the lanes in which no price is
 * malformed and burning would never pay. What is not fine becomes 0: a list must stay in order. */
static lanes_mask fill_slopes(struct batch_group *group)
{
    const struct batch_terms *terms = &group->terms;
    const lanes per_stored = lanes_load(terms->per_stored);
    const lanes efficiency = lanes_load(terms->efficiency_discharge);
    const lanes purchase_cost = lanes_load(terms->purchase_cost_eur);
    const lanes sale_cost = lanes_load(terms->sale_cost_eur);
    const lanes highest = lanes_all(PRICE_EUR_PER_MWH_MAX / 2); /* the rest is solved alone */
    const lanes lowest = lanes_all(-PRICE_EUR_PER_MWH_MAX / 2);
    bool is_one = has_one_price(group);
    double *sell_rows = is_one ? group->charge_eur : group->discharge_eur;
    gather_prices(group->buy_eur_per_mwh, group->periods, group->charge_eur);
    if (!is_one)
        gather_prices(group->sell_eur_per_mwh, group->periods, group->discharge_eur);
    lanes_mask is_sound = lanes_above(highest, lowest);
    for (size_t t = 0; t < group->periods; t++) {
        lanes buy = lanes_load(row(group->charge_eur, t)), sell = lanes_load(row(sell_rows, t));
        lanes charge = (buy + purchase_cost) * per_stored;
        lanes discharge = (sell - sale_cost) * efficiency;
        lanes_mask is_price = lanes_above(highest, charge) & lanes_above(discharge, lowest);
        lanes_mask is_spread = lanes_not_below(buy, sell) & lanes_not_below(charge, discharge);
        lanes_mask is_fine = is_price & is_spread;
        is_sound &= is_fine;
        lanes_store(row(group->charge_eur, t), lanes_select(is_fine, charge, lanes_all(0)));
        lanes_store(row(group->discharge_eur, t), lanes_select(is_fine, discharge, lanes_all(0)));
    }
    return is_sound;
}

static inline lanes end_at(const struct batch_group *group, const struct list *list, size_t k)
{
    return lanes_load(row(group->ends, list->first + k));
}

/* Puts empty slots behind the list, as many as a period reads. */
static inline void end_list(struct batch_group *group, const struct list *list)
{
    const lanes flattest = lanes_all(-INFINITY);
    const size_t behind = list->first + list->count;
    for (size_t k = behind; k < behind + SLOTS_BEHIND; k++) {
        lanes_store(row(group->slopes, k), flattest);
        lanes_store(row(group->ends, k), list->high_mwh);
    }
}

/* Shortens the list to the slots from the first to the last that is not empty in some lane. */
static inline void drop_ends(struct batch_group *group, struct list *list)
{
    while (list->count > 1
           && !lanes_any(lanes_above(list->high_mwh, end_at(group, list, list->count - 2))))
        list->count--;
    while (list->count > 1 && !lanes_any(lanes_above(end_at(group, list, 0), list->low_mwh))) {
        list->first++;
        list->count--;
    }
    end_list(group, list);
}

/* The lanes in which slot k and those before it are empty, though not all are. */
static inline lanes_mask has_empty_heads(const struct batch_group *group, const struct list *list,
                                         size_t k)
{
    return lanes_not_below(list->low_mwh, end_at(group, list, k))
           & lanes_above(list->high_mwh, list->low_mwh);
}

/* Drops one slot in front of the lanes where it is empty. */
static void drop_heads(struct batch_group *group, struct list *list)
{
    double *slopes = row(group->slopes, list->first), *ends = row(group->ends, list->first);
    const lanes_mask shifted = has_empty_heads(group, list, 0);
    for (size_t k = 0; k < list->count; k++) {
        lanes slope = lanes_load(row(slopes, k)), next_slope = lanes_load(row(slopes, k + 1));
        lanes end = lanes_load(row(ends, k)), next_end = lanes_load(row(ends, k + 1));
        lanes_store(row(slopes, k), lanes_select(shifted, next_slope, slope));
        lanes_store(row(ends, k), lanes_select(shifted, next_end, end));
    }
    drop_ends(group, list);
}

static struct list start_list(struct batch_group *group)
{
    const struct batch_terms *terms = &group->terms;
    struct list list = {.count = 1,
                        .low_mwh = lanes_load(terms->end_low_mwh),
                        .high_mwh = lanes_load(terms->end_high_mwh)};
    lanes_store(group->slopes, lanes_on_grid(lanes_load(terms->end_slope_eur)));
    lanes_store(group->ends, list.high_mwh);
    end_list(group, &list);
    return list;
}

/* One period back. Slopes are put in order by minima and maxima alone, so they are in order even where
 * a tie puts a segment before a steeper one. */
static inline void step_back(struct batch_group *group, struct list *list,
                             const struct limits *limits, struct lanes_period *period)
{
    const lanes up = limits->up_mwh, down = limits->down_mwh;
    const lanes charge_eur = period->charge_eur, discharge_eur = period->discharge_eur;
    const lanes steep = charge_eur + lanes_all(TIE_EUR_PER_MWH);
    const lanes flat = discharge_eur - lanes_all(TIE_EUR_PER_MWH);
    const lanes low = lanes_greater(list->low_mwh - up, limits->soc_min_mwh);
    const lanes high = lanes_smaller(list->high_mwh + down, limits->soc_max_mwh);
    const size_t count = list->count + 2;
    double *slopes = row(group->slopes, list->first), *ends = row(group->ends, list->first);
    /* The slot before, as it was, and with the charge in the list. */
    lanes slope_before = lanes_all(INFINITY), end_before = list->low_mwh;
    lanes slope_charged_before = slope_before, end_charged_before = end_before;
    lanes charge_to = end_before, discharge_to = charge_to;
    for (size_t k = 0; k < count; k++) {
        lanes slope = lanes_load(row(slopes, k)), end = lanes_load(row(ends, k));
        lanes_mask is_steeper = lanes_above(slope, steep);
        lanes slope_charged = lanes_greater(slope, lanes_smaller(slope_before, charge_eur));
        lanes end_charged = lanes_select(is_steeper, end - up, end_before);
        charge_to = lanes_select(is_steeper, end, charge_to);

        lanes_mask is_flatter = lanes_above(flat, slope_charged);
        lanes moved = lanes_select(is_flatter, end_charged_before + down, end_charged);
        discharge_to = lanes_select(is_flatter, discharge_to, end_charged);
        lanes_store(row(slopes, k), lanes_greater(slope_charged, lanes_smaller(slope_charged_before,
                                                                               discharge_eur)));
        lanes_store(row(ends, k), lanes_smaller(lanes_greater(moved, low), high));

        slope_before = slope;
        end_before = end;
        slope_charged_before = slope_charged;
        end_charged_before = end_charged;
    }
    period->charge_to_mwh = charge_to;
    period->discharge_to_mwh = discharge_to;
    *list = (struct list){list->first, count, low, high};
    drop_ends(group, list);
}

/* Fills the rows of levels; the lanes that have a plan. */
static lanes_mask run_back(struct batch_group *group)
{
    const struct batch_terms *terms = &group->terms;
    const struct limits limits = {lanes_load(terms->up_mwh), lanes_load(terms->down_mwh),
                                  lanes_load(terms->soc_min_mwh), lanes_load(terms->soc_max_mwh)};
    struct list list = start_list(group);
    lanes low = list.low_mwh, high = list.high_mwh;
    for (size_t t = group->periods; t-- > 0;) {
        struct lanes_period period = {
            .charge_eur = lanes_on_grid(lanes_load(row(group->charge_eur, t))),
            .discharge_eur = lanes_on_grid(lanes_load(row(group->discharge_eur, t)))};
        while (lanes_any(has_empty_heads(group, &list, EMPTY_HEADS_MAX)))
            drop_heads(group, &list);
        low = list.low_mwh - limits.up_mwh;
        high = list.high_mwh + limits.down_mwh;
        step_back(group, &list, &limits, &period);
        lanes_store(row(group->charge_to_mwh, t), period.charge_to_mwh);
        lanes_store(row(group->discharge_to_mwh, t), period.discharge_to_mwh);
    }
    lanes start = lanes_load(terms->soc_start_mwh);
    return lanes_not_below(start, low) & lanes_not_below(high, start);
}

/* A level that is a bound but for rounding is exactly the bound. */
static inline lanes snap(lanes level, lanes bound, lanes dust)
{
    lanes_mask is_near = lanes_not_below(dust, lanes_magnitude(level - bound));
    return lanes_select(is_near, bound, level);
}

static inline lanes money_of(lanes charge_eur, lanes discharge_eur, lanes stored_mwh)
{
    return lanes_smaller(charge_eur * -stored_mwh, discharge_eur * -stored_mwh);
}

/* Follows the levels; fills the states and the money, answers the lanes with trades that are
 * rounding. */
static lanes_mask run_forward(struct batch_group *group, lanes *money_out)
{
    const struct batch_terms *terms = &group->terms;
    const lanes up = lanes_load(terms->up_mwh), down = lanes_load(terms->down_mwh);
    const lanes soc_min = lanes_load(terms->soc_min_mwh);
    const lanes soc_max = lanes_load(terms->soc_max_mwh);
    const lanes dust = lanes_load(terms->dust_mwh);
    const lanes least_dust = lanes_all(1e-3) * dust;
    lanes soc = lanes_load(terms->soc_start_mwh), money = lanes_all(0);
    lanes_mask has_dust = lanes_above(money, money);
    for (size_t t = 0; t < group->periods; t++) {
        lanes charge_to = lanes_load(row(group->charge_to_mwh, t));
        lanes discharge_to = lanes_load(row(group->discharge_to_mwh, t));
        charge_to = snap(snap(charge_to, soc_min, dust), soc_max, dust);
        discharge_to = snap(snap(discharge_to, soc_min, dust), soc_max, dust);
        lanes charged = lanes_smaller(lanes_greater(soc, charge_to), soc + up);
        lanes after = lanes_smaller(charged, lanes_greater(discharge_to, soc - down));
        lanes stored = after - soc, moved = lanes_magnitude(stored);
        has_dust |= lanes_not_below(dust, moved) & lanes_above(moved, least_dust);
        money += money_of(lanes_load(row(group->charge_eur, t)),
                          lanes_load(row(group->discharge_eur, t)), stored);
        lanes_store(row(group->soc_mwh, t), after);
        soc = after;
    }
    *money_out = money;
    return has_dust;
}

/* Goes the way once more and rests in the lanes whose trade was rounding, not intent. */
static lanes sweep_dust(struct batch_group *group, lanes_mask has_dust, lanes money)
{
    const lanes dust = lanes_load(group->terms.dust_mwh);
    lanes soc = lanes_load(group->terms.soc_start_mwh), swept_money = lanes_all(0);
    for (size_t t = 0; t < group->periods; t++) {
        lanes after = lanes_load(row(group->soc_mwh, t));
        lanes moved = lanes_magnitude(after - soc);
        lanes_mask rests = has_dust & lanes_not_below(dust, moved);
        after = lanes_select(rests, soc, after);
        swept_money += money_of(lanes_load(row(group->charge_eur, t)),
                                lanes_load(row(group->discharge_eur, t)), after - soc);
        lanes_store(row(group->soc_mwh, t), after);
        soc = after;
    }
    return lanes_select(has_dust, swept_money, money);
}

/* As power_of in forward.c. */
static void fill_powers(struct batch_group *group)
{
    const struct batch_terms *terms = &group->terms;
    const lanes stored_per_mw = lanes_load(terms->stored_mwh_per_mw);
    const lanes withdrawn_per_mw = lanes_load(terms->withdrawn_mwh_per_mw);
    const lanes discharge_mw = lanes_load(terms->discharge_mw);
    const lanes charge_mw = -lanes_load(terms->charge_mw);
    const lanes near_limit = lanes_all(1 - NEAR_LIMIT), dust = lanes_load(terms->dust_mwh);
    const lanes near_discharge = discharge_mw * near_limit;
    const lanes near_charge = charge_mw * near_limit;
    lanes soc = lanes_load(terms->soc_start_mwh);
    for (size_t t = 0; t < group->periods; t++) {
        lanes after = lanes_load(row(group->soc_mwh, t));
        lanes given = soc - after;
        lanes power = lanes_smaller(given / stored_per_mw, given / withdrawn_per_mw);
        power = lanes_select(lanes_above(power, near_discharge), discharge_mw, power);
        power = lanes_select(lanes_above(near_charge, power), charge_mw, power);
        lanes_mask is_trade = lanes_above(lanes_magnitude(given), dust);
        lanes_store(row(group->charge_to_mwh, t), lanes_select(is_trade, power, lanes_all(0)));
        soc = after;
    }
}

unsigned BATCH_KERNEL(struct batch_group *group)
{
    lanes money;
    lanes_mask is_sound = fill_slopes(group);
    lanes_mask has_plan = run_back(group);
    lanes_mask has_dust = run_forward(group, &money);
    if (lanes_any(has_dust))
        money = sweep_dust(group, has_dust, money);
    lanes left = lanes_load(row(group->soc_mwh, group->periods - 1));
    lanes value = lanes_load(group->terms.end_value_eur);
    lanes objective = (money + (value * left));
    lanes_mask is_finite = lanes_above(lanes_all(INFINITY), lanes_magnitude(objective));
    lanes_store(group->objective_eur, objective);
    if (group->wants_power)
        fill_powers(group);
    return ~lanes_bits((is_finite & (is_sound & has_plan))) & ((1U << LANES) - 1);
}
