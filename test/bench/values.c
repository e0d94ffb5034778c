#include "values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arrow/stream.h"
#include "bench.h"
#include "mando/rows.h"

#define ROUNDS 9
#define PRIME 1000003

void values_fail(const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", BACKEND.name, what);
    exit(1);
}

void values_check(enum mando_status status, const struct mando_error *error)
{
    if (status)
        values_fail(error->message);
}

void values_path(const char *folder, const char *name, const char *const *endings, char *path_out,
                 size_t size)
{
    char beside[VALUES_URL_SIZE];
    int length = snprintf(path_out, size, "%s/%s_%s.db", folder, BACKEND.name, name);
    if (length < 0 || (size_t)length + 8 > size)
        values_fail("the folder has too long a name");
    (void)unlink(path_out);
    for (; *endings; endings++) {
        (void)snprintf(beside, sizeof beside, "%s%s", path_out, *endings);
        (void)unlink(beside);
    }
}

void *values_new(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        values_fail("no memory");
    return memory;
}

static int64_t tick_us(void *clock)
{
    int64_t *now_us = clock;
    return *now_us += 1000000;
}

void values_open_service(struct values_store *store)
{
    struct mando_service_options options = {
        .author = "bench", .now_us = tick_us, .clock = &store->now_us, .may_create = 1};
    struct mando_error error;
    store->now_us = START_US;
    values_check(mando_service_open(store->url, &options, &store->service, &error), &error);
}

void values_configure(struct values_store *store, const char *id)
{
    struct mando_point point = {.unit = "EUR/MWh",
                                .time_zone = "Europe/Berlin",
                                .type = MANDO_SERIES,
                                .aggregation = MANDO_MEAN,
                                .resolution.time_us = STEP_US,
                                .width = 1};
    struct mando_error error;
    (void)snprintf(point.id, sizeof point.id, "%s", id);
    values_check(mando_service_configure(store->service, &point, 1, NULL, NULL, &error), &error);
}

void values_close(struct values_store *store)
{
    if (store->bare)
        BACKEND.close_bare(store);
    mando_service_free(store->service);
}

void values_insert(struct values_store *store, const struct values_batch *batch)
{
    struct ArrowArrayStream stream = {0};
    struct mando_rows rows = {.count = batch->count,
                              .type = MANDO_SERIES,
                              .width = 1,
                              .valid_start_us = batch->start_us,
                              .valid_end_us = batch->end_us,
                              .value = batch->value};
    struct mando_write write = {.knowledge_us = KNOWN_US};
    struct mando_written written = {0};
    struct mando_error error;
    values_check(mando_rows_stream(&rows, &stream, &error), &error);
    values_check(mando_service_insert(store->service, batch->id, &stream, &write, &written, &error),
                 &error);
    mando_arrow_stream_release(&stream);
    if (written.inserted != batch->count)
        values_fail("the service has stored other rows");
}

static struct values_total retrieve_by_service(struct values_store *store,
                                               const struct values_batch *batch)
{
    const char *id = batch->id;
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct ArrowArrayStream stream = {0};
    struct mando_rows rows = {0};
    struct mando_error error;
    struct values_total total = {0};
    query.patterns = &id;
    query.pattern_count = 1;
    query.from_us = batch->from_us;
    query.to_us = batch->to_us;
    values_check(mando_service_retrieve(store->service, &query, NULL, &stream, &error), &error);
    do {
        values_check(mando_rows_next(&stream, &rows, &error), &error);
        for (size_t i = 0; i < rows.count; i++) {
            total.times += (uint64_t)rows.valid_start_us[i] + (uint64_t)rows.knowledge_us[i]
                           + (uint64_t)rows.valid_end_us[i];
            total.changes += (uint64_t)rows.change_us[i];
            total.value += mando_rows_is_present(&rows, i) ? rows.value[i] : 0;
            total.rows += mando_rows_is_deleted(&rows, i) ? 0 : 1;
        }
    } while (rows.count);
    mando_arrow_stream_release(&stream);
    return total;
}

enum { SERVICE, BARE, WAYS_MAX };

static const char *const WAYS[] = {[SERVICE] = "service", [BARE] = "bare"};

static int way_named(const char *name)
{
    for (int way = 0; way < WAYS_MAX; way++)
        if (strcmp(WAYS[way], name) == 0)
            return way;
    values_fail("a way is service or bare");
}

static void insert(int way, struct values_store *store, const struct values_batch *batch)
{
    (way == SERVICE ? values_insert : BACKEND.insert)(store, batch);
}

static struct values_total retrieve(int way, struct values_store *store,
                                    const struct values_batch *batch)
{
    return (way == SERVICE ? retrieve_by_service : BACKEND.retrieve)(store, batch);
}

void values_print(size_t instance, const char *way, double fresh_us,
                  const struct values_total *total)
{
    double answer = total->value + (double)total->rows + (double)(total->times % PRIME) / PRIME;
    (void)printf("{\"instance\": %zu, \"solver\": \"%s\", \"fresh\": %.6g, \"answer\": %.17g}\n",
                 instance, way, fresh_us, answer);
}

/* What is done: in bulk each instance is a data point, else all are parts of one. */
struct work {
    const char *folder;
    const struct instances *instances;
    bool is_bulk;
    int ways[WAYS_MAX];
    size_t way_count;
    int64_t *times_us; /* room for a batch */
};

static struct values_batch load(const struct work *work, size_t i)
{
    size_t periods = work->instances->periods, point = work->is_bulk ? i : 0;
    struct values_batch batch = {.count = periods,
                                 .key = BACKEND.first_key + (int64_t)point,
                                 .from_us = START_US + (int64_t)((i - point) * periods) * STEP_US,
                                 .start_us = work->times_us,
                                 .end_us = work->times_us + periods,
                                 .value = work->instances->prices + i * periods};
    (void)snprintf(batch.id, sizeof batch.id, "Bench/%zu", point);
    batch.to_us = batch.from_us + (int64_t)batch.count * STEP_US;
    for (size_t k = 0; k < batch.count; k++) {
        batch.start_us[k] = batch.from_us + (int64_t)k * STEP_US;
        batch.end_us[k] = batch.start_us[k] + STEP_US;
    }
    return batch;
}

/* A new store with the data points, which only a service makes. */
static void open_store(struct values_store *store, const struct work *work, const char *name,
                       int way)
{
    BACKEND.open(store, work->folder, name, way == BARE);
    if (store->service && BACKEND.prepare)
        BACKEND.prepare(store, work->instances);
    for (size_t i = 0; store->service && i < (work->is_bulk ? work->instances->count : 1); i++) {
        struct values_batch batch = load(work, i);
        values_configure(store, batch.id);
    }
}

static void run_insert(const struct work *work)
{
    struct values_store stores[WAYS_MAX] = {0};
    for (size_t w = 0; w < work->way_count; w++)
        open_store(&stores[w], work, WAYS[work->ways[w]], work->ways[w]);
    for (size_t i = 0; i < work->instances->count; i++) {
        struct values_batch batch = load(work, i);
        for (size_t w = 0; w < work->way_count; w++) {
            int way = work->ways[w];
            double start_us = bench_now_us();
            insert(way, &stores[w], &batch);
            double fresh_us = bench_now_us() - start_us;
            /* When a row was stored differs from way to way: of that only that it was. */
            struct values_total total =
                retrieve(BACKEND.is_shared ? BARE : way, &stores[w], &batch);
            values_print(i, WAYS[way], fresh_us, &total);
        }
    }
    for (size_t w = 0; w < work->way_count; w++)
        values_close(&stores[w]);
}

static void read_rounds(const struct work *work, struct values_store *const *stores)
{
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < work->instances->count; i++) {
            struct values_batch batch = load(work, i);
            for (size_t w = 0; w < work->way_count; w++) {
                double start_us = bench_now_us();
                struct values_total total = retrieve(work->ways[w], stores[w], &batch);
                double fresh_us = bench_now_us() - start_us;
                total.times += BACKEND.is_shared ? total.changes : 0;
                values_print(i, WAYS[work->ways[w]], fresh_us, &total);
            }
        }
}

static void run_retrieve(const struct work *work)
{
    struct values_store opened[WAYS_MAX] = {0}, *stores[WAYS_MAX];
    size_t count = BACKEND.is_shared ? 1 : work->way_count;
    for (size_t s = 0; s < count; s++) {
        int way = BACKEND.is_shared ? SERVICE : work->ways[s];
        open_store(&opened[s], work, BACKEND.is_shared ? "retrieve" : WAYS[way], way);
        for (size_t i = 0; i < work->instances->count; i++) {
            struct values_batch batch = load(work, i);
            insert(way, &opened[s], &batch);
        }
    }
    for (size_t w = 0; w < work->way_count; w++)
        stores[w] = &opened[BACKEND.is_shared ? 0 : w];
    read_rounds(work, stores);
    for (size_t s = 0; s < count; s++)
        values_close(&opened[s]);
}

int values_main(int argc, char **argv)
{
    size_t count = argc > 4 ? (size_t)argc - 4 : 0;
    if (argc == 2 && strcmp(argv[1], "--versions") == 0) {
        BACKEND.print_versions();
        return 0;
    }
    if (count == 0 || count > WAYS_MAX)
        return 2;
    struct instances instances;
    struct work work = {.folder = argv[2],
                        .instances = &instances,
                        .is_bulk = strcmp(argv[1], "bulk") == 0,
                        .way_count = count};
    instances_read(NULL, argv[3], &instances);
    work.times_us = values_new(2 * instances.periods * sizeof *work.times_us);
    for (size_t w = 0; w < count; w++)
        work.ways[w] = way_named(argv[4 + w]);
    if (strcmp(argv[1], "retrieve") == 0)
        run_retrieve(&work);
    else
        run_insert(&work);
    free(work.times_us);
    instances_release(&instances);
    return 0;
}
