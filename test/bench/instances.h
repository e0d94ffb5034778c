/* instances.h: dispatch problems out of a battery file and a file of prices, as bench/run writes it:
 * the step in hours on the first line, with the periods of each day behind it where days differ in
 * length; then a line of prices for each instance. */
#ifndef BENCH_INSTANCES_H
#define BENCH_INSTANCES_H

#include "mando/battery.h"
#include "mando/optimize.h"

struct instances {
    size_t count, periods; /* of each instance */
    double step_h;
    double *prices; /* count * periods */
    struct mando_optimize_limit
        *days; /* one a day where the battery limits its cycles, else NULL */
    size_t day_count;
    struct mando_battery battery;
};

/* Ends the program with a message where a file is not as it should be. battery = NULL: none. */
void instances_read(const char *battery, const char *prices, struct instances *instances_out);
void instances_release(struct instances *instances);

/* Points into the instances. */
struct mando_optimize_problem instances_problem(const struct instances *instances, size_t i);

#endif
