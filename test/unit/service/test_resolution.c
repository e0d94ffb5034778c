#include "case_count.h"
#include "door.h"
#include "random.h"

#define QUARTERS                                                                                   \
    "{\"type\": \"TimeSeriesDouble\", \"resolution\": \"PT15M\", \"time_zone\": "                  \
    "\"Europe/Berlin\"}"

static const char *const PRICE[] = {"Market/DE/Price"};
static struct door_text text;

static struct mando_query query_at(const char *resolution)
{
    struct mando_query query = door_query(PRICE, 1);
    query.resolution = resolution;
    return query;
}

/* On 2025-10-01 of Berlin hours became quarter-hours; both are in one data point. */
ON_EACH(hours_and_quarters_of_one_series_become_hours)
{
    struct mando_query query = query_at("PT1H");
    CHECK_EQ(door_configure(door, PRICE[0], QUARTERS), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0],
                         "2025-09-30T21:00:00Z 8 2025-09-30T22:00:00Z;2025-09-30T22:00:00Z 1;"
                         "2025-09-30T22:15:00Z 2;2025-09-30T22:30:00Z 3;2025-09-30T22:45:00Z 4;"
                         "2025-09-30T23:00:00Z 4",
                         NULL),
             MANDO_OK);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-09-30T21:00:00Z 2025-09-30T22:00:00Z 8\n"
                           "0 2025-09-30T22:00:00Z 2025-09-30T23:00:00Z 2.5\n"
                           "0 2025-09-30T23:00:00Z 2025-10-01T00:00:00Z -\n");
    query.partial = 1;
    query.from_us = door_time("2025-09-30T22:30:00Z");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-09-30T23:00:00Z 2025-10-01T00:00:00Z 4\n");
}

ON_EACH(a_range_inside_of_an_interval_has_its_value)
{
    struct mando_query query = query_at("PT1H");
    CHECK_EQ(door_configure(door, PRICE[0], QUARTERS), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0],
                         "2024-12-31T23:00:00Z 7 2025-12-31T23:00:00Z;2026-01-01T00:00:00Z 9",
                         NULL),
             MANDO_OK);
    query.from_us = door_time("2025-08-01T00:15:00Z");
    query.to_us = door_time("2025-08-01T03:00:00Z");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-08-01T01:00:00Z 2025-08-01T02:00:00Z 7\n"
                           "0 2025-08-01T02:00:00Z 2025-08-01T03:00:00Z 7\n");
}

ON_EACH(a_period_that_starts_in_the_range_has_all_of_its_sources)
{
    struct mando_query query = query_at("PT1H");
    CHECK_EQ(door_configure(door, PRICE[0], QUARTERS), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0],
                         "2025-12-01T00:00:00Z 1;2025-12-01T00:15:00Z 1;2025-12-01T00:30:00Z 1;"
                         "2025-12-01T00:45:00Z 5;2025-12-01T01:00:00Z 5",
                         NULL),
             MANDO_OK);
    query.from_us = door_time("2025-12-01T00:00:00Z");
    query.to_us = door_time("2025-12-01T00:15:00Z");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T00:00:00Z 2025-12-01T01:00:00Z 2\n");
}

ON_EACH(each_data_point_has_its_own_days_and_rule)
{
    static const char *const IDS[] = {"b", "a"};
    struct mando_query query = door_query(IDS, 2);
    CHECK_EQ(door_configure(door, "a",
                            "{\"type\": \"TimeSeriesDouble\", \"resolution\": \"PT12H\", "
                            "\"aggregation\": \"sum\"}"),
             MANDO_OK);
    CHECK_EQ(door_configure(door, "b",
                            "{\"type\": \"TimeSeriesDouble\", \"resolution\": \"PT12H\", "
                            "\"time_zone\": \"Asia/Tokyo\", \"aggregation\": \"max\"}"),
             MANDO_OK);
    CHECK_EQ(door_insert(door, "a", "2025-11-01T00:00:00Z 1;2025-11-01T12:00:00Z 2", NULL),
             MANDO_OK);
    CHECK_EQ(door_insert(door, "b", "2025-11-01T15:00:00Z 1;2025-11-02T03:00:00Z 2", NULL),
             MANDO_OK);
    query.resolution = "P1D";
    query.from_us = door_time("2025-11-01T00:00:00Z");
    query.to_us = door_time("2025-11-02T00:00:00Z");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-11-01T15:00:00Z 2025-11-02T15:00:00Z 2\n"
                           "1 2025-11-01T00:00:00Z 2025-11-02T00:00:00Z 3\n");
}

ON_EACH(the_cuts_hold_for_what_is_converted)
{
    struct mando_query query = query_at("PT30M");
    CHECK_EQ(door_configure(door, PRICE[0], QUARTERS), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0],
                         "2025-12-01T00:00:00Z 1 - 2025-11-30T10:00:00Z;"
                         "2025-12-01T00:15:00Z 3 - 2025-11-30T10:00:00Z;"
                         "2025-12-01T00:15:00Z 5 - 2025-11-30T12:00:00Z",
                         NULL),
             MANDO_OK);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T00:00:00Z 2025-12-01T00:30:00Z 3\n");
    query.as_of.knowledge_us = door_time("2025-11-30T11:00:00Z");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T00:00:00Z 2025-12-01T00:30:00Z 2\n");
}

ON_EACH(what_has_no_such_resolution_is_refused)
{
    static const char *const BAD[] = {"P2D", "P5M", "-PT1H", "PT0S", "P1DT1H", "P400D"};
    static const char *const DOCUMENT[] = {"Asset/Config"};
    struct ArrowArrayStream stream;
    CHECK_EQ(door_configure(door, PRICE[0], QUARTERS), MANDO_OK);
    CHECK_EQ(door_configure(door, DOCUMENT[0], "{\"type\": \"StaticData\"}"), MANDO_OK);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct mando_query query = query_at(BAD[i]);
        CHECK_EQ(door_retrieve(door, &query, &text), MANDO_INVALID);
        CHECK_TEXT(door->error.code, "values.resolution");
    }
    struct mando_query query = query_at("hourly");
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_INVALID);
    CHECK_TEXT(door->error.code, "duration.format");
    query = door_query(DOCUMENT, 1);
    query.resolution = "PT1H";
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_INVALID);
    CHECK_TEXT(door->error.code, "values.resolution");
    query = query_at("PT1H");
    CHECK_EQ(mando_service_history(door->service, &query, NULL, &stream, &door->error),
             MANDO_INVALID);
    CHECK_TEXT(door->error.code, "values.resolution");
}

ON_EACH(an_interval_that_does_not_fit_fails_the_stream)
{
    struct mando_query query = query_at("PT1H");
    CHECK_EQ(door_configure(door, PRICE[0], QUARTERS), MANDO_OK);
    CHECK_EQ(door_insert(door, PRICE[0], "2025-12-01T00:50:00Z 1", NULL), MANDO_OK);
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_INVALID);
    CHECK_TEXT(door->error.code, "values.resolution");
    CHECK_TEXT(door->error.where, PRICE[0]);
}

ON_EACH(a_matrix_is_converted_column_by_column)
{
    static const int64_t START[] = {NOON, NOON + MANDO_HOUR_US / 2};
    static const double NUMBERS[] = {1, 10, 3, 30};
    static const char *const ID[] = {"Forecast"};
    struct mando_rows rows = {
        .count = 2, .type = MANDO_MATRIX, .width = 2, .valid_start_us = START, .value = NUMBERS};
    struct mando_query query = door_query(ID, 1);
    struct ArrowArrayStream stream;
    CHECK_EQ(door_configure(door, ID[0],
                            "{\"type\": \"TimeSeriesDoubleMatrix\", \"resolution\": \"PT30M\", "
                            "\"labels\": [\"low\", \"high\"]}"),
             MANDO_OK);
    CHECK_EQ(mando_rows_stream(&rows, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_service_insert(door->service, ID[0], &stream, NULL, NULL, NULL), MANDO_OK);
    stream.release(&stream);
    query.resolution = "PT1H";
    CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
    CHECK_TEXT(text.bytes, "0 2025-12-01T12:00:00Z 2025-12-01T13:00:00Z 2 20\n");
}

/* Lines whose start is in a range, of rows as text. */
static void keep_range(struct door_text *rows, int64_t from_us, int64_t to_us)
{
    static struct door_text kept;
    char *save = NULL;
    kept.length = 0;
    kept.bytes[0] = '\0';
    for (char *line = strtok_r(rows->bytes, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        char start[32] = "";
        (void)sscanf(line, "%*s %31s", start);
        if (door_time(start) < from_us || door_time(start) >= to_us)
            continue;
        door_append(&kept, line);
        door_append(&kept, "\n");
    }
    *rows = kept;
}

#define MONDAY (4 * MANDO_DAY_US)

static void random_series(struct door *door, struct random *random, const char *id)
{
    static const int64_t MINUTES[] = {15, 30, 60, 24 * 60, 7 * 24 * 60};
    static struct door_rows rows;
    struct ArrowArrayStream stream;
    memset(&rows, 0, sizeof rows);
    int64_t at = NOON;
    while (rows.count < 60) {
        int64_t length = MINUTES[random_below(random, 5)] * 60 * MANDO_SECOND_US;
        at = (at - MONDAY + length - 1) / length * length + MONDAY;
        at += random_chance(random, 0.1) ? length : 0;
        rows.start[rows.count] = at;
        rows.end[rows.count] = at += length;
        rows.value[rows.count] = (double)random_below(random, 100);
        door_bit(rows.present, rows.count);
        door_bit(rows.ended, rows.count++);
    }
    struct mando_rows view = door_view(&rows);
    CHECK_EQ(mando_rows_stream(&view, &stream, NULL), MANDO_OK);
    CHECK_EQ(mando_service_insert(door->service, id, &stream, NULL, NULL, &door->error), MANDO_OK);
    stream.release(&stream);
}

/* A range has the rows that all have, whatever lies across its bounds. */
ON_EACH(a_range_of_a_random_series_is_a_part_of_the_whole)
{
    static struct door_text whole;
    static const char *const RESOLUTIONS[] = {"PT1H", "PT4H", "P1D", "P1W"};
    uint64_t count = case_count_of_slow(20);
    for (uint64_t seed = 1; seed <= count; seed++) {
        struct random random = {seed};
        char id[32];
        (void)snprintf(id, sizeof id, "series/%d", (int)seed);
        const char *const ids[] = {id};
        CHECK_EQ(door_configure(door, id, "{\"type\": \"TimeSeriesDouble\"}"), MANDO_OK);
        random_series(door, &random, id);
        struct mando_query query = door_query(ids, 1);
        query.resolution = RESOLUTIONS[random_below(&random, 4)];
        CHECK_EQ(door_retrieve(door, &query, &whole), MANDO_OK);
        query.from_us = NOON + (int64_t)random_below(&random, 40 * MANDO_DAY_US);
        query.to_us = query.from_us + (int64_t)random_below(&random, 20 * MANDO_DAY_US);
        keep_range(&whole, query.from_us, query.to_us);
        CHECK_EQ(door_retrieve(door, &query, &text), MANDO_OK);
        CHECK_TEXT(text.bytes, whole.bytes);
    }
}
