/* opt/stacks.h: the concave value function as two stacks of segments around a gap.
 *
 * Slopes descend from low to high energy. `left` holds, with its top beside the gap, the segments at
 * least as steep as what discharging earns; `right` those flatter. A period moves over the gap only
 * what its price move crosses, and leaves its charge in the left and its discharge on the right:
 * both stretch the function outwards. README.md tells why that is the whole recursion. */
#ifndef MANDO_OPT_STACKS_H
#define MANDO_OPT_STACKS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "opt/curve.h"
#include "opt/period.h"

/* bottom is a sentinel whose slope no price reaches; the segments lie above it, up to top. */
struct stack {
    struct segment *bottom, *top, *room;
};

struct stacks {
    struct stack left, right;
    double gap_mwh;
    double low_mwh, high_mwh; /* ends of the function; the stacks may reach beyond */
    double dust_mwh;          /* a shorter rest of a segment goes with it */
};

/* The policy of a period: charge up to the first level, discharge down to the second. */
struct levels {
    double charge_to_mwh, discharge_to_mwh;
};

/* The bounds of the state while they are the same in all periods. Nearer to one than dust is at it:
 * what a sliver of rounding would let in from beyond has no order that fits the rest. */
struct bounds {
    double low_mwh, high_mwh, dust_mwh;
};

static inline bool stack_is_empty(const struct stack *stack)
{
    return stack->top == stack->bottom;
}

static inline void stack_empty(struct stack *stack, double sentinel)
{
    stack->bottom = stack->top = stack->room;
    stack->bottom->slope = sentinel;
}

/* Moves the gap to where slopes fall below `flat`: down where the price rose, as seen backwards, up
 * where it fell. Which of the two is a coin toss, so both are one loop with its ends exchanged. */
static inline void stacks_seek(struct stacks *stacks, double flat, struct bounds bounds)
{
    bool goes_up = stacks->right.top->slope >= flat;
    struct segment *from = goes_up ? stacks->right.top : stacks->left.top;
    struct segment *to = goes_up ? stacks->left.top : stacks->right.top;
    double up_mwh = bounds.high_mwh - stacks->gap_mwh, down_mwh = stacks->gap_mwh - bounds.low_mwh;
    double room_mwh = goes_up ? up_mwh : down_mwh, moved_mwh = 0;
    double near_mwh = room_mwh - bounds.dust_mwh;
    while (((from->slope >= flat) == goes_up) & (moved_mwh < near_mwh)) {
        moved_mwh += from->length;
        *++to = *from--;
    }
    stacks->right.top = goes_up ? from : to;
    stacks->left.top = goes_up ? to : from;
    stacks->gap_mwh += goes_up ? moved_mwh : -moved_mwh;
    if (moved_mwh >= near_mwh) {
        if (moved_mwh > 0)
            to->length -= moved_mwh - room_mwh;
        stacks->gap_mwh = goes_up ? bounds.high_mwh : bounds.low_mwh;
        if (goes_up)
            stack_empty(&stacks->right, -INFINITY);
        else
            stack_empty(&stacks->left, INFINITY);
    }
}

/* Puts a segment into the left where slopes fall to its own and returns that place, MWh. */
static inline double stacks_insert(struct stacks *stacks, struct segment segment,
                                   struct bounds bounds)
{
    struct segment *place = stacks->left.top++;
    const struct segment *top = place;
    double place_mwh = stacks->gap_mwh, steep = segment.slope + TIE_EUR_PER_MWH;
    double near_mwh = bounds.low_mwh + bounds.dust_mwh;
    while ((place->slope <= steep) & (place_mwh > near_mwh)) {
        place_mwh -= place->length;
        place[1] = place[0];
        place--;
    }
    if (place_mwh <= near_mwh) {
        if (place < top)
            place[2].length -= bounds.low_mwh - place_mwh;
        place_mwh = bounds.low_mwh;
        place->slope = INFINITY;
        stacks->left.bottom = place;
    }
    place[1] = segment;
    return place_mwh;
}

/* One period back: its two segments, the steeper first, go where their slopes belong. The function's
 * low end moves down by up_mwh. What lies beyond constant bounds is cut off only when the gap or a
 * segment's place gets there: until then it moves further out, and never back. */
static inline struct levels stacks_step(struct stacks *stacks, struct segment first,
                                        struct segment second, double up_mwh, struct bounds bounds)
{
    struct levels levels;
    stacks_seek(stacks, second.slope - TIE_EUR_PER_MWH, bounds);
    levels.charge_to_mwh = stacks_insert(stacks, first, bounds);
    levels.discharge_to_mwh = stacks->gap_mwh;
    *++stacks->right.top = second;
    stacks->low_mwh -= up_mwh;
    stacks->high_mwh += first.length + second.length - up_mwh;
    return levels;
}

/* Divides every energy by keep and multiplies every slope by it. */
void stacks_scale(struct stacks *stacks, double keep);

/* Lets the segments fill the function from end to end again and measures the gap anew: a rounding
 * error that stayed would grow by 1 / keep in each period where energy leaks. */
void stacks_even_out(struct stacks *stacks);

/* Cut the function's end to a bound that lies inside it. */
void stacks_cut_low(struct stacks *stacks, double low_mwh);
void stacks_cut_high(struct stacks *stacks, double high_mwh);

/* Cuts off what the stacks hold beyond the function's ends. */
void stacks_settle(struct stacks *stacks);

/* Empties the stacks to the point low_mwh. */
void stacks_reset(struct stacks *stacks, double low_mwh, double dust_mwh);

/* Loads a concave curve; writes one out, false where its capacity does not suffice. */
void stacks_load(struct stacks *stacks, const struct curve *curve, double dust_mwh);
bool stacks_store(const struct stacks *stacks, struct curve *out);

#endif
