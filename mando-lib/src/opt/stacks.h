/* opt/stacks.h: the concave value function, cut where the last period traded.
 *
 * Slopes descend from low to high energy. `left` holds the segments steeper than the cost of
 * charging, its top beside the middle; `right` those flatter than what discharging earns; `middle`
 * those between, in which the battery rests. A period moves to and from the middle only what its
 * price move crosses, then leaves its charge on top of the left and its discharge on top of the
 * right: both stretch the function outwards, and its ends are cut back to the bounds. */
#ifndef MANDO_OPT_STACKS_H
#define MANDO_OPT_STACKS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "opt/curve.h"

/* bottom is a sentinel whose slope no price reaches; the segments lie above it, up to top. */
struct stack {
    struct segment *bottom, *top, *room;
};

/* Segments front .. back - 1, each at its number modulo the power of two that is mask + 1. */
struct ring {
    struct segment *room;
    uint32_t front, back, mask;
};

struct stacks {
    struct stack left, right;
    struct ring middle;
    double low_mwh, high_mwh;               /* of the function */
    double middle_low_mwh, middle_high_mwh; /* of the middle */
    double dust_mwh;                        /* a shorter rest of a segment goes with it */
};

static inline bool stack_is_empty(const struct stack *stack)
{
    return stack->top == stack->bottom;
}

static inline bool ring_is_empty(const struct ring *ring)
{
    return ring->front == ring->back;
}

static inline struct segment *ring_first(const struct ring *ring)
{
    return &ring->room[ring->front & ring->mask];
}

static inline struct segment *ring_last(const struct ring *ring)
{
    return &ring->room[(ring->back - 1) & ring->mask];
}

/* Moves segments until the left is all that is steeper than `steep` and the right all that is
 * flatter than `flat`, flat <= steep. */
static inline void stacks_seek(struct stacks *stacks, double steep, double flat)
{
    bool rises = stacks->left.top->slope <= steep, falls = stacks->right.top->slope >= flat;
    if (rises) {
        do {
            struct segment segment = *stacks->left.top--;
            stacks->middle_low_mwh -= segment.length;
            stacks->middle.front--;
            *ring_first(&stacks->middle) = segment;
        } while (stacks->left.top->slope <= steep);
    }
    if (falls) {
        do {
            struct segment segment = *stacks->right.top--;
            stacks->middle_high_mwh += segment.length;
            stacks->middle.back++;
            *ring_last(&stacks->middle) = segment;
        } while (stacks->right.top->slope >= flat);
    }
    while (!rises && !ring_is_empty(&stacks->middle)
           && ring_first(&stacks->middle)->slope > steep) {
        struct segment segment = *ring_first(&stacks->middle);
        stacks->middle.front++;
        stacks->middle_low_mwh += segment.length;
        *++stacks->left.top = segment;
    }
    while (!falls && !ring_is_empty(&stacks->middle) && ring_last(&stacks->middle)->slope < flat) {
        struct segment segment = *ring_last(&stacks->middle);
        stacks->middle.back--;
        stacks->middle_high_mwh -= segment.length;
        *++stacks->right.top = segment;
    }
}

/* Removes `excess` from the outer end of a stack and returns what it does not hold: 0 or less while
 * a segment is left. */
static inline double stack_cut(struct stack *stack, double sentinel, double excess, double dust_mwh)
{
    while (!stack_is_empty(stack) && stack->bottom[1].length <= excess + dust_mwh) {
        excess -= (++stack->bottom)->length;
        stack->bottom->slope = sentinel;
    }
    if (!stack_is_empty(stack)) {
        stack->bottom[1].length -= excess;
        return 0;
    }
    stack->bottom = stack->top = stack->room;
    stack->bottom->slope = sentinel;
    return excess;
}

/* Removes `excess` from the inner end. */
static inline void stack_cut_top(struct stack *stack, double excess)
{
    while (!stack_is_empty(stack) && stack->top->length <= excess)
        excess -= (stack->top--)->length;
    if (!stack_is_empty(stack))
        stack->top->length -= excess;
}

static inline double ring_cut_first(struct ring *ring, double excess)
{
    while (!ring_is_empty(ring) && ring_first(ring)->length <= excess) {
        excess -= ring_first(ring)->length;
        ring->front++;
    }
    if (ring_is_empty(ring))
        return excess;
    ring_first(ring)->length -= excess;
    return 0;
}

static inline double ring_cut_last(struct ring *ring, double excess)
{
    while (!ring_is_empty(ring) && ring_last(ring)->length <= excess) {
        excess -= ring_last(ring)->length;
        ring->back--;
    }
    if (ring_is_empty(ring))
        return excess;
    ring_last(ring)->length -= excess;
    return 0;
}

/* Cut the function's end to a bound that lies inside it. An end is known exactly, so the middle is
 * measured from it where no stack lies between: rounding does not add up over a year. */
static inline void stacks_cut_low(struct stacks *stacks, double low_mwh)
{
    double excess = stack_cut(&stacks->left, INFINITY, low_mwh - stacks->low_mwh, stacks->dust_mwh);
    stacks->low_mwh = low_mwh;
    if (!stack_is_empty(&stacks->left))
        return;
    if (excess > 0)
        excess = ring_cut_first(&stacks->middle, excess);
    if (excess > 0)
        stack_cut_top(&stacks->right, excess);
    stacks->middle_low_mwh = low_mwh;
    if (ring_is_empty(&stacks->middle))
        stacks->middle_high_mwh = low_mwh;
}

static inline void stacks_cut_high(struct stacks *stacks, double high_mwh)
{
    double excess =
        stack_cut(&stacks->right, -INFINITY, stacks->high_mwh - high_mwh, stacks->dust_mwh);
    stacks->high_mwh = high_mwh;
    if (!stack_is_empty(&stacks->right))
        return;
    if (excess > 0)
        excess = ring_cut_last(&stacks->middle, excess);
    if (excess > 0)
        stack_cut_top(&stacks->left, excess);
    stacks->middle_high_mwh = high_mwh;
    if (ring_is_empty(&stacks->middle))
        stacks->middle_low_mwh = high_mwh;
}

/* Puts one segment on each side of the middle. The low end moves down by up_mwh, the middle by what
 * the first segment is longer than that. */
static inline void stacks_stretch(struct stacks *stacks, struct segment first,
                                  struct segment second, double up_mwh)
{
    double shift_mwh = first.length - up_mwh;
    *++stacks->left.top = first;
    *++stacks->right.top = second;
    stacks->low_mwh -= up_mwh;
    stacks->high_mwh += second.length + shift_mwh;
    stacks->middle_low_mwh += shift_mwh;
    stacks->middle_high_mwh += shift_mwh;
}

/* Returns the new length. */
static inline double segment_scale(struct segment *segment, double keep)
{
    segment->slope *= keep;
    return segment->length /= keep;
}

/* As curve_scale. Every place is measured anew from the high end: a rounding error that stayed would
 * grow by 1 / keep in each period. */
static inline void stacks_scale(struct stacks *stacks, double keep)
{
    double place_mwh = stacks->high_mwh / keep;
    stacks->high_mwh = place_mwh;
    for (struct segment *s = stacks->right.bottom + 1; s <= stacks->right.top; s++)
        place_mwh -= segment_scale(s, keep);
    stacks->middle_high_mwh = place_mwh;
    for (uint32_t i = stacks->middle.back; i != stacks->middle.front; i--)
        place_mwh -= segment_scale(&stacks->middle.room[(i - 1) & stacks->middle.mask], keep);
    stacks->middle_low_mwh = place_mwh;
    for (struct segment *s = stacks->left.top; s > stacks->left.bottom; s--)
        place_mwh -= segment_scale(s, keep);
    stacks->low_mwh = place_mwh;
}

/* Empties the stacks to the point low_mwh. */
void stacks_reset(struct stacks *stacks, double low_mwh, double dust_mwh);

/* Loads a concave curve; writes one out, false where its capacity does not suffice. */
void stacks_load(struct stacks *stacks, const struct curve *curve, double dust_mwh);
bool stacks_store(const struct stacks *stacks, struct curve *out);

#endif
