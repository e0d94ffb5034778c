/* opt/search.h: one walk forward through whole-lot plans, many at a time.
 *
 * A label is a way from the start to a state: the energy there and the money so far. With the value
 * of stored energy (opt/values.h) on top it has a bound: no plan that goes on from it earns more.
 * Period by period every label tries every number of lots. Of two that reach the same state, or cell of
 * states, the one that promises more stays; one that cannot beat a known plan goes; and where there are
 * more than `labels_max`, the best stay. The highest bound among those that had to go for want of room
 * or cells alone is what the search does not know: without any it is exact. */
#ifndef MANDO_OPT_SEARCH_H
#define MANDO_OPT_SEARCH_H

#include "opt/values.h"

/* Money that differs by less is the same. */
#define SAME_EUR 1e-9

/* EUR/MWh: what is traded must gain more, or it is rounding. */
#define TRADE_EUR_PER_MWH 1e-8

struct label {
    double soc_mwh, money_eur, traded_mwh;
    double bound_eur; /* no plan that goes on from here earns more */
    double rank_eur;  /* the same, less TRADE_EUR_PER_MWH: who stays */
    int64_t cell;     /* soc_mwh as a whole number */
    uint32_t parent;  /* a node */
    int32_t lots;     /* sold > 0, bought < 0 */
};

/* How a label was reached; what remains of it after its period. */
struct node {
    uint32_t parent;
    int32_t lots;
};

struct slot {
    int64_t cell;
    uint32_t stamp, label;
};

struct search {
    const struct lot_terms *lots;
    struct values *values; /* NULL: only asks what can be reached, money counts nothing */
    /* Money and rank of a plan that is to be beaten, -INFINITY without one. */
    double known_eur, known_rank_eur;
    uint32_t labels_max;
    double cell_mwh; /* of states in one cell only one stays; lots->same_mwh gives nothing up */
    double work_max; /* labels tried, about: where they come too fast, fewer stay */

    double missed_eur; /* the highest bound that went for want of room; -INFINITY: none */
    double work;
    size_t ended; /* periods gone through with a label left */
};

struct search_room {
    struct label *now, *next;
    struct slot *slots;
    struct node *nodes;
    double *ranks, *starts_mwh, *values_eur;
    size_t labels, slot_count, node_count; /* sizes */
};

/* The most labels that a search of so many periods can hold. */
uint32_t search_labels_max(const struct search_room *room, size_t periods);

bool search_setup(struct search_room *room, size_t periods, size_t segments_max);
void search_release(struct search_room *room);

/* Runs a search; true where it found a plan better than the known one, which it then becomes: its
 * lots are written, its money, the value of the end included, is known_eur. */
bool search_run(struct search *search, struct search_room *room, int32_t *lots_out);

#endif
