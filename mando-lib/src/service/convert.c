#include "service/convert.h"

#include <string.h>

#include "arrow/builder.h"
#include "arrow/stream.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/calendar.h"
#include "base/fail.h"
#include "domain/convert.h"

#define BATCH_ROWS 65536
#define BATCH_NUMBERS ((size_t)1 << 20)
#define CHUNK_ROWS 4096
#define CHUNK_NUMBERS 65536

enum column { POINT, START, END, KNOWN, CHANGED, VALUE, DELETED, COLUMNS };

/* How the values of a data point are converted. */
struct target {
    const char *id;
    enum mando_aggregation aggregation;
    const struct mando_zone *zone;
};

struct conversion {
    struct mando_convert_rule rule; /* but for what a target has */
    enum mando_point_type type;
    struct target *targets;
    struct mando_zone **zones; /* each once */
    size_t target_count, zone_count;
    struct ArrowArrayStream source;
    struct mando_rows rows; /* the batch that is being converted, from `row` on */
    size_t row, batch_rows;
    int32_t point; /* the data point that is being converted; -1 = none */
    bool is_last, is_done;
    struct mando_convert convert;
    struct mando_converted out;
    int32_t *points; /* a chunk of the same number */
    struct mando_arena arena;
    struct mando_arrow_builder builder;
};

static void free_conversion(void *source)
{
    struct conversion *conversion = source;
    mando_rows_release(&conversion->rows);
    mando_arrow_stream_release(&conversion->source);
    mando_convert_release(&conversion->convert);
    mando_arrow_builder_release(&conversion->builder);
    for (size_t i = 0; i < conversion->zone_count; i++)
        mando_zone_free(conversion->zones[i]);
    mando_arena_release(&conversion->arena);
    mando_free(conversion);
}

static void push_values(struct conversion *conversion)
{
    struct mando_arrow_builder *builder = &conversion->builder;
    const struct mando_converted *out = &conversion->out;
    size_t missing = 0;
    for (size_t i = 0; i < out->count && conversion->type == MANDO_SERIES; i++)
        missing += isnan(out->value[i]) != 0;
    if (conversion->type == MANDO_SERIES && missing == 0) {
        mando_arrow_push_many(builder, VALUE, out->value, out->count);
        return;
    }
    for (size_t i = 0; i < out->count; i++)
        if (conversion->type == MANDO_MATRIX)
            mando_arrow_push_numbers(builder, VALUE, out->value + i * conversion->rule.width);
        else if (isnan(out->value[i]))
            mando_arrow_push_null(builder, VALUE);
        else
            mando_arrow_push_number(builder, VALUE, out->value[i]);
}

/* Moves a chunk into the batch. */
static void push(struct conversion *conversion)
{
    struct mando_arrow_builder *builder = &conversion->builder;
    struct mando_converted *out = &conversion->out;
    if (out->count == 0)
        return;
    for (size_t i = 0; i < out->count; i++)
        conversion->points[i] = conversion->point;
    mando_arrow_push_many(builder, POINT, conversion->points, out->count);
    mando_arrow_push_many(builder, START, out->start_us, out->count);
    mando_arrow_push_many(builder, END, out->end_us, out->count);
    mando_arrow_push_many(builder, KNOWN, out->knowledge_us, out->count);
    mando_arrow_push_many(builder, CHANGED, out->change_us, out->count);
    push_values(conversion);
    for (size_t i = 0; i < out->count; i++)
        mando_arrow_push_bool(builder, DELETED, false);
    out->count = 0;
}

static enum mando_status read_rows(struct conversion *conversion, struct mando_error *error)
{
    conversion->row = 0;
    enum mando_status status = mando_rows_next(&conversion->source, &conversion->rows, error);
    conversion->is_last = !status && conversion->rows.count == 0;
    return status;
}

static enum mando_status start_point(struct conversion *conversion, struct mando_error *error)
{
    int32_t point = conversion->rows.point[conversion->row];
    struct mando_convert_rule rule = conversion->rule;
    rule.aggregation = conversion->targets[point].aggregation;
    rule.periods.zone = conversion->targets[point].zone;
    enum mando_status status = mando_convert_start(&conversion->convert, &rule, error);
    if (!status)
        conversion->point = point;
    return status;
}

/* Rows of the same data point, up to where they end in the batch. */
static enum mando_status convert_rows(struct conversion *conversion, struct mando_error *error)
{
    const struct mando_rows *rows = &conversion->rows;
    size_t to = rows->count;
    if (rows->point[to - 1] != conversion->point)
        for (to = conversion->row; rows->point[to] == conversion->point;)
            to++;
    enum mando_status status = mando_convert_rows(&conversion->convert, rows, &conversion->row, to,
                                                  &conversion->out, error);
    if (status)
        mando_fail_place(error, conversion->targets[conversion->point].id, 0, 0);
    return status;
}

/* One step: reads rows, begins or ends a data point, or converts some of its rows. */
static enum mando_status step(struct conversion *conversion, struct mando_error *error)
{
    const struct mando_rows *rows = &conversion->rows;
    if (!conversion->is_last && conversion->row == rows->count)
        return read_rows(conversion, error);
    bool is_other = conversion->is_last || rows->point[conversion->row] != conversion->point;
    if (!is_other)
        return convert_rows(conversion, error);
    if (conversion->point >= 0) {
        bool is_done = mando_convert_finish(&conversion->convert, &conversion->out);
        push(conversion);
        conversion->point = is_done ? -1 : conversion->point;
        return MANDO_OK;
    }
    conversion->is_done = conversion->is_last;
    return conversion->is_last ? MANDO_OK : start_point(conversion, error);
}

static enum mando_status next_batch(void *source, struct ArrowArray *batch_out,
                                    struct mando_error *error)
{
    struct conversion *conversion = source;
    enum mando_status status = MANDO_OK;
    while (!status && !conversion->is_done
           && mando_arrow_builder_count(&conversion->builder) < conversion->batch_rows) {
        status = step(conversion, error);
        if (!status)
            push(conversion);
    }
    if (status || mando_arrow_builder_is_empty(&conversion->builder))
        return status;
    return mando_arrow_builder_take(&conversion->builder, batch_out, error);
}

static enum mando_status fail_memory(struct mando_error *error)
{
    return mando_fail(error, MANDO_E_MEMORY, -1, "there is no memory to convert values");
}

static enum mando_status find_zone(struct conversion *conversion, const char *name,
                                   const char *folder, const struct mando_zone **zone_out,
                                   struct mando_error *error)
{
    size_t i = 0;
    enum mando_status status = MANDO_OK;
    while (i < conversion->zone_count && strcmp(mando_zone_name(conversion->zones[i]), name) != 0)
        i++;
    if (i == conversion->zone_count)
        status = mando_zone_open(name, folder, &conversion->zones[i], error);
    if (status)
        return status;
    conversion->zone_count += i == conversion->zone_count;
    *zone_out = conversion->zones[i];
    return MANDO_OK;
}

static enum mando_status set_targets(struct conversion *conversion, const char *folder,
                                     const struct mando_catalog *catalog, struct mando_error *error)
{
    enum mando_status status = MANDO_OK;
    struct mando_arena *arena = &conversion->arena;
    conversion->targets = mando_arena_alloc(arena, catalog->count + 1, sizeof *conversion->targets);
    conversion->zones = mando_arena_alloc(arena, catalog->count + 1, sizeof(struct mando_zone *));
    if (!conversion->targets || !conversion->zones)
        return fail_memory(error);
    conversion->target_count = catalog->count;
    for (size_t i = 0; i < catalog->count && !status; i++) {
        const struct mando_point *point = &catalog->items[i].point;
        struct target *target = &conversion->targets[i];
        char *id = mando_arena_alloc(arena, strlen(point->id) + 1, 1);
        if (!id)
            return fail_memory(error);
        target->id = memcpy(id, point->id, strlen(point->id));
        target->aggregation = point->aggregation;
        status = find_zone(conversion, point->time_zone, folder, &target->zone, error);
    }
    return status;
}

static enum mando_status set_rule(struct conversion *conversion,
                                  const struct mando_catalog *catalog,
                                  const struct mando_query *query, struct mando_error *error)
{
    struct mando_convert_rule *rule = &conversion->rule;
    conversion->type = catalog->count ? catalog->items[0].point.type : MANDO_SERIES;
    *rule =
        (struct mando_convert_rule){.partial = query->partial != 0,
                                    .from_us = query->from_us,
                                    .to_us = query->to_us,
                                    .width = catalog->count ? catalog->items[0].point.width : 1};
    enum mando_status status = mando_resolution_parse(query->resolution, strlen(query->resolution),
                                                      &rule->periods.length, error);
    if (status)
        return status;
    if (conversion->type == MANDO_DOCUMENT)
        return mando_fail_at(error, MANDO_E_VALUES_RESOLUTION, catalog->items[0].point.id, 0, 0,
                             "documents have no resolution: they hold until the next one");
    return MANDO_OK;
}

static enum mando_status set_buffers(struct conversion *conversion, struct mando_error *error)
{
    struct mando_arena *arena = &conversion->arena;
    struct mando_converted *out = &conversion->out;
    size_t width = conversion->rule.width;
    size_t rows = CHUNK_NUMBERS / width < CHUNK_ROWS ? CHUNK_NUMBERS / width : CHUNK_ROWS;
    *out = (struct mando_converted){.capacity = rows};
    out->start_us = mando_arena_alloc(arena, rows, sizeof *out->start_us);
    out->end_us = mando_arena_alloc(arena, rows, sizeof *out->end_us);
    out->knowledge_us = mando_arena_alloc(arena, rows, sizeof *out->knowledge_us);
    out->change_us = mando_arena_alloc(arena, rows, sizeof *out->change_us);
    out->value = mando_arena_alloc(arena, rows * width, sizeof *out->value);
    conversion->points = mando_arena_alloc(arena, rows, sizeof *conversion->points);
    conversion->batch_rows =
        BATCH_NUMBERS / width < BATCH_ROWS ? BATCH_NUMBERS / width : BATCH_ROWS;
    if (!out->start_us || !out->end_us || !out->knowledge_us || !out->change_us || !out->value
        || !conversion->points)
        return fail_memory(error);
    return MANDO_OK;
}

/* Intervals of one data point that start in a range. */
struct search {
    struct mando_session *session;
    const struct mando_scan *scan;
    bool is_found;
    int64_t start_us, end_us; /* of the last interval */
};

static enum mando_status search_window(struct search *search, const char *id, int64_t from_us,
                                       int64_t to_us, struct mando_error *error)
{
    struct ArrowArrayStream stream MANDO_CLEANUP(mando_arrow_stream_release) = {0};
    struct mando_rows rows MANDO_CLEANUP(mando_rows_release) = {0};
    struct mando_scan scan = {.ids = &id,
                              .id_count = 1,
                              .from_us = from_us,
                              .to_us = to_us,
                              .as_of = search->scan->as_of};
    enum mando_status status =
        search->session->repository->ops->values_scan(search->session, &scan, &stream, error);
    do {
        if (!status)
            status = mando_rows_next(&stream, &rows, error);
        for (size_t i = 0; !status && i < rows.count; i++) {
            if (rows.valid_end_us[i] == rows.valid_start_us[i])
                continue;
            search->is_found = true;
            search->start_us = rows.valid_start_us[i];
            search->end_us = rows.valid_end_us[i];
        }
    } while (!status && rows.count);
    return status;
}

static int64_t usual_length_us(const struct mando_point *point)
{
    struct mando_duration resolution = point->resolution;
    int64_t length_us =
        resolution.time_us + (resolution.days + INT64_C(31) * resolution.months) * MANDO_DAY_US;
    return length_us > 0 ? length_us : MANDO_DAY_US;
}

/* Where reading must begin: intervals are disjoint, so only the last one before the range can reach
 * into it. Looks for it in windows that double. */
static enum mando_status reach_back(struct search *search, const struct mando_point *point,
                                    int64_t *from_us, struct mando_error *error)
{
    int64_t to_us = search->scan->from_us, window_us = usual_length_us(point);
    enum mando_status status = MANDO_OK;
    search->is_found = false;
    while (!status && !search->is_found && to_us > MANDO_TIME_US_MIN) {
        int64_t start_us =
            to_us - MANDO_TIME_US_MIN > window_us ? to_us - window_us : MANDO_TIME_US_MIN;
        status = search_window(search, point->id, start_us, to_us, error);
        to_us = start_us;
        window_us = window_us > INT64_MAX / 4 ? window_us : 2 * window_us;
    }
    if (!status && search->is_found && search->end_us > search->scan->from_us
        && search->start_us < *from_us)
        *from_us = search->start_us;
    return status;
}

/* The range that must be read for the periods that start in that of the query. */
static enum mando_status set_range(const struct conversion *conversion,
                                   struct mando_session *session,
                                   const struct mando_catalog *catalog, struct mando_scan *scan,
                                   struct mando_error *error)
{
    struct search search = {.session = session, .scan = scan};
    int64_t from_us = scan->from_us, to_us = scan->to_us;
    enum mando_status status = MANDO_OK;
    bool is_cut = mando_time_is_valid(scan->from_us);
    for (size_t i = 0; i < catalog->count && !status; i++) {
        struct mando_periods periods = conversion->rule.periods;
        periods.zone = conversion->targets[i].zone;
        if (is_cut)
            status = reach_back(&search, &catalog->items[i].point, &from_us, error);
        if (!mando_time_is_valid(scan->to_us))
            continue;
        int64_t end_us =
            mando_periods_end(&periods, mando_periods_start(&periods, scan->to_us - 1));
        to_us = end_us > to_us ? end_us : to_us;
    }
    scan->from_us = from_us;
    scan->to_us = to_us;
    return status;
}

static enum mando_status open_stream(struct conversion *conversion,
                                     struct ArrowArrayStream *stream_out, struct mando_error *error)
{
    static const struct mando_arrow_source OPERATIONS = {next_batch, free_conversion};
    struct mando_arrow_field fields[COLUMNS] = {
        [POINT] = {.name = "point", .type = MANDO_ARROW_INT32},
        [START] = {.name = "start", .type = MANDO_ARROW_TIME},
        [END] = {.name = "end", .type = MANDO_ARROW_TIME},
        [KNOWN] = {.name = "known", .type = MANDO_ARROW_TIME},
        [CHANGED] = {.name = "changed", .type = MANDO_ARROW_TIME},
        [VALUE] = {.name = "value",
                   .type =
                       conversion->type == MANDO_MATRIX ? MANDO_ARROW_DOUBLES : MANDO_ARROW_DOUBLE,
                   .nullable = true,
                   .width = conversion->rule.width},
        [DELETED] = {.name = "deleted", .type = MANDO_ARROW_BOOL}};
    if (mando_arrow_builder_init(&conversion->builder, fields, COLUMNS))
        return fail_memory(error);
    return mando_arrow_stream_new(fields, COLUMNS, &OPERATIONS, conversion, stream_out, error);
}

enum mando_status service_convert(const struct mando_service *service,
                                  struct mando_session *session,
                                  const struct mando_catalog *catalog,
                                  const struct mando_query *query, const struct mando_scan *scan,
                                  struct ArrowArrayStream *stream_out, struct mando_error *error)
{
    struct mando_scan whole = *scan;
    struct conversion *conversion = mando_alloc(1, sizeof *conversion);
    if (!conversion)
        return fail_memory(error);
    conversion->point = -1;
    enum mando_status status = set_rule(conversion, catalog, query, error);
    if (!status)
        status = set_targets(conversion, service->zone_folder, catalog, error);
    if (!status)
        status = set_buffers(conversion, error);
    if (!status)
        status = set_range(conversion, session, catalog, &whole, error);
    if (!status)
        status = session->repository->ops->values_scan(session, &whole, &conversion->source, error);
    if (!status)
        status = open_stream(conversion, stream_out, error);
    if (status)
        free_conversion(conversion);
    return status;
}
