#include "opt/slots.h"

#include "opt/pair.h"

/* Room for the functions of batteries that are full after about 4.7 or 9.2 periods; longer ones are
 * quicker in stacks. */
#define PAIRS_SHORT 5
#define PAIRS_LONG 7
#define FILL_PERIODS_SHORT 4.7
#define FILL_PERIODS_LONG 9.2

/* Slopes fall from slot to slot. What lies below the function is as steep as can be, what lies above
 * it as flat; a slot that ends at the low bound or begins at the high one is empty. */
struct row {
    pair slope_eur[PAIRS_LONG], end_mwh[PAIRS_LONG];
};

/* The bounds of the state, and as seen by what is shorter than dust. */
struct frame {
    double low_mwh, high_mwh, near_low_mwh, near_high_mwh;
};

/* What a period inserts: a charge and a discharge; where rows are cut after it; and the slopes from
 * which on slots move, apart from the insertions' own by what a trade has to gain at least. */
struct insertion {
    pair charge_eur, discharge_eur, charge_mwh, discharge_mwh, low_mwh, high_mwh;
    pair steep_eur, flat_eur;
};

static double slot_end(const struct row *row, size_t k)
{
    return row->end_mwh[k / 2][k % 2];
}

static void slot_set(struct row *row, size_t k, double slope_eur, double end_mwh)
{
    row->slope_eur[k / 2][k % 2] = slope_eur;
    row->end_mwh[k / 2][k % 2] = end_mwh;
}

/* Empty slots are known by slopes without end, lest they come back between others: a period looks for
 * them below the middle at the low bound, above it at the high one. */
static inline pair slope_of(const struct row *row, size_t i, pair start_mwh,
                            const struct frame *frame, size_t pairs)
{
    if (i < pairs / 2)
        return pair_or_highest(row->end_mwh[i] > pair_all(frame->near_low_mwh), row->slope_eur[i]);
    return pair_or_lowest(start_mwh < pair_all(frame->near_high_mwh), row->slope_eur[i]);
}

/* The sum of the places where a mask was true. */
static inline size_t count_of(pair_mask count)
{
    return (size_t)(count[0] + count[1]);
}

/* Levels near to a bound are the bound. */
static inline struct levels snap(pair levels, const struct frame *frame)
{
    levels = pair_select(levels > pair_all(frame->near_low_mwh), levels, pair_all(frame->low_mwh));
    levels =
        pair_select(levels < pair_all(frame->near_high_mwh), levels, pair_all(frame->high_mwh));
    return (struct levels){levels[0], levels[1]};
}

/* One period back. Slots steeper than the charge move down by one place and its length, and leave the
 * place at their end to it; those flatter than the discharge move up, and leave the first place to it.
 * Cut is only on the side where it can be needed: row_centre does the rest. */
static inline struct levels row_step(const struct row *after, struct row *before,
                                     const struct insertion *in, const struct frame *frame,
                                     size_t pairs)
{
    pair_mask steeper = {0, 0}, flatter = {0, 0};
    pair slope_before = pair_all(INFINITY), end = after->end_mwh[0];
    pair start = pair_shift(pair_all(frame->low_mwh), end);
    pair slope = slope_of(after, 0, start, frame, pairs);
#pragma GCC unroll 8
    for (size_t i = 0; i < pairs; i++) {
        bool is_last = i + 1 == pairs;
        pair next_end = is_last ? end : after->end_mwh[i + 1];
        pair end_above = pair_shift(end, next_end);
        pair next_slope =
            is_last ? pair_all(-INFINITY) : slope_of(after, i + 1, end_above, frame, pairs);
        pair slope_above = pair_shift(slope, next_slope);
        pair slope_below = pair_shift(slope_before, slope);
        pair_mask goes_down = slope_above > in->steep_eur, goes_up = slope < in->flat_eur;
        pair moved = pair_select(goes_down, end_above - in->charge_mwh, end);
        moved = pair_select(goes_up, start + in->discharge_mwh, moved);
        before->end_mwh[i] =
            i < pairs / 2 ? pair_greater(moved, in->low_mwh) : pair_smaller(moved, in->high_mwh);
        before->slope_eur[i] =
            pair_greater(pair_smaller(slope, pair_greater(slope_above, in->charge_eur)),
                         pair_smaller(slope_below, in->discharge_eur));
        steeper -= goes_down;
        flatter -= goes_up;
        slope_before = slope;
        slope = next_slope;
        start = end_above;
        end = next_end;
    }
    pair levels = {slot_end(after, count_of(steeper)),
                   slot_end(after, 2 * pairs - 1 - count_of(flatter))};
    return snap(levels, frame);
}

/* Whether the row must move up: its lowest slot is not empty, though a step would push it out, or an
 * empty slot of the upper side lies below the middle. */
static inline bool leans_down(const struct row *row, const struct frame *frame, size_t pairs)
{
    return (row->end_mwh[0][0] > frame->near_low_mwh)
           | (row->end_mwh[pairs / 2 - 1][1] >= frame->near_high_mwh);
}

static inline bool leans_up(const struct row *row, const struct frame *frame, size_t pairs)
{
    return (row->end_mwh[pairs - 1][0] < frame->near_high_mwh)
           | (row->end_mwh[pairs / 2][0] <= frame->near_low_mwh);
}

static void move_up(struct row *row, const struct frame *frame, size_t pairs)
{
    pair *middle = &row->end_mwh[pairs / 2 - 1];
    *middle = pair_smaller(*middle, pair_all(frame->high_mwh));
    for (size_t i = pairs - 1; i > 0; i--) {
        row->slope_eur[i] = row->slope_eur[i - 1];
        row->end_mwh[i] = row->end_mwh[i - 1];
    }
    row->slope_eur[0] = pair_all(INFINITY);
    row->end_mwh[0] = pair_all(frame->low_mwh);
}

static void move_down(struct row *row, const struct frame *frame, size_t pairs)
{
    pair *middle = &row->end_mwh[pairs / 2];
    *middle = pair_greater(*middle, pair_all(frame->low_mwh));
    for (size_t i = 0; i + 1 < pairs; i++) {
        row->slope_eur[i] = row->slope_eur[i + 1];
        row->end_mwh[i] = row->end_mwh[i + 1];
    }
    row->slope_eur[pairs - 1] = pair_all(-INFINITY);
    row->end_mwh[pairs - 1] = pair_all(frame->high_mwh);
}

/* Moves the row to where both ends and the middle are as a step needs them; false where it is too
 * short for that. Only empty slots are pushed out. */
static bool row_centre(struct row *row, const struct frame *frame, size_t pairs)
{
    for (size_t i = 0; i < pairs; i++) {
        bool is_low = leans_down(row, frame, pairs), is_high = leans_up(row, frame, pairs);
        if (!is_low && !is_high)
            return true;
        bool is_top_empty = row->end_mwh[pairs - 2][1] >= frame->near_high_mwh;
        bool is_bottom_empty = row->end_mwh[0][1] <= frame->near_low_mwh;
        if (is_low && !is_high && is_top_empty)
            move_up(row, frame, pairs);
        else if (is_high && !is_low && is_bottom_empty)
            move_down(row, frame, pairs);
        else
            return false;
    }
    return false;
}

/* Lays the function of settled stacks around the middle; false where it is too long. */
static inline bool row_load(struct row *row, const struct stacks *stacks, const struct frame *frame,
                            size_t pairs)
{
    const struct stack *left = &stacks->left, *right = &stacks->right;
    size_t count = (size_t)(left->top - left->bottom) + (size_t)(right->top - right->bottom);
    if (count > 2 * pairs - 4)
        return false;
    for (size_t i = 0; i < pairs; i++) {
        row->slope_eur[i] = pair_all(i < pairs / 2 ? INFINITY : -INFINITY);
        row->end_mwh[i] = pair_all(i < pairs / 2 ? frame->low_mwh : frame->high_mwh);
    }
    size_t k = 2 * (pairs / 2) - count / 2;
    double end_mwh = greater(stacks->low_mwh, frame->low_mwh);
    slot_set(row, k - 1, INFINITY, end_mwh);
    for (const struct segment *s = left->bottom + 1; s <= left->top; s++)
        slot_set(row, k++, s->slope, end_mwh = smaller(end_mwh + s->length, frame->high_mwh));
    for (const struct segment *s = right->top; s > right->bottom; s--)
        slot_set(row, k++, s->slope, end_mwh = smaller(end_mwh + s->length, frame->high_mwh));
    return true;
}

/* Moves the ends as the row's were moved, by so many steps that cut them, and perhaps one that did
 * not: sum for sum, since a sliver between the two would be taken for a segment. */
static void ends_step(struct stacks *stacks, const struct frame *frame, double charge_mwh,
                      double discharge_mwh, size_t cut, size_t uncut)
{
    double low_mwh = greater(stacks->low_mwh, frame->low_mwh);
    double high_mwh = smaller(stacks->high_mwh, frame->high_mwh);
    for (size_t i = 0; i < cut && low_mwh > frame->low_mwh; i++)
        low_mwh = greater(low_mwh - charge_mwh, frame->low_mwh);
    for (size_t i = 0; i < cut && high_mwh < frame->high_mwh; i++)
        high_mwh = smaller(high_mwh + discharge_mwh, frame->high_mwh);
    stacks->low_mwh = low_mwh - (double)uncut * charge_mwh;
    stacks->high_mwh = high_mwh + (double)uncut * discharge_mwh;
}

/* Hands the function over between the ends that the stacks have already. What is no segment is put
 * where the next one goes. */
static inline void row_store(const struct row *row, struct stacks *stacks, size_t pairs)
{
    double low_mwh = stacks->low_mwh, high_mwh = stacks->high_mwh, end_mwh = high_mwh;
    stacks_reset(stacks, low_mwh, stacks->dust_mwh);
    stacks->high_mwh = high_mwh;
    for (size_t k = 2 * pairs; k-- > 0;) {
        double start_mwh = k > 0 ? greater(slot_end(row, k - 1), low_mwh) : low_mwh;
        double slope_eur = row->slope_eur[k / 2][k % 2];
        bool is_segment = (end_mwh - start_mwh > stacks->dust_mwh) & (fabs(slope_eur) < INFINITY);
        stacks->right.top[1] = (struct segment){slope_eur, end_mwh - start_mwh};
        stacks->right.top += is_segment;
        end_mwh = is_segment ? start_mwh : end_mwh;
    }
}

static inline __attribute__((always_inline)) size_t run(struct stacks *stacks,
                                                        const struct terms *terms,
                                                        struct levels *levels, size_t ahead,
                                                        const struct frame *frame, size_t pairs)
{
    struct terms k = *terms;
    k.plain = true; /* which the compiler does not know */
    const double charge_mwh = k.charge_mw * k.stored_mwh_per_mw;
    const double discharge_mwh = k.discharge_mw * k.withdrawn_mwh_per_mw;
    struct insertion in = {.charge_mwh = pair_all(charge_mwh),
                           .discharge_mwh = pair_all(discharge_mwh),
                           .low_mwh = pair_all(frame->low_mwh),
                           .high_mwh = pair_all(frame->high_mwh)};
    size_t until = ahead;
    struct row rows[2], *after = &rows[0], *before = &rows[1];
    if (!row_load(after, stacks, frame, pairs))
        return ahead;
    for (; ahead > 0; ahead--) {
        struct period period = period_at(&k, ahead - 1);
        if (period.charge_eur < period.discharge_eur)
            break;
        if ((leans_down(after, frame, pairs) || leans_up(after, frame, pairs))
            && !row_centre(after, frame, pairs))
            break;
        if (ahead == 1) {
            in.low_mwh = pair_all(-INFINITY);
            in.high_mwh = pair_all(INFINITY);
        }
        in.charge_eur = pair_all(period.charge_eur);
        in.discharge_eur = pair_all(period.discharge_eur);
        in.steep_eur = pair_all(period.charge_eur + TIE_EUR_PER_MWH);
        in.flat_eur = pair_all(period.discharge_eur - TIE_EUR_PER_MWH);
        levels[ahead - 1] = row_step(after, before, &in, frame, pairs);
        struct row *spare = after;
        after = before;
        before = spare;
    }
    size_t uncut = ahead == 0;
    ends_step(stacks, frame, charge_mwh, discharge_mwh, until - ahead - uncut, uncut);
    row_store(after, stacks, pairs);
    return ahead;
}

size_t slots_run(struct stacks *stacks, const struct terms *terms, struct levels *levels,
                 size_t ahead)
{
    double low_mwh = soc_min_at(terms, 0), high_mwh = soc_max_at(terms, 0);
    const struct frame frame = {low_mwh, high_mwh, low_mwh + terms->dust_mwh,
                                high_mwh - terms->dust_mwh};
    double fill_mwh = smaller(terms->charge_mw * terms->stored_mwh_per_mw,
                              terms->discharge_mw * terms->withdrawn_mwh_per_mw);
    double room_mwh = high_mwh - low_mwh;
    if (room_mwh <= 4 * terms->dust_mwh || room_mwh > FILL_PERIODS_LONG * fill_mwh)
        return ahead;
    if (room_mwh > FILL_PERIODS_SHORT * fill_mwh)
        return run(stacks, terms, levels, ahead, &frame, PAIRS_LONG);
    return run(stacks, terms, levels, ahead, &frame, PAIRS_SHORT);
}
