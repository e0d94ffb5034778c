#include "case_count.h"
#include "check.h"
#include "opt/slots.h"
#include "random.h"

#define PERIODS 192
#define SEGMENTS_MAX 12
#define ROOM (4 * PERIODS + 2 * SEGMENTS_MAX + 8)

/* A stretch of periods and the function behind it, in two pairs of stacks. */
struct fixture {
    double buy_eur_per_mwh[PERIODS], sell_eur_per_mwh[PERIODS];
    struct terms terms;
    struct segment rooms[4][ROOM];
    struct stacks slots, stacks;
    struct levels by_slots[PERIODS], by_stacks[PERIODS];
};

static void use_rooms(struct stacks *stacks, struct segment rooms[2][ROOM])
{
    stacks->left.room = rooms[0];
    stacks->right.room = rooms[1];
}

static void put_battery(struct fixture *f, double capacity_mwh, double charge_mw,
                        double discharge_mw, double efficiency)
{
    f->terms = terms_of(&(struct mando_optimize_problem){.periods = PERIODS,
                                                         .step_h = 0.25,
                                                         .buy_eur_per_mwh = f->buy_eur_per_mwh,
                                                         .sell_eur_per_mwh = f->sell_eur_per_mwh,
                                                         .power_charge_mw = charge_mw,
                                                         .power_discharge_mw = discharge_mw,
                                                         .soc_min_mwh = capacity_mwh / 8,
                                                         .soc_max_mwh = 1.125 * capacity_mwh,
                                                         .soc_end_mwh = NAN,
                                                         .efficiency_charge = efficiency,
                                                         .efficiency_discharge = efficiency,
                                                         .fee_eur_per_mwh = 0.1});
}

/* Prices that often repeat, so that slopes tie, and at times make burning pay. */
static void put_prices(struct fixture *f, struct random *random, double burning)
{
    double price = 50;
    for (size_t t = 0; t < PERIODS; t++) {
        if (random_chance(random, 0.7))
            price = 5 * (double)(random_below(random, 30)) + random_unit(random);
        f->buy_eur_per_mwh[t] = f->sell_eur_per_mwh[t] =
            random_chance(random, burning) ? -100 : price;
    }
}

/* A concave function with so many segments between two states. */
static void put_function(struct fixture *f, struct random *random, size_t segments, double low_mwh,
                         double high_mwh)
{
    struct segment list[SEGMENTS_MAX];
    double slope = 160;
    for (size_t i = 0; i < segments; i++) {
        slope -= random_between(random, 0, 30);
        list[i] = (struct segment){slope, (high_mwh - low_mwh) / (double)segments};
    }
    struct curve curve = {.segments = list, .count = segments, .low_mwh = low_mwh};
    use_rooms(&f->slots, f->rooms);
    use_rooms(&f->stacks, f->rooms + 2);
    stacks_load(&f->slots, &curve, f->terms.dust_mwh);
    stacks_load(&f->stacks, &curve, f->terms.dust_mwh);
}

/* The recursion as README.md has it, segment by segment, each period cut to the bounds. */
static void run_stacks(struct fixture *f, size_t from, size_t ahead)
{
    const struct terms *terms = &f->terms;
    const struct bounds none = {-INFINITY, INFINITY, 0};
    for (size_t t = from; t-- > ahead;) {
        struct period period = period_at(terms, t);
        f->by_stacks[t] = stacks_step(
            &f->stacks, (struct segment){period.charge_eur, period.up_mwh},
            (struct segment){period.discharge_eur, period.down_mwh}, period.up_mwh, none);
        if (t > 0 && f->stacks.low_mwh < terms->soc_min_mwh)
            stacks_cut_low(&f->stacks, terms->soc_min_mwh);
        if (t > 0 && f->stacks.high_mwh > terms->soc_max_mwh)
            stacks_cut_high(&f->stacks, terms->soc_max_mwh);
        stacks_even_out(&f->stacks);
    }
}

static double value_between(const struct stacks *stacks, double from_mwh, double to_mwh)
{
    struct segment list[ROOM];
    struct curve curve = {.segments = list, .capacity = ROOM};
    CHECK(stacks_store(stacks, &curve));
    double value = 0, start = curve.low_mwh;
    for (size_t i = 0; i < curve.count; i++) {
        double end = start + curve.segments[i].length;
        double length = smaller(end, to_mwh) - greater(start, from_mwh);
        value += length > 0 ? length * curve.segments[i].slope : 0;
        start = end;
    }
    return value;
}

static void check_same(const struct fixture *f, size_t from, size_t ahead)
{
    double same_mwh = 3e-12 * f->terms.soc_max_mwh;
    for (size_t t = ahead; t < from; t++) {
        CHECK_NEAR(f->by_slots[t].charge_to_mwh, f->by_stacks[t].charge_to_mwh, same_mwh);
        CHECK_NEAR(f->by_slots[t].discharge_to_mwh, f->by_stacks[t].discharge_to_mwh, same_mwh);
    }
    CHECK_NEAR(f->slots.low_mwh, f->stacks.low_mwh, same_mwh);
    CHECK_NEAR(f->slots.high_mwh, f->stacks.high_mwh, same_mwh);
    for (int i = 0; i < 16; i++) {
        double width = (f->stacks.high_mwh - f->stacks.low_mwh) / 16;
        double start = f->stacks.low_mwh + i * width;
        CHECK_NEAR(value_between(&f->slots, start, start + width),
                   value_between(&f->stacks, start, start + width), 500 * same_mwh);
    }
}

/* Batteries of every size that fill in up to the number of periods that a row is made for. */
static double put_random_battery(struct fixture *f, struct random *random)
{
    double charge_mw = random_magnitude(random, 1e-3, 1e6),
           efficiency = random_between(random, 0.8, 1);
    double discharge_mw =
        charge_mw * (random_chance(random, 0.3) ? random_between(random, 0.3, 3) : 1);
    double charge_mwh = charge_mw * 0.25 * efficiency,
           discharge_mwh = discharge_mw * 0.25 / efficiency;
    double fill = random_chance(random, 0.5) ? random_between(random, 8.5, 9.2)
                                             : random_between(random, 0.1, 9.2);
    double capacity_mwh = fill * smaller(charge_mwh, discharge_mwh);
    put_battery(f, capacity_mwh, charge_mw, discharge_mw, efficiency);
    return capacity_mwh;
}

TEST(levels_and_function_are_those_of_the_stacks)
{
    static struct fixture f;
    size_t periods = 0, handed_over = 0, cases = case_count(2000);
    for (size_t seed = 0; seed < cases; seed++) {
        struct random random = {seed};
        double capacity = put_random_battery(&f, &random), burning = seed % 3 == 0 ? 0.02 : 0;
        put_prices(&f, &random, burning);
        double low = f.terms.soc_min_mwh, high = f.terms.soc_max_mwh;
        double fixed = low + random_unit(&random) * capacity;
        put_function(&f, &random, seed % 2 ? 1 + random_below(&random, SEGMENTS_MAX) : 0,
                     seed % 2 ? low : fixed, seed % 2 ? high : fixed);
        size_t ahead = slots_run(&f.slots, &f.terms, f.by_slots, PERIODS);
        run_stacks(&f, PERIODS, ahead);
        check_same(&f, PERIODS, ahead);
        periods += PERIODS - ahead;
        handed_over += burning == 0 && ahead > 0 && ahead < PERIODS;
    }
    /* A row that refused everything would pass as well, and one that never is full tells nothing of
     * what happens then. */
    CHECK(periods > cases * PERIODS / 4);
    CHECK(handed_over > 0);
}

TEST(a_period_in_which_burning_pays_stops_the_row_before_it)
{
    static struct fixture f;
    struct random random = {1};
    put_battery(&f, 10, 10, 10, 0.95);
    put_prices(&f, &random, 0);
    f.buy_eur_per_mwh[100] = f.sell_eur_per_mwh[100] = -100;
    put_function(&f, &random, 1, f.terms.soc_min_mwh, f.terms.soc_max_mwh);
    CHECK_EQ(slots_run(&f.slots, &f.terms, f.by_slots, PERIODS), 101);
}

TEST(batteries_that_fill_slowly_or_not_at_all_are_left_to_the_stacks)
{
    static struct fixture f;
    struct random random = {1};
    put_prices(&f, &random, 0);
    const struct {
        double capacity_mwh, charge_mw;
    } batteries[] = {{40, 10}, {10, 0}, {0, 10}};
    for (size_t i = 0; i < 3; i++) {
        put_battery(&f, batteries[i].capacity_mwh, batteries[i].charge_mw, 10, 0.95);
        put_function(&f, &random, 1, f.terms.soc_min_mwh, f.terms.soc_max_mwh);
        CHECK_EQ(slots_run(&f.slots, &f.terms, f.by_slots, PERIODS), PERIODS);
    }
}

/* Sums of tenths miss the bounds in the last place, and levels would be beside them. */
TEST(levels_meet_the_bounds_exactly)
{
    static struct fixture f;
    for (size_t seed = 0; seed < 50; seed++) {
        struct random random = {seed};
        put_battery(&f, 0.9, 0.4, 0.4, 1);
        double low = f.terms.soc_min_mwh, high = f.terms.soc_max_mwh;
        put_prices(&f, &random, 0);
        double end = seed % 2 ? low + 0.3 : high - 0.3;
        put_function(&f, &random, 0, end, end);
        CHECK_EQ(slots_run(&f.slots, &f.terms, f.by_slots, PERIODS), 0);
        for (size_t t = 0; t < PERIODS; t++) {
            double levels[2] = {f.by_slots[t].charge_to_mwh, f.by_slots[t].discharge_to_mwh};
            for (int i = 0; i < 2; i++) {
                CHECK(levels[i] >= low && levels[i] <= high);
                CHECK(!(levels[i] > low && levels[i] < low + 1e-12));
                CHECK(!(levels[i] < high && levels[i] > high - 1e-12));
            }
        }
    }
}
