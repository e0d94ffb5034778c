/* random.h: small reproducible random numbers (SplitMix64); a seed is any number. */
#ifndef RANDOM_H
#define RANDOM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_bits(struct random *random)
{
    uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* In [0, 1). */
static inline double random_unit(struct random *random)
{
    return (double)(random_bits(random) >> 11) * 0x1p-53;
}

static inline double random_between(struct random *random, double low, double high)
{
    return low + (high - low) * random_unit(random);
}

/* Every order of magnitude between two positive bounds is as likely. */
static inline double random_magnitude(struct random *random, double low, double high)
{
    return low * pow(high / low, random_unit(random));
}

/* In [0, count). */
static inline uint64_t random_below(struct random *random, uint64_t count)
{
    return random_bits(random) % count;
}

static inline bool random_chance(struct random *random, double probability)
{
    return random_unit(random) < probability;
}

/* Mean 0, deviation 1. */
static inline double random_normal(struct random *random)
{
    double radius = sqrt(-2 * log(1 - random_unit(random)));
    return radius * cos(6.283185307179586 * random_unit(random));
}

#endif
