/* opt/site_search.h: branch and bound over what the linear programme of a site gives up: that only
 * neighbouring points of battery power have weights. */
#ifndef MANDO_OPT_SITE_SEARCH_H
#define MANDO_OPT_SITE_SEARCH_H

#include "opt/site_model.h"

/* Of the best plan; arrays of the horizon's periods. */
struct site_found {
    bool any;
    double objective_eur, bound_eur; /* the bound is -INFINITY where no plan can be */
    double *power_mw, *soc_mwh, *water_value_eur_per_mwh;
    double *limit_eur_per_mwh; /* worth of one more MWh in each limit, of days and then of years */
    size_t nodes;
};

/* Searches until the best plan is proven or the nodes are spent. Found's arrays lie in the arena.
 * MANDO_NO_MEMORY. */
enum mando_status site_search(const struct site_model *model, size_t nodes_max,
                              struct mando_arena *arena, struct site_found *found_out,
                              struct mando_error *error);

#endif
