/* Whatever fails once, a transaction is there whole or not at all, and doing it again completes it. */
#include "base/alloc.h"
#include "check.h"
#include "place.h"
#include "runs.h"
#include "wrapper.h"

#define ROWS 20

static const char *const IDS[] = {"A/Price", "A/Battery"};

static const struct mando_point POINTS[2] = {
    {.id = "A/Price", .type = MANDO_SERIES, .width = 1, .resolution = {.time_us = HOUR}},
    {.id = "A/Battery", .type = MANDO_DOCUMENT, .width = 1, .document = "{}"}};

/* What a transaction puts: a stream for each data point, and records. */
struct input {
    struct ArrowArrayStream streams[2], runs;
};

static void make_input(struct input *input)
{
    struct cell rows[ROWS];
    for (int i = 0; i < ROWS; i++)
        rows[i] =
            (struct cell){.start = NOON + i * HOUR, .present = true, .number = {i}, .text = "{}"};
    cells_stream(rows, ROWS, MANDO_SERIES, 7, &input->streams[0]);
    cells_stream(rows, ROWS, MANDO_DOCUMENT, 7, &input->streams[1]);
    CHECK_EQ(runs_stream(1, NOON, &input->runs), MANDO_OK);
}

static void release_input(struct input *input)
{
    for (int i = 0; i < 2; i++)
        input->streams[i].release(&input->streams[i]);
    input->runs.release(&input->runs);
}

/* All of a transaction, rolled back where a call of it fails. */
static enum mando_status write_input(struct place *place, struct input *input,
                                     struct mando_written *written)
{
    const struct mando_repository_ops *ops = place->repository->ops;
    enum mando_status status = place_begin(place, 0);
    if (status)
        return status;
    status = ops->points_put(place->session, POINTS, 2, &place->error);
    for (int i = 0; i < 2 && !status; i++)
        status = ops->values_put(place->session, &IDS[i], 1, &input->streams[i], &place->error);
    if (!status)
        status = runs_put(place->session, &input->runs, &place->error);
    if (!status)
        return place_commit(place, written);
    place_rollback(place);
    return status;
}

static enum mando_status write_all(struct place *place, struct mando_written *written)
{
    struct input input;
    make_input(&input);
    enum mando_status status = write_input(place, &input, written);
    release_input(&input);
    return status;
}

static size_t count_of(struct place *place, const char *id)
{
    struct cells cells;
    struct mando_scan scan = {.ids = &id,
                              .id_count = 1,
                              .from_us = INT64_MIN,
                              .to_us = INT64_MAX,
                              .as_of = EVERYTHING,
                              .every_version = true};
    enum mando_status status = place_scan(place, &scan, &cells);
    CHECK(status == MANDO_OK || status == MANDO_NOT_FOUND);
    return status ? 0 : cells.count;
}

static size_t count_of_runs(struct place *place)
{
    size_t count;
    CHECK_EQ(runs_count(place->session, NOON, &count), MANDO_OK);
    return count;
}

/* After a failure there is nothing, after success everything; then it is written again. */
static void check_whole(struct place *place, enum mando_status status)
{
    struct mando_written written;
    size_t expected = status ? 0 : ROWS;
    CHECK_EQ(count_of(place, IDS[0]), expected);
    CHECK_EQ(count_of(place, IDS[1]), expected);
    CHECK_EQ(count_of_runs(place), !status);
    CHECK_EQ(write_all(place, &written), MANDO_OK);
    CHECK_EQ(written.inserted, status ? 2 * ROWS : 0);
    CHECK_EQ(written.unchanged, status ? 0 : 2 * ROWS);
    CHECK_EQ(count_of(place, IDS[0]), ROWS);
    CHECK_EQ(count_of(place, IDS[1]), ROWS);
}

TEST(each_call_may_fail_once)
{
    enum mando_status status;
    int64_t calls = 0;
    do {
        struct place place;
        struct mando_written written;
        struct fault fault = {.left = -1, .failed = CALLS};
        struct wrapper_hooks hooks = fault_hooks(&fault);
        place_open_in(&place, &hooks);
        fault.left = calls++;
        status = write_all(&place, &written);
        fault.left = -1;
        CHECK(status == MANDO_OK || status == MANDO_IO);
        check_whole(&place, status);
        place_close(&place);
    } while (status);
    CHECK_EQ(calls, 7); /* begin, points, values twice, runs, commit; the last one met no failure */
}

TEST(each_reading_call_may_fail_once)
{
    struct place place;
    struct cells cells;
    struct mando_written written;
    struct fault fault = {.left = -1};
    struct wrapper_hooks hooks = fault_hooks(&fault);
    struct mando_scan scan = {
        .ids = IDS, .id_count = 1, .from_us = INT64_MIN, .to_us = INT64_MAX, .as_of = EVERYTHING};
    place_open_in(&place, &hooks);
    CHECK_EQ(write_all(&place, &written), MANDO_OK);
    enum mando_status status;
    int64_t calls = 0;
    do {
        fault.left = calls++;
        status = place_scan(&place, &scan, &cells);
        CHECK(status == MANDO_OK || status == MANDO_IO);
        fault.left = -1;
        CHECK_EQ(place_scan(&place, &scan, &cells), MANDO_OK);
        CHECK_EQ(cells.count, ROWS);
    } while (status);
    CHECK(calls >= 3);
    place_close(&place);
}

TEST(each_allocation_may_fail)
{
    enum mando_status status;
    int64_t calls = 0;
    do {
        struct place place;
        struct mando_written written;
        struct input input;
        place_open(&place);
        make_input(&input);
        mando_alloc_fail_after(calls++);
        status = write_input(&place, &input, &written);
        mando_alloc_fail_after(-1);
        release_input(&input);
        CHECK(status == MANDO_OK || status == MANDO_NO_MEMORY);
        check_whole(&place, status);
        place_close(&place);
    } while (status);
    CHECK(calls > 10);
}

TEST(each_allocation_of_a_read_may_fail)
{
    struct place place;
    struct mando_written written;
    struct cells cells;
    struct mando_scan scan = {.ids = IDS,
                              .id_count = 1,
                              .from_us = INT64_MIN,
                              .to_us = INT64_MAX,
                              .as_of = EVERYTHING,
                              .every_version = true};
    place_open(&place);
    CHECK_EQ(write_all(&place, &written), MANDO_OK);
    enum mando_status status;
    int64_t calls = 0;
    do {
        mando_alloc_fail_after(calls++);
        status = place_scan(&place, &scan, &cells);
        mando_alloc_fail_after(-1);
        CHECK(status == MANDO_OK || status == MANDO_NO_MEMORY
              || (QUIRKS.is_wrapped && status == MANDO_IO));
    } while (status);
    CHECK_EQ(cells.count, ROWS);
    struct ArrowArrayStream stream;
    size_t runs = 0;
    calls = 0;
    do {
        mando_alloc_fail_after(calls++);
        status = runs_count(place.session, NOON, &runs);
        mando_alloc_fail_after(-1);
        CHECK(status == MANDO_OK || status == MANDO_NO_MEMORY || status == MANDO_IO);
    } while (status);
    CHECK_EQ(runs, 1);
    calls = 0;
    do {
        mando_alloc_fail_after(calls++);
        status = place.repository->ops->points_find(place.session, "**", EVERYTHING, &stream,
                                                    &place.error);
        mando_alloc_fail_after(-1);
        CHECK(status == MANDO_OK || status == MANDO_NO_MEMORY);
    } while (status);
    stream.release(&stream);
    place_close(&place);
}

TEST(a_trace_tells_each_call)
{
    struct place place;
    struct mando_written written;
    struct trace trace = {.log = tmpfile()};
    struct wrapper_hooks hooks = trace_hooks(&trace);
    char line[80];
    assert_non_null(trace.log);
    place_open_in(&place, &hooks);
    CHECK_EQ(write_all(&place, &written), MANDO_OK);
    CHECK_EQ(place_begin(&place, place.now + HOUR), MANDO_INVALID);
    place_close(&place);
    CHECK_EQ(trace.counts[CALL_BEGIN], 2);
    CHECK_EQ(trace.failed[CALL_BEGIN], 1);
    CHECK_EQ(trace.counts[CALL_VALUES_PUT], 2);
    CHECK(trace.us[CALL_COMMIT] > 0);
    rewind(trace.log);
    assert_non_null(fgets(line, sizeof line, trace.log));
    CHECK(strncmp(line, "session_open ok ", 16) == 0);
    (void)fclose(trace.log);
}
