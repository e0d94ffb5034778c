#include "opt/stacks.h"

static double stack_length(const struct stack *stack)
{
    double length = 0;
    for (const struct segment *s = stack->bottom + 1; s <= stack->top; s++)
        length += s->length;
    return length;
}

static void stack_scale(struct stack *stack, double keep)
{
    for (struct segment *s = stack->bottom + 1; s <= stack->top; s++) {
        s->slope *= keep;
        s->length /= keep;
    }
}

void stacks_scale(struct stacks *stacks, double keep)
{
    stack_scale(&stacks->left, keep);
    stack_scale(&stacks->right, keep);
    stacks->low_mwh /= keep;
    stacks->high_mwh /= keep;
    stacks->gap_mwh /= keep;
}

/* Makes a stack's outer segment longer by spare_mwh, or shorter as far as it goes; returns what is left
 * over. */
static double stack_absorb(struct stack *stack, double spare_mwh)
{
    if (stack_is_empty(stack))
        return spare_mwh;
    double before = stack->bottom[1].length;
    stack->bottom[1].length = greater(before + spare_mwh, 0);
    return spare_mwh - (stack->bottom[1].length - before);
}

void stacks_even_out(struct stacks *stacks)
{
    double left_mwh = stack_length(&stacks->left), right_mwh = stack_length(&stacks->right);
    double spare_mwh = stacks->high_mwh - stacks->low_mwh - left_mwh - right_mwh;
    double over_mwh = spare_mwh;
    if (left_mwh > 0)
        over_mwh = stack_absorb(&stacks->left, spare_mwh);
    left_mwh += left_mwh > 0 ? spare_mwh - over_mwh : 0;
    (void)stack_absorb(&stacks->right, over_mwh);
    stacks->gap_mwh = stacks->low_mwh + left_mwh;
}

/* Removes `excess` from the outer end of a stack and returns what it does not hold, 0 while a segment
 * is left. */
static double stack_cut(struct stack *stack, double sentinel, double excess, double dust_mwh)
{
    while (!stack_is_empty(stack) && stack->bottom[1].length <= excess + dust_mwh) {
        excess -= (++stack->bottom)->length;
        stack->bottom->slope = sentinel;
    }
    if (!stack_is_empty(stack)) {
        stack->bottom[1].length -= excess;
        return 0;
    }
    stack_empty(stack, sentinel);
    return excess;
}

/* Removes `excess` from the inner end. */
static void stack_cut_top(struct stack *stack, double excess)
{
    while (!stack_is_empty(stack) && stack->top->length <= excess)
        excess -= (stack->top--)->length;
    if (!stack_is_empty(stack))
        stack->top->length -= excess;
}

/* An end is known exactly: where no stack lies between, the gap is put there. */
void stacks_cut_low(struct stacks *stacks, double low_mwh)
{
    double excess = stack_cut(&stacks->left, INFINITY, low_mwh - stacks->low_mwh, stacks->dust_mwh);
    stacks->low_mwh = low_mwh;
    if (!stack_is_empty(&stacks->left))
        return;
    if (excess > 0)
        stack_cut_top(&stacks->right, excess);
    stacks->gap_mwh = low_mwh;
}

void stacks_cut_high(struct stacks *stacks, double high_mwh)
{
    double excess =
        stack_cut(&stacks->right, -INFINITY, stacks->high_mwh - high_mwh, stacks->dust_mwh);
    stacks->high_mwh = high_mwh;
    if (!stack_is_empty(&stacks->right))
        return;
    if (excess > 0)
        stack_cut_top(&stacks->left, excess);
    stacks->gap_mwh = high_mwh;
}

void stacks_settle(struct stacks *stacks)
{
    double below_mwh = stacks->gap_mwh - stacks->low_mwh;
    double above_mwh = stacks->high_mwh - stacks->gap_mwh;
    double low_excess = stack_length(&stacks->left) - below_mwh;
    double high_excess = stack_length(&stacks->right) - above_mwh;
    if (low_excess > stacks->dust_mwh)
        (void)stack_cut(&stacks->left, INFINITY, low_excess, stacks->dust_mwh);
    if (high_excess > stacks->dust_mwh)
        (void)stack_cut(&stacks->right, -INFINITY, high_excess, stacks->dust_mwh);
}

void stacks_reset(struct stacks *stacks, double low_mwh, double dust_mwh)
{
    stack_empty(&stacks->left, INFINITY);
    stack_empty(&stacks->right, -INFINITY);
    stacks->gap_mwh = stacks->low_mwh = stacks->high_mwh = low_mwh;
    stacks->dust_mwh = dust_mwh;
}

void stacks_load(struct stacks *stacks, const struct curve *curve, double dust_mwh)
{
    stacks_reset(stacks, curve->low_mwh, dust_mwh);
    stacks->high_mwh = curve_high_mwh(curve);
    for (size_t i = curve->count; i-- > 0;)
        *++stacks->right.top = curve->segments[i];
}

bool stacks_store(const struct stacks *stacks, struct curve *out)
{
    const struct stack *left = &stacks->left, *right = &stacks->right;
    size_t count = (size_t)(left->top - left->bottom) + (size_t)(right->top - right->bottom);
    out->count = 0;
    out->low_mwh = stacks->low_mwh;
    out->value_eur = 0;
    if (count > out->capacity)
        return false;
    for (const struct segment *s = left->bottom + 1; s <= left->top; s++)
        out->segments[out->count++] = *s;
    for (const struct segment *s = right->top; s > right->bottom; s--)
        out->segments[out->count++] = *s;
    return true;
}
