/* opt/block_value.h: the value of the state before a block, from that after it. */
#ifndef MANDO_OPT_BLOCK_VALUE_H
#define MANDO_OPT_BLOCK_VALUE_H

#include "opt/price.h"

/* How values are found: exact for all states; nearly for all; or exact for those in each block's window,
 * where its limit can be kept from all states. The latter two are nowhere too low. */
enum way_back { BACK_TO_ALL_STATES, BACK_ROUGHLY, BACK_TO_WINDOWS };

/* Fills value, prices and offset_eur of a block. */
enum backward block_value_solve(struct solver *s, struct block *block, enum way_back way);

/* Takes a block over from the round before, where its plan is for the state that is likely now, and the
 * value after it is but shifted where that plan ends: as values are concave it is best still, and so is
 * its price. Elsewhere the value may then be too low. */
bool block_value_keep(struct solver *s, struct block *block);

#endif
