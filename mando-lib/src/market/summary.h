/* market/summary.h: what a set of equally likely values amounts to. */
#ifndef MANDO_MARKET_SUMMARY_H
#define MANDO_MARKET_SUMMARY_H

#include "mando/paths.h"

/* Sorts the values in place; count >= 1. */
struct mando_paths_summary mando_summary_of(double *values, size_t count);

#endif
