/* mando/prices.h: a price series with the limits of its periods.
 *
 * Period i is [start_us + i * step_us, start_us + (i + 1) * step_us), UTC microseconds. Prices are
 * EUR/MWh, powers MW at the grid and positive, energies MWh at the cells at the end of a period. */
#ifndef MANDO_PRICES_H
#define MANDO_PRICES_H

#include "mando/time.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Plain data. A reader fills one with arrays of its own (mando_prices_release frees them); a caller
 * that has arrays sets the pointers and owns them. An array of limits may be NULL, and a NaN in it
 * is no limit. buy and sell may be the same array. */
struct mando_prices {
    size_t count;
    int64_t start_us, step_us;
    int64_t index_first; /* index in the file of period 0, where a range was cut out of it */
    const double *buy_eur_per_mwh, *sell_eur_per_mwh;           /* buy >= sell, finite */
    const double *power_charge_mw_max, *power_discharge_mw_max; /* >= 0 */
    const double *soc_min_mwh, *soc_max_mwh;
    const double *pv_mw, *load_mw; /* mean power behind the same connection, >= 0; NULL = none */
    void *owned;                   /* the reader's memory; NULL = the caller's own arrays */
};

/* Frees what a reader filled and clears the struct. A cleared struct and NULL are fine. */
MANDO_API void mando_prices_release(struct mando_prices *prices);

#ifdef __cplusplus
}
#endif

#endif
