/* opt/slots.h: the concave value function as a short row of slots that is stepped without a branch.
 *
 * Whether a period's price move crosses the next segment is a coin toss, and a processor that has not
 * seen the day before loses it again and again: that costs more than all arithmetic. So a row of a
 * fixed number of slots, each with the slope and the upper end of a segment, takes the same steps in
 * every period, whatever its prices are. README.md tells what a step does and why. */
#ifndef MANDO_OPT_SLOTS_H
#define MANDO_OPT_SLOTS_H

#include "opt/stacks.h"

/* Goes back from period ahead - 1 under limits that are the same in all periods, and fills their
 * levels: to the first period, or until burning would pay in a period, or the function is longer than
 * the row. Returns the number of periods that are still ahead, at once where the battery's functions
 * do not fit. The stacks hold the function of the state there, settled, before and after; cut to the
 * bounds but where no period is ahead. */
size_t slots_run(struct stacks *stacks, const struct terms *terms, struct levels *levels,
                 size_t ahead);

#endif
