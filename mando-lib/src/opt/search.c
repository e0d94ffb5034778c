#include "opt/search.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

#define LABELS_MAX ((size_t)1 << 15)
#define NODES_MAX ((size_t)1 << 23)

bool search_setup(struct search_room *room, size_t periods, size_t segments_max)
{
    size_t most = LABELS_MAX;
    room->labels = 2 * most;
    room->slot_count = 4 * most;
    room->node_count = (most + 1) * (periods + 1);
    if (room->node_count > NODES_MAX)
        room->node_count = NODES_MAX > 2 * (periods + 1) ? NODES_MAX : 2 * (periods + 1);
    room->now = mando_alloc(room->labels, sizeof *room->now);
    room->next = mando_alloc(room->labels, sizeof *room->next);
    room->ranks = mando_alloc(room->labels, sizeof *room->ranks);
    room->slots = mando_alloc(room->slot_count, sizeof *room->slots);
    room->nodes = mando_alloc(room->node_count, sizeof *room->nodes);
    room->starts_mwh = mando_alloc(segments_max + 2, sizeof(double));
    room->values_eur = mando_alloc(segments_max + 2, sizeof(double));
    return room->now && room->next && room->ranks && room->slots && room->nodes && room->starts_mwh
           && room->values_eur;
}

void search_release(struct search_room *room)
{
    mando_free(room->now);
    mando_free(room->next);
    mando_free(room->ranks);
    mando_free(room->slots);
    mando_free(room->nodes);
    mando_free(room->starts_mwh);
    mando_free(room->values_eur);
}

uint32_t search_labels_max(const struct search_room *room, size_t periods)
{
    size_t most = room->node_count / (periods + 1);
    return (uint32_t)(most < LABELS_MAX ? most : LABELS_MAX);
}

/* By how much the band of bounds is at least widened where too few labels stay. */
#define BAND_EUR_PER_MWH 0.01

/* A period of a search: its trade, the value after it, and the labels made so far. */
struct layer {
    struct search *search;
    struct search_room *room;
    struct lot_period period;
    double stored_mwh, withdrawn_mwh;
    double cells_per_mwh;
    const struct segment *segments;
    size_t segment_count;
    double low_mwh, high_mwh;
    uint32_t count, most, room_for, slot_mask, stamp;
    double best_eur, band_eur; /* highest rank so far; labels far below it will not stay */
    double cut_eur;            /* what a label's rank must reach to be made */
    uint64_t work;
};

/* A label with a lower rank is not worth keeping. */
static void raise_cut(struct layer *layer)
{
    layer->cut_eur =
        greater(layer->search->known_rank_eur + SAME_EUR, layer->best_eur - layer->band_eur);
}

static void miss(struct layer *layer, double bound_eur)
{
    struct search *search = layer->search;
    if (bound_eur > search->known_eur + SAME_EUR && bound_eur > search->missed_eur)
        search->missed_eur = bound_eur;
}

static struct slot *slot_of(const struct layer *layer, int64_t cell)
{
    uint64_t hash = (uint64_t)cell * UINT64_C(0x9E3779B97F4A7C15);
    uint32_t at = (uint32_t)(hash >> 40) & layer->slot_mask;
    struct slot *slots = layer->room->slots;
    while (slots[at].stamp == layer->stamp && slots[at].cell != cell)
        at = (at + 1) & layer->slot_mask;
    return &slots[at];
}

static void swap_doubles(double *a, double *b)
{
    double copy = *a;
    *a = *b;
    *b = copy;
}

/* The value that would stand at `rank` if the values stood in descending order. */
static double value_of_rank(double *values, size_t count, size_t rank)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        size_t i = low, j = high;
        for (;;) {
            while (values[i] > pivot)
                i++;
            while (values[j] < pivot)
                j--;
            if (i >= j)
                break;
            swap_doubles(&values[i++], &values[j--]);
        }
        if (rank <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[low];
}

/* Leaves the labels_max labels with the highest ranks. */
static void shrink(struct layer *layer)
{
    uint32_t most = layer->most, above = 0, kept = 0;
    struct label *labels = layer->room->next;
    double *ranks = layer->room->ranks;
    if (layer->count <= most)
        return;
    for (uint32_t i = 0; i < layer->count; i++)
        ranks[i] = labels[i].rank_eur;
    double least = value_of_rank(ranks, layer->count, most - 1);
    for (uint32_t i = 0; i < layer->count; i++)
        above += labels[i].rank_eur > least;
    uint32_t equal_left = most - above;
    layer->stamp++;
    for (uint32_t i = 0; i < layer->count; i++) {
        bool is_equal = labels[i].rank_eur == least;
        if (labels[i].rank_eur < least || (is_equal && equal_left == 0)) {
            miss(layer, labels[i].bound_eur);
            continue;
        }
        equal_left -= is_equal;
        *slot_of(layer, labels[i].cell) = (struct slot){labels[i].cell, layer->stamp, kept};
        labels[kept++] = labels[i];
    }
    layer->count = kept;
    layer->band_eur = layer->best_eur - least;
    raise_cut(layer);
}

static void offer(struct layer *layer, const struct label *label)
{
    struct label *labels = layer->room->next;
    struct slot *slot = slot_of(layer, label->cell);
    if (label->rank_eur > layer->best_eur) {
        layer->best_eur = label->rank_eur;
        raise_cut(layer);
    }
    if (slot->stamp != layer->stamp) {
        *slot = (struct slot){label->cell, layer->stamp, layer->count};
        labels[layer->count++] = *label;
        if (layer->count == layer->room_for)
            shrink(layer);
        return;
    }
    struct label *other = &labels[slot->label];
    bool is_better = label->rank_eur > other->rank_eur;
    if (fabs(label->soc_mwh - other->soc_mwh) > layer->search->lots->same_mwh)
        miss(layer, is_better ? other->bound_eur : label->bound_eur);
    if (is_better)
        *other = *label;
}

/* A side of a period's trade from one label: so many lots, each moving the state and the money. */
struct side {
    struct label from;
    double move_mwh, earns_eur, traded_mwh; /* of one lot */
    int32_t sign;                           /* of lots */
};

/* All numbers of lots that end in one segment: the bound is linear over them, so that after the first
 * that is cut off all others are. */
static void try_range(struct layer *layer, const struct side *side, int32_t first, int32_t last,
                      size_t segment)
{
    double slope = layer->segments[segment].slope, start_mwh = layer->room->starts_mwh[segment];
    double value_eur = layer->room->values_eur[segment];
    bool falls = side->earns_eur + slope * side->move_mwh <= TRADE_EUR_PER_MWH * side->traded_mwh;
    int32_t step = falls ? 1 : -1, lots = falls ? first : last;
    for (int32_t left = last - first + 1; left > 0; left--, lots += step) {
        double soc_mwh = side->from.soc_mwh + lots * side->move_mwh;
        double money_eur = side->from.money_eur + lots * side->earns_eur;
        double bound_eur = money_eur + (value_eur + slope * (soc_mwh - start_mwh));
        double traded_mwh = side->from.traded_mwh + lots * side->traded_mwh;
        double rank_eur = bound_eur - TRADE_EUR_PER_MWH * traded_mwh;
        layer->work++;
        if (rank_eur < layer->cut_eur) {
            miss(layer, bound_eur);
            return;
        }
        offer(layer, &(struct label){.soc_mwh = soc_mwh,
                                     .money_eur = money_eur,
                                     .traded_mwh = traded_mwh,
                                     .bound_eur = bound_eur,
                                     .rank_eur = rank_eur,
                                     .cell = (int64_t)(soc_mwh * layer->cells_per_mwh),
                                     .parent = side->from.parent,
                                     .lots = lots * side->sign});
    }
}

static void go_up(struct layer *layer, const struct label *label)
{
    struct side side = {*label, layer->stored_mwh, -layer->period.charge_eur, layer->stored_mwh,
                        -1};
    const double *starts = layer->room->starts_mwh;
    double soc_mwh = label->soc_mwh, per_mwh = 1 / layer->stored_mwh;
    double first = greater(
        ceil((layer->low_mwh - layer->search->lots->terms.slack_mwh - soc_mwh) * per_mwh), 0);
    double last = smaller(
        layer->period.charge_lots,
        floor((layer->high_mwh + layer->search->lots->terms.slack_mwh - soc_mwh) * per_mwh));
    for (size_t i = 0; i < layer->segment_count && first <= last; i++) {
        double end =
            i + 1 < layer->segment_count ? floor((starts[i + 1] - soc_mwh) * per_mwh) : last;
        end = smaller(end, last);
        if (end < first)
            continue;
        try_range(layer, &side, (int32_t)first, (int32_t)end, i);
        first = end + 1;
    }
}

static void go_down(struct layer *layer, const struct label *label)
{
    struct side side = {*label, -layer->withdrawn_mwh, layer->period.discharge_eur,
                        layer->withdrawn_mwh, 1};
    const double *starts = layer->room->starts_mwh;
    double soc_mwh = label->soc_mwh, per_mwh = 1 / layer->withdrawn_mwh;
    double first = greater(
        ceil((soc_mwh - layer->high_mwh - layer->search->lots->terms.slack_mwh) * per_mwh), 1);
    double last =
        smaller(layer->period.discharge_lots,
                floor((soc_mwh - layer->low_mwh + layer->search->lots->terms.slack_mwh) * per_mwh));
    for (size_t i = layer->segment_count; i-- > 0 && first <= last;) {
        double end = i > 0 ? floor((soc_mwh - starts[i]) * per_mwh) : last;
        end = smaller(end, last);
        if (end < first)
            continue;
        try_range(layer, &side, (int32_t)first, (int32_t)end, i);
        first = end + 1;
    }
}

static const struct segment NO_SEGMENT = {0, 0};

/* The value after the period, laid out to be looked up. */
static void load_values(struct layer *layer, size_t t)
{
    struct search *search = layer->search;
    const struct terms *terms = &search->lots->terms;
    struct search_room *room = layer->room;
    struct curve curve = {.low_mwh = soc_min_at(terms, t)};
    layer->high_mwh = soc_max_at(terms, t);
    if (search->values) {
        curve = values_at(search->values, search->lots, t);
        layer->high_mwh = curve_high_mwh(&curve);
    }
    layer->low_mwh = room->starts_mwh[0] = curve.low_mwh;
    room->values_eur[0] = curve.value_eur;
    layer->segments = curve.count > 0 ? curve.segments : &NO_SEGMENT;
    layer->segment_count = curve.count > 0 ? curve.count : 1;
    for (size_t i = 0; i < layer->segment_count; i++) {
        const struct segment *segment = &layer->segments[i];
        room->starts_mwh[i + 1] = room->starts_mwh[i] + segment->length;
        room->values_eur[i + 1] = room->values_eur[i] + segment->length * segment->slope;
    }
}

/* Makes the labels after period t from those before it, `count` in number. */
static void run_layer(struct layer *layer, size_t t, uint32_t count)
{
    struct search *search = layer->search;
    double keep = search->lots->terms.keep;
    layer->period = lot_period_at(search->lots, t);
    if (!search->values)
        layer->period.charge_eur = layer->period.discharge_eur = 0;
    load_values(layer, t);
    layer->count = 0;
    layer->stamp++;
    layer->best_eur = -INFINITY;
    raise_cut(layer);
    for (uint32_t i = 0; i < count; i++) {
        struct label label = layer->room->now[i];
        label.soc_mwh *= keep;
        go_up(layer, &label);
        go_down(layer, &label);
    }
    if (layer->count <= layer->most)
        layer->band_eur = 2 * layer->band_eur + BAND_EUR_PER_MWH * layer->stored_mwh;
    shrink(layer);
}

/* Labels become nodes, the best first, since it tells the next layer's how good they must be. */
static void settle(struct layer *layer, uint32_t *node_count)
{
    struct search_room *room = layer->room;
    struct label *labels = room->next;
    uint32_t best = 0;
    for (uint32_t i = 0; i < layer->count; i++) {
        if (labels[i].rank_eur > labels[best].rank_eur)
            best = i;
        room->nodes[*node_count] = (struct node){labels[i].parent, labels[i].lots};
        labels[i].parent = (*node_count)++;
    }
    struct label copy = labels[0];
    labels[0] = labels[best];
    labels[best] = copy;
    room->next = room->now;
    room->now = labels;
}

/* Lets fewer labels stay while the work done is an eighth of all ahead of the periods gone through,
 * and more again when it is not. */
static void pace(struct layer *layer, size_t ended)
{
    const struct search *search = layer->search;
    double share = (double)ended / (double)search->lots->terms.periods + 0.125;
    if (search->work > search->work_max * share)
        layer->most -= layer->most / 4;
    else if (layer->most < search->labels_max)
        layer->most += (search->labels_max - layer->most + 3) / 4;
}

static void trace(const struct search_room *room, uint32_t node, size_t periods, int32_t *lots_out)
{
    for (size_t t = periods; t-- > 0; node = room->nodes[node].parent)
        lots_out[t] = room->nodes[node].lots;
}

static uint32_t power_of_two_above(uint64_t least)
{
    uint32_t power = 64;
    while (power < least)
        power *= 2;
    return power;
}

bool search_run(struct search *search, struct search_room *room, int32_t *lots_out)
{
    const struct terms *terms = &search->lots->terms;
    size_t periods = terms->periods;
    uint32_t slots = power_of_two_above(4 * (uint64_t)search->labels_max), node_count = 1;
    memset(room->slots, 0, slots * sizeof *room->slots);
    struct layer layer = {.search = search,
                          .room = room,
                          .stored_mwh = search->lots->stored_mwh,
                          .withdrawn_mwh = search->lots->withdrawn_mwh,
                          .cells_per_mwh = 1 / search->cell_mwh,
                          .count = 1,
                          .most = search->labels_max,
                          .room_for = slots / 2,
                          .slot_mask = slots - 1,
                          .band_eur = INFINITY};
    search->missed_eur = -INFINITY;
    room->now[0] = (struct label){.soc_mwh = terms->soc_start_mwh};
    for (search->ended = 0; search->ended < periods; search->ended++) {
        run_layer(&layer, search->ended, layer.count);
        search->work = (double)layer.work;
        if (layer.count == 0)
            return false;
        pace(&layer, search->ended + 1);
        settle(&layer, &node_count);
    }
    search->known_eur = room->now[0].bound_eur;
    search->known_rank_eur = room->now[0].rank_eur;
    trace(room, room->now[0].parent, periods, lots_out);
    return true;
}
