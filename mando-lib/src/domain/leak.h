/* domain/leak.h: self-discharge. */
#ifndef MANDO_DOMAIN_LEAK_H
#define MANDO_DOMAIN_LEAK_H

/* The share of stored energy that is left after hours > 0: (1 - self_discharge_per_h)^hours, by
 * square roots and products alone, so that every machine gives the same bits (pow does not). */
double mando_kept_share(double self_discharge_per_h, double hours);

#endif
