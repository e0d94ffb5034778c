#include "place.h"

#include "check.h"

static int64_t now_us(void *clock)
{
    const struct place *place = clock;
    return place->now;
}

static const struct mando_repository_ops *ops_of(const struct place *place)
{
    return place->repository->ops;
}

void place_open(struct place *place)
{
    place_open_in(place, NULL);
}

void place_open_in(struct place *place, const struct wrapper_hooks *hooks)
{
    *place = (struct place){.now = NOON};
    QUIRKS.new_url(place->url, sizeof place->url);
    struct mando_repository_options options = {
        .now_us = now_us, .clock = place, .wait_ms = 200, .may_create = true};
    enum mando_status status =
        hooks ? wrapper_open(QUIRKS.open, place->url, &options, hooks, &place->repository,
                             &place->error)
              : QUIRKS.open(place->url, &options, &place->repository, &place->error);
    if (!status)
        status = mando_session_take(place->repository, &place->session, &place->error);
    if (status)
        print_error("%s: %s\n", place->url, place->error.message);
    CHECK_EQ(status, MANDO_OK);
}

void place_close(struct place *place)
{
    mando_session_give(place->session);
    mando_repository_unref(place->repository);
}

void place_point(struct place *place, const char *id, enum mando_point_type type)
{
    struct mando_point point = {.unit = "EUR/MWh",
                                .time_zone = "UTC",
                                .type = type,
                                .aggregation = MANDO_MEAN,
                                .resolution = {.time_us = HOUR},
                                .width = type == MANDO_MATRIX ? CELL_NUMBERS : 1};
    struct mando_written written;
    (void)snprintf(point.id, sizeof point.id, "%s", id);
    CHECK_EQ(place_begin(place, 0), MANDO_OK);
    CHECK_EQ(ops_of(place)->points_put(place->session, &point, 1, &place->error), MANDO_OK);
    CHECK_EQ(place_commit(place, &written), MANDO_OK);
}

enum mando_status place_begin(struct place *place, int64_t knowledge)
{
    struct mando_write write = {.author = "ada", .reason = "test", .knowledge_us = knowledge};
    return ops_of(place)->begin(place->session, &write, &place->error);
}

/* Few rows come in short batches, many in long ones. */
#define BATCH_ROWS 3000

enum mando_status place_put(struct place *place, const char *const *ids, size_t id_count,
                            enum mando_point_type type, const struct cell *rows, size_t count)
{
    struct ArrowArrayStream stream;
    cells_stream(rows, count, type, count < BATCH_ROWS ? 7 : BATCH_ROWS, &stream);
    enum mando_status status =
        ops_of(place)->values_put(place->session, ids, id_count, &stream, &place->error);
    stream.release(&stream);
    return status;
}

enum mando_status place_commit(struct place *place, struct mando_written *written_out)
{
    return ops_of(place)->commit(place->session, written_out, &place->error);
}

void place_rollback(struct place *place)
{
    ops_of(place)->rollback(place->session);
}

enum mando_status place_insert(struct place *place, const char *id, const struct cell *rows,
                               size_t count, struct mando_written *written_out)
{
    enum mando_status status = place_begin(place, 0);
    if (status)
        return status;
    status = place_put(place, &id, 1, MANDO_SERIES, rows, count);
    if (status) {
        place_rollback(place);
        return status;
    }
    return place_commit(place, written_out);
}

enum mando_status place_scan(struct place *place, const struct mando_scan *scan,
                             struct cells *cells_out)
{
    struct ArrowArrayStream stream;
    cells_out->count = 0;
    enum mando_status status =
        ops_of(place)->values_scan(place->session, scan, &stream, &place->error);
    return status ? status : cells_read(&stream, cells_out, &place->error);
}
