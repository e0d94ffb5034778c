#include "opt/stacks.h"

void stacks_reset(struct stacks *stacks, double low_mwh, double dust_mwh)
{
    stacks->left.bottom = stacks->left.top = stacks->left.room;
    stacks->right.bottom = stacks->right.top = stacks->right.room;
    *stacks->left.bottom = (struct segment){INFINITY, 0};
    *stacks->right.bottom = (struct segment){-INFINITY, 0};
    stacks->middle.front = stacks->middle.back = 0;
    stacks->low_mwh = stacks->high_mwh = low_mwh;
    stacks->middle_low_mwh = stacks->middle_high_mwh = low_mwh;
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
    const struct ring *middle = &stacks->middle;
    size_t count = (size_t)(left->top - left->bottom) + (middle->back - middle->front)
                   + (size_t)(right->top - right->bottom);
    out->count = 0;
    out->low_mwh = stacks->low_mwh;
    out->value_eur = 0;
    if (count > out->capacity)
        return false;
    for (const struct segment *s = left->bottom + 1; s <= left->top; s++)
        out->segments[out->count++] = *s;
    for (uint32_t i = middle->front; i != middle->back; i++)
        out->segments[out->count++] = middle->room[i & middle->mask];
    for (const struct segment *s = right->top; s > right->bottom; s--)
        out->segments[out->count++] = *s;
    return true;
}
