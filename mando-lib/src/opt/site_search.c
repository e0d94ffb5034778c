#include "opt/site_search.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/vector.h"

/* A weight below this is the solver's rounding and no reason to branch. */
#define WEIGHT_TOLERANCE 1e-9

/* Of the objective: a node that promises no more than this above the best plan is closed. */
#define GAIN_TOLERANCE 1e-9

#define ROOT SIZE_MAX

/* The weights of columns first .. first + count, of one period, become 0. */
struct branch {
    int first, count;
};

/* A solved programme that still breaks a rule: its children take one of the two branches. */
struct node {
    double bound_eur;
    size_t parent;
    struct branch taken, next[2];
};

struct search {
    const struct site_model *model;
    struct lp *lp;
    struct site_found *found;
    double *power_mw, *soc_mwh; /* of the plan tried last */
    struct mando_vector nodes;
    size_t *heap; /* indices of open nodes, the best bound first */
    size_t heap_count, heap_room;
    double lost_eur;  /* bound of nodes that were closed without an answer */
    bool is_answered; /* by the solver, each of them: what it takes for a plan misses a limit */
    struct mando_error *error;
};

static struct node *node_at(const struct search *search, size_t i)
{
    return (struct node *)search->nodes.items + i;
}

static double gain_tolerance_eur(const struct search *search)
{
    return GAIN_TOLERANCE * fmax(search->model->unit, fabs(search->found->objective_eur));
}

static bool is_hopeless(const struct search *search, double bound_eur)
{
    return search->found->any
           && bound_eur <= search->found->objective_eur + gain_tolerance_eur(search);
}

static bool precedes(const struct search *search, size_t a, size_t b)
{
    return node_at(search, search->heap[a])->bound_eur
           > node_at(search, search->heap[b])->bound_eur;
}

static void swap(struct search *search, size_t a, size_t b)
{
    size_t index = search->heap[a];
    search->heap[a] = search->heap[b];
    search->heap[b] = index;
}

static enum mando_status push_open(struct search *search, const struct node *node)
{
    if (search->heap_count == search->heap_room) {
        size_t room = search->heap_room ? 2 * search->heap_room : 64;
        size_t *heap = mando_realloc(search->heap, room, sizeof *heap);
        if (!heap)
            return MANDO_NO_MEMORY;
        search->heap = heap;
        search->heap_room = room;
    }
    enum mando_status status = mando_vector_push(&search->nodes, node);
    if (status)
        return status;
    size_t i = search->heap_count++;
    search->heap[i] = search->nodes.count - 1;
    for (; i > 0 && precedes(search, i, (i - 1) / 2); i = (i - 1) / 2)
        swap(search, i, (i - 1) / 2);
    return MANDO_OK;
}

static size_t pop_open(struct search *search)
{
    size_t best = search->heap[0], i = 0;
    search->heap[0] = search->heap[--search->heap_count];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < search->heap_count && precedes(search, child + 1, child))
            child++;
        if (child >= search->heap_count || !precedes(search, child, i))
            return best;
        swap(search, child, i);
        i = child;
    }
}

static void take_branch(struct search *search, struct branch branch)
{
    for (int j = branch.first; j < branch.first + branch.count; j++)
        lp_set_bounds(search->lp, j, 0, 0);
}

/* All bounds as they are at the root, then those of the branches that lead to a node. */
static void go_to(struct search *search, size_t node)
{
    const struct site_model *model = search->model;
    for (int j = 0; j < model->lp.columns; j++)
        lp_set_bounds(search->lp, j, model->column_low[j], model->column_high[j]);
    for (; node != ROOT; node = node_at(search, node)->parent)
        take_branch(search, node_at(search, node)->taken);
}

/* Worth of one more MWh at the end of each period: the rows of the next period in which it stands. */
static void read_duals(struct search *search, const double *duals)
{
    const struct site_model *model = search->model;
    const struct site_problem *problem = model->problem;
    for (size_t t = 0; t < problem->periods; t++) {
        int column = (int)t * model->period_columns + model->soc;
        int next = ((int)t + 1) * model->period_rows;
        double value_eur = 0;
        for (int i = model->starts[column]; i < model->starts[column + 1]; i++)
            if (model->indices[i] >= next)
                value_eur += duals[model->indices[i]] * model->values[i] * model->unit;
        search->found->water_value_eur_per_mwh[t] = value_eur;
    }
    for (int row = model->limit_rows[0]; row < model->lp.rows; row++)
        search->found->limit_eur_per_mwh[row - model->limit_rows[0]] = fmax(-duals[row], 0);
    search->found->water_value_eur_per_mwh[problem->periods - 1] =
        isnan(problem->soc_end_mwh) ? problem->battery->soc_end_value_eur_per_mwh : NAN;
}

/* Makes a plan of a solution and keeps it where it is the best so far. */
static void try_plan(struct search *search, const struct lp_solution *solution)
{
    size_t size = search->model->problem->periods * sizeof(double);
    double eur = site_follow(search->model, solution->columns, search->power_mw, search->soc_mwh);
    struct site_found *found = search->found;
    if (!(eur > -INFINITY) || (found->any && eur <= found->objective_eur))
        return;
    found->any = true;
    found->objective_eur = eur;
    memcpy(found->power_mw, search->power_mw, size);
    memcpy(found->soc_mwh, search->soc_mwh, size);
}

/* Weights on both sides of a point: by how much, and the two ways out of it. */
struct breach {
    double weight;
    struct branch ways[2];
};

/* The power that lies on each side of point m of a period whose first column is given. */
static double lesser_side_mw(const struct search *search, const double *columns, int first, int m)
{
    const double *point_mw = search->model->point_mw + first, *weights = columns + first;
    double below_mw = 0, above_mw = 0;
    for (int k = 0; k < search->model->points; k++) {
        double mw = weights[k] * fabs(point_mw[k] - point_mw[m]);
        if (k < m)
            below_mw += mw;
        else
            above_mw += mw;
    }
    return fmin(below_mw, above_mw);
}

/* The first and last point with a weight; at most one apart where no rule is broken. */
static void find_span(const struct search *search, const double *weights, int *low_out,
                      int *high_out)
{
    int low = 0, high = search->model->points - 1;
    while (low < high && weights[low] <= WEIGHT_TOLERANCE)
        low++;
    while (high > low && weights[high] <= WEIGHT_TOLERANCE)
        high--;
    *low_out = low;
    *high_out = high;
}

static void find_breach_at(const struct search *search, const double *columns, size_t t,
                           struct breach *worst)
{
    const struct site_model *model = search->model;
    int first = (int)t * model->period_columns, low, high;
    find_span(search, columns + first, &low, &high);
    for (int m = low + 1; m < high; m++) {
        double mw = lesser_side_mw(search, columns, first, m);
        if (mw <= worst->weight)
            continue;
        worst->weight = mw;
        worst->ways[0] = (struct branch){first, m};
        worst->ways[1] = (struct branch){first + m + 1, model->points - m - 1};
    }
}

static struct breach find_breach(const struct search *search, const double *columns)
{
    struct breach worst = {0};
    for (size_t t = 0; t < search->model->problem->periods; t++)
        find_breach_at(search, columns, t, &worst);
    return worst;
}

/* Takes in each period at once the direction that the solution nets to, for an early plan. */
static void dive(struct search *search)
{
    const struct site_model *model = search->model;
    const double *columns = lp_solution(search->lp).columns;
    for (size_t t = 0; t < model->problem->periods; t++) {
        int first = (int)t * model->period_columns, low, high;
        find_span(search, columns + first, &low, &high);
        if (low >= model->rest || high <= model->rest)
            continue;
        double move_mwh = 0; /* the first entry of a weight is that in the balance */
        for (int j = first; j < first + model->points; j++)
            if (j != first + model->rest && model->column_high[j] > 0)
                move_mwh -= columns[j] * model->values[model->starts[j]];
        take_branch(search, move_mwh > 0 ? (struct branch){first + model->rest + 1,
                                                           model->points - model->rest - 1}
                                         : (struct branch){first, model->rest});
    }
    if (lp_solve(search->lp) != LP_OPTIMAL)
        return;
    struct lp_solution solution = lp_solution(search->lp);
    try_plan(search, &solution);
}

/* Solves the programme whose bounds are set; a node that stays open is pushed. */
static enum mando_status solve_node(struct search *search, size_t parent, struct branch taken,
                                    double parent_bound_eur)
{
    search->found->nodes++;
    enum lp_answer answer = lp_solve(search->lp);
    if (answer == LP_FAILED) {
        search->lost_eur = fmax(search->lost_eur, parent_bound_eur);
        search->is_answered = false;
    }
    if (answer != LP_OPTIMAL)
        return MANDO_OK;
    struct lp_solution solution = lp_solution(search->lp);
    struct node node = {.bound_eur =
                            fmin(-solution.objective * search->model->unit, parent_bound_eur),
                        .parent = parent,
                        .taken = taken};
    if (is_hopeless(search, node.bound_eur))
        return MANDO_OK;
    try_plan(search, &solution);
    if (is_hopeless(search, node.bound_eur))
        return MANDO_OK;
    struct breach breach = find_breach(search, solution.columns);
    if (breach.weight == 0) { /* no rule is broken, and yet no plan comes up to it */
        search->lost_eur = fmax(search->lost_eur, node.bound_eur);
        return MANDO_OK;
    }
    node.next[0] = breach.ways[0];
    node.next[1] = breach.ways[1];
    if (search->found->nodes % 64 == 1)
        dive(search);
    return push_open(search, &node);
}

/* Leaves period t the points between which the best plan's power lies; at a point those next to it that are
 * nearer to rest, at rest that one alone. */
static void hold_to_plan(struct search *search, size_t t)
{
    const struct site_model *model = search->model;
    int first = (int)t * model->period_columns, low = 0;
    const double *point_mw = model->point_mw + first;
    double power_mw = search->found->power_mw[t], near_mw = 1e-9 * model->unit;
    while (low + 1 < model->points && point_mw[low + 1] <= power_mw + near_mw)
        low++;
    bool is_at_point = fabs(power_mw - point_mw[low]) <= near_mw;
    int high = is_at_point && low >= model->rest ? low : low + 1;
    if (is_at_point && low > model->rest)
        low--;
    take_branch(search, (struct branch){first, low});
    if (high + 1 < model->points)
        take_branch(search, (struct branch){first + high + 1, model->points - high - 1});
}

/* Periods in which a solution breaks a rule do what the plan does; how many there are. */
static size_t hold_breaches(struct search *search, const double *columns)
{
    size_t held = 0;
    for (size_t t = 0; t < search->model->problem->periods; t++) {
        struct breach breach = {0};
        find_breach_at(search, columns, t, &breach);
        if (breach.weight > 0) {
            hold_to_plan(search, t);
            held++;
        }
    }
    return held;
}

/* The programme that led to the best plan may have burnt elsewhere than the plan, and its duals then are not the
 * plan's. Those of the programme are in which only periods that would break a rule are held to what
 * the plan does. */
static void find_duals(struct search *search)
{
    go_to(search, ROOT);
    for (size_t i = 0; i <= search->model->problem->periods; i++) {
        if (lp_solve(search->lp) != LP_OPTIMAL)
            return;
        struct lp_solution solution = lp_solution(search->lp);
        if (hold_breaches(search, solution.columns) == 0) {
            read_duals(search, solution.duals);
            return;
        }
    }
}

static enum mando_status branch_on(struct search *search, size_t i)
{
    enum mando_status status = MANDO_OK;
    for (int way = 0; way < 2 && !status; way++) {
        struct node node = *node_at(search, i);
        go_to(search, i);
        take_branch(search, node.next[way]);
        status = solve_node(search, i, node.next[way], node.bound_eur);
    }
    return status;
}

static enum mando_status run(struct search *search, size_t nodes_max)
{
    struct branch none = {0};
    enum mando_status status = solve_node(search, ROOT, none, INFINITY);
    while (!status && search->heap_count && search->found->nodes < nodes_max) {
        size_t best = search->heap[0];
        if (is_hopeless(search, node_at(search, best)->bound_eur))
            break;
        status = branch_on(search, pop_open(search));
    }
    double open_eur = -INFINITY;
    if (search->heap_count)
        open_eur = node_at(search, search->heap[0])->bound_eur;
    if (search->found->any || search->heap_count || !search->is_answered)
        open_eur = fmax(open_eur, search->lost_eur);
    if (search->found->any)
        open_eur = fmax(open_eur, search->found->objective_eur);
    search->found->bound_eur = open_eur;
    if (search->found->any && !status)
        find_duals(search);
    return status;
}

static bool allocate(struct search *search, struct mando_arena *arena)
{
    size_t periods = search->model->problem->periods;
    struct site_found *found = search->found;
    found->power_mw = mando_arena_alloc(arena, periods, sizeof(double));
    found->soc_mwh = mando_arena_alloc(arena, periods, sizeof(double));
    found->water_value_eur_per_mwh = mando_arena_alloc(arena, periods, sizeof(double));
    size_t limits = (size_t)(search->model->lp.rows - search->model->limit_rows[0]);
    found->limit_eur_per_mwh = mando_arena_alloc(arena, limits, sizeof(double));
    search->power_mw = mando_arena_alloc(arena, periods, sizeof(double));
    search->soc_mwh = mando_arena_alloc(arena, periods, sizeof(double));
    if (!found->power_mw || !found->soc_mwh || !found->limit_eur_per_mwh
        || !found->water_value_eur_per_mwh || !search->power_mw || !search->soc_mwh)
        return false;
    for (size_t t = 0; t < periods; t++)
        found->water_value_eur_per_mwh[t] = NAN; /* until they are found */
    for (size_t i = 0; i < limits; i++)
        found->limit_eur_per_mwh[i] = NAN;
    return true;
}

enum mando_status site_search(const struct site_model *model, size_t nodes_max,
                              struct mando_arena *arena, struct site_found *found_out,
                              struct mando_error *error)
{
    *found_out = (struct site_found){.bound_eur = -INFINITY};
    struct search search = {
        .model = model, .found = found_out, .lost_eur = -INFINITY, .is_answered = true};
    mando_vector_init(&search.nodes, sizeof(struct node), SIZE_MAX / sizeof(struct node));
    enum mando_status status = MANDO_NO_MEMORY;
    if (allocate(&search, arena))
        search.lp = lp_new(&model->lp);
    if (search.lp)
        status = run(&search, nodes_max);
    lp_free(search.lp);
    mando_free(search.heap);
    mando_vector_release(&search.nodes);
    if (status)
        return mando_fail(error, MANDO_E_MEMORY, -1,
                          "there is no memory for the linear programme of %zu periods",
                          model->problem->periods);
    return MANDO_OK;
}
