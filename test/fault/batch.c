/* batch FILE: transactions through the service, each with two new data points, their values and a run, in
 * the database of a file; those that are there already are left alone. */
#include <stdio.h>

#include "mando.h"
#include "runs.h"

#define BATCHES 20
#define ROWS 2500                       /* of each data point */
#define FIRST INT64_C(1420070400000000) /* 2015-01-01T00:00:00Z */

static const char *const NAMES[] = {"Price", "Volume"};
#define POINTS 2

static void describe(int batch, struct mando_point *points)
{
    for (int i = 0; i < POINTS; i++) {
        points[i] = (struct mando_point){.type = MANDO_SERIES,
                                         .width = 1,
                                         .aggregation = MANDO_MEAN,
                                         .resolution = {.time_us = MANDO_HOUR_US}};
        (void)snprintf(points[i].id, sizeof points[i].id, "Batch/%02d/%s", batch, NAMES[i]);
        (void)snprintf(points[i].unit, sizeof points[i].unit, "MW");
        (void)snprintf(points[i].time_zone, sizeof points[i].time_zone, "UTC");
    }
}

static enum mando_status put_values(struct mando_transaction *transaction,
                                    const struct mando_point *points, struct mando_error *error)
{
    static int32_t point[POINTS * ROWS];
    static int64_t starts[POINTS * ROWS];
    static double values[POINTS * ROWS];
    struct mando_rows rows = {.count = POINTS * ROWS,
                              .type = MANDO_SERIES,
                              .width = 1,
                              .point = point,
                              .valid_start_us = starts,
                              .value = values};
    struct ArrowArrayStream stream;
    for (int i = 0; i < POINTS * ROWS; i++) {
        point[i] = i / ROWS;
        starts[i] = FIRST + (int64_t)(i % ROWS) * MANDO_HOUR_US;
        values[i] = i;
    }
    enum mando_status status = mando_rows_stream(&rows, &stream, error);
    if (status)
        return status;
    status = mando_transaction_values(
        transaction, (const char *const[]){points[0].id, points[1].id}, POINTS, &stream, error);
    stream.release(&stream);
    return status;
}

static enum mando_status put_run(struct mando_transaction *transaction, int batch,
                                 struct mando_error *error)
{
    struct ArrowArrayStream stream;
    enum mando_status status = runs_stream(1, batch, &stream);
    if (status)
        return status;
    status = mando_transaction_records(transaction, "run", &stream, error);
    stream.release(&stream);
    return status;
}

static enum mando_status put_batch(struct mando_service *service, int batch,
                                   const struct mando_point *points, struct mando_error *error)
{
    const struct mando_write write = {.reason = "a batch", .knowledge_us = FIRST};
    struct mando_transaction *transaction = NULL;
    enum mando_status status = mando_transaction_begin(service, &write, &transaction, error);
    if (!status)
        status = mando_transaction_configure(transaction, points, POINTS, error);
    if (!status)
        status = put_values(transaction, points, error);
    if (!status)
        status = put_run(transaction, batch, error);
    if (!status)
        status = mando_transaction_commit(transaction, NULL, error);
    mando_transaction_free(transaction);
    return status;
}

/* Whether one of the batch's data points is there. */
static enum mando_status find(struct mando_service *service, const struct mando_point *point,
                              bool *is_there, struct mando_error *error)
{
    const char *id = point->id;
    struct mando_query query = MANDO_QUERY_DEFAULT;
    struct mando_catalog catalog;
    query.patterns = &id;
    query.pattern_count = 1;
    enum mando_status status = mando_service_catalog(service, &query, &catalog, error);
    *is_there = !status;
    if (!status)
        mando_catalog_release(&catalog);
    return status == MANDO_NOT_FOUND ? MANDO_OK : status;
}

int main(int count, char **arguments)
{
    struct mando_service_options options = {.author = "batch", .may_create = 1};
    struct mando_service *service = NULL;
    struct mando_error error;
    char url[256];
    (void)snprintf(url, sizeof url, "sqlite:%s", count == 2 ? arguments[1] : "");
    enum mando_status status = mando_service_open(url, &options, &service, &error);
    for (int batch = 0; batch < BATCHES && !status; batch++) {
        struct mando_point points[POINTS];
        bool is_there;
        describe(batch, points);
        status = find(service, &points[0], &is_there, &error);
        if (!status && !is_there)
            status = put_batch(service, batch, points, &error);
    }
    mando_service_free(service);
    if (status)
        (void)fprintf(stderr, "%s: %s\n", error.code, error.message);
    return status ? 1 : 0;
}
