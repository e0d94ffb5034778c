/* bench_solve BATTERY PRICES SOLVER...: every instance by every solver, as lines of JSON, times in us.
 * First "fresh": each instance once by each solver in turn, so that the others' work lies in between:
 * {"instance": 0, "solver": "mando", "fresh": 3.1, "answer": 1234.5}, null where it found no optimum.
 * Then "hot", the median of the same at once again: {"instance": 0, "solver": "mando", "hot": 1.3}.
 * bench_solve --versions: of the solvers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "solvers.h"

#define SOLVERS_MAX 8
#define HOT_RUNS 50
#define HOT_US 2000 /* no further run after this long */

struct contest {
    struct instances instances;
    const struct solver *solvers[SOLVERS_MAX];
    void *states[SOLVERS_MAX];
    size_t count;
    bool needs_milp;
};

static void make_task(const struct contest *contest, size_t i, struct task *task)
{
    const struct instances *instances = &contest->instances;
    *task = (struct task){.problem = instances_problem(instances, i)};
    model_build(&task->problem, MODEL_BURNING, &task->lp);
    model_use_cells(&task->lp);
    if (!contest->needs_milp)
        return;
    model_build(&task->problem, MODEL_NEVER_BOTH, &task->milp);
    model_use_cells(&task->milp);
}

static void release_task(struct task *task)
{
    model_release(&task->lp);
    model_release(&task->milp);
}

static double time_solve(const struct contest *contest, size_t s, const struct task *task,
                         enum model_answer *answer_out, struct found *found_out)
{
    double start = bench_now_us();
    *answer_out = contest->solvers[s]->solve(contest->states[s], task, found_out);
    return bench_now_us() - start;
}

/* The first run only makes it hot. */
static double time_hot(const struct contest *contest, size_t s, const struct task *task)
{
    double samples[HOT_RUNS];
    struct found found;
    enum model_answer answer;
    double spent = time_solve(contest, s, task, &answer, &found);
    size_t runs = 0;
    while (runs == 0 || (runs < HOT_RUNS && spent < HOT_US)) {
        samples[runs] = time_solve(contest, s, task, &answer, &found);
        spent += samples[runs++];
    }
    return bench_median(samples, runs);
}

static void print_fresh(const struct contest *contest, size_t i)
{
    struct task task;
    make_task(contest, i, &task);
    for (size_t s = 0; s < contest->count; s++) {
        struct found found = {NAN, -1};
        enum model_answer answer;
        double fresh_us = time_solve(contest, s, &task, &answer, &found);
        (void)printf("{\"instance\": %zu, \"solver\": \"%s\", \"fresh\": %.6g", i,
                     contest->solvers[s]->name, fresh_us);
        if (found.nodes >= 0)
            (void)printf(", \"nodes\": %lld", found.nodes);
        if (answer == MODEL_OPTIMAL)
            (void)printf(", \"answer\": %.17g}\n", found.objective_eur);
        else
            (void)printf(", \"answer\": null}\n");
    }
    release_task(&task);
}

static void print_hot(const struct contest *contest, size_t i)
{
    struct task task;
    make_task(contest, i, &task);
    for (size_t s = 0; s < contest->count; s++)
        (void)printf("{\"instance\": %zu, \"solver\": \"%s\", \"hot\": %.6g}\n", i,
                     contest->solvers[s]->name, time_hot(contest, s, &task));
    release_task(&task);
}

static void choose_solvers(struct contest *contest, char **names, size_t count)
{
    if (count > SOLVERS_MAX) {
        (void)fprintf(stderr, "%zu solvers, but %d at most\n", count, SOLVERS_MAX);
        exit(2);
    }
    for (size_t s = 0; s < count; s++) {
        const struct solver *solver = solver_named(names[s]);
        if (!solver) {
            (void)fprintf(stderr, "\"%s\" is no solver of this build\n", names[s]);
            exit(2);
        }
        contest->needs_milp |= solver->needs_milp;
        contest->solvers[contest->count++] = solver;
    }
}

/* Once through the last instance: libraries are loaded, memory is there, warm solvers are warm. */
static void warm_up(struct contest *contest)
{
    struct task task;
    enum model_answer answer;
    struct found found;
    make_task(contest, contest->instances.count - 1, &task);
    for (size_t s = 0; s < contest->count; s++) {
        if (contest->solvers[s]->open)
            contest->states[s] = contest->solvers[s]->open(&task);
        (void)time_solve(contest, s, &task, &answer, &found);
    }
    release_task(&task);
}

int main(int argc, char **argv)
{
    static struct contest contest;
    if (argc == 2 && strcmp(argv[1], "--versions") == 0) {
        solvers_print_versions();
        return 0;
    }
    if (argc < 4)
        return 2;
    choose_solvers(&contest, argv + 3, (size_t)argc - 3);
    instances_read(argv[1], argv[2], &contest.instances);
    warm_up(&contest);
    for (size_t i = 0; i < contest.instances.count; i++)
        print_fresh(&contest, i);
    for (size_t i = 0; i < contest.instances.count; i++)
        print_hot(&contest, i);
    for (size_t s = 0; s < contest.count; s++)
        if (contest.solvers[s]->close)
            contest.solvers[s]->close(contest.states[s]);
    instances_release(&contest.instances);
    return 0;
}
