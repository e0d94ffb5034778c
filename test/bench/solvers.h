/* solvers.h: ways to solve a dispatch problem, by name: our kernel and its peers. */
#ifndef BENCH_SOLVERS_H
#define BENCH_SOLVERS_H

#include "instances.h"
#include "model.h"

/* One instance in the shapes that solvers take; making them is not timed. */
struct task {
    struct mando_optimize_problem problem;
    struct model lp, milp; /* milp has binaries where burning energy would pay */
};

struct found {
    double objective_eur;
    long long nodes; /* of its branching, -1 where it does not tell */
};

struct solver {
    const char *name;
    bool needs_milp;                        /* else the LP */
    void *(*open)(const struct task *task); /* room for problems like this one; NULL = none */
    enum model_answer (*solve)(void *state, const struct task *task, struct found *found_out);
    void (*close)(void *state);
};

/* NULL where there is none of this name. */
const struct solver *solver_named(const char *name);

/* One object: the versions of all solvers, by the names that people know. */
void solvers_print_versions(void);

#endif
